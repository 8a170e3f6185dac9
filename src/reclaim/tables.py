"""
The agreed tables, written once as data.

Nouns are ordinary GeoDataFrames and DataFrames with agreed columns. The agreement stands here: readers, checks, the
data dictionary in the docs and the writers all read it. Extra columns are always kept and carried along.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from reclaim.errors import TableError

CRS = "EPSG:4490"

Kind = Literal["id", "text", "date", "area", "share", "count", "number", "code", "flag", "geometry"]
Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True)
class Column:
    """One agreed column: its name, what it holds, and what people call it."""

    name: str
    kind: Kind
    meaning: str
    zh: str
    needed: bool = False
    codes: str | None = None  # the vocabulary that lists the values of a ``code`` column


@dataclass(frozen=True)
class Table:
    """An agreed table."""

    name: str
    meaning: str
    zh: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Column names in their agreed order."""
        return [column.name for column in self.columns]

    def of_kind(self, kind: Kind) -> list[str]:
        """Names of the columns that hold one kind of value."""
        return [column.name for column in self.columns if column.kind == kind]

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _table(name: str, meaning: str, zh: str, *columns: Column) -> Table:
    return Table(name, meaning, zh, columns)


_SITE = Column("site_id", "id", "the site that the row belongs to", "矿区编号")
_PLACE = Column("geometry", "geometry", "the ground", "范围")

SITES = _table(
    "sites",
    "Mines, red-mud areas and tailings: who and where",
    "矿区",
    Column("site_id", "id", "name of the site in all other tables", "矿区编号", needed=True),
    Column("name", "text", "name in English", "英文名称"),
    Column("name_zh", "text", "name in Chinese", "中文名称"),
    Column("kind", "code", "what the site is", "类型", codes="site_kinds"),
    Column("company", "text", "company that answers for it", "企业"),
    Column("province", "text", "province or state", "省份"),
    Column("geometry", "geometry", "point or outline of the site", "位置"),
)

FOOTPRINTS = _table(
    "footprints",
    "Mined land as surveyed: increments, snapshots or cumulative outlines",
    "挖损压占范围",
    Column("footprint_id", "id", "name of the row", "图斑编号"),
    Column("site_id", "id", "the site that disturbed the land", "矿区编号", needed=True),
    Column("date", "date", "day, month or year of the survey or disturbance", "日期", needed=True),
    Column("damage", "code", "how the land was damaged", "损毁类型", codes="damage"),
    Column("released", "date", "when the land became free to reclaim", "到界日期"),
    Column("liability", "code", "who owes the reclamation", "责任", codes="liability"),
    Column("recorded", "date", "when the row became known", "录入日期"),
    Column("geometry", "geometry", "outline", "范围", needed=True),
)

PARCELS = _table(
    "parcels",
    "Reclamation events: a row is one stage reached on one parcel",
    "复垦地块",
    Column("parcel_id", "id", "name of the parcel; may repeat with other stages or dates", "地块编号"),
    Column("site_id", "id", "the site that reports it", "矿区编号"),
    Column("date", "date", "day, month or year on which the stage was reached", "日期", needed=True),
    Column("stage", "code", "the stage reached", "阶段", needed=True, codes="stages"),
    Column("end_use", "code", "what the land is used for after reclamation", "复垦方向", codes="end_uses"),
    Column("class_before", "code", "land class before (GB/T 21010)", "复垦前地类", codes="land_classes"),
    Column("class_after", "code", "land class after (GB/T 21010)", "复垦后地类", codes="land_classes"),
    Column("declared_mu", "number", "area as declared, mu", "申报面积（亩）"),
    Column("recorded", "date", "when the row became known", "录入日期"),
    Column("geometry", "geometry", "outline", "范围", needed=True),
)

PERMITS = _table(
    "permits",
    "Mining and land permits with the time they are valid",
    "采矿权范围",
    Column("permit_id", "id", "name of the permit", "许可证号"),
    _SITE,
    Column("valid_from", "date", "first day it is valid", "有效期起"),
    Column("valid_to", "date", "last day it is valid", "有效期止"),
    Column("geometry", "geometry", "outline", "范围", needed=True),
)

BASELINE = _table(
    "baseline",
    "Land that was open or reclaimed before the first year",
    "期初状况",
    Column("site_id", "id", "the site that the row belongs to", "矿区编号", needed=True),
    Column("date", "date", "when the land was in this state", "日期", needed=True),
    Column("state", "code", "open, temporary, reclaimed, accepted or certified", "状态", needed=True, codes="states"),
    Column("geometry", "geometry", "outline", "范围", needed=True),
)

RESPONSIBILITY = _table(
    "responsibility",
    "Land whose reclamation is owed (复垦责任范围)",
    "复垦责任范围",
    _SITE,
    Column("geometry", "geometry", "outline", "范围", needed=True),
)

