"""
The areas of one file's polygons: each, their sum, and the ground they cover together.
"""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from reclaim.errors import CRSError, FileError, ReclaimWarning, TableError
from reclaim.geodesy import area as ellipsoidal
from reclaim.io.layers import read_layers
from reclaim.io.project import Project
from reclaim.io.specs import LayerSpec
from reclaim.land.checks import check
from reclaim.land.checks.overlaps import meeting
from reclaim.tables import CRS, Delivery, Finding
from reclaim.units import area_unit, convert
from reclaim.verbs.area_comparison import Comparison, comparison

# the one table with nothing but outlines: a file's other columns are not ours to judge here
_TABLE = "responsibility"
_ID_COLUMNS = ("footprint_id", "parcel_id", "zone_id", "permit_id", "id", "fid", "objectid", "name", "site_id")
_MOST_WARNINGS = 20


class RowNotSound(ReclaimWarning):
    """A feature was repaired, or was not measured; the text says which and why."""


@dataclass(frozen=True)
class Areas:
    """
    Areas of the features of one file.

    Attributes
    ----------
    unit : str
        Unit of all areas here.
    features : tuple of dict
        ``id`` and ``area`` of each feature in the file's order; the area is None where it could not be measured.
    sum : float
        Of all features that could be measured.
    union : float
        The ground they cover together, overlaps once.
    compared : Comparison or None
        Other ways to measure, where asked for.
    """

    unit: str
    features: tuple[dict[str, Any], ...]
    sum: float
    union: float
    compared: Comparison | None = field(default=None)

    def document(self) -> dict[str, Any]:
        """The figures for JSON, unrounded."""
        figures = {"unit": self.unit, "features": list(self.features), "sum": self.sum, "union": self.union}
        return figures if self.compared is None else {**figures, "compare": self.compared.document()}

    def rows(self) -> tuple[list[str], list[list[Any]]]:
        """Headers and rows of the table for people."""
        if self.compared is not None:
            return self.compared.rows([row["id"] for row in self.features])
        rows = [[row["id"], row["area"]] for row in self.features]
        return ["id", self.unit], [*rows, ["sum", self.sum], ["union (overlaps once)", self.union]]


def area(
    source: str | os.PathLike[str] | gpd.GeoDataFrame,
    *,
    unit: str = "mu",
    compare: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
    allow_remote: bool = False,
) -> Areas:
    """
    Ellipsoidal areas of the polygons of one file or table.

    Parameters
    ----------
    source : path or GeoDataFrame
        Any vector file that a project may name, or a table with a CRS.
    unit : {"mu", "ha", "m2", "km2"}
        Unit of the areas.
    compare : str, optional
        Also measure in the file's plane and in web Mercator, and hold both and the areas declared in this column
        against the ellipsoidal ones; "" finds the column by its name, if there is one.
    layer, crs : str, optional
        Layer of the file, and the CRS where the file does not state one.
    allow_remote : bool
        Let the path be remote or virtual.

    Returns
    -------
    Areas
        Edges are geodesics where the file is in longitude and latitude, straight in its own plane where it is
        projected.

    Raises
    ------
    FileError, CRSError, TableError
        When the file cannot be read, has no usable CRS, or holds no sound polygon.

    Warns
    -----
    RowNotSound
        For each feature that was repaired or not measured.

    Examples
    --------
    >>> squares = [shapely.box(x, 3e6, x + 100, 3e6 + 100) for x in (500_000, 500_050)]
    >>> measured = area(gpd.GeoDataFrame(geometry=squares, crs="EPSG:4547"), unit="ha")
    >>> round(measured.sum, 3), round(measured.union, 3)
    (2.0, 1.5)
    """
    key = area_unit(unit).key
    delivery = _delivered(source, layer=layer, crs=crs, allow_remote=allow_remote)
    checked = check([delivery])
    sound = checked.tables[_TABLE]
    findings = [*delivery.findings, *_findings(checked.findings)]
    if sound.empty and len(delivery.frame):
        _refuse(findings)
    _warn(findings)
    used = sound["_row"].to_numpy()
    m2 = np.full(len(delivery.frame), np.nan)
    place = pd.Index(delivery.frame.index).get_indexer(used)
    m2[place] = _each(delivery.frame.iloc[place], sound)
    known = m2[place]
    union = ground(np.asarray(sound.geometry.array, dtype=object), known)
    features = tuple(
        {"id": name, "area": None if np.isnan(value) else value}
        for name, value in zip(_names(delivery.frame), np.asarray(convert(m2, "m2", key)).tolist(), strict=True)
    )
    compared = None if compare is None else comparison(delivery.frame, sound, place, m2, column=compare, unit=key)
    total = float(known.sum())
    if compared is not None:
        compared = replace(compared, union_m2=union)
    return Areas(key, features, convert(total, "m2", key), convert(union, "m2", key), compared)


