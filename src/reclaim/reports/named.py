"""
Figures by name, for sentences that are never out of date: ``{{ rate("damaged", 2019) }}``.

The same names serve Jinja templates of people's own report systems and Word templates.
"""

import re
from collections.abc import Callable

import pandas as pd
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from reclaim import units
from reclaim.assessment import Assessment, target_of
from reclaim.errors import ReportError
from reclaim.land.rate_values import BASES, Rate, percent
from reclaim.land.rates import rates_by
from reclaim.reports.forms import figures_of
from reclaim.reports.model import MISSING, Chart, Report, Sheet, Table
from reclaim.reports.numbers import AREA_DECIMALS, is_missing, number
from reclaim.reports.parts.accounts import book_of
from reclaim.reports.parts.summary import headline, outcome_text
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say
from reclaim.tables import MEASURES

_FIGURES = (*MEASURES, "permanent", "open")


def figure(assessment: Assessment, name: str, year: int, *, site: str | None = None) -> float:
    """
    One figure of the ledger, m².

    Parameters
    ----------
    assessment : Assessment
        Whose ledger.
    name : str
        A ledger column, ``permanent`` or ``open``.
    year : int
        Of the ledger row.
    site : str, optional
        A site; otherwise the group.

    Raises
    ------
    ReportError
        For a name, site or year that the ledger does not have; the text lists those that it has.
    """
    if name not in _FIGURES:
        raise ReportError(f"there is no figure {name!r}; choose one of {', '.join(_FIGURES)}")
    rows = assessment.group if site is None else book_of(assessment, "site").rows
    if site is not None:
        known = sorted(rows["site_id"].unique())
        if site not in known:
            raise ReportError(f"there is no site {site!r}; choose one of {', '.join(known[:20])}")
        rows = rows[rows["site_id"] == site]
    found = rows[rows["year"] == year]
    if found.empty:
        raise ReportError(f"the ledger has no year {year}; it runs from {rows['year'].min()} to {rows['year'].max()}")
    return figures_of(found.iloc[0].to_dict())[name]


def rate_of(assessment: Assessment, basis: str, year: int, *, site: str | None = None) -> Rate:
    """
    The rate on a basis at the end of a year, against the project's target.

    Parameters
    ----------
    assessment : Assessment
        Whose land.
    basis : {"damaged", "responsibility", "available", "annual", "plan"}
        There is no default.
    year : int
        Up to its end, or to the assessment's date where that is earlier.
    site : str, optional
        A site; otherwise the group.

    Raises
    ------
    ReportError
        For another basis or site.
    """
    chosen = next((known for known in BASES if known == basis), None)
    if chosen is None:
        raise ReportError(f"there is no basis {basis!r}; choose one of {', '.join(BASES)}")
    at = min(pd.Timestamp(year=year, month=12, day=31), assessment.at)
    target = target_of(assessment.project, chosen, at)
    rates = rates_by(
        assessment.land, by="site" if site else "group", basis=chosen, at=at, target=target, tables=assessment.tables
    )
    key = site or "group"
    if key not in rates:
        raise ReportError(f"there is no site {site!r}; choose one of {', '.join(sorted(rates)[:20])}")
    return rates[key]


def functions(assessment: Assessment, setting: Setting) -> dict[str, Callable[..., str]]:
    """
    What a template may call: ``rate(basis, year)``, ``area(figure, year, unit=…)``, ``outcome(basis, year)``.

    Each gives text that is rounded as the report rounds it.
    """

    def rate(basis: str, year: int, site: str | None = None) -> str:
        made = rate_of(assessment, basis, year, site=site)
        return percent(made.value, target=made.target.rate if made.target else None)

    def area(name: str, year: int, site: str | None = None, unit: str | None = None) -> str:
        return in_unit(figure(assessment, name, year, site=site), unit or setting.unit)

    def outcome(basis: str, year: int, site: str | None = None) -> str:
        return outcome_text(rate_of(assessment, basis, year, site=site), setting).inline(setting.language)

    return {"rate": rate, "area": area, "outcome": outcome}


