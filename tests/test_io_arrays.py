"""Images in memory are read as files are: the same ground, the same numbers, the same refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rioxarray
import xarray as xr
from affine import Affine

import reclaim as rc
from reclaim.errors import CRSError, ImageryError
from reclaim.io.arrays import array_scenes
from reclaim.io.scenes import Stated
from reclaim.verbs.images import NothingSeen
from tests.imagery import CRS, PLACE, X0, Y0, ground, ndvi_bands, write_raster, zones

# of rioxarray under the newest affine
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
ROWS, COLS = 12, 15
FIELDS = zones(west=ground(5, 4, at=(1.3, 0.5)), all=ground(ROWS, COLS), east=ground(3, 9, at=(8, 10.2)))


def place(**dims: list[object]) -> dict[str, object]:
    return {**dims, "y": Y0 - 10 * (np.arange(ROWS) + 0.5), "x": X0 + 10 * (np.arange(COLS) + 0.5)}


def greenness(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.1, 0.9, (ROWS, COLS)).astype(np.float32)


def dataset(ndvi: np.ndarray, **more: np.ndarray) -> xr.Dataset:
    bands = {name: (("y", "x"), values) for name, values in {**ndvi_bands(ndvi), **more}.items()}
    return xr.Dataset(bands, place()).rio.write_crs(CRS)


def figures(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(table[["zone_id", "cover", "valid", "low", "high", "n_eff", "area_m2"]]).reset_index(drop=True)


# to the last digits: a sum may run the other way
def same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(figures(ours), figures(theirs), check_exact=False, rtol=1e-12)


@pytest.fixture
def by_file(tmp_path: Path) -> pd.DataFrame:
    path = write_raster(tmp_path / "scene_2021-06-03.tif", ndvi_bands(greenness()))
    return rc.cover(FIELDS, path)


def dated(data: xr.Dataset | xr.DataArray, day: str = "2021-06-03") -> xr.Dataset | xr.DataArray:
    return data.assign_coords(time=np.datetime64(day, "ns"))


def test_a_dataset_gives_what_its_file_gives(by_file: pd.DataFrame) -> None:
    ours = rc.cover(FIELDS, dated(dataset(greenness())))
    same(ours, by_file)
    assert ours["date"].astype(str).unique().tolist() == by_file["date"].astype(str).unique().tolist()


@pytest.mark.parametrize(
    "turn",
    [
        lambda data: data.isel(y=slice(None, None, -1)),
        lambda data: data.isel(x=slice(None, None, -1)),
        lambda data: data.transpose("x", "y"),
        lambda data: data.chunk(y=5, x=4),
        lambda data: data.to_dataarray("band"),
        lambda data: data.to_dataarray("band").transpose("y", "x", "band").chunk(y=7),
    ],
    ids=["south up", "east first", "columns first", "dask", "labelled bands", "bands last"],
)  # fmt: skip
def test_how_it_lies_in_memory_does_not_matter(turn: object, by_file: pd.DataFrame) -> None:
    same(rc.cover(FIELDS, dated(turn(dataset(greenness())))), by_file)  # type: ignore[operator]


def test_what_rioxarray_opens_gives_what_the_path_gives(tmp_path: Path) -> None:
    stored = {name: np.rint(values * 10_000).astype(np.uint16) for name, values in ndvi_bands(greenness(3)).items()}
    stored["red"][2:5, 3:9] = stored["nir"][2:5, 3:9] = 0
    path = write_raster(tmp_path / "scene_2021-06-03.tif", stored, nodata=0, scales=(0.0001, 0.0))
    expected = rc.cover(FIELDS, path)
    assert 0 < expected.valid[0] < 1
    for how in ({}, {"masked": True}, {"mask_and_scale": True}, {"chunks": {"x": 6, "y": 6}}):
        with rioxarray.open_rasterio(path, **how) as opened:
            table = rc.cover(FIELDS, dated(opened))
        np.testing.assert_allclose(figures(table).iloc[:, 1:], figures(expected).iloc[:, 1:], atol=1e-6)


def test_a_part_of_an_array_lies_where_it_lay(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "ndvi_2021.tif", {"ndvi": greenness()})
    with rioxarray.open_rasterio(path) as opened:  # keeps the whole file's transform when it is cut
        part = dated(opened.isel(x=slice(0, 6), y=slice(1, 9)), "2021-12-31")
        same(rc.cover(FIELDS.iloc[:1], part), rc.cover(FIELDS.iloc[:1], path))


def test_every_date_of_a_stack_is_an_image(tmp_path: Path) -> None:
    days = ["2020-06-01", "2021-06-03", "2022-05-30"]
    stack = xr.concat([dataset(greenness(seed)) for seed in range(3)], pd.Index(pd.to_datetime(days), name="time"))
    table = rc.cover(FIELDS, stack)
    assert table["date"].astype(str).unique().tolist() == days
    for seed, day in enumerate(days):
        path = write_raster(tmp_path / f"scene_{day}.tif", ndvi_bands(greenness(seed)))
        same(table[table["date"].astype(str) == day], rc.cover(FIELDS, path))


def test_a_quality_band_hides_cloud() -> None:
    classes = np.full((ROWS, COLS), 4, np.uint8)
    classes[:, :5] = 9
    with pytest.warns(NothingSeen, match="zone 'west'"):
        table = rc.cover(FIELDS, dated(dataset(greenness(), SCL=classes)))
    assert table.valid.to_list() == pytest.approx([0, 2 / 3, 4.8 / 9])


def test_the_sensors_numbers_are_scaled() -> None:
    stored = dataset(greenness())
    counts = ((stored + 0.2) / 0.0000275).round().astype(np.uint16)
    table = rc.cover(FIELDS, dated(counts.rename(red="SR_B4", nir="SR_B5")), sensor="landsat-8")
    np.testing.assert_allclose(table.cover, rc.cover(FIELDS, dated(stored)).cover, atol=1e-9)


def test_change_and_composite_take_arrays(tmp_path: Path) -> None:
    before, after = (dated(dataset(greenness(seed)), day) for seed, day in ((1, "2020-07-01"), (2, "2021-07-01")))
    files = [
        write_raster(tmp_path / f"s_{day}.tif", ndvi_bands(greenness(seed)))
        for seed, day in ((1, "2020-07-01"), (2, "2021-07-01"))
    ]
    assert rc.change(before, after) == rc.change(*files)
    ours, theirs = (tmp_path / "a.tif", tmp_path / "b.tif")
    rc.composite([before, after], ours)
    rc.composite(files, theirs)
    with rioxarray.open_rasterio(ours) as a, rioxarray.open_rasterio(theirs) as b:
        np.testing.assert_array_equal(a.values, b.values)


def index_array(values: np.ndarray | None = None, name: str | None = "ndvi", **coords: object) -> xr.DataArray:
    values = greenness() if values is None else values
    return xr.DataArray(values, {**place(), **coords}, dims=("y", "x"), name=name).rio.write_crs(CRS)


def test_one_array_is_an_index() -> None:
    named = rc.cover(FIELDS, dated(index_array()))
    same(named, rc.cover(FIELDS, dated(index_array(name=None))))
    assert array_scenes(index_array(), Stated(date="2021-06"))[0].date is not None


def test_it_is_placed_by_its_own_coordinates() -> None:
    assert array_scenes(index_array())[0].layers["ndvi"].grid.transform.almost_equals(PLACE)


UNEVEN = np.concatenate([X0 + 10 * np.arange(COLS - 1.0), [X0 + 10_000]])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (xr.DataArray(greenness(), place(), ("y", "x"), "ndvi"), "no reference system"),
        (index_array().rename(y="up", x="along"), "call them y and x"),
        (index_array().drop_vars("x"), "no coordinates along x"),
        (index_array(x=UNEVEN), "not evenly spaced"),
        (index_array().expand_dims(band=2), "never guessed"),
        (index_array().expand_dims(band=[1, 2]), "never guessed"),
        (index_array().expand_dims(band=["red", "nir"], tile=[1, 2]), "select down"),
        (index_array(greenness().astype(str)), "not numbers"),
        (dataset(greenness()).rename(red="one", nir="two"), "none is known"),
        (dataset(greenness()).rename(red="red", nir="R"), "rename one"),
        (dataset(greenness()).mean(("y", "x")), "rows and columns"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)  # fmt: skip
def test_what_cannot_be_told_is_refused(data: object, says: str) -> None:
    with pytest.raises((ImageryError, CRSError), match=says):
        rc.cover(FIELDS, data)


def test_a_turned_array_is_refused(tmp_path: Path) -> None:
    turned = Affine.rotation(20)
    path = write_raster(tmp_path / "ndvi.tif", {"ndvi": greenness()}, transform=PLACE @ turned)
    with rioxarray.open_rasterio(path) as data, pytest.raises(ImageryError, match="turned against north"):
        rc.cover(FIELDS, data)
