"""
A drawing of many outlines at once: their borders noded, the faces between them traced, measured and labelled.

This is the fast way to cut ground. It proves what it has done set by set: where the areas under an outline do not add
up to the outline's own, or the map contradicts itself, the set is named and its faces are left out.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

from reclaim.geodesy import polygon_area_lonlat
from reclaim.geodesy.rings import Rings, flatten
from reclaim.land.borders import Borders
from reclaim.land.covering import Covers, cover_loops
from reclaim.land.crossings import Floats, Integers
from reclaim.land.nesting import Flags, Nest, Sight, islands, nest
from reclaim.land.noding import node
from reclaim.land.tracing import Loops, inner_sides, number_vertices, trace, unite_edges

# Two figures of the same outline in square degrees may differ by rounding alone; beyond this, a crossing was lost.
CLOSE = 1e-9
# What rounding may take from the area of a sliver, square degrees: a thousandth of a square metre.
_NOISE = 1e-13
# Vertices measured at once: the temporaries stay in a processor's cache.
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class Drawing:
    """
    Faces of a drawing.

    Attributes
    ----------
    shapes : Borders
        What their polygons are made of.
    area_m2 : ndarray of float
        Ellipsoidal area of each.
    face, part : ndarray of int
        Pairs: this face lies in this outline. Sorted by face, then outline.
    unsound : ndarray of int
        Sets that could not be drawn soundly; they have no faces here.
    """

    shapes: Borders
    area_m2: Floats
    face: Integers
    part: Integers
    unsound: Integers


def draw(parts: npt.NDArray[np.object_], set_of_part: Integers) -> Drawing:
    """
    Draw outlines over one another.

    Parameters
    ----------
    parts : ndarray of Polygon
        Valid polygons in EPSG:4490, at least one.
    set_of_part : ndarray of int
        A number shared by all parts that may touch.
    """
    rings = flatten(parts)
    boxes, pairs = _neighbours(rings)
    noded = node(rings.x, rings.y, rings.starts, pairs)
    number = number_vertices(noded.x, noded.y)
    nodes = np.empty((number.max() + 1, 2))
    nodes[number, 0], nodes[number, 1] = noded.x, noded.y
    side = inner_sides(rings.x, rings.y, rings.starts, rings.hole)
    edges = unite_edges(number, len(nodes), noded.starts, rings.owner, side)
    loops = trace(nodes[:, 0].copy(), nodes[:, 1].copy(), edges.ends)
    piece = loops.component[number[noded.starts[:-1]]]
    nested = nest(Sight(noded, rings.owner, piece, edges.half, boxes), edges, loops, nodes)
    drawn = _Map(nodes, edges.ends[loops.walk], loops, cover_loops(edges, loops, nested.given_at, nested.given), nested)

    set_of_ring = set_of_part[rings.owner]
    set_of_piece = np.zeros(len(loops.outer), dtype=np.int64)
    set_of_piece[piece[piece >= 0]] = set_of_ring[piece >= 0]
    set_of_loop = set_of_piece[loops.component[drawn.tails[loops.begins[:-1]]]]
    doubts = [
        set_of_ring[noded.restless],
        set_of_piece[nested.doubtful | drawn.misplaced()],
        set_of_loop[drawn.contradictory()],
        _missed(drawn, parts, set_of_part),
    ]
    return drawn.drawing(set_of_loop, np.unique(np.concatenate(doubts)))


def _neighbours(rings: Rings) -> tuple[shapely.STRtree, Integers]:
    """A tree of the rings' boxes, and each pair of rings whose boxes meet."""
    low = rings.starts[:-1]
    west, east = np.minimum.reduceat(rings.x, low), np.maximum.reduceat(rings.x, low)
    south, north = np.minimum.reduceat(rings.y, low), np.maximum.reduceat(rings.y, low)
    boxes = shapely.box(west, south, east, north)
    tree = shapely.STRtree(boxes)
    pairs = tree.query(boxes).T
    return tree, np.ascontiguousarray(pairs[pairs[:, 0] < pairs[:, 1]], dtype=np.int64)


def _missed(drawn: "_Map", parts: npt.NDArray[np.object_], sets: Integers) -> Integers:
    """Sets in which the faces under an outline do not add up to the outline."""
    face, part = drawn.pairs(drawn.bounded)
    whole = shapely.area(parts)
    summed = np.bincount(part, weights=drawn.areas[1][face], minlength=len(parts))
    largest = np.zeros(int(sets.max()) + 1)
    np.maximum.at(largest, sets, whole)
    missed: Integers = sets[np.abs(summed - whole) > CLOSE * largest[sets]]
    return missed


