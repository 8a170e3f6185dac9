"""The verb of plots: a field sheet that can prove a claim, and what it showed when it comes back."""

import os
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from reclaim.io.fieldsheet import FilledSheet, read_sheet, write_sheet
from reclaim.io.vectors import read_table
from reclaim.tables import COVER
from reclaim.zonal.criteria import Threshold, criteria_of, end_use
from reclaim.zonal.plots import FieldSheet, cover_from_points, field_sheet
from reclaim.zonal.zones import prepared

Path_ = str | os.PathLike[str]
_EXTRA = ("date_precision", "index", "criterion", "pixels", "whole", "source", "green", "more")


def plots(
    zones: Path_ | gpd.GeoDataFrame,
    *,
    claim: str | float,
    confidence: float = 0.95,
    output: Path_ | None = None,
    allow_remote: bool = False,
) -> FieldSheet:
    """
    A field sheet with as many points in each zone as can prove a claim.

    Parameters
    ----------
    zones : path or GeoDataFrame
        Polygons in any reference system.
    claim : str or float
        Such as ``">0.95"``.
    confidence : float
        One-sided.
    output : path, optional
        Folder for ``points.gpx``, ``points.kml``, ``points.gpkg``, ``points.csv``, ``sheet.xlsx`` (to fill in and read
        back) and ``sheet.html`` (A4, with map, boxes and signature line).
    allow_remote : bool
        Also remote vector files.

    Returns
    -------
    FieldSheet

    Raises
    ------
    ReclaimError
        For a claim that no sample can prove, or zones that cannot be used.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> plot = gpd.GeoDataFrame(geometry=[box(500000, 2500000, 500060, 2500050)], crs="EPSG:4547")
    >>> len(plots(plot, claim=">0.95").points)
    59
    """
    frame = (
        read_table(zones, table="zones", allow_remote=allow_remote)
        if not isinstance(zones, gpd.GeoDataFrame)
        else zones
    )
    sheet = field_sheet(prepared(frame), Threshold.parse(claim), confidence=confidence)
    if output is None:
        return sheet
    made = write_sheet(output, sheet.points, sheet.zones, claim=str(sheet.claim), confidence=confidence)
    return replace(sheet, outputs=tuple(made))


def cover_of_plots(
    zones: Path_ | gpd.GeoDataFrame, visited: Path_ | pd.DataFrame, *, min_cover: str | float | None = None
) -> gpd.GeoDataFrame:
    """
    Cover of zones from points that were visited.

    Parameters
    ----------
    zones : path or GeoDataFrame
        The zones the sheet was made for.
    visited : path or DataFrame
        The filled-in ``sheet.xlsx``, or a table of points.
    min_cover : str or float, optional
        Criterion; otherwise the claim written in the sheet, otherwise the zones' own.

    Returns
    -------
    GeoDataFrame
        As `cover`, with ``green`` and ``more``: the all-green points that would still prove the criterion.
    """
    frame = prepared(read_table(zones, table="zones") if not isinstance(zones, gpd.GeoDataFrame) else zones)
    filled = FilledSheet(visited) if isinstance(visited, pd.DataFrame) else read_sheet(visited)
    asked = min_cover if min_cover is not None else filled.claim
    if asked is not None:
        criteria: list[Threshold | None] = [Threshold.parse(asked)] * len(frame)
    else:
        criteria = criteria_of(frame.min_cover.tolist()) if "min_cover" in frame else [None] * len(frame)
    rows = cover_from_points(frame, filled.points, criteria, confidence=filled.confidence or 0.95)
    rows["source"] = "plots" if isinstance(visited, pd.DataFrame) else os.path.basename(visited)
    if "end_use" in frame:
        bare = [(use := end_use(value)) is not None and not use.vegetated for value in frame.end_use]
        rows.loc[pd.Series(bare) & rows.outcome.notna(), "outcome"] = "not_applicable"
    names = [*(name for name in COVER.names if name != "geometry"), *(name for name in _EXTRA if name in rows)]
    return gpd.GeoDataFrame(rows[names], geometry=list(frame.geometry), crs=frame.crs)
