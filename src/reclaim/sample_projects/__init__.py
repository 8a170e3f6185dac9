"""
Sample projects that come with reclaim: to look at, to copy, to start from.

The illustrative group lies here with all its layers. Real samples lie here as project files; their data come from
their public source, checked, on first use.
"""

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from reclaim.errors import FileError
from reclaim.io.atomic import atomic_dir
from reclaim.io.registry import bring, registry, shipped

PROJECT = "reclaim.toml"


@dataclass(frozen=True)
class Sample:
    """
    One sample project.

    ``fetched`` counts the bytes that come from a public source on first use; 0 where all of it is here.
    """

    name: str
    title: str
    title_zh: str
    illustrative: bool
    fetched: int
    folder: Path


def samples() -> tuple[Sample, ...]:
    """
    The sample projects, by name.

    Examples
    --------
    >>> [sample.name for sample in samples()]
    ['amazon', 'brumadinho', 'chinalco-2019']
    >>> [sample.name for sample in samples() if sample.illustrative]
    ['chinalco-2019']
    """
    folders = sorted(path.parent for path in shipped().glob(f"*/{PROJECT}"))
    return tuple(_described(folder) for folder in folders)


def copy_sample(name: str, target: str | Path) -> Path:
    """
    Copy a sample project out, with its data, to work on it.

    Parameters
    ----------
    name : str
        One of the names that ``samples`` gives.
    target : path
        Folder to make. It must not be there yet, or be empty: nothing of yours is replaced.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileError
        When there is no such sample, the folder is in use, or the data cannot be had.
    """
    folder = Path(target)
    source = _named(name).folder
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise FileError(f"{folder}: already there; choose another folder with -o")
    with atomic_dir(folder) as draft:
        shutil.copytree(source, draft, dirs_exist_ok=True, ignore=shutil.ignore_patterns("output"))
        bring(draft)
    return folder


def _described(folder: Path) -> Sample:
    project = tomllib.loads((folder / PROJECT).read_text(encoding="utf-8"))["project"]
    size = sum(remote.bytes for remote in registry(folder))
    illustrative = bool(project.get("illustrative", False))
    return Sample(folder.name, project["name"], project.get("name_zh", ""), illustrative, size, folder)


def _named(name: str) -> Sample:
    known = {sample.name: sample for sample in samples()}
    if name not in known:
        raise FileError(f"{name}: no sample of this name; choose {', '.join(known)}")
    return known[name]
