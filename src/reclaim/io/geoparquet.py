"""
GeoParquet, checked against what it says of itself.

The file's metadata promise a version, a CRS, geometry types, an extent and a winding. What cannot be read by those
promises is refused; where rows break them the rows stand and the breach is said.
"""

import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjError

from reclaim.errors import FileError
from reclaim.io.csvs import with_geometry
from reclaim.io.reading import Options, Reading, frame_of, unreadable

_VERSION = re.compile(r"[012]\.\d+(\.\d+)?([-.][a-z]+[.\d]*)?")
_KINDS = (
    "Geometry",
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
_INDEX = re.compile(r"__index_level_\d+__")
_SRID_FLAG = 0x20000000


def read_geoparquet(path: Path, options: Options) -> Reading:
    """
    Rows of a GeoParquet file.

    Parameters
    ----------
    path : Path
        GeoParquet 0.4 to 2.0; WKB or GeoArrow encoding.
    options : Options
        ``geometry`` picks another than the primary geometry column, or names one of WKT or GeoJSON text.

    Raises
    ------
    FileError
        When the file or its metadata cannot be used.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise unreadable(path.name, error) from error
    metadata = (table.schema.metadata or {}).get(b"geo")
    if metadata is None:
        return _without_metadata(table, path.name, options)
    geo = _metadata(metadata, path.name)
    column = _geometry_column(geo, table.column_names, path.name, options)
    promise = geo["columns"][column]
    reading = Reading(gpd.GeoDataFrame())
    reading.frame = _frame(table, column, path, reading).set_crs(_crs(promise, path.name))
    reading.declares_crs = reading.frame.crs is not None
    _check_promises(reading, promise, str(geo["version"]), _headers(table[column], promise))
    return reading


def _without_metadata(table: pa.Table, name: str, options: Options) -> Reading:
    if options.geometry is None:
        raise FileError(
            f"{name}: is Parquet without GeoParquet metadata; write it with GeoDataFrame.to_parquet, "
            'or name a column of WKT text with geometry = "…"'
        )
    return with_geometry(_plain(table).astype(object), name, options, Reading(gpd.GeoDataFrame()))


def _metadata(data: bytes, name: str) -> dict[str, Any]:
    try:
        geo = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FileError(f"{name}: its GeoParquet metadata are not UTF-8 text; write the file anew") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{name}: its GeoParquet metadata are not valid JSON; write the file anew") from error
    faults = _metadata_faults(geo)
    if faults:
        raise FileError(*(f"{name}: GeoParquet metadata: {fault}; write the file anew" for fault in faults))
    return dict(geo)


def _metadata_faults(geo: Any) -> list[str]:
    if not isinstance(geo, dict):
        return ["is no table of keys"]
    faults = [f"{key!r} is missing" for key in ("version", "primary_column", "columns") if key not in geo]
    if "version" in geo and not _VERSION.fullmatch(str(geo["version"])):
        faults.append(f"version {str(geo['version'])[:20]!r} is not known")
    columns = geo.get("columns", {})
    if not isinstance(columns, dict) or not all(isinstance(column, dict) for column in columns.values()):
        faults.append("'columns' is no table of columns")
    elif "columns" in geo and "primary_column" in geo and geo["primary_column"] not in columns:
        faults.append(f"primary column {str(geo['primary_column'])[:60]!r} is not among its columns")
    return faults


def _geometry_column(geo: dict[str, Any], names: list[str], name: str, options: Options) -> str:
    column = options.geometry or str(geo["primary_column"])
    if column not in geo["columns"] or column not in names:
        raise FileError(f"{name}: there is no geometry column {column!r}; it has {', '.join(geo['columns'])}")
    return column


def _crs(promise: Mapping[str, Any], name: str) -> CRS | None:
    if "crs" not in promise:
        return CRS.from_user_input("OGC:CRS84")
    if promise["crs"] is None:
        return None
    try:
        return CRS.from_user_input(promise["crs"])
    except (ProjError, TypeError, ValueError) as error:
        raise FileError(f"{name}: its coordinate system cannot be read; write the file anew with a full CRS") from error


def _frame(table: pa.Table, column: str, path: Path, reading: Reading) -> gpd.GeoDataFrame:
    attributes = _plain(table.drop_columns([column]))
    if not (
        pa.types.is_binary(table.schema.field(column).type) or pa.types.is_large_binary(table.schema.field(column).type)
    ):
        try:
            shapes = gpd.read_parquet(path, columns=[column])[column].array
        except (ValueError, KeyError, TypeError, pa.ArrowException, shapely.errors.ShapelyError) as error:
            raise unreadable(path.name, error) from error
    else:
        shapes = _from_wkb(table[column], reading)
    return frame_of(attributes, shapes)


def _from_wkb(column: pa.ChunkedArray, reading: Reading) -> Any:
    """Geometries; a row whose bytes are broken is listed and has none."""
    values = column.to_numpy(zero_copy_only=False)
    try:
        return shapely.from_wkb(values)
    except shapely.errors.ShapelyError:
        shapes = shapely.from_wkb(values, on_invalid="ignore")
    for row in np.flatnonzero(shapely.is_missing(shapes) & np.array([value is not None for value in values])):
        reading.note(
            "geometry-unreadable",
            "its geometry is cut off or broken",
            "write the file anew",
            severity="error",
            row=int(row),
        )
    return shapes


def _plain(table: pa.Table) -> pd.DataFrame:
    """Columns as they are; what pandas noted beside them is left out, it may be as broken as the rest."""
    frame: pd.DataFrame = table.replace_schema_metadata(None).to_pandas()
    return frame.drop(columns=[name for name in frame.columns if _INDEX.fullmatch(str(name))])


def _headers(column: pa.ChunkedArray, promise: Mapping[str, Any]) -> set[bytes]:
    """The different first five bytes of all WKB values: byte order and type."""
    if str(promise.get("encoding", "WKB")).upper() != "WKB" or not pa.types.is_binary(column.type):
        return set()
    return {value for value in pc.unique(pc.binary_slice(column, 0, 5)).to_pylist() if value}


def _check_promises(reading: Reading, promise: Mapping[str, Any], version: str, headers: set[bytes]) -> None:
    broken = [*_type_breaches(promise, headers), *_epoch_breaches(promise, version, reading.frame.crs)]
    shapes = reading.frame.geometry.array
    broken += [
        *_extent_breaches(promise, shapes),
        *_winding_breaches(promise, shapes),
        *_edge_breaches(promise, shapes),
    ]
    for breach in broken:
        reading.note("geoparquet-promise", f"GeoParquet metadata: {breach}", "write the file anew", severity="warning")


def _type_breaches(promise: Mapping[str, Any], headers: set[bytes]) -> list[str]:
    kinds, flagged = set(), False
    for header in headers:
        (kind,) = struct.unpack("<I" if header[0] == 1 else ">I", header[1:5])
        flagged = flagged or bool(kind & _SRID_FLAG)
        kinds.add(_kind_name(kind))
    breaches = ["geometries carry an SRID, which GeoParquet does not allow"] if flagged else []
    declared = {str(kind) for kind in promise.get("geometry_types") or ()}
    if declared and not kinds <= declared:
        breaches.append(f"says {', '.join(sorted(declared))}, but rows hold {', '.join(sorted(kinds - declared))}")
    return breaches


def _kind_name(kind: int) -> str:
    base = kind & 0x0FFFFFFF
    z = base // 1000 in (1, 3) or bool(kind & 0x80000000)
    m = base // 1000 in (2, 3) or bool(kind & 0x40000000)
    number = base % 1000
    name = _KINDS[number] if number < len(_KINDS) else f"type {number}"
    return name + (" " if z or m else "") + ("Z" if z else "") + ("M" if m else "")


def _epoch_breaches(promise: Mapping[str, Any], version: str, crs: CRS | None) -> list[str]:
    if "epoch" not in promise:
        return []
    breaches = [f"version {version} has no 'epoch'"] if version.startswith(("0.", "1.")) else []
    if crs is not None and crs.datum is not None and crs.datum.type_name == "Datum Ensemble":
        breaches.append(f"an epoch does not fit {crs.name}")
    return breaches


def _extent_breaches(promise: Mapping[str, Any], shapes: Any) -> list[str]:
    box = promise.get("bbox")
    if not isinstance(box, list) or len(box) not in (4, 6) or not len(shapes):
        return []
    west, south, east, north = (box[0], box[1], box[len(box) // 2], box[len(box) // 2 + 1])
    bounds = shapely.total_bounds(shapes)
    if not np.isfinite(bounds).all() or west > east:
        return []
    margin = 1e-6 * max(1.0, abs(east - west), abs(north - south))
    inside = bounds[0] >= west - margin and bounds[1] >= south - margin
    inside = inside and bounds[2] <= east + margin and bounds[3] <= north + margin
    return [] if inside else ["rows lie outside the extent that it states"]


def _winding_breaches(promise: Mapping[str, Any], shapes: Any) -> list[str]:
    if promise.get("orientation") != "counterclockwise":
        return []
    polygons = shapely.get_parts(shapes[shapely.get_dimensions(shapes) == 2])
    wound = shapely.is_ccw(shapely.get_exterior_ring(polygons))
    return [] if wound.all() else ["says that rings run counter-clockwise, but some run clockwise"]


def _edge_breaches(promise: Mapping[str, Any], shapes: Any) -> list[str]:
    if promise.get("edges") != "spherical":
        return []
    bounds = shapely.bounds(shapes)
    wide = (bounds[:, 2] - bounds[:, 0]) > 180
    return ["a line of a spherical layer runs the long way round the globe"] if wide.any() else []
