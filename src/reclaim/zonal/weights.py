"""
Which share of which pixel lies in which zone.

The shares depend on the zones and the grid alone, so they are made once, held as a sparse table, and used for every
date, band and index on that grid.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from reclaim.io.grids import Grid, Window
from reclaim.zonal.kernels import coverage

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Weights:
    """
    Exact shares of a grid's pixels in each zone, as runs along rows.

    Attributes
    ----------
    grid : Grid
        The pixels.
    total : array (zones,)
        The zone's own size in pixels, on the raster and off it.
    zone_start : array (zones + 1,)
        Bounds of each zone in the entries.
    row, col, length, share : arrays (entries,)
        A run of ``length`` pixels of one row, each inside the zone by ``share`` (0–1); sorted by zone, row, column.
    box : array (zones, 4)
        First row, first column, row and column after the last, of the zone's entries; zeros where it has none.
    """

    grid: Grid
    total: Floats
    zone_start: Integers
    row: NDArray[np.int32]
    col: NDArray[np.int32]
    length: NDArray[np.int32]
    share: Floats
    box: Integers

    @property
    def on_raster(self) -> Floats:
        """Each zone's size on the raster, in pixels."""
        return _sums(self.share * self.length, self.zone_start)

    def meeting(self, window: Window) -> Integers:
        """Zones that may have a pixel in a window."""
        top, left, bottom, right = self.box.T
        meets = (top < window.row + window.height) & (bottom > window.row)
        meets &= (left < window.col + window.width) & (right > window.col)
        return np.flatnonzero(meets & (bottom > top)).astype(np.int64)

    def needed(self, window: Window) -> Window:
        """The part of a window that its zones reach; empty where there is none."""
        zones = self.meeting(window)
        if not zones.size:
            return Window(window.row, window.col, 0, 0)
        top, left = self.box[zones, :2].min(axis=0)
        bottom, right = self.box[zones, 2:].max(axis=0)
        return Window(int(top), int(left), int(bottom - top), int(right - left)).meet(window)


def zone_weights(zones: gpd.GeoSeries | NDArray[np.object_], grid: Grid) -> Weights:
    """
    The exact share of each pixel inside each zone.

    Each edge of an outline adds its signed area to the pixels it crosses; the running sum along a row is the share.
    The sum of a zone's shares is its area in pixels, to rounding.

    Parameters
    ----------
    zones : GeoSeries or array of shapely geometries
        Polygons and multipolygons, valid, in the grid's reference system. They may overlap, have holes and parts, be
        smaller than a pixel or lie off the raster; an empty one has no shares.
    grid : Grid
        The pixels; may be rotated or south-up.

    Returns
    -------
    Weights

    Examples
    --------
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(CRS("EPSG:32649"), Affine(1, 0, 0, 0, -1, 3), 3, 3)
    >>> weights = zone_weights(np.array([shapely.box(0.5, 0.5, 2.5, 2.5)]), grid)
    >>> weights.share[weights.row == 0].tolist(), weights.total.tolist()
    ([0.25, 0.5, 0.25], [4.0])
    """
    shapes = np.asarray(zones, dtype=object)
    points, ring_start, zone_ring, hole = _rings(shapes)
    pixels = grid.to_pixels(points)
    x, y = np.ascontiguousarray(pixels[:, 0]), np.ascontiguousarray(pixels[:, 1])
    twice = _ring_areas(x, y, ring_start)
    kind = np.where(hole, -1.0, 1.0)
    found = coverage(x, y, ring_start, -np.sign(twice) * kind, zone_ring, grid.height, grid.width)
    zone_start, row, col, length, share = found
    total = _sums(np.abs(twice) / 2 * kind, zone_ring)
    return Weights(grid, total, zone_start, row, col, length, share, _boxes(zone_start, row, col, length))


def _rings(shapes: NDArray[np.object_]) -> tuple[Floats, Integers, Integers, NDArray[np.bool_]]:
    """All rings of all zones: points, bounds of rings in points, bounds of zones in rings, and which are holes."""
    polygons, zone_of_polygon = shapely.get_parts(shapes, return_index=True)
    # parts of a collection that are no surface hold no ground
    surface = shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON
    polygons, zone_of_polygon = polygons[surface], zone_of_polygon[surface]
    rings, polygon_of_ring = shapely.get_rings(polygons, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    ring_start = np.searchsorted(ring_of_point, np.arange(len(rings) + 1)).astype(np.int64)
    zone_of_ring = zone_of_polygon[polygon_of_ring] if len(rings) else np.empty(0, dtype=np.int64)
    zone_ring = np.searchsorted(zone_of_ring, np.arange(len(shapes) + 1)).astype(np.int64)
    hole = np.zeros(len(rings), dtype=bool)
    hole[1:] = polygon_of_ring[1:] == polygon_of_ring[:-1]
    return points, ring_start, zone_ring, hole


def _ring_areas(x: Floats, y: Floats, ring_start: Integers) -> Floats:
    """Twice the signed area of each ring, counted from its own first point so that large coordinates keep digits."""
    length = np.diff(ring_start)
    origin = np.repeat(ring_start[:-1], length)
    dx, dy = x - x[origin], y - y[origin]
    cross = np.zeros(len(x))
    cross[:-1] = dx[:-1] * dy[1:] - dx[1:] * dy[:-1]
    cross[ring_start[1:] - 1] = 0.0  # from one ring's last point to the next ring's first there is no edge
    return _sums(cross, ring_start)


def _sums(values: Floats, start: Integers) -> Floats:
    """Sums of consecutive stretches; an empty stretch sums to 0."""
    out = np.zeros(len(start) - 1)
    filled = np.diff(start) > 0
    if filled.any():
        out[filled] = np.add.reduceat(values, start[:-1][filled])
    return out


def _boxes(zone_start: Integers, row: NDArray[np.int32], col: NDArray[np.int32], length: NDArray[np.int32]) -> Integers:
    box = np.zeros((len(zone_start) - 1, 4), dtype=np.int64)
    filled = np.diff(zone_start) > 0
    if filled.any():
        first, last = zone_start[:-1][filled], zone_start[1:][filled] - 1
        box[filled, 0], box[filled, 2] = row[first], row[last] + 1
        box[filled, 1] = np.minimum.reduceat(col, first)
        box[filled, 3] = np.maximum.reduceat(col + length, first)
    return box
