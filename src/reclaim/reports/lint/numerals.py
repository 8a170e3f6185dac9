"""Numbers as people write them: digits with separators, Chinese numerals, English number words, and mixtures."""

import re
from fractions import Fraction

LATIN = r"\d{1,3}(?:\s?[,，]\s?\d\s?\d\s?\d(?!\d))+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?![\d.])|\d+(?:\.\d+)?"
HAN = r"[一二两三四五六七八九十][零〇一二两三四五六七八九十百千万亿]{0,15}(?:点[零〇一二三四五六七八九]+)?"
MIXED = r"\d+\s?万\s?\d+(?:千(?:\d+)?)?(?!\d|[,，]\d)"

_DIGITS = {char: i for i, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: i for i, word in enumerate(_ONES)} | {word: 10 * (i + 2) for i, word in enumerate(_TENS)}
_SIZES = {"hundred": 100, "thousand": 1000}
_ANY = "|".join(sorted([*_WORDS, *_SIZES], key=len, reverse=True))
ENGLISH = rf"(?:{_ANY})(?![a-z])(?:(?:\s+and\s+|[\s-]+)(?:{_ANY})(?![a-z]))*"


def parse_number(text: str) -> Fraction | None:
    """
    A number in digits, in Chinese numerals or in English words.

    Examples
    --------
    >>> [int(parse_number(text)) for text in ("12，029", "一万二千零二十九", "八十六", "三千零五", "1万2千", "两千五")]
    [12029, 12029, 86, 3005, 12000, 2500]
    >>> int(parse_number("eighty-six")), int(parse_number("twelve thousand and twenty-nine"))
    (86, 12029)
    """
    squeezed = re.sub(r"[\s,，]", "", text)
    if re.fullmatch(r"\d+(?:\.\d+)?", squeezed):
        return Fraction(squeezed)
    if re.fullmatch(ENGLISH, text.lower()):
        return Fraction(_english(text.lower()))
    if re.fullmatch(MIXED, squeezed):
        head, tail = squeezed.split("万")
        return Fraction(int(head) * 10**4 + _thousands(tail))
    return _han(squeezed) if re.fullmatch(HAN, squeezed) else None


def last_place(text: str) -> Fraction:
    """
    One unit of the last place that is said: how exact a number is.

    Examples
    --------
    >>> [str(last_place(text)) for text in ("12,029", "45.0", "一万二千", "八十六", "1万2千", "twelve thousand")]
    ['1', '1/10', '1000', '1', '1000', '1000']
    """
    plain = re.sub(r"[\s,，]", "", text).lower()
    if plain[0].isdigit() and "万" not in plain:
        return Fraction(1, 10 ** len(plain.partition(".")[2]))
    if "点" in plain:
        return Fraction(1, 10 ** len(plain.partition("点")[2]))
    ends = {"百": 100, "千": 1000, "hundred": 100, "thousand": 1000, **_MYRIADS}
    return Fraction(next((size for word, size in ends.items() if plain.endswith(word)), 1))


def _thousands(text: str) -> int:
    """What follows 万: "2千" and "2029" are both thousands."""
    head, found, tail = text.partition("千")
    return int(head) * 1000 + int(tail or 0) if found else int(head)


def _english(text: str) -> int:
    total, part = 0, 0
    for word in re.findall(_ANY, text):
        if word == "thousand":
            total, part = total + (part or 1) * 1000, 0
        elif word == "hundred":
            part = (part or 1) * 100
        else:
            part += _WORDS[word]
    return total + part


def _han(text: str) -> Fraction:
    whole, _, decimals = text.partition("点")
    if len(whole) > 1 and all(char in _DIGITS for char in whole):  # said digit by digit
        total = int("".join(str(_DIGITS[char]) for char in whole))
    else:
        total = _by_places(whole)
    tail = Fraction(int("".join(str(_DIGITS[char]) for char in decimals)), 10 ** len(decimals)) if decimals else 0
    return Fraction(total) + tail


def _by_places(text: str) -> int:
    total, section, digit, place = 0, 0, 0, 1
    for char in text:
        if char == "亿":
            total, section, digit, place = (total + section + digit) * 10**8, 0, 0, 10**8
        elif char == "万":
            total, section, digit, place = total + (section + digit) * 10**4, 0, 0, 10**4
        elif char in _PLACES:
            section, digit, place = section + (digit or 1) * _PLACES[char], 0, _PLACES[char]
        else:
            digit, place = _DIGITS[char], place if char not in "零〇" else 10
    # "两千五" is 2,500: a last digit right after a place stands for the place below
    return total + section + digit * (place // 10 if place >= 100 else 1)
