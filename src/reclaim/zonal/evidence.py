"""
What plots and points prove about cover: the tests that regulators use, and how many points a proof takes.

All tests are one-sided and say so: a published filing used t = 1.7109 for 10 %, which is the two-sided value; the
one-sided one is 1.3178.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reclaim.errors import CriteriaError
from reclaim.zonal.criteria import TIE, Threshold

Floats = NDArray[np.float64]
Outcome = Literal["met", "not_met", "undetermined", "insufficient"]

STANDARD_SHARE = 0.9  # cover must reach 90 % of the reference area's
LEAST_ADEQUATE, LEAST_REVERSE = 15, 30
_MORE_LIMIT = 1_000_000


def points_needed(claim: Threshold, confidence: float = 0.95) -> int:
    """
    Points that prove a claim if every one of them is green: ⌈ln(1 - confidence) / ln c⌉.

    Parameters
    ----------
    claim : Threshold
        A share below 1.
    confidence : float
        One-sided, between 0.5 and 1.

    Raises
    ------
    CriteriaError
        For a claim that no sample can prove.

    Examples
    --------
    >>> points_needed(Threshold(0.95, strict=True)), points_needed(Threshold(0.9), 0.9)
    (59, 22)
    """
    alpha = _alpha(confidence)
    if claim.value >= 1:
        raise CriteriaError(f"no sample can prove {claim}; claim a share below 1")
    if claim.value <= 0:
        return 1
    return max(math.ceil(math.log(alpha) / math.log(claim.value) - 1e-9), 1)


def _alpha(confidence: float) -> float:
    if not 0.5 <= confidence < 1:
        raise CriteriaError(f"confidence must lie between 0.5 and 1, got {confidence:g}")
    return 1 - confidence


def share_bounds(green: int, seen: int, confidence: float = 0.95) -> tuple[float, float]:
    """
    One-sided lower and upper bound of a share by Clopper and Pearson, each at the confidence.

    Parameters
    ----------
    green, seen : int
        Points found green, of so many.
    confidence : float
        Of each bound on its own; for a two-sided interval of 95 % give 0.975.

    Examples
    --------
    >>> low, high = share_bounds(96, 100, 0.975)
    >>> round(low, 4), round(high, 4)
    (0.9007, 0.989)
    """
    alpha = _alpha(confidence)
    if not 0 <= green <= seen:
        raise CriteriaError(f"{green} of {seen} points cannot be green")
    if seen == 0:
        return 0.0, 1.0
    low = 0.0 if green == 0 else float(stats.beta.ppf(alpha, green, seen - green + 1))
    high = 1.0 if green == seen else float(stats.beta.ppf(1 - alpha, green + 1, seen - green))
    return low, high


def wilson_interval(green: int, seen: int, confidence: float = 0.95) -> tuple[float, float]:
    """
    Two-sided interval of a share by Wilson's score.

    Examples
    --------
    >>> low, high = wilson_interval(96, 100)
    >>> round(low, 4), round(high, 4)
    (0.9016, 0.9843)
    """
    if seen == 0:
        return 0.0, 1.0
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    share = green / seen
    middle = (share + z**2 / (2 * seen)) / (1 + z**2 / seen)
    half = z / (1 + z**2 / seen) * math.sqrt(share * (1 - share) / seen + z**2 / (4 * seen**2))
    return middle - half, middle + half


@dataclass(frozen=True)
class PointsVerdict:
    """
    What visited points say about a claim.

    Attributes
    ----------
    outcome : {"met", "not_met", "undetermined", "insufficient"}
    green, seen : int
    low, high : float
        One-sided bounds of the share, each at the confidence.
    more : int or None
        All-green points that would still prove the claim; 0 where it is proved, None where it is refuted.
    """

    outcome: Outcome
    green: int
    seen: int
    low: float
    high: float
    more: int | None


def judge_points(green: int, seen: int, claim: Threshold, confidence: float = 0.95) -> PointsVerdict:
    """
    The exact binomial test of a claim.

    ``met`` where the lower bound satisfies the claim, ``not_met`` where the upper bound cannot. Else ``insufficient``
    with fewer points than all-green ones would need, ``undetermined`` with more.

    Examples
    --------
    >>> claim = Threshold(0.95, strict=True)
    >>> judge_points(59, 59, claim).outcome, judge_points(58, 58, claim).outcome, judge_points(96, 100, claim).more
    ('met', 'insufficient', 81)
    """
    low, high = share_bounds(green, seen, confidence)
    if claim.holds(low):
        outcome: Outcome = "met"
    elif not claim.holds(high):
        outcome = "not_met"
    else:
        outcome = "insufficient" if seen < points_needed(claim, confidence) else "undetermined"
    more = 0 if outcome == "met" else None if outcome == "not_met" else more_needed(green, seen, claim, confidence)
    return PointsVerdict(outcome, green, seen, low, high, more)


def more_needed(green: int, seen: int, claim: Threshold, confidence: float = 0.95) -> int | None:
    """
    The least number of further points, all of them green, that would prove a claim; None beyond a million.

    Examples
    --------
    >>> more_needed(58, 59, Threshold(0.95, strict=True))
    34
    """

    def proved(more: int) -> bool:
        return claim.holds(share_bounds(green + more, seen + more, confidence)[0])

    if claim.value >= 1 or not proved(_MORE_LIMIT):
        return None
    low, high = -1, _MORE_LIMIT
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if proved(middle) else (middle, high)
    return high


@dataclass(frozen=True)
class PlotTests:
    """
    Mean cover of plots against a standard, by the three tests.

    Attributes
    ----------
    mean, deviation : float
        Of the plots' cover; the deviation is that of the sample (n - 1).
    count, adequate : int, float
        Plots, and how many sample adequacy asks for.
    standard : float
        What the mean is held against.
    t : float
        (mean - standard) / standard error.
    direct, classical, reverse : bool
        Whether each test passes. ``direct`` needs an adequate sample of at least 15; ``reverse`` at least 30.
    """

    mean: float
    deviation: float
    count: int
    standard: float
    adequate: float
    t: float
    direct: bool
    classical: bool
    reverse: bool


def sample_adequacy(
    mean: float, variance: float, count: int, *, precision: float = 0.1, confidence: float = 0.9
) -> float:
    """
    Plots that estimate a mean to a tenth of itself: ``t² s² / (0.1 mean)²``, t one-sided with n - 1 degrees of freedom.

    Examples
    --------
    >>> round(sample_adequacy(35.4, 79.1, 30), 2)
    10.86
    """
    if count < 2 or mean <= 0:
        return math.inf
    t = float(stats.t.ppf(confidence, count - 1))
    return t**2 * variance / (precision * mean) ** 2


def plot_tests(mean: float, deviation: float, count: int, *, standard: float, confidence: float = 0.9) -> PlotTests:
    """
    The direct, classical-null and reverse-null tests of mean cover.

    Parameters
    ----------
    mean, deviation : float
        Of the plots, in any unit; deviation of the sample (n - 1).
    count : int
        Number of plots.
    standard : float
        What the mean must reach, same unit: for a reference area 0.9 × its mean.
    confidence : float
        One-sided.

    Returns
    -------
    PlotTests
        Direct: mean ≥ standard, with an adequate sample. Classical (the burden lies on the regulator): fails only where
        the mean is significantly below, so a thin sample passes more easily. Reverse (the burden lies on the operator):
        passes only where the mean is significantly above.

    Examples
    --------
    >>> found = plot_tests(64, 15, 30, standard=63)
    >>> found.direct, found.classical, found.reverse
    (True, True, False)
    """
    if count < 2:
        raise CriteriaError(f"{count} plots say nothing about their spread; at least 2 are needed")
    critical = float(stats.t.ppf(confidence, count - 1))
    error = deviation / math.sqrt(count)
    gap = mean - standard
    t = gap / error if error > 0 else math.copysign(math.inf, gap) if gap else 0.0
    adequate = sample_adequacy(mean, deviation**2, count, confidence=confidence)
    return PlotTests(
        mean=mean,
        deviation=deviation,
        count=count,
        standard=standard,
        adequate=adequate,
        t=t,
        direct=mean >= standard - TIE and count >= max(LEAST_ADEQUATE, adequate),
        classical=-t <= critical,
        reverse=t > critical and count >= LEAST_REVERSE,
    )


def mean_bounds(values: Floats, confidence: float = 0.95) -> tuple[float, float]:
    """One-sided lower and upper bound of the mean of plots by Student's t, held to 0–1; (0, 1) with fewer than 2."""
    if len(values) < 2:
        return 0.0, 1.0
    reach = (
        float(stats.t.ppf(1 - _alpha(confidence), len(values) - 1))
        * float(np.std(values, ddof=1))
        / math.sqrt(len(values))
    )
    mean = float(np.mean(values))
    return max(mean - reach, 0.0), min(mean + reach, 1.0)


