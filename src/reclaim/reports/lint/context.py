"""
What a text says around a quantity: topic, years, site, basis; whether it is new, cumulative, or a target.

A word speaks for the quantity nearest to it. What a clause leaves out is taken from the clause before, then from the
sentence, then from the heading.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reclaim.reports.lint.quantities import Mention, mentions, restates
from reclaim.reports.lint.reading import Passage
from reclaim.reports.lint.sentences import Sentence, Year, sentences, years_in
from reclaim.reports.lint.words import Found, Lexicon, lexicon, squeezed, topic_kind, topic_whole

# in characters: the reach of a clause, of a sentence; what another quantity between costs; what standing after costs
_BORDER, _FAR, _CROSSED, _AFTER = 40, 160, 25, 3
_FILLED = re.compile(r"[\s约为是达到共计了：:of超过近逾]*")
_AGAIN = re.compile(r"(?:[（(、/=]|\bor|即|合|相当于)\s*(?:约|about|roughly|approximately)?$")
_BRACKETS = re.compile(r"[\s（(，,/约为]|about|roughly|approximately|以上|多")


@dataclass(frozen=True)
class Context:
    """
    What is said about one quantity.

    Attributes
    ----------
    topics : tuple of str
        What it may be about, the nearest first.
    own : bool
        Whether a topic stands in the quantity's own sentence.
    years : tuple of int
        The year it speaks of; the first and last of a period.
    around : tuple of int
        All years of the sentence, without those that something is compared with.
    sites : tuple of str
        The site named with it.
    marks : frozenset of str
        ``new``, ``cumulative``, ``sum``, ``target`` ... in its clause.
    bases : frozenset of str
        Bases of a rate named in its sentence.
    noun : str or None
        "area", "length" or "volume" said right before it.
    converts : bool
        Whether it restates the quantity before it in another unit.
    cell : bool
        Whether it stands in a table.
    anchored : bool
        Whether the text says whose or which year's quantity it is: always in a sentence; in a table where the row is
        named by a site, a year, or as the group's or a total.
    named : (str, str) or None
        In a table, the names of its row and column, squeezed.
    """

    topics: tuple[str, ...] = ()
    own: bool = False
    years: tuple[int, ...] = ()
    around: tuple[int, ...] = ()
    sites: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
    noun: str | None = None
    converts: bool = False
    cell: bool = False
    anchored: bool = True
    named: tuple[str, str] | None = None

    @property
    def years_named(self) -> bool:
        """Whether a single year is named in the quantity's own sentence or cell."""
        return bool(self.around) and not self.period

    @property
    def period(self) -> bool:
        """Whether the years are a period."""
        return len(self.years) > 1


def site_lexicon(names: Mapping[str, Sequence[str]]) -> Lexicon:
    """Finds sites by any of their names."""
    return Lexicon({key: [name for name in listed if len(name) > 1] for key, listed in names.items()})


def read(passage: Passage, sites: Lexicon) -> Iterator[tuple[Mention, Context]]:
    """Every quantity of a passage with what is said about it."""
    before = Context()
    named = (squeezed(passage.named[0]), squeezed(passage.named[1])) if passage.named else None
    for sentence in sentences(passage, mentions(passage)):
        aligned = sentence.aligned_years()
        for index, mention in enumerate(sentence.mentions):
            own = _topics(sentence, mention) or (before.topics if index and before.own else ())
            listed = (aligned[index],) if index in aligned else ()
            if index and _says_again(sentence, index):
                before = replace(before, converts=True, noun=_noun(sentence, mention))
                yield mention, before
                continue
            before = Context(
                topics=own or _above(sentence),
                own=bool(own),
                years=listed or _years(sentence, mention, before),
                around=_around(sentence),
                sites=_sites(sentence, mention, sites),
                marks=_marks(sentence, mention),
                bases=_bases(sentence),
                noun=_noun(sentence, mention),
                converts=_converts(sentence, index),
                cell=sentence.cell,
                anchored=not sentence.cell or _anchored(sentence, sites),
                named=named,
            )
            yield mention, before


# --- topics ----------------------------------------------------------------------------------------------------------


def _distance(sentence: Sentence, mention: Mention, word: Found) -> int:
    """How far a word is from a quantity: characters, and much more for every border or other quantity between."""
    start, end = sentence.place(mention)
    after = word.start >= end
    low, high = (end, word.start) if after else (word.end, start)
    crossed = sum(1 for other in sentence.mentions if low <= other.start - sentence.start < high)
    # a bracket right after a quantity says what it is
    borders = 0 if after and sentence.masked[low:high].strip() in ("(", "（") else sentence.borders(low, high)
    listed = _BORDER * (after and "、" in sentence.masked[low:high])
    apart = listed + _BORDER * borders + _CROSSED * crossed * (2 if after else 1)
    return max(0, high - low) + _AFTER * after + apart


