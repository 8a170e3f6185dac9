"""The checks in their order: each delivery by itself, then all against each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from reclaim.land.checks.across import check_across
from reclaim.land.checks.attributes import check_attributes
from reclaim.land.checks.coordinates import check_coordinates
from reclaim.land.checks.measures import check_measures, measure
from reclaim.land.checks.permits import check_permits
from reclaim.land.checks.placing import check_whereabouts, homes_of, place
from reclaim.land.checks.shapes import check_shapes
from reclaim.land.checks.sheet import Sheet
from reclaim.land.checks.shift import check_shift
from reclaim.progress import progress
from reclaim.tables import CRS, INPUT_TABLES, Delivery, findings_table


@dataclass(frozen=True, eq=False)
class Checked:
    """
    What the checks leave to count with, and everything they had to say.

    Attributes
    ----------
    tables : dict of str to GeoDataFrame
        Rows that count, in EPSG:4490, edges over 200 m followed: the agreed columns and the extra ones; ``_source`` and
        ``_row`` (0-based row in the file), ``_delivered`` (running number over all rows as they came), ``company``,
        for footprints ``meaning``; for each date column X the standing date X, ``X_start`` and ``X_precision``.
    findings : GeoDataFrame
        The findings table.
    delivered : DataFrame
        Who delivered what: ``table``, ``source``, ``company``, ``rows``, ``used``, ``listed``; rows = used + listed.
    declared : DataFrame
        Parcels without outline that declare an area: never in the ledger, shown beside it. ``source``, ``row``,
        ``company``, and the columns of parcels.
    """

    tables: dict[str, gpd.GeoDataFrame]
    findings: gpd.GeoDataFrame
    delivered: pd.DataFrame
    declared: pd.DataFrame = field(default_factory=pd.DataFrame)


def check(deliveries: Sequence[Delivery], *, sites: gpd.GeoDataFrame | None = None) -> Checked:
    """
    Look over everything that was delivered, and keep what can be counted.

    No row is dropped in silence: a row is used, or it is set aside and listed with the reason.

    Parameters
    ----------
    deliveries : sequence of Delivery
        As read; raw values, each in its own CRS.
    sites : GeoDataFrame, optional
        Sites that are not among the deliveries.

    Returns
    -------
    Checked
        Tables, findings, and who delivered what.

    Examples
    --------
    >>> import shapely
    >>> rows = {"site_id": ["A", "A"], "date": ["2019", "2019-02-30"]}
    >>> frame = gpd.GeoDataFrame(rows, geometry=[shapely.box(107, 23, 107.01, 23.01)] * 2, crs="EPSG:4490")
    >>> checked = check([Delivery("footprints", "pits.gpkg", frame, meaning="increment")])
    >>> checked.delivered[["rows", "used", "listed"]].values.tolist()
    [[2, 1, 1]]
    """
    given = [Delivery("sites", "sites", sites)] if sites is not None else []
    sheets = [Sheet.of(delivery) for delivery in (*given, *deliveries)]
    with progress("checking", len(sheets)) as work:
        for sheet in sheets:
            _look_over(sheet)
            work.advance()
    _stand_somewhere(sheets)
    check_across(sheets)
    tables = _tables(sheets)
    findings = [finding for sheet in sheets for finding in sheet.findings()]
    findings += [*check_permits(tables), *check_shift(tables)]
    return Checked(tables, findings_table(findings), _delivered(sheets), _declared(sheets))


def _look_over(sheet: Sheet) -> None:
    """Everything that one delivery shows by itself."""
    check_attributes(sheet)
    check_coordinates(sheet)
    check_shapes(sheet)
    place(sheet)
    if sheet.needs_ground:
        measure(sheet)
        check_measures(sheet)


def _stand_somewhere(sheets: Sequence[Sheet]) -> None:
    """Hold every delivery against where its sites are."""
    among = ([sheet for sheet in sheets if sheet.table == name] for name in ("sites", "permits"))
    homes = homes_of([_table(some) for some in among if some])
    check_whereabouts(sheets, homes)


# --- tables ----------------------------------------------------------------------------------------------------------


def _tables(sheets: Sequence[Sheet]) -> dict[str, gpd.GeoDataFrame]:
    numbered = np.cumsum([0, *(len(sheet.row) for sheet in sheets)])
    tables = {}
    for name in INPUT_TABLES:
        among = [(sheet, int(first)) for sheet, first in zip(sheets, numbered, strict=False) if sheet.table == name]
        if among:
            tables[name] = _table([sheet for sheet, _ in among], [first for _, first in among])
    return tables


def _table(sheets: Sequence[Sheet], first: Sequence[int] | None = None) -> gpd.GeoDataFrame:
    """The kept rows of one table's deliveries, one after the other."""
    starts = first if first is not None else [0] * len(sheets)
    parts = [_kept(sheet, start) for sheet, start in zip(sheets, starts, strict=True)]
    shapes = [sheet.shapes[sheet.kept] for sheet in sheets]
    for sheet, shape in zip(sheets, shapes, strict=True):
        shape[~sheet.shaped[sheet.kept]] = None
    return gpd.GeoDataFrame(stacked(parts), geometry=gpd.GeoSeries(np.concatenate(shapes), crs=CRS), crs=CRS)


def _kept(sheet: Sheet, start: int) -> pd.DataFrame:
    delivery, kept = sheet.delivery, np.flatnonzero(sheet.kept)
    part = sheet.frame.iloc[kept].reset_index(drop=True)
    company = part["company"] if "company" in part.columns else pd.Series(None, index=part.index, dtype=object)
    part["company"] = company.astype(object).where(company.notna(), delivery.company)
    if sheet.table == "footprints":
        part["meaning"] = delivery.meaning
    return part.assign(_source=delivery.source, _row=sheet.row[kept], _delivered=start + kept)


def stacked(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables below each other; a column that one of them lacks is missing there, whatever its kind elsewhere."""
    if not parts:
        return pd.DataFrame()
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    columns = {name: _stacked_column([part.get(name, len(part)) for part in parts]) for name in names}
    return pd.DataFrame(columns)


def _stacked_column(parts: list[Any]) -> pd.Series:
    kinds = {str(part.dtype) for part in parts if isinstance(part, pd.Series)}
    if len(kinds) == 1 and all(isinstance(part, pd.Series) for part in parts):
        joined: pd.Series = pd.concat(parts, ignore_index=True)
        return joined
    whole = [np.full(p, None, dtype=object) if isinstance(p, int) else p.to_numpy(dtype=object) for p in parts]
    return pd.Series(np.concatenate(whole), dtype=object)


def _delivered(sheets: Sequence[Sheet]) -> pd.DataFrame:
    rows = [
        (s.table, s.delivery.source, s.delivery.company, len(s.row), int(s.kept.sum()), int((~s.kept).sum()))
        for s in sheets
    ]
    return pd.DataFrame(rows, columns=["table", "source", "company", "rows", "used", "listed"])


def _declared(sheets: Sequence[Sheet]) -> pd.DataFrame:
    parts = []
    for sheet in sheets:
        if sheet.table != "parcels":
            continue
        bare = ~sheet.kept & ~sheet.shaped & sheet.frame["declared_mu"].notna().to_numpy()
        bare &= np.array([shape is None or shape.is_empty for shape in sheet.shapes], dtype=bool)
        if bare.any():
            part = sheet.frame[bare].reset_index(drop=True)
            source, company = sheet.delivery.source, sheet.delivery.company
            parts.append(part.assign(source=source, row=sheet.row[bare], company=company))
    return stacked(parts)
