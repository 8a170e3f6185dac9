"""Areas of one file: each, sum, union, and how they compare."""

import json
import math
import warnings

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from reclaim.errors import CRSError, FileError, TableError
from reclaim.geodesy import area as ellipsoidal
from reclaim.tables import INPUT_TABLES
from reclaim.verbs.area import RowNotSound, area

CRS = "EPSG:4545"
X, Y = 460_000.0, 2_580_000.0


def square(x=0.0, y=0.0, side=100.0):
    return box(X + x, Y + y, X + x + side, Y + y + side)


def table(shapes, crs=CRS, **columns):
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=crs))


def test_each_sum_and_union():
    measured = area(table([square(), square(50), square(300)], parcel_id=["a", "b", "c"]), unit="ha")
    assert [row["id"] for row in measured.features] == ["a", "b", "c"]
    assert [row["area"] for row in measured.features] == pytest.approx([1, 1, 1], rel=1e-3)
    assert measured.sum == pytest.approx(math.fsum(row["area"] for row in measured.features), rel=1e-14)
    assert measured.union == pytest.approx(2.5, rel=1e-3)
    one = area(table([square()]), unit="m2").sum
    assert area(table([square()]), unit="mu").sum == pytest.approx(one * 3 / 2000, rel=1e-15)


def test_without_overlaps_sum_and_union_are_the_same_number():
    rows = [square(100 * i, side=100) for i in range(5)] + [square(0, 5000, side=3000)]
    measured = area(table(rows), unit="m2")
    assert measured.union == pytest.approx(measured.sum, rel=1e-14)


def test_contained_rows_and_twins_count_once():
    measured = area(table([square(), square(20, 20, side=10), square(), square(500)]), unit="m2")
    assert measured.union == pytest.approx(2 * ellipsoidal([square()], CRS)[0], rel=1e-6)


def test_edges_are_straight_in_the_files_own_plane_and_geodesic_in_degrees():
    far = Polygon([(12_000_000, 3_000_000), (12_004_000, 3_000_300), (12_002_000, 3_004_000)])
    plane = area(table([far], crs=3857), unit="m2")
    assert plane.sum == pytest.approx(ellipsoidal([shapely.segmentize(far, 5.0)], 3857)[0], rel=1e-7)
    assert plane.union == pytest.approx(plane.sum, rel=2e-6)
    degrees = gpd.GeoSeries([far], crs=3857).to_crs(4326)
    assert area(table(degrees.tolist(), crs=4326), unit="m2").sum == pytest.approx(ellipsoidal(degrees)[0], rel=1e-12)


def test_union_does_not_depend_on_the_system():
    rows = gpd.GeoSeries([square(0, side=900), square(600, 200, side=900)], crs=CRS).segmentize(20)
    unions = [
        area(table(rows.to_crs(crs).tolist(), crs=crs), unit="m2").union for crs in (CRS, 4490, 4326, 32648, 3857)
    ]
    assert unions == pytest.approx([unions[0]] * 5, rel=2e-6)


def test_names_come_from_a_column_that_tells_rows_apart():
    assert [r["id"] for r in area(table([square(), square(300)], site_id=["A", "A"])).features] == [0, 1]
    assert [r["id"] for r in area(table([square(), square(300)], FID=[7, 8])).features] == [7, 8]


def test_unsound_features_are_told_and_left_out():
    bow = Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    spike = Polygon(
        [(X + 300, Y), (X + 400, Y), (X + 400, Y + 100), (X + 400, Y + 180), (X + 400, Y + 100), (X + 300, Y + 100)]
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        measured = area(table([bow, spike, None]), unit="m2")
    assert {item.category for item in caught} == {RowNotSound}
    assert any("7.50 mu after repair" in str(item.message) for item in caught)
    assert [row["area"] for row in measured.features] == [None, pytest.approx(10_000, rel=1e-3), None]
    assert len(caught) == 2
    assert measured.sum == measured.features[1]["area"]


def test_nothing_sound_is_an_error_with_the_mend():
    with pytest.raises(TableError, match="bow-tie"):
        area(table([Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])]))
    with pytest.raises(CRSError, match="crs = 'EPSG:4547'"):
        area(table([square()], crs=None))
    with pytest.raises(CRSError, match="seven parameters"):
        area(table([square()], crs=2435))
    with pytest.raises(TableError, match="swapped"):
        area(table([box(23.3, 107.5, 23.31, 107.51)], crs=4490))


def test_files(tmp_path):
    path = tmp_path / "地块 1.gpkg"
    table([square(), square(50)], name=["甲", "乙"]).to_file(path)
    measured = area(path, unit="ha")
    assert [row["id"] for row in measured.features] == ["甲", "乙"]
    assert measured.union == pytest.approx(1.5, rel=1e-3)
    assert json.loads(json.dumps(measured.document()))["unit"] == "ha"
    plain = tmp_path / "plain.csv"
    plain.write_text(f'id,wkt\n1,"{square().wkt}"\n', encoding="utf-8")
    assert area(plain, unit="ha", crs=CRS).sum == pytest.approx(1, rel=1e-3)
    with pytest.raises(CRSError):
        area(plain)
    with pytest.raises(FileError, match="no such file"):
        area(tmp_path / "nowhere.gpkg")
    broken = tmp_path / "broken.gpkg"
    broken.write_bytes(b"no database")
    with pytest.raises(FileError):
        area(broken)


