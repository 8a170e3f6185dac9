"""
An assessment: all result tables of one project at one date, and the chain that makes them.

    read → check → cut → count → compare
"""

import hashlib
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from reclaim import dates
from reclaim.errors import ProjectError
from reclaim.io.layers import read_layers
from reclaim.io.project import Project, read_project
from reclaim.land.accounts import By, Ledger, last_event, ledger, ledger_years
from reclaim.land.checks import check
from reclaim.land.conflicts import conflicts
from reclaim.land.declared import beside
from reclaim.land.history import Land, cut, spells
from reclaim.land.rate_values import DEFAULT_TARGET, NO_DEFAULT, Basis, Rate, Target
from reclaim.land.rates import rates_by
from reclaim.land.reconcile import reconcile
from reclaim.tables import COVER, Finding, findings_table, join_findings
from reclaim.vocabulary import findings as kinds

if TYPE_CHECKING:
    from reclaim.timeline.results import History

_HASHED = 2**30  # bytes; reading a larger image only to hash it would take longer than the figures do
CoverOf = Callable[[Project, Mapping[str, gpd.GeoDataFrame]], pd.DataFrame]
HistoriesOf = Callable[[Project, Mapping[str, gpd.GeoDataFrame], gpd.GeoDataFrame], "tuple[History, ...]"]


@dataclass(frozen=True, eq=False)
class Assessment:
    """
    What is known of a project's land at a date. Maps and reports are views of it; nothing is computed while drawing.

    Attributes
    ----------
    project : Project
        As read.
    tables : mapping of str to GeoDataFrame
        Checked input tables, EPSG:4490.
    land : Land
        The faces with their histories.
    spells : GeoDataFrame
        The history of the ground up to ``at``.
    ledger, shared, apart : DataFrame
        Accounts by site in m², what makes them add up to the group, and land that is not the company's.
    group : DataFrame
        The group's account in m².
    rates : tuple of Rate
        The group's rate on every basis that has its data; ``damaged`` first.
    findings : GeoDataFrame
        Everything that was found about the input.
    delivered : DataFrame
        Who delivered what: ``table``, ``source``, ``company``, ``rows``, ``used``, ``listed``.
    cover : DataFrame
        Vegetation cover of zones; empty where there is no imagery.
    published : DataFrame
        Published figures beside ours.
    declared : DataFrame
        Land that was declared without an outline, beside the land by outline: ``site_id``, ``year``, ``outline_m2``,
        ``declared_only_m2``, ``difference_m2``. It is in no other figure.
    histories : tuple of History
        What the project's yearly stacks tell of disturbance and recovery.
    at, known_at : Timestamp
        The date that the figures are true at; the day by which rows were recorded, or None.
    provenance : mapping
        Versions, and the SHA-256 of every input file.
    """

    project: Project
    tables: Mapping[str, gpd.GeoDataFrame]
    land: Land
    spells: gpd.GeoDataFrame
    ledger: pd.DataFrame
    shared: pd.DataFrame
    apart: pd.DataFrame
    group: pd.DataFrame
    rates: tuple[Rate, ...]
    findings: gpd.GeoDataFrame
    delivered: pd.DataFrame
    cover: pd.DataFrame
    published: pd.DataFrame
    at: pd.Timestamp
    known_at: pd.Timestamp | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    declared: pd.DataFrame = field(default_factory=pd.DataFrame)
    histories: "tuple[History, ...]" = ()
    # the same accounts are asked for by tables, maps and pages; they are worked out once
    _accounts: dict[By, Ledger] = field(default_factory=dict, repr=False)

    def accounts(self, by: By = "site") -> Ledger:
        """The ledger by site, company, province or group."""
        if by not in self._accounts:
            self._accounts[by] = ledger(self.land, by=by, at=self.at)
        return self._accounts[by]

    def rate(self, basis: Basis, *, by: By = "group") -> dict[str, Rate]:
        """The rate of every account on a basis, against the project's target."""
        return rates_by(
            self.land,
            by=by,
            basis=basis,
            at=self.at,
            target=target_of(self.project, basis, self.at),
            tables=self.tables,
        )

    def __repr__(self) -> str:
        head = self.project.title
        lines = [str(rate) for rate in self.rates[:1]]
        counts = self.findings["severity"].value_counts()
        lines.append(", ".join(f"{counts.get(kind, 0)} {kind}s" for kind in ("error", "warning", "note")))
        return f"<Assessment of {head} at {self.at:%Y-%m-%d}: " + "; ".join(lines) + ">"


