"""
Made-up images of the red-mud dam whose true cover is known.

Every half metre of the ground is green or bare by the throw of a die; the drone's picture shows each of these cells and
a Sentinel-like pixel is their mean. Green and bare ground are equally bright (red + near infrared), so that the index
of a mixed pixel lies as far between the two as its green share.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rasterio import features
from scipy import ndimage

from reclaim.io.atomic import atomic_path
from reclaim.io.grids import Grid
from reclaim.zonal.zones import on_grid

CRS_CODE = "EPSG:32648"
FOLDER = "scenes"
CELL_M, PIXEL_M = 0.5, 10.0
_RATIO = int(PIXEL_M / CELL_M)
# red, near infrared: both sums are 0.44
GREEN, MUD = (0.04, 0.40), (0.20, 0.24)
SOIL_NDVI, GREEN_NDVI = (MUD[1] - MUD[0]) / 0.44, (GREEN[1] - GREEN[0]) / 0.44
# share of half-metre cells that are green, by the zone's last word and the year
_SHARES: Mapping[str, Mapping[int, float]] = {
    "DEMO": {2017: 0.02, 2018: 0.80, 2019: 0.978},
    "GREENING": {2017: 0.35, 2018: 0.62, 2019: 0.83},
    "REFERENCE": {2017: 0.92, 2018: 0.92, 2019: 0.92},
    "POND": {2017: 0.01, 2018: 0.01, 2019: 0.01},
}
_ELSEWHERE = 0.7  # grass and scrub round the dam
_DATES = {"20170820": 0.05, "20180815": 0.0, "20190706": 0.7, "20190825": 0.0}  # day: share under cloud
_DRONE_DAY = "20190826"
_DEMO_MARGIN_M = 12.0


@dataclass(frozen=True, eq=False)
class _Ground:
    """The dam in half-metre cells: which zone each lies in, and the die thrown for it."""

    grid: Grid
    zone: NDArray[np.uint8]
    dice: NDArray[np.float32]
    names: list[str]

    def green(self, year: int) -> NDArray[np.bool_]:
        shares = np.array([_ELSEWHERE, *(_share(name, year) for name in self.names)], dtype=np.float32)
        return np.asarray(self.dice < shares[self.zone])


def write_scenes(folder: Path, seed: int) -> list[Path]:
    """
    Draw the images of the red-mud dam into a project.

    Parameters
    ----------
    folder : Path
        A project with ``zones.geojson``; the images go to ``scenes/`` in it.
    seed : int
        The same seed draws the same images.

    Returns
    -------
    list of Path
        Four Sentinel-like dates (bands B04, B08 and SCL at 10 m, one of them mostly under cloud), one drone picture
        (8-bit red, green, blue and alpha at 0.5 m), and ``truth.csv`` with the true cover of each zone in each.
    """
    ground = _ground(gpd.read_file(folder / "zones.geojson"), np.random.default_rng(seed))
    truth: list[tuple[str, str, float]] = []
    made = []
    for number, (day, cloud) in enumerate(_DATES.items()):
        green = ground.green(int(day[:4]))
        path = folder / FOLDER / f"sentinel_{day}.tif"
        made.append(_write_sentinel(path, ground, green, cloud, np.random.default_rng([seed, number])))
        truth += _truth(path.name, ground, green)
    path = folder / FOLDER / f"drone_{_DRONE_DAY}.tif"
    green = ground.green(int(_DRONE_DAY[:4]))
    made.append(_write_drone(path, ground, green, np.random.default_rng([seed, 99])))
    truth += [row for row in _truth(path.name, ground, green) if row[1].endswith("DEMO")]
    return [*made, _write_truth(folder / FOLDER / "truth.csv", truth)]


def _share(name: str, year: int) -> float:
    return _SHARES.get(name.rsplit("-", 1)[-1], {}).get(year, _ELSEWHERE)


def _ground(zones: gpd.GeoDataFrame, dice: np.random.Generator) -> _Ground:
    x0, y0, x1, y1 = zones.to_crs(CRS_CODE).total_bounds
    left, top = np.floor(x0 / PIXEL_M - 5) * PIXEL_M, np.ceil(y1 / PIXEL_M + 5) * PIXEL_M
    width = int(np.ceil((x1 - left) / PIXEL_M) + 5) * _RATIO
    height = int(np.ceil((top - y0) / PIXEL_M) + 5) * _RATIO
    grid = Grid(CRS(CRS_CODE), Affine(CELL_M, 0, float(left), 0, -CELL_M, float(top)), width, height)
    # the trial lies inside the pond: the smaller zone is drawn over the larger
    order = zones.assign(_size=zones.to_crs(CRS_CODE).area).sort_values("_size", ascending=False)
    shapes = [(shape, number) for number, shape in enumerate(on_grid(order, grid), 1)]
    zone = features.rasterize(shapes, out_shape=(height, width), transform=grid.transform, dtype="uint8")
    return _Ground(grid, zone, dice.random((height, width), dtype=np.float32), order.zone_id.tolist())


def _coarse(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Means over the cells of each pixel."""
    height, width = values.shape[0] // _RATIO, values.shape[1] // _RATIO
    return np.asarray(values.reshape(height, _RATIO, width, _RATIO).mean(axis=(1, 3), dtype=np.float64))


