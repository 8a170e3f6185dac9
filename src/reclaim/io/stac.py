"""
Scenes from a STAC API or a static catalogue, loaded lazily on the site's own grid.

No endpoint is contacted unless the project names it and the person at the keyboard allows it.
"""

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from affine import Affine
from pyproj import CRS

from reclaim import dates
from reclaim.dates import Period
from reclaim.errors import CRSError, FileError, ImageryError, MissingExtra, ReclaimError, ReclaimWarning, UnsafePath
from reclaim.io import band_names, products
from reclaim.io.grids import Array, Grid, Window
from reclaim.io.safety import is_remote, safe_path
from reclaim.io.scenes import Layer, Scene
from reclaim.vocabulary import load

KEYS = ("href", "collections", "from", "to", "sensor", "max_cloud")
MAX_ITEMS = 1000
_MARGIN_PIXELS = 2
_GDAL = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_HTTP_MAX_RETRY": "2", "GDAL_HTTP_TIMEOUT": "60"}


class BrokenItem(ReclaimWarning):
    """One date of a catalogue cannot be used; the others are."""


def stac_scenes(
    spec: Mapping[str, Any], zones: gpd.GeoDataFrame, *, folder: Path | None = None, allow_remote: bool = False
) -> list[Scene]:
    """
    The scenes of a catalogue that show the zones, one a day.

    Parameters
    ----------
    spec : mapping
        ``href`` (API or catalogue; a path is relative to ``folder``), and where wanted ``collections``, ``from``,
        ``to`` (dates), ``sensor``, ``max_cloud`` (percent).
    zones : GeoDataFrame
        The ground that is meant.
    folder : Path, optional
        The project's folder.
    allow_remote : bool
        The person at the keyboard allowed the network.

    Returns
    -------
    list of Scene
        By date. Pixels are read when they are needed; items of one day are laid together.

    Raises
    ------
    ImageryError
        When no item shows the zones, or the catalogue cannot be read.
    UnsafePath
        For an address while the network was not allowed.
    MissingExtra
        When the STAC libraries are not installed.
    """
    _refuse_keys(spec)
    items = _found(spec, zones, folder, allow_remote)
    by_day: dict[date, list[Any]] = {}
    for item in items:
        by_day.setdefault(item.datetime.date(), []).append(item)
    sensor = band_names.known_sensor(spec.get("sensor")) or _sensor_of(items[0])
    grid = site_grid(items[0], zones, sensor)
    scenes = []
    for day in sorted(by_day):
        try:
            scenes.append(_scene(by_day[day], day, grid, sensor, allow_remote))
        except UnsafePath:
            raise
        except ReclaimError as error:
            warnings.warn(f"{day}: {error}; this date was set aside", BrokenItem, stacklevel=2)
    if not scenes:
        raise ImageryError(f"{spec['href']}: none of its {len(by_day)} dates can be used")
    return scenes


def _refuse_keys(spec: Mapping[str, Any]) -> None:
    unknown = [key for key in spec if key not in KEYS]
    if unknown:
        raise ImageryError(f"stac: unknown key {unknown[0]!r}; it takes {', '.join(KEYS)}")
    if not spec.get("href"):
        raise ImageryError("stac: needs href, the address of an API or the path of a catalogue")


def _libraries() -> tuple[Any, Any, Any]:
    try:
        import odc.stac
        import pystac
        import pystac_client
    except ImportError as error:
        raise MissingExtra('STAC is not installed; install it with: pip install "reclaim[stac]"') from error
    return pystac, pystac_client, odc.stac


def _found(spec: Mapping[str, Any], zones: gpd.GeoDataFrame, folder: Path | None, allow_remote: bool) -> list[Any]:
    """The items that meet the zones in the time that is asked for."""
    href = str(spec["href"])
    if is_remote(href) and not allow_remote:
        raise UnsafePath(f"{href} is a catalogue on the network; allow it with --allow-remote")
    bbox = [float(value) for value in zones.to_crs("EPSG:4326").total_bounds]
    first, last = _time(spec)
    try:
        found = list(_items(href, spec, bbox, (first, last), folder))
    except ReclaimError:
        raise
    except Exception as error:  # of whichever library: network, JSON, schema
        raise ImageryError(f"{href}: cannot be searched ({type(error).__name__}: {str(error)[:160]})") from error
    cloud = spec.get("max_cloud")
    found = [i for i in found if cloud is None or float(i.properties.get("eo:cloud_cover") or 0) <= float(cloud)]
    if not found:
        place = ", ".join(f"{value:.4f}" for value in bbox)
        when = f" between {first or 'the beginning'} and {last or 'today'}" if first or last else ""
        raise ImageryError(
            f"{href}: holds no image of the zones (longitude and latitude {place}){when}; look at its extent"
        )
    if len(found) > MAX_ITEMS:
        raise ImageryError(f"{href}: {len(found)} images show the zones; narrow the time with from and to")
    return found


