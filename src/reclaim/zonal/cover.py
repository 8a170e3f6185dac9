"""
Vegetation cover of zones: one row a zone and date.

What was seen is told apart from what was not. ``cover`` holds over seen ground; ``low`` and ``high`` are what the whole
zone would have if all unseen ground were bare, or green.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reclaim.errors import CriteriaError, ImageryError
from reclaim.io.grids import Grid
from reclaim.progress import progress
from reclaim.vocabulary import load
from reclaim.zonal.bands import IndexImage
from reclaim.zonal.indices import index
from reclaim.zonal.kernels import PLAIN_VALUE, SHARE_ABOVE, SHARE_BETWEEN, tally
from reclaim.zonal.weights import Weights, zone_weights
from reclaim.zonal.zones import on_grid

Floats = NDArray[np.float64]

METRICS = ("vegetated_fraction", "mean_fvc", "mean_index")
TIE = 1e-9
_TIE_SINGLE = 1e-7  # numbers stored with seven digits are equal within their last one
SMALLEST_SPAN = 0.2


@dataclass(frozen=True)
class Measure:
    """
    What is measured.

    Attributes
    ----------
    metric : {"vegetated_fraction", "mean_fvc", "mean_index"}
        Share of pixels whose index reaches ``threshold``; mean of the share of each pixel that is green, by the
        two-part pixel model; mean of the index.
    index : str
        A name of the table of indices.
    threshold : float, optional
        For ``vegetated_fraction``; NDVI has a stated default, other indices have none.
    soil, vegetation : float, optional
        For ``mean_fvc``: index of bare ground and of closed cover. Red mud is no soil: take ``soil`` from bare residue
        in the same scene. A zone's own columns ``soil`` and ``vegetation`` come first.

    Examples
    --------
    >>> Measure().threshold
    0.35
    >>> Measure(metric="mean_fvc", soil=0.3, vegetation=0.4)
    Traceback (most recent call last):
        ...
    reclaim.errors.CriteriaError: soil 0.3 and vegetation 0.4 lie less than 0.2 apart; cover between them would be noise
    """

    metric: str = "vegetated_fraction"
    index: str = "ndvi"
    threshold: float | None = None
    soil: float | None = None
    vegetation: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", self.index.strip().lower())
        if self.metric not in METRICS:
            raise CriteriaError(f"unknown metric {self.metric!r}; choose one of {', '.join(METRICS)}")
        if self.metric == "vegetated_fraction" and self.threshold is None:
            object.__setattr__(self, "threshold", _default_threshold(self.index))
        if self.metric == "mean_fvc" and self.soil is not None and self.vegetation is not None:
            check_span(self.soil, self.vegetation)

    @property
    def levels(self) -> list[float]:
        """The index values that the image is compared with."""
        wanted = (self.threshold,) if self.metric == "vegetated_fraction" else (self.soil, self.vegetation)
        return [level for level in wanted if level is not None] if self.metric != "mean_index" else []


def _default_threshold(name: str) -> float:
    if name in load("indices") and (found := index(name).threshold) is not None:
        return found
    raise CriteriaError(
        f"{name} has no threshold of its own; say from which value on ground counts as green, --threshold"
    )


def check_span(soil: float, vegetation: float) -> None:
    """Refuse end-members that lie too close to tell bare from green."""
    if not vegetation - soil >= SMALLEST_SPAN - TIE:
        raise CriteriaError(
            f"soil {soil:g} and vegetation {vegetation:g} lie less than {SMALLEST_SPAN:g} apart; cover between them "
            f"would be noise"
        )


def weights_for(zones: gpd.GeoDataFrame, grid: Grid, made: list[Weights]) -> Weights:
    """The zones' weights on a grid: those made before if the grid is the same, else new ones, kept in ``made``."""
    found = next((weights for weights in made if weights.grid.same_as(grid)), None)
    if found is None:
        found = zone_weights(on_grid(zones, grid), grid)
        made.append(found)
    return found


