"""
What the metadata files of satellite products say: Landsat's MTL and Sentinel-2's MTD.

Only what a figure depends on is read: sensor, date, level, scale and offset of each band, and for Landsat the place of
the pixels, which cropped copies of its bands have lost.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from affine import Affine
from pyproj import CRS

from reclaim.errors import FileError, ImageryError
from reclaim.io.grids import Grid

_MAX_BYTES = 32 << 20
_LANDSAT_LEVEL_2 = ("L2SP", "L2SR")


@dataclass(frozen=True)
class Product:
    """
    A product's own words about itself.

    Attributes
    ----------
    sensor : str
        Name in the sensor table.
    date : str
        As written there.
    scale, offset : mapping
        By the product's own band name (``B4``): reflectance is the stored number × scale + offset.
    grid : Grid or None
        Where the pixels lie, if the metadata say so.
    """

    sensor: str
    date: str
    scale: Mapping[str, float] = field(default_factory=dict)
    offset: Mapping[str, float] = field(default_factory=dict)
    grid: Grid | None = None


def read_mtl(path: Path) -> Product:
    """
    A Landsat Collection 2 Level-2 metadata file (``…_MTL.txt``).

    The corners it names are the centres of the corner pixels. Scenes south of the equator are in the northern UTM
    zone with negative northings.

    Raises
    ------
    FileError, ImageryError
        When it is no such file, or the product is no surface reflectance.
    """
    groups = _groups(_text(path))
    contents, image = groups.get("PRODUCT_CONTENTS", {}), groups.get("IMAGE_ATTRIBUTES", {})
    level = contents.get("PROCESSING_LEVEL", "")
    if level not in _LANDSAT_LEVEL_2:
        raise ImageryError(
            f"{path.name}: is of level {level or 'unknown'}, not surface reflectance; get the Collection 2 Level-2 "
            f"product"
        )
    number = image.get("SPACECRAFT_ID", "").removeprefix("LANDSAT_")
    if number not in {"5", "7", "8", "9"}:
        raise ImageryError(
            f"{path.name}: {image.get('SPACECRAFT_ID', 'an unnamed satellite')} is not in the sensor table"
        )
    factors = groups.get("LEVEL2_SURFACE_REFLECTANCE_PARAMETERS", {})
    return Product(
        sensor=f"landsat-{number}",
        date=image.get("DATE_ACQUIRED", ""),
        scale=_by_band(factors, "REFLECTANCE_MULT_BAND_"),
        offset=_by_band(factors, "REFLECTANCE_ADD_BAND_"),
        grid=_mtl_grid(groups.get("PROJECTION_ATTRIBUTES", {}), path.name),
    )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise FileError(f"{path.name}: is too large for a metadata file")
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path.name}: cannot be read ({error.strerror})") from error


def _groups(text: str) -> dict[str, dict[str, str]]:
    """Keys and values by the group they stand in; the same key means different things in different groups."""
    found: dict[str, dict[str, str]] = {}
    group = ""
    for key, value in re.findall(r"^\s*([A-Z0-9_]+)\s*=\s*(.*?)\s*$", text, re.MULTILINE):
        if key == "GROUP":
            group = value
        elif key != "END_GROUP":
            found.setdefault(group, {})[key] = value.strip('"')
    return found


def _by_band(factors: Mapping[str, str], prefix: str) -> dict[str, float]:
    return {f"B{key.removeprefix(prefix)}": float(value) for key, value in factors.items() if key.startswith(prefix)}


def _mtl_grid(place: Mapping[str, str], name: str) -> Grid | None:
    try:
        cell = float(place["GRID_CELL_SIZE_REFLECTIVE"])
        x, y = float(place["CORNER_UL_PROJECTION_X_PRODUCT"]), float(place["CORNER_UL_PROJECTION_Y_PRODUCT"])
        width, height = int(place["REFLECTIVE_SAMPLES"]), int(place["REFLECTIVE_LINES"])
        if place["MAP_PROJECTION"] != "UTM" or place["DATUM"] != "WGS84":
            return None
        crs = CRS.from_epsg(32600 + int(place["UTM_ZONE"]))
    except KeyError:
        return None
    except ValueError as error:
        raise ImageryError(f"{name}: a number in PROJECTION_ATTRIBUTES cannot be read ({error})") from error
    return Grid(crs, Affine(cell, 0, x - cell / 2, 0, -cell, y + cell / 2), width, height)


def read_mtd(path: Path) -> Product:
    """
    A Sentinel-2 Level-2A product file (``MTD_MSIL2A.xml``).

    Raises
    ------
    FileError, ImageryError
        When it is no such file, or a Level-1C product.
    """
    root = _xml(path)
    level = _first(root, "PROCESSING_LEVEL")
    if "2A" not in level:
        raise ImageryError(
            f"{path.name}: is {level or 'no Level-2A product'}, not surface reflectance; get the Level-2A product"
        )
    quantity = float(_first(root, "BOA_QUANTIFICATION_VALUE") or 10000)
    names = {
        item.get("bandId"): (item.get("physicalBand") or "")
        for item in root.iter()
        if _tag(item) == "Spectral_Information"
    }
    offsets = {item.get("band_id"): float(item.text or 0) for item in root.iter() if _tag(item) == "BOA_ADD_OFFSET"}
    baseline = _first(root, "PROCESSING_BASELINE")
    return Product(
        sensor="sentinel-2",
        date=_first(root, "PRODUCT_START_TIME") or _first(root, "DATATAKE_SENSING_START"),
        scale={"": 1 / quantity},
        offset=_mtd_offsets(offsets, names, quantity, baseline),
    )


def _mtd_offsets(
    offsets: Mapping[str | None, float], names: Mapping[str | None, str], quantity: float, baseline: str
) -> dict[str, float]:
    """Offsets by band name; ``""`` stands for all bands that are not named."""
    if not offsets:
        known = baseline_offset(baseline)
        return {} if known is None else {"": known}
    by_name = {names[band].upper(): value / quantity for band, value in offsets.items() if names.get(band)}
    if len(set(offsets.values())) == 1:
        by_name[""] = next(iter(offsets.values())) / quantity
    return by_name


def baseline_offset(baseline: str) -> float | None:
    """
    The Sentinel-2 reflectance offset that belongs to a processing baseline; None where it cannot be read.

    From baseline 04.00 on, reprocessed products of older dates included, stored numbers are raised by 1000.

    Examples
    --------
    >>> baseline_offset("05.10"), baseline_offset("N0214"), baseline_offset("")
    (-0.1, 0.0, None)
    """
    match = re.fullmatch(r"[Nn]?(\d{2})\.?(\d{2})", baseline.strip())
    if match is None:
        return None
    return -0.1 if int(match[1]) >= 4 else 0.0


def _xml(path: Path) -> ElementTree.Element:
    text = _text(path)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise FileError(f"{path.name}: declares entities, which no product file does; it was not read")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise FileError(f"{path.name}: is no well-formed XML ({error})") from error


def _tag(item: ElementTree.Element) -> str:
    return item.tag.rsplit("}", 1)[-1]


def _first(root: ElementTree.Element, tag: str) -> str:
    return next((str(item.text or "").strip() for item in root.iter() if _tag(item) == tag), "")
