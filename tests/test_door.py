"""The front door: proposals from a folder, questions where nothing tells, a project file that is sound."""

import io
import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from reclaim.cli import run
from reclaim.errors import FileError, ProjectError
from reclaim.io.project import read_project
from reclaim.io.project_writing import quoted
from reclaim.io.propose import date_in_name, propose_columns, score_tables
from reclaim.io.write import write_layers, write_table
from reclaim.verbs.door import init


def box(x: float = 0, side: float = 100) -> shapely.Polygon:
    return shapely.box(500_000 + x, 2_580_000, 500_000 + x + side, 2_580_000 + side)


def layer(
    crs: str | None = "EPSG:4545", geometry: list[shapely.Polygon] | None = None, **columns: list[object]
) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values()))) if columns else 1
    return gpd.GeoDataFrame(columns, geometry=geometry or [box(200 * n) for n in range(count)], crs=crs)


PITS = {"矿区名称": ["平果矿", "平果矿"], "损毁日期": ["2018", "2019"]}
DONE = {"地块编号": ["P1", "P2"], "竣工日期": ["2019", "2020"], "验收日期": [None, "2021"]}


def test_what_names_and_columns_tell(tmp_path: Path) -> None:
    write_table(layer(**PITS), tmp_path / "甲公司 新增损毁.shp", encoding="GBK")
    write_table(layer(**DONE), tmp_path / "甲公司 复垦.gpkg")
    made = init(tmp_path)
    project = read_project(tmp_path)
    (footprints,), (parcels,) = project.layers_of("footprints"), project.layers_of("parcels")
    assert footprints.meaning == "increment"
    assert footprints.columns == {"site_id": "矿区名称", "date": "损毁日期"}
    assert parcels.stage_dates == {"permanent": "竣工日期", "accepted": "验收日期"}
    assert parcels.company == "甲公司"
    assert not made.open_points
    assert project.title == tmp_path.name or project.name


def test_what_is_asked_and_how_answers_are_taken(tmp_path: Path) -> None:
    write_table(layer(crs=None, 编码=["x"]), tmp_path / "范围.shp")
    asked: list[tuple[str, tuple[str, ...], str]] = []

    def ask(question: str, choices: tuple[str, ...], proposal: str) -> str:
        asked.append((question, choices, proposal))
        answers = {
            "which table": "footprints",
            "row mean": "cumulative",
            "CRS": "EPSG:4545",
            "date": "2018",
            "site_id": "A",
        }
        return next(answer for mark, answer in answers.items() if mark in question)

    made = init(tmp_path, ask=ask)
    assert len(asked) == 5
    (spec,) = read_project(tmp_path).layers
    assert (spec.table, spec.meaning, spec.crs, spec.set) == (
        "footprints", "cumulative", "EPSG:4545", {"date": "2018", "site_id": "A"},
    )  # fmt: skip
    assert not made.open_points


def test_a_question_that_nobody_answers_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table(layer(**PITS), tmp_path / "pits.gpkg")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert run(["init", str(tmp_path)]) == 2
    assert "error: a question was not answered" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["pits.gpkg"]


def test_yes_takes_the_proposals_and_lists_the_open_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_table(layer(**PITS), tmp_path / "采场.gpkg")
    assert run(["init", str(tmp_path), "--yes"]) == 0
    printed = capsys.readouterr().out
    assert "what a row means is not said; 'increment' was taken" in printed
    text = (tmp_path / "reclaim.toml").read_text(encoding="utf-8")
    assert 'meaning = "increment"  # each row is land newly disturbed at its date; or: snapshot, cumulative' in text


@pytest.mark.parametrize(
    ("shapes", "meaning"),
    [
        ([box(0), box(200), box(400)], "increment"),
        ([box(0, 100), box(0, 150), box(0, 200)], "cumulative"),
        ([box(0, 100), box(20, 110), box(40, 120)], "snapshot"),
    ],
)
def test_outlines_that_grow_tell_what_a_row_means(tmp_path: Path, shapes: list[shapely.Polygon], meaning: str) -> None:
    write_table(layer(矿区名称=["A"] * 3, 损毁日期=["2017", "2018", "2019"], geometry=shapes), tmp_path / "采场.gpkg")
    init(tmp_path)
    assert read_project(tmp_path).layers[0].meaning == meaning


