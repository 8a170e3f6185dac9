"""Geodesic lengths and perimeters of whole arrays."""

from typing import Any

import numpy as np
import shapely

from reclaim.geodesy.areas import FOLLOW_EDGE_M
from reclaim.geodesy.reference import GEOD, Floats, Way, as_crs, metres_per_unit, way_to_lonlat
from reclaim.geodesy.rings import Geometries, chunks, unpack

_BLOCK = 1 << 17
# the mid-latitude formula is exact to 1e-9 up to here
_SHORT_M = 1_000.0


def length(geometries: Geometries, crs: Any = None) -> Floats:
    """
    Lengths of lines on the CGCS2000 ellipsoid; of polygons, the length of all their rings.

    Parameters
    ----------
    geometries : GeoDataFrame, GeoSeries, or array of shapely geometries
    crs : anything pyproj reads
        Needed for bare arrays. Edges are geodesics in longitude and latitude, straight lines of the map if projected.

    Returns
    -------
    ndarray of float64
        Metres; 0 for points, NaN for a missing geometry.

    Raises
    ------
    CRSError
        If there is no reference system, or no exact way from it to CGCS2000.

    Examples
    --------
    >>> import shapely
    >>> print(length([shapely.LineString([(107, 23), (107, 24)])], "EPSG:4490")[0].round(1))
    110751.1
    """
    values, crs = unpack(geometries, crs)
    system = as_crs(crs)
    if system.is_projected:
        # new vertices on straight edges change no polygon's validity here: only lengths are read off
        values = shapely.segmentize(shapely.force_2d(_lines(values)), FOLLOW_EDGE_M / metres_per_unit(system))
    else:
        values = _lines(values)
    measured = np.empty(len(values), dtype="float64")
    take_over = way_to_lonlat(system)
    for chunk in chunks(values, _BLOCK):
        measured[chunk] = _lengths(values[chunk], take_over)
    measured[shapely.is_missing(values)] = np.nan
    return measured


def perimeter(geometries: Geometries, crs: Any = None) -> Floats:
    """
    Lengths of polygons' boundaries, holes included; the same as `length`.

    Examples
    --------
    >>> import shapely
    >>> print(perimeter([shapely.box(500000, 2500000, 500100, 2500100)], "EPSG:4547")[0].round(3))
    400.0
    """
    return length(geometries, crs)


def _lines(values: Any) -> Any:
    """Polygons as their boundaries; the rest as it is."""
    lines = values.copy()
    dimension = shapely.get_dimensions(values)
    collection = shapely.get_type_id(values) == shapely.GeometryType.GEOMETRYCOLLECTION
    polygonal = (dimension == 2) & ~collection
    lines[polygonal] = shapely.boundary(values[polygonal])
    for place in np.flatnonzero(collection):
        lines[place] = shapely.GeometryCollection(list(_lines(shapely.get_parts(values[place]))))
    return lines


def _lengths(values: Any, take_over: Way) -> Floats:
    parts, owner = shapely.get_parts(values, return_index=True)
    while (shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
    xy, line = shapely.get_coordinates(parts, return_index=True)
    lon, lat = take_over(xy[:, 0].copy(), xy[:, 1].copy())
    edges = np.flatnonzero(line[1:] == line[:-1])
    far = edge_lengths(lon[edges], lat[edges], lon[edges + 1], lat[edges + 1])
    return np.bincount(owner[line[edges]], weights=far, minlength=len(values)).astype("float64")


def edge_lengths(lon0: Floats, lat0: Floats, lon1: Floats, lat1: Floats) -> Floats:
    """Geodesic lengths in metres: Gauss's mid-latitude formula for short edges, PROJ for the others."""
    with np.errstate(invalid="ignore"):
        dlon = np.radians(lon1 - lon0)
        dlon -= 2 * np.pi * np.round(dlon / (2 * np.pi))
        middle = np.radians((lat0 + lat1) / 2)
        sine2 = np.sin(middle) ** 2
        north = GEOD.a / np.sqrt(1 - GEOD.es * sine2)
        east = north * np.cos(middle) * dlon
        along = north * (1 - GEOD.es) / (1 - GEOD.es * sine2) * np.radians(lat1 - lat0)
        far = np.hypot(east, along)
    long = np.flatnonzero(far > _SHORT_M)
    if len(long):
        far[long] = GEOD.inv(lon0[long], lat0[long], lon1[long], lat1[long])[2]
    return np.asarray(far, dtype="float64")
