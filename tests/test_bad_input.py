"""What people send: each broken project gets its one finding or its one line, and never a traceback."""

import json
from pathlib import Path

import pytest

from reclaim.cli import run
from tests.bad_input import files  # noqa: F401  registers its cases
from tests.bad_input.make import CASES

LISTED = [name for name, case in CASES.items() if case.code]
STOPPED = [name for name, case in CASES.items() if not case.code]


@pytest.mark.parametrize("name", LISTED)
def test_the_finding_is_listed(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES[name]
    case.write(tmp_path / "p")
    code = run(["check", str(tmp_path / "p"), "--json"])
    printed = capsys.readouterr()
    assert code in (0, 1), printed.err
    found = json.loads(printed.out)["findings"]
    assert (case.code, case.severity) in {(item["code"], item["severity"]) for item in found}, found
    assert (code == 1) is any(item["severity"] == "error" for item in found)
    for item in found:
        assert item["message"]
        assert "Traceback" not in item["message"]


@pytest.mark.parametrize("name", LISTED)
def test_the_rest_goes_on_or_one_line_says_why_not(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    case.write(tmp_path / "p")
    (tmp_path / "ledger.csv").write_text("as it was", encoding="utf-8")
    code = run(["ledger", str(tmp_path / "p"), "--json", "-o", str(tmp_path / "ledger.csv")])
    printed = capsys.readouterr()
    if case.sound:
        assert code == 0, printed.err
        assert json.loads(printed.out)["rows"]
    else:
        _stopped(code, printed)
        assert (tmp_path / "ledger.csv").read_text(encoding="utf-8") == "as it was"


@pytest.mark.parametrize("name", STOPPED)
def test_one_line_says_what_where_and_how_to_mend(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    case.write(tmp_path / "p")
    for verb in case.verbs:
        code = run([*verb.split(), str(tmp_path / "p"), "--json"])
        printed = capsys.readouterr()
        _stopped(code, printed)
        assert case.fault in printed.err


def _stopped(code: int, printed: "pytest.CaptureResult[str]") -> None:
    assert code == 2, printed
    assert printed.out == ""
    lines = printed.err.strip().splitlines()
    assert lines
    assert all(line.startswith(("error: ", "warning: ")) for line in lines), printed.err


def test_every_way_is_another_one() -> None:
    assert len(CASES) >= 70
