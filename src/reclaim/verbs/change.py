"""The verb of change: ground that lost or gained vegetation between two dates."""

import math
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np

from reclaim.errors import ImageryError
from reclaim.io.grids import Grid, same_crs
from reclaim.io.rasters import NewBand, close_rasters, writing_raster
from reclaim.io.scenes import Scene, Stated, open_scene
from reclaim.io.write import write_table
from reclaim.verbs.images import AboutScene, Source, named_images
from reclaim.zonal.bands import IndexImage, index_image
from reclaim.zonal.change import Bounds, ChangeBlock, ChangeSums, add_up, change_blocks, change_polygons


@dataclass(frozen=True)
class Change:
    """
    What changed between two dates.

    Attributes
    ----------
    lost_m2, gained_m2, compared_m2 : float
        On the CGCS2000 ellipsoid.
    lost_pixels, gained_pixels, compared_pixels : int
        Of the earlier image.
    index : str
    drop : float
    before, after : str or None
        Dates, as precise as they are known.
    polygons : GeoDataFrame or None
        ``change``, ``area_m2`` and outline, where they were asked for.
    """

    lost_m2: float
    gained_m2: float
    compared_m2: float
    lost_pixels: int
    gained_pixels: int
    compared_pixels: int
    index: str
    drop: float
    before: str | None
    after: str | None
    polygons: gpd.GeoDataFrame | None = None


def change(
    before: Source,
    after: Source,
    *,
    index: str = "ndvi",
    drop: float = 0.3,
    bounds: Bounds | None = None,
    polygons: bool = False,
    output: str | os.PathLike[str] | None = None,
    sensor: str | None = None,
    allow_remote: bool = False,
) -> Change:
    """
    Ground that lost or gained vegetation between two images.

    The later image is sampled at the centres of the earlier one's pixels and compared where both were seen. The index
    falls by more than ``drop``: lost; rises by more: gained.

    Parameters
    ----------
    before, after : path, Scene or xarray's array
        Files, folders, archives or arrays in memory, of the same reference system; their grids may differ.
    index : str
        A name of the table of indices.
    drop : float
        Index units, above 0.
    bounds : tuple of float, optional
        x0, y0, x1, y1 in the earlier image's reference system; picks pixels by their centres.
    polygons : bool
        Also give the outlines of connected ground.
    output : path, optional
        Write the outlines (``.gpkg``, ``.geojson`` …), or with ``.tif`` the index's difference.
    sensor : str, optional
        For files that do not say it.
    allow_remote : bool
        Also URLs and virtual rasters.

    Returns
    -------
    Change

    Raises
    ------
    ReclaimError
        When an image cannot be read or the two cannot be laid over each other.
    """
    stated = Stated(sensor=sensor, allow_remote=allow_remote)
    try:
        images = [_image(source, stated, index) for source in (before, after)]
        _refuse_apart(images[0], images[1])
        sums = ChangeSums()
        blocks = add_up(change_blocks(images[0], images[1], drop=drop, bounds=bounds), sums)
        found = _carried_out(blocks, images[0].grid, None if output is None else Path(output), polygons=polygons)
        for image in images:
            for line in image.verdict():
                warnings.warn(line, AboutScene, stacklevel=2)
    finally:
        close_rasters()
    if sums.compared_pixels == 0:
        warnings.warn("no pixel was seen on both dates; nothing could be compared", AboutScene, stacklevel=2)
    days = [None if image.scene.date is None else str(image.scene.date) for image in images]
    return Change(**vars(sums), index=images[0].name, drop=drop, before=days[0], after=days[1], polygons=found)


def _image(source: Source, stated: Stated, index: str) -> IndexImage:
    images = named_images(source, stated)
    if len(images) != 1:
        name = source if isinstance(source, (str, os.PathLike)) else "an array"
        raise ImageryError(f"{name}: holds {len(images)} images; name the one that is meant")
    image = images[0]
    return index_image(image if isinstance(image, Scene) else open_scene(image, stated), index)


def _refuse_apart(before: IndexImage, after: IndexImage) -> None:
    if not same_crs(before.grid.crs, after.grid.crs):
        raise ImageryError(
            f"{before.scene.name} and {after.scene.name} are in different reference systems "
            f"({before.grid.crs.name}; {after.grid.crs.name}); warp one to the other's first"
        )
    a, b = before.grid.bounds, after.grid.bounds
    if a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]:
        raise ImageryError(f"{before.scene.name} and {after.scene.name} show different ground; they do not overlap")


def _carried_out(
    blocks: Iterator[ChangeBlock], grid: Grid, output: Path | None, *, polygons: bool
) -> gpd.GeoDataFrame | None:
    """Run through the blocks, keeping what was asked for."""
    if output is not None and output.suffix.lower() in {".tif", ".tiff"}:
        kept = [NewBand("difference", "index")]
        with writing_raster(output, grid, kept) as writer:
            for block in blocks:
                writer.write(block.difference[np.newaxis], block.window)
        return None
    if output is None and not polygons:
        for _ in blocks:
            pass
        return None
    found = change_polygons(blocks, grid)
    if output is not None:
        write_table(found, output)
    return found


def parse_bounds(text: str) -> Bounds:
    """
    Bounds as written on a command line.

    Examples
    --------
    >>> parse_bounds("0, 10, 5, 2")
    (0.0, 2.0, 5.0, 10.0)
    """
    try:
        x0, y0, x1, y1 = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError as error:
        raise ImageryError(f"bounds {text!r} cannot be read; write four numbers, x0,y0,x1,y1") from error
    if not all(math.isfinite(value) for value in (x0, y0, x1, y1)) or x0 == x1 or y0 == y1:
        raise ImageryError(f"bounds {text!r} enclose nothing; write x0,y0,x1,y1 with x0 < x1 and y0 < y1")
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