def in_unit(value_m2: float, unit: str) -> str:
    """
    An area in a unit, without the unit's name; a dash where it is not known.

    Examples
    --------
    >>> in_unit(10_000.0, "mu")
    '15.00'
    """
    if is_missing(value_m2):
        return MISSING
    return number(float(units.convert(float(value_m2), "m2", unit)), AREA_DECIMALS.get(unit, 2))


def filters() -> dict[str, Callable[..., str]]:
    """
    Jinja filters for people's own templates: areas in m² as text, shares as percent.

    Examples
    --------
    >>> filters()["mu"](2000), filters()["percent"](0.8596, 0.86)
    ('3.00', '85.9%')
    """

    def as_percent(share: float, level: float | None = None) -> str:
        return MISSING if is_missing(share) else percent(float(share), target=level)

    made: dict[str, Callable[..., str]] = {unit: _unit_filter(unit) for unit in AREA_DECIMALS}
    return {**made, "percent": as_percent}


def _unit_filter(unit: str) -> Callable[[float], str]:
    return lambda value_m2: in_unit(value_m2, unit)


def environment(assessment: Assessment, setting: Setting) -> SandboxedEnvironment:
    """
    A Jinja environment with our filters and functions, for HTML.

    Text from data is escaped, an unknown name is an error, and a template cannot reach outside it.

    Parameters
    ----------
    assessment : Assessment
        Where the figures come from.
    setting : Setting
        Language and unit.
    """
    made = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    made.filters.update(filters())
    made.globals.update(functions(assessment, setting))
    return made


def fields(assessment: Assessment, setting: Setting) -> dict[str, str]:
    """
    Every single figure by name with its present text: what a Word template may hold between double braces.

    Parameters
    ----------
    assessment : Assessment
        Where the figures come from.
    setting : Setting
        Language and unit.
    """
    project, language = assessment.project, setting.language
    made = {
        "project": " ".join(dict.fromkeys(name for name in (project.name_zh, project.name) if name)) or project.title,
        "at": assessment.at.date().isoformat(),
        "unit": units.label(setting.unit, language),
        "illustrative": say("illustrative").inline(language) if project.illustrative else "",
    }
    top = headline(assessment)
    if top is not None:
        made |= _rate_fields("headline", top, setting)
    for rate in assessment.rates:
        made |= _rate_fields(rate.basis, rate, setting)
    for row in assessment.group.to_dict("records"):
        figures = figures_of(row)
        made |= {f"{name}_{int(row['year'])}": in_unit(figures[name], setting.unit) for name in _FIGURES}
    return made


def _rate_fields(name: str, rate: Rate, setting: Setting) -> dict[str, str]:
    level = rate.target.rate if rate.target else None
    return {
        f"rate_{name}": percent(rate.value, target=level),
        f"rate_{name}_numerator": in_unit(rate.numerator_m2, setting.unit),
        f"rate_{name}_denominator": in_unit(rate.denominator_m2, setting.unit),
        f"rate_{name}_level": MISSING if level is None else f"{level * 100:g}%",
        f"rate_{name}_outcome": outcome_text(rate, setting).inline(setting.language) or MISSING,
        f"rate_{name}_missing": in_unit(rate.short_m2, setting.unit),
    }


def block_fields(report: Report) -> dict[str, str]:
    """
    Every table, chart and map by the name under which a Word template may ask for it, with its caption.

    Parameters
    ----------
    report : Report
        Made by `content`.
    """
    return {name: block.caption.inline(report.language) for name, block in named_blocks(report).items()}


def named_blocks(report: Report) -> dict[str, Table | Chart | Sheet]:
    """Tables, charts and maps of a report by name: ``table_movement``, ``figure_rate``, ``map``."""
    made: dict[str, Table | Chart | Sheet] = {}
    for block in report.blocks():
        if isinstance(block, Sheet):
            made[field_name(block.key)] = block
        elif isinstance(block, (Table, Chart)):
            kind = "table" if isinstance(block, Table) else "figure"
            made[field_name(f"{kind}_{block.key}")] = block
    return made


def field_name(key: str) -> str:
    """
    A key as a name that a template can hold.

    Examples
    --------
    >>> field_name("table_by-site")
    'table_by_site'
    """
    return re.sub(r"\W", "_", key)
