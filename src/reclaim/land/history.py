"""
The history of every face: a state machine over its events.

States run never disturbed, open, temporary, reclaimed, accepted, certified. A disturbance or a failed inspection
returns land to open; a stage lifts it and never lowers it. Events of one face are taken by date; where two periods
overlap, disturbance comes first and the reclamation takes effect at the later date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from reclaim.land.evidence import (
    BASE,
    DISTURB,
    FAIL,
    NEVER,
    NO_DAY,
    OPEN,
    RECLAIMED,
    REVEAL,
    STAGE,
    STATE_NAMES,
    TEMPORARY,
    Evidence,
    gather,
    listed,
)
from reclaim.land.faces import Partition, partition
from reclaim.land.meeting import meetings
from reclaim.land.order import FAIL_RETRIED, in_order
from reclaim.tables import CRS, SPELLS


@dataclass(frozen=True, eq=False)
class Land:
    """
    All ground ever touched, cut once, with its history.

    Attributes
    ----------
    evidence : Evidence
        The outlines and source rows.
    partition : Partition
        The faces.
    events : DataFrame
        What happened to each face, in order: ``face``, ``group``, ``day`` (when it took effect, days since 1970),
        ``op``, ``survey`` (number of the site's survey, -1 if none), ``first_survey``, ``before``, ``after`` (states).
    sites : DataFrame
        ``site_id``, ``company``, ``province`` and names of every site that has ground.
    unclear : DataFrame
        Disturbance and reclamation whose order is not told: ``face``, ``disturbed`` and ``reclaimed`` (groups).
    """

    evidence: Evidence
    partition: Partition
    events: pd.DataFrame
    sites: pd.DataFrame
    unclear: pd.DataFrame

    def __repr__(self) -> str:
        area = self.partition.area_m2[ever_disturbed(self)].sum()
        return f"<Land: {len(self.partition)} faces, {area / 1e4:,.1f} ha ever disturbed>"


def cut(tables: Mapping[str, gpd.GeoDataFrame], *, known_at: pd.Timestamp | None = None) -> Land:
    """
    Cut all ground ever touched into faces, and work out the history of each.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame
        Checked tables (``reclaim.land.checks``) in EPSG:4490: ``footprints`` and, where there are any, ``parcels``,
        ``baseline``, ``responsibility`` and ``sites``.
    known_at : Timestamp, optional
        Only rows recorded by that day.

    Returns
    -------
    Land
        The faces and their histories; every figure is a sum over them.
    """
    evidence = gather(tables, known_at=known_at)
    faces = partition(evidence.groups["geometry"].to_numpy())
    happened, unclear = in_order(_timed(evidence.groups, faces))
    return Land(evidence, faces, _run(happened), _sites(tables, evidence), unclear)


# --- which events a face has -----------------------------------------------------------------------------------------


def _timed(groups: pd.DataFrame, faces: Partition) -> pd.DataFrame:
    """Events of each face, not yet in order."""
    outlines = groups["kind"].isin(["snapshot", "cumulative"])
    acts = ~outlines & groups["op"].isin([BASE, DISTURB, FAIL, STAGE])
    acting = acts.to_numpy()[faces.group]
    plain = pd.DataFrame({"face": faces.face[acting], "group": faces.group[acting]})
    plain = plain.assign(survey=np.int32(-1), first_survey=False)
    grown = [_growth(faces, groups, kind) for kind in ("snapshot", "cumulative")]
    parts = [part for part in (plain, *grown) if len(part)] or [plain]
    events = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)
    told = _baseline_first(groups, groups.index.isin(events["group"].unique()))
    group = events["group"].to_numpy()
    kinds = {"op": np.int8, "target": np.int8, "start": np.int64, "end": np.int64}
    return events.assign(**{name: told[name].to_numpy(dtype=kind)[group] for name, kind in kinds.items()})


def surveys(groups: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The surveys of each site, numbered by date: ``group``, ``site_id``, ``end``, ``survey``, ``first_survey``."""
    outlines = groups[groups["kind"] == kind]
    numbered = outlines[["site_id", "end"]].reset_index(names="group")
    numbered["survey"] = numbered.groupby("site_id")["end"].rank(method="dense").astype(int) - 1
    based = numbered["site_id"].isin(groups.loc[groups["kind"] == "baseline", "site_id"])
    return numbered.assign(first_survey=(numbered["survey"] == 0) & ~based)


def _growth(faces: Partition, groups: pd.DataFrame, kind: str) -> pd.DataFrame:
    """
    Land that entered a site's outline since the survey before.

    A cumulative outline only ever grows, so there the first survey that shows a face is its growth. Before a snapshot
    site's first survey stands the open land of its baseline.
    """
    site, sites = groups["site_id"].factorize()
    own = (groups["kind"] == kind).to_numpy()[faces.group]
    inside = pd.DataFrame({"face": faces.face[own], "group": faces.group[own]})
    inside = inside.merge(surveys(groups, kind)[["group", "survey", "first_survey"]], on="group")
    # a number for each face and site
    inside["ground"] = inside["face"] * len(sites) + site[inside["group"]]
    inside = inside.sort_values(["ground", "survey", "group"]).drop_duplicates(["ground", "survey"])
    same = inside["ground"] == inside["ground"].shift()
    if kind == "cumulative":
        return inside[~same].drop(columns="ground")
    grown = ~(same & (inside["survey"] == inside["survey"].shift() + 1))
    open_base = (groups["op"] == BASE) & groups["target"].isin([OPEN, TEMPORARY])
    based = open_base.to_numpy()[faces.group]
    known = faces.face[based] * len(sites) + site[faces.group[based]]
    stood = (inside["survey"] == 0) & inside["ground"].isin(known)
    return inside[grown & ~stood].drop(columns="ground")


def _baseline_first(groups: pd.DataFrame, used: np.ndarray) -> pd.DataFrame:
    """A baseline says what was there before the first year: where it does not follow a footprint it precedes it."""
    base = used & (groups["op"] == BASE)
    footprints = groups[groups["op"].isin([DISTURB, REVEAL])]
    if not base.any():
        return groups
    others = groups.loc[used & ~base & (groups["end"] >= groups.loc[base, "start"].min()), "end"]
    first = min(others.min() if len(others) else NO_DAY, footprints["end"].min()) if len(footprints) else NO_DAY
    if first == NO_DAY:
        return groups
    year_start, next_year = _year_start(first), _year_start(_year_start(first) + 366)
    own_first = groups["site_id"].map(footprints.groupby("site_id")["end"].min()).fillna(next_year)
    precedes = base & (groups["start"] <= own_first) & (groups["start"] < next_year)
    moved = np.minimum(groups["end"], year_start - 1)
    start = groups["start"].mask(precedes, np.minimum(groups["start"], moved))
    return groups.assign(end=groups["end"].mask(precedes, moved), start=start)


def _year_start(day: int) -> int:
    return int(np.datetime64(int(day), "D").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64))


