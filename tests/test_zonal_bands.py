"""Indices against the catalogue's own values, masks against the products' tables, and numbers that cannot be right."""

import json
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS
from shapely.geometry import box

from reclaim.errors import ImageryError
from reclaim.io.grids import Grid, Window
from reclaim.io.scenes import Layer, Scene
from reclaim.vocabulary import load
from reclaim.zonal.bands import index_image
from reclaim.zonal.indices import evi, evi2, index, kndvi
from reclaim.zonal.masks import Masking, flags, unseen

GRID = Grid(CRS("EPSG:32649"), Affine(10, 0, 500000, 0, -10, 2600000), 40, 40)
LETTERS = {"nir": "N", "red": "R", "blue": "B", "green": "G", "swir1": "S1", "swir2": "S2", "rededge1": "RE1"}
CATALOGUE = {
    "ndvi": "NDVI",
    "savi": "SAVI",
    "msavi": "MSAVI",
    "osavi": "OSAVI",
    "nbr": "NBR",
    "ndmi": "NDMI",
    "ndwi": "NDWI",
    "ndre": "NDREI",
    "bsi": "BI",
    "dbsi": "DBSI",
    "embi": "EMBI",
    "ndsoi": "NDSoI",
    "colour_index": "NDTI",
    "gndvi": "GNDVI",
    "exg": "ExG",
    "vari": "VARI",
    "ngrdi": "NGRDI",
    "nirv": "NIRv",
}


def layer(name: str, values: np.ndarray, grid: Grid = GRID, **facts: object) -> Layer:
    values = values.copy()
    values.flags.writeable = False  # mapped files and lazy arrays are like this

    def read(window: Window) -> np.ndarray:
        return values[window.row : window.row + window.height, window.col : window.col + window.width]

    return Layer(name=name, grid=grid, dtype=str(values.dtype), read=read, **facts)


def scene(grid: Grid = GRID, **bands: np.ndarray) -> Scene:
    return Scene("made up", {name: layer(name, values, grid) for name, values in bands.items()})


def full(value: float) -> np.ndarray:
    return np.full((40, 40), value)


@pytest.mark.parametrize("name", CATALOGUE)
def test_indices_equal_the_catalogue(peer_data: Path, name: str) -> None:
    known = json.loads((peer_data / "peer-fixtures/spyndex/expected_values.json").read_text())
    spec = index(name)
    ours = spec.values([np.array(known["inputs"][LETTERS[band]]) for band in spec.bands])
    assert float(ours) == pytest.approx(known["expected"][CATALOGUE[name]], abs=1e-12)


def test_indices_with_constants_of_their_own(peer_data: Path) -> None:
    """The fixture's EVI and EVI2 were made with L = 0.5, its kNDVI with a fixed sigma; both are arguments here."""
    known = json.loads((peer_data / "peer-fixtures/spyndex/expected_values.json").read_text())
    nir, red, blue = (np.array(known["inputs"][key]) for key in "NRB")
    assert float(evi(nir, red, blue, canopy=0.5)) == pytest.approx(known["expected"]["EVI"], abs=1e-12)
    assert float(evi2(nir, red, canopy=0.5)) == pytest.approx(known["expected"]["EVI2"], abs=1e-12)
    assert float(kndvi(nir, red, sigma=0.15)) == pytest.approx(known["expected"]["kNDVI"], abs=1e-12)
    assert float(kndvi(nir, red)) == pytest.approx(np.tanh((0.18 / 0.42) ** 2), abs=1e-12)


def test_every_index_has_a_function_a_reference_and_known_bands() -> None:
    for name in load("indices"):
        spec = index(name)
        found = spec.values([np.array([0.1 + 0.05 * i]) for i in range(len(spec.bands))])
        assert found.shape == (1,)
        assert np.isfinite(found).all()
        assert spec.reference
        assert set(spec.bands) <= set(load("sensors")["plain"]["bands"])