@pytest.mark.parametrize("agreed", INPUT_TABLES.values(), ids=lambda agreed: agreed.name)
def test_columns_of_any_table_are_only_words_here(agreed):
    """The areas of a file do not depend on what else it holds: dates, stages and codes are read by other verbs."""
    columns = {column.name: ["2019", None] for column in agreed.columns if column.kind != "geometry"}
    rows = table([square(), square(50)], **columns)
    bare = area(rows[["geometry"]])
    assert (area(rows).sum, area(rows).union) == (bare.sum, bare.union)


def test_an_empty_table():
    measured = area(table([]))
    assert (measured.sum, measured.union, measured.features) == (0.0, 0.0, ())


# ---- comparing


def causes(measured):
    return [row["causes"] for row in measured.document()["compare"]["features"]]


def test_ways_to_measure_side_by_side():
    measured = area(table([square(), square(50)]), unit="m2", compare="")
    told = measured.document()["compare"]
    assert told["plane"] == "zone 36 (central meridian 108 E)"
    row = told["features"][0]
    assert row["plane"] == pytest.approx(10_000)
    assert row["mercator"] / row["ellipsoidal"] == pytest.approx(1.1915, rel=2e-3)
    assert row["declared"] is None
    assert "plane in zone 36" in row["causes"][0]
    assert row["causes"][1].startswith("web Mercator: +19.")
    assert "overlap counted twice: 4,999.80 m2" in told["totals"]["causes"][0]
    assert told["totals"]["union"] == measured.union
    degrees = area(table([box(107.5, 23.3, 107.6, 23.4)], crs=4490), compare="").document()["compare"]
    assert degrees["plane"] is None
    assert degrees["features"][0]["plane"] is None


def test_how_declared_figures_were_made():
    side = 4000.0
    shapes = [square(5000 * i, side=side) for i in range(9)]
    m2 = ellipsoidal(shapes, CRS)
    plane = np.full(9, side**2)
    mercator = gpd.GeoSeries(shapes, crs=CRS).to_crs(3857).area.to_numpy()
    declared = [
        f"{m2[0] * 3 / 2000:.4f}",
        f"{m2[1] / 666.67:.2f}",
        f"{plane[2] * 3 / 2000:.2f}",
        f"{mercator[3] * 3 / 2000:.2f}亩",
        f"{m2[4] / 1e4:.2f}",
        f"{m2[5] * 3 / 2000:.0f}",
        "99999",
        None,
        f"{plane[8] / 666.67:.3f}",
    ]
    measured = area(table(shapes, 复垦面积=declared), compare="")
    why = [each[-1] for each in causes(measured)]
    for text, wanted in zip(
        why,
        [
            "agrees",
            "666.67 rounding",
            "plane area in zone 36",
            "web Mercator area",
            "looks like ha",
            "agrees as rounded",
            "no cause found",
            "web Mercator:",
            "plane area in zone 36 (central meridian 108 E), with 666.67",
        ],
        strict=True,
    ):
        assert wanted in text
    assert measured.document()["compare"]["column"] == "复垦面积"
    assert "1 of 9 features declare no area" in measured.document()["compare"]["totals"]["causes"]
    headers, rows = measured.rows()
    assert len(rows) == 11
    assert len(headers) == len(rows[0]) == 6


def test_the_column_to_compare_with():
    frame = table([square()], **{"area (ha)": [1.0], "other": [15.0]})
    assert causes(area(frame, compare="area (ha)"))[0][-1].startswith("declared agrees as rounded")
    assert causes(area(frame, compare="other"))[0][-1].startswith("declared agrees as rounded")
    with pytest.raises(TableError, match="did you mean 'other'"):
        area(frame, compare="othre")


# ---- real data


def test_real_outlines_agree_with_the_figures_of_their_source(peer_data):
    """The source measured in a local UTM; within 0.25 % of the ellipsoid, it says."""
    path = peer_data / "amazon/amazon_2019_new_mining.geojson"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RowNotSound)
        measured = area(path, unit="ha")
    source = gpd.read_file(path)["Polygon area (ha)"].to_numpy()
    ours = np.array([row["area"] if row["area"] is not None else np.nan for row in measured.features])
    assert len(ours) == 5970
    # outlines across the border of two UTM zones are there with twice their area, or nearly
    west, _, east, _ = gpd.read_file(path).bounds.to_numpy().T
    inner = np.floor((west - 0.05) / 6) == np.floor((east + 0.05) / 6)
    assert inner.sum() > 5_000
    assert np.abs(ours / source - 1)[inner].max() < 0.003
    assert measured.union <= measured.sum * (1 + 1e-12)


def test_how_a_source_measured_is_found_out(peer_data):
    path = peer_data / "amazon/amazon_2021_new_mining.geojson"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RowNotSound)
        why = [each[-1] for each in causes(area(path, unit="ha", compare="Polygon area (ha)"))]
    told = [text for text in why if "plane area in UTM zone" in text or "agrees" in text]
    assert len(told) > 0.98 * len(why)
