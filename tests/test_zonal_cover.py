"""Cover tables: by hand, against other people's expected values, and as laws that hold for any ground and any cloud."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from affine import Affine
from shapely.geometry import MultiPolygon, Polygon, box

from reclaim.errors import CriteriaError, CRSError, TableError
from reclaim.io.grids import Grid, Window
from reclaim.io.scenes import Layer, Scene, open_scene, scene_paths
from reclaim.zonal import bands
from reclaim.zonal.bands import index_image
from reclaim.zonal.cover import Measure, canopy_closure, end_members, greening_rate, zone_cover
from reclaim.zonal.weights import Weights
from reclaim.zonal.zones import ZoneRepaired, ZoneSetAside, prepared
from tests.imagery import CRS, X0, Y0, ground, ndvi_bands, write_raster, zones

GRID = Grid(pyproj.CRS(CRS), Affine(10, 0, X0, 0, -10, Y0), 60, 40)


def ready(values: np.ndarray, grid: Grid = GRID, **facts: object) -> bands.IndexImage:
    """A ready-made index held in memory."""

    def read(window: Window) -> np.ndarray:
        return values[window.row : window.row + window.height, window.col : window.col + window.width]

    layer = Layer(name="", grid=grid, dtype=str(values.dtype), read=read, block=(16, 16), **facts)
    return index_image(Scene("made up", {"": layer}), "ndvi")


def cover(values: np.ndarray, measure: Measure | None = None, **shapes: object) -> pd.Series:
    return zone_cover(prepared(zones(**shapes)), ready(values), measure or Measure(threshold=0.4)).iloc[0]


def test_half_seen_half_green() -> None:
    values = np.full((40, 60), np.nan)
    values[:10, :5], values[:10, 5:10] = 0.8, 0.1
    row = cover(values, A=ground(10, 20))
    assert row[["cover", "valid", "low", "high", "n_eff", "pixels"]].tolist() == pytest.approx(
        [0.5, 0.5, 0.25, 0.75, 100, 100]
    )
    assert row.area_m2 == pytest.approx(20000, rel=2e-3)
    assert row.threshold == 0.4


def test_nothing_seen() -> None:
    row = cover(np.full((40, 60), np.nan), A=ground(10, 10))
    assert np.isnan(row.cover)
    assert row[["valid", "low", "high", "n_eff"]].tolist() == [0, 0, 1, 0]


def test_ground_off_the_raster_was_not_seen() -> None:
    row = cover(np.full((40, 60), 0.9), A=ground(10, 20, at=(0, 50)), B=ground(1, 1, at=(0, 90)))
    assert row[["cover", "valid", "low", "high"]].tolist() == pytest.approx([1, 0.5, 0.5, 1])
    away = cover(np.full((40, 60), 0.9), A=box(0, 0, 10, 10).buffer(0))
    assert away.valid == 0


def test_a_threshold_counts_from_its_own_value_on() -> None:
    single = np.full((40, 60), 0.7, dtype=np.float32)
    assert cover(single, Measure(threshold=0.7), A=ground(5, 5)).cover == 1
    assert cover(single, Measure(threshold=0.7001), A=ground(5, 5)).cover == 0
    counts = {"red": np.full((40, 60), 3000, np.uint16), "nir": np.full((40, 60), 7000, np.uint16)}
    layers = {
        name: Layer(
            name=name, grid=GRID, dtype="uint16", read=lambda w, v=v: v[w.within(GRID.whole)], scale=1e-4, nodata=(0.0,)
        )
        for name, v in counts.items()
    }
    image = index_image(Scene("dn", layers), "ndvi")
    assert zone_cover(prepared(zones(A=ground(5, 5))), image, Measure(threshold=0.4)).cover[0] == 1


def test_mean_index_has_no_bounds() -> None:
    row = cover(np.full((40, 60), 0.25), Measure(metric="mean_index"), A=ground(3, 3))
    assert row.cover == pytest.approx(0.25)
    assert row[["low", "high"]].isna().all()
    assert row.valid == 1


def test_mean_fvc_between_its_ends() -> None:
    values = np.full((40, 60), 0.1)
    values[0, :4] = [0.1, 0.45, 0.8, 0.95]
    row = cover(values, Measure(metric="mean_fvc", soil=0.1, vegetation=0.8), A=ground(1, 4))
    assert row.cover == pytest.approx((0 + 0.5 + 1 + 1) / 4)
    assert (row.soil, row.vegetation) == (0.1, 0.8)


def test_red_mud_has_its_own_bare_end() -> None:
    """The same index is half green on soil and a quarter on mud; a zone's own end-members come first."""
    frame = zones(mud=ground(4, 4), soil=ground(4, 4, at=(10, 10))).assign(soil=[0.3, np.nan])
    measure = Measure(metric="mean_fvc", soil=0.1, vegetation=0.7)
    found = zone_cover(prepared(frame), ready(np.full((40, 60), 0.4)), measure)
    assert found.cover.tolist() == pytest.approx([0.25, 0.5])
    assert found.soil.tolist() == [0.3, 0.1]


