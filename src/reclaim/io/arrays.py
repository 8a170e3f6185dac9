"""
Images that are already in memory: xarray's arrays as scenes, one for each date.

What an array says of itself is taken as a file's words are: CRS, coordinates, names of bands, nodata, scale. Arrays
that are computed when needed (Dask) stay so: windows are computed one by one.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
import pandas as pd
from affine import Affine
from pyproj import CRS

from reclaim import dates
from reclaim.errors import CRSError, ImageryError
from reclaim.io import band_names
from reclaim.io.grids import Array, Grid, Window
from reclaim.io.scene import Layer, Scene, Stated, with_sensor_scale

if TYPE_CHECKING:
    import xarray as xr

_EVEN = 1e-3  # coordinates may stray from even steps by so much of a step; files store them with few digits


def is_array(source: object) -> "TypeGuard[xr.DataArray | xr.Dataset]":
    """Whether this is one of xarray's; who has one has loaded xarray, so it is not loaded to find out."""
    loaded = sys.modules.get("xarray")
    return loaded is not None and isinstance(source, (loaded.DataArray, loaded.Dataset))


def array_scenes(data: "xr.DataArray | xr.Dataset", stated: Stated | None = None) -> list[Scene]:
    """
    An array's images, one for each of its dates.

    Parameters
    ----------
    data : DataArray or Dataset
        A Dataset with a variable for each band, named by its meaning (red, nir, SCL …) or by the sensor's own name; a
        DataArray with a dimension whose labels are such names; or a DataArray of two dimensions that is an index. A
        ``time`` dimension or coordinate dates it. CRS as rioxarray keeps it (``data.rio.write_crs(…)``); coordinates of
        pixel centres.
    stated : Stated, optional
        What the array does not say.

    Returns
    -------
    list of Scene

    Raises
    ------
    CRSError
        Without a CRS.
    ImageryError
        When it cannot be told where its pixels lie, or which band is which.

    Examples
    --------
    >>> import xarray as xr, rioxarray
    >>> place = {"y": [2599995.0, 2599985.0], "x": [500005.0, 500015.0]}
    >>> ndvi = xr.DataArray([[0.1, 0.7], [0.8, 0.2]], place, name="ndvi").rio.write_crs("EPSG:32649")
    >>> scenes = array_scenes(ndvi.expand_dims(time=np.array(["2021-06-03", "2021-07-01"], "datetime64[ns]")))
    >>> [(scene.name, list(scene.layers), str(scene.date)) for scene in scenes]
    [('ndvi', ['ndvi'], '2021-06-03'), ('ndvi', ['ndvi'], '2021-07-01')]
    """
    stated = stated or Stated()
    name = str(getattr(data, "name", "") or "array")
    bands = _bands(data, name)
    grid = _grid(data, name)
    return [_scene(name, bands, at, grid, stated) for at in _moments(data)]


def _bands(data: Any, name: str) -> "dict[str, xr.DataArray]":
    """Its bands by the names that it gives them, each of rows, columns and perhaps dates."""
    places = _places(data, name)
    if hasattr(data, "data_vars"):
        found = {str(key): band for key, band in data.data_vars.items() if set(places) <= set(band.dims)}
    else:
        others = [dim for dim in data.dims if dim not in (*places, "time")]
        if len(others) > 1:
            raise ImageryError(f"{name}: has dimensions {', '.join(map(str, data.dims))}; select down to one of bands")
        found = _along(data, others[0], name) if others else {str(data.name or ""): data}
    if not found:
        raise ImageryError(f"{name}: none of its variables has rows and columns")
    return {key: band.transpose(..., *places) for key, band in found.items()}


def _along(data: "xr.DataArray", dim: Any, name: str) -> "dict[str, xr.DataArray]":
    labels = [str(label) for label in data[dim].to_numpy()] if dim in data.coords else []
    told = data.attrs.get("long_name")
    if (not labels or all(label.isdigit() for label in labels)) and isinstance(told, tuple | list | str):
        labels = [told] if isinstance(told, str) else [str(label) for label in told]
    if data.sizes[dim] == 1:
        return {labels[0] if labels and not labels[0].isdigit() else str(data.name or ""): data.isel({dim: 0})}
    if len(set(labels)) != data.sizes[dim] or all(label.isdigit() for label in labels):
        raise ImageryError(
            f"{name}: does not say which of its {data.sizes[dim]} bands is which; their order is never guessed. Label "
            f"them: data.assign_coords({dim}=['red', 'nir', …])"
        )
    return {label: data.isel({dim: number}) for number, label in enumerate(labels)}


def _places(data: Any, name: str) -> tuple[str, str]:
    """Names of the dimensions of rows and columns."""
    import rioxarray  # noqa: F401  (gives arrays their ``rio``)
    from rioxarray.exceptions import RioXarrayError

    try:
        return data.rio.y_dim, data.rio.x_dim
    except RioXarrayError as error:
        raise ImageryError(
            f"{name}: does not say which of its dimensions {', '.join(map(str, data.dims))} are rows and columns; call "
            "them y and x"
        ) from error


