import csv
import math
import time

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod

from reclaim.errors import CRSError
from reclaim.geodesy import (
    CGCS2000,
    GEOD,
    Zone,
    area,
    crs_label,
    densify,
    find_zone,
    flatten,
    length,
    lonlat_of,
    perimeter,
    polygon_area_lonlat,
    to_cgcs2000,
    zone_at,
)

WGS84 = Geod(ellps="WGS84")


def star(lon, lat, radius, seed, points=9):
    """An irregular polygon with edges of about its radius."""
    rng = np.random.default_rng(seed)
    azimuth = np.sort(rng.uniform(0, 360, points))
    x, y, _ = GEOD.fwd(np.full(points, lon), np.full(points, lat), azimuth, rng.uniform(0.6, 1.0, points) * radius)
    return shapely.Polygon(np.column_stack([x, y]))


def finely(polygon, step=2.0):
    """Area with vertices every few metres along the geodesics: where the closed form converges to."""
    dense = densify(flatten(np.array([polygon], dtype=object)), step, geodesic=True)
    return abs(polygon_area_lonlat(dense.x, dense.y, dense.starts)[0])


# ---- figures from outside


@pytest.mark.parametrize(
    ("south", "north", "west", "east", "m2"),
    [
        (26.60, 26.62, 106.60, 106.62, 4413947.3215),
        (23.30, 23.31, 107.50, 107.51, 1132852.5436),
        (34.70, 34.72, 112.90, 112.92, 4065070.9769),
    ],
)
def test_cells_of_the_official_trapezoid_rule(south, north, west, east, m2):
    cell = shapely.segmentize(shapely.box(west, south, east, north), 1e-5)  # the rule's sides are parallels
    assert area([cell], CGCS2000)[0] == pytest.approx(m2, abs=1e-3)


