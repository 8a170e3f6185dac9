"""The first page: the rate with its basis and outcome, what is missing, and the figures beside it."""

from reclaim.assessment import Assessment
from reclaim.land.rate_values import Rate, percent
from reclaim.reports.forms import figures_of
from reclaim.reports.model import Block, Cell, Column, Fact, Facts, Section, Table, Text, Tone
from reclaim.reports.numbers import AREA_DECIMALS, area, is_missing
from reclaim.reports.printed import printed_area, printed_year
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say, translated
from reclaim.units import convert
from reclaim.vocabulary import words

_SAME = 1e-9
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
    return say(f"outcome_{rate.outcome}", level=level, short=missing_area(rate, setting))


def missing_area(rate: Rate, setting: Setting) -> Text:
    """What is still to reclaim to reach the level: in mu, after the report's own unit where that is another."""
    own = setting.area(rate.short_m2)
    if setting.unit == "mu":
        return own
    mu = area(rate.short_m2, "mu")
    return Text(f"{own.zh}（{mu.zh}）", f"{own.en} ({mu.en})")


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
        made += _flows(assessment, setting)
    counts = assessment.findings["severity"].value_counts()
    errors, warnings = int(counts.get("error", 0)), int(counts.get("warning", 0))
    value_text = say("fact_findings_value", errors=errors, warnings=warnings)
    tone: Tone = "bad" if errors else "plain"
    return [*made, Fact(say("fact_findings"), value_text, say("fact_findings_note"), tone)]


def _flows(assessment: Assessment, setting: Setting) -> list[Fact]:
    """The last year's figures, printed as the tables print them."""
    last = assessment.group.iloc[-1]
    year = int(last["year"])
    printed = printed_year(assessment, setting, year)

    def said(name: str) -> Text:
        return printed_area(printed[name], setting.unit) if name in printed else setting.area(last[name])

    again, temporary = said("reclaimed_again"), said("temporary")
    return [
        Fact(say("fact_reclaimed", year=year), said("reclaimed"), say("fact_reclaimed_note", again=again)),
        Fact(say("fact_closing"), said("closing"), say("fact_closing_note", temporary=temporary)),
        Fact(say("fact_ever"), said("ever"), say("fact_ever_note")),
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
        Column("numerator", say("numerator"), "number", unit, decimals),
        Column("denominator", say("denominator"), "number", unit, decimals),
        Column("rate", say("rate"), "share", "", _digits(assessment.rates)),
        Column("level", say("level"), "share", "", 2),
        Column("missing", say("short"), "number", unit, decimals),
        Column("outcome", say("outcome")),
    )
    rows = tuple(_rate_row(rate, setting) for rate in assessment.rates)
    same = _same_areas(assessment, setting)
    # the rate and its level are texts on paper: the rate is never rounded across the level
    printed = tuple(
        (row[0], *(_as_elsewhere(value, same) for value in row[1:3]), shown_percent(rate), _level(rate), *row[5:])
        for row, rate in zip(rows, assessment.rates, strict=True)
    )
    caption = say("rates_table", at=assessment.at.date().isoformat())
    gaps = (say("no_level"),) if any(rate.target is None for rate in assessment.rates) else ()
    return Table("rates", caption, columns, rows, printed, notes=gaps)


def _same_areas(assessment: Assessment, setting: Setting) -> list[tuple[float, float]]:
    """The group's stocks of the last year, exact and as other tables print them."""
    if assessment.group.empty:
        return []
    last = assessment.group.iloc[-1]
    printed = printed_year(assessment, setting, int(last["year"]))
    exact = figures_of(last.to_dict())
    return [(float(convert(exact[name], "m2", setting.unit)), printed[name]) for name in ("permanent", "ever")]


def _as_elsewhere(value: Cell, same: list[tuple[float, float]]) -> Cell:
    """A figure that stands in another table, too, is printed as it is there."""
    if not isinstance(value, float):
        return value
    return next((printed for exact, printed in same if abs(exact - value) <= _SAME * exact), value)


def _digits(rates: tuple[Rate, ...]) -> int:
    """Digits after the point with which no rate is rounded across its level."""
    for digits in range(2, 10):
        if all(
            rate.target is None
            or is_missing(rate.value)
            or (round(rate.value, digits + 2) >= rate.target.rate) == (rate.outcome == "met")
            for rate in rates
        ):
            return digits
    return 10


def _level(rate: Rate) -> str | None:
    return f"{rate.target.rate * 100:g}%" if rate.target else None


def _rate_row(rate: Rate, setting: Setting) -> tuple[Cell, ...]:
    basis = words("bases")[rate.basis]
    known = (rate.numerator_m2, rate.denominator_m2, rate.short_m2)
    numerator, denominator, missing = (_known(convert(value, "m2", setting.unit)) for value in known)
    level = rate.target.rate if rate.target else None
    outcome = _outcome(rate)
    return Text(basis.zh, basis.en), numerator, denominator, _known(rate.value), level, missing, outcome


def _outcome(rate: Rate) -> Text | None:
    return say(f"reached_{rate.outcome}") if rate.outcome else None


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
