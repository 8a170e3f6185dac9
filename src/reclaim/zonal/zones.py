"""
Zones: the ground on which cover is judged, from any layer of polygons.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from reclaim.errors import CRSError, ReclaimWarning, TableError
from reclaim.geodesy import area, crs_label, to_cgcs2000, way_from_lonlat
from reclaim.io.grids import Grid, same_crs

ID_COLUMNS = ("zone_id", "parcel_id", "face_id", "site_id", "id")
_REPAIR_NOTED = 0.001  # share of a zone's area that repair may change without a word
_REPAIR_REFUSED = 0.01
_REFUSED_M2 = 2000 / 3 / 10  # 0.1 mu


class ZoneSetAside(ReclaimWarning):
    """A zone could not be used as it stands."""


class ZoneRepaired(ReclaimWarning):
    """A zone's outline crossed itself and was repaired."""


def prepared(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Zones ready to be weighed: named, valid, measured.

    Parameters
    ----------
    zones : GeoDataFrame
        Polygons in any reference system. The name is the column ``zone_id``, else ``parcel_id``, ``face_id``,
        ``site_id`` or ``id``, else the row's number counted from 0.

    Returns
    -------
    GeoDataFrame
        The rows that can be used, in their order and reference system, with ``zone_id`` (text) and ``area_m2``
        (CGCS2000 ellipsoid) added and everything else kept. Outlines that cross themselves are repaired by structure.

    Raises
    ------
    TableError, CRSError
        When there is no polygon among them, or no reference system.

    Warns
    -----
    ZoneSetAside
        For rows that are no polygon, and those whose area repair would change by more than 1 % and 0.1 mu.
    ZoneRepaired
        Where repair changed an area by more than 0.1 %.
    """
    if not isinstance(zones, gpd.GeoDataFrame):
        raise TableError(f"zones: expected a table with outlines, got {type(zones).__name__}")
    if zones.crs is None:
        raise CRSError("zones: have no reference system (CRS); say which one it is, zones.set_crs(...)")
    _refuse_metres_as_degrees(zones)
    frame = zones.set_geometry(gpd.GeoSeries(shapely.force_2d(zones.geometry.values), index=zones.index, crs=zones.crs))
    frame = frame.assign(zone_id=_names(frame))
    frame = frame[_usable(frame)]
    frame = _repaired(frame)
    if frame.empty:
        raise TableError("zones: not one outline among them can be used")
    return frame.assign(area_m2=area(frame.geometry))


def _refuse_metres_as_degrees(zones: gpd.GeoDataFrame) -> None:
    far = float(np.nanmax(np.abs(zones.total_bounds), initial=0.0))
    if zones.crs.is_geographic and far > 360:
        raise CRSError(
            f"zones: are said to be in degrees ({crs_label(zones.crs)}), but their coordinates run to {far:,.0f}; "
            f"their "
            "reference system is another one, state the right one"
        )


def _names(frame: gpd.GeoDataFrame) -> list[str]:
    lower = {str(name).lower(): name for name in frame.columns}
    column = next((lower[name] for name in ID_COLUMNS if name in lower), None)
    rows = [str(number) for number in range(len(frame))]
    if column is None:
        return rows
    return [_text(value, row) for value, row in zip(frame[column], rows, strict=True)]


def _text(value: Any, otherwise: str) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)) or str(value).strip() == "":
        return otherwise
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a column of numbers with a gap comes as floats
    return str(value)


def _usable(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    kinds = shapely.get_type_id(frame.geometry.values)
    surfaces = (
        shapely.GeometryType.POLYGON,
        shapely.GeometryType.MULTIPOLYGON,
        shapely.GeometryType.GEOMETRYCOLLECTION,
    )
    good = np.isin(kinds, surfaces) & ~shapely.is_empty(frame.geometry.values)
    finite = np.array([np.isfinite(shapely.get_coordinates(shape)).all() for shape in frame.geometry], dtype=bool)
    for name in frame.zone_id[~(good & finite)]:
        warnings.warn(f"zone {name!r} is no polygon and was set aside; draw its outline", ZoneSetAside, stacklevel=4)
    return np.asarray(good & finite)


def _repaired(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Outlines that cross themselves, repaired where that leaves the area as it was."""
    shapes = np.array(frame.geometry, dtype=object)
    bad = np.flatnonzero(~shapely.is_valid(shapes))
    if not bad.size:
        return frame
    mended = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    before, after = area(shapes[bad], frame.crs), area(mended, frame.crs)
    keep = np.ones(len(frame), dtype=bool)
    for place, old, new in zip(bad, before, after, strict=True):
        name, change = frame.zone_id.iloc[place], abs(new - old)
        said = f"zone {name!r} crosses itself: {old:,.1f} m² as delivered, {new:,.1f} m² repaired"
        if change > _REPAIR_REFUSED * old and change > _REFUSED_M2:
            keep[place] = False
            warnings.warn(f"{said}; it was set aside, correct its outline", ZoneSetAside, stacklevel=4)
        elif change > _REPAIR_NOTED * old:
            warnings.warn(f"{said}; look at its outline", ZoneRepaired, stacklevel=4)
    shapes[bad] = mended
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))[keep]


def on_grid(zones: gpd.GeoDataFrame, grid: Grid) -> NDArray[np.object_]:
    """
    Outlines in a grid's reference system.

    Where that differs from their own, edges over 200 m get vertices along their own line first, so that they keep their
    course.

    Raises
    ------
    CRSError
        When there is no exact way from one system to the other.
    """
    if same_crs(zones.crs, grid.crs):
        return np.asarray(zones.geometry.values, dtype=object)
    back = way_from_lonlat(grid.crs)
    shapes = np.asarray(to_cgcs2000(zones.geometry).values, dtype=object).copy()
    lonlat = shapely.get_coordinates(shapes)
    x, y = back(lonlat[:, 0].copy(), lonlat[:, 1].copy())
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise CRSError(
            f"the zones lie where {crs_label(grid.crs)} does not reach; look whether the zones' reference system is "
            f"right"
        )
    return np.asarray(shapely.set_coordinates(shapes, np.column_stack([x, y])), dtype=object)


def joined(frames: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Several layers of zones as one, in the first one's reference system."""
    first = frames[0]
    return gpd.GeoDataFrame(pd.concat([frame.to_crs(first.crs) for frame in frames], ignore_index=True), crs=first.crs)
