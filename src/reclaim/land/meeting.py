"""Which source rows lie on which faces, and with how much of their ground."""

import numpy as np
import pandas as pd
import shapely

from reclaim.geodesy import area
from reclaim.tables import CRS

# Ground that two outlines share because one copied the other's border shows as a film a few nanometres thin.
_FILM_M2 = 1e-3


def meetings(rows: np.ndarray, faces: np.ndarray, *, measured: bool = False) -> pd.DataFrame:
    """
    Pairs of row and face that share ground.

    Parameters
    ----------
    rows, faces : ndarray of polygons, EPSG:4490
        What to pair.
    measured : bool
        Also measure the shared ground.

    Returns
    -------
    DataFrame
        ``row`` and ``face`` (positions in the two arrays), with ``area_m2`` where measured.
    """
    face, row = shapely.STRtree(rows).query(faces, predicate="intersects")
    inside = _same(faces, face, rows, row)
    inside[~inside] = shapely.covered_by(faces[face[~inside]], rows[row[~inside]])
    shared = faces[face]
    cutting = np.flatnonzero(~inside)
    shared[cutting] = shapely.intersection(faces[face[cutting]], rows[row[cutting]])
    real = inside | (shapely.area(shared) > 0)
    pairs = pd.DataFrame({"row": row[real], "face": face[real]})
    if not measured:
        return pairs
    pairs["area_m2"] = area(polygonal(shared[real]), CRS)
    return pairs[pairs["area_m2"] > _FILM_M2].reset_index(drop=True)


def _same(faces: np.ndarray, face: np.ndarray, rows: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Pairs that are one outline, vertex for vertex: most faces are, and a full comparison of borders is slow."""
    alike = np.flatnonzero(np.all(shapely.bounds(faces)[face] == shapely.bounds(rows)[row], axis=1))
    same = np.zeros(len(face), dtype=bool)
    same[alike] = shapely.equals_exact(shapely.normalize(faces[face[alike]]), shapely.normalize(rows[row[alike]]))
    return same


def polygonal(geometries: np.ndarray) -> np.ndarray:
    """Geometries with the lines and points that fell out of an intersection left away."""
    mixed = shapely.get_type_id(geometries) == 7
    out = geometries.copy()
    for index in np.flatnonzero(mixed):
        parts = shapely.get_parts(geometries[index])
        out[index] = shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])
    return out
