"""
Scenes packed into one file, unpacked for the time of one run.

An archive comes from outside: what it holds may not lead out of its own folder, nor fill the disk.
"""

import atexit
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO

from reclaim.errors import FileError, ImageryError

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".zip")
MAX_BYTES = 8 << 30
MAX_FILES = 20_000
_WANTED = (".tif", ".tiff", ".jp2", ".xml", ".txt", ".aux.xml")
_PIECE = 1 << 20


def is_archive(path: str | os.PathLike[str]) -> bool:
    """
    Whether a name is that of a packed scene.

    Examples
    --------
    >>> is_archive("LC08_L2SP_218074_20190130.tar.gz"), is_archive("2019.tif")
    (True, False)
    """
    return os.fspath(path).lower().endswith(SUFFIXES)


def unpacked(path: Path) -> Path:
    """
    A folder with the images and metadata of an archive; it is cleared away when the program ends.

    Raises
    ------
    FileError
        When it is damaged or cut short.
    ImageryError
        When it is larger than the limits, or holds names that lead out of it.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise FileError(f"{path}: there is no such file") from error
    return _unpacked(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=32)
def _unpacked(path: Path, _changed: int, _size: int) -> Path:
    # the folder keeps the archive's name: dates and sensors are read from it
    folder = Path(tempfile.mkdtemp(prefix="reclaim-")) / _stem(path.name)
    atexit.register(shutil.rmtree, folder.parent, ignore_errors=True)
    folder.mkdir()
    left = MAX_BYTES
    try:
        for name, stream in _members(path):
            left -= _copied(stream, _target(folder, name, path.name), left, path.name)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, RuntimeError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path.name}: the archive is cut short or damaged ({error}); download it again") from error
    return folder


def _stem(name: str) -> str:
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Names and contents of the files that a scene consists of."""
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as packed:
            for count, info in enumerate(packed.infolist()):
                _count(count, path.name)
                if not info.is_dir() and info.filename.lower().endswith(_WANTED):
                    with packed.open(info) as stream:
                        yield info.filename, stream
        return
    with tarfile.open(path, "r:*") as packed:
        for count, member in enumerate(packed):
            _count(count, path.name)
            if member.issym() or member.islnk():
                raise ImageryError(f"{path.name}: holds a link ({member.name!r}); unpack it by hand and look at it")
            content = packed.extractfile(member) if member.isfile() and member.name.lower().endswith(_WANTED) else None
            if content is not None:
                with content as stream:
                    yield member.name, stream


def _count(count: int, name: str) -> None:
    if count >= MAX_FILES:
        raise ImageryError(f"{name}: holds more than {MAX_FILES:,} files; this is no scene")


def _target(folder: Path, name: str, archive: str) -> Path:
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in name or "\0" in name:
        raise ImageryError(f"{archive}: holds a name that leads out of it ({name!r}); it was not unpacked")
    target = folder.joinpath(*parts.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _copied(stream: IO[bytes], target: Path, left: int, archive: str) -> int:
    """Copy one member, never more than the bytes that are left; gives its size."""
    size = 0
    with target.open("wb") as out:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > left:
                raise ImageryError(
                    f"{archive}: unpacks to more than {MAX_BYTES >> 30} GiB; unpack what is needed by hand"
                )
            out.write(piece)
    return size
