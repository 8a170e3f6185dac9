"""
Temporal segmentation of one pixel after another, compiled.

The steps of `reclaim.timeline.segments`, each a function of its own so that `reclaim.timeline.explain` can show them.
All work happens on a bench that is laid out once per block: nothing is allocated per pixel, and a pixel's figures
depend on its own values alone, so any cut into blocks gives the same bits.

Whoever changes this file should touch `ladder.py` too: numba looks at the caller's file only to see whether its cache
is stale.
"""

# numba has no type stubs; what the kernels take and give stands in their signatures
# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-any-return"

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SHORT = 10  # with fewer values three segments leave less than three degrees of freedom
BANDS = ("year", "magnitude", "duration", "rate", "before", "rmse", "snr", "recovery_start")

# 1 - F is told apart from 0 down to half of 2**-53 in double precision; smaller probabilities are equal
_SMALLEST_LOG_P = -54.0 * math.log(2.0)
_FLAT = 1e-12  # mean square, in squares of the range, that is rounding and no departure from a line
TIE = 1e-6  # a fall this much under the smallest counts as reaching it: rasters hold 32-bit floats
_NOISE = math.sqrt(2.0) / 1.4826  # from a noise unit to the median of the differences of neighbours


class Rules(NamedTuple):
    """The numbers of `reclaim.timeline.segments.SegmentRules`, as the compiled code takes them."""

    max_segments: int
    spike_threshold: float
    vertex_overshoot: int
    recovery_threshold: float
    log_p: float
    log_proportion: float
    min_observations: int
    loss_weight: float
    stray_depth: float
    stray_return: float
    log_refit_p: float
    min_magnitude: float


# What stands on the bench: rows of three arrays. Few arrays of known width compile and run several times faster than
# many.
MOST = 20  # vertices, and models, that there is room for
X, V, SX, SXX, SV, SXV, SVV = range(7)  # of ``series``: years, values, running sums
VALUE, ERROR = 0, MOST  # of ``numbers``: values at each model's vertices, squared error of its segments
TURN, LOG_P, OWN, NEXT, RIGHT = range(2 * MOST, 2 * MOST + 5)
SIZE, ALLOWED, VERTEX, SPLIT = range(MOST, MOST + 4)  # of ``places``; rows 0 to MOST - 1 are each model's vertices


class Bench(NamedTuple):
    """Where one pixel is worked on."""

    series: Floats  # (7, years + 1)
    numbers: Floats  # (2 MOST + 5, MOST)
    places: Integers  # (MOST + 4, MOST)


def new_bench(years: int) -> Bench:
    """A bench for series of so many years."""
    return Bench(np.zeros((7, years + 1)), np.zeros((2 * MOST + 5, MOST)), np.zeros((MOST + 4, MOST), np.int64))


@njit(cache=True)
def despike(v: Floats, n: int, threshold: float) -> int:
    """Damp the value that stands out most between its neighbours, again and again; gives how often."""
    times = 0
    while times < n and threshold < 1.0:
        worst, at = 0.0, -1
        for i in range(1, n - 1):
            apart = max(abs(v[i] - v[i - 1]), abs(v[i] - v[i + 1]))
            # 1 - around / apart > worst, without a division for most values
            if apart - abs(v[i - 1] - v[i + 1]) > worst * apart:
                worst, at = 1.0 - abs(v[i - 1] - v[i + 1]) / apart, i
        if at < 0 or worst <= 0.5 * threshold:
            break
        v[at] += worst * (0.5 * (v[at - 1] + v[at + 1]) - v[at])
        times += 1
        if worst <= threshold:
            break
    return times


@njit(cache=True)
def lift_strays(v: Floats, n: int, rules: Rules, step: Floats) -> int:
    """Lift lone low values to their neighbours' mean, deepest first; gives how many."""
    for i in range(n - 1):
        step[i] = abs(v[i + 1] - v[i])
    lifted = 0
    while lifted < n and rules.stray_depth > 0.0:
        deepest, at = 0.0, -1
        for i in range(1, n - 1):
            before, after = v[i - 1] - v[i], v[i + 1] - v[i]
            low = min(before, after)
            if low > deepest and low >= rules.stray_return * max(before, after):
                deepest, at = low, i
        # deeper than so many noise units: more than half of the yearly steps are small beside it
        small, limit = 0, deepest * _NOISE / rules.stray_depth
        for i in range(n - 1):
            small += step[i] < limit
        if at < 0 or 2 * small <= n - 1:
            break
        v[at] = 0.5 * (v[at - 1] + v[at + 1])
        lifted += 1
    return lifted


