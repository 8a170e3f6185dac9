"""
Table layouts as data: which figures stand in which column or row, under which name, from which standard.

A layout is a TOML file in this folder. Each line adds and takes ledger columns (or ``permanent``, ``open`` and the
stocks by state); ``over`` makes it a share. Adding a form needs no code.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from reclaim.errors import ReportError
from reclaim.reports.model import Text

Rows = Literal["years", "accounts", "figures"]


@dataclass(frozen=True)
class Line:
    """
    One figure of a form.

    Attributes
    ----------
    plus, minus : tuple of str
        Figures that are added and taken; none at all means that the data cannot tell.
    over : tuple of str
        What the sum is divided by, for a share.
    stock : {"first", "last"} or None
        In a table by years, which year's value the total row shows; a flow is summed.
    hide_if_zero : bool
        Left out where it is 0 throughout.
    """

    key: str
    text: Text
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    stock: Literal["first", "last"] | None = None
    hide_if_zero: bool = False


@dataclass(frozen=True)
class Layout:
    """
    A form: its lines, the standard that it follows, and whether it was compared with the printed text.

    ``balance`` names the line that the others add up to, with their signs.
    """

    key: str
    title: Text
    rows: Rows
    lines: tuple[Line, ...]
    unit: str | None
    standard: str
    clause: str
    verified: bool
    balance: Mapping[str, int]


def names() -> list[str]:
    """
    Keys of all layouts.

    Examples
    --------
    >>> "gri-14" in names()
    True
    """
    return sorted(
        item.name.removesuffix(".toml") for item in files(__package__).iterdir() if item.name.endswith(".toml")
    )


@cache
def layout(key: str) -> Layout:
    """
    One layout.

    Parameters
    ----------
    key : str
        File name without its ending.

    Raises
    ------
    ReportError
        Where there is no such layout; the text lists those that there are.
    """
    if key not in names():
        raise ReportError(f"no table layout {key!r}; choose one of {', '.join(names())}")
    data = tomllib.loads(files(__package__).joinpath(f"{key}.toml").read_text(encoding="utf-8"))
    return Layout(
        key=key,
        title=Text(**data["title"]),
        rows=data["rows"],
        lines=tuple(_line(entry) for entry in data["line"]),
        unit=data.get("unit"),
        standard=data.get("standard", ""),
        clause=data.get("clause", ""),
        verified=data["verified"],
        balance=_balance(data.get("balance")),
    )


def _line(entry: Mapping[str, Any]) -> Line:
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Line(text=Text(given.pop("zh"), given.pop("en")), **given)


def _balance(entry: Mapping[str, Any] | None) -> dict[str, int]:
    if entry is None:
        return {}
    return {**dict.fromkeys(entry["add"], 1), **dict.fromkeys(entry["take"], -1), entry["result"]: -1}