@dataclass(frozen=True)
class AreaEstimate:
    """Areas by class from a map and a sample of reference labels, with standard errors; unit of the map's areas."""

    area: tuple[float, ...]
    error: tuple[float, ...]
    users: tuple[float, ...]
    producers: tuple[float, ...]
    overall: float
    overall_error: float

    def interval(self, place: int, confidence: float = 0.95) -> tuple[float, float]:
        """Two-sided interval of one class's area."""
        reach = float(stats.norm.ppf(0.5 + confidence / 2)) * self.error[place]
        return self.area[place] - reach, self.area[place] + reach


def area_estimate(counts: NDArray[np.int64], mapped: Floats) -> AreaEstimate:
    """
    Areas of classes, corrected by a stratified sample of reference labels.

    Parameters
    ----------
    counts : array (mapped class, reference class)
        Sampled points; the map's classes are the strata, each with at least 2 points.
    mapped : array
        Area of each class as mapped.

    Returns
    -------
    AreaEstimate

    References
    ----------
    Olofsson et al. 2014, Remote Sensing of Environment 148, 10.1016/j.rse.2014.02.015, equations 4–7, 9–11.

    Examples
    --------
    >>> found = area_estimate(np.array([[97, 3], [2, 98]]), np.array([100.0, 900.0]))
    >>> [round(value, 1) for value in found.area]
    [115.0, 885.0]
    """
    counts, mapped = np.asarray(counts, dtype=float), np.asarray(mapped, dtype=float)
    sampled = counts.sum(axis=1)
    if counts.shape != (len(mapped), len(mapped)) or (sampled < 2).any():
        raise CriteriaError(
            "each mapped class needs a row of counts with at least 2 points, and each reference class a column"
        )
    weight = mapped / mapped.sum()
    share = counts / sampled[:, None]
    cells = weight[:, None] * share
    by_class = cells.sum(axis=0)
    error = np.sqrt((weight[:, None] ** 2 * share * (1 - share) / (sampled[:, None] - 1)).sum(axis=0))
    users = np.diag(share)
    overall_error = math.sqrt(float((weight**2 * users * (1 - users) / (sampled - 1)).sum()))
    with np.errstate(divide="ignore", invalid="ignore"):
        producers = np.diag(cells) / by_class
    total = mapped.sum()
    return AreaEstimate(
        area=tuple((total * by_class).tolist()),
        error=tuple((total * error).tolist()),
        users=tuple(users.tolist()),
        producers=tuple(producers.tolist()),
        overall=float(np.diag(cells).sum()),
        overall_error=overall_error,
    )
