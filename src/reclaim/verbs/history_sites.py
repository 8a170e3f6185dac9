"""
Sites of a history: their years, their pixels, and what is gathered of them while a stack's tiles go by.
"""

import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from reclaim import dates
from reclaim.errors import DateError, ImageryError, TableError
from reclaim.io.grids import Grid, Window
from reclaim.io.vectors import read_table
from reclaim.timeline.recovery import METRICS, REASONS, Definition, SiteYears, recovery_metrics, site_figures
from reclaim.timeline.segments import ABRUPT_YEARS, segment_values
from reclaim.timeline.survival import HORIZONS, survival
from reclaim.verbs.history_stack import AboutStack
from reclaim.vocabulary import load
from reclaim.zonal.weights import Weights, zone_weights
from reclaim.zonal.zones import on_grid, prepared

YEARS = ("dist_start", "rest_start", "ref_start", "ref_end")
Floats = NDArray[np.floating]
Lost = dict[int, tuple[float, float]]  # ground by year of loss: all, and what went slowly


@dataclass(frozen=True, eq=False)
class Sites:
    """
    Sites on a stack's grid.

    Attributes
    ----------
    frame : GeoDataFrame
        ``site_id``, the four years (None where not known), ``area_m2`` and what else the file holds; outlines in the
        grid's reference system.
    weights : Weights
        The exact share of each pixel inside each site.
    centred : bool
        Measure recovery on the pixels whose centres lie inside, as the peer does.
    """

    frame: gpd.GeoDataFrame
    weights: Weights
    centred: bool = False

    def when(self, place: int) -> SiteYears | None:
        """A site's years; None where they do not say since when it recovers."""
        start, rest, first, last = (self.frame[name].iloc[place] for name in YEARS)
        return None if start is None or rest is None else SiteYears(start, rest, first, last)

    def shares(self, place: int, window: Window) -> NDArray[np.float64]:
        """A site's exact share of each pixel of a window."""
        out = np.zeros(window.shape)
        w = self.weights
        entries = slice(w.zone_start[place], w.zone_start[place + 1])
        runs = zip(w.row[entries], w.col[entries], w.length[entries], w.share[entries], strict=True)
        for row, col, length, share in runs:
            if 0 <= row - window.row < window.height:
                first = int(col) - window.col
                out[row - window.row, max(first, 0) : max(first + int(length), 0)] = share
        return out

    def measured(self, place: int, window: Window, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each pixel counts for in the recovery metrics."""
        if not self.centred:
            return shares
        x, y = np.broadcast_arrays(*self.weights.grid.centres(window))
        return np.asarray(shapely.contains_xy(self.frame.geometry.iloc[place], x, y), dtype=np.float64)


def read_sites(source: str | os.PathLike[str] | gpd.GeoDataFrame, grid: Grid, *, definition: Definition) -> Sites:
    """
    Sites of a file, laid over a stack's grid.

    Parameters
    ----------
    source : path or GeoDataFrame
        Outlines named by ``site_id`` or the like (else by the row's number), with ``dist_start``, ``rest_start`` and,
        if they are known, ``ref_start`` and ``ref_end``.
    grid : Grid
    definition : {"white", "peer"}
        By the peer's definition pixels are counted by their centres.

    Raises
    ------
    TableError, ImageryError
        When no site can be used, or none meets the stack.

    Warns
    -----
    AboutStack
        For a site that does not meet the stack.
    """
    frame = read_table(source, table="sites") if isinstance(source, (str, os.PathLike)) else source
    sites = prepared(frame.rename(columns={"site_id": "zone_id"}) if "zone_id" not in frame else frame)
    sites = sites.rename(columns={"zone_id": "site_id"})
    if sites.site_id.duplicated().any():
        name = sites.site_id[sites.site_id.duplicated()].iloc[0]
        raise TableError(f"sites: {name!r} stands twice; name each site once")
    sites = sites.assign(**_years(sites))
    sites = sites.set_geometry(gpd.GeoSeries(on_grid(sites, grid), index=sites.index, crs=grid.crs))
    made = Sites(sites.reset_index(drop=True), zone_weights(sites.geometry, grid), centred=definition == "peer")
    for place in range(len(sites)):
        made.when(place)
    empty = made.weights.on_raster <= 0
    if empty.all():
        raise ImageryError("not one site has a pixel in the stack; look at the reference systems of both")
    for name in made.frame.site_id[empty]:
        warnings.warn(f"site {name!r} has no pixel in the stack; its figures are missing", AboutStack, stacklevel=3)
    return made


def _years(sites: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    lower = {str(column).strip().lower(): column for column in sites.columns}
    found = {}
    for name, others in load("history")["columns"].items():
        column = next((lower[other] for other in others if other in lower), None)
        values = [None] * len(sites) if column is None else [_year(value, name) for value in sites[column]]
        found[name] = pd.Series(values, index=sites.index, dtype=object)
    return found


def _year(value: Any, name: str) -> int | None:
    if value is None or value == "" or (not isinstance(value, str) and pd.isna(value)):
        return None
    try:
        plain = int(value) if isinstance(value, float) and value == int(value) else value
        return int(dates.parse(plain).start.year)
    except (DateError, ValueError, OverflowError) as error:
        raise TableError(f"sites: {name} {str(value)[:40]!r} is no year; write 2005") from error


@dataclass
class Gathered:
    """What has been seen of one site so far."""

    total: NDArray[np.float64]  # weighted sums of the index, by year
    seen: NDArray[np.float64]  # weights seen, by year
    lost: Lost = field(default_factory=dict)
    judged: float = 0.0  # weights with a verdict
    shares: list[Floats] = field(default_factory=list)
    metrics: list[dict[str, NDArray[np.float32]]] = field(default_factory=list)
    series: list[Floats] = field(default_factory=list)

    def count(self, series: Floats, loss: Mapping[str, Floats], weights: Floats) -> None:
        """Take in some pixels."""
        seen, known = ~np.isnan(series), ~np.isnan(loss["year"])
        self.total += np.where(seen, series, 0).astype(np.float64) @ weights
        self.seen += seen @ weights
        self.judged += float(weights[known].sum())
        add_losses(self.lost, loss, weights)

    @property
    def trajectory(self) -> NDArray[np.float64]:
        """Mean of the index by year; NaN where nothing was seen."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.total / self.seen)


@dataclass
class SiteGatherer:
    """Gathers the figures of all sites while tiles go by."""

    sites: Sites
    years: NDArray[np.int64]
    definition: Definition
    gathered: list[Gathered] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.years)
        self.gathered = [Gathered(np.zeros(count), np.zeros(count)) for _ in range(len(self.sites.frame))]

    def add(
        self, values: Floats, loss: Mapping[str, Floats], window: Window
    ) -> Iterator[tuple[NDArray[np.bool_], dict[str, NDArray[np.float32]]]]:
        """
        Take in one tile; gives for each site in it which pixels it touches, and their metrics.

        Parameters
        ----------
        values : array (years, rows, columns)
        loss : mapping of arrays (rows, columns)
            ``year`` and ``duration`` of the greatest loss.
        window : Window
        """
        for place in self.sites.weights.meeting(window).tolist():
            shares, site = self.sites.shares(place, window), self.gathered[place]
            inside = shares > 0
            if inside.any():
                site.count(
                    values[:, inside], {name: loss[name][inside] for name in ("year", "duration")}, shares[inside]
                )
            when, counts = self.sites.when(place), self.sites.measured(place, window, shares)
            inside = counts > 0
            if when is not None and inside.any():
                series = values[:, inside]
                metrics = recovery_metrics(series, self.years, when, definition=self.definition)
                site.shares.append(counts[inside])
                site.metrics.append(metrics)
                site.series.append(series.astype(np.float32))
                yield inside, metrics

    def rows(self) -> Iterator[dict[str, Any]]:
        """One document for each site, in their order."""
        for place, site in enumerate(self.gathered):
            yield self._row(place, site)

    def _row(self, place: int, site: Gathered) -> dict[str, Any]:
        frame, weights = self.sites.frame, self.sites.weights
        area, on_raster = float(frame.area_m2.iloc[place]), float(weights.on_raster[place])
        total = float(weights.total[place])
        per_pixel = area / total if total > 0 else float("nan")
        row: dict[str, Any] = {name: frame[name].iloc[place] for name in ("site_id", *YEARS)}
        row |= {"area_m2": area, "on_raster": on_raster / total if total else 0.0}
        row |= _loss_of(site.trajectory, self.years)
        row["disturbed"] = by_year(site.lost, per_pixel).to_dict("records")
        row["peak_year"] = _peak(site.lost)
        for name, column in (("disturbed_m2", "area_m2"), ("slow_m2", "slow_m2")):
            row[name] = float(sum(item[column] for item in row["disturbed"])) if site.judged else float("nan")
        row["judged_m2"] = site.judged * per_pixel
        row["trajectory"] = dict(zip(map(str, self.years.tolist()), site.trajectory.tolist(), strict=True))
        return row | self._recovery(place, site)

    def _recovery(self, place: int, site: Gathered) -> dict[str, Any]:
        when = self.sites.when(place)
        names = [*METRICS, *(f"{name}_median" for name in METRICS), "recovered", "not_yet", "measured"]
        if when is None or not site.metrics:
            why = "dist_start and rest_start are needed" if when is None else "no pixel in the stack"
            names += [*(f"survival_{n}" for n in HORIZONS), "relapsed"]
            return dict.fromkeys(names, float("nan")) | {
                "pixels": 0,
                "relapse_year": None,
                "alarm": None,
                "reasons": [why],
            }
        metrics = {name: np.concatenate([part[name] for part in site.metrics]) for name in site.metrics[0]}
        weights, series = np.concatenate(site.shares), np.concatenate(site.series, axis=1)
        fared = survival(series, self.years, weights, when=when, target=metrics["target"])
        return {
            **site_figures(metrics, weights),
            "pixels": len(weights),
            **{f"survival_{n}": fared.green[n] for n in HORIZONS},
            "relapsed": fared.relapsed,
            "relapse_year": fared.relapse_year,
            "alarm": fared.alarm,
            "reasons": _reasons(metrics["reason"], weights),
        }


def add_losses(lost: Lost, loss: Mapping[str, Floats], weights: Floats) -> None:
    """Add up ground by year of loss: all of it, and what went in a slow decline."""
    slow = loss["duration"] > ABRUPT_YEARS
    for year in np.unique(loss["year"][loss["year"] > 0]).tolist():
        here = loss["year"] == year
        all_, slowly = lost.get(int(year), (0.0, 0.0))
        lost[int(year)] = all_ + float(weights[here].sum()), slowly + float(weights[here & slow].sum())


def by_year(lost: Lost, factor: float = 1.0) -> pd.DataFrame:
    """``year``, ``area_m2``, ``hectares`` and, of the area, ``slow_m2``; the weights times a factor are m²."""
    years = sorted(lost)
    areas = np.array([lost[year] for year in years], dtype=np.float64).reshape(-1, 2) * factor
    columns = {"area_m2": areas[:, 0], "hectares": areas[:, 0] / 1e4, "slow_m2": areas[:, 1]}
    return pd.DataFrame({"year": np.array(years, dtype=np.int64), **columns})


def _peak(lost: Lost) -> int | None:
    """The year in which most ground was lost at once (the first of equals)."""
    abrupt = {year: all_ - slow for year, (all_, slow) in sorted(lost.items()) if all_ > slow}
    return max(abrupt, key=lambda year: abrupt[year]) if abrupt else None


def _loss_of(trajectory: NDArray[np.float64], years: NDArray[np.int64]) -> dict[str, Any]:
    """When the site as a whole fell most, by however much: the greatest fall of its mean."""
    found = segment_values(trajectory[:, None], years, min_magnitude=0.0)
    year, magnitude = float(found["year"][0]), float(found["magnitude"][0])
    return {"year": None if np.isnan(year) else int(year), "magnitude": magnitude}


def _reasons(reason: NDArray[np.float32], weights: Floats) -> list[str]:
    """Why figures are missing, with the share of the site's ground."""
    bits, total = reason.astype(np.int64), float(weights.sum())
    shares = {text: float(weights[(bits & bit) > 0].sum()) / total for bit, text in REASONS.items()}
    return [f"{text}: {share:.1%} of the ground" for text, share in shares.items() if share > 0]
