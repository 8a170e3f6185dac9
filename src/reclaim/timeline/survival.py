"""
Does reclaimed ground stay green: the share that survives, and alarms where it falls back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reclaim.timeline.recovery import SHARE, SiteYears, weighted_median

HORIZONS = (1, 3, 5)
ALARM_SHARE = 0.1  # of a site's ground that has fallen back


@dataclass(frozen=True)
class Survival:
    """
    How a site has fared since its recovery began.

    Attributes
    ----------
    green : dict of int to float
        Share of the ground seen in the 1st, 3rd and 5th year after ``rest_start`` that is green; NaN where none was
        seen.
    relapsed : float
        Share of the ground that was green and is not any more.
    relapse_year : int, optional
        Year in which half of that ground had fallen back.
    alarm : bool
        Whether the relapsed share reaches a tenth.
    """

    green: dict[int, float]
    relapsed: float
    relapse_year: int | None
    alarm: bool


def relapse_years(
    values: NDArray[np.floating],
    years: Sequence[int] | NDArray[np.int64],
    enough: NDArray[np.floating] | float,
    *,
    since: int,
    fall: float = 0.15,
) -> NDArray[np.float32]:
    """
    When ground that had turned green fell back, and stayed so.

    Parameters
    ----------
    values : array (years, pixels)
        An index that rises with vegetation; NaN where not seen.
    years : sequence of int
    enough : array (pixels,) or float
        The value from which on ground is green.
    since : int
        First year that is looked at.
    fall : float
        How far under its best value so far the ground must lie, in units of the index.

    Returns
    -------
    array (pixels,)
        First year of the relapse: not green, and ``fall`` under the best, in this and in the next year seen. 0: none;
        NaN: never seen.

    Examples
    --------
    >>> series = np.array([[0.3], [0.6], [0.7], [0.3], [0.2]])
    >>> relapse_years(series, range(2010, 2015), 0.5, since=2010).tolist()
    [2013.0]
    """
    pixels = values.shape[1]
    best, suspect = np.full(pixels, -np.inf), np.zeros(pixels)
    out = np.full(pixels, np.nan, dtype=np.float32)
    level = np.broadcast_to(enough, (pixels,))
    for year, layer in zip(years, values, strict=True):
        if year < since:
            continue
        seen = ~np.isnan(layer)
        out[seen & np.isnan(out)] = 0
        back = seen & (best >= level) & (layer < level) & (best - layer >= fall)
        sure = back & (suspect > 0) & (out == 0)
        out[sure] = suspect[sure]
        suspect = np.where(back & (suspect == 0), year, np.where(seen & ~back, 0, suspect))
        best = np.where(seen, np.maximum(best, layer), best)
    return out


def survival(
    values: NDArray[np.floating],
    years: Sequence[int] | NDArray[np.int64],
    weights: NDArray[np.floating],
    *,
    when: SiteYears,
    target: NDArray[np.floating] | float,
) -> Survival:
    """
    How much of a site's ground is still green after 1, 3 and 5 years, and whether it falls back.

    Parameters
    ----------
    values : array (years, pixels)
        An index that rises with vegetation; NaN where not seen.
    years : sequence of int
    weights : array (pixels,)
        Share of each pixel inside the site.
    when : SiteYears
    target : array (pixels,) or float
        The value to come back to; ground is green from 0.8 of it on.

    Examples
    --------
    >>> series = np.array([[0.6, 0.6], [0.2, 0.2], [0.3, 0.5], [0.4, 0.6], [0.5, 0.6]])
    >>> found = survival(series, range(2010, 2015), np.array([1.0, 3.0]), when=SiteYears(2011, 2011), target=0.6)
    >>> found.green[1], found.green[3], found.alarm
    (0.75, 1.0, False)
    """
    calendar = [int(year) for year in years]
    enough = SHARE * np.broadcast_to(target, weights.shape)
    green = {}
    for horizon in HORIZONS:
        year = when.rest_start + horizon
        layer = values[calendar.index(year)] if year in calendar else np.full(len(weights), np.nan)
        green[horizon] = _share(layer >= enough, ~np.isnan(layer) & ~np.isnan(enough), weights)
    fell = relapse_years(values, calendar, enough, since=when.rest_start)
    back = fell > 0
    relapsed = _share(back, ~np.isnan(fell), weights)
    year_back = int(weighted_median(fell[back], weights[back])) if back.any() and weights[back].sum() > 0 else None
    return Survival(green, relapsed, year_back, bool(relapsed >= ALARM_SHARE))


def _share(holds: NDArray[np.bool_], seen: NDArray[np.bool_], weights: NDArray[np.floating]) -> float:
    total = float(weights[seen].sum())
    return float(weights[seen & holds].sum()) / total if total > 0 else float("nan")
