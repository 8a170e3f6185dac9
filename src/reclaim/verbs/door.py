"""
The front door: from a folder of people's files to a project file.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from reclaim.errors import FileError, ProjectError
from reclaim.io.atomic import atomic_path
from reclaim.io.neighbours import scan
from reclaim.io.project import FILE_NAME, read_project
from reclaim.io.project_writing import project_text
from reclaim.io.scanning import Folder, Found, summary, take_as
from reclaim.io.specs import Meaning
from reclaim.tables import INPUT_TABLES

Ask = Callable[[str, tuple[str, ...], str], str]
NOTHING = "none"


@dataclass(frozen=True)
class Proposal:
    """
    A project file that was written, and what is still open.

    Parameters
    ----------
    path : Path
        The project file.
    layers : tuple of Found
        What was found, with what it was taken for.
    open_points : tuple of str
        What a person must look at, one line each.
    passed_over : tuple of str
        Files of no interest.
    """

    path: Path
    layers: tuple[Found, ...]
    open_points: tuple[str, ...]
    passed_over: tuple[str, ...]


def init(folder: str | os.PathLike[str], *, ask: Ask | None = None, name: str | None = None) -> Proposal:
    """
    Look at every layer in a folder, and write a commented ``reclaim.toml`` for it.

    Parameters
    ----------
    folder : path
        Where the files lie.
    ask : callable, optional
        Asked only what cannot be told: gets a question, the choices (empty: free text) and the proposal, gives the
        answer. Without it the proposals are taken and listed as open points.
    name : str, optional
        Name of the project; otherwise that of the folder.

    Returns
    -------
    Proposal
        The file that was written, and the open points.

    Raises
    ------
    FileError
        When there is no such folder, or nothing in it can be read.
    ProjectError
        When it has a project file already.
    """
    home = Path(folder)
    if not home.is_dir():
        raise FileError(f"{home}: there is no such folder")
    target = home / FILE_NAME
    if target.exists():
        raise ProjectError(f"{target}: is there already; edit it, or move it away to have a new one proposed")
    found = scan(home)
    if not found.layers and not found.images:
        raise FileError(f"{home}: holds no file that can be read as a layer or an image")
    if ask is not None:
        _settle(found, ask)
    text = project_text(found, name=name or home.resolve().name)
    with atomic_path(target) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        read_project(fresh)  # what is proposed must be sound
    return Proposal(target, tuple(found.layers), tuple(open_points(found)), tuple(found.passed_over))


def open_points(found: Folder) -> list[str]:
    """What a person must look at: layer by layer, then what is missing altogether."""
    points = []
    for layer in found.layers:
        if layer.problem:
            points.append(f"{layer.name}: {layer.problem}")
        points += [f"{layer.name}: {doubt}" for doubt in layer.doubts]
        for ours, values in layer.columns.values.items():
            points.append(f"{layer.name}: values of {ours} that are not known: {', '.join(values[:6])}")
    for image in found.images:
        if not (image.sensor and image.date):
            points.append(f"{image.path}: imagery? Its name does not tell {'sensor' if not image.sensor else 'date'}")
    if not any(layer.table == "footprints" for layer in found.layers):
        points.append("no layer of mined land (footprints) was found; without one there is no ledger")
    return points


def _settle(found: Folder, ask: Ask) -> None:
    """Ask what the files do not tell."""
    tables = (*INPUT_TABLES, NOTHING)
    for layer in found.layers:
        if layer.problem:
            continue
        unsure = layer.table is None or any(doubt.startswith("it could also") for doubt in layer.doubts)
        if unsure:
            answer = ask(f"{layer.name} ({summary(layer)}): which table is it?", tables, layer.table or NOTHING)
            if answer == NOTHING:
                layer.table = None
                continue
            take_as(layer, answer)
        if layer.table == "footprints":
            _settle_meaning(layer, ask)
        _settle_columns(layer, ask)


def _settle_meaning(layer: Found, ask: Ask) -> None:
    meanings = get_args(Meaning)
    if not any("what a row means" in doubt for doubt in layer.doubts):
        return
    question = (
        f"{layer.name}: what does a row mean? increment: land newly disturbed at its date; snapshot: outline of the "
        "open land at its date; cumulative: outline of all land disturbed up to its date"
    )
    answer = ask(question, meanings, layer.meaning or "increment")
    layer.meaning = next(meaning for meaning in meanings if meaning == answer)
    layer.doubts = [doubt for doubt in layer.doubts if "what a row means" not in doubt]


def _settle_columns(layer: Found, ask: Ask) -> None:
    """CRS, date and site where nothing states them; an empty answer leaves the point open."""
    if any("does not say its CRS" in doubt for doubt in layer.doubts):
        answer = ask(f"{layer.name}: which CRS is it in? (EPSG:4547, say)", (), layer.crs or "")
        layer.crs = answer or None
        layer.doubts = [doubt for doubt in layer.doubts if not (answer and "does not say its CRS" in doubt)]
    for column, mark in (("date", "no column holds the date"), ("site_id", "no column names the site")):
        if any(doubt.startswith(mark) for doubt in layer.doubts):
            answer = ask(
                f"{layer.name}: no column gives {column}; what is it for all rows?", (), layer.sets.get(column, "")
            )
            if answer:
                layer.sets[column] = answer
                layer.doubts = [doubt for doubt in layer.doubts if not doubt.startswith(mark)]
