"""The yearly movement of the group's land, the rate through the years, and the ladder of states."""

from dataclasses import replace

import numpy as np
import pandas as pd

from reclaim.assessment import Assessment
from reclaim.figures import ladder as ladder_chart
from reclaim.figures import ledger_bars, rate_line, waterfall
from reclaim.land.rate_values import Basis, percent
from reclaim.land.rates import rate as rate_of
from reclaim.reports.model import Block, Chart, Column, Section, Table, Text
from reclaim.reports.numbers import AREA_DECIMALS
from reclaim.reports.parts.summary import headline
from reclaim.reports.printed import movement_table, period, printed_year
from reclaim.reports.rounding import largest_remainder
from reclaim.reports.setting import Setting
from reclaim.reports.stocks import soils_placed, stocks
from reclaim.reports.wording import say
from reclaim.units import convert
from reclaim.vocabulary import states, words


def movement(assessment: Assessment, setting: Setting) -> Section | None:
    """The movement table with its charts."""
    if assessment.group.empty:
        return None
    table = movement_table(assessment, setting)
    table = replace(table, notes=(say("readds"), *table.notes))
    blocks: list[Block] = [say("movement_text"), table, bars(assessment, setting), steps(assessment, setting)]
    rates = rate_chart(assessment)
    return Section("movement", say("movement"), tuple(blocks + ([rates] if rates else [])))


def bars(assessment: Assessment, setting: Setting) -> Chart:
    """Disturbed and reclaimed in each year."""
    rows = assessment.group
    last = rows.iloc[-1]
    reclaimed = setting.area(last["reclaimed"])
    alt = say("chart_movement_alt", years=period(assessment), last=int(last["year"]), reclaimed=reclaimed)
    return Chart(
        "movement",
        say("chart_movement"),
        alt,
        lambda language: ledger_bars(rows, unit=setting.unit, language=language),
    )


def steps(assessment: Assessment, setting: Setting) -> Chart:
    """From the first opening to the last closing, by cause."""
    table = movement_table(assessment, setting)
    row = table.rows[-1]
    values = {column.key: (column.head, value) for column, value in zip(table.columns, row, strict=True)}
    signs = {"reclaimed": -1, "reclaimed_again": -1}
    parts = pd.DataFrame(
        [
            {"zh": head.zh, "en": head.en, "value": value * signs.get(key, 1), "total": key in ("opening", "closing")}
            for key, (head, value) in values.items()
            if isinstance(value, float) and key != "year" and (value or key in ("opening", "closing"))
        ]
    )
    opening, closing = (setting.area(assessment.group[name].iloc[i]) for name, i in (("opening", 0), ("closing", -1)))
    return Chart(
        "waterfall",
        say("chart_waterfall", years=period(assessment)),
        say("chart_waterfall_alt", opening=opening, closing=closing),
        lambda language: waterfall(parts, unit=setting.unit, language=language),
    )


def rate_series(assessment: Assessment, basis: Basis) -> pd.DataFrame:
    """The group's rate at the end of every year: ``year``, ``value``."""
    years = assessment.group["year"].astype(int).tolist()
    if basis == "damaged":
        # the share of the ledger's own stocks is that rate exactly
        value = (assessment.group["ever"] - assessment.group["closing"]) / assessment.group["ever"]
        return pd.DataFrame({"year": years, "value": value.to_numpy(float)})
    ends = [min(pd.Timestamp(year=year, month=12, day=31), assessment.at) for year in years]
    rates = [rate_of(assessment.land, basis=basis, at=end, tables=assessment.tables).value for end in ends]
    return pd.DataFrame({"year": years, "value": rates})


def rate_chart(assessment: Assessment) -> Chart | None:
    """The headline rate through the years beside its level."""
    top = headline(assessment)
    if top is None:
        return None
    series = rate_series(assessment, top.basis)
    basis = Text(words("bases")[top.basis].zh, words("bases")[top.basis].en)
    level = top.target.rate if top.target else None
    last = series.iloc[-1]
    alt = say("chart_rate_alt", last=int(last["year"]), value=percent(float(last["value"]), target=level, decimals=2))
    return Chart(
        "rate",
        say("chart_rate", basis=basis),
        alt,
        lambda language: rate_line(series, target=level, language=language),
    )


