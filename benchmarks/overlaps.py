"""Overlapping pairs among parcels beside an overlay of the table on itself, and how the cost grows."""

import warnings

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.data import stars
from benchmarks.rows import Row, measured, versus
from reclaim.land.checks import overlaps


def run() -> list[Row]:
    some = parcels(100_000)
    warnings.filterwarnings("ignore", "Geometry is in a geographic CRS")  # sums are compared, nothing is measured
    ours, pairs = measured(lambda: overlaps(some), repeat=3)
    theirs, overlaid = measured(lambda: by_overlay(some))
    # ours leaves out ground that only rounding shares
    assert 0 <= len(overlaid) - len(pairs) <= len(pairs) / 1000
    assert abs(pairs.geometry.area.sum() / overlaid.geometry.area.sum() - 1) < 1e-9
    million = parcels(1_000_000)
    many, _ = measured(lambda: overlaps(million))
    growth = many / ours
    name = f"overlaps of 100 k parcels ({len(pairs):,} pairs)"
    return [
        versus(name, "geopandas.overlay on itself", ours=ours, theirs=theirs, goal=20),
        Row(f"overlaps, ten times the parcels take {growth:.1f} × as long", many, "–", None, None, "≤ 12 ×"),
    ]


def parcels(count: int, *, seed: int = 1) -> gpd.GeoDataFrame:
    """Parcels of one density whatever their number, one in twenty moved onto another."""
    rng = np.random.default_rng(seed)
    side = 0.01 * count**0.5
    centres = np.array([105.0, 30.0]) + rng.uniform(0, side, (count, 2))
    moved = rng.random(count) < 0.05
    centres[moved] = centres[rng.integers(0, count, int(moved.sum()))] + rng.uniform(-3e-4, 3e-4, (int(moved.sum()), 2))
    return gpd.GeoDataFrame({"n": np.arange(count)}, geometry=stars(rng, centres, radius=60.0), crs="EPSG:4490")


def by_overlay(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shared = gpd.overlay(frame, frame, how="intersection", keep_geom_type=True)
    return shared[(shared["n_1"] < shared["n_2"]) & (shapely.area(shared.geometry.values) > 0)]
