"""What the figures stand on: published figures beside ours, vegetation cover, findings about the input."""

from typing import Any

import pandas as pd

from reclaim import units
from reclaim.assessment import Assessment
from reclaim.figures import cover_series
from reclaim.reports.model import MISSING, Block, Cell, Chart, Column, Section, Table, Text, plain
from reclaim.reports.numbers import AREA_DECIMALS, is_missing, number, related
from reclaim.reports.parts.accounts import site_names
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say
from reclaim.tables import LEDGER
from reclaim.units import convert
from reclaim.vocabulary import findings as kinds
from reclaim.vocabulary import words

_SHARES = ("rate", "cover")
_FIGURES = {"rate": Text("复垦率", "rate"), "cover": Text("植被覆盖度", "cover"), "area": Text("面积", "area")}
_LISTED = 40
_CHARTS = 6


def published(assessment: Assessment, setting: Setting) -> Section | None:
    """Published figures beside the ledger."""
    if assessment.published.empty:
        return None
    names = site_names(assessment)
    columns = (
        Column("figure", say("figure_name")),
        Column("year", say("year"), "year"),
        Column("site", say("site")),
        Column("published", say("published_value")),
        Column("computed", say("computed_value")),
        Column("unit", say("unit_head")),
        Column("verdict", say("verdict")),
        Column("why", say("why")),
        Column("source", say("source")),
    )
    rows = tuple(_published_row(row, names) for row in assessment.published.to_dict("records"))
    table = Table("published", say("published_table"), columns, rows)
    return Section("published", say("published"), (table,))


def _published_row(row: dict[Any, Any], names: dict[str, Text]) -> tuple[Cell, ...]:
    site = say("group") if is_missing(row["site_id"]) else names.get(str(row["site_id"]), plain(str(row["site_id"])))
    unit = None if row["figure"] in _SHARES else Text(units.label(row["unit"], "zh"), units.label(row["unit"], "en"))
    return (
        figure_name(row["figure"], row["basis"]),
        int(row["year"]),
        site,
        related(plain(_amount(row["value"], row)), row["relation"]),
        _amount(row["computed"], row),
        unit,
        say(str(row["verdict"])),
        str(row["reason"]) or None,
        None if is_missing(row["source"]) else str(row["source"]),
    )


def figure_name(figure: str, basis: str | None = None) -> Text:
    """What people call a published figure; a rate with its basis."""
    name = _FIGURES.get(figure) or Text(LEDGER[figure].zh, figure.replace("_", " "))
    if figure == "rate":
        told = say("no_basis") if is_missing(basis) else _word("bases", str(basis))
        name = Text(f"{name.zh}（{told.zh}）", f"{name.en}, {told.en}")
    return name


def _amount(value: Any, row: dict[Any, Any]) -> str:
    if is_missing(value):
        return MISSING
    if row["figure"] in _SHARES:
        share = float(value) / (100 if row["unit"] in ("%", "percent") else 1)
        return f"{round(share * 100, 4):g}%"
    return number(float(value), AREA_DECIMALS.get(row["unit"], 2))


# --- cover -----------------------------------------------------------------------------------------------------------


def cover(assessment: Assessment, setting: Setting) -> Section | None:
    """Cover of every zone and date with its criterion and outcome; a chart where a zone has several dates."""
    rows = assessment.cover
    if rows.empty:
        return None
    # two metrics are two quantities and share no chart
    series = [(str(key[0]), part) for key, part in rows.groupby(["zone_id", "metric"], sort=False) if len(part) > 1]
    charts = [_cover_chart(zone, part) for zone, part in series if part["metric"].iloc[0] != "mean_index"]
    table = cover_table(assessment, setting)
    return Section("cover", say("cover"), (say("cover_text"), table, *charts[:_CHARTS]))


def cover_table(assessment: Assessment, setting: Setting) -> Table:
    """One row for each zone and date."""
    criteria = _criteria(assessment)
    columns = (
        Column("zone", say("zone")),
        Column("date", say("date"), "date"),
        Column("area", say("area"), "number", setting.unit, AREA_DECIMALS[setting.unit]),
        Column("metric", say("metric")),
        Column("cover", say("cover_value"), "share", "", 1),
        Column("valid", say("valid"), "share", "", 1),
        Column("low", say("low"), "share", "", 1),
        Column("high", say("high"), "share", "", 1),
        Column("criterion", say("criterion")),
        Column("outcome", say("outcome")),
    )
    rows = tuple(_cover_row(row, criteria, setting) for row in assessment.cover.to_dict("records"))
    notes = (say("missing"),) if any(value is None for row in rows for value in row) else ()
    return Table("cover", say("cover_table"), columns, rows, notes=notes)


def _criteria(assessment: Assessment) -> dict[str, str]:
    zones = assessment.tables.get("zones")
    if zones is None or "min_cover" not in zones or "zone_id" not in zones:
        return {}
    told = zones.dropna(subset=["min_cover"])
    return {str(zone): str(text) for zone, text in zip(told["zone_id"], told["min_cover"], strict=True)}


