"""The report of a history that belongs to no project: its figures, its map, its sites."""

from datetime import date

from reclaim.maps.loss_sheet import LossSheet
from reclaim.reports.html_page import html_page
from reclaim.reports.model import Report, Section, Sheet, plain
from reclaim.reports.parts.disturbance import of_sites, overview, year_chart
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say
from reclaim.timeline.results import History
from reclaim.vocabulary import Language

UNIT = "ha"


def history_report(history: History, sheet: LossSheet, *, language: Language = "both") -> Report:
    """
    Everything that a history says, for the writers of all formats.

    Parameters
    ----------
    history : History
        With its preview.
    sheet : LossSheet
        Its map.
    language : {"zh", "en", "both"}
        What is printed.
    """
    setting = Setting(language, UNIT)
    shown = Sheet("map", say("history_sheet"), say("history_map_alt"), sheet.html, lambda asked: sheet.png(asked))
    sections = [
        Section("summary", say("summary"), tuple(overview(history, setting))),
        Section("map", say("maps"), (shown, year_chart(history))),
    ]
    sites = of_sites(history, setting, {})
    if sites:
        sections.append(Section("sites", say("history_sites"), tuple(sites)))
    return Report(
        title=plain(history.name),
        subtitle=say("history_title"),
        language=language,
        at=date(history.years[-1], 12, 31),
        sections=tuple(sections),
    )


def history_page(history: History, sheet: LossSheet, *, language: Language = "both") -> str:
    """The report as one HTML page that needs no network."""
    return html_page(history_report(history, sheet, language=language))
