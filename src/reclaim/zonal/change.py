"""
What changed between two dates: both laid on one grid by coordinate, compared where both were seen.

Images of different dates seldom begin at the same pixel, so arrays are never subtracted as they come: the later image
is sampled at the centres of the earlier one's pixels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import features

from reclaim.errors import ImageryError
from reclaim.geodesy import area
from reclaim.io.grids import Grid, Window, nearest
from reclaim.progress import progress
from reclaim.zonal.bands import IndexImage

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

TIE = 1e-7  # an index is held with seven digits
_STEP = 64  # pixels between the places where a pixel's area is measured
LOST, GAINED = 1, 2


@dataclass
class ChangeSums:
    """Areas (m², on the ellipsoid) and pixels that lost, gained, or could be compared."""

    lost_m2: float = 0.0
    gained_m2: float = 0.0
    compared_m2: float = 0.0
    lost_pixels: int = 0
    gained_pixels: int = 0
    compared_pixels: int = 0


@dataclass(frozen=True, eq=False)
class ChangeBlock:
    """One block: its place, the index's difference (after - before; NaN where not compared), and the kind of change."""

    window: Window
    difference: NDArray[np.float32]
    kind: NDArray[np.uint8]
    pixel_m2: Floats


def change_blocks(
    before: IndexImage, after: IndexImage, *, drop: float, bounds: Bounds | None = None
) -> Iterator[ChangeBlock]:
    """
    Two images compared block by block on the earlier one's grid.

    Parameters
    ----------
    before, after : IndexImage
        Of the same reference system; any grids.
    drop : float
        A fall of the index by more than this is a loss, a rise by more a gain.
    bounds : tuple of float, optional
        x0, y0, x1, y1 in the earlier image's reference system: only pixels whose centre lies inside.

    Yields
    ------
    ChangeBlock

    Raises
    ------
    ImageryError
        When the reference systems differ, or no pixel lies inside the bounds.
    """
    if not drop > 0:
        raise ImageryError(f"drop must be above 0, got {drop:g}")
    within = _window(before.grid, bounds)
    windows = [window for tile in before.grid.tiles(before.block) if not (window := tile.meet(within)).empty]
    with progress("comparing", len(windows)) as work:
        for window in windows:
            yield _compared(before, after, window, drop, bounds)
            work.advance()


def add_up(blocks: Iterator[ChangeBlock], sums: ChangeSums) -> Iterator[ChangeBlock]:
    """Pass blocks on, adding their areas to ``sums``."""
    for block in blocks:
        seen = np.isfinite(block.difference)
        for name, chosen in (("lost", block.kind == LOST), ("gained", block.kind == GAINED), ("compared", seen)):
            setattr(sums, f"{name}_m2", getattr(sums, f"{name}_m2") + float(block.pixel_m2[chosen].sum()))
            setattr(sums, f"{name}_pixels", getattr(sums, f"{name}_pixels") + int(chosen.sum()))
        yield block


def _compared(before: IndexImage, after: IndexImage, window: Window, drop: float, bounds: Bounds | None) -> ChangeBlock:
    first = before.values(window)
    second, inside = nearest(after.values, after.grid, before.grid, window)
    difference = np.where(inside, second.astype(np.float64) - first, np.nan)
    if bounds is not None:
        x, y = np.broadcast_arrays(*before.grid.centres(window))
        x0, y0, x1, y1 = bounds
        difference[~((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1))] = np.nan
    kind = np.zeros(window.shape, dtype=np.uint8)
    with np.errstate(invalid="ignore"):
        kind[difference < -drop - TIE] = LOST
        kind[difference > drop + TIE] = GAINED
    return ChangeBlock(window, difference.astype(np.float32), kind, pixel_areas(before.grid, window))


def _window(grid: Grid, bounds: Bounds | None) -> Window:
    """The cells that bounds may pick."""
    if bounds is None:
        return grid.whole
    x0, y0, x1, y1 = bounds
    corners = grid.to_pixels(np.array([(x0, y0), (x1, y0), (x0, y1), (x1, y1)], dtype=float))
    col, row = np.floor(corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int)
    found = Window(int(row), int(col), int(bottom - row), int(right - col)).meet(grid.whole)
    if found.empty:
        raise ImageryError(
            f"bounds {x0:g},{y0:g},{x1:g},{y1:g} lie off the earlier image, which spans "
            f"{','.join(f'{value:g}' for value in grid.bounds)}; give them in its own reference system"
        )
    return found


