"""The map of an assessment as blocks of its report."""

from functools import cache, partial

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.reports.model import Sheet, Text
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say
from reclaim.vocabulary import Language

_MOST = 6  # a paper map of more pages is a document of its own


def map_sheets(assessment: Assessment, setting: Setting) -> tuple[Sheet, ...]:
    """
    The map: the interactive page in HTML, the pages of the printed map elsewhere.

    Parameters
    ----------
    assessment : Assessment
        What is drawn.
    setting : Setting
        Language of its labels.

    Returns
    -------
    tuple of Sheet
        The first holds the whole interactive map; of a paper map of very many pages it is the only one, and says so.
    """

    @cache
    def page() -> str | None:
        return maps.build(assessment, language=setting.language).html()

    @cache
    def image(language: Language, number: int = 1) -> bytes | None:
        return maps.build(assessment, language=language).png(number=number)

    caption = say("map", at=assessment.at.date().isoformat())
    count = maps.build(assessment, language=setting.language).page_count()
    if count > _MOST:
        caption = _joined(caption, say("map_part", number=1, count=count), say("map_more"))
        count = 1
    first = Sheet("map", caption, say("map_alt"), page, image)
    further = []
    for number in range(2, count + 1):
        name = _joined(caption, say("map_part", number=number, count=count))
        picture = partial(image, number=number)
        further.append(Sheet(f"map-{number}", name, say("map_alt"), lambda: None, picture, paper_only=True))
    return (first, *further)


def _joined(*texts: Text) -> Text:
    return Text("".join(text.zh for text in texts), "".join(text.en for text in texts))
