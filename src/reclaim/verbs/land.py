"""
The verbs of the land: check, ledger, rate and trace.

Each takes a project, its folder, or an assessment that was already made.
"""

import os
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from reclaim import assessment as chain
from reclaim.assessment import Assessment, Checked, examine, moment, sound, target_of
from reclaim.io.project import Project
from reclaim.land import accounts, rates
from reclaim.land import trace as tracing
from reclaim.land.accounts import By, Ledger, key_column
from reclaim.land.history import Land
from reclaim.land.rate_values import Basis, Rate, Target
from reclaim.tables import MEASURES
from reclaim.units import area_unit, convert

Source = Project | Assessment | str | os.PathLike[str]


def assess(project: Source, *, at: object = None, known_at: object = None) -> Assessment:
    """
    Everything that a project's data say about its land, with what its imagery says of cover, loss and recovery.

    Parameters
    ----------
    project : Project, path or Assessment
        A project or its folder; an assessment comes back as it is.
    at : date, optional
        Up to the end of that day, month or year; otherwise 31 December of the last year with an event.
    known_at : date, optional
        Only rows recorded by then.

    Returns
    -------
    Assessment
        All result tables; frozen.
    """
    if isinstance(project, Assessment):
        return project
    from reclaim.verbs.cover import cover_of_project
    from reclaim.verbs.history_project import histories_of_project

    return chain.assess(project, at=at, known_at=known_at, cover=cover_of_project, histories=histories_of_project)


def check(project: Source) -> gpd.GeoDataFrame:
    """
    What is wrong with a project's input, or was decided about it.

    Returns
    -------
    GeoDataFrame, EPSG:4490
        The findings table, worst first.
    """
    return project.findings if isinstance(project, Assessment) else examine(project).findings


def ledger(
    project: Source, *, by: By = "site", unit: str = "m2", at: object = None, known_at: object = None
) -> pd.DataFrame:
    """
    The yearly ledger of a project.

    Parameters
    ----------
    project : Project, path or Assessment
        Whose land.
    by : {"site", "company", "province", "group"}
        Whose accounts.
    unit : str
        Unit of the areas: ``m2``, ``mu``, ``ha`` or ``km2``.
    at, known_at : date, optional
        As in :func:`assess`.

    Returns
    -------
    DataFrame
        One row an account and year, the ``shared`` rows last where ground stands in several accounts.
    """
    made = accounts_of(project, by=by, at=at, known_at=known_at)
    rows = pd.concat([made.rows, made.shared], ignore_index=True) if len(made.shared) else made.rows
    return in_unit(rows, unit)


def accounts_of(project: Source, *, by: By = "site", at: object = None, known_at: object = None) -> Ledger:
    """The ledger with its shared and apart rows, in m²."""
    key_column(by)  # a wrong name is told before anything is read
    _, land, day = _land(project, at, known_at)
    return accounts.ledger(land, by=by, at=day)


def in_unit(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Ledger rows with their areas in another unit."""
    key = area_unit(unit).key
    areas = {name: convert(rows[name].astype(float), "m2", key) for name in MEASURES if name in rows}
    return rows.assign(**areas)


def printable(made: Ledger, unit: str) -> pd.DataFrame:
    """A ledger as a table for files: shared rows below, land apart last, the unit in every header."""
    parts = [part for part in (made.rows, made.shared, made.apart) if len(part)]
    rows = in_unit(pd.concat(parts, ignore_index=True) if parts else made.rows, unit)
    return rows.rename(columns={name: f"{name}_{unit}" for name in MEASURES})


@dataclass(frozen=True, eq=False)
class RateResult:
    """A rate of the group with the rates of the accounts behind it."""

    rate: Rate
    by: By
    rows: dict[str, Rate]


def rate(
    project: Source, *, basis: Basis, by: By = "group", target: float | Target | None = None, at: object = None,
    known_at: object = None,
) -> RateResult:  # fmt: skip
    """
    The reclamation rate of a project on a named basis.

    Parameters
    ----------
    project : Project, path or Assessment
        Whose land.
    basis : {"damaged", "responsibility", "available", "annual", "plan"}
        What reclaimed ground is divided by; there is no default.
    by : {"group", "site", "company", "province"}
        Also give the rate of each account.
    target : float or Target, optional
        The rate to reach; otherwise the project's for that basis, else 0.86, said to be the default.
    at, known_at : date, optional
        As in :func:`assess`.
    """
    wanted = Target(float(target), source="asked for") if isinstance(target, (int, float)) else target
    opened, land, day = _land(project, at, known_at)
    wanted = wanted or target_of(opened.project, basis, day)
    made = _rates_by(opened, land, "group", basis, day, wanted)["group"]
    rows = {} if by == "group" else _rates_by(opened, land, by, basis, day, wanted)
    return RateResult(made, by, rows)


def _rates_by(
    opened: Checked | Assessment, land: Land, by: By, basis: Basis, day: pd.Timestamp | None, target: Target | None
) -> dict[str, Rate]:
    return rates.rates_by(land, by=by, basis=basis, at=day, target=target, tables=opened.tables)


def trace(project: Source, measure: str, *, year: int, by: By = "group", key: str | None = None) -> gpd.GeoDataFrame:
    """
    The ground behind one figure: faces with their area, state and source rows.

    Parameters
    ----------
    project : Project, path or Assessment
        Whose land.
    measure : str
        A column of the ledger, or ``permanent`` for the ground that a rate counts as reclaimed.
    year : int
        The figure's year.
    by, key
        Whose account; the group needs no key.
    """
    _, land, _ = _land(project, None, None)
    return tracing.trace(land, measure, year=year, by=by, key=key)


def _land(project: Source, at: object, known_at: object) -> tuple[Checked | Assessment, Land, pd.Timestamp | None]:
    day = moment(at)
    if isinstance(project, Assessment):
        return project, project.land, day or project.at
    checked = examine(project, known_at=moment(known_at))
    return checked, sound(checked), day
