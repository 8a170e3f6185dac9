"""
Footprints from imagery against footprints that somebody drew: same year, earlier, later, missed, extra.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from reclaim.errors import TableError
from reclaim.geodesy import area, to_cgcs2000


@dataclass(frozen=True, eq=False)
class Agreement:
    """
    How two sets of footprints agree.

    Attributes
    ----------
    rows : DataFrame
        One row for each drawn footprint, with its index: ``year``, ``area_m2``, of which ``same_m2`` was found in the
        same year, ``earlier_m2`` and ``later_m2`` (than drawn) by imagery, and ``missed_m2`` not at all.
    extra : DataFrame
        ``area_m2`` by ``year`` that imagery found where nothing is drawn.
    """

    rows: pd.DataFrame
    extra: pd.DataFrame

    @property
    def found(self) -> float:
        """Share of the drawn ground that imagery found in any year."""
        total = float(self.rows.area_m2.sum())
        return 1.0 - float(self.rows.missed_m2.sum()) / total if total > 0 else float("nan")


def agreement(imagery: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame) -> Agreement:
    """
    Compare footprints from imagery with drawn ones.

    Parameters
    ----------
    imagery, drawn : GeoDataFrame
        ``year`` (or ``date``) and outlines, in any reference system. Outlines of ``imagery`` do not overlap; drawn ones
        are taken one by one.

    Examples
    --------
    >>> square = lambda x: shapely.box(x, 22.0, x + 0.001, 22.001)
    >>> imagery = gpd.GeoDataFrame({"year": [2018, 2019]}, geometry=[square(110.0), square(110.001)], crs="EPSG:4490")
    >>> outline = shapely.box(110.0, 22.0, 110.003, 22.001)
    >>> drawn = gpd.GeoDataFrame({"year": [2019]}, geometry=[outline], crs="EPSG:4490")
    >>> agreement(imagery, drawn).rows[["same_m2", "earlier_m2", "missed_m2"]].round(-2).to_numpy().tolist()
    [[11400.0, 11400.0, 11400.0]]
    """
    ours, theirs = _prepared(imagery, "imagery"), _prepared(drawn, "drawn")
    theirs["row"] = np.arange(len(theirs))
    both = gpd.overlay(theirs, ours.rename(columns={"year": "seen"}), how="intersection", keep_geom_type=True)
    both["m2"] = area(both.geometry) if len(both) else np.empty(0)
    lag = np.sign(both.seen.to_numpy(dtype=np.int64) - both.year.to_numpy(dtype=np.int64))
    rows = pd.DataFrame({"year": theirs.year.to_numpy(), "area_m2": area(theirs.geometry)}, index=drawn.index)
    for name, sign in (("same_m2", 0), ("earlier_m2", -1), ("later_m2", 1)):
        rows[name] = np.bincount(both.row[lag == sign], weights=both.m2[lag == sign], minlength=len(theirs))
    found = rows.same_m2 + rows.earlier_m2 + rows.later_m2
    rows["missed_m2"] = (rows.area_m2 - found).clip(lower=0)
    beyond = gpd.overlay(ours, theirs[["geometry"]], how="difference", keep_geom_type=True)
    beyond["area_m2"] = area(beyond.geometry) if len(beyond) else np.empty(0)
    extra = beyond.groupby("year")["area_m2"].sum().reset_index()
    return Agreement(rows, extra)


def _prepared(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    if "year" in frame:
        years = pd.to_numeric(frame["year"], errors="coerce")
    elif "date" in frame:
        years = pd.to_numeric(frame["date"].astype(str).str.slice(0, 4), errors="coerce")
    else:
        raise TableError(f"{name}: has neither a column year nor date; add one")
    if years.isna().any():
        raise TableError(f"{name}: row {int(np.flatnonzero(years.isna())[0])} has no year")
    # without what collapses to a line: the overlay takes surfaces only
    outlines = shapely.make_valid(to_cgcs2000(frame.geometry).values, method="structure", keep_collapsed=False)
    return gpd.GeoDataFrame({"year": years.astype(np.int64).to_numpy()}, geometry=outlines, crs="EPSG:4490")
