"""The verb of maps: a project as an interactive sheet, a page on paper, or a picture for messengers."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack, get_args

from reclaim.assessment import Assessment
from reclaim.errors import MapError
from reclaim.io.atomic import atomic_path
from reclaim.io.project import Project
from reclaim.maps import Sheet, build
from reclaim.maps.desk import written
from reclaim.verbs.land import assess
from reclaim.vocabulary import Language

Page = Literal["a4", "a3", "slide", "phone", "years"]
_PICTURES = (".png", ".svg", ".pdf")


class SheetOptions(TypedDict, total=False):
    """Who a map is for: public or inside, review number."""

    public: bool
    approval: str


def build_map(
    project: Assessment | Project | str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    at: object = None,
    language: Language | None = None,
    online: bool = False,
    page: Page = "a4",
    base: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    **options: Unpack[SheetOptions],
) -> Sheet | Path:
    """
    Make the map of a project.

    Parameters
    ----------
    project : Assessment, Project or path
        What to show.
    output : path, optional
        ``.html``: the interactive map, one file that needs no network. ``.png``, ``.svg``, ``.pdf``: the map on paper.
        Without it the sheet is given back, and shows itself in a notebook.
    at : date, optional
        Date that the map shows; otherwise 31 December of the last year with an event.
    language : {"both", "zh", "en"}, optional
        Otherwise the project's.
    online : bool
        Let base maps be loaded from the network; OpenStreetMap where no ``base`` is named.
    page : {"a4", "a3", "slide", "phone", "years"}
        For pictures: the paper, the picture for messengers (``.png``), or the years side by side.
    base : str, path or sequence of them
        Names of tile services, or a folder, MBTiles or PMTiles file.
    **options
        ``public``: coarse coordinates and a place for the review number; ``approval``: the review number.

    Returns
    -------
    Sheet or Path
        The sheet, or the file that was written.

    Raises
    ------
    MapError
        For a page or suffix that there is none of, a base map that needs a network, or a missing Chinese font.
    """
    if page not in get_args(Page):
        raise MapError(f"there is no page {page!r}; choose one of {', '.join(get_args(Page))}")
    if output is not None:
        _check_form(Path(output), page)
    known = assess(project, at=at)
    chosen: Language = language or known.project.language  # type: ignore[assignment]
    asked = base or (("osm",) if online else ())
    sheet = build(known, at=at, language=chosen, base=asked, **options)
    if output is None:
        return sheet
    return _write(sheet, Path(output), page, online=online)


def _check_form(path: Path, page: Page) -> None:
    """Faults of the file's name, before any work is done."""
    form = path.suffix.lower()
    if page == "phone" and form != ".png":
        raise MapError(f"{path}: the phone picture is written as .png")
    if page == "years" and form not in _PICTURES:
        raise MapError(f"{path}: the years side by side are written as {', '.join(_PICTURES)}")
    if form not in (".html", *_PICTURES):
        raise MapError(
            f"{path}: a map is written as .html, {', '.join(_PICTURES)}, not as {form or 'a file without a suffix'}"
        )


def _write(sheet: Sheet, path: Path, page: Page, *, online: bool) -> Path:
    if page != "phone" and page != "years":
        return sheet.save(path, offline=not online, page=page)
    form: Any = path.suffix.lower()[1:]
    data = sheet.phone() if page == "phone" else written(sheet.by_year(), form)
    with atomic_path(path) as target:
        target.write_bytes(data)
    return path
