"""
Land areas in the units that reports use, converted exactly.

One mu is 2000/3 square metres, so a factor such as 666.67 is never needed: ``mu = m2 * 3 / 2000``. On 12,029 mu the
rounded factor is already 40 m2 out.

Examples
--------
>>> convert(12029, "mu", "ha")
801.9333333333333
>>> parse_area("1.2万亩").value_m2
8000000.0
"""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from reclaim.errors import UnitError

M2_PER_MU = Fraction(2000, 3)


@dataclass(frozen=True, slots=True)
class AreaUnit:
    """
    A unit of area: its exact size in m², its printed names, and the ways people write it.

    ``spellings`` are lower case, without spaces, after Unicode NFKC normalisation ("㎡" and "m²" both become "m2").
    """

    key: str
    m2: Fraction
    zh: str
    en: str
    spellings: tuple[str, ...]


_ALL = (
    AreaUnit("m2", Fraction(1), "平方米", "m²", ("m2", "m^2", "sqm", "sq.m", "sq.m.", "平方米", "平米", "平方公尺")),
    AreaUnit("mu", M2_PER_MU, "亩", "mu", ("mu", "亩", "畝", "市亩")),
    AreaUnit("ha", Fraction(10_000), "公顷", "ha", ("ha", "hm2", "hm^2", "公顷", "公頃", "hectare", "hectares")),
    AreaUnit("km2", Fraction(1_000_000), "平方公里", "km²", ("km2", "km^2", "sqkm", "sq.km", "平方公里", "平方千米")),
    AreaUnit("wan_mu", M2_PER_MU * 10_000, "万亩", "10,000 mu", ("wan_mu",)),
    AreaUnit("wan_m2", Fraction(10_000), "万平方米", "10,000 m²", ("wan_m2",)),
    # the international acre, exactly 4046.8564224 m2
    AreaUnit("acre", Fraction(40_468_564_224, 10_000_000), "英亩", "acre", ("acre", "acres", "ac", "英亩")),
)
UNITS: dict[str, AreaUnit] = {unit.key: unit for unit in _ALL}
SPELLINGS: dict[str, str] = {spelling: unit.key for unit in _ALL for spelling in unit.spellings}
_TENS = {"百": 2, "千": 3, "万": 4, "萬": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8}
MULTIPLIERS: dict[str, int] = {name: 10**power for name, power in _TENS.items()}

_NUMBER = r"(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d{1,3})?|[+-]?\.\d+)"
_QUANTITY = re.compile(rf"^(?:约|大约|≈)?{_NUMBER}(?P<rest>.*)$")


@dataclass(frozen=True, slots=True)
class Quantity:
    """
    An area as somebody wrote it.

    Attributes
    ----------
    value_m2 : float
        The area in m².
    unit : str
        The unit it was written in, a key of `UNITS`.
    text : str
        The text itself, untouched.
    """

    value_m2: float
    unit: str
    text: str


def area_unit(name: str) -> AreaUnit:
    """
    The unit of a name or spelling.

    Raises
    ------
    UnitError
        If nobody writes an area that way.

    Examples
    --------
    >>> area_unit("公顷").key
    'ha'
    """
    key = _squeezed(name)
    if key in UNITS:
        return UNITS[key]
    if key in SPELLINGS:
        return UNITS[SPELLINGS[key]]
    multiplier = next((m for m in sorted(MULTIPLIERS, key=len, reverse=True) if key.startswith(m)), None)
    if multiplier in ("万", "萬") and SPELLINGS.get(key[1:]) in ("mu", "m2"):
        return UNITS["wan_" + SPELLINGS[key[1:]]]
    raise UnitError(f"unknown unit of area {name!r}; choose one of {', '.join(UNITS)}")


@overload
def convert(value: float, source: str, target: str) -> float: ...
@overload
def convert(value: npt.ArrayLike, source: str, target: str) -> Any: ...
def convert(value: Any, source: str, target: str) -> Any:
    """
    Areas in another unit, by the exact ratio of the two units.

    Parameters
    ----------
    value : number, array, Series or DataFrame
        Areas in ``source``; NaN stays NaN.
    source, target : str
        Keys or spellings of `UNITS`.

    Returns
    -------
    float, or the kind of table or array that came in

    Raises
    ------
    UnitError
        If a unit is not known.

    Examples
    --------
    >>> convert(1_000_000, "m2", "mu")
    1500.0
    """
    ratio = area_unit(source).m2 / area_unit(target).m2
    if isinstance(value, (list, tuple)):
        value = np.asarray(value, dtype="float64")
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return float(value * ratio)
    # one multiplication and one division by whole numbers: the only roundings
    return value * float(ratio.numerator) / float(ratio.denominator)


def label(unit: str, language: Literal["zh", "en", "both"] = "en") -> str:
    """
    A unit's printed name.

    Examples
    --------
    >>> label("mu", "both")
    '亩 mu'
    """
    found = area_unit(unit)
    return {"zh": found.zh, "en": found.en, "both": f"{found.zh} {found.en}"}[language]


def parse_area(text: object, *, unit: str | None = None) -> Quantity:
    """
    Read an area as people write it: "123.5亩", "８.2 公顷", "1.2万亩", "3,000 m²".

    Parameters
    ----------
    text : str or number
        Full-width digits, thousands commas and Chinese multipliers (千, 万, 亿) are understood.
    unit : str, optional
        The unit of a bare number. A unit in the text wins.

    Raises
    ------
    UnitError
        For a bare number when ``unit`` is not given, an unknown unit, a negative area, or no number at all.

    Examples
    --------
    >>> parse_area("８.2 公顷")
    Quantity(value_m2=82000.0, unit='ha', text='８.2 公顷')
    >>> parse_area("12029")
    Traceback (most recent call last):
        ...
    reclaim.errors.UnitError: area '12029' has no unit; write it with one (for example '12029亩'), or ...
    """
    shown = str(text)
    match = _QUANTITY.match(_squeezed(shown))
    if match is None:
        raise UnitError(f"area {shown!r} is not a number with a unit; write for example '123.5亩' or '8.2 ha'")
    number = Fraction(match["number"].replace(",", ""))
    if number < 0:
        raise UnitError(f"area {shown!r} is negative")
    if not match["rest"]:
        if unit is None:
            raise UnitError(
                f"area {shown!r} has no unit; write it with one (for example '{shown.strip()}亩'), "
                "or state the column's unit"
            )
        found = area_unit(unit)
        return Quantity(float(number * found.m2), found.key, shown)
    factor, found = _multiplied_unit(match["rest"], shown)
    return Quantity(float(number * factor * found.m2), found.key, shown)


def _multiplied_unit(rest: str, shown: str) -> tuple[int, AreaUnit]:
    """Split "万亩" into 10,000 and mu."""
    for size in (0, 2, 1):
        multiplier, name = rest[:size], rest[size:]
        if name in SPELLINGS and (not size or multiplier in MULTIPLIERS):
            return MULTIPLIERS.get(multiplier, 1), UNITS[SPELLINGS[name]]
    raise UnitError(f"area {shown!r} has an unknown unit {rest!r}; use one of 亩, 公顷, 平方米, km2, 万亩, mu, ha, m2")


def _squeezed(text: str) -> str:
    """Normal widths, lower case, no spaces."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()
