"""How wide the columns of a printed table are, from what stands in them."""

import unicodedata
from collections.abc import Sequence

from reclaim.reports.model import Chart, Facts, Note, Sheet, Table, Text
from reclaim.reports.view import Numbered, head_lines, printed_rows
from reclaim.vocabulary import Language

_MOST, _LEAST, _LOOKED_AT = 34.0, 5.0, 400
_UPRIGHT = 108.0  # half-width characters of 8 points across an upright A4 page


def width_of(text: str) -> int:
    """
    Width of a text in half-width characters; Chinese ones take two.

    Examples
    --------
    >>> width_of("亩 mu")
    5
    """
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def shares(table: Table, language: Language) -> list[float]:
    """
    The share of the page's width that each column takes; numbers get the room they need, long texts wrap.

    Parameters
    ----------
    table : Table
        What is printed; the first few hundred rows decide.
    language : {"zh", "en", "both"}
        What it is printed in.

    Returns
    -------
    list of float
        Adds up to 1.
    """
    wanted = _wanted(table, language)
    return [width / sum(wanted) for width in wanted]


def is_wide(table: Table, language: Language) -> bool:
    """Whether a table needs a landscape page."""
    return sum(_wanted(table, language)) > _UPRIGHT


def orientations(items: Sequence[Numbered], language: Language) -> list[bool]:
    """For each block, whether it lies on a landscape page: wide tables do, and what leads to them."""
    sides: list[bool] = []
    following = False
    for item in reversed(items):
        if isinstance(item.block, Table):
            following = is_wide(item.block, language)
        elif isinstance(item.block, (Chart, Sheet, Facts)):
            following = False
        sides.insert(0, following)
    for index in range(1, len(items)):
        # a narrow table right after a wide one stays on its page
        if sides[index - 1] and isinstance(items[index].block, (Table, Text, Note)):
            sides[index] = True
    return sides


def _wanted(table: Table, language: Language) -> list[float]:
    rows = printed_rows(table, language)[:_LOOKED_AT]
    wanted = []
    for i, column in enumerate(table.columns):
        head = max((_longest_word(line) for line in head_lines(column, language)), default=0)
        cells = [row[i] for row in rows]
        if column.numeric or column.kind in ("date", "year"):
            body: float = max((width_of(cell) for cell in cells), default=0)
        else:
            body = _usual(sorted(width_of(cell) for cell in cells))
        wanted.append(min(_MOST, max(_LEAST, head, body) + 1.5))
    return wanted


def _usual(widths: list[int]) -> float:
    """A long text may wrap onto lines: what nine in ten need, dampened."""
    if not widths:
        return 0.0
    need = widths[min(len(widths) - 1, int(len(widths) * 0.9))]
    return float(need) if need <= 12 else 12 + (need - 12) * 0.45


def _longest_word(line: str) -> int:
    """A header may break between words, and Chinese anywhere, though not below four characters."""
    return max(
        (min(width_of(word), 12) if width_of(word) != len(word) else len(word) for word in line.split()), default=0
    )
