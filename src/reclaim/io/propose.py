"""
What a table of somebody else probably is: which of ours, which of its columns are which, and what cannot be told.

Nothing here is used when a project is read: proposals are written into a project file, where a person can see and
correct them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from reclaim import dates
from reclaim.errors import DateError
from reclaim.io.specs import LayerSpec, Meaning
from reclaim.io.synonyms import bare, column_names, meaning_words, stage_columns, table_words, value_codes
from reclaim.tables import INPUT_TABLES, Column
from reclaim.vocabulary import words

_YEAR = re.compile(r"(?<!\d)(19[5-9]\d|20\d\d)(?!\d)")
_MONTH = re.compile(r"(?<!\d)(19[5-9]\d|20\d\d)[-_.年]?(0[1-9]|1[0-2])(?!\d)")
_DAY = re.compile(r"(?<!\d)(19[5-9]\d|20\d\d)[-_.年]?(0[1-9]|1[0-2])[-_.月]?(0[1-9]|[12]\d|3[01])(?!\d)")
_LOOK_AT = 2000  # rows in which values are looked at
_PERMANENT_TABLES = ("footprints", "parcels", "sites", "permits", "baseline", "responsibility", "zones", "measurements")


@dataclass
class Columns:
    """
    What the columns of a table are taken for.

    Parameters
    ----------
    columns : dict
        Our column -> theirs.
    stage_dates : dict
        Stage -> their date column, where one row carries several.
    values : dict
        Our column -> their values that the vocabulary does not know.
    doubts : list of str
        What a person must decide.
    """

    columns: dict[str, str] = field(default_factory=dict)
    stage_dates: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


def propose_columns(frame: pd.DataFrame, table: str) -> Columns:
    """
    Take the columns of a table for ours by their names.

    Parameters
    ----------
    frame : DataFrame
        With its own column names.
    table : str
        The agreed table that it is taken for.

    Returns
    -------
    Columns
        A column that two of ours could be is given to neither when both need it, and named in ``doubts``.

    Examples
    --------
    >>> found = propose_columns(pd.DataFrame({"DKMC": ["P1"], "竣工日期": ["2019"], "验收日期": [None]}), "parcels")
    >>> found.columns, found.stage_dates
    ({'parcel_id': 'DKMC'}, {'permanent': '竣工日期', 'accepted': '验收日期'})
    """
    found = Columns()
    names = [str(name) for name in frame.columns if name != "geometry"]
    if table == "parcels":
        found.stage_dates = _stages(names)
    free = [name for name in names if name not in found.stage_dates.values()]
    claims = _claims(free, table)
    for ours, theirs in claims.items():
        best = _best(ours, theirs, frame, table)
        if best is not None:
            found.columns[ours] = best
        # a number of its own beside a name is no question: 地块编号 before 地块名称
        sure = INPUT_TABLES[table][ours].kind == "id" and best is not None and bare(best) in _own_names(table, ours)
        if len(theirs) > 1 and not sure:
            found.doubts.append(f"{ours} could be any of {', '.join(theirs)}; {best} was taken")
    _settle_stages(found)
    _drop_wrong_kinds(found, frame, table)
    found.values = _unknown_values(frame, found, table)
    return found


def _own_names(table: str, ours: str) -> tuple[str, str]:
    return bare(ours), bare(INPUT_TABLES[table][ours].zh)


def _settle_stages(found: Columns) -> None:
    """One date of a stage beside a column of stages is that stage's date; several dates are events of their own."""
    if len(found.stage_dates) == 1 and "stage" in found.columns:
        own = found.stage_dates.popitem()[1]
        other = found.columns.get("date")
        if other is not None:
            found.doubts.append(f"date could be any of {other}, {own}; {own} was taken")
        found.columns["date"] = own
    elif found.stage_dates:
        found.columns.pop("date", None)
        found.columns.pop("stage", None)


def _stages(names: Iterable[str]) -> dict[str, str]:
    """Date columns of stages, in the order of the stages; one alone is just a date."""
    known = stage_columns()
    taken: dict[str, str] = {}
    for name in names:
        stage = known.get(bare(name))
        if stage is not None:
            taken.setdefault(stage, name)
    return {stage: taken[stage] for stage in words("stages") if stage in taken}


def _claims(names: list[str], table: str) -> dict[str, list[str]]:
    """Our columns with all of theirs that could be meant; a name that is ours already comes first."""
    known = column_names(table)
    claims: dict[str, list[str]] = {}
    for name in names:
        for ours in _ours_of(name, known):
            claims.setdefault(ours, []).append(name)
    return claims


