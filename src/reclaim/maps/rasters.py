"""
Images on a map: true colour, an index, or what changed between two dates, for display.

An image is thinned to the size of a screen, laid into Web Mercator cell by cell, coloured with the colours of its
legend and kept within a size; how coarse it became is said under the legend. No figure ever comes from it.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from PIL import Image
from pyproj import CRS, Transformer

from reclaim.errors import ImageryError
from reclaim.io.grids import Grid, Window, same_crs
from reclaim.io.scenes import Scene
from reclaim.vocabulary import load
from reclaim.zonal.bands import hidden_cells, index_image, reflectances
from reclaim.zonal.indices import sensor_wavelengths
from reclaim.zonal.masks import Masking

Box = tuple[float, float, float, float]
MERCATOR, LONGITUDES = CRS("EPSG:3857"), CRS("EPSG:4490")
MOST_PIXELS, MOST_BYTES = 900, 150_000
_VISIBLE = ("red", "green", "blue")
_BRIGHT = 0.28  # reflectance that is drawn white


@dataclass(frozen=True, eq=False)
class Picture:
    """
    An image ready to be laid on a map.

    Parameters
    ----------
    zh, en : str
        Its name.
    png : bytes
        North up, even in Web Mercator.
    bounds : (west, south, east, north)
        Degrees.
    pixel_m : float
        Size of a pixel on the ground, in metres of Web Mercator at the equator scaled to its latitude.
    ramp : mapping, optional
        ``colours`` and ``labels`` of a colour scale.
    classes : sequence of mapping
        Classes with ``code``, ``zh``, ``en``, ``colour``, ``hatch``.
    """

    zh: str
    en: str
    png: bytes
    bounds: Box
    pixel_m: float
    ramp: dict[str, Any] | None = None
    classes: Sequence[dict[str, str]] = ()


def true_colour(scene: Scene, box: Box | None = None, *, most: int = MOST_PIXELS) -> Picture:
    """
    A scene as the eye would see it.

    Parameters
    ----------
    scene : Scene
        With red, green and blue.
    box : (west, south, east, north), optional
        Only this part, degrees.
    most : int
        Pixels of the longer side.

    Raises
    ------
    ImageryError
        Where a band is missing, or the image lies elsewhere.
    """
    missing = [band for band in _VISIBLE if band not in scene.layers]
    if missing:
        raise ImageryError(f"{scene.name}: has no {', '.join(missing)} band, so it cannot be shown in true colour")
    word = load("maps")["images"]["true_colour"]
    name = (f"{word['zh']} {_when(scene)}", f"{word['en']} {_when(scene)}")

    def draw(size: int) -> Picture:
        grid = thinned(scene.grid_of(list(_VISIBLE)), box, size, name=scene.name)
        bands = reflectances(scene, _VISIBLE, grid, grid.whole, hidden=np.zeros(grid.whole.shape, dtype=bool))
        values, bounds, pixel = laid(np.stack(bands), grid)
        return Picture(*name, _rgb_png(values, plain=_plain_numbers(scene)), bounds, pixel)

    return _within(draw, most)


def index_picture(scene: Scene, index: str = "ndvi", box: Box | None = None, *, most: int = MOST_PIXELS) -> Picture:
    """
    An index of a scene in steps of colour; ground that was not seen stays empty.

    Parameters
    ----------
    scene : Scene
        Holds the index's bands, or the index itself.
    index : str
        A name of the table of indices.
    box, most
        As in ``true_colour``.
    """
    scheme = load("maps")["images"]["index"]
    edges = np.array(scheme["edges"])
    names = tuple(f"{index.upper()} {_when(scene)}" for _ in range(2))

    def draw(size: int) -> Picture:
        values, grid = index_values(scene, index, box, size)
        laid_values, bounds, pixel = laid(values[None], grid)
        step = np.digitize(laid_values[0], edges[1:-1])
        png = palette_png(np.where(np.isnan(laid_values[0]), 255, step), scheme["colours"])
        ramp = {"colours": scheme["colours"], "labels": [f"{edge:g}" for edge in edges]}
        return Picture(names[0], names[1], png, bounds, pixel, ramp=ramp)

    return _within(draw, most)


def change_picture(
    before: Scene, after: Scene, index: str = "ndvi", box: Box | None = None, *, drop: float = 0.3
) -> Picture:
    """
    Where an index fell or rose by more than ``drop`` between two scenes; seen in both.

    Parameters
    ----------
    before, after : Scene
        Of the same reference system.
    index, box
        As in ``index_picture``.
    drop : float
        Index units.
    """
    scheme = load("maps")["images"]["change"]

    def draw(size: int) -> Picture:
        first, grid = index_values(before, index, box, size)
        second, _ = index_values(after, index, box, size, grid=grid)
        values, bounds, pixel = laid((second - first)[None], grid)
        step = np.full(values[0].shape, 255)
        step[values[0] < -drop] = 0
        step[values[0] > drop] = 1
        classes = [{"code": code, **scheme[code], "hatch": ""} for code in ("lost", "gained")]
        when = f"{index.upper()} {_when(before)} → {_when(after)}"
        names = f"{scheme['zh']} {when}", f"{scheme['en']} {when}"
        png = palette_png(step, [entry["colour"] for entry in classes])
        return Picture(*names, png, bounds, pixel, classes=tuple(classes))

    return _within(draw, MOST_PIXELS)


def index_values(
    scene: Scene, index: str, box: Box | None, most: int, *, grid: Grid | None = None
) -> tuple[np.ndarray, Grid]:
    """An index on a thinned grid of the scene, or on the grid given; NaN where it was not seen."""
    image = index_image(scene, index)
    grid = grid or thinned(image.grid, box, most, name=scene.name)
    if not same_crs(grid.crs, image.grid.crs):
        raise ImageryError(
            f"{scene.name}: lies in another reference system than the image before it; warp one to the other's"
        )
    hidden = hidden_cells(scene, image.bands, grid, grid.whole, masking=Masking())
    bands = reflectances(scene, image.bands, grid, grid.whole, hidden=hidden)
    if image.ready is not None or image.spec is None:
        return bands[0], grid
    wavelengths = sensor_wavelengths(scene.sensor) if image.spec.wavelengths else None
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.asarray(image.spec.values(bands, wavelengths=wavelengths), dtype=float)
    return np.where(np.isfinite(values), values, np.nan), grid


def thinned(grid: Grid, box: Box | None, most: int, *, name: str) -> Grid:
    """
    A coarser grid over a part of a grid, at most ``most`` cells long.

    Raises
    ------
    ImageryError
        Where the part and the grid do not meet.
    """
    window = grid.whole if box is None else _window(grid, box)
    if window.empty:
        raise ImageryError(f"{name}: lies elsewhere than the land of this map")
    step = max(window.height, window.width) / most
    step = max(step, 1.0)
    transform = grid.transform @ Affine.translation(window.col, window.row) @ Affine.scale(step)
    return Grid(grid.crs, transform, max(1, round(window.width / step)), max(1, round(window.height / step)))


def _window(grid: Grid, box: Box) -> Window:
    moved = Transformer.from_crs(LONGITUDES, grid.crs, always_xy=True).transform_bounds(*box, densify_pts=21)
    x0, y0, x1, y1 = moved
    pixels = grid.to_pixels(np.array([[x0, y0], [x1, y0], [x0, y1], [x1, y1]]))
    col, row = np.floor(pixels.min(axis=0)).astype(int)
    right, bottom = np.ceil(pixels.max(axis=0)).astype(int)
    return Window(int(row), int(col), int(bottom - row), int(right - col)).meet(grid.whole)


def laid(values: np.ndarray, grid: Grid) -> tuple[np.ndarray, Box, float]:
    """Bands (bands, rows, columns) laid into Web Mercator, nearest cell; their bounds (degrees), and a pixel's size."""
    x0, y0, x1, y1 = Transformer.from_crs(grid.crs, MERCATOR, always_xy=True).transform_bounds(
        *grid.bounds, densify_pts=21
    )
    cell = np.sqrt((x1 - x0) * (y1 - y0) / (grid.width * grid.height))
    width, height = max(1, round((x1 - x0) / cell)), max(1, round((y1 - y0) / cell))
    xs = x0 + (np.arange(width) + 0.5) * (x1 - x0) / width
    ys = y1 - (np.arange(height) + 0.5) * (y1 - y0) / height
    column, row = _cells(xs, ys, grid)
    inside = (column >= 0) & (column < grid.width) & (row >= 0) & (row < grid.height)
    taken = values[:, np.clip(row, 0, grid.height - 1), np.clip(column, 0, grid.width - 1)].astype(float)
    taken[:, ~inside] = np.nan
    back = Transformer.from_crs(MERCATOR, LONGITUDES, always_xy=True)
    (west, south), (east, north) = back.transform(x0, y0), back.transform(x1, y1)
    pixel = (x1 - x0) / width * float(np.cos(np.radians((south + north) / 2)))
    return taken, (west, south, east, north), pixel


