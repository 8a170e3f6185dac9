"""Zones whose cover calls for a look: it fell, stands still below the target, or is late."""

from typing import Any

import pandas as pd

from reclaim.reports.model import Cell, Column, Table, Text, plain
from reclaim.reports.numbers import is_missing, number
from reclaim.reports.wording import say
from reclaim.vocabulary import words
from reclaim.zonal.series import alarms_of


def alarms(cover: pd.DataFrame) -> Table | Text:
    """One row for each alarm; a sentence where there is none."""
    raised = alarms_of(cover if "criterion" in cover else cover.assign(criterion=None))
    if raised.empty:
        return say("alarm_none")
    columns = (
        Column("zone", say("zone")),
        Column("date", say("date"), "date"),
        Column("cover", say("cover_value")),
        Column("change", say("alarm_change")),
        Column("alarm", say("alarm")),
    )
    return Table("alarms", say("alarms"), columns, tuple(_row(row) for row in raised.to_dict("records")))


def _row(row: dict[Any, Any]) -> tuple[Cell, ...]:
    # an index is no share and is printed as a number
    index = row["metric"] == "mean_index"

    def said(value: float) -> Text | None:
        return None if is_missing(value) else plain(number(value, 3) if index else f"{value * 100:.1f}%")

    told = [words("alarms")[code] for code in str(row["alarm"]).split(";")]
    alarm = Text("、".join(word.zh for word in told), ", ".join(word.en for word in told))
    return str(row["zone_id"]), str(row["date"])[:10], said(row["cover"]), said(row["change"]), alarm
