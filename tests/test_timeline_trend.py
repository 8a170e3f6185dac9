"""Mann-Kendall, Theil-Sen and the false-discovery rate, against pymannkendall's fixtures and by brute force."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, theilslopes

from reclaim.errors import ImageryError
from reclaim.timeline.trend import find_trends, significant, trend_values

FILES = ("AirPassengers.csv", "daily-total-female-births.csv", "shampoo.csv")
NAMES = {"s": "s", "variance": "var_s", "z": "z", "p": "p", "tau": "Tau", "slope": "slope", "intercept": "intercept"}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("method", ["original", "hamed_rao", "yue_wang"])
def test_pymannkendalls_figures(peer_data: Path, name: str, method: str) -> None:
    folder = peer_data / "peer-fixtures" / "pymannkendall"
    expected = json.loads((folder / "expected_values.json").read_text(encoding="utf-8"))[name][method]
    with (folder / "Examples" / name).open(encoding="utf-8") as file:
        values = np.array([float(row[-1]) for row in list(csv.reader(file))[1:]])
    found = trend_values(values[:, None], np.arange(len(values)), method=method)  # type: ignore[arg-type]
    for ours, theirs in NAMES.items():
        assert float(found[ours][0]) == pytest.approx(expected[theirs], rel=1e-9, abs=1e-12), ours


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(4, 60), st.integers(0, 2))
def test_slope_is_the_median_of_all_pairs(seed: int, count: int, digits: int) -> None:
    dice = np.random.default_rng(seed)
    times = np.sort(dice.choice(200, count, replace=False)).astype(float)
    values = dice.normal(size=count).round(digits)
    first, second = np.triu_indices(count, 1)
    slopes = (values[second] - values[first]) / (times[second] - times[first])
    found = trend_values(values[:, None], times, confidence=0.9)
    assert float(found["slope"][0]) == pytest.approx(float(np.median(slopes)), abs=1e-12)
    assert found["slope_low"][0] <= found["slope"][0] + 1e-12
    assert found["slope"][0] <= found["slope_high"][0] + 1e-12
    assert float(found["s"][0]) == float(np.sign(values[second] - values[first]).sum())


def test_scipy_agrees_without_ties() -> None:
    dice = np.random.default_rng(2)
    times = np.arange(1990.0, 2025.0)
    values = dice.normal(size=35) + 0.05 * np.arange(35)
    found = trend_values(values[:, None], times, confidence=0.9)
    slope, intercept, low, high = theilslopes(values, times, alpha=0.9)
    assert float(found["slope"][0]) == pytest.approx(slope)
    assert float(found["intercept"][0]) == pytest.approx(intercept)
    assert float(found["tau"][0]) == pytest.approx(kendalltau(times, values).statistic)
    # ours go outwards to whole ranks, theirs to the nearest
    assert float(found["slope_low"][0]) == pytest.approx(low, abs=2e-3)
    assert float(found["slope_high"][0]) == pytest.approx(high, abs=2e-3)
    assert found["slope_low"][0] <= low
    assert found["slope_high"][0] >= high


def test_missing_values_keep_their_place_in_time() -> None:
    times = np.arange(2000.0, 2012.0)
    line = 0.3 + 0.02 * (times - 2000)
    line[[2, 3, 7]] = np.nan
    found = trend_values(np.column_stack([line, np.full(12, np.nan)]), times)
    assert float(found["slope"][0]) == pytest.approx(0.02)
    assert float(found["p"][0]) < 0.001
    assert np.isnan(found["slope"][1])
    assert np.isnan(found["p"][1])


def test_a_level_series_has_no_trend() -> None:
    found = trend_values(np.full((10, 1), 0.5), range(10), method="hamed_rao")
    assert (float(found["z"][0]), float(found["p"][0]), float(found["slope"][0])) == (0.0, 1.0, 0.0)


def test_blocks_threads_and_dask_give_the_same_bits() -> None:
    dask = pytest.importorskip("dask")
    dice = np.random.default_rng(7)
    values = dice.normal(size=(24, 8, 10))
    values[dice.random(values.shape) < 0.1] = np.nan
    cube = xr.DataArray(values, dims=("time", "y", "x"), coords={"time": np.arange(2000, 2024)})
    whole = find_trends(cube, method="yue_wang", confidence=0.9)
    with dask.config.set(scheduler="synchronous"):
        parts = find_trends(cube.chunk({"y": 3, "x": 4}), method="yue_wang", confidence=0.9).compute()
    threads = trend_values(values, np.arange(2000, 2024), method="yue_wang", confidence=0.9, threads=3)
    for name in whole:
        assert np.array_equal(whole[name], parts[name], equal_nan=True), name
        assert np.array_equal(whole[name], threads[str(name)], equal_nan=True), name


def test_dates_give_slopes_per_year() -> None:
    time = np.array([f"{year}-07-01" for year in range(2000, 2012)], dtype="datetime64[ns]")
    cube = xr.DataArray(0.01 * np.arange(12.0).reshape(-1, 1, 1), dims=("time", "y", "x"), coords={"time": time})
    assert find_trends(cube)["slope"].item() == pytest.approx(0.01, rel=1e-3)


def test_false_discoveries_are_held_down() -> None:
    dice = np.random.default_rng(3)
    p = np.concatenate([dice.random(9000), np.full(1000, 1e-6), [np.nan]])
    held = significant(p, rate=0.05)
    assert held[9000:10_000].all()
    assert held[:9000].sum() < 100
    assert not held[-1]
    assert significant(p, rate=0.05, dependent=True).sum() <= held.sum()
    assert not significant(np.full(3, np.nan)).any()


def test_what_will_not_do() -> None:
    with pytest.raises(ImageryError, match="unknown method"):
        trend_values(np.zeros((5, 1)), range(5), method="other")  # type: ignore[arg-type]
    with pytest.raises(ImageryError, match="must rise"):
        trend_values(np.zeros((3, 1)), [2000, 2002, 2001])
    with pytest.raises(ImageryError, match="confidence"):
        trend_values(np.zeros((5, 1)), range(5), confidence=90)
    with pytest.raises(ImageryError, match="rate"):
        significant(np.array([0.1]), rate=5)
