"""
Tables on sheets: where they begin, which row names the columns, what is no row of theirs.

A sheet that people fill in has a title above, names in one or two rows, cells merged over several, a total at the
end and a signature below. Here a grid of cells is taken apart into the tables that it holds.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from reclaim.io.synonyms import bare, bracketed, column_names, stage_columns
from reclaim.tables import INPUT_TABLES

Cell = Any
Row = list[Cell]

_LOOK_DOWN = 20  # rows in which the names are looked for
_TOTAL = re.compile(r"^(合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|total|sum|subtotal|grand total)[:：]?$", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+%?")


@dataclass(frozen=True)
class Block:
    """A rectangle of a grid: first and last row and column, counted from 0."""

    top: int
    left: int
    bottom: int
    right: int

    def name(self) -> str:
        """The rectangle as people write it: ``A3:F20``."""
        return f"{column_letters(self.left)}{self.top + 1}:{column_letters(self.right)}{self.bottom + 1}"


@dataclass
class SheetTable:
    """
    One table of a sheet.

    Parameters
    ----------
    names : list of str
        Names of the columns.
    rows : list of (number, cells)
        Rows with their number below the names, counted from 0.
    header : int
        Row of the grid in which the (last) names stand, counted from 0.
    block : Block
        Where it stands.
    totals : list of int
        Numbers of rows that were left out as totals.
    """

    names: list[str]
    rows: list[tuple[int, Row]]
    header: int
    block: Block
    totals: list[int] = field(default_factory=list)


def column_letters(number: int) -> str:
    """
    A column's letters.

    Examples
    --------
    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def find_tables(grid: Sequence[Row], *, wide: frozenset[int] = frozenset()) -> list[SheetTable]:
    """
    The tables that a grid of cells holds.

    Parameters
    ----------
    grid : sequence of rows
        Cells; None is empty. Merged cells hold their value in each of their places.
    wide : frozenset of int
        Rows in which cells are merged across columns: names in such a row go on in the next.

    Returns
    -------
    list of SheetTable
        From the top down, then from left to right.

    Examples
    --------
    >>> table, = find_tables([["2019年复垦台账", None], ["地块编号", "面积（亩）"], ["P1", 3.5], ["合计", 3.5]])
    >>> table.names, table.rows, table.totals
    (['地块编号', '面积（亩）'], [(0, ['P1', 3.5])], [1])
    """
    found: list[SheetTable] = []
    for block in _blocks(grid):
        table = _table(grid, block, wide)
        if table is not None:
            found.append(table)
        elif found and _continues(grid, block, found[-1]):
            _append(grid, block, found[-1])
    return found


def table_at(grid: Sequence[Row], block: Block, *, wide: frozenset[int] = frozenset()) -> SheetTable | None:
    """The table in a rectangle that somebody named; None when there is none."""
    bounded = Block(block.top, block.left, min(block.bottom, len(grid) - 1), min(block.right, _width(grid) - 1))
    return _table(grid, bounded, wide)


def _width(grid: Sequence[Row]) -> int:
    return max((len(row) for row in grid), default=0)


