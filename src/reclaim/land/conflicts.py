"""
What the cut finds: ground claimed twice, reclaimed where nothing was disturbed, in an unclear order, on another's site.

None of it stops the ledger. Each is listed with its area, so that a figure can be mended at its source.
"""

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from reclaim.geodesy import area
from reclaim.land.accounts import left_outlines, owners
from reclaim.land.evidence import NEVER, OPEN, RECLAIMED, STAGE, listed
from reclaim.land.history import Land, ever_disturbed, members, surveys
from reclaim.land.meeting import meetings, polygonal
from reclaim.land.movements import years_of
from reclaim.tables import CRS, Finding, findings_table
from reclaim.vocabulary import findings as kinds

# below this a finding would be about rounding
_WORTH_M2 = 0.01


def conflicts(land: Land) -> gpd.GeoDataFrame:
    """
    Findings of the cut.

    Parameters
    ----------
    land : Land
        Made by :func:`reclaim.cut`.

    Returns
    -------
    GeoDataFrame, EPSG:4490
        A findings table: ``outside-footprint``, ``before-disturbance``, ``overlap``, ``order-unclear``,
        ``site-mismatch``, ``maybe-redisturbed``, ``first-survey``, ``no-baseline``, ``left-snapshot``.
    """
    found = [
        *_outside(land),
        *_too_early(land),
        *_overlaps(land),
        *_unclear(land),
        *_mismatched(land),
        *_maybe_redisturbed(land),
        *_first_surveys(land),
        *_left(land),
        *_without_baseline(land),
        *_snapped(land),
    ]
    return findings_table(found)


def _finding(code: str, message: str, **more: object) -> Finding:
    kind = kinds()[code]
    return Finding(severity=kind["severity"], code=code, message=message, fix=kind["fix"], **more)  # type: ignore[arg-type]


def _of_row(code: str, row: pd.Series, message: str, m2: float, place: shapely.Geometry | None = None) -> Finding:
    return _finding(
        code,
        message,
        table=row["table"],
        source=row["source"],
        row=int(row["row"]),
        id=row["id"],
        area_m2=float(m2),
        geometry=row["geometry"] if place is None else place,
    )


def _mu(m2: float) -> str:
    return f"{m2 * 3 / 2000:,.2f} mu"


# --- how much of which row -------------------------------------------------------------------------------------------


def row_areas(land: Land, flagged: pd.DataFrame) -> pd.Series:
    """
    Ground of each source row on flagged faces, m², by position in ``land.evidence.rows``.

    Parameters
    ----------
    land : Land
        Made by :func:`reclaim.cut`.
    flagged : DataFrame
        ``face`` and ``group``: faces and the outlines whose rows are asked for.
    """
    flagged = flagged[["face", "group"]].drop_duplicates()
    rows = land.evidence.rows
    size = rows.groupby("group")["row"].transform("size").to_numpy()
    group = rows["group"].to_numpy()
    lone = pd.Series(np.flatnonzero(size == 1), index=group[size == 1])
    simple = flagged[flagged["group"].isin(lone.index)]
    whole = pd.DataFrame(
        {"row": lone.reindex(simple["group"]).to_numpy(), "area_m2": land.partition.area_m2[simple["face"].to_numpy()]}
    )
    crowded = flagged[~flagged["group"].isin(lone.index)]
    if crowded.empty:
        return whole.groupby("row")["area_m2"].sum()
    among = np.flatnonzero(np.isin(group, crowded["group"].unique()))
    faces = crowded["face"].unique()
    met = meetings(rows.geometry.to_numpy()[among], land.partition.geometry[faces], measured=True)
    met = met.assign(row=among[met["row"]], face=faces[met["face"]])
    met = met.assign(group=group[met["row"]]).merge(crowded, on=["face", "group"])
    return pd.concat([whole, met[["row", "area_m2"]]]).groupby("row")["area_m2"].sum()


def _parcel_pairs(land: Land) -> pd.DataFrame:
    """Faces and the parcel outlines (stages and failed inspections) on them."""
    parcels = land.evidence.groups.index[land.evidence.groups["kind"] == "parcel"]
    pairs = pd.DataFrame({"face": land.partition.face, "group": land.partition.group})
    return pairs[pairs["group"].isin(parcels)]


def _rows_with(land: Land, flagged: pd.DataFrame) -> Iterator[tuple[pd.Series, float]]:
    areas = row_areas(land, flagged)
    rows = land.evidence.rows
    for position, m2 in areas[areas > _WORTH_M2].items():
        yield rows.iloc[int(position)], float(m2)  # type: ignore[call-overload]


