"""Footprints from imagery: patches, their areas, their independence of tiles, and how they agree with drawn ones."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from scipy.ndimage import label

from reclaim.errors import ImageryError, TableError
from reclaim.geodesy import area
from reclaim.io.grids import Grid, Window
from reclaim.timeline.agreement import agreement
from reclaim.timeline.labels import label_patches
from reclaim.timeline.patches import PatchCollector, as_footprints, smoothed, within_sites

GRID = Grid(CRS("EPSG:32649"), Affine(30, 0, 500_000, 0, -30, 2_600_000), 60, 40)


def bands(year: NDArray[np.floating]) -> dict[str, NDArray[np.floating]]:
    return {"year": year, "magnitude": year * 0 + 0.4, "duration": year * 0 + 2, "snr": np.where(year == 2019, 9, 1.0)}


def some_years(seed: int) -> NDArray[np.floating]:
    """Blobs of a few years, with single pixels and ground not seen among them."""
    dice = np.random.default_rng(seed)
    year = np.kron(dice.choice([0, 0, 2018, 2019], (10, 15)), np.ones((4, 4)))
    year[dice.random(year.shape) < 0.1] = 2020
    year[dice.random(year.shape) < 0.05] = np.nan
    return year


@pytest.mark.parametrize("seed", range(5))
def test_labels_are_those_of_scipy(seed: int) -> None:
    year = np.nan_to_num(some_years(seed)).astype(np.int32)
    ours = label_patches(year)
    count = 0
    for value in np.unique(year[year > 0]):
        theirs, number = label(year == value)
        count += number
        pairs = np.unique(np.stack([theirs[year == value], ours[year == value]]), axis=1)
        assert pairs.shape[1] == number == len(np.unique(pairs[0])) == len(np.unique(pairs[1]))
    assert ours.max() == count
    assert (ours[year == 0] == 0).all()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tile", [(7, 11), (40, 9), (13, 60)])
def test_outlines_do_not_depend_on_tiles(seed: int, tile: tuple[int, int]) -> None:
    year = some_years(seed)
    whole, parts = PatchCollector(GRID), PatchCollector(GRID)
    whole.add(bands(year), GRID.whole)
    for row in range(0, GRID.height, tile[0]):
        for col in range(0, GRID.width, tile[1]):
            window = Window(row, col, *tile).meet(GRID.whole)
            parts.add(
                bands(year[window.row : window.row + window.height, window.col : window.col + window.width]), window
            )
    one, other = whole.finish(), parts.finish()
    assert len(one) > 5
    assert one.geometry.to_wkb().tolist() == other.geometry.to_wkb().tolist()
    for name in ("year", "pixels", "magnitude", "duration", "confidence"):
        assert one[name].tolist() == pytest.approx(other[name].tolist()), name


def test_areas_are_those_of_the_pixels_on_the_ellipsoid() -> None:
    year = some_years(1)
    collector = PatchCollector(GRID, min_pixels=1)
    collector.add(bands(year), GRID.whole)
    found = collector.finish()
    assert found.pixels.sum() == (year > 0).sum()
    per_pixel = found.area_m2 / found.pixels
    assert per_pixel.min() == pytest.approx(per_pixel.max(), rel=1e-5)
    assert per_pixel.mean() == pytest.approx(900 / 0.9996**2, rel=2e-5)
    assert (found[found.year == 2019].confidence == 1).all()
    assert (found[found.year == 2018].confidence == 0).all()


def test_small_patches_are_left_out_and_touching_corners_do_not_join() -> None:
    year = np.zeros((40, 60))
    year[0:2, 0:2] = 2019
    year[2:4, 2:4] = 2019
    year[10:13, 10:13] = 2019
    collector = PatchCollector(GRID, min_pixels=5)
    collector.add(bands(year), GRID.whole)
    assert collector.finish().pixels.tolist() == [9]


def test_nothing_lost_makes_an_empty_layer() -> None:
    collector = PatchCollector(GRID)
    collector.add(bands(np.zeros((40, 60))), GRID.whole)
    found = as_footprints(collector.finish(), site_id="A")
    assert len(found) == 0
    assert {"footprint_id", "site_id", "date", "damage", "geometry"} <= set(found.columns)


def test_sites_cut_patches_exactly() -> None:
    year = np.zeros((40, 60))
    year[10:14, 10:20] = 2019
    collector = PatchCollector(GRID)
    collector.add(bands(year), GRID.whole)
    left, bottom = 500_000 + 10 * 30, 2_600_000 - 14 * 30
    outline = shapely.box(left - 500, bottom - 500, left + 75, bottom + 1000)
    sites = gpd.GeoDataFrame({"site_id": ["A"]}, geometry=[outline], crs=GRID.crs)
    cut = within_sites(collector.finish(), sites)
    assert cut.site_id.tolist() == ["A"]
    assert cut.area_m2.iloc[0] == pytest.approx(75 * 120 / 0.9996**2, rel=2e-5)
    footprints = as_footprints(cut)
    assert footprints.footprint_id.tolist() == ["A-2019-1"]
    assert footprints.date.tolist() == ["2019"]
    with pytest.raises(ImageryError, match="one reference system"):
        within_sites(collector.finish(), sites.to_crs("EPSG:4490"))


def test_smoothing_is_for_the_eye_only() -> None:
    shape = gpd.GeoSeries([shapely.box(0, 0, 4, 4).difference(shapely.box(1, 1, 2, 2))], crs="EPSG:32649")
    round_ = smoothed(shape)
    assert len(round_.iloc[0].interiors) == 1
    assert shape.iloc[0].area == 15
    assert 0.8 < round_.iloc[0].area / 15 < 1.1


def test_agreement_with_drawn_footprints() -> None:
    def square(x: float) -> shapely.Polygon:
        return shapely.box(500_000 + 100 * x, 2_500_000, 500_000 + 100 * (x + 1), 2_500_100)

    imagery = gpd.GeoDataFrame(
        {"year": [2018, 2019, 2021, 2022]}, geometry=[square(i) for i in (0, 1, 2, 9)], crs="EPSG:32649"
    )
    whole = shapely.union_all([square(i) for i in range(4)])
    drawn = gpd.GeoDataFrame({"date": ["2019-06-01"]}, geometry=[whole], crs="EPSG:32649", index=[7])
    found = agreement(imagery, drawn)
    one = area(gpd.GeoSeries([square(0)], crs="EPSG:32649"))[0]
    row = found.rows.loc[7]
    for name in ("same_m2", "earlier_m2", "later_m2", "missed_m2"):
        assert row[name] == pytest.approx(one, rel=1e-4), name
    assert found.found == pytest.approx(0.75, abs=1e-4)
    assert found.extra.year.tolist() == [2022]
    assert found.extra.area_m2.tolist() == pytest.approx([one], rel=1e-4)
    with pytest.raises(TableError, match="row 0 has no year"):
        agreement(imagery, drawn.assign(date="?"))
    with pytest.raises(TableError, match="neither a column year nor date"):
        agreement(imagery[["geometry"]], drawn)
