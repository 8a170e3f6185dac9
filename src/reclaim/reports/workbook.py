"""The report as a workbook: live tables with frozen headers, values unrounded, and no formula from user text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from reclaim.reports.layouts import layout
from reclaim.reports.model import Cell, Column, Facts, Report, Table, Text, clean
from reclaim.reports.numbers import is_missing, show
from reclaim.reports.view import head_lines, width_of
from reclaim.reports.wording import say
from reclaim.vocabulary import Language

_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_LONGEST_CELL = 32_767
_WIDEST = 46  # half-width characters; a longer text wraps
_FORMULA_STARTS = ("=", "+", "-", "@")


@dataclass
class _Book:
    """A workbook being written: its formats and the names that are taken."""

    book: Any
    language: Language
    taken: set[str] = field(default_factory=set)
    formats: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def format(self, **settings: Any) -> Any:
        key = tuple(sorted(settings.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"valign": "top", **settings})
        return self.formats[key]

    def sheet_name(self, text: str) -> str:
        """A name that Excel takes: at most 31 characters, none of its signs, once only whatever the case."""
        base = _FORBIDDEN.sub(" ", clean(text)).strip()[:28] or "sheet"
        name, count = base, 2
        while name.lower() in self.taken:
            name, count = f"{base} {count}", count + 1
        self.taken.add(name.lower())
        return name


def write_workbook(report: Report, path: Path, *, more: Sequence[Table] = ()) -> None:
    """
    Write a report as a workbook.

    Parameters
    ----------
    report : Report
        Made by `content`; its tables each have a sheet of their own.
    path : Path
        The ``.xlsx`` file; the same report gives the same bytes.
    more : sequence of Table
        Further tables that a printed report has no room for.
    """
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties(
        {"title": report.title.inline("both"), "author": "reclaim", "created": datetime.combine(report.at, time())}
    )
    made = _Book(book, report.language)
    _summary(made, report)
    for number, table in enumerate([*report.tables(), *more], start=1):
        _table(made, table, number)
    book.close()


# --- summary ---------------------------------------------------------------------------------------------------------


def _summary(made: _Book, report: Report) -> None:
    sheet = made.book.add_worksheet(made.sheet_name(say("summary").inline(made.language)))
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 30)
    sheet.set_column(2, 2, 60)
    row = 0
    for text, size in ((report.title, 16), (report.subtitle, 11)):
        for line in text.lines(made.language):
            sheet.set_row(row, 1.5 * size)
            _text(made, sheet, row, 0, line, bold=size > 11, font_size=size)
            row += 1
    for line in report.banner.lines(made.language) if report.banner else ():
        _text(made, sheet, row, 0, line, bold=True, font_color="#8A4B00")
        row += 1
    row += 1
    for facts in (block for block in report.blocks() if isinstance(block, Facts)):
        for fact in facts.items:
            for column, text in enumerate((fact.name, fact.value, fact.note)):
                _text(made, sheet, row, column, "\n".join(text.lines(made.language)), text_wrap=True, bold=column == 1)
            sheet.set_row(row, 32 if made.language == "both" else 18)
            row += 1
    _for_print(sheet)


# --- tables ----------------------------------------------------------------------------------------------------------


def _table(made: _Book, table: Table, number: int) -> None:
    named = table.caption.en if made.language == "en" else table.caption.zh
    sheet = made.book.add_worksheet(made.sheet_name(f"{number} {named}"))
    top = 0
    for line in table.caption.lines(made.language):
        _text(made, sheet, top, 0, line, bold=True)
        top += 1
    body = table.rows[:-1] if table.total else table.rows
    if not body:
        return
    last = top + len(body) + (1 if table.total else 0)
    width = len(table.columns)
    sheet.add_table(
        top,
        0,
        last,
        width - 1,
        {
            "name": f"table_{number}",
            "style": "Table Style Light 1",
            "total_row": table.total,
            "columns": [
                {"header": header, "header_format": _head_format(made, column, header)}
                for header, column in zip(_headers(table.columns, made.language), table.columns, strict=True)
            ],
        },
    )
    for index, row in enumerate(body):
        for column, value in enumerate(row):
            _cell(made, sheet, top + 1 + index, column, value, table.columns[column], in_table=True)
        height = max(_lines(value, made.language) for value in row)
        if height > 1:
            sheet.set_row(top + 1 + index, 15.0 * height)
    if table.total:
        _totals(made, sheet, table, top=top, last=last)
    _check_column(made, sheet, table, top=top)
    widths = _widths(sheet, table, made.language)
    heads = zip(_headers(table.columns, made.language), widths, strict=True)
    # a word that does not fit goes to the next line, so a header may need one more than its width says
    sheet.set_row(top, 15.0 * max(1 + ceil(width_of(head) / (width - 3)) for head, width in heads))
    sheet.freeze_panes(top + 1, 1)
    _for_print(sheet)
    sheet.repeat_rows(top)
    _notes(made, sheet, table, last + 2)
    if table.key == "movement":
        _chart(made, sheet, table, top=top)


def _for_print(sheet: Any) -> None:
    """A4 on its side, as wide as one page."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _headers(columns: Sequence[Column], language: Language) -> list[str]:
    """Headers of a live table must differ from each other."""
    seen: dict[str, int] = {}
    made = []
    for column in columns:
        header = " ".join(head_lines(column, language))[:250]
        count = seen[header.lower()] = seen.get(header.lower(), 0) + 1
        made.append(header if count == 1 else f"{header} {count}")
    return made


