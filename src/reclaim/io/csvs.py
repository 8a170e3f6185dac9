"""
Text tables: CSV of any encoding and separator, with geometry as WKT, GeoJSON or two columns of degrees.
"""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from reclaim.errors import FileError
from reclaim.io.reading import Options, Reading, frame_of, geometries_from_text, looks_like_geometry
from reclaim.io.safety import open_problem
from reclaim.io.shapefiles import fits
from reclaim.io.sheets import header_row
from reclaim.io.words import hint

_SEPARATORS = (",", ";", "\t", "|", "，")
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d{0,14})(\.\d+)?([eE][+-]?\d{1,2})?")
_LONGITUDE = ("lon", "long", "longitude", "经度")
_LATITUDE = ("lat", "latitude", "纬度")
_LARGEST_CELL = 2**31 - 1


def read_csv(path: Path, options: Options) -> Reading:
    """
    Rows of a CSV file; numbers as numbers unless they are written like codes (``0103``), all else as text.

    Parameters
    ----------
    path : Path
        UTF-8, UTF-16 or GB18030; separated by comma, semicolon, tab or bar.
    options : Options
        ``geometry`` names the column with WKT or GeoJSON; without it the column is looked for.

    Raises
    ------
    FileError
        When it cannot be opened, is empty, or the named column is not there.
    """
    findings = Reading(frame_of(pd.DataFrame()))
    text = decode_table(_bytes(path), path.name, findings)
    columns = _columns(text, path.name, findings)
    return with_geometry(columns, path.name, options, findings)


def with_geometry(columns: pd.DataFrame, name: str, options: Options, reading: Reading) -> Reading:
    """
    Make geometry of the column that holds it as text, or of two columns of degrees.

    Parameters
    ----------
    columns : DataFrame
        Raw cells.
    name : str
        File name for messages.
    options : Options
        As for ``read_csv``.
    reading : Reading
        Takes the rows and what was noticed.
    """
    source = options.geometry or _geometry_column(columns)
    if source is not None and source not in columns.columns:
        known = [str(column) for column in columns.columns]
        raise FileError(f"{name}: there is no column {source!r} for the geometry{hint(source, known)}")
    if source is None:
        return _from_degrees(columns, reading)
    shapes, unread, srid = geometries_from_text(columns[source])
    for position in unread:
        reading.note(
            "geometry-unreadable",
            f"column {source!r} holds no readable geometry",
            "write it as WKT or GeoJSON",
            severity="error",
            row=position,
        )
    if options.geometry is None:
        reading.note(
            "geometry-column", f"column {source!r} was taken for the geometry", f'say so with geometry = "{source}"'
        )
    json_texts = columns[source].dropna().astype(str).str.lstrip().str.startswith("{").any()
    crs = f"EPSG:{srid}" if srid else "EPSG:4326" if json_texts else None
    reading.frame = frame_of(_typed(columns.drop(columns=source)), shapes, crs)
    reading.declares_crs = srid is not None
    return reading


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path.name}: {open_problem(error)}") from error


def decode_table(data: bytes, name: str, reading: Reading) -> str:
    """Text of a table's bytes: by its byte-order mark, else UTF-8, else GB18030, else Latin-1 with a warning."""
    if not data.strip(b"\0 \r\n\t"):
        raise FileError(f"{name}: is empty")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:4096]:
        raise FileError(f"{name}: is not a text table (it holds binary data)")
    for encoding in ("utf-8-sig", "gb18030"):
        if fits(data, encoding):
            if encoding == "gb18030":
                reading.note(
                    "encoding", "the text is not UTF-8; GB18030 fits and was used", "save it as UTF-8 to be sure"
                )
            return data.decode(encoding, errors="ignore")
    reading.note("encoding", "no encoding fits the text; names may be garbled", "save it as UTF-8", severity="warning")
    return data.decode("latin-1")


def _columns(text: str, name: str, reading: Reading) -> pd.DataFrame:
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    csv.field_size_limit(_LARGEST_CELL)
    try:
        rows = [row for row in csv.reader(io.StringIO(text.replace("\0", "")), delimiter=separator) if any(row)]
    except csv.Error as error:
        raise FileError(f"{name}: cannot be read as a text table ({error})") from error
    if not rows:
        raise FileError(f"{name}: holds no cell that can be read")
    head = header_row(rows)
    if head:
        reading.note("workbook-header", f"names of the columns stand in row {head + 1}; what is above was passed over")
    names = _names(rows[head])
    body = rows[head + 1 :]
    for position, row in enumerate(body):
        if len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
            message = f"has {len(row)} cells under {len(names)} names"
            reading.note(
                "row-too-long", message, "put texts with a separator in quotes", severity="warning", row=position
            )
    cells = [[cell.strip() or None for cell in (row + [""] * len(names))[: len(names)]] for row in body]
    return pd.DataFrame(cells, columns=names, dtype=object)


def _names(header: list[str]) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(header, start=1):
        name = cell.strip() or f"column_{number}"
        names.append(name if name not in names else f"{name}_{number}")
    return names


def _geometry_column(columns: pd.DataFrame) -> str | None:
    for name in columns.columns:
        filled = columns[name].dropna().head(20)
        if len(filled) and looks_like_geometry(filled.iloc[0]) and filled.map(looks_like_geometry).mean() > 0.5:
            return str(name)
    return None


def _from_degrees(columns: pd.DataFrame, reading: Reading) -> Reading:
    """Points where there is one column of longitude and one of latitude; else a table without geometry."""
    found = [
        [name for name in columns.columns if str(name).strip().lower() in names] for names in (_LONGITUDE, _LATITUDE)
    ]
    if any(len(names) != 1 for names in found):
        reading.frame = frame_of(_typed(columns))
        reading.spatial = False
        return reading
    lon, lat = (pd.to_numeric(columns[names[0]], errors="coerce").to_numpy(dtype=float) for names in found)
    seen = np.isfinite(lon) & np.isfinite(lat)
    shapes = np.full(len(columns), None, dtype=object)
    shapes[seen] = shapely.points(lon[seen], lat[seen])
    reading.frame = frame_of(_typed(columns), shapes, "EPSG:4326")
    return reading


def _typed(columns: pd.DataFrame) -> pd.DataFrame:
    """Columns of plain numbers as numbers; ``0103`` is a code and stays text."""
    result = columns.copy()
    for name in columns.columns:
        filled = columns[name].dropna()
        if len(filled) and all(isinstance(value, str) and _NUMBER.fullmatch(value) for value in filled):
            result[name] = pd.to_numeric(columns[name])
    return result
