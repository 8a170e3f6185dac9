"""Standards and measurements, series with alarms, bare patches, and thresholds trained on points."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from affine import Affine
from shapely.geometry import Point

from reclaim.errors import CriteriaError
from reclaim.io.grids import Grid
from reclaim.io.scenes import Layer, Scene
from reclaim.vocabulary import words
from reclaim.zonal.bands import IndexImage, index_image
from reclaim.zonal.criteria import Threshold
from reclaim.zonal.patches import ACRE_M2, PatchRule, bare_patches, patch_verdict
from reclaim.zonal.series import AlarmRules, alarms_of, cover_series
from reclaim.zonal.standards import Criterion, judge_measurements, standard
from reclaim.zonal.training import train_threshold, values_at
from reclaim.zonal.zones import prepared
from tests.imagery import CRS, X0, Y0, ground, zones

SOUTHWEST = "tdt-1036-2013-southwest"


def image(values: np.ndarray) -> IndexImage:
    grid = Grid(pyproj.CRS(CRS), Affine(10, 0, X0, 0, -10, Y0), values.shape[1], values.shape[0])
    layer = Layer(name="", grid=grid, dtype="float64", read=lambda window: values[window.within(grid.whole)])
    return index_image(Scene("made up", {"": layer}), "ndvi")


# --- standards ---


def test_every_number_has_a_clause_a_unit_and_says_it_was_not_checked() -> None:
    held = standard(SOUTHWEST)
    assert held.source
    known = {*words("quantities"), "canopy_closure"}
    for criterion in held.criteria:
        assert criterion.clause
        assert criterion.unit in {"1", "share", "cm", "deg"}
        assert criterion.quantity in known
        assert criterion.end_use in words("end_uses")
        assert not criterion.verified
    with pytest.raises(CriteriaError, match="unknown standard"):
        standard("nobody-1")
    with pytest.raises(CriteriaError, match="neither"):
        Criterion("forest", "ph", "1")


def _measured(**rows: tuple[str, float, str]) -> gpd.GeoDataFrame:
    table = [{"point_id": key, "quantity": q, "value": v, "unit": u} for key, (q, v, u) in rows.items()]
    return gpd.GeoDataFrame(table, geometry=[Point(X0 + 5, Y0 - 5)] * len(table), crs=CRS)


def test_measurements_and_what_is_missing() -> None:
    frame = prepared(zones(A=ground(5, 5)).assign(end_use="草地"))
    found = judge_measurements(
        frame,
        _measured(
            a=("soil_thickness", 0.25, "m"), b=("soil_thickness", 20, "cm"), c=("ph", 9.1, "1"), d=("ph", 7.0, "1")
        ),
        standard(SOUTHWEST),
    ).set_index("quantity")
    assert found.outcome.to_dict() == {"soil_thickness": "met", "cover": "insufficient", "ph": "not_met"}
    assert found.loc["soil_thickness", ["count", "least", "most"]].tolist() == [2, 20, 25]
    assert found.criterion["ph"] == "5.5-8.5"
    assert not found.verified.any()


def test_a_unit_of_another_kind_is_no_measurement() -> None:
    frame = prepared(zones(A=ground(5, 5)).assign(end_use="grassland"))
    found = judge_measurements(frame, _measured(a=("cover", 55, "kg"), b=("ph", 7, "1")), standard(SOUTHWEST))
    assert found.set_index("quantity").outcome["cover"] == "insufficient"
    found = judge_measurements(frame, _measured(a=("cover", 55, "%")), standard(SOUTHWEST)).set_index("quantity")
    assert found.outcome["cover"] == "met"
    assert found.least["cover"] == pytest.approx(0.55)


# --- series ---


def series(*cover: float, valid: float = 1.0, target: float | None = None) -> list[str]:
    years = [pd.Timestamp(f"{2015 + number}-07-0{1 + number % 3}") for number in range(len(cover))]
    low = np.array(cover) * valid
    frame = pd.DataFrame({"zone_id": "A", "metric": "mean_fvc", "date": years, "cover": cover, "valid": valid})
    frame = frame.assign(low=low, high=low + 1 - valid)
    claim = None if target is None else Threshold(target)
    return cover_series(frame, target=claim).alarm.tolist()


def test_alarms() -> None:
    assert series(0.2, 0.5, 0.8, 0.9, target=0.85) == [""] * 4
    assert series(0.8, 0.9, 0.75) == ["", "", "drop"]
    assert series(0.8, 0.9, 0.81) == ["", "", ""]
    assert series(0.5, 0.5, 0.5, 0.51, target=0.8) == ["", "", "", "stagnation;late"]
    assert series(0.2, 0.4, 0.5, 0.6, target=0.8) == ["", "", "", "late"]


def test_what_was_not_seen_raises_no_alarm() -> None:
    assert series(0.9, 0.3, valid=0.5) == ["", ""]
    # a tenth unseen can hide a fall of a tenth more
    assert series(0.9, 0.75, valid=0.9) == ["", ""]
    assert series(0.9, 0.55, valid=0.9) == ["", "drop"]
    rows = pd.DataFrame(
        {"zone_id": ["A"], "metric": "m", "date": [pd.NaT], "cover": [np.nan], "valid": 0.0, "low": 0.0, "high": 1.0}
    )
    assert cover_series(rows, rules=AlarmRules()).alarm.tolist() == [""]


# --- patches ---


def test_patch_rule() -> None:
    values = np.full((60, 60), 0.8)
    values[10:14, 10:14], values[30, 30] = 0.1, 0.1  # 1,600 m² and 100 m²
    zone = ground(60, 60)
    found = bare_patches(zone, image(values), threshold=0.4)
    assert found.area_m2.tolist() == pytest.approx([1600, 100], rel=2e-3)
    verdict = patch_verdict(zone, found)
    assert verdict.holds
    assert verdict.share == pytest.approx(17 / 3600, rel=1e-3)
    assert not patch_verdict(zone, found, PatchRule(largest_m2=ACRE_M2 / 4)).holds
    assert not patch_verdict(zone, found, PatchRule(share=0.004)).holds
    values[0, 0] = 0.1
    edge = patch_verdict(zone, bare_patches(zone, image(values), threshold=0.4))
    assert (edge.on_edge, edge.holds) == (1, False)
    values[:] = np.nan
    assert patch_verdict(zone, bare_patches(zone, image(values), threshold=0.4)).count == 0


# --- training ---


def test_a_threshold_trained_on_points_says_how_often_it_is_right() -> None:
    dice = np.random.default_rng(4)
    green = np.arange(200) % 2 == 0
    values = np.where(green, 0.25, -0.15) + dice.normal(0, 0.08, 200)
    found = train_threshold(values, green)
    assert -0.1 < found.threshold < 0.2
    assert found.accuracy > 0.97
    assert f"{found.accuracy:.1%} of 200 points" in str(found)
    noise = train_threshold(dice.normal(0, 1, 200), green)
    assert noise.accuracy < 0.65
    with pytest.raises(CriteriaError, match="of both kinds"):
        train_threshold(values, np.ones(200, dtype=bool))


def test_values_at_points() -> None:
    values = np.arange(12.0).reshape(3, 4) / 12
    points = gpd.GeoDataFrame(geometry=[Point(X0 + 15, Y0 - 25), Point(X0 - 5, Y0 - 5)], crs=CRS).to_crs(4326)
    assert values_at(image(values), points)[0] == pytest.approx(9 / 12)
    assert np.isnan(values_at(image(values), points)[1])


def test_alarms_hold_each_zone_to_its_own_criterion() -> None:
    dates = pd.to_datetime([f"{year}-07-01" for year in range(2017, 2022)])
    rows = pd.concat([
        pd.DataFrame({"zone_id": zone, "metric": "mean_fvc", "date": dates, "cover": cover, "valid": 1.0, "low": cover,
                      "high": cover, "criterion": criterion})
        for zone, criterion, cover in (
            ("poor", ">=0.9", [0.5, 0.5, 0.5, 0.5, 0.5]),
            ("free", None, [0.5, 0.5, 0.5, 0.5, 0.5]),
            ("fell", None, [0.9, 0.9, 0.9, 0.9, 0.6]),
        )
    ])  # fmt: skip
    found = alarms_of(rows)
    assert set(found.zone_id) == {"poor", "fell"}
    assert found[found.zone_id == "fell"].alarm.tolist() == ["drop"]
    assert found[found.zone_id == "poor"].alarm.tolist() == ["stagnation;late", "stagnation;late"]
    assert alarms_of(rows.iloc[:0]).empty
