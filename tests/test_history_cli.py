"""The history command: the real stack, the peer's figures, made-up stacks with known answers, and bad input."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.features import geometry_mask

from reclaim.cli import run
from reclaim.errors import ImageryError
from reclaim.verbs import history_stack
from reclaim.verbs.history import history
from reclaim.verbs.history_stack import explain_at
from tests.imagery import yearly_stack

WHERE = Affine(30, 0, 500_000, 0, -30, 2_600_000)


def write(path: Path, *layers: NDArray[Any], names: tuple[str, ...] = (), **profile: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = {"driver": "GTiff", "crs": CRS.from_epsg(32649), "transform": WHERE, "nodata": None} | profile
    height, width = layers[0].shape
    with rasterio.open(
        path, "w", count=len(layers), height=height, width=width, dtype=layers[0].dtype, **settings
    ) as data:
        data.write(np.stack(layers))
        for band, name in enumerate(names, 1):
            data.set_band_description(band, name)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Twelve years of 20 by 30 pixels: a square lost in 2016, another in 2019, a corner never seen."""
    return yearly_stack(tmp_path / "stack")


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert run(["history", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert run(["history", *map(str, arguments)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    return told.err


def band(path: Path, name: str) -> NDArray[np.float32]:
    with rasterio.open(path) as data:
        return data.read(data.descriptions.index(name) + 1)


def test_bands_footprints_and_hectares(stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = called(capsys, stack, "-o", tmp_path / "out")
    assert [Path(path).name for path in found["outputs"]] == [
        "footprints.gpkg", "history.json", "history.tif", "map.html", "report.html",
    ]  # fmt: skip
    assert found["index"] == "nbr"
    year = band(tmp_path / "out/history.tif", "year")
    expected = np.zeros((20, 30), dtype=np.float32)
    expected[2:8, 3:11], expected[12:16, 15:25], expected[18:, :2] = 2016, 2019, np.nan
    assert np.array_equal(year, expected, equal_nan=True)
    assert band(tmp_path / "out/history.tif", "magnitude")[2:8, 3:11].mean() == pytest.approx(0.5, abs=0.02)
    assert (band(tmp_path / "out/history.tif", "duration")[2:8, 3:11] == 1).all()
    with rasterio.open(tmp_path / "out/history.tif") as data:
        assert data.descriptions[:4] == ("year", "magnitude", "duration", "rate")
        assert np.isnan(data.nodata)
        assert data.read(1, masked=True).mask.sum() == 4
    per_pixel = 900 / 0.9996**2
    lost = {row["year"]: row["area_m2"] for row in found["disturbed"]}
    assert lost == {2016: pytest.approx(48 * per_pixel, rel=3e-5), 2019: pytest.approx(40 * per_pixel, rel=3e-5)}
    assert found["judged_m2"] == pytest.approx(596 * per_pixel, rel=3e-5)
    footprints = gpd.read_file(tmp_path / "out/footprints.gpkg")
    assert footprints.date.tolist() == ["2016", "2019"]
    assert footprints.site_id.tolist() == ["stack", "stack"]
    assert footprints.area_m2.sum() == pytest.approx(88 * per_pixel, rel=3e-5)


def test_the_ledger_takes_the_footprints_as_they_are(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    called(capsys, stack, "-o", tmp_path / "project")
    (tmp_path / "project/reclaim.toml").write_text(
        '[project]\nname = "P"\nunit = "ha"\n\n[layers.footprints]\npath = "footprints.gpkg"\nmeaning = "increment"\n',
        encoding="utf-8",
    )
    assert run(["ledger", str(tmp_path / "project"), "--json"]) == 0
    rows = {row["year"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows[2016]["new"] == pytest.approx(48 * 0.09 / 0.9996**2, rel=3e-5)
    assert rows[2019]["closing"] == pytest.approx(88 * 0.09 / 0.9996**2, rel=3e-5)


def test_tiles_do_not_change_a_bit(stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = history(stack, tmp_path / "whole")
    monkeypatch.setattr(history_stack, "TILE_PIXELS", 64)
    parts = history(stack, tmp_path / "parts")
    assert parts.disturbed.area_m2.tolist() == pytest.approx(whole.disturbed.area_m2.tolist(), rel=1e-9)
    assert parts.footprints.geometry.to_wkb().tolist() == whole.footprints.geometry.to_wkb().tolist()
    for name in ("year", "magnitude", "rmse"):
        one, other = (band(tmp_path / folder / "history.tif", name) for folder in ("whole", "parts"))
        assert np.array_equal(one, other, equal_nan=True), name


def test_sites_by_the_exact_share_of_pixels(stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left, top = 500_000 + 3 * 30, 2_600_000 - 2 * 30
    sites = gpd.GeoDataFrame(
        {"site_id": ["pit", "away", "undated"], "dist_start": [2016, 2016, None], "rest_start": ["2016", "2016", None]},
        geometry=[
            shapely.box(left, top - 45, left + 75, top),
            shapely.box(0, 0, 10, 10),
            shapely.box(left + 600, top - 90, left + 690, top),
        ],
        crs="EPSG:32649",
    )
    sites.to_file(tmp_path / "sites.gpkg")
    found = called(capsys, stack, "-o", tmp_path / "out", "--sites", tmp_path / "sites.gpkg")
    pit, away, undated = found["sites"]
    assert any("'away' has no pixel" in line for line in found["warnings"])
    assert pit["disturbed_m2"] == pytest.approx(75 * 45 / 0.9996**2, rel=3e-5)
    assert pit["disturbed"][0]["year"] == pit["year"] == pit["peak_year"] == 2016
    assert (pit["ref_start"], pit["on_raster"]) == (None, 1.0)
    assert pit["trajectory"]["2015"] == pytest.approx(0.7, abs=0.03)
    assert pit["y2r"] < 0
    assert pit["r80p"] == pytest.approx(0.2 / 0.56, abs=0.1)
    assert pit["survival_5"] == 0.0
    assert away["r80p"] is None
    assert away["disturbed_m2"] is None
    assert undated["rri"] is None
    assert undated["reasons"] == ["dist_start and rest_start are needed"]
    assert undated["disturbed"] == []
    footprints = gpd.read_file(tmp_path / "out/footprints.gpkg")
    assert footprints.site_id.tolist() == ["pit"]
    assert footprints.area_m2.sum() == pytest.approx(75 * 45 / 0.9996**2, rel=3e-5)
    table = gpd.read_file(tmp_path / "out/sites.gpkg")
    assert table.site_id.tolist() == ["pit", "away", "undated"]
    assert (tmp_path / "out/sites.csv").read_bytes().startswith(b"\xef\xbb\xbfsite_id,dist_start")
    with rasterio.open(tmp_path / "out/recovery.tif") as data:
        assert data.descriptions == ("delta_regrowth", "yryr", "r80p", "rri", "y2r", "reason")
        assert np.isfinite(data.read(3)).sum() == 6


def test_real_stack_dates_the_fire(peer_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = peer_data / "spectral_recovery_bc"
    found = called(capsys, folder / "landsat", "-o", tmp_path, "--sites", folder / "wildfire_516.gpkg")
    site = found["sites"][0]
    assert site["year"] in (2005, 2006)
    assert site["peak_year"] in (2005, 2006)
    assert (site["dist_start"], site["rest_start"], site["ref_start"], site["ref_end"]) == (2005, 2006, 2003, 2004)
    assert site["area_m2"] == pytest.approx(553_290.28, rel=1e-3)
    # the year 2011 is missing there, not bare
    assert any(line.startswith("2011: 63%") for line in found["warnings"])
    assert site["trajectory"]["2011"] == pytest.approx(site["trajectory"]["2010"], abs=0.1)
    with rasterio.open(tmp_path / "history.tif") as data:
        inside = geometry_mask(
            gpd.read_file(folder / "wildfire_516.gpkg").geometry, data.shape, data.transform, invert=True
        )
    year = band(tmp_path / "history.tif", "year")[inside]
    assert np.median(year[year > 0]) in (2005, 2006)
    assert 0 < site["disturbed_m2"] < site["area_m2"]
    # slow declines apart, most of the site's loss is that of the fire
    sudden = {row["year"]: row["area_m2"] - row["slow_m2"] for row in site["disturbed"]}
    assert sudden[2005] + sudden[2006] > 0.6 * sum(sudden.values())
    assert site["slow_m2"] == pytest.approx(sum(row["slow_m2"] for row in site["disturbed"]))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"{sudden_area(found):,.2f}" in page


def sudden_area(found: dict[str, Any]) -> float:
    """Hectares lost within four years, of the whole raster."""
    return sum(row["area_m2"] - row["slow_m2"] for row in found["disturbed"]) / 1e4


def test_peers_figures_through_the_command(peer_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = peer_data / "peer-fixtures/spectral-recovery/docs/notebooks/test_data"
    for path in sorted((source / "bc06_wildfire_landsat_bap").glob("*.tif")):
        with rasterio.open(path) as data:
            write(tmp_path / "stack" / path.name, *data.read(), names=("blue", "green", "red", "nir", "swir1", "swir2"),
                  crs=data.crs, transform=data.transform)  # fmt: skip
    sites = ("--sites", source / "wildfire_516.gpkg", "--definition", "peer")
    nbr = called(capsys, tmp_path / "stack", "-o", tmp_path / "nbr", *sites)["sites"][0]
    assert nbr["pixels"] == 608
    for name, expected in {
        "delta_regrowth": -0.051561,
        "yryr": -0.010312,
        "y2r": 8.568063,
        "r80p": -0.532701,
        "rri": 0.240752,
    }.items():
        assert nbr[name] == pytest.approx(expected, abs=3e-6), name
    ndvi = called(capsys, tmp_path / "stack", "-o", tmp_path / "ndvi", *sites, "--index", "ndvi")["sites"][0]
    for name, expected in {"delta_regrowth": -0.236285, "y2r": 3.173913, "r80p": 0.354689, "rri": -0.397435}.items():
        assert ndvi[name] == pytest.approx(expected, abs=3e-6), name
    assert ndvi["recovered"] == pytest.approx(506 / 608)


def test_a_pixel_of_the_real_stack_is_explained(peer_data: Path) -> None:
    folder = peer_data / "spectral_recovery_bc/landsat"
    found = explain_at(folder, 492_241 + 10 * 81.5, 5_967_885.3728 - 10 * 59.5)
    assert found.year == 2006
    assert found.loss == (2005, 2006)
    assert found.magnitude == pytest.approx(0.42, abs=0.01)
    assert found.chosen is not None
    assert found.chosen.years == (2000, 2005, 2006, 2009, 2019, 2023)
    assert np.isnan(found.seen[found.years == 2011]).all()
    with pytest.raises(ImageryError, match="lies off its pixels"):
        explain_at(folder, 0, 0)


def test_unnamed_bands_are_refused(peer_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = peer_data / "peer-fixtures/spectral-recovery/docs/notebooks/test_data/bc06_wildfire_landsat_bap"
    assert "does not say which is which" in refused(capsys, folder, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_scaled_integers_need_their_scale(stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in sorted(stack.glob("*.tif")):
        with rasterio.open(path) as data:
            stored = np.nan_to_num(data.read(1) * 10_000, nan=-9999).round().astype(np.int16)
        write(tmp_path / "scaled" / path.name, stored, nodata=-9999)
    said = refused(capsys, tmp_path / "scaled", "-o", tmp_path / "out")
    assert "2010.tif: holds whole numbers (int16)" in said
    assert "--scale 0.0001" in said
    found = called(capsys, tmp_path / "scaled", "-o", tmp_path / "out", "--scale", "0.0001")
    assert [row["year"] for row in found["disturbed"]] == [2016, 2019]


@pytest.mark.parametrize(
    ("factor", "said"),
    [(-1.0, "The sign seems to be turned"), (1000.0, "state what turns the stored numbers into the index")],
)
def test_an_index_that_cannot_be_one(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], factor: float, said: str
) -> None:
    for path in sorted(stack.glob("*.tif")):
        with rasterio.open(path) as data:
            write(tmp_path / "odd" / path.name, data.read(1) * np.float32(factor))
    assert said in refused(capsys, tmp_path / "odd", "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_stacks_that_will_not_do(stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ("-o", tmp_path / "out")
    assert "does not rise with vegetation" in refused(capsys, stack, *out, "--index", "bsi")
    assert "unknown index 'ndvy'" in refused(capsys, stack, *out, "--index", "ndvy")
    assert "smallest magnitude" in refused(capsys, stack, *out, "--min-magnitude", "-1")
    assert "is no folder" in refused(capsys, stack / "2010.tif", *out)
    write(stack / "nbr_2015.tif", np.full((20, 30), 0.5, dtype=np.float32))
    assert "2015.tif and nbr_2015.tif are both of 2015" in refused(capsys, stack, *out)
    (stack / "nbr_2015.tif").unlink()
    write(stack / "2015.tif", np.full((20, 31), 0.5, dtype=np.float32))
    assert "its pixels do not lie on those of 2010.tif" in refused(capsys, stack, *out)
    for year in range(2015, 2022):
        (stack / f"{year}.tif").unlink()
    assert "5 years are too few for a history; at least 6 are needed" in refused(capsys, stack, *out)
    assert not (tmp_path / "out").exists()


def test_sites_that_will_not_do(stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def site(**columns: object) -> Path:
        frame = gpd.GeoDataFrame(
            {name: [value] for name, value in columns.items()},
            geometry=[shapely.box(500_100, 2_599_700, 500_300, 2_599_900)],
            crs="EPSG:32649",
        )
        frame.to_file(tmp_path / "site.gpkg")
        return tmp_path / "site.gpkg"

    out = ("-o", tmp_path / "out", "--sites")
    assert "dist_start 'soon' is no year" in refused(capsys, stack, *out, site(dist_start="soon", rest_start="2016"))
    assert "rest_start 2014 lies before" in refused(capsys, stack, *out, site(dist_start=2016, rest_start=2014))
    away = gpd.GeoDataFrame({"site_id": ["A"]}, geometry=[shapely.box(0, 0, 9, 9)], crs="EPSG:32649")
    away.to_file(tmp_path / "away.gpkg")
    assert "not one site has a pixel in the stack" in refused(capsys, stack, *out, tmp_path / "away.gpkg")
    assert not (tmp_path / "out").exists()


def test_zeros_in_every_band_are_missing(tmp_path: Path) -> None:
    for year in range(2010, 2018):
        nir, swir = np.full((8, 8), 0.4, dtype=np.float32), np.full((8, 8), 0.1, dtype=np.float32)
        if year == 2013:
            nir[:, :6] = swir[:, :6] = 0
        write(tmp_path / "stack" / f"{year}.tif", nir, swir, names=("nir", "swir2"))
    with pytest.warns(history_stack.AboutStack, match="2013: 75% of the ground was not seen"):
        found = history(tmp_path / "stack", tmp_path / "out")
    assert found.disturbed.empty


def test_zeros_of_a_ready_index_are_pointed_out(tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    for year in range(2010, 2018):
        ndvi = (0.7 + dice.normal(0, 0.02, (10, 10))).astype(np.float32)
        ndvi[0, :3] = 0
        write(tmp_path / "stack" / f"{year}.tif", ndvi, names=("ndvi",))
    with pytest.warns(history_stack.AboutStack, match="3% of the pixels are exactly 0"):
        found = history(tmp_path / "stack", tmp_path / "out")
    assert found.index == "ndvi"


def test_a_stack_never_seen_is_refused(tmp_path: Path) -> None:
    for year in range(2010, 2018):
        write(tmp_path / "stack" / f"{year}.tif", np.full((4, 4), np.nan, dtype=np.float32))
    with pytest.raises(ImageryError, match="nothing was seen in any year"):
        history(tmp_path / "stack", tmp_path / "out")


def test_a_raster_without_a_year_is_left_out_and_names_come_before_tags(tmp_path: Path, stack: Path) -> None:
    write(stack / "mask.tif", np.ones((20, 30), dtype=np.float32))
    with rasterio.open(stack / "2012.tif", "r+") as data:
        data.update_tags(TIFFTAG_DATETIME="2024:01:05 10:00:00")
    with pytest.warns(Warning, match="mask.tif: does not say its year"):
        found = history(stack, tmp_path / "out")
    assert found.years == tuple(range(2010, 2022))


def test_text_for_people_and_earlier_results_stay(stack: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/notes.txt").write_text("mine", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "reclaim", "history", str(stack), "-o", str(tmp_path / "out")],
        capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert "2016" in done.stdout
    assert "wrote" in done.stdout
    assert done.stderr == ""
    assert (tmp_path / "out/notes.txt").read_text(encoding="utf-8") == "mine"