def is_empty(cell: Cell) -> bool:
    """Whether a cell holds nothing that can be seen."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _blocks(grid: Sequence[Row]) -> Iterator[Block]:
    """Rectangles parted by empty rows, and inside those by empty columns."""
    top: int | None = None
    for number, row in enumerate([*grid, []]):
        filled = any(not is_empty(cell) for cell in row)
        if filled and top is None:
            top = number
        if not filled and top is not None:
            yield from _columns_apart(grid, top, number - 1)
            top = None


def _columns_apart(grid: Sequence[Row], top: int, bottom: int) -> Iterator[Block]:
    rows = grid[top : bottom + 1]
    width = _width(rows)
    # a title merged over everything must not bind two tables together
    filled = [sum(1 for row in rows if column < len(row) and not is_empty(row[column])) for column in range(width)]
    left: int | None = None
    for column in range(width + 1):
        there = column < width and filled[column] > 0
        if there and left is None:
            left = column
        if not there and left is not None:
            yield Block(top, left, bottom, column - 1)
            left = None


def _cells(grid: Sequence[Row], number: int, block: Block) -> Row:
    row = grid[number][block.left : block.right + 1]
    return [*row, *[None] * (block.right + 1 - block.left - len(row))]


def _table(grid: Sequence[Row], block: Block, wide: frozenset[int]) -> SheetTable | None:
    head = _header_row(grid, block)
    if head is None:
        return None
    names, last = _names(grid, block, head, wide)
    if last >= block.bottom and known_names(names) < 2:
        return None
    table = SheetTable(names, [], last, Block(head, block.left, block.bottom, block.right))
    _take_rows(grid, table, last + 1, block.bottom)
    return table


def _header_row(grid: Sequence[Row], block: Block) -> int | None:
    """The row that names the columns: two or more different texts and no number, most of them known names."""
    best: tuple[int, int, int] | None = None  # known names, cells, row
    for number in range(block.top, min(block.bottom, block.top + _LOOK_DOWN) + 1):
        cells = [cell for cell in _cells(grid, number, block) if not is_empty(cell)]
        if not _like_names(cells):
            continue
        known = known_names(cells)
        # a remark of two cells above the names has fewer cells than they have; rows below have as many
        if best is None or known > best[0] or (known == best[0] and len(cells) > best[1] * 1.4):
            best = (known, len(cells), number)
    return None if best is None else best[2]


def header_row(grid: Sequence[Row]) -> int:
    """The row that names the columns of a grid that is one table; the first where none looks like names."""
    found = _header_row(grid, Block(0, 0, len(grid) - 1, _width(grid[: _LOOK_DOWN + 1]) - 1))
    return found or 0


def _like_names(cells: Sequence[Cell]) -> bool:
    texts = {str(cell).strip() for cell in cells if isinstance(cell, str)}
    numbers = any(
        not isinstance(cell, str) or _NUMBER.fullmatch(unicodedata.normalize("NFKC", cell.strip())) for cell in cells
    )
    return len(texts) >= 2 and not numbers


def known_names(cells: Sequence[Cell]) -> int:
    """How many of some names the vocabulary knows."""
    return sum(1 for cell in cells if isinstance(cell, str) and bare(cell) in _all_names())


@cache
def _all_names() -> frozenset[str]:
    return frozenset(name for table in INPUT_TABLES for name in column_names(table)) | frozenset(stage_columns())


def _names(grid: Sequence[Row], block: Block, head: int, wide: frozenset[int]) -> tuple[list[str], int]:
    """Names of the columns, from two rows where the first has cells merged across columns; and the last row used."""
    upper = _cells(grid, head, block)
    texts = ["" if is_empty(cell) else str(cell) for cell in upper]
    last = head
    if head in wide and head < block.bottom:
        below = _cells(grid, head + 1, block)
        if _like_names([cell for cell in below if not is_empty(cell)]):
            texts = [_joined(top, "" if is_empty(cell) else str(cell)) for top, cell in zip(texts, below, strict=True)]
            last = head + 1
    names: list[str] = []
    for number, text in enumerate(texts):
        name = " ".join(text.split()) or f"column_{column_letters(block.left + number)}"
        names.append(name if name not in names else f"{name}_{column_letters(block.left + number)}")
    return names, last


def _joined(top: str, below: str) -> str:
    """A name over two rows: 面积（亩） over 永久 is 永久面积（亩）, so that the unit stays at the end."""
    if not below or below == top:
        return top
    return below if not top else f"{below}{'' if bracketed(below) is None else ' '}{top}"


def _take_rows(grid: Sequence[Row], table: SheetTable, first: int, last: int) -> None:
    for number in range(first, last + 1):
        cells = _cells(grid, number, table.block)
        filled = [cell for cell in cells if not is_empty(cell)]
        place = number - table.header - 1
        if any(isinstance(cell, str) and _TOTAL.match(cell.strip()) for cell in filled[:2]):
            table.totals.append(place)
        elif len(filled) > 1 or (filled and len(table.names) == 1):
            table.rows.append((place, cells))


def _continues(grid: Sequence[Row], block: Block, table: SheetTable) -> bool:
    """Whether rows after a gap go on with the table above: the same columns, more than a remark."""
    inside = table.block.left <= block.left and block.right <= table.block.right
    wide_enough = block.right - block.left + 1 >= max(2, (table.block.right - table.block.left + 1) // 2)
    return inside and wide_enough and block.top > table.block.bottom


def _append(grid: Sequence[Row], block: Block, table: SheetTable) -> None:
    _take_rows(grid, table, block.top, block.bottom)
    table.block = Block(table.block.top, table.block.left, block.bottom, table.block.right)
