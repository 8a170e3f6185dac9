"""
The project: a folder with a ``reclaim.toml``.

Reading it refuses nothing in silence and guesses nothing: every fault of the file is reported at once, each with the
line to mend and the nearest right name.
"""

import dataclasses
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd

from reclaim.errors import ProjectError, TableError
from reclaim.io.project_reading import read_specs
from reclaim.io.safety import open_problem, shown
from reclaim.io.specs import ImagerySpec, LayerSpec, Meaning, PublishedSpec, TargetSpec, Unit
from reclaim.io.words import hint
from reclaim.tables import INPUT_TABLES

FILE_NAME = "reclaim.toml"
_LARGEST = 4_000_000  # bytes; a project file is written by hand


@dataclasses.dataclass(frozen=True, eq=False)
class Project:
    """
    What a project file says; frozen.

    Parameters
    ----------
    folder : Path
        Where relative paths start.
    path : Path or None
        The project file; None for tables that were handed in.
    name, name_zh : str
        For titles.
    unit : {"mu", "ha", "m2", "km2"}
        Unit of figures made for people.
    language : {"zh", "en", "both"}
        Language of maps and reports.
    illustrative : bool
        The data are made up, and every output says so.
    layers : tuple of LayerSpec
        Where the tables come from, in the order of the file.
    sites_inline : tuple of dict
        ``[[site]]`` entries.
    imagery, targets, published
        As written.
    allow_outside, allow_remote : bool
        What the person at the keyboard allowed.
    """

    folder: Path
    path: Path | None = None
    name: str = ""
    name_zh: str = ""
    unit: Unit = "mu"
    language: str = "both"
    illustrative: bool = False
    layers: tuple[LayerSpec, ...] = ()
    sites_inline: tuple[Mapping[str, Any], ...] = ()
    imagery: tuple[ImagerySpec, ...] = ()
    targets: tuple[TargetSpec, ...] = ()
    published: tuple[PublishedSpec, ...] = ()
    allow_outside: bool = False
    allow_remote: bool = False

    def layers_of(self, table: str) -> tuple[LayerSpec, ...]:
        """The layers that fill one input table."""
        return tuple(layer for layer in self.layers if layer.table == table)

    @property
    def title(self) -> str:
        """The name for people: the given one, else that of the folder."""
        return self.name_zh or self.name or self.folder.name

    @classmethod
    def from_frames(
        cls, *, meaning: Meaning | None = None, unit: Unit = "mu", name: str = "", **frames: gpd.GeoDataFrame
    ) -> "Project":
        """
        A project of tables that are already in a notebook.

        Columns with names that the vocabulary knows (地块编号, DKMC, disturbed_on …) are taken for the agreed ones.

        Parameters
        ----------
        meaning : {"increment", "snapshot", "cumulative"}
            What a footprint row means; needed with ``footprints``.
        unit, name
            As in a project file.
        **frames : GeoDataFrame
            Tables by name: ``footprints``, ``parcels``, ``sites``, ``permits``, ``zones`` …, each with a CRS.

        Raises
        ------
        TableError
            For an unknown table, a table without a CRS, or footprints without a meaning; all faults at once.

        Examples
        --------
        >>> Project.from_frames(parcel=gpd.GeoDataFrame())
        Traceback (most recent call last):
            ...
        reclaim.errors.TableError: Project.from_frames: unknown table 'parcel'; did you mean 'parcels'?
        """
        from reclaim.io.propose import layer_of_frame

        faults = [fault for table, frame in frames.items() for fault in _frame_faults(table, frame)]
        if "footprints" in frames and meaning is None:
            faults.append('footprints: say what a row means, with meaning="increment", "snapshot" or "cumulative"')
        if faults:
            raise TableError(*(f"Project.from_frames: {fault}" for fault in faults))
        layers = tuple(layer_of_frame(frame, table, meaning=meaning) for table, frame in frames.items())
        return cls(folder=Path.cwd(), name=name, unit=unit, layers=layers)


def read_project(path: str | os.PathLike[str], *, allow_outside: bool = False, allow_remote: bool = False) -> Project:
    """
    Read a project file.

    Parameters
    ----------
    path : path
        A folder with a ``reclaim.toml``, or the file itself.
    allow_outside, allow_remote : bool
        Let its layers lie outside its folder, or be remote or virtual.

    Returns
    -------
    Project
        No layer is opened yet.

    Raises
    ------
    ProjectError
        With every fault of the file at once, each with its line.
    """
    file = _project_file(Path(path))
    text = _read_text(file)
    found = read_specs(text, file.name, file.parent, allow_outside=allow_outside, allow_remote=allow_remote)
    return Project(folder=file.parent, path=file, allow_outside=allow_outside, allow_remote=allow_remote, **found)


def _project_file(path: Path) -> Path:
    name = shown(str(path))
    try:
        file = (path / FILE_NAME if path.is_dir() else path).absolute()
        exists = file.is_file()
    except (OSError, ValueError) as error:
        raise ProjectError(f"{name} is not a path that can be opened") from error
    if path.is_dir() and not exists:
        raise ProjectError(f"{name}: there is no {FILE_NAME} in this folder; make one with: reclaim init {path}")
    if not exists:
        raise ProjectError(f"{name}: there is no such project folder or file")
    return file


def _read_text(file: Path) -> str:
    try:
        data = file.read_bytes() if file.stat().st_size <= _LARGEST else None
    except OSError as error:
        raise ProjectError(f"{file.name}: {open_problem(error)}") from error
    if data is None:
        raise ProjectError(f"{file.name}: too large for a project file; give the file or its folder, not a data file")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ProjectError(f"{file.name} line {line}: is not UTF-8 text; save the file as UTF-8") from error


def _frame_faults(table: str, frame: Any) -> Iterator[str]:
    if table not in INPUT_TABLES:
        yield f"unknown table {table!r}{hint(table, list(INPUT_TABLES))}"
    elif not isinstance(frame, gpd.GeoDataFrame):
        yield f"{table} is a {type(frame).__name__}; make it a GeoDataFrame"
    elif frame._geometry_column_name is None:
        yield f"{table} has no geometry column; name one with frame.set_geometry(...)"
    elif frame.crs is None:
        yield f"{table} has no CRS; say which one it is with frame.set_crs(...)"
