"""The packed form: what is drawn lies within the stated tolerance, and every value comes back as it was."""

import json
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.maps.coding import Columns, column_values, differences, summed, unsigned, varints
from reclaim.maps.features import NEVER, Class, Features, unwrapped
from reclaim.maps.layers import geojson
from reclaim.maps.packed import METRES_PER_DEGREE, pool, unpack, values_payload
from tests.map_worlds import LAT, LNG, squares

CLASS = (Class("a", "甲", "A", "#228833"),)


def layer(geometry, **columns) -> Features:
    ground = np.asarray(shapely.normalize(np.asarray(geometry, dtype=object)), dtype=object)
    return Features("parcels", "甲", "A", ground, CLASS, np.zeros(len(ground), dtype=np.uint8), columns, ())


def outlines(payload: bytes) -> list[np.ndarray]:
    """Drawn rings, outline by outline."""
    told = unpack(payload)
    ends = np.cumsum(told["points"])
    rings = np.split(np.column_stack([told["x"], told["y"]]), ends[:-1])
    at, made = 0, []
    for count in told["rings"]:
        made.append(rings[at : at + count])
        at += count
    return made


def metres(coordinates: np.ndarray) -> np.ndarray:
    return (coordinates - [LNG, LAT]) * METRES_PER_DEGREE * [np.cos(np.radians(LAT)), 1.0]


@given(st.lists(st.integers(0, 2**62), max_size=50))
@settings(deadline=None)
def test_unsigned_numbers_come_back(numbers: list[int]) -> None:
    assert unsigned(varints(np.array(numbers, dtype=np.uint64))).tolist() == numbers


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=50))
@settings(deadline=None)
def test_differences_come_back(numbers: list[int]) -> None:
    assert summed(differences(np.array(numbers))).tolist() == numbers


VALUES = st.one_of(
    st.lists(st.one_of(st.none(), st.text(max_size=12)), min_size=1, max_size=40),
    st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=40),
    st.lists(st.floats(0, 1e9).map(lambda v: round(v, 2)), min_size=1, max_size=40),
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=40),
    st.lists(st.integers(0, 10**9 - 1).map(lambda n: f"P-{n:05d}"), min_size=4, max_size=40),
    st.lists(st.integers(0, 50).map(lambda n: f"图斑{n}"), min_size=4, max_size=40),
    st.lists(st.sampled_from(["A0", "A00", "A1", "A", "", "7", "07", "\u0663"]), min_size=8, max_size=40),
)


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_values_come_back_as_they_were(values: list) -> None:
    columns = Columns()
    columns.add("c", values)
    assert column_values(columns.header, columns.sections, "c") == values