def _grid(data: Any, name: str) -> Grid:
    if data.rio.crs is None:
        raise CRSError(f'{name}: has no reference system (CRS); state it: data.rio.write_crs("EPSG:…")')
    rows, cols = _places(data, name)
    across, turn, sheer, down = _told_steps(data)
    if turn or sheer:
        raise ImageryError(
            f"{name}: its rows are turned against north; give the file, or warp it with data.rio.reproject"
        )
    top, height = _steps(data, rows, name, down)
    left, width = _steps(data, cols, name, across)
    crs = CRS.from_wkt(data.rio.crs.to_wkt()).to_2d()
    return Grid(crs, Affine(width, 0, left, 0, height, top), data.sizes[cols], data.sizes[rows])


def _told_steps(data: Any) -> tuple[float, float, float, float]:
    """The steps along columns and rows that the array was opened with, where it still says so."""
    attrs = data.coords[data.rio.grid_mapping].attrs if data.rio.grid_mapping in data.coords else {}
    told = [float(number) for number in str(attrs.get("GeoTransform", "")).split()]
    return (told[1], told[2], told[4], told[5]) if len(told) == 6 else (0.0, 0.0, 0.0, 0.0)


def _steps(data: Any, dim: str, name: str, one: float) -> tuple[float, float]:
    """Where the first cell begins, and the step; ``one`` is the step of a single cell."""
    if dim not in data.coords:
        raise ImageryError(f"{name}: has no coordinates along {dim}; it cannot be told where its pixels lie")
    centres = np.asarray(data[dim].to_numpy(), dtype=float)
    if len(centres) == 1 and one:
        return float(centres[0]) - one / 2, one
    step = float(centres[-1] - centres[0]) / max(len(centres) - 1, 1)
    if not step or not np.allclose(np.diff(centres), step, rtol=0, atol=_EVEN * abs(step)):
        raise ImageryError(f"{name}: its coordinates along {dim} are not evenly spaced; they give no pixels")
    return float(centres[0]) - step / 2, step


def _moments(data: Any) -> list[tuple[int | None, pd.Timestamp | None]]:
    """Places along time with their dates; None where there is no such dimension, or no date."""
    if "time" not in data.coords:
        return [(None, None)] if "time" not in data.dims else [(place, None) for place in range(data.sizes["time"])]
    values = np.atleast_1d(data["time"].to_numpy())
    moments = [None if pd.isna(value) else pd.Timestamp(value) for value in values]
    return list(enumerate(moments)) if "time" in data.dims else [(None, moments[0])]


def _scene(
    name: str, bands: "Mapping[str, xr.DataArray]", at: tuple[int | None, pd.Timestamp | None], grid: Grid,
    stated: Stated,
) -> Scene:  # fmt: skip
    place, moment = at
    sensor = stated.sensor or "plain"
    layers: dict[str, Layer] = {}
    for key, band in bands.items():
        meaning = band_names.mask_of(key) or band_names.band_of(key, sensor) or band_names.index_of(key)
        if meaning is None and len(bands) == 1:
            meaning = ""
        if meaning in layers:
            raise ImageryError(f"{name}: two of its bands are called {meaning}; rename one")
        if meaning is not None:
            one = band if place is None or "time" not in band.dims else band.isel(time=place)
            layers[meaning] = _layer(name, meaning, one, grid, stated)
    masks = {key: layers.pop(key) for key in band_names.MASKS if key in layers}
    if not layers:
        raise ImageryError(f"{name}: of its bands {', '.join(map(repr, bands))} none is known; call them red, nir …")
    kind = next(iter(masks), None)
    day = dates.parse(stated.date) if stated.date else None if moment is None else dates.parse(moment)
    scene = Scene(name, layers, mask=masks.get(kind or ""), mask_kind=kind, sensor=sensor, date=day)
    return with_sensor_scale(scene)


def _layer(name: str, meaning: str, band: "xr.DataArray", grid: Grid, stated: Stated) -> Layer:
    if not (np.issubdtype(band.dtype, np.number) or band.dtype == bool):
        raise ImageryError(f"{name}: band {meaning or 'without a name'} holds {band.dtype}, not numbers")
    rows, cols = band.dims

    def read(window: Window) -> Array:
        part = band.isel(
            {rows: slice(window.row, window.row + window.height), cols: slice(window.col, window.col + window.width)}
        )
        return np.asarray(part.to_numpy())

    chunks = band.chunks
    layer = Layer(name=meaning, grid=grid, dtype=str(band.dtype), read=read)
    if chunks:
        layer = replace(layer, block=(chunks[0][0], chunks[1][0]))
    return layer if meaning in band_names.MASKS else _with_factors(layer, band, stated)


def _with_factors(layer: Layer, band: Any, stated: Stated) -> Layer:
    """The band with what turns its numbers into values; what a reader has applied stands in ``encoding``, not here."""
    scale, offset = band.attrs.get("scale_factor"), band.attrs.get("add_offset")
    if (scale, offset) == (1.0, 0.0):  # rioxarray writes these where a file states nothing
        scale = offset = None
    if stated.scale is not None:
        scale, offset = stated.scale, None
    offset = offset if stated.offset is None else stated.offset
    nodata = [value for value in (band.rio.nodata, stated.nodata) if value is not None]
    return replace(
        layer,
        scale=None if scale is None else float(scale),
        offset=None if offset is None else float(offset),
        nodata=tuple(float(value) for value in nodata if not np.isnan(value)),
    )