def _topics(sentence: Sentence, mention: Mention) -> tuple[str, ...]:
    """Topics of the clause, the nearest first; with none there, the nearest of the right kind in the sentence."""
    if sentence.is_whole_of_share(mention):
        return ("ever",)
    words = list(lexicon("topics").find(sentence.masked))
    scored = sorted((_distance(sentence, mention, word), word.key) for word in words)
    apart = [word.key for word in words if topic_whole(word.key) and not _nearest_to(sentence, mention, word)]
    near = [key for distance, key in scored if distance < _BORDER and key not in apart]
    if mention.kind == "share" and near and not any(topic_kind(key) == "share" for key in near):
        # "the cover of the 3,000 m2 plot exceeded 95 %"
        near = [key for distance, key in scored if distance < _FAR and topic_kind(key) == "share"][:1] + near
    if near or sentence.cell:
        return _sharpest(near or _named_topics(sentence, mention))
    return tuple([key for distance, key in scored if distance < _FAR and topic_kind(key) == mention.kind][:1])


def _nearest_to(sentence: Sentence, mention: Mention, word: Found) -> bool:
    """Whether no other quantity of the sentence is nearer to a word."""
    own = _distance(sentence, mention, word)
    return all(own <= _distance(sentence, other, word) for other in sentence.mentions)


def _named_topics(sentence: Sentence, mention: Mention) -> list[str]:
    """Topics of what names a cell, those that are measured in its unit first."""
    keys = [word.key for word in lexicon("topics").find(sentence.label)]
    return sorted(keys, key=lambda key: topic_kind(key) != mention.kind)


def _sharpest(near: Sequence[str]) -> tuple[str, ...]:
    """What land is used for says more than that it is land, and a part of a quantity more than the whole."""
    used = [key for key in near if key.startswith("use_")]
    wholes = {topic_whole(key) for key in near}
    return tuple(dict.fromkeys(used or [key for key in near if key not in wholes]))


def _above(sentence: Sentence) -> tuple[str, ...]:
    """Topics of what stands above or was said right before, the last first."""
    return tuple(dict.fromkeys([word.key for word in lexicon("topics").find(sentence.above)][::-1]))


def _noun(sentence: Sentence, mention: Mention) -> str | None:
    """A noun of measure that ends right before the quantity, perhaps with a filler word between."""
    head = sentence.masked[: sentence.place(mention)[0]]
    return next((word.key for word in lexicon("nouns").find(head) if _FILLED.fullmatch(head[word.end :])), None)


# --- years -----------------------------------------------------------------------------------------------------------


def _years(sentence: Sentence, mention: Mention, before: Context) -> tuple[int, ...]:
    """The nearest year of the clause, else of the clauses before, else of what was said before, else of those after."""
    listed, spoken = sentence.years(compared=mention.kind != "share"), sentence.years(compared=False)
    spoken = sentence.years(compared=False)
    low, high = sentence.clauses[sentence.clause(mention)]
    place = sentence.place(mention)
    if sentence.cell and (named := years_in(sentence.label)):
        return named
    said = _said_after(sentence, place[1])
    if said:
        return said
    before_that = _PREVIOUS.search(sentence.masked[: place[0]]) or _YEAR_BEFORE.match(sentence.masked[place[1] :])
    if before_that and spoken and len(spoken[0].years) == 1:
        return (spoken[0].years[0] - 1,)
    own = _nearest([item for item in listed if low <= item.start < high], place)
    earlier = _nearest([item for item in spoken if item.start < low], place)
    later = _nearest([item for item in spoken if item.start >= high], place)
    return own or earlier or before.years or later or years_in(sentence.above)


_PREVIOUS = re.compile(r"(?:上一?年|去年|上年度)(?:同期)?的?\s*$|(?:previous|last) year's\s*$", re.IGNORECASE)
_YEAR_BEFORE = re.compile(r"\s*(?:in )?the (?:year before|previous year)", re.IGNORECASE)
_IN_YEAR = re.compile(r"[^,，;；。:：()（）\0\d]{0,30}?(?:\bin|\bfor|\bduring)\s+|\s*[(（]\s*(?:in\s+)?")


def _said_after(sentence: Sentence, end: int) -> tuple[int, ...]:
    """The year that is put right after a quantity: "12,029 mu in 2019"."""
    found = _IN_YEAR.match(sentence.masked, end)
    if found is None:
        return ()
    item = next((item for item in sentence.years(compared=False) if item.start == found.end()), None)
    # "12,029 mu (2018: 14,657 mu)" begins something else
    bracket = found[0].strip()[:1] in ("(", "（")
    closed = item is not None and re.match(r"\s*年?\s*[)）]", sentence.masked[item.end :])
    return item.years if item and (closed or not bracket) else ()


def _around(sentence: Sentence) -> tuple[int, ...]:
    named = years_in(sentence.label) if sentence.cell else ()
    return (*named, *(year for item in sentence.years(compared=False) for year in item.years))


