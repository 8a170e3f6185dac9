"""What others said beside what the ledger says: published figures, and land declared without an outline."""

import re
from typing import Any

from reclaim import units
from reclaim.assessment import Assessment
from reclaim.reports.model import MISSING, Block, Cell, Column, Section, Table, Text, plain
from reclaim.reports.numbers import AREA_DECIMALS, is_missing, number, related
from reclaim.reports.parts.accounts import site_names
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say, told
from reclaim.tables import LEDGER
from reclaim.vocabulary import words

_SHARES = ("rate", "cover")
_FIGURES = {"rate": Text("复垦率", "rate"), "cover": Text("植被覆盖度", "cover"), "area": Text("面积", "area")}


def published(assessment: Assessment, setting: Setting) -> Section | None:
    """Published figures beside the ledger, and declared ones beside the outlines."""
    blocks: list[Block] = []
    if not assessment.published.empty:
        blocks += [say("published_text"), published_table(assessment)]
    if not assessment.declared.empty:
        blocks += [say("declared_text"), declared_table(assessment, setting)]
    return Section("published", say("published"), tuple(blocks)) if blocks else None


def published_table(assessment: Assessment) -> Table:
    """Every published figure as it was printed, ours in its unit, and whether they agree."""
    names = site_names(assessment)
    columns = (
        Column("figure", say("figure_name")),
        Column("year", say("year"), "year"),
        Column("site", say("site")),
        Column("published", say("published_value")),
        Column("computed", say("computed_value")),
        Column("unit", say("unit_head")),
        Column("verdict", say("verdict")),
        Column("source", say("source")),
    )
    records = assessment.published.to_dict("records")
    rows = tuple(_published_row(row, names) for row in records)
    notes = tuple(_reason(row) for row in records if row["reason"])
    return Table("published", say("published_table"), columns, rows, notes=notes)


def _reason(row: dict[Any, Any]) -> Text:
    """Why a figure agrees only when rounded, does not agree, or cannot be told."""
    figure, verdict, why = figure_name(row["figure"], row["basis"]), say(str(row["verdict"])), told(str(row["reason"]))
    return say("published_reason", figure=figure, year=row["year"], verdict=verdict, why=why)


def _published_row(row: dict[Any, Any], names: dict[str, Text]) -> tuple[Cell, ...]:
    site = say("group") if is_missing(row["site_id"]) else names.get(str(row["site_id"]), plain(str(row["site_id"])))
    unit = None if row["figure"] in _SHARES else Text(units.label(row["unit"], "zh"), units.label(row["unit"], "en"))
    return (
        figure_name(row["figure"], row["basis"]),
        int(row["year"]),
        site,
        related(plain(_as_printed(row)), row["relation"]),
        _amount(row["computed"], row),
        unit,
        say(str(row["verdict"])),
        None if is_missing(row["source"]) else str(row["source"]),
    )


def figure_name(figure: str, basis: str | None = None) -> Text:
    """What people call a published figure; a rate with its basis."""
    name = _FIGURES.get(figure) or Text(LEDGER[figure].zh, figure.replace("_", " "))
    if figure == "rate":
        basis_name = say("no_basis") if is_missing(basis) else _word("bases", str(basis))
        name = Text(f"{name.zh}（{basis_name.zh}）", f"{name.en}, {basis_name.en}")
    return name


def _as_printed(row: dict[Any, Any]) -> str:
    """The published figure with the digits that it was published with: none is added."""
    text = str(row["published"])
    if row["figure"] in _SHARES or not re.fullmatch(r"\d+(\.\d+)?", text):
        return _amount(row["value"], row)
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}"


def _amount(value: Any, row: dict[Any, Any]) -> str:
    if is_missing(value):
        return MISSING
    if row["figure"] in _SHARES:
        share = float(value) / (100 if row["unit"] in ("%", "percent") else 1)
        return f"{round(share * 100, 4):g}%"
    return number(float(value), AREA_DECIMALS.get(row["unit"], 2))


def declared_table(assessment: Assessment, setting: Setting) -> Table:
    """Land that was declared without an outline, beside the land by outline; it is in no other figure."""
    names, unit = site_names(assessment), setting.unit
    decimals = AREA_DECIMALS[unit]
    columns = (
        Column("site", say("site")),
        Column("year", say("year"), "year"),
        Column("outline", say("by_outline"), "number", unit, decimals),
        Column("declared", say("declared_only"), "number", unit, decimals),
        Column("difference", say("declared_difference"), "number", unit, decimals),
        Column("rows", say("declared_rows"), "count"),
    )
    rows: list[tuple[Cell, ...]] = []
    for row in assessment.declared.to_dict("records"):
        site = names.get(str(row["site_id"]), plain(str(row["site_id"]))) if row["site_id"] else say("unknown")
        areas = (float(units.convert(row[name], "m2", unit)) for name in _DECLARED)
        rows.append((site, int(row["year"]), *areas, int(row["rows"])))
    return Table("declared", say("declared_table"), columns, tuple(rows))


_DECLARED = ("outline_m2", "declared_only_m2", "difference_m2")


def _word(vocabulary: str, code: str) -> Text:
    found = words(vocabulary).get(code)
    return Text(found.zh, found.en) if found else plain(str(code))
