"""
Covering, compiled: which outlines lie on each face of a planar map.

Crossing an edge enters or leaves exactly the outlines whose border it is, so one walk over all faces labels them, and
the areas of the faces under an outline add up to the outline's own area by algebra, whatever the figures' rounding.
"""

# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-any-return"

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from reclaim.land.crossings import Integers, inner
from reclaim.land.tracing import Edges, Loops, Signs


class Covers(NamedTuple):
    """
    The outlines on the inner side of every loop.

    ``low``, ``high``: where a loop's outlines begin and end in ``labels``, in ascending order. ``odd``: loops that some
    outline winds round otherwise than once.
    """

    low: Integers
    high: Integers
    labels: Integers
    odd: npt.NDArray[np.bool_]


@inner
def _entered(
    edges: Edges, half: int, labels: Integers, turns: Signs, low: int, high: int, filled: int
) -> tuple[int, bool]:
    """Write down the outlines beyond a half-edge, next to those before it; where they end, and whether they are odd."""
    sign = 1 if half & 1 else -1
    b, last = edges.begins[half >> 1], edges.begins[(half >> 1) + 1]
    a, odd = low, False
    while a < high or b < last:
        known = b == last or (a < high and labels[a] <= edges.borders[b])
        label = labels[a] if known else edges.borders[b]
        now = np.int64(turns[a]) if known else 0
        a += known
        if b < last and edges.borders[b] == label:
            now += sign * edges.sides[b]
            b += 1
        if now != 0:
            labels[filled], turns[filled] = label, now
            filled += 1
            odd = odd or now != 1
    return filled, odd


@inner
def _larger(labels: Integers, turns: Signs, size: int) -> tuple[Integers, Signs]:
    """The same values with more room."""
    more, again = np.empty(size, np.int64), np.empty(size, np.int8)
    for k in range(labels.size):
        more[k], again[k] = labels[k], turns[k]
    return more, again


@njit(cache=True)
def cover_loops(edges: Edges, loops: Loops, given_at: Integers, given: Integers) -> Covers:
    """
    Find the outlines that cover what each loop encloses.

    Parameters
    ----------
    edges, loops : Edges, Loops
        The planar map.
    given_at, given : array
        For each component where its surroundings' outlines begin, and which they are, in ascending order.
    """
    count = loops.begins.size - 1
    low, high, odd = np.full(count, -1, np.int64), np.full(count, -1, np.int64), np.zeros(count, np.bool_)
    room = max(4 * count, 1024) + given.size
    labels, turns = np.empty(room, np.int64), np.empty(room, np.int8)
    queue = np.empty(count, np.int64)
    filled = 0
    for component in range(loops.outer.size):
        start = loops.outer[component]
        low[start] = filled
        for k in range(given_at[component], given_at[component + 1]):
            labels[filled], turns[filled] = given[k], 1
            filled += 1
        high[start] = filled
        queue[0], size, at = start, 1, 0
        while at < size:
            here = queue[at]
            at += 1
            for k in range(loops.begins[here], loops.begins[here + 1]):
                half = loops.walk[k]
                there = loops.loop[half ^ 1]
                if low[there] >= 0:
                    continue
                most = high[here] - low[here] + edges.begins[(half >> 1) + 1] - edges.begins[half >> 1]
                if filled + most > labels.size:
                    labels, turns = _larger(labels, turns, 2 * (filled + most))
                low[there] = filled
                filled, odd[there] = _entered(edges, half, labels, turns, low[here], high[here], filled)
                high[there] = filled
                queue[size] = there
                size += 1
    return Covers(low, high, labels[:filled], odd)
