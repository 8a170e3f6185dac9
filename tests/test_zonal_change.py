"""Change, composites and series: by hand, on real scenes, and whatever the blocks."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
from affine import Affine
from shapely.geometry import box

from reclaim.errors import DateError, ImageryError
from reclaim.geodesy import area
from reclaim.io.grids import Grid, Window
from reclaim.verbs.change import change, parse_bounds
from reclaim.verbs.composite import composite, parse_season
from reclaim.verbs.cover import AboutScene, SceneSetAside
from reclaim.zonal.change import pixel_areas
from reclaim.zonal.composite import sorting_network, stacked
from tests.imagery import CRS, X0, Y0, ndvi_bands, write_raster


def pair(folder: Path, before: np.ndarray, after: np.ndarray, *, shift: int = 0) -> tuple[Path, Path]:
    """Two dates; the second begins ``shift`` columns further east."""
    here = Affine(10, 0, X0 + 10 * shift, 0, -10, Y0)
    return (
        write_raster(folder / "2019-01-01.tif", ndvi_bands(before)),
        write_raster(folder / "2019-02-01.tif", ndvi_bands(after[:, shift:]), transform=here),
    )


def test_lost_and_gained_by_more_than_the_drop(tmp_path: Path) -> None:
    before = np.full((20, 30), 0.8)
    after = before.copy()
    after[:4, :5] = 0.4  # lost by 0.4
    after[10, :7] = 0.5  # fell by 0.3 exactly: not by more
    before[15, 20:23], after[15, 20:23] = 0.1, 0.8
    found = change(*pair(tmp_path, before, after), polygons=True)
    assert (found.lost_pixels, found.gained_pixels, found.compared_pixels) == (20, 3, 600)
    assert found.lost_m2 == pytest.approx(2000, rel=3e-3)
    assert (found.before, found.after) == ("2019-01-01", "2019-02-01")
    assert found.polygons is not None
    assert found.polygons.change.tolist() == ["lost", "gained"]
    assert found.polygons.area_m2.tolist() == pytest.approx([found.lost_m2, found.gained_m2], rel=1e-6)


def test_a_later_image_on_another_grid_is_laid_by_coordinate(tmp_path: Path) -> None:
    dice = np.random.default_rng(2)
    before = dice.uniform(0.5, 0.9, (20, 30))
    found = change(*pair(tmp_path, before, before, shift=7))
    assert (found.lost_pixels, found.gained_pixels, found.compared_pixels) == (0, 0, 20 * 23)


def test_only_ground_seen_on_both_dates_is_compared(tmp_path: Path) -> None:
    before, after = np.full((20, 30), 0.8), np.full((20, 30), 0.1)
    before[0], after[1] = np.nan, np.nan
    assert change(*pair(tmp_path, before, after)).compared_pixels == 18 * 30
    hidden = np.full((20, 30), np.nan)
    with pytest.warns(AboutScene, match="nothing could be compared"):
        assert change(*pair(tmp_path, hidden, after)).lost_pixels == 0


def test_bounds_pick_pixels_by_their_centres(tmp_path: Path) -> None:
    images = pair(tmp_path, np.full((20, 30), 0.8), np.full((20, 30), 0.1))
    inside = change(*images, bounds=(X0 + 16, Y0 - 34, X0 + 44, Y0 - 6))
    assert inside.lost_pixels == 2 * 2
    with pytest.raises(ImageryError, match="off the earlier image, which spans"):
        change(*images, bounds=(0, 0, 1, 1))
    assert parse_bounds("5,5,0,0") == (0, 0, 5, 5)
    for wrong in ("1,2,3", "a,b,c,d", "1,1,1,2"):
        with pytest.raises(ImageryError):
            parse_bounds(wrong)


def test_images_that_cannot_be_laid_over_each_other(tmp_path: Path) -> None:
    one = write_raster(tmp_path / "2019.tif", ndvi_bands(np.full((8, 8), 0.5)))
    other = write_raster(tmp_path / "2020.tif", ndvi_bands(np.full((8, 8), 0.5)), crs="EPSG:32648")
    with pytest.raises(ImageryError, match="different reference systems"):
        change(one, other)
    away = write_raster(tmp_path / "2021.tif", ndvi_bands(np.full((8, 8), 0.5)), transform=Affine(10, 0, 0, 0, -10, 0))
    with pytest.raises(ImageryError, match="do not overlap"):
        change(one, away)
    with pytest.raises(ImageryError, match="drop must be above 0"):
        change(one, one, drop=0)


def test_files_of_a_change(tmp_path: Path) -> None:
    before, after = np.full((20, 30), 0.8), np.full((20, 30), 0.8)
    after[2:6, 2:9] = 0.1
    images = pair(tmp_path, before, after)
    change(*images, output=tmp_path / "lost.gpkg")
    assert gpd.read_file(tmp_path / "lost.gpkg").change.tolist() == ["lost"]
    change(*images, output=tmp_path / "difference.tif")
    with rasterio.open(tmp_path / "difference.tif") as data:
        assert data.read(1)[2, 2] == pytest.approx(-0.7, abs=1e-6)


def test_the_dam_failure_at_brumadinho(peer_data: Path) -> None:
    """Two real scenes that begin 30 columns apart. The figures were counted with plain arrays, aligned by hand."""
    scenes = [
        peer_data / f"brumadinho/LC08_L2SP_218074_{day}_20200829_02_T1-cropped.tar.gz"
        for day in ("20190114", "20190130")
    ]
    mud = change(scenes[0], scenes[1], bounds=(591000, -2229000, 594000, -2225000))
    assert (mud.lost_pixels, mud.gained_pixels) == (1281, 19)
    assert mud.lost_m2 == pytest.approx(1281 * 900, rel=2e-3)
    whole = change(*scenes)
    # the dates overlap on 370 of 400 columns; two of these pixels are too dark to have an index
    assert whole.compared_pixels == 370 * 300 - 2
    # unaligned arrays would lose three times as much
    assert (whole.lost_pixels, whole.gained_pixels) == (4241, 2054)


@pytest.mark.parametrize(
    ("crs", "transform"),
    [("EPSG:32649", Affine(10, 0, 300000, 0, -10, 2600000)), ("EPSG:4326", Affine(1e-4, 0, 107, 0, -1e-4, 23.5)),
     ("EPSG:3857", Affine(30, 0, 11900000, 0, -30, 2700000))],
)  # fmt: skip
def test_areas_of_pixels_are_those_of_their_outlines(crs: str, transform: Affine) -> None:
    grid = Grid(pyproj.CRS(crs), transform, 500, 400)
    areas = pixel_areas(grid, Window(17, 31, 200, 150))
    outlines = np.array(
        [box(*(transform @ (c, r + 1)), *(transform @ (c + 1, r))) for r, c in ((17, 31), (100, 93), (216, 180))]
    )
    measured = area(outlines, crs)
    assert [areas[0, 0], areas[83, 62], areas[199, 149]] == pytest.approx(measured.tolist(), rel=1e-8)


# --- composites ---


@pytest.mark.parametrize("dates", [1, 2, 3, 5, 8, 12, 17])
def test_network_sorts_any_number(dates: int) -> None:
    dice = np.random.default_rng(dates)
    stack = dice.random((dates, 2, 700)).astype(np.float32)
    gone = np.broadcast_to(dice.random((dates, 1, 700)) < 0.4, stack.shape)
    stack[gone] = np.nan
    values, looks = stacked(stack)
    with (
        np.errstate(all="ignore"),
        pytest.warns(RuntimeWarning) if np.isnan(stack).all(axis=0).any() else pytest.MonkeyPatch.context(),
    ):
        expected = np.nanmedian(stack.astype(np.float64), axis=0)
    assert np.allclose(values, expected, atol=1e-7, equal_nan=True)
    assert np.array_equal(looks, np.isfinite(stack[:, 0]).sum(axis=0))
    assert len(sorting_network(dates)) < 8 * dates + 1


def test_medoid_is_one_of_the_looks() -> None:
    stack = np.array([[[0.1], [0.5]], [[0.12], [0.52]], [[0.9], [0.1]], [[np.nan], [0.3]]], dtype=np.float32)
    values, looks = stacked(stack, method="medoid")
    assert values[:, 0].tolist() == pytest.approx([0.12, 0.52])
    assert looks.tolist() == [3]


def scenes(folder: Path) -> Path:
    images = folder / "images"
    images.mkdir()
    for day, value in {
        "2020-05-01": 0.1,
        "2020-06-15": 0.3,
        "2020-07-15": 0.5,
        "2020-08-15": 0.7,
        "2020-12-31": 0.0,
    }.items():
        bands = ndvi_bands(np.full((70, 90), value))
        if day == "2020-07-15":
            for values in bands.values():
                values[:35] = np.nan
        write_raster(images / f"{day}.tif", bands)
    return images


def test_a_growing_seasons_median_and_its_looks(tmp_path: Path) -> None:
    made = composite(scenes(tmp_path), tmp_path / "season.tif", season="06-01/09-30")
    assert made.scenes == ("2020-06-15.tif", "2020-07-15.tif", "2020-08-15.tif")
    assert (made.looks_min, made.looks_max, made.looks_mean) == (2, 3, 2.5)
    with rasterio.open(made.path) as data:
        assert data.descriptions == ("red", "nir", "clear_looks")
        red, nir, looks = data.read()
    assert np.allclose((nir - red) / (nir + red), 0.5, atol=1e-6)
    assert (looks[:35] == 2).all()
    assert (looks[35:] == 3).all()


def test_seasons_over_the_new_year_and_wrong_ones(tmp_path: Path) -> None:
    assert composite(scenes(tmp_path), tmp_path / "dry.tif", season="11-01/05-31").scenes == (
        "2020-05-01.tif",
        "2020-12-31.tif",
    )
    for wrong in ("summer", "13-01/14-01", "06-31/07-01"):
        with pytest.raises(DateError, match="season"):
            parse_season(wrong)
    with pytest.raises(ImageryError, match="no image"):
        composite(tmp_path / "images", tmp_path / "none.tif", season="03-01/03-02")


def test_blocks_and_other_grids_give_the_same_composite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = scenes(tmp_path)
    composite(images, tmp_path / "whole.tif")
    monkeypatch.setattr("reclaim.zonal.composite._STACK_BYTES", 1)
    composite(images, tmp_path / "parts.tif")
    with rasterio.open(tmp_path / "whole.tif") as one, rasterio.open(tmp_path / "parts.tif") as two:
        assert np.array_equal(one.read(), two.read(), equal_nan=True)


def test_one_broken_image_loses_no_other(tmp_path: Path) -> None:
    images = scenes(tmp_path)
    (images / "2020-09-01.tif").write_text("no picture")
    write_raster(images / "2020-09-02.tif", ndvi_bands(np.full((8, 8), 0.5)), crs="EPSG:32648")
    with pytest.warns(SceneSetAside) as said:
        made = composite(images, tmp_path / "out.tif")
    assert len(made.scenes) == 5
    assert len(said) == 2


def test_rows_of_a_composite_feed_cover(tmp_path: Path) -> None:
    from reclaim.verbs.cover import cover
    from tests.imagery import ground, zones

    made = composite(scenes(tmp_path), tmp_path / "2020.tif", season="06-01/09-30")
    rows = cover(zones(A=ground(10, 10)), made.path, threshold=0.4)
    assert rows.cover.tolist() == [1.0]
    assert rows.date.tolist() == [pd.Timestamp("2020-12-31")]
    assert rows.crs == CRS
