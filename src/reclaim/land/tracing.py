"""
Tracing, compiled: from noded rings to the loops round faces.

The drawing is a planar map: at every vertex the edges leave in a known order, so walking along an edge and turning as
far left as possible at each vertex goes once round a face. An edge is two half-edges, 2e from its tail to its head and
2e + 1 back; a half-edge has its face on its left.
"""

# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-any-return"

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from reclaim.land.crossings import Floats, Integers, inner, turn

Signs = npt.NDArray[np.int8]


class Edges(NamedTuple):
    """
    The edges of a planar map.

    ``ends``: the node that each half-edge leaves from. ``begins``, ``borders``, ``sides``: whose border an edge is, in
    ascending order: where its owners begin, which they are, and whether their ground lies on the left (1) or the right
    (-1) of the way from tail to head; who has ground on both sides is left out. ``half``: the half-edge of each step of
    the rings, -1 for a step of no length.
    """

    ends: Integers
    begins: Integers
    borders: Integers
    sides: Signs
    half: Integers


class Loops(NamedTuple):
    """
    The loops of a planar map.

    ``walk``: half-edges, loop by loop. ``begins``: where each loop begins in it. ``loop``: the loop of each half-edge.
    ``component``: the connected component of each node. ``outer``, ``west``: of each component the loop round all of
    it, and its westernmost node.
    """

    walk: Integers
    begins: Integers
    loop: Integers
    component: Integers
    outer: Integers
    west: Integers


@njit(cache=True)
def number_vertices(x: Floats, y: Floats) -> Integers:
    """
    The same number for vertices of equal coordinates, counted in order of first appearance.

    Examples
    --------
    >>> number_vertices(np.array([5.0, 6.0, 5.0]), np.array([1.0, 1.0, 1.0])).tolist()
    [0, 1, 0]
    """
    size = 16
    while size < 2 * x.size:
        size *= 2
    table = np.full(size, -1, np.int64)
    number, first = np.empty(x.size, np.int64), np.empty(x.size, np.int64)
    count = 0
    pair = np.empty(2)
    bits = pair.view(np.uint64)
    for k in range(x.size):
        pair[0], pair[1] = x[k] + 0.0, y[k] + 0.0  # -0.0 becomes 0.0
        mixed = bits[0] * np.uint64(0x9E3779B97F4A7C15) ^ (bits[1] * np.uint64(0xC2B2AE3D27D4EB4F) >> np.uint64(7))
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(0xD6E8FEB86659FD93)
        at = np.int64(mixed >> np.uint64(24)) & (size - 1)
        while table[at] >= 0 and (x[first[table[at]]] != x[k] or y[first[table[at]]] != y[k]):
            at = (at + 1) & (size - 1)
        if table[at] < 0:
            table[at] = count
            first[count] = k
            count += 1
        number[k] = table[at]
    return number


@njit(cache=True)
def inner_sides(x: Floats, y: Floats, starts: Integers, hole: npt.NDArray[np.bool_]) -> Signs:
    """1 where a ring has its polygon on its left, -1 where on its right."""
    side = np.empty(starts.size - 1, np.int8)
    for ring in range(starts.size - 1):
        first, double = starts[ring], 0.0
        for k in range(first + 1, starts[ring + 1] - 1):
            double += (x[k] - x[first]) * (y[k + 1] - y[first]) - (x[k + 1] - x[first]) * (y[k] - y[first])
        side[ring] = 1 if (double > 0.0) != hole[ring] else -1
    return side


# --- edges -----------------------------------------------------------------------------------------------------------


@inner
def _precedes(number: Integers, owner: Integers, step: int, ring: int, other: int, other_ring: int) -> bool:
    """Whether, of two steps from the same lower node, one comes first: by its higher node, then its owner."""
    one, two = max(number[step], number[step + 1]), max(number[other], number[other + 1])
    return one < two or (one == two and owner[ring] < owner[other_ring])


@inner
def _steps_in_order(number: Integers, nodes: int, starts: Integers, owner: Integers) -> tuple[Integers, Integers]:
    """The rings' steps between different nodes by lower node, higher node and owner; and the ring of each."""
    first = np.zeros(nodes + 1, np.int64)
    for ring in range(starts.size - 1):
        for k in range(starts[ring], starts[ring + 1] - 1):
            if number[k] != number[k + 1]:
                first[min(number[k], number[k + 1]) + 1] += 1
    for node in range(nodes):
        first[node + 1] += first[node]
    place, steps, rings = first.copy(), np.empty(first[nodes], np.int64), np.empty(first[nodes], np.int64)
    for ring in range(starts.size - 1):
        for k in range(starts[ring], starts[ring + 1] - 1):
            if number[k] != number[k + 1]:
                tail = min(number[k], number[k + 1])
                at = place[tail]
                while at > first[tail] and _precedes(number, owner, k, ring, steps[at - 1], rings[at - 1]):
                    steps[at], rings[at] = steps[at - 1], rings[at - 1]
                    at -= 1
                steps[at], rings[at] = k, ring
                place[tail] += 1
    return steps, rings


