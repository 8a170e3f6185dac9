"""The loops over pixels of `reclaim.timeline.trend`, compiled."""

# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-any-return"

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ORIGINAL, HAMED_RAO, YUE_WANG = 0, 1, 2
BANDS = ("s", "variance", "z", "p", "tau", "slope", "intercept", "slope_low", "slope_high")
_FEW = 3  # so many values are looked at one by one
_Z_95 = 1.959963984540054  # two-sided 5 %: autocorrelations beyond it are counted by Hamed and Rao


@njit(cache=True)
def _score(v: Floats, n: int) -> tuple[int, int]:
    """Mann and Kendall's S, and the number of pairs that are tied."""
    up, level = 0, 0
    for i in range(n - 1):
        later, value = v[i + 1 : n], v[i]
        for j in range(len(later)):
            up += later[j] > value
            level += later[j] == value
    return 2 * up + level - n * (n - 1) // 2, level


@njit(cache=True)
def _variance(v: Floats, n: int, tied: int, room: Floats) -> float:
    """Variance of S, corrected for ties."""
    total = n * (n - 1.0) * (2 * n + 5.0)
    if tied:
        for i in range(n):
            room[i] = v[i]
        room[:n].sort()
        run = 1
        for i in range(1, n + 1):
            if i < n and room[i] == room[i - 1]:
                run += 1
            else:
                total -= run * (run - 1.0) * (2 * run + 5.0)
                run = 1
    return total / 18.0


@njit(cache=True)
def _slopes(where: NDArray[np.int64], v: Floats, n: int, per_time: Floats, out: Floats) -> int:
    """Slopes of all pairs of values, seen at the times ``where``; gives how many."""
    at, whole = 0, n == len(per_time)
    for i in range(n - 1):
        rest = n - 1 - i
        values, part, value, inverse = v[i + 1 : n], out[at : at + rest], v[i], per_time[where[i]]
        if whole:
            beside = inverse[i + 1 :]
            for j in range(rest):
                part[j] = (values[j] - value) * beside[j]
        else:
            for j in range(rest):
                part[j] = (values[j] - value) * inverse[where[i + 1 + j]]
        at += rest
    return at


# the smallest and the largest do not depend on the order of looking; told so, the machine takes many values at a time
@njit(cache=True, fastmath={"nnan", "nsz"})
def _ends(values: Floats) -> tuple[float, float]:
    """Smallest and largest value."""
    low, high = values[0], values[0]
    for i in range(len(values)):
        low, high = min(low, values[i]), max(high, values[i])
    return low, high


@njit(cache=True, fastmath={"nnan", "nsz"})
def _next_above(values: Floats, bound: float, largest: float) -> float:
    """Smallest value above a bound."""
    found = largest
    for i in range(len(values)):
        found = min(found, values[i] if values[i] > bound else largest)
    return found


@njit(cache=True)
def _count_upto(values: Floats, bound: float) -> int:
    """How many values do not exceed a bound."""
    count = 0
    for i in range(len(values)):
        count += values[i] <= bound
    return count


@njit(cache=True)
def _of_rank(values: Floats, rank: int) -> tuple[float, int]:
    """
    The value of a rank (0 is the smallest), and how many values do not exceed it.

    A bracket is narrowed by counting: a pass over all values that the machine takes many at a time beats a partition.
    """
    low, high = _ends(values)
    if low == high:
        return low, len(values)
    largest, below, upto = high, 0, len(values)
    low -= abs(low) + 1.0
    for turn in range(60):
        # every third turn halves, as the first guess may be far out where values bunch
        share = 0.5 if turn % 3 == 2 else (rank + 0.5 - below) / (upto - below)
        middle = low + (high - low) * share
        if upto - below <= _FEW or not low < middle < high:
            break
        count = _count_upto(values, middle)
        if count <= rank:
            low, below = middle, count
        else:
            high, upto = middle, count
    while True:
        low = _next_above(values, low, largest)
        below = _count_upto(values, low)
        if below > rank:
            return low, below


