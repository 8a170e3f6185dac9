"""What stands beside the geometry: names, dates, codes and declared areas."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from reclaim import dates
from reclaim.errors import UnitError
from reclaim.land.checks.sheet import Mask, Sheet
from reclaim.tables import INPUT_TABLES, Column
from reclaim.units import convert, parse_area
from reclaim.vocabulary import words

# a row without these is set aside; a parcel without a stage stays, and acts on nothing
_MAY_BE_UNKNOWN = ("stage",)


def check_attributes(sheet: Sheet) -> None:
    """Read the agreed columns, and say what could not be read."""
    agreed = [column for column in INPUT_TABLES[sheet.table].columns if column.kind != "geometry"]
    present = set(sheet.frame.columns)
    absent = {c.name: np.full(len(sheet.row), None, dtype=object) for c in agreed if c.name not in present}
    sheet.frame = sheet.frame.assign(**absent)
    for column in agreed:
        if column.kind == "id":
            sheet.frame[column.name] = as_ids(sheet.frame[column.name])
    _name_rows(sheet)
    for column in agreed:
        _read(sheet, column)
        if column.needed:
            _needed(sheet, column, present=column.name in present)
    _periods(sheet)


def _read(sheet: Sheet, column: Column) -> None:
    if column.kind == "date":
        _read_dates(sheet, column.name)
    elif column.codes is not None:
        _read_codes(sheet, column)
    elif column.name == "declared_mu":
        _read_areas(sheet, column.name)
    elif column.kind == "number":
        _read_numbers(sheet, column.name)


# --- names -----------------------------------------------------------------------------------------------------------


def as_ids(values: pd.Series) -> pd.Series:
    """
    Names as text: 12.0 is "12", blanks are missing.

    Examples
    --------
    >>> as_ids(pd.Series([12.0, " P-07 ", None, ""], dtype=object)).tolist()
    ['12', 'P-07', None, None]
    """
    return pd.Series([_as_id(value) for value in values.tolist()], index=values.index, dtype=object)


def _as_id(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _needed(sheet: Sheet, column: Column, *, present: bool) -> None:
    """Rows that lack what the table needs; the file as a whole where the column is not there at all."""
    values = sheet.frame[column.name]
    lacking = np.asarray(values.isna())
    if column.kind == "date":
        # a date that is there but cannot be read has been spoken of
        lacking = lacking & ~np.asarray(sheet.frame[f"{column.name}_unread"], dtype=bool)
        sheet.frame = sheet.frame.drop(columns=f"{column.name}_unread")
    if not lacking.any():
        return
    optional = column.name in _MAY_BE_UNKNOWN
    code = "unknown-stage" if optional else "missing-value"
    if lacking.all() and (len(lacking) > 1 or not present):
        gone = "" if present else " (there is no such column)"
        acts = "; they act on nothing" if optional else ""
        sheet.remark(code, None, f"{len(lacking)} rows have no {column.name}{gone}{acts}")
        if not optional:
            sheet.kept[lacking] = False
    elif optional:
        sheet.remark(code, lacking, lambda at: f"{sheet.name(at)} has no {column.name}; it acts on nothing")
    else:
        sheet.refuse(code, lacking, lambda at: f"{sheet.name(at)} has no {column.name} ({column.meaning})")


def _name_rows(sheet: Sheet) -> None:
    """Rows without a name get one from the file and the row, so that every figure can be traced."""
    column = sheet.id_column or "site_id"
    sheet.ids = sheet.frame[column].to_numpy(dtype=object, copy=True)
    nameless = np.asarray(sheet.frame[column].isna())
    if column == "site_id" or not nameless.any():
        return
    names = sheet.ids
    names[nameless] = [f"{sheet.source_stem}#{row}" for row in sheet.row[nameless]]
    sheet.frame[column] = pd.Series(names, index=sheet.frame.index, dtype=object)
    example = names[int(np.flatnonzero(nameless)[0])]
    sheet.remark("generated-id", None, f"{int(nameless.sum())} rows have no {column} and got one, such as {example}")


# --- dates -----------------------------------------------------------------------------------------------------------


def _read_dates(sheet: Sheet, name: str) -> None:
    """The standing date, the first day and the precision, in three columns."""
    needed = INPUT_TABLES[sheet.table][name].needed
    raw = sheet.frame[name]
    read = dates.parse_column(raw)
    unread = (read["problem"] != "").to_numpy()
    problems = read["problem"].to_numpy()
    say = _about(sheet, name, problems)
    if needed:
        sheet.refuse("bad-date", unread, say, severity="error")
    else:
        sheet.remark("bad-date", unread, lambda at: f"{say(at)}; left out")
    sheet.frame[name] = read["end"]
    sheet.frame[f"{name}_start"] = read["start"]
    sheet.frame[f"{name}_precision"] = read["precision"].astype(object)
    if needed:
        sheet.frame[f"{name}_unread"] = unread


def _about(sheet: Sheet, name: str, problems: npt.NDArray[Any]) -> Any:
    return lambda at: f"{sheet.name(at)}: {name} {problems[at]}"


def _periods(sheet: Sheet) -> None:
    """Dates of one row that contradict each other beyond what their precision leaves open."""
    frame, read = sheet.frame, set(INPUT_TABLES[sheet.table].of_kind("date"))
    if {"date", "recorded"} <= read:
        late = _after(frame, "date", "recorded")
        if sheet.table == "parcels":
            late = late & (frame["stage"] != "planned").to_numpy()
        sheet.remark(
            "date-after-recorded", late, _pair(sheet, "date", "is later than the day it was recorded", "recorded")
        )
    if {"date", "released"} <= read:
        early = _after(frame, "date", "released")
        sheet.remark("released-early", early, _pair(sheet, "released", "is before its disturbance", "date"))
    if {"valid_from", "valid_to"} <= read:
        turned = _after(frame, "valid_from", "valid_to")
        sheet.remark("validity-turned", turned, _pair(sheet, "valid_to", "is before", "valid_from"))


def _after(frame: pd.DataFrame, later: str, earlier: str) -> Mask:
    """Where one date lies wholly after the other: its first day after the other's last."""
    return np.asarray((frame[f"{later}_start"] > frame[earlier]).to_numpy(dtype=bool))


