"""
Made-up yearly stacks with known truth, for tests and for the docs.

Nothing here was measured. Values follow what yearly composites of an index look like: a level with a slow drift, a loss
or none, regrowth or none, noise of the sensor, single low years where haze or cloud was missed, and years not seen.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["stable", "loss_and_recovery", "gradual_loss", "loss"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Weather:
    """
    What stands between the ground and its image.

    Attributes
    ----------
    noise : float
        Standard deviation, index units.
    haze : float
        Share of the years that are low without cause.
    depth : tuple of float
        Least and greatest depth of such a year, index units.
    gaps : float
        Share of the years not seen.
    sensors : tuple of float
        Offsets of the sensors that take turns along the years, index units; one sensor without offset if empty.
    """

    noise: float = 0.03
    haze: float = 0.015
    depth: tuple[float, float] = (0.15, 0.4)
    gaps: float = 0.04
    sensors: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Planted:
    """
    A made-up stack and what is true of it.

    Attributes
    ----------
    years : array (years,)
    values : array (years, pixels)
        NaN where not seen.
    kind : array (pixels,)
        Place in `KINDS`.
    year : array (pixels,)
        First year whose value is lower; 0 for stable ground.
    magnitude : array (pixels,)
    """

    years: NDArray[np.int64]
    values: NDArray[np.float64]
    kind: NDArray[np.int64]
    year: NDArray[np.int64]
    magnitude: NDArray[np.float64]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Pixels of which the year of loss and the year before were seen."""
        at = np.where(self.year > 0, self.year - self.years[0], 1)
        columns = np.arange(len(at))
        return np.asarray(np.isfinite(self.values[at, columns]) & np.isfinite(self.values[at - 1, columns]))


def planted(pixels: int, *, seed: int, first: int = 1990, last: int = 2024, weather: Weather | None = None) -> Planted:
    """
    Make up a stack.

    Parameters
    ----------
    pixels : int
    seed : int
        The same seed gives the same stack.
    first, last : int
        Years; losses begin five years in and stop seven years before the end.
    weather : Weather, optional

    Examples
    --------
    >>> stack = planted(100, seed=1)
    >>> stack.values.shape, int((stack.year > 0).sum()) == int((stack.kind > 0).sum())
    ((35, 100), True)
    """
    sky = weather or Weather()
    dice = np.random.default_rng(seed)
    years = np.arange(first, last + 1)
    kind = dice.choice(len(KINDS), size=pixels, p=[0.4, 0.34, 0.13, 0.13])
    start = dice.integers(first + 5, last - 6, size=pixels)
    magnitude = dice.uniform(0.25, 0.6, size=pixels)
    since = np.clip(years[:, None] - start + 1, 0, None)  # 1 in the first year that is lower
    pace = dice.uniform(4, 12, size=pixels)
    lost = np.select(
        [kind == 1, kind == 2, kind == 3],
        [np.where(since > 0, np.exp(-(since - 1) / pace), 0.0), np.minimum(since / pace, 1.0), 1.0 * (since > 0)],
        0.0,
    )
    values = dice.uniform(0.5, 0.85, size=pixels) + dice.uniform(-0.002, 0.002, size=pixels) * (years - first)[:, None]
    values = _seen(values - magnitude * lost, sky, dice)
    stable = kind == 0
    return Planted(years, values, kind, np.where(stable, 0, start), np.where(stable, 0.0, magnitude))


def _seen(values: NDArray[np.float64], sky: Weather, dice: np.random.Generator) -> NDArray[np.float64]:
    seen = values + dice.normal(0, sky.noise, size=values.shape)
    if sky.sensors:
        seen += np.resize(sky.sensors, len(values))[:, None]
    hazy = dice.random(values.shape) < sky.haze
    seen -= np.where(hazy, dice.uniform(*sky.depth, size=values.shape), 0.0)
    seen[dice.random(values.shape) < sky.gaps] = np.nan
    return seen
