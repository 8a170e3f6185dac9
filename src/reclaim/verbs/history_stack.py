"""
A yearly stack as the history verb reads it: the index of all years, tile by tile, and a look at whether it can be one.
"""

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reclaim.errors import ImageryError, ReclaimWarning
from reclaim.io.grids import Grid, Window
from reclaim.io.rasters import close_rasters
from reclaim.io.scenes import Scene, Stated
from reclaim.io.stacks import yearly_scenes
from reclaim.timeline.explain import Explanation, explain_pixel
from reclaim.timeline.segments import checked_years
from reclaim.vocabulary import load
from reclaim.zonal.bands import IndexImage, index_image

_SIDE = 512
TILE_PIXELS = 1 << 17  # 35 years of so many pixels take 37 MB as doubles
LEVELS = 50  # values are counted in so many steps per index unit
_UPSIDE_DOWN = -0.2  # a middle value below this is not that of ground with vegetation: the sign is turned
_ZEROS = 0.01


class AboutStack(ReclaimWarning):
    """Something about a stack that its figures depend on."""


@dataclass
class Look:
    """What was noticed about one year while its tiles went by."""

    pixels: int = 0
    seen: int = 0
    zeros: int = 0


@dataclass(frozen=True, eq=False)
class Stack:
    """
    The index of a place, year by year.

    Attributes
    ----------
    name : str
        The folder's name.
    years : array
    images : tuple of IndexImage
        One for each year, all on one grid.
    """

    name: str
    years: NDArray[np.int64]
    images: tuple[IndexImage, ...]
    looks: dict[int, Look] = field(default_factory=dict)
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4 * LEVELS, dtype=np.int64))

    @property
    def index(self) -> str:
        """The index that is followed."""
        return self.images[0].name

    @cached_property
    def grid(self) -> Grid:
        """The cells of all years."""
        return self.images[0].grid

    def tiles(self) -> list[Window]:
        """Windows that cover the grid."""
        height, width = self.images[0].block
        # a file stored in one piece is read in parts too: memory is bounded by the tile, not by the storage
        return list(
            self.grid.tiles((min(height, _SIDE), min(width, max(_SIDE, TILE_PIXELS // height))), pixels=TILE_PIXELS)
        )

    def values(self, window: Window) -> NDArray[np.floating]:
        """
        The index of all years in a window.

        Returns
        -------
        array (years, rows, columns)
            NaN where not seen.
        """
        layers = np.stack([image.values(window) for image in self.images])
        for year, layer in zip(self.years.tolist(), layers, strict=True):
            look = self.looks.setdefault(year, Look())
            look.pixels += layer.size
            look.seen += int(np.isfinite(layer).sum())
            look.zeros += int((layer == 0).sum())
        inside = np.clip((layers[np.isfinite(layers)] + 2.0) * LEVELS, 0, 4 * LEVELS - 1).astype(np.int64)
        np.add(self.counts, np.bincount(inside, minlength=4 * LEVELS), out=self.counts)
        return layers

    def verdict(self, min_magnitude: float) -> Iterator[str]:
        """
        What is to be said about the numbers that went by.

        Raises
        ------
        ImageryError
            Where they cannot be an index that rises with vegetation.
        """
        if not self.counts.any():
            raise ImageryError(f"{self.name}: nothing was seen in any year; look at the files' nodata values")
        for image in self.images:
            yield from image.verdict([min_magnitude])
        middle = float(np.searchsorted(np.cumsum(self.counts), self.counts.sum() / 2)) / LEVELS - 2.0
        if middle < _UPSIDE_DOWN:
            raise ImageryError(
                f"{self.name}: the middle value of all years is {middle:.2f}; {self.index} of ground with vegetation "
                "lies above 0. The sign seems to be turned: multiply the rasters by -1, so that vegetation raises it"
            )
        ready = self.images[0].ready is not None
        for year, look in sorted(self.looks.items()):
            if look.seen < 0.5 * look.pixels:
                unseen = 1 - look.seen / look.pixels
                yield f"{year}: {unseen:.0%} of the ground was not seen; it is missing there, not bare"
            if ready and look.zeros > _ZEROS * look.pixels:
                zeros = look.zeros / look.pixels
                yield (
                    f"{year}: {zeros:.0%} of the pixels are exactly 0 and count as seen; if 0 means missing there, "
                    "write it into the files as their nodata value, or give --nodata 0"
                )


def open_stack(folder: str | os.PathLike[str], index: str | None, stated: Stated) -> Stack:
    """
    Open a stack.

    Parameters
    ----------
    folder : path
    index : str, optional
        Without it ``nbr``, or the index that the rasters hold ready-made.
    stated : Stated
        What the files do not say.

    Raises
    ------
    ReclaimError
        When the years, the grids, the bands or the index will not do.
    """
    scenes = yearly_scenes(folder, stated)
    years = checked_years(scenes)
    name = _rising(index or _ready_made(scenes) or "nbr")
    images: list[IndexImage] = []
    for year, scene in scenes.items():
        image = index_image(scene, name)
        _refuse_whole_numbers(image)
        if images and not image.grid.same_as(images[0].grid):
            raise ImageryError(
                f"{scene.name}: its pixels do not lie on those of {images[0].scene.name}; warp the raster of {year} to "
                "the other years' grid first"
            )
        images.append(image)
    return Stack(Path(folder).resolve().name, years, tuple(images))


def _rising(index: str) -> str:
    """The index, if it rises with vegetation."""
    plain = index.strip().lower()
    rising = load("history")["rises_with_vegetation"]
    if plain in rising:
        return str(plain)
    if plain in load("indices"):
        others = ", ".join(rising)
        raise ImageryError(f"{index} does not rise with vegetation, so its falls are no losses; choose {others}")
    raise ImageryError(f"unknown index {index!r}; choose one of {', '.join(rising)}")


def _ready_made(scenes: dict[int, Scene]) -> str | None:
    """The one index that all rasters hold under its name."""
    held = {tuple(scene.layers) for scene in scenes.values()}
    names = next(iter(held))
    return names[0] if len(held) == 1 and len(names) == 1 and names[0] in load("indices") else None


def _refuse_whole_numbers(image: IndexImage) -> None:
    if image.ready is None:
        return
    layer = image.scene.layers[image.ready]
    if layer.whole_numbers and layer.scale is None:
        raise ImageryError(
            f"{image.scene.name}: holds whole numbers ({layer.dtype}) and nothing says what turns them into "
            f"{image.name}; write the scale into the file, or give --scale 0.0001 for example"
        )


def tell(stack: Stack, min_magnitude: float) -> tuple[str, ...]:
    """Say aloud what is to be said about a stack, once each; gives what was said."""
    lines = tuple(dict.fromkeys(stack.verdict(min_magnitude)))
    for line in lines:
        warnings.warn(line, AboutStack, stacklevel=4)
    return lines


def explain_at(
    stack: str | os.PathLike[str], x: float, y: float, *, index: str | None = None, stated: Stated | None = None
) -> Explanation:
    """
    Follow the pixel at a place from its values to the verdict.

    Parameters
    ----------
    stack : path
        As for `reclaim.verbs.history.history`.
    x, y : float
        In the reference system of the rasters.
    index : str, optional
        As there.
    stated : Stated, optional
        What the files do not say.

    Returns
    -------
    Explanation
        Print it for the steps in words; `reclaim.figures.timeline.pixel_story` draws it.

    Raises
    ------
    ImageryError
        When the place lies off the stack.
    """
    try:
        opened = open_stack(stack, index, stated or Stated())
        col, row = np.floor(opened.grid.to_pixels(np.array([[x, y]]))[0]).astype(int).tolist()
        window = Window(row, col, 1, 1).meet(opened.grid.whole)
        if window.empty:
            raise ImageryError(
                f"{opened.name}: the place {x:g}, {y:g} lies off its pixels; give it in their coordinates"
            )
        return explain_pixel(opened.values(window)[:, 0, 0], opened.years)
    finally:
        close_rasters()
