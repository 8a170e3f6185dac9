"""Temporal segmentation: against the original program, planted truth, and laws that any segmentation keeps."""

import csv
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reclaim.errors import ImageryError
from reclaim.timeline.explain import explain_pixel
from reclaim.timeline.made_up import Weather, planted
from reclaim.timeline.segments import SegmentRules, checked_years, find_losses, segment_values

YEARS = np.arange(2000, 2024)


def original_losses(found: dict[str, NDArray[np.float64]]) -> NDArray[np.int64]:
    """Year of the original program's greatest fitted drop of 0.15 or more; 0: none."""
    out = np.zeros(len(found["nseg"]), dtype=np.int64)
    for pixel, segments in enumerate(found["nseg"]):
        values = -found["vv"][pixel][: segments + 1]
        drops = values[:-1] - values[1:]
        if drops.max() >= 150:
            out[pixel] = found["vy"][pixel][int(drops.argmax())] + 1
    return out


@pytest.fixture(scope="module")
def idl(peer_data: Path) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    folder = peer_data / "peer-fixtures" / "landtrendr-idl-gdl"
    with np.load(folder / "idl_syn.npz") as found, np.load(folder / "syn_truth.npz") as truth:
        return dict(found), dict(truth)


def test_year_of_loss_is_the_original_programs(idl) -> None:
    found, truth = idl
    ours = segment_values(found["values"].T / 1000.0, np.arange(1990, 2025))["year"]
    same = ours == original_losses(found)
    assert same.mean() >= 0.965
    assert same[truth["kind"] > 0].mean() >= 0.96


def test_planted_losses_of_the_fixture_are_found(idl) -> None:
    found, truth = idl
    values, kind, year = found["values"] / 1000.0, truth["kind"], truth["year"]
    ours = segment_values(values.T, np.arange(1990, 2025))["year"]
    at, rows = year - 1990, np.arange(len(year))
    step = np.isin(kind, (1, 3)) & np.isfinite(values[rows, at]) & np.isfinite(values[rows, at - 1])
    assert (ours[step] == year[step]).mean() >= 0.96
    assert (np.abs(ours[step] - year[step]) <= 1).mean() >= 0.98
    assert (ours[kind == 0] > 0).mean() <= 0.02


def test_google_earth_engine_pixel(peer_data: Path) -> None:
    with (peer_data / "peer-fixtures/LT-GEE/docs/imgs/lt_data.csv").open(encoding="utf-8") as file:
        rows = {row[0]: np.array(row[1:], dtype=float) for row in csv.reader(file)}
    found = explain_pixel(rows["Source"] / 1000, rows["Year"].astype(int))
    assert found.loss == (1997, 1998)
    assert found.year == 1998
    assert found.chosen is not None
    assert found.chosen.years == (1985, 1997, 1998, 2002, 2017)


@pytest.mark.parametrize("seed", [11, 12])
def test_our_own_planted_losses_are_found(seed: int) -> None:
    stack = planted(8000, seed=seed)
    year = segment_values(stack.values, stack.years)["year"]
    step = stack.seen & np.isin(stack.kind, (1, 3))
    assert (year[step] == stack.year[step]).mean() >= 0.94
    assert (np.abs(year[step] - stack.year[step]) <= 1).mean() >= 0.98
    assert (year[stack.kind == 0] > 0).mean() <= 0.02


def test_sensors_that_differ_a_little_make_no_loss() -> None:
    stack = planted(4000, seed=3, weather=Weather(sensors=(0.0, 0.02), haze=0.0))
    year = segment_values(stack.values, stack.years)["year"]
    assert (year[stack.kind == 0] > 0).mean() <= 0.005


@pytest.mark.parametrize("length", [6, 7, 8, 9, 10, 12, 24])
def test_a_plain_step_is_dated_in_series_of_any_length(length: int) -> None:
    years = np.arange(2000, 2000 + length)
    dice = np.random.default_rng(length)
    for first_low in range(2, length - 1):
        step = np.where(np.arange(length) < first_low, 0.7, 0.2)
        noisy = step[:, None] + dice.normal(0, 0.02, (length, 50))
        found = segment_values(np.column_stack([step, noisy]), years)
        assert found["year"][0] == 2000 + first_low
        assert (found["year"] == 2000 + first_low).mean() > 0.9
        assert found["duration"][0] == 1
        assert found["magnitude"][0] == pytest.approx(0.5, abs=1e-6)


