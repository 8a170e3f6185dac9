"""Recovery in both definitions, against the peer's published figures, and what follows from them by hand."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.features import geometry_mask

from reclaim.errors import TableError
from reclaim.timeline.recovery import (
    METRICS,
    SiteYears,
    recovery_metrics,
    reference_target,
    site_figures,
    weighted_median,
)
from reclaim.timeline.survival import relapse_years, survival

FIRE = SiteYears(2005, 2006, 2003, 2004)
YEARS = np.arange(2002, 2025)


@pytest.fixture(scope="module")
def fire(peer_data: Path) -> dict[str, NDArray[np.float64]]:
    """NBR and NDVI of the burnt site's pixels, by the centre rule."""
    folder = peer_data / "peer-fixtures/spectral-recovery/docs/notebooks/test_data"
    bands = []
    for year in YEARS:
        with rasterio.open(folder / f"bc06_wildfire_landsat_bap/{year}.tif") as data:
            bands.append(data.read())
            transform, shape = data.transform, data.shape
    inside = ~geometry_mask(gpd.read_file(folder / "wildfire_516.gpkg").geometry, shape, transform)
    red, nir, swir = (np.stack([layer[band] for layer in bands])[:, inside] for band in (2, 3, 5))
    return {"nbr": (nir - swir) / (nir + swir), "ndvi": (nir - red) / (nir + red)}


PUBLISHED = {
    "nbr": {
        "delta_regrowth": -0.051561, "delta_regrowth_median": -0.057108, "yryr": -0.010312, "y2r": 8.568063,
        "y2r_median": 9, "r80p": -0.532701, "r80p_median": -0.328255, "rri": 0.240752, "rri_median": -0.066877,
    },
    "ndvi": {
        "delta_regrowth": -0.236285, "yryr": -0.047257, "y2r": 3.173913, "y2r_median": 2, "r80p": 0.354689,
        "r80p_median": -0.004250, "rri": -0.397435, "rri_median": -0.237869,
    },
}  # fmt: skip


@pytest.mark.parametrize("index", ["nbr", "ndvi"])
def test_peers_published_figures(fire: dict[str, NDArray[np.float64]], index: str) -> None:
    values = fire[index]
    assert values.shape[1] == 608
    found = recovery_metrics(values, YEARS, FIRE, definition="peer")
    figures = site_figures(found, np.ones(608))
    for name, expected in PUBLISHED[index].items():
        assert figures[name] == pytest.approx(expected, abs=6e-7), name
    recovered = {"nbr": 382, "ndvi": 506}[index]
    assert int((found["y2r"] >= 0).sum()) == recovered
    assert int((found["y2r"] < 0).sum()) == 608 - recovered


def test_whites_definition_says_why_instead_of_nonsense(fire: dict[str, NDArray[np.float64]]) -> None:
    found = recovery_metrics(fire["nbr"], YEARS, FIRE)
    low = (found["target"] < 0.1).nonzero()[0]
    assert len(low) > 0
    assert np.isnan(found["r80p"][low]).all()
    assert np.isnan(found["y2r"][low]).all()
    assert (found["reason"][low].astype(int) & 8 > 0).all()
    rose = np.flatnonzero(found["target"] - fire["nbr"][4] < 0.05)
    assert np.isnan(found["rri"][rose]).all()
    assert (found["reason"][rose].astype(int) & 16 > 0).all()
    fine = found["reason"] == 0
    assert all(np.isfinite(found[name][fine]).all() for name in METRICS)


@pytest.mark.parametrize(
    ("series", "expected"),
    [([70, 80], 1), ([70, 90], 1), ([80, 90], 0), ([60, 70], -1), ([70, 80, 100], 1), ([60, 70, 80], 2)],
)
def test_years_to_recovery_of_the_peers_unit_tests(series: list[float], expected: float) -> None:
    years = np.arange(2006, 2006 + len(series))
    found = recovery_metrics(np.array(series, dtype=float)[:, None], years, SiteYears(2005, 2006), target=100.0)
    assert found["y2r"][0] == expected


def test_no_data_is_not_the_same_as_not_yet() -> None:
    found = recovery_metrics(np.full((3, 1), np.nan), [2006, 2007, 2008], SiteYears(2005, 2006), target=100.0)
    assert np.isnan(found["y2r"][0])
    assert found["reason"][0] == 1 + 2


def test_both_definitions_by_hand() -> None:
    years = np.arange(2003, 2012)
    series = np.array([0.6, 0.8, 0.5, 0.2, 0.3, 0.4, 0.5, 0.7, 0.6])[:, None]
    when = SiteYears(2005, 2006)
    white, peer = (recovery_metrics(series, years, when, definition=name) for name in ("white", "peer"))  # type: ignore[arg-type]
    assert white["delta_regrowth"][0] == pytest.approx(0.4)
    assert white["yryr"][0] == pytest.approx(0.08)
    assert white["r80p"][0] == pytest.approx(0.7 / 0.56)
    assert white["rri"][0] == pytest.approx(0.5 / 0.5)
    assert peer["r80p"][0] == pytest.approx(0.6 / 0.56)
    assert peer["rri"][0] == pytest.approx(0.5 / 0.3)
    assert white["y2r"][0] == peer["y2r"][0] == 4