def test_end_members_are_needed_and_must_lie_apart() -> None:
    frame = prepared(zones(A=ground(4, 4)))
    with pytest.raises(CriteriaError, match=r"zone 'A' has none; give --soil"):
        zone_cover(frame, ready(np.full((40, 60), 0.4)), Measure(metric="mean_fvc"))
    with pytest.raises(CriteriaError, match=r"less than 0\.2 apart"):
        Measure(metric="mean_fvc", soil=0.5, vegetation=0.6)
    with pytest.raises(CriteriaError, match="--threshold"):
        Measure(index="vari")
    with pytest.raises(CriteriaError, match="unknown metric"):
        Measure(metric="greenness")
    values = np.concatenate([np.full(100, 0.1), np.full(100, 0.8)])
    assert end_members(values) == pytest.approx((0.1, 0.8))


def test_overlaps_parts_holes_and_specks() -> None:
    values = np.zeros((40, 60))
    values[:, :30] = 0.9
    ring = Polygon(ground(10, 10).exterior, [ground(4, 4, at=(3, 3)).exterior])
    parts = MultiPolygon([ground(2, 2, at=(20, 28)), ground(2, 2, at=(20, 40))])
    speck = ground(1, 1).buffer(-4.5)
    frame = prepared(zones(ring=ring, same=ground(10, 10), parts=parts, speck=speck))
    found = zone_cover(frame, ready(values), Measure(threshold=0.4)).set_index("zone_id")
    assert found.pixels.to_dict() == pytest.approx({"ring": 84, "same": 100, "parts": 8, "speck": 0.01})
    assert found.cover["parts"] == 0.5
    assert found.whole.to_dict() == {"ring": 84, "same": 100, "parts": 8, "speck": 0}


@pytest.mark.parametrize("transform", [Affine(10, 0, X0, 0, 10, Y0 - 400), Affine(8, 6, X0, 6, -8, Y0 - 400)])
def test_south_up_and_rotated_rasters(transform: Affine) -> None:
    grid = Grid(pyproj.CRS(CRS), transform, 60, 60)
    values = np.full((60, 60), 0.9)
    outline = Polygon([transform @ corner for corner in ((10, 10), (20, 10), (20, 20), (10, 20))])
    values[10:15, 10:20] = 0.0
    found = zone_cover(prepared(zones(A=outline)), ready(values, grid), Measure(threshold=0.4))
    assert found.cover[0] == pytest.approx(0.5)
    assert found.pixels[0] == pytest.approx(100)


def test_zones_of_another_reference_system() -> None:
    here = zones(A=ground(20, 30, at=(5, 5)))
    values = np.random.default_rng(3).random((40, 60))
    rows = [
        zone_cover(prepared(here.to_crs(crs)), ready(values), Measure(threshold=0.5)).iloc[0]
        for crs in (CRS, "EPSG:4326", "EPSG:4490", "EPSG:4546")
    ]
    for row in rows[1:]:
        assert row.cover == pytest.approx(rows[0].cover, abs=1e-5)
        assert row.area_m2 == pytest.approx(rows[0].area_m2, rel=1e-6)
        assert row.valid == pytest.approx(1)


def test_weights_are_made_once_per_grid() -> None:
    made: list[Weights] = []
    frame = prepared(zones(A=ground(5, 5)))
    for _ in range(3):
        zone_cover(frame, ready(np.full((40, 60), 0.5)), Measure(), weights=made)
    assert len(made) == 1


def test_blocks_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(8).random((40, 60))
    values[values > 0.9] = np.nan
    shapes = {f"z{i}": shapely.Point(X0 + 60 * i, Y0 - 37 * i).buffer(30 + 17 * i) for i in range(1, 9)}
    frame = prepared(zones(**shapes))
    whole = zone_cover(frame, ready(values), Measure(metric="mean_fvc", soil=0.2, vegetation=0.9))
    monkeypatch.setattr("reclaim.io.grids.Grid.tiles.__kwdefaults__", {"pixels": 256})
    parts = zone_cover(frame, ready(values), Measure(metric="mean_fvc", soil=0.2, vegetation=0.9))
    columns = ["cover", "valid", "low", "high", "n_eff"]
    assert np.allclose(whole[columns], parts[columns], atol=1e-12)