# --- the findings ----------------------------------------------------------------------------------------------------


def _outside(land: Land) -> Iterator[Finding]:
    aside = land.evidence.aside[land.evidence.aside["kind"] == "parcel"]
    for (_, row), m2 in zip(aside.iterrows(), area(aside.geometry.to_numpy(), CRS) if len(aside) else [], strict=True):
        yield _of_row(
            "outside-footprint", row, f"{row['id']} lies outside every footprint: {_mu(m2)} count nothing", m2
        )
    pairs = _parcel_pairs(land)
    for row, m2 in _rows_with(land, pairs[~ever_disturbed(land)[pairs["face"].to_numpy()]]):
        said = f"{_mu(m2)} of {row['id']} lie outside every footprint and count nothing"
        yield _of_row("outside-footprint", row, said, m2)


def _too_early(land: Land) -> Iterator[Finding]:
    events = land.events
    early = events[(events["op"] == STAGE) & (events["before"] == NEVER)]
    early = early[ever_disturbed(land)[early["face"].to_numpy()]]
    for row, m2 in _rows_with(land, early):
        said = f"{row['id']} is dated before {_mu(m2)} of its ground were disturbed; they count as open from then on"
        yield _of_row("before-disturbance", row, said, m2)


def _unclear(land: Land) -> Iterator[Finding]:
    flagged = land.unclear[["face", "reclaimed"]].rename(columns={"reclaimed": "group"})
    for row, m2 in _rows_with(land, flagged):
        said = f"{_mu(m2)} of {row['id']} were disturbed and reclaimed in one period; disturbance was taken first"
        yield _of_row("order-unclear", row, said, m2)


def _mismatched(land: Land) -> Iterator[Finding]:
    pairs = _parcel_pairs(land)
    pairs = pairs[ever_disturbed(land)[pairs["face"].to_numpy()]]
    named = pairs.assign(site_id=land.evidence.groups["site_id"].reindex(pairs["group"]).to_numpy())
    named = named[named["site_id"] != ""]
    owned = members(land)[["face", "site_id"]].drop_duplicates()
    strange = named.merge(owned, on=["face", "site_id"], how="left", indicator=True)
    strange = strange[strange["_merge"] == "left_only"]
    whose = listed(owned["site_id"], owned["face"])
    for row, m2 in _rows_with(land, strange):
        faces = strange.loc[strange["group"] == row["group"], "face"]
        others = ", ".join(sorted(set(whose.reindex(faces))))
        said = f"{row['id']} says site {row['site_id']}, but {_mu(m2)} of it lie on ground of {others}"
        yield _of_row("site-mismatch", row, said, m2)


def _overlaps(land: Land) -> Iterator[Finding]:
    rows = land.evidence.rows
    claims = rows[(rows["kind"] == "parcel") & (rows["target"] >= RECLAIMED) & (rows["op"] == STAGE)]
    claims = claims.sort_values(["end", "delivered"])
    pairs = _claimed_twice(land, claims)
    one, other = (rows["id"].reindex(pairs[side]).to_numpy() for side in ("first", "second"))
    # a parcel with several stages claims the same ground with each of its rows: one finding a pair of parcels
    pairs = pairs.assign(pair=[" ".join(sorted(names)) for names in zip(one, other, strict=True)])
    for _, shared in pairs.groupby("pair", sort=True):
        m2 = float(shared.groupby("face")["area_m2"].max().sum())
        if m2 > _WORTH_M2:
            first = shared.iloc[0]
            a, b = rows.loc[first["first"]], rows.loc[first["second"]]
            said = f"{a['id']} ({a['source']} row {a['row']}) and {b['id']} both claim {_mu(m2)}; {a['id']} has them"
            yield _of_row("overlap", b, said, m2, first["shape"])


def _claimed_twice(land: Land, claims: gpd.GeoDataFrame) -> Any:
    """Pairs of rows of different parcels, and the faces on which no disturbance lies between their claims."""
    shapes = claims.geometry.to_numpy()
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    ids = claims["id"].to_numpy()
    other = (i < j) & (ids[i] != ids[j])
    i, j = i[other], j[other]
    shared = polygonal(shapely.intersection(shapes[i], shapes[j])) if len(i) else np.empty(0, object)
    real = shapely.area(shared) > 0 if len(i) else np.empty(0, bool)
    pairs = pd.DataFrame({"first": claims.index[i[real]], "second": claims.index[j[real]], "shape": shared[real]})
    if pairs.empty:
        return pairs.assign(face=[], area_m2=[])
    met = meetings(pairs["shape"].to_numpy(), land.partition.geometry, measured=True)
    met = met.join(pairs, on="row")
    return met[_no_disturbance_between(land, met, land.evidence.rows["group"])]


