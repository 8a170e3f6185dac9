"""What is known: every figure of an assessment, of the project's published entries and of its stated quantities."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from reclaim.assessment import Assessment
from reclaim.geodesy import area
from reclaim.land.accounts import By, key_column
from reclaim.reports.content import content
from reclaim.reports.forms import figures_of
from reclaim.reports.lint.words import data, squeezed, topic_kind, topic_whole, units
from reclaim.reports.model import Table
from reclaim.reports.numbers import is_missing, show
from reclaim.reports.parts.accounts import book_of
from reclaim.reports.parts.classes import by_parcel
from reclaim.reports.parts.evidence import figure_name
from reclaim.reports.setting import setting_of
from reclaim.reports.view import head_lines
from reclaim.units import area_unit
from reclaim.vocabulary import Language, words

Nature = Literal["flow", "gross", "stock", "sum", "rate", "growth", "cover", "stated", "total", "target", "ground"]

_FLOWS = ("reclaimed", "reclaimed_again", "new", "redisturbed", "failed")
_STOCKS = ("opening", "closing", "temporary", "ever", "permanent")
_GROWING = ("reclaimed", "new")
_RELATION = re.compile(r"^\s*(>=|>|≥|＞)?\s*([\d.]+)\s*(%?)\s*$")


@dataclass(frozen=True)
class Fact:
    """
    One figure that a text can be held against.

    Attributes
    ----------
    topic : str
        What it is about, as in the list of words.
    nature : str
        A flow of a year, a stock at its end, a sum of flows, a rate ...
    kind : str
        What it is measured in: area, volume, length, share, count, money.
    value : float
        In base units (m², m³, m, share).
    years : tuple of int
        The year; the first and last of a sum.
    site : str or None
        The account; None for the group.
    relation : str
        How a published figure stands: "=", ">=", ">".
    basis : str or None
        Of a rate.
    label : str
        What it is, for messages.
    disputed : str
        What the land says where it contradicts a published figure.
    published : bool
        Whether it is an entry of the project, or a criterion.
    within : tuple of str
        Company and province of its site.
    """

    topic: str
    nature: Nature
    kind: str
    value: float
    label: str
    years: tuple[int, ...] = ()
    site: str | None = None
    relation: str = "="
    basis: str | None = None
    disputed: str = ""
    published: bool = False
    within: tuple[str, ...] = ()


@dataclass(eq=False)
class Known:
    """
    Everything that a text can be held against.

    Attributes
    ----------
    facts : tuple of Fact
        Figures.
    parcels : mapping
        Measured areas of single parcels, m², by site.
    assessment : Assessment
        What they come from; the tables of its report are made only when they are asked for.
    """

    facts: tuple[Fact, ...]
    parcels: Mapping[str, "pd.Series[float]"]
    assessment: Assessment

    def printed_in(self, named: tuple[str, str], value: float, step: float) -> str | None:
        """
        The caption of a table of the report that prints a value (base units) in a row and column of these names.

        A table that was taken over from the report so agrees cell by cell; a number in a wrong row or column does not.
        """
        return next(
            (caption for known, caption in self._printed.get(named, ()) if abs(known - value) <= 0.51 * step), None
        )

    @cached_property
    def _printed(self) -> dict[tuple[str, str], list[tuple[float, str]]]:
        made: dict[tuple[str, str], list[tuple[float, str]]] = {}
        languages: tuple[Language, ...] = ("zh", "en", "both")
        for table in content(self.assessment, setting_of(self.assessment.project)).tables():
            for language in languages:
                for named, value in _cells(table, language):
                    made.setdefault(named, []).append((value, table.caption.en))
        return made


def _cells(table: Table, language: Language) -> Iterator[tuple[tuple[str, str], float]]:
    """The numbers of a table with the names of their row and column, as `squeezed` has them."""
    heads = [squeezed(" ".join(head_lines(column, language))) for column in table.columns]
    for row in table.printed:
        first = squeezed(show(row[0], table.columns[0], language))
        for cell, column, head in zip(row, table.columns, heads, strict=True):
            if isinstance(cell, float) and column.kind in ("number", "share"):
                # signs are read apart from the number
                yield (first, head), abs(cell) * (float(area_unit(column.unit).m2) if column.unit else 1.0)


@lru_cache(maxsize=1)
def known_of(assessment: Assessment) -> Known:
    """What an assessment knows; the last one's is kept, so that many texts cost one reading of it."""
    return Known(tuple(facts_of(assessment)), parcel_areas(assessment), assessment)