def test_two_layers_that_could_both_be_parcels_are_an_open_point(tmp_path: Path) -> None:
    write_layers({"复垦地块": layer(**DONE), "复垦地块备份": layer(**DONE)}, tmp_path / "a.gpkg")
    made = init(tmp_path)
    assert any("shares 2 parcel ids with a.gpkg (复垦地块); keep one" in point for point in made.open_points)
    assert len(read_project(tmp_path).layers_of("parcels")) == 2


def test_a_column_that_two_could_be_is_an_open_point(tmp_path: Path) -> None:
    write_table(layer(地块编号=["P1"], 日期=["2019"], 复垦日期=["2019-05-01"], 阶段=["永久"]), tmp_path / "复垦.gpkg")
    made = init(tmp_path)
    assert any("date could be any of" in point or "复垦日期" in point for point in made.open_points)


def test_values_that_nobody_knows_are_listed_ready_to_fill_in(tmp_path: Path) -> None:
    write_table(layer(地块编号=["P1"], 日期=["2019"], 复垦状态=["复绿一半"]), tmp_path / "复垦.gpkg")
    made = init(tmp_path)
    assert any("values of stage that are not known: 复绿一半" in point for point in made.open_points)
    text = (tmp_path / "reclaim.toml").read_text(encoding="utf-8")
    assert '# values.stage = {"复绿一半" = "…"}' in text


def test_a_column_named_like_a_date_that_holds_none(tmp_path: Path) -> None:
    found = propose_columns(pd.DataFrame({"日期": ["一号", "二号"], "阶段": ["永久", "永久"]}), "parcels")
    assert "date" not in found.columns
    assert any("holds no dates" in doubt for doubt in found.doubts)


def test_a_missing_crs_is_proposed_from_the_zone_or_the_neighbours(tmp_path: Path) -> None:
    write_table(layer(**PITS), tmp_path / "损毁.gpkg")
    prefixed = [shapely.transform(box(), lambda xy: xy + np.array([36_000_000, 0]))]
    write_table(layer(crs=None, geometry=prefixed, 地块编号=["P1"]), tmp_path / "复垦2019a.shp")
    write_table(layer(crs=None, 地块编号=["P2"]), tmp_path / "复垦2019b.shp")
    init(tmp_path)
    assert [spec.crs for spec in read_project(tmp_path).layers_of("parcels")] == ["EPSG:4524", "EPSG:4545"]


def test_dates_of_a_workbook_are_joined_to_undated_outlines(tmp_path: Path) -> None:
    write_table(layer(DKBH=["P1", "P2"]), tmp_path / "复垦图.gpkg")
    pd.DataFrame(DONE).to_excel(tmp_path / "复垦台账.xlsx", index=False)
    init(tmp_path)
    (spec,) = read_project(tmp_path).layers
    assert spec.join is not None
    assert (spec.join.path, spec.join.on, spec.join.columns) == (
        "复垦台账.xlsx",
        "parcel_id",
        {"parcel_id": "地块编号"},
    )
    assert spec.stage_dates == {"permanent": "竣工日期", "accepted": "验收日期"}


def test_images_are_proposed_where_their_names_tell(tmp_path: Path) -> None:
    (tmp_path / "LC08_L2SP_125043_20190114.tif").write_bytes(b"II*\0")
    (tmp_path / "drone.tif").write_bytes(b"II*\0")
    made = init(tmp_path)
    (image,) = read_project(tmp_path).imagery
    assert (image.sensor, image.date) == ("landsat-8", "2019-01-14")
    assert any("drone.tif: imagery?" in point for point in made.open_points)


