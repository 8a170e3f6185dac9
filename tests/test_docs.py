"""The documentation: it builds with no broken link, asks no server for anything, and its examples run."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from typer.main import get_command

from reclaim.cli import app, run
from reclaim.io import specs
from reclaim.io.project_reading import SECTIONS, SITE_EXTRAS, read_specs
from reclaim.io.stac import KEYS as STAC_KEYS
from reclaim.sample_projects import copy_sample
from reclaim.tables import INPUT_TABLES, SITES

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
# of rioxarray under the newest affine
@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
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
    asking = [page.name for page in pages if loads.search(page.read_text(encoding="utf-8"))]
    assert not asking


def test_what_is_printed_from_the_code_is_there(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    import printed

    sys.path.pop(0)
    tables = printed.on_page_markdown("<!-- printed: tables -->")
    assert "`redisturbed`" in tables
    assert "期末" in tables
    assert "`outside-footprint`" in printed.on_page_markdown("<!-- printed: findings -->")
    commands = printed.on_page_markdown("<!-- printed: commands -->")
    assert "--known-at" in commands
    assert "| `--basis` | `damaged`, `responsibility`, `available`, `annual`, `plan`; needed |" in commands
    assert "| `--by` | `site`, `company`, `province`, `group`; `group` if not told |" in commands


def test_the_page_of_the_project_file_has_every_key_that_is_read() -> None:
    page = (ROOT / "docs" / "reference" / "project.md").read_text(encoding="utf-8")
    inside = {"line", "frame", "table", "text"}  # made while reading, never written in a file
    models = {
        "[project]": set(specs.ProjectSpec.model_fields),
        "[[site]]": {*SITES.names, *SITE_EXTRAS} - {"geometry"},
        "[layers.NAME]": set(specs.LayerSpec.model_fields),
        "join": set(specs.JoinSpec.model_fields),
        "[[imagery]]": set(specs.ImagerySpec.model_fields),
        "[[target]]": set(specs.TargetSpec.model_fields),
        "[[published]]": set(specs.PublishedSpec.model_fields),
    }
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert {name: set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) for name, text in sections.items()} == {
        name: keys - inside for name, keys in models.items()
    }
    assert {name.strip("[]").partition(".")[0] for name in sections} - {"join"} == set(SECTIONS)
    assert set(re.findall(r"`(\w+)`", sections["[layers.NAME]"].partition("([")[0])) == set(INPUT_TABLES)
    choices = (specs.Unit, specs.Language, specs.Meaning, specs.Basis, specs.Sensor, specs.Metric, specs.Role)
    for choice in (*(one for kind in choices for one in get_args(kind)), *STAC_KEYS):
        assert f"`{choice}`" in page, choice


def test_the_example_of_a_project_file_is_read_as_it_stands(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "project.md").read_text(encoding="utf-8")
    example = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0]
    found = read_specs(example, "reclaim.toml", tmp_path)
    assert len(found["layers"]) == 4
    assert [spec.role for spec in found["imagery"]] == ["cover", "cover", "history"]


def _typed_in_the_readmes() -> list[str]:
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")]
    blocks = re.findall(r"^    reclaim ledger .*?(?=\n\n)", "\n\n".join(pages), re.MULTILINE | re.DOTALL)
    lines = [re.split(r" {3,}", line.strip())[0] for block in blocks for line in block.splitlines()]
    return list(dict.fromkeys(lines))


def test_both_readmes_show_the_same_commands() -> None:
    assert len(_typed_in_the_readmes()) == 7


@pytest.fixture(scope="module")
def beside_mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reader")
    copy_sample("chinalco-2019", folder / "mine")
    (folder / "draft.md").write_text("2019 年新增复垦 12,029 亩。", encoding="utf-8")
    return folder


@pytest.mark.filterwarnings("ignore::reclaim.errors.ReclaimWarning")
@pytest.mark.parametrize("line", _typed_in_the_readmes())
def test_commands_of_the_readme_do_what_they_show(
    line: str, beside_mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(beside_mine)
    words = shlex.split(line)[1:]
    assert run(words) == 0
    if "-o" in words:
        assert Path(words[words.index("-o") + 1]).stat().st_size > 10_000


@pytest.mark.parametrize("name", ["planner", "report-writer", "rehabilitation"])
def test_a_notebook_is_prose_with_a_few_lines_of_code(name: str) -> None:
    cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert cells[0]["cell_type"] == "markdown"
    assert "Your own data" in prose
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]
    assert max(len(text.splitlines()) for text in code) <= 8
    assert not [text for text in code if re.search(r"^\s*(def|class) |\blambda\b", text, re.MULTILINE)]
