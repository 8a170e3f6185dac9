"""The five recovery metrics of 23 years, beside the same in xarray, as spectral-recovery computes them."""

from functools import partial

import numpy as np
import xarray as xr

from benchmarks.rows import Row, measured, versus
from reclaim.timeline.recovery import METRICS, SiteYears, recovery_metrics

PIXELS = 1_000_000
WHEN = SiteYears(2005, 2006, 2003, 2004)


def run() -> list[Row]:
    years = np.arange(2002, 2025)
    values = np.random.default_rng(1).uniform(-0.2, 0.8, (len(years), PIXELS)).astype(np.float32)
    cube = xr.DataArray(values, dims=("time", "pixel"), coords={"time": years})
    recovery_metrics(values[:, :10], years, WHEN, definition="peer")
    ours, found = measured(partial(recovery_metrics, values, years, WHEN, definition="peer"), repeat=7)
    theirs, others = measured(partial(in_xarray, cube), repeat=5)
    for name in METRICS:
        assert np.allclose(found[name], others[name], rtol=1e-3, atol=1e-5, equal_nan=True), name
    name = f"recovery metrics, {PIXELS / ours / 1e6:.0f} M px per CPU s (spectral-recovery 1.0.1, quoted: 22 M)"
    return [versus(name, "the same in xarray", ours=ours, theirs=theirs, goal=3.0)]


def in_xarray(cube: xr.DataArray) -> dict[str, xr.DataArray]:
    target = cube.sel(time=slice(2003, 2004)).median("time")
    start, fourth, fifth, disturbed = (cube.sel(time=year) for year in (2006, 2010, 2011, 2005))
    after = cube.sel(time=slice(2006, None))
    reached = after >= 0.8 * target
    first = reached.argmax("time")
    return {
        "delta_regrowth": fifth - start,
        "yryr": (fifth - start) / 5,
        "r80p": fifth / (0.8 * target),
        "rri": (np.maximum(fourth, fifth) - start) / (disturbed - start),
        "y2r": xr.where(reached.any("time"), first, xr.where(after.notnull().any("time"), -1, np.nan)),
    }
