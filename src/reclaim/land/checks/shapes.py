"""
Geometry that set operations cannot take: wrong types, third coordinates, rings that cross themselves.

Invalid rings are repaired by structure: every ring is land or hole by where it lies, and what collapses is dropped. The
older way (by linework) takes ground that is covered twice for a hole. A repair that moves the area is not trusted: what
a row is worth as delivered, |shell| minus holes by the shoelace rule, is compared with what the repair left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import ShapelyError

from reclaim.geodesy import area
from reclaim.land.checks.sheet import Mask, Sheet, mu
from reclaim.units import M2_PER_MU

# a change by more than this share is worth a warning
WORTH_WARNING = 0.001
# by more than both of these, the row is refused
TOO_MUCH = 0.01
TOO_MUCH_M2 = float(M2_PER_MU) / 10

_POLYGON, _MULTIPOLYGON = shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON
_COLLECTION = shapely.GeometryType.GEOMETRYCOLLECTION
_KINDS = {0: "point", 1: "line", 2: "line", 4: "points", 5: "lines"}
_POINT_TABLES = ("sites", "measurements")


def check_shapes(sheet: Sheet) -> None:
    """Leave polygons only, in two dimensions and valid; set aside what cannot be made so."""
    _flatten_dimensions(sheet)
    if sheet.table not in _POINT_TABLES:
        _extract_polygons(sheet)
    mend(sheet, sheet.crs)


def _flatten_dimensions(sheet: Sheet) -> None:
    counts = {"Z": int(shapely.has_z(sheet.shapes).sum()), "M": int(shapely.has_m(sheet.shapes).sum())}
    for letter, count in counts.items():
        if count:
            sheet.remark("third-dimension", None, f"{letter} values of {count} rows were left out; areas need none")
    if any(counts.values()):
        sheet.shapes = shapely.force_2d(sheet.shapes)


def _extract_polygons(sheet: Sheet) -> None:
    kinds = shapely.get_type_id(sheet.shapes)
    mixed = sheet.shaped & (kinds == _COLLECTION)
    for at in np.flatnonzero(mixed):
        sheet.shapes[at] = polygons_of(sheet.shapes[at])
    sheet.remark(
        "collection", mixed & _polygonal(sheet), lambda at: f"{sheet.name(at)} mixes kinds; its polygons count"
    )
    other = sheet.shaped & ~_polygonal(sheet)

    def say(at: int) -> str:
        return f"{sheet.name(at)} is a {_KINDS.get(int(kinds[at]), 'collection without polygons')}, not an outline"

    sheet.refuse_shape("not-polygon", other, say)


def _polygonal(sheet: Sheet) -> Mask:
    kinds = shapely.get_type_id(sheet.shapes)
    filled = ~shapely.is_empty(sheet.shapes)
    return np.asarray(((kinds == _POLYGON) | (kinds == _MULTIPOLYGON)) & filled)


def polygons_of(geometry: Any) -> Any:
    """The polygons of a collection, however deep, as one geometry; an empty polygon where it has none."""
    parts = shapely.get_parts(geometry)
    while np.isin(shapely.get_type_id(parts), (_MULTIPOLYGON, _COLLECTION)).any():
        parts = shapely.get_parts(parts)
    parts = parts[(shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)]
    if len(parts) == 1:
        return parts[0]
    return shapely.multipolygons(parts) if len(parts) else shapely.Polygon()


# --- repair ----------------------------------------------------------------------------------------------------------


def mend(sheet: Sheet, crs: Any, *, moved: Mask | None = None) -> None:
    """
    Repair the invalid rows of a sheet whose shapes are in ``crs``, and report each with both areas.

    ``moved`` are rows that were sound before they were transformed: only those are looked at then, and only a change
    of area is spoken of.
    """
    among = np.flatnonzero(sheet.shaped if moved is None else sheet.shaped & moved)
    wrong = among[~shapely.is_valid(sheet.shapes[among])]
    if not len(wrong):
        return
    wrong = _without_odd_holes(sheet, wrong, crs)
    before = area(sheet.shapes[wrong], crs)
    mended, after = repaired(sheet.shapes[wrong], crs)
    change = np.abs(after - before)
    refused = ((change > TOO_MUCH * before) & (change > TOO_MUCH_M2)) | (after == 0)
    reasons = shapely.is_valid_reason(sheet.shapes[wrong])
    both = {
        at: f"{sheet.name(at)}: {_reason(reason)}; {mu(a)} as delivered, {mu(b)} after repair"
        for at, reason, a, b in zip(wrong.tolist(), reasons, before, after, strict=True)
    }
    stake = np.full(len(sheet.shapes), np.nan)
    stake[wrong] = np.where(refused, before, change)
    sheet.refuse_shape(
        "repair-refused", wrong[refused], lambda at: f"{both[at]}: too much changed, not used", area=stake
    )
    fine, changed = ~refused, change > WORTH_WARNING * before
    sheet.remark("repaired", wrong[fine & changed], both.__getitem__, area=stake, severity="warning")
    if moved is None:
        sheet.remark("repaired", wrong[fine & ~changed], both.__getitem__, area=stake, severity="note")
    sheet.shapes[wrong[fine]] = mended[fine]


def repaired(shapes: npt.NDArray[Any], crs: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """Invalid polygons made valid by structure, and their areas in m²."""
    mended = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    for at in np.flatnonzero(shapely.get_type_id(mended) == _COLLECTION):
        mended[at] = polygons_of(mended[at])
    lost = (shapely.get_dimensions(mended) < 2) | shapely.is_empty(mended)
    mended[lost] = shapely.Polygon()
    return mended, area(mended, crs)


def _reason(reason: str) -> str:
    """GEOS's reason, with the place in words."""
    what, _, place = reason.partition("[")
    return f"{what.lower()} at {place.rstrip(']')}" if place else what.lower()


