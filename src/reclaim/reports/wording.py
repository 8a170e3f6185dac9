"""The sentences and headings of reports, by name; they stand in ``texts.toml``."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from reclaim.reports.model import Text


@cache
def _texts() -> dict[str, Text]:
    return {key: Text(**entry) for key, entry in _data("texts.toml").items()}


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files("reclaim.reports").joinpath(name).read_text(encoding="utf-8"))


def say(key: str, **slots: object) -> Text:
    """
    A sentence in both languages with its slots filled.

    Parameters
    ----------
    key : str
        Its name in ``texts.toml``.
    **slots : object
        What to put in; a `Text` goes in by language. What is put in is never read as a template.

    Examples
    --------
    >>> say("at", at="{at}").en
    'as of {at}'
    """
    found = _texts()[key]
    if not slots:
        return found
    zh = {name: value.zh if isinstance(value, Text) else value for name, value in slots.items()}
    en = {name: value.en if isinstance(value, Text) else value for name, value in slots.items()}
    return Text(found.zh.format(**zh), found.en.format(**en))


def translated(english: str) -> Text:
    """
    A phrase of another room in both languages; as it is where nobody has translated it.

    Examples
    --------
    >>> translated("parcels outside every footprint").zh, translated("else").zh
    ('损毁范围以外的地块', 'else')
    """
    return _texts().get(english, Text(english, english))


def told(english: str) -> Text:
    """
    A sentence that another room made in English, in both languages; as it is where no Chinese is known for it.

    Parameters
    ----------
    english : str
        A message of a finding, or the reason of a comparison. Names in it are taken over as they are.

    Examples
    --------
    >>> told("P1: 12.00 mu declared, 15.00 mu measured").zh
    'P1：申报 12.00 亩，量算 15.00 亩'
    >>> told("something else").zh
    'something else'
    """
    for pattern, chinese in _sayings() if len(english) <= _LONGEST else ():
        found = pattern.fullmatch(english)
        if found is not None:
            slots = {name: _in_chinese(name, text) for name, text in found.groupdict().items()}
            return Text(chinese.format(**slots), english)
    return Text(english, english)


def _in_chinese(slot: str, text: str) -> str:
    """Bases inside a sentence are words, too; everything else is a name or a number."""
    if slot != "rates":
        return text
    words = _data("sayings.toml")["words"]
    return "，".join(" ".join(words.get(word, word) for word in part.split(" ")) for part in text.split(", "))


@cache
def _sayings() -> tuple[tuple[re.Pattern[str], str], ...]:
    # a number, a year or a date is short, so that a long name is not tried at every place
    made = []
    for entry in _data("sayings.toml")["say"]:
        pieces = re.split(r"(\{\w+\})", entry["en"])
        pattern = "".join(_slot(piece[1:-1]) if piece.startswith("{") else re.escape(piece) for piece in pieces)
        made.append((re.compile(pattern, re.DOTALL), entry["zh"]))
    return tuple(made)


_LONGEST = 600
_NUMBERS = ("area", "told", "found", "before", "after", "year", "row", "width", "far", "value", "difference")


def _slot(name: str) -> str:
    return f"(?P<{name}>[-+\\d.,e]{{1,30}})" if name in _NUMBERS else f"(?P<{name}>.+)"
