"""
Temporal segmentation: the straight lines that a pixel's yearly values follow, and the loss they show.

After Kennedy, Yang & Cohen (2010), "Detecting trends in forest disturbance and recovery using yearly Landsat time
series:
1. LandTrendr — temporal segmentation algorithms", Remote Sensing of Environment 114, 2897–2910,
https://doi.org/10.1016/j.rse.2010.07.008. The index must rise with vegetation. For each pixel, over the years it was
seen:

1. *Spikes* are damped: of all inner values the one whose neighbours agree best beside its own distance from them is
   moved towards their mean, by that proportion, again and again; the first proportion that does not exceed
   ``spike_threshold`` is damped as the last one if it exceeds half of it.
2. *Strays* are lifted (our addition): a single year that lies under both neighbours by more than ``stray_depth`` times
   the noise, and of whose fall the smaller side is at least ``stray_return`` of the larger, is set to their mean. Haze
   and shadow lower an index for one year; land that was stripped does not come back in the next. The noise is 1.4826 /
   √2 times the median of the yearly steps.
3. *Vertices*: the segment with the largest mean squared error about its regression is split where it departs most,
   until there are ``max_segments + 1 + vertex_overshoot`` vertices; then the vertex that matters least is taken out
   until ``max_segments + 1`` are left. A vertex matters by the steeper of its two sides (as an angle, the values scaled
   to the length of the series), more where a loss follows (``loss_weight``).
4. *The ladder*: the model is fitted from left to right, each segment anchored at the end of the one before, along its
   regression or from point to point, whichever errs less. Then one vertex is taken out: where a rise is faster than
   ``recovery_threshold`` of the range per year, the one where the fastest such rise ends (at the series' end: begins);
   otherwise the one without which its neighbours' line errs least per year. And again, down to a single line.
5. *The choice*: each model has the probability of its F test, with 2 degrees of freedom per segment and the rest of
   n − 1 below. Of the models without too fast a rise, the one with most segments wins whose probability is at most
   ``p_threshold`` and at most ``2 − best_model_proportion`` times the best one.
6. Where none is significant, every rung is fitted again with all its vertices at once, by least squares, and must reach
   ``refit_p_threshold``. With fewer than ten values, hardly enough to test three segments, two plain levels compete as
   well (F test with 2 and n − 3 degrees of freedom, times the n − 1 places tried). Otherwise the series is flat at its
   mean.

Ties
    Of equal errors, departures and weights the earliest value or vertex is taken. Probabilities below 2^-54 are equal,
    as they are to a program that computes 1 − F in double precision; of equal ones the model with most segments wins.
Missing years
    A year not seen is left out and its neighbours become neighbours; slopes are per calendar year. A pixel seen in
    fewer than ``min_observations`` years has no result (NaN).
Year of loss
    The year after the vertex where the steepest fall begins: the first year whose value is lower. Of several falls the
    greatest counts, of equal ones the earliest; one under ``min_magnitude`` does not count, nor one that was seen in
    the last year alone and is under twice that, because nothing after it tells a clearing from a cloud. 0 means no
    loss.
"""

import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from reclaim.errors import ImageryError
from reclaim.timeline.kernels import BANDS, MOST, Rules, new_bench
from reclaim.timeline.ladder import segment_block

MIN_YEARS = 6
MIN_MAGNITUDE = 0.15
ABRUPT_YEARS = 4  # a fall that takes longer is a slow decline, not land that was stripped

# what the bands hold, for people and for files
UNITS = {
    "year": "calendar year, 0 = no loss",
    "magnitude": "index units",
    "duration": "years",
    "rate": "index units per year",
    "before": "index units",
    "rmse": "index units",
    "snr": "magnitude / rmse",
    "recovery_start": "calendar year",
}