def facts_of(assessment: Assessment) -> list[Fact]:
    """
    All figures of an assessment.

    Parameters
    ----------
    assessment : Assessment
        Ledger by site, company, province and group; rates; cover; zones; published and stated quantities; targets.

    Returns
    -------
    list of Fact
        Unrounded.
    """
    made = [*_accounts(assessment, "group"), *_published(assessment), *_rates(assessment), *_targets(assessment)]
    made += [*_cover(assessment), *_zones(assessment), *_stated(assessment), *_uses(assessment)]
    ways: tuple[By, ...] = ("site", "company", "province")
    for by in ways:
        made += _accounts(assessment, by)
    around = _around(assessment)
    return [replace(fact, within=around.get(fact.site or "", ())) for fact in made if np.isfinite(fact.value)]


def _around(assessment: Assessment) -> dict[str, tuple[str, ...]]:
    """Company and province of every site."""
    rows = assessment.land.sites[["site_id", "company", "province"]].to_dict("records")
    keys = ("company", "province")
    return {str(row["site_id"]): tuple(str(row[key]) for key in keys if isinstance(row[key], str)) for row in rows}


def _accounts(assessment: Assessment, by: By) -> Iterator[Fact]:
    rows = assessment.group if by == "group" else book_of(assessment, by).rows
    column = key_column(by)
    for key, part in rows.groupby(column, sort=False):
        site = None if by == "group" else str(key)
        years = part.sort_values("year")
        figures = {int(row["year"]): figures_of(row) for row in years.to_dict("records")}
        yield from _yearly(figures, site)
        if by == "group":
            yield from _sums(figures)
            yield from _growth(figures)


def _yearly(figures: dict[int, dict[str, float]], site: str | None) -> Iterator[Fact]:
    for year, row in figures.items():
        for name in (*_FLOWS, *_STOCKS):
            nature: Nature = "flow" if name in _FLOWS else "stock"
            yield Fact(name, nature, "area", row[name], _label(name, (year,), site), (year,), site)
        again = row["reclaimed"] + row["reclaimed_again"]
        if row["reclaimed_again"]:
            told = _label("reclaimed, again included", (year,), site)
            yield Fact("reclaimed", "gross", "area", again, told, (year,), site)
        share = row["permanent"] / row["ever"] if row["ever"] else np.nan
        label = _label("rate, damaged basis", (year,), site)
        yield Fact("rate", "rate", "share", share, label, (year,), site, basis="damaged")


def _label(name: str, years: tuple[int, ...], site: str | None) -> str:
    when = "–".join(str(year) for year in years)
    return f"{name.replace('_', ' ')} {when} ({site or 'group'})"


def _sums(figures: dict[int, dict[str, float]]) -> Iterator[Fact]:
    years = sorted(figures)
    for name in ("reclaimed", "new", "reclaimed_again", "redisturbed"):
        for i, first in enumerate(years):
            for last in years[i + 1 :]:
                total = float(np.nansum([figures[year][name] for year in range(first, last + 1)]))
                yield Fact(name, "sum", "area", total, _label(f"sum of {name}", (first, last), None), (first, last))


def _growth(figures: dict[int, dict[str, float]]) -> Iterator[Fact]:
    for name in _GROWING:
        for before, year in pairwise(sorted(figures)):
            base, value = figures[before][name], figures[year][name]
            if base > 0:
                label = f"{name} {year} on {before} (group)"
                yield Fact(name, "growth", "share", value / base - 1, label, (year,))
                yield Fact(name, "growth", "area", value - base, f"change of {label}", (year,))
    for before, year in pairwise(sorted(figures)):
        first, last = (
            figures[one]["permanent"] / figures[one]["ever"] if figures[one]["ever"] else np.nan
            for one in (before, year)
        )
        label = f"change of the rate, damaged basis, {year} on {before} (group)"
        yield Fact("rate", "growth", "points", last - first, label, (year,), basis="damaged")


