"""
One door for every vector file: what its ending says it is, and whether its first bytes agree.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import geopandas as gpd

from reclaim.errors import FileError, ReclaimError
from reclaim.io.mapping import map_columns
from reclaim.io.reading import Options, Reading, unreadable
from reclaim.io.safety import check_content, check_members, is_database, is_remote, open_problem, safe_path
from reclaim.io.specs import LayerSpec
from reclaim.io.words import hint
from reclaim.tables import INPUT_TABLES

Reader = Callable[[Path, Options], Reading]


@dataclass(frozen=True)
class Format:
    """How one kind of file is told and read."""

    name: str
    suffixes: tuple[str, ...]
    reader: str  # "module:function" below reclaim.io; loaded when first needed
    magic: tuple[bytes, ...] = ()  # how the file must begin; empty: anything
    mark: bytes = b""  # what must stand near its beginning


FORMATS = (
    Format("Shapefile", (".shp",), "shapefiles:read_shapefile", (b"\x00\x00\x27\x0a",)),
    Format("GeoPackage", (".gpkg",), "ogr:read_layers_file", (b"SQLite format 3\x00",)),
    Format("GeoJSON", (".geojson", ".json"), "ogr:read_geojson"),
    Format("GeoParquet", (".parquet", ".geoparquet"), "geoparquet:read_geoparquet", (b"PAR1",)),
    Format("FlatGeobuf", (".fgb",), "ogr:read_layers_file", (b"fgb",)),
    Format("KML", (".kml",), "ogr:read_layers_file", mark=b"<kml"),
    Format("KML", (".kmz",), "ogr:read_layers_file", (b"PK",)),
    Format("file geodatabase", (".gdb",), "ogr:read_layers_file"),
    Format("text table", (".csv", ".tsv"), "csvs:read_csv"),
    Format("workbook", (".xlsx", ".xlsm"), "workbooks:read_workbook", (b"PK",)),
    Format("CAD drawing", (".dxf",), "cad:read_dxf"),
    Format("cadastral text", (".txt",), "cadastral:read_cadastral"),
)
BY_SUFFIX: Mapping[str, Format] = {suffix: form for form in FORMATS for suffix in form.suffixes}
OTHER_WAYS = {
    ".dwg": "DWG drawings cannot be read; open it in CAD and save it as DXF (R2000 or later), then give the .dxf",
    ".xls": "old .xls workbooks cannot be read; open it and save it as .xlsx",
    ".et": "WPS tables cannot be read; save it as .xlsx",
    ".zip": "archives are not opened; unpack it into the project folder",
    ".rar": "archives are not opened; unpack it into the project folder",
    ".7z": "archives are not opened; unpack it into the project folder",
    ".mdb": "Access geodatabases cannot be read; export the layer as GeoPackage",
    ".tab": "MapInfo tables cannot be read; export the layer as GeoPackage",
    ".mif": "MapInfo files cannot be read; export the layer as GeoPackage",
    ".vct": "VCT files cannot be read; export the layer as GeoPackage or Shapefile",
    ".wp": "MapGIS files cannot be read; export the layer as Shapefile",
    ".dbf": "is the table of a Shapefile; give the .shp",
    ".shx": "is the index of a Shapefile; give the .shp",
    ".prj": "is the CRS of a Shapefile; give the .shp",
}


def read_file(path: Path, options: Options, *, folder: Path | None = None, allow_outside: bool = False) -> Reading:
    """
    Rows of one file, as they stand in it.

    Parameters
    ----------
    path : Path
        A checked local path.
    options : Options
        Layer and geometry column.
    folder : Path, optional
        The project's folder: no part of the file may be a link that leads out of it.
    allow_outside : bool
        Such links are allowed.

    Raises
    ------
    FileError
        When the file is missing, of an unknown kind, broken, locked, or not what its ending says.
    """
    if path.suffix.lower() != ".gdb" and path.is_dir():
        raise FileError(f'{path.name}: is a folder; name the files in it, as in path = "{path.name}/*.shp"')
    form = format_of(path)
    if not path.exists():
        raise FileError(f"{path.name}: there is no such file{_neighbour(path)}")
    check_content(path)
    if folder is not None:
        check_members(path, folder, allow_outside=allow_outside)
    _check_magic(path, form)
    reader = _reader(form)
    try:
        return reader(path, options)
    except ReclaimError:
        raise
    except Exception as error:
        # the libraries below let through whatever a broken file makes them stumble over
        raise unreadable(path.name, error) from error


def read_table(
    path: str | os.PathLike[str],
    *,
    table: str = "parcels",
    allow_remote: bool = False,
    **keys: Any,
) -> gpd.GeoDataFrame:
    """
    One file as a table with agreed column names, not yet checked.

    Parameters
    ----------
    path : path
        Any vector file or table that a project may name.
    table : str
        The agreed table whose columns and codes are meant.
    allow_remote : bool
        Let the path be remote or virtual.
    **keys
        The keys of a project file's layer: ``layer``, ``crs``, ``columns``, ``values``, ``set``, ``geometry``,
        ``stage_dates``.

    Returns
    -------
    GeoDataFrame
        In the file's own CRS; index 0-based row in the file.

    Raises
    ------
    FileError, TableError
        When the file cannot be read or a stated column is not in it.

    Examples
    --------
    >>> read_table("nowhere.gpkg")
    Traceback (most recent call last):
        ...
    reclaim.errors.FileError: nowhere.gpkg: there is no such file
    """
    if table not in INPUT_TABLES:
        raise FileError(f"unknown table {table!r}{hint(table, list(INPUT_TABLES))}")
    keys.setdefault("meaning", "increment" if table == "footprints" else None)
    spec = LayerSpec.model_validate({"table": table, "path": os.fspath(path), **keys})
    reading = read_source(spec, None, allow_outside=True, allow_remote=allow_remote)
    frame, findings = map_columns(reading.frame, spec)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise FileError(*(f"{Path(path).name}: {finding.message}" for finding in errors))
    return frame


def read_source(
    spec: LayerSpec, folder: Path | None, *, allow_outside: bool = False, allow_remote: bool = False
) -> Reading:
    """Rows of the one file, remote source or database layer that a spec names."""
    options = Options(spec.layer, spec.geometry or spec.columns.get("geometry"))
    if is_database(spec.path):
        from reclaim.io.databases import read_database

        return read_database(spec.path, options)
    if allow_remote and is_remote(spec.path):
        from reclaim.io.ogr import read_remote

        return read_remote(spec.path, options)
    path = safe_path(spec.path, folder, allow_outside=allow_outside)
    return read_file(path, options, folder=folder, allow_outside=allow_outside)


def format_of(path: Path) -> Format:
    """
    The format that a file's ending means.

    Raises
    ------
    FileError
        For an ending that is not read, with the way out.
    """
    suffix = path.suffix.lower()
    if suffix in OTHER_WAYS:
        raise FileError(f"{path.name}: {OTHER_WAYS[suffix]}")
    if suffix not in BY_SUFFIX:
        raise FileError(
            f"{path.name}: files ending in {suffix or 'nothing'!r} are not read; these are: {' '.join(BY_SUFFIX)}"
        )
    return BY_SUFFIX[suffix]


def _reader(form: Format) -> Reader:
    module, _, name = form.reader.partition(":")
    reader: Reader = getattr(import_module(f"reclaim.io.{module}"), name)
    return reader


def _check_magic(path: Path, form: Format) -> None:
    if path.is_dir():
        return
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise FileError(f"{path.name}: {open_problem(error)}") from error
    if not head:
        raise FileError(f"{path.name}: is empty")
    if (form.magic and not head.startswith(form.magic)) or form.mark not in head:
        looks = " (it looks like a web page)" if b"<html" in head.lower() or b"<!doctype" in head.lower() else ""
        raise FileError(f"{path.name}: is not a {form.name}, whatever its ending says{looks}")


def _neighbour(path: Path) -> str:
    """A file of nearly the same name beside the missing one."""
    if not path.parent.is_dir():
        return f"; there is no folder {path.parent.name!r} either"
    from reclaim.io.words import nearest

    close = nearest(path.name, [item.name for item in path.parent.iterdir()], cutoff=0.75)
    return f"; did you mean {close!r}?" if close else ""
