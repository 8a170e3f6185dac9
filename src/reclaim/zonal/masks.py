"""
What the products' own quality bands say was not seen.

Bright bare ground and residue ponds are often taken for cloud. Where a person says so ("trust on bare"), the cloud
flags inside an outline are set aside; no-data and saturation flags never are.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from reclaim.io.grids import Array, Grid, Window, nearest
from reclaim.io.scenes import Layer
from reclaim.vocabulary import load

Flags = NDArray[np.uint8]
CLEAR, UNSEEN, CLOUD = 0, 1, 2


@dataclass(frozen=True)
class Masking:
    """
    How quality bands are read.

    Attributes
    ----------
    dilate : int
        Pixels of the quality band by which clouds and their shadows are made larger.
    trust : shapely geometry, optional
        Outline, in the raster's reference system, inside which cloud flags do not count.
    """

    dilate: int = 0
    trust: shapely.Geometry | None = None


def flags(codes: Array, kind: str) -> Flags:
    """
    Quality codes as CLEAR, CLOUD (cloud, its shadow, cirrus) or UNSEEN (no data, saturated, snow).

    Parameters
    ----------
    codes : array
        Values of the quality band.
    kind : {"SCL", "QA_PIXEL"}
        Scene classification of Sentinel-2 (classes), or Landsat's pixel quality (bits).

    Examples
    --------
    >>> flags(np.array([4, 9, 0]), "SCL").tolist(), flags(np.array([21824, 22280, 1]), "QA_PIXEL").tolist()
    ([0, 2, 1], [0, 2, 1])
    """
    table = _table(kind)
    if codes.dtype == np.uint8 or (codes.dtype == np.uint16 and len(table) == 1 << 16):
        return np.take(table, codes)
    whole = np.nan_to_num(codes, nan=0).astype(np.int64) if codes.dtype.kind == "f" else codes.astype(np.int64)
    return np.where((whole < 0) | (whole >= len(table)), UNSEEN, table[np.clip(whole, 0, len(table) - 1)]).astype(
        np.uint8
    )


@cache
def _table(kind: str) -> Flags:
    """The flag of every code that a quality band can hold."""
    values = {int(key): entry for key, entry in load("masks")[kind]["values"].items()}
    meaning = {key: CLOUD if v.get("cloud") else UNSEEN if v.get("unseen") else CLEAR for key, v in values.items()}
    if load("masks")[kind]["kind"] == "classes":
        # a class that is not in the table says nothing about the ground
        return np.array([meaning.get(code, UNSEEN) for code in range(256)], dtype=np.uint8)
    codes = np.arange(1 << 16)
    table = np.zeros(len(codes), dtype=np.uint8)
    for bit, flag in meaning.items():
        table[(codes >> bit & 1 == 1) & (table != UNSEEN) & (flag != CLEAR)] = flag
    return table


def unseen(layer: Layer, kind: str, grid: Grid, window: Window, *, masking: Masking) -> NDArray[np.bool_]:
    """
    Cells of a window of ``grid`` that a quality band, on whatever grid of its own, says were not seen.

    The quality band is sampled by nearest neighbour; ground beyond its edge was not seen.
    """
    read = _flag_reader(layer, kind, masking.dilate)
    if layer.grid is grid or layer.grid == grid:
        found, inside = read(window), np.ones(window.shape, dtype=bool)
        hidden: NDArray[np.bool_] = found != CLEAR
    else:
        found, inside = nearest(read, layer.grid, grid, window)
        hidden = ~inside | (found != CLEAR)
    if masking.trust is not None:
        cloud = inside & (found == CLOUD)
        x, y = (np.broadcast_to(values, window.shape)[cloud] for values in grid.centres(window))
        hidden[cloud] = ~shapely.contains_xy(masking.trust, x, y)
    return hidden


def _flag_reader(layer: Layer, kind: str, dilate: int) -> Callable[[Window], Array]:
    """Reads flags, with clouds grown by ``dilate`` pixels; looks that far beyond the window for them."""

    def read(window: Window) -> Array:
        wide = replace(
            window, row=window.row - dilate, col=window.col - dilate,
            height=window.height + 2 * dilate, width=window.width + 2 * dilate,
        ).meet(layer.grid.whole)  # fmt: skip
        found = flags(layer.read(wide), kind)
        if dilate:
            grown = ndimage.binary_dilation(found == CLOUD, structure=np.ones((3, 3), dtype=bool), iterations=dilate)
            found = np.where(grown & (found == CLEAR), np.uint8(CLOUD), found)
        return found[window.within(wide)]

    return read
