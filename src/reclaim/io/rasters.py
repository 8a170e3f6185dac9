"""
Raster files: what they say about themselves, reading by windows, writing whole or not at all.

A file is never read as a whole. What it states (nodata, scale, offset, band names, colours, date) is kept as it
stands; nothing is guessed here.
"""

import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as FileWindow

from reclaim.errors import CRSError, FileError, ImageryError, UnsafePath
from reclaim.io.atomic import atomic_path
from reclaim.io.grids import Array, Grid, Window
from reclaim.io.safety import safe_source

# formats that hold pixels themselves; those that point elsewhere (VRT, WMS) need allow_remote
_DRIVERS = ("GTiff", "JP2OpenJPEG", "HFA", "ENVI", "AAIGrid", "PNG", "JPEG")
MAX_PIXELS = 5_000_000_000
MAX_BLOCK_BYTES = 1 << 29
_CACHE_MB = 128  # GDAL's own block cache; its usual 5 % of memory is a gigabyte on a large machine


@dataclass(frozen=True)
class RasterBand:
    """What a file says about one of its bands."""

    number: int
    name: str
    dtype: str
    nodata: float | None
    scale: float | None
    offset: float | None
    colour: str


@dataclass(frozen=True)
class RasterFile:
    """
    An opened raster file.

    Attributes
    ----------
    path : str
        As handed to GDAL.
    grid : Grid or None
        None where the file has no georeference of its own.
    bands : tuple of RasterBand
    tags : mapping
        Everything the file says about itself, keys in lower case.
    block : tuple of int
        Rows and columns of its storage blocks.
    masked : bool
        Whether it carries a mask of its own beside its bands.
    """

    path: str
    grid: Grid | None
    shape: tuple[int, int]
    bands: tuple[RasterBand, ...]
    tags: Mapping[str, str]
    block: tuple[int, int]
    masked: bool

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return os.path.basename(self.path)

    def read(self, number: int, window: Window) -> Array:
        """
        The stored numbers of one band in a window.

        Raises
        ------
        FileError
            When the file is cut short or damaged there.
        """
        return self._read(window, lambda data, part: data.read(number, window=part))

    def seen(self, window: Window) -> Array:
        """The file's own mask: True where it holds a picture."""
        return self._read(window, lambda data, part: data.dataset_mask(window=part)) > 0

    def _read(self, window: Window, take: Any) -> Array:
        part = FileWindow(window.col, window.row, window.width, window.height)
        try:
            return np.asarray(take(_dataset(self.path, _stamp(self.path)), part))
        except (RasterioError, ValueError, MemoryError) as error:
            raise FileError(
                f"{self.name}: cannot be read at row {window.row}, column {window.col}; the file is cut short or "
                f"damaged ({_first_line(error)}). Copy or download it again"
            ) from error


def open_raster(path: str | os.PathLike[str], *, allow_remote: bool = False) -> RasterFile:
    """
    Open a raster file and take down what it says about itself.

    Parameters
    ----------
    path : path
        GeoTIFF, COG, JPEG 2000, Erdas Imagine, ENVI, ASCII grid, PNG or JPEG.
    allow_remote : bool
        Also URLs, GDAL's virtual file systems and virtual rasters.

    Raises
    ------
    FileError
        When there is no such file, or it is no raster or a damaged one.
    UnsafePath
        When it is remote or virtual and that was not allowed.
    ImageryError
        When it declares more pixels than can be read within reason.
    """
    source = safe_source(path, allow_remote=allow_remote)
    name = os.path.basename(source)
    if not allow_remote and not Path(source).is_file():
        raise FileError(f"{source}: there is no such file")
    try:
        data = _dataset(source, _stamp(source))
    except RasterioError as error:
        raise FileError(f"{name}: is no raster, or it is cut short or damaged ({_first_line(error)})") from error
    if not allow_remote and data.driver not in _DRIVERS:
        raise UnsafePath(f"{name}: is a {data.driver} file; convert it to GeoTIFF, or allow it with --allow-remote")
    _refuse_bombs(data, name)
    return RasterFile(
        path=source,
        grid=_grid(data, name),
        shape=(data.height, data.width),
        bands=tuple(_band(data, number) for number in data.indexes),
        tags=_tags(data),
        block=data.block_shapes[0],
        masked=any(MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags for flags in data.mask_flag_enums),
    )


def close_rasters() -> None:
    """Let go of all files that were opened, so that other programs may replace them."""
    _dataset.cache_clear()


