"""What the checks find in one delivery: geometry, coordinates, attributes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from reclaim.geodesy import area
from reclaim.land.checks import check
from reclaim.tables import Delivery
from reclaim.vocabulary import findings as kinds

CRS = "EPSG:4545"  # CGCS2000, 3-degree zone, central meridian 108 E
X, Y = 460_000.0, 2_580_000.0  # near Pingguo


def square(x=0.0, y=0.0, side=100.0):
    return box(X + x, Y + y, X + x + side, Y + y + side)


def footprints(geometry, *, crs=CRS, source="pits.gpkg", meaning="increment", **columns):
    count = len(geometry)
    data = {"footprint_id": [f"F{i}" for i in range(count)], "site_id": ["A"] * count, "date": ["2018"] * count}
    frame = gpd.GeoDataFrame({**data, **columns}, geometry=gpd.GeoSeries(geometry, crs=crs))
    return Delivery("footprints", source, frame, company="Alu", meaning=meaning)


def parcels(geometry, *, crs=CRS, source="parcels.gpkg", **columns):
    count = len(geometry)
    data = {"parcel_id": [f"P{i}" for i in range(count)], "site_id": ["A"] * count, "date": ["2019"] * count}
    data |= {"stage": ["permanent"] * count}
    frame = gpd.GeoDataFrame({**data, **columns}, geometry=gpd.GeoSeries(geometry, crs=crs))
    return Delivery("parcels", source, frame, company="Alu")


def sites(lon=107.6, lat=23.32, **columns):
    data = {"site_id": ["A"], **columns}
    return Delivery("sites", "sites.csv", gpd.GeoDataFrame(data, geometry=gpd.points_from_xy([lon], [lat]), crs=4490))


def found(checked, code):
    return checked.findings[checked.findings["code"] == code]


def only(checked, code):
    rows = found(checked, code)
    assert len(rows) == 1, checked.findings[["code", "row", "message"]].to_string()
    return rows.iloc[0]


def used(checked, table="footprints"):
    rows = checked.delivered[checked.delivered["table"] == table]
    assert (rows["rows"] == rows["used"] + rows["listed"]).all()
    assert rows["used"].sum() == len(checked.tables[table])
    return rows["used"].sum()


# ---- a clean delivery


def test_a_clean_delivery_has_nothing_to_say():
    checked = check([footprints([square()]), parcels([square()])])
    assert checked.findings.empty
    assert checked.delivered[["rows", "used", "listed"]].to_numpy().tolist() == [[1, 1, 0], [1, 1, 0]]
    assert checked.delivered["company"].tolist() == ["Alu", "Alu"]


def test_checked_tables_have_the_agreed_columns():
    delivery = footprints(
        [square(), square(300)], date=["2018-05", "2019-03-02"], extra=["x", "y"], recorded=["2020", None]
    )
    frame = delivery.frame.set_axis([4, 7])
    table = check([Delivery("footprints", "a/pits.gpkg", frame, "Alu", "snapshot")]).tables["footprints"]
    assert table.crs == "EPSG:4490"
    assert table["_row"].tolist() == [4, 7]
    assert table["_source"].tolist() == ["a/pits.gpkg"] * 2
    assert table["_delivered"].tolist() == [0, 1]
    assert table["meaning"].tolist() == ["snapshot"] * 2
    assert table["company"].tolist() == ["Alu"] * 2
    assert table["extra"].tolist() == ["x", "y"]
    assert table["date"].tolist() == [pd.Timestamp("2018-05-31"), pd.Timestamp("2019-03-02")]
    assert table["date_start"].tolist() == [pd.Timestamp("2018-05-01"), pd.Timestamp("2019-03-02")]
    assert table["date_precision"].tolist() == ["month", "day"]
    assert table["date"].dtype == "datetime64[s]"
    assert table["recorded"].isna().tolist() == [False, True]
    assert {"damage", "released", "liability"} <= set(table.columns)


def test_the_area_of_the_ground_survives():
    table = check([footprints([square(side=3000)])]).tables["footprints"]
    assert area(table)[0] == pytest.approx(area([square(side=3000)], CRS)[0], rel=1e-8)
    assert table.count_coordinates().iloc[0] > 60  # long edges were followed


def test_rows_are_numbered_over_all_deliveries_and_columns_are_united():
    first, second = footprints([square()], depth=[3.0]), footprints([square(500)], source="b.gpkg", note=["n"])
    table = check([sites(), first, second]).tables["footprints"]
    assert table["_delivered"].tolist() == [1, 2]
    assert table["depth"].tolist()[0] == 3.0
    assert pd.isna(table["depth"].iloc[1])
    assert table["note"].tolist() == [None, "n"]


def test_nothing_at_all():
    checked = check([])
    assert checked.tables == {}
    assert checked.findings.empty
    assert checked.delivered.empty
    empty = check([footprints([])])
    assert used(empty) == 0
    assert len(empty.tables["footprints"]) == 0


def test_what_reading_found_is_kept():
    from reclaim.tables import Finding

    broken = Delivery(
        "footprints", "x.shp", gpd.GeoDataFrame(), None, "increment", (Finding("error", "file-missing", "m"),)
    )
    assert only(check([broken]), "file-missing")["message"] == "m"


# ---- rings


BOW_TIE = Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])


def test_a_bow_tie_is_refused_with_both_areas():
    checked = check([footprints([BOW_TIE, square(300)])])
    finding = only(checked, "repair-refused")
    assert finding["severity"] == "error"
    assert (finding["row"], finding["id"]) == (0, "F0")
    assert "0.00 mu as delivered" in finding["message"]
    assert "7.50 mu after repair" in finding["message"]
    assert "self-intersection at 460050 2580050" in finding["message"]
    assert used(checked) == 1


def test_a_ring_pinched_to_a_tenth_of_a_millimetre_keeps_its_land():
    """Two squares joined by a corridor whose sides cross."""
    left, right = [(0, 0), (100, 0), (100, 49.99995)], [(200, 50.00005), (200, 0), (300, 0), (300, 100), (200, 100)]
    back = [(200, 49.99995), (100, 50.00005), (100, 100), (0, 100)]
    pinched = Polygon([(X + x, Y + y) for x, y in [*left, *right, *back]])
    checked = check([footprints([pinched])])
    assert only(checked, "repaired")["severity"] == "note"
    assert area(checked.tables["footprints"])[0] == pytest.approx(20_000, rel=1e-3)


def test_a_spike_and_double_vertices_cost_nothing():
    spike = Polygon([(X, Y), (X + 100, Y), (X + 100, Y + 100), (X + 100, Y + 180), (X + 100, Y + 100), (X, Y + 100)])
    doubled = Polygon(
        [(X + 300, Y), (X + 300, Y), (X + 400, Y), (X + 400, Y + 100), (X + 400, Y + 100), (X + 300, Y + 100)]
    )
    checked = check([footprints([spike, doubled])])
    assert only(checked, "repaired")["severity"] == "note"
    assert area(checked.tables["footprints"]) == pytest.approx([10_000, 10_000], rel=1e-3)
    assert used(checked) == 2


def flipped(x, side, lobe):
    """A square with a small lobe turned over at its corner: shoelace side² - lobe², repaired side² + lobe²."""
    ring = [(0, 0), (side, 0), (side, side), (-lobe, side), (-lobe, side + lobe), (0, side + lobe)]
    return Polygon([(X + x + a, Y + b) for a, b in ring])


@pytest.mark.parametrize(
    ("side", "lobe", "code", "severity"),
    [
        (100, 1, "repaired", "note"),  # 0.02 %
        (100, 6, "repaired", "warning"),  # 0.7 %
        (20, 4, "repaired", "warning"),  # 8 %, but 32 m2: below 0.1 mu
        (400, 28, "repaired", "warning"),  # 1,568 m2, but below 1 %
        (100, 10, "repair-refused", "error"),  # 2 % and 200 m2
    ],
)
def test_how_much_a_repair_may_change(side, lobe, code, severity):
    checked = check([footprints([flipped(0, side, lobe)])])
    finding = only(checked, code)
    assert finding["severity"] == severity
    if code == "repaired":
        assert area(checked.tables["footprints"])[0] == pytest.approx(side**2 + lobe**2, rel=1e-3)
        assert finding["area_m2"] == pytest.approx(2 * lobe**2, rel=1e-3)
    else:
        assert used(checked) == 0


def test_overlapping_parts_are_not_counted_twice():
    shared = MultiPolygon([square(side=100), square(50, 50, side=100)])
    finding = only(check([footprints([shared])]), "repair-refused")
    assert "30.00 mu" in finding["message"]
    assert "26.2" in finding["message"]
    slight = MultiPolygon([square(side=1000), square(999.9, 0, side=1000)])
    checked = check([footprints([slight])])
    assert used(checked) == 1
    assert area(checked.tables["footprints"])[0] == pytest.approx(1_999_900, rel=1e-3)


def test_a_ring_wound_twice():
    once = [(X, Y), (X + 100, Y), (X + 100, Y + 100), (X, Y + 100)]
    finding = only(check([footprints([Polygon(once + once)])]), "repair-refused")
    assert "30.00 mu as delivered" in finding["message"]
    assert "15.00 mu after repair" in finding["message"]


def test_a_hole_equal_to_its_shell_is_refused():
    shell = square()
    checked = check([footprints([Polygon(shell.exterior, [shell.exterior]), square(500)])])
    finding = only(checked, "hole-is-shell")
    assert finding["area_m2"] == pytest.approx(10_000, rel=1e-3)
    assert used(checked) == 1


def test_a_hole_outside_its_shell_is_left_out_and_never_added():
    odd = Polygon(square().exterior, [square(200, side=8).exterior, square(20, 20, side=10).exterior])
    checked = check([footprints([odd])])
    finding = only(checked, "hole-outside")
    assert finding["severity"] == "warning"
    assert finding["area_m2"] == pytest.approx(64, rel=1e-3)
    assert area(checked.tables["footprints"])[0] == pytest.approx(9_900, rel=1e-3)


def test_a_large_hole_outside_its_shell_is_refused():
    odd = Polygon(square().exterior, [square(200, side=30).exterior])
    checked = check([footprints([odd, square(500)])])
    finding = only(checked, "repair-refused")
    assert (finding["severity"], finding["row"]) == ("error", 0)
    assert finding["area_m2"] == pytest.approx(900, rel=1e-3)
    assert used(checked) == 1


def test_winding_and_multiparts_are_no_fault():
    ring = square().exterior
    turned = Polygon(list(ring.coords)[::-1])
    checked = check([footprints([turned, MultiPolygon([square(300), square(600)])])])
    assert checked.findings.empty
    assert area(checked.tables["footprints"]) == pytest.approx([10_000, 20_000], rel=1e-3)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_coordinates_that_are_no_numbers(bad):
    with np.errstate(invalid="ignore"):
        broken = Polygon([(X, Y), (X + 100, bad), (X + 100, Y + 100), (X, Y)])
    checked = check([footprints([square(300), broken])])
    finding = only(checked, "not-finite")
    assert (finding["severity"], finding["row"], finding["id"]) == ("error", 1, "F1")
    assert finding["geometry"] is None
    assert used(checked) == 1


def test_rows_without_outline():
    checked = check([footprints([square(), None, Polygon()])])
    assert found(checked, "no-geometry")["row"].tolist() == [1, 2]
    assert used(checked) == 1


def test_points_and_lines_are_refused_and_collections_give_their_polygons():
    line = shapely.LineString([(X, Y), (X + 5, Y)])
    mixed = shapely.GeometryCollection([square(500), line, shapely.GeometryCollection([square(700)])])
    empty = shapely.GeometryCollection([line])
    checked = check([footprints([square(), shapely.Point(X, Y), line, mixed, empty])])
    assert found(checked, "not-polygon")["row"].tolist() == [1, 2, 4]
    assert only(checked, "collection")["row"] == 3
    assert area(checked.tables["footprints"]) == pytest.approx([10_000, 20_000], rel=1e-3)


def test_heights_and_measures_are_left_out_with_a_note():
    high = shapely.force_3d(square(), 900.0)
    odd = shapely.from_wkt("POLYGON Z ((460300 2580000 nan, 460400 2580000 1, 460400 2580100 nan, 460300 2580000 nan))")
    measured = shapely.from_wkt("POLYGON M ((460600 2580000 1, 460700 2580000 2, 460700 2580100 3, 460600 2580000 1))")
    checked = check([footprints([high, odd, measured])])
    assert [m[:1] for m in found(checked, "third-dimension")["message"]] == ["Z", "M"]
    assert not checked.tables["footprints"].has_z.any()
    assert used(checked) == 3


def test_a_sliver_is_only_noted():
    sliver = box(X, Y, X + 150, Y + 0.4)
    checked = check([footprints([sliver, square(300, side=5)])])
    finding = only(checked, "sliver")
    assert finding["severity"] == "note"
    assert finding["row"] == 0
    assert used(checked) == 2


# ---- reference systems


def test_a_missing_crs_names_the_fix():
    plain = check([footprints([square(), square(300)], crs=None)])
    finding = only(plain, "crs-missing")
    assert finding["severity"] == "error"
    assert "crs" in finding["fix"]
    assert used(plain) == 0
    prefixed = shapely.transform(square(), lambda xy: xy + np.array([36e6, 0]))
    assert "EPSG:4524" in only(check([footprints([prefixed], crs=None)]), "crs-missing")["fix"]
    degrees = box(107.5, 23.3, 107.6, 23.4)
    assert "EPSG:4490" in only(check([footprints([degrees], crs=None)]), "crs-missing")["fix"]


@pytest.mark.parametrize("crs", ["EPSG:4214", "EPSG:4610", "EPSG:2435", "EPSG:2343"])
def test_old_datums_ask_for_parameters(crs):
    outline = box(107.5, 23.3, 107.6, 23.4) if crs in ("EPSG:4214", "EPSG:4610") else square()
    checked = check([footprints([outline], crs=crs), footprints([square()], source="good.gpkg")])
    finding = only(checked, "crs-unusable")
    assert finding["fix"].startswith("state the ")
    assert "seven parameters" in finding["fix"]
    assert used(checked) == 1


def test_swapped_axes():
    turned = box(23.3, 107.5, 23.31, 107.51)
    finding = only(check([footprints([turned], crs=4490)]), "swapped-axes")
    assert finding["severity"] == "error"
    west = box(43.8, 87.5, 43.81, 87.51)  # Urumqi the wrong way round is a place in the Arctic Ocean
    assert len(found(check([footprints([west], crs=4326)]), "swapped-axes")) == 1
    plane = box(Y, X, Y + 100, X + 100)
    assert len(found(check([footprints([plane])]), "swapped-axes")) == 1
    prefixed = box(Y, 36e6 + X, Y + 100, 36e6 + X + 100)
    assert len(found(check([footprints([prefixed], crs="EPSG:4524")]), "swapped-axes")) == 1
    brazil = box(-70.1, -13.2, -70.0, -13.1)
    assert check([footprints([brazil], crs=4326)]).findings.empty


def test_metres_declared_as_degrees_and_the_reverse():
    prefixed = shapely.transform(square(), lambda xy: xy + np.array([36e6, 0]))
    finding = only(check([footprints([prefixed, prefixed], crs=4326)]), "metres-as-degrees")
    assert "all 2 rows" in finding["message"]
    assert "EPSG:4524" in finding["fix"]
    assert len(found(check([footprints([square()], crs=4490)]), "metres-as-degrees")) == 1
    degrees = box(107.5, 23.3, 107.6, 23.4)
    for crs in (CRS, "EPSG:3857", "EPSG:32648"):
        checked = check([footprints([degrees], crs=crs)])
        assert only(checked, "degrees-as-metres")["severity"] == "error"
        assert used(checked) == 0


def test_a_local_grid_that_starts_at_zero_is_no_fault():
    local = "+proj=laea +lat_0=23.3 +lon_0=107.6 +datum=WGS84 +units=m"
    assert check([footprints([box(10, 10, 110, 110)], crs=local)]).findings.empty


@pytest.mark.parametrize(
    ("declared", "shift", "code", "suggested"),
    [
        ("EPSG:4545", 36e6, "zone-prefix", "EPSG:4524"),  # prefixed easting, system without
        ("EPSG:4524", 0.0, "zone-prefix", "EPSG:4545"),  # the reverse
        ("EPSG:4524", 37e6, "wrong-zone", "EPSG:4525"),  # prefix of the neighbour
        ("EPSG:4507", 18e6, "zone-prefix", "EPSG:4496"),  # six-degree zones
        ("EPSG:4545", 7e6, "out-of-range", "reference system"),
    ],
)
def test_zone_numbers_in_eastings(declared, shift, code, suggested):
    moved = shapely.transform(square(), lambda xy: xy + np.array([shift, 0]))
    checked = check([footprints([moved], crs=declared)])
    finding = only(checked, code)
    assert finding["severity"] == "error"
    assert suggested in finding["fix"]
    assert used(checked) == 0


def test_the_neighbouring_zone_is_seen_against_the_site():
    """Without a zone number the numbers fit every zone; only the site's place tells."""
    wrong = check([sites(), footprints([square(), square(300)], crs="EPSG:4546"), parcels([square()])])
    finding = only(wrong, "wrong-zone")
    assert "3.0 degrees east" in finding["message"]
    assert "108 E" in finding["fix"]
    assert used(wrong) == 0
    assert used(wrong, "parcels") == 1
    assert found(check([sites(), footprints([square()])]), "wrong-zone").empty


