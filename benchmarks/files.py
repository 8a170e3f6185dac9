"""Reading a hundred thousand parcels with their columns mapped, beside the libraries that read them bare."""

import statistics
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from benchmarks.data import parcels_only
from benchmarks.rows import Row, cpu_seconds, versus
from reclaim.io.vectors import read_table
from reclaim.io.write import write_table

_PARCELS = 100_000
_COLUMNS = {"parcel_id": "地块编号", "date": "竣工日期", "stage": "阶段", "declared_mu": "面积（亩）"}


def run() -> list[Row]:
    rows = np.arange(_PARCELS)
    frame = gpd.GeoDataFrame(
        {
            "地块编号": [f"P{row}" for row in rows],
            "竣工日期": pd.to_datetime("2015-01-01") + pd.to_timedelta(rows % 3000, unit="D"),
            "阶段": np.array(["永久", "已验收", "临时"])[rows % 3],
            "面积（亩）": rows % 97 + 0.5,
        },
        geometry=parcels_only(_PARCELS).geometry.array,
        crs="EPSG:4490",
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {suffix: write_table(frame, folder / f"a.{suffix}") for suffix in ("parquet", "gpkg", "shp")}
        return [
            _row("GeoParquet", files["parquet"], "geopandas.read_parquet", gpd.read_parquet, goal=1 / 1.2),
            _row("GeoPackage", files["gpkg"], "pyogrio.read_dataframe", pyogrio.read_dataframe, goal=1 / 1.5),
            _row("Shapefile", files["shp"], "pyogrio.read_dataframe", pyogrio.read_dataframe, goal=1 / 2),
        ]


def _row(form: str, path: Path, opponent: str, read, *, goal: float) -> Row:
    # in turn, so that a busy minute weighs on both
    pairs = [
        (cpu_seconds(lambda: read_table(path, columns=_COLUMNS), repeat=1), cpu_seconds(lambda: read(path), repeat=1))
        for _ in range(7)
    ]
    ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    return versus(f"100 k parcels from {form}, mapped", opponent, ours=ours, theirs=theirs, goal=goal)
