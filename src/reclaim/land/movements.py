"""
What every face adds to the accounts that it belongs to: the terms of which all figures of the ledger are sums.

A term is an entry of ground into an account, or a change of its state after that. There are millions of them in a large
group, so accounts and columns go by number here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from reclaim.land.evidence import BASE, DISTURB, FAIL, OPEN, TEMPORARY
from reclaim.land.history import Land, first_passages
from reclaim.tables import FLOWS

Integers = npt.NDArray[np.int64]

COLUMNS = (*FLOWS, "stock", "temporary", "ever")
_NEW, _REDISTURBED, _FAILED, _RECLAIMED, _AGAIN, _CORRECTION, _STOCK, _TEMPORARY, _EVER = (
    COLUMNS.index(name)
    for name in (
        "new", "redisturbed", "failed", "reclaimed", "reclaimed_again", "correction", "stock", "temporary", "ever"
    )
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Movements:
    """
    Movements of ground in accounts.

    Attributes
    ----------
    accounts : DataFrame
        The keys of each account, in order.
    terms : DataFrame
        ``account`` (row of ``accounts``), ``face``, ``year``, ``column`` (place in ``COLUMNS``), ``area_m2``.
    """

    accounts: pd.DataFrame
    terms: pd.DataFrame


def years_of(day: np.ndarray | pd.Series) -> np.ndarray:
    """Calendar years of days since 1970-01-01."""
    return np.asarray(day).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def numbered(owned: pd.DataFrame, keys: Sequence[str]) -> tuple[pd.DataFrame, Integers]:
    """
    Accounts in the order of their keys, and the number of each row's.

    Examples
    --------
    >>> accounts, number = numbered(pd.DataFrame({"site_id": ["B", "A", "B"]}), ["site_id"])
    >>> accounts["site_id"].tolist(), number.tolist()
    (['A', 'B'], [1, 0, 1])
    """
    number = np.zeros(len(owned), dtype=np.int64)
    for key in keys:
        code, names = pd.factorize(owned[key])
        number = number * max(len(names), 1) + code
    number, used = pd.factorize(number)
    first = np.flatnonzero(~pd.Series(number).duplicated().to_numpy())
    accounts = owned[list(keys)].take(first).reset_index(drop=True)
    order = accounts.sort_values(list(keys)).index.to_numpy()
    place = np.empty(len(used), dtype=np.int64)
    place[order] = np.arange(len(used))
    return accounts.take(order).reset_index(drop=True), place[number]


def entries(owned: pd.DataFrame, account: Integers) -> pd.DataFrame:
    """The first event of each face in each account: ``face``, ``account``, ``event``."""
    made = pd.DataFrame({"face": owned["face"].to_numpy(), "account": account, "event": owned["event"].to_numpy()})
    if made.duplicated(["face", "account"]).any():
        return made.groupby(["face", "account"])["event"].min().reset_index()
    return made


def movements(land: Land, owned: pd.DataFrame, last_day: int | None, keys: Sequence[str]) -> Movements:
    """
    Every movement of every face in every account that it belongs to.

    Parameters
    ----------
    land : Land
        The faces and their histories.
    owned : DataFrame
        ``face``, ``event`` by which it entered, and the keys.
    last_day : int or None
        Nothing after that day.
    keys : sequence of str
        Columns that tell accounts apart.
    """
    accounts, number = numbered(owned, keys)
    entry = entries(owned, number)
    events = _Events.of(land)
    moved = events.before != events.after
    if last_day is not None:
        moved = moved & (land.events["day"].to_numpy() <= last_day)
    terms = _Terms(entry["account"].to_numpy(), entry["face"].to_numpy(), land.partition.area_m2, [])
    _enter(terms, events, entry["event"].to_numpy())
    _move(terms, events, *_later(entry, np.flatnonzero(moved), events.face))
    return Movements(accounts, terms.table())


@dataclass(frozen=True, eq=False)
class _Events:
    """The events, column by column; ``first`` marks a face's first passage to permanent."""

    face: Integers
    year: Integers
    op: Integers
    before: Integers
    after: Integers
    first_survey: npt.NDArray[np.bool_]
    first: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, land: Land) -> "_Events":
        names = ["face", "day", "op", "before", "after", "first_survey"]
        face, day, op, before, after, first_survey = (land.events[name].to_numpy() for name in names)
        place, days = pd.factorize(day)  # few days, many events
        first = first_passages(land.events).to_numpy()
        return cls(face, years_of(days)[place], op, before, after, first_survey, first)


