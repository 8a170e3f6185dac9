"""
The content of a report, made once and written in every format.

A report is sections of blocks: paragraphs, facts, tables, charts, maps. Nothing here knows HTML, Word, PDF or a
workbook; the writers know nothing about land.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from matplotlib.axes import Axes

from reclaim.vocabulary import Language

ColumnKind = Literal["text", "year", "number", "share", "count", "date"]
Tone = Literal["plain", "good", "bad", "unsure"]
MISSING = "–"
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Text:
    """
    A text in Chinese and in English.

    Examples
    --------
    >>> Text("亩", "mu").inline("both"), Text("亩", "mu").lines("both")
    ('亩 mu', ('亩', 'mu'))
    """

    zh: str
    en: str

    def inline(self, language: Language) -> str:
        """On one line; once where both languages say the same."""
        return " ".join(self.lines(language))

    def lines(self, language: Language) -> tuple[str, ...]:
        """One line for each language asked for; once where both say the same."""
        chosen = {"zh": (self.zh or self.en,), "en": (self.en or self.zh,), "both": (self.zh, self.en)}[language]
        cleaned = dict.fromkeys(clean(line) for line in chosen if line)
        return tuple(line for line in cleaned if line.strip()) or tuple(cleaned)[:1]


def clean(text: str) -> str:
    r"""
    A text without the characters that no document format can hold (control characters, lone surrogates).

    Examples
    --------
    >>> clean("a\x00b\ud800"), clean("a\r\nb")
    ('ab', 'a\nb')
    """
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(text: str) -> Text:
    """A text that is the same in both languages, such as a name from the data."""
    return Text(text, text)


Cell = float | int | str | date | Text | None


@dataclass(frozen=True)
class Column:
    """
    A column of a printed table.

    ``decimals`` are those of the printed number; a share is held as 0-1 and printed as percent.
    """

    key: str
    head: Text
    kind: ColumnKind = "text"
    unit: str = ""
    decimals: int = 2

    @property
    def numeric(self) -> bool:
        """Whether values stand to the right."""
        return self.kind in ("number", "share", "count")


@dataclass(frozen=True)
class Table:
    """
    A table as it is printed.

    Attributes
    ----------
    rows : tuple of tuple
        Values, unrounded.
    printed : tuple of tuple
        The same values rounded so that rows and columns re-add; the writers print these.
    total : bool
        Whether the last row is a total.
    """

    key: str
    caption: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    printed: tuple[tuple[Cell, ...], ...] = ()
    total: bool = False
    notes: tuple[Text, ...] = ()

    def __post_init__(self) -> None:
        if not self.printed:
            object.__setattr__(self, "printed", self.rows)


@dataclass(frozen=True)
class Chart:
    """A chart that draws itself when a writer asks for it."""

    key: str
    caption: Text
    alt: Text
    draw: Callable[[Language], Axes] = field(compare=False)


@dataclass(frozen=True)
class Sheet:
    """
    A map: interactive where the format can, a picture elsewhere.

    ``page`` gives a whole HTML page, ``image`` a PNG. A further page of the paper map is for paper only: the
    interactive map holds it already.
    """

    key: str
    caption: Text
    alt: Text
    page: Callable[[], str | None] = field(compare=False)
    image: Callable[[Language], bytes | None] = field(compare=False)
    paper_only: bool = False


@dataclass(frozen=True)
class Fact:
    """One figure of the summary with its name, and what stands below it."""

    name: Text
    value: Text
    note: Text = Text("", "")
    tone: Tone = "plain"


@dataclass(frozen=True)
class Facts:
    """The figures at the top of a report."""

    items: tuple[Fact, ...]


@dataclass(frozen=True)
class Note:
    """A paragraph that must not be overlooked."""

    text: Text


Block = Text | Facts | Note | Table | Chart | Sheet


@dataclass(frozen=True)
class Section:
    """A headed part of the report."""

    key: str
    title: Text
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """
    A whole report.

    Attributes
    ----------
    title, subtitle : Text
        The name of the project, and of what is reported at which date.
    language : {"zh", "en", "both"}
        What the writers print.
    at : date
        The date that the figures hold for; also the date that files are stamped with.
    sections : tuple of Section
    banner : Text or None
        Printed on every page: says that the figures are made up.
    """

    title: Text
    subtitle: Text
    language: Language
    at: date
    sections: tuple[Section, ...]
    banner: Text | None = None

    def tables(self) -> list[Table]:
        """All tables, in order."""
        return [block for block in self.blocks() if isinstance(block, Table)]

    def blocks(self) -> list[Any]:
        """All blocks, in order."""
        return [block for section in self.sections for block in section.blocks]
