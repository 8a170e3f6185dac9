"""
Files of the sample projects that stay at their public source until they are first used.

A project folder may hold a ``registry.toml``: public repository, fixed commit, path, SHA-256, size and licence of each
file. Only files that reclaim's own samples list are ever fetched; a registry in somebody else's project cannot make
this program ask the network for anything.
"""

import hashlib
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reclaim.errors import FileError
from reclaim.io.atomic import atomic_path

REGISTRY = "registry.toml"
SOURCE = "https://raw.githubusercontent.com/{repository}/{commit}/{path}"
_SECONDS = 30


@dataclass(frozen=True)
class Remote:
    """One file at its public source."""

    name: str
    repository: str
    commit: str
    path: str
    local: str
    sha256: str
    bytes: int
    licence: str

    @property
    def address(self) -> str:
        """Where the public can get it."""
        return SOURCE.format(repository=self.repository, commit=self.commit, path=self.path)


def shipped() -> Path:
    """The folder of the sample projects that come with reclaim: beside the code in a wheel, else in the repository."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "sample_projects" / "data"
    return inside if inside.is_dir() else package.parents[1] / "data" / "geo"


def registry(folder: Path) -> tuple[Remote, ...]:
    """
    The files that a project folder takes from their public source; none where it has no registry.

    Parameters
    ----------
    folder : Path
        A project folder.
    """
    path = folder / REGISTRY
    if not path.is_file():
        return ()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["file"]
        return tuple(Remote(**entry) for entry in entries)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as fault:
        raise FileError(f"{path}: not a registry of public files ({fault}); copy it afresh from the samples") from None


def bring(folder: Path) -> tuple[Path, ...]:
    """
    Make sure that every file of a folder's registry is there, whole and unchanged.

    A file that is missing is taken from the folder that ``RECLAIM_DATA`` names, else from its public source. What
    arrives is compared with its SHA-256 before it takes its place.

    Parameters
    ----------
    folder : Path
        A project folder, with or without a registry.

    Returns
    -------
    tuple of Path
        The files, in the order of the registry.

    Raises
    ------
    FileError
        With one line per file that cannot be had, or that is not what the registry says.
    """
    faults: list[str] = []
    files: list[Path] = []
    for remote in registry(folder):
        try:
            files.append(_one(remote, folder))
        except FileError as fault:
            faults += fault.faults
    if faults:
        raise FileError(*faults)
    return tuple(files)


def _one(remote: Remote, folder: Path) -> Path:
    target = folder / remote.name
    if target.is_file():
        return target
    if remote not in set(_known()):
        raise FileError(f"{folder / REGISTRY}: {remote.name} is not a file of reclaim's samples; it is never fetched")
    kept = os.environ.get("RECLAIM_DATA")
    if kept:
        _copy(Path(kept) / remote.local, target, remote)
    else:
        _fetch(remote, target)
    return target


def _known() -> Iterator[Remote]:
    for folder in sorted(shipped().iterdir()):
        if folder.is_dir():
            yield from registry(folder)


def _copy(source: Path, target: Path, remote: Remote) -> None:
    try:
        content = source.read_bytes()
    except OSError:
        raise FileError(
            f"{source}: not there; RECLAIM_DATA must name a folder with {remote.local}, or be unset to fetch "
            f"{remote.name} from its public source"
        ) from None
    if hashlib.sha256(content).hexdigest() != remote.sha256:
        raise FileError(f"{source}: not the published file (its SHA-256 differs); get a fresh copy of {remote.name}")
    with atomic_path(target) as path:
        path.write_bytes(content)


def _fetch(remote: Remote, target: Path) -> None:
    # pooch brings requests with it: only when something must be fetched
    import pooch

    pooch.get_logger().setLevel("ERROR")
    load = pooch.HTTPDownloader(timeout=_SECONDS)
    try:
        with atomic_path(target) as path:
            pooch.retrieve(remote.address, f"sha256:{remote.sha256}", path.name, path.parent, downloader=load)
    except ValueError:
        raise FileError(f"{remote.address}: not the published file (its SHA-256 differs); try again later") from None
    except OSError as fault:
        raise FileError(
            f"{remote.name}: its public source cannot be reached ({type(fault).__name__}); go online, or set "
            "RECLAIM_DATA to a folder that holds it"
        ) from None
