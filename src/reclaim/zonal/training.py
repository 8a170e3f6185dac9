"""
A threshold for plain colours, found from points that somebody looked at, with how often it is right.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from reclaim.errors import CriteriaError
from reclaim.io.grids import Window
from reclaim.zonal.bands import IndexImage

Floats = NDArray[np.float64]
LEAST_POINTS = 10


@dataclass(frozen=True)
class TrainedThreshold:
    """
    A threshold and its accuracy.

    Attributes
    ----------
    threshold : float
    accuracy : float
        Share of points told right by a threshold that was found without them (each left out in turn).
    green, bare : int
        Points of each kind.
    missed, false : int
        Green points below the threshold, bare points from it on.
    """

    threshold: float
    accuracy: float
    green: int
    bare: int
    missed: int
    false: int

    def __str__(self) -> str:
        return (
            f"threshold {self.threshold:.4g}: right at {self.accuracy:.1%} of {self.green + self.bare} points "
            f"({self.missed} green missed, {self.false} bare taken for green)"
        )


def train_threshold(values: Floats, green: NDArray[np.bool_]) -> TrainedThreshold:
    """
    The threshold of an index that tells green points from bare ones best.

    Parameters
    ----------
    values : array
        Index at the points; NaN where not seen.
    green : array of bool
        What was found there.

    Raises
    ------
    CriteriaError
        With fewer than 10 seen points, or points of one kind only.

    Examples
    --------
    >>> looked_at = np.array([-0.3, -0.3, -0.2, -0.2, -0.1, 0.3, 0.3, 0.4, 0.4, 0.5])
    >>> found = train_threshold(looked_at, looked_at > 0)
    >>> found.accuracy, found.missed, found.false
    (1.0, 0, 0)
    """
    seen = np.isfinite(values)
    values, green = np.asarray(values, dtype=np.float64)[seen], np.asarray(green, dtype=bool)[seen]
    if len(values) < LEAST_POINTS or green.all() or not green.any():
        raise CriteriaError(
            f"{len(values)} points were seen, {int(green.sum())} of them green; at least 10 of both kinds are needed"
        )
    threshold = _best(values, green)
    places = np.arange(len(values))
    left_out = [(values[i] >= _best(values[places != i], green[places != i])) == green[i] for i in places]
    told = values >= threshold
    return TrainedThreshold(
        threshold=threshold,
        accuracy=float(np.mean(left_out)),
        green=int(green.sum()),
        bare=int((~green).sum()),
        missed=int((green & ~told).sum()),
        false=int((~green & told).sum()),
    )


def _best(values: Floats, green: NDArray[np.bool_]) -> float:
    """Half-way between two neighbours, where the fewest points are told wrong; the middle one of equals."""
    levels = np.unique(values)
    if len(levels) == 1:
        return float(levels[0])
    between = (levels[1:] + levels[:-1]) / 2
    wrong = np.array([((values >= level) != green).sum() for level in between])
    equals = between[wrong == wrong.min()]
    return float(equals[len(equals) // 2])


def values_at(image: IndexImage, points: gpd.GeoDataFrame) -> Floats:
    """
    The index of the pixel that holds each point; NaN where it was not seen or the point lies off the image.

    Parameters
    ----------
    image : IndexImage
    points : GeoDataFrame
        Points in any reference system.
    """
    placed = points.to_crs(image.grid.crs)
    pixels = np.floor(image.grid.to_pixels(np.column_stack([placed.geometry.x, placed.geometry.y]))).astype(int)
    found = np.full(len(points), np.nan)
    for number, (col, row) in enumerate(pixels):
        window = Window(int(row), int(col), 1, 1).meet(image.grid.whole)
        if not window.empty:
            found[number] = float(image.values(window)[0, 0])
    return found
