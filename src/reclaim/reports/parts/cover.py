"""Vegetation cover of parcels and red-mud sites: what was seen, against which criterion, with which outcome."""

from typing import Any

import pandas as pd

from reclaim.assessment import Assessment
from reclaim.errors import CriteriaError
from reclaim.figures import cover_series
from reclaim.reports.model import Cell, Chart, Column, Section, Table, Text, plain
from reclaim.reports.numbers import AREA_DECIMALS, is_missing, number, related
from reclaim.reports.parts.accounts import site_names
from reclaim.reports.parts.alarms import alarms
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say
from reclaim.units import convert
from reclaim.vocabulary import words
from reclaim.zonal.criteria import Threshold

_CHARTS = 6
_END_MEMBERS = ("threshold", "soil", "vegetation")


def cover(assessment: Assessment, setting: Setting) -> Section | None:
    """Cover of every zone and date with its criterion and outcome; a chart where a zone has several dates."""
    rows = assessment.cover
    if rows.empty:
        return None
    # two metrics are two quantities and share no chart
    series = [(str(key[0]), part) for key, part in rows.groupby(["zone_id", "metric"], sort=False) if len(part) > 1]
    # of the zones that were seen at all, those with a criterion, then the largest
    seen = [(zone, part) for zone, part in series if (part["valid"] > 0).any()]
    seen.sort(key=lambda named: (named[1]["outcome"].isna().all(), -float(named[1]["area_m2"].max())))
    charts = [_cover_chart(zone, part) for zone, part in seen if part["metric"].iloc[0] != "mean_index"]
    table = cover_table(assessment, setting)
    watched = (alarms(rows),) if seen else ()
    return Section("cover", say("cover"), (say("cover_text"), table, *watched, *charts[:_CHARTS]))


def cover_table(assessment: Assessment, setting: Setting) -> Table:
    """One row for each zone and date."""
    records = assessment.cover.to_dict("records")
    metrics = list(dict.fromkeys(str(row["metric"]) for row in records))
    zones, sites = _zones(assessment), site_names(assessment)
    # what is the same throughout needs no column
    shown = {"metric": len(metrics) > 1, "site": len({str(zone.get("site_id")) for zone in zones.values()}) > 1}
    columns = (
        Column("zone", say("zone")),
        Column("kind", say("zone_kind")),
        *((Column("site", say("site")),) if shown["site"] else ()),
        Column("date", say("date"), "date"),
        Column("area", say("area"), "number", setting.unit, AREA_DECIMALS[setting.unit]),
        *((Column("metric", say("metric")),) if shown["metric"] else ()),
        Column("cover", say("cover_value"), "share", "", 1),
        Column("valid", say("valid"), "share", "", 1),
        Column("low", say("low"), "share", "", 1),
        Column("high", say("high"), "share", "", 1),
        Column("criterion", say("criterion")),
        Column("outcome", say("outcome")),
    )
    rows = tuple(_cover_row(row, zones, sites, setting=setting, shown=shown) for row in records)
    caption = say("cover_table")
    if len(metrics) == 1:
        one = _word("metrics", metrics[0])
        caption = Text(f"{caption.zh}（{one.zh}）", f"{caption.en} ({one.en})")
    return Table("cover", caption, columns, rows, notes=_notes(assessment.cover, rows))


def _notes(cover: pd.DataFrame, rows: tuple[tuple[Cell, ...], ...]) -> tuple[Text, ...]:
    """With which end-members or threshold the cover was made; what a dash means."""
    notes = []
    told = [name for name in _END_MEMBERS if name in cover]
    for values in cover[told].drop_duplicates().to_dict("records") if told else ():
        known = {str(name): float(value) for name, value in values.items() if not is_missing(value)}
        if {"soil", "vegetation"} <= known.keys():
            notes.append(say("cover_end_members", soil=f"{known['soil']:g}", vegetation=f"{known['vegetation']:g}"))
        elif "threshold" in known:
            notes.append(say("cover_threshold", threshold=f"{known['threshold']:g}"))
    gaps = (say("missing_cover"),) if any(value is None for row in rows for value in row) else ()
    return (*dict.fromkeys(notes), *gaps)


def _zones(assessment: Assessment) -> dict[str, dict[Any, Any]]:
    zones = assessment.tables.get("zones")
    if zones is None or "zone_id" not in zones:
        return {}
    told = zones.drop_duplicates("zone_id").to_dict("records")
    return {str(row["zone_id"]): row for row in told}


def _cover_row(
    row: dict[Any, Any],
    zones: dict[str, dict[Any, Any]],
    sites: dict[str, Text],
    *,
    setting: Setting,
    shown: dict[str, bool],
) -> tuple[Cell, ...]:
    # an index is no share and is printed as a number
    index = row["metric"] == "mean_index"
    shares = [None if is_missing(row[name]) else float(row[name]) for name in ("cover", "valid", "low", "high")]
    seen: list[Cell] = [plain(number(shares[0], 3)) if index else shares[0], *shares[1:]]
    zone = zones.get(str(row["zone_id"]), {})
    kind, site = (None if is_missing(zone.get(name)) else str(zone[name]) for name in ("kind", "site_id"))
    return (
        str(row["zone_id"]),
        _word("zone_kinds", kind) if kind else None,
        *((sites.get(site, plain(site)) if site else None,) if shown["site"] else ()),
        None if is_missing(row["date"]) else str(row["date"])[:10],
        float(convert(float(row["area_m2"]), "m2", setting.unit)),
        *((_word("metrics", row["metric"]),) if shown["metric"] else ()),
        *seen,
        criterion(row.get("criterion", zone.get("min_cover"))),
        None if is_missing(row["outcome"]) else _word("outcomes", row["outcome"]),
    )


def criterion(text: object) -> Text | None:
    """
    A criterion in words that follow from its relation.

    Examples
    --------
    >>> criterion(">0.95"), criterion(0.5)
    (Text(zh='超过95%', en='more than 95%'), Text(zh='50%以上（含）', en='50% or more'))
    """
    level = _level(text)
    if level is None:
        return None if is_missing(text) else plain(str(text))
    return related(plain(f"{level.value * 100:g}%"), ">" if level.strict else ">=")


def _level(text: object) -> Threshold | None:
    if is_missing(text):
        return None
    try:
        return Threshold.parse(text)
    except CriteriaError:
        return None


def _word(vocabulary: str, code: str) -> Text:
    found = words(vocabulary).get(code)
    return Text(found.zh, found.en) if found else plain(str(code))


def _cover_chart(zone: str, rows: pd.DataFrame) -> Chart:
    last = rows.assign(date=pd.to_datetime(rows["date"])).sort_values("date").iloc[-1]
    shares = {name: "–" if is_missing(last[name]) else f"{last[name] * 100:.1f}%" for name in ("cover", "valid")}
    metric = _word("metrics", rows["metric"].iloc[0])
    level = _level(last.get("criterion"))
    return Chart(
        f"cover-{zone}-{rows['metric'].iloc[0]}",
        say("chart_cover", zone=zone, metric=metric),
        say("chart_cover_alt", zone=zone, **shares),
        lambda language: cover_series(rows, level=level.value if level else None, language=language),
    )