def _blob(dice: np.random.Generator) -> Polygon:
    angle = np.sort(dice.uniform(0, 2 * np.pi, 7))
    reach = dice.uniform(5, 90, 7)
    return Polygon(zip(X0 + 60 + reach * np.cos(angle), Y0 - 60 + reach * np.sin(angle), strict=True)).buffer(0.1)


@pytest.mark.parametrize("measure", [Measure(threshold=0.5), Measure(metric="mean_fvc", soil=0.1, vegetation=0.9)])
def test_bounds_contain_the_truth_under_any_cloud(measure: Measure) -> None:
    """500 zones, known ground, hidden at random: the truth always lies between the bounds."""
    grid = Grid(pyproj.CRS(CRS), Affine(10, 0, X0, 0, -10, Y0), 12, 12)
    for seed in range(25):
        dice = np.random.default_rng(seed)
        truth = dice.random((12, 12)) * 1.4 - 0.2
        clouds = dice.random((12, 12)) < dice.random()
        frame = prepared(zones(**{f"z{i}": _blob(dice) for i in range(20)}))
        known = zone_cover(frame, ready(truth, grid), measure)
        seen = zone_cover(frame, ready(np.where(clouds, np.nan, truth), grid), measure)
        assert (seen.low - 1e-12 <= known.low).all()
        assert (known.high <= seen.high + 1e-12).all()
        assert ((seen.low >= 0) & (seen.low <= seen.high) & (seen.high <= 1)).all()
        assert np.allclose(seen.high - seen.low, 1 - seen.valid, atol=1e-9)
        green = seen.cover.fillna(0) * seen.valid
        assert np.allclose(green, seen.low, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_mean_fvc_is_near_the_truth_with_noise_and_cloud(tmp_path: Path, seed: int) -> None:
    dice = np.random.default_rng(seed)
    rows, cols = np.mgrid[0:120, 0:120] / 119
    green = np.clip(0.5 + 0.4 * np.sin(5 * rows) * np.cos(4 * cols) + dice.normal(0, 0.05, rows.shape), 0, 1)
    made = ndvi_bands(0.09 + green * (0.82 - 0.09))
    stored = {
        name: np.round((values + dice.normal(0, 0.004, rows.shape) + 0.1) * 10000).astype(np.uint16)
        for name, values in zip(("B04", "B08"), made.values(), strict=True)
    }
    stored["SCL"] = np.where(dice.random(rows.shape) < 0.3, 9, 4).astype(np.uint16)
    path = write_raster(tmp_path / "S2A_MSIL2A_20210601T030541_N0500_R075.tif", stored)
    shape = shapely.Point(X0 + 600, Y0 - 600).buffer(430)
    frame = prepared(zones(A=shape))
    row = zone_cover(
        frame, index_image(open_scene(path), "ndvi"), Measure(metric="mean_fvc", soil=0.09, vegetation=0.82)
    ).iloc[0]
    grid = Grid(pyproj.CRS(CRS), Affine(10, 0, X0, 0, -10, Y0), 120, 120)
    truth = zone_cover(frame, ready(green, grid), Measure(metric="mean_index")).cover[0]
    assert abs(row.cover - truth) < 0.02
    assert row.valid == pytest.approx(0.7, abs=0.03)
    assert row.low <= truth <= row.high


# --- other people's values ---


@pytest.mark.parametrize("name", ["polygons", "multipolygons", "polygons_partial_overlap"])
def test_means_and_counts_of_rasterstats_fixture(peer_data: Path, name: str) -> None:
    folder = peer_data / "peer-fixtures/rasterstats"
    expected = pd.DataFrame(json.loads((folder / "expected_values.json").read_text())[name]["exactextract"])
    shapes = gpd.read_file(folder / f"tests/data/{name}.shp")
    if name == "multipolygons":  # its .prj says degrees, its coordinates are metres
        with pytest.raises(CRSError, match="said to be in degrees"):
            prepared(shapes)
        shapes = shapes.set_crs(gpd.read_file(folder / "tests/data/polygons.shp").crs, allow_override=True)
    image = index_image(open_scene(folder / "tests/data/slope.tif"), "slope")
    found = zone_cover(prepared(shapes), image, Measure(metric="mean_index", index="slope"))
    # their shares are held with seven digits
    assert np.allclose(found.cover, expected["mean"], rtol=1e-7, atol=1e-6)
    assert np.allclose(found.pixels, expected["count"], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "seen"), [("all_nodata", [0, 0]), ("dataset_mask", [1, 0]), ("slope_classes", [1, 1])]
)
def test_masks_of_rasterstats_fixture(peer_data: Path, name: str, seen: list[float]) -> None:
    folder = peer_data / "peer-fixtures/rasterstats/tests/data"
    image = index_image(open_scene(folder / f"{name}.tif"), "slope")
    shapes = prepared(gpd.read_file(folder / "polygons.shp"))
    assert zone_cover(shapes, image, Measure(metric="mean_index", index="slope")).valid.tolist() == seen


