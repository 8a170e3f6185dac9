"""The first page: the rate with its basis and outcome, what is missing, and the figures beside it."""

import pandas as pd

from reclaim.assessment import Assessment
from reclaim.land.rate_values import Rate, percent
from reclaim.reports.model import Block, Cell, Column, Fact, Facts, Section, Table, Text, Tone
from reclaim.reports.numbers import AREA_DECIMALS, is_missing
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say, translated
from reclaim.units import convert
from reclaim.vocabulary import words

_TONES: dict[str | None, Tone] = {"met": "good", "not_met": "bad", "undetermined": "unsure", "undefined": "unsure"}


def headline(assessment: Assessment) -> Rate | None:
    """The rate that stands on top: on the basis of the project's first target, else on the damaged basis."""
    wanted = [target.basis for target in assessment.project.targets] + ["damaged"]
    made = {rate.basis: rate for rate in assessment.rates}
    return next((made[basis] for basis in wanted if basis in made), None)


def summary(assessment: Assessment, setting: Setting) -> Section:
    """Rate, outcome, missing area, flows and stocks of the last year, and what was left out."""
    top = headline(assessment)
    blocks: list[Block] = [Facts(tuple(_facts(assessment, top, setting)))]
    if top is None:
        blocks.append(say("no_rate"))
    else:
        blocks.append(Text(top.text(unit=setting.unit, language="zh"), top.text(unit=setting.unit, language="en")))
        blocks += _level_said(top)
    if not len(assessment.tables.get("parcels", ())):
        blocks.append(say("no_parcels"))
    if assessment.rates:
        blocks.append(rates_table(assessment, setting))
    if any(rate.excluded for rate in assessment.rates):
        blocks.append(_excluded(assessment, setting))
    return Section("summary", say("summary"), tuple(blocks))


def outcome_text(rate: Rate, setting: Setting) -> Text:
    """Whether the level is reached, and what is missing."""
    if rate.outcome in ("undefined", "undetermined"):
        return say(f"outcome_{rate.outcome}")
    if rate.target is None:
        return Text("", "")
    level = f"{rate.target.rate * 100:g}%"
    return say(f"outcome_{rate.outcome}", level=level, short=setting.area(rate.short_m2))


def shown_percent(rate: Rate) -> str:
    """The rate as percent, never rounded across its level."""
    return percent(rate.value, target=rate.target.rate if rate.target else None, decimals=2)


def _facts(assessment: Assessment, top: Rate | None, setting: Setting) -> list[Fact]:
    made = []
    if top is not None:
        value = shown_percent(top)
        name = say("rate_named", basis=Text(words("bases")[top.basis].zh, words("bases")[top.basis].en))
        made.append(Fact(name, Text(value, value), outcome_text(top, setting), _TONES.get(top.outcome, "plain")))
    if len(assessment.group):
        made += _flows(assessment.group.iloc[-1], setting)
    counts = assessment.findings["severity"].value_counts()
    errors, warnings = int(counts.get("error", 0)), int(counts.get("warning", 0))
    value_text = say("fact_findings_value", errors=errors, warnings=warnings)
    tone: Tone = "bad" if errors else "plain"
    return [*made, Fact(say("fact_findings"), value_text, say("fact_findings_note"), tone)]


def _flows(last: "pd.Series[float]", setting: Setting) -> list[Fact]:
    year, area = int(last["year"]), setting.area
    return [
        Fact(
            say("fact_reclaimed", year=year),
            area(last["reclaimed"]),
            say("fact_reclaimed_note", again=area(last["reclaimed_again"])),
        ),
        Fact(say("fact_closing"), area(last["closing"]), say("fact_closing_note", temporary=area(last["temporary"]))),
        Fact(say("fact_ever"), area(last["ever"]), say("fact_ever_note")),
    ]


def _level_said(rate: Rate) -> list[Block]:
    """Where the level comes from; a level that nobody set is said to be the default."""
    if rate.target is None:
        return []
    level = f"{rate.target.rate * 100:g}%"
    if rate.target.is_default:
        return [say("default_level", level=level)]
    source: Text | str = rate.target.source or say("no_source")
    return [say("set_level", level=level, source=source)]


def rates_table(assessment: Assessment, setting: Setting) -> Table:
    """The rate on every basis that has its data."""
    unit, decimals = setting.unit, AREA_DECIMALS[setting.unit]
    columns = (
        Column("basis", say("basis")),
        Column("date", say("date"), "date"),
        Column("numerator", say("numerator"), "number", unit, decimals),
        Column("denominator", say("denominator"), "number", unit, decimals),
        Column("rate", say("rate")),
        Column("level", say("level")),
        Column("outcome", say("outcome")),
    )
    rows = tuple(_rate_row(rate, setting) for rate in assessment.rates)
    return Table("rates", say("rates_table"), columns, rows)


def _rate_row(rate: Rate, setting: Setting) -> tuple[Cell, ...]:
    basis = words("bases")[rate.basis]
    areas = (_known(convert(value, "m2", setting.unit)) for value in (rate.numerator_m2, rate.denominator_m2))
    level = f"{rate.target.rate * 100:g}%" if rate.target else None
    return Text(basis.zh, basis.en), rate.at.date(), *areas, shown_percent(rate), level, outcome_text(rate, setting)


def _known(value: float) -> float | None:
    return None if is_missing(value) else float(value)


def _excluded(assessment: Assessment, setting: Setting) -> Table:
    """Each reason once, with the bases that it concerns."""
    unit = setting.unit
    concerned: dict[tuple[str, float], list[Text]] = {}
    for rate in assessment.rates:
        basis = words("bases")[rate.basis]
        for reason, m2 in rate.excluded:
            concerned.setdefault((reason, m2), []).append(Text(basis.zh, basis.en))
    columns = (
        Column("reason", say("reason")),
        Column("area", say("area"), "number", unit, AREA_DECIMALS[unit]),
        Column("bases", say("bases_left")),
    )
    rows = tuple(
        (translated(reason), float(convert(m2, "m2", unit)), _listed(bases))
        for (reason, m2), bases in concerned.items()
    )
    return Table("excluded", say("excluded_table"), columns, rows)


def _listed(names: list[Text]) -> Text:
    return Text("、".join(name.zh for name in names), ", ".join(name.en for name in names))
