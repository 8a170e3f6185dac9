"""
Reading picture tiles out of a PMTiles file (version 3).

The format: a header of 127 bytes, then directories of entries (tile id, run length, offset, length) as columns of
variable-length integers, gzipped; tile ids follow a Hilbert curve, level by level. Source: the PMTiles specification,
version 3.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from reclaim.errors import MapError
from reclaim.maps.coding import unsigned

_PICTURES = (2, 3, 4)  # PNG, JPEG, WebP
_MOST_DEPTH = 4

Ranges = Callable[[int], tuple[int, int, int, int]]


@dataclass(frozen=True)
class _Header:
    root: tuple[int, int]
    leaves: int
    data: int
    packed: int
    kind: int
    low: int
    high: int


def pmtiles_tiles(path: Path, ranges: Ranges) -> Iterator[tuple[tuple[int, int, int], bytes]]:
    """
    Tiles of a file, level by level.

    Parameters
    ----------
    path : Path
        The file.
    ranges : callable
        First and last column, first and last row that are wanted at a zoom level.

    Raises
    ------
    MapError
        Where the file is no PMTiles version 3, is damaged, or holds vector tiles.
    """
    if not path.is_file():
        raise MapError(f"{path}: there is no such file")
    try:
        with path.open("rb") as file:
            header = _header(file, path)
            entries = _entries(file, header, header.root, 0)
            order = np.argsort(entries[0], kind="stable")
            ids, runs, offsets, lengths = (column[order] for column in entries)
            for z in range(header.low, min(header.high, 22) + 1):
                x0, x1, y0, y1 = ranges(z)
                for x in range(x0, x1 + 1):
                    for y in range(y0, y1 + 1):
                        wanted = tile_id(z, x, y)
                        at = int(np.searchsorted(ids, wanted, side="right")) - 1
                        if at >= 0 and wanted < ids[at] + runs[at]:
                            file.seek(header.data + int(offsets[at]))
                            yield (z, x, y), file.read(int(lengths[at]))
    except (OSError, EOFError, zlib.error, IndexError, ValueError) as error:
        raise MapError(f"{path}: is no PMTiles file that can be read ({error})") from error


def _header(file: BinaryIO, path: Path) -> _Header:
    raw = file.read(127)
    if len(raw) < 127 or raw[:7] != b"PMTiles" or raw[7] != 3:
        raise MapError(f"{path}: is no PMTiles file of version 3")
    numbers = [int.from_bytes(raw[8 + 8 * i : 16 + 8 * i], "little") for i in range(11)]
    made = _Header((numbers[0], numbers[1]), numbers[4], numbers[6], raw[97], raw[99], raw[100], raw[101])
    if made.kind not in _PICTURES:
        raise MapError(f"{path}: holds vector tiles; give tiles of pictures (PNG, JPEG, WebP)")
    if made.packed not in (1, 2):
        raise MapError(f"{path}: its directories are packed in a way that cannot be read here; write it with gzip")
    return made


_Entries = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _entries(file: BinaryIO, header: _Header, place: tuple[int, int], depth: int) -> _Entries:
    """Entries of a directory and of those below it: ids, run lengths, offsets, lengths."""
    file.seek(place[0])
    raw = file.read(place[1])
    numbers = unsigned(gzip.decompress(raw) if header.packed == 2 else raw)
    count = int(numbers[0])
    if len(numbers) < 1 + 4 * count:
        raise ValueError("a directory is cut short")
    steps, runs, lengths, stated = (numbers[1 + i * count : 1 + (i + 1) * count] for i in range(4))
    ids, offsets = np.cumsum(steps), np.zeros(count, dtype=np.int64)
    for i in range(count):  # 0 means "right after the one before"
        offsets[i] = offsets[i - 1] + lengths[i - 1] if stated[i] == 0 and i else stated[i] - 1
    leaf = runs == 0
    parts: list[_Entries] = [(ids[~leaf], runs[~leaf], offsets[~leaf], lengths[~leaf])]
    if depth < _MOST_DEPTH:
        below = zip(offsets[leaf], lengths[leaf], strict=True)
        parts += [_entries(file, header, (header.leaves + int(o), int(n)), depth + 1) for o, n in below]
    columns = [np.concatenate([part[i] for part in parts]) for i in range(4)]
    return columns[0], columns[1], columns[2], columns[3]


def tile_id(z: int, x: int, y: int) -> int:
    """
    Number of a tile: all levels above it, then its place on the Hilbert curve of its level.

    Examples
    --------
    >>> [tile_id(1, x, y) for x, y in ((0, 0), (0, 1), (1, 1), (1, 0))]
    [1, 2, 3, 4]
    """
    number, side = int((4**z - 1) // 3), int(2**z // 2)
    while side > 0:
        right, lower = (x & side) > 0, (y & side) > 0
        number += side * side * ((3 * right) ^ lower)
        if not lower:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        side //= 2
    return number
