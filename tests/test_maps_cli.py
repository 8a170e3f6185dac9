"""``reclaim map``: every kind of output, and one clear line for every fault."""

import html
import json
from pathlib import Path

import pytest
from PIL import Image

from reclaim.cli import run
from reclaim.figures.fonts import find_chinese
from reclaim.maps.basemaps import tile_range
from tests.map_worlds import LAT, LNG, frame, squares

PROJECT = """
[project]
name = "Small"
name_zh = "小矿"

[layers.footprints]
path = "footprints.geojson"
meaning = "increment"

[layers.parcels]
path = "parcels.geojson"
"""

needs_chinese = pytest.mark.skipif(
    find_chinese() is None, reason="needs a Chinese font: apt-get install fonts-noto-cjk"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("project")
    ground = squares(4, across=2)
    frame(ground, site_id=["A"] * 4, date=["2016", "2017", "2018", "2019"]).to_file(folder / "footprints.geojson")
    done = frame(ground[:2], parcel_id=["P1", "P2"], date=["2017-06-01", "2019-06-01"], stage=["permanent"] * 2)
    done.to_file(folder / "parcels.geojson")
    (folder / "reclaim.toml").write_text(PROJECT, encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize(
    ("name", "start"), [("a.html", b"<!DOCTYPE html>"), ("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")]
)
def test_a_map_of_each_kind(project: str, name: str, start: bytes, tmp_path: Path, capsys) -> None:
    assert run(["map", project, "-o", str(tmp_path / name), "--language", "en", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["outputs"] == [str(tmp_path / name)]
    assert told["bytes"] == (tmp_path / name).stat().st_size
    assert (tmp_path / name).read_bytes().startswith(start)


@needs_chinese
@pytest.mark.parametrize("page", ["phone", "years"])
def test_pictures_of_other_shapes(project: str, page: str, tmp_path: Path) -> None:
    assert run(["map", project, "-o", str(tmp_path / "a.png"), "--page", page]) == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "a.gif"], ".gif"),
        (["-o", "a.pdf", "--page", "phone"], "phone"),
        (["-o", "a.html", "--page", "years"], "years"),
        (["-o", "a.html", "--base", "osm"], "--online"),
        (["-o", "a.html", "--base", "gooogle"], "gooogle"),
        (["-o", "a.html", "--at", "the day before"], "the day before"),
        (["-o", "a.html", "--language", "fr"], "fr"),
    ],
)
def test_a_fault_is_one_line_and_nothing_is_written(
    project: str, options: list[str], said: str, tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["map", project, *options]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert "Traceback" not in told.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["folder.html", "file.txt/a.html", "folder.png", "file.txt/a.pdf"])
def test_where_nothing_can_be_written_nothing_is(project: str, name: str, tmp_path: Path, capsys) -> None:
    for folder in ("folder.html", "folder.png"):
        (tmp_path / folder).mkdir()
    (tmp_path / "file.txt").write_text("mine", encoding="utf-8")
    assert run(["map", project, "-o", str(tmp_path / name), "--language", "en"]) == 2
    told = capsys.readouterr().err
    assert name.split("/", maxsplit=1)[0] in told
    assert "Traceback" not in told
    assert sorted(item.name for item in tmp_path.rglob("*")) == ["file.txt", "folder.html", "folder.png"]
    assert (tmp_path / "file.txt").read_text(encoding="utf-8") == "mine"


def test_tiles_of_ones_own_need_no_network(project: str, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "tiles"
    for z in (12, 14):
        x, _, y, _ = tile_range((LNG, LAT, LNG, LAT), z)
        (folder / str(z) / str(x)).mkdir(parents=True)
        Image.new("RGB", (256, 256), (10 * z, 90, 90)).save(folder / str(z) / str(x) / f"{y}.png")
    options = ["--base", str(folder), "--base", str(folder), "--language", "en"]
    assert run(["map", project, "-o", str(tmp_path / "a.html"), *options]) == 0
    assert (tmp_path / "a.html").read_text(encoding="utf-8").count("data:image/png;base64,iVBOR") >= 4
    (tmp_path / "empty").mkdir()
    assert run(["map", project, "-o", str(tmp_path / "b.html"), "--base", str(tmp_path / "empty")]) == 2
    assert "no picture tiles" in capsys.readouterr().err


def test_the_help_says_what_a_base_map_may_be(capsys) -> None:
    assert run(["map", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for word in (".mbtiles", ".pmtiles", "several times", "osm if --base names none"):
        assert word in told


def test_an_earlier_date(project: str, tmp_path: Path) -> None:
    assert (
        run(["map", project, "-o", str(tmp_path / "a.html"), "--at", "2017", "--public", "--approval", "GS(2019)1"])
        == 0
    )
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "2017-12-31" in page
    assert "2019-12-31" not in page
    assert "GS(2019)1" in html.unescape(page)
