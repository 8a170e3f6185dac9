"""The masked NDVI median of 12 dates beside xarray with dask and bottleneck in blocks, each in a process of its own."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cover import CRS, PLACE, in_child
from benchmarks.rows import Row, versus

DATES, SIDE = 12, 5_000
MASKED = (0, 1, 3, 8, 9, 10, 11)
_SHAPE = (DATES, SIDE, SIDE)


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made(folder)
        ours = in_child(by_reclaim, folder)
        blocks = in_child(by_bottleneck, folder)
        dask = in_child(by_dask, folder)
    assert abs(ours.answer - blocks.answer) < 1e-6, (ours.answer, blocks.answer)
    assert abs(ours.answer - dask.answer) < 1e-6, (ours.answer, dask.answer)
    what = f"NDVI median, {DATES} dates of {SIDE:,} x {SIDE:,}, masked"
    held = ours.megabytes - 1500  # the mapped input counts as ours as soon as it is touched
    return [
        versus(what, "bottleneck in row blocks", ours=ours.cpu, theirs=blocks.cpu, goal=2.0),
        versus(what, "xarray + dask", ours=ours.cpu, theirs=dask.cpu, goal=5.0),
        Row(f"NDVI median, memory beside the input, MB: {max(held, 0):.0f}", ours.cpu, "–", None, None, "≤ 512 MB"),
    ]


def opened(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    kinds = (("red", np.uint16), ("nir", np.uint16), ("scl", np.uint8))
    return tuple(np.memmap(folder / name, dtype=kind, mode="r", shape=_SHAPE) for name, kind in kinds)  # type: ignore


def by_reclaim(folder: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    import pyproj

    from reclaim.io.grids import Grid
    from reclaim.io.scenes import Layer, Scene
    from reclaim.zonal.bands import index_image
    from reclaim.zonal.composite import streamed_median

    red, nir, scl = opened(folder)
    grid = Grid(pyproj.CRS(CRS), PLACE, SIDE, SIDE)

    def layer(name: str, values: np.ndarray, **facts: Any) -> Layer:
        return Layer(
            name=name, grid=grid, dtype=str(values.dtype), read=lambda w: values[w.within(grid.whole)], **facts
        )

    def scene(date: int) -> Scene:
        stored = {"scale": 1e-4, "offset": 0.0, "nodata": (0.0,)}
        bands = {"red": layer("red", red[date], **stored), "nir": layer("nir", nir[date], **stored)}
        return Scene(str(date), bands, mask=layer("SCL", scl[date]), mask_kind="SCL")

    images = [index_image(scene(date), "ndvi") for date in range(DATES)]

    def work() -> np.ndarray:
        out = np.empty((SIDE, SIDE), dtype=np.float32)
        tiles = list(grid.tiles((64, SIDE), pixels=1 << 19))
        for window, median, _ in streamed_median(lambda date, w: images[date].values(w), DATES, tiles):
            out[window.within(grid.whole)] = median
        return out

    return work, _told


def by_bottleneck(folder: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    import bottleneck

    red, nir, scl = opened(folder)

    def work() -> np.ndarray:
        out = np.empty((SIDE, SIDE), dtype=np.float32)
        for row in range(0, SIDE, 100):
            part = (slice(None), slice(row, row + 100))
            r, n = red[part].astype(np.float32), nir[part].astype(np.float32)
            index = (n - r) / (n + r)
            index[np.isin(scl[part], MASKED)] = np.nan
            out[row : row + 100] = bottleneck.nanmedian(index, axis=0)
        return out

    return work, _told


def by_dask(folder: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    import xarray as xr

    chunks = {"time": DATES, "y": 500, "x": 1000}
    red, nir, scl = (xr.DataArray(values, dims=("time", "y", "x")).chunk(chunks) for values in opened(folder))

    def work() -> np.ndarray:
        r, n = red.astype("float32"), nir.astype("float32")
        index = ((n - r) / (n + r)).where(~scl.isin(MASKED))
        return index.median("time", skipna=True).compute(scheduler="threads").values

    return work, _told


def _told(found: np.ndarray) -> float:
    return float(np.nanmean(found, dtype=np.float64))


def made(folder: Path) -> None:
    dice = np.random.default_rng(6)
    kinds = (("red", np.uint16, (200, 3000)), ("nir", np.uint16, (1500, 6000)), ("scl", np.uint8, (2, 10)))
    for name, kind, (low, high) in kinds:
        data = np.memmap(folder / name, dtype=kind, mode="w+", shape=_SHAPE)
        for date in range(DATES):
            data[date] = dice.integers(low, high, _SHAPE[1:], dtype=kind)
        data.flush()
