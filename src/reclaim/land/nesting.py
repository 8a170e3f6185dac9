"""
Nesting: in which face each piece of linework lies that touches nothing around it.

From the westernmost vertex of a piece one looks due west. The borders that the line of sight crosses tell, exactly, in
which outlines the piece lies; the border crossed first tells the face.
"""

# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-any-return"

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

from reclaim.land.crossings import Floats, Integers, inner, turn
from reclaim.land.noding import FAN, Noded
from reclaim.land.tracing import Edges, Loops

Flags = npt.NDArray[np.bool_]

# Two borders closer to each other than this many degrees are told apart by exact means or not at all.
_NEAR = 1e-10


@dataclass(frozen=True, eq=False)
class Nest:
    """
    Where the components of a planar map lie.

    Attributes
    ----------
    given_at, given : array of int
        Outlines that surround each component, in ascending order: where they begin, and which.
    parent : array of int, shape (components,)
        Loop of the face that the component lies in; -1 outside of everything.
    doubtful : array of bool, shape (components,)
        Components for which this could not be told for certain.
    """

    given_at: Integers
    given: Integers
    parent: Integers
    doubtful: Flags


@dataclass(frozen=True, eq=False)
class Sight:
    """
    What looking west needs to know of the rings.

    Attributes
    ----------
    noded : Noded
        The rings.
    owner : array (R,)
        The outline of each.
    component : array (R,)
        The component of each; -1 where it has none.
    half : array (N,)
        Half-edge of each ring's step.
    boxes : STRtree
        The rings' boxes.
    """

    noded: Noded
    owner: Integers
    component: Integers
    half: Integers
    boxes: shapely.STRtree

    def west(self, points: Floats, places: Any, *, components: Integers) -> Any:
        """
        Look west from points, past the rings whose boxes meet some places, without those of the points' own components.

        Gives the pairs of point and ring of which the ring surrounds the point; and of each point the step of a ring
        that it sees first (-1 if none), and whether that is uncertain.
        """
        viewer, ring = self.boxes.query(places)
        other = (self.component[ring] != components[viewer]) & (self.component[ring] >= 0)
        order = np.argsort(viewer[other], kind="stable")
        viewer, ring = viewer[other][order].astype(np.int64), ring[other][order].astype(np.int64)
        noded = self.noded
        inside, seen, doubtful = _look_west(
            noded.x, noded.y, noded.starts, noded.offsets, noded.boxes, self.half, points, viewer, ring
        )
        return viewer[inside], ring[inside], seen, doubtful


