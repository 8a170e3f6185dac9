"""The command line as people script against it: exit codes, JSON, and what is left behind."""

import json
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest

import reclaim as rc
from reclaim.cli import run
from reclaim.tables import MEASURES
from tests.squares import square

PROJECT = """
[project]
name = "Two pits"
unit = "mu"

[[site]]
site_id = "A"
company = "North"
province = "Guangxi"

[[site]]
site_id = "B"
company = "South"

[layers.footprints]
path = "pits.gpkg"
meaning = "increment"

[layers.parcels]
path = "parcels.gpkg"

[[target]]
rate = 0.5
basis = "damaged"
source = "approved plan"
"""


@pytest.fixture
def project(tmp_path):
    pits = {"footprint_id": ["F1", "F2"], "site_id": ["A", "B"], "date": ["2017", "2018-05-01"]}
    gpd.GeoDataFrame(pits, geometry=[square(0, 0, 10, 10), square(5, 0, 15, 10)], crs="EPSG:4490").to_file(
        tmp_path / "pits.gpkg"
    )
    land = {"parcel_id": ["P1"], "site_id": ["A"], "date": ["2019-06-01"], "stage": ["permanent"]}
    gpd.GeoDataFrame(land, geometry=[square(0, 0, 6, 10)], crs="EPSG:4490").to_file(tmp_path / "parcels.gpkg")
    (tmp_path / "reclaim.toml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


@pytest.fixture
def reclaim(capsys):
    """Runs a command; gives exit code, JSON (or text) and what went to stderr."""

    def call(*arguments, json_=True):
        code = run([str(part) for part in (*arguments, *(["--json"] if json_ else []))])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, (json.loads(out) if json_ and out else out), err

    return call


def test_ledger_json(project, reclaim):
    code, made, _ = reclaim("ledger", project)
    assert code == 0
    assert made["unit"] == "mu"
    assert {(row["site_id"], row["year"]) for row in made["rows"]} == {(s, y) for s in "AB" for y in (2017, 2018, 2019)}
    first = made["rows"][0]
    assert first["new"] == pytest.approx(1500, rel=1e-6)
    assert first["new_m2"] * 3 / 2000 == first["new"]
    assert {*MEASURES, *(f"{name}_m2" for name in MEASURES), "observed"} <= set(first)
    assert [row["closing"] for row in made["shared"]] == pytest.approx([0, -750, -600], abs=1e-3)
    assert made["apart"] == []
    assert made["warnings"] == []


def test_ledger_group_has_one_row_a_year(project, reclaim):
    _, made, _ = reclaim("ledger", project, "--by", "group", "--unit", "ha", "--at", "2018")
    assert [row["year"] for row in made["rows"]] == [2017, 2018]
    assert [row["closing"] for row in made["rows"]] == pytest.approx([100, 150], rel=1e-6)
    assert made["shared"] == []


def test_null_is_null(project, reclaim):
    _, made, _ = reclaim("ledger", project)
    unsurveyed = next(row for row in made["rows"] if row["site_id"] == "A" and row["year"] == 2018)
    assert unsurveyed["new"] is None
    assert unsurveyed["reclaimed"] == 0


def test_ledger_file_names_its_unit(project, reclaim, tmp_path):
    target = tmp_path / "out" / "ledger.csv"
    assert reclaim("ledger", project, "--by", "company", "--unit", "ha", "-o", target)[0] == 0
    table = pd.read_csv(target)
    assert {"company", "year", "closing_ha", "observed"} <= set(table.columns)
    assert set(table["company"]) == {"North", "South", "shared"}


def test_rate_json_and_require(project, reclaim):
    code, made, _ = reclaim("rate", project, "--basis", "damaged", "--require")
    assert code == 1
    assert made["value"] == pytest.approx(0.4, rel=1e-6)
    assert (made["outcome"], made["target"], made["at"], made["basis"]) == ("not_met", 0.5, "2019-12-31", "damaged")
    assert made["numerator_m2"] / made["denominator_m2"] == made["value"]
    assert reclaim("rate", project, "--basis", "damaged", "--target", "0.399", "--require")[0] == 0


def test_rate_by_site(project, reclaim):
    _, made, _ = reclaim("rate", project, "--basis", "damaged", "--by", "site")
    assert {row["site_id"]: round(row["value"], 6) for row in made["rows"]} == {"A": 0.6, "B": 0.1}


def test_default_target_says_so(project, reclaim):
    _, made, _ = reclaim("rate", project, "--basis", "available")
    assert made["target"] == 0.86
    assert made["target_is_default"] is True


def test_rate_needs_a_basis(project, reclaim):
    code, _, err = reclaim("rate", project)
    assert code == 2
    assert "basis" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--basis", "damaged", "--target", "86"], "did you mean 0.86"),
        (["--basis", "net"], "net"),
        (["--basis", "damaged", "--at", "31/31/2019"], "31/31/2019"),
        (["--basis", "responsibility"], "[layers.responsibility]"),
    ],
)
def test_wrong_use_is_one_line(project, reclaim, arguments, said):
    code, out, err = reclaim("rate", project, *arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_the_empty_line_asks_what_there_is(reclaim, arguments, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = reclaim(*arguments, json_=False)
    assert (code, err) == (0, "")
    assert "ledger" in out
    assert "..." not in out.split("Commands:")[1], "a command's first sentence is cut"


def test_version(reclaim):
    assert reclaim("--version", json_=False) == (0, f"reclaim {rc.__version__}\n", "")


def test_check_exits_1_on_errors_only(project, reclaim):
    code, made, _ = reclaim("check", project)
    assert code == 0
    assert {finding["code"] for finding in made["findings"]} >= {"no-baseline"}
    frame = gpd.read_file(project / "pits.gpkg")
    frame["date"] = ["2017", "someday"]
    frame.to_file(project / "pits.gpkg")
    code, made, _ = reclaim("check", project)
    assert code == 1
    assert made["findings"][0]["severity"] == "error"
    assert made["findings"][0]["row"] == 1
    assert made["findings"][0]["source"] == "pits.gpkg"


def test_the_sound_rows_go_on(project, reclaim):
    frame = gpd.read_file(project / "pits.gpkg")
    frame["date"] = ["2017", "someday"]
    frame.to_file(project / "pits.gpkg")
    code, made, _ = reclaim("ledger", project, "--by", "group", "--unit", "ha")
    assert code == 0
    assert made["rows"][-1]["ever"] == pytest.approx(100, rel=1e-6)


def test_nothing_sound_left_exits_2(project, reclaim):
    (project / "pits.gpkg").write_bytes(b"no geopackage")
    code, out, err = reclaim("ledger", project)
    assert code == 2
    assert out == ""
    assert "pits.gpkg" in err


@pytest.mark.parametrize("verb", ["ledger", "check", "run"])
def test_no_project_is_one_line(tmp_path, reclaim, verb):
    code, out, err = reclaim(verb, tmp_path / "nowhere")
    assert (code, out) == (2, "")
    assert "nowhere" in err


def test_run_writes_everything_and_keeps_other_files(project, reclaim):
    output = project / "output"
    output.mkdir()
    (output / "mine.txt").write_text("keep", encoding="utf-8")
    code, made, _ = reclaim("run", project)
    assert code == 0
    names = {path.name for path in output.iterdir()}
    assert {
        "ledger.csv",
        "ledger.xlsx",
        "rates.csv",
        "findings.csv",
        "spells.parquet",
        "map.html",
        "report.html",
        "mine.txt",
    } <= names
    assert made["rate"]["basis"] == "damaged"
    assert sorted(made["outputs"]) == sorted(str(output / name) for name in names - {"mine.txt"})
    spells = gpd.read_parquet(output / "spells.parquet")
    assert spells.crs.to_epsg() == 4490
    assert spells.loc[spells["end"].isna(), "area_m2"].sum() == pytest.approx(150e4, rel=1e-6)


def test_a_failed_run_leaves_the_old_output(project, reclaim):
    assert reclaim("run", project)[0] == 0
    before = (project / "output" / "ledger.csv").read_bytes()
    (project / "pits.gpkg").unlink()
    assert reclaim("run", project)[0] == 2
    assert (project / "output" / "ledger.csv").read_bytes() == before
    assert not list(project.glob(".reclaim-*"))


def test_output_survives_a_gbk_console(project):
    command = [sys.executable, "-m", "reclaim", "rate", str(project), "--basis", "damaged"]
    for encoding in ("gbk:strict", "ascii:strict", "utf-8"):
        done = subprocess.run(command, capture_output=True, env={"PYTHONIOENCODING": encoding, "PATH": ""}, check=False)
        assert done.returncode == 0, done.stderr
        assert b"40.0%" in done.stdout


def test_json_is_ascii(project):
    command = [sys.executable, "-m", "reclaim", "rate", str(project), "--basis", "damaged", "--json"]
    done = subprocess.run(command, capture_output=True, check=True)
    done.stdout.decode("ascii")


def test_a_project_without_footprints_says_so(tmp_path, reclaim):
    (tmp_path / "reclaim.toml").write_text("[project]\nname = 'empty'\n", encoding="utf-8")
    code, made, _ = reclaim("check", tmp_path)
    assert code == 1
    assert [finding["code"] for finding in made["findings"]] == ["no-footprints"]
    code, _, err = reclaim("ledger", tmp_path)
    assert code == 2
    assert "[layers.footprints]" in err
