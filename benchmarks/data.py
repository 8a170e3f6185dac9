"""Made-up mines for the benchmarks: star-shaped rings in heaps, as many and as tangled as wanted."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

BELTS = ((107.5, 23.3), (106.6, 26.7), (112.9, 34.7), (111.6, 37.1), (117.0, 34.2), (119.5, 48.5))

# the heap of a mine: standard deviation of its outlines' centres, degrees, for so many of them
HEAP = 0.0018
HEAPED = {"footprint": 40, "parcel": 20}


def stars(rng: np.random.Generator, centres: np.ndarray, *, radius: float, tail: float = 0.5) -> np.ndarray:
    """Star-shaped polygons of 5 to 60 vertices about centres (degrees), of a median radius in metres."""
    counts = rng.integers(5, 61, len(centres))
    owner = np.repeat(np.arange(len(centres)), counts)
    first = np.cumsum(counts) - counts
    turn = (np.arange(counts.sum()) - first[owner]) / counts[owner]
    size = radius * rng.lognormal(0, tail, len(centres))
    reach = size[owner] * rng.uniform(0.7, 1.3, counts.sum())
    lat = centres[owner, 1]
    x = centres[owner, 0] + reach * np.cos(2 * np.pi * turn) / (111_320 * np.cos(np.radians(lat)))
    y = lat + reach * np.sin(2 * np.pi * turn) / 110_900
    rings = shapely.linearrings(*_closed(x, y, counts, first), indices=np.repeat(np.arange(len(centres)), counts + 1))
    return shapely.polygons(rings)


def _closed(x: np.ndarray, y: np.ndarray, counts: np.ndarray, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    at = first + counts
    return np.insert(x, at, x[first]), np.insert(y, at, y[first])


def mines(
    footprints: int, parcels: int, *, sites: int = 500, years: int = 10, seed: int = 1
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """
    Increment footprints and permanent parcels, in EPSG:4490, with canonical columns.

    The outlines of a mine lie in one heap, as deep in a large mine as in a small one; one in twenty lies up to some
    kilometres away, one in a hundred thousand on a neighbour's heap. Of a mine with many more parcels than footprints
    most parcels lie outside of the footprints.
    """
    rng = np.random.default_rng(seed)
    centres = _centres(rng, sites)
    return (
        _layer(rng, centres, footprints, years=years, kind="footprint"),
        _layer(rng, centres, parcels, years=years, kind="parcel"),
    )


def _centres(rng: np.random.Generator, sites: int) -> np.ndarray:
    """Mines in belts, about 13 km apart."""
    number = np.arange(sites)
    place = number // len(BELTS)
    column, row = place % 10, place // 10
    grid = np.column_stack([column, row]) * 0.12 - 0.6
    return np.array(BELTS)[number % len(BELTS)] + grid + rng.uniform(-0.02, 0.02, (sites, 2))


def _layer(rng: np.random.Generator, centres: np.ndarray, count: int, *, years: int, kind: str) -> gpd.GeoDataFrame:
    owner = np.arange(count) % len(centres)
    heap = np.where(rng.random(count) < 1e-5, (owner + len(BELTS)) % len(centres), owner)
    spread = HEAP * max(count / len(centres) / HEAPED[kind], 1) ** 0.5
    near = centres[heap] + rng.normal(0, spread, (count, 2))
    lost = rng.random(count) < 0.05
    near[lost] += rng.uniform(-0.02, 0.02, (int(lost.sum()), 2))
    year = 2010 + rng.integers(0, years, count)
    # footprints at mid-year, parcels at its end: the order is told
    frame = pd.DataFrame(
        {f"{kind}_id": [f"{kind[0].upper()}{i}" for i in range(count)], "date": _days(year, kind), "year": year}
    )
    frame["site_id"] = [f"M{i:04d}" for i in owner]
    if kind == "parcel":
        frame["stage"] = "permanent"
    return gpd.GeoDataFrame(frame, geometry=stars(rng, near, radius=60.0, tail=0.8), crs="EPSG:4490")


def parcels_only(count: int, *, seed: int = 1) -> gpd.GeoDataFrame:
    """Parcels of median radius 60 m in heaps, for areas and overlaps."""
    return mines(1, count, seed=seed)[1]


def _days(year: np.ndarray, kind: str) -> pd.DatetimeIndex:
    return pd.to_datetime([f"{y}-12-31" if kind == "parcel" else f"{y}-06-30" for y in year])
