"""
Ellipsoidal areas of whole arrays of polygons.

The vertices go to the authalic sphere, which has the ellipsoid's area, latitude by latitude. There each edge is a
great circle, and the area between an edge and the equator is a spherical excess in closed form. A geodesic of the
ellipsoid is not quite a great circle there. With k the scale along the parallels of the authalic map, its equation
differs by d²β/dλ² = cos β sin β (1 - k⁴ + 2 cos²β k⁴ κ' + 6 κ' (dβ/dλ)²), κ' the derivative of ln k by sin²β; the strip
between the two curves is then, to second order in e² and third in the edge's length,

    e²/12 · cos²β · sin β · Δλ · [cos²β Δλ² (1 + e² (6 cos²β - 1)/5) + Δφ² (1 + e² (17 - 23 cos²β)/15)]

of the squared radius, and is added for each edge. What remains is below 1e-9 of a parcel's area, up to edges of 10 km.
Rings with an edge over 10 km, or that run around a pole, go to PROJ.

References
----------
Karney, C. F. F. (2013). Algorithms for geodesics. J. Geodesy 87, 43–55. doi:10.1007/s00190-012-0578-z
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod

from reclaim.geodesy.densify import densify
from reclaim.geodesy.reference import GEOD, Floats, as_crs, metres_per_unit, way_to_lonlat
from reclaim.geodesy.rings import Geometries, chunks, flatten, unpack

LONGEST_EDGE_M = 10_000.0
# straight edges of a projected map are followed at this step; the chords' error falls with its square
FOLLOW_EDGE_M = 50.0
# vertices worked on at once: the temporaries of one block stay in a processor's cache
_BLOCK = 1 << 16
# beyond this half step of longitude, in radians, the series for tan and arctan are not exact to the last digit
_SHORT = 0.01


@dataclass(frozen=True, slots=True)
class _Authalic:
    """Constants of an ellipsoid: squared authalic radius, e², and the series of sin β / sin φ in z = e² sin² φ."""

    radius2: float
    e2: float
    series: tuple[float, ...]


@lru_cache(maxsize=8)
def _authalic(a: float, e2: float) -> _Authalic:
    terms = [(2 * k + 2) / (2 * k + 1) for k in range(9)]
    pole = sum(term * e2**k for k, term in enumerate(terms))
    return _Authalic(a * a * (1 - e2) * pole / 2, e2, tuple(term / pole for term in terms))


def area(geometries: Geometries, crs: Any = None) -> Floats:
    """
    Areas of polygons on the CGCS2000 ellipsoid.

    Shells count positive and holes negative whatever way they wind. Edges are geodesics where the coordinates are
    longitude and latitude, and straight lines of the map where they are projected.

    Parameters
    ----------
    geometries : GeoDataFrame, GeoSeries, or array of shapely geometries
        What is no polygon has area 0; a missing geometry or one with coordinates that are not finite has NaN.
    crs : anything pyproj reads
        Needed for bare arrays.

    Returns
    -------
    ndarray of float64
        m², in the order of the input.

    Raises
    ------
    CRSError
        If there is no reference system, or no exact way from it to CGCS2000.

    Examples
    --------
    >>> import shapely
    >>> cell = shapely.segmentize(shapely.box(106.60, 26.60, 106.62, 26.62), 0.0001)
    >>> print(area([cell], "EPSG:4490")[0].round(1))
    4413947.3
    """
    values, crs = unpack(geometries, crs)
    system = as_crs(crs)
    step = FOLLOW_EDGE_M / metres_per_unit(system) if system.is_projected else None
    measured = np.empty(len(values), dtype="float64")
    take_over = way_to_lonlat(system)
    for chunk in chunks(values, _BLOCK):
        rings = flatten(values[chunk])
        if step is not None:
            rings = densify(rings, step)
        lon, lat = take_over(rings.x, rings.y)
        signed = polygon_area_lonlat(lon, lat, rings.starts)
        sizes = np.where(rings.hole, -np.abs(signed), np.abs(signed))
        measured[chunk] = np.bincount(rings.owner, weights=sizes, minlength=chunk.stop - chunk.start)
    measured[shapely.is_missing(values)] = np.nan
    return measured


def polygon_area_lonlat(lon: Floats, lat: Floats, starts: npt.NDArray[np.int64], *, geod: Geod = GEOD) -> Floats:
    """
    Signed areas of rings in longitude and latitude, edges along geodesics.

    Parameters
    ----------
    lon, lat : array (N,)
        Degrees; the rings end to end, each closed. Steps of more than 180° of longitude are taken the short way.
    starts : array (R + 1,)
        Where each ring begins; the last entry is N.
    geod : pyproj.Geod
        The ellipsoid.

    Returns
    -------
    array (R,)
        m²; positive where the ring runs anticlockwise.
    """
    if len(starts) < 2:
        return np.zeros(0, dtype="float64")
    total, hard = _great_circle_areas(lon, lat, starts, _authalic(geod.a, geod.es))
    for ring in hard:
        stretch = slice(starts[ring], starts[ring + 1])
        if np.isfinite(total[ring]):
            total[ring] = geod.polygon_area_perimeter(lon[stretch], lat[stretch])[0]
    return total


def _great_circle_areas(
    lon: Floats, lat: Floats, starts: npt.NDArray[np.int64], sphere: _Authalic
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Signed ring areas on the authalic sphere, and the rings for which this is not exact enough."""
    with np.errstate(invalid="ignore"):
        phi, lam = np.radians(lat), np.radians(lon)
        dlon, dlat = np.diff(lam), np.diff(phi)
    jumps = starts[1:-1] - 1  # from the end of one ring to the start of the next
    dlon[jumps] = 0.0
    dlat[jumps] = 0.0
    wraps = np.flatnonzero(np.abs(dlon) > np.pi)
    dlon[wraps] -= 2 * np.pi * np.round(dlon[wraps] / (2 * np.pi))
    sin_beta, half = _authalic_latitude(phi, sphere)
    mean = (sin_beta[1:] + sin_beta[:-1]) / 2
    cos2 = 1 - mean * mean
    edge2 = cos2 * dlon * dlon * (1 - sphere.e2 / 5 + sphere.e2 * 6 / 5 * cos2)
    edge2 += dlat * dlat * (1 + sphere.e2 * 17 / 15 - sphere.e2 * 23 / 15 * cos2)
    strip = cos2 * mean
    strip *= edge2
    strip *= dlon
    strip *= sphere.e2 / 12
    strip += _excess(dlon, half)
    signed = -np.add.reduceat(strip, starts[:-1]) * sphere.radius2
    return signed, _hard_rings(edge2, wraps, dlon, starts)


