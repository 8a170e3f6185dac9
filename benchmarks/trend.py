"""Mann-Kendall with Theil-Sen on 35 values, beside pymannkendall and, where it is, zeit-cdts."""

from functools import partial

import numpy as np

from benchmarks.rows import Row, measured, versus
from benchmarks.zeit import beside
from reclaim.timeline.trend import trend_values

PIXELS = 100_000
BESIDE = 300


def run() -> list[Row]:
    import pymannkendall

    values = np.random.default_rng(1).normal(size=(35, PIXELS))
    rows = []
    for method in ("original", "hamed_rao", "yue_wang"):
        test = {
            "original": pymannkendall.original_test,
            "hamed_rao": pymannkendall.hamed_rao_modification_test,
            "yue_wang": pymannkendall.yue_wang_modification_test,
        }[method]
        trend_values(values[:, :10], np.arange(35), method=method)
        ours, found = measured(partial(trend_values, values, np.arange(35), method=method), repeat=5)
        theirs, others = measured(lambda test=test: [test(values[:, pixel]) for pixel in range(BESIDE)], repeat=3)
        assert np.allclose(found["slope"][:BESIDE], [other.slope for other in others])
        # Yue and Wang's correction can turn the variance negative; then there is no p
        assert np.allclose(found["p"][:BESIDE], [other.p for other in others], equal_nan=True)
        rows.append(
            versus(
                f"{method} + Theil-Sen, {PIXELS / ours:,.0f} px per CPU s",
                "pymannkendall",
                ours=ours,
                theirs=theirs * PIXELS / BESIDE,
                goal=200.0,
            )
        )
        rows.append(beside(f"{method} + Theil-Sen", method, values, ours=ours, goal=2.0, repeat=3))
    return rows
