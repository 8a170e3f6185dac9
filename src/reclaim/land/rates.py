"""
Reclamation rates, each with its basis.

Five different quantities share the name. A rate here is a share of ground at a date, from the state of the land and not
from adding up yearly flows, and it always says which ground it was divided by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from reclaim.errors import TableError
from reclaim.geodesy import area
from reclaim.land.accounts import By, key_column, ledger, ledger_years, last_event, owners, site_keys, to_day, years_of
from reclaim.land.evidence import NEVER, NO_DAY, OPEN, RECLAIMED, TEMPORARY, union
from reclaim.land.history import Land, ever_disturbed
from reclaim.tables import CRS
from reclaim.units import convert
from reclaim.vocabulary import words

Basis = Literal["damaged", "responsibility", "available", "annual", "plan"]
Outcome = Literal["met", "not_met", "undetermined", "undefined"]
BASES: tuple[Basis, ...] = get_args(Basis)
DEFAULT_TARGET = 0.86
NO_DEFAULT: tuple[Basis, ...] = ("annual", "plan")
_TIE = 1e-9


@dataclass(frozen=True)
class Target:
    """
    The rate to reach, and where it comes from.

    Parameters
    ----------
    rate : float
        Share in (0, 1].
    source : str
        Plan, permit or report that sets it.
    is_default : bool
        Whether nobody set it and the level reported for 2019 stands in.

    Raises
    ------
    TableError
        Where the rate is no share.

    Examples
    --------
    >>> Target(0.86).rate
    0.86
    >>> Target(86)
    Traceback (most recent call last):
        ...
    reclaim.errors.TableError: target rate must lie in (0, 1], got 86 (did you mean 0.86?)
    """

    rate: float
    source: str = ""
    is_default: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1:
            meant = f" (did you mean {self.rate / 100:g}?)" if 1 < self.rate <= 100 else ""
            raise TableError(f"target rate must lie in (0, 1], got {self.rate:g}{meant}")


@dataclass(frozen=True)
class Rate:
    """
    A reclamation rate with everything that it takes to defend it.

    Attributes
    ----------
    basis : str
        What the reclaimed ground is divided by.
    at : Timestamp
        The date it is true at; for ``annual`` and ``plan`` its year is the one they speak of.
    value : float
        Share; NaN where the denominator is 0 or not known.
    numerator_m2, denominator_m2 : float
        The two areas, m² on the CGCS2000 ellipsoid.
    target : Target or None
        The rate to reach.
    outcome : str or None
        ``met``, ``not_met``, ``undetermined`` (not known), ``undefined`` (nothing to divide by); None without a target.
    excluded : tuple of (reason, m²)
        Ground that is in neither area, and why.
    """

    basis: Basis
    at: pd.Timestamp
    value: float
    numerator_m2: float
    denominator_m2: float
    target: Target | None = None
    excluded: tuple[tuple[str, float], ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """Whether the target is reached; decided on unrounded figures."""
        if self.denominator_m2 == 0:
            return "undefined"
        if np.isnan(self.value):
            return "undetermined"
        if self.target is None:
            return None
        return "met" if self.value >= self.target.rate - _TIE else "not_met"

    @property
    def short_m2(self) -> float:
        """Ground still to reclaim to reach the target, m²; 0 where it is reached."""
        if self.target is None or np.isnan(self.value):
            return np.nan
        return max(0.0, self.target.rate * self.denominator_m2 - self.numerator_m2)

    def text(self, *, unit: str = "mu", language: Literal["zh", "en"] = "en") -> str:
        """The rate in one line, rounded so that it never crosses its target."""
        return _text_zh(self, unit) if language == "zh" else _text_en(self, unit)

    def __str__(self) -> str:
        return self.text()


def rate(
    land: Land,
    *,
    basis: Basis,
    at: pd.Timestamp | None = None,
    target: Target | None = None,
    tables: Mapping[str, gpd.GeoDataFrame] | None = None,
) -> Rate:
    """
    The group's reclamation rate on a named basis.

    Parameters
    ----------
    land : Land
        Made by :func:`reclaim.cut`.
    basis : {"damaged", "responsibility", "available", "annual", "plan"}
        There is no default: a rate without a basis means nothing.
    at : Timestamp, optional
        Up to the end of that day; otherwise 31 December of the last year with an event.
    target : Target, optional
        The rate to reach.
    tables : mapping, optional
        Checked tables; ``responsibility`` is needed for that basis.

    Returns
    -------
    Rate
        Value, both areas, outcome, and what was left out.
    """
    return rates_by(land, by="group", basis=basis, at=at, target=target, tables=tables)["group"]


def rates_by(
    land: Land,
    *,
    by: By,
    basis: Basis,
    at: pd.Timestamp | None = None,
    target: Target | None = None,
    tables: Mapping[str, gpd.GeoDataFrame] | None = None,
) -> dict[str, Rate]:
    """The rate of every account (``by`` site, company, province) or of the group; see :func:`rate`."""
    if basis not in BASES:
        raise TableError(f"basis must be one of {', '.join(BASES)}, got {basis!r}")
    day = to_day(at) if at is not None else (last_event(land) if len(ledger_years(land, None)) else 0)
    ground = _Ground.of(land, by, day)
    stamp = pd.Timestamp(np.datetime64(int(day), "D").astype("datetime64[s]"))
    measure = {
        "damaged": _damaged,
        "available": _available,
        "responsibility": lambda ground, key: _responsibility(ground, key, tables or {}),
        "annual": _annual,
        "plan": _plan,
    }[basis]
    made = {}
    for key in ground.keys:
        numerator, denominator, excluded = measure(ground, key)
        value = numerator / denominator if denominator > 0 and not np.isnan(numerator) else np.nan
        made[key] = Rate(basis, stamp, float(value), float(numerator), float(denominator), target, tuple(excluded))
    return made


@dataclass(frozen=True, eq=False)
class _Ground:
    """The state of all faces on one day, and whose they are."""

    land: Land
    by: By
    day: int
    keys: list[str]
    owned: pd.DataFrame  # key, face; company ground only
    state: np.ndarray  # by face

    @classmethod
    def of(cls, land: Land, by: By, day: int) -> "_Ground":
        owned = owners(land, by, day)
        column = key_column(by)
        company = owned[owned["liability"] == "company"].rename(columns={column: "key"})[["key", "face"]]
        named = {"site": land.sites["site_id"], "group": pd.Series(["group"])}.get(by, company["key"])
        return cls(land, by, day, sorted(named.unique()), company, states_on(land, day))

    def faces(self, key: str) -> np.ndarray:
        return self.owned.loc[self.owned["key"] == key, "face"].to_numpy()

    def area(self, faces: np.ndarray) -> float:
        return float(self.land.partition.area_m2[faces].sum())

    def sites(self, key: str) -> list[str]:
        if self.by == "site":
            return [key]
        if self.by == "group":
            return list(self.land.sites["site_id"])
        keys = site_keys(self.land)
        return list(keys.loc[keys[self.by] == key, "site_id"])

    def left_out(self, key: str) -> list[tuple[str, float]]:
        """Ground that is in no account's rate: temporary reclamation, other people's liability, off the footprints."""
        own = self.faces(key)
        temporary = self.area(own[self.state[own] == TEMPORARY])
        reasons = [("temporary reclamation, not counted as reclaimed", temporary)]
        if not (self.land.evidence.rows["table"] == "parcels").any() and self.land.evidence.aside.empty:
            return [("no parcels were delivered, so nothing counts as reclaimed", 0.0)]
        if self.by == "group":
            disturbed = np.flatnonzero(self.state > NEVER)
            reasons.append(("legacy or disaster land, not the company's", self.area(np.setdiff1d(disturbed, own))))
            reasons.append(("parcels outside every footprint", _outside(self)))
        return [(reason, m2) for reason, m2 in reasons if m2 > 0]


def states_on(land: Land, day: int) -> np.ndarray:
    """State of every face at the end of a day."""
    state = np.full(len(land.partition.geometry), NEVER, dtype=np.int8)
    events = land.events[land.events["day"] <= day]
    state[events["face"].to_numpy()] = events["after"].to_numpy()  # the last one of each face stays
    return state


_Measured = tuple[float, float, list[tuple[str, float]]]


def _damaged(ground: _Ground, key: str) -> _Measured:
    own = ground.faces(key)
    return ground.area(own[ground.state[own] >= RECLAIMED]), ground.area(own), ground.left_out(key)


def _available(ground: _Ground, key: str) -> _Measured:
    own = ground.faces(key)
    reclaimed = ground.area(own[ground.state[own] >= RECLAIMED])
    waiting = own[np.isin(ground.state[own], [OPEN, TEMPORARY])]
    free = _released(ground)[waiting]
    excluded = [*ground.left_out(key), ("not yet released, still in use", ground.area(waiting[~free]))]
    return reclaimed, reclaimed + ground.area(waiting[free]), [e for e in excluded if e[1] > 0]


def _released(ground: _Ground) -> np.ndarray:
    """Faces whose current disturbance row (the last that covers them) is released by the day."""
    land = ground.land
    groups = land.evidence.groups
    rows = groups[groups["kind"].isin(["increment", "snapshot", "cumulative"]) & (groups["end"] <= ground.day)]
    pairs = pd.DataFrame({"face": land.partition.face, "group": land.partition.group})
    pairs = pairs[pairs["group"].isin(rows.index)].join(rows[["end", "released", "first_row"]], on="group")
    last = pairs.sort_values(["face", "end", "first_row"]).drop_duplicates("face", keep="last")
    free = np.zeros(len(ground.state), dtype=bool)
    free[last["face"]] = (last["released"] != NO_DAY) & (last["released"] <= ground.day)
    return free


def _responsibility(ground: _Ground, key: str, tables: Mapping[str, gpd.GeoDataFrame]) -> _Measured:
    layer = tables.get("responsibility")
    if layer is None or layer.empty:
        raise TableError("rate: the responsibility basis needs a responsibility layer; add [layers.responsibility]")
    if ground.by != "group" and "site_id" in layer:
        layer = layer[layer["site_id"].isin(ground.sites(key))]
    owed = float(area(np.array([union(layer.geometry.to_numpy())]), CRS)[0]) if len(layer) else 0.0
    groups = ground.land.evidence.groups
    own_layer = groups[(groups["kind"] == "responsibility")]
    if ground.by != "group":
        own_layer = own_layer[own_layer["site_id"].isin(ground.sites(key))]
    inside = _labelled(ground.land, own_layer.index)
    own = ground.faces(key)
    reclaimed = own[ground.state[own] >= RECLAIMED]
    outside = ground.area(reclaimed[~inside[reclaimed]])
    excluded = [*ground.left_out(key), ("reclaimed outside the responsibility range", outside)]
    return ground.area(reclaimed[inside[reclaimed]]), owed, [e for e in excluded if e[1] > 0]


def _annual(ground: _Ground, key: str) -> _Measured:
    made = ledger(ground.land, by=ground.by, at=pd.Timestamp(np.datetime64(ground.day, "D"))).rows
    year = int(years_of(np.array([ground.day]))[0])
    row = made[(made[key_column(ground.by)] == key) & (made["year"] == year)]
    if row.empty:
        return np.nan, np.nan, []
    cells = row.iloc[0]
    # a year that nobody surveyed has no ratio; a column that its kind of survey cannot show counts as nothing
    disturbed = np.nan if pd.isna(cells["new"]) else float(np.nansum([cells["new"], cells["redisturbed"]]))
    return float(cells["reclaimed"] + cells["reclaimed_again"]), disturbed, []


def _plan(ground: _Ground, key: str) -> _Measured:
    land, groups = ground.land, ground.land.evidence.groups
    year = int(years_of(np.array([ground.day]))[0])
    own = np.zeros(len(ground.state), dtype=bool)
    own[ground.faces(key)] = True
    planned = groups[(groups["kind"] == "planned") & (years_of(groups["end"].clip(lower=-719162)) == year)]
    wanted = np.flatnonzero(_labelled(land, planned.index) & own)
    events = land.events[(land.events["day"] <= ground.day) & (years_of(land.events["day"]) == year)]
    passed = events[(events["after"] >= RECLAIMED) & (events["before"].isin([OPEN, TEMPORARY]))]
    done = np.unique(passed["face"])
    done = done[own[done]]
    unplanned = ground.area(np.setdiff1d(done, wanted))
    note = [("of the numerator, ground outside that year's plan", unplanned)] if unplanned > 0 else []
    return ground.area(done), ground.area(wanted), note


def _labelled(land: Land, groups: pd.Index) -> np.ndarray:
    """Faces inside any of some outlines."""
    inside = np.zeros(len(land.partition.geometry), dtype=bool)
    inside[land.partition.face[np.isin(land.partition.group, groups)]] = True
    return inside


def _outside(ground: _Ground) -> float:
    """Ground of parcels that were to count as reclaimed but lie on no disturbed ground, overlaps once."""
    land = ground.land
    groups = land.evidence.groups
    lifting = groups.index[
        (groups["kind"] == "parcel") & (groups["target"] >= RECLAIMED) & (groups["end"] <= ground.day)
    ]
    cut_off = np.flatnonzero(_labelled(land, lifting) & ~ever_disturbed(land))
    aside = land.evidence.aside
    aside = aside[(aside["kind"] == "parcel") & (aside["target"] >= RECLAIMED) & (aside["end"] <= ground.day)]
    alone = float(area(np.array([union(aside.geometry.to_numpy())]), CRS)[0]) if len(aside) else 0.0
    return ground.area(cut_off) + alone


# --- in words --------------------------------------------------------------------------------------------------------


def percent(value: float, *, target: float | None = None, decimals: int = 1) -> str:
    """
    A share as percent, rounded, but never across its target.

    Parameters
    ----------
    value : float
        Share.
    target : float, optional
        Share to reach; the text shows it as reached exactly when the unrounded value reaches it.
    decimals : int
        Places after the point.

    Examples
    --------
    >>> percent(0.8596, target=0.86)
    '85.9%'
    >>> percent(0.86, target=0.86), percent(float("nan"))
    ('86.0%', '–')
    """
    if np.isnan(value):
        return "–"
    exact = Decimal(repr(float(value))) * 100
    step = Decimal(1).scaleb(-decimals)
    shown = exact.quantize(step, ROUND_HALF_EVEN)
    if target is not None:
        goal = Decimal(repr(float(target))) * 100
        met = value >= target - _TIE
        if met and shown < goal:
            shown = goal.quantize(step, ROUND_CEILING)
        elif not met and shown >= goal:
            shown = min(exact.quantize(step, ROUND_FLOOR), goal.quantize(step, ROUND_CEILING) - step)
    return f"{shown:f}%"


def _amount(m2: float, unit: str) -> str:
    return f"{float(convert(m2, 'm2', unit)):,.0f} {unit}" if not np.isnan(m2) else "–"


def _target_percent(rate: float) -> str:
    return f"{Decimal(repr(rate)) * 100:f}".rstrip("0").rstrip(".") + "%" if rate != 1 else "100%"


def _short(rate: Rate, unit: str) -> str:
    """What is missing, rounded up: a shortfall never reads as none."""
    exact = Decimal(repr(float(convert(rate.short_m2, "m2", unit))))
    places = Decimal(1) if exact >= 10 else Decimal("0.0001")
    return f"{exact.quantize(places, ROUND_CEILING):,f} {unit}"


def _text_en(rate: Rate, unit: str) -> str:
    head = f"{words('bases')[rate.basis].en}, {rate.at:%Y-%m-%d}: "
    if rate.outcome == "undefined":
        return head + "– (undefined: nothing to divide by)"
    if np.isnan(rate.value):
        return head + "– (not known: the year was not surveyed)"
    goal = rate.target.rate if rate.target else None
    body = f"{percent(rate.value, target=goal)} of {_amount(rate.denominator_m2, unit)} {_verb(rate.basis)}"
    if rate.target is None:
        return head + body
    said = " (default)" if rate.target.is_default else ""
    end = "met" if rate.outcome == "met" else f"{_short(rate, unit)} short"
    return f"{head}{body}; target {_target_percent(rate.target.rate)}{said}: {end}"


def _verb(basis: Basis) -> str:
    return {"annual": "disturbed in the year was reclaimed", "plan": "planned for the year was reclaimed"}.get(
        basis, "reclaimed"
    )


def _text_zh(rate: Rate, unit: str) -> str:
    head = f"{words('bases')[rate.basis].zh}，{rate.at:%Y-%m-%d}："
    if rate.outcome == "undefined":
        return head + "–（无分母，无法计算）"
    if np.isnan(rate.value):
        return head + "–（当年无调查，未知）"
    goal = rate.target.rate if rate.target else None
    names = {"mu": "亩", "ha": "公顷", "m2": "平方米", "km2": "平方公里"}
    amount = _amount(rate.denominator_m2, unit).replace(unit, names[unit])
    body = f"复垦率 {percent(rate.value, target=goal)}（分母 {amount}）"
    if rate.target is None:
        return head + body
    said = "（默认）" if rate.target.is_default else ""
    end = "已达到" if rate.outcome == "met" else f"尚差 {_short(rate, unit).replace(unit, names[unit])}"
    return f"{head}{body}；目标 {_target_percent(rate.target.rate)}{said}：{end}"
