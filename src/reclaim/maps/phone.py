"""
The phone picture: what a messenger shows. The rate with its basis and date in large type, and a small map.

1,080 pixels wide and at most 500 KB, so that it is sent as it is and read without zooming.
"""

from typing import Any

from matplotlib.figure import Figure

from reclaim.maps import accounts
from reclaim.maps.desk import Desk, Page, few_colours, paper_style, written
from reclaim.maps.drawing import (
    INK,
    POINT_MM,
    SOFT,
    draw_features,
    draw_picture,
    draw_places,
    prepare,
    scale_bar,
    scale_room,
)
from reclaim.maps.facts import Facts
from reclaim.maps.frames import frames
from reclaim.maps.legend import swatch
from reclaim.maps.lettering import clipped, fitting, readable
from reclaim.maps.margin import said

WIDTH_PX, HEIGHT_PX, MOST_BYTES = 1080, 1440, 500_000
_MM = 90.0  # the picture is laid out as if it were this wide
_DPI = WIDTH_PX / (_MM / 25.4)  # no whole number, so that the width is one


def phone_picture(facts: Facts) -> bytes:
    """
    The picture as PNG.

    Parameters
    ----------
    facts : Facts
        From ``facts.gather``.

    Returns
    -------
    bytes
        PNG, 1,080 by 1,440 pixels, at most 500 KB; fewer colours where it would be more.
    """
    with paper_style(facts.language):
        made = _picture(facts)
    return _within(written(made, "png", dpi=_DPI))


def _picture(facts: Facts) -> Figure:
    desk = Desk(Page(_MM, _MM * HEIGHT_PX / WIDTH_PX))
    y = _head(desk, facts)
    y = _rate(desk, facts, y)
    foot = _foot(desk, facts)
    _map(desk, facts, (5, foot, _MM - 5, y - 2))
    return desk.figure


def _head(desk: Desk, facts: Facts) -> float:
    y = desk.band(facts.say("illustrative"), size=8.5) if facts.assessment.project.illustrative else desk.page.height
    first, second = facts.title_lines
    y -= 8
    for line, size, more in ((first, 15.0, {"weight": "bold"}), (second, 9.0, {"color": SOFT})):
        if line:
            size = fitting(line, _MM - 14, size, least=size * 0.65)  # bold letters are wider than measured
            desk.text(5, y, clipped(line, _MM - 14, size), size, **more)
            y -= 5
    y += 5
    return y


def _rate(desk: Desk, facts: Facts, y: float) -> float:
    """Rate, basis, date and target; without a rate, what is still open."""
    cards = accounts.rate_cards(facts.assessment)[:1]
    y -= 6
    if not cards:
        desk.text(5, y, f"{facts.say('as_of')} {facts.at}", 11, weight="bold")
        return y - 2
    card: dict[str, Any] = cards[0]
    desk.text(5, y, facts.say("rate"), 10, color=SOFT)
    y -= 15
    desk.text(5, y, card["value"], 46, weight="bold", color=INK)
    y -= 6
    desk.text(5, y, said(card["basis"], facts.language), 11)
    y -= 5.2
    desk.text(5, y, f"{facts.say('as_of')} {card['at']}", 11, weight="bold")
    if card["target"]:
        outcome = f" · {said(card['outcome'], facts.language)}" if card["outcome"] else ""
        y -= 5.2
        desk.text(5, y, f"{facts.say('target')} {card['target']}{outcome}", 11)
    return y - 1


def _map(desk: Desk, facts: Facts, box: tuple[float, float, float, float]) -> None:
    """The ground; where the sites lie far apart, the sites as pies of their land by state."""
    asked = frames(facts.shown.bounds, facts.shown.places, title=facts.title, picture=facts.pictured)
    west, south, east, north = box
    if not asked:
        desk.text((west + east) / 2, (south + north) / 2, facts.say("no_ground"), 11, ha="center", color=SOFT)
        return
    first = asked[0] if asked[0].by_site else asked[-1]  # where an image shows a part of the ground, that part
    wide, tall = east - west, north - south
    frame = first.fitted(wide / tall, margin=0.14 if first.by_site else 0.05, foot=scale_room(tall, 8))
    ax = desk.axes(box)
    prepare(ax, frame, size_mm=(wide, tall))
    ax.tick_params(labelbottom=False, labelleft=False, length=0)
    if first.by_site:
        labels = [readable(clipped(facts.short_name(place), wide / 2, 10)) for place in facts.shown.places]
        draw_places(ax, facts.shown.places, frame, width_mm=wide, labels=labels, size=10)
    else:
        if facts.picture is not None:
            draw_picture(ax, facts.picture)
        ground = facts.drawn("spells")
        if ground is not None:
            draw_features(ax, ground, frame, width_mm=wide)
    scale_bar(ax, frame, size_mm=(wide, tall), size=8)


def _foot(desk: Desk, facts: Facts) -> float:
    """Legend in two columns, then the use of the picture; gives the height above them."""
    ground = facts.shown.layer("spells")
    classes = list(ground.classes) if ground is not None and len(ground) else []
    lines = (len(classes) + 1) // 2
    desk.text(5, 3.2, clipped(facts.notes[-1], _MM - 10, 7.5), 7.5, color=SOFT)
    bottom = 7.5
    for i, cls in enumerate(classes):
        x, y = 5 + (i % 2) * 40, bottom + (lines - 1 - i // 2) * 5.4
        swatch(desk, cls, (x, y - 0.5))
        desk.text(x + 8.5, y, clipped(said({"zh": cls.zh, "en": cls.en}, facts.language), 34, 9), 9)
    return bottom + lines * 5.4 + 10 * POINT_MM * 0.3


def _within(picture: bytes) -> bytes:
    """The picture with as many colours as keep it within its size."""
    for colours in (256, 128, 64, 32):
        if len(picture) <= MOST_BYTES:
            break
        picture = few_colours(picture, colours)
    return picture
