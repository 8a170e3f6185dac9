"""
Which paths may be opened.

A project file comes by mail from somebody else, so a path in it may not reach what its reader never meant to hand
over: nothing outside the project's folder, nothing over the network and none of GDAL's virtual names, unless the
person at the keyboard allows it. What a file is, is read from its first bytes too: a virtual raster under the name of
a GeoTIFF is still virtual.
"""

import os
import re
from pathlib import Path

from reclaim.errors import FileError, UnsafePath

_URL = re.compile(r"^[a-z][a-z0-9+.\-]+://", re.IGNORECASE)
_PREFIX = re.compile(r"^[A-Za-z][A-Za-z0-9_]+:")  # GPKG:file:table, PG:dbname=…; one letter is a Windows drive
_DATABASE = re.compile(r"^(postgresql|postgres)(\+psycopg)?://", re.IGNORECASE)
_VIRTUAL = (
    b"<VRTDataset",
    b"<OGRVRTDataSource",
    b"<GDAL_WMS",
    b"<GDALTileIndexDataset",
    b"<WMS_Capabilities",
    b"<WCS_",
)
_LONGEST = 4096
_HEAD = 4096


def is_database(path: str) -> bool:
    """
    Whether a path in a project file is a database address.

    Examples
    --------
    >>> is_database("postgresql://planner@host/mines"), is_database("https://host/mines.gpkg")
    (True, False)
    """
    return bool(_DATABASE.match(path))


def is_remote(path: str) -> bool:
    """
    Whether a name leads over the network or through one of GDAL's virtual file systems.

    Examples
    --------
    >>> [is_remote(name) for name in ("/vsicurl/http://x/a.tif", "PG:dbname=x", "a.vrt", "C:/data/a.shp", "a.shp")]
    [True, True, True, False, False]
    """
    plain = path.strip()
    return bool(
        _URL.match(plain)
        or _PREFIX.match(plain)
        or "/vsi" in plain.replace("\\", "/").lower()
        or plain.lower().endswith((".vrt", ".ovf"))
        or plain.lstrip().startswith(("<", "{"))
    )


def safe_path(text: str | os.PathLike[str], folder: Path | None = None, *, allow_outside: bool = False) -> Path:
    """
    The local file or folder that a name means, if it may be opened.

    Parameters
    ----------
    text : str or path
        A path as written in a project file or on the command line.
    folder : Path, optional
        The project's folder: relative paths start there, and the result, with symbolic links followed, must lie in
        it. Without it any local path will do.
    allow_outside : bool
        The person at the keyboard allowed paths that leave the folder.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    UnsafePath
        When the path leads outside and that was not allowed, or when it is remote or virtual.

    Examples
    --------
    >>> safe_path("../secret.shp", Path("/data/mines"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    reclaim.errors.UnsafePath: '../secret.shp' leads out of the project folder; ... allow it with --allow-outside
    """
    name = os.fspath(text)
    if not name.strip() or "\0" in name or len(name) > _LONGEST:
        raise UnsafePath(f"{shown(name)} is not a path")
    if is_remote(name):
        raise UnsafePath(
            f"{shown(name)} is a remote or virtual source; copy the file here, or allow it with --allow-remote"
        )
    home = Path.cwd() if folder is None else folder
    try:
        path = Path(os.path.abspath(home / name))
        inside = folder is None or path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise UnsafePath(f"{shown(name)} is not a path that can be followed ({error})") from error
    if not (inside or allow_outside):
        raise UnsafePath(
            f"{shown(name)} leads out of the project folder; move the file in, or allow it with --allow-outside"
        )
    return path


def safe_source(
    text: str | os.PathLike[str], folder: Path | None = None, *, allow_outside: bool = False, allow_remote: bool = False
) -> str:
    """
    The name to hand to GDAL: a checked local path, or a remote or virtual name that was allowed.

    Parameters
    ----------
    text, folder, allow_outside
        As in ``safe_path``.
    allow_remote : bool
        The person at the keyboard allowed remote and virtual sources.

    Returns
    -------
    str
        An absolute path; a remote name comes back as it was written.

    Raises
    ------
    UnsafePath
        As in ``safe_path``, also for a local file whose content points elsewhere.
    """
    name = os.fspath(text)
    if allow_remote and is_remote(name):
        return name
    path = safe_path(name, folder, allow_outside=allow_outside)
    check_content(path, allow_remote=allow_remote)
    return str(path)


def check_content(path: Path, *, allow_remote: bool = False) -> None:
    """
    Refuse a file whose content is a pointer to other sources, whatever its name says.

    Parameters
    ----------
    path : Path
        An existing file or folder.
    allow_remote : bool
        Let it pass.

    Raises
    ------
    UnsafePath
        For a virtual raster or vector layer, or a web-service description.
    """
    if allow_remote or not path.is_file():
        return
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise FileError(f"{path.name}: {open_problem(error)}") from error
    if any(mark in head for mark in _VIRTUAL):
        raise UnsafePath(f"{path.name} points at other sources (a virtual layer); allow it with --allow-remote")


def check_members(path: Path, folder: Path, *, allow_outside: bool = False) -> None:
    """Refuse a folder dataset or a group of files in which a symbolic link leads out of the project."""
    members = path.rglob("*") if path.is_dir() else path.parent.glob(f"{_escaped(path.stem)}.*")
    for member in members:
        if member.is_symlink() and not allow_outside and not member.resolve().is_relative_to(folder.resolve()):
            raise UnsafePath(
                f"{member.name} is a link that leads out of the project folder; allow it with --allow-outside"
            )


def open_problem(error: OSError) -> str:
    """
    Why a file could not be opened, in words.

    Examples
    --------
    >>> open_problem(PermissionError(13, "Permission denied"))
    'cannot be opened: it is held open by another program (QGIS, Excel) or you may not read it'
    """
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "cannot be opened: it is held open by another program (QGIS, Excel) or you may not read it"
    return f"cannot be opened ({error.strerror or error})"


def shown(name: str) -> str:
    """A hostile name as it may be shown: quoted, short, control characters spelled out."""
    text = repr(name)
    return text if len(text) <= 120 else f"{text[:116]}…'"


def _escaped(stem: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", stem)
