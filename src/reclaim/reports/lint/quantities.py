"""
Quantities in a text: numbers with a unit, as people and text recognition write them.

Thousands separators, full-width digits, Chinese numerals and multipliers, ranges, lists that share one unit, numbers
broken over a line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any, Literal

from reclaim.reports.lint.numerals import ENGLISH, HAN, LATIN, MIXED, last_place, parse_number
from reclaim.reports.lint.reading import Passage
from reclaim.reports.lint.words import Lexicon, Unit, alternatives, data, unbounded, units

Relation = Literal["=", ">=", ">", "<=", "<", "<~", "~"]
_NUMBER = rf"{MIXED}|{LATIN}"
_FRACTION = re.compile(r"(\d+)/$")
_DEFINES = re.compile(r"\s*(?:=|＝|≈|等于|equals|is exactly)")
_DEFINED = re.compile(r"(?<![\d.,])1\s*[^\s\d=＝≈]{1,8}\s*(?:=|＝|≈|等于|equals|is exactly)\s*约?$")
_PER_CENT = re.compile(rf"百分之(?P<number>{HAN}|{LATIN})(?!点)")
_TENTHS = re.compile(
    r"(?<![零〇一二两三四五六七八九十百千万])(?P<tens>[一二三四五六七八九])成(?P<ones>[一二三四五六七八九半])?(?![为立本长功果])"
)
_BARE_SHARE = re.compile(
    r"(?:率|覆盖度|\brate|\bcover(?:age)?)\s*(?:为|是|达到?|=|:|：|of|is|was|reached)?\s*(?P<number>0?\.\d+)(?![\d.]*\s*[%\w])"
)
_BARE_MONEY = re.compile(
    rf"(?P<number>(?<![\d.A-Za-z])(?:{LATIN}))\s*(?P<multiplier>万|亿)(?=\s*(?:以上|左右|多|余)?\s*(?:[，。；;,、）)]|$))"
)
_SEPARATORS = r"\s*(?:/|、|,|，|;|；|和|及|与|以及|and|&)\s*(?:and\s+)?"
_BARE = re.compile(rf"(?P<number>(?<![\d.A-Za-z]){LATIN})(?P<separator>{_SEPARATORS})$")
_RANGE = re.compile(
    rf"(?P<number>(?<![\d.A-Za-z/-]){LATIN})\s*(?P<unit>[^\s\d\-–—~～,，。.;；、:：]{{0,3}}?)\s*(?:-|–|—|~|～|至|到|\bto\b)\s*$"
)
_BETWEEN = re.compile(rf"between\s+(?P<number>{LATIN})\s*(?P<unit>[^\s\d]{{0,3}}?)\s+and\s*$")
_SIGN = re.compile(r"(?<![\w)）])[-−–+＋]$")
_TENTH, _WHOLE = Unit("share", Fraction(1, 10), "成"), Unit("share", Fraction(1), "of 1")
_FILLER = r"\s*(?:了|的|达|达到|of|an?|the)?\s*"


@dataclass(frozen=True)
class Mention:
    """
    A quantity in a text.

    Attributes
    ----------
    start, end : int
        Where it stands in the whole text; relation words are not part of it.
    value : float
        In base units (m², m³, m, share, count, CNY).
    step : float
        One unit of the last written digit, in base units.
    coarse : float
        One unit of the last digit that is not 0.
    written : float
        The number as written, with its multiplier, before the unit.
    kind : str
        What its unit measures.
    high : float or None
        The upper end of a range.
    sign : int
        +1 or -1 where one is written, else 0.
    bare : bool
        A number alone in a cell without any unit in sight, or a small one in words: a count, if it is anything.
    slack : float
        How far rounding may have moved it, in units of its last digit; in tables whose rows re-add nearly one.
    """

    start: int
    end: int
    text: str
    value: float
    step: float
    coarse: float
    written: float
    kind: str
    unit: str
    relation: Relation = "="
    high: float | None = None
    sign: int = 0
    bare: bool = False
    slack: float = 0.5


def mentions(passage: Passage) -> list[Mention]:
    """All quantities of a passage, in order."""
    found = [*_percents(passage), *_units(passage), *_money_first(passage), *_money_alone(passage)]
    kept: list[Mention] = []
    for item in sorted(found, key=lambda item: (item.start, -item.end)):
        if not kept or item.start >= kept[-1].end:
            kept += [*_shared_unit(passage, item, kept[-1].end if kept else passage.start), item]
    kept = kept or _bare_cell(passage)
    return [_as_cell(item) for item in kept if item.value] if passage.cell else kept


def restates(first: Mention, second: Mention) -> bool:
    """Whether two quantities are the same, as far as the less exact of them is written."""
    return abs(first.value - second.value) <= max(first.step, second.step) / 2 * (1 + 1e-9)


def _as_cell(mention: Mention) -> Mention:
    """Figures with decimals in a table may have been rounded so that its rows add up."""
    return replace(mention, slack=0.999) if re.search(r"\.\d\d", mention.text) else mention


@cache
def _core() -> re.Pattern[str]:
    """Number, multiplier, unit; "more than" may be said inside, as in 1.2万余亩."""
    multipliers = unbounded(data()["multipliers"])
    described = "|".join(re.escape(word) for word in data()["described"]["words"])
    few = r"(?:\s*(?:余|多))?"
    inside = r"(?<=[^\x00-\x7f十百千万亿零〇一二两三四五六七八九成])(?<![十百千万零一二三四五六七八九]点)"
    han = rf"(?<![\w百分之]){HAN}|{inside}{HAN}"
    number = rf"(?<![\d.A-Za-z])(?:{_NUMBER})|{han}|(?<![A-Za-z-]){ENGLISH}"
    return re.compile(
        rf"(?P<number>{number})(?P<few>{few})[\s-]*(?P<multiplier>(?:{multipliers})?)(?P<more>{few})\s*"
        rf"(?:(?:{described})\s+){{0,3}}(?P<unit>{'|'.join(_unit_patterns())})(?!素|面|法|案|向|式)",
        re.IGNORECASE,
    )


def _unit_patterns() -> Iterator[str]:
    """A unit may follow its number without a space, so Latin ones are bounded on the right only."""
    for name in sorted(units(), key=lambda word: (-len(word), word)):
        pattern = r"\s+".join(re.escape(part) for part in name.split())
        yield pattern + ("(?![A-Za-z0-9²³^])" if name[-1].isalnum() and name[-1].isascii() else "")


def _units(passage: Passage) -> Iterator[Mention]:
    for match in _core().finditer(passage.text):
        unit = units()[" ".join(match["unit"].lower().split())]
        if (unit.kind == "count" and _trivial(passage.text, match)) or _defines(passage.text, match):
            continue
        made = _mention(passage, match.span(), match["number"], match["multiplier"], unit)
        if made is not None:
            few = match["few"] or match["more"]
            made = replace(made, relation=">") if few.strip() else made
            yield _related(passage, replace(made, bare=unit.kind == "count" and _small_word(match["number"])))


def _trivial(text: str, match: re.Match[str]) -> bool:
    words = data()["trivial"]
    after, before = text[match.end() :].lstrip(), text[: match.start()].rstrip().lower()
    part = _small_word(match["number"]) and any(word in before[-16:] for word in words["part_of"])
    return part or after.startswith(tuple(words["after"])) or before.endswith(tuple(words["before"]))


def _small_word(number: str) -> bool:
    """Whether it is a number up to ten in words, which is a turn of speech as often as a figure."""
    value = parse_number(number)
    return not number[0].isdigit() and value is not None and value <= 10


def _defines(text: str, match: re.Match[str]) -> bool:
    """Whether it says what a unit is ("1 mu = 2000/3 m²") and not how much there is of anything."""
    number = parse_number(match["number"])
    above = _FRACTION.search(text[: match.start()])
    fraction = above is not None and number is not None and 0 < number * 100 < int(above[1])
    other = _DEFINED.search(text[: match.start()])
    return fraction or other is not None or (number == 1 and bool(_DEFINES.match(text[match.end() :])))


def _percents(passage: Passage) -> Iterator[Mention]:
    for match in _PER_CENT.finditer(passage.text):
        made = _mention(passage, match.span(), match["number"], "", units()["%"])
        if made is not None:
            yield _related(passage, made)
    for match in _TENTHS.finditer(passage.text):
        ones = "五" if match["ones"] == "半" else match["ones"] or ""
        made = _mention(passage, match.span(), f"{match['tens']}点{ones}" if ones else match["tens"], "", _TENTH)
        if made is not None:
            yield _related(passage, made)
    for match in _BARE_SHARE.finditer(passage.text):
        made = _mention(passage, match.span("number"), match["number"], "", _WHOLE)
        if made is not None:
            yield _related(passage, made)


def _money_first(passage: Passage) -> Iterator[Mention]:
    multipliers = unbounded(data()["multipliers"])
    for match in re.finditer(
        rf"(?:CNY|RMB|¥|￥)\s*(?P<number>{LATIN})\s*(?P<multiplier>(?:{multipliers}|m)?)(?![A-Za-z\d.]*[A-Za-z\d])",
        passage.text,
    ):
        made = _mention(passage, match.span(), match["number"], match["multiplier"], units()["cny"])
        if made is not None:
            yield _related(passage, made)


def _money_alone(passage: Passage) -> Iterator[Mention]:
    """An amount whose unit goes without saying: 投资 6,613 万."""
    for match in _BARE_MONEY.finditer(passage.text):
        clause = re.split(r"[，。；,;]", passage.text[: match.start()])[-1]
        if any(word in clause for word in data()["topics"]["closure_cost"]["words"]):
            made = _mention(passage, match.span(), match["number"], match["multiplier"], units()["元"])
            if made is not None:
                yield _related(passage, made)


def _mention(passage: Passage, span: tuple[int, int], number: str, multiplier: str, unit: Unit) -> Mention | None:
    value = parse_number(number)
    if value is None:
        return None
    factor = {key.lower(): size for key, size in data()["multipliers"].items()}.get(multiplier.lower(), 1)
    digits = re.sub(r"[\s,，]", "", number)
    step = last_place(number) * factor * unit.size
    zeros = len(digits) - len(digits.rstrip("0")) if digits.isdecimal() and digits.strip("0") else 0
    return Mention(
        start=passage.start + span[0],
        end=passage.start + span[1],
        text=" ".join(passage.text[slice(*span)].split()),
        value=float(value * factor * unit.size),
        step=float(step),
        coarse=float(step * 10**zeros),
        written=float(value * factor),
        kind=unit.kind,
        unit=unit.word,
    )


def _related(passage: Passage, mention: Mention) -> Mention:
    """The mention with its relation, range and sign from the words around it."""
    before = passage.text[: mention.start - passage.start]
    after = passage.text[mention.end - passage.start :]
    low = next((match for pattern in (_RANGE, _BETWEEN) if (match := pattern.search(before))), None)
    if low is not None and _is_range(before, low, mention):
        return _ranged(passage, mention, low)
    sign = _SIGN.search(before)
    if sign:
        mention = replace(mention, sign=-1 if sign[0][0] in "-−–" else 1)
    before_relation = _nearest_before(before)
    after_relation = next((key for key, pattern in _after().items() if pattern.match(after)), None)
    relation: Any = after_relation if after_relation not in (None, "~") else before_relation or after_relation
    return replace(mention, relation=relation) if relation else mention


def _is_range(before: str, low: re.Match[str], mention: Mention) -> bool:
    """Whether a number before a quantity is the lower end of a range: not a year, not "from 5 mu to 7 mu"."""
    bottom = parse_number(low["number"])
    told = low["unit"].strip().lower().lstrip("万亿")
    moved = re.search(r"(?:由|从|自|(?<!ranging )(?<!ranges )\bfrom)\s*$", before[: low.start("number")])
    rises = bottom is not None and float(bottom) <= float(_plain(mention))
    return rises and not moved and not _is_year(low["number"]) and (not told or told in units())


def _plain(mention: Mention) -> Fraction:
    """The number of a quantity as written, without its multiplier."""
    found = re.match(LATIN, mention.text)
    return (parse_number(found[0]) if found else None) or Fraction(1)


def _ranged(passage: Passage, mention: Mention, low: re.Match[str]) -> Mention:
    bottom = parse_number(low["number"])
    assert bottom is not None
    scale = mention.value / mention.written if mention.written else 1.0
    start = passage.start + low.start("number")
    text = " ".join(passage.text[low.start("number") : mention.end - passage.start].split())
    # "1-1.2 万亩": the multiplier belongs to both ends
    factor = mention.written / float(_plain(mention))
    return replace(mention, start=start, text=text, high=mention.value, value=float(bottom) * factor * scale)


@cache
def _before() -> Lexicon:
    return Lexicon(data()["before"])


@cache
def _after() -> dict[str, re.Pattern[str]]:
    return {key: re.compile(rf"\s*(?:{alternatives(words)})", re.IGNORECASE) for key, words in data()["after"].items()}


def _nearest_before(text: str) -> Any:
    """The relation whose word ends right before the number."""
    tail = text[-24:]
    for found in reversed(list(_before().find(tail))):
        if re.fullmatch(_FILLER, tail[found.end :], re.IGNORECASE):
            return found.key
    return None


def _is_year(text: str) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d", text.strip()))


def _shared_unit(passage: Passage, mention: Mention, floor: int) -> list[Mention]:
    """Bare numbers before a quantity, in a list that shares its unit: "7,172 / 14,657 / 12,029 mu"."""
    made: list[Mention] = []
    place = mention.start
    while True:
        head = passage.text[: place - passage.start]
        match = _BARE.search(head) if place > floor else None
        if match is None or passage.start + match.start() < floor or _is_year(match["number"]):
            return made
        one = _mention(
            passage, match.span("number"), match["number"], _multiplier_of(mention), units()[mention.unit.lower()]
        )
        if one is None:
            return made
        made.insert(0, one)
        place = one.start


def _multiplier_of(mention: Mention) -> str:
    named = re.search(r"(?:十万|百万|千万|万|萬|亿|thousand|million|billion)", mention.text)
    return named[0] if named else ""


def _bare_cell(passage: Passage) -> list[Mention]:
    """A cell that holds a number alone takes the unit that its column, its row or the caption names."""
    whole = _alone().fullmatch(passage.text.strip()) if passage.cell else None
    if whole is None or _is_year(whole["number"]):
        return []
    named = next((found for words in passage.unit_words if (found := _named_unit().search(words))), None)
    unit = units()[" ".join(named["unit"].lower().split())] if named else units()["个"]
    made = _mention(passage, whole.span("number"), whole["number"], (named and named["multiplier"]) or "", unit)
    return [_related(passage, replace(made, bare=named is None))] if made else []


@cache
def _alone() -> re.Pattern[str]:
    before = alternatives(word for listed in data()["before"].values() for word in listed)
    after = alternatives(word for listed in data()["after"].values() for word in listed)
    return re.compile(rf"(?:{before})?\s*[-−–+]?\s*(?P<number>{LATIN})\s*(?:{after})?", re.IGNORECASE)


@cache
def _named_unit() -> re.Pattern[str]:
    words = unbounded(units())
    return re.compile(
        rf"(?:^|[(（,，/:：\s])\s*(?P<multiplier>万|亿)?\s*(?P<unit>{words})(?=$|[)）,，/:：;；\s])", re.IGNORECASE
    )
