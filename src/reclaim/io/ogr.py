"""
GeoPackage, GeoJSON, FlatGeobuf, KML and file geodatabase, by GDAL.
"""

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from reclaim.errors import FileError
from reclaim.io.gdal import GDAL_ERRORS, read_frame
from reclaim.io.reading import Options, Reading, frame_of, heard, unreadable
from reclaim.io.safety import open_problem
from reclaim.io.shapefiles import fits
from reclaim.io.words import hint

# tables that a GeoPackage keeps for itself and for QGIS
_HOUSEKEEPING = ("layer_styles", "qgis_projects", "data_licenses")
_KML_TECHNICAL = (
    "id",
    "altitudeMode",
    "tessellate",
    "extrude",
    "visibility",
    "drawOrder",
    "icon",
    "snippet",
    "begin",
    "end",
)
_KML_TECHNICAL_ALSO = ("timestamp",)


def read_layers_file(path: Path, options: Options) -> Reading:
    """
    Rows of one layer (or of several named ones) of a file that may hold many.

    Parameters
    ----------
    path : Path
        GeoPackage, FlatGeobuf, KML, KMZ or a ``.gdb`` folder.
    options : Options
        ``layer`` says which; needed where the file holds several.

    Raises
    ------
    FileError
        When the file is broken or locked, the layer is not there, or several are and none was named.
    """
    reading = Reading(gpd.GeoDataFrame())
    names = _chosen(path, options)
    frames = [_read(path, name, reading) for name in names]
    systems = {frame.crs.to_wkt() if frame.crs else "" for frame in frames}
    if len(systems) > 1:
        raise FileError(f"{path.name}: layers {', '.join(names)} differ in CRS; give each its own entry")
    reading.frame = frames[0] if len(frames) == 1 else _stacked(frames)
    reading.declares_crs = reading.frame.crs is not None
    return reading


def layer_names(path: Path) -> list[tuple[str, str | None]]:
    """
    Layers of a file that people put there, each with its geometry type (None: a plain table).

    Raises
    ------
    FileError
        When the file cannot be opened.
    """
    try:
        with heard([]):
            found = pyogrio.list_layers(path)
    except GDAL_ERRORS as error:
        raise unreadable(path.name, error) from error
    return [(str(name), None if kind is None else str(kind)) for name, kind in found if name not in _HOUSEKEEPING]


def _chosen(path: Path, options: Options) -> tuple[str, ...]:
    layers = layer_names(path)
    names = [name for name, _ in layers]
    missing = [name for name in options.layers if name not in names]
    if missing:
        raise FileError(*(f"{path.name}: there is no layer {name!r}{_layer_hint(name, names)}" for name in missing))
    if options.layers:
        return options.layers
    spatial = [name for name, kind in layers if kind is not None] or names
    if not spatial:
        raise FileError(f"{path.name}: holds no layer")
    if len(spatial) > 1:
        raise FileError(
            f'{path.name}: holds several layers ({_listed(spatial)}); say which with layer = "{spatial[0]}"'
        )
    return (spatial[0],)


def _layer_hint(name: str, names: list[str]) -> str:
    return hint(name, names) or f"; it has {_listed(names)}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _read(path: Path, layer: str, reading: Reading) -> gpd.GeoDataFrame:
    frame = read_frame(path, path.name, reading.findings, layer=layer)
    if not isinstance(frame, gpd.GeoDataFrame):
        reading.spatial = False
        return frame_of(frame)
    if path.suffix.lower() in (".kml", ".kmz"):
        frame = frame.drop(columns=[name for name in (*_KML_TECHNICAL, *_KML_TECHNICAL_ALSO) if name in frame.columns])
    name = frame.geometry.name
    shapes = frame.geometry.to_numpy()
    return frame_of(pd.DataFrame(frame.drop(columns=name)), shapes, known_crs(frame.crs))


def known_crs(crs: Any) -> Any:
    """A CRS, or None for the placeholders with which some files say that theirs is not known."""
    return None if crs is None or re.match(r"(?i)undefined|unknown|unnamed", crs.name or "") else crs


def _stacked(frames: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    crs = frames[0].crs
    plain = pd.concat([pd.DataFrame(frame.drop(columns="geometry")) for frame in frames], ignore_index=True)
    shapes = [shape for frame in frames for shape in frame.geometry]
    return frame_of(plain, shapes, crs)


def read_geojson(path: Path, options: Options) -> Reading:
    """
    Rows of a GeoJSON file; without a ``crs`` member its coordinates are degrees of WGS 84 (RFC 7946 section 4).

    Dates stay the text that they are in the file.

    Raises
    ------
    FileError
        When it is no GeoJSON.
    """
    reading = Reading(gpd.GeoDataFrame())
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path.name}: {open_problem(error)}") from error
    if not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        raise FileError(f"{path.name}: is not GeoJSON")
    texts = {"DATE_AS_STRING": "YES", "ARRAY_AS_STRING": "YES"}
    frame = read_frame(_as_utf8(data, reading), path.name, reading.findings, **texts)
    shapes = frame.geometry.to_numpy() if isinstance(frame, gpd.GeoDataFrame) else None
    columns = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    for name in columns.columns:
        if any(isinstance(value, list | dict) for value in columns[name].head(1000)):
            columns[name] = [
                json.dumps(v, ensure_ascii=False) if isinstance(v, list | dict) else v for v in columns[name]
            ]
    crs = known_crs(frame.crs) if isinstance(frame, gpd.GeoDataFrame) else None
    reading.frame = frame_of(columns, shapes, crs or "EPSG:4326")
    reading.declares_crs = re.search(rb'"crs"\s*:\s*\{', data) is not None
    return reading


def _as_utf8(data: bytes, reading: Reading) -> bytes:
    if fits(data, "utf-8"):
        return data
    if fits(data, "gb18030"):
        reading.note("encoding", "GeoJSON must be UTF-8; this is GB18030, which was used", "save it as UTF-8")
        return data.decode("gb18030", errors="ignore").encode()
    reading.note("encoding", "text is not UTF-8; names may be garbled", "save it as UTF-8", severity="warning")
    return data.decode("latin-1").encode()


def read_remote(name: str, options: Options) -> Reading:
    """
    Rows of a remote or virtual source that the person at the keyboard allowed.

    Raises
    ------
    FileError
        When it cannot be reached or read.
    """
    reading = Reading(gpd.GeoDataFrame())
    layer = options.layers[0] if options.layers else None
    frame = read_frame(name, name, reading.findings, layer=layer)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileError(f"{name}: has no geometry")
    shapes = frame.geometry.to_numpy()
    reading.frame = frame_of(pd.DataFrame(frame.drop(columns=frame.geometry.name)), shapes, known_crs(frame.crs))
    reading.declares_crs = reading.frame.crs is not None
    return reading
