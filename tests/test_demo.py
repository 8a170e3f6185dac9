"""What ``make demo`` and ``make maps`` do: every sample that can be had, the others skipped with the reason."""

import sys
from pathlib import Path

import pytest

from reclaim.errors import FileError
from reclaim.sample_projects import Sample, samples
from reclaim.sample_projects import __main__ as demo
from reclaim.sample_projects.gallery import gallery


def test_a_real_sample_without_its_data_is_skipped_and_the_reason_told(capsys: pytest.CaptureFixture[str]) -> None:
    def nothing(sample: Sample, folder: Path) -> demo.Made:
        raise FileError("amazon.geojson: its public source cannot be reached")

    real = next(sample for sample in samples() if sample.fetched)
    assert demo._tried(real, Path("out"), nothing) is None
    assert "skipped: amazon.geojson: its public source cannot be reached" in capsys.readouterr().out


def test_the_illustrative_one_is_never_skipped() -> None:
    def broken(sample: Sample, folder: Path) -> demo.Made:
        raise FileError("broken")

    made_up = next(sample for sample in samples() if not sample.fetched)
    with pytest.raises(FileError):
        demo._tried(made_up, Path("out"), broken)


def test_the_outputs_are_named_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo", "-o", str(tmp_path)])
    monkeypatch.setattr(demo, "_run", lambda sample, folder: ("done", folder / sample.name / "report.html"))
    assert demo.main() == 0
    said = capsys.readouterr().out
    assert said.index("Open:") < said.index(str(tmp_path / "chinalco-2019" / "report.html"))


def test_the_gallery_shows_what_was_drawn(tmp_path: Path) -> None:
    (tmp_path / "chinalco-2019-thumbnail.png").write_bytes(b"")
    page = gallery(samples(), tmp_path).read_text(encoding="utf-8")
    assert 'href="chinalco-2019.html"' in page
    assert "made-up outlines" in page
    assert "amazon.html" not in page
    assert "http" not in page
