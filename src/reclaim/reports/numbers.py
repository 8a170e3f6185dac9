"""Numbers as they are printed, in either language. Rounded last, and never across a level they are compared with."""

from datetime import date
from typing import Any

from reclaim import units
from reclaim.land.rate_values import percent
from reclaim.reports.model import MISSING, Cell, Column, Text, clean
from reclaim.vocabulary import Language

# digits after the point in tables, by unit of area
AREA_DECIMALS = {"mu": 2, "ha": 2, "km2": 4, "m2": 0}
_WORDS = {
    "=": Text("{}", "{}"),
    ">=": Text("{}以上（含）", "{} or more"),
    ">": Text("超过{}", "more than {}"),
    "<=": Text("{}以下（含）", "{} or less"),
    "<": Text("不足{}", "less than {}"),
}


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT or NA."""
    return value is None or value != value or str(value) in ("<NA>", "NaT")


def number(value: float | None, decimals: int = 2) -> str:
    """
    A number with thousands separators; a dash where it is missing.

    Examples
    --------
    >>> number(12029, 2), number(float("nan")), number(-0.001)
    ('12,029.00', '–', '0.00')
    """
    if value is None or is_missing(value):
        return MISSING
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if not text.strip("-0.,") else text


def area(value_m2: float | None, unit: str, *, decimals: int | None = None) -> Text:
    """
    An area with its unit.

    Examples
    --------
    >>> area(10_000, "mu", decimals=0).inline("both")
    '15 亩 15 mu'
    """
    if value_m2 is None or is_missing(value_m2):
        return Text(MISSING, MISSING)
    digits = AREA_DECIMALS.get(unit, 2) if decimals is None else decimals
    text = number(units.convert(float(value_m2), "m2", unit), digits)
    return Text(f"{text} {units.label(unit, 'zh')}", f"{text} {units.label(unit, 'en')}")


def related(text: Text, relation: str) -> Text:
    """
    A figure with the words of its relation: ``>=`` is "以上（含）" and "or more", ``>`` is "超过" and "more than".

    Examples
    --------
    >>> related(Text("86%", "86%"), ">=")
    Text(zh='86%以上（含）', en='86% or more')
    """
    words = _WORDS[relation]
    return Text(words.zh.format(text.zh), words.en.format(text.en))


def show(value: Cell, column: Column, language: Language) -> str:
    """A cell of a table as it is printed."""
    if isinstance(value, Text):
        return value.inline(language)
    if is_missing(value):
        return MISSING
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return clean(value)
    assert isinstance(value, int | float)
    if column.kind == "share":
        return percent(float(value), decimals=column.decimals)
    if column.kind in ("count", "year"):
        return f"{int(value):,}" if column.kind == "count" else str(int(value))
    return number(float(value), column.decimals)
