"""
Recovery after a disturbance: how far, how fast, since when; by two definitions that are often taken for one.

V is an index that rises with vegetation, y0 the first year of recovery (``rest_start``), ``pre`` the value to come back
to.

====================  ==========================================  ================================================
metric                ``white``                                   ``peer``
====================  ==========================================  ================================================
``pre``               mean of the reference years                 median of the reference years
``delta_regrowth``    V(y0+5) − V(y0)                             the same
``yryr``              delta_regrowth / 5                          the same
``r80p``              max(V(y0+4), V(y0+5)) / (0.8 pre)           V(y0+5) / (0.8 pre)
``rri``               (max(V(y0+4), V(y0+5)) − V(y0)) /           (max(V(y0+4), V(y0+5)) − V(y0)) /
                      (pre − V(y0))                               (V(dist_start) − V(y0))
``y2r``               first n with V(y0+n) ≥ 0.8 pre              the same
pixels of a site      by the exact share inside                   those whose centre lies inside
nonsense              NaN with a reason                           as it comes out
====================  ==========================================  ================================================

The reference years are ``ref_start`` to ``ref_end``; without them the two years before ``dist_start``. Years not seen
are left out of ``pre`` and passed over by ``y2r``; the greater of two years is that of the one seen.

``white`` after White et al. (2017), Remote Sensing of Environment 194, 303–321,
https://doi.org/10.1016/j.rse.2017.03.035, Pickell et al. (2016), Forest Ecology and Management 369, 150–162,
https://doi.org/10.1016/j.foreco.2016.03.020, and for ``rri`` Frazier, Coops & Wulder (2018),
Remote Sensing of Environment 205, 32–45, https://doi.org/10.1016/j.rse.2017.11.008. ``peer`` gives the figures of the
software spectral-recovery 1.0.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from reclaim.errors import TableError
from reclaim.timeline.recovery_kernel import NOT_YET as NOT_YET
from reclaim.timeline.recovery_kernel import mean_of_layers, measure

Definition = Literal["white", "peer"]
DEFINITIONS: tuple[Definition, ...] = get_args(Definition)
METRICS = ("delta_regrowth", "yryr", "r80p", "rri", "y2r")
STEP = 5  # years that recovery is given
SHARE = 0.8  # of the value before, that counts as recovered
MIN_TARGET = 0.1  # index units: less is no vegetation to come back to
MIN_FALL = 0.05  # index units: less is no fall to recover from

# bits of ``reason``; several may hold
REASONS = {
    1: "the first year of recovery was not seen",
    2: "the fifth year of recovery was not seen, or has not come yet",
    4: "no reference year was seen",
    8: "the value before is too low to come back to",
    16: "there was no fall to recover from",
    32: "the year of disturbance was not seen",
}


@dataclass(frozen=True)
class SiteYears:
    """
    The years that a site's recovery is measured by.

    Attributes
    ----------
    dist_start : int
        First year of the disturbance.
    rest_start : int
        First year of recovery, y0.
    ref_start, ref_end : int, optional
        Reference years, both included; together, or without either the two years before ``dist_start``.

    Examples
    --------
    >>> SiteYears(2005, 2006).reference
    (2003, 2004)
    >>> SiteYears(2006, 2005)
    Traceback (most recent call last):
        ...
    reclaim.errors.TableError: rest_start 2005 lies before dist_start 2006
    """

    dist_start: int
    rest_start: int
    ref_start: int | None = None
    ref_end: int | None = None

    def __post_init__(self) -> None:
        if self.rest_start < self.dist_start:
            raise TableError(f"rest_start {self.rest_start} lies before dist_start {self.dist_start}")
        first, last = self.reference
        if last < first:
            raise TableError(f"ref_end {last} lies before ref_start {first}")

    @property
    def reference(self) -> tuple[int, int]:
        """First and last reference year."""
        last = self.dist_start - 1 if self.ref_end is None else self.ref_end
        return (self.dist_start - 2 if self.ref_start is None else self.ref_start), last


def recovery_metrics(
    values: NDArray[np.floating],
    years: Sequence[int] | NDArray[np.int64],
    when: SiteYears,
    *,
    definition: Definition = "white",
    target: NDArray[np.floating] | float | None = None,
) -> dict[str, NDArray[np.float32]]:
    """
    The five metrics of every pixel, and why one is missing.

    Parameters
    ----------
    values : array (years, ...)
        An index that rises with vegetation; NaN where not seen.
    years : sequence of int
        Rising.
    when : SiteYears
    definition : {"white", "peer"}
        See the head of this module.
    target : array (...) or float, optional
        The value to come back to, taken from ground that was never disturbed (`reference_target`), instead of the
        pixel's own reference years.

    Returns
    -------
    dict of arrays (...)
        ``delta_regrowth`` and ``yryr`` in index units and index units per year, ``r80p`` and ``rri`` as ratios, ``y2r``
        in years (negative: not yet; NaN: no data), and ``reason``, a sum of the bits of `REASONS`.

    Examples
    --------
    >>> years = np.arange(2003, 2012)
    >>> series = np.array([0.7, 0.7, 0.2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.65])
    >>> found = recovery_metrics(series[:, None], years, SiteYears(2005, 2006))
    >>> {name: round(float(found[name][0]), 3) for name in METRICS}
    {'delta_regrowth': 0.45, 'yryr': 0.09, 'r80p': 1.161, 'rri': 0.9, 'y2r': 4.0}
    """
    if definition not in DEFINITIONS:
        raise TableError(f"unknown definition {definition!r}; choose one of {', '.join(DEFINITIONS)}")
    calendar = np.asarray(years, dtype=np.int64)
    array = np.asarray(values)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    flat = np.ascontiguousarray(array.reshape(len(calendar), -1))
    reference = _target(flat, calendar, when, definition, target)
    out = np.empty((len(METRICS) + 1, flat.shape[1]), dtype=np.float32)
    peer = definition == "peer"
    limits = (SHARE, -np.inf if peer else MIN_TARGET, -np.inf if peer else MIN_FALL, float(STEP))
    measure(flat, _rows(calendar, when), reference, (peer, *limits), out)
    shaped = out.reshape(len(out), *array.shape[1:])
    return {**dict(zip((*METRICS, "reason"), shaped, strict=True)), "target": reference.reshape(array.shape[1:])}


def _rows(calendar: NDArray[np.int64], when: SiteYears) -> NDArray[np.int64]:
    """
    Which layers hold the years that matter; -1 where the stack has none.

    In order: dist_start, y0, y0 + 4, y0 + 5, then for y0, y0 + 1 … until the stack's last year.
    """
    place = {int(year): row for row, year in enumerate(calendar)}
    fixed = [when.dist_start, when.rest_start, when.rest_start + STEP - 1, when.rest_start + STEP]
    onward = range(when.rest_start, max(int(calendar[-1]), when.rest_start) + 1)
    return np.array([place.get(year, -1) for year in (*fixed, *onward)], dtype=np.int64)


def _target(
    flat: NDArray[np.floating],
    calendar: NDArray[np.int64],
    when: SiteYears,
    definition: Definition,
    target: NDArray[np.floating] | float | None,
) -> NDArray[np.floating]:
    if target is not None:
        return np.ascontiguousarray(np.broadcast_to(np.ravel(target), flat.shape[1:]), dtype=flat.dtype)
    first, last = np.searchsorted(calendar, (when.reference[0], when.reference[1] + 1))
    if definition == "peer" and last - first > 2:
        return _middle(flat[first:last])
    mean = np.empty(flat.shape[1], dtype=flat.dtype)
    mean_of_layers(flat, int(first), int(last), mean)
    return mean


def _middle(layers: NDArray[np.floating]) -> NDArray[np.floating]:
    """Median over time of what was seen; NaN where nothing was."""
    ordered = np.sort(layers, axis=0)  # NaN last
    count = (~np.isnan(layers)).sum(axis=0)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[None], axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, len(layers) - 1)[None], axis=0)[0]
    return np.where(count > 0, (low + high) / 2, np.nan).astype(layers.dtype)


def reference_target(values: NDArray[np.floating], weights: NDArray[np.floating]) -> float:
    """
    The value to come back to, from ground that was never disturbed.

    Parameters
    ----------
    values : array (years, pixels)
        The reference ground in its reference years.
    weights : array (pixels,)
        Share of each pixel that belongs to it.

    Returns
    -------
    float
        Mean over years and ground of what was seen; NaN where nothing was.

    Examples
    --------
    >>> reference_target(np.array([[0.6, 0.8], [0.6, np.nan]]), np.array([1.0, 0.5]))
    0.64
    """
    seen = ~np.isnan(values)
    shares = seen * weights
    total = float(shares.sum())
    return float((np.where(seen, values, 0) * shares).sum() / total) if total > 0 else float("nan")


def site_figures(metrics: dict[str, NDArray[np.float32]], weights: NDArray[np.floating]) -> dict[str, float]:
    """
    The metrics of a site from those of its pixels.

    Parameters
    ----------
    metrics : dict of arrays (pixels,)
        As from `recovery_metrics`.
    weights : array (pixels,)
        Share of each pixel inside the site.

    Returns
    -------
    dict
        For each metric its weighted mean under its own name and its median under ``<name>_median``, over the ground
        where it has a value; of ``y2r`` over the ground that has recovered (`NOT_YET` where none has, NaN without
        data). And ``recovered``, ``not_yet``: shares of the site's ground; ``measured``: share that has a value of
        ``r80p``.

    Examples
    --------
    >>> pixels = {name: np.array([1.0, 3.0], dtype=np.float32) for name in METRICS}
    >>> figures = site_figures(pixels, np.array([1.0, 1.0]))
    >>> figures["rri"], figures["rri_median"], figures["recovered"]
    (2.0, 2.0, 1.0)
    """
    total = float(weights.sum())
    figures: dict[str, float] = {}
    for name in METRICS:
        values = metrics[name].astype(np.float64)
        seen = np.isfinite(values) & (weights > 0)
        counted = seen & (values >= 0) if name == "y2r" else seen
        figures[name], figures[f"{name}_median"] = _mean_and_median(values[counted], weights[counted])
        if name == "y2r":
            figures["recovered"] = float(weights[counted].sum()) / total if total else float("nan")
            figures["not_yet"] = float(weights[seen & ~counted].sum()) / total if total else float("nan")
            if seen.any() and not counted.any():
                figures["y2r"] = figures["y2r_median"] = NOT_YET
    figures["measured"] = float(weights[np.isfinite(metrics["r80p"])].sum()) / total if total else float("nan")
    return figures


def _mean_and_median(values: NDArray[np.float64], weights: NDArray[np.floating]) -> tuple[float, float]:
    if not values.size:
        return float("nan"), float("nan")
    return float(np.average(values, weights=weights)), weighted_median(values, weights)


def weighted_median(values: NDArray[np.floating], weights: NDArray[np.floating]) -> float:
    """
    The value with half of the weight on either side; the mean of two where the half falls between them.

    Examples
    --------
    >>> weighted_median(np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4))
    2.5
    >>> weighted_median(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    2.0
    """
    order = np.argsort(values, kind="stable")
    gathered = np.cumsum(weights[order])
    half = gathered[-1] / 2
    at = int(np.searchsorted(gathered, half * (1 - 1e-12)))
    between = abs(gathered[at] - half) <= 1e-9 * gathered[-1] and at + 1 < len(order)
    return float((values[order[at]] + values[order[at + 1]]) / 2 if between else values[order[at]])
