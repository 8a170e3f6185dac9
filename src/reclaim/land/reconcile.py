"""
Published figures beside ours: agrees, rounds to, contradicts, or cannot be told, and why.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd

from reclaim.errors import ReclaimError
from reclaim.geodesy import area
from reclaim.land.accounts import Ledger, ledger
from reclaim.land.history import Land
from reclaim.land.rate_values import BASES, percent
from reclaim.land.rates import rates_by
from reclaim.tables import CRS, MEASURES
from reclaim.units import convert

Verdict = Literal["agrees", "rounds_to", "contradicts", "cannot_be_told"]
_EXACT = 1e-6
COLUMNS = [
    *("figure", "year", "site_id", "published", "value", "unit", "relation", "basis"),
    *("computed", "verdict", "reason", "source"),
]


class Published(Protocol):
    """A figure as it was printed (``[[published]]`` of a project file)."""

    @property
    def figure(self) -> str: ...
    @property
    def year(self) -> int: ...
    @property
    def value(self) -> float: ...
    @property
    def text(self) -> str: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def relation(self) -> str: ...
    @property
    def basis(self) -> str | None: ...
    @property
    def site_id(self) -> str | None: ...
    @property
    def source(self) -> str | None: ...


@dataclass(frozen=True)
class _Computed:
    """Our value in the published unit, or why there is none."""

    value: float = np.nan
    why: str = ""


def reconcile(
    published: Iterable[Published],
    land: Land,
    tables: Mapping[str, gpd.GeoDataFrame],
    cover: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Compare published figures with the same figures of the land.

    Parameters
    ----------
    published : iterable of Published
        What was printed, with the digits that were printed.
    land : Land
        Made by :func:`reclaim.cut`.
    tables : mapping
        Checked tables.
    cover : DataFrame, optional
        The cover table, for figures of cover.

    Returns
    -------
    DataFrame
        ``figure``, ``year``, ``site_id``, ``published`` (as printed), ``value``, ``unit``, ``relation``, ``basis``,
        ``computed`` (in the published unit, NaN where it cannot be told), ``verdict``, ``reason``, ``source``.
    """
    ledgers: dict[str, Ledger] = {}
    rows = [_compared(entry, land, tables, cover, ledgers) for entry in published]
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object).astype({"value": float, "computed": float})


def _compared(
    entry: Published, land: Land, tables: Mapping[str, gpd.GeoDataFrame], cover: pd.DataFrame | None,
    ledgers: dict[str, Ledger],
) -> dict[str, object]:  # fmt: skip
    if entry.figure == "rate":
        computed, verdict, reason = _rate(entry, land, tables)
    else:
        found = _figure(entry, land, tables, cover, ledgers)
        computed = found.value
        verdict, reason = ("cannot_be_told", found.why) if np.isnan(computed) else judge(entry, computed)
    return {
        "figure": entry.figure,
        "year": entry.year,
        "site_id": entry.site_id,
        "published": entry.text or f"{entry.value:g}",
        "value": entry.value,
        "unit": entry.unit,
        "relation": entry.relation,
        "basis": entry.basis,
        "computed": computed,
        "verdict": verdict,
        "reason": reason,
        "source": entry.source,
    }


def judge(entry: Published, computed: float) -> tuple[Verdict, str]:
    """Whether a computed value, in the published unit, bears the published figure out."""
    if entry.relation == ">=":
        held = computed >= entry.value - _EXACT * abs(entry.value)
        return ("agrees", "") if held else ("contradicts", f"{computed:,.6g} is less")
    if entry.relation == ">":
        held = computed > entry.value + 1e-12
        return ("agrees", "") if held else ("contradicts", f"{computed:,.6g} is not more")
    if abs(computed - entry.value) <= _EXACT * abs(entry.value):
        return "agrees", ""
    if abs(computed - entry.value) <= float(step(entry.text or str(entry.value))) / 2 * (1 + 1e-9):
        return "rounds_to", f"unrounded {computed:,.6g}"
    return "contradicts", f"computed {computed:,.6g}, difference {computed - entry.value:+,.6g}"


def step(text: str) -> Decimal:
    """
    The place to which a printed number was rounded.

    Examples
    --------
    >>> step("12029"), step("1.20")
    (Decimal('1'), Decimal('0.01'))
    """
    try:
        exponent = Decimal(text.replace(",", "").strip()).as_tuple().exponent
    except InvalidOperation:
        return Decimal(0)
    return Decimal(1).scaleb(min(int(exponent), 0))


