"""
The land authority's parcel file: text with a head of attributes and the boundary points of each parcel.

A block begins with a line of fields that ends in ``@`` (number of points, area in hectares, number and name of the
parcel, …), followed by one line a boundary point: its name, its ring, northing, easting. Provinces add fields; which
one is the number of points is found by counting, and the others keep their order.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from reclaim.errors import FileError
from reclaim.io.csvs import decode_table
from reclaim.io.reading import Options, Reading, frame_of
from reclaim.io.safety import open_problem

# names of the fields after the number of points, as the nine-field form has them
FIELDS = ("地块面积（公顷）", "地块编号", "地块名称", "图形属性", "图幅号", "地块用途", "地类编码")
_SECTION = re.compile(r"^\[(?P<name>[^\]]+)\]\s*$")
_POINT = re.compile(r"^[+-]?\d+(\.\d+)?$")
_AREA_TOLERANCE = 0.01
# first EPSG code of a run of zones: datum -> (width, prefixed) -> (first zone, code)
_CODES: Mapping[str, Mapping[tuple[int, bool], tuple[int, int]]] = {
    "CGCS2000": {(3, True): (25, 4513), (3, False): (25, 4534), (6, True): (13, 4491), (6, False): (13, 4502)},
    "Xian 1980": {(3, True): (25, 2349), (3, False): (25, 2370), (6, True): (13, 2327), (6, False): (13, 2338)},
    "Beijing 1954": {(3, True): (25, 2401), (3, False): (25, 2422), (6, True): (13, 21413), (6, False): (13, 21453)},
}
_GEOGRAPHIC = {"CGCS2000": 4490, "Xian 1980": 4610, "Beijing 1954": 4214}
_DATUMS = (
    (re.compile(r"2000|CGCS", re.IGNORECASE), "CGCS2000"),
    (re.compile(r"80|西安"), "Xian 1980"),
    (re.compile(r"54|北京"), "Beijing 1954"),
)


@dataclass
class Parcel:
    """One block: its fields, its points as (ring, northing, easting), and the line that it begins at."""

    fields: list[str]
    line: int
    points: list[tuple[str, float, float]] = field(default_factory=list)


def read_cadastral(path: Path, options: Options) -> Reading:
    """
    Parcels of a cadastral text file.

    Parameters
    ----------
    path : Path
        UTF-8 or GB18030.
    options : Options
        Not used: the file has one layer.

    Returns
    -------
    Reading
        Fields under the names of the nine-field form, further ones as ``field_9`` …, those in front of the number of
        points as ``before_1`` …; the CRS from the head and the eastings.

    Raises
    ------
    FileError
        When it is no such file.
    """
    reading = Reading(gpd.GeoDataFrame())
    try:
        text = decode_table(path.read_bytes(), path.name, reading)
    except OSError as error:
        raise FileError(f"{path.name}: {open_problem(error)}") from error
    head, parcels = _parse(text, reading)
    if not parcels:
        raise FileError(f"{path.name}: is no cadastral text: no block that begins with a line ending in @")
    _check_axes(parcels, reading)
    crs = _crs(head, parcels, path.name, reading)
    counts = [_count_field(parcel) for parcel in parcels]
    shapes = [_polygon(parcel, row, reading) for row, parcel in enumerate(parcels)]
    for row, (parcel, place) in enumerate(zip(parcels, counts, strict=True)):
        _check_count(parcel, place, row, reading)
    reading.frame = frame_of(_fields(parcels, counts), np.array(shapes, dtype=object), crs)
    _check_areas(reading)
    reading.declares_crs = crs is not None
    return reading


def is_cadastral(path: Path) -> bool:
    """Whether a text file looks like the land authority's form."""
    try:
        with path.open("rb") as stream:
            head = stream.read(20_000)
    except OSError:
        return False
    marks = [mark.encode(encoding) for mark in ("[地块坐标]", "[属性描述]") for encoding in ("utf-8", "gb18030")]
    return any(mark in head for mark in marks) or bool(re.search(rb",@\s*[\r\n]", head))


