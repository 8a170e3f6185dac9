"""What shows only when rows are held against each other; and the law that no row is dropped in silence."""

import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from reclaim.geodesy import area
from reclaim.land.checks import check, overlaps
from reclaim.tables import Delivery

CRS = "EPSG:4545"
X, Y = 460_000.0, 2_580_000.0


def square(x=0.0, y=0.0, side=100.0):
    return box(X + x, Y + y, X + x + side, Y + y + side)


def delivery(table, geometry, *, source=None, crs=CRS, **columns):
    defaults = {
        "footprints": {"site_id": "A", "date": "2018"},
        "parcels": {"site_id": "A", "date": "2019", "stage": "permanent"},
        "permits": {"site_id": "A"},
        "sites": {},
    }[table]
    data = {name: [value] * len(geometry) for name, value in defaults.items()} | columns
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(geometry, crs=crs))
    return Delivery(table, source or f"{table}.gpkg", frame, meaning="increment" if table == "footprints" else None)


def footprints(geometry, **more):
    return delivery("footprints", geometry, **({"footprint_id": [f"F{i}" for i in range(len(geometry))]} | more))


def parcels(geometry, **more):
    return delivery("parcels", geometry, **({"parcel_id": [f"P{i}" for i in range(len(geometry))]} | more))


def permits(geometry, **more):
    return delivery("permits", geometry, **({"permit_id": [f"K{i}" for i in range(len(geometry))]} | more))


def found(checked, code):
    return checked.findings[checked.findings["code"] == code]


# ---- twins


def test_same_id_stage_and_date_twice():
    first = parcels([square(), square(300)], parcel_id=["P", "Q"])
    second = parcels(
        [square(600), square(900), square(1200)],
        parcel_id=["P", "P", "Q"],
        source="b.gpkg",
        stage=["permanent", "accepted", "permanent"],
        date=["2019", "2020", "2021"],
    )
    twins = found(check([first, second]), "duplicate")
    assert twins[["source", "row", "id"]].to_numpy().tolist() == [["b.gpkg", 0, "P"]]
    assert "parcels.gpkg row 0" in twins["message"].iloc[0]
    assert twins["severity"].tolist() == ["warning"]


def test_two_sites_may_use_the_same_numbers():
    assert found(check([parcels([square(), square(300)], parcel_id=["1", "1"], site_id=["A", "B"])]), "duplicate").empty


def test_one_outline_under_two_names():
    turned = Polygon(list(square().exterior.coords)[::-1])
    checked = check(
        [parcels([square(), turned, square(300)]), parcels([square()], parcel_id=["Z"], date=["2020"], source="b")]
    )
    twins = found(checked, "duplicate-outline")
    assert twins[["source", "row"]].to_numpy().tolist() == [["parcels.gpkg", 1]]
    assert "P0" in twins["message"].iloc[0]


def test_stages_of_one_parcel_on_one_outline_are_no_twins():
    rows = parcels([square(), square()], parcel_id=["P", "P"], stage=["permanent", "accepted"], date=["2019", "2021"])
    assert check([rows]).findings.empty


# ---- stages


def test_a_later_stage_before_an_earlier_one():
    rows = parcels(
        [square()] * 4 + [square(300)] * 2,
        parcel_id=["P", "P", "P", "P", "Q", "Q"],
        stage=["planned", "permanent", "accepted", "certified", "permanent", "accepted"],
        date=["2018", "2019-06", "2018-12", "2022", "2019", "2019-05"],
    )
    wrong = found(check([rows]), "stage-order")
    assert wrong["row"].tolist() == [2]
    assert "accepted on 2018-12-31 is before permanent on 2019-06-01" in wrong["message"].iloc[0]


def test_a_stage_repeated_after_a_failed_inspection_is_in_order():
    rows = parcels(
        [square()] * 4,
        parcel_id=["P"] * 4,
        stage=["permanent", "accepted", "failed", "permanent"],
        date=["2017", "2018", "2019", "2020"],
    )
    assert found(check([rows]), "stage-order").empty
    only_after = parcels(
        [square()] * 3, parcel_id=["P"] * 3, stage=["accepted", "failed", "permanent"], date=["2018", "2019", "2020"]
    )
    assert found(check([only_after]), "stage-order").empty


# ---- sites


def test_sites_that_nobody_knows():
    sites = delivery("sites", [None, None], crs=None, site_id=["A", "B"])
    checked = check(
        [sites, footprints([square(), square(300)], site_id=["A", "C"]), parcels([square()], site_id=[None])]
    )
    strange = found(checked, "unknown-site")
    assert strange["id"].tolist() == ["F1"]
    assert "'C'" in strange["message"].iloc[0]
    assert len(checked.tables["footprints"]) == 2


def test_sites_handed_in_beside_the_deliveries():
    known = gpd.GeoDataFrame({"site_id": ["B"]}, geometry=gpd.points_from_xy([107.6], [23.3]), crs=4490)
    assert len(found(check([footprints([square()])], sites=known), "unknown-site")) == 1


# ---- permits


