"""
Where the pixels of a raster lie, and how the pixels of one raster meet those of another.

A grid is a value: two rasters on the same grid can be compared cell by cell, all others only through `nearest`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from affine import Affine
from pyproj import CRS

from reclaim.errors import ImageryError

Array = np.ndarray[Any, np.dtype[Any]]

TILE_PIXELS = 1 << 21  # pixels that one step of a streamed computation looks at
_SOURCE_PIXELS = 1 << 24  # pixels read at once where a fine raster is sampled on a coarse grid


@dataclass(frozen=True)
class Window:
    """
    A rectangle of cells: rows ``row`` to ``row + height``, columns ``col`` to ``col + width``.

    Examples
    --------
    >>> Window(0, 0, 10, 10).meet(Window(5, 8, 10, 10))
    Window(row=5, col=8, height=5, width=2)
    """

    row: int
    col: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def empty(self) -> bool:
        """Whether it holds no cell."""
        return self.height <= 0 or self.width <= 0

    def meet(self, other: "Window") -> "Window":
        """The cells of both; empty where they do not meet."""
        row, col = max(self.row, other.row), max(self.col, other.col)
        bottom = min(self.row + self.height, other.row + other.height)
        right = min(self.col + self.width, other.col + other.width)
        return Window(row, col, max(bottom - row, 0), max(right - col, 0))

    def within(self, outer: "Window") -> tuple[slice, slice]:
        """The slices that cut it out of an array of ``outer``."""
        row, col = self.row - outer.row, self.col - outer.col
        return slice(row, row + self.height), slice(col, col + self.width)


@dataclass(frozen=True)
class Grid:
    """
    The cells of a raster: reference system, affine transform from (column, row) to (x, y), and size.

    Rotated and south-up transforms are grids like any other.

    Examples
    --------
    >>> grid = Grid(CRS("EPSG:32649"), Affine(10, 0, 500000, 0, -10, 2600000), 100, 50)
    >>> grid.bounds
    (500000.0, 2599500.0, 501000.0, 2600000.0)
    """

    crs: CRS
    transform: Affine
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ImageryError(f"a raster of {self.width} x {self.height} pixels holds nothing")
        if not np.isfinite(self.transform.determinant) or self.transform.determinant == 0:
            raise ImageryError("the raster's georeference is no map onto the ground; write it anew")

    @property
    def whole(self) -> Window:
        """All its cells."""
        return Window(0, 0, self.height, self.width)

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """Smallest and largest x and y: x0, y0, x1, y1."""
        corners = [(0, 0), (self.width, 0), (0, self.height), (self.width, self.height)]
        xs, ys = zip(*(self.transform @ corner for corner in corners), strict=True)
        return float(min(xs)), float(min(ys)), float(max(xs)), float(max(ys))

    def to_pixels(self, points: Array) -> Array:
        """Coordinates (n, 2) in the grid's reference system as (column, row), fractions included."""
        inverse = ~self.transform
        x, y = points[:, 0], points[:, 1]
        # counted from the grid's own corner: projected coordinates are large, and differences keep their digits
        dx, dy = x - self.transform.c, y - self.transform.f
        return np.column_stack([inverse.a * dx + inverse.b * dy, inverse.d * dx + inverse.e * dy])

    def centres(self, window: Window) -> tuple[Array, Array]:
        """X and y of the cells' centres in a window, each (rows, columns)."""
        cols = np.arange(window.col, window.col + window.width) + 0.5
        rows = (np.arange(window.row, window.row + window.height) + 0.5)[:, None]
        t = self.transform
        return t.a * cols + t.b * rows + t.c, t.d * cols + t.e * rows + t.f

    def same_as(self, other: "Grid") -> bool:
        """Whether both have the same cells, to a thousandth of a cell."""
        if (self.width, self.height) != (other.width, other.height) or not same_crs(self.crs, other.crs):
            return False
        step = ~self.transform @ other.transform
        corners = [(0, 0), (self.width, 0), (0, self.height), (self.width, self.height)]
        return all(np.allclose(step @ corner, corner, rtol=0, atol=1e-3) for corner in corners)

    def tiles(self, block: tuple[int, int], *, pixels: int = TILE_PIXELS) -> Iterator[Window]:
        """
        Windows that cover the grid, made of whole storage blocks, each of about ``pixels`` cells.

        Parameters
        ----------
        block : tuple of int
            Height and width of the file's storage blocks.
        pixels : int
            Cells of a tile, at most (one block at least).
        """
        height, width = min(block[0], self.height), min(block[1], self.width)
        across = max(min(int((pixels**0.5) // width), -(-self.width // width)), 1)
        down = max(pixels // (height * width * across), 1)
        for row in range(0, self.height, down * height):
            for col in range(0, self.width, across * width):
                yield Window(row, col, down * height, across * width).meet(self.whole)


def same_crs(one: CRS, other: CRS) -> bool:
    """Whether two reference systems are the same, however they are written down."""
    return bool(one == other or one.equals(other, ignore_axis_order=True))


def nearest(read: Callable[[Window], Array], source: Grid, target: Grid, window: Window) -> tuple[Array, Array]:
    """
    A raster sampled at the centres of another grid's cells.

    Parameters
    ----------
    read : function
        Gives the source's values (rows, columns) in a window of its own.
    source, target : Grid
        Of the same reference system.
    window : Window
        The cells of ``target`` that are asked for.

    Returns
    -------
    values, inside : arrays of the window's shape
        The value of the source cell that holds each centre, and whether there is one; 0 where there is none.

    Raises
    ------
    ImageryError
        When the reference systems differ.
    """
    if not same_crs(source.crs, target.crs):
        raise ImageryError(
            f"rasters of different reference systems cannot be laid over each other "
            f"({source.crs.to_string()[:60]} and {target.crs.to_string()[:60]}); warp one to the other's first"
        )
    step = ~source.transform @ target.transform
    far = Window(window.row, window.col, window.height, window.width)
    cover = _footprint(step, far, source)
    if cover.height * cover.width > _SOURCE_PIXELS and far.height * far.width > 1:
        return _halves(read, source, target, far)
    return _sampled(read, step, far, source, cover)


def _footprint(step: Affine, window: Window, source: Grid) -> Window:
    """The source cells that the centres of a target window may fall into."""
    c0, c1 = window.col + 0.5, window.col + window.width - 0.5
    r0, r1 = window.row + 0.5, window.row + window.height - 0.5
    cols, rows = zip(*(step @ corner for corner in ((c0, r0), (c1, r0), (c0, r1), (c1, r1))), strict=True)
    row, col = int(np.floor(min(rows))), int(np.floor(min(cols)))
    box = Window(row, col, int(np.floor(max(rows) + 1e-9)) - row + 1, int(np.floor(max(cols) + 1e-9)) - col + 1)
    return box.meet(source.whole)


def _sampled(
    read: Callable[[Window], Array], step: Affine, window: Window, source: Grid, cover: Window
) -> tuple[Array, Array]:
    cols = np.arange(window.col, window.col + window.width) + 0.5
    rows = (np.arange(window.row, window.row + window.height) + 0.5)[:, None]
    if step.b == step.d == 0 and not cover.empty:
        return _sampled_straight(read, (step.a * cols + step.c, step.e * rows[:, 0] + step.f), source, cover)
    # a centre on the line between two cells belongs to the later one, whatever the rounding
    x = np.floor(step.a * cols + step.b * rows + step.c + 1e-9).astype(np.int64)
    y = np.floor(step.d * cols + step.e * rows + step.f + 1e-9).astype(np.int64)
    inside = (x >= 0) & (x < source.width) & (y >= 0) & (y < source.height)
    if cover.empty or not inside.any():
        return np.zeros(window.shape, dtype=read(Window(0, 0, 1, 1)).dtype), np.zeros(window.shape, dtype=bool)
    data = read(cover)
    values = data[np.clip(y - cover.row, 0, cover.height - 1), np.clip(x - cover.col, 0, cover.width - 1)]
    return np.where(inside, values, values.dtype.type(0)), inside


def _sampled_straight(
    read: Callable[[Window], Array], places: tuple[Array, Array], source: Grid, cover: Window
) -> tuple[Array, Array]:
    """The same where rows stay rows and columns stay columns."""
    x, y = (np.floor(place + 1e-9).astype(np.int64) for place in places)
    inside = ((y >= 0) & (y < source.height))[:, None] & ((x >= 0) & (x < source.width))
    data = read(cover)
    rows = np.take(data, np.clip(y - cover.row, 0, cover.height - 1), axis=0)
    values = np.take(rows, np.clip(x - cover.col, 0, cover.width - 1), axis=1)
    if not inside.all():
        values[~inside] = 0
    return values, inside


def _halves(read: Callable[[Window], Array], source: Grid, target: Grid, window: Window) -> tuple[Array, Array]:
    """The same in two halves, so that a fine source never comes into memory as a whole."""
    if window.height >= window.width:
        half, axis = window.height // 2, 0
        parts = [Window(window.row, window.col, half, window.width),
                 Window(window.row + half, window.col, window.height - half, window.width)]  # fmt: skip
    else:
        half, axis = window.width // 2, 1
        parts = [Window(window.row, window.col, window.height, half),
                 Window(window.row, window.col + half, window.height, window.width - half)]  # fmt: skip
    done = [nearest(read, source, target, part) for part in parts]
    return np.concatenate([d[0] for d in done], axis=axis), np.concatenate([d[1] for d in done], axis=axis)
