"""What was found about the input: rows delivered and used, findings by kind, and those that change a figure."""

from typing import Any

import pandas as pd

from reclaim.assessment import Assessment
from reclaim.reports.model import Block, Cell, Column, Section, Table, Text, plain
from reclaim.reports.numbers import AREA_DECIMALS, is_missing
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say, told
from reclaim.units import convert
from reclaim.vocabulary import findings as kinds

_LISTED = 40
# what claims ground twice, or ground that is not there to claim: named apart from the rest
_CLAIMS = ("overlap", "duplicate", "outside-footprint", "site-mismatch")


def findings(assessment: Assessment, setting: Setting) -> Section:
    """Rows delivered and used, findings by kind, and those that change a figure one by one."""
    rows = assessment.findings
    blocks: list[Block] = [_delivered(assessment)]
    if rows.empty:
        return Section("findings", say("findings"), (*blocks, say("findings_none")))
    blocks += [_by_kind(rows, setting)]
    weighty = rows[(rows["severity"] != "note") & (rows["area_m2"].fillna(0) > 0)]
    weighty = weighty.sort_values("area_m2", ascending=False, kind="stable")
    claims = weighty["code"].isin(_CLAIMS)
    if len(weighty):
        blocks.append(say("findings_text"))
    if claims.any():
        blocks.append(_list(weighty[claims], "claims", setting))
    if not claims.all():
        blocks.append(_list(weighty[~claims], "findings_list", setting))
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
        (str(row["source"]), layer_name(str(row["table"])), None if is_missing(row["company"]) else str(row["company"]),
         int(row["rows"]), int(row["used"]), int(row["listed"]))
        for row in assessment.delivered.to_dict("records")
    )  # fmt: skip
    return Table("delivered", say("delivered_table"), columns, rows)


def layer_name(table: str) -> Text:
    """What a layer of the project is called."""
    return say(f"layer_{table}") if table in _LAYERS else plain(table)


_LAYERS = (
    "sites", "footprints", "parcels", "permits", "baseline", "responsibility", "zones", "measurements",
)  # fmt: skip


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


def _list(rows: pd.DataFrame, key: str, setting: Setting) -> Table:
    """The largest of some findings, one by one."""
    unit = setting.unit
    columns = (
        Column("kind", say("kind")),
        Column("id", say("name")),
        Column("where", say("where")),
        Column("area", say("at_stake"), "number", unit, AREA_DECIMALS[unit]),
        Column("what", say("what")),
    )
    merged = _merged(rows)
    made = []
    for row in merged[:_LISTED]:
        name = None if is_missing(row["id"]) else str(row["id"])
        at_stake = float(convert(float(row["area_m2"]), "m2", unit))
        made.append((kind_name(row["code"]), name, row["where"], at_stake, _without(name, told(str(row["message"])))))
    notes = (say("more_findings", listed=len(made), all=len(merged)),) if len(merged) > len(made) else ()
    return Table(key.replace("_", "-"), say(key), columns, tuple(made), notes=notes)


def _merged(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The same thing said of several rows of a file (the stages of one parcel) stands once, with all their rows."""
    made: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows.to_dict("records"):
        key = tuple(str(row[name]) for name in ("code", "id", "source", "message"))
        known = made.setdefault(key, {**_named(row), "where": ":".join(_place(row))})
        if known["row"] != row["row"] and not is_missing(row["row"]):
            known["where"] += f", {row['row']}"
    return list(made.values())


def _named(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}


def _place(row: dict[Any, Any]) -> list[str]:
    return [str(row[name]) for name in ("source", "row") if not is_missing(row[name])]


def _without(name: str | None, text: Text) -> Text:
    """The name stands in a column of its own."""
    return text if name is None else Text(text.zh.removeprefix(f"{name}："), text.en.removeprefix(f"{name}: "))
