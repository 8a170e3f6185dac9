"""
Coordinates that are not what their reference system says: missing systems, swapped axes, metres as degrees, zones.

A wrong system is not seen in the figures: ground shifted by three degrees has nearly the same area. So every system
is held against the numbers themselves and against its own area of use, and later against the sites (`whereabouts`).
"""

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from reclaim.errors import CRSError
from reclaim.geodesy import crs_label, find_zone, is_lonlat
from reclaim.geodesy.rings import chunks
from reclaim.geodesy.zones import grid_of, zone_of
from reclaim.land.checks.sheet import Mask, Sheet

_BLOCK = 1 << 20
# the land and sea that EPSG gives for CGCS2000: west, south, east, north
CHINA = (73.62, 16.7, 134.77, 53.56)
# a transverse Mercator easting is never further from its central meridian
_FARTHEST = 1_000_000.0


def check_coordinates(sheet: Sheet) -> None:
    """Set aside rows without usable coordinates, and say how to mend what was declared wrongly."""
    _missing(sheet)
    if not sheet.shaped.any():
        return
    _not_finite(sheet)
    if sheet.crs is None:
        _no_crs(sheet)
        return
    try:
        is_lonlat(sheet.crs)
    except CRSError as error:
        what, _, cure = str(error).partition(". State")
        sheet.refuse_together("crs-unusable", sheet.shaped.copy(), what, fix=f"state{cure}" if cure else None)
        return
    declared = CRS.from_user_input(sheet.crs)
    (_in_degrees if declared.is_geographic else _in_metres)(sheet, declared)


def _missing(sheet: Sheet) -> None:
    absent = np.asarray(shapely.is_missing(sheet.shapes) | shapely.is_empty(sheet.shapes))
    sheet.shaped[absent] = False
    if not sheet.needs_ground or not absent.any():
        return
    if absent.all() and sheet.table == "parcels" and sheet.frame["declared_mu"].notna().any():
        sheet.remark("declared-only", None, f"{len(absent)} rows have no outline; their areas stay declared figures")
        sheet.kept[absent] = False
        return
    sheet.refuse_shape("no-geometry", absent, lambda at: f"{sheet.name(at)} has no outline")


def _not_finite(sheet: Sheet) -> None:
    broken = ~finite_rows(sheet.shapes) & sheet.shaped
    sheet.refuse_shape("not-finite", broken, lambda at: f"{sheet.name(at)} has a coordinate that is no number")


def finite_rows(shapes: npt.NDArray[np.object_]) -> Mask:
    """Which geometries have only finite x and y. Set operations on others give 0 or a wrong figure, not an error."""
    fine = np.ones(len(shapes), dtype=bool)
    for chunk in chunks(shapes, _BLOCK):
        xy, owner = shapely.get_coordinates(shapes[chunk], return_index=True)
        bad = ~np.isfinite(xy).all(axis=1)
        if bad.any():
            fine[chunk.start + np.unique(owner[bad])] = False
    return fine


def _no_crs(sheet: Sheet) -> None:
    west, south, east, north = _extent(sheet.boxes()[sheet.shaped])
    zone = find_zone((west + east) / 2)
    if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
        guess = "the numbers look like degrees; if they are CGCS2000, crs = 'EPSG:4490'"
    elif zone is not None:
        guess = f"the eastings begin with zone {zone.number}; if they are CGCS2000, crs = '{zone.prefixed}'"
    else:
        guess = "the eastings name no zone; ask who made the file, then for example crs = 'EPSG:4547'"
    say = f"has no reference system (CRS), x {_to(west, east)}, y {_to(south, north)}"
    sheet.refuse_together("crs-missing", sheet.shaped.copy(), say, fix=f"state crs in the project file: {guess}")


def _extent(box: npt.NDArray[np.float64]) -> tuple[float, float, float, float]:
    if not len(box):
        return (np.nan,) * 4
    return box[:, 0].min(), box[:, 1].min(), box[:, 2].max(), box[:, 3].max()


# --- longitude and latitude ------------------------------------------------------------------------------------------


def _in_degrees(sheet: Sheet, declared: CRS) -> None:
    box = sheet.boxes()
    west, south, east, north = box.T
    size = np.max(np.abs(box), axis=1)
    beyond = sheet.shaped & ((np.abs(south) > 90) | (np.abs(north) > 90) | (np.abs(west) > 360) | (np.abs(east) > 360))
    metres = beyond & (size > 1000)
    if metres.any():
        _metres_as_degrees(sheet, metres, float(np.median((west + east)[metres])) / 2)
    turned = sheet.shaped & ~_inside(box, CHINA) & _inside(box[:, [1, 0, 3, 2]], CHINA)
    turned |= beyond & ~metres & (np.maximum(np.abs(west), np.abs(east)) <= 90) & (np.abs(north) <= 180)
    if turned.any():
        say = f"axes look swapped: x runs {_span(box[turned], 0)}, y runs {_span(box[turned], 1)}"
        sheet.refuse_together("swapped-axes", turned, say)
    rest = beyond & sheet.shaped
    if rest.any():
        say = f"coordinates are no longitudes and latitudes: x {_span(box[rest], 0)}, y {_span(box[rest], 1)}"
        sheet.refuse_together("out-of-range", rest, say)
    wide = sheet.shaped & (east - west > 180)
    sheet.refuse_shape("spans-180", wide, lambda at: f"{sheet.name(at)} spans more than 180 degrees of longitude")