@njit(cache=True)
def run_sums(s: Floats, n: int) -> tuple[float, float]:
    """Take the mean off the values and sum them up; gives the mean and the range."""
    mean, low, high = 0.0, s[V, 0], s[V, 0]
    for i in range(n):
        mean += s[V, i]
        low, high = min(low, s[V, i]), max(high, s[V, i])
    mean /= n
    for row in range(SX, SVV + 1):
        s[row, 0] = 0.0
    for i in range(n):
        s[V, i] -= mean
        x, v = s[X, i], s[V, i]
        s[SX, i + 1] = s[SX, i] + x
        s[SXX, i + 1] = s[SXX, i] + x * x
        s[SV, i + 1] = s[SV, i] + v
        s[SXV, i + 1] = s[SXV, i] + x * v
        s[SVV, i + 1] = s[SVV, i] + v * v
    return mean, high - low


@njit(cache=True)
def _moments(s: Floats, first: int, last: int, origin: float) -> tuple[float, float, float, float]:
    """Sums of u, uu, v and uv over the values first to last, u counted from an origin."""
    count = last - first + 1
    sx, sxx = s[SX, last + 1] - s[SX, first], s[SXX, last + 1] - s[SXX, first]
    sv, sxv = s[SV, last + 1] - s[SV, first], s[SXV, last + 1] - s[SXV, first]
    return sx - count * origin, sxx - 2.0 * origin * sx + count * origin * origin, sv, sxv - origin * sv


@njit(cache=True)
def _about(s: Floats, first: int, last: int, origin: float, anchor: float) -> tuple[float, float, float]:
    """Sums of rr, ur and uu over the values first to last: r counted from an anchor's value, u from its place."""
    su, suu, sv, suv = _moments(s, first, last, origin)
    level = s[SVV, last + 1] - s[SVV, first] - 2.0 * anchor * sv + (last - first + 1) * anchor * anchor
    return level, suv - anchor * su, suu


@njit(cache=True)
def line_error(s: Floats, first: int, a: int, b: int, start: float, end: float) -> float:
    """Squared error of the line from (a, start) to (b, end) over the values first to b."""
    level, sur, suu = _about(s, first, b, s[X, a], start)
    slope = (end - start) / (s[X, b] - s[X, a])
    return max(level - slope * (2.0 * sur - slope * suu), 0.0)


@njit(cache=True)
def _regression(s: Floats, a: int, b: int) -> tuple[float, float]:
    """Value at a, and slope, of the ordinary regression over the values a to b."""
    su, suu, sv, suv = _moments(s, a, b, s[X, a])
    count = b - a + 1
    slope = (count * suv - su * sv) / (count * suu - su * su)
    return (sv - slope * su) / count, slope


@njit(cache=True)
def _departure(s: Floats, a: int, b: int) -> tuple[float, int]:
    """Mean squared error of the regression over a to b, and the value between that departs most (first of equals)."""
    if b - a < 2:
        return -1.0, -1
    start, slope = _regression(s, a, b)
    total, farthest, at = 0.0, -1.0, a + 1
    for i in range(a, b + 1):
        off = abs(s[V, i] - start - slope * (s[X, i] - s[X, a]))
        total += off * off
        if a < i < b and off > farthest:
            farthest, at = off, i
    return total / (b - a + 1), at


@njit(cache=True)
def find_vertices(bench: Bench, n: int, most: int, spread: float) -> int:
    """Split the segment with the largest mean squared error where it departs most, until there are enough vertices."""
    s = bench.series
    vertex, split, error = bench.places[VERTEX], bench.places[SPLIT], bench.numbers[TURN]
    vertex[0], vertex[1] = 0, n - 1
    error[0], split[0] = _departure(s, 0, n - 1)
    count = 2
    while count < min(most, n):
        worst = 0
        for j in range(1, count - 1):
            if error[j] > error[worst]:
                worst = j
        if error[worst] <= _FLAT * spread * spread:
            break
        for j in range(count, worst + 1, -1):
            vertex[j] = vertex[j - 1]
        for j in range(count - 1, worst + 1, -1):
            error[j], split[j] = error[j - 1], split[j - 1]
        vertex[worst + 1] = split[worst]
        count += 1
        for j in (worst, worst + 1):
            error[j], split[j] = _departure(s, vertex[j], vertex[j + 1])
    return count


@njit(cache=True)
def _turn(bench: Bench, j: int, scale: float, weight: float) -> float:
    """How much a vertex matters: the steeper of its two sides, more where a loss follows."""
    s, vertex = bench.series, bench.places[VERTEX]
    a, b, c = vertex[j - 1], vertex[j], vertex[j + 1]
    fall = (s[V, b] - s[V, c]) * scale
    steep = max(abs((s[V, b] - s[V, a]) * scale / (s[X, b] - s[X, a])), abs(fall / (s[X, c] - s[X, b])))
    return math.atan(steep) * (1.0 + max(0.0, fall * weight))