# --- what they do ----------------------------------------------------------------------------------------------------


def _run(events: pd.DataFrame) -> pd.DataFrame:
    """Run every face through its events, the k-th events of all faces at a time."""
    face = events["face"].to_numpy()
    op, target = events["op"].to_numpy(), events["target"].to_numpy()
    retry = (events["rank"] == FAIL_RETRIED).to_numpy()
    turn = _turns(face)
    state = np.zeros(face.max() + 1 if len(face) else 0, dtype=np.int8)
    spent = np.zeros((len(state)), dtype=bool)  # the face's last failed inspection has already acted
    before, after = np.zeros(len(face), dtype=np.int8), np.zeros(len(face), dtype=np.int8)
    order = np.argsort(turn, kind="stable")
    for now in np.split(order, np.flatnonzero(np.diff(turn[order])) + 1) if len(face) else []:
        who = face[now]
        before[now] = state[who]
        fails = (op[now] == FAIL) & ~(retry[now] & spent[who])
        after[now] = _next(state[who], op[now], target[now], fails)
        first_fail = (op[now] == FAIL) & ~retry[now]
        spent[who[first_fail]] = before[now][first_fail] != after[now][first_fail]
        state[who] = after[now]
    columns = ["face", "group", "day", "op", "survey", "first_survey"]
    return events[columns].assign(before=before, after=after)