ZONES = _table(
    "zones",
    "Ground on which vegetation cover is judged",
    "植被监测区",
    Column("zone_id", "id", "name of the zone", "监测区编号"),
    _SITE,
    Column("kind", "code", "red_mud, parcel, belt, reference …", "类型", codes="zone_kinds"),
    Column("min_cover", "text", "criterion: a number means at least; text may carry a relation", "覆盖度要求"),
    Column("end_use", "code", "what the land is used for", "用途", codes="end_uses"),
    Column("geometry", "geometry", "outline", "范围", needed=True),
)

MEASUREMENTS = _table(
    "measurements",
    "Field and laboratory values at points",
    "实测数据",
    Column("point_id", "id", "name of the point", "点号"),
    Column("zone_id", "id", "the zone that it lies in", "监测区编号"),
    Column("date", "date", "day of the measurement", "日期"),
    Column("quantity", "code", "what was measured", "指标", codes="quantities"),
    Column("value", "number", "the value", "数值"),
    Column("unit", "text", "its unit", "单位"),
    Column("method", "text", "how it was measured", "方法"),
    Column("geometry", "geometry", "the point", "位置"),
)

INPUT_TABLES: Mapping[str, Table] = {
    table.name: table for table in (SITES, FOOTPRINTS, PARCELS, PERMITS, BASELINE, RESPONSIBILITY, ZONES, MEASUREMENTS)
}

SPELLS = _table(
    "spells",
    "The history of the ground: each face once for each state it was in",
    "地块状态史",
    Column("face_id", "id", "the face; faces never overlap", "面编号"),
    Column("site_id", "id", "sites whose ground it is, joined by ';' and sorted", "矿区编号"),
    Column("state", "code", "open, temporary, reclaimed, accepted or certified", "状态", codes="states"),
    Column("start", "date", "first day of the state", "起"),
    Column("end", "date", "day on which the next state began; empty while it lasts", "止"),
    Column("cause", "text", "source rows that brought the state about", "依据"),
    Column("first", "flag", "the first time in this state's class (open; permanent), or again", "首次"),
    Column("area_m2", "area", "area on the CGCS2000 ellipsoid", "面积（平方米）"),
    _PLACE,
)

FLOWS = ("new", "redisturbed", "failed", "reclaimed", "reclaimed_again", "correction")
MEASURES = ("opening", *FLOWS, "closing", "temporary", "left", "ever")

LEDGER = _table(
    "ledger",
    "Land not permanently reclaimed, year by year",
    "土地台账",
    _SITE,
    Column("year", "count", "calendar year", "年份"),
    Column("opening", "area", "not permanently reclaimed at the start of the year", "期初未复垦"),
    Column("new", "area", "disturbed for the first time", "新增损毁"),
    Column("redisturbed", "area", "permanently reclaimed land disturbed again", "再次损毁"),
    Column("failed", "area", "permanently reclaimed land that failed a later inspection", "验收不合格"),
    Column("reclaimed", "area", "permanently reclaimed for the first time", "新增复垦"),
    Column("reclaimed_again", "area", "permanently reclaimed again", "再次复垦"),
    Column("correction", "area", "first surveys and baseline differences", "更正"),
    Column("closing", "area", "not permanently reclaimed at the end of the year", "期末未复垦"),
    Column("temporary", "area", "of closing, under temporary reclamation", "其中临时复垦"),
    Column("left", "area", "land that left a snapshot without a parcel; it stays open", "离开范围未复垦"),
    Column("ever", "area", "ever disturbed, up to the end of the year", "累计损毁"),
    Column("observed", "count", "member sites surveyed in the year", "有调查的矿区数"),
)

COVER = _table(
    "cover",
    "Vegetation cover of each zone at each date",
    "植被覆盖度",
    Column("zone_id", "id", "the zone", "监测区编号"),
    Column("date", "date", "date of the image or field work", "日期"),
    Column("metric", "code", "which cover it is", "指标", codes="metrics"),
    Column("cover", "share", "cover over the ground that was seen", "覆盖度"),
    Column("valid", "share", "share of the zone that was seen", "可见比例"),
    Column("low", "share", "share of the zone if all unseen ground were bare", "下限"),
    Column("high", "share", "share of the zone if all unseen ground were green", "上限"),
    Column("n_eff", "number", "effective number of pixels", "有效像元数"),
    Column("area_m2", "area", "area of the whole zone", "面积（平方米）"),
    Column("outcome", "code", "met, not_met, undetermined, insufficient or not_applicable", "结论", codes="outcomes"),
    Column("threshold", "number", "index value from which ground counts as green", "阈值"),
    Column("soil", "number", "index value of bare ground", "裸地端元"),
    Column("vegetation", "number", "index value of closed cover", "植被端元"),
)

