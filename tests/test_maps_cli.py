"""``reclaim map``: every kind of output, and one clear line for every fault."""

import json
from pathlib import Path

import pytest

from reclaim.cli import run
from reclaim.figures.fonts import find_chinese
from tests.map_worlds import frame, squares

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


def test_an_earlier_date(project: str, tmp_path: Path) -> None:
    assert (
        run(["map", project, "-o", str(tmp_path / "a.html"), "--at", "2017", "--public", "--approval", "GS(2019)1"])
        == 0
    )
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "2017-12-31" in page
    assert "2019-12-31" not in page
    assert "GS(2019)1" in page