def test_permits_place_a_site_that_has_no_location():
    permit = gpd.GeoDataFrame(
        {"permit_id": ["K1"], "site_id": ["A"]}, geometry=[box(107.5, 23.2, 107.7, 23.4)], crs=4490
    )
    checked = check([Delivery("permits", "permits.gpkg", permit), footprints([square()], crs="EPSG:4546")])
    assert len(found(checked, "wrong-zone")) == 1


def test_layers_of_one_site_in_different_zones():
    """With no location to go by, neither is refused, and both are named."""
    rows = [footprints([square()], source="2018.shp"), footprints([square(300)], crs="EPSG:4546", source="2019.shp")]
    checked = check([*rows, parcels([square()], site_id=["B"], crs="EPSG:4546")])
    finding = only(checked, "zones-disagree")
    assert finding["source"] == "2019.shp"
    assert "+3.0 degrees" in finding["message"]
    assert "2018.shp" in finding["message"]
    assert used(checked) == 2


def test_web_mercator_is_noted():
    mercator = gpd.GeoSeries([square()], crs=CRS).to_crs(3857).tolist()
    checked = check([footprints(mercator, crs=3857)])
    assert only(checked, "web-mercator")["severity"] == "note"
    assert area(checked.tables["footprints"])[0] == pytest.approx(area([square()], CRS)[0], rel=1e-6)


