"""Our cut against overlays that QGIS and geopandas made of the same polygons."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from reclaim.land.faces import partition

FOLDER = "peer-fixtures/geopandas-overlay/geopandas/tests/data/overlay"


def cut_of(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> dict[str, object]:
    """Faces of two layers, sorted into those of the left, the right and both."""
    made = partition(np.concatenate([left.geometry.to_numpy(), right.geometry.to_numpy()]))
    first = np.zeros(len(made.geometry), dtype=bool)
    second = first.copy()
    first[made.face[made.group < len(left)]] = True
    second[made.face[made.group >= len(left)]] = True
    return {
        "intersection": made.geometry[first & second],
        "difference": made.geometry[first & ~second],
        "difference-inverse": made.geometry[second & ~first],
        "symmetric_difference": made.geometry[first ^ second],
        "union": made.geometry[first | second],
    }


def same_ground(faces: np.ndarray, expected: gpd.GeoDataFrame) -> None:
    ours, theirs = shapely.union_all(faces), shapely.union_all(expected.geometry.to_numpy())
    # what one has and the other not must be no more than rounding along the borders
    assert shapely.symmetric_difference(ours, theirs).area <= 1e-9 * theirs.area
    assert shapely.area(faces).sum() == pytest.approx(ours.area, rel=1e-9)


@pytest.mark.parametrize("how", ["intersection", "union", "difference", "difference-inverse", "symmetric_difference"])
def test_squares(peer_data, how):
    folder = peer_data / FOLDER / "polys"
    left, right, expected = (gpd.read_file(folder / f"{name}.geojson") for name in ("df1", "df2", f"df1_df2-{how}"))
    same_ground(cut_of(left, right)[how], expected)


@pytest.mark.parametrize("how", ["intersection", "union", "difference", "symmetric_difference"])
def test_overlapping_rows(peer_data, how):
    folder = peer_data / FOLDER / "overlap"
    names = ("df1_overlap", "df2_overlap", f"df1_df2_overlap-{how}")
    left, right, expected = (gpd.read_file(folder / f"{name}.geojson") for name in names)
    same_ground(cut_of(left, right)[how], expected)


@pytest.mark.parametrize("how", ["intersection", "union", "difference", "symmetric_difference"])
def test_boroughs_as_qgis_cut_them(peer_data, how):
    folder = peer_data / FOLDER / "nybb_qgis"
    left, right, expected = (gpd.read_file(folder / f"{name}.shp") for name in ("polydf", "polydf2", f"qgis-{how}"))
    same_ground(cut_of(left, right)[how], expected)
