"""
Lettering of paper maps: fonts by name, text that fits, characters that no font has.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from reclaim.errors import MapError
from reclaim.figures.fonts import LATIN, chinese_font, families, find_chinese
from reclaim.vocabulary import Language

POINT_MM = 25.4 / 72


@contextmanager
def lettering(language: Language) -> Iterator[None]:
    """
    Fonts for a language, inside the block.

    Raises
    ------
    MapError
        Where Chinese is asked for and this machine has no font for it; says what to install.
    """
    if language != "en" and find_chinese() is None:
        try:
            chinese_font()
        except ValueError as error:
            raise MapError(*getattr(error, "faults", (str(error),))) from error
    with mpl.rc_context({"font.family": families()}):
        yield


def width_ems(text: str) -> float:
    """
    Width of a text in ems, roughly: Chinese characters are one wide, others a bit over half.

    Examples
    --------
    >>> round(width_ems("亩 mu"), 2)
    2.71
    """
    return sum(1.0 if unicodedata.east_asian_width(char) in "WF" else 0.57 for char in text)


def clipped(text: str, room_mm: float, size: float) -> str:
    """
    A text cut to a room of some millimetres at a size in points, with an ellipsis where it was cut.

    Examples
    --------
    >>> clipped("A very long name", 12, 8)
    'A ver…'
    """
    room = room_mm / (size * POINT_MM)
    if width_ems(text) <= room:
        return text
    while text and width_ems(text) + 1 > room:
        text = text[: -max(1, int((width_ems(text) + 1 - room) / 2))]
    return text.rstrip() + "…"


def flowed(notes: Sequence[str], room_mm: float, size: float) -> list[str]:
    """
    Notes one after another in as few lines as hold them.

    Examples
    --------
    >>> flowed(["one", "two", "three"], 20, 8)
    ['one    two', 'three']
    """
    lines: list[str] = []
    for note in notes:
        joined = f"{lines[-1]}    {note}" if lines else note
        if lines and width_ems(joined) * size * POINT_MM <= room_mm:
            lines[-1] = joined
        else:
            lines.append(clipped(note, room_mm, size))
    return lines


def readable(text: str) -> str:
    """A text on one line without control and direction marks; what no font has becomes a box."""
    known = _characters()
    kept = (
        " " if char in "\t\n\r" else char for char in text if char in "\t\n\r" or unicodedata.category(char)[0] != "C"
    )
    return "".join(char if ord(char) in known else "□" for char in kept)


@cache
def _characters() -> frozenset[int]:
    """Every character that the fonts of ``families`` have."""
    found: set[int] = {ord("□")}
    chinese = find_chinese()
    files = [font_manager.findfont(LATIN)] + ([str(chinese[1])] if chinese else [])
    for file in files:
        found |= set(FT2Font(file).get_charmap())
    return frozenset(found)