def zone_sums(weights: Weights, image: IndexImage, measure: Measure, *, ends: tuple[Floats, Floats]) -> Floats:
    """
    Sums over each zone's seen pixels, read block by block.

    Parameters
    ----------
    weights : Weights
        On the image's grid.
    image : IndexImage
    measure : Measure
    ends : pair of arrays (zones,)
        Each zone's end-members; not looked at by the other metrics.

    Returns
    -------
    array (zones, 4)
        Σw, Σw², Σw·v and the number of pixels wholly inside, over what was seen.
    """
    mode = {"vegetated_fraction": SHARE_ABOVE, "mean_fvc": SHARE_BETWEEN, "mean_index": PLAIN_VALUE}[measure.metric]
    lower, upper = (np.array(end, dtype=np.float64) for end in ends)
    out = np.zeros((len(weights.total), 4))
    codes = np.empty(0, dtype=np.float32) if image.codes is None else image.codes
    entries = (weights.zone_start, weights.row, weights.col, weights.length, weights.share)
    windows = [window for tile in image.grid.tiles(image.block) if not (window := weights.needed(tile)).empty]
    with progress(f"reading {image.scene.name}", len(windows)) as work:
        for window in windows:
            values = image.values(window) if image.codes is None else image.stored(window)
            if mode == SHARE_ABOVE:
                lower = np.full(len(out), _least(measure, values))
            here = (codes, window.row, window.col, weights.meeting(window))
            tally(np.require(values, requirements=["C", "W"]), *here, *entries, mode, lower, upper, out)
            work.advance()
    return out


def _least(measure: Measure, values: NDArray[Any]) -> float:
    """The threshold, lowered by what makes a tie in the image's own precision."""
    threshold = float(measure.threshold or 0.0)
    return threshold - (TIE if values.dtype == np.float64 else _TIE_SINGLE * max(1.0, abs(threshold)))


def zone_cover(
    zones: gpd.GeoDataFrame, image: IndexImage, measure: Measure, *, weights: list[Weights] | None = None
) -> pd.DataFrame:
    """
    Cover of each zone on one date.

    Parameters
    ----------
    zones : GeoDataFrame
        As `prepared` gives them.
    image : IndexImage
    measure : Measure
    weights : list of Weights, optional
        Weights made before; new ones are added. Hand in the same list for every date.

    Returns
    -------
    DataFrame
        A row a zone: ``zone_id``, ``date`` (last day of its period), ``metric``, ``cover`` (over seen ground, NaN
        where nothing was seen), ``valid``, ``low`` and ``high`` (shares of the whole zone; NaN for ``mean_index``),
        ``n_eff``, ``area_m2``, ``threshold``, ``soil``, ``vegetation``; besides ``date_precision``, ``index``,
        ``pixels`` (Σ of the seen shares), ``whole`` (seen pixels wholly inside) and ``source``.
    """
    soil, vegetation = end_members_of(zones, measure)
    found = weights_for(zones, image.grid, [] if weights is None else weights)
    sums = zone_sums(found, image, measure, ends=(soil, vegetation))
    date = image.scene.date
    frame = pd.DataFrame({"zone_id": zones.zone_id.to_numpy()})
    frame["date"] = np.datetime64("NaT" if date is None else date.end, "s")
    frame["metric"] = measure.metric
    for name, values in shares(found.total, sums, bounded=measure.metric != "mean_index").items():
        frame[name] = values
    frame["area_m2"] = zones.area_m2.to_numpy()
    frame["outcome"] = None
    used = measure.metric == "mean_fvc"
    frame["threshold"] = measure.threshold if measure.metric == "vegetated_fraction" else np.nan
    frame["soil"], frame["vegetation"] = (soil, vegetation) if used else (np.nan, np.nan)
    frame["date_precision"] = None if date is None else date.precision
    frame["index"], frame["source"] = image.name, image.scene.name
    frame["pixels"], frame["whole"] = sums[:, 0], sums[:, 3]
    return frame


def shares(total: Floats, sums: Floats, *, bounded: bool) -> dict[str, Floats]:
    """
    Cover, share seen, bounds and effective number of pixels from a zone's sums.

    Parameters
    ----------
    total : array (zones,)
        The whole zone in pixels.
    sums : array (zones, 4)
        As `zone_sums` gives them.
    bounded : bool
        Whether v lies between 0 and 1, so that unseen ground bounds the zone's cover.

    Examples
    --------
    >>> found = shares(np.array([4.0]), np.array([[2.0, 2.0, 1.0, 2.0]]), bounded=True)
    >>> {name: values.tolist() for name, values in found.items()}
    {'cover': [0.5], 'valid': [0.5], 'low': [0.25], 'high': [0.75], 'n_eff': [2.0]}
    """
    seen, squares, green = sums[:, 0], sums[:, 1], sums[:, 2]
    size = np.where(total > 0, total, 1.0)
    nothing = seen <= TIE * size
    everything = seen >= (1 - TIE) * size
    valid = np.where(nothing, 0.0, np.where(everything, 1.0, seen / size))
    with np.errstate(divide="ignore", invalid="ignore"):
        cover = np.where(nothing, np.nan, green / np.where(nothing, 1.0, seen))
        n_eff = np.where(nothing, 0.0, seen**2 / np.where(nothing, 1.0, squares))
    if not bounded:
        unknown = np.full(len(total), np.nan)
        return {"cover": cover, "valid": valid, "low": unknown, "high": unknown.copy(), "n_eff": n_eff}
    cover = np.clip(cover, 0.0, 1.0)
    low = np.where(nothing, 0.0, np.where(everything, cover, green / size))
    high = np.where(nothing, 1.0, np.where(everything, cover, (green + size - seen) / size))
    return {"cover": cover, "valid": valid, "low": np.clip(low, 0, 1), "high": np.clip(high, 0, 1), "n_eff": n_eff}


