"""Cover of 10,000 zones on 100 million pixels beside exactextract and rasterstats, each in its own process."""

import gc
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import psutil
import rasterio
import shapely
from affine import Affine

from benchmarks.rows import Row, versus

SIDE, ZONES, DATES, FEW = 10_000, 10_000, 12, 500
PLACE = Affine(10, 0, 300_000, 0, -10, 2_700_000)
CRS = "EPSG:32649"
# all zones by rasterstats take 43 CPU s, so this was measured once and not in every run
MEMORY = "≤ 512 MB; rasterstats with all zones, measured once: 2,330 MB"


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        raster, large, small = made(Path(folder))
        rows = _one_date(raster, large, "10 k zones of 400–5,600 pixels", goal=2.0)
        rows += _one_date(raster, small, "10 k zones of 1–20 pixels", goal=1.0)
        rows += _many_dates(raster, large)
        rows += _exactness(raster, large)
        return rows


def _one_date(raster: Path, zones: Path, size: str, *, goal: float) -> list[Row]:
    ours, theirs = in_turn(by_reclaim, by_exactextract, [raster], zones)
    seen, means = np.array(ours.answer[0]), np.array(theirs.answer)
    assert np.nanmax(np.abs(seen - means)) < 2e-6
    what = f"cover, one date, {size}"
    rows = [versus(what, "exactextract, raster-sequential", ours=ours.cpu, theirs=theirs.cpu, goal=goal)]
    if goal > 1:
        few = in_child(by_rasterstats, [raster], zones)
        rows += [
            versus(what, f"rasterstats ({FEW:,} zones timed)", ours=ours.cpu, theirs=few.cpu * ZONES / FEW, goal=10),
            Row(f"cover, memory above the libraries', MB: {ours.megabytes:.0f}", ours.cpu, "–", None, None, MEMORY),
        ]
    return rows


def _many_dates(raster: Path, zones: Path) -> list[Row]:
    """Twelve dates: the shares are made once; each date is another file, so that none is in GDAL's cache."""
    dates = [raster.with_name(f"{2000 + number}.tif") for number in range(DATES)]
    for path in dates:
        os.link(raster, path)
    ours = in_child(by_reclaim, dates, zones)
    theirs = in_child(by_exactextract, dates[:3], zones)
    each = theirs.cpu / 3 * DATES
    return [versus("cover, 12 dates", "exactextract, a date each (3 timed)", ours=ours.cpu, theirs=each, goal=5.0)]


def _exactness(raster: Path, zones: Path) -> list[Row]:
    from reclaim.io.rasters import open_raster
    from reclaim.zonal.weights import zone_weights

    frame, grid = gpd.read_file(zones), open_raster(raster).grid
    assert grid is not None
    shapes = frame.geometry.to_numpy()
    worst = np.abs(zone_weights(shapes, grid).on_raster * 100 / shapely.area(shapes) - 1).max()
    return [Row(f"cover, an all-ones raster against the zones' areas: {worst:.0e}", 0, "–", None, None, "≤ 1e-6")]


# --- the contenders -------------------------------------------------------------------------------------------------


def by_reclaim(rasters: list[Path], zones: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    from reclaim.verbs.cover import cover

    frame = gpd.read_file(zones)
    return (
        lambda: cover(frame, rasters, metric="mean_fvc", soil=0, vegetation=1, scale=1 / 255, min_cover=0.5),
        lambda rows: [rows.cover.to_list()[:: len(rasters)]],
    )


def by_exactextract(rasters: list[Path], zones: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    from exactextract import exact_extract

    frame = gpd.read_file(zones)

    def work() -> Any:
        for path in rasters:
            found = exact_extract(str(path), frame, ["mean", "count"], strategy="raster-sequential", output="pandas")
        return found

    return work, lambda found: (found["mean"] / 255).to_list()


def by_rasterstats(rasters: list[Path], zones: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    from rasterstats import zonal_stats

    frame = gpd.read_file(zones).iloc[:FEW]
    return (lambda: zonal_stats(frame, str(rasters[0]), stats=["mean", "count"])), lambda found: None


class Outcome:
    """CPU seconds, answer and memory above what the libraries take, of one process."""

    def __init__(self, cpu: float, answer: Any, megabytes: float) -> None:
        self.cpu, self.answer, self.megabytes = cpu, answer, megabytes


def in_turn(ours: Callable[..., Any], theirs: Callable[..., Any], *given: Any) -> tuple[Outcome, Outcome]:
    """Both in turn, three times; the medians."""
    pairs = [(in_child(ours, *given), in_child(theirs, *given)) for _ in range(3)]
    medians = [statistics.median(pair[side].cpu for pair in pairs) for side in (0, 1)]
    return tuple(Outcome(medians[side], pairs[0][side].answer, pairs[0][side].megabytes) for side in (0, 1))  # type: ignore


def in_child(contender: Callable[..., Any], *given: Any) -> Outcome:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return Outcome(*pool.apply(_timed, (contender, given)))


def _timed(contender: Callable[..., Any], given: tuple[Any, ...]) -> tuple[float, Any, float]:
    work, told = contender(*given)
    gc.collect()
    before = psutil.Process().memory_info().rss / 1024
    begun = time.process_time()
    answer = work()
    spent = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return spent, told(answer), (peak - before) / 1024


# --- made-up ground -------------------------------------------------------------------------------------------------


def made(folder: Path) -> tuple[Path, Path, Path]:
    """A deflated 8-bit raster of 100 million pixels, large zones and small ones."""
    dice = np.random.default_rng(3)
    coarse = dice.integers(40, 200, (SIDE // 40 + 1, SIDE // 40 + 1))
    raster = folder / "1999.tif"
    with rasterio.open(
        raster, "w", driver="GTiff", width=SIDE, height=SIDE, count=1, dtype="uint8", crs=CRS, transform=PLACE,
        tiled=True, blockxsize=512, blockysize=512, compress="deflate", nodata=255,
    ) as data:  # fmt: skip
        for row in range(0, SIDE, 400):
            part = np.repeat(np.repeat(coarse[row // 40 : row // 40 + 10], 40, axis=0), 40, axis=1)[:, :SIDE]
            noise = dice.integers(0, 24, part.shape)
            data.write((part + noise).astype(np.uint8)[np.newaxis], window=((row, row + 400), (0, SIDE)), indexes=[1])
    large = _zones(folder / "large.gpkg", dice, radius=(110, 430))
    return raster, large, _zones(folder / "small.gpkg", dice, radius=(6, 25))


def _zones(path: Path, dice: np.random.Generator, *, radius: tuple[float, float]) -> Path:
    corners = 24
    centres = dice.uniform(600, SIDE * 10 - 600, (ZONES, 1, 2)) * [1, -1] + [PLACE.c, PLACE.f]
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = dice.uniform(*radius, (ZONES, 1)) * dice.uniform(0.8, 1.2, (ZONES, corners))
    points = centres + np.stack([reach * np.cos(turn), reach * np.sin(turn)], axis=-1)
    frame = gpd.GeoDataFrame({"zone_id": np.arange(ZONES).astype(str)}, geometry=shapely.polygons(points), crs=CRS)
    frame.to_file(path)
    return path
