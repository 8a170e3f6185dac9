"""The verb of compositing: one clear image out of many."""

import os
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from reclaim.dates import Period
from reclaim.errors import DateError, ImageryError, ReclaimError
from reclaim.io.grids import Grid, same_crs
from reclaim.io.rasters import NewBand, close_rasters, writing_raster
from reclaim.io.scenes import Scene, Stated, open_scene
from reclaim.verbs.images import AboutScene, SceneSetAside, Source, named_images
from reclaim.vocabulary import load
from reclaim.zonal.bands import Look, reflectance_verdict
from reclaim.zonal.composite import Method, common_bands, composite_blocks

LOOKS = "clear_looks"


@dataclass(frozen=True)
class Composite:
    """
    A composite that was written.

    Attributes
    ----------
    path : Path
    bands, scenes : tuple of str
    looks_min, looks_max : int
        Fewest and most clear looks of any pixel.
    looks_mean : float
    """

    path: Path
    bands: tuple[str, ...]
    scenes: tuple[str, ...]
    looks_min: int
    looks_mean: float
    looks_max: int


@dataclass
class _Looks:
    """Clear looks, counted while blocks go by."""

    least: int = 1 << 16
    most: int = 0
    total: int = 0
    pixels: int = 0

    def add(self, looks: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> None:
        self.least, self.most = min(self.least, int(looks.min())), max(self.most, int(looks.max()))
        self.total, self.pixels = self.total + int(looks.sum()), self.pixels + looks.size


def composite(
    source: Source | Sequence[Source],
    output: str | os.PathLike[str],
    *,
    season: str | None = None,
    method: Method = "median",
    sensor: str | None = None,
    allow_remote: bool = False,
) -> Composite:
    """
    The median or medoid of many dates' clear looks, written as reflectance with the count of looks.

    Parameters
    ----------
    source : path, Scene, xarray's array, or several
        A folder of images, or images; one reference system. The first one's finest band gives the grid.
    output : path
        GeoTIFF: the bands that all images have, by name, and ``clear_looks``.
    season : str, optional
        Only images between two days of the year, both included: ``"06-01/09-30"``; may run over the new year.
    method : {"median", "medoid"}
        The middle of each band, or the look nearest to all others.
    sensor : str, optional
        For files that do not say it.
    allow_remote : bool
        Also URLs and virtual rasters.

    Returns
    -------
    Composite

    Raises
    ------
    ReclaimError
        When fewer than one image is left, or the numbers of one cannot be reflectance.

    Warns
    -----
    SceneSetAside
        For images that cannot be used, or have no date to tell their season by.
    AboutScene
        For numbers that look as if an offset was left out or taken twice.
    """
    between = None if season is None else parse_season(season)
    try:
        scenes = [
            scene for scene in _scenes(source, Stated(sensor=sensor, allow_remote=allow_remote)) if _in(scene, between)
        ]
        if not scenes:
            raise ImageryError(f"no image of {season or 'the folder'} is left to composite")
        names = common_bands(scenes)
        grid = scenes[0].grid_of(names)
        scenes = [scene for scene in scenes if _same_system(scene, grid)]
        for scene in scenes:
            _refuse_unscaled(scene, names)
            for line in scene.notes:
                warnings.warn(line, AboutScene, stacklevel=2)
        looks, noticed = _Looks(), [{name: Look() for name in names} for _ in scenes]
        blocks = composite_blocks(scenes, names, grid, method=method, noticed=noticed)
        bands = [*(NewBand(name, "1") for name in names), NewBand(LOOKS, "looks")]
        with writing_raster(Path(output), grid, bands) as writer:
            for block in blocks:
                looks.add(block.looks)
                values = np.concatenate([block.values, block.looks[np.newaxis].astype(np.float32)])
                writer.write(values, block.window)
            # before the file is put in its place: nothing is left of what cannot be reflectance
            for scene, seen in zip(scenes, noticed, strict=True):
                _tell(scene, seen)
    finally:
        close_rasters()
    shown = tuple(scene.name for scene in scenes)
    return Composite(Path(output), tuple(names), shown, looks.least, looks.total / looks.pixels, looks.most)


def _scenes(source: Source | Sequence[Source], stated: Stated) -> Iterator[Scene]:
    for item in named_images(source, stated):
        if isinstance(item, Scene):
            yield item
            continue
        try:
            yield open_scene(item, stated)
        except ReclaimError as error:
            warnings.warn(f"{error}; this image was set aside", SceneSetAside, stacklevel=4)


def _tell(scene: Scene, noticed: dict[str, Look]) -> None:
    """Say what is odd about a scene's reflectance; plain colours and ready-made indices are none."""
    for name, look in noticed.items():
        if name and name not in load("indices") and not scene.colours:
            for line in reflectance_verdict(scene, name, look):
                warnings.warn(line, AboutScene, stacklevel=3)


def _same_system(scene: Scene, grid: Grid) -> bool:
    same = all(same_crs(layer.grid.crs, grid.crs) for layer in scene.layers.values())
    if not same:
        warnings.warn(
            f"{scene.name}: is in another reference system than the first image; it was set aside, warp it first",
            SceneSetAside,
            stacklevel=3,
        )
    return same


def _refuse_unscaled(scene: Scene, names: Sequence[str]) -> None:
    plain = [name for name in names if scene.layers[name].whole_numbers and scene.layers[name].scale is None]
    if plain and not scene.colours:
        raise ImageryError(f"{scene.name}: band {plain[0] or 1} holds whole numbers without a scale; give --sensor")


def parse_season(text: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """
    Two days of the year as written on a command line.

    Examples
    --------
    >>> parse_season("06-01/09-30")
    ((6, 1), (9, 30))
    """
    match = re.fullmatch(r"\s*(\d{1,2})-(\d{1,2})\s*/\s*(\d{1,2})-(\d{1,2})\s*", text)
    if match is None:
        raise DateError(f"season {text!r} cannot be read; write it as 06-01/09-30")
    first, last = (int(match[1]), int(match[2])), (int(match[3]), int(match[4]))
    for month, day in (first, last):
        try:
            date(2000, month, day)
        except ValueError as error:
            raise DateError(f"season {text!r}: there is no day {month:02d}-{day:02d}") from error
    return first, last


def _in(scene: Scene, season: tuple[tuple[int, int], tuple[int, int]] | None) -> bool:
    if season is None:
        return True
    day: Period | None = scene.date
    if day is None or day.precision == "year":
        warnings.warn(f"{scene.name}: has no day to tell its season by; it was set aside", SceneSetAside, stacklevel=4)
        return False
    first, last = season
    # a month counts where all of it lies in the season
    inside = [
        first <= at <= last if first <= last else at >= first or at <= last
        for at in ((day.start.month, day.start.day), (day.end.month, day.end.day))
    ]
    return all(inside)
