"""
The verb of history: from a yearly stack to the years of disturbance, footprints for the ledger, and recovery by site.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from numpy.typing import NDArray

from reclaim.errors import TableError
from reclaim.geodesy import area
from reclaim.io.atomic import atomic_files
from reclaim.io.grids import Grid, Window
from reclaim.io.rasters import NewBand, RasterWriter, close_rasters, writing_raster
from reclaim.io.scenes import Stated
from reclaim.io.write import write_table
from reclaim.progress import progress
from reclaim.timeline.kernels import BANDS
from reclaim.timeline.patches import PatchCollector, as_footprints, within_sites
from reclaim.timeline.recovery import DEFINITIONS, METRICS, Definition, weighted_median
from reclaim.timeline.results import History
from reclaim.timeline.segments import ABRUPT_YEARS, MIN_MAGNITUDE, UNITS, SegmentRules, segment_values
from reclaim.verbs.history_files import preview, write_pages, write_summary
from reclaim.verbs.history_sites import Lost, SiteGatherer, Sites, add_losses, by_year, read_sites
from reclaim.verbs.history_stack import Stack, open_stack, tell

__all__ = ["History", "history", "measured"]

Path_ = str | os.PathLike[str]
_FLAT = ("trajectory", "disturbed", "reasons")  # of a site's row: not for a flat table
_METRIC_UNITS = {"delta_regrowth": "index units", "yryr": "index units per year", "y2r": "years"}


def history(
    stack: Path_,
    output: Path_,
    *,
    sites: Path_ | gpd.GeoDataFrame | None = None,
    index: str | None = None,
    min_magnitude: float = MIN_MAGNITUDE,
    definition: Definition = "white",
    stated: Stated | None = None,
) -> History:
    """
    When was it disturbed, and when did it come back: from one raster a year.

    Parameters
    ----------
    stack : path
        A folder with one raster for each year, six or more: ``2005.tif`` and so on, one band that is the index itself,
        or bands named by meaning.
    output : path
        A folder; files of the same names in it are replaced.
    sites : path or GeoDataFrame, optional
        Outlines with ``dist_start``, ``rest_start`` and, if they are known, ``ref_start`` and ``ref_end``.
    index : str, optional
        An index that rises with vegetation; without it ``nbr``, or the one that the rasters hold ready-made.
    min_magnitude : float
        Smallest loss that counts, in units of the index.
    definition : {"white", "peer"}
        Of the recovery metrics; see `reclaim.timeline.recovery`.
    stated : Stated, optional
        Sensor, scale, offset and nodata, where files do not say them.

    Returns
    -------
    History
        And in the folder: ``history.tif`` with the bands ``year`` (0: no loss), ``magnitude``, ``duration``, ``rate``,
        ``before``, ``rmse``, ``snr``, ``recovery_start``, nodata where too few years were seen; ``footprints.gpkg``,
        which a project takes as a footprints layer of the meaning ``increment``; with sites ``sites.csv``,
        ``sites.gpkg`` and ``recovery.tif``; ``history.json``, all figures; and for people ``map.html`` and
        ``report.html``.

    Raises
    ------
    ReclaimError
        When the stack or the sites cannot be used; then nothing is written.
    """
    _check(definition, min_magnitude)
    try:
        opened = open_stack(stack, index, stated or Stated())
        laid = None if sites is None else read_sites(sites, opened.grid, definition=definition)
        with atomic_files(output) as folder:
            found = measured(opened, folder, sites=laid, min_magnitude=min_magnitude, definition=definition)
            write_pages(found, folder)
            outputs = tuple(Path(output) / path.name for path in sorted(folder.iterdir()))
    finally:
        close_rasters()
    return replace(found, outputs=outputs)


def _check(definition: str, min_magnitude: float) -> None:
    if definition not in DEFINITIONS:
        raise TableError(f"unknown definition {definition!r}; choose one of {', '.join(DEFINITIONS)}")
    SegmentRules().compiled(min_magnitude)


def measured(
    stack: Stack,
    folder: Path,
    *,
    sites: Sites | None,
    search: gpd.GeoDataFrame | None = None,
    min_magnitude: float = MIN_MAGNITUDE,
    definition: Definition = "white",
) -> History:
    """
    One pass over an opened stack; its rasters and tables go into a folder.

    Parameters
    ----------
    stack : Stack
    folder : Path
        An empty one.
    sites : Sites, optional
    search : GeoDataFrame, optional
        ``site_id`` and outlines on the stack's grid that footprints are cut to; otherwise the sites.
    min_magnitude, definition
        As in `history`.
    """
    _check(definition, min_magnitude)
    work = _Work(stack, sites, min_magnitude, definition, folder, search=search)
    work.run()
    notes = tell(stack, min_magnitude)
    found = replace(work.finish(), notes=notes)
    write_summary(found, folder)
    return replace(found, preview=preview(folder, around=search))


@dataclass
class _Work:
    """One pass over a stack: what is written and what is gathered on the way."""

    stack: Stack
    sites: Sites | None
    min_magnitude: float
    definition: Definition
    folder: Path
    search: gpd.GeoDataFrame | None = None
    lost: Lost = field(default_factory=dict)
    judged: float = 0.0
    patches: PatchCollector = field(init=False)
    gatherer: SiteGatherer | None = None

    def __post_init__(self) -> None:
        self.patches = PatchCollector(self.stack.grid)
        if self.sites is not None:
            self.gatherer = SiteGatherer(self.sites, self.stack.years, self.definition)

    def run(self) -> None:
        tiles = self.stack.tiles()
        with ExitStack() as files, progress("history", len(tiles)) as work:
            loss_file = files.enter_context(self._raster("history.tif", [NewBand(name, UNITS[name]) for name in BANDS]))
            names = [NewBand(name, _METRIC_UNITS.get(name, "ratio")) for name in METRICS] + [
                NewBand("reason", "sum of bits")
            ]
            recovery_file = files.enter_context(self._raster("recovery.tif", names)) if self.gatherer else None
            for window in tiles:
                self._tile(window, loss_file, recovery_file)
                work.advance()

    @contextmanager
    def _raster(self, name: str, bands: list[NewBand]) -> Iterator[RasterWriter]:
        tags = {
            "index": self.stack.index,
            "years": f"{self.stack.years[0]}-{self.stack.years[-1]}",
            "min_magnitude": f"{self.min_magnitude:g}",
            "definition": self.definition,
        }
        with writing_raster(self.folder / name, self.stack.grid, bands, tags=tags) as writer:
            yield writer

    def _tile(self, window: Window, loss_file: RasterWriter, recovery_file: RasterWriter | None) -> None:
        values = self.stack.values(window)
        loss = segment_values(values, self.stack.years, min_magnitude=self.min_magnitude, threads=os.cpu_count() or 1)
        loss_file.write(np.stack([loss[name] for name in BANDS]), window)
        self._count(loss, window)
        self.patches.add({**loss, "year": np.where(loss["duration"] <= ABRUPT_YEARS, loss["year"], 0)}, window)
        if self.gatherer is None or recovery_file is None:
            return
        layers = np.full((len(METRICS) + 1, *window.shape), np.nan, dtype=np.float32)
        for inside, metrics in self.gatherer.add(values, loss, window):
            # where sites overlap, the first one's figures stand in the raster
            free = inside & np.isnan(layers[-1])
            for row, name in enumerate((*METRICS, "reason")):
                layers[row][free] = metrics[name][free[inside]]
        recovery_file.write(layers, window)

    def _count(self, loss: dict[str, NDArray[np.float32]], window: Window) -> None:
        """Add up the ground by year of loss; pixels of one row are of one size."""
        sizes = np.broadcast_to(_pixel_areas(self.stack.grid, window)[:, None], window.shape)
        self.judged += float(sizes[~np.isnan(loss["year"])].sum())
        add_losses(self.lost, loss, sizes)

    def finish(self) -> History:
        patches = self.patches.finish()
        search = self.sites.frame if self.search is None and self.sites is not None else self.search
        if search is not None:
            patches = within_sites(patches, search)
        footprints = as_footprints(patches, site_id=self.stack.name)
        write_table(footprints, self.folder / "footprints.gpkg", layer="footprints")
        rows = list(self.gatherer.rows()) if self.gatherer else []
        if self.sites is not None:
            _write_sites(rows, self.sites.frame, self.folder)
        return History(
            index=self.stack.index,
            definition=self.definition,
            years=tuple(self.stack.years.tolist()),
            min_magnitude=self.min_magnitude,
            disturbed=by_year(self.lost),
            judged_m2=self.judged,
            footprints=footprints,
            sites=tuple(rows),
            metrics=_medians(self.gatherer),
            name=self.stack.name,
            grounds=None if self.sites is None else self.sites.frame[["site_id", "geometry"]],
        )


def _pixel_areas(grid: Grid, window: Window) -> NDArray[np.float64]:
    """Ellipsoidal area of a pixel in each row of a window, m²: that of the row's strip, shared out."""
    place = grid.transform @ Affine.translation(window.col, window.row)
    corners = np.array([[0, 0], [window.width, 0], [window.width, 1], [0, 1], [0, 0]], dtype=np.float64)
    rings = np.repeat(corners[None], window.height, axis=0)
    rings[:, :, 1] += np.arange(window.height)[:, None]
    x = place.a * rings[..., 0] + place.b * rings[..., 1] + place.c
    y = place.d * rings[..., 0] + place.e * rings[..., 1] + place.f
    return np.asarray(area(shapely.polygons(np.stack([x, y], axis=-1)), grid.crs) / window.width)


