"""The documentation: it builds with no broken link, asks no server for anything, and its examples run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from reclaim.cli import app
from reclaim.sample_projects import copy_sample

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("README*.md"), ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _commands(page: Path) -> list[str]:
    lines = re.findall(r"^ {4,}(?:\S*[/\\])?(reclaim .*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    # what stands after three spaces is said about the command
    return [re.split(r" {3,}", line)[0] for line in lines]


def _examples(page: Path) -> list[str]:
    # what is fenced as "py" needs data that a reader brings along
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", [page for page in PAGES if _commands(page)], ids=_name)
def test_commands_in_the_pages_can_be_typed(page: Path) -> None:
    known = get_command(app).commands  # type: ignore[attr-defined]
    for line in _commands(page):
        words = shlex.split(line.replace("\\", "/"))[1:]
        if words[0] in {"FOLDER", "SENTENCE"}:
            continue
        assert words[0] in known, line
        # options and choices are understood; nothing is run
        known[words[0]].make_context(words[0], words[1:])


@pytest.mark.filterwarnings("ignore::reclaim.errors.ReclaimWarning")
@pytest.mark.parametrize("page", [page for page in PAGES if _examples(page)], ids=_name)
def test_examples_in_the_pages_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_sample("chinalco-2019", tmp_path / "mine")
    inside = "\n    cd mine\n" in page.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path / "mine" if inside else tmp_path)
    names: dict[str, object] = {}
    for example in _examples(page):
        exec(compile(example, _name(page), "exec"), names)


def test_the_site_builds_and_asks_nobody_for_anything(tmp_path: Path) -> None:
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 12
    loads = re.compile(r'(?:<script[^>]*\bsrc|<link[^>]*rel="stylesheet"[^>]*\bhref|<img[^>]*\bsrc)="(https?:)?//')
    asking = [page.name for page in pages if page.name != "404.html" and loads.search(page.read_text(encoding="utf-8"))]
    assert not asking


def test_what_is_printed_from_the_code_is_there(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    import printed

    sys.path.pop(0)
    tables = printed.on_page_markdown("<!-- printed: tables -->")
    assert "`redisturbed`" in tables
    assert "期末" in tables
    assert "`outside-footprint`" in printed.on_page_markdown("<!-- printed: findings -->")
    assert "--known-at" in printed.on_page_markdown("<!-- printed: commands -->")
