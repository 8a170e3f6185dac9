"""
How two edges meet, decided exactly; compiled.

On which side of an edge a point lies is the sign of a determinant. Where plain doubles cannot be sure of it, it is
summed without any rounding.

Whoever changes this file should touch `noding.py`, `tracing.py` and `nesting.py` too: numba looks at the caller's file
only to see whether its cache still holds.

References
----------
Shewchuk, J. R. (1997). Adaptive precision floating-point arithmetic and fast robust geometric predicates. Discrete &
Computational Geometry 18, 305–363. doi:10.1007/PL00009321
"""

# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-any-return"

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint8]

# For what only compiled functions call: with no way in from Python it takes a quarter less time to compile.
inner: Any = njit(cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]

# Vertices are rounded by a few 1e-14 degree at most. Where edges keep NEAR (degrees) from each other's ends and cross
# at no smaller angle than _SHALLOW (its sine), that entangles nothing: a piece no shorter than NEAR turns by less than
# _SHALLOW about its sound end.
NEAR = 3e-10
_SHALLOW = 1e-3
_SURE = 3.3306690738754716e-16  # (3 + 16 ε) ε: beyond this share of its terms a determinant's sign is certain
_SPLIT = 134217729.0  # 2^27 + 1


@inner
def _turn_exactly(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    """Sum of the determinant's six products as an expansion; its largest part has the sign of the whole."""
    left = (ax, -ay, bx, -by, cx, -cy)
    right = (by, bx, cy, cx, ay, ax)
    parts = np.zeros(12)
    size = 0
    for k in range(6):
        a, b = left[k], right[k]
        product = a * b
        c = _SPLIT * a
        a_high = c - (c - a)
        a_low = a - a_high
        c = _SPLIT * b
        b_high = c - (c - b)
        b_low = b - b_high
        tail = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
        for term in (tail, product):
            rest = term
            for i in range(size):
                whole = rest + parts[i]
                back = whole - rest
                parts[i] = (rest - (whole - back)) + (parts[i] - back)
                rest = whole
            parts[size] = rest
            size += 1
    for i in range(11, -1, -1):
        if parts[i] != 0.0:
            return parts[i]
    return 0.0


@njit(cache=True)
def turn(ax: float, ay: float, bx: float, by: float, cx: float, cy: float) -> float:
    """
    Positive where c lies left of the line from a to b, negative right of it, 0 on it; the sign is exact.

    Examples
    --------
    >>> turn(0.0, 0.0, 3.0, 1.0, 0.3, 0.1) == 0  # as doubles, 0.3 and 0.1 are not in that proportion
    False
    """
    if (ax == cx and ay == cy) or (bx == cx and by == cy) or (ax == bx and ay == by):
        return 0.0
    one = (ax - cx) * (by - cy)
    other = (ay - cy) * (bx - cx)
    if abs(one - other) > _SURE * (abs(one) + abs(other)):
        return one - other
    return _turn_exactly(ax, ay, bx, by, cx, cy)


@inner
def _before(x: Floats, y: Floats, one: int, other: int) -> bool:
    return x[one] < x[other] or (x[one] == x[other] and y[one] < y[other])


@inner
def _crossing(x: Floats, y: Floats, a: int, b: int) -> tuple[float, float]:
    """Where two edges that cross do so, rounded, never outside the box of either; the same whatever way they run."""
    p, q = (a, a + 1) if _before(x, y, a, a + 1) else (a + 1, a)
    r, s = (b, b + 1) if _before(x, y, b, b + 1) else (b + 1, b)
    if _before(x, y, r, p):
        p, q, r, s = r, s, p, q
    ux, uy = x[q] - x[p], y[q] - y[p]
    vx, vy = x[s] - x[r], y[s] - y[r]
    across = ux * vy - uy * vx
    share = ((x[r] - x[p]) * vy - (y[r] - y[p]) * vx) / across if across != 0.0 else 0.5
    px = x[p] + share * ux if share < 0.5 else x[q] - (1.0 - share) * ux
    py = y[p] + share * uy if share < 0.5 else y[q] - (1.0 - share) * uy
    px = min(max(px, x[p], x[r]), x[q], x[s])
    south = max(min(y[p], y[q]), min(y[r], y[s]))
    north = min(max(y[p], y[q]), max(y[r], y[s]))
    return px, min(max(py, south), north)


@inner
def _lacking(x: Floats, y: Floats, edge: int, px: float, py: float, edges: Integers, points: Floats, found: int) -> int:
    """Add a point on an edge's line where it lies on the edge and is none of its ends."""
    if (px == x[edge] and py == y[edge]) or (px == x[edge + 1] and py == y[edge + 1]):
        return found
    abreast = min(x[edge], x[edge + 1]) <= px <= max(x[edge], x[edge + 1])
    if not abreast or not min(y[edge], y[edge + 1]) <= py <= max(y[edge], y[edge + 1]):
        return found
    edges[found], points[found, 0], points[found, 1] = edge, px, py
    return found + 1


@inner
def _sides(x: Floats, y: Floats, a: int, b: int) -> tuple[float, float, bool, bool]:
    """On which sides of an edge's line another's ends lie; whether they are all on one; whether one is nearly on it."""
    one = turn(x[a], y[a], x[a + 1], y[a + 1], x[b], y[b])
    other = turn(x[a], y[a], x[a + 1], y[a + 1], x[b + 1], y[b + 1])
    length2 = (x[a + 1] - x[a]) ** 2 + (y[a + 1] - y[a]) ** 2
    close = min(one * one, other * other) < NEAR * NEAR * length2
    return one, other, (one > 0.0 and other > 0.0) or (one < 0.0 and other < 0.0), close


@inner
def _shallow(x: Floats, y: Floats, a: int, b: int) -> bool:
    """Whether two edges run nearly along each other."""
    ux, uy = x[a + 1] - x[a], y[a + 1] - y[a]
    vx, vy = x[b + 1] - x[b], y[b + 1] - y[b]
    across = ux * vy - uy * vx
    return across * across < _SHALLOW * _SHALLOW * (ux * ux + uy * uy) * (vx * vx + vy * vy)


@inner
def _joined(x: Floats, y: Floats, a: int, b: int, tight: Marks) -> bool:
    """Whether two edges have an end in common and meet nowhere else."""
    for end in (a, a + 1):
        for start in (b, b + 1):
            if x[end] == x[start] and y[end] == y[start]:
                far_a, far_b = 2 * a + 1 - end, 2 * b + 1 - start
                if x[far_a] == x[far_b] and y[far_a] == y[far_b]:
                    return True
                along = (x[far_a] - x[end]) * (x[far_b] - x[end]) + (y[far_a] - y[end]) * (y[far_b] - y[end])
                if along <= 0.0:
                    return True
                if _shallow(x, y, a, b):
                    tight[a] = tight[b] = 1
                return turn(x[end], y[end], x[far_a], y[far_a], x[far_b], y[far_b]) != 0.0
    return False


@njit(cache=True)
def meeting(x: Floats, y: Floats, a: int, b: int, edges: Integers, points: Floats, found: int, tight: Marks) -> int:
    """
    Add the vertices that two edges lack because of each other, at most four.

    Parameters
    ----------
    x, y : array
        Vertices; an edge runs from its number to the next.
    a, b : int
        The two edges.
    edges, points, found : array, array, int
        Edges that lack a vertex, where it belongs, and how many are known so far.
    tight : array
        Takes a 1 for edges that lie so close to each other that a rounding may entangle them.

    Returns
    -------
    int
        How many are known then.
    """
    if _joined(x, y, a, b, tight):
        return found
    at_b, at_b1, one_side_b, close_b = _sides(x, y, a, b)
    if one_side_b and not close_b:
        return found
    at_a, at_a1, one_side_a, close_a = _sides(x, y, b, a)
    if one_side_a and not close_a:
        return found
    if close_a or close_b or _shallow(x, y, a, b):
        tight[a] = tight[b] = 1
    if one_side_a or one_side_b:
        return found
    if at_a != 0.0 and at_a1 != 0.0 and at_b != 0.0 and at_b1 != 0.0:
        px, py = _crossing(x, y, a, b)
        found = _lacking(x, y, a, px, py, edges, points, found)
        return _lacking(x, y, b, px, py, edges, points, found)
    for edge, vertex, zero in ((a, b, at_b), (a, b + 1, at_b1), (b, a, at_a), (b, a + 1, at_a1)):
        if zero == 0.0:
            found = _lacking(x, y, edge, x[vertex], y[vertex], edges, points, found)
    return found
