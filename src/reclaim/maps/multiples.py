"""
Small multiples: the same ground year by year, a row for each site, a column for each year.
"""

from collections.abc import Sequence

from matplotlib.figure import Figure

from reclaim.maps.desk import Desk, Page, paper_style
from reclaim.maps.drawing import POINT_MM, SOFT, draw_features, prepare, scale_bar, scale_room
from reclaim.maps.facts import Facts
from reclaim.maps.frames import Frame, frames
from reclaim.maps.legend import swatch
from reclaim.maps.lettering import clipped, flowed, width_ems
from reclaim.maps.margin import said

_CELL, _GAP, _SIDE, _HEAD, _FOOT = 44.0, 3.0, 37.0, 22.0, 23.0  # mm
_MOST_YEARS, _MOST_SITES = 8, 12


def by_year(facts: Facts) -> Figure:
    """
    The state of the land at the end of each year, side by side.

    Parameters
    ----------
    facts : Facts
        From ``facts.gather``.

    Returns
    -------
    Figure
        At most the last eight years and twelve sites; what is left out is said at the foot.
    """
    ends = _ends(facts)
    asked = [f for f in frames(facts.shown.bounds, facts.shown.places, title=facts.title) if not f.overview]
    with paper_style(facts.language):
        return _grid(facts, asked[:_MOST_SITES], ends[-_MOST_YEARS:], left_out=len(asked) - _MOST_SITES)


def _ends(facts: Facts) -> list[str]:
    years = sorted({int(year) for year in facts.assessment.group["year"]})
    return [min(f"{year}-12-31", facts.at) for year in years if year <= int(facts.at[:4])]


def _grid(facts: Facts, asked: Sequence[Frame], ends: Sequence[str], *, left_out: int) -> Figure:
    side = _SIDE if len(asked) > 1 else 8.0
    wide = side + max(3, len(ends)) * (_CELL + _GAP) + 8
    tall = _HEAD + max(1, len(asked)) * (_CELL + _GAP) + _FOOT
    desk = Desk(Page(wide, tall))
    _heading(desk, facts)
    if not asked:
        desk.text(wide / 2, tall / 2, facts.say("no_ground"), 10, ha="center")
        return desk.figure
    for column, end in enumerate(ends):
        x = side + column * (_CELL + _GAP)
        desk.text(x + _CELL / 2, tall - _HEAD + 2, end, 9, ha="center", weight="bold")
        then = facts.drawn("spells", end)
        for row, frame in enumerate(asked):
            y = tall - _HEAD - (row + 1) * (_CELL + _GAP) + _GAP
            ax = desk.axes((x, y, x + _CELL, y + _CELL))
            fitted = frame.fitted(1.0, foot=scale_room(_CELL))
            prepare(ax, fitted, size_mm=(_CELL, _CELL))
            ax.tick_params(labelbottom=False, labelleft=False, length=0)
            if then is not None:
                draw_features(ax, then, fitted, width_mm=_CELL)
            if column == 0:
                scale_bar(ax, fitted, size_mm=(_CELL, _CELL), size=6.5)
            if column == 0 and len(asked) > 1:  # a single one has the title's name
                _side(desk, facts, frame, y + _CELL / 2)
    _foot(desk, facts, left_out)
    return desk.figure


def _heading(desk: Desk, facts: Facts) -> None:
    zh, en = facts.title
    band = f" — {facts.say('illustrative')}" if facts.assessment.project.illustrative else ""
    title = (en if facts.language == "en" else zh) + band
    desk.text(8, desk.page.height - 9, clipped(title, desk.page.width - 16, 13), 13, weight="bold")
    second = " · ".join(filter(None, (facts.title_lines[1], facts.say("spells", "layers"))))
    desk.text(8, desk.page.height - 14, clipped(second, desk.page.width - 16, 9), 9)


def _side(desk: Desk, facts: Facts, frame: Frame, y: float) -> None:
    """Name of a site left of its row, each language on its own line."""
    names = [frame.zh, frame.en] if facts.language == "both" and frame.zh != frame.en else [facts.name(frame)]
    for i, text in enumerate(names):
        desk.text(
            _SIDE - 3, y - i * 4, clipped(text, _SIDE - 5, 8), 8, ha="right", weight="bold" if i == 0 else "normal"
        )


def _foot(desk: Desk, facts: Facts, left_out: int) -> None:
    ground = facts.shown.layer("spells")
    x = 8.0
    for cls in ground.classes if ground is not None else ():
        swatch(desk, cls, (x, 15))
        label = said({"zh": cls.zh, "en": cls.en}, facts.language)
        desk.text(x + 8.5, 15.6, label, 8)
        x += 13 + width_ems(label) * 8 * POINT_MM
    more = [f"+{left_out} {facts.say('further_sites')}"] if left_out > 0 else []
    for i, line in enumerate(reversed(flowed([*more, *facts.notes], desk.page.width - 16, 6.5))):
        desk.text(8, 4 + i * 3.4, line, 6.5, color=SOFT)
