"""Ellipsoidal areas of a million parcels beside a loop over PROJ's Geod and an equal-area projection."""

import numpy as np
import shapely
from pyproj import Geod

from benchmarks.data import parcels_only
from benchmarks.rows import Row, cpu_seconds, measured, versus
from reclaim.geodesy import area, densify, flatten, polygon_area_lonlat

_LOOPED = 50_000
_FOLLOWED = 200


def run() -> list[Row]:
    parcels = parcels_only(1_000_000).geometry
    few = parcels.iloc[:_LOOPED]
    ours = cpu_seconds(lambda: area(parcels))
    projected = cpu_seconds(lambda: parcels.to_crs(6933).area, repeat=1)
    looped, theirs = measured(lambda: by_geod(few))
    loop = looped * len(parcels) / _LOOPED
    assert np.abs(area(few) / theirs - 1).max() < 1e-5  # PROJ's own noise on the smallest parcels
    return [
        versus(
            "area of 1 M parcels",
            f"Geod.geometry_area_perimeter loop ({_LOOPED:,} timed)",
            ours=ours,
            theirs=loop,
            goal=10,
        ),
        versus("area of 1 M parcels", "to_crs(6933).area", ours=ours, theirs=projected, goal=2),
        Row(f"area, greatest relative error, edges up to 1 km: {worst_error():.1e}", 0, "–", None, None, "≤ 1e-8"),
    ]


def by_geod(parcels) -> np.ndarray:
    geod = Geod(a=6378137.0, rf=298.257222101)
    return np.array([abs(geod.geometry_area_perimeter(parcel)[0]) for parcel in parcels])


def worst_error() -> float:
    """Against the same rings followed every two metres along their geodesics."""
    rng = np.random.default_rng(7)
    geod = Geod(a=6378137.0, rf=298.257222101)
    errors = []
    for _ in range(_FOLLOWED):
        count = int(rng.integers(3, 9))
        around = np.sort(rng.uniform(0, 360, count))
        reach = rng.uniform(300, 600, count)
        lon, lat, _ = geod.fwd(np.full(count, rng.uniform(75, 130)), np.full(count, rng.uniform(18, 53)), around, reach)
        polygon = shapely.Polygon(np.column_stack([lon, lat]))
        dense = densify(flatten(np.array([polygon], dtype=object)), 2.0, geodesic=True)
        truth = abs(polygon_area_lonlat(dense.x, dense.y, dense.starts)[0])
        if truth > 1_000:
            errors.append(abs(area([polygon], "EPSG:4490")[0] / truth - 1))
    return max(errors)
