"""
The sheet on paper: frames of the land, the rate, the ledger, legend, scale, grid, date and source, by matplotlib alone.

No browser and no network are needed. Sizes are those of reports and slides; the phone picture is for messengers.
"""

from collections.abc import Sequence
from typing import Literal

from matplotlib.figure import Figure

from reclaim.maps.desk import Box, Desk, Page, paper_style
from reclaim.maps.drawing import (
    POINT_MM,
    SOFT,
    draw_features,
    draw_picture,
    draw_places,
    north_arrow,
    prepare,
    rows_for,
    scale_bar,
    scale_room,
)
from reclaim.maps.facts import Facts
from reclaim.maps.frames import Frame, frames
from reclaim.maps.legend import ledger_block, legend_block, rate_block
from reclaim.maps.lettering import clipped, flowed, readable

PageName = Literal["a4", "a3", "slide"]

PAGES: dict[PageName, Page] = {
    "a4": Page(297, 210, 7.5, 70, 8),
    "a3": Page(420, 297, 9.5, 92, 15),
    "slide": Page(338.7, 190.5, 9, 84, 7),
}
_INSET = 3.0  # degrees: ground wider than this needs no picture of where it lies
_EDGE = 9.0  # mm


def figures(facts: Facts, *, page: PageName = "a4", only: Sequence[int] | None = None) -> list[Figure]:
    """
    The pages of an assessment's paper map.

    Parameters
    ----------
    facts : Facts
        From ``gather``.
    page : {"a4", "a3", "slide"}
        Size of the paper, all of them lying.
    only : sequence of int, optional
        Which pages, from 0; a picture of the first need not draw the others.

    Returns
    -------
    list of Figure
        One page, or several where the sites need more frames than one holds.
    """
    room = PAGES[page]
    asked = frames(facts.shown.bounds, facts.shown.places, title=facts.title, picture=facts.pictured)
    overview = [frame for frame in asked if frame.overview]
    sites = [frame for frame in asked if not frame.overview]
    chunks = [sites[i : i + room.most] for i in range(0, len(sites), room.most)] or [[]]
    with paper_style(facts.language):
        wanted = range(len(chunks)) if only is None else only
        return [_page(facts, room, [*overview, *chunks[i]], (i + 1, len(chunks))) for i in wanted]


