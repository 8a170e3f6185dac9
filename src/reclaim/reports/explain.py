"""
Why a figure changed from one assessment to the next, split into parcels and causes that add up to the difference.

First what is known of the same day differs (rows newly delivered, withdrawn, re-measured, corrected), then what has
happened since. Each face's change is put down to the source row that brought its state about, so nothing is left over.
"""

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from reclaim.assessment import Assessment
from reclaim.errors import ReportError
from reclaim.land.accounts import owners, to_day
from reclaim.land.evidence import BASE, DISTURB, FAIL, NEVER, RECLAIMED
from reclaim.land.history import Land, causes, first_passages, states_on
from reclaim.reports.model import Text
from reclaim.reports.wording import say
from reclaim.units import convert

Figure = Literal["permanent", "closing", "ever"]
COLUMNS = ["cause", "table", "id", "site_id", "area_m2"]
CAUSES = (
    "newly_known", "withdrawn", "re_measured", "corrected", "knock_on", "new", "first_survey", "redisturbed", "failed",
    "reclaimed", "reclaimed_again",
)  # fmt: skip
_DUST_M2 = 1e-6
_Faces = npt.NDArray[np.int64]


def explain(a: Assessment, b: Assessment, *, figure: Figure = "closing") -> pd.DataFrame:
    """
    Split the change of a stock between two assessments into source rows and causes.

    Parameters
    ----------
    a, b : Assessment
        Before and after: another date, another day of knowledge, or other data of the same project.
    figure : {"closing", "permanent", "ever"}
        Land not permanently reclaimed, permanently reclaimed, or ever disturbed.

    Returns
    -------
    DataFrame
        ``cause`` (newly_known, withdrawn, re_measured, corrected, knock_on: what is known of the first date changed;
        new, first_survey, redisturbed, failed, reclaimed, reclaimed_again: what happened since), ``table``, ``id`` and
        ``site_id`` of the source row (None where it has none), ``area_m2`` (signed). The areas add up to the figure in
        ``b`` less that in ``a``.
        ``knock_on`` is ground that changed hands because another row of it changed.

    Raises
    ------
    ReportError
        For another figure.
    """
    if figure not in get_args(Figure):
        raise ReportError(f"explain: figure must be one of {', '.join(get_args(Figure))}, got {figure!r}")
    first, last = to_day(a.at), to_day(b.at)
    rows = [_known_otherwise(a.land, b.land, first, figure), _happened(b.land, first, last, figure)]
    made = pd.concat([part for part in rows if len(part)] or rows[:1], ignore_index=True)
    made = _without_dust(made.groupby(COLUMNS[:-1], sort=False)["area_m2"].sum().reset_index())
    order = made["cause"].map({cause: i for i, cause in enumerate(CAUSES)})
    made = made.assign(order=order).sort_values(
        ["order", "area_m2"], key=lambda c: -c.abs() if c.name == "area_m2" else c
    )
    made["site_id"] = made["site_id"].astype(object).where(made["site_id"] != "", None)
    return made.drop(columns="order").reset_index(drop=True)[COLUMNS]


