"""
Dates as people write them, with the precision they were written in.

A date is a period: a day, a month or a year. Where one moment is needed it stands at the period's last day, so a
year-only date stands at 31 December.

Examples
--------
>>> parse("2021年6月").end
datetime.date(2021, 6, 30)
>>> parse(2021).precision
'year'
"""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from reclaim.errors import DateError

Precision = Literal["day", "month", "year"]
Numbers = Literal["calendar", "epoch_ms", "excel"]
FIRST_YEAR, LAST_YEAR = 1800, 2200

# month names are spelled here, not by strftime, which would follow the machine's locale
_ENGLISH = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTHS = {name[:3].lower(): number for number, name in enumerate(_ENGLISH, 1)}
_CLOCK = r"(?:[t ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:z|utc|[+-]\d{2}:?\d{2})?)?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<y>\d{4})年?",
        r"(?P<y>\d{4})(?P<m>\d{2})",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})" + _CLOCK,
        r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月?(?:份)?",
        r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]?" + _CLOCK,
        r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})",
        r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})" + _CLOCK,
        r"(?P<name>[a-z]{3,9})\.?,?\s+(?P<y>\d{4})",
        r"(?P<d>\d{1,2})\s+(?P<name>[a-z]{3,9})\.?,?\s+(?P<y>\d{4})",
        r"(?P<name>[a-z]{3,9})\.?\s+(?P<d>\d{1,2}),?\s+(?P<y>\d{4})",
    )
)
_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """
    A day, month or year, from its first to its last day.

    Examples
    --------
    >>> print(Period(date(2021, 6, 1), date(2021, 6, 30), "month"))
    2021-06
    """

    start: date
    end: date
    precision: Precision

    def __str__(self) -> str:
        return text(self)


def parse(value: object, *, numbers: Numbers = "calendar") -> Period:
    """
    The period a written date means.

    Parameters
    ----------
    value : str, int, float, date, datetime or Timestamp
        For example 2021, "2021-05", "2021年6月", "2021/6/3", 20210603, "2021-06-03T08:00:00Z". A time of day and its
        zone are dropped: the date stands as it was written.
    numbers : {"calendar", "epoch_ms", "excel"}
        What a bare number means: digits of a calendar date (2021, 202106, 20210603), milliseconds since 1970 UTC, or
        an Excel day number. Never guessed.

    Raises
    ------
    DateError
        If it is no date, an impossible one, or one whose day and month cannot be told apart.

    Examples
    --------
    >>> parse("2021/6/3")
    Period(start=datetime.date(2021, 6, 3), end=datetime.date(2021, 6, 3), precision='day')
    """
    if isinstance(value, datetime):
        return _day(value.date(), value)
    if isinstance(value, date):
        return _day(value, value)
    if isinstance(value, np.datetime64):
        return _day(pd.Timestamp(value).date(), value)
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        return _number(float(value), numbers)
    if not isinstance(value, str):
        raise DateError(f"{value!r} is not a date; write it as 2021-06-03, 2021-06 or 2021")
    return _written(value, numbers)


def _number(value: float, numbers: Numbers) -> Period:
    """A number read by the meaning that was stated for numbers."""
    if not np.isfinite(value):
        raise DateError("the date is empty")
    if numbers == "calendar" and not value.is_integer():
        raise DateError(f"{value!r} is not a date: a decimal fraction names no month; write it as text, 2021-06")
    if numbers == "calendar":
        return _written(str(int(value)), numbers)
    try:
        if numbers == "epoch_ms":
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
            return _day(moment.date(), value)
        # day 60 of Excel's calendar, 29 February 1900, never was; from there on the count starts at 30 December 1899
        return _day(date(1899, 12, 30) + timedelta(days=int(value)), value)
    except (OverflowError, ValueError) as error:
        raise DateError(f"{value!r} is not a date in {numbers}") from error


