"""Sentences with their quantities, and the clauses, years and lists in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from reclaim.reports.lint.quantities import Mention
from reclaim.reports.lint.reading import Passage

_SENTENCE = re.compile(r"[。！？!?；;]|\.(?=\s|$)|\n(?=\s*\n)")
_STOP = re.compile(r"[。！？!?]|\.(?=\s|$)|\n(?=\s*\n)")
_CLAUSE = re.compile(r"[，,：:（）()\n\v]| - | – | — |——")
_YEAR = re.compile(r"(?<![\d.,/A-Za-z-])((?:19|20)\d\d)(?![\d.]*\d)(?!\s*(?:亩|mu|公顷|ha|m|平方|立方|万|座|个|项))")
_SPAN = re.compile(r"((?:19|20)\d\d)\s*年?\s*(?:-|–|—|~|～|至|到|\bto\b)\s*((?:19|20)\d\d)")
_BASE_YEAR = re.compile(r"(?:比|较|\b(?:on|than(?:\s+in)?|from|against|over|(?:compared\s+)?(?:with|to))\b)\s*$")
_LIST_GAP = re.compile(r"[\s/、,，和及与年]*(?:and|以及)?[\s/、,，和及与年]*$")
_MOVED = r"\s*(?:(?:下降|减少|降低|回落|增加|增长|提高|上升|降|增|升)?(?:到|至|为)|\bto)\s*(?:了|约)?"
_PART_GAP = re.compile(rf"{_LIST_GAP.pattern}|{_MOVED}$")
_BACK = 80  # how far a sentence looks back into the one before it


@dataclass(frozen=True)
class Year:
    """A year or a period in a sentence, and where it stands."""

    start: int
    end: int
    years: tuple[int, ...]


@dataclass(frozen=True)
class Sentence:
    """
    A sentence with its quantities.

    Attributes
    ----------
    start : int
        Where it begins in the whole text.
    masked : str
        Its text with the quantities blanked, so that a comma inside a number parts nothing.
    mentions : tuple of Mention
        Its quantities.
    above : str
        Headings, heads of the table, the end of the sentence before.
    cell : bool
        Whether it stands in a cell of a table.
    label : str
        For a cell, what names it.
    row : tuple of str
        For a cell, the cells that name its row.
    whole : str
        The text from full stop to full stop, of which this may be a part that ends at a semicolon.
    """

    start: int
    text: str
    masked: str
    mentions: tuple[Mention, ...]
    above: str = ""
    cell: bool = False
    label: str = ""
    whole: str = ""
    row: tuple[str, ...] = ()

    @cached_property
    def clauses(self) -> list[tuple[int, int]]:
        """Where the clauses begin and end."""
        return list(pairwise([0, *(match.end() for match in _CLAUSE.finditer(self.masked)), len(self.masked)]))

    def place(self, mention: Mention) -> tuple[int, int]:
        """Where a quantity stands in this sentence."""
        return mention.start - self.start, mention.end - self.start

    def clause(self, mention: Mention) -> int:
        """The number of the clause that a quantity stands in."""
        start, _ = self.place(mention)
        return next(i for i, (_, end) in enumerate(self.clauses) if start < end or end == len(self.masked))

    def borders(self, low: int, high: int) -> int:
        """How many clauses end between two places."""
        return len(_CLAUSE.findall(self.masked[low:high]))

    def is_whole_of_share(self, mention: Mention) -> bool:
        """Whether a share of it was just named: "86.6% of 65,260 mu"."""
        index = self.mentions.index(mention)
        if not index or self.mentions[index - 1].kind != "share":
            return False
        between = self.masked[self.place(self.mentions[index - 1])[1] : self.place(mention)[0]]
        return between.strip().lower() in ("of", "of the")

    def years(self, *, compared: bool = True) -> list[Year]:
        """Years and periods; without ``compared`` none of those that something is held against ("on 2017")."""
        spans = [Year(m.start(), m.end(), (int(m[1]), int(m[2]))) for m in _SPAN.finditer(self.masked)]
        singles = [Year(m.start(), m.end(), (int(m[1]),)) for m in _YEAR.finditer(self.masked)]
        singles = [one for one in singles if not any(span.start <= one.start < span.end for span in spans)]
        return [item for item in (*spans, *singles) if compared or not _BASE_YEAR.search(self.masked[: item.start])]

    def runs(self) -> list[list[tuple[int, int, int]]]:
        """Quantities with nothing but a list's signs between them, or "from ... to"."""
        return _runs([(*self.place(m), i) for i, m in enumerate(self.mentions)], self.masked, _PART_GAP)

    def aligned_years(self) -> dict[int, int]:
        """Years of quantities that are listed in the same order as years, in lists of the same length."""
        made: dict[int, int] = {}
        listed = [[(year.start, year.end, year.years[0])] for year in self.years() if len(year.years) == 1]
        year_runs = _runs([item for run in listed for item in run], self.masked)
        for span in (year for year in self.years() if len(year.years) == 2):
            first, last = span.years
            year_runs.append([(span.start, span.end, year) for year in range(first, last + 1)])
        for run in self.runs():
            match = next((years for years in year_runs if len(years) == len(run) > 1), None)
            if match:
                made.update({item[2]: year[2] for item, year in zip(run, match, strict=True)})
        return made


def sentences(passage: Passage, found: Sequence[Mention]) -> Iterator[Sentence]:
    """The sentences of a passage that hold a quantity."""
    masked = list(passage.text)
    for mention in found:
        for place in range(mention.start - passage.start, _number_end(mention) - passage.start):
            masked[place] = "\0"
    whole = "".join(masked)
    borders = [0, *(match.end() for match in _SENTENCE.finditer(whole)), len(whole)]
    for start, end in pairwise(borders):
        inside = tuple(m for m in found if start <= m.start - passage.start < end)
        if inside:
            said = "" if passage.cell else passage.text[max(0, start - _BACK) : start]
            above = f"{passage.above} {said}"
            text, begin = passage.text[start:end], passage.start + start
            named = (passage.cell, passage.label, _to_stops(whole, start, end), passage.row)
            yield Sentence(begin, text, whole[start:end], inside, above, *named)


def _to_stops(text: str, start: int, end: int) -> str:
    """The text around a part, from full stop to full stop."""
    stops = [0, *(match.end() for match in _STOP.finditer(text)), len(text)]
    return text[max(stop for stop in stops if stop <= start) : min(stop for stop in stops if stop >= end)]


def years_in(text: str) -> tuple[int, ...]:
    """The last year or period of a text."""
    spans = list(_SPAN.finditer(text))
    if spans:
        return int(spans[-1][1]), int(spans[-1][2])
    found = _YEAR.findall(text)
    return (int(found[-1]),) if found else ()


def _number_end(mention: Mention) -> int:
    """Where the number ends: in "44 monitoring points" the unit is what the sentence speaks of."""
    named = re.search(r"[A-Za-z]", mention.text) if mention.kind == "count" else None
    return mention.start + named.start() if named else mention.end


def _runs(
    items: Sequence[tuple[int, int, int]], text: str, gap: re.Pattern[str] = _LIST_GAP
) -> list[list[tuple[int, int, int]]]:
    """Items with nothing but list separators between them."""
    runs: list[list[tuple[int, int, int]]] = []
    for item in items:
        if runs and gap.fullmatch(text[runs[-1][-1][1] : item[0]].replace("\0", "")):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs
