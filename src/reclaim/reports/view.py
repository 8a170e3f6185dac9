"""What all writers share: numbered captions, header lines and printed cells."""

from collections.abc import Iterator
from dataclasses import dataclass

from reclaim import units
from reclaim.reports.model import Block, Cell, Chart, Column, Report, Sheet, Table, Text
from reclaim.reports.numbers import show
from reclaim.reports.wording import say
from reclaim.vocabulary import Language


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
    """The header of a column, a line for each language, and its unit."""
    unit = (f"({units.label(column.unit, language)})",) if column.unit else ()
    return (*column.head.lines(language), *unit)


def printed_rows(table: Table, language: Language) -> list[list[str]]:
    """All cells of a table as they are printed."""
    return [[show(cell, column, language) for cell, column in _cells(row, table)] for row in table.printed]


def _cells(row: tuple[Cell, ...], table: Table) -> Iterator[tuple[Cell, Column]]:
    return zip(row, table.columns, strict=True)