def page_count(facts: Facts, *, page: PageName = "a4") -> int:
    """How many pages the paper map of an assessment has."""
    asked = frames(facts.shown.bounds, facts.shown.places, title=facts.title, picture=facts.pictured)
    return max(1, -(-sum(not frame.overview for frame in asked) // PAGES[page].most))


def _page(facts: Facts, page: Page, asked: Sequence[Frame], number: tuple[int, int]) -> Figure:
    desk = Desk(page)
    top = _heading(desk, facts, number)
    bottom = _footing(desk, facts)
    right = page.width - _EDGE - page.column
    _column(desk, facts, (right + 5, bottom + 2, page.width - _EDGE, top), asked)
    _frames(desk, facts, asked, (_EDGE, bottom, right, top))
    return desk.figure


def _heading(desk: Desk, facts: Facts, number: tuple[int, int]) -> float:
    """Band, title and date; gives the height below them."""
    width, size = desk.page.width, desk.page.text
    y = desk.band(facts.say("illustrative")) if facts.assessment.project.illustrative else desk.page.height
    first, second = facts.title_lines
    room = width - 2 * _EDGE - 62
    y -= 4 + 2 * size * POINT_MM
    desk.text(_EDGE, y, clipped(first, room, 2 * size), 2 * size, weight="bold")
    date = f"{facts.say('as_of')} {facts.at}" + (f"  ({number[0]}/{number[1]})" if number[1] > 1 else "")
    desk.text(width - _EDGE, y, date, size + 2, ha="right", weight="bold")
    y -= 2.5 + (size + 1) * POINT_MM
    desk.text(_EDGE, y, clipped(second, room, size + 1), size + 1, color=SOFT)
    return y - 2.5


def _footing(desk: Desk, facts: Facts) -> float:
    """Source, CRS and notes along the foot; gives the height above them."""
    size = desk.page.text - 1
    lines = flowed(facts.notes, desk.page.width - 2 * _EDGE, size)
    for i, text in enumerate(reversed(lines)):
        desk.text(_EDGE, 5 + i * size * POINT_MM * 1.45, text, size, color=SOFT)
    return 5 + len(lines) * size * POINT_MM * 1.45 + 2.5


def _frames(desk: Desk, facts: Facts, asked: Sequence[Frame], area: Box) -> None:
    """The overview down the left side, the sites in rows and columns beside it."""
    west, south, east, north = area
    if not asked:
        desk.text((west + east) / 2, (south + north) / 2, facts.say("no_ground"), ha="center", color=SOFT)
        return
    sites = [frame for frame in asked if not frame.overview]
    titled = len(asked) > 1
    if len(sites) < len(asked):
        middle = west + (east - west) * (0.4 if len(sites) == 1 else 0.3)
        _frame(desk, facts, asked[0], (west + 5, south + 5, middle - 2, north - 6))
        west = middle
    rows, columns = rows_for(max(1, len(sites)), (east - west) / (north - south))
    wide, tall = (east - west) / columns, (north - south) / rows
    for i, frame in enumerate(sites):
        x, y = west + i % columns * wide, north - (i // columns + 1) * tall
        _frame(desk, facts, frame, (x + 5, y + 5, x + wide - 2, y + tall - (6 if titled else 1)), alone=not titled)


def _frame(desk: Desk, facts: Facts, frame: Frame, box: Box, *, alone: bool = False) -> None:
    west, south, east, north = box
    size = desk.page.text
    wide, tall = east - west, north - south
    foot = scale_room(tall, size - 1)
    fitted = frame.fitted(wide / tall, margin=0.16 if frame.overview else 0.06, foot=foot)
    ax = desk.axes(box)
    if not alone:
        title = facts.say("overview") if frame.overview else facts.name(frame)
        desk.text(west, north + 1.6, clipped(title, east - west, size), weight="bold")
    if frame.by_site:
        labels = [readable(clipped(facts.short_name(place), wide * 0.6, size)) for place in facts.shown.places]
        draw_places(ax, facts.shown.places, fitted, width_mm=wide, labels=labels, size=size - 0.5)
    else:
        if facts.picture is not None:
            draw_picture(ax, facts.picture)
        for key in ("permits", "spells"):
            layer = facts.drawn(key)
            if layer is not None:
                draw_features(ax, layer, fitted, width_mm=wide)
    prepare(ax, fitted, size_mm=(wide, tall), size=size - (1 if alone else 2))
    scale_bar(ax, fitted, size_mm=(wide, tall), size=size - 1)


def _column(desk: Desk, facts: Facts, box: Box, asked: Sequence[Frame]) -> None:
    """Rate, ledger, legend, and at the foot where the ground lies and where north is."""
    west, south, east, north = box
    y = rate_block(desk, facts, (west, north))
    y = ledger_block(desk, facts, (west, y - 3, east))
    shown = [layer for layer in (facts.shown.layer("spells"), facts.shown.layer("permits")) if layer is not None]
    y = legend_block(desk, facts, (west, south + 18, east, y - 3), [layer for layer in shown if len(layer)])
    if facts.pictured is not None and y > south + 45:
        y -= 2 * desk.page.text * POINT_MM
        desk.text(west, y, clipped(facts.name(facts.pictured), east - west, desk.page.text))
    north_arrow(desk.sheet, (east - 6, south + 3), tall=10)
    desk.text(east - 6, south + 14.5, facts.say("north"), ha="center")
    if asked and not asked[0].overview and y > south + 40 and asked[0].box[2] - asked[0].box[0] < _INSET:
        _inset(desk, asked[0], (west + 5, south + 5, west + 42, south + 33))


def _inset(desk: Desk, frame: Frame, box: Box) -> None:
    """Where the frame lies, on a small grid of degrees."""
    west, south, east, north = frame.box
    x, y = (west + east) / 2, (south + north) / 2
    wide = Frame("", "", (x - 4, y - 3, x + 4, y + 3)).fitted((box[2] - box[0]) / (box[3] - box[1]), margin=0)
    ax = desk.axes(box)
    prepare(ax, wide, size_mm=(box[2] - box[0], box[3] - box[1]), size=desk.page.text - 2)
    ax.set_facecolor("white")
    ax.scatter([x], [y], s=16, marker="s", facecolors="none", edgecolors="#C0392B", linewidths=1.2, zorder=6)