def planimeter_rows(peer_data):
    rounds = {"": 1, "(three circuits)": 3, "(four circuits)": 4}
    with (peer_data / "peer-fixtures/geographiclib-planimeter/planimeter_wgs84.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["line_type"] == "geodesic" and row["polyline"] == "0":
                corners, _, circuits = row["points_lat_lon"].partition(" (")
                points = np.array([[float(v) for v in corner.split()] for corner in corners.split(";")])
                yield row, np.tile(points, (rounds[f"({circuits}" if circuits else ""], 1))


def test_planimeter_figures(peer_data):
    """Long edges go to PROJ on the ellipsoid asked for, so the figures hold to their own tolerance."""
    checked = 0
    for row, points in planimeter_rows(peer_data):
        lat, lon = np.vstack([points, points[:1]]).T.copy()
        expected, tolerance = float(row["area_m2"]), float(row["area_tolerance_m2"])
        ours = abs(polygon_area_lonlat(lon, lat, np.array([0, len(lon)]), geod=WGS84)[0])
        whole = 510065621724088.5093
        assert min(abs(ours - expected), abs(whole - ours - expected)) <= tolerance, row["case"]
        if row["perimeter_m"]:
            ring = shapely.LineString(np.column_stack([lon, lat]))
            # on CGCS2000, whose flattening differs from that of WGS 84 by 3e-11
            assert length([ring], CGCS2000)[0] == pytest.approx(float(row["perimeter_m"]), rel=2e-6), row["case"]
        checked += 1
    assert checked == 12


def test_the_whole_ellipsoid():
    # four quarters of each hemisphere, edges far over the limit
    quarters = [shapely.Polygon([(lon, 0), (lon + 90, 0), (lon + 90, 90), (lon, 90)]) for lon in (-180, -90, 0, 90)]
    assert area(quarters, "EPSG:4326").sum() * 2 == pytest.approx(510065621724088.5, rel=1e-9)


@pytest.mark.parametrize(("radius", "tolerance"), [(60, 1e-8), (500, 2e-9), (1000, 1e-9), (9000, 1e-9)])
@pytest.mark.parametrize("latitude", [-58.0, -13.0, 0.0, 23.3, 34.7, 53.0, 67.0])
def test_against_densely_followed_geodesics(radius, tolerance, latitude):
    for seed in range(5):
        polygon = star(112.9 + seed, latitude, radius, seed)
        assert area([polygon], CGCS2000)[0] == pytest.approx(finely(polygon, max(2.0, radius / 200)), rel=tolerance)


def test_long_edges_agree_with_proj_across_the_limit():
    for radius in (8_000, 12_000, 200_000):
        polygon = star(100, 40, radius, 3)
        assert area([polygon], CGCS2000)[0] == pytest.approx(abs(GEOD.geometry_area_perimeter(polygon)[0]), rel=2e-7)


# ---- rings


def test_holes_and_parts_whatever_way_they_wind():
    shell = shapely.box(106.60, 26.60, 106.62, 26.62)
    hole = shapely.box(106.605, 26.605, 106.61, 26.61)
    far = shapely.box(107.0, 26.60, 107.01, 26.61)
    a_shell, a_hole, a_far = area([shell, hole, far], CGCS2000)
    windings = [lambda ring: ring, lambda ring: ring.reverse()]
    for turn_shell in windings:
        for turn_hole in windings:
            holed = shapely.Polygon(turn_shell(shell.exterior), [turn_hole(hole.exterior)])
            both = shapely.MultiPolygon([holed, shapely.Polygon(turn_hole(far.exterior))])
            assert area([holed, both], CGCS2000) == pytest.approx(
                [a_shell - a_hole, a_shell - a_hole + a_far], rel=1e-12
            )


def test_what_has_no_area():
    with np.errstate(invalid="ignore"):
        broken = shapely.Polygon([(107, 26), (107, float("nan")), (108, 27), (107, 26)])
    box = shapely.box(106.60, 26.60, 106.62, 26.62)
    things = [
        None,
        shapely.Polygon(),
        shapely.Point(107, 26),
        shapely.LineString([(107, 26), (108, 27)]),
        shapely.MultiPolygon(),
        shapely.GeometryCollection(
            [shapely.Point(1, 1), shapely.MultiPolygon([box]), shapely.GeometryCollection([box])]
        ),
        broken,
    ]
    measured = area(things, CGCS2000)
    assert math.isnan(measured[0])
    assert measured[1:5].tolist() == [0, 0, 0, 0]
    assert measured[5] == pytest.approx(2 * area([box], CGCS2000)[0])
    assert math.isnan(measured[6])
    assert len(area([], CGCS2000)) == 0
    assert area([None], CGCS2000).shape == (1,)


def test_z_is_ignored():
    flat = shapely.box(106.60, 26.60, 106.62, 26.62)
    high = shapely.force_3d(flat, 500.0)
    assert area([high], CGCS2000)[0] == area([flat], CGCS2000)[0]
    assert not to_cgcs2000(gpd.GeoSeries([high], crs="EPSG:4326")).has_z.any()


def test_rings_across_the_antimeridian_and_around_a_pole():
    here = shapely.Polygon([(-1, 20), (1, 20), (1, 21), (-1, 21)])
    steps = shapely.segmentize(here, 0.01)
    split = shapely.transform(steps, lambda xy: np.column_stack([(xy[:, 0] + 180 + 180) % 360 - 180, xy[:, 1]]))
    beyond = shapely.transform(steps, lambda xy: xy + np.array([180, 0]))
    expected = area([steps], CGCS2000)[0]
    assert area([split, beyond], CGCS2000) == pytest.approx([expected, expected], rel=1e-12)
    parallel = np.column_stack([np.linspace(-180, 180, 5001), np.full(5001, 89.0)])
    cap = area([shapely.Polygon(parallel)], CGCS2000)[0]
    assert cap == pytest.approx(math.pi * 111_692**2, rel=1e-3)  # a disc of one degree around the pole


def test_one_large_geometry_and_many_small_ones_in_blocks():
    many = [star(100 + i / 1000, 30, 50, i) for i in range(3000)]
    large = shapely.segmentize(shapely.box(100, 30, 101, 31), 1e-5)  # more vertices than a block
    together = area([*many, large, *many], CGCS2000)
    assert together[:3000].tolist() == together[3001:].tolist()
    assert together[3000] == pytest.approx(abs(GEOD.geometry_area_perimeter(large)[0]), rel=1e-8)


@settings(max_examples=60, deadline=None)
@given(st.floats(-179, 179), st.floats(-75, 75), st.floats(20, 900), st.integers(0, 10**6))
def test_agrees_with_proj_within_its_noise(lon, lat, radius, seed):
    polygon = star(lon, lat, radius, seed)
    theirs = abs(GEOD.geometry_area_perimeter(polygon)[0])
    assert abs(area([polygon], CGCS2000)[0] - theirs) <= 1e-8 * theirs + 5e-3


# ---- reference systems


def test_a_hundred_metre_square():
    equal_area = "+proj=aea +lat_1=25 +lat_2=47 +lon_0=105 +datum=WGS84"
    assert area([shapely.box(0, 3_000_000, 100, 3_000_100)], equal_area)[0] == pytest.approx(10_000, rel=2e-7)
    # in UTM, on the central meridian, the same square is 1.0008 ha
    assert area([shapely.box(500_000, 2_600_000, 500_100, 2_600_100)], "EPSG:32649")[0] == pytest.approx(
        10_008, abs=0.1
    )


@pytest.mark.parametrize(
    ("crs", "lon", "lat", "excess"),
    [
        ("EPSG:3857", 107.5, 23.33, 0.1915),
        ("EPSG:4545", 107.5, 23.33, 0.000065),
        ("EPSG:32648", 107.5, 23.33, 0.00082),
        ("EPSG:3857", 112.9, 34.70, 0.4830),
        ("EPSG:4547", 112.9, 34.70, 0.00025),
    ],
)
def test_how_wrong_a_plane_is(crs, lon, lat, excess):
    """The published table of shortcuts, seen from the other side: plane km2 over ellipsoidal m2."""
    x, y = gpd.GeoSeries([shapely.Point(lon, lat)], crs=CGCS2000).to_crs(crs).iloc[0].coords[0]
    side = 1000.0
    square = shapely.box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)
    assert side**2 / area([square], crs)[0] - 1 == pytest.approx(excess, rel=0.03)


