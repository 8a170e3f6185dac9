"""
Report lint: the quantities of a text, each held against the figures of a project.

The steps are separate: `reading` (passages), `quantities` (numbers and units), `context` (what is said about them),
`facts` (what is known) and `judging` (the verdict). The words that they look for are data, in ``words.toml``.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from reclaim.assessment import Assessment
from reclaim.reports.lint.comparing import Verdict
from reclaim.reports.lint.context import Context, read, site_lexicon
from reclaim.reports.lint.facts import Known, known_of, site_aliases
from reclaim.reports.lint.judging import GOOD, Claim, Judgement, judge
from reclaim.reports.lint.quantities import Mention
from reclaim.reports.lint.reading import passages, require_language
from reclaim.reports.lint.words import topic_kind

__all__ = ["GOOD", "Item", "lint_text"]


@dataclass(frozen=True)
class Item:
    """
    One quantity of a text and what it is worth.

    Attributes
    ----------
    line : int
        Line of the text, from 1. In a Word document every paragraph is a line, empty ones too, and every row of a
        table (as ``| cell | cell |``); headers, footers, notes and text boxes are not read.
    start, end : int
        Characters from the beginning of that line, from 0; ``end`` is past the last one. A quantity that breaks over
        a line runs on in the count.
    quantity : str
        As written: the characters from ``start`` to ``end``.
    verdict : str
        ``agrees``, ``rounds_to``, ``contradicts``, ``no_evidence``, ``wrong_kind``, ``rate_without_basis``.
    message : str
        The figure it was held against, or what is missing.
    """

    line: int
    start: int
    end: int
    quantity: str
    verdict: Verdict
    message: str

    @property
    def good(self) -> bool:
        """Whether the text can stand as it is."""
        return self.verdict in GOOD

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def lint_text(text: str, assessment: Assessment) -> list[Item]:
    """
    Hold every quantity of a Chinese or English text against an assessment.

    Parameters
    ----------
    text : str
        Markdown or plain text.
    assessment : Assessment
        Its ledger, rates, cover, published entries and stated quantities are the evidence.

    Returns
    -------
    list of Item
        In the order of the text. Suppositions ("would be", 如果) are left out.

    Raises
    ------
    ReportError
        For a text in neither language.
    """
    require_language(text)
    known = known_of(assessment)
    sites = site_lexicon(site_aliases(assessment))
    starts = [0, *(place + 1 for place, char in enumerate(text) if char == "\n")]
    items = []
    for passage in passages(text):
        for claim, judgement in _judged(read(passage, sites), known):
            line = _line_of(claim.mention.start, starts)
            offset = starts[line - 1]
            mention = claim.mention
            items.append(
                Item(
                    line,
                    mention.start - offset,
                    mention.end - offset,
                    text[mention.start : mention.end],
                    judgement.verdict,
                    judgement.message,
                )
            )
    return items


def _judged(claims: Iterator[tuple[Mention, Context]], known: Known) -> Iterator[tuple[Claim, Judgement]]:
    previous: tuple[Claim, Judgement] | None = None
    for mention, context in claims:
        counted = not mention.bare or any(topic_kind(topic) == "count" for topic in context.topics)
        if "suppose" in context.marks or not counted:
            continue
        claim = Claim(mention, context)
        judgement = judge(claim, known, previous=previous)
        previous = (claim, judgement)
        yield claim, judgement


def _line_of(place: int, starts: list[int]) -> int:
    return bisect_right(starts, place)