def test_far_from_the_site_by_no_whole_zone_is_a_warning():
    checked = check([sites(lon=112.9, lat=34.7), footprints([square()])])
    finding = only(checked, "far-from-site")
    assert finding["severity"] == "warning"
    assert "km" in finding["message"]
    assert used(checked) == 1


def test_outside_the_area_of_use():
    checked = check([footprints([box(-70.1, -13.2, -70.0, -13.1)], crs=4490)])
    assert "-70.05 E" in only(checked, "outside-area-of-use")["message"]
    assert used(checked) == 1
    east = check([footprints([square(x=350_000)])])  # 108 + 3 degrees: two zones on
    assert len(found(east, "outside-area-of-use")) == 1
    assert found(check([footprints([square(x=150_000)])]), "outside-area-of-use").empty


def test_rings_over_half_the_globe():
    checked = check([footprints([box(-179.9, 10, 179.9, 10.1), box(107, 23, 107.01, 23.01)], crs=4326)])
    assert only(checked, "spans-180")["row"] == 0
    assert used(checked) == 1


def test_mixed_systems_are_noted_once():
    degrees = gpd.GeoSeries([square()], crs=CRS).to_crs(4490).tolist()
    finding = only(check([footprints([square()]), parcels(degrees, crs=4490)]), "mixed-crs")
    assert finding["severity"] == "note"
    assert "pits.gpkg" in finding["message"]
    assert "parcels.gpkg" in finding["message"]