@dataclass(frozen=True)
class SegmentRules:
    """
    How series are segmented; the defaults are the original program's.

    Attributes
    ----------
    max_segments : int
        Segments of the richest model.
    spike_threshold : float
        0–1; at 1 no spike is damped.
    vertex_overshoot : int
        Vertices found beyond those kept.
    recovery_threshold : float
        Share of the range that may be regained in a year.
    p_threshold : float
        Largest probability of a model's F test.
    best_model_proportion : float
        0–1; the nearer to 1 the simpler the model.
    min_observations : int
        Years that a pixel must have been seen in.
    loss_weight : float
        How much more a vertex before a loss matters.
    stray_depth : float
        Noise units; at 0 no stray is lifted.
    stray_return : float
        Share of its fall that a stray regains in the next year.
    refit_p_threshold : float
        Largest probability of a model fitted at once.

    Examples
    --------
    >>> SegmentRules(max_segments=4).max_segments
    4
    >>> SegmentRules(p_threshold=5)
    Traceback (most recent call last):
        ...
    reclaim.errors.ImageryError: p_threshold must lie in (0, 1], got 5
    """

    max_segments: int = 6
    spike_threshold: float = 0.9
    vertex_overshoot: int = 3
    recovery_threshold: float = 0.25
    p_threshold: float = 0.05
    best_model_proportion: float = 0.75
    min_observations: int = MIN_YEARS
    loss_weight: float = 2.0
    stray_depth: float = 7.0
    stray_return: float = 0.7
    refit_p_threshold: float = 0.01

    def __post_init__(self) -> None:
        for name in ("p_threshold", "refit_p_threshold", "spike_threshold", "best_model_proportion", "stray_return"):
            if not 0 < getattr(self, name) <= 1:
                raise ImageryError(f"{name} must lie in (0, 1], got {getattr(self, name)}")
        if not (self.recovery_threshold > 0 and self.loss_weight >= 0 and self.stray_depth >= 0):
            raise ImageryError("recovery_threshold must be positive, loss_weight and stray_depth not negative")
        if self.max_segments < 1 or self.vertex_overshoot < 0 or self.max_segments + self.vertex_overshoot > MOST - 4:
            raise ImageryError(f"max_segments and vertex_overshoot together must lie in 1 to {MOST - 4}")
        if self.min_observations < MIN_YEARS:
            raise ImageryError(f"min_observations must be {MIN_YEARS} or more, got {self.min_observations}")

    def compiled(self, min_magnitude: float = MIN_MAGNITUDE) -> Rules:
        """The same for the compiled code."""
        if not min_magnitude >= 0:
            raise ImageryError(f"the smallest magnitude must be 0 or more, in units of the index; got {min_magnitude}")
        return Rules(
            max_segments=int(self.max_segments),
            spike_threshold=float(self.spike_threshold),
            vertex_overshoot=int(self.vertex_overshoot),
            recovery_threshold=float(self.recovery_threshold),
            log_p=math.log(self.p_threshold),
            log_proportion=math.log(2.0 - self.best_model_proportion),
            min_observations=int(self.min_observations),
            loss_weight=float(self.loss_weight),
            stray_depth=float(self.stray_depth),
            stray_return=float(self.stray_return),
            log_refit_p=math.log(self.refit_p_threshold),
            min_magnitude=float(min_magnitude),
        )


def checked_years(years: Iterable[Any]) -> NDArray[np.int64]:
    """
    The years of a stack: whole, rising, six or more.

    Raises
    ------
    ImageryError
        Where they are not.

    Examples
    --------
    >>> checked_years([2015, 2016, 2018, 2019, 2020])
    Traceback (most recent call last):
        ...
    reclaim.errors.ImageryError: 5 years are too few for a history; at least 6 are needed
    """
    given = np.asarray(list(years))
    if np.issubdtype(given.dtype, np.datetime64):
        given = given.astype("datetime64[Y]").astype(np.int64) + 1970
    if given.ndim != 1 or not (np.issubdtype(given.dtype, np.number) and np.all(given == np.floor(given))):
        raise ImageryError("the years of a stack must be whole numbers or dates, one for each layer")
    found = given.astype(np.int64)
    values, counts = np.unique(found, return_counts=True)
    if (counts > 1).any():
        raise ImageryError(f"the year {values[counts > 1][0]} stands twice in the stack; keep one image for each year")
    if (np.diff(found) < 0).any():
        raise ImageryError("the years of the stack are not in order; sort it by time first")
    if len(found) < MIN_YEARS:
        raise ImageryError(f"{len(found)} years are too few for a history; at least {MIN_YEARS} are needed")
    return found


def segment_values(
    values: NDArray[np.floating],
    years: Sequence[int] | NDArray[np.int64],
    *,
    rules: SegmentRules | None = None,
    min_magnitude: float = MIN_MAGNITUDE,
    keep: bool = False,
    threads: int = 1,
) -> dict[str, NDArray[np.float32]]:
    """
    Segment every pixel of an array.

    Parameters
    ----------
    values : array (years, ...)
        An index that rises with vegetation; NaN where not seen.
    years : sequence of int
        Rising, six or more.
    rules : SegmentRules, optional
    min_magnitude : float
        Smallest loss that counts, in units of the index.
    keep : bool
        Give the fitted values and the vertices as well.
    threads : int
        The figures do not depend on it.

    Returns
    -------
    dict of arrays (...)
        ``year`` of the greatest loss (0: none), its ``magnitude``, ``duration`` in years and ``rate`` per year (0:
        none); the fitted value ``before``; ``rmse`` of the model about the values with spikes damped; ``snr``,
        magnitude over rmse; ``recovery_start``, the year of the lowest value where a rise follows. NaN in all: seen in
        too few years. With ``keep`` also ``fitted`` (years, ...) and ``vertex_year``, ``vertex_value`` (vertices, ...).

    Examples
    --------
    >>> years = np.arange(2010, 2022)
    >>> series = np.where(years < 2016, 0.7, 0.2)
    >>> found = segment_values(series[:, None], years)
    >>> found["year"].tolist(), found["magnitude"].round(3).tolist(), found["duration"].tolist()
    ([2016.0], [0.5], [1.0])
    """
    calendar = checked_years(years)
    array = np.asarray(values, dtype=np.float64)
    if array.ndim < 1 or array.shape[0] != len(calendar):
        raise ImageryError(f"there are {len(calendar)} years but {array.shape[0] if array.ndim else 0} layers")
    chosen = rules or SegmentRules()
    flat = np.ascontiguousarray(array.reshape(len(calendar), -1))
    out = _run(flat, calendar, chosen.compiled(min_magnitude), threads, keep=keep)
    return {name: rows.reshape(*rows.shape[:-1], *array.shape[1:]) for name, rows in out.items()}


