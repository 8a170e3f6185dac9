"""
Points to visit, and what they showed.

Points are spread by balanced acceptance sampling: the first points of a random-start Halton sequence that fall inside a
zone. Every place has the same chance, and the points keep their distance from each other. Adding further points of the
same sequence leaves those already visited in place.
"""

import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.stats import qmc

from reclaim.errors import CriteriaError, ReclaimWarning, TableError
from reclaim.geodesy import GEOD, to_cgcs2000
from reclaim.zonal.criteria import Threshold
from reclaim.zonal.evidence import LEAST_ADEQUATE, judge_points, mean_bounds, points_needed

Floats = NDArray[np.float64]

FAR_M = 10.0  # a hand-held receiver is out by less than this
_TRIES = 10_000_000
_GREEN = {"1", "yes", "y", "true", "t", "green", "g", "是", "有", "绿", "植被", "√", "✓", "✔", "v"}
_BARE = {"0", "no", "n", "false", "f", "bare", "b", "否", "无", "裸", "裸地", "×", "✗", "✘", "x"}


class AboutPlots(ReclaimWarning):
    """Something about visited points that the outcome depends on."""


@dataclass(frozen=True, eq=False)
class FieldSheet:
    """
    Points to visit.

    Attributes
    ----------
    claim : Threshold
    confidence : float
    needed : int
        Points in each zone; all of them green prove the claim.
    points : GeoDataFrame, EPSG:4490
        ``point_id``, ``zone_id``, ``lon``, ``lat``, in walking order.
    zones : GeoDataFrame, EPSG:4490
    outputs : tuple of Path
        Files that were written.
    """

    claim: Threshold
    confidence: float
    needed: int
    points: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    outputs: tuple[Path, ...] = field(default=())


def field_sheet(zones: gpd.GeoDataFrame, claim: Threshold, *, confidence: float = 0.95, seed: int = 0) -> FieldSheet:
    """
    As many points in each zone as can prove a claim.

    Parameters
    ----------
    zones : GeoDataFrame
        As `prepared` gives them.
    claim : Threshold
    confidence : float
        One-sided.
    seed : int
        The same seed gives the same points.

    Returns
    -------
    FieldSheet

    Raises
    ------
    CriteriaError
        For a claim that no sample can prove.
    """
    needed = points_needed(claim, confidence)
    places = to_cgcs2000(zones)
    parts = []
    for number, (zone, shape) in enumerate(zip(places.zone_id, places.geometry, strict=True)):
        spread = _walked(_spread(shape, needed, seed=seed + number))
        names = [f"{zone}-{point:03d}" for point in range(1, needed + 1)]
        parts.append(pd.DataFrame({"point_id": names, "zone_id": zone, "lon": spread[:, 0], "lat": spread[:, 1]}))
    table = pd.concat(parts, ignore_index=True)
    # nine digits are a tenth of a millimetre, and what every file can hold
    table[["lon", "lat"]] = table[["lon", "lat"]].round(9)
    points = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table.lon, table.lat), crs=places.crs)
    return FieldSheet(claim, confidence, needed, points, places)


def _spread(shape: shapely.Geometry, count: int, *, seed: int) -> Floats:
    """The first points of a random-start Halton sequence that lie inside."""
    x0, y0, x1, y1 = shape.bounds
    share = max(shape.area / max((x1 - x0) * (y1 - y0), 1e-300), 1e-6)
    sequence = qmc.Halton(2, scramble=True, rng=np.random.default_rng(seed))
    shapely.prepare(shape)
    found = np.empty((0, 2))
    tried = 0
    while len(found) < count and tried < _TRIES:
        batch = int(min(max(count / share, 64), 1_000_000))
        tried += batch
        points = sequence.random(batch) * [x1 - x0, y1 - y0] + [x0, y0]
        found = np.vstack([found, points[shapely.contains_xy(shape, points[:, 0], points[:, 1])]])
    if len(found) < count:
        raise CriteriaError("a zone is too narrow to place points in; draw it wider, or judge it by eye")
    return found[:count]


def _walked(points: Floats) -> Floats:
    """The points in an order that can be walked: always on to the nearest that is left, from the western end."""
    left = list(range(len(points)))
    scaled = points * [np.cos(np.radians(points[:, 1].mean())), 1.0]
    order = [left.pop(int(np.argmin(scaled[:, 0])))]
    while left:
        step = np.hypot(*(scaled[left] - scaled[order[-1]]).T)
        order.append(left.pop(int(np.argmin(step))))
    return points[order]