def test_projected_edges_are_straight_in_their_own_plane():
    """A 4 km edge of a web map is no geodesic: its own line counts, whatever the number of vertices."""
    box = shapely.Polygon([(12_000_000, 3_000_000), (12_004_000, 3_000_300), (12_002_000, 3_004_000)])
    dense = shapely.segmentize(box, 5.0)
    assert area([box], "EPSG:3857")[0] == pytest.approx(area([dense], "EPSG:3857")[0], rel=1e-7)
    bent = gpd.GeoSeries([box], crs="EPSG:3857").to_crs(CGCS2000)  # three vertices only: other ground
    assert area(bent)[0] != pytest.approx(area([dense], "EPSG:3857")[0], rel=3e-6)


def test_the_answer_does_not_depend_on_the_system():
    series = gpd.GeoSeries([star(106.6 + i / 100, 26.6, 400, i, points=30) for i in range(20)], crs=CGCS2000)
    expected = area(series)
    fine = to_cgcs2000(series, max_edge_m=20)
    for crs in ("EPSG:4545", "EPSG:4523", "EPSG:32648", "EPSG:3857", "EPSG:4326", "EPSG:6933"):
        assert area(fine.set_crs(4490).to_crs(crs)) == pytest.approx(expected, rel=1e-7), crs


@pytest.mark.parametrize("crs", ["EPSG:4214", "EPSG:4610", "EPSG:2437", "EPSG:2345", "EPSG:4555"])
def test_old_datums_ask_for_local_parameters(crs):
    with pytest.raises(CRSError, match="seven parameters"):
        area([shapely.box(0, 0, 1, 1)], crs)
    with pytest.raises(CRSError, match="seven parameters"):
        to_cgcs2000(gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=crs))


def test_stated_parameters_are_used():
    local = "+proj=tmerc +lon_0=114 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3,0,0,0,0 +units=m"
    here = gpd.GeoSeries([shapely.box(500_000, 3_800_000, 500_100, 3_800_100)], crs=local)
    lon, lat = to_cgcs2000(here).iloc[0].exterior.coords[0]
    unshifted = gpd.GeoSeries(here.to_numpy(), crs="EPSG:4547").to_crs(CGCS2000).iloc[0].exterior.coords[0]
    apart = GEOD.inv(lon, lat, *unshifted)[2]
    assert 20 < apart < 300


def test_systems_that_cannot_be_used():
    box = [shapely.box(0, 0, 1, 1)]
    with pytest.raises(CRSError, match="no reference system"):
        area(box)
    with pytest.raises(CRSError, match="EPSG:99999"):
        area(box, "EPSG:99999")
    with pytest.raises(CRSError, match="no exact way"):
        area(box, "+proj=longlat +a=6378137 +b=6378137")
    with pytest.raises(CRSError, match="not tied to the Earth"):
        area(box, CRS.from_wkt('LOCAL_CS["mine grid",UNIT["metre",1]]'))
    with pytest.raises(CRSError, match="transform it, or leave"):
        area(gpd.GeoSeries(box, crs=4490), "EPSG:3857")