def _turns(face: np.ndarray) -> Any:
    """For events sorted by face, how many events of the same face come before."""
    starts = np.flatnonzero(np.r_[True, face[1:] != face[:-1]]) if len(face) else np.empty(0, dtype=np.int64)
    lengths = np.diff(np.r_[starts, len(face)])
    return np.arange(len(face)) - np.repeat(starts, lengths)


def _next(state: np.ndarray, op: np.ndarray, target: np.ndarray, fails: np.ndarray) -> Any:
    """The state after an event: the whole rule of the land in one place."""
    return np.select(
        [
            op == BASE,
            op == DISTURB,
            (op == REVEAL) & (state == NEVER),
            fails & (state > OPEN),
            (op == STAGE) & (state != NEVER),
        ],
        [target, OPEN, OPEN, OPEN, np.maximum(state, target)],
        default=state,
    ).astype(np.int8)


# --- what is known of the sites, and the spells ----------------------------------------------------------------------


def _sites(tables: Mapping[str, gpd.GeoDataFrame], evidence: Evidence) -> pd.DataFrame:
    ground = evidence.rows[evidence.rows["table"].isin(["footprints", "baseline"])]
    named = pd.DataFrame({"site_id": sorted(ground["site_id"].unique())})
    delivered = ground[ground["company"] != ""].groupby("site_id")["company"].first()
    told = tables.get("sites")
    for column in ("company", "province", "name", "name_zh"):
        values = pd.Series(dtype=object)
        if told is not None and column in told:
            values = told.drop_duplicates("site_id").set_index("site_id")[column]
        named[column] = _told(named["site_id"].map(values))
    named["company"] = named["company"].combine_first(_told(named["site_id"].map(delivered)))
    return named


def _told(values: pd.Series) -> pd.Series:
    """Text or None, whatever pandas made of a column without any."""
    return values.astype(object).where(values.notna(), None)


def ever_disturbed(land: Land) -> npt.NDArray[np.bool_]:
    """Which faces are ground ever disturbed; the others only carry a label (planned, owed)."""
    disturbed = np.zeros(len(land.partition), dtype=bool)
    disturbed[land.events.loc[land.events["after"] > NEVER, "face"]] = True
    return disturbed


def states_on(land: Land, day: int) -> np.ndarray:
    """State of every face at the end of a day."""
    state = np.full(len(land.partition), NEVER, dtype=np.int8)
    events = land.events[land.events["day"] <= day]
    state[events["face"].to_numpy()] = events["after"].to_numpy()  # the last one of each face stays
    return state


def members(land: Land, at: int | None = None) -> pd.DataFrame:
    """
    Whose ground each face is: ``face``, ``account`` (site and liability) and the event by which it entered.

    A face enters a site's account at that site's first footprint (or baseline) on it.
    """
    groups = land.evidence.groups
    entering = land.events["op"].isin([BASE, DISTURB, REVEAL])
    if at is not None:
        entering &= land.events["day"] <= at
    owner = groups[["site_id", "liability"]].drop_duplicates().sort_values(["site_id", "liability"])
    whose = groups.merge(owner.reset_index(drop=True).reset_index(names="owner"), on=["site_id", "liability"])["owner"]
    event = np.flatnonzero(entering)
    face, group = (land.events[name].to_numpy()[event] for name in ("face", "group"))
    # events of a face come in order: the first of an owner is its entry
    key = pd.Series(face * max(len(owner), 1) + whose.to_numpy()[group])
    first = np.flatnonzero(~key.duplicated().to_numpy())
    first = first[np.argsort(key.to_numpy()[first], kind="stable")]
    named = owner.iloc[key.to_numpy()[first] % max(len(owner), 1)].reset_index(drop=True)
    return named.assign(face=face[first], event=event[first])[["face", "site_id", "liability", "event"]]