@dataclass(frozen=True)
class _Holes:
    """A geometry without the holes that lie outside their shell, and those holes; or that a hole is the shell."""

    geometry: Any
    stray: tuple[Any, ...] = ()
    equal: bool = False


def _without_odd_holes(sheet: Sheet, wrong: npt.NDArray[np.int64], crs: Any) -> npt.NDArray[np.int64]:
    """Refuse rows whose hole is their shell, drop holes that lie outside; gives the rows still to be repaired."""
    found = {at: odd_holes(sheet.shapes[at]) for at in wrong.tolist()}
    equal = np.array([at for at, holes in found.items() if holes.equal], dtype=np.int64)
    stray = np.array([at for at, holes in found.items() if holes.stray and not holes.equal], dtype=np.int64)
    stake = np.full(len(sheet.shapes), np.nan)
    if len(equal):
        stake[equal] = [area([shapely.polygons(_shells(sheet.shapes[at])[0])], crs)[0] for at in equal.tolist()]
        say = "a hole is the same as its shell: all or nothing may be meant"
        sheet.refuse_shape("hole-is-shell", equal, lambda at: f"{sheet.name(at)}: {say}", area=stake)
    refused = _drop_stray_holes(sheet, stray, found, crs)
    rest = wrong[~np.isin(wrong, [*equal, *refused])]
    return np.asarray(rest[~shapely.is_valid(sheet.shapes[rest])], dtype=np.int64)


def _drop_stray_holes(
    sheet: Sheet, stray: npt.NDArray[np.int64], found: Mapping[int, _Holes], crs: Any
) -> npt.NDArray[np.int64]:
    """Leave holes outside their shell away, but refuse the rows whose area that changes too much; gives those."""
    stake = np.full(len(sheet.shapes), np.nan)
    delivered = area(sheet.shapes[stray], crs) if len(stray) else np.empty(0)
    for at in stray.tolist():
        stake[at] = area(list(found[at].stray), crs).sum()
    too_much = (stake[stray] > TOO_MUCH * delivered) & (stake[stray] > TOO_MUCH_M2)
    say = "lies outside its shell; which of the two is meant cannot be told, not used"
    sheet.refuse_shape(
        "repair-refused", stray[too_much], lambda at: f"{sheet.name(at)}: a hole of {mu(stake[at])} {say}", area=stake
    )
    small = stray[~too_much]
    for at in small.tolist():
        sheet.shapes[at] = found[at].geometry
    say_left = "lies outside its shell and was left out; it takes nothing away"
    sheet.remark(
        "hole-outside", small, lambda at: f"{sheet.name(at)}: a hole of {mu(stake[at])} {say_left}", area=stake
    )
    return stray[too_much]


def _shells(geometry: Any) -> Any:
    return shapely.get_exterior_ring(shapely.get_parts(geometry))


def odd_holes(geometry: Any) -> _Holes:
    """
    Holes of an invalid polygon that are its shell, or lie outside it.

    Examples
    --------
    >>> shell, away = shapely.box(0, 0, 2, 2), shapely.box(3, 0, 4, 1)
    >>> odd_holes(shapely.Polygon(shell.exterior, [away.exterior])).geometry.equals(shell)
    True
    """
    stray: list[Any] = []
    parts = []
    for part in shapely.get_parts(geometry):
        if not shapely.get_num_interior_rings(part):
            parts.append(part)
            continue
        try:
            kept, outside, equal = _sorted_holes(part)
        except ShapelyError:
            return _Holes(geometry)
        if equal:
            return _Holes(geometry, equal=True)
        stray += outside
        parts.append(shapely.Polygon(part.exterior, [hole.exterior for hole in kept]) if outside else part)
    if not stray:
        return _Holes(geometry)
    return _Holes(parts[0] if len(parts) == 1 else shapely.multipolygons(parts), tuple(stray))


def _sorted_holes(part: Any) -> tuple[list[Any], list[Any], bool]:
    """Holes to keep, holes outside, and whether one is the shell itself."""
    shell = shapely.make_valid(shapely.Polygon(part.exterior), method="structure", keep_collapsed=False)
    kept: list[Any] = []
    outside: list[Any] = []
    for ring in part.interiors:
        hole = shapely.Polygon(ring)
        ground = shapely.make_valid(hole, method="structure", keep_collapsed=False)
        if shapely.equals(ground, shell):
            return [], [], True
        inside = shapely.area(shapely.intersection(ground, shell)) > 0
        (kept if inside or not shapely.area(ground) else outside).append(hole)
    return kept, outside, False
