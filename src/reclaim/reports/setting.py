"""How a report is to be written: language and unit of area."""

from dataclasses import dataclass
from typing import Any

from reclaim.errors import ReportError
from reclaim.reports.model import Text
from reclaim.reports.numbers import AREA_DECIMALS, area
from reclaim.vocabulary import Language

LANGUAGES = ("zh", "en", "both")


@dataclass(frozen=True)
class Setting:
    """
    Language and unit of area of a report.

    Raises
    ------
    ReportError
        For a language or unit that reports are not written in.
    """

    language: Language = "both"
    unit: str = "mu"

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ReportError(f"language must be one of {', '.join(LANGUAGES)}, got {self.language!r}")
        if self.unit not in AREA_DECIMALS:
            raise ReportError(f"reports are written in {', '.join(AREA_DECIMALS)}, not in {self.unit!r}")

    def area(self, value_m2: float) -> Text:
        """An area with its unit."""
        return area(value_m2, self.unit)


def setting_of(project: Any, language: Language | None = None) -> Setting:
    """The project's own language and unit, unless another language is asked for."""
    return Setting(language or project.language, project.unit)
