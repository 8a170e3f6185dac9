"""
The main job: everything that a project's data say, into one folder.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from reclaim.assessment import Assessment
from reclaim.io.atomic import atomic_files
from reclaim.io.results import write_results
from reclaim.io.write import write_table
from reclaim.units import convert
from reclaim.verbs.land import Source, assess, printable
from reclaim.verbs.maps import build_map
from reclaim.verbs.reports import write_report


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
    made = assess(project, at=at)
    target = Path(output) if output is not None else made.project.folder / "output"
    with atomic_files(target) as folder:
        for write in _writers():
            write(made, folder)
        names = sorted(path.name for path in folder.iterdir())
    return made, [target / name for name in names]


def _writers() -> list[Callable[[Assessment, Path], Any]]:
    return [
        _write_tables,
        lambda made, folder: build_map(made, folder / "map.html"),
        lambda made, folder: write_report(made, folder / "report.html"),
    ]


def _write_tables(made: Assessment, folder: Path) -> None:
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