def _nearest(listed: list[Year], place: tuple[int, int]) -> tuple[int, ...]:
    ahead = [item for item in listed if item.end <= place[0]]
    behind = [item for item in listed if item.start >= place[1]]
    if ahead:
        return max(ahead, key=lambda item: item.end).years
    return min(behind, key=lambda item: item.start).years if behind else ()


# --- marks, bases, sites, conversions --------------------------------------------------------------------------------


def _bases(sentence: Sentence) -> frozenset[str]:
    """Bases named in the sentence; for a cell also in what stands above and before it."""
    text = f"{sentence.above} {sentence.text}" if sentence.cell else sentence.whole
    return frozenset(word.key for word in lexicon("bases").find(text))


def _marks(sentence: Sentence, mention: Mention) -> frozenset[str]:
    """Words of the quantity's part of its clause; and those of the clauses before it that hold no other quantity."""
    text, clauses, place = sentence.masked, sentence.clauses, sentence.clause(mention)
    low, high = clauses[place]
    others = [sentence.place(m) for m in sentence.mentions if m is not mention and low <= sentence.place(m)[0] < high]
    start, end = sentence.place(mention)
    left = max((other[1] for other in others if other[0] < start), default=low)
    right = min((other[0] for other in others if other[0] > start), default=high)
    # words between two quantities of one clause belong to the second, except right after the first
    found = _marked(text[left : right if right == high else min(right, end + 8)]) | _compared(text[low:start])
    if left != low:
        found |= _marked(text[low : min(other[0] for other in others)]) & {"new", "cumulative", "sum", "years"}
    for first, last in reversed(clauses[:place]):
        if any(first <= sentence.place(m)[0] < last for m in sentence.mentions):
            break
        found |= _marked(text[first:last])
    named = _marked(sentence.label) & {"new", "cumulative", "sum", "years", "target", "own_target", "up", "down"}
    if any(len(run) > 1 and any(place[0] == start for place in run) for run in sentence.runs()):
        found.add("each")
    return frozenset(found | named | (_marked(text) & {"suppose"}))


_COMPARED = re.compile(r"(?:比|较)[^，。；]{0,30}?(?P<word>少|多|低|高)[了出\s约]*$")


def _compared(text: str) -> set[str]:
    """Less or more than what is named, said right before a quantity: 比上年少."""
    found = _COMPARED.search(text)
    return {"down" if found["word"] in "少低" else "up"} if found else set()


def _marked(text: str) -> set[str]:
    return {word.key for word in lexicon("marks").find(text)}


def _sites(sentence: Sentence, mention: Mention, sites: Lexicon) -> tuple[str, ...]:
    """The site named last before the quantity, else one named soon after it, else one in the heading."""
    words = list(sites.find(sentence.masked))
    start, end = sentence.place(mention)
    before = [word for word in words if word.end <= start]
    if before:
        return (max(before, key=lambda word: word.end).key,)
    after = [word for word in words if word.start >= end and not sentence.borders(end, word.start)]
    near = [(_distance(sentence, mention, word), word.key) for word in after if _nearest_to(sentence, mention, word)]
    if near and min(near)[0] < 2 * _BORDER:
        return (min(near)[1],)
    return tuple(word.key for word in sites.find(sentence.above))[-1:]


def _anchored(sentence: Sentence, sites: Lexicon) -> bool:
    first = sentence.row[0] if sentence.row else ""
    spoken = next(lexicon("topics").find(first), None) or next(sites.find(first), None)
    return bool(not first or spoken or years_in(first) or _marked(first) & {"sum", "years", "group"})


def _converts(sentence: Sentence, index: int) -> bool:
    """Whether only a bracket, an equals sign or a word such as 折合 stands between this quantity and the one before."""
    between = _between(sentence, index)
    if between is None:
        return False
    rest = _BRACKETS.sub("", between)
    return not rest or ("convert" in _marked(between) and len(rest) <= 12)


def _says_again(sentence: Sentence, index: int) -> bool:
    """
    Whether a quantity is the one before it in another unit, so that all said of that one holds for it.

    Where the numbers are the same, a bracket or a list is enough; else it must be called a conversion.
    """
    between = _between(sentence, index)
    if between is None:
        return False
    if restates(sentence.mentions[index - 1], sentence.mentions[index]):
        return bool(_AGAIN.search(between)) or _converts(sentence, index)
    return _converts(sentence, index) and bool(re.search(r"[（(=]", between) or "convert" in _marked(between))


def _between(sentence: Sentence, index: int) -> str | None:
    """What stands between a quantity and the one before it; None where they cannot be the same."""
    if not index:
        return None
    previous, mention = sentence.mentions[index - 1], sentence.mentions[index]
    if previous.kind != mention.kind or previous.unit == mention.unit:
        return None
    return sentence.text[sentence.place(previous)[1] : sentence.place(mention)[0]].strip()