def _run(
    flat: NDArray[np.float64], calendar: NDArray[np.int64], rules: Rules, threads: int, *, keep: bool
) -> dict[str, NDArray[np.float32]]:
    pixels, corners = flat.shape[1], rules.max_segments + 1
    bands = np.empty((len(BANDS), pixels), dtype=np.float32)
    fitted = np.empty((len(calendar) if keep else 0, pixels), dtype=np.float32)
    vertices = np.empty((2 * corners if keep else 0, pixels), dtype=np.float32)
    since = (calendar - calendar[0]).astype(np.float64)

    def part(span: tuple[int, int]) -> None:
        segment_block(flat, (since, *span), rules, new_bench(len(since)), (bands, fitted, vertices))

    edges = np.linspace(0, pixels, max(min(threads, pixels), 1) + 1).astype(int)
    spans = list(pairwise(edges.tolist()))
    if len(spans) == 1:
        part(spans[0])
    else:
        with ThreadPoolExecutor(len(spans)) as pool:
            list(pool.map(part, spans))
    found = dict(zip(BANDS, bands, strict=True))
    found["year"] = np.where(found["year"] > 0, found["year"] + calendar[0], found["year"]).astype(np.float32)
    found["recovery_start"] = found["recovery_start"] + np.float32(calendar[0])
    if keep:
        found |= {"fitted": fitted, "vertex_year": vertices[:corners] + calendar[0], "vertex_value": vertices[corners:]}
    return found


def find_losses(
    cube: xr.DataArray,
    *,
    rules: SegmentRules | None = None,
    min_magnitude: float = MIN_MAGNITUDE,
    keep: bool = False,
    threads: int = 1,
) -> xr.Dataset:
    """
    The greatest loss of every pixel of a stack.

    Parameters
    ----------
    cube : DataArray (time, y, x)
        An index that rises with vegetation; NaN where not seen. ``time`` holds years or dates. A Dask array is worked
        on block by block, whole in time, with the same figures bit for bit.
    rules : SegmentRules, optional
    min_magnitude : float
        Smallest loss that counts, in units of the index.
    keep : bool
        Give the fitted values and the vertices as well.
    threads : int
        For an array in memory.

    Returns
    -------
    Dataset (y, x)
        The bands of `segment_values`, each with its unit; with ``keep`` also ``fitted`` (time, y, x), ``vertex_year``
        and ``vertex_value`` (vertex, y, x), NaN beyond a pixel's last vertex.

    Examples
    --------
    >>> years = np.arange(2010, 2022)
    >>> values = np.where(years < 2016, 0.7, 0.2).reshape(-1, 1, 1)
    >>> cube = xr.DataArray(values, dims=("time", "y", "x"), coords={"time": years})
    >>> found = find_losses(cube, keep=True)
    >>> int(found.year.item()), found.vertex_year[:4, 0, 0].values.tolist()
    (2016, [2010.0, 2015.0, 2016.0, 2021.0])
    """
    if "time" not in cube.dims:
        raise ImageryError(f"the stack must have a dimension time; it has {', '.join(map(str, cube.dims))}")
    calendar = checked_years(cube["time"].values)
    chosen = rules or SegmentRules()
    sizes = {"fitted": len(calendar), "vertex_year": chosen.max_segments + 1, "vertex_value": chosen.max_segments + 1}
    more = sizes if keep else {}

    def block(values: NDArray[np.floating]) -> NDArray[np.float32]:
        found = segment_values(
            np.moveaxis(values, -1, 0), calendar, rules=chosen, min_magnitude=min_magnitude, keep=keep, threads=threads
        )
        layers = [np.stack([found[name] for name in BANDS]), *(found[name] for name in more)]
        return np.moveaxis(np.concatenate(layers), 0, -1)

    lazy = cube.chunk({"time": -1}) if cube.chunks is not None else cube
    layers = xr.apply_ufunc(
        block,
        lazy,
        input_core_dims=[["time"]],
        output_core_dims=[["band"]],
        dask="parallelized",
        output_dtypes=[np.float32],
        dask_gufunc_kwargs={"output_sizes": {"band": len(BANDS) + sum(more.values())}},
    )
    bands = layers.isel(band=slice(len(BANDS))).assign_coords(band=list(BANDS))
    dataset: xr.Dataset = bands.to_dataset("band")
    for name in BANDS:
        dataset[name].attrs["units"] = UNITS[name]
    at = len(BANDS)
    for name, size in more.items():
        part = layers.isel(band=slice(at, at + size)).transpose("band", ...)
        along = "time" if name == "fitted" else "vertex"
        dataset[name] = part.rename(band=along)
        at += size
    return dataset.assign_coords(time=cube["time"]) if keep else dataset