def _head_format(made: _Book, column: Column, header: str) -> Any:
    side = {"align": "right"} if column.numeric else {"align": "left", "indent": 1}
    quoted = {"quote_prefix": True} if header.startswith(_FORMULA_STARTS) else {}
    return made.format(bold=True, text_wrap=True, bottom=1, **side, **quoted)


def _number_format(column: Column) -> str:
    if column.kind == "share":
        return "0." + "0" * column.decimals + "%" if column.decimals else "0%"
    if column.kind in ("count", "year"):
        return "0" if column.kind == "year" else "#,##0"
    return "#,##0" + ("." + "0" * column.decimals if column.decimals else "")


def _cell(made: _Book, sheet: Any, row: int, column: int, value: Cell, head: Column, **style: Any) -> None:
    if isinstance(value, Text):
        lines = value.lines(made.language)
        apart = len(lines) > 1 and width_of(" ".join(lines)) > _WIDEST
        _text(made, sheet, row, column, ("\n" if apart else " ").join(lines), **style)
    elif is_missing(value):
        sheet.write_blank(row, column, None, made.format(**_plain(style)))
    elif isinstance(value, (int, float)):
        style = _plain(style)
        sheet.write_number(row, column, value, made.format(num_format=_number_format(head), **style))
    else:
        _text(made, sheet, row, column, str(value), **style)


def _lines(value: Cell, language: Language) -> int:
    """On how many lines a text stands in its cell; not every program finds out by itself."""
    if isinstance(value, Text):
        lines = value.lines(language)
        apart = len(lines) > 1 and width_of(" ".join(lines)) > _WIDEST
        return sum(_lines(line, language) for line in (lines if apart else (" ".join(lines),)))
    return max(1, ceil(width_of(value) / _WIDEST)) if isinstance(value, str) else 1


def _plain(style: dict[str, Any]) -> dict[str, Any]:
    """Only texts wrap."""
    return {name: value for name, value in style.items() if name != "in_table"}


def _text(made: _Book, sheet: Any, row: int, column: int, text: str, **style: Any) -> None:
    """Text stays text: it is written as a string, and Excel keeps it one when somebody edits the cell."""
    text = clean(text)
    if text.startswith(_FORMULA_STARTS):
        style["quote_prefix"] = True
    if style.pop("in_table", False):
        # a text right of a number stands off it
        style |= {"align": "left", "indent": 1}
        if "\n" in text or width_of(text) > _WIDEST:
            style["text_wrap"] = True
    sheet.write_string(row, column, text[:_LONGEST_CELL], made.format(**style))