def _cover_row(row: dict[Any, Any], criteria: dict[str, str], setting: Setting) -> tuple[Cell, ...]:
    # an index is no share and is printed as a number
    index = row["metric"] == "mean_index"
    shares = [None if is_missing(row[name]) else float(row[name]) for name in ("cover", "valid", "low", "high")]
    seen: list[Cell] = [plain(number(shares[0], 3)) if index else shares[0], *shares[1:]]
    outcome = None if is_missing(row["outcome"]) else _word("outcomes", row["outcome"])
    return (
        str(row["zone_id"]),
        _day(row["date"]),
        float(convert(float(row["area_m2"]), "m2", setting.unit)),
        _word("metrics", row["metric"]),
        *seen,
        criteria.get(str(row["zone_id"])),
        outcome,
    )


def _word(vocabulary: str, code: str) -> Text:
    found = words(vocabulary).get(code)
    return Text(found.zh, found.en) if found else plain(str(code))


def _day(value: Any) -> Cell:
    return None if is_missing(value) else str(value)[:10]


def _cover_chart(zone: str, rows: pd.DataFrame) -> Chart:
    last = rows.assign(date=pd.to_datetime(rows["date"])).sort_values("date").iloc[-1]
    shares = {name: "–" if is_missing(last[name]) else f"{last[name] * 100:.1f}%" for name in ("cover", "valid")}
    metric = _word("metrics", rows["metric"].iloc[0])
    return Chart(
        f"cover-{zone}-{rows['metric'].iloc[0]}",
        say("chart_cover", zone=zone, metric=metric),
        say("chart_cover_alt", zone=zone, **shares),
        lambda language: cover_series(rows, language=language),
    )


# --- findings --------------------------------------------------------------------------------------------------------


def findings(assessment: Assessment, setting: Setting) -> Section:
    """Rows delivered and used, findings by kind, and those that change a figure one by one."""
    rows = assessment.findings
    blocks: list[Block] = [_delivered(assessment)]
    if rows.empty:
        return Section("findings", say("findings"), (*blocks, say("findings_none")))
    blocks += [_by_kind(rows, setting)]
    weighty = rows[(rows["severity"] != "note") & (rows["area_m2"].fillna(0) > 0)]
    if len(weighty):
        blocks += [say("findings_text"), _list(weighty.sort_values("area_m2", ascending=False).head(_LISTED), setting)]
    return Section("findings", say("findings"), tuple(blocks))


def _delivered(assessment: Assessment) -> Table:
    columns = (
        Column("file", say("file")),
        Column("layer", say("layer")),
        Column("company", say("company")),
        Column("rows", say("rows_in"), "count"),
        Column("used", say("rows_used"), "count"),
        Column("listed", say("rows_listed"), "count"),
    )
    rows = tuple(
        (str(row["source"]), str(row["table"]), None if is_missing(row["company"]) else str(row["company"]),
         int(row["rows"]), int(row["used"]), int(row["listed"]))
        for row in assessment.delivered.to_dict("records")
    )  # fmt: skip
    return Table("delivered", say("delivered_table"), columns, rows)


def _by_kind(rows: pd.DataFrame, setting: Setting) -> Table:
    unit = setting.unit
    columns = (
        Column("severity", say("severity")),
        Column("kind", say("kind")),
        Column("count", say("count"), "count"),
        Column("area", say("at_stake"), "number", unit, AREA_DECIMALS[unit]),
    )
    made: list[tuple[Cell, ...]] = []
    for (severity, code), part in rows.groupby(["severity", "code"], sort=False):
        known = part["area_m2"].dropna()
        at_stake = float(convert(float(known.sum()), "m2", unit)) if len(known) else None
        made.append((say(str(severity)), kind_name(str(code)), len(part), at_stake))
    return Table("findings", say("findings_summary"), columns, tuple(made))


def kind_name(code: str) -> Text:
    """What a kind of finding is called."""
    found = kinds().get(code)
    return Text(found["zh"], found["en"]) if found else plain(code)


def _list(rows: pd.DataFrame, setting: Setting) -> Table:
    unit = setting.unit
    columns = (
        Column("kind", say("kind")),
        Column("id", say("name")),
        Column("where", say("where")),
        Column("area", say("at_stake"), "number", unit, AREA_DECIMALS[unit]),
        Column("what", say("what")),
    )
    made = []
    for row in rows.to_dict("records"):
        place = ":".join(str(row[name]) for name in ("source", "row") if not is_missing(row[name]))
        name = None if is_missing(row["id"]) else str(row["id"])
        at_stake = float(convert(float(row["area_m2"]), "m2", unit))
        made.append((kind_name(row["code"]), name, place, at_stake, str(row["message"])))
    return Table("findings-list", say("findings_list", n=len(made)), columns, tuple(made))
