"""
Scenes: the bands of one date by meaning, wherever their files lie.

A scene may be one file with named bands, a drone mosaic, a ready-made index, a folder with a file per band, a
Sentinel-2 product or a Landsat product in a folder or archive. Which band is which is read from names, colours and
metadata; where these do not say, the scene is refused: an order of bands is never guessed.
"""

import os
import re
from dataclasses import replace
from pathlib import Path

from reclaim import dates
from reclaim.errors import FileError, ImageryError
from reclaim.io import band_names
from reclaim.io.archives import is_archive, unpacked
from reclaim.io.rasters import RasterBand, RasterFile, open_raster
from reclaim.io.safety import is_remote, safe_path
from reclaim.io.scene import Layer, Scene, Stated, layer_of, tag_date, with_sensor_scale
from reclaim.io.scene_folders import folder_scene, holds_images, is_band_folder, is_image, product_files

__all__ = ["Layer", "Scene", "Stated", "mask_layer", "open_scene", "scene_paths"]

_NEVER_AN_INDEX = ("nir", "nir_narrow", "swir1", "swir2", "rededge1", "rededge2", "rededge3")
_BASELINE_TAGS = ("processing_baseline", "s2:processing_baseline", "processing:version", "product_baseline")


def scene_paths(path: str | os.PathLike[str], *, allow_remote: bool = False) -> list[str]:
    """
    The scenes that a name means: one, or each raster of a folder of dated rasters.

    Raises
    ------
    FileError
        When there is nothing to read.
    """
    text = os.fspath(path)
    if allow_remote and is_remote(text):
        return [text]
    here = safe_path(text)
    if not here.exists():
        raise FileError(f"{text}: there is no such file or folder")
    if here.is_file() or product_files(here) or is_band_folder(here):
        return [str(here)]
    inside = [item for item in sorted(here.iterdir()) if not item.name.startswith(".")]
    found = [
        str(item) for item in inside if is_image(item) or is_archive(item) or (item.is_dir() and holds_images(item))
    ]
    if not found:
        raise FileError(f"{text}: holds no rasters (GeoTIFF, JPEG 2000, a Sentinel-2 or Landsat product)")
    return found


def open_scene(path: str | os.PathLike[str], stated: Stated | None = None) -> Scene:
    """
    Open one scene.

    Parameters
    ----------
    path : path
        A raster file; a folder with one file per band; a Sentinel-2 or Landsat Level-2 product, packed or not.
    stated : Stated, optional
        What the files do not say.

    Returns
    -------
    Scene

    Raises
    ------
    FileError, ImageryError, CRSError, UnsafePath
        When it cannot be read, or its bands cannot be told apart.
    """
    stated = stated or Stated()
    text = os.fspath(path)
    if stated.allow_remote and is_remote(text):
        return _dated(_from_file(open_raster(text, allow_remote=True), stated), stated, os.path.basename(text))
    here = safe_path(text)
    if not here.exists():
        raise FileError(f"{text}: there is no such file or folder")
    if here.is_file() and is_archive(here):
        here = unpacked(here)
    if here.is_file():
        scene = _from_file(open_raster(here, allow_remote=stated.allow_remote), stated)
    else:
        scene = folder_scene(here, stated)
    return _dated(scene, stated, Path(text).name)


def mask_layer(path: str | os.PathLike[str], *, allow_remote: bool = False) -> tuple[Layer, str]:
    """A quality band that lies in a file of its own, named SCL or QA_PIXEL; and which of the two it is."""
    raster = open_raster(path, allow_remote=allow_remote)
    kind = band_names.mask_of(Path(raster.name).stem)
    if kind is None:
        raise ImageryError(f"{raster.name}: is no quality mask; its name must hold SCL or QA_PIXEL")
    return layer_of(raster, raster.bands[0], kind, Stated()), kind


