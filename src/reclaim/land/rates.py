"""
Reclamation rates, each with its basis.

Five different quantities share the name. A rate here is a share of ground at a date, from the state of the land and not
from adding up yearly flows, and it always says which ground it was divided by.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from reclaim.errors import TableError
from reclaim.geodesy import area
from reclaim.land.accounts import By, key_column, last_event, ledger, ledger_years, owners, site_keys, to_day
from reclaim.land.evidence import NEVER, NO_DAY, OPEN, RECLAIMED, TEMPORARY, union
from reclaim.land.history import Land, ever_disturbed, states_on
from reclaim.land.movements import years_of
from reclaim.land.rate_values import BASES, Basis, Rate, Target
from reclaim.tables import CRS


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
    inside = np.zeros(len(land.partition), dtype=bool)
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