@njit(cache=True)
def cull_vertices(bench: Bench, n: int, count: int, rules: Rules, spread: float) -> int:
    """Take out the vertex that matters least (first of equals) until there is one more than segments are allowed."""
    vertex, turn = bench.places[VERTEX], bench.numbers[TURN]
    width = bench.series[X, n - 1]
    scale, weight = width / spread, rules.loss_weight / width
    for j in range(1, count - 1):
        turn[j] = _turn(bench, j, scale, weight)
    while count > rules.max_segments + 1:
        least = 1
        for j in range(2, count - 1):
            if turn[j] < turn[least]:
                least = j
        for j in range(least, count - 1):
            vertex[j], turn[j] = vertex[j + 1], turn[j + 1]
        count -= 1
        for j in range(max(least - 1, 1), min(least + 1, count - 1)):
            turn[j] = _turn(bench, j, scale, weight)
    return count


@njit(cache=True)
def fit_in_turn(bench: Bench, k: int, start: int) -> float:
    """
    Fit model k from left to right, from segment ``start`` on; gives its squared error.

    Each segment is anchored where the one before ends, and runs either along the regression through its anchor or to
    the value at its last vertex, whichever has the smaller error (the regression of equals).
    """
    s, vertex, value, error = bench.series, bench.places[k], bench.numbers[VALUE + k], bench.numbers[ERROR + k]
    total = 0.0
    for j in range(start):
        total += error[j]
    for j in range(start, bench.places[SIZE, k] - 1):
        a, b = vertex[j], vertex[j + 1]
        first = a if j == 0 else a + 1
        other = s[V, a] if j == 0 else value[j]
        level, sur, suu = _about(s, first, b, s[X, a], other)
        width = s[X, b] - s[X, a]
        steep = (s[V, b] - other) / width
        between = max(level - steep * (2.0 * sur - steep * suu), 0.0)
        if j == 0:
            low, slope = _regression(s, a, b)
            along = line_error(s, a, a, b, low, low + slope * width)
        else:
            low, slope = other, sur / suu
            along = max(level - slope * sur, 0.0)
        if along <= between:
            value[j], value[j + 1], error[j] = low, low + slope * width, along
        else:
            value[j], value[j + 1], error[j] = other, s[V, b], between
        total += error[j]
    return total


@njit(cache=True)
def _normal_equations(bench: Bench, k: int) -> None:
    """The tridiagonal equations for the values at model k's vertices."""
    s, vertex, m = bench.series, bench.places[k], bench.places[SIZE, k]
    own, next_, right = bench.numbers[OWN], bench.numbers[NEXT], bench.numbers[RIGHT]
    for j in range(m):
        own[j] = next_[j] = right[j] = 0.0
    for j in range(m - 1):
        a, b = vertex[j], vertex[j + 1]
        first = a if j == 0 else a + 1
        width = s[X, b] - s[X, a]
        su, suu, sv, suv = _moments(s, first, b, s[X, a])
        f, ff, fv = su / width, suu / (width * width), suv / width
        own[j] += (b - first + 1) - 2.0 * f + ff
        next_[j] += f - ff
        own[j + 1] += ff
        right[j] += sv - fv
        right[j + 1] += fv


@njit(cache=True)
def fit_at_once(bench: Bench, k: int) -> float:
    """Fit the values at model k's vertices by least squares, all together; gives the squared error."""
    _normal_equations(bench, k)
    value, m = bench.numbers[VALUE + k], bench.places[SIZE, k]
    own, next_, right = bench.numbers[OWN], bench.numbers[NEXT], bench.numbers[RIGHT]
    for j in range(1, m):
        part = next_[j - 1] / own[j - 1]
        own[j] -= part * next_[j - 1]
        right[j] -= part * right[j - 1]
    value[m - 1] = right[m - 1] / own[m - 1]
    for j in range(m - 2, -1, -1):
        value[j] = (right[j] - next_[j] * value[j + 1]) / own[j]
    return model_error(bench, k)


@njit(cache=True)
def model_error(bench: Bench, k: int) -> float:
    """Squared error of model k; each value belongs to one segment."""
    vertex, value = bench.places[k], bench.numbers[VALUE + k]
    total = 0.0
    for j in range(bench.places[SIZE, k] - 1):
        a, b = vertex[j], vertex[j + 1]
        total += line_error(bench.series, a if j == 0 else a + 1, a, b, value[j], value[j + 1])
    return total


@njit(cache=True)
def log_p_of_f(error: float, total: float, segments: int, n: int) -> float:
    """
    Natural logarithm of the F test's probability that a model explains nothing.

    The numerator has 2 degrees of freedom per segment, the denominator the rest of n - 1; then the incomplete beta
    function is a finite sum, ``p = y**a * sum((1 - y)**j * (a)_j / j!)`` with y = error / total.
    """
    rest = n - 2 * segments - 1
    if rest <= 0 or total <= 0.0 or error >= total:
        return 0.0
    y, a = error / total, 0.5 * rest
    if y < 1e-300:
        return _SMALLEST_LOG_P
    term, series = 1.0, 1.0
    for j in range(1, segments):
        term *= (a + j - 1.0) / j * (1.0 - y)
        series += term
    return max(min(a * math.log(y) + math.log(series), 0.0), _SMALLEST_LOG_P)
