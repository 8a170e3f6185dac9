"""The report as PDF, set by typst: no system library and no browser."""

import calendar
import json
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib as mpl
import typst

from reclaim.errors import ReportError
from reclaim.figures import picture
from reclaim.figures.fonts import LATIN, chinese_font, chinese_font_file, find_chinese, has_chinese
from reclaim.reports.model import Chart, Facts, Note, Report, Sheet, Table, Text
from reclaim.reports.view import Numbered, caption_lines, head_lines, numbered, printed_lines
from reclaim.reports.widths import is_tall, orientations, shares
from reclaim.reports.wording import say
from reclaim.vocabulary import Language

_COLOURS = {"plain": "#4477aa", "good": "#1b6e2a", "bad": "#b3273a", "unsure": "#8a6d00"}


def write_pdf(report: Report, path: Path) -> None:
    """
    Write a report as a PDF.

    Parameters
    ----------
    report : Report
        Made by `content`.
    path : Path
        The ``.pdf`` file; the same report gives the same bytes on one machine with one set of fonts.

    Raises
    ------
    ReportError
        Where there is Chinese to print and no font for it; the text names the package that brings one.
    """
    if report.language != "en":
        chinese_font()  # told before anything is drawn
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = json.dumps(_data(report, folder), ensure_ascii=False)
        _check_fonts(data)
        (folder / "data.json").write_text(data, encoding="utf-8")
        main = folder / "report.typ"
        main.write_text(
            files("reclaim.reports").joinpath("pages", "report.typ").read_text(encoding="utf-8"), encoding="utf-8"
        )
        try:
            typst.compile(
                str(main),
                output=str(path),
                root=str(folder),
                font_paths=_font_folders(),
                ignore_system_fonts=True,
                timestamp=calendar.timegm(report.at.timetuple()),
            )
        except typst.TypstError as error:
            raise ReportError(f"{path.name}: the PDF could not be set: {str(error).splitlines()[0]}") from error


def _check_fonts(data: str) -> None:
    if has_chinese(data):
        chinese_font()


def _font_folders() -> list[str]:
    own = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return [str(own), *([str(chinese_font_file().parent)] if find_chinese() else [])]


def _data(report: Report, folder: Path) -> dict[str, Any]:
    language = report.language
    found = find_chinese()
    return {
        "fonts": [found[0], LATIN] if found else [LATIN],
        "lang": "en" if language == "en" else "zh",
        "region": "gb" if language == "en" else "cn",
        "title": report.title.lines(language),
        "subtitle": report.subtitle.lines(language),
        "at": report.at.isoformat(),
        "banner": report.banner.lines(language) if report.banner else [],
        "page": say("page", n="{n}", total="{total}").lines(language),
        "runs": list(_runs(report, folder)),
    }


def _runs(report: Report, folder: Path) -> Iterator[dict[str, Any]]:
    """Blocks in runs of one orientation: wide tables lie on landscape pages."""
    language = report.language
    run: dict[str, Any] = {"landscape": False, "items": []}
    for _, title, items in numbered(report):
        for index, (item, landscape) in enumerate(zip(items, orientations(items, language), strict=True)):
            if landscape != run["landscape"] and run["items"]:
                yield run
                run = {"landscape": landscape, "items": []}
            run["landscape"] = landscape
            if index == 0:
                run["items"].append({"kind": "heading", "text": title.inline(language)})
            made = _block(item, language, folder)
            # words that lead to a table or picture do not stay behind on the page before
            made["leads"] = index + 1 < len(items) and not isinstance(items[index + 1].block, (Text, Note))
            run["items"].append(made)
    yield run


def _block(item: Numbered, language: Language, folder: Path) -> dict[str, Any]:
    block = item.block
    if isinstance(block, Table):
        return {
            "kind": "table",
            "caption": caption_lines(item, language),
            "head": [head_lines(column, language) for column in block.columns],
            "rows": printed_lines(block, language),
            "tall": is_tall(block, language),
            "right": [column.numeric for column in block.columns],
            "widths": shares(block, language),
            "total": block.total,
            "notes": [line for note in block.notes for line in note.lines(language)],
        }
    if isinstance(block, Facts):
        return {"kind": "facts", "items": [_fact(fact, language) for fact in block.items]}
    if isinstance(block, (Chart, Sheet)):
        return _picture(item, language, folder)
    text = block.text if isinstance(block, Note) else block
    return {"kind": "note" if isinstance(block, Note) else "text", "lines": text.lines(language)}


def _fact(fact: Any, language: Language) -> dict[str, Any]:
    named = {name: getattr(fact, name).lines(language) for name in ("name", "value", "note")}
    return {**named, "colour": _COLOURS[fact.tone]}


def _picture(item: Numbered, language: Language, folder: Path) -> dict[str, Any]:
    block = item.block
    assert isinstance(block, (Chart, Sheet))
    if isinstance(block, Chart):
        data: bytes | None = picture(block.draw(language), form="svg")
        name = f"figure-{item.number}.svg"
    else:
        data, name = block.image(language), f"figure-{item.number}.png"
    if data is None:
        return {"kind": "text", "lines": block.alt.lines(language)}
    (folder / name).write_bytes(data)
    return {
        "kind": "picture",
        "file": name,
        "alt": block.alt.inline(language),
        "caption": caption_lines(item, language),
    }
