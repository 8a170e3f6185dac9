"""Small rasters for tests: drawn by hand, so that a person can check the answer with a pencil."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from shapely.geometry import box

X0, Y0 = 500000, 2600000
CRS = "EPSG:32649"
PLACE = Affine(10, 0, X0, 0, -10, Y0)


def write_raster(
    path: Path,
    bands: dict[str, np.ndarray] | np.ndarray,
    *,
    transform: Affine = PLACE,
    crs: str | None = CRS,
    tags: dict[str, str] | None = None,
    scales: tuple[float, float] | None = None,
    **profile: Any,
) -> Path:
    """A GeoTIFF with named bands (a mapping) or one without a name (an array)."""
    named = bands if isinstance(bands, dict) else {"": bands}
    values = np.stack(list(named.values()))
    options = {"driver": "GTiff", "photometric": "minisblack", **profile}
    with rasterio.open(
        path, "w", count=len(values), height=values.shape[1], width=values.shape[2], dtype=values.dtype, crs=crs,
        transform=transform, **options,
    ) as data:  # fmt: skip
        data.write(values)
        data.update_tags(**(tags or {}))
        for number, name in enumerate(named, 1):
            if name:
                data.set_band_description(number, name)
        if scales:
            data.scales, data.offsets = [scales[0]] * len(values), [scales[1]] * len(values)
    return path


def ground(rows: int, cols: int, *, at: tuple[float, float] = (0, 0), pixel: float = 10) -> Any:
    """A rectangle of whole pixels, ``at`` rows down and columns right of the raster's corner."""
    left, top = X0 + at[1] * pixel, Y0 - at[0] * pixel
    return box(left, top - rows * pixel, left + cols * pixel, top)


def zones(**shapes: Any) -> gpd.GeoDataFrame:
    """Zones by name."""
    return gpd.GeoDataFrame({"zone_id": list(shapes)}, geometry=list(shapes.values()), crs=CRS)


def ndvi_bands(ndvi: np.ndarray) -> dict[str, np.ndarray]:
    """Red and near infrared with a sum of 0.44 that give an index."""
    return {"red": (0.22 * (1 - ndvi)).astype(np.float32), "nir": (0.22 * (1 + ndvi)).astype(np.float32)}


YEARLY = Affine(30, 0, X0, 0, -30, Y0)  # where a yearly stack lies


def yearly_stack(folder: Path) -> Path:
    """
    NBR of 2010 to 2021, 20 by 30 pixels of 30 m: 6 by 8 pixels lost in 2016 (at row 2, column 3), 4 by 10 in 2019 (at
    row 12, column 15), a corner of 4 pixels never seen.
    """
    dice = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    for year in range(2010, 2022):
        nbr = 0.7 + dice.normal(0, 0.02, (20, 30))
        if year >= 2016:
            nbr[2:8, 3:11] -= 0.5
        if year >= 2019:
            nbr[12:16, 15:25] -= 0.4
        nbr[18:, :2] = np.nan
        write_raster(folder / f"{year}.tif", nbr.astype(np.float32), transform=YEARLY)
    return folder
