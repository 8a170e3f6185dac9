"""From ledger rows and a layout to a printed table whose rows and columns re-add after rounding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reclaim import units
from reclaim.land.rate_values import percent
from reclaim.reports.layouts import Layout, Line
from reclaim.reports.model import Cell, Column, Table, Text, plain
from reclaim.reports.numbers import AREA_DECIMALS
from reclaim.reports.rounding import Equation, settle
from reclaim.reports.wording import say
from reclaim.tables import MEASURES


@dataclass(frozen=True)
class Account:
    """One row of a form: its name, and its figures in m² by name."""

    name: Cell
    figures: Mapping[str, float]


def figures_of(row: Mapping[Any, Any]) -> dict[str, float]:
    """
    The figures of one ledger row: its columns, and what follows from them (m²).

    ``permanent`` is land ever disturbed that is permanently reclaimed, ``open`` what is not even temporarily reclaimed.

    Examples
    --------
    >>> figures_of({"ever": 10.0, "closing": 4.0, "temporary": 1.0})["permanent"]
    6.0
    """
    figures = {name: float(row[name]) for name in (*MEASURES, *_STOCKS) if name in row}
    figures["permanent"] = figures["ever"] - figures["closing"]
    figures["open"] = figures["closing"] - figures["temporary"]
    return figures


_STOCKS = ("stock_reclaimed", "stock_accepted", "stock_certified")


def value_of(line: Line, figures: Mapping[str, float]) -> float:
    """
    What a line says of an account: m², or a share where it is divided.

    Not known where its first figure is not known and the others add nothing.
    """
    if not line.plus:
        return np.nan
    amount = np.nansum([figures[name] for name in line.plus]) - np.nansum([figures[name] for name in line.minus])
    if np.isnan(figures[line.plus[0]]) and amount == 0:
        return np.nan
    if not line.over:
        return float(amount)
    below = np.nansum([figures[name] for name in line.over])
    return float(amount / below) if below > 0 else np.nan


def form(
    layout: Layout,
    accounts: Sequence[Account],
    *,
    unit: str,
    head: Column,
    caption: Text | None = None,
    total: Account | None = None,
    fixed: Mapping[int, Mapping[str, float]] | None = None,
) -> Table:
    """
    A table with one row for each account (or year) and one column for each line of the layout.

    Parameters
    ----------
    layout : Layout
        Which figures, under which names.
    accounts : sequence of Account
        The rows; for a layout by years they follow each other in time.
    unit : str
        Unit of area, unless the layout has its own.
    head : Column
        The first column.
    caption : Text, optional
        Instead of the layout's title.
    total : Account, optional
        The last row. For a layout by years it is worked out from the rows.
    fixed : mapping, optional
        By row: printed values, by ledger column, that are already decided by another table.

    Returns
    -------
    Table
        In ``unit``; notes say where a form was not compared with its standard.
    """
    unit = layout.unit or unit
    closing = _sum_of_years(layout, accounts) if layout.rows == "years" else total
    shown = [*accounts, *([closing] if closing else [])]
    lines = [line for line in layout.lines if not _hidden(line, shown)]
    values = np.array([[_in_unit(line, account, unit) for line in lines] for account in shown], dtype=float)
    printed = _settled(values, lines, layout, unit=unit, total=closing is not None, fixed=fixed)
    columns = (head, *(_column(line, unit) for line in lines))
    rows = tuple((account.name, *map(_cell, row)) for account, row in zip(shown, values.tolist(), strict=True))
    rounded = tuple((account.name, *map(_cell, row)) for account, row in zip(shown, printed.tolist(), strict=True))
    notes = notes_of(layout) if not np.isnan(values).any() else (*notes_of(layout), say("missing"))
    return Table(layout.key, caption or layout.title, columns, rows, rounded, closing is not None, notes)


def sheet_form(
    layout: Layout, accounts: Sequence[Account], *, unit: str, fixed: Sequence[Mapping[str, float]] = ()
) -> Table:
    """
    A table with one row for each line of the layout and one column for each account (usually years).

    Parameters
    ----------
    layout, accounts, unit
        As in `form`.
    fixed : sequence of mapping, optional
        For each account: printed values, by ledger column, that are already decided by another table.
    """
    unit = layout.unit or unit
    decimals = AREA_DECIMALS[unit]
    name = [account.name if isinstance(account.name, Text) else plain(str(account.name)) for account in accounts]
    heads = (Column(f"value_{i}", text, "number", unit, decimals) for i, text in enumerate(name))
    rows: list[tuple[Cell, ...]] = []
    printed: list[tuple[Cell, ...]] = []
    for line in layout.lines:
        values = [_in_unit(line, account, unit) for account in accounts]
        decided = [printed_value(line, figures) for figures in fixed] or [None] * len(values)
        if line.over:
            # a ratio among areas says so itself
            shares = [None if np.isnan(value) else percent(value) for value in values]
            rows.append((line.text, *shares))
            printed.append((line.text, *shares))
            continue
        rows.append((line.text, *map(_cell, values)))
        pairs = zip(values, decided, strict=True)
        shown = (value if known is None or np.isnan(value) else known for value, known in pairs)
        printed.append((line.text, *map(_cell, shown)))
    notes = (*notes_of(layout), *([say("no_plan_rows")] if any(not line.plus for line in layout.lines) else []))
    columns = (Column("line", say("figure_name")), *heads)
    return Table(layout.key, layout.title, columns, tuple(rows), tuple(printed), notes=notes)


def notes_of(layout: Layout) -> tuple[Text, ...]:
    """What must be said below a form that was not compared with its printed standard."""
    standard = f"{layout.standard} {layout.clause}".strip()
    return () if layout.verified else (say("unverified", standard=standard),)


def _sum_of_years(layout: Layout, accounts: Sequence[Account]) -> Account | None:
    """Flows of all years, the first year's opening and the last one's closing."""
    if len(accounts) < 2:
        return None
    names = set(accounts[0].figures)
    first = {name for line in layout.lines if line.stock == "first" for name in line.plus}
    flows = {name for line in layout.lines if line.stock is None for name in line.plus}
    figures = {name: accounts[0 if name in first else -1].figures[name] for name in names}
    for name in flows:
        known = [account.figures[name] for account in accounts if not np.isnan(account.figures[name])]
        figures[name] = float(np.sum(known)) if known else np.nan
    first_year, last_year = accounts[0].name, accounts[-1].name
    # opening and closing are stocks and no sums, so the row is called after its years
    return Account(plain(f"{first_year}–{last_year}"), figures)


def _hidden(line: Line, accounts: Sequence[Account]) -> bool:
    return line.hide_if_zero and not any(value_of(line, account.figures) for account in accounts)


def _in_unit(line: Line, account: Account, unit: str) -> float:
    value = value_of(line, account.figures)
    return value if line.over else float(units.convert(value, "m2", unit))


def _column(line: Line, unit: str) -> Column:
    if line.over:
        return Column(line.key, line.text, "share", "", 1)
    return Column(line.key, line.text, "number", unit, AREA_DECIMALS[unit])


def _cell(value: float) -> Cell:
    return None if np.isnan(value) else value


def _settled(
    values: np.ndarray,
    lines: Sequence[Line],
    layout: Layout,
    *,
    unit: str,
    total: bool,
    fixed: Mapping[int, Mapping[str, float]] | None,
) -> np.ndarray:
    """The values rounded so that every row closes and every column adds up; shares stay as they are."""
    place = {line.key: i for i, line in enumerate(lines) if not line.over}
    width = len(lines)
    equations = _closing(layout.balance, place, len(values), width)
    if layout.rows == "years":
        equations += _following(lines, len(values) - total, width)
    if total:
        equations += [
            equation for line in lines if line.key in place for equation in _adding(line, lines, len(values), layout)
        ]
    decided = {
        row * width + i: known
        for row, figures in (fixed or {}).items()
        for i, line in enumerate(lines)
        if (known := printed_value(line, figures)) is not None and not np.isnan(values[row, i])
    }
    flat = np.where([bool(line.over) for line in lines] * len(values), np.nan, values.ravel())
    settled = np.array(settle(flat.tolist(), equations, decimals=AREA_DECIMALS[unit], fixed=decided))
    return np.where(np.isnan(settled), values.ravel(), settled).reshape(values.shape)


def printed_value(line: Line, printed: Mapping[str, float]) -> float | None:
    """
    What a line says in printed figures, so that it re-adds from them; None where one of them is not printed.

    Examples
    --------
    >>> line = Line("b", Text("", ""), plus=("new", "redisturbed"))
    >>> printed_value(line, {"new": 1.1, "redisturbed": 2.2}), printed_value(line, {"new": 1.1})
    (3.3, None)
    """
    if line.over or not line.plus or any(name not in printed for name in (*line.plus, *line.minus)):
        return None
    amount = sum(printed[name] for name in line.plus) - sum(printed[name] for name in line.minus)
    return round(float(amount), 10)


def _closing(balance: Mapping[str, int], place: Mapping[str, int], rows: int, width: int) -> list[Equation]:
    terms = {place[key]: sign for key, sign in balance.items() if key in place}
    made: list[Equation] = (
        [{row * width + i: sign for i, sign in terms.items()} for row in range(rows)] if terms else []
    )
    if {"ever", "permanent", "closing"} <= place.keys():
        parts = {place["permanent"]: 1, place["closing"]: 1, place["ever"]: -1}
        made += [{row * width + i: sign for i, sign in parts.items()} for row in range(rows)]
    return made


def _following(lines: Sequence[Line], years: int, width: int) -> list[Equation]:
    """A year opens as the year before closed."""
    first = next((i for i, line in enumerate(lines) if line.stock == "first"), None)
    last = next((i for i, line in enumerate(lines) if line.stock == "last"), None)
    if first is None or last is None:
        return []
    return [{year * width + last: 1, (year + 1) * width + first: -1} for year in range(years - 1)]


def _adding(line: Line, lines: Sequence[Line], rows: int, layout: Layout) -> list[Equation]:
    """A column adds up to its total; a stock in a table by years is that of its first or last year."""
    width, column = len(lines), list(lines).index(line)
    total = (rows - 1) * width + column
    if layout.rows == "years" and line.stock is not None:
        year = 0 if line.stock == "first" else rows - 2
        return [{year * width + column: 1, total: -1}]
    return [{**{row * width + column: 1 for row in range(rows - 1)}, total: -1}]
