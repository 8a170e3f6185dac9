"""
More vertices on long edges, so that an edge keeps its course when it is measured or transformed elsewhere.

Two neighbours that share an edge get the same new vertices to the last digit, whichever way each of them runs: the
points are laid from the edge's smaller end.
"""

import numpy as np
import numpy.typing as npt

from reclaim.geodesy.reference import GEOD, Floats
from reclaim.geodesy.rings import Rings

# a first look at edge lengths in degrees is this much on the safe side
_MARGIN = 0.98


def densify(rings: Rings, max_edge: float, *, geodesic: bool = False) -> Rings:
    """
    Rings whose edges are at most so long, each long edge cut into equal pieces.

    Parameters
    ----------
    rings : Rings
        In any plane, or in longitude and latitude with ``geodesic``.
    max_edge : float
        Units of the plane; metres with ``geodesic``.
    geodesic : bool
        Lay the points along the geodesic instead of the straight line.

    Returns
    -------
    Rings
        The same object where no edge is too long.
    """
    pieces = _geodesic_pieces(rings, max_edge) if geodesic else _straight_pieces(rings, max_edge)
    edges = np.flatnonzero(pieces > 1)
    if not len(edges):
        return rings
    count = pieces[edges] - 1
    edge = np.repeat(edges, count)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + 1
    # counted from the lesser end, so that both neighbours of an edge get the same points
    share = np.where(_turned(rings, edge), pieces[edge] - number, number) / pieces[edge]
    x, y = (_along_geodesic if geodesic else _along_line)(rings, edge, share)
    place = edge + 1
    added = np.concatenate([[0], np.cumsum(np.maximum(pieces - 1, 0))])
    starts = rings.starts.copy()
    starts[:-1] += added[starts[:-1]]
    starts[-1] += added[-1]
    return Rings(
        np.insert(rings.x, place, x), np.insert(rings.y, place, y), starts, rings.owner, rings.hole, rings.part
    )


def long_edges(rings: Rings, max_edge: float, *, geodesic: bool = False) -> npt.NDArray[np.bool_]:
    """Which of the N - 1 steps are edges longer than so much."""
    pieces = _geodesic_pieces(rings, max_edge) if geodesic else _straight_pieces(rings, max_edge)
    return np.asarray(pieces > 1)


def _straight_pieces(rings: Rings, max_edge: float) -> npt.NDArray[np.int64]:
    with np.errstate(invalid="ignore"):
        far = np.hypot(np.diff(rings.x), np.diff(rings.y))
    return _whole_pieces(far, rings, max_edge)


def _geodesic_pieces(rings: Rings, max_edge: float) -> npt.NDArray[np.int64]:
    """A plane estimate for all edges, PROJ for those near the limit or above."""
    with np.errstate(invalid="ignore"):
        dlon = np.radians(_short_way(np.diff(rings.x)))
        dlat = np.radians(np.diff(rings.y))
        dlon *= np.cos(np.radians((rings.y[1:] + rings.y[:-1]) / 2))
        far = GEOD.a * np.hypot(dlon, dlat)
    long = np.flatnonzero((far > _MARGIN * max_edge) & rings.inside & np.isfinite(far))
    x0, y0, x1, y1 = _ordered(rings, long)
    far[long] = GEOD.inv(x0, y0, x1, y1)[2]
    return _whole_pieces(far, rings, max_edge)


def _whole_pieces(far: Floats, rings: Rings, max_edge: float) -> npt.NDArray[np.int64]:
    far = np.where(np.isfinite(far) & rings.inside, far, 0.0)
    # an edge that is exactly at the limit, but for its last digits, is not cut
    return np.ceil(far / max_edge - 1e-9).astype("int64")


def _short_way(dlon: Floats) -> Floats:
    return dlon - 360.0 * np.round(dlon / 360.0)


def _ordered(rings: Rings, edge: npt.NDArray[np.int64]) -> tuple[Floats, Floats, Floats, Floats]:
    """Both ends of edges, the lesser end first."""
    x0, y0, x1, y1 = rings.x[edge], rings.y[edge], rings.x[edge + 1], rings.y[edge + 1]
    turn = _turned(rings, edge)
    return np.where(turn, x1, x0), np.where(turn, y1, y0), np.where(turn, x0, x1), np.where(turn, y0, y1)


def _turned(rings: Rings, edge: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    x0, x1 = rings.x[edge], rings.x[edge + 1]
    return np.asarray((x1 < x0) | ((x1 == x0) & (rings.y[edge + 1] < rings.y[edge])))


def _along_line(rings: Rings, edge: npt.NDArray[np.int64], share: Floats) -> tuple[Floats, Floats]:
    x0, y0, x1, y1 = _ordered(rings, edge)
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)


def _along_geodesic(rings: Rings, edge: npt.NDArray[np.int64], share: Floats) -> tuple[Floats, Floats]:
    each, back = np.unique(edge, return_inverse=True)
    x0, y0, x1, y1 = _ordered(rings, each)
    azimuth, _, far = GEOD.inv(x0, y0, x1, y1)
    lon, lat, _ = GEOD.fwd(x0[back], y0[back], azimuth[back], far[back] * share)
    # beside the vertex it follows, also where that lies beyond 180°
    return lon + 360.0 * np.round((rings.x[edge] - lon) / 360.0), np.asarray(lat)
