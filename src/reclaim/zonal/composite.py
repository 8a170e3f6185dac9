"""
One clear image out of many: the median or medoid of each pixel's clear looks, block by block.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reclaim.errors import ImageryError
from reclaim.io.grids import Grid, Window
from reclaim.io.scenes import Scene
from reclaim.progress import progress
from reclaim.zonal.bands import Look, hidden_cells, reflectances
from reclaim.zonal.masks import Masking
from reclaim.zonal.stacking import medoid, network_median

Single = NDArray[np.float32]
Method = Literal["median", "medoid"]

_STACK_BYTES = 96 << 20


@dataclass(frozen=True, eq=False)
class CompositeBlock:
    """One block: values (bands, rows, columns), NaN where there was no clear look, and how many looks there were."""

    window: Window
    values: Single
    looks: NDArray[np.uint16]


def common_bands(scenes: Sequence[Scene]) -> list[str]:
    """
    The bands that all scenes have, in the first one's order.

    Raises
    ------
    ImageryError
        When there is none.
    """
    names = [name for name in scenes[0].layers if all(name in scene.layers for scene in scenes)]
    if not names:
        raise ImageryError("the images have no band in common; leave out those of another sensor, or give --sensor")
    return names


def composite_blocks(
    scenes: Sequence[Scene],
    names: Sequence[str],
    grid: Grid,
    *,
    method: Method = "median",
    masking: Masking | None = None,
    noticed: Sequence[Mapping[str, Look]] = (),
) -> Iterator[CompositeBlock]:
    """
    The composite of some scenes, block by block; memory does not grow with the size of the images.

    Parameters
    ----------
    scenes : sequence of Scene
        Of one reference system. Those on other grids are sampled by nearest neighbour.
    names : sequence of str
        Bands by meaning.
    grid : Grid
        Of the composite.
    method : {"median", "medoid"}
        The middle of each band, or the look that is nearest to all others over all bands, which keeps real spectra.
    masking : Masking, optional
    noticed : sequence of mapping, optional
        For each scene what is noticed about its bands while they go by.

    Yields
    ------
    CompositeBlock
        Values are reflectance.
    """
    masking = masking or Masking()
    pixels = max(_STACK_BYTES // (4 * len(scenes) * len(names)), 1 << 16)
    windows = list(grid.tiles((256, 256) if grid.width > 2048 else (64, grid.width), pixels=pixels))
    with progress("compositing", len(windows)) as work:
        for window in windows:
            stack = np.empty((len(scenes), len(names), window.height * window.width), dtype=np.float32)
            for place, scene in enumerate(scenes):
                hidden = hidden_cells(scene, names, grid, window, masking=masking)
                bands = reflectances(scene, names, grid, window, hidden=hidden)
                if noticed:
                    for name, band in zip(names, bands, strict=True):
                        noticed[place][name].over(band)
                stack[place] = np.stack(bands).reshape(len(names), -1)
            values, looks = stacked(stack, method=method)
            yield CompositeBlock(window, values.reshape(len(names), *window.shape), looks.reshape(window.shape))
            work.advance()


def stacked(stack: Single, *, method: Method = "median") -> tuple[Single, NDArray[np.uint16]]:
    """
    The composite of a stack in memory.

    Parameters
    ----------
    stack : array (dates, bands, pixels), float32
        NaN where not seen.
    method : {"median", "medoid"}

    Returns
    -------
    values : array (bands, pixels)
        Of an even number of looks the mean of the middle two.
    looks : array (pixels,)
        Looks with every band seen.

    Examples
    --------
    >>> values, looks = stacked(np.array([[[0.1]], [[np.nan]], [[0.3]]], dtype=np.float32))
    >>> round(float(values[0, 0]), 6), int(looks[0])
    (0.2, 2)
    """
    dates, bands, pixels = stack.shape
    out = np.empty((bands, pixels), dtype=np.float32)
    looks = np.zeros(pixels, dtype=np.uint16)
    if method == "medoid":
        medoid(np.ascontiguousarray(stack), out, looks)
        return out, looks
    pairs = sorting_network(dates)
    for band in range(bands):
        network_median(np.ascontiguousarray(stack[:, band]), pairs, out[band], looks)
    return out, looks


def streamed_median(
    read: Callable[[int, Window], Single], dates: int, windows: Sequence[Window]
) -> Iterator[tuple[Window, Single, NDArray[np.uint16]]]:
    """
    The median over dates of one index, block by block.

    Parameters
    ----------
    read : function
        Gives the index of one date (by number) in a window; NaN where not seen.
    dates : int
    windows : sequence of Window

    Yields
    ------
    window, median, looks
    """
    pairs = sorting_network(dates)
    for window in windows:
        stack = np.empty((dates, window.height * window.width), dtype=np.float32)
        for date in range(dates):
            stack[date] = read(date, window).ravel()
        out, looks = np.empty(stack.shape[1], dtype=np.float32), np.empty(stack.shape[1], dtype=np.uint16)
        network_median(stack, pairs, out, looks)
        yield window, out.reshape(window.shape), looks.reshape(window.shape)


@cache
def sorting_network(size: int) -> NDArray[np.int64]:
    """
    Batcher's odd-even merge sort as a list of comparisons (lesser, greater); any number of values.

    Examples
    --------
    >>> sorting_network(3).tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    whole = 1 << max(size - 1, 0).bit_length()
    pairs: list[tuple[int, int]] = []
    _sort(0, whole, pairs)
    # values beyond the end would be larger than all others and never move
    return np.array([pair for pair in pairs if pair[1] < size], dtype=np.int64).reshape(-1, 2)


def _sort(start: int, length: int, pairs: list[tuple[int, int]]) -> None:
    if length > 1:
        half = length // 2
        _sort(start, half, pairs)
        _sort(start + half, half, pairs)
        _merge(start, length, 1, pairs)


def _merge(start: int, length: int, step: int, pairs: list[tuple[int, int]]) -> None:
    double = 2 * step
    if double < length:
        _merge(start, length, double, pairs)
        _merge(start + step, length, double, pairs)
        pairs += [(i, i + step) for i in range(start + step, start + length - step, double)]
    else:
        pairs.append((start, start + step))
