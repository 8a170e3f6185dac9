"""
The verbs of the land: check, ledger, rate, trace and run.

Each takes a project, its folder, or an assessment that was already made.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    Everything that a project's data say about its land, with the vegetation cover of its imagery.

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

    return chain.assess(project, at=at, known_at=known_at, cover=cover_of_project)


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


# --- run -------------------------------------------------------------------------------------------------------------


def run(
    project: Source, *, output: str | os.PathLike[str] | None = None, at: object = None
) -> tuple[Assessment, list[Path]]:
    """
    The main job: check, ledger, rates, cover, map and report, all into one folder.

    Parameters
    ----------
    project : Project, path or Assessment
        Whose land.
    output : path, optional
        Folder for the results; otherwise ``output`` in the project's folder. Other files in it stay.
    at : date, optional
        As in :func:`assess`.

    Returns
    -------
    (Assessment, list of Path)
        What was found, and the files that show it.
    """
    from reclaim.io.atomic import atomic_files

    made = assess(project, at=at)
    target = Path(output) if output is not None else made.project.folder / "output"
    with atomic_files(target) as folder:
        for write in _writers():
            write(made, folder)
        names = sorted(path.name for path in folder.iterdir())
    return made, [target / name for name in names]


def _writers() -> list[Callable[[Assessment, Path], Any]]:
    from reclaim.verbs.maps import build_map
    from reclaim.verbs.reports import write_report

    return [
        _write_tables,
        lambda made, folder: build_map(made, folder / "map.html"),
        lambda made, folder: write_report(made, folder / "report.html"),
    ]


def _write_tables(made: Assessment, folder: Path) -> None:
    from reclaim.io.results import write_results
    from reclaim.io.write import write_table

    unit = made.project.unit
    sheets = {by: printable(made.accounts(by), unit) for by in ("site", "company", "province", "group")}
    write_table(sheets["site"], folder / "ledger.csv")
    write_table(sheets, folder / "ledger.xlsx")
    write_table(rates_table(made), folder / "rates.csv")
    write_table(made.findings, folder / "findings.csv")
    write_table(made.delivered, folder / "delivered.csv")
    if len(made.declared):
        write_table(declared_table(made), folder / "declared.csv")
    write_table(made.spells, folder / "spells.parquet")
    for name in ("published", "cover"):
        if len(getattr(made, name)):
            write_table(getattr(made, name), folder / f"{name}.csv")
    write_results(made, folder / "results.gpkg")


def printable(made: Ledger, unit: str) -> pd.DataFrame:
    """A ledger as a table for files: shared rows below, land apart last, the unit in every header."""
    parts = [part for part in (made.rows, made.shared, made.apart) if len(part)]
    rows = in_unit(pd.concat(parts, ignore_index=True) if parts else made.rows, unit)
    return rows.rename(columns={name: f"{name}_{unit}" for name in MEASURES})


def declared_table(made: Assessment) -> pd.DataFrame:
    """Declared figures without outlines beside the land by outline, in the project's unit."""
    unit = made.project.unit
    names = {"outline_m2": "by_outline", "declared_only_m2": "declared_only", "difference_m2": "difference"}
    areas = {f"{ours}_{unit}": convert(made.declared[name].astype(float), "m2", unit) for name, ours in names.items()}
    return made.declared[["site_id", "year"]].assign(**areas, rows=made.declared["rows"])


def rates_table(made: Assessment) -> pd.DataFrame:
    """The rates of an assessment as a table, areas in the project's unit."""
    unit = made.project.unit
    return pd.DataFrame(
        {
            "basis": item.basis,
            "at": f"{item.at:%Y-%m-%d}",
            "value": item.value,
            f"numerator_{unit}": convert(item.numerator_m2, "m2", unit),
            f"denominator_{unit}": convert(item.denominator_m2, "m2", unit),
            "target": item.target.rate if item.target else None,
            "target_is_default": item.target.is_default if item.target else None,
            "outcome": item.outcome,
            "text": item.text(unit=unit),
        }
        for item in made.rates
    )