def test_points_that_no_projection_reaches():
    huge = box(1e9, 1e9, 1e9 + 1, 1e9 + 1)
    checked = check([footprints([huge], crs="EPSG:32648"), footprints([huge], crs="EPSG:6933", source="b")])
    assert set(checked.findings["severity"]) == {"error"}
    assert used(checked) == 0


# ---- attributes


def test_needed_values():
    checked = check(
        [footprints([square(), square(300), square(600)], site_id=["A", None, " "], date=["2019", "2019", None])]
    )
    assert found(checked, "missing-value")["row"].tolist() == [1, 2, 2]
    assert used(checked) == 1


def test_a_needed_column_that_is_not_there_is_said_once():
    delivery = footprints([square(), square(300)])
    bare = Delivery("footprints", "x.shp", delivery.frame.drop(columns="site_id"), None, "increment")
    finding = only(check([bare]), "missing-value")
    assert "site_id" in finding["message"]
    assert "no such column" in finding["message"]
    assert "set" in finding["fix"]
    assert used(check([bare])) == 0


def test_dates():
    rows = [square(x) for x in (0, 300, 600, 900)]
    checked = check(
        [footprints(rows, date=["2019-02-30", "soon", "2019年6月", 20190603], released=[None, None, "x", "2018"])]
    )
    bad = found(checked, "bad-date")
    assert bad["severity"].tolist() == ["error", "error", "warning"]
    assert "no day 30" in bad["message"].iloc[0]
    assert found(checked, "released-early")["row"].tolist() == [3]
    assert used(checked) == 2
    assert checked.tables["footprints"]["released"].isna().tolist() == [True, False]