def _metres_as_degrees(sheet: Sheet, metres: Mask, easting: float) -> None:
    zone = find_zone(easting)
    hint = f"; the eastings begin with zone {zone.number}, so probably crs = '{zone.prefixed}'" if zone else ""
    say = f"declared as {crs_label(sheet.crs)}, but the coordinates are metres, not degrees"
    fix = f"state the projected system in the project file, or have the file's CRS corrected{hint}"
    sheet.refuse_together("metres-as-degrees", metres, say, fix=fix)


def _inside(box: npt.NDArray[np.float64], bounds: tuple[float, float, float, float]) -> Mask:
    west, south, east, north = box.T
    fits = (west >= bounds[0]) & (south >= bounds[1]) & (east <= bounds[2]) & (north <= bounds[3])
    return np.asarray(fits)


def _span(box: npt.NDArray[np.float64], axis: int) -> str:
    return _to(box[:, axis].min(), box[:, axis + 2].max())


def _to(low: float, high: float) -> str:
    return " to ".join(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}" for value in (low, high))


# --- eastings and northings ------------------------------------------------------------------------------------------


def _in_metres(sheet: Sheet, declared: CRS) -> None:
    box = sheet.boxes()
    grid = grid_of(declared)
    small = np.max(np.abs(box), axis=1) <= 360
    if grid is None:
        # a local grid may well begin at 0; web Mercator and its kin do not
        if declared.to_epsg() == 3857:
            _degrees_as_metres(sheet, sheet.shaped & small)
            if sheet.shaped.any():
                sheet.remark("web-mercator", None, "comes in web Mercator, whose plane areas are far too large")
        return
    false_easting = grid[1]
    middle = (box[:, 0] + box[:, 2]) / 2
    if false_easting >= 400_000:
        _degrees_as_metres(sheet, sheet.shaped & small)
    away = np.abs(middle - false_easting) > _FARTHEST
    if false_easting > 1e6:
        # the zone number must be that of the system
        away |= np.floor(middle / 1e6) != np.floor(false_easting / 1e6)
    away &= sheet.shaped
    if not away.any():
        return
    northing = (box[:, 1] + box[:, 3]) / 2
    turned = away & _looks_northing(middle) & _looks_easting(northing, false_easting)
    if turned.any():
        say = f"axes look swapped: x runs {_span(box[turned], 0)}, y runs {_span(box[turned], 1)}"
        sheet.refuse_together("swapped-axes", turned, say)
    for easting in np.unique(np.floor(middle[away & sheet.shaped] / 1e6)):
        among = away & sheet.shaped & (np.floor(middle / 1e6) == easting)
        _wrong_prefix(sheet, among, float(np.median(middle[among])), declared)


def _degrees_as_metres(sheet: Sheet, small: Mask) -> None:
    if small.any():
        say = f"declared as {crs_label(sheet.crs)}, but the coordinates look like degrees"
        sheet.refuse_together("degrees-as-metres", small, say)


def _looks_northing(values: npt.NDArray[np.float64]) -> Mask:
    return np.asarray((values > 1_500_000) & (values < 6_500_000))


def _looks_easting(values: npt.NDArray[np.float64], false_easting: float) -> Mask:
    near = np.abs(values - false_easting) < 450_000
    zoned = np.array([find_zone(value) is not None for value in values], dtype=bool)
    return np.asarray(near | zoned)


def _wrong_prefix(sheet: Sheet, where: Mask, easting: float, declared: CRS) -> None:
    own, named = zone_of(declared), find_zone(easting)
    label = crs_label(sheet.crs)
    if named is not None:
        said = f"eastings like {easting:,.0f} begin with zone {named.number}, but the declared system is {label}"
        same = own is not None and own[0].central_meridian == named.central_meridian
        code = "zone-prefix" if same or own is None else "wrong-zone"
        sheet.refuse_together(code, where, said, fix=_state(named.prefixed))
    elif own is not None and own[1] and 0 < easting < 1_000_000:
        said = f"eastings like {easting:,.0f} carry no zone number, but the declared system is {label}"
        sheet.refuse_together("zone-prefix", where, said, fix=_state(own[0].unprefixed))
    else:
        said = f"eastings like {easting:,.0f} lie outside {label}"
        sheet.refuse_together("out-of-range", where, said)


def _state(code: str) -> str:
    return f"probably crs = '{code}' ({crs_label(code)}); have the file's CRS corrected, or state it if it has none"
