"""Rasters as people have them: what they say is read, what they do not say is asked for, what is broken is refused."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from reclaim.errors import CRSError, FileError, ImageryError, UnsafePath
from reclaim.io import archives, rasters
from reclaim.io.grids import Grid, Window, nearest
from reclaim.io.rasters import NewBand, close_rasters, open_raster, writing_raster
from reclaim.io.scenes import Stated, mask_layer, open_scene, scene_paths
from reclaim.zonal.bands import index_image
from tests.imagery import X0, Y0, ndvi_bands, write_raster

GRID = Affine(10, 0, X0, 0, -10, Y0)


def flat(value: float, dtype: str = "float32", size: int = 8) -> np.ndarray:
    return np.full((size, size), value, dtype=dtype)


# --- grids ---


def test_tiles_cover_each_cell_once() -> None:
    grid = Grid(rasters.CRS("EPSG:32649"), GRID, 1000, 700)
    seen = np.zeros((700, 1000), dtype=int)
    for tile in grid.tiles((256, 256), pixels=1 << 17):
        seen[tile.within(grid.whole)] += 1
    assert (seen == 1).all()
    strips = list(grid.tiles((1, 1000), pixels=1 << 14))
    assert {tile.width for tile in strips} == {1000}


def test_a_fine_raster_on_a_coarse_grid_and_back() -> None:
    fine = Grid(rasters.CRS("EPSG:32649"), Affine(1, 0, 0, 0, -1, 90), 90, 90)
    coarse = Grid(fine.crs, Affine(3, 0, 3, 0, -3, 87), 30, 30)
    values = np.arange(8100).reshape(90, 90)
    read = lambda w: values[w.row : w.row + w.height, w.col : w.col + w.width]  # noqa: E731
    sampled, inside = nearest(read, fine, coarse, coarse.whole)
    assert np.array_equal(sampled[:29, :29], values[4::3, 4::3])
    assert not inside[29].any()
    assert not inside[:, 29].any()


def test_a_large_source_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reclaim.io.grids._SOURCE_PIXELS", 1000)
    fine = Grid(rasters.CRS("EPSG:32649"), Affine(1, 0, 0, 0, -1, 120), 120, 120)
    coarse = Grid(fine.crs, Affine(5, 0, 0, 0, -5, 120), 24, 24)
    values = np.arange(14400).reshape(120, 120)
    sizes: list[int] = []

    def read(window: Window) -> np.ndarray:
        sizes.append(window.height * window.width)
        return values[window.row : window.row + window.height, window.col : window.col + window.width]

    sampled, inside = nearest(read, fine, coarse, coarse.whole)
    assert np.array_equal(sampled, values[2::5, 2::5])
    assert inside.all()
    assert max(sizes) <= 1000


# --- what a file says ---


def test_named_bands_scale_offset_nodata_and_date(tmp_path: Path) -> None:
    path = write_raster(
        tmp_path / "plot.tif", {"red": flat(1000, "uint16"), "nir": flat(5000, "uint16")},
        nodata=0, scales=(1e-4, -0.05), tags={"ACQUISITION_DATE": "2021-06-03"},
    )  # fmt: skip
    scene = open_scene(path)
    assert str(scene.date) == "2021-06-03"
    red = scene.layers["red"]
    assert (red.scale, red.offset, red.nodata) == (1e-4, -0.05, (0.0,))
    assert index_image(scene, "ndvi").values(Window(0, 0, 1, 1))[0, 0] == pytest.approx(0.4 / 0.5)


def test_what_a_person_states_comes_first(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "x.tif", {"red": flat(1000, "int16"), "nir": flat(5000, "int16")}, scales=(1.0, 0.5))
    scene = open_scene(path, Stated(scale=2e-4, offset=0.0, nodata=-1, date="2020年5月"))
    assert (scene.layers["red"].scale, scene.layers["red"].offset, scene.layers["red"].nodata) == (2e-4, 0.0, (-1.0,))
    assert str(scene.date) == "2020-05"


@pytest.mark.parametrize(
    ("name", "date"),
    [("S2A_MSIL2A_20210601T030541_N0300.tif", "2021-06-01"), ("plot-2021-06-03.tif", "2021-06-03"),
     ("2005.tif", "2005"), ("nothing.tif", None), ("2019_2020.tif", None)],
)  # fmt: skip
def test_dates_in_names(tmp_path: Path, name: str, date: str | None) -> None:
    scene = open_scene(write_raster(tmp_path / name, flat(0.5)))
    assert (None if scene.date is None else str(scene.date)) == date


def test_metadata_and_name_that_disagree_are_said(tmp_path: Path) -> None:
    scene = open_scene(
        write_raster(tmp_path / "a_20200101.tif", flat(0.5), tags={"TIFFTAG_DATETIME": "2021:06:15 10:00:00"})
    )
    assert str(scene.date) == "2021-06-15"
    assert "its name 2020-01-01" in scene.notes[0]


def test_band_numbers_need_their_sensor(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "x.tif", {"B4": flat(0.1), "B5": flat(0.4)})
    with pytest.raises(ImageryError, match="different satellites"):
        open_scene(path)
    assert list(open_scene(path, Stated(sensor="landsat-8")).layers) == ["red", "nir"]
    assert list(open_scene(path, Stated(sensor="landsat-5")).layers) == ["nir", "swir1"]


def test_the_order_of_bands_is_never_guessed(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "x.tif", {"": flat(0.1)})
    several = tmp_path / "y.tif"
    with rasters.rasterio.open(path) as one:
        profile = one.profile | {"count": 4}
    with rasters.rasterio.open(several, "w", **profile) as data:
        data.write(np.stack([flat(0.1)] * 4))
    with pytest.raises(ImageryError, match="never guessed"):
        open_scene(several, Stated(sensor="sentinel-2"))


def test_plain_colours_and_alpha(tmp_path: Path) -> None:
    values = np.stack([flat(120, "uint8"), flat(140, "uint8"), flat(60, "uint8"), flat(255, "uint8")])
    values[3, 0, 0] = 0
    path = tmp_path / "drone.tif"
    with rasters.rasterio.open(path, "w", driver="GTiff", count=4, height=8, width=8, dtype="uint8", crs="EPSG:32649",
                               transform=GRID, photometric="rgb", alpha="yes") as data:  # fmt: skip
        data.write(values)
    scene = open_scene(path)
    assert scene.colours
    found = index_image(scene, "vari").values(Window(0, 0, 8, 8))
    assert np.isnan(found[0, 0])
    assert found[1, 1] == pytest.approx(20 / 200)
    with pytest.raises(ImageryError, match="vari, ngrdi or exg_chromatic"):
        index_image(scene, "ndvi")
    with pytest.raises(ImageryError, match="--scale"):
        index_image(scene, "exg")


def test_sentinel_offset_by_baseline_never_by_date(tmp_path: Path) -> None:
    bands = {"B04": flat(2000, "uint16"), "B08": flat(5000, "uint16")}
    old = open_scene(write_raster(tmp_path / "S2A_MSIL2A_20230601T030541_N0301_R075.tif", bands))
    new = open_scene(write_raster(tmp_path / "S2A_MSIL2A_20180601T030541_N0500_R075.tif", bands))
    untold = open_scene(write_raster(tmp_path / "20230601.tif", bands), Stated(sensor="sentinel-2"))
    assert [scene.layers["red"].offset for scene in (old, new, untold)] == [0, -0.1, 0]
    assert old.notes == new.notes == ()
    assert "--offset -0.1" in untold.notes[0]
    tagged = write_raster(tmp_path / "t.tif", bands, tags={"PROCESSING_BASELINE": "05.11"})
    assert open_scene(tagged, Stated(sensor="sentinel-2")).layers["red"].offset == -0.1


def test_masks_by_name(tmp_path: Path) -> None:
    codes = flat(4, "uint16")
    codes[0, 0] = 9
    path = write_raster(
        tmp_path / "x.tif", {"red": flat(1000, "uint16"), "nir": flat(5000, "uint16"), "SCL": codes}, scales=(1e-4, 0)
    )
    scene = open_scene(path)
    assert scene.mask_kind == "SCL"
    assert np.isnan(index_image(scene, "ndvi").values(Window(0, 0, 8, 8))).sum() == 1
    alone = write_raster(tmp_path / "x_QA_PIXEL.tif", flat(21824, "uint16"))
    assert mask_layer(alone)[1] == "QA_PIXEL"
    with pytest.raises(ImageryError, match="no quality mask"):
        mask_layer(path)


# --- folders and archives ---


def test_folder_with_a_file_per_band(tmp_path: Path) -> None:
    folder = tmp_path / "red_mud_20200701"
    folder.mkdir()
    bands = ndvi_bands(flat(0.5))
    for name, values in bands.items():
        write_raster(folder / f"red_mud_{name}.tif", values)
    assert scene_paths(folder) == [str(folder)]
    scene = open_scene(folder)
    assert sorted(scene.layers) == ["nir", "red"]
    assert str(scene.date) == "2020-07-01"


def test_folder_of_dated_rasters_is_a_series(tmp_path: Path) -> None:
    for year in (2001, 2000):
        write_raster(tmp_path / f"{year}.tif", ndvi_bands(flat(0.5)))
    assert [Path(path).name for path in scene_paths(tmp_path)] == ["2000.tif", "2001.tif"]


def test_sentinel_product_folder(tmp_path: Path) -> None:
    product = tmp_path / "S2A_MSIL2A_20210601T030541_N0500_R075_T49QCD_20230201T000000.SAFE"
    images = product / "GRANULE" / "L2A" / "IMG_DATA"
    for part, name, values, pixel in (
        ("R10m", "B04", flat(2000, "uint16"), 10), ("R10m", "B08", flat(5000, "uint16"), 10),
        ("R20m", "B04", flat(9, "uint16", 4), 20), ("R20m", "SCL", flat(4, "uint8", 4), 20),
    ):  # fmt: skip
        (images / part).mkdir(parents=True, exist_ok=True)
        place = Affine(pixel, 0, X0, 0, -pixel, Y0)
        write_raster(images / part / f"T49QCD_20210601T030541_{name}_{pixel}m.tif", values, transform=place)
    (product / "MTD_MSIL2A.xml").write_text(
        "<n1:Level-2A_User_Product xmlns:n1='x'><PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>"
        "<PRODUCT_START_TIME>2021-06-01T03:05:41.024Z</PRODUCT_START_TIME><PROCESSING_BASELINE>05.00</PROCESSING_BASELINE>"
        "<BOA_QUANTIFICATION_VALUE unit='none'>10000</BOA_QUANTIFICATION_VALUE>"
        "<BOA_ADD_OFFSET band_id='3'>-1000</BOA_ADD_OFFSET><BOA_ADD_OFFSET band_id='7'>-1000</BOA_ADD_OFFSET>"
        "</n1:Level-2A_User_Product>"
    )
    scene = open_scene(product)
    assert (scene.sensor, str(scene.date), scene.mask_kind) == ("sentinel-2", "2021-06-01", "SCL")
    assert scene.layers["red"].grid.transform.a == 10
    assert index_image(scene, "ndvi").values(Window(0, 0, 1, 1))[0, 0] == pytest.approx((0.4 - 0.1) / 0.5)


def test_landsat_archive_as_published(peer_data: Path) -> None:
    scene = open_scene(peer_data / "brumadinho/LC08_L2SP_218074_20190130_20200829_02_T1-cropped.tar.gz")
    assert (scene.sensor, str(scene.date)) == ("landsat-8", "2019-01-30")
    red = scene.layers["red"]
    # the corners in the metadata are pixel centres, and the zone is the northern one with negative northings
    assert red.grid.bounds == (584385.0, -2231685.0, 596385.0, -2222685.0)
    assert red.grid.crs.to_epsg() == 32623
    assert (red.scale, red.offset, red.nodata) == (2.75e-5, -0.2, (0.0,))
    with pytest.raises(ImageryError, match="its metadata say landsat-8"):
        open_scene(
            peer_data / "brumadinho/LC08_L2SP_218074_20190130_20200829_02_T1-cropped.tar.gz", Stated(sensor="landsat-5")
        )


def _tar(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w:gz") as packed:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return path


def test_archives_cannot_lead_out(tmp_path: Path) -> None:
    evil = _tar(tmp_path / "a.tar.gz", **{"..__..__evil.txt": b"x"})
    with pytest.raises(ImageryError, match="leads out"):
        open_scene(evil)
    with tarfile.open(tmp_path / "b.tar", "w") as packed:
        link = tarfile.TarInfo("band.tif")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        packed.addfile(link)
    with pytest.raises(ImageryError, match="link"):
        open_scene(tmp_path / "b.tar")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as zipped:
        zipped.writestr("/etc/evil.tif", "x")
    with pytest.raises(ImageryError, match="leads out"):
        open_scene(tmp_path / "c.zip")


def test_archives_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1000)
    with pytest.raises(ImageryError, match="unpacks to more than"):
        open_scene(_tar(tmp_path / "a.tar.gz", **{"x.tif": b"0" * 2000}))


def test_an_archive_cut_short(tmp_path: Path) -> None:
    whole = _tar(
        tmp_path / "a.tar.gz", **{"x.tif": bytes(np.random.default_rng(1).integers(0, 255, 20000, dtype=np.uint8))}
    )
    whole.write_bytes(whole.read_bytes()[:9000])
    with pytest.raises(FileError, match="cut short or damaged"):
        open_scene(whole)


# --- what is broken ---


def test_a_file_cut_short(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).random((600, 600), dtype=np.float32)
    path = write_raster(tmp_path / "x.tif", noise, compress="deflate")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(FileError, match="cut short or damaged"):
        open_raster(path).read(1, Window(0, 0, 600, 600))


def test_what_is_no_raster(tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_text("no picture")
    with pytest.raises(FileError, match="is no raster"):
        open_raster(tmp_path / "x.tif")
    with pytest.raises(FileError, match="no such file"):
        open_raster(tmp_path / "y.tif")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no rasters"):
        scene_paths(tmp_path / "empty")


def test_a_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tif"
    profile = {"driver": "GTiff", "count": 1, "height": 200_000, "width": 200_000, "dtype": "uint8", "tiled": True}
    options = {"crs": "EPSG:32649", "transform": GRID, "sparse_ok": True, "compress": "deflate", "bigtiff": "yes"}
    with rasters.rasterio.open(path, "w", **profile, **options):
        pass
    assert path.stat().st_size < 20_000_000
    with pytest.raises(ImageryError, match="200,000 x 200,000 pixels"):
        open_raster(path)


def test_no_georeference_no_crs(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    with (
        pytest.warns(rasters.NotGeoreferencedWarning),
        rasters.rasterio.open(path, "w", driver="GTiff", count=1, height=8, width=8, dtype="float32") as data,
    ):
        data.write(flat(0.5), 1)
    with pytest.raises(ImageryError, match="no georeference"):
        open_scene(path)
    with pytest.raises(CRSError, match="no reference system"):
        open_scene(write_raster(tmp_path / "y.tif", flat(0.5), crs=None))


def test_virtual_and_remote_need_leave(tmp_path: Path) -> None:
    write_raster(tmp_path / "x.tif", flat(0.5))
    vrt = tmp_path / "y.tif"
    vrt.write_text('<VRTDataset rasterXSize="8" rasterYSize="8"></VRTDataset>')
    for name in (vrt, "/vsicurl/http://127.0.0.1:9/x.tif", "https://example.invalid/x.tif"):
        with pytest.raises(UnsafePath, match="--allow-remote"):
            open_scene(name)


def test_written_whole_or_not_at_all(tmp_path: Path) -> None:
    grid = Grid(rasters.CRS("EPSG:32649"), GRID, 8, 8)

    def stopped_half_way() -> None:
        with writing_raster(tmp_path / "out.tif", grid, [NewBand("red")]) as writer:
            writer.write(flat(1)[None], grid.whole)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stopped_half_way()
    assert list(tmp_path.iterdir()) == []
    with writing_raster(tmp_path / "out.tif", grid, [NewBand("red", "1")]) as writer:
        writer.write(flat(1)[None], grid.whole)
    assert open_raster(tmp_path / "out.tif").bands[0].name == "red"
    with (
        pytest.raises(FileError, match=r"end the name in .tif"),
        writing_raster(tmp_path / "out.png", grid, [NewBand("red")]),
    ):
        pass
    close_rasters()


def test_unknown_sensor_and_senseless_factors() -> None:
    with pytest.raises(ImageryError, match="unknown sensor 'landsat-6'; choose one of sentinel-2"):
        Stated(sensor="landsat-6")
    with pytest.raises(ImageryError, match="scale 0"):
        Stated(scale=0)


def test_one_band_of_a_scene_is_no_index(tmp_path: Path) -> None:
    for name in ("LC08_SR_B4.tif", "mine_nir.tif"):
        with pytest.raises(ImageryError, match=r"one band .* of a scene, not an index"):
            open_scene(write_raster(tmp_path / name, flat(0.3)))
    for name in ("red_hill_2019.tif", "nir_ndvi_2019.tif", "green.tif"):
        assert list(open_scene(write_raster(tmp_path / name, flat(0.3))).layers) == [""]


def test_landsat_folder_without_metadata_file(tmp_path: Path) -> None:
    folder = tmp_path / "LC09_L2SP_127044_20220805_20220807_02_T1"
    folder.mkdir()
    quality = flat(21824, "uint16")
    quality[0, 0], quality[1, 1] = 22280, 1
    for name, values in (("SR_B4", flat(10909, "uint16")), ("SR_B5", flat(21818, "uint16")), ("QA_PIXEL", quality)):
        write_raster(folder / f"{folder.name}_{name}.TIF", values)
    scene = open_scene(folder)
    assert (scene.sensor, str(scene.date), scene.mask_kind) == ("landsat-9", "2022-08-05", "QA_PIXEL")
    found = index_image(scene, "ndvi").values(Window(0, 0, 8, 8))
    assert np.isnan(found).sum() == 2
    assert found[2, 2] == pytest.approx((0.4 - 0.1) / 0.5, abs=1e-4)


def test_jpeg_2000_of_a_product(tmp_path: Path) -> None:
    noise = np.random.default_rng(5).integers(1, 5000, (64, 64), dtype=np.uint16)
    path = write_raster(tmp_path / "ndvi_2020.jp2", noise, driver="JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES")
    assert np.array_equal(open_raster(path).read(1, Window(3, 5, 20, 30)), noise[3:23, 5:35])


def test_memory_does_not_grow_with_the_raster(tmp_path: Path) -> None:
    """A raster of 144 million pixels is looked at in a process of a few hundred megabytes."""
    import subprocess
    import sys

    profile = {"driver": "GTiff", "count": 2, "height": 12_000, "width": 12_000, "dtype": "float32", "tiled": True}
    options = {"crs": "EPSG:32649", "transform": GRID, "sparse_ok": True, "compress": "deflate", "nodata": np.nan}
    with rasters.rasterio.open(tmp_path / "2020.tif", "w", **profile, **options) as data:
        data.set_band_description(1, "red")
        data.set_band_description(2, "nir")
    code = (
        "import resource, warnings, geopandas as gpd\n"
        "from shapely.geometry import box\n"
        "from reclaim.verbs.cover import cover\n"
        "warnings.simplefilter('ignore')\n"
        f"zone = gpd.GeoDataFrame(geometry=[box({X0}, {Y0} - 120000, {X0} + 120000, {Y0})], crs='EPSG:32649')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"assert cover(zone, r'{tmp_path / '2020.tif'}').valid[0] == 0\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout.split()[-1]) < 512


@pytest.mark.parametrize(
    ("name", "sensor", "band"),
    [
        ("B4 - red", "sentinel-2", "red"),
        ("Near Infrared (NIR)", None, "nir"),
        ("red edge 1", None, "rededge1"),
        ("nir08", None, "nir_narrow"),
        ("SR_B4", "landsat-8", "red"),
        ("SR_B4", "landsat-7", "nir"),
        ("B8A", "sentinel-2", "nir_narrow"),
        ("红波段", None, "red"),
        ("N", None, "nir"),
        ("red to nir", None, None),
        ("green cover", None, None),
        ("red_mud", None, None),
        ("Band 3", None, None),
        ("B04", "plain", None),
    ],
)
def test_names_of_bands(name: str, sensor: str | None, band: str | None) -> None:
    from reclaim.io.band_names import band_of

    assert band_of(name, sensor) == band