def test_unseen_years_are_passed_over() -> None:
    years = np.arange(2003, 2012)
    series = np.array([np.nan, 0.8, 0.5, 0.2, 0.3, np.nan, 0.7, 0.7, np.nan])[:, None]
    found = recovery_metrics(series, years, SiteYears(2005, 2006))
    assert np.isnan(found["delta_regrowth"][0])
    assert found["reason"][0] == 2
    assert found["r80p"][0] == pytest.approx(0.7 / 0.64)
    assert found["y2r"][0] == 3


def test_many_pixels_are_as_each_alone() -> None:
    dice = np.random.default_rng(1)
    years = np.arange(2000, 2020)
    values = dice.random((20, 40_000), dtype=np.float32)
    values[dice.random(values.shape) < 0.2] = np.nan
    when = SiteYears(2004, 2006, 2001, 2003)
    for definition in ("white", "peer"):
        whole = recovery_metrics(values, years, when, definition=definition)  # type: ignore[arg-type]
        part = recovery_metrics(values[:, 17_000:17_050], years, when, definition=definition)  # type: ignore[arg-type]
        for name in METRICS:
            assert np.array_equal(whole[name][17_000:17_050], part[name], equal_nan=True), name


def test_peers_target_is_the_median_of_what_was_seen() -> None:
    years = np.arange(2000, 2012)
    values = np.full((12, 2), 0.3)
    values[:4, 0] = [0.5, 0.9, 0.6, np.nan]
    values[:4, 1] = [0.5, 0.9, 0.6, 0.8]
    when = SiteYears(2004, 2005, 2000, 2003)
    assert recovery_metrics(values, years, when, definition="peer")["target"].tolist() == pytest.approx([0.6, 0.7])
    assert recovery_metrics(values, years, when)["target"].tolist() == pytest.approx([2.0 / 3, 0.7])


def test_reference_site_takes_the_place_of_the_past() -> None:
    years = np.arange(2006, 2012)
    ground = np.array([[0.7, 0.5], [0.7, np.nan]])
    target = reference_target(ground, np.array([1.0, 1.0]))
    assert target == pytest.approx(1.9 / 3)
    found = recovery_metrics(np.linspace(0.2, 0.7, 6)[:, None], years, SiteYears(2005, 2006), target=target)
    assert found["r80p"][0] == pytest.approx(0.7 / (0.8 * target))
    assert np.isnan(reference_target(np.full((2, 2), np.nan), np.ones(2)))


def test_a_site_weighs_its_pixels() -> None:
    pixels = {name: np.array([1.0, 2.0, np.nan], dtype=np.float32) for name in METRICS}
    pixels["y2r"] = np.array([2.0, -1.0, np.nan], dtype=np.float32)
    figures = site_figures(pixels, np.array([1.0, 3.0, 4.0]))
    assert figures["rri"] == pytest.approx(1.75)
    assert figures["rri_median"] == 2.0
    assert figures["y2r"] == 2.0
    assert (figures["recovered"], figures["not_yet"], figures["measured"]) == (0.125, 0.375, 0.5)
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 1.0])) == 2.0
    none_yet = site_figures({**pixels, "y2r": np.array([-1.0, -1.0, np.nan], dtype=np.float32)}, np.ones(3))
    assert none_yet["y2r"] < 0


def test_survival_and_alarm() -> None:
    years = np.arange(2008, 2018)
    green, lost = np.full(10, 0.6), np.full(10, 0.6)
    green[:2] = lost[:2] = 0.7
    lost[6:] = 0.2
    values = np.column_stack([green, lost, lost])
    found = survival(values, years, np.array([2.0, 1.0, 1.0]), when=SiteYears(2010, 2010), target=0.7)
    assert found.green == {1: 1.0, 3: 1.0, 5: 0.5}
    assert found.relapsed == 0.5
    assert found.relapse_year == 2014
    assert found.alarm


def test_one_low_year_is_no_relapse() -> None:
    series = np.array([[0.6], [0.6], [0.2], [0.6], [0.6], [0.2]])
    assert relapse_years(series, range(2010, 2016), 0.5, since=2010).tolist() == [0.0]
    assert np.isnan(relapse_years(np.full((6, 1), np.nan), range(2010, 2016), 0.5, since=2010)[0])


def test_years_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(TableError, match="rest_start 2004 lies before dist_start 2005"):
        SiteYears(2005, 2004)
    with pytest.raises(TableError, match="ref_end 2001 lies before ref_start 2003"):
        SiteYears(2005, 2006, 2003, 2001)
    assert SiteYears(2005, 2006, ref_start=2001).reference == (2001, 2004)
    with pytest.raises(TableError, match="unknown definition"):
        recovery_metrics(np.zeros((2, 1)), [2005, 2006], SiteYears(2005, 2006), definition="other")  # type: ignore[arg-type]
