"""
The cut: all ground ever touched, once, as faces that do not overlap.

Outlines are joined where they say the same (``evidence``), their boundaries noded, and every face is labelled by the
outlines that cover it. The work is done by sets of touching ground, so neither a huge country nor a huge site is a
bottleneck. Much ground is cut by the compiled ``drawing``; little ground, and every set that the drawing will not vouch
for, by GEOS, in floating point and, where that loses a crossing, on a fine grid.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from reclaim.geodesy import area
from reclaim.land.evidence import SNAP
from reclaim.progress import progress
from reclaim.tables import CRS

Geometries = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Two figures of the same outline in square degrees may differ by rounding alone; beyond this, noding lost a crossing.
_CLOSE = 1e-9
# With fewer vertices GEOS is done before the compiled code is loaded.
_MUCH = 400_000
# Vertices drawn at once, to bound memory; a set is never divided.
_BATCH = 400_000


class Shapes(Protocol):
    """Something that polygons can be made of, when they are asked for."""

    def polygons(self) -> Any:
        """Array of Polygon."""


@dataclass(frozen=True, eq=False)
class Partition:
    """
    Faces, and which outlines cover them.

    Attributes
    ----------
    shapes : tuple of Shapes
        What the faces' polygons are made of, in order.
    area_m2 : ndarray of float, shape (n,)
        Ellipsoidal area of each face.
    face, group : ndarray of int, shape (m,)
        Pairs: this face lies in this outline. Sorted by face, then outline.
    snapped : int
        Connected groups that had to be cut on a fine grid.
    """

    shapes: tuple[Shapes, ...]
    area_m2: Floats
    face: Integers
    group: Integers
    snapped: int = 0

    def __len__(self) -> int:
        return len(self.area_m2)

    @cached_property
    def geometry(self) -> Geometries:
        """Faces as polygons in EPSG:4490, shape (n,); they never overlap. Made when first asked for."""
        return np.concatenate([np.empty(0, dtype=object), *(shapes.polygons() for shapes in self.shapes)])


class _Cut(NamedTuple):
    """Faces of some outlines, and the pairs of face and outline, by face."""

    shapes: Shapes
    area_m2: Floats
    face: Integers
    part: Integers
    snapped: int = 0


def partition(outlines: Geometries) -> Partition:
    """
    Cut outlines into faces that do not overlap.

    Parameters
    ----------
    outlines : ndarray of Polygon or MultiPolygon, shape (g,)
        Valid polygons in EPSG:4490; they may overlap and touch in any way.

    Returns
    -------
    Partition
        The faces, in a steady order, and the pairs of face and outline.

    Examples
    --------
    >>> cut = partition(np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)]))
    >>> len(cut), sorted(np.bincount(cut.face).tolist())
    (3, [1, 1, 2])
    """
    parts, owner = shapely.get_parts(outlines, return_index=True)
    if not len(parts):
        nothing = np.empty(0, dtype=np.int64)
        return Partition((), np.empty(0), nothing, nothing)
    parts, number = _once(parts)
    much = shapely.get_num_coordinates(parts).sum() >= _MUCH
    made = _drawn(parts) if much else [_cut_parts(parts, np.arange(len(parts)))]
    return _assemble(made, number, owner)


def _once(parts: Geometries) -> tuple[Geometries, Integers]:
    """The distinct outlines, and which of them each part is: the stages of a parcel repeat one outline."""
    number, _ = pd.factorize(shapely.to_wkb(shapely.normalize(parts)))
    _, first = np.unique(number, return_index=True)
    return parts[first], number


def _assemble(made: list[_Cut], number: Integers, owner: Integers) -> Partition:
    """All faces, and which outlines cover them; ``number`` and ``owner`` tell of which outlines a part is one."""
    first = np.cumsum([0, *(len(cut.area_m2) for cut in made)])
    face = np.concatenate([cut.face + begin for cut, begin in zip(made, first[:-1], strict=True)])
    part = np.concatenate([cut.part for cut in made])
    order = np.argsort(number, kind="stable")
    begins = np.searchsorted(number[order], np.arange(len(order) + 1))
    count = np.diff(begins)[part]
    place = np.repeat(begins[part] - np.cumsum(count) + count, count) + np.arange(count.sum())
    outlines = int(owner.max()) + 1
    pairs = np.sort(np.repeat(face, count) * outlines + owner[order[place]])
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # by face, each outline once
    area_m2 = np.concatenate([cut.area_m2 for cut in made])
    snapped = sum(cut.snapped for cut in made)
    return Partition(tuple(cut.shapes for cut in made), area_m2, pairs // outlines, pairs % outlines, snapped)


def _connected(pairs: Integers, count: int) -> Integers:
    """A number for each of some things, the same for all that pairs connect; two rows, a pair a column."""
    links = coo_array((np.ones(pairs.shape[1], dtype=np.int8), (pairs[0], pairs[1])), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


# --- much ground -----------------------------------------------------------------------------------------------------


def _drawn(parts: Geometries) -> list[_Cut]:
    """Faces of many outlines, batch by batch; GEOS cuts the sets that were not drawn soundly."""
    from reclaim.land.drawing import draw  # compiled code takes a while to load

    sets = _connected(shapely.STRtree(parts).query(shapely.box(*shapely.bounds(parts).T)), len(parts))
    crowded = np.bincount(sets)[sets] > 1
    made, left = [], [np.flatnonzero(~crowded)]
    batches = list(_batches(parts, sets, np.flatnonzero(crowded)))
    with progress("cutting the ground", len(batches)) as work:
        for batch in batches:
            drawing = draw(parts[batch], sets[batch])
            made.append(_Cut(drawing.shapes, drawing.area_m2, drawing.face, batch[drawing.part]))
            left.append(batch[np.isin(sets[batch], drawing.unsound)])
            work.advance()
    rest = np.concatenate(left)
    return [*made, _cut_parts(parts, rest)] if len(rest) else made


def _batches(parts: Geometries, sets: Integers, chosen: Integers) -> Iterator[Integers]:
    """Whole sets of chosen parts, as many at a time as fit."""
    order = chosen[np.argsort(sets[chosen], kind="stable")]
    if not len(order):
        return
    ends = np.flatnonzero(np.diff(sets[order], append=-1)) + 1
    filled = np.cumsum(shapely.get_num_coordinates(parts[order]))[ends - 1]
    bounds = ends[np.flatnonzero(np.diff(filled // _BATCH, append=-1))]
    yield from np.split(order, bounds[:-1])


# --- little ground, and what is hard ---------------------------------------------------------------------------------


class _Polygons(NamedTuple):
    """Shapes that are polygons already."""

    made: Geometries

    def polygons(self) -> Geometries:
        return self.made


def _cut_parts(parts: Geometries, chosen: Integers) -> _Cut:
    """Faces of chosen parts, by GEOS, one connected set after the other."""
    own = parts[chosen]
    label = _connected(shapely.STRtree(own).query(own, predicate="intersects"), len(own))
    order = np.argsort(label, kind="stable")
    sets = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    crowds = [members for members in sets if len(members) > 1]
    lone = np.array([members[0] for members in sets if len(members) == 1], dtype=np.int64)
    faces, face, part = [own[lone]], [np.arange(len(lone))], [lone]
    count, snapped = len(lone), 0
    with progress("cutting the ground", len(crowds)) as work:
        for crowd in crowds:
            (polygons, member, index), loose = _cut_soundly(own[crowd])
            used, index = np.unique(index, return_inverse=True)  # a hole between outlines is no face
            faces.append(polygons[used])
            face.append(index + count)
            part.append(crowd[member])
            count, snapped = count + len(used), snapped + loose
            work.advance()
    geometry = np.concatenate(faces)
    pairs = np.concatenate(face), chosen[np.concatenate(part)]
    return _Cut(_Polygons(geometry), area(geometry, CRS), *pairs, snapped)


def _cut_soundly(parts: Geometries) -> tuple[tuple[Geometries, Integers, Integers], bool]:
    """Faces of one connected set with the pairs (part, face); cut again on a fine grid where areas do not add up."""
    cut = _cut(parts, grid=None)
    if _adds_up(parts, *cut):
        return cut, False
    return _cut(parts, grid=SNAP), True


def _cut(parts: Geometries, *, grid: float | None) -> tuple[Geometries, Integers, Integers]:
    lines = shapely.boundary(parts)
    noded = shapely.union_all(lines) if grid is None else shapely.union_all(lines, grid_size=grid)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    part, face = shapely.STRtree(shapely.point_on_surface(faces)).query(parts, predicate="contains")
    return faces, part, face


def _adds_up(parts: Geometries, faces: Geometries, part: Integers, face: Integers) -> bool:
    whole = shapely.area(parts)
    summed = np.bincount(part, weights=shapely.area(faces)[face], minlength=len(parts))
    return bool(np.all(np.abs(summed - whole) <= _CLOSE * whole.max()))
