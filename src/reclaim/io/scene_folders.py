"""
Scenes that lie in a folder: a file per band, or a Sentinel-2 or Landsat product as it was delivered.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reclaim import dates
from reclaim.dates import Period
from reclaim.errors import FileError, ImageryError
from reclaim.io import band_names, products
from reclaim.io.grids import same_crs
from reclaim.io.rasters import open_raster
from reclaim.io.scene import Layer, Scene, Stated, layer_of, tag_date, with_sensor_scale

_IMAGES = (".tif", ".tiff", ".jp2", ".img", ".png", ".jpg", ".jpeg")


def folder_scene(folder: Path, stated: Stated) -> Scene:
    """
    The scene in a folder.

    Raises
    ------
    FileError, ImageryError
        When it holds none, or its files cannot be told apart.
    """
    files = product_files(folder) or [item for item in sorted(folder.rglob("*")) if is_image(item)]
    if not files:
        raise FileError(f"{folder.name}: holds no rasters that can be read")
    product = _product(folder)
    if product and stated.sensor not in (None, "plain", product.sensor):
        raise ImageryError(f"{folder.name}: its metadata say {product.sensor}, not {stated.sensor}; leave --sensor out")
    sensor = (product.sensor if product else stated.sensor) or _sensor_by_name(folder, files)
    scene = Scene(name=folder.name, layers={}, sensor=sensor or "plain")
    layers: dict[str, Layer] = {}
    for path in files:
        scene, found = _file_of_folder(scene, path, stated, product)
        for name, layer in found.items():
            if name in layers and _pixel(layers[name]) == _pixel(layer):
                raise ImageryError(f"{folder.name}: two of its files are band {name}; keep one")
            if name not in layers or _pixel(layer) < _pixel(layers[name]):
                layers[name] = layer
    if not layers:
        raise ImageryError(
            f"{folder.name}: none of its files ({', '.join(path.name for path in files[:4])} …) is named after a "
            f"band of "
            f"{sensor or 'a known sensor'}; give --sensor, or name the files red.tif, nir.tif …"
        )
    _refuse_mixed(folder.name, layers)
    scene = replace(scene, layers=layers, date=scene.date or _folder_date(product, files))
    return with_sensor_scale(
        scene, next(filter(None, (band_names.baseline_of(n) for n in (folder.name, files[0].name))), "")
    )


def _file_of_folder(
    scene: Scene, path: Path, stated: Stated, product: products.Product | None
) -> tuple[Scene, dict[str, Layer]]:
    """What one file of a folder adds: a mask to the scene, or a band by meaning."""
    grid = product.grid if product else None
    kind, stem = band_names.mask_of(path.stem), path.stem
    meaning = band_names.band_of_file(stem, scene.sensor)
    if not (kind or meaning or band_names.is_saturation(stem)):
        return scene, {}
    raster = open_raster(path, allow_remote=stated.allow_remote)
    band = raster.bands[0]
    if kind:
        return replace(scene, mask=layer_of(raster, band, kind, Stated(), grid=grid), mask_kind=kind), {}
    if band_names.is_saturation(stem):
        return replace(scene, saturation=layer_of(raster, band, "saturation", Stated(), grid=grid)), {}
    if len(raster.bands) > 1:
        raise ImageryError(f"{path.name}: has {len(raster.bands)} bands where one was expected; its folder is no scene")
    layer = replace(layer_of(raster, band, str(meaning), stated, grid=grid), number=band_names.band_number(stem))
    scene = replace(scene, date=scene.date or tag_date(raster))
    return scene, {str(meaning): _by_product(layer, product) if stated.scale is None else layer}


def _by_product(layer: Layer, product: products.Product | None) -> Layer:
    """A band with the factors of its product's metadata, which weigh more than a file's own."""
    if product is None or layer.scale is not None:
        return layer
    name = next((key for key in product.scale if key == f"B{layer.number}"), "")
    offset = product.offset.get(f"B{layer.number}", product.offset.get(""))
    return replace(layer, scale=product.scale.get(name), offset=offset if layer.offset is None else layer.offset)


def _product(folder: Path) -> products.Product | None:
    for pattern, read in (("MTL.txt", products.read_mtl), ("MTD_MSIL2A.xml", products.read_mtd)):
        found = sorted(path for path in folder.rglob("*") if path.name.upper().endswith(pattern.upper()))
        if found:
            return read(found[0])
    if any(folder.rglob("MTD_MSIL1C.xml")):
        raise ImageryError(f"{folder.name}: is a Level-1C product, not surface reflectance; get the Level-2A product")
    return None


def product_files(folder: Path) -> list[Path]:
    """The images of a Sentinel-2 or Landsat product, wherever it keeps them; none for an ordinary folder."""
    if not folder.is_dir():
        return []
    images = [path for path in sorted(folder.rglob("*")) if is_image(path)]
    if any("IMG_DATA" in path.parts for path in images):
        # the same band at several resolutions: the finest comes first and is kept
        return [path for path in images if "IMG_DATA" in path.parts and not path.stem.endswith("_60m")]
    has_mtl = any(path.name.upper().endswith("_MTL.TXT") for path in folder.rglob("*"))
    landsat = [path for path in images if band_names.sensor_of(path.name) and "_SR_B" in path.name.upper()]
    return images if landsat and (has_mtl or len({path.parent for path in landsat}) == 1) else []


def is_band_folder(folder: Path) -> bool:
    """Whether a folder is one scene with a file per band, and not a series of scenes."""
    stems = [path.stem for path in folder.iterdir() if is_image(path)]
    sensors = [band_names.sensor_of(folder.name), *band_names.sensors()]
    for sensor in sensors:
        meanings = [band_names.band_of_file(stem, sensor) for stem in stems if not band_names.mask_of(stem)]
        known = [meaning for meaning in meanings if meaning]
        if known and len(set(known)) == len(known) and len(known) >= len(stems) / 2:
            return True
    return False


def holds_images(folder: Path) -> bool:
    """Whether there is a raster anywhere in a folder."""
    return any(is_image(path) for path in folder.rglob("*"))


def is_image(path: Path) -> bool:
    """Whether a path is a raster by its name."""
    return path.suffix.lower() in _IMAGES and not path.name.startswith(".") and path.is_file()


def _sensor_by_name(folder: Path, files: list[Path]) -> str | None:
    return next(filter(None, (band_names.sensor_of(name) for name in (folder.name, *(f.name for f in files)))), None)


def _folder_date(product: products.Product | None, files: list[Path]) -> Period | None:
    if product and product.date:
        return dates.parse(product.date)
    return next(filter(None, (band_names.date_of(path.stem) for path in files)), None)


def _pixel(layer: Layer) -> float:
    return abs(layer.grid.transform.determinant)


def _refuse_mixed(name: str, layers: Mapping[str, Layer]) -> None:
    first, *rest = layers.values()
    for layer in rest:
        if not same_crs(first.grid.crs, layer.grid.crs):
            raise ImageryError(
                f"{name}: bands {first.name} and {layer.name} are in different reference systems; warp one first"
            )
