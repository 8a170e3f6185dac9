"""
The files that a history leaves for people and for other programs: its figures, a map, a report; and reading them back.
"""

import json
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import geometry_mask

from reclaim.errors import FileError, ImageryError
from reclaim.io.atomic import atomic_path
from reclaim.io.grids import Grid, Window, nearest
from reclaim.io.rasters import RasterFile, open_raster
from reclaim.io.vectors import read_table
from reclaim.timeline.results import History, Preview
from reclaim.timeline.segments import ABRUPT_YEARS

SUMMARY = "history.json"
_MOST = 1_000  # cells of the longer side of a preview
_FORM = 1  # of the summary; raised when older ones cannot be read any more


def write_summary(found: History, folder: Path) -> None:
    """Write all figures of a history as ``history.json``, so that a project can show them without the stack."""
    document = {"form": _FORM, **found.document(), "notes": list(found.notes)}
    document.pop("outputs")
    with atomic_path(folder / SUMMARY) as path:
        path.write_text(json.dumps(_plain(document), ensure_ascii=False, indent=1), encoding="utf-8")


def write_pages(found: History, folder: Path) -> None:
    """Write the map and the report of a history."""
    from reclaim.maps.loss_sheet import LossSheet
    from reclaim.reports.history_report import history_page

    sheet = LossSheet(found)
    sheet.save(folder / "map.html")
    with atomic_path(folder / "report.html") as path:
        path.write_text(history_page(found, sheet), encoding="utf-8", newline="\n")


def _plain(value: Any) -> Any:
    """A value as JSON knows it; missing is null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def preview(folder: Path, *, around: gpd.GeoDataFrame | None = None) -> Preview:
    """
    The rasters of a history's folder, thinned.

    Parameters
    ----------
    folder : Path
    around : GeoDataFrame, optional
        Only this ground, in the rasters' reference system; the rest of its rectangle counts as not seen.

    Raises
    ------
    FileError
        When a raster is missing or damaged.
    """
    year = open_raster(folder / "history.tif")
    if year.grid is None:
        raise FileError(f"{year.name}: has lost its georeference; run reclaim history again")
    grid = _thinned(year.grid, around)
    outside = np.zeros(grid.whole.shape, dtype=bool)
    if around is not None:
        outside = geometry_mask(around.geometry, grid.whole.shape, grid.transform, all_touched=True)
    recovery = folder / "recovery.tif"
    lost, slow = (_band(year, name, grid) for name in ("year", "duration"))
    lost[outside] = np.nan
    y2r = _band(open_raster(recovery), "y2r", grid) if recovery.exists() else None
    return Preview(grid, lost, slow > ABRUPT_YEARS, y2r)


def _thinned(grid: Grid, around: gpd.GeoDataFrame | None) -> Grid:
    """The grid, or the part of it that some ground lies in, with at most so many cells to a side."""
    window = grid.whole
    if around is not None:
        x0, y0, x1, y1 = around.total_bounds
        pixels = grid.to_pixels(np.array([[x0, y0], [x1, y0], [x0, y1], [x1, y1]]))
        (col, row), (right, bottom) = np.floor(pixels.min(axis=0)), np.ceil(pixels.max(axis=0))
        window = Window(int(row), int(col), int(bottom - row), int(right - col)).meet(grid.whole)
        if window.empty:
            raise ImageryError("the history shows none of the project's land; look at the reference systems of both")
    step = max(max(window.width, window.height) / _MOST, 1.0)
    width, height = max(1, round(window.width / step)), max(1, round(window.height / step))
    corner = grid.transform @ Affine.translation(window.col, window.row)
    return Grid(grid.crs, corner @ Affine.scale(window.width / width, window.height / height), width, height)


def _band(raster: RasterFile, name: str, grid: Grid) -> NDArray[np.float32]:
    number = next((band.number for band in raster.bands if band.name == name), None)
    if number is None or raster.grid is None:
        raise FileError(f"{raster.name}: has no band {name!r}; run reclaim history again")
    values, inside = nearest(lambda window: raster.read(number, window), raster.grid, grid, grid.whole)
    return np.where(inside, values, np.nan).astype(np.float32)


def read_history(folder: Path) -> History:
    """
    A history from the folder that ``reclaim history`` wrote.

    Raises
    ------
    FileError
        When a file is missing or is none of a history.
    """
    told = _summary(folder / SUMMARY)
    footprints = read_table(folder / "footprints.gpkg", table="footprints")
    sites = folder / "sites.gpkg"
    grounds = read_table(sites, table="sites")[["site_id", "geometry"]] if told["sites"] and sites.exists() else None
    if grounds is not None and len(grounds) != len(told["sites"]):
        raise FileError(f"{folder.name}: {sites.name} and {SUMMARY} are of different runs; run reclaim history again")
    return History(
        index=told["index"],
        definition=told["definition"],
        years=tuple(told["years"]),
        min_magnitude=told["min_magnitude"],
        disturbed=pd.DataFrame(told["disturbed"], columns=["year", "area_m2", "hectares", "slow_m2"]),
        judged_m2=told["judged_m2"],
        footprints=gpd.GeoDataFrame(footprints),
        sites=tuple(told["sites"]),
        metrics={name: math.nan if value is None else value for name, value in told["metrics"].items()},
        name=told["name"],
        notes=tuple(told["notes"]),
        grounds=grounds,
        preview=preview(folder),
    )


def _summary(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        form = told["form"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{path.name}: is no summary of a history; run reclaim history again") from error
    if form != _FORM:
        raise FileError(f"{path.name}: was written by another version; run reclaim history again")
    return dict(told)