def _medians(gatherer: SiteGatherer | None) -> dict[str, float]:
    """Medians of the metrics over the ground of all sites; of ``y2r`` over the ground that has recovered."""
    parts = [site for site in gatherer.gathered if site.metrics] if gatherer else []
    out = {}
    for name in METRICS:
        values = [layer[name] for site in parts for layer in site.metrics]
        weights = [share for site in parts for share in site.shares]
        flat = np.concatenate(values) if values else np.empty(0)
        counted = np.isfinite(flat) & (flat >= 0 if name == "y2r" else True)
        known = counted.any()
        out[name] = weighted_median(flat[counted], np.concatenate(weights)[counted]) if known else float("nan")
    return out


def _write_sites(rows: list[dict[str, Any]], frame: gpd.GeoDataFrame, folder: Path) -> None:
    table = pd.DataFrame([{key: value for key, value in row.items() if key not in _FLAT} for row in rows])
    for name in ("dist_start", "rest_start", "ref_start", "ref_end", "year", "relapse_year"):
        table[name] = table[name].astype("Int64")
    table["reasons"] = ["; ".join(row["reasons"]) for row in rows]
    write_table(table, folder / "sites.csv")
    write_table(
        gpd.GeoDataFrame(table, geometry=frame.geometry.values, crs=frame.crs), folder / "sites.gpkg", layer="sites"
    )
