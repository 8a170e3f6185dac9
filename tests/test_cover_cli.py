"""The commands of cover, as people run them: JSON, exit codes, one clear line for what cannot be used."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine

from reclaim.cli import run
from tests.imagery import X0, Y0, ground, ndvi_bands, write_raster, zones


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two zones and two dates: zone A is green on both, half of it unseen on the second; zone B is bare."""
    monkeypatch.chdir(tmp_path)
    frame = zones(A=ground(10, 10), B=ground(10, 10, at=(0, 20))).assign(end_use=["grassland", "草地"])
    frame.to_file(tmp_path / "zones.gpkg")
    index = np.full((30, 40), 0.1)
    index[:10, :10] = 0.8
    write_raster(tmp_path / "2020-07-01.tif", ndvi_bands(index))
    index[:10, :5] = np.nan
    write_raster(tmp_path / "2021-07-01.tif", ndvi_bands(index))
    return tmp_path


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def errors(capsys: pytest.CaptureFixture[str]) -> list[str]:
    caught = capsys.readouterr()
    assert caught.out == ""
    lines = [line for line in caught.err.splitlines() if line.startswith("error: ")]
    assert "Traceback" not in caught.err
    return lines


def test_rows_of_cover(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cover", "--zones", "zones.gpkg", "--raster", "2020-07-01.tif", "--raster", "2021-07-01.tif",
                "--min-cover", ">0.9", "--json"]) == 0  # fmt: skip
    rows = document(capsys)["rows"]
    assert [(row["zone_id"], row["date"], row["outcome"]) for row in rows] == [
        ("A", "2020-07-01", "met"), ("A", "2021-07-01", "undetermined"),
        ("B", "2020-07-01", "not_met"), ("B", "2021-07-01", "not_met"),
    ]  # fmt: skip
    half = rows[1]
    assert (half["cover"], half["valid"], half["low"], half["high"]) == (1, 0.5, 0.5, 1)
    assert (half["metric"], half["threshold"], half["soil"]) == ("vegetated_fraction", 0.35, None)
    assert set(half) >= {"zone_id", "date", "metric", "cover", "valid", "low", "high", "n_eff", "area_m2", "outcome"}


