"""
Field sheets on disk: what a team carries to the site, and what it brings back.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import jinja2
import numpy as np
import pandas as pd
import shapely

from reclaim.errors import FileError, TableError
from reclaim.io.atomic import atomic_dir
from reclaim.io.vectors import read_table
from reclaim.io.write import write_table

COLUMNS: Mapping[str, str] = {
    "point_id": "点号",
    "zone_id": "监测区",
    "lon": "经度",
    "lat": "纬度",
    "green": "绿=1 裸=0",
    "found_lon": "实到经度",
    "found_lat": "实到纬度",
    "date": "日期",
    "observer": "调查人",
    "note": "备注",
}
_FILLED = ("green", "found_lon", "found_lat", "date", "observer", "note")
_SIZE = (640.0, 320.0)
_MARGIN = 18.0
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class FilledSheet:
    """A sheet that was brought back: its points, and what it set out to prove where it says so."""

    points: pd.DataFrame
    claim: str | None = None
    confidence: float | None = None


def write_sheet(
    folder: str | os.PathLike[str],
    points: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    claim: str,
    confidence: float,
) -> list[Path]:
    """
    Write a field sheet: for the receiver, for QGIS, for Excel and for the printer.

    Parameters
    ----------
    folder : path
        Made or replaced as a whole.
    points : GeoDataFrame, EPSG:4490
        ``point_id``, ``zone_id``, ``lon``, ``lat``.
    zones : GeoDataFrame, EPSG:4490
        ``zone_id``, ``area_m2`` and outlines.
    claim, confidence
        What is to be proved.

    Returns
    -------
    list of Path
        ``points.gpx``, ``points.kml``, ``points.gpkg``, ``points.csv``, ``sheet.xlsx`` (to fill in), ``sheet.html``
        (A4).
    """
    plain = points[["point_id", "zone_id", "lon", "lat"]]
    target = Path(folder)
    with atomic_dir(target) as fresh:
        (fresh / "points.gpx").write_text(_gpx(plain), encoding="utf-8")
        (fresh / "points.kml").write_text(_kml(plain, zones), encoding="utf-8")
        write_table(points, fresh / "points.gpkg", layer="points")
        write_table(plain, fresh / "points.csv")
        _write_workbook(plain, fresh / "sheet.xlsx", claim=claim, confidence=confidence)
        (fresh / "sheet.html").write_text(_page(plain, zones, claim, confidence), encoding="utf-8")
        names = [path.name for path in sorted(fresh.iterdir())]
    return [target / name for name in names]


def read_sheet(path: str | os.PathLike[str]) -> FilledSheet:
    """
    Read a sheet that was filled in, or any table of points.

    Parameters
    ----------
    path : path
        The filled-in ``sheet.xlsx``; or ``.csv``, ``.xlsx`` or a vector file with ``point_id``, ``zone_id`` and
        ``green`` (1 or 0) or ``cover`` (share of each plot).

    Raises
    ------
    FileError, TableError
        When it cannot be read.
    """
    source = Path(path)
    if not source.is_file():
        raise FileError(f"{path}: there is no such file")
    if source.suffix.lower() != ".xlsx":
        frame = read_table(source, table="measurements")
        return FilledSheet(_points_of(_with_places(frame)))
    try:
        sheets = pd.read_excel(source, sheet_name=None, dtype=object)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise FileError(f"{source.name}: is no workbook that can be read ({str(error)[:120]})") from error
    except Exception as error:  # a damaged zip or XML, of whichever library is inside
        raise FileError(f"{source.name}: is a damaged workbook ({type(error).__name__})") from error
    frame = next((sheet for sheet in sheets.values() if _has_points(sheet)), None)
    if frame is None:
        raise TableError(
            f"{source.name}: no sheet has a column 'point_id'; keep the first row of the sheet as it was made"
        )
    about = _about(sheets.get("claim"))
    stated = about.get("confidence")
    return FilledSheet(_points_of(frame), about.get("claim"), float(stated) if stated else None)


def _has_points(sheet: pd.DataFrame) -> bool:
    return "point_id" in {_key(name) for name in sheet.columns}


def _key(name: object) -> str:
    words = str(name).strip().lower().split()
    return words[0] if words else ""


def _points_of(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with plain column names and without empty rows."""
    named = frame.rename(columns={name: _key(name) for name in frame.columns})
    named = named.loc[:, ~named.columns.duplicated()]
    named = named.dropna(how="all").reset_index(drop=True)
    return pd.DataFrame(named.drop(columns=[name for name in ("geometry",) if name in named]))


def _with_places(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    if frame.geometry.isna().all() or frame.crs is None:
        return pd.DataFrame(frame)
    from reclaim.geodesy import to_cgcs2000

    places = to_cgcs2000(frame.geometry)
    return pd.DataFrame(frame.assign(lon=places.x, lat=places.y))


def _about(sheet: pd.DataFrame | None) -> dict[str, str]:
    if sheet is None or sheet.shape[1] < 2:
        return {}
    return {_key(key): str(value).strip() for key, value in zip(sheet.iloc[:, 0], sheet.iloc[:, 1], strict=True)}


def _write_workbook(points: pd.DataFrame, path: Path, *, claim: str, confidence: float) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("points")
        head = book.add_format({"bold": True, "bg_color": "#DDEEDD", "text_wrap": True})
        degrees = book.add_format({"num_format": "0.000000"})
        fill = book.add_format({"bg_color": "#FFF8DC", "border": 1, "border_color": "#CCCCCC"})
        for col, (name, chinese) in enumerate(COLUMNS.items()):
            sheet.write_string(0, col, f"{name} {chinese}", head)
        for row, (point, zone, lon, lat) in enumerate(_rows(points), 1):
            sheet.write_string(row, 0, point)
            sheet.write_string(row, 1, zone)
            sheet.write_number(row, 2, lon, degrees)
            sheet.write_number(row, 3, lat, degrees)
            for col in range(4, 4 + len(_FILLED)):
                sheet.write_blank(row, col, None, fill)
        sheet.data_validation(1, 4, len(points), 4, {"validate": "list", "source": ["1", "0"]})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 1, 14)
        sheet.set_column(2, 9, 12)
        about = book.add_worksheet("claim")
        for row, (key, value) in enumerate([("key", "value"), ("claim", claim), ("confidence", f"{confidence:g}")]):
            about.write_string(row, 0, key)
            about.write_string(row, 1, value)


