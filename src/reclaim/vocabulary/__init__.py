"""
The words of the field, as data: states, stages, damage types, end uses, findings.

Each word has a code that never changes, a Chinese and an English name, and where it is drawn a colour and a hatch.
Maps, charts, tables and QGIS styles all read them here.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Language = Literal["zh", "en", "both"]


@dataclass(frozen=True)
class Word:
    """A code with its names, and how it is drawn."""

    code: str
    en: str
    zh: str
    colour: str | None = None
    hatch: str | None = None
    vegetated: bool = True
    seasonal: bool = False

    def label(self, language: Language = "both") -> str:
        """The name for people, in one language or in both."""
        if language == "zh":
            return self.zh
        return self.en if language == "en" else f"{self.zh} {self.en}"


@cache
def load(name: str) -> Mapping[str, Any]:
    """
    One file of the vocabulary.

    Parameters
    ----------
    name : str
        File name without its ending; may name a folder, as in ``"standards/tdt-1036-2013"``.
    """
    text = files("reclaim.vocabulary").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def words(name: str) -> Mapping[str, Word]:
    """
    One list of the land vocabulary, by code, in its order.

    Examples
    --------
    >>> words("states")["open"].zh
    '未复垦'
    >>> list(words("damage"))[:2]
    ['excavation', 'occupation']
    """
    return {code: Word(code=code, **entry) for code, entry in load("land")[name].items()}


def states() -> Mapping[str, Word]:
    """The states that land can be in, with those that are only drawn, by code."""
    return words("states")


@cache
def findings() -> Mapping[str, Mapping[str, str]]:
    """All kinds of finding, by code: ``severity``, ``en``, ``zh``, ``fix``."""
    return dict(load("findings"))