def pixel_areas(grid: Grid, window: Window) -> Floats:
    """
    The area of each pixel of a window on the CGCS2000 ellipsoid.

    Parameters
    ----------
    grid : Grid
        In any reference system.
    window : Window

    Returns
    -------
    array (rows, columns)
        Square metres. Measured every 64 pixels and at the edges, taken as linear between: a projection's scale changes
        by millionths over that distance. In longitude and latitude every row is measured.

    Examples
    --------
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(CRS("EPSG:32649"), Affine(10, 0, 300000, 0, -10, 2600000), 1000, 1000)
    >>> areas = pixel_areas(grid, Window(0, 0, 2, 2))
    >>> bool(99.9 < areas.min() < areas.max() < 100.1)
    True
    """
    if grid.crs.is_geographic and grid.transform.b == grid.transform.d == 0:
        rows = np.arange(window.row, window.row + window.height)
        column = _areas_at(grid, rows[:, None], np.array([[window.col]]))
        return np.ascontiguousarray(np.broadcast_to(column, window.shape))
    rows, cols = _nodes(window.row, window.height), _nodes(window.col, window.width)
    known = _areas_at(grid, rows[:, None], cols[None, :])
    wanted_rows = np.arange(window.row, window.row + window.height)
    wanted_cols = np.arange(window.col, window.col + window.width)
    across = np.stack([np.interp(wanted_cols, cols, line) for line in known])
    place = np.interp(wanted_rows, rows, np.arange(len(rows)))
    low = np.minimum(place.astype(int), max(len(rows) - 2, 0))
    share = (place - low)[:, None]
    return np.asarray(across[low] * (1 - share) + across[np.minimum(low + 1, len(rows) - 1)] * share)


def _nodes(start: int, length: int) -> NDArray[np.int64]:
    return np.unique(np.append(np.arange(start, start + length, _STEP), start + length - 1))


def _areas_at(grid: Grid, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> Floats:
    rows, cols = np.broadcast_arrays(rows, cols)
    t = grid.transform
    corners = [(cols + dc, rows + dr) for dc, dr in ((0, 0), (1, 0), (1, 1), (0, 1))]
    rings = np.stack(
        [np.stack([t.a * c + t.b * r + t.c, t.d * c + t.e * r + t.f], axis=-1) for c, r in corners], axis=-2
    ).reshape(-1, 4, 2)
    return np.asarray(area(shapely.polygons(rings), grid.crs)).reshape(rows.shape)


def change_polygons(blocks: Iterator[ChangeBlock], grid: Grid) -> gpd.GeoDataFrame:
    """
    Connected ground that lost or gained, as polygons.

    Parameters
    ----------
    blocks : iterator of ChangeBlock
    grid : Grid
        Of the earlier image.

    Returns
    -------
    GeoDataFrame
        ``change`` (lost or gained), ``area_m2`` on the ellipsoid and the outline along pixel edges, in the grid's own
        system; largest first. Parts that lie in two blocks are joined.
    """
    found: dict[int, list[shapely.Geometry]] = {LOST: [], GAINED: []}
    for block in blocks:
        moved = grid.transform @ grid.transform.translation(block.window.col, block.window.row)
        for shape, kind in features.shapes(block.kind, mask=block.kind > 0, transform=moved):
            found[int(kind)].append(shapely.geometry.shape(shape))
    rows = []
    for kind, name in ((LOST, "lost"), (GAINED, "gained")):
        parts = shapely.get_parts(shapely.union_all(found[kind])) if found[kind] else []
        rows += [{"change": name, "geometry": part} for part in parts]
    frame = gpd.GeoDataFrame(rows, columns=["change", "geometry"], geometry="geometry", crs=grid.crs)
    frame.insert(1, "area_m2", area(frame.geometry) if len(frame) else np.zeros(0))
    return frame.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)