def _later(entry: pd.DataFrame, moved: Integers, face: Integers) -> tuple[Integers, Integers]:
    """For each entry the events that move its face afterwards: places in ``entry`` and in the events."""
    # events stand face by face, so those of one face after a given one are a stretch of all that move something
    begin = np.searchsorted(moved, entry["event"].to_numpy(), side="right")
    end = np.searchsorted(face[moved], entry["face"].to_numpy(), side="right")
    count = np.maximum(end - begin, 0)
    which = np.repeat(np.arange(len(entry)), count)
    place = np.arange(len(which)) - np.repeat(np.cumsum(count) - count - begin, count)
    return which, moved[place]


@dataclass(frozen=True, eq=False)
class _Terms:
    """Terms as they come: ``account`` and ``face`` of every entry, ``area_m2`` of every face."""

    account: Integers
    face: Integers
    area_m2: npt.NDArray[np.float64]
    made: list[tuple[npt.NDArray[Any], ...]]

    def add(self, which: Integers, year: Integers, column: Any, *, sign: npt.NDArray[Any]) -> None:
        """Terms of entries in a column, one for all or one for each; none where the sign is 0."""
        some = np.flatnonzero(sign)
        who = which[some]
        face = self.face[who]
        columns = np.broadcast_to(np.asarray(column, dtype=np.int8), len(sign))[some]
        account = self.account[who].astype(np.int32)
        self.made.append((account, face, year[some].astype(np.int16), columns, self.area_m2[face] * sign[some]))

    def table(self) -> pd.DataFrame:
        names = ["account", "face", "year", "column", "area_m2"]
        columns = zip(*self.made, strict=True)
        return pd.DataFrame({name: np.concatenate(own) for name, own in zip(names, columns, strict=True)})


def _enter(terms: _Terms, events: _Events, entered: Integers) -> None:
    which, year, after = np.arange(len(entered)), events.year[entered], events.after[entered]
    surveyed = events.first_survey[entered] | (events.op[entered] == BASE)
    temporary = after == TEMPORARY
    stock = temporary | (after == OPEN)
    terms.add(which, year, _EVER, sign=np.ones(len(entered), dtype=np.int8))
    terms.add(which, year, _STOCK, sign=stock)
    terms.add(which, year, np.where(surveyed, _CORRECTION, _NEW), sign=stock)
    terms.add(which, year, _TEMPORARY, sign=temporary)


def _move(terms: _Terms, events: _Events, which: Integers, later: Integers) -> None:
    year, op, before, after = (column[later] for column in (events.year, events.op, events.before, events.after))
    was, now = before == TEMPORARY, after == TEMPORARY
    temporary = now.astype(np.int8) - was
    stock = (now | (after == OPEN)).astype(np.int8) - (was | (before == OPEN))
    corrected = (op == BASE) | events.first_survey[later]
    flow = np.select(
        [corrected, op == DISTURB, op == FAIL, events.first[later]],
        [_CORRECTION, _REDISTURBED, _FAILED, _RECLAIMED],
        default=_AGAIN,
    )
    terms.add(which, year, _STOCK, sign=stock)
    terms.add(which, year, flow, sign=np.where(corrected, stock, np.abs(stock)))
    terms.add(which, year, _TEMPORARY, sign=temporary)