def _parse(text: str, reading: Reading) -> tuple[dict[str, str], list[Parcel]]:
    head: dict[str, str] = {}
    parcels: list[Parcel] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip().lstrip("\ufeff").replace("＠", "@")
        line = line if "," in line else line.replace("，", ",")
        if not line or _SECTION.match(line) or line == "@":
            continue
        key, equals, value = line.partition("=")
        if equals and not parcels:
            head[key.strip()] = value.strip()
        elif line.endswith("@"):
            parcels.append(Parcel([cell.strip() for cell in line[:-1].removesuffix(",").split(",")], number))
        elif not _take_point(line, parcels):
            reading.note(
                "cadastral-line",
                f"line {number} is neither a point nor the head of a parcel: {line[:60]!r}",
                "write points as name,ring,northing,easting",
                severity="warning",
                row=max(0, len(parcels) - 1),
            )
    return head, parcels


def _take_point(line: str, parcels: list[Parcel]) -> bool:
    """A point's line: its last two numbers are its coordinates; before them stand its name and, mostly, its ring."""
    cells = [cell.strip() for cell in re.split(r"[,\t;]|\s{2,}", line.rstrip(","))]
    while cells and not cells[-1]:
        cells.pop()
    if not parcels or len(cells) < 2 or not all(_POINT.match(cell) for cell in cells[-2:]):
        return False
    ring = cells[-3] if len(cells) >= 4 and cells[-3].isdecimal() else "1"
    parcels[-1].points.append((ring, float(cells[-2]), float(cells[-1])))
    return True


def _check_axes(parcels: list[Parcel], reading: Reading) -> None:
    """Northing stands first; where the first value can only be an easting with its zone, the two are exchanged."""
    points = [point for parcel in parcels for point in parcel.points]
    if not points:
        return
    first = float(np.median([point[1] for point in points]))
    second = float(np.median([point[2] for point in points]))
    swapped = (first > 1e7 > second) or (73 <= first <= 136 and second < 60 and first > second)
    if swapped:
        reading.note("cadastral-line", "easting stands before northing; the two were exchanged", severity="warning")
        for parcel in parcels:
            parcel.points = [(ring, second, first) for ring, first, second in parcel.points]