@dataclass(frozen=True, eq=False)
class Checked:
    """A project's tables after the checks, with the land cut from them where any of it is sound."""

    project: Project
    tables: Mapping[str, gpd.GeoDataFrame]
    land: Land | None
    findings: gpd.GeoDataFrame
    delivered: pd.DataFrame
    declared: pd.DataFrame


def examine(project: Project | str | os.PathLike[str], *, known_at: pd.Timestamp | None = None) -> Checked:
    """
    Read, check and cut a project.

    Parameters
    ----------
    project : Project or path
        A project, or its folder.
    known_at : Timestamp, optional
        Only rows recorded by that day.

    Returns
    -------
    Checked
        ``land`` is None where no footprint is sound.
    """
    opened = project if isinstance(project, Project) else read_project(project)
    checked = check(read_layers(opened))
    footprints = checked.tables.get("footprints")
    if footprints is None or footprints.empty:
        findings = join_findings(checked.findings, findings_table(_without_footprints(opened)))
        return Checked(opened, checked.tables, None, findings, checked.delivered, checked.declared)
    land = cut(checked.tables, known_at=known_at)
    findings = join_findings(checked.findings, conflicts(land))
    return Checked(opened, checked.tables, land, findings, checked.delivered, checked.declared)


def _without_footprints(project: Project) -> list[Finding]:
    if project.layers_of("footprints"):
        return []  # what is wrong with them is listed already
    kind = kinds()["no-footprints"]
    where = project.path.name if project.path else "the project"
    return [Finding("error", "no-footprints", f"{where} names no [layers.footprints]", kind["fix"], table="footprints")]


def sound(checked: Checked) -> Land:
    """
    The land of a checked project.

    Raises
    ------
    ProjectError
        Where nothing sound is left: one line per error finding.
    """
    if checked.land is not None and len(ledger_years(checked.land, None)):
        return checked.land
    errors = checked.findings[checked.findings["severity"] == "error"]
    faults = [_line(row) for row in errors.head(20).to_dict("records")]
    if len(errors) > 20:
        faults.append(f"... and {len(errors) - 20} more; reclaim check lists them all")
    raise ProjectError(*(faults or ["no footprint that can be used is left, so there is no land to account for"]))


def _line(row: Mapping[str, Any]) -> str:
    place = row["source"] or row["table"] or ""
    if row["row"] is not None and not pd.isna(row["row"]):
        place += f" row {row['row']}"
    fix = f"; {row['fix']}" if row["fix"] else ""
    return f"{place}: {row['message']}{fix}" if place and place not in row["message"] else f"{row['message']}{fix}"


