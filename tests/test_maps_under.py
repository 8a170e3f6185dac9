"""What lies under the land: images, tiles of one's own, tile services."""

import gzip
import io
import sqlite3
import struct
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.errors import ImageryError, MapError
from reclaim.io.scenes import Stated, open_scene
from reclaim.maps import rasters, sheet
from reclaim.maps.basemaps import LocalTiles, TileKeyInFile, services, tile_range
from reclaim.maps.coding import varints
from reclaim.maps.offline import origin
from reclaim.maps.pmtiles import tile_id
from tests.map_worlds import LAT, LNG, world

BOX = (LNG - 0.01, LAT - 0.01, LNG + 0.02, LAT + 0.02)


@pytest.fixture(scope="module")
def small() -> Assessment:
    return world()


# --- images ------------------------------------------------------------------------------------------------------


def scene(
    path: Path, *, size: int = 60, cell: float = 0.0005, west: float = LNG, north: float = LAT + 0.02, lift: float = 0.0
):
    """Bands of reflectance: green in the west half, bare in the east, a corner without a picture."""
    red, nir = np.full((size, size), 0.2), np.full((size, size), 0.25)
    red[:, : size // 2], nir[:, : size // 2] = 0.05, 0.45 - lift
    bands = np.stack([red, red * 0.9, red * 0.8, nir]).astype("float32")
    bands[:, : size // 6, : size // 6] = np.nan
    profile = {
        "driver": "GTiff",
        "width": size,
        "height": size,
        "count": 4,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "nodata": np.nan,
    }
    with rasterio.open(path, "w", transform=Affine(cell, 0, west, 0, -cell, north), **profile) as data:
        data.write(bands)
        for number, name in enumerate(("red", "green", "blue", "nir"), 1):
            data.set_band_description(number, name)
    return open_scene(path, Stated(date="2019-06-01"))


def test_an_image_lies_where_it_was_taken(tmp_path: Path) -> None:
    made = rasters.index_picture(scene(tmp_path / "a.tif"))
    west, south, east, north = made.bounds
    assert (west, north) == pytest.approx((LNG, LAT + 0.02), abs=1e-6)
    assert (east, south) == pytest.approx((LNG + 0.03, LAT - 0.01), abs=1e-6)
    image = Image.open(io.BytesIO(made.png)).convert("RGBA")
    pixels = np.asarray(image)
    assert pixels[2, 2, 3] == 0  # no picture there
    wide, tall = image.size
    assert pixels[tall // 2, wide // 4].tolist() != pixels[tall // 2, 3 * wide // 4].tolist()
    assert pixels[tall // 2, wide // 4, 3] == 255
    assert made.ramp is not None
    assert made.ramp["labels"][0] == "-0.2"
    assert "2019-06-01" in made.zh


def test_true_colour_and_change(tmp_path: Path) -> None:
    before, after = scene(tmp_path / "a.tif"), scene(tmp_path / "b.tif", lift=0.35)
    seen = Image.open(io.BytesIO(rasters.true_colour(before).png)).convert("RGBA")
    assert np.asarray(seen)[..., 3].max() == 255
    made = rasters.change_picture(before, after)
    assert [cls["code"] for cls in made.classes] == ["lost", "gained"]
    pixels = np.asarray(Image.open(io.BytesIO(made.png)).convert("RGBA"))
    tall, wide = pixels.shape[:2]
    assert pixels[tall // 2, wide // 4].tolist() == [0xCC, 0x33, 0x11, 255]
    assert pixels[tall // 2, 3 * wide // 4, 3] == 0


def test_a_large_image_is_thinned_and_says_how_much(tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    rng = np.random.default_rng(1)
    profile = {"driver": "GTiff", "width": 3000, "height": 2000, "count": 3, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=Affine(1e-5, 0, LNG, 0, -1e-5, LAT), photometric="RGB", **profile) as data:
        data.write(rng.integers(0, 255, (3, 2000, 3000), dtype="uint8"))
    made = rasters.true_colour(open_scene(path, Stated(date="2019")))
    assert len(made.png) <= rasters.MOST_BYTES
    assert made.pixel_m > 3
    meta = maps.RasterLayer(made).source()["meta"]
    assert f"{made.pixel_m:.3g} m" in meta["note"][1]


def test_an_image_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageryError, match="elsewhere"):
        rasters.index_picture(scene(tmp_path / "a.tif"), box=(10.0, 50.0, 10.1, 50.1))


# --- tiles of one's own ------------------------------------------------------------------------------------------


def png(colour: tuple[int, int, int]) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(stream, format="PNG")
    return stream.getvalue()


def wanted(z: int) -> tuple[int, int]:
    x, _, y, _ = tile_range(BOX, z)
    return x, y


def test_a_folder_of_tiles_is_carried_inside(small: Assessment, tmp_path: Path) -> None:
    for z in (10, 11):
        x, y = wanted(z)
        (tmp_path / str(z) / str(x)).mkdir(parents=True)
        (tmp_path / str(z) / str(x) / f"{y}.png").write_bytes(png((1, 2, 3)))
        (tmp_path / str(z) / "0").mkdir()
        (tmp_path / str(z) / "0" / "0.png").write_bytes(png((9, 9, 9)))  # far away
    sheet = maps.build(small, base=tmp_path)
    layer = next(child for child in sheet.map._children.values() if isinstance(child, LocalTiles))
    assert set(layer.tiles) == {(z, *wanted(z)) for z in (10, 11)}
    assert "data:image/png;base64" in sheet.html()


def test_an_mbtiles_file_counts_its_rows_from_the_south(tmp_path: Path) -> None:
    path = tmp_path / "a.mbtiles"
    base = sqlite3.connect(path)
    base.execute("create table tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
    x, y = wanted(12)
    base.execute("insert into tiles values (12, ?, ?, ?)", (x, 2**12 - 1 - y, png((4, 5, 6))))
    base.execute("insert into tiles values (12, ?, ?, ?)", (x, y, png((7, 8, 9))))
    base.commit()
    base.close()
    assert set(LocalTiles(path, BOX).tiles) == {(12, x, y)}


def pmtiles(path: Path, tiles: dict[tuple[int, int, int], bytes], *, kind: int = 2) -> None:
    """A PMTiles file of version 3 with one directory."""
    ids = sorted((tile_id(*tile), data) for tile, data in tiles.items())
    steps = np.diff([number for number, _ in ids], prepend=0)
    offsets, at, content = [], 0, b""
    for _, data in ids:
        offsets.append(at + 1)
        at += len(data)
        content += data
    numbers = [len(ids), *steps, *[1] * len(ids), *[len(data) for _, data in ids], *offsets]
    root = gzip.compress(varints(np.array(numbers, dtype=np.uint64)))
    levels = [z for z, _, _ in tiles]
    places = [127, len(root), 127 + len(root), 0, 127 + len(root), 0, 127 + len(root), len(content), 0, 0, 0]
    head = b"PMTiles\x03" + struct.pack("<11Q", *places)
    head += bytes([1, 2, 1, kind, min(levels), max(levels)]) + bytes(127 - len(head) - 6)
    path.write_bytes(head + root + content)


def test_a_pmtiles_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pmtiles"
    tiles = {(z, *wanted(z)): png((z, z, z)) for z in (9, 10, 12)}
    pmtiles(path, {**tiles, (9, 0, 0): png((0, 0, 0))})
    assert LocalTiles(path, BOX).tiles == tiles
    pmtiles(path, tiles, kind=1)
    with pytest.raises(MapError, match="vector tiles"):
        LocalTiles(path, BOX)
    path.write_bytes(path.read_bytes()[:140])
    with pytest.raises(MapError, match="PMTiles"):
        LocalTiles(path, BOX)


def test_tile_numbers_follow_the_curve() -> None:
    for z in range(5):
        numbers = {tile_id(z, x, y) for x in range(2**z) for y in range(2**z)}
        first = (4**z - 1) // 3
        assert numbers == set(range(first, first + 4**z))


def test_levels_that_do_not_fit_are_left_out_and_said(small: Assessment, tmp_path: Path, monkeypatch) -> None:
    for z in (10, 11):
        x, y = wanted(z)
        (tmp_path / str(z) / str(x)).mkdir(parents=True)
        (tmp_path / str(z) / str(x) / f"{y}.png").write_bytes(png((1, 2, 3)))
    size = len(png((1, 2, 3)))

    class Narrow(LocalTiles):
        def __init__(self, *args, **more) -> None:
            super().__init__(*args, budget=int(size * 1.5 * 4 / 3), **more)

    layer = Narrow(tmp_path, BOX)
    assert {z for z, _, _ in layer.tiles} == {10}
    assert layer.left_out == 11
    monkeypatch.setattr(sheet, "LocalTiles", Narrow)
    told = maps.build(small, base=tmp_path, language="en").map.config["notes"]
    assert "Own tiles are carried down to level 10" in told


@pytest.mark.parametrize("name", ["missing.mbtiles", "missing.pmtiles", "nowhere"])
def test_tiles_that_are_not_there_are_named(small: Assessment, name: str, tmp_path: Path) -> None:
    with pytest.raises(MapError, match=name):
        maps.build(small, base=tmp_path / name)
    (tmp_path / "text.mbtiles").write_text("no tiles", encoding="utf-8")
    with pytest.raises(MapError, match="MBTiles"):
        LocalTiles(tmp_path / "text.mbtiles", BOX)


# --- tile services -----------------------------------------------------------------------------------------------


def test_services_need_the_network_to_be_allowed(small: Assessment, tmp_path: Path) -> None:
    sheet = maps.build(small, base="osm")
    with pytest.raises(MapError, match="--online"):
        sheet.save(tmp_path / "a.html")
    page = sheet.html(offline_only=False)
    assert "img-src data: blob: https://tile.openstreetmap.org;" in page
    assert "connect-src" not in page
    assert any("openstreetmap" in note for note in sheet.map.config["notes"])


def test_a_key_is_the_users_own_and_warned_about(small: Assessment, monkeypatch) -> None:
    monkeypatch.delenv("TIANDITU_KEY", raising=False)
    with pytest.raises(MapError, match="TIANDITU_KEY"):
        maps.build(small, base="tianditu").html(offline_only=False)
    monkeypatch.setenv("TIANDITU_KEY", "0123abcdEF")
    with pytest.warns(TileKeyInFile, match="everybody"):
        page = maps.build(small, base="tianditu").html(offline_only=False)
    assert "0123abcdEF" in page
    monkeypatch.setenv("TIANDITU_KEY", "a&b<script>")
    with pytest.raises(MapError, match="letters and digits"):
        maps.build(small, base="tianditu").html(offline_only=False)


def test_every_service_states_its_datum_and_source() -> None:
    for service in services().values():
        assert service.datum in {"WGS 84", "CGCS2000", "GCJ-02", "BD-09"}
        assert service.attribution
        assert origin(service.url).startswith("https://")
    assert services()["baidu"].datum == "BD-09"
    assert services()["amap"].datum == services()["tencent"].datum == "GCJ-02"


def test_an_unknown_base_map_lists_the_known_ones(small: Assessment) -> None:
    with pytest.raises(MapError, match="osm, tianditu"):
        maps.build(small, base="gooogle")
