"""
From a figure back to the ground: which faces it sums, and which source rows brought them about.
"""

import geopandas as gpd
import numpy as np
import pandas as pd

from reclaim.errors import TableError
from reclaim.land.accounts import By, contributions, key_column, ledger_years, left_outlines, owners
from reclaim.land.evidence import RECLAIMED, STATE_NAMES
from reclaim.land.history import Land, causes, states_on
from reclaim.tables import CRS, MEASURES

_STOCKS = {"opening": "stock", "closing": "stock", "temporary": "temporary", "ever": "ever"}


def trace(land: Land, measure: str, *, year: int, by: By = "group", key: str | None = None) -> gpd.GeoDataFrame:
    """
    The ground behind one cell of the ledger.

    Parameters
    ----------
    land : Land
        Made by :func:`reclaim.cut`.
    measure : str
        A column of the ledger (``reclaimed``, ``closing`` ...), or ``permanent`` for the reclaimed stock that the
        ``damaged`` rate divides.
    year : int
        The cell's year.
    by, key
        Whose account; the group needs no key.

    Returns
    -------
    GeoDataFrame, EPSG:4490
        ``face_id``, ``area_m2`` (signed where ground leaves a stock by correction), ``state`` at the end of the year,
        ``cause`` (source rows), geometry. The areas add up to the cell.

    Raises
    ------
    TableError
        Where there is no such column or account.
    """
    column = key_column(by)
    owned = owners(land, by, None)
    owned = owned[owned["liability"] == "company"]
    asked = "group" if by == "group" else key
    if asked not in set(owned[column]):
        raise TableError(f"trace: there is no account {asked!r} by {by}; choose one of {sorted(set(owned[column]))}")
    faces = _faces(land, owned[owned[column] == asked], measure, year, column)
    return _table(land, faces, year)


def _faces(land: Land, owned: pd.DataFrame, measure: str, year: int, column: str) -> pd.Series:
    """Signed area of each face in the cell."""
    if measure == "permanent":
        own = owned["face"].to_numpy()
        own = own[states_on(land, _end(year))[own] >= RECLAIMED]
        return pd.Series(land.partition.area_m2[own], index=own)
    if measure not in MEASURES:
        raise TableError(f"trace: no figure {measure!r}; choose one of {', '.join(MEASURES)} or permanent")
    made = pd.concat([contributions(land, owned, None, [column]), left_outlines(land, owned, None, [column])])
    first = ledger_years(land, None).start
    made = made[made["column"] == _STOCKS.get(measure, measure)]
    moved = made["year"].clip(lower=first - 1)
    until = year - 1 if measure == "opening" else year
    made = made[moved <= until if measure in _STOCKS else moved == year]
    summed = made.groupby("face")["area_m2"].sum()
    return summed[summed.abs() > 1e-6]


def _end(year: int) -> int:
    return int(np.datetime64(f"{year}-12-31", "D").astype(np.int64))


def _table(land: Land, faces: pd.Series, year: int) -> gpd.GeoDataFrame:
    """Faces with their state at the end of a year and the rows that brought it about."""
    index = faces.index.to_numpy().astype(np.int64)
    events = land.events
    changed = events[(events["before"] != events["after"]) & (events["day"] <= _end(year)) & events["face"].isin(index)]
    last = changed.groupby("face")["group"].last().reindex(index)
    known = last.notna().to_numpy()
    cause = np.full(len(index), "", dtype=object)
    cause[known] = causes(land, index[known], last[known].to_numpy().astype(np.int64))
    frame = pd.DataFrame(
        {
            "face_id": index,
            "area_m2": faces.to_numpy(),
            "state": STATE_NAMES[states_on(land, _end(year))[index]],
            "cause": cause,
        }
    )
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(land.partition.geometry[index], crs=CRS))