def spells(land: Land, *, at: pd.Timestamp | None = None) -> gpd.GeoDataFrame:
    """
    The history of the ground: each face once for each state that it was in.

    Parameters
    ----------
    land : Land
        Made by :func:`cut`.
    at : Timestamp, optional
        Only what had happened by the end of that day.

    Returns
    -------
    GeoDataFrame, EPSG:4490
        ``face_id``, ``site_id``, ``state``, ``start``, ``end`` (missing while the state lasts), ``cause``, ``first``,
        ``area_m2``, geometry.
    """
    last = None if at is None else int(np.datetime64(at, "D").astype(np.int64))
    events = land.events if last is None else land.events[land.events["day"] <= last]
    changed = events[events["before"] != events["after"]]
    face = changed["face"].to_numpy()
    follows = np.r_[face[1:] == face[:-1], False] if len(face) else np.empty(0, dtype=bool)
    day = changed["day"].to_numpy()
    frame = pd.DataFrame(
        {
            "face_id": face,
            "site_id": _owners(land, last).reindex(face).to_numpy(),
            "state": STATE_NAMES[changed["after"]],
            "start": _stamps(day),
            "end": _stamps(np.where(follows, np.r_[day[1:], NO_DAY], NO_DAY)),
            "cause": causes(land, face, changed["group"].to_numpy()),
            "first": _first_time(changed),
            "area_m2": land.partition.area_m2[face],
        }
    )
    kept = (frame["start"] != frame["end"]).to_numpy()
    geometry = gpd.GeoSeries(land.partition.geometry[face], crs=CRS)
    return gpd.GeoDataFrame(frame, geometry=geometry)[kept].reset_index(drop=True)[SPELLS.names]


def _owners(land: Land, at: int | None) -> pd.Series:
    owned = members(land, at)[["face", "site_id"]].drop_duplicates()
    return listed(owned["site_id"], owned["face"])


def _stamps(day: np.ndarray) -> np.ndarray:
    known = np.where(day == NO_DAY, 0, day).astype("datetime64[D]")
    return np.where(day == NO_DAY, np.datetime64("NaT"), known).astype("datetime64[s]")


def first_passages(events: pd.DataFrame) -> pd.Series:
    """For events in order: whether this passage to permanent is the face's first; false where there is none."""
    passage = np.flatnonzero((events["after"] >= RECLAIMED) & (events["before"] < RECLAIMED))
    again = events["face"].iloc[passage].duplicated().to_numpy()
    first = np.zeros(len(events), dtype=bool)
    first[passage[~again]] = True
    return pd.Series(first, index=events.index)


def _first_time(changed: pd.DataFrame) -> Any:
    """Whether a spell is the face's first in its class: open ground, temporary, permanent."""
    kind = np.minimum(changed["after"], RECLAIMED)
    entered = (kind != np.minimum(changed["before"], RECLAIMED)).astype(int)
    return (entered.groupby([changed["face"], kind]).cumsum() == 1).to_numpy()


def causes(land: Land, face: np.ndarray, group: np.ndarray) -> Any:
    """Source rows (``table:source:row``) that put a face into an outline, joined by ``;``."""
    asked = pd.DataFrame({"face": face, "group": group}).drop_duplicates()
    rows = land.evidence.rows
    single = rows.groupby("group")["delivered"].size()
    name = rows["table"] + ":" + rows["source"] + ":" + rows["row"].astype(str)
    lone = name[~rows["group"].duplicated()].set_axis(rows.loc[~rows["group"].duplicated(), "group"])
    asked["cause"] = asked["group"].map(lone)
    crowded = asked[asked["group"].map(single) > 1]
    if len(crowded):
        asked.loc[crowded.index, "cause"] = _covering(land, crowded, rows, name)
    keyed = asked.set_index(["face", "group"])["cause"]
    return keyed.reindex(pd.MultiIndex.from_arrays([face, group])).to_numpy(dtype=object)


def _covering(land: Land, asked: pd.DataFrame, rows: gpd.GeoDataFrame, name: pd.Series) -> pd.Series:
    """Of the rows joined into an outline, those that share ground with the face."""
    faces = asked["face"].unique()
    among = np.flatnonzero(rows["group"].isin(asked["group"].unique()))
    met = meetings(rows.geometry.to_numpy()[among], land.partition.geometry[faces])
    row = among[met["row"]]
    met = met.assign(row=row, face=faces[met["face"]], group=rows["group"].to_numpy()[row], name=name.to_numpy()[row])
    met = met.merge(asked[["face", "group"]].reset_index(names="asked"), on=["face", "group"])
    met = met.sort_values(["asked", "row"])
    return listed(met["name"], met["asked"])