def test_a_fire_and_a_year_that_was_not_seen(peer_data: Path) -> None:
    folder = peer_data / "spectral_recovery_bc"
    frame = prepared(gpd.read_file(folder / "wildfire_516.gpkg"))
    made: list[Weights] = []
    measure = Measure(metric="mean_index", index="nbr")
    rows = pd.concat(
        zone_cover(frame, index_image(open_scene(path), "nbr"), measure, weights=made)
        for path in scene_paths(folder / "landsat")
    )
    years = rows.set_index(rows.date.dt.year)
    assert len(years) == 24
    assert years.cover[2004] - years.cover[2006] > 0.15  # burnt in 2005
    assert years.cover[2023] > years.cover[2006] + 0.15  # and grown back
    assert years.valid[2011] < 0.4
    assert years.cover[2011] > 0.5  # what was seen of it was not bare
    assert years.valid.drop([2001, 2011]).min() > 0.85


# --- zones ---


def test_names_of_zones() -> None:
    shape = ground(2, 2)
    for column in ("zone_id", "parcel_id", "site_id", "id"):
        assert prepared(gpd.GeoDataFrame({column: ["x"]}, geometry=[shape], crs=CRS)).zone_id.tolist() == ["x"]
    assert prepared(gpd.GeoDataFrame(geometry=[shape, shape], crs=CRS)).zone_id.tolist() == ["0", "1"]
    assert prepared(gpd.GeoDataFrame({"ID": [7.0]}, geometry=[shape], crs=CRS)).zone_id.tolist() == ["7"]


def test_zones_that_cannot_be_used() -> None:
    tie = Polygon([(X0, Y0), (X0 + 100, Y0 - 100), (X0 + 100, Y0), (X0, Y0 - 100)])
    frame = gpd.GeoDataFrame(
        {"zone_id": ["tie", "point", "good"]}, geometry=[tie, shapely.Point(X0, Y0), ground(2, 2)], crs=CRS
    )
    with pytest.warns(ZoneSetAside) as said:
        assert prepared(frame).zone_id.tolist() == ["good"]
    assert any("'point' is no polygon" in str(line.message) for line in said)
    assert any("'tie' crosses itself" in str(line.message) for line in said)
    with pytest.warns(ZoneSetAside), pytest.raises(TableError, match="not one outline"):
        prepared(frame.iloc[:1])
    with pytest.raises(CRSError, match="no reference system"):
        prepared(gpd.GeoDataFrame(geometry=[ground(1, 1)]))


def test_a_small_crossing_is_repaired() -> None:
    spike = Polygon(
        [
            (X0, Y0),
            (X0 + 100, Y0),
            (X0 + 100, Y0 - 100),
            (X0 + 49, Y0 - 100),
            (X0 + 51, Y0 - 100.4),
            (X0 + 51, Y0 - 99.9),
            (X0, Y0 - 100),
        ]
    )
    with (
        pytest.warns(ZoneRepaired)
        if abs(shapely.make_valid(spike).area / spike.area - 1) > 1e-3
        else pytest.MonkeyPatch.context()
    ):
        found = prepared(gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[spike], crs=CRS))
    assert found.geometry.is_valid.all()


# --- other kinds of cover ---


def test_canopy_closure_and_greening_rate() -> None:
    heights = np.zeros((40, 60))
    heights[:10, :5] = 6.0
    layer = ready(heights).scene
    found = canopy_closure(prepared(zones(A=ground(10, 10))), index_image(layer, "canopy height"))
    assert (found.metric[0], found.cover[0], found.threshold[0]) == ("canopy_closure", 0.5, 2.0)
    green = gpd.GeoDataFrame(geometry=[ground(5, 10), ground(5, 4), ground(5, 10, at=(5, 30))], crs=CRS)
    assert greening_rate(green, gpd.GeoDataFrame(geometry=[ground(10, 10)], crs=CRS)) == pytest.approx(0.5, rel=1e-6)
