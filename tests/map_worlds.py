"""Small worlds for tests of maps: an assessment from a few squares, or from many."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from reclaim.assessment import Assessment, assess
from reclaim.io.project import Project

LNG, LAT, SIDE = 107.5, 23.33, 0.001


def squares(count: int, *, across: int = 0, gap: float = 1.25, west: float = LNG, south: float = LAT) -> np.ndarray:
    """Squares of about a hectare in rows."""
    across = across or max(1, int(np.ceil(np.sqrt(count))))
    x, y = np.arange(count) % across, np.arange(count) // across
    return shapely.box(
        west + x * SIDE * gap, south + y * SIDE * gap, west + x * SIDE * gap + SIDE, south + y * SIDE * gap + SIDE
    )


def frame(geometry: Any, **columns: Any) -> gpd.GeoDataFrame:
    """A table in EPSG:4490."""
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(geometry), crs="EPSG:4490"))


def world(names: list[str] | None = None, *, title: str = "", **more: gpd.GeoDataFrame) -> Assessment:
    """
    Six hectares of one mine: four mined in 2018, two in 2019; three parcels. ``names`` stand wherever a text may.
    """
    text = (names or ["A"])[0]
    ground = squares(6, across=3)
    footprints = frame(
        ground, footprint_id=[f"{text}-F{i}" for i in range(6)], site_id=[text] * 6,
        date=["2018-03-01"] * 4 + ["2019-05-01"] * 2, damage=[text if names else "excavation"] * 6,
    )  # fmt: skip
    parcels = frame(
        ground[:3], parcel_id=[f"{text}-P{i}" for i in range(3)], site_id=[text] * 3,
        date=["2018-09-01", "2019-09-01", "2019-10-01"], stage=["permanent", "permanent", "temporary"],
        end_use=[text if names else "forest"] * 3,
    )  # fmt: skip
    sites = frame(
        [shapely.Point(LNG, LAT)], site_id=[text], name=[text], name_zh=["矿" + text], company=[text], province=[text]
    )
    tables = {"footprints": footprints, "parcels": parcels, "sites": sites, **more}
    return assess(Project.from_frames(meaning="increment", name=title or text, **tables))


def big_tables(count: int, *, seed: int = 7) -> dict[str, gpd.GeoDataFrame]:
    """Footprints and parcels of some thirty vertices with all their attributes; half of them reclaimed."""
    rng = np.random.default_rng(seed)
    across = int(np.ceil(np.sqrt(count)))
    turns = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    radius = 0.0004 * (1 + 0.2 * rng.standard_normal((count, 28)).clip(-1.5, 1.5))
    x = LNG + (np.arange(count) % across) * SIDE * 1.3
    y = LAT + (np.arange(count) // across) * SIDE * 1.3
    rings = np.stack([x[:, None] + radius * np.cos(turns), y[:, None] + radius * np.sin(turns)], axis=-1)
    ground = shapely.polygons(np.concatenate([rings, rings[:, :1]], axis=1))
    years = rng.integers(2015, 2019, count)
    footprints = frame(
        ground, footprint_id=[f"图斑-{i:06d}" for i in range(count)], site_id=[f"矿{i % 12:02d}" for i in range(count)],
        date=[f"{year}-06-30" for year in years], damage=rng.choice(["excavation", "occupation"], count),
    )  # fmt: skip
    some = np.flatnonzero(rng.random(count) < 0.5)
    parcels = frame(
        ground[some], parcel_id=[f"地块-{i:06d}" for i in some], site_id=[f"矿{i % 12:02d}" for i in some],
        date=[f"{years[i] + 1}-09-15" for i in some],
        stage=rng.choice(["permanent", "temporary", "accepted"], len(some)),
        end_use=rng.choice(["forest", "grassland", "cropland"], len(some)),
    )  # fmt: skip
    return {"footprints": footprints, "parcels": parcels}


def world_of(ground: list[Any], sites: list[str]) -> Assessment:
    """Outlines of as many sites, mined one year after the other from 2018 on."""
    footprints = frame(
        ground, footprint_id=[f"F{i}" for i in range(len(ground))], site_id=sites,
        date=[f"{2018 + i}-01-01" for i in range(len(ground))],
    )  # fmt: skip
    return assess(Project.from_frames(meaning="increment", name=sites[0], footprints=footprints))


def big_world(count: int) -> Assessment:
    """Many parcels with all their attributes."""
    return assess(Project.from_frames(meaning="increment", name="many", **big_tables(count)))