def _totals(made: _Book, sheet: Any, table: Table, *, top: int, last: int) -> None:
    """Sums that follow the table where the total is a sum; plain values where it is a stock or a share."""
    stocks = _stocks(table)
    for column, (head, value) in enumerate(zip(table.columns, table.rows[-1], strict=True)):
        if head.kind == "number" and head.key not in stocks and isinstance(value, float):
            area = xl_range(top + 1, column, last - 1, column)
            style = made.format(num_format=_number_format(head), bold=True)
            sheet.write_formula(last, column, f"=SUBTOTAL(109,{area})", style, value)
        else:
            _cell(made, sheet, last, column, value, head, bold=True)


def _stocks(table: Table) -> set[str]:
    if table.key == "ladder":
        return {"reached"}
    found = [layout(table.key)] if table.key in ("movement", "gri-mm1") else []
    return {line.key for form in found for line in form.lines if line.stock}


def _check_column(made: _Book, sheet: Any, table: Table, *, top: int) -> None:
    """Beside the movement, a formula in each row that says whether it closes."""
    if table.key not in ("movement", "by-site"):
        return
    balance = layout("movement").balance
    place = {column.key: index for index, column in enumerate(table.columns)}
    column = len(table.columns) + 1
    _text(made, sheet, top, column, say("check").inline(made.language), bold=True, text_wrap=True)
    sheet.set_column(column, column, 20)
    for index in range(len(table.rows) - (1 if table.total else 0)):
        row = top + 1 + index
        terms = [(sign, xl_rowcol_to_cell(row, place[key])) for key, sign in balance.items() if key in place]
        formula = "=ROUND(" + "".join(f"{'+' if sign > 0 else '-'}{cell}" for sign, cell in terms) + ",6)"
        sheet.write_formula(row, column, formula, made.format(num_format="0.00"), 0)


def _widths(sheet: Any, table: Table, language: Language) -> list[float]:
    """Columns as wide as what stands in them, up to where text wraps; gives the widths."""
    widths = []
    for index, column in enumerate(table.columns):
        texts = (show(row[index], column, language) for row in table.rows[:300])
        longest = 14 if column.numeric else max((width_of(text) for text in texts), default=8)
        head = max((width_of(line) for line in head_lines(column, language)), default=8)
        widths.append(min(_WIDEST, max(9, longest, min(head, 18))) + 3.0)
        sheet.set_column(index, index, widths[-1])
    return widths


def _notes(made: _Book, sheet: Any, table: Table, row: int) -> None:
    # nothing is rounded here
    notes = (note for note in table.notes if note != say("readds"))
    for offset, line in enumerate(line for note in notes for line in note.lines(made.language)):
        _text(made, sheet, row + offset, 0, line, font_color="#5B656C")


def _chart(made: _Book, sheet: Any, table: Table, *, top: int) -> None:
    """Columns of what was disturbed and reclaimed, drawn by the workbook from its own cells."""
    place = {column.key: index for index, column in enumerate(table.columns)}
    first, last = top + 1, top + len(table.rows) - (1 if table.total else 0)
    chart = made.book.add_chart({"type": "column"})
    for key, colour in (
        ("new", "#EE6677"),
        ("redisturbed", "#AA3344"),
        ("reclaimed", "#228833"),
        ("reclaimed_again", "#115522"),
    ):
        if key in place:
            name = table.columns[place[key]].head.inline(made.language)
            values = [sheet.get_name(), first, place[key], last, place[key]]
            years = [sheet.get_name(), first, 0, last, 0]
            chart.add_series({"name": name, "values": values, "categories": years, "fill": {"color": colour}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 760, "height": 340})
    sheet.insert_chart(
        top + len(table.rows) + 6, 0, chart, {"description": say("chart_movement").inline(made.language)}
    )