def green_values(values: Sequence[Any]) -> Floats:
    """
    What people write in a box: 1 green, 0 bare, NaN not filled in or not readable.

    Examples
    --------
    >>> green_values([1, "是", "no", "", None, "maybe"]).tolist()
    [1.0, 1.0, 0.0, nan, nan, nan]
    """
    return np.array([_green(value) for value in values], dtype=np.float64)


def _green(value: Any) -> float:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return np.nan
    plain = unicodedata.normalize("NFKC", str(value)).strip().casefold().removesuffix(".0")
    return 1.0 if plain in _GREEN else 0.0 if plain in _BARE else np.nan


def cover_from_points(
    zones: gpd.GeoDataFrame, visited: pd.DataFrame, criteria: Sequence[Threshold | None], *, confidence: float = 0.95
) -> pd.DataFrame:
    """
    Cover of zones from visited points or plots.

    Parameters
    ----------
    zones : GeoDataFrame
        As `prepared` gives them.
    visited : DataFrame
        ``point_id``, ``zone_id`` (or ``lon`` and ``lat``, to find it), and either ``green`` (1 or 0 as people write it)
        or ``cover`` (share of each plot, 0–1); optional ``lon``/``lat`` as planned, ``found_lon``/``found_lat`` as
        visited, ``date``.
    criteria : sequence of Threshold or None
        One a zone.
    confidence : float
        Of each one-sided bound.

    Returns
    -------
    DataFrame
        Columns of the cover table. ``cover`` is the share of visited points that are green, ``valid`` the share of
        planned points that were visited, ``low`` and ``high`` the bounds at the confidence (Clopper and Pearson;
        Student's t plots with shares), ``n_eff`` the points; besides ``criterion``, ``green`` and ``more``, the
        all-green points that would still prove the criterion.

    Warns
    -----
    AboutPlots
        Lists points that were not visited, lie far from plan or outside their zone, and says what more would prove.
    """
    table = _placed(zones, visited)
    shares = "green" not in table and "cover" in table
    if "green" not in table and not shares:
        raise TableError("the table of points has no column 'green' (1 or 0) or 'cover' (a share of each plot)")
    if not shares and not table.green.map(lambda value: _green(value) == _green(value)).any():
        raise TableError("not one box of the table is filled in; write 1 (green) or 0 (bare) in the column 'green'")
    rows = []
    for zone, area_m2, criterion in zip(zones.zone_id, zones.area_m2, criteria, strict=True):
        mine = table[table.zone_id == zone]
        row = (
            _plots_row(zone, mine, criterion, confidence) if shares else _points_row(zone, mine, criterion, confidence)
        )
        rows.append({"zone_id": zone, "area_m2": area_m2, **row, **_dated(mine)})
    return pd.DataFrame(rows)


def _placed(zones: gpd.GeoDataFrame, visited: pd.DataFrame) -> pd.DataFrame:
    """The points with their zones; those that were visited outside them are set aside."""
    table = visited.reset_index(drop=True)
    places = dict(zip(zones.zone_id, to_cgcs2000(zones.geometry), strict=True))
    if "point_id" not in table:
        table["point_id"] = [str(number) for number in range(1, len(table) + 1)]
    table["point_id"] = table.point_id.astype(str)
    lon, lat = _as_visited(table)
    if "zone_id" not in table:
        table["zone_id"] = _zone_at(places, lon, lat)
    table["zone_id"] = table.zone_id.map(lambda value: None if pd.isna(value) else str(value))
    _say("belong to no zone", table.point_id[~table.zone_id.isin(list(places))])
    again = table.duplicated(["zone_id", "point_id"], keep="last")
    _say("stand there more than once; the last one counts", table.point_id[again])
    outside = np.array(
        [
            zone in places and bool(np.isfinite(x)) and not bool(shapely.intersects_xy(places[zone], x, y))
            for zone, x, y in zip(table.zone_id, lon, lat, strict=True)
        ],
        dtype=bool,
    )
    _say("were visited outside their zone and do not count", table.point_id[outside])
    _say_far(table)
    return pd.DataFrame(table[~again.to_numpy() & ~outside & table.zone_id.isin(list(places)).to_numpy()])


def _as_visited(table: pd.DataFrame) -> tuple[Floats, Floats]:
    """Where each point was visited: as found, else as planned."""
    found = []
    for name in ("lon", "lat"):
        planned = pd.to_numeric(table[name], errors="coerce") if name in table else pd.Series(np.nan, index=table.index)
        if f"found_{name}" in table:
            planned = pd.to_numeric(table[f"found_{name}"], errors="coerce").fillna(planned)
        found.append(np.asarray(planned, dtype=np.float64))
    return found[0], found[1]


