"""
Writing without half-written files.

New content is made beside its target under another name and put in its place in one step when it is whole. A crash,
a full disk or an error leaves the old file as it was.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reclaim.errors import FileError


@contextmanager
def atomic_path(target: str | os.PathLike[str]) -> Iterator[Path]:
    """
    Give a path to write to; what was written there becomes ``target`` when the block ends well.

    Parameters
    ----------
    target : path
        File to make or replace. Missing folders are made.

    Yields
    ------
    Path
        A path in a new folder beside the target, with the target's own name (many formats look at the suffix).

    Raises
    ------
    FileError
        When the folder cannot be written to, or the target is held open by another program.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_path(folder / "ledger.csv") as path:
    ...     _ = path.write_text("year", encoding="utf-8")
    >>> [item.name for item in folder.iterdir()]
    ['ledger.csv']
    """
    final = Path(target)
    if final.is_dir():
        raise FileError(f"{final}: there is a folder of this name; choose another name for the file")
    with _workshop(final) as room:
        yield room / final.name
        if not (room / final.name).exists():
            raise FileError(f"{final}: nothing was written")
        _put(room / final.name, final)


@contextmanager
def atomic_dir(target: str | os.PathLike[str]) -> Iterator[Path]:
    """
    Give an empty folder to fill; it becomes ``target`` when the block ends well.

    A folder that was there is replaced as a whole, and stays as it was when the block fails.

    Parameters
    ----------
    target : path
        Folder to make or replace.

    Yields
    ------
    Path
        The empty folder.
    """
    with _filled(Path(target)) as fresh:
        yield fresh
        _swap(fresh, Path(target), fresh.parent / "before")


@contextmanager
def atomic_files(target: str | os.PathLike[str]) -> Iterator[Path]:
    """
    Give an empty folder to fill; its files join those of ``target`` when the block ends well.

    Other files of the folder stay. Where one of the files cannot be put in place (a result that is open in Excel),
    all are put back as they were.

    Parameters
    ----------
    target : path
        Folder to add to; made where it is missing.

    Yields
    ------
    Path
        The empty folder.
    """
    with _filled(Path(target)) as fresh:
        yield fresh
        _merge(fresh, Path(target), fresh.parent / "before")


@contextmanager
def _filled(final: Path) -> Iterator[Path]:
    """An empty folder beside the one that it is to become."""
    if final.exists() and not final.is_dir():
        raise FileError(f"{final}: there is a file of this name; choose another name for the folder")
    with _workshop(final) as room:
        fresh = room / final.name
        fresh.mkdir()
        yield fresh


def _merge(fresh: Path, final: Path, aside: Path) -> None:
    final.mkdir(exist_ok=True)
    moved: list[Path] = []
    try:
        for source in sorted(path for path in fresh.rglob("*") if path.is_file()):
            name = source.relative_to(fresh)
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            if (final / name).exists():
                os.replace(final / name, aside / name)
            moved.append(name)
            (final / name).parent.mkdir(parents=True, exist_ok=True)
            _put(source, final / name)
    except (OSError, FileError) as error:
        _restore(moved, final, aside)
        if isinstance(error, FileError):
            raise
        raise FileError(
            f"{final}: a result there cannot be replaced ({_reason(error)}); it may be open in another program. "
            "Close it and try again; earlier results are as they were"
        ) from error


def _restore(names: list[Path], final: Path, aside: Path) -> None:
    for name in names:
        if (aside / name).exists():
            os.replace(aside / name, final / name)
        else:
            (final / name).unlink(missing_ok=True)


@contextmanager
def atomic_group(target: str | os.PathLike[str]) -> Iterator[Path]:
    """
    Like ``atomic_path`` for formats of several files, such as a Shapefile: all of them are put in place, or none.

    Parameters
    ----------
    target : path
        The file that the format is named by; the others lie beside it.

    Yields
    ------
    Path
        A path in an empty folder, with the target's own name.
    """
    final = Path(target)
    with _workshop(final) as room:
        fresh = room / "fresh"
        fresh.mkdir()
        yield fresh / final.name
        if not (fresh / final.name).exists():
            raise FileError(f"{final}: nothing was written")
        _merge(fresh, final.parent, room / "before")


@contextmanager
def _workshop(final: Path) -> Iterator[Path]:
    """Give a folder on the target's own disk, so that the last step is a rename; it is cleared away at the end."""
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix=".reclaim-", dir=final.parent))
    except OSError as error:
        raise FileError(f"{final}: cannot write there ({_reason(error)})") from error
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _put(source: Path, final: Path) -> None:
    mode = final.stat().st_mode & 0o777 if final.exists() else _fresh_mode()
    try:
        source.chmod(mode)
        _to_disk(source)
        os.replace(source, final)
    except PermissionError as error:
        raise FileError(
            f"{final}: cannot be replaced; it is open in another program (QGIS, Excel) or write-protected. "
            "Close it and try again"
        ) from error
    except OSError as error:
        raise FileError(f"{final}: cannot be written ({_reason(error)})") from error


def _to_disk(path: Path) -> None:
    """Have the content on the disk before its name: a power cut must not leave an empty file under the old name."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _swap(fresh: Path, final: Path, aside: Path) -> None:
    try:
        fresh.chmod(0o777 & ~_umask())
        if final.exists():
            os.replace(final, aside)
        os.replace(fresh, final)
    except OSError as error:
        if aside.exists() and not final.exists():
            os.replace(aside, final)
        raise FileError(
            f"{final}: cannot be replaced ({_reason(error)}); a file in it may be open in another program. "
            "Close it and try again"
        ) from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _fresh_mode() -> int:
    return 0o666 & ~_umask()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