def _time(spec: Mapping[str, Any]) -> tuple[date | None, date | None]:
    first, last = spec.get("from"), spec.get("to")
    return (
        None if first is None else dates.parse(first).start,
        None if last is None else dates.parse(last).end,
    )


def _items(
    href: str, spec: Mapping[str, Any], bbox: list[float], time: tuple[date | None, date | None], folder: Path | None
) -> Iterator[Any]:
    pystac, pystac_client, _ = _libraries()
    wanted = spec.get("collections") or None
    if is_remote(href):
        client = pystac_client.Client.open(href)
        if client.conforms_to("ITEM_SEARCH"):
            between = f"{time[0] or '..'}/{time[1] or '..'}" if any(time) else None
            yield from client.search(collections=wanted, bbox=bbox, datetime=between, max_items=MAX_ITEMS + 1).items()
            return
        catalogue = client
    else:
        catalogue = pystac.Catalog.from_file(str(safe_path(href, folder, allow_outside=folder is None)))
    for item in catalogue.get_items(recursive=True):
        if wanted and item.collection_id not in wanted:
            continue
        if _meets(item, bbox) and _within(item, time):
            yield item


def _meets(item: Any, bbox: list[float]) -> bool:
    box = list(item.bbox)  # of four numbers, or six with heights
    west, south, east, north = box[0], box[1], box[len(box) // 2], box[len(box) // 2 + 1]
    return bool(west < bbox[2] and east > bbox[0] and south < bbox[3] and north > bbox[1])


def _within(item: Any, time: tuple[date | None, date | None]) -> bool:
    if item.datetime is None:
        return False
    day = item.datetime.date()
    return (time[0] is None or day >= time[0]) and (time[1] is None or day <= time[1])


def _sensor_of(item: Any) -> str:
    names = [str(item.properties.get("platform") or ""), str(item.collection_id or ""), item.id]
    for name in (text.lower() for text in names):
        if "sentinel-2" in name:
            return "sentinel-2"
        found = next((sensor for sensor in band_names.sensors() if sensor in name.replace("_", "-")), None)
        if found:
            return found
    return band_names.sensor_of(item.id) or "plain"


def _bands(item: Any, sensor: str) -> dict[str, str]:
    """Asset keys by the meaning of their band; the mask under its own name."""
    found: dict[str, str] = {}
    for key, asset in item.assets.items():
        bands = asset.extra_fields.get("eo:bands") or asset.extra_fields.get("bands") or [{}]
        names = [key, *(str(bands[0].get(word) or "") for word in ("common_name", "eo:common_name", "name"))]
        kind = next(filter(None, map(band_names.mask_of, names)), None)
        meaning = kind or next(filter(None, (band_names.band_of(name, sensor) for name in names if name)), None)
        if meaning and meaning not in found:
            found[meaning] = key
    return found


def site_grid(item: Any, zones: gpd.GeoDataFrame, sensor: str) -> Grid:
    """
    The cells of an item's finest band that cover the zones.

    Raises
    ------
    ImageryError
        When the item does not say where its pixels lie.
    """
    places = [place for key in _bands(item, sensor).values() if (place := _place(item, item.assets[key])) is not None]
    if not places:
        raise ImageryError(
            f"{item.id}: does not say where its pixels lie (proj:code and proj:transform); this catalogue cannot be "
            f"loaded lazily"
        )
    crs, transform = min(places, key=lambda place: abs(place[1].determinant))
    try:
        x0, y0, x1, y1 = zones.to_crs(crs).total_bounds
    except Exception as error:
        raise CRSError(f"{item.id}: the zones cannot be brought to {crs.name} ({error})") from error
    cols, rows = zip(*(~transform @ corner for corner in ((x0, y0), (x1, y0), (x0, y1), (x1, y1))), strict=True)
    col, row = int(np.floor(min(cols))) - _MARGIN_PIXELS, int(np.floor(min(rows))) - _MARGIN_PIXELS
    width = int(np.ceil(max(cols))) + _MARGIN_PIXELS - col
    height = int(np.ceil(max(rows))) + _MARGIN_PIXELS - row
    return Grid(crs, transform @ Affine.translation(col, row), width, height)


def _place(item: Any, asset: Any) -> tuple[CRS, Affine] | None:
    fields = {**item.properties, **asset.extra_fields}
    code = fields.get("proj:code") or fields.get("proj:epsg")
    transform = fields.get("proj:transform")
    if code is None or transform is None:
        return None
    return CRS.from_user_input(code if isinstance(code, str) else int(code)), Affine(*[float(v) for v in transform[:6]])


def _scene(items: Sequence[Any], day: date, grid: Grid, sensor: str, allow_remote: bool) -> Scene:
    """One day's items as a scene whose pixels are read when they are needed."""
    _refuse_remote_assets(items, sensor, allow_remote)
    keys = _bands(items[0], sensor)
    data = _lazy(items, keys, grid)
    layers = {name: _layer(items, name, key, data, grid, sensor) for name, key in keys.items()}
    masks = {name: layers.pop(name) for name in band_names.MASKS if name in layers}
    kind = next(iter(masks), None)
    if not layers:
        raise ImageryError(f"{items[0].id}: none of its assets is a band of {sensor}")
    return Scene(
        name=items[0].id,
        layers=layers,
        mask=masks[kind] if kind else None,
        mask_kind=kind,
        sensor=sensor,
        date=Period(day, day, "day"),
    )


def _refuse_remote_assets(items: Sequence[Any], sensor: str, allow_remote: bool) -> None:
    for item in items:
        for key in _bands(item, sensor).values():
            href = item.assets[key].get_absolute_href() or item.assets[key].href
            if is_remote(href) and not allow_remote:
                raise UnsafePath(
                    f"{item.id}: its pixels are on the network ({href[:80]}); allow it with --allow-remote"
                )
            if not is_remote(href) and not os.path.exists(href):
                raise FileError(f"{item.id}: its file {os.path.basename(href)} is missing")


def _lazy(items: Sequence[Any], keys: Mapping[str, str], grid: Grid) -> Any:
    from odc.geo.geobox import GeoBox

    _, _, loader = _libraries()
    box = GeoBox((grid.height, grid.width), grid.transform, grid.crs.to_wkt())
    # nearest everywhere: classes must not be mixed, and bands on this grid are taken as they are
    return loader.load(
        list(items), bands=list(keys.values()), geobox=box, groupby="solar_day", resampling="nearest", chunks={}
    )


def _layer(items: Sequence[Any], name: str, key: str, data: Any, grid: Grid, sensor: str) -> Layer:
    array = data[key].isel(time=0)

    def read(window: Window) -> Array:
        part = array.isel({array.dims[0]: slice(window.row, window.row + window.height),
                           array.dims[1]: slice(window.col, window.col + window.width)})  # fmt: skip
        try:
            return np.asarray(part.values)
        except Exception as error:  # of whichever reader: network, damaged file
            raise FileError(
                f"{items[0].id}: band {name} cannot be read ({type(error).__name__}: {str(error)[:120]})"
            ) from error

    layer = Layer(name=name, grid=grid, dtype=str(array.dtype), read=read)
    return layer if name in band_names.MASKS else _with_factors(layer, items, key, sensor)


def _with_factors(layer: Layer, items: Sequence[Any], key: str, sensor: str) -> Layer:
    """The band with what turns its numbers into reflectance, the same for all items of the day."""
    known = {_factors(item, item.assets[key], sensor) for item in items if key in item.assets}
    if len(known) > 1:
        raise ImageryError(f"{items[0].id}: the images of this day were processed differently; use one of them")
    scale, offset, nodata = known.pop()
    if not layer.whole_numbers and scale is None:
        return layer
    return replace(layer, scale=scale, offset=offset, nodata=() if nodata is None else (nodata,))


def _factors(item: Any, asset: Any, sensor: str) -> tuple[float | None, float | None, float | None]:
    """Scale, offset and nodata of an asset. For Sentinel-2 the baseline weighs more than what the asset announces."""
    fields = (asset.extra_fields.get("raster:bands") or asset.extra_fields.get("bands") or [{}])[0]
    table = load("sensors")[sensor]
    stated = {
        word: fields.get(word, fields.get(f"raster:{word}", asset.extra_fields.get(f"raster:{word}")))
        for word in ("scale", "offset")
    }
    scale = stated["scale"] if stated["scale"] is not None else table.get("scale")
    offset = stated["offset"] if stated["offset"] is not None else table.get("offset")
    if table.get("offset_by_baseline"):
        baseline = str(item.properties.get("s2:processing_baseline") or item.properties.get("processing:version") or "")
        by_baseline = products.baseline_offset(baseline)
        offset = by_baseline if by_baseline is not None else offset
        if item.properties.get("earthsearch:boa_offset_applied"):
            offset = 0.0
    nodata = fields.get("nodata", table.get("nodata"))
    return (
        None if scale is None else float(scale),
        None if offset is None else float(offset),
        None if nodata is None else float(nodata),
    )
