"""
What stands beside the frames of a paper map: rate, ledger, legend.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.patches import Rectangle

from reclaim.maps import accounts
from reclaim.maps.desk import Box, Desk
from reclaim.maps.drawing import INK, POINT_MM, SOFT, darker
from reclaim.maps.facts import Facts
from reclaim.maps.features import Class, Features
from reclaim.maps.lettering import clipped, fitting, width_ems
from reclaim.maps.margin import said
from reclaim.units import convert, label


def rate_block(desk: Desk, facts: Facts, at: tuple[float, float]) -> float:
    """The headline rate with its basis, date and target."""
    west, y = at
    size = desk.page.text
    for card in accounts.rate_cards(facts.assessment)[:1]:
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


def ledger_block(desk: Desk, facts: Facts, at: tuple[float, float, float]) -> float:
    """The group's account of the year of the map: the ledger's own cells."""
    west, y, east = at
    rows = facts.assessment.group
    row = rows[rows["year"] == int(facts.at[:4])]
    if row.empty:
        return y
    unit = facts.assessment.project.unit
    second = "ha" if unit == "mu" else "mu"
    size, step = desk.page.text, desk.page.text * POINT_MM * 1.62
    cells = {shown_in: _cells(row.iloc[0], shown_in) for shown_in in (unit, second)}
    # 1.08: some of the cells are bold
    wide = max(map(width_ems, cells[second].values())) * size * POINT_MM * 1.08
    middle = east - max(wide + 3, 16 * size / 7.5)
    y -= size * POINT_MM
    desk.text(west, y, f"{facts.say('table_of_figures')} {facts.at[:4]}", size, weight="bold")
    desk.text(middle, y, label(unit, facts.language), size - 1, ha="right", color=SOFT)
    desk.text(east, y, label(second, facts.language), size - 1, ha="right", color=SOFT)
    for column in accounts.columns():
        y -= step
        strong = "bold" if column["key"] in ("opening", "closing") else "normal"
        desk.sheet.plot([west, east], [y - 1.0, y - 1.0], color="#D8DED9", linewidth=0.4)
        name = said(column, facts.language)
        room = middle - 2 - 1.08 * width_ems(cells[unit][column["key"]]) * size * POINT_MM - west
        fits = fitting(name, room, size, least=size * 0.75)
        desk.text(west, y, clipped(name, room, fits), fits, weight=strong)
        for x, shown_in, colour in ((middle, unit, INK), (east, second, SOFT)):
            desk.text(x, y, cells[shown_in][column["key"]], size, ha="right", weight=strong, color=colour)
    return y - 2


def _cells(row: Any, unit: str) -> dict[str, str]:
    """The account's cells in a unit, as text."""
    values = {column["key"]: row[column["key"]] for column in accounts.columns()}
    return {
        key: "–" if value is None or value != value else f"{float(convert(float(value), 'm2', unit)):,.2f}"
        for key, value in values.items()
    }


def legend_block(desk: Desk, facts: Facts, box: Box, layers: Sequence[Features]) -> float:
    """Classes of some layers with their swatches, as far as there is room; gives the height below them."""
    west, south, east, y = box
    size, step = desk.page.text, desk.page.text * POINT_MM * 1.75
    for layer in layers:
        if len(layer.classes) > 1 or layer.outline is None:
            y -= size * POINT_MM
            desk.text(west, y, said({"zh": layer.zh, "en": layer.en}, facts.language), weight="bold")
            y -= 1
        for cls in layer.classes:
            if y - step < south:
                return y
            y -= step
            swatch(desk, cls, (west, y - 0.6), outline=layer.outline)
            name = said({"zh": cls.zh, "en": cls.en}, facts.language)
            desk.text(west + 9, y, clipped(name, east - west - 10, size))
        y -= 2
    return y


def swatch(
    desk: Desk, cls: Class, at: tuple[float, float], *, outline: Any = None, wide: float = 6.5, tall: float = 3.2
) -> None:
    """A class as the legend shows it."""
    more: dict[str, Any] = (
        {"linewidth": 1.0, "facecolor": "none", "edgecolor": cls.colour} if outline is not None else {}
    )
    if outline is not None and outline.get("dash"):
        more["linestyle"] = (0, tuple(d * 0.7 for d in outline["dash"]))
    if outline is None:
        desk.sheet.add_patch(Rectangle(at, wide, tall, facecolor=cls.colour, alpha=0.62, edgecolor="none"))
        more = {"facecolor": "none", "edgecolor": darker(cls.colour), "linewidth": 0.5, "hatch": cls.hatch or None}
    desk.sheet.add_patch(Rectangle(at, wide, tall, **more))