def nest(sight: Sight, edges: Edges, loops: Loops, nodes: Floats) -> Nest:
    """
    Find the face that each component lies in.

    Parameters
    ----------
    sight : Sight
        The rings.
    edges, loops : Edges, Loops
        The planar map.
    nodes : array (nodes, 2)
        Its nodes.
    """
    points = nodes[loops.west]
    every = np.arange(len(points))
    viewer, ring, step, _ = sight.west(points, shapely.points(points), components=every)
    codes = int(sight.owner.max()) + 1
    key, crossed = np.unique(viewer * codes + sight.owner[ring], return_counts=True)
    key = key[crossed % 2 == 1]
    given_at = np.searchsorted(key // codes, np.arange(len(points) + 1))
    parent, doubtful = np.full(len(points), -1, dtype=np.int64), np.zeros(len(points), dtype=np.bool_)
    enclosed = np.flatnonzero(np.diff(given_at))
    if len(enclosed):
        # nearer than the nearest border so far there may be borders of outlines that do not surround the piece
        noded, (x0, y0) = sight.noded, points[enclosed].T
        reach = np.minimum(noded.x[step[enclosed]], noded.x[step[enclosed] + 1])
        *_, step, doubtful[enclosed] = sight.west(points[enclosed], shapely.box(reach, y0, x0, y0), components=enclosed)
        parent[enclosed] = loops.loop[sight.half[step] ^ (noded.y[step] < noded.y[step + 1])]
    return Nest(given_at, key % codes, _faces(parent, loops), doubtful)


def _faces(parent: Integers, loops: Loops) -> Integers:
    """Who sees a neighbour's outer loop lies where that neighbour lies."""
    component = np.full(len(loops.begins) - 1, -1, dtype=np.int64)
    component[loops.outer] = np.arange(len(loops.outer))
    via = np.where(parent >= 0, component[parent], -1)
    while (waiting := np.flatnonzero(via >= 0)).size:  # the way leads ever further west
        parent[waiting], via[waiting] = parent[via[waiting]], via[via[waiting]]
    return parent


def islands(parent: Integers, faces: Integers, outer: Integers) -> tuple[Any, Any]:
    """Outer loops of the components that lie in each face: where they begin, and which."""
    order = np.argsort(parent, kind="stable")
    order = order[np.searchsorted(parent[order], 0) :]
    begins = np.searchsorted(parent[order], faces, side="left")
    ends = np.searchsorted(parent[order], faces, side="right")
    at = np.zeros(len(faces) + 1, dtype=np.int64)
    np.cumsum(ends - begins, out=at[1:])
    place = np.repeat(begins - at[:-1], ends - begins) + np.arange(at[-1])
    return at, outer[order[place]]


@inner
def _nearer(x: Floats, y: Floats, height: float, one: int, other: int) -> int:
    """Whether the other edge lies east of this one just above a height: 1 yes, 0 no, -1 who knows."""
    low_a, high_a = (one, one + 1) if y[one] < y[one + 1] else (one + 1, one)
    low_b, high_b = (other, other + 1) if y[other] < y[other + 1] else (other + 1, other)
    at_a = x[low_a] + (height - y[low_a]) / (y[high_a] - y[low_a]) * (x[high_a] - x[low_a])
    at_b = x[low_b] + (height - y[low_b]) / (y[high_b] - y[low_b]) * (x[high_b] - x[low_b])
    if abs(at_a - at_b) > _NEAR:
        return 1 if at_b > at_a else 0
    if x[low_a] == x[low_b] and y[low_a] == y[low_b]:
        return 1 if turn(x[low_a], y[low_a], x[high_a], y[high_a], x[high_b], y[high_b]) < 0.0 else 0
    return -1


@njit(cache=True)
def _look_west(
    x: Floats, y: Floats, starts: Integers, offsets: Integers, boxes: Floats, half: Integers,
    points: Floats, viewer: Integers, ring: Integers
) -> tuple[Flags, Integers, Flags]:  # fmt: skip
    """
    For pairs of viewer and ring: whether the ring surrounds the viewer's point.

    Also, for each viewer, the step of a ring that it sees first (-1 if none), and whether that is uncertain.
    """
    levels = offsets.shape[1] - 1
    inside = np.zeros(viewer.size, np.bool_)
    seen, doubtful = np.full(points.shape[0], -1, np.int64), np.zeros(points.shape[0], np.bool_)
    stack = np.empty((512, 2), np.int64)
    for pair in range(viewer.size):
        who, own = viewer[pair], ring[pair]
        px, py = points[who, 0], points[who, 1]
        stack[0, 0], stack[0, 1], size = levels, offsets[own, levels], 1
        while size:
            size -= 1
            level, box = stack[size, 0], stack[size, 1]
            if boxes[box, 1] > py or boxes[box, 3] < py or boxes[box, 0] > px:
                continue
            if level > 0:
                first = offsets[own, level - 1] + (box - offsets[own, level]) * FAN
                for child in range(first, min(first + FAN, offsets[own + 1, level - 1])):
                    stack[size, 0], stack[size, 1] = level - 1, child
                    size += 1
                continue
            k = box - offsets[own, 0] + starts[own]
            low, high = (k, k + 1) if y[k] < y[k + 1] else (k + 1, k)
            if not y[low] <= py < y[high] or turn(x[low], y[low], x[high], y[high], px, py) >= 0.0:
                continue
            inside[pair] = not inside[pair]
            if half[k] < 0 or (seen[who] >= 0 and half[seen[who]] >> 1 == half[k] >> 1):
                continue
            closer = 1 if seen[who] < 0 else _nearer(x, y, py, seen[who], k)
            if closer == 1:
                seen[who] = k
            doubtful[who] = doubtful[who] or closer < 0
    return inside, seen, doubtful
