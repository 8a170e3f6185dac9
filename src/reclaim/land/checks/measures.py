"""What the measured areas say: slivers, and declared areas that differ."""

import numpy as np

from reclaim.geodesy import area, perimeter
from reclaim.land.checks.sheet import Sheet, mu
from reclaim.tables import CRS
from reclaim.units import M2_PER_MU, convert

# both together make a sliver; either alone is a small parcel, or a long one
SLIVER_M2 = 100.0
SLIVER_WIDTH_M = 1.0
# a declared area may differ by the larger of the two
DECLARED_SHARE = 0.01
DECLARED_M2 = float(M2_PER_MU)

_FACTORS = ((15.0, "hectares"), (float(1 / M2_PER_MU), "square metres"), (1500.0, "square kilometres"))


def measure(sheet: Sheet) -> None:
    """Measure the rows, whose shapes are in EPSG:4490 by now."""
    sheet.area_m2[sheet.shaped] = area(sheet.shapes[sheet.shaped], CRS)


def check_measures(sheet: Sheet) -> None:
    """Compare the measured areas with what people would expect."""
    if not sheet.needs_ground:
        return
    _slivers(sheet)
    if sheet.table == "parcels":
        _declared(sheet)


def _slivers(sheet: Sheet) -> None:
    small = np.flatnonzero(sheet.shaped & sheet.kept & (sheet.area_m2 < SLIVER_M2))
    if not len(small):
        return
    width = 2 * sheet.area_m2[small] / perimeter(sheet.shapes[small], CRS)
    thin = {at: wide for at, wide in zip(small.tolist(), width.tolist(), strict=True) if wide < SLIVER_WIDTH_M}

    def say(at: int) -> str:
        return f"{sheet.name(at)}: {sheet.area_m2[at]:.2f} m2, {thin[at]:.3f} m wide on average"

    sheet.remark("sliver", np.array(list(thin), dtype=np.int64), say)


def _declared(sheet: Sheet) -> None:
    declared = np.asarray(convert(sheet.frame["declared_mu"].to_numpy(dtype="float64"), "mu", "m2"))
    measured = sheet.area_m2
    allowed = np.maximum(DECLARED_SHARE * measured, DECLARED_M2)
    off = np.abs(declared - measured)
    # a row that stands once for each of its stages is spoken of once
    first = np.zeros(len(declared), dtype=bool)
    first[np.unique(sheet.row, return_index=True)[1]] = True

    def say(at: int) -> str:
        told, found = declared[at], measured[at]
        return f"{sheet.name(at)}: {mu(told)} declared, {mu(found)} measured{_likely_unit(told, found)}"

    sheet.remark("declared-differs", sheet.shaped & sheet.kept & first & (off > allowed), say, area=off)


def _likely_unit(declared: float, measured: float) -> str:
    """A wrong unit shows in the factor between the two."""
    for factor, unit in _FACTORS:
        if abs(declared * factor - measured) <= DECLARED_SHARE * 2 * measured:
            return f"; the declared figure looks like {unit}"
    return ""
