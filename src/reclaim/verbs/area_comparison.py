"""
One outline, several areas: on the ellipsoid, in the file's plane, in web Mercator, as declared. And why they differ.
"""

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from reclaim.errors import TableError
from reclaim.geodesy.zones import grid_of, zone_at, zone_of
from reclaim.io.cells import area_in_mu
from reclaim.io.mapping import find_name
from reclaim.io.synonyms import bare, bracketed, column_names
from reclaim.io.words import hint
from reclaim.units import M2_PER_MU, UNITS, convert

Floats = npt.NDArray[np.float64]

_ROUNDED_MU = 666.67
# a declared figure that is this near to another was made that way; 666.67 for 2000/3 shows as 5e-6
_MADE_SO = 2e-6
_LIKE_A_UNIT = 0.01


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    Areas of the same features by different ways, all in m².

    Attributes
    ----------
    unit : str
        Unit for people and for JSON.
    ellipsoidal, plane, mercator, declared : array
        NaN where there is none.
    column : str or None
        The column that declares areas.
    plane_name : str or None
        What the file's plane is called; None where the file is in degrees.
    causes : tuple of str
        For each feature, why the declared area differs.
    union_m2 : float
        The ground that all cover together.
    """

    unit: str
    ellipsoidal: Floats
    plane: Floats
    mercator: Floats
    declared: Floats
    column: str | None
    plane_name: str | None
    causes: tuple[str, ...]
    union_m2: float = np.nan

    def document(self) -> dict[str, Any]:
        """The figures for JSON, in the unit asked for."""
        names = ("ellipsoidal", "plane", "mercator", "declared")
        in_unit = {name: self._in_unit(getattr(self, name)) for name in names}
        features = [
            {**{name: in_unit[name][i] for name in names}, "causes": self._causes(i)} for i in range(len(self.causes))
        ]
        measured = np.isfinite(self.ellipsoidal)
        totals = {name: self._in_unit(np.array([_total(getattr(self, name), measured)]))[0] for name in names}
        return {
            "plane": self.plane_name,
            "column": self.column,
            "features": features,
            "totals": {**totals, "union": self._in_unit(np.array([self.union_m2]))[0], "causes": self._total_causes()},
        }

    def rows(self, ids: list[Any]) -> tuple[list[str], list[list[Any]]]:
        """Headers and rows of the table for people."""
        headers = [
            "id",
            *(f"{name} {self.unit}" for name in ("ellipsoidal", "plane", "web Mercator", "declared")),
            "why",
        ]
        told = self.document()
        names = ("ellipsoidal", "plane", "mercator", "declared")
        lines = [
            [name, *(row[key] for key in names), "; ".join(row["causes"])]
            for name, row in zip(ids, told["features"], strict=True)
        ]
        totals = told["totals"]
        lines.append(["sum", *(totals[key] for key in names), "; ".join(totals["causes"])])
        return headers, [*lines, ["union (overlaps once)", totals["union"], None, None, None, ""]]

    def _in_unit(self, m2: Floats) -> list[float | None]:
        values = np.asarray(convert(m2, "m2", self.unit), dtype="float64")
        return [None if np.isnan(value) else value for value in values.tolist()]

    def _causes(self, at: int) -> list[str]:
        ground = self.ellipsoidal[at]
        said = []
        for values, name in ((self.plane, f"plane in {self.plane_name}"), (self.mercator, "web Mercator")):
            if np.isfinite(values[at]) and ground > 0:
                said.append(f"{name}: {_percent(values[at] / ground - 1)}")
        return [*said, self.causes[at]] if self.causes[at] else said

    def _total_causes(self) -> list[str]:
        measured = np.isfinite(self.ellipsoidal)
        twice = float(self.ellipsoidal[measured].sum()) - self.union_m2
        said = []
        if twice > 1e-6 * self.union_m2:
            amount = f"{convert(twice, 'm2', self.unit):,.2f} {self.unit}"
            said.append(f"overlap counted twice: {amount}, {twice / self.union_m2:.2%} of the union".replace("%", " %"))
        missing = int((measured & np.isnan(self.declared)).sum())
        if self.column is not None and missing:
            said.append(f"{missing} of {int(measured.sum())} features declare no area")
        return said


def comparison(
    delivered: gpd.GeoDataFrame,
    sound: gpd.GeoDataFrame,
    place: npt.NDArray[np.intp],
    m2: Floats,
    *,
    column: str,
    unit: str,
) -> Comparison:
    """
    Measure features in other ways, and find out how declared areas were made.

    Parameters
    ----------
    delivered : GeoDataFrame
        As read.
    sound : GeoDataFrame, EPSG:4490
        The features that can be measured, where repaired as repaired.
    place : array of int
        Where each of them stands in ``delivered``.
    m2 : array
        Ellipsoidal areas of the features of ``delivered``.
    column : str
        The column with declared areas; "" to find it.
    unit : str
        Unit for people.

    Raises
    ------
    TableError
        If the file has no such column.
    """
    shapes = np.asarray(delivered.geometry.array, dtype=object)[place].copy()
    invalid = ~shapely.is_valid(shapes)
    if invalid.any():
        shapes[invalid] = np.asarray(sound.geometry[invalid].to_crs(delivered.crs).array, dtype=object)
    system = CRS(delivered.crs)
    plane, mercator = np.full((2, len(m2)), np.nan)
    if system.is_projected:
        plane[place] = shapely.area(shapes) * system.axis_info[0].unit_conversion_factor ** 2
    mercator[place] = sound.to_crs(3857).area.to_numpy()
    name = _declared_column(delivered, column)
    plane_name = _plane_name(system)
    if name is None:
        nothing = np.full(len(m2), np.nan)
        return Comparison(unit, m2, plane, mercator, nothing, None, plane_name, ("",) * len(m2))
    in_mu, _ = area_in_mu(delivered[name], unit=bracketed(name), name=name)
    declared = np.array([value if isinstance(value, float) else np.nan for value in in_mu.tolist()])
    declared = np.asarray(convert(declared, "mu", "m2"))
    ways = [_Way(plane, np.full(len(m2), f"the plane area in {plane_name}", dtype=object))] if plane_name else []
    ways += [
        _Way(mercator, np.full(len(m2), "the web Mercator area", dtype=object)),
        *_local_planes(sound, place, len(m2)),
    ]
    causes = tuple(
        _cause(told, ground, [(way.m2[i], way.name[i]) for way in ways], _last_place(raw, told))
        for i, (told, ground, raw) in enumerate(zip(declared, m2, delivered[name].tolist(), strict=True))
    )
    return Comparison(unit, m2, plane, mercator, declared, name, plane_name, causes)


@dataclass(frozen=True, eq=False)
class _Way:
    """A way in which areas may have been measured: m² and what to call it, feature by feature."""

    m2: Floats
    name: npt.NDArray[np.object_]


def _local_planes(sound: gpd.GeoDataFrame, place: npt.NDArray[np.intp], count: int) -> list[_Way]:
    """Areas in the zone that each feature lies in, as a drawing program would measure them: UTM, and Gauss–Krüger."""
    if sound.empty:
        return []
    west, south, east, north = sound.total_bounds if len(sound) == 1 else sound.bounds.to_numpy().T
    lon, lat = np.atleast_1d((west + east) / 2), np.atleast_1d((south + north) / 2)
    utm = np.floor((lon + 180) / 6).astype(int) % 60 + 1
    base = np.where(lat < 0, 32700, 32600)
    codes = {
        f"UTM zone {z}{'S' if b == 32700 else 'N'}": (utm == z) & (base == b)
        for z, b in set(zip(utm, base, strict=True))
    }
    made = [_measured_in({name: f"EPSG:{_utm_code(name)}" for name in codes}, codes, sound, place, count)]
    zones = [zone_at(value) for value in lon.tolist()]
    known = {zone for zone in zones if zone is not None}
    members = {f"3-degree zone {z.number}": np.array([zone == z for zone in zones]) for z in known}
    systems = {f"3-degree zone {z.number}": z.unprefixed for z in known}
    return [*made, _measured_in(systems, members, sound, place, count)] if known else made


def _utm_code(name: str) -> int:
    return (32700 if name.endswith("S") else 32600) + int(name.split()[-1][:-1])


def _measured_in(
    systems: dict[str, str], members: dict[str, Any], sound: gpd.GeoDataFrame, place: npt.NDArray[np.intp], count: int
) -> _Way:
    m2, names = np.full(count, np.nan), np.full(count, "", dtype=object)
    for name, among in members.items():
        m2[place[among]] = sound.geometry[among].to_crs(systems[name]).area.to_numpy()
        names[place[among]] = f"the plane area in {name}"
    return _Way(m2, names)


def _declared_column(frame: gpd.GeoDataFrame, wanted: str) -> str | None:
    names = [str(name) for name in frame.columns if name != frame.geometry.name]
    if wanted:
        found = find_name(wanted, names)
        if found is None:
            raise TableError(f"there is no column {wanted!r} to compare with{hint(wanted, names)}")
        return found
    known = column_names("parcels")
    return next((name for name in names if "declared_mu" in known.get(bare(name), ())), None)


def _plane_name(system: CRS) -> str | None:
    if not system.is_projected:
        return None
    zone, grid = zone_of(system), grid_of(system)
    chinese = "2000" in system.name or "Gauss" in system.name
    if zone is not None and chinese:
        return f"zone {zone[0].number} (central meridian {zone[0].central_meridian} E)"
    return (
        f"{system.name} (central meridian {grid[0]:g})"
        if grid is not None and system.name == "unknown"
        else system.name
    )


def _percent(share: float) -> str:
    return f"{share:+.3%}".replace("%", " %")


def _total(values: Floats, measured: npt.NDArray[np.bool_]) -> float:
    known = values[measured & np.isfinite(values)]
    return float(known.sum()) if len(known) else np.nan


# --- how a declared figure was made ----------------------------------------------------------------------------------


def _last_place(raw: object, m2: float) -> float:
    """Half of the last digit that was written, in m²; 0 where the text shows no digits to round to."""
    digits = re.search(r"(\d[\d,]*)(?:\.(\d+))?", str(raw))
    if digits is None or not m2 > 0:
        return 0.0
    number = float(digits[0].replace(",", ""))
    written = digits[2] or ""
    # zeros that were written count; those of a float are made by the machine
    decimals = len(written if isinstance(raw, str) else written.rstrip("0"))
    return m2 / number * 0.5 * 10.0**-decimals if number > 0 else 0.0


def _cause(told: float, ground: float, ways: list[tuple[float, str]], last_place: float) -> str:
    """The likeliest way from an outline to a declared figure."""
    if not np.isfinite(told) or not ground > 0:
        return ""
    off = _percent(told / ground - 1)
    if abs(told - ground) <= _MADE_SO * ground:
        return "declared agrees"
    if abs(told - ground) <= last_place * (1 + 1e-9):
        return f"declared agrees as rounded ({off})"
    by_667 = float(M2_PER_MU) / _ROUNDED_MU
    tried = [(abs(told - by_667 * ground), "666.67 rounding")]
    for base, name in ways:
        tried.append((abs(told - base), f"declared is {name}"))
        tried.append((abs(told - by_667 * base), f"declared is {name}, with 666.67 rounding"))
    near, cause = min(((far, cause) for far, cause in tried if np.isfinite(far)), key=lambda pair: pair[0])
    if near <= max(_MADE_SO * ground, min(last_place, _LIKE_A_UNIT * ground)):
        return f"{cause} ({off})"
    for unit in UNITS.values():
        ratio = float(unit.m2 / M2_PER_MU)
        if unit.key != "mu" and abs(told * ratio - ground) <= _LIKE_A_UNIT * ground:
            return f"declared looks like {unit.en}, read as mu ({off})"
    return f"declared differs: {off}, no cause found"