def _authalic_latitude(phi: Floats, sphere: _Authalic) -> tuple[Floats, Floats]:
    """Sine of the authalic latitude, and tangent of its half."""
    with np.errstate(invalid="ignore"):
        sine = np.sin(phi)
    z = sine * sine
    z *= sphere.e2
    factor = np.full_like(z, sphere.series[-1])
    for term in sphere.series[-2::-1]:
        factor *= z
        factor += term
    sine *= factor
    half = np.sqrt(np.maximum(1 - sine * sine, 0.0))
    half += 1
    np.divide(sine, half, out=half)
    return sine, half


def _excess(dlon: Floats, half: Floats) -> Floats:
    """Area on the unit sphere between each great-circle edge and the equator."""
    slope = half[1:] + half[:-1]
    slope /= 1 + half[1:] * half[:-1]
    step = dlon / 2
    if np.abs(step).max(initial=0.0) > _SHORT:
        return np.asarray(2 * np.arctan(np.tan(step) * slope))
    square = step * step
    slope *= step * (1 + square * (1 / 3 + square * (2 / 15)))
    square = slope * slope
    slope *= 2 - square * (2 / 3 - square * (2 / 5))
    return slope


def _hard_rings(
    edge2: Floats, wraps: npt.NDArray[np.int64], dlon: Floats, starts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Rings with an edge too long for the series, or that run around a pole."""
    long = np.flatnonzero(edge2 > (LONGEST_EDGE_M / GEOD.a) ** 2)
    hard = np.searchsorted(starts, long, side="right") - 1
    if len(wraps):
        # a ring that does not come back to its own longitude encloses a pole
        around = np.flatnonzero(np.abs(np.add.reduceat(dlon, starts[:-1])) > np.pi)
        hard = np.concatenate([hard, around])
    return np.unique(hard)
