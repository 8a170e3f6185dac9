"""
Noding, compiled: rings get a vertex wherever they cross or touch each other.

Whether two edges cross is decided exactly. Where they cross is rounded to a double, so the pieces lie a little beside
the edge that they came from and may cross a neighbour in turn. Pieces that lie close enough to another edge for that
are looked at again, until nothing crosses: what is left is a drawing of straight edges that meet in common vertices
alone, proven for the coordinates as they are.
"""

# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-any-return"

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from reclaim.land.crossings import NEAR, inner, meeting

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint8]

# Edges that lie along each other but for rounding settle in two to five rounds, or never.
_ROUNDS = 6
# Where those that never settle would only multiply: vertices, as a multiple of those after the first round.
_SWOLLEN = 3
FAN = 8  # children of a node of the box tree


@dataclass(frozen=True, eq=False)
class Noded:
    """
    Rings with a vertex wherever they meet.

    Attributes
    ----------
    x, y : array (N,)
        Vertices of the rings end to end; each ring repeats its first vertex at its end.
    starts : array (R + 1,)
        Where each ring begins; the last entry is N.
    offsets, boxes : array (R + 1, levels + 1), array (boxes, 4)
        For each ring a tree of boxes: level 0 holds the edges' own, in order, a box of the next level its ``FAN``
        neighbours. ``offsets`` tells where each level of a ring begins.
    restless : array of int
        Rings that still crossed something when patience ended.
    """

    x: Floats
    y: Floats
    starts: Integers
    offsets: Integers
    boxes: Floats
    restless: Integers


def node(x: Floats, y: Floats, starts: Integers, pairs: Integers) -> Noded:
    """
    Insert vertices until edges meet in common vertices alone.

    Parameters
    ----------
    x, y : array (N,)
        Vertices of simple closed rings, end to end.
    starts : array (R + 1,)
        Where each ring begins; the last entry is N.
    pairs : array (P, 2)
        Rings whose boxes meet, each pair once.

    Returns
    -------
    Noded
        The same rings with more vertices.
    """
    own = np.arange(len(starts) - 1)
    pairs = np.concatenate([pairs, np.column_stack([own, own])])
    fresh = np.ones(len(x), dtype=np.uint8)
    most = 0
    for done in range(_ROUNDS + 1):
        levels = _levels(int(np.diff(starts).max()) - 1)
        offsets = _offsets(starts, levels)
        boxes, flags = _boxes(x, y, starts, fresh, offsets)
        edge, points, tight = _meetings(x, y, starts, offsets, boxes, flags, pairs)
        if not len(edge):
            return Noded(x, y, starts, offsets, boxes, edge)
        if done == _ROUNDS or (most and len(x) + len(edge) > most):
            break
        x, y, starts, fresh = _inserted(x, y, starts, edge, points, tight)
        most = most or _SWOLLEN * len(x)
    # what lacks a vertex may cross others than it is named with, but only in its own set of outlines
    restless = np.unique(np.searchsorted(starts, edge, side="right") - 1)
    return Noded(x, y, starts, offsets, boxes, restless)


def _levels(edges: int) -> int:
    levels = 1
    while edges > FAN**levels:
        levels += 1
    return levels


