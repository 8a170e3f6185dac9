"""
From a full model down to a single line, which of them is kept, and the loss it shows; compiled.

The second half of the segmentation of one pixel; the first is `reclaim.timeline.kernels`.
"""

# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-any-return"

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reclaim.timeline.kernels import (
    ALLOWED,
    ERROR,
    LOG_P,
    SHORT,
    SIZE,
    SV,
    SVV,
    SX,
    TIE,
    VALUE,
    VERTEX,
    Bench,
    Floats,
    Rules,
    V,
    X,
    cull_vertices,
    despike,
    find_vertices,
    fit_at_once,
    fit_in_turn,
    lift_strays,
    line_error,
    log_p_of_f,
    model_error,
    run_sums,
)

Singles = NDArray[np.float32]

IN_TURN, AT_ONCE, STEP, NONE = 0, 1, 2, 3  # how the kept model was fitted


@njit(cache=True)
def _too_fast(bench: Bench, k: int, spread: float, limit: float) -> int:
    """The segment of model k that rises faster than is allowed, the fastest of several; -1 where none does."""
    vertex, value = bench.places[k], bench.numbers[VALUE + k]
    fastest, at = limit, -1
    for s in range(bench.places[SIZE, k] - 1):
        pace = (value[s + 1] - value[s]) / spread / (bench.series[X, vertex[s + 1]] - bench.series[X, vertex[s]])
        if pace > fastest:
            fastest, at = pace, s
    return at


@njit(cache=True)
def _weakest(bench: Bench, k: int) -> int:
    """The inner vertex whose neighbours' line fits best without it: least squared error per year (first of equals)."""
    vertex, value = bench.places[k], bench.numbers[VALUE + k]
    least, at = np.inf, 1
    for j in range(1, bench.places[SIZE, k] - 1):
        a, c = vertex[j - 1], vertex[j + 1]
        years = bench.series[X, c] - bench.series[X, a]
        error = line_error(bench.series, a, a, c, value[j - 1], value[j + 1]) / years
        if error < least:
            least, at = error, j
    return at


@njit(cache=True)
def _fill_ladder(bench: Bench, n: int, count: int, rules: Rules, spread: float) -> int:
    """Fit the full model, and ever simpler ones with one vertex less each, down to a line; gives how many."""
    for j in range(count):
        bench.places[0, j] = bench.places[VERTEX, j]
    bench.places[SIZE, 0] = count
    # 0, written so that numba does not compile everything once more for a literal
    total, k, start = bench.series[SVV, n], min(n, 0), min(n, 0)
    while True:
        error = fit_in_turn(bench, k, start)
        size = bench.places[SIZE, k]
        bench.numbers[LOG_P, k] = log_p_of_f(error, total, size - 1, n)
        fast = _too_fast(bench, k, spread, rules.recovery_threshold)
        bench.places[ALLOWED, k] = fast < 0
        if size == 2:
            return k + 1
        # the vertex where a rise that is too fast ends goes first; at the series' end the one where it begins
        out = min(fast + 1, size - 2) if fast >= 0 else _weakest(bench, k)
        for j in range(size - 1):
            bench.places[k + 1, j] = bench.places[k, j if j < out else j + 1]
            bench.numbers[VALUE + k + 1, j] = bench.numbers[VALUE + k, j]
            bench.numbers[ERROR + k + 1, j] = bench.numbers[ERROR + k, j]
        bench.places[SIZE, k + 1] = size - 1
        start = out - 1
        k += 1


@njit(cache=True)
def _choose(bench: Bench, models: int, log_p: float, proportion: float) -> int:
    """The first (richest) allowed model whose probability is near the best; -1 where none is significant."""
    best = 1.0
    for k in range(models):
        if bench.places[ALLOWED, k] and bench.numbers[LOG_P, k] < best:
            best = bench.numbers[LOG_P, k]
    if best > log_p:
        return -1
    for k in range(models):
        if bench.places[ALLOWED, k] and bench.numbers[LOG_P, k] <= min(log_p, best + proportion):
            return k
    return -1


