"""Ground that two rows share: one query over everything, whatever site or file a row belongs to."""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from reclaim.geodesy import area
from reclaim.land.checks.shapes import polygons_of

# ground shared by rounding alone, where one outline copied the other's border
FILM_M2 = 1e-3


def overlaps(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Pairs of rows that share ground, each with the shared ground.

    Every pair is found once: rows that cross, rows inside another, and twins, also across sites and files. The
    work grows with the number of pairs, not with the square of the number of rows.

    Parameters
    ----------
    frame : GeoDataFrame
        Valid polygons in any one CRS.

    Returns
    -------
    GeoDataFrame
        ``left`` and ``right`` (positions of the two rows, ``left < right``), ``area_m2`` of the shared ground on the
        CGCS2000 ellipsoid, and the ground itself in the CRS of ``frame``.

    Examples
    --------
    >>> import shapely
    >>> squares = [shapely.box(x, 3e6, x + 100, 3e6 + 100) for x in (500_000, 500_050, 500_200)]
    >>> pairs = overlaps(gpd.GeoDataFrame(geometry=squares, crs="EPSG:4547"))
    >>> pairs[["left", "right"]].values.tolist()
    [[0, 1]]
    """
    shapes = np.asarray(frame.geometry.array, dtype=object)
    left, right = meeting(shapes)
    shared = shapely.intersection(shapes[left], shapes[right])
    real = shapely.area(shared) > 0  # borders and corners that only touch have none
    left, right, shared = left[real], right[real], _polygons(shared[real])
    pairs = pd.DataFrame({"left": left, "right": right, "area_m2": area(shared, frame.crs)})
    found = gpd.GeoDataFrame(pairs, geometry=shared, crs=frame.crs)
    return found[found["area_m2"] > FILM_M2].sort_values(["left", "right"], ignore_index=True)


def meeting(shapes: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs of geometries that meet, each once; boxes first, then the halves that are left are looked at closely."""
    left, right = shapely.STRtree(shapes).query(shapes)
    once = left < right
    left, right = left[once], right[once]
    met = shapely.intersects(shapes[left], shapes[right])
    return left[met], right[met]


def _polygons(shapes: Any) -> Any:
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    for at in np.flatnonzero(mixed):
        shapes[at] = polygons_of(shapes[at])
    return shapes