def _pair(sheet: Sheet, one: str, relation: str, other: str) -> Any:
    values = {name: sheet.frame[name] for name in (one, other)}

    def say(at: int) -> str:
        a, b = values[one].iloc[at], values[other].iloc[at]
        return f"{sheet.name(at)}: {one} {a:%Y-%m-%d} {relation} {b:%Y-%m-%d}"

    return say


# --- codes and numbers -----------------------------------------------------------------------------------------------


def _read_codes(sheet: Sheet, column: Column) -> None:
    known = words(column.codes or "")
    raw = sheet.frame[column.name]
    codes, distinct = pd.factorize(raw.astype(object), use_na_sentinel=True)
    plain = [_code(value, known) for value in distinct]
    read = np.array([*(code for code, _ in plain), None], dtype=object)
    strange = np.array([*(unknown for _, unknown in plain), False], dtype=bool)
    sheet.frame[column.name] = pd.Series(read[codes], index=raw.index, dtype=object)
    where = strange[codes]
    if not where.any():
        return
    code = {"stage": "unknown-stage", "liability": "unknown-liability"}.get(column.name, "unknown-code")
    kinds = ", ".join(list(known)[:12]) + (" …" if len(known) > 12 else "")

    def say(at: int) -> str:
        return f"{sheet.name(at)}: unknown {column.name} {read[codes[at]]!r}; known are {kinds}"

    sheet.remark(code, where, say)


def _code(value: Any, known: Mapping[str, Any]) -> tuple[str | None, bool]:
    """A value as one of the known codes where it is one; else as text, and unknown."""
    text = _as_id(value)
    if text is None:
        return None, False
    for candidate in (text, text.lower(), text.zfill(4)):
        if candidate in known:
            return candidate, False
    return text, True


def _read_areas(sheet: Sheet, name: str) -> None:
    """Declared areas in mu; text may carry a unit of its own."""
    raw = sheet.frame[name].astype(object)
    values = pd.to_numeric(raw, errors="coerce").astype("float64").to_numpy(copy=True)
    problems: dict[int, str] = {}
    written = np.isnan(values) & raw.notna().to_numpy()
    for at in np.flatnonzero(written).tolist():
        if str(raw.iloc[at]).strip():
            try:
                values[at] = convert(parse_area(raw.iloc[at], unit="mu").value_m2, "m2", "mu")
            except UnitError as error:
                problems[at] = str(error)
    for at in np.flatnonzero(~(values >= 0) & ~np.isnan(values) | np.isinf(values)).tolist():
        problems[at] = f"area {raw.iloc[at]!r} cannot be"
        values[at] = np.nan
    sheet.frame[name] = values
    sheet.remark("bad-area", np.array(sorted(problems), dtype=np.int64), lambda at: f"{sheet.name(at)}: {problems[at]}")


def _read_numbers(sheet: Sheet, name: str) -> None:
    raw = sheet.frame[name].astype(object)
    values = pd.to_numeric(raw, errors="coerce").astype("float64")
    bad = (values.isna() & raw.notna() & (raw.astype(str).str.strip() != "")).to_numpy()
    sheet.frame[name] = values
    sheet.remark("bad-number", bad, lambda at: f"{sheet.name(at)}: {name} {raw.iloc[at]!r} is no number; left out")
