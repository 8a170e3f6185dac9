"""
What a table may hold in any format: columns of one kind, cells that are no formulas, and what a writer warned of.
"""

import datetime
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from reclaim.errors import ReclaimWarning

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class WriterWarned(ReclaimWarning):
    """The library that writes a format warned of something."""


def safe_cell(value: Any) -> Any:
    """
    A cell that no spreadsheet takes for a formula.

    Texts that begin like one get an apostrophe in front; numbers, also those written as text, stay as they are.

    Examples
    --------
    >>> [safe_cell(value) for value in ("=cmd|' /C calc'!A0", "-5", -5, "@home", "复垦")]
    ["'=cmd|' /C calc'!A0", '-5', -5, "'@home", '复垦']
    """
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value if value.isascii() and value.strip() == value else f"'{value}"


def storable(frame: pd.DataFrame) -> pd.DataFrame:
    """
    The table with every column of one kind, so that each format can hold it.

    Moments at midnight become dates, mixed columns become text, lists and tables become JSON text; empty cells stay
    empty.
    """
    result = frame.reset_index(drop=True).copy()
    name = result.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    for column in result.columns:
        if column != name:
            result[column] = _one_kind(result[column])
    result.columns = [str(column) for column in result.columns]
    return result


def _one_kind(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _dates(values)
    if isinstance(values.dtype, pd.CategoricalDtype | pd.PeriodDtype | pd.IntervalDtype):
        return _texts(values)
    if values.dtype != object:
        return values
    kinds = {type(value) for value in values if not _is_empty(value)}
    if not kinds:
        return pd.Series([None] * len(values), index=values.index, dtype="string")
    if kinds <= {int, float, np.int64, np.float64, bool} and kinds != {bool}:
        return pd.to_numeric(values, errors="coerce")
    if kinds <= {pd.Timestamp, datetime.datetime}:
        return _dates(pd.to_datetime(values))
    if kinds == {datetime.date} or kinds == {bool}:
        return values.where(values.notna(), None)
    return _texts(values)


def _is_empty(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value))


def _dates(values: pd.Series) -> pd.Series:
    """Dates where no cell has a time of day; texts in ISO form where there is a zone."""
    if values.dt.tz is not None:
        return _texts(values.map(lambda moment: None if pd.isna(moment) else moment.isoformat()))
    there = values.dropna()
    if (there == there.dt.normalize()).all():
        return pd.Series([None if pd.isna(day) else day.date() for day in values], index=values.index, dtype=object)
    return values


def _texts(values: pd.Series) -> pd.Series:
    def text(value: Any) -> str | None:
        if isinstance(value, list | dict | tuple | np.ndarray):
            plain = value.tolist() if isinstance(value, np.ndarray) else value
            return json.dumps(plain, ensure_ascii=False, default=str)
        return None if _is_empty(value) else str(value)

    return pd.Series([text(value) for value in values.astype(object)], index=values.index, dtype="string")


@contextmanager
def heard_by_users(name: str) -> Iterator[None]:
    """Pass on what GDAL warns of while it writes, as our own warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    texts = dict.fromkeys(str(item.message).strip() for item in caught)
    # a layer without CRS is written as it is; that was the reader's business
    for text in (text for text in texts if "'crs' was not provided" not in text):
        warnings.warn(
            f"{name}: {text.splitlines()[0][:200] if text else 'the writer warned'}", WriterWarned, stacklevel=5
        )