@njit(cache=True)
def _median(values: Floats) -> float:
    """Median; the mean of the two middle ones of an even number."""
    n = len(values)
    value, upto = _of_rank(values, (n - 1) // 2)
    if n % 2 or upto > n // 2:
        return value
    return 0.5 * (value + _next_above(values, value, _ends(values)[1]))


@njit(cache=True)
def _ranks(v: Floats, n: int, out: Floats) -> None:
    """Ranks from 1; ties share their mean rank."""
    for i in range(n):
        under, level = 0, 0
        for j in range(n):
            under += v[j] < v[i]
            level += v[j] == v[i]
        out[i] = under + 0.5 * (level + 1)


@njit(cache=True)
def _inflation(v: Floats, n: int, method: int, shared: Floats) -> float:
    """By how much autocorrelation enlarges the variance of S; ``v`` is what is left of the values (or their ranks)."""
    mean = v[:n].mean()
    total = 0.0
    for i in range(n):
        v[i] -= mean
        total += v[i] * v[i]
    if total <= 0.0:
        return 1.0
    shared[:n] = 0.0
    # one value times all later ones: a lag each, so many at a time
    for i in range(n - 1):
        value, later, sums = v[i], v[i + 1 : n], shared[1 : n - i]
        for j in range(len(later)):
            sums[j] += value * later[j]
    grown, bound = 0.0, _Z_95 / math.sqrt(n)
    for lag in range(1, n):
        along = shared[lag] / total
        if method == YUE_WANG:
            grown += 2.0 * (1.0 - lag / n) * along
        elif abs(along) > bound:
            grown += 2.0 / (n * (n - 1.0) * (n - 2.0)) * (n - lag) * (n - lag - 1.0) * (n - lag - 2.0) * along
    return 1.0 + grown


@njit(cache=True)
def _normal_score(s: int, variance: float) -> float:
    """Z of S with the correction for continuity."""
    if s == 0:
        return 0.0
    return (s - (1 if s > 0 else -1)) / math.sqrt(variance) if variance > 0.0 else np.nan


@njit(cache=True)
def _bounds(slopes: Floats, variance: float, z: float) -> tuple[float, float]:
    """Gilbert's interval of the slope; the slopes are sorted."""
    count = len(slopes)
    half = z * math.sqrt(max(variance, 0.0))
    low, high = math.floor((count - half) / 2.0) - 1, math.ceil((count + half) / 2.0)
    return slopes[max(low, 0)], slopes[min(high, count - 1)]


@njit(cache=True)
def _to_the_last_bit(slope: float, pairs: Floats, where: NDArray[np.int64], v: Floats, times: Floats) -> float:
    """
    The slope as a division gives it.

    The two values whose slope is the median are tied when it is taken off; whether their ranks are so too is a matter
    of the last bit. ``pairs`` are the slopes by reciprocals: a row of them is looked at first, many at a time, and only
    one that comes near is divided anew.
    """
    n, at = len(v), 0
    near = 1e-15 * abs(slope)
    for i in range(n - 1):
        row = pairs[at : at + n - 1 - i]
        close = 0
        for j in range(len(row)):
            close += abs(row[j] - slope) <= near
        if close:
            for j in range(i + 1, n):
                exact = (v[j] - v[i]) / (times[where[j]] - times[where[i]])
                if abs(exact - slope) <= 4e-16 * abs(slope):
                    return exact
        at += n - 1 - i
    return slope


@njit(cache=True)
def _reciprocals(times: Floats) -> Floats:
    """One over the distance of each pair of times."""
    years = len(times)
    out = np.ones((years, years))
    for i in range(years):
        for j in range(i + 1, years):
            out[i, j] = 1.0 / (times[j] - times[i])
    return out


@njit(cache=True)
def _gather(values: Floats, where: NDArray[np.int64], v: Floats) -> int:
    """The values that were seen, and at which of the times; gives how many."""
    n = 0
    for i in range(len(values)):
        if values[i] == values[i]:
            v[n], where[n] = values[i], i
            n += 1
    return n


@njit(cache=True, nogil=True)
def trend_block(
    values: Floats, times: Floats, how: tuple[int, int, float], span: tuple[int, int], out: NDArray[np.float64]
) -> None:
    """
    Trends of some pixels.

    Parameters
    ----------
    values : array (years, pixels)
        NaN where not seen.
    times : array (years,)
    how : tuple
        The method, the fewest values, and z of the interval (0: no interval).
    span : tuple
        First pixel, and the one after the last.
    out : array (bands, pixels)
        Filled, in the order of `BANDS`.
    """
    method, fewest, z_interval = how
    years = len(times)
    v, left, ranks, where = np.empty(years), np.empty(years), np.empty(years), np.empty(years, np.int64)
    shared, slopes, per_time = np.empty(years), np.empty(years * years), _reciprocals(times)
    for p in range(span[0], span[1]):
        n = _gather(values[:, p], where, v)
        for band in range(len(BANDS)):
            out[band, p] = np.nan
        if n < fewest:
            continue
        s, tied = _score(v, n)
        variance = _variance(v, n, tied, left)
        pairs = slopes[: _slopes(where, v, n, per_time, slopes)]
        slope = _median(pairs)
        if method != ORIGINAL:
            slope = _to_the_last_bit(slope, pairs, where, v[:n], times)
            for i in range(n):
                left[i] = v[i] - slope * (times[where[i]] - times[0] + 1.0)
            if method == HAMED_RAO:
                _ranks(left, n, ranks)
            variance *= _inflation(ranks if method == HAMED_RAO else left, n, method, shared)
        z = _normal_score(s, variance)
        out[0, p], out[1, p], out[2, p], out[3, p] = s, variance, z, math.erfc(abs(z) / math.sqrt(2.0))
        out[4, p], out[5, p] = s / (0.5 * n * (n - 1)), slope
        out[6, p] = _median(v[:n]) - slope * 0.5 * (times[where[(n - 1) // 2]] + times[where[n // 2]])
        if z_interval > 0.0:
            pairs.sort()
            out[7, p], out[8, p] = _bounds(pairs, variance, z_interval)
