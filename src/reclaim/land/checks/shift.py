"""
Parcels that fit the footprints only after a common move of some hundred metres.

Street maps of China are drawn in GCJ-02, which lies 100 to 700 m beside the true position. Data traced from such a map
cannot be told from the numbers; that all parcels of a file fit their footprints far better after one and the same move
is the only sign. It is a suspicion, and said as one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from reclaim.tables import Finding
from reclaim.vocabulary import findings as kinds

_METRES_A_DEGREE = 111_320.0
_DISTANCES_M = np.arange(100.0, 701.0, 100.0)
_AZIMUTHS = np.radians(np.arange(0.0, 360.0, 15.0))
_REACH_M = 800.0
_FEWEST, _MOST = 3, 60
_GROUPS = 40
_REACH_M, _MOST_GROUNDS = 900.0, 500
# in place at most so much fits, moved at least so much
_BADLY, _WELL = 0.5, 0.9
# A move that is meant fits tightly: a little more or less does not. Beside one large pit many moves fit as well.
_NEIGHBOURS_M = np.array(
    [(d * np.sin(a), d * np.cos(a)) for d in (150.0, 300.0) for a in np.radians(np.arange(0, 360, 45))]
)
_LOOSE, _LOOSE_IN_SEVERAL_PITS, _SEVERAL_PITS = 0.2, 0.5, 3


def check_shift(tables: Mapping[str, gpd.GeoDataFrame]) -> Iterator[Finding]:
    """
    Suspect a common shift between a file's parcels and the footprints.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame
        Checked tables in EPSG:4490.
    """
    parcels, footprints = tables.get("parcels"), tables.get("footprints")
    if parcels is None or footprints is None or parcels.empty or footprints.empty:
        return
    grounds = np.asarray(footprints.geometry.array, dtype=object)
    tree = shapely.STRtree(grounds)
    groups = parcels.groupby(["_source", "site_id"], dropna=False, sort=True)
    largest = groups.size().sort_values(ascending=False, kind="stable").head(_GROUPS).index
    for (source, site), members in groups:
        if len(members) >= _FEWEST and _listed(largest, source, site):
            found = _best_move(np.asarray(members.geometry.array, dtype=object), grounds, tree)
            if found is not None:
                yield _finding(str(source), site, *found)


def _listed(largest: Any, source: object, site: object) -> bool:
    return any(one == source and (other == site or (other != other and site != site)) for one, other in largest)


def _best_move(
    shapes: npt.NDArray[Any], grounds: npt.NDArray[Any], tree: shapely.STRtree
) -> tuple[float, float, float, float] | None:
    """Share that fits in place and moved, and the move in metres east and north; None where nothing is suspicious."""
    shapes = shapes[np.linspace(0, len(shapes) - 1, min(len(shapes), _MOST)).astype(int)]
    points, scale = _inner_points(shapes)
    in_place = len(np.unique(tree.query(shapely.points(points), "within")[0])) / len(points)
    if in_place > _BADLY:
        return None
    near = np.unique(tree.query(shapely.points(points), "dwithin", distance=_REACH_M / _METRES_A_DEGREE)[1])
    if not len(near):
        return None
    ground = shapely.union_all(grounds[near[:_MOST_GROUNDS]])
    shapely.prepare(ground)
    moves = np.array([(d * np.sin(a), d * np.cos(a)) for d in _DISTANCES_M for a in _AZIMUTHS])
    shares = np.array([_share(ground, points + move / scale) for move in moves])
    best = int(shares.argmax())
    if shares[best] < _WELL:
        return None
    if _loosely(ground, points + moves[best] / scale, scale, float(shares[best])):
        return None
    return in_place, float(shares[best]), float(moves[best, 0]), float(moves[best, 1])


def _loosely(ground: Any, points: npt.NDArray[np.float64], scale: npt.NDArray[np.float64], share: float) -> bool:
    """Whether points that fit would fit about as well some way to the side."""
    beside = np.array([_share(ground, points + move / scale) for move in _NEIGHBOURS_M])
    pits = shapely.STRtree(shapely.get_parts(ground)).query(shapely.points(points), "within")[1]
    allowed = _LOOSE_IN_SEVERAL_PITS if len(np.unique(pits)) >= _SEVERAL_PITS else _LOOSE
    return bool((beside >= share - 0.05).mean() > allowed)


def _inner_points(shapes: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """A point inside each outline and some towards its corners, and metres a degree east and north there."""
    middle = shapely.get_coordinates(shapely.point_on_surface(shapes))
    corners, owner = shapely.get_coordinates(shapely.convex_hull(shapes), return_index=True)
    towards = middle[owner] + 0.6 * (corners - middle[owner])
    scale = np.array([_METRES_A_DEGREE * np.cos(np.radians(middle[:, 1].mean())), _METRES_A_DEGREE])
    return np.vstack([middle, towards]), scale


def _share(ground: Any, points: npt.NDArray[np.float64]) -> float:
    return float(shapely.contains_xy(ground, points).mean())


def _finding(source: str, site: object, in_place: float, moved: float, east: float, north: float) -> Finding:
    where = f" of site {site}" if isinstance(site, str) else ""
    sides = "east" if east >= 0 else "west", "north" if north >= 0 else "south"
    message = (
        f"the parcels{where} fit the footprints to {in_place:.0%} where they lie, and to {moved:.0%} after a move of "
        f"{abs(east):.0f} m {sides[0]} and {abs(north):.0f} m {sides[1]}; one of the two layers may be in GCJ-02"
    )
    return Finding("warning", "shifted", message, kinds()["shifted"]["fix"], table="parcels", source=source)
