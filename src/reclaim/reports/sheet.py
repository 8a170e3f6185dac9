"""The map of an assessment as a block of its report."""

from functools import cache

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.reports.model import Sheet
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say
from reclaim.vocabulary import Language


def map_sheet(assessment: Assessment, setting: Setting) -> Sheet:
    """
    The map sheet: the interactive page in HTML, a printed map elsewhere.

    Parameters
    ----------
    assessment : Assessment
        What is drawn.
    setting : Setting
        Language of its labels.
    """

    @cache
    def page() -> str | None:
        return maps.build(assessment, language=setting.language).html()

    @cache
    def image(language: Language) -> bytes | None:
        return maps.build(assessment, language=language).png()

    return Sheet("map", say("map", at=assessment.at.date().isoformat()), say("map_alt"), page, image)