def _crs(head: Mapping[str, str], parcels: list[Parcel], name: str, reading: Reading) -> CRS | None:
    """The system that the head and the eastings state together; None where they do not say, or disagree."""
    eastings = [point[2] for parcel in parcels for point in parcel.points]
    if not eastings:
        return None
    datum = next((datum for form, datum in _DATUMS if form.search(head.get("坐标系", ""))), None)
    middle = float(np.median(eastings))
    if middle < 180:
        return CRS.from_epsg(_GEOGRAPHIC[datum]) if datum else None
    prefix = int(middle // 1e6)
    stated = _whole(head.get("带号", ""))
    width = _whole(head.get("几度分带", "")) or (3 if prefix >= 25 else 6 if prefix >= 13 else None)
    zone = prefix or stated
    if prefix and stated and prefix != stated:
        reading.note(
            "cadastral-line",
            f"the head says zone {stated}, the eastings say zone {prefix}",
            'find out which is right and state crs = "EPSG:…"',
            severity="warning",
        )
        return None
    if datum is None or width not in (3, 6) or zone is None:
        missing = "datum (坐标系)" if datum is None else "zone (带号)"
        reading.note(
            "cadastral-line", f"the head does not say the {missing}", 'state crs = "EPSG:…"', severity="warning"
        )
        return None
    first, code = _CODES[datum][width, bool(prefix)]
    if not 0 <= zone - first <= (20 if width == 3 else 10):
        raise FileError(f"{name}: zone {zone} of {width} degrees is not in China; correct 带号 or 几度分带 in its head")
    return CRS.from_epsg(code + zone - first)


def _whole(text: str) -> int | None:
    digits = re.search(r"\d+", text)
    return int(digits[0]) if digits else {"三": 3, "六": 6}.get(text.strip()[:1])


def _count_field(parcel: Parcel) -> int:
    """Which field states the number of points: the first that does, by the count of lines or without closing points."""
    counts = {len(parcel.points), len(parcel.points) - len({ring for ring, _, _ in parcel.points})}
    for place, cell in enumerate(parcel.fields[:4]):
        if cell.isdecimal() and int(cell) in counts:
            return place
    return 0


def _check_count(parcel: Parcel, place: int, row: int, reading: Reading) -> None:
    stated = _whole(parcel.fields[place]) if parcel.fields and parcel.fields[place].isdecimal() else None
    rings = len({ring for ring, _, _ in parcel.points})
    if stated is None or stated in (len(parcel.points), len(parcel.points) - rings):
        return
    reading.note(
        "point-count",
        f"line {parcel.line}: {stated} points are stated, {len(parcel.points)} follow",
        "check that no point is missing",
        severity="warning",
        row=row,
    )


def _fields(parcels: list[Parcel], counts: list[int]) -> pd.DataFrame:
    """The fields of all blocks under their names; those before the number of points come last, as ``before_1`` …."""
    rows = []
    for parcel, place in zip(parcels, counts, strict=True):
        cells = [*parcel.fields[place + 1 :], *parcel.fields[:place]]
        after = len(parcel.fields) - place - 1
        names = [FIELDS[i] if i < len(FIELDS) else f"field_{i + 2}" for i in range(after)]
        names += [f"before_{i + 1}" for i in range(place)]
        rows.append(dict(zip(names, (cell or None for cell in cells), strict=True)))
    frame = pd.DataFrame(rows, dtype=object)
    name = FIELDS[0]
    if name in frame:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        frame[name] = numbers if numbers.notna().eq(frame[name].notna()).all() else frame[name]
    return frame


def _polygon(parcel: Parcel, row: int, reading: Reading) -> Any:
    """Rings put together: one that lies inside another is its hole, others are parts of their own."""
    rings: dict[str, list[tuple[float, float]]] = {}
    for ring, northing, easting in parcel.points:
        rings.setdefault(ring, []).append((easting, northing))
    shells = []
    for ring, points in rings.items():
        if points[0] != points[-1]:
            reading.note(
                "ring-unclosed",
                f"line {parcel.line}: ring {ring} does not return to its first point; it was closed",
                "repeat the first point at the end of the ring",
                severity="warning",
                row=row,
            )
            points = [*points, points[0]]
        if len(points) < 4:
            _refuse_ring(parcel, ring, row, reading)
        else:
            shells.append(shapely.Polygon(points))
    return _assembled(shells)


def _refuse_ring(parcel: Parcel, ring: str, row: int, reading: Reading) -> None:
    reading.note(
        "geometry-unreadable",
        f"line {parcel.line}: ring {ring} has fewer than three different points",
        "send the points that are missing",
        severity="error",
        row=row,
    )


def _assembled(shells: list[Any]) -> Any:
    if not shells:
        return None
    order = sorted(shells, key=lambda shell: -shell.area)
    parts: list[tuple[Any, list[Any]]] = []
    for shell in order:
        inside = next((part for part in parts if part[0].contains(shell.representative_point())), None)
        if inside is not None and shell.is_valid:
            inside[1].append(shell.exterior)
        else:
            parts.append((shell, []))
    polygons = [shapely.Polygon(shell.exterior, holes) for shell, holes in parts]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _check_areas(reading: Reading) -> None:
    """The stated area in hectares against the outline's."""
    name = FIELDS[0]
    if name not in reading.frame or reading.frame.crs is None or reading.frame.crs.is_geographic:
        return
    stated = pd.to_numeric(reading.frame[name], errors="coerce")
    # in the plane of its zone, a few hundredths of a per cent from the ellipsoid; the stated area is no closer
    measured = reading.frame.geometry.area.to_numpy() / 10_000
    for row, (ours, theirs) in enumerate(zip(measured, stated, strict=True)):
        if theirs > 0 and np.isfinite(ours) and abs(ours - theirs) > max(_AREA_TOLERANCE * theirs, 0.0001):
            reading.note(
                "area-stated",
                f"{theirs:g} ha are stated, the outline has {ours:.4f} ha",
                "check the points and the area",
                severity="warning",
                row=row,
            )