def _dated(scene: Scene, stated: Stated, name: str) -> Scene:
    """The scene with its date: as stated, else by its metadata, else by its name."""
    if stated.date is not None:
        return replace(scene, date=dates.parse(stated.date))
    by_name = band_names.date_of(Path(name).stem) or band_names.date_of(name)
    if scene.date is None:
        return replace(scene, date=by_name)
    if by_name and (by_name.end < scene.date.start or by_name.start > scene.date.end):
        note = f"{name}: its metadata say {scene.date}, its name {by_name}; the metadata hold (state it with --date)"
        return replace(scene, notes=(*scene.notes, note))
    return scene


def _from_file(raster: RasterFile, stated: Stated) -> Scene:
    sensor = stated.sensor or band_names.sensor_of(raster.name)
    layers: dict[str, Layer] = {}
    mask: tuple[Layer, str] | None = None
    alpha, unnamed = None, []
    for band in raster.bands:
        kind = band_names.mask_of(band.name)
        meaning = band_names.band_of(band.name, sensor) or band_names.index_of(band.name)
        if kind:
            mask = (layer_of(raster, band, kind, Stated()), kind)
        elif meaning and meaning in layers:
            raise ImageryError(f"{raster.name}: two of its bands are called {meaning}; rename one")
        elif meaning:
            layers[meaning] = layer_of(raster, band, meaning, stated)
        elif band.colour == "alpha":
            alpha = layer_of(raster, band, "alpha", Stated())
        else:
            unnamed.append(band)
    colours = not layers and {"red", "green", "blue"} <= {band.colour for band in unnamed}
    if colours:
        layers = {
            b.colour: layer_of(raster, b, b.colour, stated) for b in unnamed if b.colour in {"red", "green", "blue"}
        }
    elif not layers:
        layers = _one_band(raster, unnamed, stated)
    scene = Scene(
        name=raster.name,
        layers=layers,
        alpha=alpha,
        sensor=sensor or "plain",
        colours=colours,
        date=tag_date(raster),
        mask=mask[0] if mask else None,
        mask_kind=mask[1] if mask else None,
    )
    return with_sensor_scale(scene, _file_baseline(raster))


def _one_band(raster: RasterFile, unnamed: list[RasterBand], stated: Stated) -> dict[str, Layer]:
    """A single band without a meaning is a ready-made index; several cannot be told apart."""
    if len(unnamed) == 1:
        _refuse_one_colour(raster, stated)
        return {"": layer_of(raster, unnamed[0], "", stated)}
    names = [band.name or "(no name)" for band in unnamed]
    if any(band_names.looks_like_number_band(name) for name in names) and stated.sensor in (None, "plain"):
        raise ImageryError(
            f"{raster.name}: bands {', '.join(names)} mean different colours on different satellites; say which, "
            "--sensor sentinel-2, landsat-8 …"
        )
    raise ImageryError(
        f"{raster.name}: has {len(raster.bands)} bands ({', '.join(names[:8])}) and does not say which is which; their "
        "order is never guessed. Write names (red, nir …) into the file's band descriptions, or give one file per band"
    )


def _refuse_one_colour(raster: RasterFile, stated: Stated) -> None:
    """A single band whose file is named after an infrared or numbered band is no index."""
    stem = Path(raster.name).stem
    if any(band_names.index_of(part) for part in re.split(r"[_\-. ]+", stem)):
        return
    meaning = band_names.band_of_file(stem, stated.sensor)
    if band_names.looks_like_number_band(stem) or meaning in _NEVER_AN_INDEX:
        raise ImageryError(
            f"{raster.name}: is one band ({meaning or 'by its name'}) of a scene, not an index; give the folder that "
            f"holds "
            "all its bands"
        )


def _file_baseline(raster: RasterFile) -> str:
    named = band_names.baseline_of(raster.name)
    return named or next((raster.tags[tag] for tag in _BASELINE_TAGS if raster.tags.get(tag)), "")
