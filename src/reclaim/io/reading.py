"""
What a reader gives back: a file's rows as they stand, and what was noticed on the way.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from reclaim.errors import FileError
from reclaim.tables import Finding, Severity


@dataclass(frozen=True)
class Options:
    """
    What a project file says about how to read one source.

    Parameters
    ----------
    layer : str or tuple of str
        Layer, sheet or CAD layers to take.
    geometry : str
        Column that holds the geometry as WKT or GeoJSON text.
    """

    layer: str | tuple[str, ...] | None = None
    geometry: str | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers asked for, as a tuple."""
        if self.layer is None:
            return ()
        return (self.layer,) if isinstance(self.layer, str) else self.layer


@dataclass
class Reading:
    """
    Rows of one file or layer, in its order and its own CRS.

    Parameters
    ----------
    frame : GeoDataFrame
        The file's own column names and values; index 0-based row in the file.
    findings : list of Finding
        What reading noticed, without table and source.
    declares_crs : bool
        The file itself states its CRS.
    spatial : bool
        The source has geometry at all; a workbook of figures has none.
    """

    frame: gpd.GeoDataFrame
    findings: list[Finding] = field(default_factory=list)
    declares_crs: bool = False
    spatial: bool = True

    def note(
        self, code: str, message: str, fix: str = "", *, severity: Severity = "note", row: int | None = None
    ) -> None:
        """Add a finding."""
        self.findings.append(Finding(severity, code, message, fix, row=row))


def frame_of(columns: pd.DataFrame, geometry: Any = None, crs: Any = None) -> gpd.GeoDataFrame:
    """A GeoDataFrame of columns and geometries, with rows counted from 0."""
    count = len(columns)
    shapes = np.full(count, None, dtype=object) if geometry is None else np.asarray(geometry, dtype=object)
    plain = pd.DataFrame(columns).reset_index(drop=True)
    if "geometry" in plain.columns:
        plain = plain.rename(columns={"geometry": "geometry_text"})
    return gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)


def no_rows(crs: Any = None) -> gpd.GeoDataFrame:
    """A table without columns and rows."""
    return frame_of(pd.DataFrame(), np.array([], dtype=object), crs)


def geometries_from_text(texts: pd.Series) -> tuple[np.ndarray[Any, Any], list[int], int | None]:
    """
    Geometries written as WKT, EWKT, hexadecimal WKB or GeoJSON.

    Parameters
    ----------
    texts : Series of str
        Empty and missing cells give no geometry.

    Returns
    -------
    geometries : array of shapely geometries or None
    unread : list of int
        Positions of texts that are no geometry.
    srid : int or None
        The one EPSG code stated by the texts themselves.
    """
    values = [text.strip() if isinstance(text, str) else "" for text in texts]
    shapes = np.full(len(values), None, dtype=object)
    unread, srids = [], set()
    for position, value in enumerate(values):
        try:
            shapes[position] = _one_geometry(value)
        except (shapely.errors.ShapelyError, ValueError, TypeError, RecursionError):
            unread.append(position)
        if value[:5].upper() == "SRID=":
            srids.add(value[5:].partition(";")[0].strip())
    srid = next(iter(srids)) if len(srids) == 1 else ""
    return shapes, unread, int(srid) if srid.isdecimal() else None


def _one_geometry(text: str) -> Any:
    if not text or text.lower() in ("nan", "null", "none"):
        return None
    if text.startswith("{"):
        return shapely.from_geojson(text)
    plain = text.partition(";")[2] if text[:5].upper() == "SRID=" else text
    if plain[:2] in ("00", "01") and all(char in "0123456789abcdefABCDEF" for char in plain[:20]):
        return shapely.from_wkb(plain)
    with np.errstate(invalid="ignore"):  # a coordinate that is no number is told by the checks
        return shapely.from_wkt(plain)


def looks_like_geometry(text: object) -> bool:
    """
    Whether a cell holds a geometry as text.

    Examples
    --------
    >>> [looks_like_geometry(text) for text in ('POLYGON ((0 0, 1 0, 1 1, 0 0))', '{"type": "Point"}', "Point Road 3")]
    [True, True, False]
    """
    if not isinstance(text, str):
        return False
    plain = text.strip().partition(";")[2] if text.strip()[:5].upper() == "SRID=" else text.strip()
    kinds = ("POINT", "POLYGON", "MULTIPOLYGON", "MULTIPOINT", "LINESTRING", "MULTILINESTRING", "GEOMETRYCOLLECTION")
    word = plain.partition("(")[0].upper().split()
    opened = "(" in plain and word[1:] in ([], ["Z"], ["M"], ["ZM"])
    if word and word[0] in kinds and (opened or word[1:] == ["EMPTY"]):
        return True
    return plain.startswith("{") and '"type"' in plain.replace("'", '"')[:40]


@contextmanager
def heard(reading_findings: list[Finding]) -> Iterator[None]:
    """Turn the warnings of a reading library into findings, each once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for text in dict.fromkeys(
        str(item.message) for item in caught if not issubclass(item.category, DeprecationWarning)
    ):
        first = text.strip().splitlines()[0][:300] if text.strip() else "the reader warned"
        reading_findings.append(
            Finding("warning", "file-warning", f"while reading: {first}", "check that the rows are all there")
        )


def unreadable(name: str, error: BaseException) -> FileError:
    """The error for a file that its library cannot read, in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    lowered = text.lower()
    if "database is locked" in lowered or "database table is locked" in lowered:
        return FileError(f"{name}: is locked by another program (QGIS with an edit open?); close it and try again")
    if isinstance(error, PermissionError):
        return FileError(f"{name}: cannot be opened; it is held open by another program or you may not read it")
    if "malformed" in lowered or "file is not a database" in lowered or "sqlite3_" in lowered:
        return FileError(f"{name}: is damaged (its database cannot be read); ask for the file again")
    return FileError(f"{name}: cannot be read, it may be broken or not what its ending says ({text[:160]})")