def ladder(assessment: Assessment, setting: Setting) -> Section | None:
    """How much land stands at each stage, and how much stands there or beyond."""
    table = stocks(assessment.land, at=assessment.at)
    if table.empty or assessment.group.empty:
        return None
    held = table.iloc[0]
    fixed = printed_year(assessment, setting, int(assessment.group["year"].iloc[-1]))
    made = _ladder_table(held, setting, fixed=fixed, notes=_waiting(assessment, setting))
    return Section("ladder", say("ladder"), (say("ladder_text"), made, _ladder(held, setting)))


def _waiting(assessment: Assessment, setting: Setting) -> tuple[Text, ...]:
    """Steps on the way that change no state: land free to reclaim, and land with its soil placed."""
    made = []
    free = next(
        (rate.denominator_m2 - rate.numerator_m2 for rate in assessment.rates if rate.basis == "available"), None
    )
    if free is not None and free == free:
        made.append(say("ladder_available", area=setting.area(free)))
    if (assessment.land.evidence.groups["kind"] == "soils_placed").any():
        made.append(say("ladder_soils", area=setting.area(soils_placed(assessment.land, at=assessment.at))))
    return tuple(made)


def _reached(held: "pd.Series[float]", state: str) -> float:
    """Land in a state or beyond it."""
    order = list(states())
    return float(held[order[order.index(state) :]].sum())


def _ladder_table(
    held: "pd.Series[float]", setting: Setting, *, fixed: dict[str, float], notes: tuple[Text, ...]
) -> Table:
    unit = setting.unit
    ever = float(held.sum())
    columns = (
        Column("state", say("state")),
        Column("held", say("in_state"), "number", unit, AREA_DECIMALS[unit]),
        Column("reached", say("reached"), "number", unit, AREA_DECIMALS[unit]),
        Column("share", say("share_of_ever"), "share", "", 1),
    )
    area = [[float(convert(m2, "m2", unit)) for m2 in (float(held[code]), _reached(held, code))] for code in states()]
    share = [float(held[code]) / ever if ever else None for code in states()]
    total = float(convert(ever, "m2", unit))
    last = (say("fact_ever"), total, None, 1.0 if ever else None)
    names = [Text(word.zh, word.en) for word in states().values()]
    rows = tuple((name, *both, part) for name, both, part in zip(names, area, share, strict=True))
    held_printed = _readded([both[0] for both in area], fixed, AREA_DECIMALS[unit])
    beyond = np.cumsum(held_printed[::-1])[::-1]
    share_printed = largest_remainder([np.nan if part is None else part for part in share], decimals=3)
    printed = tuple(
        (
            name,
            held_printed[i],
            round(float(beyond[i]), AREA_DECIMALS[unit]),
            None if np.isnan(share_printed[i]) else share_printed[i],
        )
        for i, name in enumerate(names)
    )
    summed = (last[0], round(float(beyond[0]), AREA_DECIMALS[unit]), *last[2:])
    return Table("ladder", say("ladder_table"), columns, (*rows, last), (*printed, summed), total=True, notes=notes)


def _readded(held: list[float], fixed: dict[str, float], decimals: int) -> list[float]:
    """States rounded so that they make the stocks that other tables print, where they are those stocks."""
    if abs(sum(held) - fixed["ever"]) > 2 * 10.0**-decimals:
        return largest_remainder(held, decimals=decimals)
    waiting = largest_remainder(held[:2], decimals=decimals, total=fixed["closing"])
    return waiting + largest_remainder(held[2:], decimals=decimals, total=fixed["permanent"])


def _ladder(held: "pd.Series[float]", setting: Setting) -> Chart:
    # all land ever disturbed has reached "open"; it is the ladder's first step
    codes = list(states())[1:]
    frame = pd.DataFrame(
        {"state": ["ever", *codes], "area_m2": [float(held.sum()), *(_reached(held, code) for code in codes)]}
    )
    permanent = setting.area(_reached(held, "reclaimed"))
    return Chart(
        "ladder",
        say("chart_ladder"),
        say("ladder_alt", ever=setting.area(float(held.sum())), permanent=permanent),
        lambda language: ladder_chart(frame, unit=setting.unit, language=language),
    )
