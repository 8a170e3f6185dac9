"""Exact shares of pixels, against overlays by GEOS, against exactextract, and by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
import shapely.affinity
from affine import Affine
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from reclaim.io.grids import Grid
from reclaim.zonal.weights import Weights, zone_weights

UTM = CRS("EPSG:32649")


def grid(width: int, height: int, transform: Affine | None = None) -> Grid:
    return Grid(UTM, transform or Affine(1, 0, 0, 0, -1, height), width, height)


def picture(weights: Weights, zone: int = 0) -> np.ndarray:
    """The shares of one zone as an array of the grid's shape."""
    out = np.zeros((weights.grid.height, weights.grid.width))
    for i in range(weights.zone_start[zone], weights.zone_start[zone + 1]):
        out[weights.row[i], weights.col[i] : weights.col[i] + weights.length[i]] += weights.share[i]
    return out


def overlay(shape: shapely.Geometry, on: Grid) -> np.ndarray:
    """The shares by overlay of every cell, the slow way."""
    out = np.zeros((on.height, on.width))
    for row in range(on.height):
        for col in range(on.width):
            corners = [on.transform @ p for p in ((col, row), (col + 1, row), (col + 1, row + 1), (col, row + 1))]
            out[row, col] = shapely.intersection(shape, shapely.Polygon(corners)).area / abs(on.transform.determinant)
    return out


def one(shape: shapely.Geometry, on: Grid) -> np.ndarray:
    return picture(zone_weights(np.array([shape]), on))


def test_square_that_cuts_its_pixels() -> None:
    assert one(shapely.box(0.5, 0.5, 2.5, 2.5), grid(3, 3)).tolist() == [
        [0.25, 0.5, 0.25],
        [0.5, 1, 0.5],
        [0.25, 0.5, 0.25],
    ]


def test_notched_corner() -> None:
    shape = shapely.Polygon([(0.5, 0.5), (2.5, 0.5), (2.5, 2), (2, 2), (2, 2.5), (0.5, 2.5)])
    assert one(shape, grid(3, 3)).tolist() == [[0.25, 0.5, 0], [0.5, 1, 0.5], [0.25, 0.5, 0.25]]


@pytest.mark.parametrize("name", ["antarctica", "russia", "regression4", "regression6"])
def test_degenerate_and_huge_outlines(peer_data: Path, name: str) -> None:
    text = (peer_data / f"peer-fixtures/exactextract/test/resources/{name}.wkt").read_text()
    shape = shapely.make_valid(shapely.from_wkt(text.strip().strip('"')), method="structure")
    x0, y0, x1, y1 = shape.bounds
    dx, dy = (x1 - x0) / 997, (y1 - y0) / 499
    on = Grid(UTM, Affine(dx, 0, x0 - 3 * dx, 0, -dy, y1 + 2 * dy), 1005, 505)
    weights = zone_weights(np.array([shape]), on)
    cell = abs(on.transform.determinant)
    ours = picture(weights)
    assert (weights.on_raster * cell).tolist() == pytest.approx([shape.area], rel=1e-11)
    assert ours.min() >= 0
    assert ours.max() <= 1 + 1e-9
    theirs = exact_extract(NumPyRasterSource(np.ones((on.height, on.width)), *on.bounds), [_feature(shape)], ["count"])
    assert ours.sum() == pytest.approx(theirs[0]["properties"]["count"], rel=1e-6)


def _feature(shape: shapely.Geometry) -> dict[str, object]:
    return {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(shape))}


@st.composite
def zones(draw: st.DrawFn) -> shapely.Geometry:
    """Polygons of every kind: corners on and off the grid's lines, holes, several parts, partly off the raster."""
    place = st.one_of(st.integers(-3, 11).map(float), st.floats(-3, 11, allow_nan=False, width=32))
    points = draw(st.lists(st.tuples(place, place), min_size=3, max_size=9))
    shape = shapely.make_valid(shapely.Polygon(points), method="structure")
    if draw(st.booleans()):
        other = shapely.make_valid(shapely.Polygon(draw(st.lists(st.tuples(place, place), min_size=3, max_size=6))))
        shape = shapely.difference(shape, other)
    return shape


TRANSFORMS = [
    Affine(1, 0, 0, 0, -1, 8),
    Affine(1, 0, 0, 0, 1, 0),
    Affine(0.8, 0.3, 1, 0.2, -0.9, 7),
    Affine(3, 0, -0.7, 0, -2, 8.1),
    Affine(-1, 0, 8, 0, -1, 8),
]


@settings(max_examples=150, deadline=None)
@given(zones(), st.sampled_from(TRANSFORMS))
def test_shares_equal_the_overlay_of_every_cell(shape: shapely.Geometry, transform: Affine) -> None:
    on = grid(8, 7, transform)
    weights = zone_weights(np.array([shape]), on)
    ours, theirs = picture(weights), overlay(shape, on)
    assert np.abs(ours - theirs).max() < 1e-9
    assert weights.total[0] == pytest.approx(shape.area / abs(transform.determinant), abs=1e-9)
    assert ours.sum() == pytest.approx(theirs.sum(), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(zones(), min_size=2, max_size=5))
def test_zones_do_not_touch_each_other(shapes: list[shapely.Geometry]) -> None:
    together = zone_weights(np.array(shapes), grid(8, 8))
    for place, shape in enumerate(shapes):
        assert np.array_equal(picture(together, place), one(shape, grid(8, 8)))


def test_order_winding_and_large_coordinates_change_nothing() -> None:
    shape = shapely.Polygon([(1.3, 1.1), (6.2, 2.7), (4.4, 6.6)], [[(3, 3), (4, 3), (4, 4)]])
    away = shapely.affinity.translate(shape, 500000, 4000000)
    here, there = one(shape, grid(8, 8)), one(away, grid(8, 8, Affine(1, 0, 500000, 0, -1, 4000008)))
    turned = one(shapely.reverse(shape), grid(8, 8))
    assert np.abs(here - turned).max() < 1e-12
    assert np.abs(here - there).max() < 1e-8


def test_a_wide_zone_is_worked_in_bands() -> None:
    """A zone larger than the buffer gives the same shares as its parts."""
    ring = shapely.Point(2000, 2000).buffer(1900, quad_segs=64).difference(shapely.Point(2000, 2000).buffer(300))
    weights = zone_weights(np.array([ring]), grid(4000, 4000))
    assert weights.on_raster[0] == pytest.approx(ring.area, rel=1e-12)
    assert weights.share.max() <= 1
    assert (np.diff(weights.row) >= 0).all()


def test_runs_are_sorted_and_never_overlap() -> None:
    rng = np.random.default_rng(5)
    shape = shapely.union_all([shapely.Point(x, y).buffer(r) for x, y, r in rng.uniform(2, 60, (40, 3)) * [1, 1, 0.08]])
    weights = zone_weights(np.array([shape]), grid(64, 64))
    assert picture(weights).max() <= 1
    same = weights.row[1:] == weights.row[:-1]
    assert (weights.col[1:][same] >= (weights.col + weights.length)[:-1][same]).all()


def test_nothing_to_weigh() -> None:
    nothing = zone_weights(np.array([shapely.Polygon(), shapely.box(90, 90, 91, 91), shapely.Point(1, 1)]), grid(8, 8))
    assert nothing.share.size == 0
    assert nothing.total.tolist() == [0, 1, 0]
    assert nothing.box.tolist() == [[0, 0, 0, 0]] * 3
    assert zone_weights(np.array([], dtype=object), grid(8, 8)).total.size == 0
