"""A small project on disk for tests of reports: two mines that share ground, hostile names where wanted."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np

from tests.squares import square

HOSTILE = '=1+1 <script>alert(1)</script> {{7*191}} {% raw %} #let x = 1 $y$ & "q" `b` \\n</td>'

_PROJECT = """
[project]
name = {name}
name_zh = {name_zh}
unit = "mu"
language = "both"
illustrative = {illustrative}

[layers.sites]
path = "sites.gpkg"

[layers.footprints]
path = "pits.gpkg"
meaning = "increment"

[layers.parcels]
path = "parcels.gpkg"

[[published]]
figure = "reclaimed"
year = 2019
value = 900
unit = "mu"
source = {source}
"""


def write_project(folder: Path, *, text: str = "Two pits", text_zh: str = "两矿", illustrative: bool = False) -> Path:
    """
    Pit A: 100 ha in 2017. Pit B: 100 ha in 2018, half of it on A's ground. A parcel of 60 ha on A in 2019, one of 20 ha
    that was temporary; 5 ha of A mined again in 2020.
    """
    crs = "EPSG:4490"
    folder.mkdir(parents=True, exist_ok=True)
    pits = {
        "footprint_id": ["F1", "F2", "F3"],
        "site_id": ["A", "B", "A"],
        "date": ["2017-05-01", "2018-05-01", "2020-04-01"],
    }
    ground = [square(0, 0, 10, 10), square(5, 0, 15, 10), square(0, 0, 5, 1)]
    gpd.GeoDataFrame(pits, geometry=ground, crs=crs).to_file(folder / "pits.gpkg")
    land = {
        "parcel_id": [text, "P2"],
        "site_id": ["A", "B"],
        "date": ["2019-06-01", "2019-07-01"],
        "stage": ["permanent", "temporary"],
        "end_use": ["forest", "grassland"],
        "class_before": ["0602", "0602"],
        "class_after": ["0301", "0404"],
    }
    gpd.GeoDataFrame(land, geometry=[square(0, 0, 6, 10), square(10, 0, 12, 10)], crs=crs).to_file(
        folder / "parcels.gpkg"
    )
    sites = {
        "site_id": ["A", "B"], "name": [text, "South"], "name_zh": [text_zh, "南矿"], "company": [text, "南方公司"],
        "province": ["广西", "贵州"], "kind": ["mine", "mine"],
    }  # fmt: skip
    points = [square(0, 0, 1, 1).centroid, square(14, 0, 15, 1).centroid]
    gpd.GeoDataFrame(sites, geometry=points, crs=crs).to_file(folder / "sites.gpkg")
    quoted = {"name": json.dumps(text), "name_zh": json.dumps(text_zh, ensure_ascii=False), "source": json.dumps(text)}
    toml = _PROJECT.format(**quoted, illustrative=str(illustrative).lower())
    (folder / "reclaim.toml").write_text(toml, encoding="utf-8")
    return folder


def many_rows(count: int, *, seed: int = 5) -> list[list[float]]:
    """Rows of a table that add up, with awkward digits."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 50, (count, 4)).tolist()
