"""Tables of a text: every cell with what names it, and with the places where its unit may be told."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from reclaim.reports.lint.words import alternatives, data, unbounded, units

_BORDER = "\x02"
_BLANKS = re.compile(r"(?<=\S)(?:\t[\t ]*| *\u3000[\u3000 ]*)(?=\S)")
_PIPED_RULE = re.compile(r":?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+")
_NUMBER = re.compile(r"[-−–+]?[\d,，. ]*\d[\d,，. ]*")
_YEAR = re.compile(r"(?:19|20)\d\d\s*年?")
_UNIT_HEAD = re.compile(r"(?:计量)?单位|units?", re.IGNORECASE)
# what stands under these is no quantity
_LABELS = re.compile(r"序号|编号|代码|电话|邮编|页码|no\.?|#|id|code|phone|page", re.IGNORECASE)


@dataclass(frozen=True)
class Cell:
    """
    A cell of a table.

    Attributes
    ----------
    start : int
        Where its text begins in its line.
    text : str
        Without the blanks around it.
    head : str
        The head of its column; where that tells no more than a unit, after the last head that does.
    row : tuple of str
        The cells before it that name the row.
    unit_words : tuple of str
        Where the unit of a number alone may be told, the nearest first.
    first, own_head : str
        The first cell of its row and its column's own head, as they stand.
    """

    start: int
    text: str
    head: str
    row: tuple[str, ...]
    unit_words: tuple[str, ...]
    first: str
    own_head: str


def is_row(line: str) -> bool:
    """Whether a line is a row of a table."""
    return _BORDER in line or (line.lstrip().startswith("|") and line.count("|") > 1)


def columns_marked(text: str) -> str:
    """
    The text with the borders of columns marked where no line begins with one: tabs, wide blanks, ``a | b``.

    Tabs and wide blanks make columns where two lines one after the other have as many of them. All places stay.
    """
    lines = text.split("\n")
    counts = [len(_BLANKS.findall(line)) for line in lines]
    piped = False
    for index, line in enumerate(lines):
        ruled = index + 1 < len(lines) and bool(_PIPED_RULE.fullmatch(lines[index + 1].strip()))
        piped = "|" in line and not line.lstrip().startswith("|") and (piped or ruled)
        near = counts[max(0, index - 1) : index] + counts[index + 1 : index + 2]
        if piped and not _PIPED_RULE.fullmatch(line.strip()):
            lines[index] = line.replace("|", _BORDER)
        elif counts[index] and counts[index] in near:
            lines[index] = _BLANKS.sub(lambda match: _BORDER + " " * (len(match[0]) - 1), line)
    return "\n".join(lines)


def split_row(line: str) -> list[tuple[int, str]]:
    r"""
    Where the cells of a line begin, and their texts; an empty cell keeps its place.

    Examples
    --------
    >>> split_row("| 2018 |  | 14,657 |")
    [(2, '2018'), (10, ''), (12, '14,657')]
    """
    inner, place, border = line, 0, _BORDER
    if _BORDER not in line:
        inner, place, border = line.rstrip().removesuffix("|"), len(line) - len(line.lstrip()) + 1, r"(?<!\\)\|"
    made = []
    for part in re.split(border, inner[place:]):
        made.append((place + len(part) - len(part.lstrip()), part.strip()))
        place += len(part) + 1
    return made


def cells(line: str, header: Sequence[str], caption: str) -> Iterator[Cell]:
    """
    The filled cells of one row.

    Parameters
    ----------
    line : str
        The row.
    header : sequence of str
        The first row of the table; empty for the first row itself.
    caption : str
        The short line above the table.
    """
    row = split_row(line)
    heads = [_as_head(head) for head in header] + [""] * len(row)
    told = [text for index, (_, text) in enumerate(row) if _tells_unit(text, heads[index])]
    for index, (place, text) in enumerate(row):
        if not text or _LABELS.fullmatch(heads[index]):
            continue
        earlier = [cell for _, cell in row[:index] if cell]
        named = tuple(cell for cell in earlier if not _NUMBER.fullmatch(cell) or _YEAR.fullmatch(cell))
        speaking = next((head for head in heads[index::-1] if head and not is_unit(head)), "")
        head = heads[index] if speaking == heads[index] else f"{speaking} {heads[index]}"
        where = (heads[index], *reversed(named), *told, caption)
        yield Cell(place, text, head.strip(), named, where, earlier[0] if earlier else "", heads[index])


def _as_head(text: str) -> str:
    """A head; a first row that holds figures names nothing."""
    figures = _NUMBER.fullmatch(text) and not _YEAR.fullmatch(text)
    return "" if figures or amount().search(text) else text


@cache
def amount() -> re.Pattern[str]:
    """A number with a unit."""
    return re.compile(rf"\d\s*(?:万|亿)?\s*(?:{unbounded(units())})", re.IGNORECASE)


@cache
def _unit_only() -> re.Pattern[str]:
    words = f"{alternatives(units())}|{alternatives(data()['multipliers'])}"
    return re.compile(rf"(?:{words}|[\s()（）/,，、:：]|单位|unit)+", re.IGNORECASE)


def is_unit(text: str) -> bool:
    """
    Whether a cell tells a unit and nothing else.

    Examples
    --------
    >>> is_unit("公顷 ha"), is_unit("万平方米"), is_unit("面积（亩）")
    (True, True, False)
    """
    return bool(text) and bool(_unit_only().fullmatch(text))


def _tells_unit(text: str, head: str) -> bool:
    return bool(text) and (is_unit(text) or bool(_UNIT_HEAD.fullmatch(head)))
