"""The loops over pixels of `reclaim.timeline.recovery`, compiled."""

# mypy: disable-error-code="no-untyped-call, untyped-decorator"

import numpy as np
from numba import njit
from numpy.typing import NDArray

Values = NDArray[np.floating]
Singles = NDArray[np.float32]
Row4 = tuple[Values, Values, Values, Values]
How = tuple[bool, float, float, float, float]

NOT_YET = -1.0  # years to recovery of ground that has not recovered so far
NO_START, NO_END, NO_TARGET, LOW_TARGET, NO_FALL, NO_DISTURBANCE = 1, 2, 4, 8, 16, 32
_UNSEEN = -2.0
_CHUNK = 16384  # pixels whose layers stay in the cache together


@njit(cache=True, error_model="numpy")
def _ratios(years: Row4, pre: Values, how: How, out: Row4) -> None:
    """The metrics that look at fixed years, ``years`` being dist_start, y0, y0 + 4 and y0 + 5: all but y2r."""
    peer, share, least, fall_least, step = how
    dist, start, fourth, fifth = years
    gains, paces, reached, regained = out
    for i in range(len(pre)):
        gain = fifth[i] - start[i]
        later = fifth[i] if fifth[i] > fourth[i] else fourth[i]
        # the greater of two years is that of the one seen
        best = fifth[i] if fourth[i] != fourth[i] else later
        top = fifth[i] if peer else best
        fall = dist[i] - start[i] if peer else pre[i] - start[i]
        gains[i] = gain
        paces[i] = gain / step
        reached[i] = top / (share * pre[i]) if pre[i] >= least else np.nan
        regained[i] = (best - start[i]) / fall if fall >= fall_least else np.nan


@njit(cache=True)
def _reasons(years: Row4, pre: Values, how: How, out: Singles) -> None:
    """Why something is missing, as a sum of bits."""
    peer, _, least, fall_least, _ = how
    dist, start, _, fifth = years
    for i in range(len(pre)):
        fall = dist[i] - start[i] if peer else pre[i] - start[i]
        bits = NO_START * (start[i] != start[i]) + NO_END * (fifth[i] != fifth[i]) + NO_TARGET * (pre[i] != pre[i])
        bits += LOW_TARGET * (pre[i] < least) + NO_FALL * (fall < fall_least)
        out[i] = bits + NO_DISTURBANCE * (peer and dist[i] != dist[i])


@njit(cache=True)
def _one_more_year(n: float, layer: Values, enough: Values, y2r: Singles) -> None:
    """Years to recovery, after looking at one more year; `_UNSEEN` as long as nothing was seen."""
    years, not_yet, nought = np.float32(n), np.float32(NOT_YET), np.float32(0)
    for i in range(len(layer)):
        so_far = y2r[i]
        looked = not_yet if layer[i] == layer[i] else so_far
        y2r[i] = so_far if so_far >= nought else (years if layer[i] >= enough[i] else looked)


@njit(cache=True, nogil=True)
def mean_of_layers(values: Values, first: int, last: int, out: Values) -> None:
    """Mean over the layers first to last - 1 of what was seen; NaN where nothing was."""
    count = np.empty(_CHUNK, dtype=values.dtype)
    for start in range(0, len(out), _CHUNK):
        part = out[start : start + _CHUNK]
        for i in range(len(part)):
            part[i] = count[i] = 0
        for row in range(first, last):
            layer = values[row, start : start + _CHUNK]
            for i in range(len(part)):
                seen = layer[i] == layer[i]
                part[i] += layer[i] if seen else 0
                count[i] += 1 if seen else 0
        for i in range(len(part)):
            part[i] = part[i] / count[i] if count[i] > 0 else np.nan


@njit(cache=True, nogil=True)
def measure(values: Values, rows: NDArray[np.int64], target: Values, how: How, out: Singles) -> None:
    """
    Fill in the metrics.

    Parameters
    ----------
    values : array (years, pixels)
    rows : array
        Layers of dist_start, y0, y0 + 4, y0 + 5, and of y0, y0 + 1 …; -1 where there is none.
    target : array (pixels,)
    how : tuple
        Whether by the peer's definition; share that counts as recovered; lowest target and smallest fall that make
        sense; years of the step.
    out : array (6, pixels)
        delta_regrowth, yryr, r80p, rri, y2r, reason.
    """
    share, least = how[1], how[2]
    pixels = values.shape[1]
    years, enough = np.empty((4, _CHUNK), dtype=values.dtype), np.empty(_CHUNK, dtype=values.dtype)
    for first in range(0, pixels, _CHUNK):
        last = min(first + _CHUNK, pixels)
        size, pre, y2r = last - first, target[first:last], out[4, first:last]
        for i in range(4):
            for j in range(size):
                years[i, j] = values[rows[i], first + j] if rows[i] >= 0 else np.nan
        # row by row, as a window of several rows is no longer known to be contiguous and runs at a fifth of the pace
        fixed = (years[0, :size], years[1, :size], years[2, :size], years[3, :size])
        ratios = (out[0, first:last], out[1, first:last], out[2, first:last], out[3, first:last])
        _ratios(fixed, pre, how, ratios)
        _reasons(fixed, pre, how, out[5, first:last])
        for i in range(size):
            enough[i] = share * pre[i]
            y2r[i] = _UNSEEN
        for n in range(len(rows) - 4):
            if rows[4 + n] >= 0:
                _one_more_year(float(n), values[rows[4 + n], first:last], enough[:size], y2r)
        for i in range(size):
            y2r[i] = y2r[i] if y2r[i] != _UNSEEN and pre[i] >= least else np.nan
