"""
What a yearly stack told: the value that the verb of history gives, and that maps and reports show.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reclaim.io.grids import Grid
from reclaim.timeline.agreement import Agreement
from reclaim.timeline.recovery import SiteYears

_NOTHING_M2 = 0.01  # less is what rounding leaves of two sums


@dataclass(frozen=True, eq=False)
class Preview:
    """
    Rasters of a history, thinned to what a screen shows. No figure comes from them.

    Attributes
    ----------
    grid : Grid
    year : array (rows, columns)
        Year of loss; 0: none, NaN: not seen.
    slow : array (rows, columns) of bool
        Where the loss took more than four years.
    y2r : array (rows, columns), optional
        Years until recovery on the ground of sites; negative: not yet, NaN: no figure.
    """

    grid: Grid
    year: NDArray[np.float32]
    slow: NDArray[np.bool_]
    y2r: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class History:
    """
    What a stack tells.

    Attributes
    ----------
    index, definition : str
    years : tuple of int
    min_magnitude : float
    disturbed : DataFrame
        ``year``, ``area_m2`` and ``hectares`` of the whole raster, by year of the greatest loss; of the area,
        ``slow_m2`` went in a decline of more than four years.
    judged_m2 : float
        Ground seen in enough years.
    footprints : GeoDataFrame
        A footprints layer of the meaning ``increment``: inside the sites, or of the whole raster without sites; patches
        of five pixels and more, without slow declines.
    sites : tuple of dict
        One document for each site.
    metrics : dict
        Medians of the recovery metrics over the ground of all sites.
    outputs : tuple of Path
    name : str
        The stack's.
    notes : tuple of str
        What is to be said about the stack.
    grounds : GeoDataFrame, optional
        Outlines of the sites, in the order of ``sites``.
    preview : Preview, optional
    drawn : Agreement, optional
        Beside footprints that somebody drew.
    searched : bool
        Whether ``disturbed`` and ``footprints`` are those of a project's surroundings, not of the whole raster.
    """

    index: str
    definition: str
    years: tuple[int, ...]
    min_magnitude: float
    disturbed: pd.DataFrame
    judged_m2: float
    footprints: gpd.GeoDataFrame
    sites: tuple[dict[str, Any], ...]
    metrics: dict[str, float]
    outputs: tuple[Path, ...] = ()
    name: str = ""
    notes: tuple[str, ...] = ()
    grounds: gpd.GeoDataFrame | None = None
    preview: Preview | None = field(default=None, repr=False)
    drawn: Agreement | None = None
    searched: bool = False

    def document(self) -> dict[str, Any]:
        """The figures, unrounded, as the command line's JSON."""
        return {
            "outputs": [str(path) for path in self.outputs],
            "name": self.name,
            "index": self.index,
            "definition": self.definition,
            "years": list(self.years),
            "min_magnitude": self.min_magnitude,
            "judged_m2": self.judged_m2,
            "disturbed": self.disturbed.to_dict("records"),
            "footprints": {"count": len(self.footprints), "area_m2": float(self.footprints.area_m2.sum())},
            "metrics": self.metrics,
            "sites": list(self.sites),
        }

    @property
    def abrupt(self) -> pd.Series:
        """Ground lost within four years, in m² by year; only years that have any."""
        table = self.disturbed
        areas = pd.Series((table["area_m2"] - table["slow_m2"]).to_numpy(), index=table["year"].to_numpy())
        return areas[areas > _NOTHING_M2]

    @property
    def slow_m2(self) -> float:
        """Ground that sank slowly."""
        return float(self.disturbed["slow_m2"].sum())

    @property
    def peak(self) -> tuple[int, float] | None:
        """The year in which most ground was lost within four years (the first of equals), and how much in m²."""
        abrupt = self.abrupt
        return None if abrupt.empty else (int(str(abrupt.idxmax())), float(abrupt.max()))


def site_years(row: dict[str, Any]) -> SiteYears | None:
    """The years of a site's document; None where it does not say since when it recovers."""
    if row["dist_start"] is None or row["rest_start"] is None:
        return None
    return SiteYears(*(row[name] for name in ("dist_start", "rest_start", "ref_start", "ref_end")))
