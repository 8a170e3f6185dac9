"""The content of the report of an assessment: which parts, in which order."""

from collections.abc import Callable, Sequence

from reclaim.assessment import Assessment
from reclaim.progress import progress
from reclaim.reports.model import Report, Section, Sheet, Text
from reclaim.reports.parts.accounts import annex, by_account
from reclaim.reports.parts.classes import classes
from reclaim.reports.parts.cover import cover
from reclaim.reports.parts.disturbance import disturbance
from reclaim.reports.parts.evidence import published
from reclaim.reports.parts.findings import findings
from reclaim.reports.parts.method import method
from reclaim.reports.parts.movement import ladder, movement
from reclaim.reports.parts.summary import summary
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say

Part = Callable[[Assessment, Setting], Section | None]
PARTS: tuple[Part, ...] = (
    summary, movement, ladder, by_account, published, cover, disturbance, classes, findings, method, annex,
)  # fmt: skip


def content(assessment: Assessment, setting: Setting, *, sheets: Sequence[Sheet] = ()) -> Report:
    """
    Everything that the report of an assessment says, for the writers of all formats.

    Parameters
    ----------
    assessment : Assessment
        What is reported.
    setting : Setting
        Language and unit.
    sheets : sequence of Sheet
        The map; it stands after the accounts, which lie on their side as it does.

    Returns
    -------
    Report
        The same for the same assessment: nothing in it comes from the clock.
    """
    project = assessment.project
    sections = []
    with progress("writing the report", len(PARTS)) as work:
        for part in PARTS:
            made = part(assessment, setting)
            sections += [made] if made else []
            if sheets and part is by_account:
                sections.append(Section("map", say("maps"), tuple(sheets)))
            work.advance()
    name = Text(
        project.name_zh or project.name or project.folder.name, project.name or project.name_zh or project.folder.name
    )
    at = say("at", at=assessment.at.date().isoformat())
    title = say("title")
    return Report(
        title=name,
        subtitle=Text(f"{title.zh}（{at.zh}）", f"{title.en}, {at.en}"),
        language=setting.language,
        at=assessment.at.date(),
        sections=tuple(sections),
        banner=say("illustrative") if project.illustrative else None,
    )
