"""
From checked rows to evidence: ground with one meaning and one period, ready to be cut.

Rows that say the same of the ground (same site, meaning, period ...) are joined into one outline before the cut.
Without that the number of faces grows with the square of how deeply outlines overlap, with it only with their length.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from reclaim.tables import CRS
from reclaim.vocabulary import words

NEVER, OPEN, TEMPORARY, RECLAIMED, ACCEPTED, CERTIFIED = range(6)
STATE_NAMES = np.array(["never", *words("states")], dtype=object)
STAGE_STATES = {"temporary": TEMPORARY, "permanent": RECLAIMED, "accepted": ACCEPTED, "certified": CERTIFIED}
STATE_CODES = {name: code for code, name in enumerate(STATE_NAMES)}

# what a piece of evidence does to the ground
BASE, DISTURB, REVEAL, FAIL, STAGE, LABEL = range(6)
APART = ("legacy", "disaster")

# 1e-11 degree is a thousandth of a millimetre
SNAP = 1e-11

Days = np.ndarray  # int64 days since 1970-01-01
NO_DAY = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Evidence:
    """
    What is known about the ground, joined into outlines.

    Attributes
    ----------
    groups : DataFrame
        One row a joined outline: ``kind`` (increment, snapshot, cumulative, baseline, parcel, planned, soils_placed,
        responsibility),
        ``op``, ``target`` (state that it leads to), ``site_id``, ``liability``, ``start``, ``end`` and ``released``
        (days since 1970), ``geometry`` (object array of polygons, EPSG:4490).
    rows : GeoDataFrame
        The source rows behind them: ``table``, ``group`` (row of ``groups``), ``id``, ``site_id``, ``source``, ``row``,
        ``delivered``, geometry.
    aside : GeoDataFrame
        Parcels that meet no footprint and no baseline, same columns; they count for nothing.
    """

    groups: pd.DataFrame
    rows: gpd.GeoDataFrame
    aside: gpd.GeoDataFrame


def days(values: pd.Series) -> Days:
    """Dates as whole days since 1970-01-01; missing is the smallest integer."""
    stamps = pd.to_datetime(values).to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(stamps), NO_DAY, stamps.astype(np.int64))


def gather(tables: Mapping[str, gpd.GeoDataFrame], *, known_at: pd.Timestamp | None = None) -> Evidence:
    """
    Join the rows of checked tables into outlines.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame
        Checked tables in EPSG:4490; ``footprints`` is needed, ``parcels``, ``baseline`` and ``responsibility`` may be
        absent.
    known_at : Timestamp, optional
        Leave out rows recorded after that day; rows without ``recorded`` are always known.
    """
    parts = [
        _rows(tables, "footprints", known_at, _describe_footprints),
        _rows(tables, "baseline", known_at, _describe_baseline),
        _rows(tables, "parcels", known_at, _describe_parcels),
        _rows(tables, "responsibility", known_at, _describe_responsibility),
    ]
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    rows = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    met = _meets_ground(rows)
    kept = rows[met].reset_index(drop=True)
    groups, kept["group"] = _joined(kept)
    return Evidence(groups, kept, rows[~met].reset_index(drop=True))


Describe = Callable[[gpd.GeoDataFrame], dict[str, object]]


def _rows(
    tables: Mapping[str, gpd.GeoDataFrame], name: str, known_at: pd.Timestamp | None, describe: Describe
) -> pd.DataFrame:
    frame = tables.get(name)
    if frame is None or frame.empty:
        frame = _nothing()
    elif known_at is not None and "recorded" in frame:
        frame = frame[~(frame["recorded"] > known_at)]
    described = describe(frame)
    columns = {
        "table": name,
        "id": _text(frame, {"footprints": "footprint_id", "parcels": "parcel_id"}.get(name, "site_id")),
        "site_id": _text(frame, "site_id"),
        "source": _text(frame, "_source"),
        "row": frame.get("_row", pd.Series(0, index=frame.index)),
        "delivered": frame.get("_delivered", pd.Series(np.arange(len(frame)), index=frame.index)),
        "company": _text(frame, "company"),
        "geometry": frame.geometry,
    }
    made = pd.DataFrame({**columns, **described}, index=frame.index)
    return made[made["op"] >= 0]


def _nothing() -> gpd.GeoDataFrame:
    dates = {"date": pd.Series(dtype="datetime64[s]"), "date_start": pd.Series(dtype="datetime64[s]")}
    return gpd.GeoDataFrame(dates, geometry=gpd.GeoSeries([], crs=CRS), crs=CRS)


def _text(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame:
        return pd.Series("", index=frame.index, dtype=object)
    return frame[name].astype(object).where(frame[name].notna(), "").map(str)


def _period(frame: pd.DataFrame) -> dict[str, object]:
    return {"start": days(frame["date_start"]), "end": days(frame["date"])}


def _describe_footprints(frame: gpd.GeoDataFrame) -> dict[str, object]:
    kind = frame.get("meaning", pd.Series("increment", index=frame.index)).astype(object)
    liability = _text(frame, "liability").where(_text(frame, "liability").isin(APART), "company")
    released = frame["released"] if "released" in frame else pd.Series(pd.NaT, index=frame.index)
    return {
        **_period(frame),
        "kind": kind,
        "op": np.where(kind == "cumulative", REVEAL, DISTURB),
        "target": OPEN,
        "liability": liability,
        "released": days(released),
    }


def _describe_baseline(frame: gpd.GeoDataFrame) -> dict[str, object]:
    target = _text(frame, "state").map(STATE_CODES).fillna(-1).astype(int)
    return {
        **_period(frame),
        "kind": "baseline",
        "op": np.where(target >= OPEN, BASE, -1),
        "target": target,
        "liability": "company",
        "released": NO_DAY,
    }


def _describe_parcels(frame: gpd.GeoDataFrame) -> dict[str, object]:
    stage = _text(frame, "stage")
    labels = stage.isin(["planned", "soils_placed"])
    op = np.select([stage.isin(STAGE_STATES), stage == "failed", labels], [STAGE, FAIL, LABEL], default=-1)
    return {
        **_period(frame),
        "kind": stage.where(labels, "parcel"),
        "op": op,
        "target": stage.map(STAGE_STATES).fillna(OPEN).astype(int),
        "liability": "company",
        "released": NO_DAY,
    }


def _describe_responsibility(frame: gpd.GeoDataFrame) -> dict[str, object]:
    return {
        "start": NO_DAY,
        "end": NO_DAY,
        "kind": "responsibility",
        "op": LABEL,
        "target": NEVER,
        "liability": "company",
        "released": NO_DAY,
    }


_KEY = ["site_id", "kind", "op", "target", "liability", "start", "end", "released"]
_GROUND = ("increment", "snapshot", "cumulative", "baseline")


def _meets_ground(rows: gpd.GeoDataFrame) -> Any:
    """Which rows are ground ever touched, or meet it; the rest is set aside before anything is cut."""
    ground = rows["kind"].isin(_GROUND).to_numpy()
    keep = ground | (rows["kind"] == "responsibility").to_numpy()
    if keep.all() or not ground.any():
        return keep
    geometry = rows.geometry.to_numpy()
    tree = shapely.STRtree(geometry[ground])
    # most lie deep in the ground: their first vertex settles it, without a look at all that they overlap
    others = np.flatnonzero(~keep)
    xy, index = shapely.get_coordinates(geometry[others], return_index=True)
    first = np.flatnonzero(np.diff(index, prepend=-1))
    inside = tree.query(shapely.points(xy[first]), predicate="intersects")[0]
    keep[others[index[first[inside]]]] = True
    others = np.flatnonzero(~keep)
    keep[others[tree.query(geometry[others], predicate="intersects")[0]]] = True
    return keep


def _joined(rows: gpd.GeoDataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Union of the rows that say the same; gives the groups and each row's group."""
    if rows.empty:
        return pd.DataFrame({name: [] for name in [*_KEY, "geometry"]}), np.empty(0, dtype=np.int64)
    grouped = rows.groupby(_KEY, sort=True, dropna=False)
    number = grouped.ngroup().to_numpy()
    groups = grouped.agg(first_row=("delivered", "min")).reset_index()
    order = np.argsort(number, kind="stable")
    bounds = np.flatnonzero(np.diff(number[order])) + 1
    geometry = np.empty(len(groups), dtype=object)
    for index, members in enumerate(np.split(rows.geometry.to_numpy()[order], bounds)):
        geometry[index] = union(np.asarray(members))
    groups["geometry"] = geometry
    return groups, number


