"""From a folder of mixed files to a ledger, with no more than a look at the proposals."""

import json
from pathlib import Path

import pytest

from reclaim.cli import run
from tests.mixed_folder import write_clean, write_mixed

MEASURES = ("opening", "new", "redisturbed", "failed", "reclaimed", "reclaimed_again", "correction", "closing", "ever")


def ledger(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, int], dict[str, float]]:
    code = run(["ledger", str(folder), "--json", "--unit", "m2"])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    return {(row["site_id"], row["year"]): row for row in json.loads(printed.out)["rows"]}


@pytest.fixture
def mixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "各公司 报送"
    write_mixed(folder)
    assert run(["init", str(folder), "--yes"]) == 0
    capsys.readouterr()
    return folder


def test_the_figures_equal_those_of_the_clean_file(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clean(tmp_path / "clean")
    ours, theirs = ledger(mixed, capsys), ledger(tmp_path / "clean", capsys)
    assert ours.keys() == theirs.keys()
    for key, row in theirs.items():
        for measure in MEASURES:
            expected = None if row[measure] is None else pytest.approx(row[measure], rel=1e-9, abs=1e-3)
            assert ours[key][measure] == expected, (key, measure)
    assert sum(row["reclaimed"] for row in theirs.values()) > 20_000
    assert sum(row["redisturbed"] or 0 for row in theirs.values()) == pytest.approx(2_500, rel=1e-3)


def test_who_delivered_what_and_what_is_broken(mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(mixed), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    (broken,) = [item for item in found if item["code"] == "file-unreadable"]
    assert broken["severity"] == "error"
    assert "乙公司" in broken["message"]
    assert broken["source"].endswith("靖西矿复垦地块补充.gpkg")
    assert {item["source"] for item in found if item["code"] == "encoding"} >= {"甲公司_平果矿新增挖损范围.shp"}


def test_run_writes_everything(mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", str(mixed), "-o", str(tmp_path / "out"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    (declared,) = printed["declared"]
    assert (declared["site_id"], declared["year"], declared["rows"]) == ("平果矿", 2019, 2)
    assert declared["declared_only_m2"] == pytest.approx(42 * 2000 / 3)
    assert declared["difference_m2"] == pytest.approx(declared["declared_only_m2"] - declared["outline_m2"])
    assert "平果矿,2019," in (tmp_path / "out" / "declared.csv").read_text(encoding="utf-8-sig")
    assert {Path(name).name for name in printed["outputs"]} >= {"ledger.xlsx", "results.gpkg", "map.html"}