def test_ground_outside_the_permit():
    ground = [square(50, side=100), square(side=100), square(500)]
    checked = check([permits([square(side=100)]), footprints(ground), parcels([square(10, 10, side=20)])])
    outside = found(checked, "outside-permit")
    assert outside["id"].tolist() == ["F0", "F2"]
    assert outside["area_m2"].tolist() == pytest.approx([5_000, 10_000], rel=1e-3)
    assert "all of it" in outside["message"].iloc[1]
    assert outside.geometry.iloc[0].within(checked.tables["footprints"].geometry.iloc[0].buffer(1e-9))


def test_the_permit_valid_at_the_date_counts():
    two = permits(
        [square(side=100), square(side=200)],
        valid_from=["2010", "2019-07-01"],
        valid_to=["2019-06-30", None],
        permit_id=["old", "new"],
    )
    rows = [square(100, side=50)] * 3
    checked = check([two, footprints(rows, date=["2019-06-01", "2019-07-01", "2005"])])
    outside = found(checked, "outside-permit")
    assert outside["id"].tolist() == ["F0", "F2"]
    assert "2005-12-31" in outside["message"].iloc[1]


def test_several_permits_together_cover_a_row():
    split = permits([square(side=100), square(100, side=100)])
    assert found(check([split, footprints([box(X + 50, Y + 10, X + 150, Y + 60)])]), "outside-permit").empty


def test_a_neighbours_permit_does_not_count_and_a_site_without_any_is_said_once():
    held = permits([square(side=1000)], site_id=["B"])
    checked = check(
        [
            held,
            footprints([square(), square(300)], site_id=["B", "C"]),
            footprints([square(600)], site_id=["C"], footprint_id=["G"], source="b"),
        ]
    )
    assert found(checked, "outside-permit").empty
    assert found(checked, "no-permit")["id"].tolist() == ["C"]
    nobodys = permits([square(side=150)], site_id=[None])
    assert found(check([nobodys, footprints([square(), square(300)])]), "outside-permit")["id"].tolist() == ["F1"]
    neighbour = permits([square(side=150), square(5000)], site_id=["B", "A"])
    assert found(check([neighbour, footprints([square()])]), "outside-permit")["id"].tolist() == ["F0"]


# ---- a common shift


def world(count=25, seed=3):
    rng = np.random.default_rng(seed)
    spots = [(x, y) for x in range(0, 5000, 1000) for y in range(0, 5000, 1000)][:count]
    pits = [
        square(x + rng.uniform(-200, 200), y + rng.uniform(-200, 200), side=rng.uniform(120, 220)) for x, y in spots
    ]
    plots = [shapely.affinity.scale(pit, 0.8, 0.8) for pit in pits]
    return pits, plots


def test_parcels_that_fit_only_after_a_common_move():
    pits, plots = world()
    moved = [shapely.affinity.translate(plot, 420, -250) for plot in plots]
    finding = found(check([footprints(pits), parcels(moved)]), "shifted")
    assert len(finding) == 1
    assert "GCJ-02" in finding["message"].iloc[0]
    assert "west" in finding["message"].iloc[0]
    assert "north" in finding["message"].iloc[0]
    assert found(check([footprints(pits), parcels(plots)]), "shifted").empty


def test_parcels_beside_a_large_pit_are_not_called_shifted():
    pit = [square(side=3000)]
    beside = [square(3100 + 150 * i, 100 * i, side=80) for i in range(4)]
    assert found(check([footprints(pit), parcels(beside)]), "shifted").empty


# ---- overlaps


def test_overlaps_find_crossing_contained_and_twin_rows_across_sites():
    shapes = [square(), square(50), square(20, 20, side=10), square(300), square(300), square(400), square(100)]
    pairs = overlaps(gpd.GeoDataFrame(geometry=shapes, crs=CRS))
    assert pairs[["left", "right"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 6], [3, 4]]
    assert pairs["area_m2"].tolist() == pytest.approx([5_000, 100, 5_000, 10_000], rel=1e-3)
    assert pairs.crs == CRS


def test_overlaps_of_nothing_and_of_rows_that_only_touch():
    assert overlaps(gpd.GeoDataFrame(geometry=[], crs=CRS)).empty
    assert overlaps(gpd.GeoDataFrame(geometry=[square(), square(100), None, Polygon()], crs=CRS)).empty


def test_overlaps_agree_with_geopandas_overlay_and_are_quicker():
    rng = np.random.default_rng(0)
    centres = shapely.points(rng.uniform(0, 80_000, (6000, 2)) + np.array([X, Y]))
    shapes = shapely.buffer(centres, rng.uniform(30, 120, len(centres)))
    frame = gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=shapes, crs=CRS)
    began = time.process_time()
    pairs = overlaps(frame)
    ours = time.process_time() - began
    began = time.process_time()
    theirs = gpd.overlay(frame, frame, how="intersection", keep_geom_type=True)
    slow = time.process_time() - began
    theirs = theirs[theirs["n_1"] < theirs["n_2"]]
    assert len(pairs) == len(theirs)
    assert pairs.area.sum() == pytest.approx(theirs.area.sum(), rel=1e-9)
    assert slow / ours > 5


