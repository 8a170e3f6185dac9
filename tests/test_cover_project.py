"""The cover part of a project: every image over every zone, one bad date never losing the others."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from reclaim.errors import UnsafePath
from reclaim.io.project import Project
from reclaim.io.specs import ImagerySpec
from reclaim.sample_projects.scenes import GREEN_NDVI, SOIL_NDVI, write_scenes
from reclaim.tables import COVER
from reclaim.verbs.cover import AboutScene, SceneSetAside, cover, cover_of_project
from tests.imagery import ground, ndvi_bands, write_raster, zones


def project(folder: Path, *specs: dict[str, object]) -> Project:
    return Project(folder=folder, imagery=tuple(ImagerySpec.model_validate(spec) for spec in specs))


def tables() -> dict[str, object]:
    frame = zones(A=ground(10, 10), B=ground(10, 10, at=(0, 20))).assign(min_cover=[">0.9", None])
    return {"zones": frame.to_crs("EPSG:4490")}


def images(folder: Path) -> None:
    for year in (2019, 2020):
        write_raster(folder / f"{year}.tif", ndvi_bands(np.full((30, 40), 0.8)))
    (folder / "2021.tif").write_text("no picture")


def test_bad_dates_lose_no_other(tmp_path: Path) -> None:
    images(tmp_path)
    specs = [{"path": "2019.tif"}, {"path": "2021.tif"}, {"path": "2022.tif"}, {"path": "2020.tif", "index": "nbr"}]
    with pytest.warns(SceneSetAside) as said:
        rows = cover_of_project(project(tmp_path, *specs), tables())
    assert rows.zone_id.tolist() == ["A", "B"]
    assert rows.outcome.tolist() == ["met", None]
    assert rows.crs == "EPSG:4490"
    assert set(COVER.names) - {"geometry"} <= set(rows.columns)
    text = " | ".join(str(line.message) for line in said)
    assert "2021.tif: is no raster" in text
    assert "2022.tif" in text
    assert "nbr has no threshold" in text


def test_a_pattern_means_all_that_match(tmp_path: Path) -> None:
    images(tmp_path)
    (tmp_path / "2021.tif").unlink()
    rows = cover_of_project(project(tmp_path, {"path": "20*.tif"}), tables())
    assert rows.date.dt.year.tolist() == [2019, 2020, 2019, 2020]
    with pytest.warns(SceneSetAside, match="no file matches"):
        assert cover_of_project(project(tmp_path, {"path": "19*.tif"}), tables()).empty


def test_what_the_project_states_about_its_images(tmp_path: Path) -> None:
    write_raster(tmp_path / "index.tif", np.full((30, 40), 5000, dtype=np.int16))
    spec = {
        "path": "index.tif",
        "index": "ndvi",
        "scale": 1e-4,
        "date": "2018-05",
        "metric": "mean_fvc",
        "soil": 0.1,
        "vegetation": 0.9,
    }
    rows = cover_of_project(project(tmp_path, spec), tables())
    assert rows.cover.tolist() == pytest.approx([0.5, 0.5])
    assert rows.date.tolist() == [pd.Timestamp("2018-05-31")] * 2
    assert rows.date_precision.tolist() == ["month"] * 2


def test_parcels_where_there_are_no_zones(tmp_path: Path) -> None:
    images(tmp_path)
    parcels = zones(A=ground(10, 10), B=ground(10, 10), C=ground(5, 5)).rename(columns={"zone_id": "parcel_id"})
    parcels["parcel_id"] = ["P1", "P1", "P2"]
    parcels["stage"] = ["temporary", "permanent", "planned"]
    parcels["date"] = pd.to_datetime(["2018-01-01", "2019-01-01", "2019-01-01"])
    rows = cover_of_project(project(tmp_path, {"path": "2019.tif"}), {"parcels": parcels.to_crs("EPSG:4490")})
    assert rows.zone_id.tolist() == ["P1"]


def test_nothing_to_look_at(tmp_path: Path) -> None:
    assert cover_of_project(project(tmp_path), tables()).empty
    assert cover_of_project(project(tmp_path, {"path": "2019.tif"}), {}).empty


def test_paths_stay_inside_the_project(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    images(tmp_path)
    for path in ("../2019.tif", "/vsicurl/http://127.0.0.1:9/2019.tif"):
        with pytest.raises(UnsafePath):
            cover_of_project(project(inner, {"path": path}), tables())


@pytest.fixture(scope="module")
def dam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Zones like those of the illustrative red-mud dam, and its made-up images."""
    folder = tmp_path_factory.mktemp("dam")
    import geopandas as gpd

    shapes = {"DEMO": box(0, 0, 60, 50), "GREENING": box(-300, 100, 300, 400), "POND": box(-300, -400, 300, 90)}
    frame = gpd.GeoDataFrame({"zone_id": list(shapes)}, geometry=list(shapes.values())).set_crs("EPSG:32648")
    frame = frame.set_geometry(frame.translate(665_000, 2_954_000))
    frame.to_crs("EPSG:4490").to_file(folder / "zones.geojson")
    write_scenes(folder, 7)
    return folder


def test_made_up_images_give_their_known_cover(dam: Path) -> None:
    truth = pd.read_csv(dam / "scenes/truth.csv").set_index(["scene", "zone_id"]).true_cover
    ends = {"metric": "mean_fvc", "soil": SOIL_NDVI, "vegetation": GREEN_NDVI}
    rows = cover(dam / "zones.geojson", sorted((dam / "scenes").glob("sentinel*.tif")), sensor="sentinel-2", **ends)
    large = rows[rows.zone_id != "DEMO"]
    for row in large.itertuples():
        known = truth[row.source, row.zone_id]
        # pixels on a zone's edge are mixed with the ground beside it
        assert row.low - 0.03 <= known <= row.high + 0.03
        assert abs(row.cover - known) < 0.03


def test_the_small_plot_takes_a_drone(dam: Path) -> None:
    """30 whole pixels of 10 m cannot prove more than 95 %; 12,000 of half a metre can."""
    trial = gpd.read_file(dam / "zones.geojson").iloc[:1]
    claim = {"min_cover": ">0.95"}
    far = cover(trial, dam / "scenes/sentinel_20190825.tif", sensor="sentinel-2", **claim)
    with pytest.warns(AboutScene, match="of plain colours"):
        near = cover(trial, dam / "scenes/drone_20190826.tif", index="vari", threshold=0.05, **claim)
    assert far.set_index("zone_id").outcome["DEMO"] == "insufficient"
    assert far.set_index("zone_id").pixels["DEMO"] == pytest.approx(30, abs=0.1)
    seen = near.set_index("zone_id").loc["DEMO"]
    assert seen.outcome == "met"
    truth = pd.read_csv(dam / "scenes/truth.csv").set_index(["scene", "zone_id"]).true_cover
    assert seen.cover == pytest.approx(truth["drone_20190826.tif", "DEMO"], abs=2e-3)


def test_the_same_seed_draws_the_same_images(dam: Path, tmp_path: Path) -> None:
    (tmp_path / "zones.geojson").write_bytes((dam / "zones.geojson").read_bytes())
    for path in write_scenes(tmp_path, 7):
        assert path.read_bytes() == (dam / "scenes" / path.name).read_bytes()
