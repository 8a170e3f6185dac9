"""Whole tables brought to CGCS2000."""

from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from reclaim.geodesy.densify import densify, long_edges
from reclaim.geodesy.reference import CGCS2000, as_crs, is_lonlat, lonlat_of, metres_per_unit
from reclaim.geodesy.rings import chunks, flatten, rebuild, unpack

MAX_EDGE_M = 200.0
_BLOCK = 1 << 20

Table = TypeVar("Table", gpd.GeoDataFrame, gpd.GeoSeries)


def to_cgcs2000(table: Table, max_edge_m: float = MAX_EDGE_M) -> Table:
    """
    A table in CGCS2000 longitude and latitude whose polygon edges keep the course they had.

    Edges over ``max_edge_m`` get vertices along their own line before they are taken over: along the straight line
    of the map where the table is projected, along the geodesic where it is in longitude and latitude. Polygons
    without such edges keep their vertices, and nothing else about a geometry is changed; Z and M are left behind.

    Parameters
    ----------
    table : GeoDataFrame or GeoSeries
        With a CRS.
    max_edge_m : float
        Metres.

    Returns
    -------
    GeoDataFrame or GeoSeries
        In EPSG:4490, a new table. Points outside their projection's domain come back as ``inf``.

    Raises
    ------
    CRSError
        If there is no reference system, or no exact way from it to CGCS2000: Beijing 1954 and Xian 1980 need the
        local seven parameters.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = gpd.GeoSeries([shapely.box(500000, 2500000, 501000, 2501000)], crs="EPSG:4547")
    >>> int(to_cgcs2000(square).count_coordinates()[0])
    21
    """
    values, crs = unpack(table)
    system = as_crs(crs)
    moved = np.empty(len(values), dtype=object)
    for chunk in chunks(values, _BLOCK):
        moved[chunk] = _moved(_flat(values[chunk]), system, max_edge_m)
    series = gpd.GeoSeries(moved, index=table.index, crs=CGCS2000)
    if isinstance(table, gpd.GeoDataFrame):
        return table.set_geometry(series.rename(table.geometry.name))
    return series.rename(table.name)


def _flat(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Without Z and M; what has neither stays the same object, so that a large table is not copied."""
    third = shapely.has_z(values) | shapely.has_m(values)
    if not third.any():
        return values
    flat = values.copy()
    flat[third] = shapely.force_2d(values[third])
    return flat


def _moved(values: npt.NDArray[Any], system: Any, max_edge_m: float) -> npt.NDArray[Any]:
    straight = bool(system.is_projected)
    same = not straight and is_lonlat(system)
    if straight:
        values = _with_vertices(values, max_edge_m / metres_per_unit(system), geodesic=False)
    if not same:
        xy = shapely.get_coordinates(values)
        lon, lat = lonlat_of(system, xy[:, 0].copy(), xy[:, 1].copy())
        values = shapely.set_coordinates(values.copy(), np.column_stack([lon, lat]))
    return values if straight else _with_vertices(values, max_edge_m, geodesic=True)


def _with_vertices(values: npt.NDArray[Any], max_edge: float, *, geodesic: bool) -> npt.NDArray[Any]:
    """Polygons with an edge over the limit rebuilt with more vertices, all others as they were."""
    polygonal = np.flatnonzero(_wide_polygons(values, max_edge, geodesic=geodesic))
    if not len(polygonal):
        return values
    rings = flatten(values[polygonal])
    long = np.flatnonzero(long_edges(rings, max_edge, geodesic=geodesic))
    if not len(long):
        return values
    owners = np.unique(rings.owner[np.searchsorted(rings.starts, long, side="right") - 1])
    chosen = polygonal[owners]
    # only the polygons that need it are taken apart and put together again
    dense = densify(flatten(values[chosen]), max_edge, geodesic=geodesic)
    result = values.copy()
    result[chosen] = rebuild(dense, values[chosen])
    return result


def _wide_polygons(values: npt.NDArray[Any], max_edge: float, *, geodesic: bool) -> npt.NDArray[np.bool_]:
    """Polygons with a box wide enough to hold an edge over the limit; a cheap look before the vertices are read."""
    kinds = shapely.get_type_id(values)
    polygonal = (kinds == shapely.GeometryType.POLYGON) | (kinds == shapely.GeometryType.MULTIPOLYGON)
    west, south, east, north = shapely.bounds(values).T
    wide, high = east - west, north - south
    if geodesic:
        # of one degree, at most 111.7 km north and 111.4 km east
        nearest_equator = np.fmax(np.fmax(south, -north), 0.0)
        high = high * 111_700.0
        wide = wide * 111_400.0 * np.cos(np.radians(nearest_equator))
    with np.errstate(invalid="ignore"):
        return np.asarray(polygonal & (np.hypot(wide, high) > max_edge))
