"""
The phone picture: what a messenger shows. The rate with its basis and date in large type, and a small map.

1,080 pixels wide and at most 500 KB, so that it is sent as it is and read without zooming.
"""

from typing import Any

from matplotlib.figure import Figure

from reclaim.maps import accounts
from reclaim.maps.desk import Desk, Page, few_colours, paper_style, written
from reclaim.maps.drawing import INK, POINT_MM, SOFT, draw_features, draw_places, prepare, scale_bar
from reclaim.maps.facts import Facts
from reclaim.maps.frames import frames
from reclaim.maps.legend import swatch
from reclaim.maps.lettering import clipped, readable
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
    desk.text(5, y, clipped(first, _MM - 10, 15), 15, weight="bold")
    if second:
        y -= 5
        desk.text(5, y, clipped(second, _MM - 10, 9), 9, color=SOFT)
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
    asked = frames(facts.shown.bounds, facts.shown.places, title=facts.title)
    west, south, east, north = box
    if not asked:
        desk.text((west + east) / 2, (south + north) / 2, facts.say("no_ground"), 11, ha="center", color=SOFT)
        return
    frame = asked[0].fitted((east - west) / (north - south), margin=0.14 if asked[0].overview else 0.05, foot=0.08)
    ax = desk.axes(box)
    prepare(ax, frame, small=True)
    ax.tick_params(labelbottom=False, labelleft=False, length=0)
    if asked[0].overview:
        labels = [readable(clipped(facts.short_name(place), 34, 10)) for place in facts.shown.places]
        draw_places(ax, facts.shown.places, frame, width_mm=east - west, labels=labels, size=10)
    else:
        ground = facts.drawn("spells")
        if ground is not None:
            draw_features(ax, ground, frame, width_mm=east - west)
    scale_bar(ax, frame, size_mm=(east - west, north - south), size=8)


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