def listed(texts: pd.Series, keys: pd.Series) -> pd.Series:
    """
    Texts of each key, joined by ``;`` in their order.

    Examples
    --------
    >>> listed(pd.Series(["a", "b", "c"]), pd.Series([7, 8, 7])).to_dict()
    {8: 'b', 7: 'a;c'}
    """
    # most keys have one text, and a call for each of them would take longer than the rest
    alone = (~keys.duplicated(keep=False)).to_numpy()
    several = texts[~alone].groupby(keys[~alone].to_numpy()).agg(";".join)
    together: pd.Series = pd.concat([texts[alone].set_axis(keys[alone]), several])
    return together


def union(polygons: Sequence[shapely.Geometry] | np.ndarray) -> shapely.Geometry:
    """Union of polygons, lines and points that fall out of it left away."""
    if len(polygons) == 1:
        return polygons[0]
    try:
        # most outlines of one kind stand apart; only those that meet need an overlay
        whole = shapely.normalize(shapely.disjoint_subset_union_all(polygons))
    except shapely.GEOSException:  # edges that cross by a rounding; a grid of a thousandth of a millimetre settles them
        sound = shapely.make_valid(np.asarray(polygons), method="structure", keep_collapsed=False)
        whole = shapely.union_all(sound, grid_size=SNAP)
    if whole.geom_type in ("Polygon", "MultiPolygon"):
        return whole
    parts = shapely.get_parts(whole)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])