def test_a_fall_raises_an_alarm(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_raster(site / "2022-07-01.tif", ndvi_bands(np.full((30, 40), 0.1)))
    rasters = [part for year in (2020, 2022) for part in ("--raster", f"{year}-07-01.tif")]
    assert run(["cover", "--zones", "zones.gpkg", *rasters, "--json"]) == 0
    alarms = document(capsys)["alarms"]
    assert [(row["zone_id"], row["date"], row["change"], row["alarm"]) for row in alarms] == [
        ("A", "2022-07-01", -1.0, "drop")
    ]
    assert run(["cover", "--zones", "zones.gpkg", *rasters]) == 0
    assert "A 2022-07-01: 覆盖度下降 cover fell" in capsys.readouterr().out


def test_require_asks_for_every_criterion(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["cover", "--zones", "zones.gpkg", "--raster", "2020-07-01.tif", "--require"]
    assert run([*call, "--min-cover", ">0.95"]) == 1
    capsys.readouterr()
    gpd.read_file("zones.gpkg").iloc[:1].to_file("one.gpkg")
    call[2] = "one.gpkg"
    assert run([*call, "--min-cover", ">0.95"]) == 0
    capsys.readouterr()
    assert run(call) == 2
    assert "--require needs a criterion" in errors(capsys)[0]


def test_zones_bring_their_own_criteria(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = zones(A=ground(10, 10), B=ground(10, 10, at=(0, 20)), C=ground(10, 10))
    frame.assign(min_cover=[">0.95", None, "0.5"], end_use=["草地", "草地", "光伏用地"]).to_file("own.gpkg")
    assert run(["cover", "--zones", "own.gpkg", "--raster", "2020-07-01.tif", "--json"]) == 0
    assert [row["outcome"] for row in document(capsys)["rows"]] == ["met", None, "not_applicable"]


def test_ready_made_index_without_a_date(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_raster(site / "ndvi.tif", np.full((30, 40), 0.25, dtype=np.float32))
    assert run(["cover", "--zones", "zones.gpkg", "--raster", "ndvi.tif", "--metric", "mean_index", "--json"]) == 0
    found = document(capsys)
    assert [row["date"] for row in found["rows"]] == [None, None]
    assert [row["cover"] for row in found["rows"]] == [0.25, 0.25]
    assert [row["low"] for row in found["rows"]] == [None, None]
    assert "has no date" in found["warnings"][0]


def test_masks_in_files_of_their_own(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = np.full((15, 20), 4, dtype=np.uint8)
    codes[:, :2] = 8
    write_raster(site / "2020-07-01_SCL.tif", codes, transform=Affine(20, 0, X0, 0, -20, Y0))
    assert run(["cover", "--zones", "zones.gpkg", "--raster", "2020-07-01.tif", "2020-07-01_SCL.tif", "--json"]) == 0
    assert [row["valid"] for row in document(capsys)["rows"]] == [pytest.approx(0.6), 1]
    (site / "2020-07-01_SCL.tif").rename(site / "2019-07-01_SCL.tif")
    assert run(["cover", "--zones", "zones.gpkg", "--raster", "2020-07-01.tif", "2019-07-01_SCL.tif"]) == 2
    assert "no image has the date of this mask" in errors(capsys)[0]


def test_one_bad_date_never_loses_the_others(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "2022-07-01.tif").write_bytes((site / "2020-07-01.tif").read_bytes()[:700])
    assert (
        run(["cover", "--zones", "zones.gpkg", "--raster", "2022-07-01.tif", "--raster", "2020-07-01.tif", "--json"])
        == 0
    )
    found = document(capsys)
    assert len(found["rows"]) == 2
    assert any("2022-07-01.tif" in line and "set aside" in line for line in found["warnings"])


def test_a_folder_of_dates(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = site / "images"
    images.mkdir()
    for year in (2019, 2020):
        write_raster(images / f"{year}.tif", ndvi_bands(np.full((30, 40), 0.5)))
    assert run(["cover", "--zones", "zones.gpkg", "--raster", "images", "--json"]) == 0
    assert [row["date"] for row in document(capsys)["rows"]] == ["2019", "2020", "2019", "2020"]


def test_written_rows(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("rows.csv", "rows.gpkg", "rows.xlsx"):
        assert run(["cover", "--zones", "zones.gpkg", "--raster", "2020-07-01.tif", "-o", name]) == 0
        assert (site / name).stat().st_size > 100
    assert "2020-07-01" in (site / "rows.csv").read_text(encoding="utf-8-sig")
    assert len(gpd.read_file("rows.gpkg")) == 2
    text = capsys.readouterr().out
    assert "植被覆盖比例" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--raster", "none.tif"], "none.tif: there is no such file"),
        (["--raster", "zones.gpkg"], "zones.gpkg"),
        (["--raster", "2020-07-01.tif", "--index", "nbr", "--threshold", "0.1"], "has no band swir2"),
        (["--raster", "2020-07-01.tif", "--index", "magic", "--threshold", "0.1"], "unknown index 'magic'"),
        (["--raster", "2020-07-01.tif", "--metric", "mean_fvc"], "--soil and --vegetation"),
        (
            ["--raster", "2020-07-01.tif", "--metric", "mean_fvc", "--soil", "0.5", "--vegetation", "0.6"],
            "less than 0.2 apart",
        ),
        (["--raster", "2020-07-01.tif", "--min-cover", "95"], "did you mean 0.95?"),
        (["--raster", "2020-07-01.tif", "--min-cover", "<0.5"], "write a minimum"),
        (["--raster", "2020-07-01.tif", "--date", "yesterday"], "'yesterday' is not a date"),
        (
            ["--raster", "2020-07-01.tif", "--raster", "2021-07-01.tif", "--date", "2020"],
            "cannot be the date of 2 images",
        ),
        (["--raster", "2020-07-01.tif", "--sensor", "spot"], "spot"),
        (["--raster", "2020-07-01.tif", "--scale", "0"], "scale 0"),
        (["--raster", "/vsicurl/http://127.0.0.1:9/x.tif"], "--allow-remote"),
        ([], "no image to look at"),
    ],
)
def test_wrong_use_is_one_clear_line(
    site: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cover", "--zones", "zones.gpkg", *arguments]) == 2
    lines = errors(capsys)
    assert any(said in line for line in lines), lines
    assert len(lines) <= 2


def test_zones_that_cannot_be_used(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gpd.GeoDataFrame(geometry=gpd.points_from_xy([X0], [Y0]), crs="EPSG:32649").to_file("points.gpkg")
    assert run(["cover", "--zones", "points.gpkg", "--raster", "2020-07-01.tif"]) == 2
    assert "not one outline" in errors(capsys)[0]
    assert run(["cover", "--zones", "none.gpkg", "--raster", "2020-07-01.tif"]) == 2
    assert "no such file" in errors(capsys)[0]


def test_change_as_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_raster(site / "later.tif", ndvi_bands(np.full((30, 40), 0.1)), tags={"DATE_ACQUIRED": "2021-01-01"})
    assert run(["change", "2020-07-01.tif", "later.tif", "--drop", "0.3", "--json", "-o", "lost.geojson"]) == 0
    found = document(capsys)
    assert (found["lost_pixels"], found["gained_pixels"]) == (100, 0)
    assert found["lost_m2"] == pytest.approx(10000, rel=3e-3)
    assert found["compared_m2"] == pytest.approx(120000, rel=3e-3)
    assert len(gpd.read_file("lost.geojson")) == 1
    assert run(["change", "2020-07-01.tif", "later.tif", "--bounds", "1,2,3"]) == 2
    assert "write four numbers" in errors(capsys)[0]
    assert run(["change", "2020-07-01.tif", "none.tif"]) == 2
    assert "no such file" in errors(capsys)[0]


def test_plots_and_back(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plots", "zones.gpkg", "--claim", ">0.95", "-o", "sheet", "--json"]) == 0
    found = document(capsys)
    assert (found["points_per_zone"], found["claim"]) == (59, ">0.95")
    assert len(found["outputs"]) == 6
    assert run(["cover", "--zones", "zones.gpkg", "--plots", "sheet/sheet.xlsx"]) == 2
    assert "not one box" in errors(capsys)[0]
    assert run(["plots", "zones.gpkg", "--claim", ">=1", "-o", "other"]) == 2
    assert "no sample can prove" in errors(capsys)[0]
    assert not (site / "other").exists()


def test_composite_as_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = site / "images"
    images.mkdir()
    for month in ("06", "07", "12"):
        write_raster(images / f"2020-{month}-01.tif", ndvi_bands(np.full((30, 40), 0.5)))
    assert run(["composite", "images", "-o", "season.tif", "--season", "06-01/09-30", "--json"]) == 0
    found = document(capsys)
    assert found["bands"] == ["red", "nir"]
    assert found["clear_looks"] == {"min": 2, "mean": 2, "max": 2}
    assert run(["composite", "images", "-o", "season.tif", "--season", "summer"]) == 2
    assert "season 'summer'" in errors(capsys)[0]


@pytest.mark.parametrize(
    ("factor", "said"), [(10_000.0, "stored numbers (DN); state --scale"), (-1.0, "less than nothing")]
)
def test_a_composite_of_numbers_that_are_no_reflectance(
    site: Path, capsys: pytest.CaptureFixture[str], factor: float, said: str
) -> None:
    for month in ("06", "07"):
        bands = {name: (band * factor).astype(np.float32) for name, band in ndvi_bands(np.full((30, 40), 0.5)).items()}
        (site / "odd").mkdir(exist_ok=True)
        write_raster(site / "odd" / f"2020-{month}-01.tif", bands)
    assert run(["composite", "odd", "-o", "odd.tif"]) == 2
    assert said in errors(capsys)[0]
    assert not (site / "odd.tif").exists()


def test_a_composite_says_when_an_offset_looks_left_out(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "bright").mkdir()
    for month in ("06", "07"):
        write_raster(site / "bright" / f"2020-{month}-01.tif", ndvi_bands(np.full((30, 40), 0.2)))
    call = ["composite", "bright", "-o", "bright.tif", "--sensor", "sentinel-2", "--json"]
    assert run(call) == 0
    assert "offset was left out" in document(capsys)["warnings"][0]


def test_clouds_made_larger_and_bright_ground_that_is_none(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = np.full((30, 40), 4, dtype=np.uint8)
    codes[5, 5] = 9
    write_raster(site / "2020-07-01_SCL.tif", codes)
    call = ["cover", "--zones", "zones.gpkg", "--raster", "2020-07-01.tif", "2020-07-01_SCL.tif", "--json"]
    seen = []
    zones(mud=ground(10, 10)).to_crs(4326).to_file("mud.geojson")
    for more in ([], ["--dilate", "1"], ["--dilate", "1", "--trust", "mud.geojson"]):
        assert run([*call, *more]) == 0
        seen.append(document(capsys)["rows"][0]["valid"])
    assert seen == pytest.approx([0.99, 0.91, 1])