@dataclass(frozen=True, eq=False)
class _Map:
    """A planar map: nodes, the node that each step of the loops leaves from, and what is known of the loops."""

    nodes: Floats
    tails: Integers
    loops: Loops
    covers: Covers
    nested: Nest

    @cached_property
    def bounded(self) -> Flags:
        """Loops round ground that lies in an outline."""
        covered = (self.covers.high > self.covers.low) & ~self.covers.odd
        covered[self.loops.outer] = False
        return covered

    @cached_property
    def areas(self) -> tuple[Floats, Floats]:
        """Ground within each loop and outside of what lies in it, in m² and in square degrees."""
        sizes = np.empty((2, len(self.loops.begins) - 1))
        for block in _blocks(self.loops.begins):
            sizes[:, block] = self._enclosed(self.loops.begins[block.start : block.stop + 1])
        inner = self.nested.parent >= 0
        for own in sizes:
            np.add.at(own, self.nested.parent[inner], own[self.loops.outer[inner]].copy())
        return sizes[0], sizes[1]

    def _enclosed(self, begins: Integers) -> tuple[Floats, Floats]:
        """Signed areas of neighbouring loops, in m² and in square degrees."""
        starts = begins - begins[0] + np.arange(len(begins))
        loop = np.repeat(np.arange(len(begins) - 1), np.diff(starts))
        closed = begins[0] + np.arange(starts[-1]) - loop
        closed[starts[1:] - 1] = begins[:-1]  # back to the loop's first node
        x, y = self.nodes[self.tails[closed]].T.copy()
        ellipsoidal = polygon_area_lonlat(x, y, starts)
        x -= x[starts[:-1]][loop]
        y -= y[starts[:-1]][loop]
        double = np.append(x[:-1] * y[1:] - x[1:] * y[:-1], 0.0)
        return ellipsoidal, np.add.reduceat(double, starts[:-1]) / 2  # from loop to loop the last factor is 0

    def pairs(self, wanted: Flags) -> tuple[Integers, Integers]:
        """Loops and the outlines that cover what they enclose."""
        loop = np.flatnonzero(wanted)
        count = (self.covers.high - self.covers.low)[loop]
        return np.repeat(loop, count), self.covers.labels[_stretches(self.covers.low[loop], count)]

    def contradictory(self) -> Flags:
        """Loops round less than nothing, or that an outline winds round twice or the wrong way, unless by rounding."""
        size, odd = self.areas[1], self.covers.odd
        wrong: Flags = (self.bounded & (size < -_NOISE)) | (odd & (np.abs(size) > _NOISE))
        return wrong

    def misplaced(self) -> Flags:
        """Components whose surroundings are not those of the face that they seem to lie in."""
        at, parent, low = self.nested.given_at, self.nested.parent, self.covers.low
        count = np.diff(at)
        wrong: Flags = (count > 0) != (parent >= 0)
        inner = np.flatnonzero(parent >= 0)
        wrong[inner] |= self.covers.high[parent[inner]] - low[parent[inner]] != count[inner]
        inner = inner[~wrong[inner]]
        there = self.covers.labels[_stretches(low[parent[inner]], count[inner])]
        same = there == self.nested.given[_stretches(at[inner], count[inner])]
        wrong[np.repeat(inner, count[inner])[~same]] = True
        return wrong

    def drawing(self, set_of_loop: Integers, unsound: Integers) -> Drawing:
        """The faces of all sets but the unsound."""
        kept = self.bounded & ~np.isin(set_of_loop, unsound)
        loop, part = self.pairs(kept)
        faces = np.flatnonzero(kept)
        inside = islands(self.nested.parent, faces, self.loops.outer)
        x, y = self.nodes.T.copy()
        borders = Borders(x, y, self.tails, self.loops.begins, faces, *inside)
        # a sliver along a straight edge may lie on the wrong side of the geodesic between the edge's ends
        area_m2 = np.maximum(self.areas[0][faces], 0.0)
        return Drawing(borders, area_m2, (np.cumsum(kept) - 1)[loop], part, unsound)


def _stretches(begins: Integers, count: Integers) -> Integers:
    """Places of stretches, one after the other."""
    ends = np.cumsum(count)
    places: Integers = np.arange(ends[-1] if len(ends) else 0) + np.repeat(begins - ends + count, count)
    return places


def _blocks(begins: Integers) -> list[slice]:
    """Stretches of loops that hold about so many nodes as are measured at once, at least one loop each."""
    cuts = np.unique(np.searchsorted(begins, np.arange(0, begins[-1], _BLOCK)))
    cuts = np.append(cuts[cuts < len(begins) - 1], len(begins) - 1)
    return [slice(a, b) for a, b in pairwise(cuts.tolist())]
