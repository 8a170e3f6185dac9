"""The report as a Word document: A4, real tables with repeated headers, numbered captions, alternative texts."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt, RGBColor

from reclaim.figures import picture
from reclaim.reports import word_parts as parts
from reclaim.reports.model import Chart, Facts, Note, Report, Sheet, Table, Text
from reclaim.reports.view import Numbered, caption_lines, head_lines, numbered, printed_lines
from reclaim.reports.widths import is_tall, orientations, shares
from reclaim.reports.wording import say
from reclaim.reports.zipped import dated_bytes
from reclaim.vocabulary import Language

DPI = 300
_COLOURS = {"plain": "4477AA", "good": "1B6E2A", "bad": "B3273A", "unsure": "8A6D00"}
_HIGHEST = {False: Mm(150), True: Mm(128)}  # of a picture, on an upright page and on one that lies on its side


def write_word(report: Report, path: Path) -> None:
    """
    Write a report as a Word document.

    Parameters
    ----------
    report : Report
        Made by `content`.
    path : Path
        The ``.docx`` file; the same report gives the same bytes.
    """
    document = Document()
    parts.set_styles(document)
    parts.page(document.sections[0], landscape=False)
    _frame(document, report)
    _title(document, report)
    for _, title, items in numbered(report):
        _section(document, title, items, report.language)
    save(document, path, report)


def _title(document: Any, report: Report) -> None:
    """The name and what is reported; the second language stands smaller below the first."""
    for style, text in (("Title", report.title), ("Subtitle", report.subtitle)):
        lines = text.lines(report.language)
        for index, line in enumerate(lines):
            paragraph = document.add_paragraph(style=style)
            run = paragraph.add_run(line)
            if style == "Title" and index:
                run.font.size, run.font.bold = Pt(14), False
            if index < len(lines) - 1:
                paragraph.paragraph_format.space_after = Pt(2)


def save(document: Any, path: Path, report: Report, *, title: str | None = None) -> None:
    """Save with the report's date and title in the file, and nothing of the moment."""
    moment = datetime.combine(report.at, time())
    properties = document.core_properties
    whole = " ".join((report.title.inline("both"), report.subtitle.inline("both")))
    properties.title = (whole if title is None else title)[:255]
    properties.author = properties.last_modified_by = "reclaim"
    properties.comments = ""
    properties.revision = 1
    properties.created = properties.modified = moment
    stream = BytesIO()
    document.save(stream)
    path.write_bytes(dated_bytes(stream.getvalue(), report.at))


def _frame(document: Any, report: Report) -> None:
    """Header and footer: what the report is of, whether it is made up, and the page numbers."""
    section = document.sections[0]
    header = section.header.paragraphs[0]
    header.text = report.title.inline(report.language)
    if report.banner is not None:
        for line in report.banner.lines(report.language):
            warning = section.header.add_paragraph(style="Header").add_run(line)
            warning.font.bold, warning.font.color.rgb = True, RGBColor(0x8A, 0x4B, 0x00)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for piece in re.split(r"(\{n\}|\{total\})", say("page").inline(report.language)):
        if piece in ("{n}", "{total}"):
            parts.field(footer, "PAGE" if piece == "{n}" else "NUMPAGES", "1")
        else:
            footer.add_run(piece)


def _section(document: Any, title: Text, items: Sequence[Numbered], language: Language) -> None:
    """A section; wide tables lie on landscape pages, with the words that lead to them."""
    sides = orientations(items, language)
    for index, item in enumerate(items):
        landscape = bool(document.sections[-1].page_width > document.sections[-1].page_height)
        if sides[index] != landscape:
            parts.turn(document, landscape=sides[index])
        if index == 0:
            document.add_heading(title.inline(language), level=1)
        # words that lead to a table or picture do not stay behind on the page before
        leads = index + 1 < len(items) and not isinstance(items[index + 1].block, (Text, Note))
        add_block(document, item, language, leads=leads)


def add_block(document: Any, item: Numbered, language: Language, *, leads: bool = False) -> None:
    """One block at the end of a document; words may lead to what follows, and then stay with it."""
    block = item.block
    if isinstance(block, Table):
        _caption(document, item, language)
        _table(document, block, language)
    elif isinstance(block, (Chart, Sheet)):
        _picture(document, item, language)
    elif isinstance(block, Facts):
        _facts(document, block, language)
    else:
        text = block.text if isinstance(block, Note) else block
        for line in text.lines(language):
            document.add_paragraph(line).paragraph_format.keep_with_next = leads


def _caption(document: Any, item: Numbered, language: Language) -> None:
    """A caption whose number is a field, so that Word counts on when pages are put together."""
    kind = "Table" if isinstance(item.block, Table) else "Figure"
    for index, line in enumerate(caption_lines(item, language)):
        paragraph = document.add_paragraph(style="Caption")
        word, _, rest = line.partition(f" {item.number}")
        paragraph.add_run(f"{word} ")
        # the second language repeats the number of the first
        parts.field(paragraph, f"SEQ {kind} " + (r"\c " if index else "") + r"\* ARABIC", str(item.number))
        paragraph.add_run(rest)
        paragraph.paragraph_format.space_before = Pt(0) if index else None
        if kind == "Figure":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.paragraph_format.keep_with_next = False
        last = index == len(caption_lines(item, language)) - 1
        paragraph.paragraph_format.space_after = None if last else Pt(0)


def _table(document: Any, table: Table, language: Language) -> None:
    room = parts.room(document)
    widths = [int(share * room) for share in shares(table, language)]
    made = parts.table(
        [head_lines(column, language) for column in table.columns],
        printed_lines(table, language),
        widths=widths,
        right=[column.numeric for column in table.columns],
        total=table.total,
        whole=not is_tall(table, language),
        notes=bool(table.notes),
    )
    # one paragraph for all notes; without any it is the space below the table
    after = document.add_paragraph()
    after._p.addprevious(made)
    after.paragraph_format.space_before, after.paragraph_format.space_after = Pt(2), Pt(6)
    for index, line in enumerate(line for note in table.notes for line in note.lines(language)):
        run = after.add_run()
        if index:
            run.add_break()
        run.add_text(line)
        run.font.size, run.font.color.rgb = Pt(8), RGBColor(0x5B, 0x65, 0x6C)


def _picture(document: Any, item: Numbered, language: Language) -> None:
    block = item.block
    assert isinstance(block, (Chart, Sheet))
    data = picture(block.draw(language), form="png", dpi=DPI) if isinstance(block, Chart) else block.image(language)
    if data is None:
        return
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(8)
    landscape = document.sections[-1].page_width > document.sections[-1].page_height
    most = int(_HIGHEST[bool(landscape)])
    parts.picture(paragraph, data, alt=block.alt.inline(language), width=parts.room(document), most=most)
    _caption(document, item, language)


def _facts(document: Any, facts: Facts, language: Language) -> None:
    """The figures of the summary as cards."""
    names = ("name", "value", "note")
    items = [([getattr(fact, name).lines(language) for name in names], _COLOURS[fact.tone]) for fact in facts.items]
    after = document.add_paragraph()
    after._p.addprevious(parts.facts(items, width=parts.room(document)))
