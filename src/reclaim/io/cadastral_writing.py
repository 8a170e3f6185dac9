"""
The land authority's parcel file, written: a head, and for each parcel its fields and boundary points.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from reclaim.errors import CRSError, FileError
from reclaim.geodesy import Zone, area, lonlat_of, way_from_lonlat, zone_at
from reclaim.geodesy.zones import zone_of
from reclaim.io.atomic import atomic_path

_ENCODINGS = {"UTF-8": "utf-8", "GBK": "gb18030"}
# columns that fill the fields after the number of points and the area, in their order
_FIELDS = (
    ("parcel_id", "地块编号", "footprint_id", "zone_id", "site_id"),
    ("name_zh", "地块名称", "name", "parcel_id"),
    (),  # the kind of shape
    ("图幅号",),
    ("end_use", "地块用途"),
    ("class_after", "地类编码"),
)


def write_cadastral(
    frame: gpd.GeoDataFrame,
    path: str | os.PathLike[str],
    *,
    zone: Zone | None = None,
    encoding: str = "GBK",
    prefixed: bool = True,
) -> Path:
    """
    Write parcels as a cadastral text file.

    Parameters
    ----------
    frame : GeoDataFrame
        Polygons, with any of ``parcel_id``, ``name_zh``, ``end_use`` and ``class_after``.
    path : path
        The ``.txt``.
    zone : Zone, optional
        Zone of CGCS2000 to write in; otherwise that of the table's CRS, else the 3-degree zone of its middle.
    encoding : {"GBK", "UTF-8"}
        What the receiving office expects; mostly GBK.
    prefixed : bool
        Write eastings with the zone number in front.

    Returns
    -------
    Path
        The file. Coordinates are rounded to a tenth of a millimetre; the stated area is ellipsoidal, in hectares.

    Raises
    ------
    FileError
        For rows that are no polygons, or an encoding that is not offered.
    CRSError
        Where the table cannot be transformed exactly.
    """
    target = Path(path)
    if encoding.upper() not in _ENCODINGS:
        raise FileError(f"{target.name}: encoding must be GBK or UTF-8, got {encoding!r}")
    kinds = set(frame.geom_type.dropna())
    if not kinds <= {"Polygon", "MultiPolygon"} or frame.geometry.isna().any():
        raise FileError(f"{target.name}: every row must be a polygon to become a cadastral text")
    chosen = zone or _zone(frame, target)
    moved = _in_zone(frame, chosen, prefixed=prefixed)
    hectares = area(frame.geometry, frame.crs) / 10_000
    lines = [*_head(chosen), *_blocks(frame, moved, hectares)]
    with atomic_path(target) as fresh:
        text = "\r\n".join(lines) + "\r\n"
        fresh.write_bytes(text.encode(_ENCODINGS[encoding.upper()]))
    return target


def _zone(frame: gpd.GeoDataFrame, target: Path) -> Zone:
    if frame.crs is None:
        raise CRSError(f"{target.name}: the table has no CRS; state it with frame.set_crs(…)")
    own = zone_of(frame.crs)
    if own is not None:
        return own[0]
    west, south, east, north = frame.total_bounds
    longitude, _ = lonlat_of(frame.crs, np.array([(west + east) / 2]), np.array([(south + north) / 2]))
    found = zone_at(float(longitude[0])) if np.isfinite(longitude[0]) else None
    if found is None:
        raise CRSError(f"{target.name}: the parcels do not lie in a zone of CGCS2000")
    return found


def _in_zone(frame: gpd.GeoDataFrame, zone: Zone, *, prefixed: bool) -> Any:
    code = zone.prefixed if prefixed else zone.unprefixed
    if frame.crs.equals(CRS(code), ignore_axis_order=True):
        return frame.geometry.to_numpy()
    back = way_from_lonlat(code)
    return shapely.transform(
        frame.geometry.to_numpy(), lambda x, y: back(*lonlat_of(frame.crs, x, y)), interleaved=False
    )


def _head(zone: Zone) -> list[str]:
    return [
        "[属性描述]",
        "格式版本号=1.01",
        "坐标系=2000国家大地坐标系",
        f"几度分带={zone.width}",
        "投影类型=高斯克吕格",
        "计量单位=米",
        f"带号={zone.number}",
        "精度=0.0001",
        "转换参数=,,,,,,",
        "[地块坐标]",
    ]


def _blocks(frame: gpd.GeoDataFrame, shapes: Any, hectares: Any) -> Iterator[str]:
    for row, (record, shape) in enumerate(zip(frame.to_dict("records"), shapes, strict=True)):
        points = list(_points(shape))
        fields = [str(len(points)), f"{hectares[row]:.4f}", *_cells(record)]
        yield ",".join(fields) + ",@"
        yield from points


def _cells(record: Mapping[Any, Any]) -> list[str]:
    """The text fields of a block; a comma inside one would part it in two."""
    cells = []
    for names in _FIELDS:
        value = next((record[name] for name in names if name in record and not pd.isna(record[name])), "")
        cells.append(" ".join(str(value).replace(",", "，").replace("@", "＠").split()))
    cells[2] = "面"
    return cells


def _points(shape: Any) -> Iterator[str]:
    """Points of all rings: outer rings clockwise and holes the other way, as the form has them."""
    number = 0
    ring_number = 0
    for part in shapely.get_parts([shape]):
        oriented = shapely.orient_polygons(part, exterior_cw=True)
        for ring in [oriented.exterior, *oriented.interiors]:
            ring_number += 1
            coordinates = np.round(shapely.get_coordinates(ring), 4)
            names = [f"J{number + place + 1}" for place in range(len(coordinates) - 1)]
            number += len(names)
            for name, (easting, northing) in zip([*names, names[0]], coordinates, strict=True):
                yield f"{name},{ring_number},{northing:.4f},{easting:.4f}"
