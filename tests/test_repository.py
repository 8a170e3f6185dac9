"""The repository itself: pins without a host, a README that works, a whole wheel, a quick start."""

import os
import re
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

# two spellings of what a pin must never hold
_HOST = re.compile(r"[a-z0-9-]+\.(com|org|net|io|cn|dev)\b", re.IGNORECASE)
_PIN = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*==[0-9][0-9a-z.+]*$")


def test_pins_hold_names_and_numbers_only(repository: Path) -> None:
    lines = (repository / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 50
    assert [pin for pin in pins if not _PIN.match(pin)] == []
    text = "\n".join(lines)
    assert "://" not in text
    assert "file:" not in text
    assert not _HOST.search(text)


def test_every_dependency_is_pinned(repository: Path) -> None:
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(need for extra in project["optional-dependencies"].values() for need in extra),
    ]
    names = {canonicalize_name(Requirement(need).name) for need in wanted} - {"reclaim"}
    text = (repository / "constraints.txt").read_text(encoding="utf-8")
    assert names <= {line.split("==")[0] for line in text.splitlines()}


@pytest.mark.parametrize("name", ["README.md", "README.zh.md", "CONTRIBUTING.md"])
def test_commands_in_the_readme_exist(repository: Path, name: str) -> None:
    from typer.main import get_command

    from reclaim.cli import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    targets = set(re.findall(r"^([a-z]+):", (repository / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = (repository / name).read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"^(?:    |```[a-z]*\n)(.*?)(?:\n```|$)", text, re.MULTILINE | re.DOTALL))
    verbs = set(re.findall(r"^\s*(?:\S*python\S* -m )?reclaim ([a-z]+)", blocks, re.MULTILINE))
    assert verbs <= known, f"no such command: {sorted(verbs - known)}"
    assert set(re.findall(r"^\s*make ([a-z]+)", blocks, re.MULTILINE)) <= targets


@pytest.mark.parametrize("name", ["README.md", "README.zh.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_in_the_front_pages_lead_somewhere(repository: Path, name: str) -> None:
    text = (repository / name).read_text(encoding="utf-8")
    paths = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [path for path in paths if path and not (repository / path).exists()]
    assert not missing


def test_the_makefile_fits_on_one_screen_and_explains_itself(repository: Path) -> None:
    lines = (repository / "Makefile").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60
    listed = subprocess.run(["make", "-s", "help"], cwd=repository, capture_output=True, text=True, check=True).stdout
    for target in ("demo", "test", "lint", "types", "bench", "maps", "docs", "notebooks", "bundle"):
        assert re.search(rf"^{target}\b", listed, re.MULTILINE), target


def test_the_wheel_carries_the_sample_and_the_assets(repository: Path, tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    (path,) = WheelBuilder(str(repository)).build(directory=str(tmp_path), versions=["standard"])
    names = set(zipfile.ZipFile(path).namelist())
    tracked = {
        f"reclaim/sample_projects/data/{file.relative_to(repository / 'data' / 'geo').as_posix()}"
        for file in (repository / "data" / "geo" / "chinalco-2019").iterdir()
        if file.is_file()
    }
    assert tracked <= names
    assert {
        "reclaim/py.typed",
        "reclaim/vocabulary/findings.toml",
        "reclaim/sample_projects/data/amazon/registry.toml",
    } <= names
    source = repository / "src"
    data = {
        p.relative_to(source).as_posix()
        for p in source.rglob("*")
        if p.suffix in {".toml", ".js", ".css", ".html", ".typ"}
    }
    assert data <= names
    assert not [name for name in names if name.endswith(("new_mining.geojson", ".tar.gz"))], (
        "real data stay at their source"
    )


def _cpu_seconds(*arguments: str) -> float:
    """CPU time of a fresh Python, the least of three: what the code costs, whatever else the machine does."""
    times = []
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def test_the_package_and_its_help_start_at_once() -> None:
    # the goals are 0.3 s and 0.4 s; a busy machine has twice that
    assert _cpu_seconds("-c", "import reclaim") <= 0.6
    assert _cpu_seconds("-m", "reclaim", "--help") <= 0.8


def test_importing_loads_nothing_heavy() -> None:
    heavy = ("geopandas", "pandas", "numpy", "rasterio", "matplotlib", "numba", "folium", "pyproj", "shapely")
    code = f"import sys, reclaim, reclaim.cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_had() -> None:
    import reclaim

    assert [name for name in reclaim.__all__ if getattr(reclaim, name, None) is None] == []


def test_pins_suit_the_oldest_python_that_is_promised() -> None:
    from importlib.metadata import distributions

    from packaging.specifiers import SpecifierSet

    said = ((found.metadata["Name"], found.metadata.get("Requires-Python") or "") for found in distributions())
    assert [name for name, range_ in said if "3.11.0" not in SpecifierSet(range_)] == []
