"""The words by which a text speaks of quantities; they stand in ``words.toml``."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

_WORDY = re.compile(r"[a-z0-9]", re.IGNORECASE)


@dataclass(frozen=True)
class Unit:
    """A unit as it is written: what it measures, and how many base units it is."""

    kind: str
    size: Fraction
    word: str


@dataclass(frozen=True)
class Found:
    """A word in a text: what it stands for and where it is."""

    key: str
    start: int
    end: int


class Lexicon:
    """
    Finds words of a list in a text, the longest first, none inside another.

    Parameters
    ----------
    words : mapping of str to iterable of str
        What each word stands for.
    """

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self._key = {word.lower(): key for key, listed in words.items() for word in listed}
        self._pattern = re.compile(alternatives(self._key), re.IGNORECASE) if self._key else None

    def find(self, text: str) -> Iterator[Found]:
        """Every word with its place."""
        if self._pattern is None:
            return
        for match in self._pattern.finditer(text):
            yield Found(self._key[" ".join(match[0].lower().split())], match.start(), match.end())


def alternatives(words: Iterable[str]) -> str:
    """
    A pattern for any of some words, the longest first; Latin words stand alone, Chinese ones anywhere.

    Examples
    --------
    >>> re.findall(alternatives(["mu", "亩"]), "5 mu, 5亩, mud")
    ['mu', '亩']
    """
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(_one(word) for word in ordered)


def unbounded(words: Iterable[str]) -> str:
    """The same for words that stand right behind a number: 12ha."""
    return alternatives(words).replace("(?<![A-Za-z0-9])", "")


def _one(word: str) -> str:
    text = r"\s+".join(re.escape(part) for part in word.split())
    head = r"(?<![A-Za-z0-9])" if _WORDY.match(word[0]) else ""
    tail = r"(?![A-Za-z0-9])" if _WORDY.match(word[-1]) else ""
    return f"{head}{text}{tail}"


@cache
def data() -> dict[str, Any]:
    """The whole list."""
    return tomllib.loads(files("reclaim.reports.lint").joinpath("words.toml").read_text(encoding="utf-8"))


@cache
def units() -> Mapping[str, Unit]:
    """Units by the way they are written, lower case."""
    return {
        word.lower(): Unit(entry["kind"], Fraction(*entry["size"]), word)
        for entry in data()["unit"]
        for word in entry["words"]
    }


@cache
def lexicon(name: str) -> Lexicon:
    """One list of words: ``topics``, ``marks``, ``bases`` or ``nouns``."""
    listed = data()[name]
    return Lexicon({key: entry["words"] if isinstance(entry, dict) else entry for key, entry in listed.items()})


def topic_kind(topic: str) -> str | None:
    """What a topic is measured in; None for one that the list does not know."""
    found = data()["topics"].get(topic)
    return found["kind"] if found else None


def topic_whole(topic: str) -> str | None:
    """The quantity that a topic is a part of: the drains' concrete of the concrete."""
    whole: str | None = data()["topics"].get(topic, {}).get("within")
    return whole


def squeezed(text: str) -> str:
    """
    A name without spaces and signs, so that it is found again after copying.

    Examples
    --------
    >>> squeezed("期初未复垦 opening (亩 mu)")
    '期初未复垦opening亩mu'
    """
    return re.sub(r"[\W_]", "", text).lower()