def test_iron_lies_deep_on_red_mud_and_not_on_leaves() -> None:
    depth = index("iron_feature_depth")
    mud = depth.values([np.array([0.25]), np.array([0.22]), np.array([0.35])])
    leaf = depth.values([np.array([0.04]), np.array([0.45]), np.array([0.2])])
    assert mud[0] > 0.03 > 0 > leaf[0]


def test_dark_ground_counts_as_zero_and_no_light_as_unseen() -> None:
    ndvi = index("ndvi")
    assert ndvi.values([np.array([0.3, 0.0, np.nan]), np.array([-0.02, -0.01, 0.1])]).tolist()[0] == 1
    assert np.isnan(ndvi.values([np.array([0.0, np.nan]), np.array([-0.01, 0.1])])).all()


@pytest.mark.parametrize(("code", "seen"), [(c, c in {2, 4, 5, 6, 7}) for c in (*range(12), 12, 255)])
def test_scene_classes(code: int, *, seen: bool) -> None:
    assert bool(flags(np.array([code]), "SCL")[0] == 0) is seen


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        (21824, True),
        (5440, True),
        (21952, True),
        (22280, False),
        (1, False),
        (1 << 5, False),
        (1 << 4, False),
        (1 << 2, False),
    ],
)
def test_landsat_bits(code: int, *, seen: bool) -> None:
    assert bool(flags(np.array([code], dtype=np.uint16), "QA_PIXEL")[0] == 0) is seen


def test_coarse_mask_on_a_fine_grid() -> None:
    """20 m classes on 10 m pixels: each class covers its own four pixels; beyond the mask nothing was seen."""
    coarse = Grid(GRID.crs, Affine(20, 0, 500000, 0, -20, 2600000), 19, 20)
    codes = np.full((20, 19), 4, dtype=np.uint8)
    codes[3, 5] = 9
    hidden = unseen(layer("SCL", codes, coarse), "SCL", GRID, GRID.whole, masking=Masking())
    expected = np.zeros((40, 40), dtype=bool)
    expected[6:8, 10:12] = True
    expected[:, 38:] = True
    assert np.array_equal(hidden, expected)


def test_clouds_grow_and_windows_agree() -> None:
    codes = np.full((40, 40), 4, dtype=np.uint8)
    codes[10, 10], codes[20, 20] = 9, 0
    mask = layer("SCL", codes)
    whole = unseen(mask, "SCL", GRID, GRID.whole, masking=Masking(dilate=2))
    assert whole.sum() == 26  # 5 x 5 round the cloud; missing data do not grow
    parts = [unseen(mask, "SCL", GRID, Window(row, 0, 4, 40), masking=Masking(dilate=2)) for row in range(0, 40, 4)]
    assert np.array_equal(np.vstack(parts), whole)


def test_trust_on_bare_sets_cloud_aside_and_nothing_else() -> None:
    codes = np.full((40, 40), 9, dtype=np.uint8)
    codes[0, 0] = 0
    trusted = Masking(trust=box(500000, 2599900, 500100, 2600000))
    hidden = unseen(layer("SCL", codes), "SCL", GRID, GRID.whole, masking=trusted)
    assert hidden[0, 0]
    assert not hidden[:10, :10].ravel()[1:].any()
    assert hidden[10:, 10:].all()


def test_ndvi_of_a_scene_and_its_collar() -> None:
    nir, red = full(0.5), full(0.1)
    nir[0, 0] = red[0, 0] = 0.0
    nir[1, 1] = np.nan
    values = index_image(scene(nir=nir, red=red), "NDVI").values(GRID.whole)
    assert np.isnan(values[0, 0])
    assert np.isnan(values[1, 1])
    assert values[2, 2] == pytest.approx(2 / 3)
    assert np.isnan(values).sum() == 2


def test_unscaled_whole_numbers_are_refused() -> None:
    counts = scene(nir=full(5000).astype(np.uint16), red=full(900).astype(np.uint16))
    with pytest.raises(ImageryError, match="--scale"):
        index_image(counts, "ndvi")