def _no_disturbance_between(land: Land, met: pd.DataFrame, group: pd.Series) -> Any:
    events = land.events
    place = events[events["op"] == STAGE].reset_index().set_index(["face", "group"])["index"]
    place = place[~place.index.duplicated()]
    resets = ((events["after"] == OPEN) & (events["before"] != OPEN)).cumsum().to_numpy()
    at = [
        place.reindex(pd.MultiIndex.from_arrays([met["face"], group.reindex(met[side])])).to_numpy()
        for side in ("first", "second")
    ]
    known = ~np.isnan(at[0]) & ~np.isnan(at[1])
    first, second = (np.where(known, side, 0).astype(np.int64) for side in at)
    claimed = events["after"].to_numpy()[first] >= RECLAIMED
    return known & claimed & (resets[second] == resets[first])


def _maybe_redisturbed(land: Land) -> Iterator[Finding]:
    order = surveys(land.evidence.groups, "snapshot")
    inside = pd.DataFrame({"face": land.partition.face, "group": land.partition.group}).merge(order, on="group")
    inside = inside[["face", "site_id", "survey", "end"]].drop_duplicates()
    before = inside[["face", "site_id", "survey"]].assign(survey=inside["survey"] + 1)
    stayed = inside.merge(before, on=["face", "site_id", "survey"])
    for key, faces in stayed.groupby(["site_id", "end"], sort=True)["face"]:
        site, day = str(key[0]), int(str(key[1]))
        kept = faces.to_numpy()[_states_before(land, faces.to_numpy(), day) >= RECLAIMED]
        m2 = float(land.partition.area_m2[kept].sum())
        if m2 > _WORTH_M2:
            when = np.datetime64(day, "D")
            said = (
                f"{_mu(m2)} of reclaimed ground stay inside the outline of {site} at {when}; not counted as mined again"
            )
            place = shapely.union_all(land.partition.geometry[kept])
            yield _finding("maybe-redisturbed", said, table="footprints", id=site, area_m2=m2, geometry=place)


def _states_before(land: Land, faces: np.ndarray, day: int) -> Any:
    events = land.events[land.events["face"].isin(faces) & (land.events["day"] < day)]
    return events.groupby("face")["after"].last().reindex(faces).fillna(NEVER).to_numpy()


def _first_surveys(land: Land) -> Iterator[Finding]:
    groups = land.evidence.groups
    for kind in ("snapshot", "cumulative"):
        order = surveys(groups, kind)
        first = order[order["first_survey"]]
        for site, outlines in first.groupby("site_id")["group"]:
            m2 = float(area(np.array([shapely.union_all(groups.loc[outlines, "geometry"].to_numpy())]), CRS)[0])
            year = int(years_of(groups.loc[outlines, "end"]).max())
            said = f"the first outline of {site} ({year}, {_mu(m2)}) enters by correction: it may be older land"
            yield _finding("first-survey", said, table="footprints", id=str(site), area_m2=m2)


def _left(land: Land) -> Iterator[Finding]:
    gone = left_outlines(land, owners(land, "site", None), None, ["site_id"])
    for (site, year), faces in gone.groupby(["site_id", "year"])["face"]:
        m2 = float(land.partition.area_m2[faces].sum())
        if m2 > _WORTH_M2:
            said = f"{_mu(m2)} left the outline of {site} in {year} and no parcel reclaimed them; they stay open"
            place = shapely.union_all(land.partition.geometry[faces])
            yield _finding("left-snapshot", said, table="footprints", id=str(site), area_m2=m2, geometry=place)


def _without_baseline(land: Land) -> Iterator[Finding]:
    groups = land.evidence.groups
    based = set(groups.loc[groups["kind"] == "baseline", "site_id"])
    for site in sorted(set(groups.loc[groups["kind"] == "increment", "site_id"]) - based):
        said = f"site {site} has no baseline: its account opens at 0"
        yield _finding("no-baseline", said, table="footprints", id=str(site))


def _snapped(land: Land) -> Iterator[Finding]:
    if land.partition.snapped:
        said = f"{land.partition.snapped} connected areas were cut on a grid of a thousandth of a millimetre"
        yield _finding("cut-repaired", said)
