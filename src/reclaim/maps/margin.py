"""
What stands in the margin of every map: title, date, source, CRS, use, review number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from reclaim.assessment import Assessment
from reclaim.dates import parse
from reclaim.vocabulary import Language, load


@dataclass(frozen=True)
class Margin:
    """
    How a map speaks, and to whom.

    Parameters
    ----------
    day : str
        ISO date that the map shows.
    language : {"both", "zh", "en"}
        Language of every word.
    public : bool
        For people outside: coarse coordinates, no source rows, a place for the review number.
    approval : str
        The map review number (审图号); empty where there is none.
    """

    day: str
    language: Language = "both"
    public: bool = False
    approval: str = ""


def said(word: Mapping[str, str], language: Language) -> str:
    """
    A word in one language or in both.

    Examples
    --------
    >>> said({"zh": "面积", "en": "Area"}, "both")
    '面积 Area'
    >>> said({"zh": "2019年", "en": "2019"}, "both")
    '2019年'
    """
    if language != "both":
        return word[language]
    return word["zh"] if word["zh"].startswith(word["en"]) else f"{word['zh']} {word['en']}"


def day_of(assessment: Assessment, at: object) -> str:
    """The date of a map: the one asked for, but none after the assessment's."""
    last = assessment.at.date()
    return (last if at is None else min(parse(at).end, last)).isoformat()


def titles(assessment: Assessment) -> tuple[str, str]:
    """Title in Chinese and in English; each stands in for the other."""
    project = assessment.project
    zh, en = project.name_zh or project.name, project.name or project.name_zh
    return zh or project.title, en or project.title


def notes(
    assessment: Assessment, margin: Margin, *, tolerance_m: float | None = None, hosts: Sequence[str] = ()
) -> list[str]:
    """
    The notes at the foot of a map.

    Parameters
    ----------
    assessment : Assessment
        Whose files are named as the source.
    margin : Margin
        Language and use.
    tolerance_m : float, optional
        How far drawn outlines may lie from the true ones.
    hosts : sequence of str
        Where tiles are loaded from.
    """
    words = load("maps")["words"]

    def say(word: str) -> str:
        return said(words[word], margin.language)

    made = [f"{say('source')}: {_sources(assessment)}"] if not margin.public else []
    made.append(f"{say('crs')}: CGCS2000 (EPSG:4490)")
    if tolerance_m is not None and not margin.public:  # a coarse copy lies farther off
        made.append(f"{say('tolerance')} {ceil(tolerance_m * 100) / 100:g} m ({say('tolerance_note')})")
    if hosts:
        made.append(f"{say('online_note')} {', '.join(hosts)}")
    if margin.public:
        made.append(say("coarse"))
    if margin.public or margin.approval:
        made.append(f"{say('approval')}: {margin.approval}" if margin.approval else say("approval_blank"))
    if not margin.public:
        made.append(say("internal"))
    return made


def _sources(assessment: Assessment) -> str:
    sources = [str(source) for source in dict.fromkeys(assessment.delivered["source"])]
    return ", ".join(sources[:8]) + (f" … (+{len(sources) - 8})" if len(sources) > 8 else "")
