"""
The ledger: what the land did in each year, account by account.

``closing = opening + new + redisturbed + failed - reclaimed - reclaimed_again + correction`` holds on every row,
because every cell is a sum over the same faces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from reclaim.errors import TableError
from reclaim.land.evidence import BASE, DISTURB, LABEL, NEVER, OPEN
from reclaim.land.history import Land, members, surveys
from reclaim.land.movements import COLUMNS, entries, movements, numbered, years_of
from reclaim.tables import MEASURES

By = Literal["site", "company", "province", "group"]
UNKNOWN = "unknown"
SHARED = "shared"


@dataclass(frozen=True, eq=False)
class Ledger:
    """
    Yearly accounts of land, in m².

    Attributes
    ----------
    rows : DataFrame
        The key column (``site_id``, ``company``, ``province`` or ``group``), ``year`` and the ledger's columns.
    shared : DataFrame
        What makes the rows of a year add up to the group where ground stands in several accounts.
    apart : DataFrame
        Accounts of legacy and disaster land (``liability``), which are in no row and no rate.
    """

    rows: pd.DataFrame
    shared: pd.DataFrame
    apart: pd.DataFrame


def key_column(by: By) -> str:
    """Name of the column that tells accounts apart."""
    if by not in get_args(By):
        raise TableError(f"by must be one of {', '.join(get_args(By))}, got {by!r}")
    return "site_id" if by == "site" else by


def ledger(land: Land, *, by: By = "site", at: pd.Timestamp | None = None) -> Ledger:
    """
    Opening, flows and closing of every year.

    Parameters
    ----------
    land : Land
        Made by :func:`reclaim.cut`.
    by : {"site", "company", "province", "group"}
        Whose accounts.
    at : Timestamp, optional
        Only what had happened by the end of that day; otherwise up to the last year with an event.

    Returns
    -------
    Ledger
        In m²; missing (NaN) where nobody surveyed, never 0.
    """
    last_day = None if at is None else to_day(at)
    years = ledger_years(land, last_day)
    column = key_column(by)
    owned = owners(land, by, last_day)
    company = owned[owned["liability"] == "company"]
    rows = _rows(land, company, years, last_day, [column])
    apart = _rows(land, owned[owned["liability"] != "company"], years, last_day, ["liability", column])
    return Ledger(rows, _shared(land, company, years, last_day, column), apart)


def to_day(at: pd.Timestamp | str) -> int:
    """A date as whole days since 1970-01-01."""
    return int(np.datetime64(pd.Timestamp(at), "D").astype(np.int64))


def year_end(year: int) -> int:
    """31 December of a year as days since 1970-01-01."""
    return int(np.datetime64(f"{year}-12-31", "D").astype(np.int64))


def owners(land: Land, by: By, last_day: int | None) -> pd.DataFrame:
    """Whose ground each face is: ``face``, ``liability``, the key column, and the ``event`` by which it entered."""
    owned = members(land, last_day)
    column = key_column(by)
    if by == "site":  # members are told by site already
        return owned[["face", "liability", column, "event"]]
    keys = site_keys(land).set_index("site_id")[by]
    owned = owned.assign(**{column: owned["site_id"].map(keys).to_numpy()})
    accounts, number = numbered(owned, ["liability", column])
    first = entries(owned, number)
    named = accounts.take(first["account"].to_numpy()).reset_index(drop=True)
    return named.assign(face=first["face"], event=first["event"])[["face", "liability", column, "event"]]


def site_keys(land: Land) -> pd.DataFrame:
    """``site_id``, ``company``, ``province`` and ``group`` of every site; who is not told is ``unknown``."""
    told = {name: land.sites[name].where(land.sites[name].notna(), UNKNOWN) for name in ("company", "province")}
    return pd.DataFrame({"site_id": land.sites["site_id"], **told, "group": "group"})


def ledger_years(land: Land, last_day: int | None) -> range:
    """From the first year with an event to the last, or to the one asked for; empty where nothing happened."""
    events = land.events
    moving = (events["op"] != BASE) & ((events["before"] != events["after"]) | (events["op"] == DISTURB))
    if last_day is not None:
        moving &= events["day"] <= last_day
    if not moving.any():
        return range(0)
    first = int(years_of(events["day"].to_numpy()[moving].min(keepdims=True))[0])
    return range(first, int(years_of(np.array([last_event(land) if last_day is None else last_day])).max()) + 1)


def last_event(land: Land) -> int:
    """31 December of the last year in which something happened, as days since 1970-01-01."""
    rows = land.evidence.groups
    ends = [rows.loc[(rows["op"] != LABEL) & (rows["op"] != BASE) | (rows["kind"] == "soils_placed"), "end"]]
    aside = land.evidence.aside
    ends.append(aside.loc[aside["kind"] != "planned", "end"])
    return year_end(int(years_of(pd.concat(ends)).max()))


# --- what each face contributes --------------------------------------------------------------------------------------


def contributions(land: Land, owned: pd.DataFrame, last_day: int | None, keys: Sequence[str]) -> pd.DataFrame:
    """
    Every movement of every face in every account that it belongs to.

    Parameters
    ----------
    land : Land
        The faces and their histories.
    owned : DataFrame
        From :func:`owners`.
    last_day : int or None
        Nothing after that day.
    keys : sequence of str
        Columns that tell accounts apart.

    Returns
    -------
    DataFrame
        The key columns, ``face``, ``year``, ``column`` (a flow, or ``stock``, ``temporary``, ``ever``), ``area_m2``.
    """
    made = movements(land, owned, last_day, keys)
    named = made.accounts.take(made.terms["account"].to_numpy()).reset_index(drop=True)
    column = np.array(COLUMNS, dtype=object)[made.terms["column"]]
    year = made.terms["year"].astype(np.int64)
    return named.assign(face=made.terms["face"], year=year, column=column, area_m2=made.terms["area_m2"])


def left_outlines(land: Land, owned: pd.DataFrame, last_day: int | None, keys: Sequence[str]) -> pd.DataFrame:
    """Land that left its site's snapshot in a year, is in no later one of that year, and is open at its end."""
    groups = land.evidence.groups
    order = surveys(groups, "snapshot")
    if last_day is not None:
        order = order[order["end"] <= last_day]
    seen = np.isin(land.partition.group, order["group"])
    inside = pd.DataFrame({"face": land.partition.face[seen], "group": land.partition.group[seen]})
    inside = inside.merge(order, on="group")[["face", "site_id", "survey"]].drop_duplicates()
    dates = order[["site_id", "survey", "end"]].drop_duplicates().assign(year=lambda frame: years_of(frame["end"]))
    closing = dates.groupby(["site_id", "year"])["survey"].max().reset_index(name="last")
    gone = inside.merge(dates.assign(survey=dates["survey"] - 1).drop(columns="end"), on=["site_id", "survey"])
    gone = gone.merge(closing, on=["site_id", "year"])[["face", "site_id", "year", "last"]].drop_duplicates()
    still = gone.merge(
        inside.rename(columns={"survey": "last"}), on=["face", "site_id", "last"], how="left", indicator=True
    )
    gone = still.loc[still["_merge"] == "left_only", ["face", "site_id", "year"]].drop_duplicates()
    gone = gone[states_at_year_end(land, gone, last_day) == OPEN]
    accounts = owned[[*keys, "face"]].drop_duplicates()
    made = gone.merge(_sites_of_keys(land, accounts, keys), on="site_id").merge(accounts, on=[*keys, "face"])
    made = made[[*keys, "face", "year"]].drop_duplicates()
    area = land.partition.area_m2[made["face"].to_numpy()]
    return pd.DataFrame(made.assign(column="left", area_m2=area))


