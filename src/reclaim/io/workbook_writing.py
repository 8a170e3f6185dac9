"""
Workbooks out: numbers as numbers, dates as dates, text as text whatever it begins with.
"""

import datetime
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import xlsxwriter

from reclaim.errors import FileError
from reclaim.io.atomic import atomic_path
from reclaim.io.storing import storable

_MOMENT = datetime.datetime(2000, 1, 1)
_LONGEST = 32_767
_MOST_ROWS = 1_048_576
_MOST_COLUMNS = 16_384
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def write_workbook(sheets: Mapping[str, pd.DataFrame], path: Path) -> Path:
    """
    Write tables as the sheets of a workbook.

    Parameters
    ----------
    sheets : mapping of name to table
        Geometry is left out: a cell holds no outline.
    path : Path
        The ``.xlsx``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileError
        For more rows than a sheet holds, or a file that is held open.
    """
    with atomic_path(path) as fresh:
        book = xlsxwriter.Workbook(str(fresh), _OPTIONS)
        book.set_properties({"created": _MOMENT})
        formats = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        names = sheet_names(list(sheets))
        for name, frame in zip(names, sheets.values(), strict=True):
            _write_sheet(book.add_worksheet(name), frame, formats, path)
        book.close()
    return path


def sheet_names(names: list[str]) -> list[str]:
    """
    Names that Excel allows for sheets, all different.

    Examples
    --------
    >>> sheet_names(["a/b", "A_B", ""])
    ['a_b', 'A_B_1', 'Sheet']
    """
    result: list[str] = []
    for name in names:
        plain = _NOT_IN_NAMES.sub("_", name).strip("'")[:31] or "Sheet"
        number, free = 0, plain
        while free.casefold() in (item.casefold() for item in result):
            number += 1
            free = f"{plain[: 30 - len(str(number))]}_{number}"
        result.append(free)
    return result


def _write_sheet(sheet: Any, frame: pd.DataFrame, formats: dict[str, Any], path: Path) -> None:
    plain = storable(frame)
    if isinstance(frame, gpd.GeoDataFrame):
        plain = pd.DataFrame(plain.drop(columns=frame.geometry.name))
    if len(plain) >= _MOST_ROWS or plain.shape[1] > _MOST_COLUMNS:
        raise FileError(f"{path.name}: {len(plain)} rows do not fit on a sheet; write a .csv or .parquet")
    for column, name in enumerate(plain.columns):
        sheet.write_string(0, column, str(name)[:_LONGEST], formats["head"])
        sheet.set_column(column, column, _width(str(name), plain[name]))
        for row, value in enumerate(plain[name].astype(object), start=1):
            _write_cell(sheet, row, column, value=value, formats=formats)
    sheet.freeze_panes(1, 0)
    if len(plain):
        sheet.autofilter(0, 0, len(plain), max(0, plain.shape[1] - 1))


def _write_cell(sheet: Any, row: int, column: int, *, value: Any, formats: dict[str, Any]) -> None:
    if value is None or pd.isna(value):
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, datetime.datetime):
        sheet.write_datetime(row, column, value, formats["moment"])
    elif isinstance(value, datetime.date):
        if value.year < 1900:
            sheet.write_string(row, column, value.isoformat())
        else:
            sheet.write_datetime(row, column, datetime.datetime(value.year, value.month, value.day), formats["date"])
    elif isinstance(value, str):
        sheet.write_string(row, column, value[:_LONGEST])
    elif abs(float(value)) == float("inf"):
        sheet.write_string(row, column, str(value))
    else:
        sheet.write_number(row, column, float(value))


def _width(name: str, values: pd.Series) -> int:
    longest = max([name, *(str(value) for value in values.head(200).dropna())], key=_columns)
    return min(60, max(8, _columns(longest) + 2))


def _columns(text: str) -> int:
    """Columns that a text takes up: a Chinese character takes two."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)
