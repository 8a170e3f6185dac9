"""
The sheet on paper: frames of the land, the rate, the ledger, legend, scale, grid, date and source, by matplotlib alone.

No browser and no network are needed. Sizes are those of reports and slides; the phone picture is for messengers.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from reclaim.assessment import Assessment
from reclaim.figures.style import chart_style
from reclaim.maps import accounts
from reclaim.maps.content import Content
from reclaim.maps.drawing import (
    INK,
    SOFT,
    darker,
    draw_features,
    draw_places,
    north_arrow,
    prepare,
    rows_for,
    scale_bar,
)
from reclaim.maps.features import Class, Features, days
from reclaim.maps.frames import Frame, frames
from reclaim.maps.layers import Place
from reclaim.maps.lettering import clipped, flowed, lettering, readable
from reclaim.maps.margin import Margin, notes, said, titles
from reclaim.units import convert, label
from reclaim.vocabulary import Language, load

PageName = Literal["a4", "a3", "slide"]
POINT_MM = 25.4 / 72
# matplotlib writes the moment of making and its own version into each format under another name
_STAMPS: dict[str, dict[str, str | None]] = {
    "svg": {"Date": None, "Creator": "reclaim"},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": "reclaim", "Producer": "reclaim"},
}


@dataclass(frozen=True)
class Page:
    """A page: its size in mm, the size of its text in points, the width of its column of figures in mm."""

    width: float
    height: float
    text: float
    column: float
    most: int  # frames beside the overview


PAGES: dict[PageName, Page] = {
    "a4": Page(297, 210, 7.5, 70, 8),
    "a3": Page(420, 297, 9.5, 92, 15),
    "slide": Page(338.7, 190.5, 9, 84, 7),
}


@dataclass(frozen=True, eq=False)
class Facts:
    """What a paper map says, in words and features, at its date."""

    assessment: Assessment
    language: Language
    shown: Content
    at: str
    notes: Sequence[str]
    title: tuple[str, str]

    def drawn(self, key: str, day: str | None = None) -> Features | None:
        """A layer as it is drawn at the map's date, or at another."""
        layer = self.shown.layer(key)
        return None if layer is None else layer.drawn(int(days([day or self.at], missing=0)[0]))

    def say(self, word: str, group: str = "words") -> str:
        """A word of the vocabulary in the map's language."""
        return said(load("maps")[group][word], self.language)


def figures(facts: Facts, *, page: PageName = "a4") -> list[Figure]:
    """
    The pages of an assessment's paper map.

    Parameters
    ----------
    facts : Facts
        From ``gather``.
    page : {"a4", "a3", "slide"}
        Size of the paper, all of them lying.

    Returns
    -------
    list of Figure
        One page, or several where the sites need more frames than one holds.
    """
    room = PAGES[page]
    asked = frames(facts.shown.bounds, facts.shown.places, title=facts.title)
    overview = [frame for frame in asked if frame.overview]
    sites = [frame for frame in asked if not frame.overview]
    chunks = [sites[i : i + room.most] for i in range(0, len(sites), room.most)] or [[]]
    with paper_style(facts.language):
        return [_page(facts, room, [*overview, *chunk], (i + 1, len(chunks))) for i, chunk in enumerate(chunks)]


@contextmanager
def paper_style(language: Language) -> Iterator[None]:
    """Matplotlib's settings for paper maps; asks for a Chinese font where Chinese is to be set."""
    with chart_style(), lettering(language):
        yield