@given(st.integers(3, 40), st.floats(0.5, 3_000), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_outlines_stay_within_their_tolerance(count: int, size_m: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    turns = np.sort(rng.random(count)) * 2 * np.pi
    reach = size_m * (0.3 + rng.random(count))
    offsets = np.column_stack([reach * np.cos(turns), reach * np.sin(turns)])
    corners = offsets / METRES_PER_DEGREE / [np.cos(np.radians(LAT)), 1.0] + [LNG, LAT]
    polygon = shapely.Polygon(corners)
    made = pool([layer([polygon])])
    (rings,) = outlines(made.payload)
    drawn = shapely.linestrings(metres(np.vstack([rings[0], rings[0][:1]])))
    true = shapely.linestrings(metres(shapely.get_coordinates(polygon.exterior)))
    assert shapely.hausdorff_distance(shapely.segmentize(true, 1.0), drawn) <= made.tolerance_m
    assert shapely.hausdorff_distance(shapely.segmentize(drawn, 1.0), true) <= made.tolerance_m


# where a degree of longitude is long, short, and written on both sides of the 180th meridian
CORNERS = st.sampled_from([(107.5, 23.33), (-44.17, -20.18), (15.0, 69.6), (179.9995, -17.0), (0.0, 0.0)])


@st.composite
def shapes(draw: st.DrawFn, lng: float, lat: float) -> shapely.Geometry:
    """Ground of a few centimetres or of kilometres, with holes, in parts; points and lines."""
    size_m = draw(st.sampled_from([0.02, 0.4, 5.0, 300.0, 40_000.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    degrees = np.array([1 / np.cos(np.radians(lat)), 1.0]) / METRES_PER_DEGREE * size_m

    def ring(x: float, reach: float) -> np.ndarray:
        turns = np.linspace(0, 2 * np.pi, draw(st.integers(3, 60)), endpoint=False)
        away = reach * (0.7 + 0.3 * rng.random(len(turns)))[:, None]
        return [lng, lat] + (np.column_stack([np.cos(turns), np.sin(turns)]) * away + [x, 0]) * degrees

    kind = draw(st.sampled_from(["point", "points", "line", "polygon", "holed", "parts"]))
    if kind in ("point", "points", "line"):
        made = {"point": shapely.Point, "points": shapely.MultiPoint, "line": shapely.LineString}[kind]
        return made(ring(0, 1)[0] if kind == "point" else ring(0, 1))
    if kind == "parts":
        return shapely.MultiPolygon([shapely.Polygon(ring(3 * i, 1)) for i in range(3)])
    # a triangle of reach 0.7 still holds a circle of 0.35
    return shapely.Polygon(ring(0, 1), [ring(0, 0.3)] if kind == "holed" else None)


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_every_kind_of_outline_stays_within_its_tolerance(data: st.DataObject) -> None:
    corner = data.draw(CORNERS)
    ground = data.draw(st.lists(shapes(*corner), min_size=1, max_size=6))
    features = layer(ground)
    (features,) = unwrapped([features])
    made = pool([features])
    drawn = outlines(made.payload)
    here = np.array([np.cos(np.radians(corner[1])), 1.0]) * METRES_PER_DEGREE

    def told(points: np.ndarray, closed: bool) -> shapely.Geometry:
        flat = (points - corner) * here
        return shapely.LineString(np.vstack([flat, flat[:1]])) if closed or len(flat) == 1 else shapely.LineString(flat)

    for shape, place in zip(features.geometry, made.places[0], strict=True):
        closed = shapely.get_dimensions(shape) == 2
        rings = shapely.get_rings(shapely.get_parts(shape)) if closed else shapely.get_parts(shape)
        assert len(rings) == len(drawn[place])
        for ring, points in zip(rings, drawn[place], strict=True):
            true = told(shapely.get_coordinates(ring), closed)
            seen = told(points, closed)
            # a metre of the grid is a thousandth longer or shorter than here
            assert shapely.hausdorff_distance(true, seen) <= made.tolerance_m * 1.01
            assert shapely.hausdorff_distance(seen, true) <= made.tolerance_m * 1.01


def test_layers_of_one_kind_alone() -> None:
    for shape in (shapely.Point(LNG, LAT), shapely.LineString([(LNG, LAT), (LNG + 0.01, LAT)]),
                  shapely.box(LNG, LAT, LNG + 1e-9, LAT + 1e-9)):  # fmt: skip
        made = pool([layer([shape])])
        (rings,) = outlines(made.payload)
        assert abs(metres(rings[0]) - metres(shapely.get_coordinates(shape)[0])).min() <= made.tolerance_m
    empty_part = shapely.MultiPolygon([squares(1)[0], shapely.Polygon()])
    assert unpack(pool([layer([empty_part])]).payload)["rings"].tolist() == [1]


def test_numbers_that_a_page_cannot_hold_are_missing_or_stay_as_they_are() -> None:
    columns = Columns()
    columns.add("share", [0.5, float("nan"), float("inf")])
    columns.add("whole", [2**70, 1, 0])
    told = json.dumps(columns.header, allow_nan=False)
    assert column_values(json.loads(told), columns.sections, "share") == [0.5, None, None]
    assert column_values(json.loads(told), columns.sections, "whole") == [2**70, 1, 0]
    features = layer(squares(3), share=[0.5, float("nan"), None])
    assert [row["properties"]["share"] for row in json.loads(geojson(features))["features"]] == [0.5, None, None]


def test_holes_parts_points_and_lines_keep_their_rings() -> None:
    hole = shapely.Polygon(squares(1)[0].exterior.coords, [squares(1)[0].buffer(-0.0003).exterior.coords])
    line = shapely.LineString([(LNG, LAT), (LNG + 0.01, LAT)])
    points = shapely.MultiPoint([(LNG, LAT), (LNG, LAT + 0.01)])
    shapes = [hole, shapely.MultiPolygon(list(squares(3))), shapely.Point(LNG, LAT), line, points]
    told = unpack(pool([layer(shapes)]).payload)
    assert told["kind"].tolist() == [2, 2, 0, 1, 0]
    assert told["rings"].tolist() == [2, 3, 1, 1, 2]
    assert told["points"].sum() > 15


def test_the_same_outline_is_carried_once() -> None:
    ground = squares(50)
    once, twice = pool([layer(ground)]), pool([layer(ground), layer(shapely.reverse(ground[::-1]))])
    assert len(twice.payload) == len(once.payload)
    assert twice.places[1].tolist() == twice.places[0][::-1].tolist()


def test_a_layer_keeps_class_time_and_place() -> None:
    ground = squares(4)
    begin, until = [-NEVER, 0, 17897, 18262], [NEVER, 1, NEVER, 18263]
    features = replace(
        layer(ground, id=["a", None, "b", "a"]),
        begin=np.array(begin, dtype=np.int32),
        until=np.array(until, dtype=np.int32),
    )
    told = unpack(values_payload(features, np.array([3, 0, 1, 2])))
    assert told["shape"].tolist() == [3, 0, 1, 2]
    assert told["begin"].tolist() == begin
    assert told["until"].tolist() == until
    assert told["columns"]["id"] == ["a", None, "b", "a"]


def test_what_is_too_large_is_told_more_coarsely_and_says_so() -> None:
    rng = np.random.default_rng(3)
    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    reach = 0.001 * (1 + 0.3 * rng.random((3000, 60)))
    x, y = LNG + rng.random((3000, 1)) + reach * np.cos(turns), LAT + rng.random((3000, 1)) + reach * np.sin(turns)
    features = layer(shapely.polygons(np.stack([x, y], -1)))
    wide, tight = pool([features]), pool([features], budget=200_000)
    assert wide.tolerance_m == pytest.approx(1.75)
    assert len(tight.payload) <= 200_000
    assert tight.tolerance_m > wide.tolerance_m


def test_nothing_is_something() -> None:
    told = unpack(pool([layer([])]).payload)
    assert len(told["x"]) == 0
