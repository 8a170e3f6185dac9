"""
Shapefiles as they arrive: without a code page or with a wrong one, names cut inside a character, parts missing.

Text is read byte for byte and decoded here: the declared encoding first, then UTF-8, then GB18030. Which one was used
is always said.
"""

import codecs
import shutil
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError as ProjError

from reclaim.errors import FileError
from reclaim.io.gdal import configured, read_frame
from reclaim.io.reading import Options, Reading

# language byte of a DBF file -> encoding; 0x57 only says "that of the machine", which is nothing to go by
_LANGUAGE_BYTES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x13: "cp932", 0x4D: "gb18030", 0x4E: "cp949", 0x4F: "cp950",
    0x78: "cp950", 0x79: "cp949", 0x7A: "gb18030", 0x7B: "cp932", 0xC8: "cp1250", 0xC9: "cp1251",
}  # fmt: skip
_CHINESE = {"936", "cp936", "gbk", "gb2312", "gb18030", "gb 18030", "gb", "ansi 936", "oem 936", "x-gbk", "euc-cn"}
_CJK = ("\u2e80", "\uffef")
_LONGEST_PRJ = 20_000


def read_shapefile(path: Path, options: Options) -> Reading:
    """
    Rows of a Shapefile.

    Parameters
    ----------
    path : Path
        The ``.shp``; a missing ``.shx`` is made up for, a missing ``.dbf`` leaves the outlines alone.
    options : Options
        Not used: a Shapefile has one layer.

    Raises
    ------
    FileError
        When the ``.shp`` itself is missing or broken.
    """
    parts = _parts(path)
    reading = Reading(gpd.GeoDataFrame())
    if ".dbf" not in parts:
        reading.note(
            "shapefile-part-missing",
            f"{path.stem}.dbf is missing: outlines without names and dates",
            "ask for the .dbf, or state the columns with set = {…}",
            severity="warning",
        )
    raw = _read_bytes(path, reading, parts)
    if ".shx" not in parts:
        reading.note(
            "shapefile-part-missing", f"{path.stem}.shx is missing; it was rebuilt in memory", "ask for the .shx"
        )
    frame = _decoded(raw, parts, reading)
    frame.columns = _restored_names(list(frame.columns), path)
    reading.frame = frame
    reading.declares_crs = raw.crs is not None
    return reading


def _parts(path: Path) -> dict[str, Path]:
    """Files of the same name, by their endings in lower case."""
    found = {item.suffix.lower(): item for item in path.parent.iterdir() if item.stem == path.stem and item.is_file()}
    if ".shp" not in found:
        raise FileError(f"{path.name}: there is no such file")
    return found


def _read_bytes(path: Path, reading: Reading, parts: dict[str, Path]) -> gpd.GeoDataFrame:
    """The rows with all text as Latin-1, which keeps every byte."""
    system = parts[".prj"].read_bytes()[:_LONGEST_PRJ] if ".prj" in parts else b""
    if ".shx" in parts and fits(system, "utf-8"):
        return _as_frame(read_frame(path, path.name, reading.findings, encoding="ISO-8859-1"))
    with tempfile.TemporaryDirectory() as folder, configured(SHAPE_RESTORE_SHX=True):
        for suffix, part in parts.items():
            if suffix != ".prj" or fits(system, "utf-8"):
                shutil.copy(part, Path(folder) / f"copy{suffix}")
        copy = Path(folder) / "copy.shp"
        frame = _as_frame(read_frame(copy, path.name, reading.findings, encoding="ISO-8859-1"))
    return frame if fits(system, "utf-8") else _with_system(frame, system, reading)


def _with_system(frame: gpd.GeoDataFrame, system: bytes, reading: Reading) -> gpd.GeoDataFrame:
    """The CRS of a ``.prj`` whose names are written in GBK, which GDAL's reader stumbles over."""
    try:
        return frame.set_crs(CRS.from_wkt(system.decode("gb18030", errors="replace")), allow_override=True)
    except ProjError:
        reading.note("shapefile-part-missing", "the .prj cannot be read", 'state crs = "EPSG:…"', severity="warning")
        return frame


def _as_frame(frame: Any) -> gpd.GeoDataFrame:
    if isinstance(frame, gpd.GeoDataFrame):
        return frame
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([None] * len(frame)))


