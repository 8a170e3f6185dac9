"""Land classes before and after reclamation, counted on the faces that are permanently reclaimed."""

import pandas as pd

from reclaim.assessment import Assessment
from reclaim.land.accounts import owners, to_day
from reclaim.reports.model import Cell, Column, Section, Table, Text, plain
from reclaim.reports.numbers import AREA_DECIMALS, is_missing
from reclaim.reports.printed import printed_year
from reclaim.reports.rounding import Equation, settle
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say
from reclaim.units import convert
from reclaim.vocabulary import words

_PERMANENT = ("reclaimed", "accepted", "certified")
_UNKNOWN = ""
_TOTAL = "*"
_SAME = 1e-9


def transitions(assessment: Assessment) -> pd.DataFrame:
    """
    The company's permanently reclaimed land by class before and after (GB/T 21010).

    The parcel that brought a face to permanent says its classes; overlaps therefore count once.

    Parameters
    ----------
    assessment : Assessment
        With parcels that carry ``class_before`` and ``class_after``.

    Returns
    -------
    DataFrame
        ``class_before``, ``class_after`` (codes; empty where not told), ``area_m2``. Empty without classes.
    """
    parcels = assessment.tables.get("parcels")
    told = [name for name in ("class_before", "class_after") if parcels is not None and name in parcels]
    if parcels is None or not told or parcels[told].isna().all().all():
        return pd.DataFrame(columns=["class_before", "class_after", "area_m2"])
    return by_parcel(assessment, ["class_before", "class_after"]).reset_index()


def by_parcel(assessment: Assessment, columns: list[str]) -> "pd.Series[float]":
    """
    The company's permanently reclaimed land by what its parcels say, m².

    The parcel that brought a face to permanent speaks for it; a column that is not there is told by nobody.

    Parameters
    ----------
    assessment : Assessment
        With faces and parcels.
    columns : list of str
        Columns of the parcels table.

    Returns
    -------
    Series
        ``area_m2`` by the values of the columns; an empty text where a parcel does not say.
    """
    owned = owners(assessment.land, "group", to_day(assessment.at))
    company = owned.loc[owned["liability"] == "company", "face"]
    passed = _passages(assessment.spells[assessment.spells["face_id"].isin(company)])
    parcels = assessment.tables.get("parcels")
    if parcels is None or parcels.empty:
        parcels = pd.DataFrame({"_source": [], "_row": []})
    name = "parcels:" + parcels["_source"].astype(str) + ":" + parcels["_row"].astype(str)
    said = pd.DataFrame(parcels).reindex(columns=columns).set_axis(name)
    joined = passed.join(said[~said.index.duplicated()], on="cause")
    coded = joined[columns].map(lambda code: _UNKNOWN if is_missing(code) else _code(code))
    summed: pd.Series[float] = joined["area_m2"].groupby([coded[column] for column in columns]).sum()
    return summed


def _code(value: object) -> str:
    """A class code as text; workbooks turn 0301 into 301."""
    text = str(value).strip().removesuffix(".0")
    return text.zfill(4) if text.isdecimal() and len(text) == 3 else text


def _passages(spells: pd.DataFrame) -> pd.DataFrame:
    """For each face that is permanent now: the spell by which it last became so, with its first cause."""
    rows = spells.sort_values(["face_id", "start"], kind="stable")
    permanent = rows["state"].isin(_PERMANENT)
    streak = (~permanent).groupby(rows["face_id"]).cumsum()
    last = streak.groupby(rows["face_id"]).transform("max")
    now = rows[permanent & (streak == last)]
    first = now.drop_duplicates("face_id")
    return pd.DataFrame({"cause": first["cause"].astype(str).str.split(";").str[0], "area_m2": first["area_m2"]})


def classes(assessment: Assessment, setting: Setting) -> Section | None:
    """The transition matrix, with totals."""
    moved = transitions(assessment)
    if moved.empty:
        return None
    return Section(
        "classes",
        say("classes"),
        (say("classes_text"), class_table(moved, setting, total=_total(assessment, moved, setting))),
    )


def _total(assessment: Assessment, moved: pd.DataFrame, setting: Setting) -> float | None:
    """What other tables print for the same land; None where it is not the same."""
    if assessment.group.empty:
        return None
    last = assessment.group.iloc[-1]
    permanent, land = float(last["ever"] - last["closing"]), float(moved["area_m2"].sum())
    if abs(permanent - land) > _SAME * max(permanent, 1.0):
        return None
    return printed_year(assessment, setting, int(last["year"]))["permanent"]


def class_table(moved: pd.DataFrame, setting: Setting, *, total: float | None = None) -> Table:
    """Rows are classes before, columns classes after; the total may be decided by another table."""
    matrix = moved.pivot_table(
        index="class_before", columns="class_after", values="area_m2", aggfunc="sum", fill_value=0.0
    )
    matrix[_TOTAL] = matrix.sum(axis=1)
    matrix.loc[_TOTAL] = matrix.sum(axis=0)
    unit = setting.unit
    columns = (
        Column("before", say("class_before")),
        *(Column(f"to-{code}", _head(str(code)), "number", unit, AREA_DECIMALS[unit]) for code in matrix.columns),
    )
    rows: list[tuple[Cell, ...]] = []
    for code, values in zip(matrix.index, matrix.to_numpy().tolist(), strict=True):
        rows.append((_class(str(code)), *(float(convert(m2, "m2", unit)) for m2 in values)))
    printed = _readded(rows, AREA_DECIMALS[unit], total)
    return Table(
        "classes", say("classes_table"), columns, tuple(rows), printed, total=True, notes=_farmland(moved, setting)
    )


def _farmland(moved: pd.DataFrame, setting: Setting) -> tuple[Text, ...]:
    """Farmland gained and lost, where both classes are told (GB/T 21010 class 01)."""
    known = moved[(moved["class_before"] != _UNKNOWN) & (moved["class_after"] != _UNKNOWN)]
    before, after = (known[name].str.startswith("01") for name in ("class_before", "class_after"))
    if not (before | after).any():
        return ()
    gained, lost = (float(known.loc[rows, "area_m2"].sum()) for rows in (after & ~before, before & ~after))
    net = setting.area(gained - lost)
    return (say("farmland", gained=setting.area(gained), lost=setting.area(lost), net=net),)


def _head(code: str) -> Text:
    """The class at the top of a column: its code and its name on lines of their own."""
    name = _class(code)
    return Text(*(text.replace(f"{code} ", f"{code}\n", 1) for text in (name.zh, name.en)))


def _class(code: str) -> Text:
    if code == _TOTAL:
        return say("total")
    if code == _UNKNOWN:
        return say("class_unknown")
    found = words("land_classes").get(code)
    return Text(f"{code} {found.zh}", f"{code} {found.en}") if found else plain(code)


def _readded(rows: list[tuple[Cell, ...]], decimals: int, total: float | None) -> tuple[tuple[Cell, ...], ...]:
    width = len(rows[0]) - 1
    flat = [float(value) for row in rows for value in row[1:] if isinstance(value, float)]
    sums: list[Equation] = [
        {**{r * width + c: 1 for c in range(width - 1)}, r * width + width - 1: -1} for r in range(len(rows))
    ]
    sums += [
        {**{r * width + c: 1 for r in range(len(rows) - 1)}, (len(rows) - 1) * width + c: -1} for c in range(width)
    ]
    settled = settle(flat, sums, decimals=decimals, fixed={} if total is None else {len(flat) - 1: total})
    return tuple((row[0], *settled[i * width : (i + 1) * width]) for i, row in enumerate(rows))
