"""
Base maps: tile services for those who are online, tiles of one's own for those who are not.

Street tiles of Chinese services are drawn in shifted systems (GCJ-02, BD-09). The page then moves everything on the map
for display, by the map's own coordinate system; the data in the file, every figure and every measurement stay where
they are. No tiles come with this software, and the services' terms are between them and their user.
"""

import base64
import os
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import asinh, floor, pi, radians, tan
from pathlib import Path
from typing import Any

from reclaim.errors import MapError, ReclaimWarning
from reclaim.maps.escape import markup_text
from reclaim.maps.layers import OwnLayer
from reclaim.maps.pmtiles import pmtiles_tiles
from reclaim.vocabulary import Language, load

LOCAL_BUDGET = 12_000_000  # bytes of tiles that one map carries

Box = tuple[float, float, float, float]
_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


class TileKeyInFile(ReclaimWarning):
    """A map file will hold somebody's key for a tile service."""


@dataclass(frozen=True)
class Service:
    """A tile service: its names, address, datum and whose key it needs."""

    key: str
    zh: str
    en: str
    url: str
    attribution: str
    datum: str
    subdomains: str = ""
    max_zoom: int = 18
    key_from: str = ""  # environment variable


def services() -> Mapping[str, Service]:
    """The tile services that are known by name."""
    return {key: Service(key=key, **entry) for key, entry in load("base_maps").items()}


class ServiceLayer(OwnLayer):
    """
    Tiles of a service, for maps that are looked at online.

    Parameters
    ----------
    service : str
        A name of ``services``: ``osm``, ``tianditu``, ``tianditu-imagery``, ``amap``, ``tencent``, ``baidu``.
    show, language
        See ``OwnLayer``.

    Raises
    ------
    MapError
        For an unknown service, or a missing key.
    """

    script_class = "Base"

    def __init__(self, service: str, *, show: bool = True, language: Language = "both") -> None:
        known = services()
        if service not in known:
            raise MapError(
                f"unknown base map {service!r}; choose one of {', '.join(known)}, or a folder or file of tiles"
            )
        self.service = known[service]
        super().__init__(self.service.zh, self.service.en, show=show, language=language)
        self.overlay = False
        self.url = _with_key(self.service)

    def source(self) -> dict[str, Any]:
        service = self.service
        meta = {"key": "base", "zh": service.zh, "en": service.en, "stack": 0}
        options = {
            "attribution": markup_text(service.attribution), "subdomains": service.subdomains, "maxZoom": 19,
            "maxNativeZoom": service.max_zoom, "datum": service.datum,
        }  # fmt: skip
        return {"meta": meta, "url": self.url, "options": options}


def _with_key(service: Service) -> str:
    """The address with the user's own key, which everybody who gets the file can then read."""
    if not service.key_from:
        return service.url
    key = os.environ.get(service.key_from, "").strip()
    if not key or not key.isalnum():
        raise MapError(
            f"{service.en} needs your own key: set {service.key_from} in the environment (letters and digits), "
            "or choose another base map"
        )
    warnings.warn(
        f"your key for {service.en} is written into the map file; everybody who gets the file can read it",
        TileKeyInFile,
        stacklevel=4,
    )
    return service.url.replace("{key}", key)


class LocalTiles(OwnLayer):
    """
    Tiles of one's own, carried inside the map: no network is needed.

    Parameters
    ----------
    path : path
        A folder ``z/x/y.png`` (or ``.jpg``, ``.webp``), an MBTiles file or a PMTiles file with picture tiles.
    box : (west, south, east, north)
        Only tiles that touch it, degrees.
    budget : int
        Bytes of tiles; the deepest levels that do not fit are left out, which ``left_out`` says.
    show, language
        See ``OwnLayer``.

    Raises
    ------
    MapError
        Where the file holds no picture tiles, or none on this ground.
    """

    script_class = "LocalTiles"

    def __init__(
        self, path: str | os.PathLike[str], box: Box, *, budget: int = LOCAL_BUDGET, show: bool = True,
        language: Language = "both",
    ) -> None:  # fmt: skip
        word = load("maps")["words"]["own_tiles"]
        super().__init__(word["zh"], word["en"], show=show, language=language)
        self.overlay = False
        self.names = word
        self.tiles, self.left_out = _within(_tiles(Path(path), box), budget)
        if not self.tiles:
            raise MapError(f"{path}: has no picture tiles on the ground of this map")

    def source(self) -> dict[str, Any]:
        levels = sorted({z for z, _, _ in self.tiles})
        meta = {"key": "base", **self.names, "stack": 0, "levels": levels}
        return {"meta": meta, "tiles": {f"{z}/{x}/{y}": _address(data) for (z, x, y), data in self.tiles.items()}}


