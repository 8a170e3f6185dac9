"""Polygons as flat arrays of coordinates, the form in which a million of them are measured at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from reclaim.errors import CRSError

Geometries: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | npt.NDArray[Any] | list[Any]

_COLLECTION = shapely.GeometryType.GEOMETRYCOLLECTION
_MULTIPOLYGON = shapely.GeometryType.MULTIPOLYGON
_POLYGON = shapely.GeometryType.POLYGON


@dataclass(frozen=True, slots=True)
class Rings:
    """
    Every ring of many polygons, end to end.

    Attributes
    ----------
    x, y : array (N,)
        Vertices; each ring repeats its first vertex at its end.
    starts : array (R + 1,)
        Where each ring begins in ``x``; the last entry is N.
    owner : array (R,)
        Which input geometry a ring belongs to; ascending.
    hole : array (R,)
        Whether the ring is a hole.
    part : array (R,)
        Running number of the polygon (part of a multipolygon) a ring belongs to; ascending.
    """

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]
    owner: npt.NDArray[np.int64]
    hole: npt.NDArray[np.bool_]
    part: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.owner)

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Which of the N - 1 steps between neighbouring vertices are edges of a ring, not jumps to the next one."""
        edges = np.ones(max(len(self.x) - 1, 0), dtype=bool)
        edges[self.starts[1:-1] - 1] = False
        return edges


def flatten(geometries: npt.NDArray[Any]) -> Rings:
    """
    The rings of an array of geometries; what is no polygon has none. Collections are looked into.

    Examples
    --------
    >>> rings = flatten(shapely.from_wkt(["POLYGON ((0 0, 1 0, 1 1, 0 0))", "POINT (1 1)"]))
    >>> rings.starts.tolist(), rings.owner.tolist()
    ([0, 4], [0])
    """
    polygons, owner = _polygons(geometries)
    rings, part = shapely.get_rings(polygons, return_index=True)
    xy = shapely.get_coordinates(rings)
    starts = np.zeros(len(rings) + 1, dtype="int64")
    np.cumsum(shapely.get_num_coordinates(rings), out=starts[1:])
    hole = np.ones(len(rings), dtype=bool)
    hole[np.flatnonzero(np.diff(part, prepend=-1))] = False
    return Rings(
        np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1]), starts, owner[part], hole, part.astype("int64")
    )


def _polygons(geometries: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Single polygons out of polygons, multipolygons and collections, with the place each came from."""
    parts = geometries
    owner = np.arange(len(geometries), dtype="int64")
    kinds = shapely.get_type_id(parts)
    while np.isin(kinds, (_MULTIPOLYGON, _COLLECTION)).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
        kinds = shapely.get_type_id(parts)
    polygonal = kinds == _POLYGON
    return (parts, owner) if polygonal.all() else (parts[polygonal], owner[polygonal])


def rebuild(rings: Rings, originals: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """
    Polygons and multipolygons of the rings, one for each original, of the same kind as the original.

    Parameters
    ----------
    rings : Rings
        With every part of every original present.
    originals : array of Polygon and MultiPolygon
    """
    with np.errstate(invalid="ignore"):  # a NaN vertex is for the checks to find
        made = shapely.linearrings(np.column_stack([rings.x, rings.y]), indices=_ring_numbers(rings))
    polygons = shapely.polygons(made, indices=rings.part)
    first = np.flatnonzero(np.diff(rings.part, prepend=-1))
    owner = rings.owner[first]
    built = originals.copy()
    several = shapely.get_type_id(originals) == _MULTIPOLYGON
    single = ~several[owner]
    built[owner[single]] = polygons[single]
    if several.any():
        places = owner[~single]
        codes = np.unique(places, return_inverse=True)
        built[codes[0]] = shapely.multipolygons(polygons[~single], indices=codes[1])
    return built


def _ring_numbers(rings: Rings) -> npt.NDArray[np.intp]:
    return np.repeat(np.arange(len(rings)), np.diff(rings.starts))


def chunks(geometries: npt.NDArray[Any], vertices: int) -> Iterator[slice]:
    """Stretches of an array that hold about so many vertices each, at least one geometry."""
    ends = np.cumsum(shapely.get_num_coordinates(geometries))
    begin = 0
    while begin < len(geometries):
        seen = ends[begin - 1] if begin else 0
        end = max(int(np.searchsorted(ends, seen + vertices, side="right")), begin + 1)
        yield slice(begin, end)
        begin = end


def unpack(geometries: Geometries, crs: Any = None) -> tuple[npt.NDArray[Any], Any]:
    """
    The bare geometries of a frame, series, array or list, and the reference system they are in.

    Raises
    ------
    CRSError
        If a system is given that differs from the table's own.
    """
    if not isinstance(geometries, (gpd.GeoDataFrame, gpd.GeoSeries)):
        return np.atleast_1d(np.asarray(geometries, dtype=object)), crs
    series = geometries.geometry
    if crs is not None and series.crs is not None and series.crs != crs:
        raise CRSError(f"the table is in {series.crs.name}, not in {crs}; transform it, or leave the CRS out")
    return np.asarray(series.array, dtype=object), series.crs if series.crs is not None else crs