def test_dates_that_contradict_each_other_beyond_their_precision():
    rows = [square(x) for x in (0, 300, 600)]
    checked = check(
        [
            parcels(
                rows,
                date=["2020", "2020-05", "2021"],
                recorded=["2020-03-01"] * 3,
                stage=["permanent", "permanent", "planned"],
            )
        ]
    )
    assert found(checked, "date-after-recorded")["row"].tolist() == [1]
    assert used(checked, "parcels") == 3


def test_unknown_codes_are_warnings_and_the_row_counts():
    checked = check(
        [
            footprints([square(), square(300)], damage=["excavation", "meteor"], liability=["nobody", "legacy"]),
            parcels(
                [square(), square(300)],
                stage=["done", "permanent"],
                end_use=["forest", "casino"],
                class_after=[103, "9999"],
            ),
        ]
    )
    assert only(checked, "unknown-liability")["row"] == 0
    assert only(checked, "unknown-stage")["row"] == 0
    unknown = found(checked, "unknown-code")
    assert sorted(unknown["id"]) == ["F1", "P1", "P1"]
    assert "'meteor'" in unknown["message"].iloc[0]
    assert used(checked) == 2
    assert used(checked, "parcels") == 2
    assert checked.tables["parcels"]["class_after"].tolist() == ["0103", "9999"]
    assert (checked.findings["severity"] == "warning").all()