def _written(value: str, numbers: Numbers) -> Period:
    """A date in letters and digits."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", value)).strip().lower()
    if numbers != "calendar" and re.fullmatch(r"-?\d+(\.0*)?", plain):
        return _number(float(plain), numbers)
    for form in _FORMS:
        match = form.fullmatch(plain)
        if match is not None:
            return _from_parts(match.groupdict(), value)
    if _DAY_OR_MONTH_FIRST.fullmatch(plain):
        raise DateError(f"{value!r}: day and month cannot be told apart; write the year first, 2021-06-03")
    if plain.isdigit() and len(plain) in (5, 12, 13):
        kind = "an Excel day number" if len(plain) == 5 else "milliseconds since 1970"
        raise DateError(f"{value!r} is not a calendar date; if it is {kind}, say so")
    raise DateError(f"{value!r} is not a date; write it as 2021-06-03, 2021-06 or 2021")


def _from_parts(parts: dict[str, str | None], value: object) -> Period:
    """Year, month and day as matched, made into a period that exists."""
    year = int(parts["y"] or 0)
    name, digits = parts.get("name"), parts.get("m")
    month = _MONTHS.get(name[:3]) if name else int(digits) if digits else None
    if name and month is None:
        raise DateError(f"{value!r} is not a date: unknown month {name!r}")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DateError(f"{value!r} is not a date: the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    if month is None:
        return Period(date(year, 1, 1), date(year, 12, 31), "year")
    if not 1 <= month <= 12:
        raise DateError(f"{value!r} is not a date: there is no month {month}")
    if parts.get("d") is None:
        return Period(date(year, month, 1), date(year, month, monthrange(year, month)[1]), "month")
    day = int(parts["d"] or 0)
    if not 1 <= day <= monthrange(year, month)[1]:
        raise DateError(f"{value!r} is not a date: there is no day {day} in month {month} of {year}")
    return _day(date(year, month, day), value)


def _day(day: date, value: object) -> Period:
    """One day as a period."""
    if pd.isna(day):
        raise DateError("the date is empty")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise DateError(f"{value!r} is not a date: the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return Period(day, day, "day")


def parse_column(values: object, *, numbers: Numbers = "calendar") -> pd.DataFrame:
    """
    A whole column of dates; values that are none are reported, never raised.

    Each different value is read once, so a million rows cost little more than their distinct dates.

    Parameters
    ----------
    values : Series or sequence
        Anything `parse` reads, mixed as it comes; missing values are allowed.
    numbers : {"calendar", "epoch_ms", "excel"}
        What bare numbers mean, as in `parse`.

    Returns
    -------
    DataFrame
        One row a value, with the column's own index: ``start`` and ``end`` (datetime64[s], NaT where not read),
        ``precision`` (day, month, year; missing where not read), ``ok``, and ``problem`` (text; empty where the date
        was read and where the value is missing).

    Examples
    --------
    >>> parse_column(["2021年", "soon", None]).ok.tolist()
    [True, False, False]
    """
    column = values if isinstance(values, pd.Series) else pd.Series(values, dtype=object)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _from_datetimes(column)
    codes, distinct = pd.factorize(_hashable(column), use_na_sentinel=True)
    found = [_attempt(value, numbers) for value in distinct]
    found.append((None, None, None, ""))  # code -1, a missing value, takes the last row
    starts, ends, precisions, problems = zip(*found, strict=True)
    table = pd.DataFrame(
        {
            "start": np.array(starts, dtype="datetime64[s]")[codes],
            "end": np.array(ends, dtype="datetime64[s]")[codes],
            "precision": np.array(precisions, dtype=object)[codes],
            "problem": np.array(problems, dtype=object)[codes],
        },
        index=column.index,
    )
    table.insert(3, "ok", table["start"].notna())
    return table


def _hashable(column: pd.Series) -> np.ndarray:
    """The values as objects that can be compared; blank text counts as missing."""
    plain = column.astype(object).to_numpy(copy=True)
    for place, value in enumerate(plain):
        if isinstance(value, str):
            if not value.strip():
                plain[place] = None
        elif isinstance(value, (list, dict, set, np.ndarray)):
            plain[place] = str(value)
    return plain


def _attempt(value: object, numbers: Numbers) -> tuple[date | None, date | None, str | None, str]:
    try:
        period = parse(value, numbers=numbers)
    except DateError as error:
        return None, None, None, str(error)
    return period.start, period.end, period.precision, ""


def _from_datetimes(column: pd.Series) -> pd.DataFrame:
    """A column of real timestamps: each is a day, as written in its own zone."""
    days = column.dt.tz_localize(None) if column.dt.tz is not None else column
    days = days.dt.floor("D").astype("datetime64[s]")
    inside = days.dt.year.between(FIRST_YEAR, LAST_YEAR)
    days = days.where(inside)
    bad = column.notna() & ~inside
    problem = np.where(bad, f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}", "").astype(object)
    precision = np.full(len(column), None, dtype=object)
    precision[inside.to_numpy()] = "day"
    columns = {"start": days, "end": days, "precision": precision, "ok": inside, "problem": problem}
    return pd.DataFrame(columns, index=column.index)


def text(period: Period, language: Literal["iso", "zh", "en"] = "iso") -> str:
    """
    A period in words, never more precise than it was written.

    Examples
    --------
    >>> text(parse("2021-06"), "zh"), text(parse("2021-06"), "en"), text(parse("2021-06"))
    ('2021年6月', 'June 2021', '2021-06')
    """
    day = period.start
    if language == "zh":
        return {"year": f"{day.year}年", "month": f"{day.year}年{day.month}月"}.get(
            period.precision, f"{day.year}年{day.month}月{day.day}日"
        )
    if language == "en":
        month = _ENGLISH[day.month - 1]
        return {"year": f"{day.year}", "month": f"{month} {day.year}"}.get(
            period.precision, f"{day.day} {month} {day.year}"
        )
    return {"year": f"{day.year:04d}", "month": f"{day:%Y-%m}"}.get(period.precision, day.isoformat())