@njit(cache=True)
def unite_edges(number: Integers, nodes: int, starts: Integers, owner: Integers, side: Signs) -> Edges:
    """
    Each edge once, with the owners whose ground begins at it.

    Parameters
    ----------
    number, nodes : array (N,), int
        Node of each vertex of the rings, and how many nodes there are.
    starts : array (R + 1,)
        Where each ring begins.
    owner, side : array (R,)
        Whose ring it is, and on which side of the way along it the owner's ground lies.
    """
    steps, rings = _steps_in_order(number, nodes, starts, owner)
    ends, begins = np.empty(2 * steps.size, np.int64), np.zeros(steps.size + 1, np.int64)
    borders, sides = np.empty(steps.size, np.int64), np.empty(steps.size, np.int8)
    half = np.full(number.size, -1, np.int64)
    edges = filled = 0
    for at in range(steps.size):
        k = steps[at]
        tail, head = min(number[k], number[k + 1]), max(number[k], number[k + 1])
        if at == 0 or ends[2 * edges - 2] != tail or ends[2 * edges - 1] != head:
            ends[2 * edges], ends[2 * edges + 1] = tail, head
            edges += 1
            begins[edges] = filled
        forward = number[k] == tail
        half[k] = 2 * edges - 2 if forward else 2 * edges - 1
        weight = side[rings[at]] if forward else -side[rings[at]]
        if begins[edges] > begins[edges - 1] and borders[filled - 1] == owner[rings[at]]:
            sides[filled - 1] += weight
            if sides[filled - 1] == 0:
                filled -= 1
        else:
            borders[filled], sides[filled] = owner[rings[at]], weight
            filled += 1
        begins[edges] = filled
    return Edges(ends[: 2 * edges], begins[: edges + 1], borders[:filled], sides[:filled], half)


# --- loops -----------------------------------------------------------------------------------------------------------


@inner
def _sooner(x: Floats, y: Floats, node: int, a: int, b: int) -> bool:
    """Whether the way from a node to a comes before the way to b, anticlockwise from due south, due south last."""
    east_a = x[a] > x[node] or (x[a] == x[node] and y[a] > y[node])
    east_b = x[b] > x[node] or (x[b] == x[node] and y[b] > y[node])
    if east_a != east_b:
        return east_a
    return turn(x[node], y[node], x[a], y[a], x[b], y[b]) > 0.0


@inner
def _fans(x: Floats, y: Floats, ends: Integers) -> tuple[Integers, Integers]:
    """The half-edges that leave from each node, anticlockwise: where each node's begin, and which."""
    first = np.zeros(x.size + 1, np.int64)
    for node in ends:
        first[node + 1] += 1
    for node in range(x.size):
        first[node + 1] += first[node]
    fan, place = np.empty(ends.size, np.int64), first.copy()
    for h in range(ends.size):
        node = ends[h]
        at = place[node]
        while at > first[node] and _sooner(x, y, node, ends[h ^ 1], ends[fan[at - 1] ^ 1]):
            fan[at] = fan[at - 1]
            at -= 1
        fan[at] = h
        place[node] += 1
    return first, fan


@inner
def _walked(first: Integers, fan: Integers) -> tuple[Integers, Integers, Integers]:
    """Round every face: the half-edges loop by loop, where each loop begins, and the loop of each half-edge."""
    following = np.empty(fan.size, np.int64)
    for node in range(first.size - 1):
        for at in range(first[node], first[node + 1]):
            following[fan[at] ^ 1] = fan[at - 1 if at > first[node] else first[node + 1] - 1]
    loop, walk = np.full(fan.size, -1, np.int64), np.empty(fan.size, np.int64)
    begins = np.empty(fan.size + 1, np.int64)
    loops = done = 0
    for start in range(fan.size):
        if loop[start] >= 0:
            continue
        begins[loops] = done
        h = start
        while loop[h] < 0:
            loop[h] = loops
            walk[done] = h
            done += 1
            h = following[h]
        loops += 1
    begins[loops] = done
    return walk, begins[: loops + 1], loop


@njit(cache=True)
def trace(x: Floats, y: Floats, ends: Integers) -> Loops:
    """
    Walk round every face of a planar map.

    Parameters
    ----------
    x, y : array
        Nodes.
    ends : array
        The node that each half-edge leaves from.
    """
    first, fan = _fans(x, y, ends)
    walk, begins, loop = _walked(first, fan)
    component, queue = np.full(x.size, -1, np.int64), np.empty(x.size, np.int64)
    outer, west = np.empty(x.size, np.int64), np.empty(x.size, np.int64)
    count = 0
    for start in range(x.size):
        if component[start] >= 0 or first[start] == first[start + 1]:
            continue
        component[start] = count
        queue[0], size, best = start, 1, start
        while size:
            size -= 1
            node = queue[size]
            if x[node] < x[best] or (x[node] == x[best] and y[node] < y[best]):
                best = node
            for at in range(first[node], first[node + 1]):
                to = ends[fan[at] ^ 1]
                if component[to] < 0:
                    component[to] = count
                    queue[size] = to
                    size += 1
        # west of its westernmost node lies what surrounds the component: left of the last edge that leaves from there
        outer[count], west[count] = loop[fan[first[best + 1] - 1]], best
        count += 1
    return Loops(walk, begins, loop, component, outer[:count], west[:count])
