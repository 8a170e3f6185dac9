"""Tables that a printed report has no room for: the whole ledger, every finding."""

from typing import Any

from reclaim.assessment import Assessment
from reclaim.reports.model import Cell, Column, Table, Text, plain
from reclaim.reports.numbers import AREA_DECIMALS, is_missing
from reclaim.reports.parts.accounts import site_names
from reclaim.reports.parts.disturbance import all_grounds
from reclaim.reports.parts.findings import kind_name, layer_name
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say, told
from reclaim.tables import LEDGER, MEASURES
from reclaim.units import convert


def everything(assessment: Assessment, setting: Setting) -> list[Table]:
    """
    Further tables for the workbook.

    Parameters
    ----------
    assessment : Assessment
        Where they come from.
    setting : Setting
        Language and unit.
    """
    made = [whole_ledger(assessment, setting), all_findings(assessment, setting)]
    return [*made, *all_grounds(assessment, setting)]


def whole_ledger(assessment: Assessment, setting: Setting) -> Table:
    """Every site and year."""
    unit, called = setting.unit, site_names(assessment)
    measures = tuple(
        Column(name, Text(LEDGER[name].zh, name.replace("_", " ")), "number", unit, AREA_DECIMALS[unit])
        for name in MEASURES
    )
    columns = (
        Column("site_id", Text("矿区编号", "site id")),
        Column("site", say("site")),
        Column("year", say("year"), "year"),
        *measures,
        Column("observed", say("observed"), "count"),
    )
    records = [*assessment.ledger.to_dict("records"), *assessment.shared.to_dict("records")]
    rows = tuple(_ledger_row(row, called, unit) for row in records)
    return Table("ledger", say("whole_ledger"), columns, rows)


def _ledger_row(row: dict[Any, Any], called: dict[str, Text], unit: str) -> tuple[Cell, ...]:
    areas = [None if is_missing(row[name]) else float(convert(float(row[name]), "m2", unit)) for name in MEASURES]
    site = str(row["site_id"])
    name = say("shared") if site == "shared" else called.get(site, plain(site))
    return site, name, int(row["year"]), *areas, int(row["observed"])


def all_findings(assessment: Assessment, setting: Setting) -> Table:
    """Every finding, with its row."""
    unit = setting.unit
    columns = (
        Column("severity", say("severity")),
        Column("code", Text("代码", "code")),
        Column("kind", say("kind")),
        Column("table", say("layer")),
        Column("source", say("file")),
        Column("row", say("row_from_0"), "count"),
        Column("id", say("name")),
        Column("area", say("at_stake"), "number", unit, AREA_DECIMALS[unit]),
        Column("message", say("what")),
        Column("fix", say("fix")),
    )
    rows = tuple(_finding_row(row, unit) for row in assessment.findings.drop(columns="geometry").to_dict("records"))
    return Table("all-findings", say("all_findings"), columns, rows)


def _finding_row(row: dict[Any, Any], unit: str) -> tuple[Cell, ...]:
    def text(name: str) -> str | None:
        return None if is_missing(row[name]) else str(row[name])

    at_stake = None if is_missing(row["area_m2"]) else float(convert(float(row["area_m2"]), "m2", unit))
    number = None if is_missing(row["row"]) else int(row["row"])
    layer = None if is_missing(row["table"]) else layer_name(str(row["table"]))
    said = (say(str(row["severity"])), text("code"), kind_name(str(row["code"])), layer, text("source"))
    message = None if is_missing(row["message"]) else told(str(row["message"]))
    return *said, number, text("id"), at_stake, message, text("fix")