def _offsets(starts: Integers, levels: int) -> Integers:
    """Where each level of each ring's tree begins; ring by ring, the edges first."""
    counts = np.empty((len(starts), levels + 1), dtype=np.int64)
    counts[:-1, 0] = np.diff(starts) - 1
    counts[-1] = 0
    for level in range(1, levels + 1):
        counts[:, level] = -(-counts[:, level - 1] // FAN)
    ends = np.cumsum(counts.T.reshape(-1))
    return np.ascontiguousarray((ends - counts.T.reshape(-1)).reshape(levels + 1, -1).T)


@njit(cache=True)
def _boxes(x: Floats, y: Floats, starts: Integers, fresh: Marks, offsets: Integers) -> tuple[Floats, Marks]:
    """Boxes of all edges, of eights of edges, of eights of those ...; and which hold an edge that is fresh."""
    levels = offsets.shape[1] - 1
    boxes = np.empty((offsets[starts.size - 1, levels], 4))
    flags = np.zeros(boxes.shape[0], np.uint8)
    for ring in range(starts.size - 1):
        for k in range(starts[ring], starts[ring + 1] - 1):
            at = offsets[ring, 0] + k - starts[ring]
            boxes[at, 0], boxes[at, 2] = min(x[k], x[k + 1]), max(x[k], x[k + 1])
            boxes[at, 1], boxes[at, 3] = min(y[k], y[k + 1]), max(y[k], y[k + 1])
            flags[at] = fresh[k]
        for level in range(1, levels + 1):
            low, high = offsets[ring, level - 1], offsets[ring + 1, level - 1]
            for child in range(low, high):
                at = offsets[ring, level] + (child - low) // FAN
                first = (child - low) % FAN == 0
                for side in range(4):
                    value = boxes[child, side]
                    if first or (value < boxes[at, side] if side < 2 else value > boxes[at, side]):
                        boxes[at, side] = value
                flags[at] |= flags[child]
    return boxes, flags


@inner
def _apart(boxes: Floats, a: int, b: int) -> bool:
    return (
        boxes[a, 0] > boxes[b, 2] + NEAR
        or boxes[b, 0] > boxes[a, 2] + NEAR
        or boxes[a, 1] > boxes[b, 3] + NEAR
        or boxes[b, 1] > boxes[a, 3] + NEAR
    )


# --- where edges meet ------------------------------------------------------------------------------------------------


@inner
def _children(offsets: Integers, ring: int, level: int, box: int) -> tuple[int, int]:
    """First of a box's children, and the one after the last."""
    first = offsets[ring, level - 1] + (box - offsets[ring, level]) * FAN
    return first, min(first + FAN, offsets[ring + 1, level - 1])


@inner
def _among(
    x: Floats, y: Floats, boxes: Floats, flags: Marks, span: tuple[int, int, int], other: tuple[int, int, int],
    edge: Integers, points: Floats, found: int, tight: Marks
) -> int:  # fmt: skip
    """
    Add the vertices that the edges of two lowest boxes lack because of each other; gives how many there are then.

    ``span`` and ``other``: the first edge's box, the one after the last, and what to add to a box to have its edge.
    """
    for one in range(span[0], span[1]):
        for two in range(other[0], other[1]):
            if two == one or (span == other and two < one):  # within one box each pair comes twice
                continue
            if (flags[one] or flags[two]) and not _apart(boxes, one, two):
                found = meeting(x, y, one + span[2], two + other[2], edge, points, found, tight)
    return found


@njit(cache=True)
def _meetings(
    x: Floats, y: Floats, starts: Integers, offsets: Integers, boxes: Floats, flags: Marks, pairs: Integers
) -> tuple[Integers, Floats, Marks]:
    """Every vertex that an edge lacks: the edge and the point; each pair of rings walks down its two trees."""
    levels = offsets.shape[1] - 1
    edge, points = np.empty(max(1024, x.size), np.int64), np.empty((max(1024, x.size), 2))
    tight = np.zeros(x.size, np.uint8)
    stack = np.empty((1024, 4), np.int64)
    found = 0
    for pair in range(pairs.shape[0]):
        i, j = pairs[pair, 0], pairs[pair, 1]
        stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = levels, offsets[i, levels], levels, offsets[j, levels]
        size = 1
        while size:
            size -= 1
            level_a, a, level_b, b = stack[size, 0], stack[size, 1], stack[size, 2], stack[size, 3]
            seen = i == j and level_a == level_b and a > b
            if seen or _apart(boxes, a, b) or not (flags[a] or flags[b]):
                continue
            if level_a == 1 and level_b == 1:
                if found + 4 * FAN * FAN > edge.size:
                    edge, points = _doubled(edge, points)
                one, two = _children(offsets, i, 1, a), _children(offsets, j, 1, b)
                span = (one[0], one[1], starts[i] - offsets[i, 0])
                other = (two[0], two[1], starts[j] - offsets[j, 0])
                found = _among(x, y, boxes, flags, span, other, edge, points, found, tight)
            elif level_a >= level_b:
                first, last = _children(offsets, i, level_a, a)
                for child in range(first, last):
                    stack[size, 0], stack[size, 1], stack[size, 2], stack[size, 3] = level_a - 1, child, level_b, b
                    size += 1
            else:
                first, last = _children(offsets, j, level_b, b)
                for child in range(first, last):
                    stack[size, 0], stack[size, 1], stack[size, 2], stack[size, 3] = level_a, a, level_b - 1, child
                    size += 1
    return edge[:found], points[:found], tight


@inner
def _doubled(edge: Integers, points: Floats) -> tuple[Integers, Floats]:
    """The same values with as much room again."""
    edges, places = np.empty(2 * edge.size, np.int64), np.empty((2 * edge.size, 2))
    for n in range(edge.size):
        edges[n], places[n, 0], places[n, 1] = edge[n], points[n, 0], points[n, 1]
    return edges, places


# --- vertices put into the edges -------------------------------------------------------------------------------------


@inner
def _ahead(x: Floats, y: Floats, k: int, points: Floats, n: int, m: int) -> bool:
    """Whether, along edge k, one point comes before the other; by the coordinate that changes more."""
    east = abs(points[n, 0] - x[k]) - abs(points[m, 0] - x[k])
    north = abs(points[n, 1] - y[k]) - abs(points[m, 1] - y[k])
    if abs(x[k + 1] - x[k]) >= abs(y[k + 1] - y[k]):
        return east < 0.0 or (east == 0.0 and north < 0.0)
    return north < 0.0 or (north == 0.0 and east < 0.0)


@inner
def _along(x: Floats, y: Floats, edge: Integers, points: Floats) -> tuple[Integers, Integers]:
    """The points in order along their edges: where each edge's begin, and which."""
    first = np.zeros(x.size + 1, np.int64)
    for k in edge:
        first[k + 1] += 1
    for k in range(x.size):
        first[k + 1] += first[k]
    place, order = first.copy(), np.empty(edge.size, np.int64)
    for n in range(edge.size):
        k = edge[n]
        at = place[k]
        while at > first[k] and _ahead(x, y, k, points, n, order[at - 1]):
            order[at] = order[at - 1]
            at -= 1
        order[at] = n
        place[k] += 1
    return first, order


@njit(cache=True)
def _inserted(
    x: Floats, y: Floats, starts: Integers, edge: Integers, points: Floats, tight: Marks
) -> tuple[Floats, Floats, Integers, Marks]:
    """The rings with the points put into their edges; the pieces of a tight edge are fresh."""
    first, order = _along(x, y, edge, points)
    new_x, new_y = np.empty(x.size + edge.size), np.empty(x.size + edge.size)
    fresh, new_starts = np.zeros(x.size + edge.size, np.uint8), np.zeros(starts.size, np.int64)
    to = 0
    for ring in range(starts.size - 1):
        for k in range(starts[ring], starts[ring + 1]):
            begin = to
            new_x[to], new_y[to] = x[k], y[k]
            close = tight[k] != 0
            for at in range(first[k], first[k + 1]):
                px, py = points[order[at], 0], points[order[at], 1]
                if px != new_x[to] or py != new_y[to]:
                    close = close or (abs(px - new_x[to]) < NEAR and abs(py - new_y[to]) < NEAR)
                    to += 1
                    new_x[to], new_y[to] = px, py
            if to > begin:
                close = close or (abs(new_x[to] - x[k + 1]) < NEAR and abs(new_y[to] - y[k + 1]) < NEAR)
            to += 1
            for at in range(begin, to if to - begin > 1 and close else begin):
                fresh[at] = 1
        new_starts[ring + 1] = to
    return new_x[:to], new_y[:to], new_starts, fresh[:to]