def _ours_of(name: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    plain = bare(name)
    if plain in known:
        return known[plain]
    # a Shapefile cuts names: 竣工验收日期 becomes 竣工验; ten ASCII letters, or a Chinese beginning of two or more
    ascii_cut = len(plain) >= 9 and plain.isascii()
    begun = {ours for full, all_ours in known.items() for ours in all_ours if full.startswith(plain)}
    return tuple(begun) if ascii_cut and len(begun) == 1 else ()


def _best(ours: str, theirs: list[str], frame: pd.DataFrame, table: str) -> str | None:
    """Of several columns the one that is ours by name, else the fullest, else the first."""
    if len(theirs) == 1:
        return theirs[0]
    exact = [name for name in theirs if bare(name) in _own_names(table, ours)]
    if len(exact) == 1:
        return exact[0]
    return max(theirs, key=lambda name: (len(frame[name].dropna()), -theirs.index(name)))


def _drop_wrong_kinds(found: Columns, frame: pd.DataFrame, table: str) -> None:
    """A column of dates that holds no dates was taken by mistake, and two of ours never share one of theirs."""
    used: dict[str, str] = {}
    for ours in list(found.columns):
        theirs = found.columns[ours]
        if INPUT_TABLES[table][ours].kind == "date" and not _holds_dates(frame[theirs]):
            found.doubts.append(f"column {theirs!r} is named like {ours}, but holds no dates")
            del found.columns[ours]
        elif theirs in used and not {ours, used[theirs]} <= {"name", "name_zh", "site_id"}:
            found.doubts.append(f"column {theirs!r} could be {used[theirs]} or {ours}; it was taken for {used[theirs]}")
            del found.columns[ours]
        else:
            used[theirs] = ours


def _holds_dates(column: pd.Series) -> bool:
    filled = column.dropna().head(_LOOK_AT)
    if not len(filled) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return True
    return sum(map(_is_date, filled)) * 2 >= len(filled)


def _is_date(value: object) -> bool:
    for numbers in ("calendar", "excel", "epoch_ms"):
        try:
            dates.parse(value, numbers=numbers)
        except (DateError, OverflowError):
            continue
        return True
    return False


def _unknown_values(frame: pd.DataFrame, found: Columns, table: str) -> dict[str, list[str]]:
    """Values of code columns that the vocabulary does not know."""
    unknown = {}
    for ours, theirs in found.columns.items():
        column: Column = INPUT_TABLES[table][ours]
        if column.codes is None or ours in ("class_before", "class_after"):
            continue
        known = value_codes(column.codes)
        strange = [str(value) for value in frame[theirs].dropna().unique()[:50] if bare(value) not in known]
        if strange:
            unknown[ours] = strange
    return unknown


def score_tables(frame: pd.DataFrame, name: str) -> dict[str, float]:
    """
    How well a table fits each of ours, by its file's or layer's name and its columns; best first.

    Examples
    --------
    >>> next(iter(score_tables(pd.DataFrame({"DKBH": [1], "验收日期": [2]}), "甲公司复垦地块2019")))
    'parcels'
    """
    plain = bare(name)
    scores = {}
    for table in _PERMANENT_TABLES:
        hits = [word for word in table_words()[table] if bare(word) in plain]
        fitting = propose_columns(frame, table)
        own = set(fitting.columns) - {"site_id", "recorded"}
        weight = 2.0 * bool(hits) + 0.2 * sum(len(word) for word in hits if not word.isascii())
        needed = [column.name for column in INPUT_TABLES[table].columns if column.needed and column.name != "geometry"]
        covered = sum(
            1 for column in needed if column in fitting.columns or (fitting.stage_dates and column in ("date", "stage"))
        )
        scores[table] = weight + 0.6 * len(own) + 1.2 * len(fitting.stage_dates) + 0.3 * covered
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def propose_meaning(name: str, frame: pd.DataFrame) -> Meaning | None:
    """What a footprint row means, where the name of its file or of one of its columns says so."""
    plain = bare(" ".join([name, *map(str, frame.columns)]))
    for meaning in ("cumulative", "increment", "snapshot"):
        if any(bare(word) in plain for word in meaning_words()[meaning]):
            return meaning
    return None


def date_in_name(name: str) -> str | None:
    """
    A date that a file's name states, at the precision it has.

    Examples
    --------
    >>> date_in_name("复垦2019.shp"), date_in_name("pit_2020-06"), date_in_name("K20190403"), date_in_name("map1234")
    ('2019', '2020-06', '2019-04-03', None)
    """
    for form in (_DAY, _MONTH, _YEAR):
        found = form.findall(name)
        if len(set(found)) == 1:
            return "-".join(found[0]) if isinstance(found[0], tuple) else str(found[0])
    return None


def layer_of_frame(frame: gpd.GeoDataFrame, table: str, *, meaning: Meaning | None = None) -> LayerSpec:
    """
    A layer of a project made from a table in memory, its columns taken by their names.

    Parameters
    ----------
    frame : GeoDataFrame
        With a CRS; its own column names.
    table : str
        The agreed table.
    meaning : {"increment", "snapshot", "cumulative"}
        Of footprints.
    """
    found = propose_columns(frame, table)
    columns = {ours: theirs for ours, theirs in found.columns.items() if ours != theirs}
    plain = gpd.GeoDataFrame(frame.reset_index(drop=True))
    if plain.geometry.name != "geometry":
        plain = plain.rename_geometry("geometry")
    values = {
        "table": table,
        "path": table,
        "meaning": meaning if table == "footprints" else None,
        "columns": columns,
        "stage_dates": found.stage_dates if "stage" not in frame.columns else {},
        "frame": plain,
    }
    return LayerSpec.model_validate(values)
