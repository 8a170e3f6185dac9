"""
What the layers of a folder say of each other: where one without a CRS must lie, which workbook dates which outlines,
and what seems to have been sent twice.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from reclaim.geodesy import find_zone
from reclaim.io.scanning import Folder, Found, look_at


def scan(folder: Path) -> Folder:
    """
    Look at every file of a folder, and at what the files say of each other.

    Parameters
    ----------
    folder : Path
        Its sub-folders are looked at too, but for hidden ones and outputs.

    Returns
    -------
    Folder
        Files that cannot be read are in it with the reason; files of no interest are in ``passed_over``.
    """
    found = look_at(folder)
    _find_missing_crs(found)
    _find_joins(found)
    _find_twins(found)
    return found


def _find_missing_crs(found: Folder) -> None:
    """A CRS for layers without one, from the zone in their eastings or from where the others lie."""
    known = [
        layer for layer in found.layers if layer.frame is not None and layer.spatial and layer.frame.crs is not None
    ]
    around = _bounds_together(known)
    for layer in found.layers:
        if layer.frame is None or not layer.spatial or layer.frame.crs is not None or layer.frame.geometry.isna().all():
            continue
        layer.crs = _crs_of_bounds(layer.frame.total_bounds, around)
        if layer.crs is None:
            layer.doubts.append('the file does not say its CRS; ask which it is and add crs = "EPSG:…"')
        else:
            layer.doubts.append(f"the file does not say its CRS; {layer.crs} was taken from its coordinates")


def _bounds_together(layers: Sequence[Found]) -> tuple[float, float, float, float] | None:
    boxes = []
    for layer in layers:
        assert layer.frame is not None
        try:
            boxes.append(
                gpd.GeoSeries(shapely.box(*layer.frame.total_bounds), crs=layer.frame.crs).to_crs(4490).total_bounds
            )
        except (ValueError, RuntimeError):
            continue
    boxes = [box for box in boxes if np.isfinite(box).all()]
    if not boxes:
        return None
    west, south, east, north = np.array(boxes).T
    return west.min() - 1, south.min() - 1, east.max() + 1, north.max() + 1


def _crs_of_bounds(bounds: Any, around: tuple[float, float, float, float] | None) -> str | None:
    west, south, east, north = (float(value) for value in bounds)
    if not np.isfinite([west, south, east, north]).all():
        return None
    if 70 <= west <= east <= 140 and 0 <= south <= north <= 60:
        return "EPSG:4490"
    zone = find_zone((west + east) / 2)
    if zone is not None:
        return zone.prefixed
    if around is None or not (100_000 <= west <= east <= 900_000 and 0 < south < 7_000_000):
        return None
    fitting = [code for code in range(4534, 4555) if _lies_in(west, south, code, around)]
    return f"EPSG:{fitting[0]}" if len(fitting) == 1 else None


def _lies_in(x: float, y: float, code: int, around: tuple[float, float, float, float]) -> bool:
    place = gpd.GeoSeries([shapely.Point(x, y)], crs=CRS.from_epsg(code)).to_crs(4490).iloc[0]
    return bool(around[0] <= place.x <= around[2] and around[1] <= place.y <= around[3])


def _find_joins(found: Folder) -> None:
    """A workbook with the dates of parcels whose outlines stand in another file, under the same ids."""
    outlines = [layer for layer in found.layers if layer.table == "parcels" and layer.spatial]
    for table in [layer for layer in found.layers if layer.table == "parcels" and not layer.spatial]:
        ids = table.ids("parcel_id")
        dated = bool(table.columns.stage_dates) or "date" in table.columns.columns
        for layer in outlines:
            shared = ids & layer.ids("parcel_id")
            undated = not layer.columns.stage_dates and "date" not in layer.columns.columns
            if dated and undated and layer.join is None and len(shared) * 2 >= len(ids) > 0:
                layer.join = table
                layer.sets.pop("date", None)
                layer.sets.pop("stage", None)
                layer.doubts = [doubt for doubt in layer.doubts if "date" not in doubt and "stage" not in doubt]
                layer.doubts.append(
                    f"its dates were taken from {table.name}, joined by parcel_id ({len(shared)} ids agree)"
                )
                break
    joined = [layer.join for layer in outlines if layer.join is not None]
    found.layers = [layer for layer in found.layers if not any(layer is other for other in joined)]


def _find_twins(found: Folder) -> None:
    """Layers that seem to deliver the same parcels twice."""
    parcels = [layer for layer in found.layers if layer.table == "parcels" and layer.spatial]
    for number, one in enumerate(parcels):
        for other in parcels[number + 1 :]:
            ids = one.ids("parcel_id"), other.ids("parcel_id")
            shared = ids[0] & ids[1]
            if len(shared) > 1 and len(shared) * 2 >= min(len(ids[0]), len(ids[1])):
                other.doubts.append(
                    f"it shares {len(shared)} parcel ids with {one.name}; keep one if they are the same land"
                )