def _rows(points: pd.DataFrame) -> list[tuple[str, str, float, float]]:
    """Point, zone, longitude and latitude of each row."""
    names = (points.point_id.astype(str), points.zone_id.astype(str))
    return list(zip(*names, points.lon.astype(float), points.lat.astype(float), strict=True))


def _gpx(points: pd.DataFrame) -> str:
    marks = [
        f'<wpt lat="{lat:.9f}" lon="{lon:.9f}"><name>{escape(_clean(point))}</name></wpt>'
        for point, _, lon, lat in _rows(points)
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="reclaim" xmlns="http://www.topografix.com/GPX/1/1">'
    return "\n".join([head, *marks, "</gpx>\n"])


def _kml(points: pd.DataFrame, zones: gpd.GeoDataFrame) -> str:
    marks = [
        f"<Placemark id={quoteattr(f'p{number}')}><name>{escape(_clean(point))}</name>"
        f"<Point><coordinates>{lon:.9f},{lat:.9f}</coordinates></Point></Placemark>"
        for number, (point, _, lon, lat) in enumerate(_rows(points))
    ]
    for zone, shape in zip(zones.zone_id, zones.geometry, strict=True):
        lines = "".join(
            f"<LineString><coordinates>{' '.join(f'{x:.9f},{y:.9f}' for x, y in shapely.get_coordinates(ring))}"
            "</coordinates></LineString>"
            for ring in _rings(shape)
        )
        marks.append(
            f"<Placemark><name>{escape(_clean(zone))}</name><MultiGeometry>{lines}</MultiGeometry></Placemark>"
        )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    return "\n".join([head, *marks, "</Document></kml>\n"])


def _clean(text: object) -> str:
    """Text without the control characters that no XML may hold."""
    return "".join(char for char in str(text) if char >= " " and char not in "\ufffe\uffff")


def _rings(shape: shapely.Geometry) -> Sequence[shapely.Geometry]:
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return list(shapely.get_rings(np.array(polygons, dtype=object)))


def _page(points: pd.DataFrame, zones: gpd.GeoDataFrame, claim: str, confidence: float) -> str:
    room = jinja2.Environment(
        loader=jinja2.PackageLoader("reclaim.io"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    pages = [
        _drawn(zone, shape, float(area_m2), points[points.zone_id == zone])
        for zone, shape, area_m2 in zip(zones.zone_id, zones.geometry, zones.area_m2, strict=True)
    ]
    return room.get_template("fieldsheet.html").render(
        title="Field sheet 野外核查表", zones=pages, claim=claim, confidence=f"{confidence:g}"
    )


def _drawn(zone: str, shape: shapely.Geometry, area_m2: float, points: pd.DataFrame) -> dict[str, Any]:
    """One zone's page: outline and points in drawing units, scale bar, list."""
    x0, y0, x1, y1 = shape.bounds
    squeeze = math.cos(math.radians((y0 + y1) / 2))
    width, height = max((x1 - x0) * squeeze, 1e-12), max(y1 - y0, 1e-12)
    per_degree = min((_SIZE[0] - 2 * _MARGIN) / width, (_SIZE[1] - 3 * _MARGIN) / height)
    left, top = (_SIZE[0] - width * per_degree) / 2, (_SIZE[1] - _MARGIN - height * per_degree) / 2

    def place(lon: float, lat: float) -> tuple[float, float]:
        return round(left + (lon - x0) * squeeze * per_degree, 2), round(top + (y1 - lat) * per_degree, 2)

    outline = " ".join(
        "M" + " L".join(f"{x} {y}" for x, y in (place(*point) for point in shapely.get_coordinates(ring))) + " Z"
        for ring in _rings(shape)
    )
    metres = _bar_length(_SIZE[0] / per_degree * _METRES_PER_DEGREE / 4)
    marks = [
        {"x": place(lon, lat)[0], "y": place(lon, lat)[1], "lon": f"{lon:.6f}", "lat": f"{lat:.6f}"}
        for _, _, lon, lat in _rows(points)
    ]
    return {
        "id": zone, "area": f"{area_m2:,.0f} m² = {area_m2 * 3 / 2000:,.2f} 亩 mu",
        "width": _SIZE[0], "height": _SIZE[1], "outline": outline, "points": marks,
        "bar": round(metres / _METRES_PER_DEGREE * per_degree, 2),
        "bar_text": f"{metres:g} m" if metres < 1000 else f"{metres / 1000:g} km",
    }  # fmt: skip


def _bar_length(longest: float) -> float:
    """The largest of 1, 2, 5 × a power of ten that fits."""
    power = 10.0 ** math.floor(math.log10(max(longest, 1e-6)))
    return max(step * power for step in (1, 2, 5) if step * power <= longest or step == 1)