def _published(assessment: Assessment) -> Iterator[Fact]:
    for row in assessment.published.to_dict("records"):
        figure, basis = row["figure"], None if is_missing(row["basis"]) else str(row["basis"])
        site = None if is_missing(row["site_id"]) else str(row["site_id"])
        year = int(row["year"])
        label = f"published {figure_name(figure, basis).en} {year} ({site or 'group'})"
        disputed = str(row["reason"]) if row["verdict"] == "contradicts" else ""
        common = {"label": label, "years": (year,), "site": site, "relation": row["relation"], "disputed": disputed}
        if figure in ("rate", "cover"):
            share = float(row["value"]) / (100 if row["unit"] in ("%", "percent") else 1)
            yield Fact(figure, figure, "share", share, basis=basis, published=True, **common)
        else:
            nature: Nature = "flow" if figure in _FLOWS else "stock" if figure in _STOCKS else "ground"
            m2 = float(row["value"]) * float(area_unit(row["unit"]).m2)
            for topic in ("reclaimed", "greening", "demo_planting") if figure == "area" else (figure,):
                yield Fact(topic, nature, "area", m2, published=True, **common)


def _rates(assessment: Assessment) -> Iterator[Fact]:
    for rate in assessment.rates:
        year, name = (rate.at.year,), f"{words('bases')[rate.basis].en} {rate.at:%Y-%m-%d}"
        yield Fact("rate", "rate", "share", rate.value, f"rate, {name}", year, basis=rate.basis)
        stock = rate.basis not in ("annual", "plan")  # the others divide what was done in a year
        below, above = ("ever", "permanent") if stock else ("new", "reclaimed")
        nature: Nature = "stock" if stock else "gross"
        yield Fact(below, nature, "area", rate.denominator_m2, f"denominator, {name}", year, basis=rate.basis)
        yield Fact(above, nature, "area", rate.numerator_m2, f"numerator, {name}", year, basis=rate.basis)
        yield Fact("short", "stock", "area", rate.short_m2, f"missing to the target, {name}", year, basis=rate.basis)


def _targets(assessment: Assessment) -> Iterator[Fact]:
    for rate in assessment.rates:
        if rate.target is not None:
            label = f"target, {words('bases')[rate.basis].en}"
            yield Fact("rate", "target", "share", rate.target.rate, label, basis=rate.basis)


def _cover(assessment: Assessment) -> Iterator[Fact]:
    sites = _zone_sites(assessment)
    for row in assessment.cover.to_dict("records"):
        if row["metric"] == "mean_index":
            continue
        zone, day = str(row["zone_id"]), pd.Timestamp(str(row["date"])[:10])
        for name in ("cover", "valid", "low", "high"):
            if not is_missing(row[name]):
                label = f"{name} of {zone}, {day:%Y-%m-%d}"
                yield Fact(name, "cover", "share", float(row[name]), label, (day.year,), sites.get(zone))


def parcel_areas(assessment: Assessment) -> dict[str, "pd.Series[float]"]:
    """
    Measured areas of single parcels, m², by site: a text may speak of one parcel alone.

    Parameters
    ----------
    assessment : Assessment
        With a parcels table.
    """
    parcels = assessment.tables.get("parcels")
    if parcels is None or parcels.empty or not {"parcel_id", "site_id"} <= set(parcels.columns):
        return {}
    rows = parcels.drop_duplicates("parcel_id")
    sizes = pd.Series(area(rows.geometry.to_numpy(), parcels.crs), index=rows["parcel_id"].astype(str))
    return {str(site): sizes[(rows["site_id"] == site).to_numpy()] for site in rows["site_id"].dropna().unique()}


def _uses(assessment: Assessment) -> Iterator[Fact]:
    """Permanently reclaimed land by end use."""
    for use, m2 in by_parcel(assessment, ["end_use"]).items():
        yield Fact(f"use_{use}", "stock", "area", float(m2), f"reclaimed as {use}", (assessment.at.year,))


def _zone_sites(assessment: Assessment) -> dict[str, str]:
    zones = assessment.tables.get("zones")
    if zones is None or not {"zone_id", "site_id"} <= set(zones.columns):
        return {}
    told = zones.dropna(subset=["zone_id", "site_id"])
    return dict(zip(told["zone_id"].astype(str), told["site_id"].astype(str), strict=True))


