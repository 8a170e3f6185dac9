"""Which coordinate reference systems can be brought to CGCS2000, and how."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError as PyprojCRSError
from pyproj.exceptions import ProjError

from reclaim.errors import CRSError

CGCS2000 = "EPSG:4490"
GEOD = Geod(a=6378137.0, rf=298.257222101)

Floats = npt.NDArray[np.float64]
Way = Callable[[Floats, Floats], tuple[Floats, Floats]]

# Datums whose shift from CGCS2000 is tens of metres to over a hundred and differs from county to county. PROJ holds
# a few regional averages (15 m); no cadastral figure should rest on one that was picked silently.
_LOCAL_DATUMS = ("beijing", "xian", "xi'an", "xi_an")
_CGCS2000_NAMES = ("china 2000", "china_2000", "china geodetic coordinate system 2000", "cgcs2000", "cgcs_2000")


def as_crs(crs: Any) -> CRS:
    """
    Any way to write a reference system, as a two-dimensional `pyproj.CRS`.

    Raises
    ------
    CRSError
        If there is none, or it cannot be read.
    """
    if crs is None:
        raise CRSError("the coordinates have no reference system (CRS); state it, for example crs = 'EPSG:4490'")
    try:
        return _parsed(crs)
    except PyprojCRSError as error:
        raise CRSError(f"unknown reference system {crs!r}; give an EPSG code such as 'EPSG:4547'") from error


@lru_cache(maxsize=256)
def _parsed(crs: Any) -> CRS:
    return CRS.from_user_input(crs).to_2d()


def crs_label(crs: Any) -> str:
    """
    A reference system's name for people, with its code where it has one.

    Examples
    --------
    >>> crs_label("EPSG:4547")
    'CGCS2000 / 3-degree Gauss-Kruger CM 114E (EPSG:4547)'
    """
    if crs is None:
        return "no CRS"
    found = as_crs(crs)
    authority = found.to_authority(min_confidence=100)
    name = found.name if found.name != "unknown" else str(crs)
    return f"{name} ({':'.join(authority)})" if authority else name


@lru_cache(maxsize=256)
def _route(crs: CRS) -> Transformer | None:
    """The exact way from a system to CGCS2000 longitude and latitude; None where the coordinates are that already."""
    base = crs.geodetic_crs
    if base is None or base.ellipsoid is None or not (crs.is_geographic or crs.is_projected):
        raise CRSError(f"{crs_label(crs)} is not tied to the Earth; transform the data to CGCS2000 before")
    datum = base.datum.name.lower() if base.datum is not None else ""
    if not crs.is_bound:
        _refuse_local(crs, datum)
    target = CRS.from_epsg(4326)
    if any(name in datum for name in _CGCS2000_NAMES):
        target = base
    try:
        route = Transformer.from_crs(crs, target, always_xy=True, allow_ballpark=False)
    except ProjError as error:
        if not _like_cgcs2000(base):
            raise CRSError(
                f"{crs_label(crs)}: no exact way to CGCS2000 is known. State the seven parameters of the place "
                "(crs = '+proj=… +towgs84=dx,dy,dz,rx,ry,rz,s'), or transform the data before"
            ) from error
        route = Transformer.from_crs(crs, base, always_xy=True, allow_ballpark=False)
    same = crs.is_geographic and "proj=noop" in route.definition and "step" not in route.definition
    return None if same else route


def _refuse_local(crs: CRS, datum: str) -> None:
    if any(name in datum for name in _LOCAL_DATUMS):
        raise CRSError(
            f"{crs_label(crs)} is not CGCS2000: the shift is tens of metres and differs from place to place. State the "
            "local seven parameters (crs = '+proj=tmerc … +ellps=krass +towgs84=dx,dy,dz,rx,ry,rz,s'), or have the "
            "data transformed by the survey office"
        )


def _like_cgcs2000(base: CRS) -> bool:
    """An unnamed datum on the ellipsoid of GRS 80 or WGS 84 is taken as geocentric, as CGCS2000 is."""
    ellipsoid, datum = base.ellipsoid, base.datum
    if ellipsoid is None or datum is None:
        return False
    unnamed = datum.name.lower().startswith(("unknown", "not specified", "unnamed"))
    return bool(
        unnamed
        and abs(ellipsoid.semi_major_metre - 6378137.0) < 0.01
        and 298.25 < ellipsoid.inverse_flattening < 298.26
        and base.prime_meridian is not None
        and base.prime_meridian.longitude == 0
    )


def is_lonlat(crs: Any) -> bool:
    """
    Whether coordinates of this system are already CGCS2000 longitude and latitude (WGS 84 counts as the same).

    Raises
    ------
    CRSError
        If the system cannot be brought to CGCS2000.
    """
    return _route(as_crs(crs)) is None


def lonlat_of(crs: Any, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """
    Coordinates of any system as CGCS2000 longitude and latitude.

    WGS 84, ITRF and the other geocentric datums of today are CGCS2000 to within decimetres and pass through their
    null transformations; a "ballpark" operation, which leaves coordinates of another datum unchanged, is never used.

    Parameters
    ----------
    crs : anything pyproj reads
    x, y : array
        Easting and northing, or longitude and latitude, in this order whatever the authority says.

    Returns
    -------
    lon, lat : array
        Degrees. ``inf`` where a point lies outside the projection's domain.

    Raises
    ------
    CRSError
        For no system, Beijing 1954 and Xian 1980 (they need local parameters), and datums with no known way.
    """
    return way_to_lonlat(crs)(x, y)


def way_to_lonlat(crs: Any) -> Way:
    """`lonlat_of` for one system, to be called for many blocks of coordinates."""
    route = _route(as_crs(crs))
    if route is None:
        return lambda x, y: (x, y)

    def transform(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        lon, lat = (np.asarray(values, dtype="float64") for values in route.transform(x, y))
        # some projections answer NaN for points out of reach; a ring with NaN in it would no longer be closed
        lost = ~(np.isfinite(lon) & np.isfinite(lat))
        lon[lost] = lat[lost] = np.inf
        return lon, lat

    return transform


def way_from_lonlat(crs: Any) -> Way:
    """The way back: CGCS2000 longitude and latitude as coordinates of a system."""
    route = _route(as_crs(crs))
    if route is None:
        return lambda lon, lat: (lon, lat)

    def transform(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        x, y = route.transform(lon, lat, direction="INVERSE")
        return np.asarray(x, dtype="float64"), np.asarray(y, dtype="float64")

    return transform


def metres_per_unit(crs: Any) -> float:
    """Length of one unit of a projected system's axes, in metres."""
    return float(as_crs(crs).axis_info[0].unit_conversion_factor)