@lru_cache(maxsize=64)
def _dataset(path: str, stamp: tuple[int, int]) -> Any:
    """An open file. Re-opened where it changed on disk (``stamp``)."""
    os.environ.setdefault("GDAL_CACHEMAX", str(_CACHE_MB))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(path)


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _refuse_bombs(data: Any, name: str) -> None:
    pixels = data.width * data.height
    if pixels > MAX_PIXELS:
        raise ImageryError(
            f"{name}: declares {data.width:,} x {data.height:,} pixels, more than the limit of {MAX_PIXELS:,}; "
            "cut it to the zones' surroundings first"
        )
    for (height, width), dtype in zip(data.block_shapes, data.dtypes, strict=True):
        if height * width * np.dtype(dtype).itemsize > MAX_BLOCK_BYTES:
            raise ImageryError(
                f"{name}: is stored in blocks of {width:,} x {height:,} pixels, which cannot be read piece by piece; "
                "write it anew with tiles of 512 x 512"
            )


def _grid(data: Any, name: str) -> Grid | None:
    """Where the pixels lie; None where the file does not say."""
    if data.crs is None:
        if data.transform == Affine.identity():
            return None
        raise CRSError(f"{name}: has coordinates but no reference system (CRS); write the right one into the file")
    if data.transform == Affine.identity():
        raise ImageryError(f"{name}: names a reference system but not where its pixels lie; georeference it first")
    return Grid(CRS.from_wkt(data.crs.to_wkt()).to_2d(), data.transform, data.width, data.height)


def _band(data: Any, number: int) -> RasterBand:
    at = number - 1
    scale, offset = float(data.scales[at]), float(data.offsets[at])
    stated = (scale, offset) != (1.0, 0.0)
    colour = data.colorinterp[at]
    return RasterBand(
        number=number,
        name=(data.descriptions[at] or "").strip(),
        dtype=data.dtypes[at],
        nodata=None if data.nodatavals[at] is None else float(data.nodatavals[at]),
        scale=scale if stated else None,
        offset=offset if stated else None,
        colour=colour.name if isinstance(colour, ColorInterp) else "undefined",
    )


def _tags(data: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for space in ("", "IMAGERY"):
        found.update({str(key).lower(): str(value) for key, value in data.tags(ns=space or None).items()})
    return found


def _first_line(error: BaseException) -> str:
    cause = error.__cause__ or error
    text = re.sub(r"\s+", " ", str(cause)).strip()
    return text[:160] or type(cause).__name__


@dataclass(frozen=True)
class NewBand:
    """A band to write: its name, and the unit of its numbers."""

    name: str
    unit: str = ""


class RasterWriter:
    """Takes blocks of a raster that is being written."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def write(self, values: Array, window: Window) -> None:
        """Put an array (bands, rows, columns) in its place."""
        part = FileWindow(window.col, window.row, window.width, window.height)
        self._data.write(values, window=part)


@contextmanager
def writing_raster(
    path: str | os.PathLike[str],
    grid: Grid,
    bands: Sequence[NewBand],
    *,
    dtype: str = "float32",
    tags: Mapping[str, str] | None = None,
) -> Iterator[RasterWriter]:
    """
    Write a GeoTIFF block by block; it appears under its name when it is whole.

    Parameters
    ----------
    path : path
        Ends in ``.tif``.
    grid : Grid
        Its cells.
    bands : sequence of NewBand
        Names are written as band descriptions, so that the file can be read back by meaning.
    dtype : str
        Floats get NaN as nodata.
    tags : mapping
        What the file says about itself.

    Yields
    ------
    RasterWriter
    """
    if Path(path).suffix.lower() not in {".tif", ".tiff"}:
        raise FileError(f"{path}: rasters are written as GeoTIFF; end the name in .tif")
    with atomic_path(path) as fresh, rasterio.open(fresh, "w", **_profile(grid, len(bands), dtype)) as data:
        data.update_tags(**dict(tags or {}))
        for number, band in enumerate(bands, 1):
            data.set_band_description(number, band.name)
            if band.unit:
                data.set_band_unit(number, band.unit)
        yield RasterWriter(data)


def _profile(grid: Grid, count: int, dtype: str) -> dict[str, Any]:
    floating = np.issubdtype(np.dtype(dtype), np.floating)
    large = grid.width >= 512 and grid.height >= 512
    return {
        "driver": "GTiff",
        "crs": grid.crs.to_wkt(),
        "transform": grid.transform,
        "width": grid.width,
        "height": grid.height,
        "count": count,
        "dtype": dtype,
        "nodata": np.nan if floating else None,
        "compress": "deflate",
        "predictor": 3 if floating else 2,
        "interleave": "band",
        "bigtiff": "if_safer",
        "photometric": "minisblack",
        **({"tiled": True, "blockxsize": 512, "blockysize": 512} if large else {}),
    }
