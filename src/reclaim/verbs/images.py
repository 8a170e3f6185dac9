"""
Images as verbs take them: opened, paired with their masks, and looked at zone by zone.

One image that cannot be used never loses the others: its fault stands in its place.
"""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Union

import geopandas as gpd
import pandas as pd
import shapely

from reclaim.errors import CriteriaError, ImageryError, ReclaimError, ReclaimWarning, UnsafePath
from reclaim.io import band_names
from reclaim.io.arrays import array_scenes, is_array
from reclaim.io.scenes import Scene, Stated, mask_layer, open_scene, scene_paths
from reclaim.io.vectors import read_table
from reclaim.zonal.bands import IndexImage, index_image
from reclaim.zonal.cover import Measure, zone_cover
from reclaim.zonal.masks import Masking
from reclaim.zonal.weights import Weights
from reclaim.zonal.zones import on_grid, prepared

if TYPE_CHECKING:
    import xarray as xr

Path_ = str | os.PathLike[str]
Source = Union[str, os.PathLike[str], Scene, "xr.DataArray", "xr.Dataset"]
Opened = Path_ | Scene


class SceneSetAside(ReclaimWarning):
    """One of several images could not be used; the others were."""


class AboutScene(ReclaimWarning):
    """Something about an image that its figures depend on."""


class NothingSeen(ReclaimWarning):
    """An image shows nothing of the zones."""


@dataclass(frozen=True, eq=False)
class MaskChoice:
    """By how many pixels clouds are made larger, and on which ground cloud flags do not count."""

    dilate: int = 0
    trust: gpd.GeoDataFrame | None = None

    def on(self, image: IndexImage) -> IndexImage:
        """The image with its quality band read like this."""
        if not self.dilate and self.trust is None:
            return image
        trusted = None if self.trust is None else shapely.union_all(on_grid(self.trust, image.grid))
        return replace(image, masking=Masking(self.dilate, trusted))


def zones_of(zones: Path_ | gpd.GeoDataFrame, *, allow_remote: bool) -> gpd.GeoDataFrame:
    """Zones from a file, or as they are."""
    if isinstance(zones, (str, os.PathLike)):
        return read_table(zones, table="zones", allow_remote=allow_remote)
    return zones


def scenes_of(rasters: Source | Sequence[Source], stated: Stated) -> list[Scene | ReclaimError]:
    """The images, opened; faults stand where an image could not be."""
    paths = named_images(rasters, stated)
    if not paths:
        raise ImageryError("no image to look at; give --raster or --plots")
    masks = [path for path in paths if not isinstance(path, Scene) and band_names.mask_of(Path(path).stem)]
    images = [path for path in paths if not any(path is mask for mask in masks)]
    if stated.date is not None and len(images) > 1:
        raise ImageryError(f"--date {stated.date} cannot be the date of {len(images)} images; give one image at a time")
    if not images:
        raise ImageryError(f"{Path(str(masks[0])).name}: is a quality mask, and there is no image to go with it")
    opened = [_opened(item, stated) for item in images]
    return _with_masks(opened, [str(mask) for mask in masks], stated)


def named_images(source: Source | Sequence[Source], stated: Stated) -> list[Opened]:
    """Every image that is meant: files by their paths, and arrays as the scenes of their dates."""
    one = is_array(source) or isinstance(source, (str, os.PathLike, Scene))
    found: list[Opened] = []
    for item in [source] if one else list(source):  # type: ignore[arg-type]
        if is_array(item):
            found += array_scenes(item, stated)
        else:
            found += [item] if isinstance(item, Scene) else scene_paths(item, allow_remote=stated.allow_remote)  # type: ignore[arg-type]
    return found


def _opened(source: Opened, stated: Stated) -> Scene | ReclaimError:
    if isinstance(source, Scene):
        return source
    try:
        return open_scene(source, stated)
    except UnsafePath:
        raise
    except ReclaimError as error:
        return error


def _with_masks(scenes: list[Scene | ReclaimError], masks: Sequence[str], stated: Stated) -> list[Scene | ReclaimError]:
    """Masks in files of their own, laid on the images of their date."""
    for path in masks:
        layer, kind = mask_layer(path, allow_remote=stated.allow_remote)
        day = band_names.date_of(Path(path).stem)
        mine = [
            place
            for place, scene in enumerate(scenes)
            if isinstance(scene, Scene) and (scene.date == day or (day is None and len(masks) == 1))
        ]
        if not mine:
            raise ImageryError(
                f"{Path(path).name}: no image has the date of this mask; give them the same date in their names"
            )
        for place in mine:
            scene = scenes[place]
            assert isinstance(scene, Scene)
            scenes[place] = replace(scene, mask=layer, mask_kind=kind)
    return scenes


def mask_choice(dilate: int, trust: Path_ | gpd.GeoDataFrame | None, stated: Stated) -> MaskChoice:
    """How quality bands are read, from what a person asks for."""
    if dilate < 0:
        raise ImageryError(f"clouds cannot be made larger by {dilate} pixels")
    return MaskChoice(dilate, None if trust is None else prepared(zones_of(trust, allow_remote=stated.allow_remote)))


def zone_table(
    zones: gpd.GeoDataFrame,
    scene: Scene | ReclaimError,
    measure: Measure,
    made: list[Weights],
    *,
    masks: MaskChoice | None = None,
) -> pd.DataFrame | ReclaimError:
    """Cover of the zones on one image, with what is to be said about it; a fault where it cannot be had."""
    if isinstance(scene, ReclaimError):
        return scene
    try:
        image = (masks or MaskChoice()).on(index_image(scene, measure.index))
        table = zone_cover(zones, image, measure, weights=made)
        said = image.verdict(measure.levels)
    except CriteriaError:
        raise
    except ReclaimError as error:
        return error
    for line in said:
        warnings.warn(line, AboutScene, stacklevel=4)
    _warn_unseen(table, scene)
    return table


def _warn_unseen(table: pd.DataFrame, scene: Scene) -> None:
    if scene.date is None:
        warnings.warn(
            f"{scene.name}: has no date in its metadata or name; state it with --date", AboutScene, stacklevel=5
        )
    blind = table.zone_id[table.valid == 0].tolist()
    if blind:
        which = (
            "any zone"
            if len(blind) == len(table)
            else f"zone {', '.join(map(repr, blind[:5]))}{' …' * (len(blind) > 5)}"
        )
        text = f"{scene.name}: nothing was seen of {which} (cloud, nodata, or ground off the image)"
        warnings.warn(text, NothingSeen, stacklevel=5)