def _decoded(raw: gpd.GeoDataFrame, parts: dict[str, Path], reading: Reading) -> gpd.GeoDataFrame:
    """Names and texts in the encoding that fits all of them."""
    texts = {name: _different(raw[name]) for name in raw.columns if name != "geometry" and _holds_text(raw[name])}
    samples = [_bytes(str(name)) for name in raw.columns]
    samples += [_bytes(value) for _, values in texts.values() for value in values if not value.isascii()]
    if all(sample.isascii() for sample in samples):
        return raw
    declared = declared_encoding(parts)
    encoding = fitting_encoding(samples, declared)
    _say_encoding(reading, encoding, declared)
    frame = raw.copy()
    for name, (codes, values) in texts.items():
        if not all(value.isascii() for value in values):
            # the last place is for code -1, an empty cell
            read = np.array([*(decode_cut(_bytes(value), encoding) for value in values), None], dtype=object)
            frame[name] = pd.Series(read[codes], index=raw.index, dtype=object)
    names = [name if name == "geometry" else decode_cut(_bytes(str(name)), encoding) for name in raw.columns]
    return frame.set_axis(_distinct(names), axis=1)


def _different(column: pd.Series) -> tuple[Any, list[str]]:
    """The different texts of a column, and for each row which it has."""
    codes, values = pd.factorize(column.astype(object).to_numpy())
    return codes, [str(value) for value in values]


def _holds_text(column: pd.Series) -> bool:
    return column.dtype == object or isinstance(column.dtype, pd.StringDtype)


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", errors="replace")


def declared_encoding(parts: dict[str, Path]) -> str | None:
    """The encoding that a Shapefile states, in its ``.cpg`` or in the language byte of its ``.dbf``."""
    if ".cpg" in parts:
        name = parts[".cpg"].read_bytes()[:64].decode("ascii", errors="ignore").strip().strip('"').lower()
        if name in _CHINESE:
            return "gb18030"
        for spelling in (name, name.replace(" ", ""), f"cp{name.split()[-1]}" if name else "", name.replace(" ", "-")):
            known = _codec(spelling)
            if known:
                return known
    if ".dbf" in parts:
        with parts[".dbf"].open("rb") as stream:
            head = stream.read(32)
        if len(head) == 32:
            return _LANGUAGE_BYTES.get(struct.unpack_from("B", head, 29)[0])
    return None


def _codec(name: str) -> str | None:
    try:
        return codecs.lookup(name).name if name else None
    except (LookupError, ValueError):
        return None


def fitting_encoding(samples: Iterable[bytes], declared: str | None) -> str:
    """
    The first encoding that fits all texts: the declared one, UTF-8, GB18030; failing all, Latin-1.

    Chinese text that is sound UTF-8 is UTF-8 whatever was declared: in GBK it would be other, rare characters.

    Examples
    --------
    >>> fitting_encoding(["已复垦".encode("gbk")], "utf-8"), fitting_encoding(["已复垦".encode()], "gb18030")
    ('gb18030', 'utf-8')
    """
    kept = [sample for sample in samples if not sample.isascii()]
    if all(fits(sample, "utf-8") for sample in kept) and any(_has_cjk(decode_cut(sample, "utf-8")) for sample in kept):
        return "utf-8"
    for encoding in (declared, "utf-8", "gb18030"):
        if encoding and all(fits(sample, encoding) for sample in kept):
            return encoding
    return "latin-1"


def fits(sample: bytes, encoding: str) -> bool:
    """Whether bytes are sound text of an encoding, save for a last character that was cut."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample, final=False)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def decode_cut(sample: bytes, encoding: str) -> str:
    """
    Text of bytes whose last character may be cut in the middle; the cut character is left out.

    Examples
    --------
    >>> decode_cut("竣工日期".encode()[:10], "utf-8")
    '竣工日'
    """
    return codecs.getincrementaldecoder(encoding)("strict").decode(sample, final=False)


def _has_cjk(text: str) -> bool:
    return any(_CJK[0] <= char <= _CJK[1] for char in text)


def _say_encoding(reading: Reading, used: str, declared: str | None) -> None:
    fix = "if names look wrong, write the right encoding into the .cpg file"
    if used == "latin-1":
        reading.note("encoding", "no encoding fits the text; Chinese names may be garbled", fix, severity="warning")
    elif declared is None:
        reading.note("encoding", f"the file does not say its encoding; {used.upper()} fits and was used", fix)
    elif used != declared:
        reading.note(
            "encoding", f"the file says {declared.upper()}, but its text is {used.upper()}, which was used", fix
        )


def _distinct(names: list[str]) -> list[str]:
    """Names made different where a cut made them the same."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result


def names_file(path: Path) -> Path:
    """The file beside a Shapefile that says which long names its short ones stand for."""
    return path.with_name(f"{path.stem}.names.csv")


def _restored_names(names: list[str], path: Path) -> list[str]:
    """Long names back, where our own writer left their list."""
    beside = names_file(path)
    if not beside.is_file():
        return names
    lines = beside.read_text(encoding="utf-8-sig", errors="replace").splitlines()[1:]
    pairs = dict(line.split(",", 1) for line in lines if "," in line)
    return _distinct([pairs.get(name, name).strip('"') for name in names])
