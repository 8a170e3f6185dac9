"""
The sheet of a history: the years of loss and of recovery on a map, with the ground lost in each year beside it.
"""

import base64
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reclaim.errors import MapError
from reclaim.figures.timeline import SLOW
from reclaim.io.atomic import atomic_path
from reclaim.maps import losses, offline
from reclaim.maps.desk import Desk, Page, few_colours, paper_style, written
from reclaim.maps.drawing import POINT_MM, SOFT, draw_features, draw_picture, north_arrow, prepare, scale_bar
from reclaim.maps.escape import markup_text
from reclaim.maps.features import Features, days, unwrapped
from reclaim.maps.frames import Frame
from reclaim.maps.layers import GraticuleLayer, GroundLayer, OwnLayer, RasterLayer
from reclaim.maps.lettering import clipped, flowed
from reclaim.maps.margin import said
from reclaim.maps.page import SheetMap, rendered
from reclaim.maps.rasters import Box, Picture
from reclaim.timeline.results import History
from reclaim.units import convert
from reclaim.vocabulary import Language, load

UNIT = "ha"
_PAGE = Page(297, 210, 8, 74)
_EDGE = 9.0  # mm
_COLUMNS = ("lost", "lost_since", "slow")


@dataclass(frozen=True, eq=False)
class LossSheet:
    """
    A history as a map.

    Parameters
    ----------
    history : History
        What it shows.
    language : {"both", "zh", "en"}
        Language of every word on it.
    """

    history: History
    language: Language = "both"

    @cached_property
    def pictures(self) -> list[Picture]:
        """Year of loss, and years to recovery."""
        return losses.pictures(self.history)

    @cached_property
    def features(self) -> tuple[Features, ...]:
        """Losses of each year and the sites' outlines."""
        made = [part for part in (losses.losses([self.history]), losses.grounds(self.history)) if part is not None]
        return unwrapped(made)

    @cached_property
    def bounds(self) -> Box | None:
        """West, south, east, north of everything shown."""
        boxes = [p.bounds for p in self.pictures] + [f.bounds for f in self.features if f.bounds is not None]
        if not boxes:
            return None
        west, south, east, north = zip(*boxes, strict=True)
        return min(west), min(south), max(east), max(north)

    @cached_property
    def map(self) -> SheetMap:
        """The Folium map; anything that Folium can add to a map can be added to it."""
        page = SheetMap(self._config(), fallback=self._fallback)
        for layer in self._layers():
            layer.add_to(page)
        return page

    def html(self) -> str:
        """The page as text, in one file that needs no network; the same input gives the same text."""
        text, identities = rendered(self.map)
        return offline.one_file(text, identities=identities)

    def page(self, language: Language | None = None) -> Figure:
        """The map on paper: A4, lying."""
        chosen = language or self.language
        with paper_style(chosen):
            return _paper(self, chosen)

    def png(self, language: Language | None = None, *, dpi: int = 200) -> bytes:
        """The map on paper as a picture."""
        return written(self.page(language), "png", dpi=dpi)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the interactive map as one HTML file."""
        with atomic_path(path) as target:
            target.write_bytes(self.html().encode("utf-8"))
        return Path(path)

    # --- parts ---------------------------------------------------------------------------------------------------

    def _layers(self) -> list[OwnLayer]:
        day = _day(self.history.years[-1])
        made: list[OwnLayer] = [GraticuleLayer(language=self.language)]
        for place, picture in enumerate(self.pictures):
            # the outlines follow the slider; the pictures are there to be laid under them or swiped
            first = place == 0 and not len(self.history.footprints)
            made.append(RasterLayer(picture, place=place, show=first, language=self.language))
        return [*made, *(GroundLayer(f, at=day, language=self.language) for f in self.features)]

    def _config(self) -> dict[str, Any]:
        history, box, words = self.history, self.bounds, load("maps")
        title = words["history"]["title"]
        return {
            "title": history.name, "subtitle": said(title, self.language), "language": self.language, "unit": UNIT,
            "illustrative": False, "rates": [], "stories": None, "places": [], "notes": notes(history, self.language),
            "stops": [{"year": year, "day": _day(year), "label": str(year)} for year in history.years],
            "columns": [{"key": key, **words["history"][key]} for key in _COLUMNS],
            "accounts": [{"key": "group", **words["images"]["loss"], "rows": rows(history), "bounds": None}],
            "bounds": None if box is None else [[box[1], box[0]], [box[3], box[2]]],
        }  # fmt: skip

    def _fallback(self) -> str:
        """What a reader without scripts sees; every text is escaped."""
        words = load("maps")
        try:
            figure = self.page()
        except MapError:
            figure = self.page("en")
        picture = base64.b64encode(few_colours(written(figure, "png", dpi=80))).decode()
        columns = [said(words["history"][key], self.language) for key in _COLUMNS]
        head = "".join(f"<th>{markup_text(f'{name} ({UNIT})')}</th>" for name in columns)
        body = "".join(
            f"<tr><th>{year}</th>{''.join(f'<td>{_hectares(value)}</td>' for value in row.values())}</tr>"
            for year, row in rows(self.history).items()
        )
        parts = [
            f"<h1>{markup_text(self.history.name)}</h1>",
            f"<p>{markup_text(said(words['words']['no_script'], self.language))}</p>",
            f'<p><img alt="{markup_text(words["images"]["loss"]["en"])}" src="data:image/png;base64,{picture}"></p>',
            f"<table><tr><th></th>{head}</tr>{body}</table>",
            f"<p>{markup_text(' · '.join(notes(self.history, self.language)))}</p>",
        ]
        return f'<div class="rc-noscript">{"".join(parts)}</div>'


def rows(history: History) -> dict[str, dict[str, float]]:
    """Ground lost in each year of the stack and up to it, and what began to sink slowly in it, in m²."""
    abrupt, slow = history.abrupt, history.disturbed.set_index("year")["slow_m2"]
    made, total = {}, 0.0
    for year in history.years:
        lost = float(abrupt.get(year, 0.0))
        total += lost
        made[str(year)] = {"lost": lost, "lost_since": total, "slow": float(slow.get(year, 0.0))}
    return made


def notes(history: History, language: Language) -> list[str]:
    """What stands at the foot: the index, its years, the smallest loss."""
    first, last = history.years[0], history.years[-1]
    told = {
        "zh": f"{history.index.upper()}，{first}–{last} 年，降幅不小于 {history.min_magnitude:g}",
        "en": f"{history.index.upper()}, {first}–{last}, falls of {history.min_magnitude:g} or more",
    }
    year = {"zh": "损毁年为首个数值降低的年份", "en": "the year of loss is the first whose value is lower"}
    whole = {"zh": "面积为整幅影像的面积", "en": "areas are those of the whole image"}
    internal = load("maps")["words"]["internal"]
    return [said(word, language) for word in (told, year, whole, internal)]


def _day(year: int) -> int:
    return int(days([f"{year}-12-31"], missing=0)[0])


def _hectares(value_m2: float) -> str:
    return f"{float(convert(value_m2, 'm2', UNIT)):,.2f}"


# --- on paper --------------------------------------------------------------------------------------------------------


def _paper(sheet: LossSheet, language: Language) -> Figure:
    desk, words, size = Desk(_PAGE), load("maps"), _PAGE.text
    top = _PAGE.height - 6 - 2 * size * POINT_MM
    desk.text(_EDGE, top, clipped(sheet.history.name, 200, 2 * size), 2 * size, weight="bold")
    top -= 2.5 + size * POINT_MM
    desk.text(_EDGE, top, said(words["history"]["title"], language), size + 1, color=SOFT)
    lines = flowed(notes(sheet.history, language), _PAGE.width - 2 * _EDGE, size - 1)
    for i, line in enumerate(reversed(lines)):
        desk.text(_EDGE, 5 + i * size * POINT_MM * 1.4, line, size - 1, color=SOFT)
    bottom, right = 9 + len(lines) * size * POINT_MM * 1.4, _PAGE.width - _EDGE - _PAGE.column
    if sheet.bounds is None:
        desk.text((_EDGE + right) / 2, _PAGE.height / 2, said(words["words"]["no_ground"], language), ha="center")
        return desk.figure
    _map(desk, sheet, (_EDGE + 5, bottom, right, top - 4))
    _legend(desk, sheet, language, (right + 6, bottom + 14, _PAGE.width - _EDGE, top - 4))
    north_arrow(desk.sheet, (_PAGE.width - _EDGE - 6, bottom), tall=10)
    return desk.figure


def _map(desk: Desk, sheet: LossSheet, box: Box) -> None:
    assert sheet.bounds is not None
    west, south, east, north = box
    frame = Frame("", "", sheet.bounds).fitted((east - west) / (north - south), foot=0.06)
    ax = desk.axes(box)
    for picture in sheet.pictures[:1]:
        draw_picture(ax, picture)
    for features in sheet.features:
        if features.key == "grounds":
            draw_features(ax, features, frame, width_mm=east - west)
    prepare(ax, frame)
    scale_bar(ax, frame, size_mm=(east - west, north - south))


def _legend(desk: Desk, sheet: LossSheet, language: Language, box: Box) -> None:
    """The years that something was lost in, with its area; as many as there is room for, the largest."""
    west, south, east, y = box
    size, words = _PAGE.text, load("maps")
    step = size * POINT_MM * 1.6
    desk.text(west, y - step, said(words["history"]["lost"], language), weight="bold")
    desk.text(east, y - step, UNIT, size, ha="right", color=SOFT)
    y -= step
    for year, colour, area_m2 in _shown(sheet.history, room=int((y - south) / step) - 3):
        y -= step
        _patch(desk, colour, (west, y - 0.6))
        desk.text(west + 9, y, str(year))
        desk.text(east, y, _hectares(area_m2), ha="right")
    y -= step
    desk.text(west, y, said(words["history"]["total"], language), weight="bold")
    desk.text(east, y, _hectares(float(sheet.history.abrupt.sum())), ha="right", weight="bold")
    if sheet.history.slow_m2 > 0:
        y -= 1.5 * step
        _patch(desk, SLOW, (west, y - 0.6))
        desk.text(west + 9, y, said(words["history"]["slowly"], language))
        desk.text(east, y, _hectares(sheet.history.slow_m2), ha="right")


def _patch(desk: Desk, colour: str, at: tuple[float, float]) -> None:
    desk.sheet.add_patch(Rectangle(at, 6.5, 3.2, facecolor=colour, edgecolor=SOFT, linewidth=0.4))


def _shown(history: History, *, room: int) -> list[tuple[int, str, float]]:
    """The years of sudden losses, in order; where there are too many, those with the most ground."""
    colours = losses.colours_of([history])
    most = history.abrupt.nlargest(max(room, 1)).sort_index()
    return [(int(str(year)), colours[int(str(year))], float(m2)) for year, m2 in most.items()]