Tile = tuple[int, int, int]


def _tiles(path: Path, box: Box) -> Iterator[tuple[Tile, bytes]]:
    """Picture tiles that touch a box, level by level."""
    if path.is_dir():
        yield from _of_folder(path, box)
    elif path.suffix.lower() == ".mbtiles":
        yield from _of_mbtiles(path, box)
    elif path.suffix.lower() == ".pmtiles":
        yield from ((tile, data) for tile, data in pmtiles_tiles(path, lambda z: tile_range(box, z)))
    else:
        raise MapError(f"{path}: no folder of tiles, MBTiles or PMTiles file")


def tile_range(box: Box, z: int) -> tuple[int, int, int, int]:
    """
    First and last column, first and last row of the tiles that touch a box.

    Examples
    --------
    >>> tile_range((106.0, 26.0, 106.1, 26.1), 8)
    (203, 203, 108, 108)
    """
    west, south, east, north = box
    count = int(2**z)

    def row(lat: float) -> int:
        y = (1 - asinh(tan(radians(max(-85.05, min(85.05, lat))))) / pi) / 2 * count
        return max(0, min(count - 1, floor(y)))

    def column(lng: float) -> int:
        return max(0, min(count - 1, floor((lng + 180) / 360 * count)))

    return column(west), column(east), row(north), row(south)


def _of_folder(folder: Path, box: Box) -> Iterator[tuple[Tile, bytes]]:
    levels = sorted(int(item.name) for item in folder.iterdir() if item.is_dir() and item.name.isdigit())
    for z in (level for level in levels if level <= 22):
        x0, x1, y0, y1 = tile_range(box, z)
        for x in range(x0, x1 + 1):
            for file in sorted((folder / str(z) / str(x)).glob("*.*")):
                if file.stem.isdigit() and y0 <= int(file.stem) <= y1 and file.is_file():
                    yield (z, x, int(file.stem)), file.read_bytes()


def _of_mbtiles(path: Path, box: Box) -> Iterator[tuple[Tile, bytes]]:
    if not path.is_file():
        raise MapError(f"{path}: there is no such file")
    try:
        base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        levels = [int(row[0]) for row in base.execute("select distinct zoom_level from tiles order by 1")]
        for z in (level for level in levels if 0 <= level <= 22):
            x0, x1, y0, y1 = tile_range(box, z)
            # rows are counted from the south in this format
            low, high = 2**z - 1 - y1, 2**z - 1 - y0
            query = "select tile_column, tile_row, tile_data from tiles where zoom_level = ? and tile_column between ? and ? and tile_row between ? and ? order by 1, 2"  # noqa: E501
            for x, row, data in base.execute(query, (z, x0, x1, low, high)):
                yield (z, int(x), 2**z - 1 - int(row)), bytes(data)
        base.close()
    except sqlite3.Error as error:
        raise MapError(f"{path}: is no MBTiles file that can be read ({error})") from error


def _within(tiles: Iterator[tuple[Tile, bytes]], budget: int) -> tuple[dict[Tile, bytes], int]:
    """Whole levels of picture tiles within a budget, and the first level that was left out (0: none)."""
    kept: dict[Tile, bytes] = {}
    level: dict[Tile, bytes] = {}
    spent = 0
    for tile, data in tiles:
        if _kind(data) is None:
            continue
        if level and tile[0] != next(iter(level))[0]:
            kept, level = {**kept, **level}, {}
        spent += len(data) * 4 // 3
        if spent > budget:
            return kept, tile[0]
        level[tile] = data
    return {**kept, **level}, 0


def _kind(data: bytes) -> str | None:
    return next((kind for start, kind in _PICTURES.items() if data.startswith(start)), None)


def _address(data: bytes) -> str:
    return f"data:{_kind(data)};base64,{base64.b64encode(data).decode('ascii')}"