def _zone_at(places: dict[str, shapely.Geometry], lon: Floats, lat: Floats) -> list[str | None]:
    return [
        next((zone for zone, shape in places.items() if np.isfinite(x) and shapely.intersects_xy(shape, x, y)), None)
        for x, y in zip(lon, lat, strict=True)
    ]


def _say_far(table: pd.DataFrame) -> None:
    names = ["lon", "lat", "found_lon", "found_lat"]
    if not set(names) <= set(table.columns):
        return
    values = table[names].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    known = np.isfinite(values).all(axis=1)
    away = np.zeros(len(table))
    away[known] = GEOD.inv(*(values[known, i].copy() for i in range(4)))[2]
    far = away > FAR_M
    names_far = [f"{point} ({distance:.0f} m)" for point, distance in zip(table.point_id[far], away[far], strict=True)]
    _say(f"were visited more than {FAR_M:.0f} m from plan", names_far)


def _say(what: str, points: Sequence[str] | pd.Series) -> None:
    names = [str(point) for point in points]
    if names:
        listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
        warnings.warn(f"{len(names)} points {what}: {listed}", AboutPlots, stacklevel=5)


def _dated(mine: pd.DataFrame) -> dict[str, Any]:
    """The last day on which a point was visited."""
    from reclaim.dates import parse_column

    if "date" not in mine or mine.date.isna().all():
        return {"date": np.datetime64("NaT", "s"), "date_precision": None}
    days = parse_column(mine.date)
    last = days.end.max()
    return {"date": last, "date_precision": None if pd.isna(last) else days.precision[days.end == last].iloc[0]}


def _points_row(zone: str, mine: pd.DataFrame, criterion: Threshold | None, confidence: float) -> dict[str, Any]:
    values = green_values(mine.green.tolist())
    seen = np.isfinite(values)
    _say(f"of zone {zone!r} were not visited", mine.point_id[~seen])
    green, count, planned = int(values[seen].sum()), int(seen.sum()), len(mine)
    claim = criterion or Threshold(0.0)
    verdict = judge_points(green, count, claim, confidence)
    if criterion is not None:
        warnings.warn(_more_text(zone, verdict.green, verdict.seen, verdict.more, criterion), AboutPlots, stacklevel=4)
    return _row(
        cover=green / count if count else np.nan,
        valid=count / planned if planned else 0.0,
        bounds=(verdict.low, verdict.high),
        count=count,
        outcome=None if criterion is None else verdict.outcome,
        criterion=criterion,
        more=None if criterion is None else verdict.more,
    ) | {"green": green}


def _more_text(zone: str, green: int, seen: int, more: int | None, claim: Threshold) -> str:
    head = f"zone {zone!r}: {green} of {seen} points are green"
    if more is None:
        return f"{head}; {claim} can no longer be proved"
    return (
        f"{head}; {claim} is proved"
        if more == 0
        else f"{head}; {more} more points, all of them green, would prove {claim}"
    )


def _plots_row(zone: str, mine: pd.DataFrame, criterion: Threshold | None, confidence: float) -> dict[str, Any]:
    values = pd.to_numeric(mine.cover, errors="coerce").to_numpy(dtype=np.float64)
    if (values[np.isfinite(values)] > 1).any() or (values[np.isfinite(values)] < 0).any():
        raise TableError(f"zone {zone!r}: cover of a plot must be a share between 0 and 1; divide percent by 100")
    seen = np.isfinite(values)
    _say(f"of zone {zone!r} were not visited", mine.point_id[~seen])
    low, high = mean_bounds(values[seen], confidence)
    outcome = None
    if criterion is not None:
        decided = "met" if criterion.holds(low) else "not_met" if not criterion.holds(high) else "undetermined"
        outcome = "insufficient" if seen.sum() < LEAST_ADEQUATE else decided
    return _row(
        cover=float(values[seen].mean()) if seen.any() else np.nan,
        valid=float(seen.mean()) if len(mine) else 0.0,
        bounds=(low, high),
        count=int(seen.sum()),
        outcome=outcome,
        criterion=criterion,
        more=None,
    )


def _row(
    *, cover: float, valid: float, bounds: tuple[float, float], count: int, outcome: str | None, criterion: Threshold |
    None, more: int | None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "metric": "vegetated_fraction",
        "cover": cover,
        "valid": valid,
        "low": bounds[0],
        "high": bounds[1],
        "n_eff": float(count),
        "outcome": outcome,
        "threshold": np.nan,
        "soil": np.nan,
        "vegetation": np.nan,
        "index": None,
        "criterion": None if criterion is None else str(criterion),
        "pixels": float(count),
        "whole": float(count),
        "more": more,
    }