# ---- laws

CORNER = st.tuples(st.integers(0, 12), st.integers(0, 12))


@st.composite
def outlines(draw):
    kind = draw(
        st.sampled_from(
            ["ring", "ring", "ring", "box", "parts", "holed", "none", "empty", "nan", "line", "point", "mixed"]
        )
    )
    if kind == "none":
        return None
    if kind == "empty":
        return Polygon()
    corners = draw(st.lists(CORNER, min_size=4, max_size=8))
    points = [(X + 40 * a, Y + 40 * b) for a, b in corners]
    if kind == "nan":
        points[2] = (float("nan"), Y)
    if kind == "line":
        return shapely.LineString(points)
    if kind == "point":
        return shapely.Point(points[0])
    with np.errstate(invalid="ignore"):
        ring = Polygon(points) if kind != "box" else box(*points[0], points[0][0] + 90, points[0][1] + 90)
    if kind == "parts":
        return MultiPolygon([ring, box(*points[1], points[1][0] + 55, points[1][1] + 55)])
    if kind == "holed":
        hole = draw(st.sampled_from([square(30, 30, side=20), square(900, side=30), square(side=480)]))
        return Polygon(square(side=480).exterior, [hole.exterior])
    if kind == "mixed":
        return shapely.GeometryCollection([ring, shapely.Point(points[0])])
    return ring


ROW = st.tuples(
    outlines(),
    st.sampled_from(["A", "B", None, ""]),
    st.sampled_from(["2018", "2019-06", "2019-02-30", None, "soon", 20200101]),
    st.sampled_from(["permanent", "accepted", "done", None]),
    st.sampled_from(["P", "Q", None]),
    st.sampled_from([None, "1亩", "x", 3]),
)


def as_delivery(table, rows, crs):
    names = ["site_id", "date", "stage", "parcel_id", "declared_mu"]
    columns = {name: [row[i + 1] for row in rows] for i, name in enumerate(names)}
    with np.errstate(invalid="ignore"):
        shapes = gpd.GeoSeries([row[0] for row in rows], crs=crs)
    return Delivery(table, f"{table}.gpkg", gpd.GeoDataFrame(columns, geometry=shapes), meaning="increment")


@settings(max_examples=25, deadline=None)
@given(st.lists(ROW, max_size=8), st.lists(ROW, max_size=8), st.sampled_from([CRS, "EPSG:4524", None, "EPSG:4490"]))
def test_rows_in_are_rows_used_and_rows_listed(pits, plots, crs):
    checked = check([as_delivery("footprints", pits, CRS), as_delivery("parcels", plots, crs)])
    assert (checked.delivered["rows"] == checked.delivered["used"] + checked.delivered["listed"]).all()
    assert checked.delivered["rows"].tolist() == [len(pits), len(plots)]
    for _, (table, source, used) in checked.delivered[["table", "source", "used"]].iterrows():
        kept = checked.tables[table]
        assert len(kept) == used
        assert kept.is_valid.all()
        assert kept.geom_type.isin(["Polygon", "MultiPolygon"]).all()
        assert (area(kept) > 0).all() if used else True
        about = checked.findings[(checked.findings["source"] == source) & (checked.findings["severity"] == "error")]
        spoken = set(about["row"].dropna().astype(int))
        missing = set(range(len(pits if table == "footprints" else plots))) - set(kept["_row"])
        # what is set aside is named by its row, or the whole file is spoken of
        assert missing <= spoken or about["row"].isna().any() or (checked.findings["code"] == "declared-only").any()


@settings(max_examples=40, deadline=None)
@given(st.lists(CORNER, min_size=4, max_size=9))
def test_no_ring_is_used_at_a_changed_area(corners):
    """Used within 1 % or 0.1 mu of its shoelace area, or not used."""
    ring = Polygon([(X + 40 * a, Y + 40 * b) for a, b in corners])
    checked = check([footprints([ring])])
    kept = checked.tables["footprints"]
    before = area([ring], CRS)[0]
    if len(kept):
        change = abs(area(kept)[0] - before)
        assert change <= max(0.0101 * before, 66.8)
    else:
        assert (checked.findings["severity"] == "error").any()


@settings(max_examples=15, deadline=None)
@given(
    st.permutations(range(5)),
    st.sampled_from(["EPSG:4545", "EPSG:4524", "EPSG:4490", "EPSG:32648", "EPSG:3857"]),
    st.booleans(),
)
def test_the_ground_does_not_depend_on_order_system_or_winding(order, crs, turned):
    shapes = [square(300 * i, side=150 + i) for i in range(5)]
    expected = area(check([footprints(shapes)]).tables["footprints"])
    fine = gpd.GeoSeries(shapes, crs=CRS).segmentize(20).to_crs(crs)
    fine = fine.reverse() if turned else fine
    rows = check([footprints(fine.iloc[list(order)].tolist(), crs=crs)]).tables["footprints"]
    assert area(rows) == pytest.approx(expected[list(order)], rel=2e-6)