def _without_dust(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of less than a thousandth of a square millimetre are rounding of sums; the largest row takes them."""
    small = rows["area_m2"].abs() < _DUST_M2
    kept = rows[~small].reset_index(drop=True)
    if len(kept):
        areas = kept["area_m2"].to_numpy(copy=True)
        areas[np.abs(areas).argmax()] += rows.loc[small, "area_m2"].sum()
        kept["area_m2"] = areas
    return kept


def explained_parts(rows: pd.DataFrame, *, start_m2: float, unit: str = "m2") -> pd.DataFrame:
    """
    An explanation as steps of a waterfall chart, one for each cause.

    Parameters
    ----------
    rows : DataFrame
        From `explain`.
    start_m2 : float
        The figure in the first assessment, m².
    unit : str
        Of the steps; the chart has to be told the same.

    Returns
    -------
    DataFrame
        ``zh``, ``en``, ``value`` (in ``unit``), ``total``: what `reclaim.figures.waterfall` draws.
    """
    summed = rows.groupby("cause", sort=False)["area_m2"].sum()
    steps = [(say(f"cause_{cause}"), float(value), False) for cause, value in summed.items() if abs(value) > 1e-6]
    whole: list[tuple[Text, float, bool]] = [(say("cause_before"), start_m2, True), *steps]
    whole.append((say("cause_after"), start_m2 + float(summed.sum()), True))
    return pd.DataFrame(
        [
            {"zh": text.zh, "en": text.en, "value": float(convert(value, "m2", unit)), "total": total}
            for text, value, total in whole
        ]
    )


def _counted(land: Land, day: int, figure: Figure) -> _Faces:
    """Company faces that the figure sums on a day."""
    owned = owners(land, "group", day)
    face = owned.loc[owned["liability"] == "company", "face"].to_numpy(dtype=np.int64)
    state = states_on(land, day)[face]
    kept = {"permanent": state >= RECLAIMED, "closing": (state > NEVER) & (state < RECLAIMED), "ever": state > NEVER}
    counted: _Faces = face[kept[figure]]
    return counted


def _last_events(land: Land, faces: _Faces, day: int, figure: Figure) -> pd.DataFrame:
    """
    For each face the event that brought the figure's state about, as of a day.

    For ground ever disturbed that is its first event; otherwise the last passage between open and permanent.
    """
    events = land.events.assign(first=first_passages(land.events))
    events = events[(events["day"] <= day) & events["face"].isin(faces)]
    passages = (events["before"] >= RECLAIMED) != (events["after"] >= RECLAIMED)
    entered = (events["before"] == NEVER) & (events["after"] > NEVER)
    if figure == "ever":
        chosen = events[entered].drop_duplicates("face")
    else:
        chosen = events[passages | entered].drop_duplicates("face", keep="last")
    found: pd.DataFrame = chosen.set_index("face").reindex(faces)
    return found


def _source(land: Land, faces: _Faces, groups: _Faces) -> pd.DataFrame:
    """The first source row behind each face's event: ``table``, ``id``, ``site_id``."""
    rows = land.evidence.rows
    named = rows[["table", "id", "site_id"]].set_axis(
        rows["table"] + ":" + rows["source"] + ":" + rows["row"].astype(str)
    )
    named = named[~named.index.duplicated()]
    cause = pd.Series(causes(land, faces, groups), dtype=object).str.split(";").str[0]
    # a parcel need not say whose it is; a missing name must not drop its ground from a sum
    found: pd.DataFrame = named.reindex(cause).reset_index(drop=True).fillna("")
    return found


# --- what has happened since -----------------------------------------------------------------------------------------


def _happened(land: Land, first: int, last: int, figure: Figure) -> pd.DataFrame:
    """Changes of the same land between two days; counted backwards where the second is the earlier."""
    if last < first:
        back = _happened(land, last, first, figure)
        return back.assign(area_m2=-back["area_m2"])
    before, after = _counted(land, first, figure), _counted(land, last, figure)
    came, went = np.setdiff1d(after, before), np.setdiff1d(before, after)
    faces = np.concatenate([came, went])
    if not len(faces):
        return pd.DataFrame(columns=COLUMNS)
    sign = np.repeat([1.0, -1.0], [len(came), len(went)])
    # ground that came for the first time is put down to what disturbed it, whatever has happened to it since
    events = _last_events(land, faces, last, figure)
    source = _source(land, faces, events["group"].to_numpy(dtype=np.int64))
    area = land.partition.area_m2[faces] * sign
    return source.assign(cause=_kind(events), area_m2=area)[COLUMNS]


def _kind(events: pd.DataFrame) -> npt.NDArray[np.object_]:
    surveyed = events["first_survey"].to_numpy(bool) | (events["op"] == BASE).to_numpy()
    entered = (events["before"] == NEVER).to_numpy()
    lifted = (events["after"] >= RECLAIMED).to_numpy()
    return np.select(
        [surveyed, entered, (events["op"] == FAIL).to_numpy(), (events["op"] == DISTURB).to_numpy(),
         lifted & events["first"].to_numpy(bool)],
        ["first_survey", "new", "failed", "redisturbed", "reclaimed"],
        default="reclaimed_again",
    ).astype(object)  # fmt: skip


# --- what is known otherwise -----------------------------------------------------------------------------------------


def _known_otherwise(a: Land, b: Land, day: int, figure: Figure) -> pd.DataFrame:
    """The figure of one day in two states of knowledge, row by row."""
    if a is b:
        return pd.DataFrame(columns=COLUMNS)
    # land that is not reclaimed is what was disturbed less what was reclaimed; each has its own rows behind it
    signs: dict[Figure, float] = {"ever": 1.0, "permanent": -1.0} if figure == "closing" else {figure: 1.0}
    moved = pd.concat([_moved(a, b, day, part) * sign for part, sign in signs.items()])
    rows = moved[moved != 0].rename("area_m2").reset_index()
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    told = [_told(land, day) for land in (a, b)]
    cause = [_difference(key, *told) for key in zip(rows["table"], rows["id"], strict=True)]
    return rows.assign(cause=cause)[COLUMNS]


def _moved(a: Land, b: Land, day: int, figure: Figure) -> "pd.Series[float]":
    """By how much each source row's part of a figure differs."""
    both = pd.concat([_by_row(land, day, figure) for land in (a, b)], axis=1, keys=["a", "b"]).fillna(0.0)
    moved: pd.Series[float] = both["b"] - both["a"]
    return moved


def _by_row(land: Land, day: int, figure: Figure) -> "pd.Series[float]":
    faces = _counted(land, day, figure)
    events = _last_events(land, faces, day, figure)
    source = _source(land, faces, events["group"].to_numpy(dtype=np.int64))
    area = pd.Series(land.partition.area_m2[faces])
    summed: pd.Series[float] = area.groupby([source["table"], source["id"], source["site_id"]]).sum()
    return summed


_Told = dict[tuple[str, str], tuple[frozenset[bytes], frozenset[tuple[object, ...]]]]


def _told(land: Land, day: int) -> _Told:
    """What each named row said up to a day: its outlines, and everything else that counts."""
    rows = land.evidence.rows
    begun = rows["start"] <= day
    said = zip(rows["kind"], rows["op"], rows["target"], rows["start"], rows["end"], rows["liability"], strict=True)
    made: dict[tuple[str, str], tuple[set[bytes], set[tuple[object, ...]]]] = {}
    shapes = rows.geometry.normalize().to_wkb()
    for key, counts, shape, rest in zip(zip(rows["table"], rows["id"], strict=True), begun, shapes, said, strict=True):
        outlines, facts = made.setdefault(key, (set(), set()))
        if counts:
            outlines.add(shape)
            facts.add(rest)
    return {key: (frozenset(outlines), frozenset(facts)) for key, (outlines, facts) in made.items()}


def _difference(key: tuple[str, str], a: _Told, b: _Told) -> str:
    if key not in a:
        return "newly_known"
    if key not in b:
        return "withdrawn"
    (outlines_a, facts_a), (outlines_b, facts_b) = a[key], b[key]
    if outlines_a and outlines_b and outlines_a != outlines_b:
        return "re_measured"
    return "corrected" if facts_a != facts_b else "knock_on"
