"""How wide the columns of a printed table are, from what stands in them."""

from collections.abc import Sequence
from math import ceil

from reclaim.reports.model import Chart, Facts, Note, Sheet, Table, Text
from reclaim.reports.view import Numbered, head_lines, printed_lines, width_of
from reclaim.vocabulary import Language

_MOST, _LEAST, _LOOKED_AT = 38.0, 4.0, 400
_SHORT, _GAP, _WHOLE = 14, 1.6, 38
_UPRIGHT = 118.0  # half-width characters of 7.6 points across an upright A4 page


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


def is_tall(table: Table, language: Language) -> bool:
    """Whether a table may go over several pages; a shorter one is kept whole."""
    wanted = _wanted(table, language)
    page = max(_UPRIGHT, min(sum(wanted), 1.5 * _UPRIGHT))
    room = [max(1.0, width / sum(wanted) * page - _GAP) for width in wanted]
    rows = printed_lines(table, language)[:_LOOKED_AT]
    # a long line wraps
    lines = (max(sum(ceil(width_of(line) / room[i]) or 1 for line in row[i]) for i in range(len(row))) for row in rows)
    return sum(lines) > _WHOLE


def orientations(items: Sequence[Numbered], language: Language) -> list[bool]:
    """For each block, whether it lies on a landscape page: wide tables and maps do, and what leads to them."""
    sides: list[bool] = []
    following = False
    for item in reversed(items):
        if isinstance(item.block, Table):
            following = is_wide(item.block, language)
        elif isinstance(item.block, Sheet):
            following = True
        elif isinstance(item.block, (Chart, Facts)):
            following = False
        sides.insert(0, following)
    for index in range(1, len(items)):
        # a narrow table right after a wide one stays on its page
        if sides[index - 1] and isinstance(items[index].block, (Table, Text, Note)):
            sides[index] = True
    return sides


def _wanted(table: Table, language: Language) -> list[float]:
    rows = printed_lines(table, language)[:_LOOKED_AT]
    wanted = []
    for i, column in enumerate(table.columns):
        head = max((_longest_word(line) for line in head_lines(column, language)), default=0)
        lines = [line for row in rows for line in row[i]]
        if column.numeric or column.kind in ("date", "year"):
            # a total stands in bold, which is wider
            body: float = max((width_of(line) for line in lines), default=0) * (1.1 if table.total else 1)
        else:
            body = _usual(sorted(width_of(line) for line in lines))
        wanted.append(min(_MOST, max(_LEAST, head, body)) + _GAP)
    return wanted


def _usual(widths: list[int]) -> float:
    """A long text may wrap onto lines: what nine in ten need, dampened."""
    if not widths:
        return 0.0
    need = widths[min(len(widths) - 1, int(len(widths) * 0.9))]
    return float(need) if need <= _SHORT else _SHORT + (need - _SHORT) * 0.35


def _longest_word(line: str) -> int:
    """A header may break between words, and Chinese anywhere, though not below five characters."""
    return max(
        (min(width_of(word), 10) if width_of(word) != len(word) else len(word) for word in line.split()), default=0
    )
