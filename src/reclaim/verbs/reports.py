"""The verbs of reports: write one, read a text against the figures, explain why a figure changed."""

import os
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import pandas as pd

from reclaim.assessment import Assessment
from reclaim.errors import MissingExtra, ReportError
from reclaim.io.atomic import atomic_path
from reclaim.reports.content import content
from reclaim.reports.explain import Figure
from reclaim.reports.explain import explain as explain_change
from reclaim.reports.html_page import html_page
from reclaim.reports.lint import Item, lint_text
from reclaim.reports.lint.reading import read_text
from reclaim.reports.model import Report
from reclaim.reports.named import block_fields, fields
from reclaim.reports.parts.everything import everything
from reclaim.reports.setting import Setting, setting_of
from reclaim.reports.sheet import map_sheets
from reclaim.verbs.land import Source, assess
from reclaim.vocabulary import Language

PathLike = str | os.PathLike[str]


def write_report(
    project: Source, output: PathLike, *, language: Language | None = None, template: PathLike | None = None
) -> Path:
    """
    Write the report of a project: one HTML page, a Word document, a PDF or a workbook, by the file's ending.

    Parameters
    ----------
    project : Project, path or Assessment
        What is reported.
    output : path
        ``.html``, ``.docx``, ``.pdf`` or ``.xlsx``. An existing file is replaced only by a whole new one.
    language : {"zh", "en", "both"}, optional
        Otherwise the project's.
    template : path, optional
        A Word document of your own with placeholders (see `report_fields`); its styles are kept.

    Returns
    -------
    Path
        The file. The same assessment gives the same bytes.

    Raises
    ------
    ReportError
        For another ending, a language that reports are not written in, or an unknown placeholder in the template.
    """
    target = Path(output)
    write = _writer(target, template)
    made = assess(project)
    setting = setting_of(made.project, language)
    with atomic_path(target) as path:
        write(made, setting, path)
    return target


_Write = Callable[[Assessment, Setting, Path], None]


def _writer(target: Path, template: PathLike | None) -> _Write:
    writers: dict[str, _Write] = {".html": _html, ".docx": _word, ".pdf": _pdf, ".xlsx": _workbook}
    suffix = target.suffix.lower()
    if suffix not in writers:
        raise ReportError(f"{target}: reports are written as {', '.join(writers)}; name the file so")
    if template is None:
        return writers[suffix]
    if suffix != ".docx":
        raise ReportError(f"{target}: a template is a Word document, so name the report .docx")
    return partial(_template, Path(template))


@lru_cache(maxsize=1)
def _report(made: Assessment, setting: Setting) -> Report:
    """The content of the report; the last one is kept, so that several formats of it cost one making."""
    return content(made, setting, sheets=map_sheets(made, setting))


def _html(made: Assessment, setting: Setting, path: Path) -> None:
    path.write_text(html_page(_report(made, setting)), encoding="utf-8", newline="\n")


def _word(made: Assessment, setting: Setting, path: Path) -> None:
    try:
        from reclaim.reports.word import write_word
    except ImportError as error:
        raise _missing(error) from error
    write_word(_report(made, setting), path)


def _template(template: Path, made: Assessment, setting: Setting, path: Path) -> None:
    try:
        from reclaim.reports.template import fill
    except ImportError as error:
        raise _missing(error) from error
    fill(_report(made, setting), template, path, values=fields(made, setting))


def _pdf(made: Assessment, setting: Setting, path: Path) -> None:
    try:
        from reclaim.reports.pdf import write_pdf
    except ImportError as error:
        raise _missing(error) from error
    write_pdf(_report(made, setting), path)


def _workbook(made: Assessment, setting: Setting, path: Path) -> None:
    from reclaim.reports.workbook import write_workbook

    write_workbook(_report(made, setting), path, more=everything(made, setting))


def _missing(error: ImportError) -> MissingExtra:
    return MissingExtra(f"Word and PDF reports need an extra ({error.name} is missing): pip install 'reclaim[report]'")


def report_fields(project: Source, *, language: Language | None = None) -> dict[str, str]:
    """
    Every placeholder that a Word template may hold, with its present value.

    Parameters
    ----------
    project : Project, path or Assessment
        Whose figures.
    language : {"zh", "en", "both"}, optional
        Otherwise the project's.
    """
    made = assess(project)
    setting = setting_of(made.project, language)
    return {**fields(made, setting), **block_fields(_report(made, setting))}


def write_starter(project: Source, output: PathLike, *, language: Language | None = None) -> Path:
    """
    Write a Word template to start from: it holds every placeholder once.

    Parameters
    ----------
    project : Project, path or Assessment
        Whose figures.
    output : path
        ``.docx``.
    language : {"zh", "en", "both"}, optional
        Otherwise the project's.
    """
    try:
        from reclaim.reports.template import starter
    except ImportError as error:
        raise _missing(error) from error
    target = Path(output)
    if target.suffix.lower() != ".docx":
        raise ReportError(f"{target}: a template is a Word document, so name it .docx")
    made: Assessment = assess(project)
    with atomic_path(target) as path:
        setting = setting_of(made.project, language)
        starter(_report(made, setting), path, values=fields(made, setting))
    return target


def lint(text: PathLike, project: Source) -> list[Item]:
    """
    Hold every quantity of a text file against the figures of a project.

    Parameters
    ----------
    text : path
        Markdown, plain text or ``.docx``, in Chinese or English.
    project : Project, path or Assessment
        Its ledger, rates, cover, published entries and stated quantities are the evidence.

    Returns
    -------
    list of Item
        ``line``, ``start``, ``end``, ``quantity``, ``verdict`` (agrees, rounds_to, contradicts, no_evidence,
        wrong_kind, rate_without_basis) and ``message``.

    Raises
    ------
    ReportError
        For a text in neither language.
    FileError
        Where the text cannot be read.
    """
    words = read_text(text)
    return lint_text(words, assess(project))


def explain(a: Source, b: Source, *, figure: Figure = "closing") -> pd.DataFrame:
    """
    Why a figure changed between two assessments: by source row and cause, adding up to the difference.

    Parameters
    ----------
    a, b : Project, path or Assessment
        Before and after: another date, another day of knowledge, or other data.
    figure : {"closing", "permanent", "ever"}
        Land not permanently reclaimed, permanently reclaimed, or ever disturbed.

    Returns
    -------
    DataFrame
        ``cause``, ``table``, ``id``, ``site_id``, ``area_m2`` (signed).
    """
    return explain_change(assess(a), assess(b), figure=figure)
