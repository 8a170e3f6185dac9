"""What all writers share: numbered captions, header lines and printed cells."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from reclaim import units
from reclaim.reports.model import Block, Cell, Chart, Column, Report, Sheet, Table, Text
from reclaim.reports.numbers import show
from reclaim.reports.wording import say
from reclaim.vocabulary import Language

_ONE_LINE = 20  # half-width characters; a longer pair of languages stands on two lines


@dataclass(frozen=True)
class Numbered:
    """A block with the number in its caption; 0 for blocks without one."""

    block: Block
    number: int = 0


def numbered(report: Report) -> Iterator[tuple[str, Text, list[Numbered]]]:
    """Sections with their blocks; tables and figures are counted through the whole report."""
    tables = figures = 0
    for section in report.sections:
        made = []
        for block in section.blocks:
            if isinstance(block, Table):
                tables += 1
                made.append(Numbered(block, tables))
            elif isinstance(block, (Chart, Sheet)):
                figures += 1
                made.append(Numbered(block, figures))
            else:
                made.append(Numbered(block))
        yield section.key, section.title, made


def caption_lines(item: Numbered, language: Language) -> tuple[str, ...]:
    """
    The caption with its number: "表 1　…", "Table 1. …".

    Examples
    --------
    >>> table = Table("t", Text("台账", "Ledger"), (), ())
    >>> caption_lines(Numbered(table, 2), "both")
    ('表 2　台账', 'Table 2. Ledger')
    """
    block = item.block
    assert isinstance(block, (Table, Chart, Sheet))
    word = say("table" if isinstance(block, Table) else "figure")
    return Text(f"{word.zh} {item.number}　{block.caption.zh}", f"{word.en} {item.number}. {block.caption.en}").lines(
        language
    )


def head_lines(column: Column, language: Language) -> tuple[str, ...]:
    """
    The header of a column, a line for each language, and its unit.

    A line break inside a header is where it may best be broken.

    Examples
    --------
    >>> head_lines(Column("area", Text("面积", "area"), "number", "mu"), "both")
    ('面积', 'area', '(亩 mu)')
    """
    unit = (f"({units.label(column.unit, language)})",) if column.unit else ()
    pieces = (piece for line in column.head.lines(language) for piece in line.split("\n"))
    return (*dict.fromkeys(pieces), *unit)


def printed_rows(table: Table, language: Language) -> list[list[str]]:
    """All cells of a table as they are printed, each on one line."""
    return [[show(cell, column, language) for cell, column in _cells(row, table)] for row in table.printed]


def printed_lines(table: Table, language: Language) -> list[list[tuple[str, ...]]]:
    """
    All cells of a table as they are printed; where two languages would be long, each has a line of its own.

    Examples
    --------
    >>> cell, column = Text("复垦责任范围口径", "responsibility basis"), Column("a", Text("口径", "basis"))
    >>> table = Table("t", Text("", ""), (column,), ((cell,),))
    >>> printed_lines(table, "both")
    [[('复垦责任范围口径', 'responsibility basis')]]
    """
    stacked = [language == "both" and _is_long(table, index) for index in range(len(table.columns))]
    return [
        [
            cell.lines(language) if apart and isinstance(cell, Text) else (show(cell, column, language),)
            for (cell, column), apart in zip(_cells(row, table), stacked, strict=True)
        ]
        for row in table.printed
    ]


def _is_long(table: Table, index: int) -> bool:
    cells = (row[index] for row in table.printed)
    return any(width_of(cell.inline("both")) > _ONE_LINE for cell in cells if isinstance(cell, Text))


def width_of(text: str) -> int:
    """
    Width of a text in half-width characters; Chinese ones take two.

    Examples
    --------
    >>> width_of("亩 mu")
    5
    """
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(char) in "WF" for char in text)


def _cells(row: tuple[Cell, ...], table: Table) -> Iterator[tuple[Cell, Column]]:
    return zip(row, table.columns, strict=True)