def _write_sentinel(
    path: Path, ground: _Ground, green: NDArray[np.bool_], cloud: float, dice: np.random.Generator
) -> Path:
    share = _coarse(green.astype(np.float32))
    scene = np.full(share.shape, 5, dtype=np.uint16)
    scene[share > 0.5] = 4
    if cloud:
        field = ndimage.gaussian_filter(dice.random(share.shape), 9)
        scene[field > np.quantile(field, 1 - cloud)] = 9
    bands = []
    for bare, leaf in zip(MUD, GREEN, strict=True):
        light = share * leaf + (1 - share) * bare + dice.normal(0, 0.004, share.shape)
        light[scene == 9] = dice.normal(0.75, 0.05, int((scene == 9).sum()))
        # from processing baseline 04.00 on the stored numbers are raised by 1000
        bands.append(np.clip(np.round((light + 0.1) * 10_000), 1, 65_535).astype(np.uint16))
    coarse = ground.grid.transform @ Affine.scale(_RATIO)
    tags = {"processing_baseline": "05.10", "note": "illustrative: made up", "datetime": _iso(path.stem)}
    return _write(path, np.stack([*bands, scene]), coarse, names=("B04", "B08", "SCL"), tags=tags)


def _write_drone(path: Path, ground: _Ground, green: NDArray[np.bool_], dice: np.random.Generator) -> Path:
    """Plain colours of the trial and a strip round it, transparent beyond."""
    demo = ground.zone == ground.names.index(next(n for n in ground.names if n.endswith("DEMO"))) + 1
    near = ndimage.distance_transform_edt(~demo) * CELL_M <= _DEMO_MARGIN_M
    rows, cols = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    part = (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1))
    leaf, mud = np.array([70, 110, 50]), np.array([170, 90, 70])
    colours = np.where(green[part][..., None], leaf, mud) + dice.normal(0, 3, (*green[part].shape, 1))
    picture = np.clip(np.round(np.moveaxis(colours, -1, 0)), 0, 255).astype(np.uint8)
    alpha = np.where(near[part], 255, 0).astype(np.uint8)
    picture[:, alpha == 0] = 0
    place = ground.grid.transform @ Affine.translation(int(cols[0]), int(rows[0]))
    tags = {"note": "illustrative: made up", "datetime": _iso(path.stem)}
    return _write(path, np.concatenate([picture, alpha[None]]), place, names=(), tags=tags)


def _write(
    path: Path, values: NDArray[np.unsignedinteger], transform: Affine, *, names: tuple[str, ...], tags: dict[str, str]
) -> Path:
    count, height, width = values.shape
    with (
        atomic_path(path) as fresh,
        rasterio.open(
            fresh, "w", driver="GTiff", count=count, height=height, width=width, dtype=values.dtype, crs=CRS_CODE,
            transform=transform, compress="deflate", predictor=2, photometric="minisblack" if names else "rgb",
        ) as data,
    ):  # fmt: skip
        data.write(values)
        data.update_tags(**tags)
        for number, name in enumerate(names, 1):
            data.set_band_description(number, name)
    return path


def _iso(stem: str) -> str:
    day = stem.rsplit("_", 1)[-1]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def _truth(name: str, ground: _Ground, green: NDArray[np.bool_]) -> list[tuple[str, str, float]]:
    return [
        (name, zone, float(green[ground.zone == number].mean()))
        for number, zone in enumerate(ground.names, 1)
        if (ground.zone == number).any()
    ]


def _write_truth(path: Path, rows: list[tuple[str, str, float]]) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["scene", "zone_id", "true_cover"])
    writer.writerows((scene, zone, f"{cover:.6f}") for scene, zone, cover in sorted(rows))
    with atomic_path(path) as fresh:
        fresh.write_text(text.getvalue(), encoding="utf-8")
    return path