def gather(assessment: Assessment, margin: Margin, shown: Content) -> Facts:
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
    """
    return Facts(assessment, margin.language, shown, margin.day, notes(assessment, margin), titles(assessment))


def _page(facts: Facts, page: Page, asked: Sequence[Frame], number: tuple[int, int]) -> Figure:
    figure = Figure(figsize=(page.width / 25.4, page.height / 25.4), facecolor="white")
    FigureCanvasAgg(figure)
    desk = Desk(figure, page.width, page.height)
    top = _heading(desk, facts, page, number)
    bottom = _footing(desk, facts, page)
    left, right = 9.0, page.width - 9.0 - page.column
    _column(desk, facts, page, (right + 5, bottom + 2, page.width - 9, top))
    north_arrow(desk.sheet, (page.width - 15, bottom + 5), tall=10)
    desk.text(page.width - 15, bottom + 16.5, facts.say("north"), page.text, ha="center")
    _frames(desk, facts, asked, (left, bottom, right, top), page)
    return figure


class Desk:
    """A figure measured in millimetres from its lower left corner."""

    def __init__(self, figure: Figure, width: float, height: float) -> None:
        self.figure, self.width, self.height = figure, width, height
        self.sheet: Axes = figure.add_axes((0, 0, 1, 1))
        self.sheet.set_xlim(0, width)
        self.sheet.set_ylim(0, height)
        self.sheet.axis("off")

    def text(self, x: float, y: float, text: str, size: float, **more: Any) -> None:
        """Text with its base line at ``y``; characters that no font has are shown as a box."""
        self.sheet.text(x, y, readable(text), fontsize=size, **{"color": INK, "va": "baseline", **more})

    def axes(self, box: tuple[float, float, float, float]) -> Axes:
        """Axes in a box of millimetres: left, bottom, right, top."""
        west, south, east, north = box
        place = (west / self.width, south / self.height, (east - west) / self.width, (north - south) / self.height)
        return self.figure.add_axes(place)


def _heading(desk: Desk, facts: Facts, page: Page, number: tuple[int, int]) -> float:
    """Band, title and date; gives the height below them."""
    y = desk.height
    if facts.assessment.project.illustrative:
        desk.sheet.add_patch(Rectangle((0, y - 6), desk.width, 6, facecolor="#FFF1D6", edgecolor="none"))
        desk.text(desk.width / 2, y - 4.4, facts.say("illustrative"), page.text + 0.5, ha="center", color="#8A4B00", weight="bold")
        y -= 6
    big = page.text * 2
    zh, en = facts.title
    first, second = (zh, en if en != zh else "") if facts.language != "en" else (en, "")
    if facts.language == "zh":
        second = ""
    room = desk.width - 18 - 62
    desk.text(9, y - 4 - big * POINT_MM, clipped(first, room, big), big, weight="bold")
    desk.text(9, y - 6.5 - (big + page.text + 1) * POINT_MM, clipped(second, room, page.text + 1), page.text + 1, color=SOFT)
    date = f"{facts.say('as_of')} {facts.at}" + (f"  ({number[0]}/{number[1]})" if number[1] > 1 else "")
    desk.text(desk.width - 9, y - 4 - big * POINT_MM, date, page.text + 2, ha="right", weight="bold")
    return y - 9 - (big + page.text + 1) * POINT_MM


def _footing(desk: Desk, facts: Facts, page: Page) -> float:
    """Source, CRS and notes along the foot; gives the height above them."""
    size = page.text - 1
    lines = flowed(facts.notes, desk.width - 18, size)
    for i, text in enumerate(reversed(lines)):
        desk.text(9, 5 + i * size * POINT_MM * 1.45, text, size, color=SOFT)
    return 5 + len(lines) * size * POINT_MM * 1.45 + 2.5


def _frames(desk: Desk, facts: Facts, asked: Sequence[Frame], area: tuple[float, float, float, float], page: Page) -> None:
    """The overview down the left side, the sites in rows and columns beside it."""
    west, south, east, north = area
    if not asked:
        desk.text((west + east) / 2, (south + north) / 2, facts.say("no_ground"), page.text + 2, ha="center", color=SOFT)
        return
    sites = [frame for frame in asked if not frame.overview]
    titled = len(sites) < len(asked)
    if titled:
        middle = west + (east - west) * (0.5 if len(sites) == 1 else 0.3)
        _frame(desk, facts, asked[0], (west + 5, south + 5, middle - 2, north - 6), page, alone=False)
        west = middle
    rows, columns = rows_for(max(1, len(sites)), (east - west) / (north - south))
    wide, tall = (east - west) / columns, (north - south) / rows
    for i, frame in enumerate(sites):
        x, y = west + i % columns * wide, north - (i // columns + 1) * tall
        box = (x + 5, y + 5, x + wide - 2, y + tall - (6 if titled else 1))
        _frame(desk, facts, frame, box, page, alone=not titled)
    if not titled:
        _inset(desk, asked[0], (east - 38, south + 7, east - 4, south + 35))


def _frame(desk: Desk, facts: Facts, frame: Frame, box: tuple[float, float, float, float], page: Page, *, alone: bool) -> None:
    west, south, east, north = box
    fitted = frame.fitted((east - west) / (north - south), margin=0.16 if frame.overview else 0.06, foot=0.1)
    ax = desk.axes(box)
    prepare(ax, fitted, small=not alone)
    if not alone:
        title = facts.say("overview") if frame.overview else name(frame, facts.language)
        desk.text(west, north + 1.6, clipped(title, east - west, page.text), page.text, weight="bold")
    if frame.overview:
        labels = [readable(clipped(name(p, "zh" if facts.language == "both" else facts.language), 30, page.text)) for p in facts.shown.places]
        draw_places(ax, facts.shown.places, fitted, width_mm=east - west, labels=labels, size=page.text - 0.5)
    else:
        for key in ("permits", "spells"):
            layer = facts.drawn(key)
            if layer is not None:
                draw_features(ax, layer, fitted, width_mm=east - west)
    scale_bar(ax, fitted, size_mm=(east - west, north - south), size=page.text - 1)


def _inset(desk: Desk, frame: Frame, box: tuple[float, float, float, float]) -> None:
    """Where the frame lies, on a small grid of degrees."""
    west, south, east, north = frame.box
    x, y = (west + east) / 2, (south + north) / 2
    wide = Frame("", "", (x - 4, y - 3, x + 4, y + 3)).fitted((box[2] - box[0]) / (box[3] - box[1]), margin=0)
    ax = desk.axes(box)
    prepare(ax, wide, small=True)
    ax.set_facecolor("white")
    ax.scatter([x], [y], s=16, marker="s", facecolors="none", edgecolors="#C0392B", linewidths=1.2, zorder=6)
    ax.patch.set_alpha(0.94)


def name(named: Frame | Place, language: Language) -> str:
    """Name of a frame or place."""
    return said({"zh": named.zh, "en": named.en}, language)


def _column(desk: Desk, facts: Facts, page: Page, box: tuple[float, float, float, float]) -> None:
    """Rate, ledger and legend, one below the other."""
    west, south, east, north = box
    y = _rates(desk, facts, page, (west, north, east))
    y = _ledger(desk, facts, page, (west, y - 3, east))
    ground, permits = facts.shown.layer("spells"), facts.shown.layer("permits")
    _legend(desk, facts, page, (west, y - 3, east, south), [layer for layer in (ground, permits) if layer is not None and len(layer)])


def _rates(desk: Desk, facts: Facts, page: Page, at: tuple[float, float, float]) -> float:
    """The headline rate with its basis, date and target."""
    west, y, east = at
    cards = accounts.rate_cards(facts.assessment)[:1]
    for card in cards:
        size = page.text
        y -= size * POINT_MM * 1.1
        desk.text(west, y, facts.say("rate"), size, color=SOFT)
        y -= size * 3 * POINT_MM * 1.05
        desk.text(west, y, card["value"], size * 3, weight="bold")
        y -= size * POINT_MM * 1.7
        desk.text(west, y, f"{said(card['basis'], facts.language)} · {card['at']}", size)
        if card["target"]:
            y -= size * POINT_MM * 1.5
            outcome = f" · {said(card['outcome'], facts.language)}" if card["outcome"] else ""
            desk.text(west, y, f"{facts.say('target')} {card['target']}{outcome}", size)
        y -= size * POINT_MM * 0.6
    return y


def _ledger(desk: Desk, facts: Facts, page: Page, at: tuple[float, float, float]) -> float:
    """The group's account of the year of the map: the ledger's own cells."""
    west, y, east = at
    rows = facts.assessment.group
    row = rows[rows["year"] == int(facts.at[:4])]
    if row.empty:
        return y
    unit = facts.assessment.project.unit
    second = "ha" if unit == "mu" else "mu"
    size, step = page.text, page.text * POINT_MM * 1.62
    middle = east - 19 * size / 7.5
    y -= size * POINT_MM
    desk.text(west, y, f"{facts.say('table_of_figures')} {facts.at[:4]}", size, weight="bold")
    desk.text(middle, y, label(unit, facts.language), size - 1, ha="right", color=SOFT)
    desk.text(east, y, label(second, facts.language), size - 1, ha="right", color=SOFT)
    for column in accounts.columns():
        y -= step
        strong = "bold" if column["key"] in ("opening", "closing") else "normal"
        desk.sheet.plot([west, east], [y - 1.0, y - 1.0], color="#D8DED9", linewidth=0.4)
        value = row.iloc[0][column["key"]]
        desk.text(west, y, said(column, facts.language), size, weight=strong)
        for x, shown_in, colour in ((middle, unit, INK), (east, second, SOFT)):
            text = "–" if value is None or value != value else f"{float(convert(float(value), 'm2', shown_in)):,.2f}"
            desk.text(x, y, text, size, ha="right", weight=strong, color=colour)
    return y - 2


def _legend(desk: Desk, facts: Facts, page: Page, at: tuple[float, float, float, float], layers: Sequence[Features]) -> None:
    west, y, _, south = at
    size, step = page.text, page.text * POINT_MM * 1.75
    for layer in layers:
        y -= size * POINT_MM
        if y < south:
            return
        if len(layer.classes) > 1 or layer.outline is None:
            desk.text(west, y, said({"zh": layer.zh, "en": layer.en}, facts.language), size, weight="bold")
            y -= 1
        for cls in layer.classes:
            y -= step
            if y < south:
                return
            swatch(desk, cls, (west, y - 0.6), outline=layer.outline)
            desk.text(west + 9, y, clipped(said({"zh": cls.zh, "en": cls.en}, facts.language), page.column - 14, size), size)
        y -= 3


def swatch(desk: Desk, cls: Class, at: tuple[float, float], *, outline: Any = None, wide: float = 6.5, tall: float = 3.2) -> None:
    """A class as the legend shows it."""
    more: dict[str, Any] = {"linewidth": 1.0, "facecolor": "none", "edgecolor": cls.colour} if outline is not None else {}
    if outline is not None and outline.get("dash"):
        more["linestyle"] = (0, tuple(d * 0.7 for d in outline["dash"]))
    if outline is None:
        desk.sheet.add_patch(Rectangle(at, wide, tall, facecolor=cls.colour, alpha=0.62, edgecolor="none"))
        more = {"facecolor": "none", "edgecolor": darker(cls.colour), "linewidth": 0.5, "hatch": cls.hatch or None}
    desk.sheet.add_patch(Rectangle(at, wide, tall, **more))


def written(made: Figure, form: Literal["png", "svg", "pdf"], *, dpi: int = 200) -> bytes:
    """
    A page as a picture file, the same bytes for the same page.

    Parameters
    ----------
    made : Figure
        A page.
    form : {"png", "svg", "pdf"}
        SVG keeps text as text.
    dpi : int
        Dots per inch of a PNG.
    """
    stream = io.BytesIO()
    with chart_style():
        made.savefig(stream, format=form, dpi=dpi, metadata=_STAMPS[form])
    return stream.getvalue()


def pdf(pages: Sequence[Figure]) -> bytes:
    """All pages in one PDF, the same bytes for the same pages."""
    stream = io.BytesIO()
    with chart_style(), PdfPages(stream, metadata=_STAMPS["pdf"]) as book:
        for made in pages:
            book.savefig(made)
    return stream.getvalue()


def few_colours(png: bytes, colours: int = 128) -> bytes:
    """A picture in few colours: a third of the bytes, for what is carried inside a page."""
    stream = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(colours, method=Image.Quantize.FASTOCTREE)
    image.save(stream, format="PNG", optimize=True)
    return stream.getvalue()