@njit(cache=True)
def _refit(bench: Bench, models: int, n: int, rules: Rules, spread: float) -> None:
    """Fit every rung of the ladder again, all its vertices at once."""
    for k in range(models):
        error = fit_at_once(bench, k)
        bench.numbers[LOG_P, k] = log_p_of_f(error, bench.series[SVV, n], bench.places[SIZE, k] - 1, n)
        bench.places[ALLOWED, k] = _too_fast(bench, k, spread, rules.recovery_threshold) < 0


@njit(cache=True)
def _best_step(bench: Bench, n: int) -> tuple[int, float]:
    """Where two levels describe the values best (first of equals), and the logarithm of that step's probability."""
    s, best, at = bench.series, -1.0, 0
    for j in range(n - 1):
        before = s[SV, j + 1]  # the whole sums to 0
        between = before * before * (1.0 / (j + 1) + 1.0 / (n - j - 1))
        if between > best * (1.0 + 1e-12):
            best, at = between, j
    y = max(1.0 - best / s[SVV, n], 1e-300)
    # F with 2 and n - 3 degrees of freedom, for the n - 1 places that were tried
    return at, min(0.5 * (n - 3) * math.log(y) + math.log(n - 1.0), 0.0)


@njit(cache=True)
def _take_step(bench: Bench, n: int, at: int, log_p: float) -> None:
    """Write the model of two levels into the first rung."""
    low, high = bench.series[SV, at + 1] / (at + 1), -bench.series[SV, at + 1] / (n - at - 1)
    vertex, value, size = bench.places[0], bench.numbers[VALUE], 0
    for i in range(4):
        place = 0 if i == 0 else (n - 1 if i == 3 else at + i - 1)
        if size == 0 or vertex[size - 1] != place:
            vertex[size], value[size] = place, low if place <= at else high
            size += 1
    bench.places[SIZE, 0], bench.places[ALLOWED, 0], bench.numbers[LOG_P, 0] = size, 1, log_p


@njit(cache=True)
def fit_pixel(bench: Bench, n: int, rules: Rules) -> tuple[int, int, float, int]:
    """
    Segment the n values on the bench.

    Returns
    -------
    tuple
        The rung that is kept, the number of rungs, the mean to add to fitted values, and how it was fitted.
    """
    despike(bench.series[V], n, rules.spike_threshold)
    # the row of running sums is not in use yet
    lift_strays(bench.series[V], n, rules, bench.series[SX])
    mean, spread = run_sums(bench.series, n)
    kept, models, way = -1, 0, IN_TURN
    if spread > 0.0:
        count = find_vertices(bench, n, rules.max_segments + 1 + rules.vertex_overshoot, spread)
        count = cull_vertices(bench, n, count, rules, spread)
        models = _fill_ladder(bench, n, count, rules, spread)
        kept = _choose(bench, models, rules.log_p, rules.log_proportion)
        if n < SHORT:
            at, log_p = _best_step(bench, n)
            if log_p <= rules.log_p and (kept < 0 or log_p < bench.numbers[LOG_P, kept]):
                _take_step(bench, n, at, log_p)
                return 0, 1, mean, STEP
        if kept < 0:
            _refit(bench, models, n, rules, spread)
            kept, way = _choose(bench, models, rules.log_refit_p, rules.log_proportion), AT_ONCE
    if kept < 0:
        kept, way = models, NONE
        bench.places[SIZE, kept] = 2
        bench.places[kept, 0], bench.places[kept, 1] = 0, n - 1
        bench.numbers[VALUE + kept, 0] = bench.numbers[VALUE + kept, 1] = 0.0
    return kept, models, mean, way


@njit(cache=True)
def greatest_loss(bench: Bench, k: int, n: int, smallest: float) -> int:
    """The segment of model k that falls most (first of equals); -1 where none falls enough."""
    vertex, value = bench.places[k], bench.numbers[VALUE + k]
    most, at = 0.0, -1
    for s in range(bench.places[SIZE, k] - 1):
        fall = value[s] - value[s + 1]
        # a fall seen in the last year alone may be a cloud: it must be twice as deep
        needed = 2.0 * smallest if vertex[s] == n - 2 else smallest
        if fall > most and fall >= needed - TIE:
            most, at = fall, s
    return at