def test_an_unnamed_datum_on_the_right_ellipsoid_is_taken():
    albers = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80 +units=m"
    assert area([shapely.box(0, 3_000_000, 100, 3_000_100)], albers)[0] == pytest.approx(10_000, rel=1e-6)
    with pytest.raises(CRSError, match="no exact way"):
        area([shapely.box(0, 0, 1, 1)], albers.replace("GRS80", "krass"))


def test_wgs84_passes_unchanged_and_axis_order_is_x_then_y():
    lon, lat = lonlat_of("EPSG:4326", np.array([106.6]), np.array([26.6]))
    assert (lon[0], lat[0]) == (106.6, 26.6)
    x, y = lonlat_of("EPSG:4526", np.array([38_500_000.0]), np.array([3_000_000.0]))
    assert x[0] == pytest.approx(114, abs=1e-9)
    assert 27 < y[0] < 28


def test_labels():
    assert crs_label("EPSG:4526") == "CGCS2000 / 3-degree Gauss-Kruger zone 38 (EPSG:4526)"
    assert crs_label(None) == "no CRS"
    assert "laea" in crs_label("+proj=laea +lat_0=26 +lon_0=106")


# ---- densifying


def test_neighbours_get_the_same_new_vertices():
    left = shapely.Polygon([(106.6, 26.6), (106.61, 26.603), (106.613, 26.62), (106.6, 26.62)])
    right = shapely.Polygon([(106.613, 26.62), (106.61, 26.603), (106.63, 26.6), (106.63, 26.62)])
    for crs, scale in ((CGCS2000, 1.0), ("EPSG:4545", 100_000.0)):
        pair = gpd.GeoSeries([shapely.transform(g, lambda xy, k=scale: xy * k) for g in (left, right)], crs=crs)
        if scale > 1:
            pair = pair.translate(-10_160_000, 300_000)
        dense = to_cgcs2000(pair)
        assert dense.count_coordinates().min() > 20
        shared = dense.iloc[0].intersection(dense.iloc[1])
        assert shared.area == 0
        vertices = [set(map(tuple, shapely.get_coordinates(g))) for g in dense]
        assert len(vertices[0] & vertices[1]) >= 10


def test_densified_edges_are_short_and_keep_the_ground():
    polygon = star(112.9, 34.7, 5_000, 1)
    series = gpd.GeoSeries([polygon], crs=CGCS2000, index=["a"], name="shape")
    dense = to_cgcs2000(series)
    rings = flatten(dense.to_numpy())
    far = GEOD.inv(rings.x[:-1], rings.y[:-1], rings.x[1:], rings.y[1:])[2]
    assert far.max() <= 200.0 * (1 + 1e-6)
    assert far.min() > 60.0
    assert area(dense)[0] == pytest.approx(area(series)[0], rel=1e-7)
    assert dense.index.tolist() == ["a"]
    assert dense.name == "shape"


def test_short_edges_and_other_geometries_are_left_alone():
    small = star(112.9, 34.7, 100, 1)
    frame = gpd.GeoDataFrame(
        {"id": [1, 2, 3, 4, 5]},
        geometry=[small, None, shapely.Point(112, 34), shapely.LineString([(112, 34), (113, 34)]), shapely.Polygon()],
        crs="EPSG:4326",
    ).rename_geometry("outline")
    moved = to_cgcs2000(frame)
    assert moved.crs == CGCS2000
    assert moved.geometry.name == "outline"
    assert moved["outline"].iloc[0].equals_exact(small, 0)
    assert moved["outline"].iloc[1] is None
    assert moved["outline"].iloc[3].equals(frame["outline"].iloc[3])
    assert moved["outline"].iloc[4].is_empty
    assert frame.crs == "EPSG:4326"


def test_densifying_keeps_holes_parts_and_kinds():
    shell = shapely.box(106.60, 26.60, 106.62, 26.62)
    holed = shapely.Polygon(shell.exterior, [shapely.box(106.605, 26.605, 106.615, 26.615).exterior])
    both = shapely.MultiPolygon(
        [holed, shapely.box(106.7, 26.6, 106.72, 26.62), shapely.box(107, 26.6, 107.0001, 26.6001)]
    )
    alone = shapely.MultiPolygon([shell])
    series = gpd.GeoSeries([holed, both, alone], crs=CGCS2000)
    dense = to_cgcs2000(series)
    assert dense.geom_type.tolist() == series.geom_type.tolist()
    assert shapely.get_num_geometries(dense.to_numpy()).tolist() == [1, 3, 1]
    assert area(dense) == pytest.approx(area(series), rel=1e-9)
    assert dense.is_valid.all()
    assert len(dense.iloc[0].interiors) == 1


