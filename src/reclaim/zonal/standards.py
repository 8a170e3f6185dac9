"""
Completion criteria of a standard, and field measurements held against them.

A standard is data: each number with its clause and whether it was compared with the printed text. A measurement that is
missing is never a pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reclaim.errors import CriteriaError
from reclaim.geodesy import to_cgcs2000
from reclaim.vocabulary import load
from reclaim.zonal.criteria import TIE, end_use

Outcome = Literal["met", "not_met", "insufficient"]

# unit -> (the unit that standards use, factor)
_UNITS: Mapping[str, tuple[str, float]] = {
    "1": ("1", 1.0), "": ("1", 1.0), "ph": ("1", 1.0),
    "share": ("share", 1.0), "%": ("share", 0.01), "percent": ("share", 0.01),
    "cm": ("cm", 1.0), "m": ("cm", 100.0), "mm": ("cm", 0.1),
    "deg": ("deg", 1.0), "°": ("deg", 1.0), "degree": ("deg", 1.0), "度": ("deg", 1.0),
    "ms/cm": ("mS/cm", 1.0), "ds/m": ("mS/cm", 1.0), "µs/cm": ("mS/cm", 0.001), "us/cm": ("mS/cm", 0.001),
}  # fmt: skip


@dataclass(frozen=True)
class Criterion:
    """
    One number of a standard, or a range.

    Attributes
    ----------
    end_use, quantity : str
        Codes of the vocabulary.
    unit : str
    minimum, maximum : float, optional
        Both included.
    clause : str
        Where it stands in the standard.
    verified : bool
        Whether it was compared with the printed text.

    Examples
    --------
    >>> print(Criterion("grassland", "ph", "1", minimum=5.5, maximum=8.5))
    5.5-8.5
    """

    end_use: str
    quantity: str
    unit: str
    minimum: float | None = None
    maximum: float | None = None
    clause: str = ""
    verified: bool = False

    def __post_init__(self) -> None:
        if self.minimum is None and self.maximum is None:
            raise CriteriaError(f"{self.quantity} for {self.end_use}: has neither minimum nor maximum")

    def __str__(self) -> str:
        if self.minimum is None:
            return f"<={self.maximum:g}"
        return f">={self.minimum:g}" if self.maximum is None else f"{self.minimum:g}-{self.maximum:g}"

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which values satisfy it."""
        low = -np.inf if self.minimum is None else self.minimum - TIE
        high = np.inf if self.maximum is None else self.maximum + TIE
        return np.asarray((values >= low) & (values <= high))


@dataclass(frozen=True)
class Standard:
    """A standard's criteria, with where they come from."""

    id: str
    title: str
    source: str
    verified: bool
    criteria: tuple[Criterion, ...]

    def for_use(self, use: str | None) -> list[Criterion]:
        """The criteria of one end use."""
        return [criterion for criterion in self.criteria if criterion.end_use == use]


@cache
def standard(name: str) -> Standard:
    """
    A standard of the vocabulary.

    Examples
    --------
    >>> standard("tdt-1036-2013-southwest").verified
    False
    """
    try:
        data = load(f"standards/{name}")
    except FileNotFoundError as error:
        raise CriteriaError(f"unknown standard {name!r}") from error
    about = data["standard"]
    criteria = tuple(Criterion(**entry) for entry in data["threshold"])
    return Standard(about["id"], about["title"], about["source"], about["verified"], criteria)


def judge_measurements(zones: gpd.GeoDataFrame, measurements: gpd.GeoDataFrame, held_to: Standard) -> pd.DataFrame:
    """
    Field measurements of each zone against the criteria of its end use.

    Parameters
    ----------
    zones : GeoDataFrame
        ``zone_id``, ``end_use`` and outlines.
    measurements : GeoDataFrame
        ``quantity``, ``value``, ``unit`` and ``zone_id``, or a point to find the zone by.
    held_to : Standard

    Returns
    -------
    DataFrame
        A row a zone and criterion: ``zone_id``, ``end_use``, ``quantity``, ``criterion``, ``unit``, ``count``,
        ``least`` and ``most`` of the values, ``outcome``, ``clause``, ``verified``. ``met`` where every value satisfies
        the criterion, ``not_met`` where one does not, ``insufficient`` where nothing was measured in a unit that is
        known.
    """
    placed = measurements.assign(zone_id=_zones_of(zones, measurements))
    rows = []
    for zone, use in zip(zones.zone_id, zones.end_use, strict=True):
        word = end_use(use)
        for criterion in held_to.for_use(word.code if word else None):
            mine = placed[(placed.zone_id == zone) & (placed.quantity == criterion.quantity)]
            rows.append({"zone_id": zone, "end_use": criterion.end_use, **_judged(mine, criterion)})
    names = ["zone_id", "end_use", "quantity", "criterion", "unit", "count", "least", "most", "outcome", "clause"]
    return pd.DataFrame(rows, columns=[*names, "verified"])


def _zones_of(zones: gpd.GeoDataFrame, measurements: gpd.GeoDataFrame) -> list[str | None]:
    """The zone of each measurement: as it says, else where its point lies."""
    said = measurements.zone_id.tolist() if "zone_id" in measurements else [None] * len(measurements)
    places = to_cgcs2000(measurements.geometry)
    outlines = list(zip(zones.zone_id, to_cgcs2000(zones.geometry), strict=True))
    found: list[str | None] = []
    for name, point in zip(said, places, strict=True):
        if name is not None and not pd.isna(name):
            found.append(str(name))
            continue
        lies = point is not None and not point.is_empty
        found.append(next((zone for zone, shape in outlines if lies and shape.intersects(point)), None))
    return found


def _judged(mine: pd.DataFrame, criterion: Criterion) -> dict[str, object]:
    values = in_unit(mine, criterion.unit)
    known = values[np.isfinite(values)]
    outcome: Outcome = "insufficient" if not known.size else "met" if criterion.holds(known).all() else "not_met"
    return {
        "quantity": criterion.quantity,
        "criterion": str(criterion),
        "unit": criterion.unit,
        "count": known.size,
        "least": known.min() if known.size else np.nan,
        "most": known.max() if known.size else np.nan,
        "outcome": outcome,
        "clause": criterion.clause,
        "verified": criterion.verified,
    }


def in_unit(mine: pd.DataFrame, unit: str) -> NDArray[np.float64]:
    """
    Values of a measurements table in one unit; NaN where their own unit is another kind of quantity.

    Examples
    --------
    >>> in_unit(pd.DataFrame({"value": [0.3, 35, 2], "unit": ["m", "cm", "kg"]}), "cm").tolist()
    [30.0, 35.0, nan]
    """
    values = pd.to_numeric(mine["value"], errors="coerce").to_numpy(dtype=np.float64).copy()
    units = mine["unit"] if "unit" in mine else [unit] * len(mine)
    for place, written in enumerate(units):
        plain = "" if written is None or pd.isna(written) else str(written).strip().lower()
        kind, factor = _UNITS.get(plain, ("unknown", np.nan))
        values[place] *= factor if kind == unit else np.nan
    return values
