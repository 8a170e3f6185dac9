"""The report in four formats: of the illustrative group, and of 500 sites, ten years and 100,000 parcels."""

import resource
import tempfile
import time
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.rows import Row
from reclaim.assessment import Assessment
from reclaim.errors import ReclaimWarning
from reclaim.io.project import Project
from reclaim.verbs.land import assess
from reclaim.verbs.reports import write_report

GROUP = Path(__file__).parents[1] / "data" / "geo" / "chinalco-2019"
FORMATS = ("html", "docx", "pdf", "xlsx")


def run() -> list[Row]:
    warnings.simplefilter("ignore", ReclaimWarning)
    return [_group(), _many()]


def _group() -> Row:
    begun, wall = time.process_time(), time.monotonic()
    _four(assess(GROUP))
    cpu, wall = time.process_time() - begun, time.monotonic() - wall
    return Row(f"report of the group in four formats, data to files, {wall:.0f} s", cpu, "–", None, None, "≤ 15 s")


def _many() -> Row:
    project = many_sites()
    begun, wall = time.process_time(), time.monotonic()
    sizes = _four(assess(project))
    cpu, wall = time.process_time() - begun, time.monotonic() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    what = "report of 500 sites, 10 years, 100 k parcels in four formats, data to files"
    return Row(f"{what}, {wall:.0f} s, {peak:.1f} GB, {sizes}", cpu, "–", None, None, "≤ 60 s, ≤ 2 GB")


def many_sites(sites: int = 500, years: int = 10, *, pits: int = 4, parcels: int = 5) -> Project:
    """Sites with some pits a year, each pit reclaimed in strips over the years after it; one strip in ten overlaps."""
    rng = np.random.default_rng(3)
    count = sites * years * pits
    site, year = np.arange(count) // (years * pits), 2010 + np.arange(count) // pits % years
    west = 100 + site % 25 * 0.4 + np.arange(count) % (years * pits) % 8 * 0.004
    south = 25 + site // 25 * 0.4 + np.arange(count) % (years * pits) // 8 * 0.004
    names = np.array([f"M{i:04d}" for i in site])
    ground = shapely.box(west, south, west + 0.003, south + 0.003)
    footprints = {
        "footprint_id": [f"F{i}" for i in range(count)],
        "site_id": names,
        "date": [f"{y}-06-30" for y in year],
    }
    owner, strip = np.repeat(np.arange(count), parcels), np.tile(np.arange(parcels), count)
    low = south[owner] + strip * 0.003 / parcels
    high = low + 0.003 / parcels * np.where(rng.random(len(owner)) < 0.1, 1.1, 1.0)
    land = shapely.box(west[owner], low, west[owner] + 0.003, np.minimum(high, south[owner] + 0.003))
    done = np.minimum(year[owner] + rng.integers(0, 6, len(owner)), 2010 + years - 1)
    rows = {
        "parcel_id": [f"P{i}" for i in range(len(owner))],
        "site_id": names[owner],
        "date": [f"{y}-10-15" for y in done],
        "stage": rng.choice(["permanent", "temporary", "accepted"], len(owner), p=[0.7, 0.1, 0.2]),
        "end_use": rng.choice(["forest", "grassland", "cropland"], len(owner)),
        "class_before": "0602",
        "class_after": rng.choice(["0301", "0404", "0103"], len(owner)),
    }
    return Project.from_frames(
        meaning="increment",
        name="many",
        footprints=gpd.GeoDataFrame(footprints, geometry=ground, crs="EPSG:4490"),
        parcels=gpd.GeoDataFrame(rows, geometry=land, crs="EPSG:4490"),
    )


def _four(made: Assessment) -> str:
    with tempfile.TemporaryDirectory() as folder:
        files = [write_report(made, Path(folder) / f"report.{form}", language="both") for form in FORMATS]
        return ", ".join(f"{path.suffix[1:]} {path.stat().st_size / 1e6:.1f} MB" for path in files)
