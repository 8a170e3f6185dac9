"""
A table of figures joined to outlines by an id: a workbook with the dates of parcels that were drawn elsewhere.
"""

import unicodedata
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from reclaim.errors import TableError
from reclaim.io.cells import as_ids
from reclaim.io.mapping import find_name, map_columns
from reclaim.io.reading import Reading, frame_of
from reclaim.io.specs import LayerSpec
from reclaim.io.words import hint


def join_table(reading: Reading, spec: LayerSpec, other: Reading) -> Reading | None:
    """
    Add the columns of another table to a layer's rows, by an id.

    Parameters
    ----------
    reading : Reading
        The layer; takes the columns. A row that several rows of the table belong to stands once for each.
    spec : LayerSpec
        With its ``join``.
    other : Reading
        The table.

    Returns
    -------
    Reading or None
        Rows of the table that no outline belongs to, without geometry.

    Raises
    ------
    TableError
        When the id is missing on either side.
    """
    assert spec.join is not None
    on = spec.join.on
    mapped, findings = map_columns(other.frame, _spec_of_table(spec))
    reading.findings += [*other.findings, *findings]
    ours = _keys(reading.frame, spec.columns.get(on, on), where="the layer")
    theirs = _keys(mapped, on, where=spec.join.path)
    left, right = _pairs(ours, theirs)
    without, unused = ~np.isin(np.arange(len(ours)), left), ~np.isin(np.arange(len(theirs)), right)
    for position in np.flatnonzero(without):
        row = int(reading.frame.index[position])
        name = reading.frame[find_name(spec.columns.get(on, on), list(map(str, reading.frame.columns)))].iloc[position]
        reading.note(
            "join-unmatched", f"{on} {name!r} is not in {spec.join.path}", "correct the id", severity="warning", row=row
        )
    reading.frame = _together(reading.frame, mapped, left=left, right=right, without=without)
    return _unused(mapped, unused, on) if unused.any() else None


def _spec_of_table(spec: LayerSpec) -> LayerSpec:
    """How the joined table's own columns are read; stages and fixed columns belong to the whole."""
    assert spec.join is not None
    own = spec.model_copy(update={"path": spec.join.path, "columns": spec.join.columns, "join": None})
    return own.model_copy(update={"set": {}, "stage_dates": {}, "geometry": None})


def _keys(frame: pd.DataFrame, name: str, *, where: str) -> np.ndarray[Any, Any]:
    """Ids as they are compared: without regard to width, case and spaces; a missing one equals nothing."""
    names = [str(column) for column in frame.columns if column != "geometry"]
    column = find_name(name, names)
    if column is None:
        raise TableError(f"there is no column {name!r} to join by in {where}{hint(name, names)}")
    return np.array(
        [
            None if value is None else unicodedata.normalize("NFKC", str(value)).casefold()
            for value in as_ids(frame[column])
        ],
        dtype=object,
    )


def _pairs(ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Positions of rows that belong together, in the order of ours, then of theirs."""
    places: dict[str, list[int]] = {}
    for position, key in enumerate(theirs):
        if key is not None:
            places.setdefault(key, []).append(position)
    found = [(one, other) for one, key in enumerate(ours) for other in (places.get(key, ()) if key is not None else ())]
    left = np.array([one for one, _ in found], dtype=np.int64)
    right = np.array([other for _, other in found], dtype=np.int64)
    return left, right


def _together(frame: gpd.GeoDataFrame, table: pd.DataFrame, *, left: Any, right: Any, without: Any) -> gpd.GeoDataFrame:
    """Rows of ours that have a partner, with its columns, and those that have none, in the order of the file."""
    order = np.concatenate([left, np.flatnonzero(without)])
    partner = np.concatenate([right, np.full(int(without.sum()), -1, dtype=np.int64)])
    sorting = np.argsort(order, kind="stable")
    order, partner = order[sorting], partner[sorting]
    result = frame.iloc[order].copy()
    for name in (column for column in table.columns if column != "geometry"):
        values = table[name].to_numpy(dtype=object)
        cells = np.array([values[place] if place >= 0 else None for place in partner], dtype=object)
        result[name] = _filled(result[name], cells) if name in result.columns else cells
    return result


def _filled(ours: pd.Series, theirs: Any) -> Any:
    """The layer's own cells where it has them, else the table's."""
    cells = ours.to_numpy(dtype=object)
    return np.where(pd.isna(cells), theirs, cells)


def _unused(table: pd.DataFrame, unused: Any, on: str) -> Reading:
    rows = table[unused]
    frame = frame_of(pd.DataFrame(rows.drop(columns="geometry", errors="ignore")))
    frame.index = rows.index
    left = Reading(frame, spatial=False)
    for row, name in zip(rows.index, rows[on], strict=True):
        left.note(
            "join-unmatched",
            f"{on} {name!r} has no outline",
            "send its outline, or correct the id",
            severity="warning",
            row=int(row),
        )
    return left