def _cells(xs: np.ndarray, ys: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """
    The grid's column and row under each place of an even grid in Web Mercator.

    Every sixteenth place is transformed and the others lie between: far closer than a cell.
    """
    some_x, some_y = (np.unique(np.append(np.arange(0, len(v), 16), len(v) - 1)) for v in (xs, ys))
    there = Transformer.from_crs(MERCATOR, grid.crs, always_xy=True).transform(*np.meshgrid(xs[some_x], ys[some_y]))
    pixels = grid.to_pixels(np.column_stack([there[0].ravel(), there[1].ravel()]))
    across, down = _between(some_x, len(xs)), _between(some_y, len(ys))
    coarse = pixels.reshape(len(some_y), len(some_x), 2)
    column, row = (np.floor(down @ coarse[..., k] @ across.T).astype(int) for k in (0, 1))
    return column, row


def _between(known: np.ndarray, count: int) -> np.ndarray:
    """Weights (count, known) that draw straight lines between known places."""
    return np.column_stack([np.interp(np.arange(count), known, line) for line in np.eye(len(known))])


def _rgb_png(values: np.ndarray, *, plain: bool) -> bytes:
    """Red, green and blue as PNG with few colours; bright enough for a screen."""
    seen = np.isfinite(values).all(axis=0)
    low, high = (np.nanpercentile(values, (2, 98)) if seen.any() else (0.0, 1.0)) if plain else (0.0, _BRIGHT)
    scaled = np.clip((np.nan_to_num(values) - low) / max(high - low, 1e-9), 0, 1) ** 0.75
    pixels = np.dstack([*(scaled * 255).round().astype(np.uint8), np.where(seen, 255, 0).astype(np.uint8)])
    image = Image.fromarray(pixels, "RGBA").quantize(96, method=Image.Quantize.FASTOCTREE)
    return _png(image)


def palette_png(step: np.ndarray, colours: Sequence[str]) -> bytes:
    """Steps as PNG with the colours of the legend; 255 is empty."""
    image = Image.fromarray(step.astype(np.uint8), "P")
    flat = [int(colour[k : k + 2], 16) for colour in colours for k in (1, 3, 5)]
    image.putpalette(flat + [0] * (768 - len(flat)))
    return _png(image, transparency=255)


def _png(image: Image.Image, **more: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=True, **more)
    return stream.getvalue()


def _within(draw: Any, most: int) -> Picture:
    """The largest picture that keeps within the bytes of one."""
    made: Picture = draw(most)
    while len(made.png) > MOST_BYTES and most > 120:
        most = int(most * max(0.5, min(0.9, (MOST_BYTES / len(made.png)) ** 0.5)))
        made = draw(most)
    return made


def _plain_numbers(scene: Scene) -> bool:
    """Whether the bands are stored numbers without a scale: then they are stretched by what occurs."""
    return any(scene.layers[band].scale is None for band in _VISIBLE)


def _when(scene: Scene) -> str:
    return str(scene.date) if scene.date else scene.name


def pictures(scenes: Sequence[tuple[Scene, str]], box: Box | None) -> Iterator[Picture]:
    """
    All pictures of some dated scenes: true colour and index of each, and the change from the first to the last.

    Parameters
    ----------
    scenes : sequence of (Scene, index name)
        In the order of their dates.
    box : (west, south, east, north), optional
        Only this part.
    """
    shown = []
    for scene, index in scenes:
        if all(band in scene.layers for band in _VISIBLE):
            yield true_colour(scene, box)
        try:
            yield index_picture(scene, index, box)
            shown.append((scene, index))
        except ImageryError:
            continue
    if len(shown) > 1 and shown[0][1] == shown[-1][1]:
        try:
            yield change_picture(shown[0][0], shown[-1][0], shown[0][1], box)
        except ImageryError:
            return
