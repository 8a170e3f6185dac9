"""
Lettering of paper maps: fonts by name, text that fits, characters that no font has.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font, LoadFlags

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
    Width of a text in ems, as the fonts of this machine set it (bold is a little wider).

    Examples
    --------
    >>> width_ems("亩"), 0.8 < width_ems("mu") < 1.7
    (1.0, True)
    """
    return sum(map(_advance, text))


@cache
def _advance(char: str) -> float:
    """How far a character moves on, in ems; one that no font has is a box."""
    for font in _fonts():
        if font.get_char_index(ord(char)):
            glyph = font.load_char(ord(char), flags=LoadFlags.NO_SCALE)
            return float(glyph.horiAdvance / font.units_per_EM)
    return 1.0


def clipped(text: str, room_mm: float, size: float) -> str:
    """
    A text cut to a room of some millimetres at a size in points, with an ellipsis where it was cut.

    Examples
    --------
    >>> clipped("A name", 50, 8), clipped("A very long name", 12, 8)[-1]
    ('A name', '…')
    """
    room = room_mm / (size * POINT_MM) + 1e-6
    if width_ems(text) <= room:
        return text
    while text and width_ems(text) + 1 > room:
        text = text[: -max(1, int((width_ems(text) + 1 - room) / 2))]
    return text.rstrip() + "…"


def fitting(text: str, room_mm: float, size: float, *, least: float) -> float:
    """
    The size in points at which a text fits a room, at most ``size`` and at least ``least``.

    Examples
    --------
    >>> fitting("short", 50, 10, least=6), 6 <= fitting("A long name for a mine", 30, 10, least=6) < 9.5
    (10, True)
    """
    return max(least, min(size, room_mm / POINT_MM / max(width_ems(text), 1e-9)))


def flowed(notes: Sequence[str], room_mm: float, size: float) -> list[str]:
    """
    Notes one after another in as few lines as hold them; a note that is longer than a line is broken at its spaces.

    Examples
    --------
    >>> flowed(["one", "two", "three"], 16, 8)
    ['one    two', 'three']
    """
    lines: list[str] = []
    for note in notes:
        joined = f"{lines[-1]}    {note}" if lines else note
        if lines and width_ems(joined) * size * POINT_MM <= room_mm:
            lines[-1] = joined
        else:
            lines += _broken(note, room_mm, size)
    return lines


def _broken(note: str, room_mm: float, size: float) -> list[str]:
    lines = [""]
    for word in note.split(" "):
        joined = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_ems(joined) * size * POINT_MM > room_mm:
            lines.append(word)
        else:
            lines[-1] = joined
    return [clipped(line, room_mm, size) for line in lines]


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
    for font in _fonts():
        found |= set(font.get_charmap())
    return frozenset(found)


@cache
def _fonts() -> tuple[FT2Font, ...]:
    """The fonts of ``families``, in their order."""
    chinese = find_chinese()
    files = ([str(chinese[1])] if chinese else []) + [font_manager.findfont(LATIN)]
    return tuple(FT2Font(file) for file in files)
