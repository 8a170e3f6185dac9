"""
What a scene is: the bands of one date by meaning, with what turns their stored numbers into values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from reclaim import dates
from reclaim.dates import Period
from reclaim.errors import DateError, ImageryError
from reclaim.io import band_names, products
from reclaim.io.grids import Array, Grid, Window
from reclaim.io.rasters import RasterBand, RasterFile
from reclaim.vocabulary import load

_DATE_TAGS = (
    "date_acquired", "acquisitiondatetime", "acquisition_date", "acquisition_datetime", "sensing_time",
    "product_start_time", "datetime", "date", "tifftag_datetime",
)  # fmt: skip


@dataclass(frozen=True)
class Stated:
    """
    What a person states about files that do not say it themselves.

    Attributes
    ----------
    sensor : str, optional
        A name of the sensor table.
    nodata : float, optional
        The stored number that means "not seen".
    scale, offset : float, optional
        Value = stored number × scale + offset.
    date : str, optional
        Day, month or year of the image.
    allow_remote : bool
        Also URLs and virtual rasters.
    """

    sensor: str | None = None
    nodata: float | None = None
    scale: float | None = None
    offset: float | None = None
    date: str | None = None
    allow_remote: bool = False

    def __post_init__(self) -> None:
        band_names.known_sensor(self.sensor)
        if self.scale is not None and (not np.isfinite(self.scale) or self.scale == 0):
            raise ImageryError(
                f"scale {self.scale} would make all numbers the same; give the factor, for example 0.0001"
            )
        if self.offset is not None and not np.isfinite(self.offset):
            raise ImageryError(f"offset {self.offset} is no number to add")


@dataclass(frozen=True, eq=False)
class Layer:
    """
    One band of a scene: stored numbers by window, and what turns them into values.

    ``scale`` is None where nobody states it. ``seen`` is the file's own mask, if it has one.
    """

    name: str
    grid: Grid
    dtype: str
    read: Callable[[Window], Array]
    nodata: tuple[float, ...] = ()
    scale: float | None = None
    offset: float | None = None
    block: tuple[int, int] = (512, 512)
    seen: Callable[[Window], Array] | None = None
    number: int | None = None

    @property
    def whole_numbers(self) -> bool:
        """Whether the stored numbers are integers."""
        return np.issubdtype(np.dtype(self.dtype), np.integer)


@dataclass(frozen=True, eq=False)
class Scene:
    """
    The bands of one date.

    Attributes
    ----------
    name : str
        File or folder, as shown to people.
    layers : mapping of str to Layer
        Bands by meaning (red, nir …); a ready-made index under its own name, or under ``""`` where it has none.
    mask, mask_kind
        The quality band and which kind it is (SCL or QA_PIXEL).
    alpha, saturation : Layer, optional
        Transparency of a mosaic; saturation bits of a Landsat product.
    sensor : str
        A name of the sensor table.
    date : Period, optional
    colours : bool
        Whether the bands are plain colours of a camera, told by the file's colour interpretation.
    notes : tuple of str
        What was decided while reading, to be said aloud.
    """

    name: str
    layers: Mapping[str, Layer]
    mask: Layer | None = None
    mask_kind: str | None = None
    alpha: Layer | None = None
    saturation: Layer | None = None
    sensor: str = "plain"
    date: Period | None = None
    colours: bool = False
    notes: tuple[str, ...] = field(default=())

    def grid_of(self, names: list[str]) -> Grid:
        """The finest grid among some bands."""
        return min((self.layers[name].grid for name in names), key=lambda grid: abs(grid.transform.determinant))


def layer_of(raster: RasterFile, band: RasterBand, name: str, stated: Stated, *, grid: Grid | None = None) -> Layer:
    """
    A band of a file as a layer.

    Parameters
    ----------
    raster, band
        The file and which of its bands.
    name : str
        What the band means.
    stated : Stated
        Comes before what the file says.
    grid : Grid, optional
        Where its pixels lie, for a file that does not say.

    Raises
    ------
    ImageryError
        When nobody says where its pixels lie, or what is said does not fit.
    """
    place = raster.grid or grid
    if place is None:
        raise ImageryError(f"{raster.name}: does not say where its pixels lie (no georeference); georeference it first")
    if (place.height, place.width) != raster.shape:
        raise ImageryError(
            f"{raster.name}: has {raster.shape[1]} x {raster.shape[0]} pixels, but its metadata place "
            f"{place.width} x {place.height}; this is no matching pair"
        )
    scale, offset = band.scale, band.offset
    if stated.scale is not None:
        scale, offset = stated.scale, None
    if stated.offset is not None:
        offset = stated.offset
    return Layer(
        name=name,
        grid=place,
        dtype=band.dtype,
        read=lambda window: raster.read(band.number, window),
        nodata=tuple(value for value in (band.nodata, stated.nodata) if value is not None),
        scale=scale,
        offset=offset,
        block=raster.block,
        seen=raster.seen if raster.masked else None,
    )


def tag_date(raster: RasterFile) -> Period | None:
    """The date among a file's own words."""
    for tag in _DATE_TAGS:
        text = raster.tags.get(tag, "").strip()
        if text[4:5] == ":" and text[7:8] == ":":  # TIFF writes 2021:06:03 10:00:00
            text = text[:10].replace(":", "-") + text[10:]
        if text:
            try:
                return dates.parse(text)
            except DateError:
                continue
    return None


def with_sensor_scale(scene: Scene, baseline: str = "") -> Scene:
    """The scene with the sensor's own scale where its stored numbers have none; floats are taken as they stand."""
    table: Mapping[str, Any] = load("sensors")[scene.sensor]
    if "scale" not in table or scene.colours:
        return scene
    offset = products.baseline_offset(baseline) if table.get("offset_by_baseline") else table["offset"]
    layers, assumed = {}, False
    for name, layer in scene.layers.items():
        if not layer.whole_numbers or name == "":
            layers[name] = layer
            continue
        nodata = tuple(dict.fromkeys((*layer.nodata, float(table["nodata"]))))
        own = layer.offset if layer.offset is not None or layer.scale is not None else offset
        assumed |= own is None and layer.scale is None
        scale = table["scale"] if layer.scale is None else layer.scale
        layers[name] = replace(layer, nodata=nodata, scale=scale, offset=own or 0.0)
    note = (
        f"{scene.name}: does not name its processing baseline, so no offset was taken; if it is of baseline 04.00 or "
        f"later "
        "and still has the offset in it, give --offset -0.1"
    )
    return replace(scene, layers=layers, notes=(*scene.notes, *((note,) if assumed else ())))
