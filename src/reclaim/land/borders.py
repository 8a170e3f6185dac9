"""
Borders: from the loops of a planar map to polygons, compiled where it counts.
"""

# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-any-return"

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

from reclaim.land.crossings import Floats, Integers, inner


@dataclass(frozen=True, eq=False)
class Borders:
    """
    What the polygons of faces are made of.

    Attributes
    ----------
    x, y : array
        Nodes.
    tails, begins : array
        Nodes along the loops, loop by loop, and where each loop begins in them.
    faces : array
        The loop round each face.
    islands_at, islands : array
        Loops round what lies inside of each face and is no part of it: where they begin, and which.
    """

    x: Floats
    y: Floats
    tails: Integers
    begins: Integers
    faces: Integers
    islands_at: Integers
    islands: Integers

    def polygons(self) -> Any:
        """Array of Polygon, one for each face."""
        nodes, starts, owner, shell = _simple_rings(
            self.x, self.y, self.tails, self.begins, self.faces, self.islands_at, self.islands
        )
        ring = np.repeat(np.arange(len(owner)), np.diff(starts))
        made = shapely.linearrings(self.x[nodes], self.y[nodes], indices=ring)
        order = np.lexsort((~shell, owner))
        return shapely.polygons(made[order], indices=owner[order])


@inner
def _pinched(
    tails: Integers, first: int, last: int, nodes: Integers, starts: Integers, rings: int, place: Integers,
    stack: Integers
) -> int:  # fmt: skip
    """Add the rings that a loop falls into where it passes a node twice; gives how many rings there are then."""
    size = 0
    for k in range(first, last + 1):
        node = tails[k] if k < last else tails[first]
        if place[node] < 0:
            place[node] = size
            stack[size] = node
            size += 1
            continue
        low = place[node]
        if size - low > 2:
            filled = starts[rings]
            for m in range(low, size):
                nodes[filled] = stack[m]
                filled += 1
            nodes[filled] = node
            rings += 1
            starts[rings] = filled + 1
        for m in range(low + 1, size):
            place[stack[m]] = -1
        size = low + 1
    for m in range(size):
        place[stack[m]] = -1
    return rings


@inner
def _double_area(x: Floats, y: Floats, ring: Integers, begin: int, end: int) -> float:
    """Twice the area of a closed ring, whatever way it winds."""
    double, first = 0.0, ring[begin]
    for m in range(begin + 1, end - 2):
        a, b = ring[m], ring[m + 1]
        double += (x[a] - x[first]) * (y[b] - y[first]) - (x[b] - x[first]) * (y[a] - y[first])
    return abs(double)


@njit(cache=True)
def _simple_rings(
    x: Floats, y: Floats, tails: Integers, begins: Integers, faces: Integers, islands_at: Integers, islands: Integers
) -> tuple[Integers, Integers, Integers, npt.NDArray[np.bool_]]:
    """
    The rings of faces, none of which passes a node twice: where a loop does, it falls into several.

    Gives the nodes of closed rings end to end, where each begins, its face, and whether it is the face's shell.
    """
    stack, place = np.empty(tails.size + 1, np.int64), np.full(x.size, -1, np.int64)
    nodes, starts = np.empty(2 * tails.size + 2, np.int64), np.zeros(tails.size + 2, np.int64)
    owner, shell = np.empty(tails.size + 1, np.int64), np.zeros(tails.size + 1, np.bool_)
    rings = 0
    for face in range(faces.size):
        own = rings
        loop = faces[face]
        rings = _pinched(tails, begins[loop], begins[loop + 1], nodes, starts, rings, place, stack)
        largest, best = -1.0, -1
        for ring in range(own, rings):
            double = _double_area(x, y, nodes, starts[ring], starts[ring + 1])
            if double > largest:
                largest, best = double, ring
        if best >= 0:
            shell[best] = True
        for at in range(islands_at[face], islands_at[face + 1]):
            loop = islands[at]
            rings = _pinched(tails, begins[loop], begins[loop + 1], nodes, starts, rings, place, stack)
        for ring in range(own, rings):
            owner[ring] = face
    return nodes[: starts[rings]], starts[: rings + 1], owner[:rings], shell[:rings]