def _zones(assessment: Assessment) -> Iterator[Fact]:
    """Areas of zones, and the criteria that they must meet."""
    zones = assessment.tables.get("zones")
    if zones is None or zones.empty or "zone_id" not in zones:
        return
    sites, sizes = _zone_sites(assessment), area(zones.geometry.to_numpy(), zones.crs)
    for row, m2 in zip(zones.drop(columns="geometry").to_dict("records"), sizes, strict=True):
        zone = str(row["zone_id"])
        site = sites.get(zone)
        for topic in ("greening", "demo_planting", "ground"):
            yield Fact(topic, "ground", "area", float(m2), f"area of zone {zone}", site=site)
        told = _RELATION.match(str(row.get("min_cover", "")))
        if told:
            share = float(told[2]) / (100 if told[3] or float(told[2]) > 1 else 1)
            relation = ">" if told[1] in (">", "＞") else ">="
            label = f"criterion of zone {zone}"
            yield Fact("cover", "cover", "share", share, label, site=site, relation=relation, published=True)


def _stated(assessment: Assessment) -> list[Fact]:
    """Quantities that came with the project: volumes, lengths, counts, floor areas; never turned into land."""
    table = assessment.tables.get("measurements")
    if table is None or table.empty or not {"quantity", "value", "unit"} <= set(table.columns):
        return []
    sites = _zone_sites(assessment)
    rows = table.dropna(subset=["quantity", "value", "unit"]).to_dict("records")
    made = [fact for row in rows if (fact := _stated_row(row, sites)) is not None]
    return made + list(_with_parts(made))


def _stated_row(row: dict[str, Any], sites: Mapping[str, str]) -> Fact | None:
    topic, (size, kind) = str(row["quantity"]), _stated_unit(str(row["unit"]))
    # what was measured at one point (pH, cover of a plot) is no figure of a report
    if kind is None or topic_kind(topic) != kind or topic == "cover":
        return None
    relation = str(row["relation"]) if row.get("relation") in (">=", ">") else "="
    site = row.get("site_id") if not is_missing(row.get("site_id")) else sites.get(str(row.get("zone_id")))
    name = None if site is None else str(site)
    label = f"stated {topic.replace('_', ' ')} ({name or 'group'})"
    return Fact(topic, "stated", kind, _as_number(row["value"]) * size, label, site=name, relation=relation)


def _with_parts(stated: Sequence[Fact]) -> Iterator[Fact]:
    """A whole with its parts: all concrete is the dam's and the drains'."""
    for fact in stated:
        parts = [other for other in stated if topic_whole(other.topic) == fact.topic and other.site == fact.site]
        if parts:
            value, label = fact.value + sum(part.value for part in parts), f"{fact.label} with {parts[0].label}"
            yield replace(fact, nature="total", value=value, label=label)


def _as_number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _stated_unit(text: str) -> tuple[float, str | None]:
    """Size and kind of a unit; a leading 万 or 亿 multiplies."""
    plain = text.strip().lower()
    if plain in ("count", "1", ""):
        return (1.0, "count") if plain == "count" else (1.0, None)
    factor = 1
    for word, size in data()["multipliers"].items():
        if plain not in units() and plain.startswith(word.lower()) and plain[len(word) :].strip() in units():
            factor, plain = size, plain[len(word) :].strip()
    found = units().get(plain)
    return (float(factor * found.size), found.kind) if found else (1.0, None)


def site_aliases(assessment: Assessment) -> dict[str, list[str]]:
    """Names by which a text may call each site, company and province."""
    made: dict[str, list[str]] = {}
    endings = sorted(data()["names"]["endings"], key=len, reverse=True)
    for row in assessment.land.sites.to_dict("records"):
        names = [str(row[name]) for name in ("site_id", "name", "name_zh") if isinstance(row[name], str)]
        made[str(row["site_id"])] = [*names, *(short for name in names for short in _short(name, endings))]
    for column in ("company", "province"):
        for key in assessment.land.sites[column].dropna().unique():
            made.setdefault(str(key), [str(key), *(part for part in str(key).split() if len(part) > 1)])
    shared = pd.Series([name for names in made.values() for name in set(names)])
    twice = set(shared[shared.duplicated()])
    return {key: [name for name in dict.fromkeys(names) if name not in twice] for key, names in made.items()}


def _short(name: str, endings: Iterable[str]) -> Iterator[str]:
    for ending in endings:
        if name.lower().endswith(ending) and len(name) - len(ending) >= 2:
            yield name[: -len(ending)].strip()
            return
