"""
What a paper map says at its date, in words and features.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reclaim.assessment import Assessment
from reclaim.maps.content import Content
from reclaim.maps.features import Features, days
from reclaim.maps.frames import Frame
from reclaim.maps.layers import Place, ended_once
from reclaim.maps.margin import Margin, notes, said, titles
from reclaim.maps.rasters import Picture
from reclaim.vocabulary import Language, load


@dataclass(frozen=True, eq=False)
class Facts:
    """What a paper map says, in words and features, at its date."""

    assessment: Assessment
    language: Language
    shown: Content
    at: str
    margin: Margin
    notes: Sequence[str]
    title: tuple[str, str]
    picture: Picture | None = None  # what lies under the land

    def drawn(self, key: str, day: str | None = None) -> Features | None:
        """A layer as it is drawn at the map's date, or at another."""
        layer = self.shown.layer(key)
        return None if layer is None else layer.drawn(int(days([day or self.at], missing=0)[0]))

    def say(self, word: str, group: str = "words") -> str:
        """A word of the vocabulary in the map's language."""
        return said(load("maps")[group][word], self.language)

    def in_english(self) -> "Facts":
        """The same for a machine that cannot set Chinese."""
        margin = replace(self.margin, language="en")
        return replace(self, language="en", margin=margin, notes=notes(self.assessment, margin))

    @property
    def title_lines(self) -> tuple[str, str]:
        """The title, and in both languages a second line for English; empty where it would say the same."""
        zh, en = self.title
        if self.language == "en":
            return en, ""
        return zh, en if self.language == "both" and en != zh else ""

    @property
    def pictured(self) -> Frame | None:
        """The part of the ground that the image under the land shows."""
        return None if self.picture is None else Frame(self.picture.zh, self.picture.en, self.picture.bounds)

    def short_name(self, named: Frame | Place) -> str:
        """Name in one language, for crowded maps."""
        return named.en if self.language == "en" else named.zh

    def name(self, named: Frame | Place) -> str:
        """Name of a frame or place; an end that both languages share, such as a date, stands once."""
        zh, en = ended_once(named.zh, named.en) if self.language == "both" else (named.zh, named.en)
        return said({"zh": zh, "en": en}, self.language)


def gather(assessment: Assessment, margin: Margin, shown: Content, *, picture: Picture | None = None) -> Facts:
    """
    What a paper map says.

    Parameters
    ----------
    assessment : Assessment
        What is known.
    margin : Margin
        Date, language, and how public it is.
    shown : Content
        The features of its layers, of all dates.
    picture : Picture, optional
        An image to lie under the land.
    """
    told = notes(assessment, margin)
    return Facts(assessment, margin.language, shown, margin.day, margin, told, titles(assessment), picture)
