"""
Cells as they come out of workbooks and text tables, made plain: ids as text, day numbers and milliseconds as dates,
areas in mu.

What cannot be read stays as it is, for the checks to report with its row.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from reclaim.errors import UnitError
from reclaim.tables import Finding
from reclaim.units import area_unit, convert, parse_area

_EXCEL_DAYS = (20_000, 80_000)  # 1954 to 2119; five digits are never a calendar date
_EPOCH_MS = (100_000_000_000, 5_000_000_000_000)  # 1973 to 2128
_LOOSE = (" ", "\t", "\r", "\n\n")  # a text of these may want trimming, or be empty
_DIGITS = re.compile(r"-?\d+(\.0*)?")


def as_ids(values: pd.Series) -> pd.Series:
    """
    Names of things as text: ``3015.0`` is ``"3015"``, an empty cell is None.

    Examples
    --------
    >>> as_ids(pd.Series([3015.0, " A-1 ", None])).tolist()
    ['3015', 'A-1', None]
    """
    if isinstance(values.dtype, pd.StringDtype):
        plain = values.astype(object).where(values.notna(), None)
        # the common case needs no look at each text
        together = "\n".join(text for text in plain if text is not None)
        if together.isascii() and not any(mark in together for mark in _LOOSE) and together.strip() == together:
            return plain
    return mapped_cells(values, _as_id)


def _as_id(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else str(int(value)) if float(value).is_integer() else str(value)
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    return unicodedata.normalize("NFC", str(value)).strip() or None


def plain_dates(values: pd.Series) -> tuple[pd.Series, list[Finding]]:
    """
    Day numbers of Excel and milliseconds since 1970 as dates; other cells as they are.

    Returns
    -------
    values : Series
        With datetime.date where a number was taken for one.
    findings : list of Finding
        What was taken for what.

    Examples
    --------
    >>> dates, _ = plain_dates(pd.Series([43830, 2019, "2019年6月"]))
    >>> dates.tolist()
    [datetime.date(2019, 12, 31), 2019, '2019年6月']
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values, []
    counts = {"an Excel day number": 0, "milliseconds since 1970": 0}

    def plain(value: Any) -> Any:
        number = _whole(value)
        if number is None:
            return None if isinstance(value, str) and not value.strip() else value
        if _EXCEL_DAYS[0] <= number <= _EXCEL_DAYS[1]:
            counts["an Excel day number"] += 1
            return datetime.date(1899, 12, 30) + datetime.timedelta(days=number)
        if _EPOCH_MS[0] <= number <= _EPOCH_MS[1] and not _is_stamp(number):
            counts["milliseconds since 1970"] += 1
            return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=number)).date()
        return value if isinstance(value, str) else number

    result = mapped_cells(values, plain)
    findings = [
        Finding("note", "date-number", f"{values.name}: {kind} was read as a date ({count} different values)")
        for kind, count in counts.items()
        if count
    ]
    return result, findings


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        return int(float(text)) if len(text) < 20 and _DIGITS.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return None
    return int(value) if np.isfinite(value) and float(value).is_integer() else None


def _is_stamp(number: int) -> bool:
    """Twelve digits that are year, month, day, hour and minute."""
    try:
        moment = datetime.datetime.strptime(str(number), "%Y%m%d%H%M")
    except ValueError:
        return False
    return 1900 <= moment.year <= 2200


def area_in_mu(values: pd.Series, *, unit: str | None, name: str) -> tuple[pd.Series, list[Finding]]:
    """
    Declared areas in mu.

    Parameters
    ----------
    values : Series
        Numbers, or texts such as ``"123.5亩"`` and ``"８.2公顷"``.
    unit : str or None
        Unit that the column's name states; without one a bare number is mu, as the column's own name says.
    name : str
        The column's name in the file, for messages.

    Returns
    -------
    values : Series
        Float where readable, else the cell as it was.
    findings : list of Finding
        A note when the unit was not mu.
    """
    named, findings = _unit_of(unit, name)
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        return pd.Series(convert(numbers, named, "mu"), index=values.index, name=values.name), findings

    def in_mu(value: Any) -> Any:
        if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
            return np.nan
        try:
            return float(convert(parse_area(value, unit=named).value_m2, "m2", "mu"))
        except (UnitError, ValueError, OverflowError):
            return value if str(value).strip() else np.nan

    result = mapped_cells(values, in_mu)
    numeric = pd.to_numeric(result, errors="coerce")
    return (numeric.astype(float) if numeric.notna().eq(result.notna()).all() else result), findings


def _unit_of(unit: str | None, name: str) -> tuple[str, list[Finding]]:
    tail = unit or name.rpartition("_")[2]
    try:
        key = area_unit(tail).key
    except UnitError:
        if unit is None:
            return "mu", []
        return "mu", [
            Finding(
                "warning",
                "unit-unclear",
                f"column {name!r}: {unit!r} is no unit of area; mu was taken",
                "name the unit",
            )
        ]
    if key == "mu":
        return key, []
    return key, [Finding("note", "unit-converted", f"column {name!r} is in {key} and was converted to mu")]


def mapped_cells(values: pd.Series, function: Callable[[Any], Any]) -> pd.Series:
    """A function over the different values of a column; the result keeps every type as it is."""
    cells = values.astype(object).to_numpy()
    try:
        codes, different = pd.factorize(cells, use_na_sentinel=False)
    except TypeError:  # lists and other values that have no hash
        codes, different = np.arange(len(cells)), cells
    found = np.empty(len(different), dtype=object)
    for position, value in enumerate(different):
        found[position] = function(value)
    return pd.Series(found[codes], index=values.index, name=values.name, dtype=object)