def assess(
    project: Project | str | os.PathLike[str],
    *,
    at: object = None,
    known_at: object = None,
    cover: CoverOf | None = None,
    histories: HistoriesOf | None = None,
) -> Assessment:
    """
    Everything that a project's data say about its land.

    Parameters
    ----------
    project : Project or path
        A project, or the folder of its ``reclaim.toml``.
    at : date, optional
        Up to the end of that day, month or year; otherwise 31 December of the last year with an event, never today.
    known_at : date, optional
        Only rows recorded by then.
    cover : callable, optional
        Gives the cover table for a project and its tables.
    histories : callable, optional
        Gives what yearly stacks tell, for a project, its tables and its spells.

    Returns
    -------
    Assessment
        Frozen.

    Raises
    ------
    ProjectError
        Where nothing sound is left to account for.
    """
    known = moment(known_at)
    checked = examine(project, known_at=known)
    land = sound(checked)
    day = moment(at)
    if day is None:
        day = pd.Timestamp(pd.to_datetime(last_event(land), unit="D"))
    seen = cover(checked.project, checked.tables) if cover else pd.DataFrame(columns=COVER.names)
    history = spells(land, at=day)
    told = histories(checked.project, checked.tables, history) if histories else ()
    kept: dict[By, Ledger] = {by: ledger(land, by=by, at=day) for by in ("site", "group")}
    return Assessment(
        project=checked.project,
        tables=checked.tables,
        land=land,
        spells=history,
        ledger=kept["site"].rows,
        shared=kept["site"].shared,
        apart=kept["site"].apart,
        group=kept["group"].rows,
        rates=tuple(_rates(checked, land, day)),
        findings=checked.findings,
        delivered=checked.delivered,
        cover=seen,
        published=reconcile(checked.project.published, land, checked.tables, seen),
        at=day,
        known_at=known,
        provenance=_provenance(checked, images=cover is not None),
        declared=beside(checked.declared, kept["site"].rows),
        histories=told,
        _accounts=kept,
    )


def moment(value: object) -> pd.Timestamp | None:
    """The last day of a date as people write it."""
    return None if value is None else pd.Timestamp(dates.parse(value).end)


def _rates(checked: Checked, land: Land, at: pd.Timestamp) -> list[Rate]:
    bases: list[Basis] = ["damaged", "available", "annual"]
    if "responsibility" in checked.tables and len(checked.tables["responsibility"]):
        bases.append("responsibility")
    if (land.evidence.groups["kind"] == "planned").any():
        bases.append("plan")
    made: list[Rate] = []
    for basis in bases:
        target = target_of(checked.project, basis, at)
        made += rates_by(land, by="group", basis=basis, at=at, target=target, tables=checked.tables).values()
    return made


def target_of(project: Project, basis: Basis, at: pd.Timestamp | None = None) -> Target | None:
    """The project's target on a basis, the one in force at a date; else the default level, where that basis has one."""
    own = [target for target in project.targets if target.basis == basis]
    dated = sorted((moment(target.at), index) for index, target in enumerate(own) if target.at)
    in_force = [own[index] for day, index in dated if at is None or (day is not None and day <= at)]
    chosen = in_force[-1:] or [target for target in own if not target.at][-1:] or [own[index] for _, index in dated[:1]]
    if chosen:
        return Target(chosen[0].rate, source=chosen[0].source or "")
    if basis in NO_DEFAULT:
        return None
    return Target(DEFAULT_TARGET, source="level reported for 2019; no target is set", is_default=True)


def _provenance(checked: Checked, *, images: bool) -> dict[str, Any]:
    names = ["reclaim", "geopandas", "shapely", "pyproj", "rasterio", "numpy"]
    project = checked.project
    sources = {*checked.delivered["source"], *([project.path.name] if project.path else [])}
    if images:
        sources |= set(_images(project))
    files = {source: _digest(project.folder / source) for source in sorted(sources)}
    return {
        "versions": {"python": platform.python_version(), **{name: version(name) for name in names}},
        "inputs": {source: digest for source, digest in files.items() if digest},
    }


def _images(project: Project) -> Iterator[str]:
    """Image files inside the project, by their path in it."""
    for spec in project.imagery:
        if spec.path and not Path(spec.path).is_absolute():
            found = (path for path in project.folder.glob(spec.path) if path.is_relative_to(project.folder))
            yield from (path.relative_to(project.folder).as_posix() for path in found if path.is_file())


def _digest(path: Path) -> str | None:
    if not path.is_file():
        return None
    if path.stat().st_size > _HASHED:
        return f"{path.stat().st_size} bytes, not hashed"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