def _sites_of_keys(land: Land, accounts: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Which sites stand behind each key."""
    column = keys[-1]
    pairs = site_keys(land)[list(dict.fromkeys(["site_id", column]))]
    if len(keys) == 1:
        return pairs
    return accounts[["liability"]].drop_duplicates().merge(pairs, how="cross")


def states_at_year_end(land: Land, pairs: pd.DataFrame, last_day: int | None) -> np.ndarray:
    """State of ``face`` at the end of ``year`` (or on the last day), for each pair."""
    asked = pairs.reset_index(drop=True).rename_axis("asked").reset_index()
    asked["until"] = [year_end(year) for year in asked["year"]]
    if last_day is not None:
        asked["until"] = np.minimum(asked["until"], last_day)
    found = asked.merge(land.events[["face", "day", "after"]], on="face")
    last = found[found["day"] <= found["until"]].groupby("asked")["after"].last()
    return last.reindex(asked["asked"]).fillna(NEVER).to_numpy()


# --- rows ------------------------------------------------------------------------------------------------------------


def _rows(land: Land, owned: pd.DataFrame, years: range, last_day: int | None, keys: list[str]) -> pd.DataFrame:
    columns = [*keys, "year", *MEASURES, "observed"]
    if owned.empty or not len(years):
        return pd.DataFrame(columns=columns)
    sums = _sums(land, owned, years, last_day, keys)
    known = _known(land, keys, sums.index)
    for column in ("new", "redisturbed", "left"):
        sums[column] = sums[column].where(known[column] | (sums[column] != 0))
    sums["observed"] = known["observed"]
    return sums.reset_index()[columns]


def _sums(land: Land, owned: pd.DataFrame, years: range, last_day: int | None, keys: list[str]) -> pd.DataFrame:
    """Flows and stocks of each account and year."""
    made = movements(land, owned, last_day, keys)
    span = pd.DataFrame({"year": range(years.start - 1, years.stop)})
    index = pd.MultiIndex.from_frame(made.accounts.merge(span, how="cross"))
    # a baseline lies before the first row, and one after the last moves nothing
    terms = made.terms if (made.terms["year"] < years.stop).all() else made.terms[made.terms["year"] < years.stop]
    year = np.maximum(terms["year"].to_numpy(dtype=np.int64) - (years.start - 1), 0)
    cell = (terms["account"].to_numpy(dtype=np.int64) * len(span) + year) * len(COLUMNS) + terms["column"].to_numpy()
    cells = np.zeros(len(index) * len(COLUMNS))
    summed = terms["area_m2"].groupby(cell).sum()
    cells[summed.index] = summed
    table = pd.DataFrame(cells.reshape(len(index), len(COLUMNS)), index=index, columns=list(COLUMNS))
    left = left_outlines(land, owned, last_day, keys)
    gone = left.assign(year=left["year"].clip(lower=years.start - 1)).groupby([*keys, "year"])["area_m2"].sum()
    table["left"] = gone.reindex(index).fillna(0.0)
    stocks = table.groupby(level=keys)[["stock", "temporary", "ever"]].cumsum()
    table["closing"], table["temporary"], table["ever"] = stocks["stock"], stocks["temporary"], stocks["ever"]
    table["opening"] = stocks.groupby(level=keys)["stock"].shift(fill_value=0.0)
    table = table[table.index.get_level_values("year") >= years.start]
    # a stock that sums to nothing is nothing, not the dust of floating-point sums
    stock_columns = ["opening", "closing", "temporary"]
    table[stock_columns] = table[stock_columns].where(table[stock_columns].abs() > 1e-6, 0.0)
    return table[[*MEASURES]]


def _known(land: Land, keys: list[str], index: "pd.Index[Any]") -> pd.DataFrame:
    """What each account knows of each year: whether new, re-disturbed and left land were surveyed, and by how many."""
    groups = land.evidence.groups
    rows = groups[groups["op"].isin([DISTURB]) | (groups["kind"] == "cumulative")]
    first = pd.concat([surveys(groups, "snapshot"), surveys(groups, "cumulative")]).set_index("group")["first_survey"]
    told = pd.DataFrame({"site_id": rows["site_id"], "liability": rows["liability"], "year": years_of(rows["end"])})
    told["new"] = ~rows.index.isin(first.index[first.to_numpy()])
    told["redisturbed"] = told["new"] & (rows["kind"] != "cumulative")
    told["left"] = told["new"] & (rows["kind"] == "snapshot")
    told["observed"] = True
    told = told.groupby(["site_id", "liability", "year"]).any().reset_index()
    told = told.merge(site_keys(land), on="site_id")
    if "liability" not in keys:
        told = told[told["liability"] == "company"]
    known = told.groupby([*keys, "year"]).agg(
        new=("new", "any"), redisturbed=("redisturbed", "any"), left=("left", "any"), observed=("site_id", "nunique")
    )
    flags = known[["new", "redisturbed", "left"]].reindex(index, fill_value=False)
    return flags.assign(observed=known["observed"].reindex(index, fill_value=0))


def _shared(land: Land, owned: pd.DataFrame, years: range, last_day: int | None, column: str) -> pd.DataFrame:
    """Group minus rows, over the ground that stands in several accounts."""
    columns = [column, "year", *MEASURES, "observed"]
    common = owned[owned["face"].duplicated(keep=False)]
    if common.empty or not len(years):
        return pd.DataFrame(columns=columns)
    rows = _sums(land, common, years, last_day, [column]).groupby(level="year").sum()
    group = _sums(land, common.assign(group="group"), years, last_day, ["group"]).droplevel("group")
    made = (group - rows).reset_index()
    made[column], made["observed"] = SHARED, 0
    return made[columns]


def balance_m2(rows: pd.DataFrame) -> float:
    """
    The largest amount by which a row fails to close, in m².

    Examples
    --------
    >>> row = dict.fromkeys(MEASURES, 0.0) | {"opening": 5.0, "new": 2.0, "reclaimed": 3.0, "closing": 4.0}
    >>> balance_m2(pd.DataFrame([row]))
    0.0
    """
    cells = rows[list(MEASURES)].astype(float).fillna(0.0)
    inflow = cells["new"] + cells["redisturbed"] + cells["failed"] + cells["correction"]
    outflow = cells["reclaimed"] + cells["reclaimed_again"]
    return float((cells["opening"] + inflow - outflow - cells["closing"]).abs().max()) if len(cells) else 0.0