FINDINGS = _table(
    "findings",
    "What is wrong with the input, or was decided about it",
    "检查结果",
    Column("severity", "code", "error, warning or note", "级别"),
    Column("code", "code", "kind of finding; never renamed", "代码", codes="findings"),
    Column("table", "text", "which table", "表"),
    Column("source", "text", "which file", "文件"),
    Column("row", "count", "row in the file, counted from 0", "行号"),
    Column("id", "id", "name of the row", "编号"),
    Column("message", "text", "what and where", "说明"),
    Column("fix", "text", "how to mend it", "处理建议"),
    Column("area_m2", "area", "area at stake", "涉及面积（平方米）"),
    Column("geometry", "geometry", "place", "位置"),
)

RESULT_TABLES: Mapping[str, Table] = {table.name: table for table in (SPELLS, LEDGER, COVER, FINDINGS)}


@dataclass(frozen=True)
class Finding:
    """
    One fault of the input, or one decision about it.

    Parameters
    ----------
    severity : {"error", "warning", "note"}
        An error's row was set aside; a warning's row counts, but look; a note says what was done.
    code : str
        Kind of finding, one of the vocabulary's.
    message, fix : str
        What and where; how to mend it.
    table, source, row, id
        Table, file, 0-based row in that file, name of the row; None where the finding is not about one row.
    area_m2 : float
        Area at stake; NaN where it is not about land.
    geometry : geometry, EPSG:4490
        The place, or None.
    """

    severity: Severity
    code: str
    message: str
    fix: str = ""
    table: str | None = None
    source: str | None = None
    row: int | None = None
    id: str | None = None
    area_m2: float = np.nan
    geometry: BaseGeometry | None = field(default=None, compare=False)


def findings_table(findings: Iterable[Finding]) -> gpd.GeoDataFrame:
    """
    Findings as a table: worst first, otherwise in the order given.

    Examples
    --------
    >>> findings_table([Finding("note", "no-baseline", "site A opens at 0")])[["severity", "code"]].values.tolist()
    [['note', 'no-baseline']]
    """
    rows = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
    # text stays None where there is none: pandas would make it the text "nan"
    data = {name: pd.Series([getattr(row, name) for row in rows], dtype=object) for name in FINDINGS.names}
    geometry = gpd.GeoSeries(data.pop("geometry"), crs=CRS, dtype="geometry")
    frame = gpd.GeoDataFrame(data, geometry=geometry, crs=CRS)
    return frame.astype({"area_m2": float, "row": "Int64"})[FINDINGS.names]


def join_findings(*tables: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Several findings tables as one, worst first."""
    rows = [Finding(**_plain(record)) for table in tables for record in table.to_dict("records")]
    return findings_table(rows)


def _plain(record: dict[Any, Any]) -> dict[str, Any]:
    row = record["row"]
    return {**record, "row": None if row is None or pd.isna(row) else int(row)}


@dataclass(frozen=True, eq=False)
class Delivery:
    """
    What one file delivered for one table, before it was checked.

    Parameters
    ----------
    table : str
        One of the input tables.
    source : str
        The file, as people know it (relative to the project).
    frame : GeoDataFrame
        Canonical and extra columns, raw values, in the file's own CRS; the index is the 0-based row in the file and
        repeats where one row carried several stages.
    company, meaning : str or None
        Who delivered it; for footprints, what a row means.
    findings : tuple of Finding
        What reading found.
    """

    table: str
    source: str
    frame: gpd.GeoDataFrame
    company: str | None = None
    meaning: str | None = None
    findings: tuple[Finding, ...] = ()


def empty(table: Table) -> gpd.GeoDataFrame:
    """A table with the agreed columns and no rows, in EPSG:4490."""
    frame = pd.DataFrame({name: pd.Series(dtype=object) for name in table.names if name != "geometry"})
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=CRS), crs=CRS)


def require(frame: pd.DataFrame, table: Table, *, verb: str) -> None:
    """
    Check at a public door that a table has what the agreement needs.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        The table that was handed in.
    table : Table
        The agreement.
    verb : str
        The function that was called, for the message.

    Raises
    ------
    TableError
        With all faults at once.
    """
    faults = [f"{verb}: column {name!r} is missing from {table.name}" for name in _missing(frame, table)]
    if "geometry" in table.names and table["geometry"].needed:
        faults += _geometry_faults(frame, table, verb)
    if faults:
        raise TableError(*faults)


def _missing(frame: pd.DataFrame, table: Table) -> Sequence[str]:
    return [c.name for c in table.columns if c.needed and c.name != "geometry" and c.name not in frame.columns]


def _geometry_faults(frame: pd.DataFrame, table: Table, verb: str) -> list[str]:
    if not isinstance(frame, gpd.GeoDataFrame):
        return [f"{verb}: {table.name} is a {type(frame).__name__} without geometry; make it a GeoDataFrame"]
    if frame.crs is None:
        return [f"{verb}: {table.name} has no CRS; say which one it is with frame.set_crs(...)"]
    return []