@njit(cache=True)
def _write_loss(bench: Bench, k: int, s: int, mean: float, out: Singles) -> None:
    """One pixel's bands, in the order of `kernels.BANDS`: its greatest loss is segment s of model k; -1 is none."""
    vertex, value, x = bench.places[k], bench.numbers[VALUE + k], bench.series[X]
    n = vertex[bench.places[SIZE, k] - 1] + 1
    rmse = math.sqrt(model_error(bench, k) / n)
    out[0] = out[1] = out[2] = out[3] = 0.0
    out[4] = out[6] = out[7] = np.nan
    out[5] = rmse
    if s < 0:
        return
    fall, years = value[s] - value[s + 1], x[vertex[s + 1]] - x[vertex[s]]
    out[0], out[1], out[2], out[3], out[4] = x[vertex[s]] + 1.0, fall, years, fall / years, value[s] + mean
    out[6] = fall / rmse if rmse > 0.0 else np.inf
    if s + 2 < bench.places[SIZE, k] and value[s + 2] > value[s + 1]:
        out[7] = x[vertex[s + 1]]


@njit(cache=True)
def _write_model(bench: Bench, k: int, mean: float, x: Floats, fitted: Singles, vertices: Singles) -> None:
    """One pixel's fitted values, NaN before the first and after the last year seen, and its vertices."""
    vertex, value, size = bench.places[k], bench.numbers[VALUE + k], bench.places[SIZE, k]
    for t in range(len(fitted)):
        fitted[t] = np.nan
    for j in range(len(vertices)):
        vertices[j] = np.nan
    s = 0
    for t in range(len(fitted)):
        if x[t] < bench.series[X, 0] or x[t] > bench.series[X, vertex[size - 1]]:
            continue
        while s < size - 2 and x[t] > bench.series[X, vertex[s + 1]]:
            s += 1
        a, b = bench.series[X, vertex[s]], bench.series[X, vertex[s + 1]]
        fitted[t] = value[s] + (value[s + 1] - value[s]) * (x[t] - a) / (b - a) + mean
    half = len(vertices) // 2
    for j in range(min(size, half)):
        vertices[j], vertices[half + j] = bench.series[X, vertex[j]], value[j] + mean


@njit(cache=True)
def gather(values: Floats, years: Floats, s: Floats) -> int:
    """Put the years that were seen, and their values, on the bench; gives how many."""
    n = 0
    for t in range(len(years)):
        if values[t] == values[t]:
            s[X, n], s[V, n] = years[t], values[t]
            n += 1
    return n


@njit(cache=True, nogil=True)
def segment_block(
    values: Floats, task: tuple[Floats, int, int], rules: Rules, bench: Bench, out: tuple[Singles, Singles, Singles]
) -> None:
    """
    Segment some of a block's pixels.

    Parameters
    ----------
    values : array (years, pixels)
        NaN where not seen.
    task : tuple
        The years, counted from the first and rising; the first pixel to work on, and the one after the last.
    rules : Rules
    bench : Bench
        Made for so many years; one for each thread.
    out : tuple of three arrays (rows, pixels)
        To be filled: the bands of `kernels.BANDS` with years as in ``years``, NaN where a pixel was seen in too few;
        the fitted values of all years; years and values of the vertices. The last two only where they have rows.
    """
    years = task[0]
    for p in range(task[1], task[2]):
        n = gather(values[:, p], years, bench.series)
        if n < rules.min_observations:
            for bands in out:
                for row in range(len(bands)):
                    bands[row, p] = np.nan
            continue
        kept, _, mean, _ = fit_pixel(bench, n, rules)
        _write_loss(bench, kept, greatest_loss(bench, kept, n, rules.min_magnitude), mean, out[0][:, p])
        if len(out[1]) + len(out[2]):
            _write_model(bench, kept, mean, years, out[1][:, p], out[2][:, p])
