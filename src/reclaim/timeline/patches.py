"""
Footprints from imagery: the ground lost in each year, as outlines that a ledger takes.

Pixels of one year that touch along an edge make a patch; patches of fewer than ``min_pixels`` are left out. A raster of
any size is looked at tile by tile: what ends at a tile's edge waits until its neighbour is there, so the outlines do
not depend on the tiles.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import shapes

from reclaim.errors import ImageryError
from reclaim.geodesy import area
from reclaim.io.grids import Grid, Window
from reclaim.timeline.labels import label_patches

MIN_PIXELS = 5  # fewer are more often noise than ground
CLEAR = 3.0  # a fall of so many rmse is told from noise

_SUMS = ("pixels", "magnitude", "duration", "clear")


@dataclass
class PatchCollector:
    """
    Gathers the patches of a raster while its tiles go by.

    Attributes
    ----------
    grid : Grid
    min_pixels : int
        Patches of fewer pixels are left out.

    Examples
    --------
    >>> from pyproj import CRS
    >>> grid = Grid(CRS("EPSG:32649"), Affine(30, 0, 500000, 0, -30, 2600000), 4, 3)
    >>> year = np.array([[0, 2019, 2019, 0], [0, 2019, 2019, 0], [0, 0, 0, 2020.0]])
    >>> collector = PatchCollector(grid, min_pixels=4)
    >>> bands = {"year": year, "magnitude": year * 0 + 0.4, "duration": year * 0 + 1, "snr": year * 0 + 9}
    >>> collector.add(bands, grid.whole)
    >>> found = collector.finish()
    >>> found.year.tolist(), found.pixels.tolist(), round(found.area_m2.iloc[0])
    ([2019], [4], 3603)
    """

    grid: Grid
    min_pixels: int = MIN_PIXELS
    _done: list[gpd.GeoDataFrame] = field(default_factory=list)
    _open: list[gpd.GeoDataFrame] = field(default_factory=list)

    def add(self, bands: dict[str, NDArray[np.floating]], window: Window) -> None:
        """
        Take in one tile.

        Parameters
        ----------
        bands : dict of arrays (rows, columns)
            ``year`` (0 or NaN: none), ``magnitude``, ``duration`` and ``snr``.
        window : Window
            Its place on the grid. Tiles must not overlap.
        """
        year = np.nan_to_num(bands["year"]).astype(np.int32)
        if not year.any():
            return
        labels = label_patches(year)
        pieces = _pieces(labels, year, bands, self.grid.transform @ Affine.translation(window.col, window.row))
        pieces = pieces.set_crs(self.grid.crs)
        inside = _inside(labels, window, self.grid)[pieces.index]
        whole = pieces[inside]
        self._done.append(whole[whole.pixels >= self.min_pixels])
        self._open.append(pieces[~inside])

    def finish(self) -> gpd.GeoDataFrame:
        """
        The patches of the raster.

        Returns
        -------
        GeoDataFrame
            ``year``, ``pixels``, ``magnitude`` and ``duration`` (means), ``confidence`` (share of the patch whose fall
            is at least three times the noise), ``area_m2`` on the ellipsoid, geometry; by year, then from west to east.
        """
        waiting = _concat(self._open, self.grid)
        joined = _joined(waiting)
        patches = _concat([*self._done, joined[joined.pixels >= self.min_pixels]], self.grid)
        for name in ("magnitude", "duration", "clear"):
            patches[name] = patches[name] / patches["pixels"]
        patches = patches.rename(columns={"clear": "confidence"})
        # begun at a corner, and without the points that tiles leave on straight edges
        tidy = shapely.simplify(shapely.normalize(patches.geometry.values), 0)
        patches["geometry"] = shapely.normalize(tidy)
        bounds = patches.geometry.bounds
        order = pd.DataFrame({"year": patches.year, "x": bounds.minx, "y": bounds.miny, "pixels": patches.pixels})
        patches = patches.loc[order.sort_values(["year", "x", "y", "pixels"], kind="stable").index].reset_index(
            drop=True
        )
        patches["area_m2"] = area(patches.geometry) if len(patches) else np.empty(0)
        return patches[["year", "pixels", "magnitude", "duration", "confidence", "area_m2", "geometry"]]


def _pieces(
    labels: NDArray[np.int32], year: NDArray[np.int32], bands: dict[str, NDArray[np.floating]], transform: Affine
) -> gpd.GeoDataFrame:
    """The patches of one tile with sums over their pixels; the index is the label minus 1."""
    count = int(labels.max())
    flat = labels.ravel()

    def total(values: NDArray[np.floating]) -> NDArray[np.float64]:
        weights = np.nan_to_num(values, posinf=0.0).ravel()
        return np.asarray(np.bincount(flat, weights=weights, minlength=count + 1)[1:], dtype=np.float64)

    years = np.zeros(count + 1, dtype=np.int64)
    years[flat] = year.ravel()
    outlines: list[object] = [None] * count
    for outline, label in shapes(labels, mask=labels > 0, connectivity=4, transform=transform):
        outlines[int(label) - 1] = shapely.geometry.shape(outline)
    return gpd.GeoDataFrame(
        {
            "year": years[1:],
            "pixels": np.bincount(flat, minlength=count + 1)[1:],
            "magnitude": total(bands["magnitude"]),
            "duration": total(bands["duration"]),
            "clear": total((bands["snr"] >= CLEAR).astype(np.float64)),
        },
        geometry=gpd.GeoSeries(outlines),
    )


def _inside(labels: NDArray[np.int32], window: Window, grid: Grid) -> NDArray[np.bool_]:
    """Which patches do not reach an edge of the tile that has a neighbour."""
    inside = np.ones(int(labels.max()) + 1, dtype=bool)
    edges = [
        (labels[0], window.row > 0),
        (labels[-1], window.row + window.height < grid.height),
        (labels[:, 0], window.col > 0),
        (labels[:, -1], window.col + window.width < grid.width),
    ]
    for edge, shared in edges:
        if shared:
            inside[edge] = False
    return inside[1:]


def _concat(frames: Iterable[gpd.GeoDataFrame], grid: Grid) -> gpd.GeoDataFrame:
    filled = [frame for frame in frames if len(frame)]
    if filled:
        return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=grid.crs)
    empty = pd.DataFrame({"year": np.empty(0, np.int64), **{name: np.empty(0) for name in _SUMS}})
    return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=grid.crs))


def _joined(pieces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pieces of one year that touch along an edge, as one patch with the sums of both."""
    out = []
    for year, group in pieces.groupby("year", sort=True):
        parts = shapely.get_parts(shapely.union_all(group.geometry.values))
        # a point surely inside each piece tells the patch that it went into
        points = shapely.point_on_surface(group.geometry.values)
        piece, part = shapely.STRtree(parts).query(points, predicate="within")
        sums = group[list(_SUMS)].iloc[piece].groupby(part).sum()
        out.append(gpd.GeoDataFrame({"year": year, **sums}, geometry=parts[sums.index], crs=pieces.crs))
    return gpd.GeoDataFrame(pd.concat(out, ignore_index=True)) if out else pieces