def test_files_of_no_interest_and_files_that_cannot_be_read(tmp_path: Path) -> None:
    write_table(layer(**PITS), tmp_path / "损毁.gpkg")
    for name in ("readme.pdf", "~$台账.xlsx", ".hidden.gpkg", "letter.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "乙公司 复垦.dwg").write_bytes(b"AC1032")
    (tmp_path / "output").mkdir()
    write_table(layer(**PITS), tmp_path / "output" / "results.gpkg")
    made = init(tmp_path)
    assert sorted(made.passed_over) == ["letter.txt", "readme.pdf"]
    assert [found.path for found in made.layers] == ["乙公司 复垦.dwg", "损毁.gpkg"]
    assert any("save it as DXF" in point for point in made.open_points)
    assert len(read_project(tmp_path).layers) == 1


def test_an_existing_project_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "reclaim.toml").write_text("# mine\n", encoding="utf-8")
    write_table(layer(**PITS), tmp_path / "损毁.gpkg")
    with pytest.raises(ProjectError, match="is there already"):
        init(tmp_path)
    assert (tmp_path / "reclaim.toml").read_text(encoding="utf-8") == "# mine\n"


def test_nothing_to_see(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FileError, match="holds no file"):
        init(tmp_path)
    assert run(["init", str(tmp_path / "nowhere")]) == 2
    assert "there is no such folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_json_has_the_same_proposals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_table(layer(**PITS), tmp_path / "采场.gpkg")
    assert run(["init", str(tmp_path), "--yes", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["layers"][0]["columns"] == {"site_id": "矿区名称", "date": "损毁日期"}
    assert document["open_points"]


def test_hostile_names_stay_inside_their_strings_and_comments(tmp_path: Path) -> None:
    frame = layer(**{'矿区名称"\n[project]\nunit = "x': ["a\nb"], "损毁日期": ["2019"], "= }\x7f": ['"""\n[[site]]']})
    write_table(frame, tmp_path / "新增 '损毁' [x].gpkg")
    init(tmp_path)
    project = read_project(tmp_path)
    assert project.unit == "mu"
    assert not project.sites_inline
    assert project.layers[0].path == "新增 '损毁' [x].gpkg"


@given(st.text(max_size=30))
def test_any_text_survives_as_a_toml_string(text: str) -> None:
    import tomllib

    clean = text.encode("utf-8", errors="replace").decode()
    assert tomllib.loads(f"a = {quoted(clean)}")["a"] == clean


@pytest.mark.parametrize(
    ("name", "columns", "table"),
    [
        ("甲公司复垦地块2019", ["DKBH", "验收日期"], "parcels"), ("挖损范围", ["图斑编号", "损毁类型"], "footprints"),
        ("采矿权", ["许可证号", "有效期起", "有效期止"], "permits"),
        ("矿区位置", ["矿区编号", "矿区名称", "省份"], "sites"),
        ("disturbance_2020", ["mine_id", "disturbed_on"], "footprints"),
        ("赤泥库监测区", ["监测区编号", "覆盖度要求"], "zones"),
    ],
)  # fmt: skip
def test_tables_by_name_and_columns(name: str, columns: list[str], table: str) -> None:
    assert next(iter(score_tables(pd.DataFrame({column: ["2019"] for column in columns}), name))) == table


@pytest.mark.parametrize(
    ("name", "date"),
    [("复垦2019", "2019"), ("a_2020-06", "2020-06"), ("K20190403", "2019-04-03"), ("2018-2019", None), ("1234", None)],
)
def test_dates_in_names(name: str, date: str | None) -> None:
    assert date_in_name(name) == date


# --- consoles --------------------------------------------------------------------------------------------------------


CONSOLES = [
    ("gbk:strict", ["init", "check", "ledger", "--help"]),
    ("ascii:strict", ["init"]),
    ("cp1252:strict", ["init", "--help"]),
]


@pytest.mark.parametrize(("encoding", "verbs"), CONSOLES)
def test_output_survives_any_console(tmp_path: Path, encoding: str, verbs: list[str]) -> None:
    write_table(layer(**PITS), tmp_path / "新增损毁 m² ✓ ≥ 亩.gpkg")
    environment = {"PYTHONIOENCODING": encoding, "PATH": "/usr/bin:/bin", "PYTHONUTF8": "0"}
    for verb in verbs:
        arguments = [verb] if verb == "--help" else [verb, str(tmp_path), *(["--yes"] if verb == "init" else [])]
        command = [sys.executable, "-m", "reclaim", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        assert b"Traceback" not in done.stderr
        done.stdout.decode(encoding.partition(":")[0])