def test_parcels_without_stage_stay_and_are_listed():
    delivery = parcels([square(), square(300)])
    bare = Delivery("parcels", "p.shp", delivery.frame.drop(columns="stage"))
    checked = check([bare])
    assert "act on nothing" in only(checked, "unknown-stage")["message"]
    assert used(checked, "parcels") == 2


def test_names_are_made_where_there_are_none():
    delivery = parcels([square(), square(300)], parcel_id=[None, 7.0])
    checked = check([delivery])
    assert only(checked, "generated-id")["severity"] == "note"
    assert checked.tables["parcels"]["parcel_id"].tolist() == ["parcels#0", "7"]


def test_declared_areas():
    rows = [square(x) for x in (0, 300, 600, 900, 1200, 1500)]
    declared = ["15", "１５.1亩", "1公顷", 30, "1", "fifteen"]
    checked = check([parcels(rows, declared_mu=declared)])
    assert checked.tables["parcels"]["declared_mu"].tolist()[:5] == pytest.approx([15, 15.1, 15, 30, 1])
    differs = found(checked, "declared-differs")
    assert differs["row"].tolist() == [3, 4]
    assert differs["area_m2"].iloc[0] == pytest.approx(10_000, rel=1e-2)
    assert "looks like hectares" in differs["message"].iloc[1]
    assert only(checked, "bad-area")["row"] == 5
    assert used(checked, "parcels") == 6
    assert len(found(check([parcels([square()], declared_mu=[-3])]), "bad-area")) == 1