# --- reading ---------------------------------------------------------------------------------------------------------


def _delivered(source: Any, *, layer: str | None, crs: str | None, allow_remote: bool) -> Delivery:
    if isinstance(source, gpd.GeoDataFrame):
        return Delivery(_TABLE, "table", source.reset_index(drop=True))
    spec = LayerSpec(table=_TABLE, path=os.fspath(source), layer=layer, crs=crs)
    project = Project(folder=Path.cwd(), layers=(spec,), allow_outside=True, allow_remote=allow_remote)
    deliveries = read_layers(project)
    faults = [finding for delivery in deliveries for finding in delivery.findings if finding.severity == "error"]
    if faults and not any(len(delivery.frame) for delivery in deliveries):
        raise FileError(*(f"{finding.source}: {finding.message}" for finding in faults))
    if len(deliveries) > 1:
        raise FileError(f"{os.fspath(source)}: names {len(deliveries)} files; give one")
    return deliveries[0]


def _findings(table: gpd.GeoDataFrame) -> list[Finding]:
    """What the checks said of the outlines."""
    columns = ["severity", "code", "message", "fix"]
    return [Finding(*row) for row in table[columns].itertuples(index=False, name=None)]


def _refuse(findings: Sequence[Finding]) -> None:
    errors = [finding for finding in findings if finding.severity == "error"]
    lines = [f"{finding.message}; {finding.fix}" for finding in errors[:_MOST_WARNINGS]]
    kind = CRSError if any(finding.code.startswith("crs-") for finding in errors) else TableError
    raise kind(*lines)


def _warn(findings: Sequence[Finding]) -> None:
    worth = [finding for finding in findings if finding.severity != "note"]
    for finding in worth[:_MOST_WARNINGS]:
        verdict = "not measured" if finding.severity == "error" else finding.fix
        warnings.warn(f"{finding.message} ({verdict})", RowNotSound, stacklevel=3)
    if len(worth) > _MOST_WARNINGS:
        more = f"and {len(worth) - _MOST_WARNINGS} more features were repaired or not measured"
        warnings.warn(more, RowNotSound, stacklevel=3)


def _names(frame: gpd.GeoDataFrame) -> list[Any]:
    """A name for each feature: a column that tells them apart, else the row."""
    by_name = {str(column).casefold(): column for column in frame.columns}
    for wanted in _ID_COLUMNS:
        if wanted in by_name:
            values = frame[by_name[wanted]]
            if values.notna().all() and not values.duplicated().any():
                return list(values.tolist())
    return list(frame.index.tolist())


# --- measuring -------------------------------------------------------------------------------------------------------


def _each(delivered: gpd.GeoDataFrame, sound: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """As delivered, along the file's own edges; what had to be repaired, as it was repaired."""
    shapes = np.asarray(delivered.geometry.array, dtype=object)
    as_it_came = shapely.is_valid(shapes) & (shapely.get_type_id(shapes) != shapely.GeometryType.GEOMETRYCOLLECTION)
    measured = ellipsoidal(sound)
    measured[as_it_came] = ellipsoidal(shapes[as_it_came], delivered.crs)
    return measured


def ground(shapes: npt.NDArray[Any], areas: npt.NDArray[np.float64]) -> float:
    """
    The ground that polygons cover together, in m².

    Only polygons that share ground are joined; the others keep the area they were measured with, so a file without
    overlaps has the same sum and union.

    Parameters
    ----------
    shapes : array of polygons
        Valid, in EPSG:4490, long edges followed.
    areas : array
        Their areas in m².
    """
    left, right = meeting(shapes)
    apart = shapely.touches(shapes[left], shapes[right])
    left, right = left[~apart], right[~apart]
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(len(shapes), len(shapes)))
    count, label = connected_components(links, directed=False)
    size = np.bincount(label, minlength=count)
    alone = size[label] == 1
    order = np.argsort(label[~alone], kind="stable")
    crowded = shapes[~alone][order]
    bounds = np.flatnonzero(np.diff(label[~alone][order])) + 1
    joined = [shapely.union_all(group) for group in np.split(crowded, bounds) if len(group)]
    return float(areas[alone].sum() + ellipsoidal(joined, CRS).sum())
