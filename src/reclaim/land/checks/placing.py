"""The move to CGCS2000, and whether the ground then lies where it should."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from reclaim.geodesy import GEOD, crs_label, to_cgcs2000
from reclaim.geodesy.zones import grid_of
from reclaim.land.checks.coordinates import finite_rows
from reclaim.land.checks.shapes import mend
from reclaim.land.checks.sheet import Mask, Sheet
from reclaim.tables import CRS

# beyond its zone a system is still exact for some way; further off, the zone is in doubt
_MARGIN_DEGREES = 1.0
# a row this far from its site is in the wrong place
_FAR_M = 100_000.0
# how near to whole zones a shift must be to be taken for one, in degrees
_NEAR_DEGREES = 0.3


def place(sheet: Sheet) -> None:
    """Bring the shapes to EPSG:4490 with long edges followed, and set aside what does not arrive."""
    kept = np.flatnonzero(sheet.shaped)
    if not len(kept):
        return
    system = sheet.crs
    moved = to_cgcs2000(gpd.GeoSeries(sheet.shapes[kept], crs=system))
    lost, changed = np.zeros((2, len(sheet.shapes)), dtype=bool)
    changed[kept] = ~shapely.equals_identical(moved.to_numpy(), sheet.shapes[kept])
    sheet.shapes[kept] = moved.to_numpy()
    lost[kept] = ~finite_rows(sheet.shapes[kept])
    if lost.any():
        sheet.refuse_together("out-of-range", lost, f"lies outside the reach of {crs_label(system)}")
    # rounding in a transformation may let two edges cross by a nanometre
    mend(sheet, CRS, moved=changed)


def check_whereabouts(sheets: Sequence[Sheet], homes: Mapping[str, tuple[float, float]]) -> None:
    """
    Hold the ground against its system's area of use, its site, and the other layers of its site.

    Parameters
    ----------
    sheets : sequence of Sheet
        With shapes in EPSG:4490.
    homes : mapping
        Longitude and latitude of sites by ``site_id``, as far as they are known.
    """
    for sheet in sheets:
        if sheet.shaped.any():
            centre = _centres(sheet.boxes())
            strayed = _off_site(sheet, centre, homes)
            _outside_area_of_use(sheet, centre, ~strayed)
    _layers_apart(sheets, homes)


def _centres(box: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.column_stack([(box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2])


def _outside_area_of_use(sheet: Sheet, centre: npt.NDArray[np.float64], among: Mask) -> None:
    use = pyproj.CRS(sheet.crs).area_of_use
    if use is None or use.west > use.east:
        return
    lon, lat = centre.T
    outside = (lon < use.west - _MARGIN_DEGREES) | (lon > use.east + _MARGIN_DEGREES)
    outside |= (lat < use.south - _MARGIN_DEGREES) | (lat > use.north + _MARGIN_DEGREES)
    outside &= sheet.shaped & among
    if outside.any():
        where = f"{np.median(lon[outside]):.2f} E, {np.median(lat[outside]):.2f} N"
        limits = f"{use.west:g}–{use.east:g} E, {use.south:g}–{use.north:g} N"
        say = f"{int(outside.sum())} rows lie near {where}, outside the area of {crs_label(sheet.crs)} ({limits})"
        sheet.remark("outside-area-of-use", None, say)


def _off_site(sheet: Sheet, centre: npt.NDArray[np.float64], homes: Mapping[str, tuple[float, float]]) -> Mask:
    """Rows far from their site; those that are off by whole zones are set aside."""
    strayed = np.zeros(len(centre), dtype=bool)
    if "site_id" not in sheet.frame.columns or sheet.table == "sites" or not homes:
        return strayed
    home = np.array([homes.get(site, (np.nan, np.nan)) for site in sheet.frame["site_id"].tolist()]).reshape(-1, 2)
    known = sheet.shaped & np.isfinite(home).all(axis=1)
    at = np.flatnonzero(known)
    far = np.zeros(len(centre))
    far[at] = GEOD.inv(home[at, 0], home[at, 1], centre[at, 0], centre[at, 1])[2]
    strayed = far > _FAR_M
    if not strayed.any():
        return strayed
    shift = centre[:, 0] - home[:, 0]
    by_zone = strayed & _whole_zones(shift, centre[:, 1] - home[:, 1])
    if by_zone.any() and grid_of(sheet.crs) is not None:
        degrees = float(np.median(shift[by_zone]))
        say = (
            f"lies {abs(degrees):.1f} degrees {'east' if degrees > 0 else 'west'} of its site: the zone is not that of "
        )
        sheet.refuse_together("wrong-zone", by_zone, say + crs_label(sheet.crs), fix=_zone_fix(sheet.crs, degrees))
    else:
        by_zone[:] = False
    rest = strayed & ~by_zone
    sheet.remark("far-from-site", rest, lambda i: f"{sheet.name(i)} lies {far[i] / 1000:,.0f} km from its site")
    return strayed


def _layers_apart(sheets: Sequence[Sheet], homes: Mapping[str, tuple[float, float]]) -> None:
    """Layers of one site that lie whole zones apart, where nothing says which of them is right."""
    first: dict[str, tuple[Sheet, npt.NDArray[np.float64]]] = {}
    for sheet in sheets:
        if sheet.table not in ("footprints", "parcels") or not sheet.shaped.any():
            continue
        middles = pd.DataFrame(_centres(sheet.boxes()[sheet.shaped]), columns=["lon", "lat"])
        middles = middles.groupby(sheet.frame["site_id"].to_numpy()[sheet.shaped]).median()
        apart = {}
        for site, middle in zip(middles.index, middles.to_numpy(), strict=True):
            if site in homes:
                continue
            other, place = first.setdefault(site, (sheet, middle))
            shift = middle - place
            if _whole_zones(shift[:1], shift[1:])[0] and (grid_of(sheet.crs) or grid_of(other.crs)):
                apart[site] = (
                    f"site {site} lies {shift[0]:+.1f} degrees of longitude from where {other.delivery.source} has it"
                )
        if apart:
            more = f", and so do {len(apart) - 1} other sites" if len(apart) > 1 else ""
            sheet.remark("zones-disagree", None, next(iter(apart.values())) + more)


def _whole_zones(shift: npt.NDArray[np.float64], north: npt.NDArray[np.float64]) -> Mask:
    """Shifts in degrees that are one or more zones to the east or west, and nothing to the north."""
    zones = np.round(shift / 3)
    return np.asarray((zones != 0) & (np.abs(shift - 3 * zones) < _NEAR_DEGREES) & (np.abs(north) < _NEAR_DEGREES))


def _zone_fix(crs: Any, degrees: float) -> str:
    grid = grid_of(crs)
    meridian = (grid[0] if grid else 0.0) - 3 * round(degrees / 3)
    return f"the central meridian is probably {meridian:g} E; have the file's CRS corrected, or state the right one"


def homes_of(tables: Sequence[gpd.GeoDataFrame]) -> dict[str, tuple[float, float]]:
    """Where each site is, from the first table that knows it."""
    homes: dict[str, tuple[float, float]] = {}
    for table in tables:
        if table.empty or "site_id" not in table.columns:
            continue
        shapes = np.asarray(table.geometry.array, dtype=object)
        there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & table["site_id"].notna().to_numpy()
        centre = _centres(shapely.bounds(shapes[there]).reshape(-1, 4))
        for site, (lon, lat) in zip(table["site_id"].to_numpy()[there], centre.tolist(), strict=True):
            homes.setdefault(str(site), (lon, lat))
    return homes