def test_parcels_that_only_declare_an_area():
    delivery = parcels([None, None], crs=None, declared_mu=[12.5, None])
    checked = check([delivery])
    assert only(checked, "declared-only")["severity"] == "note"
    assert used(checked, "parcels") == 0
    assert checked.declared["declared_mu"].tolist() == [12.5]
    assert checked.declared["row"].tolist() == [0]


def test_sites_may_be_points_outlines_or_nowhere():
    frame = gpd.GeoDataFrame(
        {"site_id": ["A", "B", "C", "A", None]},
        geometry=[shapely.Point(107.6, 23.3), box(107.6, 23.3, 107.7, 23.4), None, None, None],
        crs=4490,
    )
    checked = check([Delivery("sites", "sites.csv", frame)])
    assert checked.tables["sites"]["site_id"].tolist() == ["A", "B", "C"]
    assert only(checked, "duplicate-site")["row"] == 3
    assert only(checked, "missing-value")["row"] == 4
    assert set(kinds()) >= set(checked.findings["code"])


def test_a_site_keeps_its_row_when_its_place_is_broken():
    with np.errstate(invalid="ignore"):
        points = gpd.GeoSeries([shapely.Point(float("inf"), 1), shapely.Point(23.3, 107.6)], crs=4490)
    frame = gpd.GeoDataFrame({"site_id": ["A", "B"], "company": ["x", "y"]}, geometry=points)
    checked = check([Delivery("sites", "sites.csv", frame)])
    assert checked.tables["sites"]["company"].tolist() == ["x", "y"]
    assert checked.tables["sites"].geometry.isna().all()
    assert set(checked.findings["severity"]) == {"warning"}
    assert sorted(checked.findings["code"]) == ["not-finite", "swapped-axes"]
    nowhere = Delivery("sites", "s", gpd.GeoDataFrame({"site_id": ["A"]}, geometry=[shapely.Point(107, 23)]))
    assert only(check([nowhere]), "crs-missing")["severity"] == "warning"


def test_measurements_read_their_numbers():
    frame = gpd.GeoDataFrame(
        {"point_id": ["a", "b"], "quantity": ["ph", "mood"], "value": ["7.1", "good"]},
        geometry=gpd.points_from_xy([107.6, 107.6], [23.3, 23.3]),
        crs=4490,
    )
    checked = check([Delivery("measurements", "m.csv", frame)])
    assert checked.tables["measurements"]["value"].iloc[0] == 7.1
    assert only(checked, "bad-number")["row"] == 1
    assert only(checked, "unknown-code")["row"] == 1


def test_permits_valid_backwards():
    frame = gpd.GeoDataFrame(
        {"permit_id": ["K"], "site_id": ["A"], "valid_from": ["2020"], "valid_to": ["2019-01-01"]},
        geometry=[square(side=9000)],
        crs=CRS,
    )
    assert len(found(check([Delivery("permits", "k", frame)]), "validity-turned")) == 1


def test_findings_have_place_area_and_the_mend():
    checked = check([parcels([square()], declared_mu=[30])])
    finding = checked.findings.iloc[0]
    assert finding["geometry"].within(box(107.5, 23.2, 107.7, 23.4))
    assert finding["fix"]
    assert finding["source"] == "parcels.gpkg"
    assert checked.findings.crs == "EPSG:4490"


def test_every_code_is_in_the_vocabulary_with_both_languages():
    for code, kind in kinds().items():
        assert kind["severity"] in ("error", "warning", "note"), code
        assert kind["en"], code
        assert any("\u4e00" <= char <= "\u9fff" for char in kind["zh"]), code
        assert kind["fix"], code