def test_stored_numbers_as_floats_are_refused() -> None:
    image = index_image(scene(nir=full(5000.0), red=full(900.0)), "ndvi")
    image.values(GRID.whole)
    with pytest.raises(ImageryError, match=r"stored numbers \(DN\)"):
        image.verdict()


def test_an_offset_taken_twice_is_refused() -> None:
    bands = {"nir": full(0.4), "red": full(-0.06)}
    image = index_image(scene(**bands), "ndvi")
    image.values(GRID.whole)
    with pytest.raises(ImageryError, match="taken twice"):
        image.verdict()


def test_an_offset_left_out_is_said() -> None:
    noise = np.random.default_rng(1).uniform(0, 0.05, (40, 40))
    made = Scene("s2", {"nir": layer("nir", full(0.4)), "red": layer("red", 0.12 + noise)}, sensor="sentinel-2")
    image = index_image(made, "ndvi")
    image.values(GRID.whole)
    assert any("offset was left out" in line for line in image.verdict())
    fine = Scene("s2", {"nir": layer("nir", full(0.4)), "red": layer("red", 0.02 + noise)}, sensor="sentinel-2")
    image = index_image(fine, "ndvi")
    image.values(GRID.whole)
    assert image.verdict() == []


def test_missing_bands_name_what_there_is() -> None:
    with pytest.raises(ImageryError, match=r"has no band nir, .* it has red, green, blue"):
        index_image(scene(red=full(1.0), green=full(1.0), blue=full(1.0)), "ndvi")
    with pytest.raises(ImageryError, match="unknown index 'ndwhat'"):
        index_image(scene(red=full(1.0), nir=full(1.0)), "ndwhat")


def test_ready_made_index_in_thousandths() -> None:
    stored = Scene("ndvi.tif", {"": layer("", (full(0.6) * 10000).astype(np.int16))})
    image = index_image(stored, "ndvi")
    image.values(GRID.whole)
    with pytest.raises(ImageryError, match="--scale"):
        image.verdict([0.35])
    assert "taken as they stand" in image.verdict()[0]
    scaled = Scene("ndvi.tif", {"": layer("", (full(0.6) * 10000).astype(np.int16), scale=1e-4)})
    assert index_image(scaled, "ndvi").values(GRID.whole)[0, 0] == pytest.approx(0.6)


def test_saturated_bands_are_not_seen() -> None:
    bits = np.zeros((40, 40), dtype=np.uint16)
    bits[0, 0], bits[1, 1] = 1 << 3, 1 << 1  # band 4 (red) and band 2, which NDVI does not use
    bands = {"nir": layer("nir", full(0.4), number=5), "red": layer("red", full(0.1), number=4)}
    values = index_image(Scene("l8", bands, saturation=layer("saturation", bits)), "ndvi").values(GRID.whole)
    assert np.isnan(values[0, 0])
    assert np.isfinite(values[1, 1])


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("nodata", [(), (7.0,), (-9999.0,), (7.0, 9.0), (0.5,)])
def test_stored_numbers_of_every_kind_give_the_same_index(kind: str, nodata: tuple[float, ...]) -> None:
    dice = np.random.default_rng(11)
    red, nir = (dice.integers(0, 120, (40, 40)).astype(kind) for _ in range(2))
    facts = {"scale": 0.01, "offset": -0.1, "nodata": nodata}
    made = Scene("made up", {"red": layer("red", red, **facts), "nir": layer("nir", nir, **facts)})
    found = index_image(made, "ndvi").values(GRID.whole)
    r, n = (np.maximum(values.astype(float) * 0.01 - 0.1, 0) for values in (red, nir))
    with np.errstate(all="ignore"):
        expected = np.where(n + r > 0, (n - r) / (n + r), np.nan)
    gone = np.isin(red, nodata) | np.isin(nir, nodata) | ((red == 0) & (nir == 0))
    expected[gone] = np.nan
    assert np.allclose(found, expected, atol=1e-6, equal_nan=True)
    assert 0 < np.isnan(found).sum() < 1000