def test_bands_of_a_loss_with_recovery() -> None:
    series = np.array([0.8] * 6 + [0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    found = {name: float(band[0]) for name, band in segment_values(series[:, None], np.arange(2000, 2012)).items()}
    assert found["year"] == 2006
    assert found["magnitude"] == pytest.approx(0.6, abs=0.01)
    assert found["rate"] == pytest.approx(found["magnitude"] / found["duration"])
    assert found["before"] == pytest.approx(0.8, abs=0.01)
    assert found["recovery_start"] == 2006
    assert found["snr"] > 20


def test_of_several_losses_the_greatest_counts_and_of_equal_ones_the_first() -> None:
    two = np.array([0.8] * 8 + [0.5] * 8 + [0.1] * 8)
    equal = np.array([0.8] * 8 + [0.5] * 8 + [0.2] * 8)
    found = segment_values(np.column_stack([two, equal]), YEARS)
    assert found["year"].tolist() == [2016, 2008]


def test_smallest_magnitude_is_included_and_what_lies_under_it_is_no_loss() -> None:
    series = np.where(YEARS < 2012, 0.7, 0.55).astype(np.float32)
    assert segment_values(series[:, None], YEARS)["year"][0] == 2012
    assert segment_values(series[:, None], YEARS, min_magnitude=0.16)["year"][0] == 0
    assert segment_values(series[:, None], YEARS, min_magnitude=0.16)["magnitude"][0] == 0


def test_fall_seen_in_the_last_year_alone_must_be_twice_as_deep() -> None:
    shallow, deep = (np.where(YEARS < 2023, 0.7, low) for low in (0.45, 0.2))
    assert segment_values(np.column_stack([shallow, deep]), YEARS)["year"].tolist() == [0, 2023]


def test_a_hazy_year_is_no_loss() -> None:
    dice = np.random.default_rng(5)
    series = 0.7 + dice.normal(0, 0.02, (24, 400))
    series[dice.integers(1, 22, 400), np.arange(400)] -= 0.35
    assert (segment_values(series, YEARS)["year"] > 0).mean() <= 0.01


def test_missing_years_are_missing_and_flat_ground_has_no_loss() -> None:
    few, none, flat = (np.full(24, np.nan) for _ in range(3))
    few[::5] = 0.7
    flat[:] = 0.7
    gap = np.where(YEARS < 2012, 0.7, 0.2)
    gap[11] = np.nan
    found = segment_values(np.column_stack([few, none, flat, gap]), YEARS)
    assert np.isnan(found["year"][:2]).all()
    assert np.isnan(found["magnitude"][:2]).all()
    assert found["year"][2:].tolist() == [0, 2011]
    assert found["duration"][3] == 2


def test_kept_model_agrees_with_its_own_bands() -> None:
    stack = planted(300, seed=9)
    found = segment_values(stack.values, stack.years, keep=True)
    lost = np.flatnonzero(found["year"] > 0)
    for pixel in lost[:50]:
        corners = found["vertex_year"][:, pixel]
        levels = found["vertex_value"][:, pixel][np.isfinite(corners)]
        years = corners[np.isfinite(corners)].astype(int)
        at = int(np.flatnonzero(years == found["year"][pixel] - 1)[0])
        assert levels[at] - levels[at + 1] == pytest.approx(found["magnitude"][pixel], abs=1e-5)
        fitted = found["fitted"][:, pixel]
        assert np.interp(stack.years[10], years, levels) == pytest.approx(fitted[10], abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.0, 1.0, width=32), min_size=6, max_size=30),
    st.sampled_from([0.25, 0.5, 2.0, 4.0]),
    st.integers(-4, 4),
)
def test_the_unit_of_the_index_does_not_matter(values: list[float], factor: float, shift: int) -> None:
    years = np.arange(1990, 1990 + len(values))
    series = np.array(values, dtype=np.float64)[:, None]
    plain = segment_values(series, years, min_magnitude=0.15)
    other = segment_values((series + shift) * factor, years, min_magnitude=0.15 * factor)
    # what lies on an edge to rounding may fall on either side of it
    if abs(plain["magnitude"][0] - 0.15) > 1e-4 and abs(plain["magnitude"][0] - 0.3) > 1e-4:
        assert other["magnitude"][0] == pytest.approx(plain["magnitude"][0] * factor, rel=1e-3, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_any_cut_into_blocks_gives_the_same_bits(seed: int, threads: int) -> None:
    stack = planted(60, seed=seed)
    whole = segment_values(stack.values, stack.years, keep=True, threads=threads)
    for cut in (slice(0, 7), slice(7, 60)):
        part = segment_values(stack.values[:, cut], stack.years, keep=True)
        for name, band in part.items():
            assert np.array_equal(whole[name][..., cut], band, equal_nan=True), name


def test_dask_gives_the_same_bits() -> None:
    dask = pytest.importorskip("dask")
    stack = planted(16 * 12, seed=4)
    cube = xr.DataArray(
        stack.values.reshape(35, 16, 12), dims=("time", "y", "x"), coords={"time": stack.years}, name="nbr"
    )
    whole = find_losses(cube, keep=True)
    with dask.config.set(scheduler="synchronous"):
        parts = find_losses(cube.chunk({"time": 9, "y": 5, "x": 7}), keep=True).compute()
    for name in whole:
        assert np.array_equal(whole[name], parts[name], equal_nan=True), name
    assert whole["magnitude"].attrs["units"] == "index units"


def test_dates_may_stand_for_years() -> None:
    cube = xr.DataArray(
        np.where(YEARS < 2010, 0.7, 0.2).reshape(-1, 1, 1),
        dims=("time", "y", "x"),
        coords={"time": np.array([f"{year}-07-01" for year in YEARS], dtype="datetime64[ns]")},
    )
    assert int(find_losses(cube)["year"].item()) == 2010


def test_explanation_is_what_was_done() -> None:
    stack = planted(120, seed=21)
    found = segment_values(stack.values, stack.years)
    for pixel in range(120):
        told = explain_pixel(stack.values[:, pixel], stack.years)
        assert told.year == found["year"][pixel]
        assert told.magnitude == pytest.approx(found["magnitude"][pixel], abs=1e-6)
        assert len(told.reasons) == 5
        if told.models and told.chosen in told.models:
            assert len(told.models[0].years) == len(told.kept_vertices)
    assert explain_pixel(np.full(24, np.nan), YEARS).year is None


@pytest.mark.parametrize(
    ("years", "said"),
    [
        ([2000, 2001, 2002, 2003, 2004], "5 years are too few for a history; at least 6 are needed"),
        ([2000, 2001, 2001, 2002, 2003, 2004], "the year 2001 stands twice"),
        ([2001, 2000, 2002, 2003, 2004, 2005], "not in order; sort it by time first"),
        ([2000.5, 2001, 2002, 2003, 2004, 2005], "whole numbers or dates"),
    ],
)
def test_years_that_will_not_do(years: list[float], said: str) -> None:
    with pytest.raises(ImageryError, match=said):
        checked_years(years)


def test_rules_that_will_not_do() -> None:
    for rules in ({"max_segments": 40}, {"spike_threshold": 0}, {"recovery_threshold": -1}, {"min_observations": 3}):
        with pytest.raises(ImageryError):
            SegmentRules(**rules)
    with pytest.raises(ImageryError, match="smallest magnitude"):
        SegmentRules().compiled(float("nan"))
    with pytest.raises(ImageryError, match="24 years but 3 layers"):
        segment_values(np.zeros((3, 2)), YEARS)
    with pytest.raises(ImageryError, match="dimension time"):
        find_losses(xr.DataArray(np.zeros((6, 2)), dims=("year", "x")))


def test_speed_is_at_least_half_of_the_goal() -> None:
    stack = planted(30_000, seed=2)
    segment_values(stack.values[:, :10], stack.years)
    begun = time.process_time()
    segment_values(stack.values, stack.years)
    assert 30_000 / (time.process_time() - begun) >= 125_000