def end_members_of(zones: gpd.GeoDataFrame, measure: Measure) -> tuple[Floats, Floats]:
    """
    Each zone's end-members: its own columns ``soil`` and ``vegetation``, else those of the measure.

    Raises
    ------
    CriteriaError
        When a zone has none, or they lie too close together.
    """
    ends = []
    for name, stated in (("soil", measure.soil), ("vegetation", measure.vegetation)):
        own = pd.to_numeric(zones[name], errors="coerce") if name in zones else pd.Series(np.nan, index=zones.index)
        ends.append(np.asarray(own.astype(float).fillna(np.nan if stated is None else stated), dtype=np.float64))
    if measure.metric != "mean_fvc":
        return np.zeros(len(zones)), np.ones(len(zones))
    for zone, soil, vegetation in zip(zones.zone_id, *ends, strict=True):
        if np.isnan(soil) or np.isnan(vegetation):
            raise CriteriaError(
                f"mean_fvc needs the index of bare ground and of closed cover, and zone {zone!r} has none; "
                "give --soil and --vegetation"
            )
        check_span(float(soil), float(vegetation))
    return ends[0], ends[1]


def end_members(values: NDArray[np.floating], *, percentiles: tuple[float, float] = (5.0, 95.0)) -> tuple[float, float]:
    """
    End-members from an index over a reference region, by percentiles of its distribution.

    Take them once for a sensor, season and region and keep them for every year: made anew each year they would remove
    the very trend that is to be measured.

    Parameters
    ----------
    values : array
        Index of the reference region without water; NaN where not seen.
    percentiles : pair of float
        Of the bare and the green end.

    Returns
    -------
    soil, vegetation : float

    Raises
    ------
    ImageryError, CriteriaError
        When fewer than 100 pixels were seen, or the two lie too close together.

    Examples
    --------
    >>> soil, vegetation = end_members(np.linspace(0, 1, 1001))
    >>> round(soil, 3), round(vegetation, 3)
    (0.05, 0.95)
    """
    seen = values[np.isfinite(values)]
    if seen.size < 100:
        raise ImageryError(f"only {seen.size} pixels of the reference region were seen; 100 are needed for end-members")
    soil, vegetation = (float(value) for value in np.percentile(seen.astype(np.float64), percentiles))
    check_span(soil, vegetation)
    return soil, vegetation


def canopy_closure(zones: gpd.GeoDataFrame, image: IndexImage, *, height: float = 2.0) -> pd.DataFrame:
    """
    Share of each zone under tree crowns, from a canopy height model.

    Parameters
    ----------
    zones : GeoDataFrame
        As `prepared` gives them.
    image : IndexImage
        Heights above ground in metres, a ready-made raster.
    height : float
        From this height on it is a tree, metres. 2 m is China's forest definition.

    Returns
    -------
    DataFrame
        As `zone_cover`, with metric ``canopy_closure``. Canopy closure cannot be had from a vegetation index.
    """
    return zone_cover(zones, image, Measure(index=image.name, threshold=height)).assign(metric="canopy_closure")


def greening_rate(greened: gpd.GeoDataFrame, greenable: gpd.GeoDataFrame) -> float:
    """
    Greened area as a share of the area that can be greened, from outlines; overlaps count once.

    Parameters
    ----------
    greened, greenable : GeoDataFrame
        Polygons in any reference system. Greened ground outside the greenable counts for nothing.

    Returns
    -------
    float
        NaN where nothing can be greened.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> yard = gpd.GeoDataFrame(geometry=[box(0, 0, 100, 100)], crs="EPSG:4547").set_crs("EPSG:4547")
    >>> trees = gpd.GeoDataFrame(geometry=[box(0, 0, 50, 100), box(0, 0, 50, 50)], crs="EPSG:4547")
    >>> yard, trees = (frame.translate(500000, 2500000).to_frame("geometry") for frame in (yard, trees))
    >>> round(greening_rate(trees, yard), 6)
    0.5
    """
    from reclaim.geodesy import area, to_cgcs2000

    ground = to_cgcs2000(greenable.geometry).union_all()
    green = to_cgcs2000(greened.geometry).union_all().intersection(ground)
    parts: Sequence[float] = area(np.array([green, ground], dtype=object), "EPSG:4490").tolist()
    return parts[0] / parts[1] if parts[1] > 0 else float("nan")
