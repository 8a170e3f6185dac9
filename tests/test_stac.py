"""A static catalogue on this machine: what it holds is found, laid on the site's grid, and read only when needed."""

import json
import threading
import warnings
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely.geometry import box

from reclaim.errors import ImageryError, UnsafePath
from reclaim.io.stac import BrokenItem, stac_scenes
from reclaim.zonal.bands import index_image
from reclaim.zonal.cover import Measure, zone_cover
from reclaim.zonal.zones import prepared

pytest.importorskip("odc.stac")
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pystac_client.warnings.PystacClientWarning"),
]

ORIGIN = (500000, 2600000)
FINE, COARSE = Affine(10, 0, ORIGIN[0], 0, -10, ORIGIN[1]), Affine(20, 0, ORIGIN[0], 0, -20, ORIGIN[1])
DAYS = {"2019-06-05": "05.10", "2019-07-05": "02.14", "2019-08-04": "05.10"}


def _write(path: Path, values: np.ndarray, transform: Affine) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype=values.dtype,
        crs="EPSG:32649", transform=transform, nodata=0,
    ) as data:  # fmt: skip
        data.write(values, 1)


def _item(folder: Path, day: str, baseline: str) -> None:
    """One Sentinel-like item: reflectance 0.1 and 0.5, stored with the offset that its baseline has."""
    raised = 1000 if baseline >= "04" else 0
    here = folder / day
    here.mkdir()
    _write(here / "B04.tif", np.full((60, 60), 1000 + raised, dtype=np.uint16), FINE)
    _write(here / "B08.tif", np.full((60, 60), 5000 + raised, dtype=np.uint16), FINE)
    scl = np.full((30, 30), 4, dtype=np.uint8)
    if day == "2019-08-04":
        scl[:, :15] = 9
    _write(here / "SCL.tif", scl, COARSE)
    west, south, east, north = (
        gpd.GeoSeries([box(500000, 2599400, 500600, 2600000)], crs="EPSG:32649").to_crs(4326).total_bounds
    )
    assets = {
        key: {
            "href": f"./{key}.tif",
            "type": "image/tiff; application=geotiff",
            "roles": ["data"],
            "proj:transform": list(COARSE if key == "SCL" else FINE)[:6],
            "proj:shape": [30, 30] if key == "SCL" else [60, 60],
            "raster:bands": [{"data_type": "uint8" if key == "SCL" else "uint16", "nodata": 0}],
        }
        for key in ("B04", "B08", "SCL")
    }
    item = {
        "type": "Feature", "stac_version": "1.0.0", "id": f"S2_{day}", "collection": "sentinel-2-l2a", "links": [],
        "stac_extensions": [
            "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
            "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
        ],
        "geometry": box(west, south, east, north).__geo_interface__, "bbox": [west, south, east, north],
        "properties": {"datetime": f"{day}T03:00:00Z", "proj:epsg": 32649, "s2:processing_baseline": baseline,
                       "platform": "sentinel-2a"},
        "assets": assets,
    }  # fmt: skip
    (here / "item.json").write_text(json.dumps(item))


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    for day, baseline in DAYS.items():
        _item(tmp_path, day, baseline)
    links = [{"rel": "item", "href": f"./{day}/item.json", "type": "application/json"} for day in DAYS]
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "archive", "description": "made up", "links": links}
    (tmp_path / "catalog.json").write_text(json.dumps(root))
    return tmp_path


@pytest.fixture
def served(catalogue: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(catalogue)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/catalog.json"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def zones() -> gpd.GeoDataFrame:
    outline = box(500105, 2599605, 500395, 2599895)
    return prepared(gpd.GeoDataFrame({"zone_id": ["A"]}, geometry=[outline], crs="EPSG:32649"))


def test_dates_of_a_served_catalogue(served: str, zones: gpd.GeoDataFrame) -> None:
    scenes = stac_scenes({"href": served}, zones, allow_remote=True)
    assert [str(scene.date) for scene in scenes] == list(DAYS)
    assert scenes[0].sensor == "sentinel-2"
    found = [zone_cover(zones, index_image(scene, "ndvi"), Measure(metric="mean_index")) for scene in scenes]
    # both baselines come to the same reflectance; half of the zone is under cloud on the last day
    assert [row.cover[0] for row in found] == pytest.approx([2 / 3] * 3)
    assert [row.valid[0] for row in found] == pytest.approx([1, 1, 95 / 290], abs=1e-9)


def test_the_grid_is_the_images_own(catalogue: Path, zones: gpd.GeoDataFrame) -> None:
    scene = stac_scenes({"href": str(catalogue / "catalog.json")}, zones)[0]
    grid = scene.layers["red"].grid
    assert grid.transform.a == 10
    assert (grid.transform.c - ORIGIN[0]) % 10 == 0
    assert grid.width < 60


def test_time_and_place_narrow_the_search(catalogue: Path, zones: gpd.GeoDataFrame) -> None:
    href = str(catalogue / "catalog.json")
    scenes = stac_scenes({"href": href, "from": "2019-07", "to": "2019-07"}, zones)
    assert [str(scene.date) for scene in scenes] == ["2019-07-05"]
    with pytest.raises(ImageryError, match=r"no image of the zones .* between 2020-01-01"):
        stac_scenes({"href": href, "from": "2020"}, zones)
    away = prepared(gpd.GeoDataFrame({"zone_id": ["A"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4326"))
    with pytest.raises(ImageryError, match="no image of the zones"):
        stac_scenes({"href": href}, away)


def test_a_broken_date_loses_no_other(catalogue: Path, zones: gpd.GeoDataFrame) -> None:
    (catalogue / "2019-07-05" / "B08.tif").unlink()
    with pytest.warns(BrokenItem, match=r"B08.tif is missing; this date was set aside"):
        scenes = stac_scenes({"href": str(catalogue / "catalog.json")}, zones)
    assert len(scenes) == 2


def test_the_network_is_asked_for(zones: gpd.GeoDataFrame) -> None:
    with pytest.raises(UnsafePath, match="--allow-remote"):
        stac_scenes({"href": "https://example.invalid/v1"}, zones)


def test_wrong_specs_are_told(catalogue: Path, zones: gpd.GeoDataFrame) -> None:
    with pytest.raises(ImageryError, match="unknown key 'url'"):
        stac_scenes({"url": "x"}, zones)
    (catalogue / "catalog.json").write_text("{")
    with warnings.catch_warnings(), pytest.raises(ImageryError, match="cannot be searched"):
        stac_scenes({"href": str(catalogue / "catalog.json")}, zones)