def _figure(
    entry: Published, land: Land, tables: Mapping[str, gpd.GeoDataFrame], cover: pd.DataFrame | None,
    ledgers: dict[str, Ledger],
) -> _Computed:  # fmt: skip
    if entry.figure in MEASURES:
        return _cell(entry, land, ledgers)
    if entry.figure == "cover":
        return _cover(entry, cover, tables)
    return _ground(entry, tables)


def _cell(entry: Published, land: Land, ledgers: dict[str, Ledger]) -> _Computed:
    by: Literal["site", "group"] = "site" if entry.site_id else "group"
    if by not in ledgers:
        ledgers[by] = ledger(land, by=by)
    rows = ledgers[by].rows
    key = rows["site_id"] == entry.site_id if by == "site" else pd.Series(True, index=rows.index)
    if not key.any():
        return _Computed(why=f"there is no site {entry.site_id!r} with disturbed land")
    found = rows[key & (rows["year"] == entry.year)]
    if found.empty:
        return _Computed(why=f"the ledger runs from {rows['year'].min()} to {rows['year'].max()}")
    m2 = found.iloc[0][entry.figure]
    if pd.isna(m2):
        return _Computed(why=f"nobody surveyed {entry.year}")
    return _Computed(float(convert(float(m2), "m2", entry.unit or "m2")))


def _zones_of(entry: Published, tables: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    zones = pd.DataFrame(tables.get("zones", pd.DataFrame()))
    if entry.site_id and "site_id" in zones:
        zones = zones[zones["site_id"] == entry.site_id]
    return pd.DataFrame(zones)


def _cover(entry: Published, cover: pd.DataFrame | None, tables: Mapping[str, gpd.GeoDataFrame]) -> _Computed:
    zones = _zones_of(entry, tables)
    if cover is None or cover.empty or "zone_id" not in zones:
        return _Computed(why="no cover was measured")
    rows = cover[cover["zone_id"].isin(zones["zone_id"])]
    rows = rows[pd.to_datetime(rows["date"].astype(str).str[:10], errors="coerce").dt.year == entry.year]
    if len(set(rows["zone_id"])) != 1:
        return _Computed(why="no zone was measured in the year" if rows.empty else "several zones; name the site")
    scale = 100 if entry.unit in ("%", "percent") else 1
    best = rows.sort_values("valid").iloc[-1]["cover"]
    return _Computed(why="nothing of the zone was seen") if pd.isna(best) else _Computed(float(best) * scale)


def _ground(entry: Published, tables: Mapping[str, gpd.GeoDataFrame]) -> _Computed:
    """A plain area: the zone of the site that comes nearest to it."""
    zones = _zones_of(entry, tables)
    if not len(zones):
        return _Computed(why="no zone outlines this ground")
    sizes = convert(area(zones["geometry"].to_numpy(), CRS), "m2", entry.unit or "m2")
    return _Computed(float(sizes[np.argmin(np.abs(sizes - entry.value))]))


def _rate(entry: Published, land: Land, tables: Mapping[str, gpd.GeoDataFrame]) -> tuple[float, Verdict, str]:
    scale = 100 if entry.unit in ("%", "percent") else 1
    if entry.basis is not None:
        value = _rate_on(entry, entry.basis, land, tables)
        if np.isnan(value):
            return np.nan, "cannot_be_told", f"the {entry.basis} rate is not known for {entry.year}"
        return value * scale, *judge(entry, value * scale)
    tried = {basis: _rate_on(entry, basis, land, tables) for basis in BASES}
    said = [f"{basis} {percent(value)}" for basis, value in tried.items() if not np.isnan(value)]
    reason = "the source does not say what it was divided by; here: " + (", ".join(said) or "no basis is known")
    return np.nan, "cannot_be_told", reason


def _rate_on(entry: Published, basis: str, land: Land, tables: Mapping[str, gpd.GeoDataFrame]) -> float:
    by: Literal["site", "group"] = "site" if entry.site_id else "group"
    at = pd.Timestamp(f"{entry.year}-12-31")
    try:
        rates = rates_by(land, by=by, basis=basis, at=at, tables=tables)  # type: ignore[arg-type]
    except ReclaimError:  # a basis whose layer was not delivered
        return np.nan
    found = rates.get(entry.site_id or "group")
    return np.nan if found is None else found.value
