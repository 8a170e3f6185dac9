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

from reclaim.reports.lint.reading import Passage
from reclaim.reports.lint.words import Lexicon, Unit, alternatives, data, units

Relation = Literal["=", ">=", ">", "<=", "<", "<~", "~"]
_DIGITS = {char: i for i, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_LATIN = r"\d{1,3}(?:\s?[,，]\s?\d\s?\d\s?\d(?!\d))+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?![\d.])|\d+(?:\.\d+)?"
_FRACTION = re.compile(r"(\d+)/$")
_DEFINES = re.compile(r"\s*(?:=|＝|等于|equals|is exactly)")
_HAN = r"[零〇一二两三四五六七八九十百千]{1,9}(?:点[零〇一二三四五六七八九]+)?"
_PER_CENT = re.compile(rf"百分之(?P<number>{_HAN})")
_SEPARATORS = r"\s*(?:/|、|,|，|;|；|和|及|与|以及|and|&)\s*(?:and\s+)?"
_BARE = re.compile(rf"(?P<number>(?<![\d.A-Za-z]){_LATIN})(?P<separator>{_SEPARATORS})$")
_RANGE = re.compile(
    rf"(?P<number>(?<![\d.A-Za-z/-]){_LATIN})\s*(?P<unit>[^\s\d\-–—~～,，。.;；、:：]{{0,3}}?)\s*(?:-|–|—|~|～|至|到|\bto\b)\s*$"
)
_BETWEEN = re.compile(rf"between\s+(?P<number>{_LATIN})\s*(?P<unit>[^\s\d]{{0,3}}?)\s+and\s*$")
_SIGN = re.compile(r"(?<![\w)）])[-−–+＋]$")
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
        A number alone in a cell, without any unit in sight: a count, if it is anything.
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
    found = [*_percents(passage), *_units(passage), *_money_first(passage)]
    kept: list[Mention] = []
    for item in sorted(found, key=lambda item: (item.start, -item.end)):
        if not kept or item.start >= kept[-1].end:
            kept += [*_shared_unit(passage, item, kept[-1].end if kept else passage.start), item]
    kept = kept or _bare_cell(passage)
    return [_as_cell(item) for item in kept if item.value] if passage.cell else kept


def _as_cell(mention: Mention) -> Mention:
    """Figures with decimals in a table may have been rounded so that its rows add up."""
    return replace(mention, slack=0.999) if re.search(r"\.\d\d", mention.text) else mention


@cache
def _core() -> re.Pattern[str]:
    """Number, multiplier, unit; "more than" may be said inside, as in 1.2万余亩."""
    multipliers = alternatives(data()["multipliers"]).replace("(?<![A-Za-z0-9])", "")
    few = r"(?:\s*(?:余|多))?"
    number = (
        rf"(?<![\d.A-Za-z])(?:{_LATIN})|(?<![\w百分之]){_HAN}|(?<=[^\x00-\x7f十百千零〇一二两三四五六七八九]){_HAN}"
    )
    return re.compile(
        rf"(?P<number>{number})(?P<few>{few})\s*(?P<multiplier>(?:{multipliers})?)(?P<more>{few})\s*"
        rf"(?P<unit>{'|'.join(_unit_patterns())})(?!素|面|法|案|向|式)",
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
            yield _related(passage, replace(made, relation=">") if few.strip() else made)


def _trivial(text: str, match: re.Match[str]) -> bool:
    words = data()["trivial"]
    after, before = text[match.end() :].lstrip(), text[: match.start()].rstrip()
    short_numeral = not match["number"][0].isdigit() and len(match["number"]) == 1
    return short_numeral or after.startswith(tuple(words["after"])) or before.endswith(tuple(words["before"]))


def _defines(text: str, match: re.Match[str]) -> bool:
    """Whether it says what a unit is ("1 mu = 2000/3 m²") and not how much there is of anything."""
    number = parse_number(match["number"])
    above = _FRACTION.search(text[: match.start()])
    fraction = above is not None and number is not None and 0 < number * 100 < int(above[1])
    return fraction or (number == 1 and bool(_DEFINES.match(text[match.end() :])))


def _percents(passage: Passage) -> Iterator[Mention]:
    for match in _PER_CENT.finditer(passage.text):
        made = _mention(passage, match.span(), match["number"], "", units()["%"])
        if made is not None:
            yield _related(passage, made)


def _money_first(passage: Passage) -> Iterator[Mention]:
    multipliers = alternatives(data()["multipliers"])
    for match in re.finditer(
        rf"(?:CNY|RMB|¥|￥)\s*(?P<number>{_LATIN})\s*(?P<multiplier>(?:{multipliers})?)", passage.text
    ):
        made = _mention(passage, match.span(), match["number"], match["multiplier"], units()["cny"])
        if made is not None:
            yield _related(passage, made)


def _mention(passage: Passage, span: tuple[int, int], number: str, multiplier: str, unit: Unit) -> Mention | None:
    value = parse_number(number)
    if value is None:
        return None
    factor = {key.lower(): size for key, size in data()["multipliers"].items()}.get(multiplier.lower(), 1)
    digits = re.sub(r"[\s,，]", "", number)
    decimals = len(digits.partition(".")[2]) if digits[0].isdigit() else 0
    step = Fraction(factor, 10**decimals) * unit.size
    zeros = len(digits) - len(digits.rstrip("0")) if "." not in digits and digits.strip("0") else 0
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


def parse_number(text: str) -> Fraction | None:
    """
    A number in digits or Chinese numerals.

    Examples
    --------
    >>> parse_number("12，029"), parse_number("一万"), parse_number("八十六"), parse_number("三千零五")
    (Fraction(12029, 1), None, Fraction(86, 1), Fraction(3005, 1))
    """
    squeezed = re.sub(r"[\s,，]", "", text)
    if re.fullmatch(r"\d+(?:\.\d+)?", squeezed):
        return Fraction(squeezed)
    whole, _, decimals = squeezed.partition("点")
    if not re.fullmatch(_HAN, squeezed):
        return None
    total, digit = 0, 0
    for char in whole:
        if char in _PLACES:
            total, digit = total + (digit or 1) * _PLACES[char], 0
        else:
            digit = _DIGITS[char]
    tail = Fraction(int("".join(str(_DIGITS[char]) for char in decimals)), 10 ** len(decimals)) if decimals else 0
    return Fraction(total + digit) + tail


def _related(passage: Passage, mention: Mention) -> Mention:
    """The mention with its relation, range and sign from the words around it."""
    before = passage.text[: mention.start - passage.start]
    after = passage.text[mention.end - passage.start :]
    low = next((match for pattern in (_RANGE, _BETWEEN) if (match := pattern.search(before))), None)
    if low is not None and not _is_year(low["number"]):
        return _ranged(passage, mention, low)
    sign = _SIGN.search(before)
    if sign:
        mention = replace(mention, sign=-1 if sign[0][0] in "-−–" else 1)
    before_relation = _nearest_before(before)
    after_relation = next((key for key, pattern in _after().items() if pattern.match(after)), None)
    relation: Any = after_relation if after_relation not in (None, "~") else before_relation or after_relation
    return replace(mention, relation=relation) if relation else mention


def _ranged(passage: Passage, mention: Mention, low: re.Match[str]) -> Mention:
    bottom = parse_number(low["number"])
    assert bottom is not None
    scale = mention.value / mention.written if mention.written else 1.0
    start = passage.start + low.start("number")
    text = " ".join(passage.text[low.start("number") : mention.end - passage.start].split())
    # "1-1.2 万亩": the multiplier belongs to both ends
    plain = float(parse_number(re.match(_LATIN, mention.text)[0]) or 1) if re.match(_LATIN, mention.text) else 1.0  # type: ignore[index]
    factor = mention.written / plain if plain else 1.0
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
    """A cell that holds a number alone takes the unit that its head names."""
    whole = re.fullmatch(rf"(?P<sign>[-−–+])?\s*(?P<number>{_LATIN})", passage.text.strip()) if passage.cell else None
    if whole is None or _is_year(whole["number"]):
        return []
    names = [name for name in units() if units()[name].kind != "count"]
    named = re.search(
        rf"[(（]\s*(?:单位[:：]?\s*)?(?P<multiplier>万|亿)?\s*(?P<unit>{alternatives(names)})",
        passage.above,
        re.IGNORECASE,
    )
    unit = units()[" ".join(named["unit"].lower().split())] if named else units()["个"]
    made = _mention(passage, whole.span("number"), whole["number"], (named and named["multiplier"]) or "", unit)
    return [replace(made, bare=named is None)] if made else []