def within_sites(patches: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Patches cut to the outlines of sites.

    Parameters
    ----------
    patches : GeoDataFrame
        As from `PatchCollector.finish`.
    sites : GeoDataFrame
        ``site_id`` and outlines, in the reference system of the patches.

    Returns
    -------
    GeoDataFrame
        The columns of both, ``area_m2`` of what lies inside; ground outside all sites is left out.
    """
    if patches.crs != sites.crs:
        raise ImageryError("patches and sites must be in one reference system")
    cut = gpd.overlay(sites[["site_id", "geometry"]], patches, how="intersection", keep_geom_type=True)
    cut["area_m2"] = area(cut.geometry) if len(cut) else np.empty(0)
    return cut


def as_footprints(patches: gpd.GeoDataFrame, *, site_id: str | None = None) -> gpd.GeoDataFrame:
    """
    Patches as a footprints layer of the meaning ``increment``.

    Parameters
    ----------
    patches : GeoDataFrame
        As from `PatchCollector.finish` or `within_sites`.
    site_id : str, optional
        For patches that carry none.

    Returns
    -------
    GeoDataFrame
        ``footprint_id``, ``site_id``, ``date`` (the year, as text), ``damage`` and what else is known of each patch.
    """
    frame = patches.copy()
    if "site_id" not in frame:
        frame["site_id"] = site_id or "imagery"
    order = frame.groupby(["site_id", "year"]).cumcount() + 1
    frame["footprint_id"] = [
        f"{site}-{year}-{number}" for site, year, number in zip(frame.site_id, frame.year, order, strict=True)
    ]
    frame["date"] = frame.year.astype(str)
    frame["damage"] = "other"
    first = ["footprint_id", "site_id", "date", "damage"]
    return frame[[*first, *[name for name in frame.columns if name not in {*first, "geometry"}], "geometry"]]


def smoothed(outlines: gpd.GeoSeries, *, rounds: int = 2) -> gpd.GeoSeries:
    """
    Outlines with rounded steps, for display only: their areas are no longer those of the ground.

    Parameters
    ----------
    outlines : GeoSeries
        Polygons along pixel edges.
    rounds : int
        How often each corner is cut at a quarter of its sides (Chaikin 1974).
    """

    def rounded(ring: shapely.LinearRing) -> NDArray[np.float64]:
        points = np.asarray(ring.coords)[:-1]
        for _ in range(rounds):
            after = np.roll(points, -1, axis=0)
            points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], axis=1).reshape(-1, 2)
        return points

    def one(shape: shapely.Geometry) -> shapely.Geometry:
        parts = [
            shapely.Polygon(rounded(part.exterior), [rounded(hole) for hole in part.interiors])
            for part in shapely.get_parts(shape)
        ]
        return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)

    return gpd.GeoSeries([one(shape) for shape in outlines], index=outlines.index, crs=outlines.crs)
