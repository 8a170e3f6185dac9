"""
The cut: all ground ever touched, once, as faces that do not overlap.

Outlines are joined where they say the same (``evidence``), their boundaries noded and polygonised, and every face is
labelled by one point inside it. The work is done by connected groups of touching ground, so neither a huge country nor
a huge site is a bottleneck.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from reclaim.geodesy import area
from reclaim.land.evidence import SNAP
from reclaim.progress import progress
from reclaim.tables import CRS

# Two figures of the same outline in square degrees may differ by rounding alone; beyond this, noding lost a crossing.
_CLOSE = 1e-9


@dataclass(frozen=True, eq=False)
class Partition:
    """
    Faces, and which outlines cover them.

    Attributes
    ----------
    geometry : ndarray of Polygon, shape (n,)
        Faces in EPSG:4490; they never overlap.
    area_m2 : ndarray of float, shape (n,)
        Ellipsoidal area of each face.
    face, group : ndarray of int, shape (m,)
        Pairs: this face lies in this outline. Sorted by face.
    snapped : int
        Connected groups that had to be cut on a fine grid.
    """

    geometry: np.ndarray
    area_m2: np.ndarray
    face: np.ndarray
    group: np.ndarray
    snapped: int = 0

    def __len__(self) -> int:
        return len(self.geometry)


def partition(outlines: np.ndarray) -> Partition:
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
        return Partition(np.empty(0, dtype=object), np.empty(0), nothing, nothing)
    parts, number = _once(parts)
    owners = pd.DataFrame({"part": number, "group": owner})
    pieces, snapped = [], 0
    lone, crowds = _connected(parts)
    with progress("cutting the ground", len(crowds)) as work:
        for crowd in crowds:
            faces, loose = _cut_soundly(parts[crowd])
            snapped += loose
            pieces.append((faces, crowd))
            work.advance()
    return _assemble(parts, owners, lone, pieces, snapped)


def _once(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct outlines, and which of them each part is: the stages of a parcel repeat one outline."""
    number, _ = pd.factorize(shapely.to_wkb(shapely.normalize(parts)))
    _, first = np.unique(number, return_index=True)
    return parts[first], number


def _connected(parts: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Parts that touch nothing else, and the sets of parts that touch each other."""
    left, right = shapely.STRtree(parts).query(parts, predicate="intersects")
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(parts), len(parts)))
    _, label = connected_components(links, directed=False)
    order = np.argsort(label, kind="stable")
    sets = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    lone = np.array([members[0] for members in sets if len(members) == 1], dtype=np.int64)
    return lone, [members for members in sets if len(members) > 1]


def _cut_soundly(parts: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], bool]:
    """Faces of one connected set with the pairs (part, face); cut again on a fine grid where areas do not add up."""
    cut = _cut(parts, grid=None)
    if _adds_up(parts, *cut):
        return cut, False
    return _cut(parts, grid=SNAP), True


def _cut(parts: np.ndarray, *, grid: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    lines = shapely.boundary(parts)
    noded = shapely.union_all(lines) if grid is None else shapely.union_all(lines, grid_size=grid)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    part, face = shapely.STRtree(shapely.point_on_surface(faces)).query(parts, predicate="contains")
    return faces, part, face


def _adds_up(parts: np.ndarray, faces: np.ndarray, part: np.ndarray, face: np.ndarray) -> bool:
    whole = shapely.area(parts)
    summed = np.bincount(part, weights=shapely.area(faces)[face], minlength=len(parts))
    return bool(np.all(np.abs(summed - whole) <= _CLOSE * whole.max()))


def _assemble(parts: np.ndarray, owners: pd.DataFrame, lone: np.ndarray, pieces: list[Any], snapped: int) -> Partition:
    faces, face, part = [parts[lone]], [np.arange(len(lone))], [lone]
    count = len(lone)
    for (polygons, member, index), crowd in pieces:
        used, index = np.unique(index, return_inverse=True)  # a hole between outlines is no face
        faces.append(polygons[used])
        face.append(index + count)
        part.append(crowd[member])
        count += len(used)
    geometry = np.concatenate(faces)
    covered = pd.DataFrame({"face": np.concatenate(face), "part": np.concatenate(part)}).merge(owners, on="part")
    pairs = covered[["face", "group"]].drop_duplicates().sort_values(["face", "group"])
    return Partition(geometry, area(geometry, CRS), pairs["face"].to_numpy(), pairs["group"].to_numpy(), snapped)
