"""
Bare patches in a zone, and the patch rule: little of it, none of it large, and good cover all round.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from rasterio import features

from reclaim.geodesy import area
from reclaim.io.grids import Window
from reclaim.zonal.bands import IndexImage

ACRE_M2 = 4046.8564224
_LEAST_SHARE = 1e-9


@dataclass(frozen=True)
class PatchRule:
    """
    How much may be below standard.

    Attributes
    ----------
    share : float
        Of the whole, at most.
    largest_m2 : float
        Of one patch, at most: an acre for thin cover, a quarter of one for bare ground.
    """

    share: float = 0.05
    largest_m2: float = ACRE_M2


@dataclass(frozen=True)
class PatchVerdict:
    """What the patches of a zone come to: share, the largest, how many lie on its edge, and whether all holds."""

    share: float
    largest_m2: float
    count: int
    on_edge: int
    holds: bool


def bare_patches(zone: shapely.Geometry, image: IndexImage, *, threshold: float) -> gpd.GeoDataFrame:
    """
    Connected ground of a zone whose index lies below a threshold.

    Parameters
    ----------
    zone : shapely geometry
        In the image's reference system.
    image : IndexImage
    threshold : float

    Returns
    -------
    GeoDataFrame
        ``area_m2`` and outline, clipped to the zone, largest first. Pixels that touch at corners belong together.
        Ground that was not seen is no patch.
    """
    corners = image.grid.to_pixels(shapely.get_coordinates(shapely.box(*zone.bounds)))
    col, row = np.floor(corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int)
    window = Window(int(row), int(col), int(bottom - row), int(right - col)).meet(image.grid.whole)
    found: list[shapely.Geometry] = []
    if not window.empty:
        values = image.values(window)
        with np.errstate(invalid="ignore"):
            thin = (values < threshold).astype(np.uint8)
        place = image.grid.transform @ image.grid.transform.translation(window.col, window.row)
        shapes = features.shapes(thin, mask=thin > 0, connectivity=8, transform=place)
        clipped = [shapely.make_valid(shapely.geometry.shape(shape)).intersection(zone) for shape, _ in shapes]
        found = [shape for shape in clipped if shape.area > _LEAST_SHARE * zone.area]
    frame = gpd.GeoDataFrame(geometry=found, crs=image.grid.crs)
    frame.insert(0, "area_m2", area(frame.geometry) if found else np.zeros(0))
    return frame.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)


def patch_verdict(zone: shapely.Geometry, patches: gpd.GeoDataFrame, rule: PatchRule | None = None) -> PatchVerdict:
    """
    The patch rule of Louisiana and Mississippi.

    Areas below standard may make up 5 % of the released area, none of them larger than an acre, each surrounded by
    cover that complies: a patch on the zone's edge is not surrounded.

    Parameters
    ----------
    zone : shapely geometry
        In the patches' reference system.
    patches : GeoDataFrame
        As `bare_patches` gives them.
    rule : PatchRule, optional

    Returns
    -------
    PatchVerdict
    """
    rule = rule or PatchRule()
    whole = float(area(np.array([zone], dtype=object), patches.crs)[0])
    share = float(patches.area_m2.sum()) / whole
    largest = float(patches.area_m2.max()) if len(patches) else 0.0
    on_edge = int(shapely.intersects(np.asarray(patches.geometry, dtype=object), zone.boundary).sum())
    holds = share <= rule.share + 1e-9 and largest <= rule.largest_m2 * (1 + 1e-9) and on_edge == 0
    return PatchVerdict(share, largest, len(patches), on_edge, holds)