def test_invalid_rings_pass_through_unrepaired():
    bow = shapely.Polygon([(106.6, 26.6), (106.62, 26.62), (106.62, 26.6), (106.6, 26.62)])
    dense = to_cgcs2000(gpd.GeoSeries([bow], crs=CGCS2000))
    assert not dense.is_valid.iloc[0]
    assert dense.geom_type.iloc[0] == "Polygon"


def test_points_outside_a_projection_come_back_as_infinity():
    moved = to_cgcs2000(gpd.GeoSeries([shapely.box(38_508_959, 3_000_000, 38_509_000, 3_000_100)], crs="EPSG:4547"))
    assert not np.isfinite(shapely.get_coordinates(moved.to_numpy())).all()
    assert np.isnan(area([shapely.box(38_508_959, 3_000_000, 38_509_000, 3_000_100)], "EPSG:4547")[0])


# ---- lengths


def test_lengths():
    line = shapely.LineString([(107, 23), (107.001, 23.002), (107.5, 24)])
    assert length([line], CGCS2000)[0] == pytest.approx(GEOD.line_length(*line.coords.xy), rel=1e-9)
    holed = shapely.Polygon(
        shapely.box(106.6, 26.6, 106.62, 26.62).exterior, [shapely.box(106.605, 26.605, 106.61, 26.61).exterior]
    )
    both = sum(GEOD.line_length(*ring.coords.xy) for ring in (holed.exterior, *holed.interiors))
    collection = shapely.GeometryCollection([holed, line, shapely.Point(0, 0)])
    got = perimeter([holed, None, shapely.Point(1, 1), shapely.MultiPolygon([holed]), collection], CGCS2000)
    assert got[0] == pytest.approx(both, rel=1e-9)
    assert math.isnan(got[1])
    assert got[2] == 0
    assert got[3] == pytest.approx(both, rel=1e-9)
    assert got[4] == pytest.approx(both + GEOD.line_length(*line.coords.xy), rel=1e-9)


# ---- zones


@pytest.mark.parametrize(
    ("easting", "prefixed", "unprefixed", "meridian"),
    [
        (38_508_959, "EPSG:4526", "EPSG:4547", 114),
        (25_500_000, "EPSG:4513", "EPSG:4534", 75),
        (45_400_000, "EPSG:4533", "EPSG:4554", 135),
        (19_500_000, "EPSG:4497", "EPSG:4508", 111),
        (13_700_000, "EPSG:4491", "EPSG:4502", 75),
    ],
)
def test_zones_named_by_an_easting(easting, prefixed, unprefixed, meridian):
    zone = find_zone(easting)
    assert (zone.prefixed, zone.unprefixed, zone.central_meridian) == (prefixed, unprefixed, meridian)
    for code, false_easting in ((prefixed, zone.number * 1e6 + 5e5), (unprefixed, 5e5)):
        parameters = {p["name"]: p["value"] for p in CRS(code).coordinate_operation.to_json_dict()["parameters"]}
        assert parameters["Longitude of natural origin"] == meridian
        assert parameters["False easting"] == false_easting
        assert CRS(code).geodetic_crs == CRS(CGCS2000)


@pytest.mark.parametrize(
    "easting", [508_959, 12_500_000, 24_500_000, 46_500_000, 38_999_999, -38_500_000, float("nan")]
)
def test_eastings_that_name_no_zone(easting):
    assert find_zone(easting) is None


def test_zone_of_a_longitude():
    assert zone_at(114.1) == Zone(3, 38)
    assert zone_at(117.1) == Zone(3, 39)
    assert zone_at(112.9, 6) == Zone(6, 19)
    assert zone_at(-60) is None
    with pytest.raises(ValueError, match="25 to 45"):
        Zone(3, 13)


# ---- speed


def test_quicker_than_a_loop_over_geod():
    """A whole array at once: at least half of the ratio the benchmark shows."""
    polygons = [star(100 + i / 2000, 30, 60, i, points=30) for i in range(4000)]
    area(polygons, CGCS2000)
    began = time.process_time()
    for _ in range(3):
        area(polygons, CGCS2000)
    ours = (time.process_time() - began) / 3
    began = time.process_time()
    for polygon in polygons[:1000]:
        GEOD.geometry_area_perimeter(polygon)
    theirs = (time.process_time() - began) * 4
    assert theirs / ours > 5
