"""
A reclamation rate as a value: what was divided by what, against which target, and in words that never cross it.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Literal, get_args

import numpy as np
import pandas as pd

from reclaim.errors import TableError
from reclaim.units import convert
from reclaim.vocabulary import words

Basis = Literal["damaged", "responsibility", "available", "annual", "plan"]
Outcome = Literal["met", "not_met", "undetermined", "undefined"]
BASES: tuple[Basis, ...] = get_args(Basis)
DEFAULT_TARGET = 0.86
NO_DEFAULT: tuple[Basis, ...] = ("annual", "plan")
_TIE = 1e-9


@dataclass(frozen=True)
class Target:
    """
    The rate to reach, and where it comes from.

    Parameters
    ----------
    rate : float
        Share in (0, 1].
    source : str
        Plan, permit or report that sets it.
    is_default : bool
        Whether nobody set it and the level reported for 2019 stands in.

    Raises
    ------
    TableError
        Where the rate is no share.

    Examples
    --------
    >>> Target(0.86).rate
    0.86
    >>> Target(86)
    Traceback (most recent call last):
        ...
    reclaim.errors.TableError: target rate must lie in (0, 1], got 86 (did you mean 0.86?)
    """

    rate: float
    source: str = ""
    is_default: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1:
            meant = f" (did you mean {self.rate / 100:g}?)" if 1 < self.rate <= 100 else ""
            raise TableError(f"target rate must lie in (0, 1], got {self.rate:g}{meant}")


@dataclass(frozen=True)
class Rate:
    """
    A reclamation rate with everything that it takes to defend it.

    Attributes
    ----------
    basis : str
        What the reclaimed ground is divided by.
    at : Timestamp
        The date it is true at; for ``annual`` and ``plan`` its year is the one they speak of.
    value : float
        Share; NaN where the denominator is 0 or not known.
    numerator_m2, denominator_m2 : float
        The two areas, m² on the CGCS2000 ellipsoid.
    target : Target or None
        The rate to reach.
    outcome : str or None
        ``met``, ``not_met``, ``undetermined`` (not known), ``undefined`` (nothing to divide by); None without a target.
    excluded : tuple of (reason, m²)
        Ground that is in neither area, and why.
    """

    basis: Basis
    at: pd.Timestamp
    value: float
    numerator_m2: float
    denominator_m2: float
    target: Target | None = None
    excluded: tuple[tuple[str, float], ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """Whether the target is reached; decided on unrounded figures."""
        if self.denominator_m2 == 0:
            return "undefined"
        if np.isnan(self.value):
            return "undetermined"
        if self.target is None:
            return None
        return "met" if self.value >= self.target.rate - _TIE else "not_met"

    @property
    def short_m2(self) -> float:
        """Ground still to reclaim to reach the target, m²; 0 where it is reached."""
        if self.target is None or np.isnan(self.value):
            return np.nan
        return max(0.0, self.target.rate * self.denominator_m2 - self.numerator_m2)

    def text(self, *, unit: str = "mu", language: Literal["zh", "en"] = "en") -> str:
        """The rate in one line, rounded so that it never crosses its target."""
        return _text_zh(self, unit) if language == "zh" else _text_en(self, unit)

    def __str__(self) -> str:
        return self.text()


def percent(value: float, *, target: float | None = None, decimals: int = 1) -> str:
    """
    A share as percent, rounded, but never across its target.

    Parameters
    ----------
    value : float
        Share.
    target : float, optional
        Share to reach; the text shows it as reached exactly when the unrounded value reaches it.
    decimals : int
        Places after the point.

    Examples
    --------
    >>> percent(0.8596, target=0.86)
    '85.9%'
    >>> percent(0.86, target=0.86), percent(float("nan"))
    ('86.0%', '–')
    """
    if np.isnan(value):
        return "–"
    exact = Decimal(repr(float(value))) * 100
    step = Decimal(1).scaleb(-decimals)
    shown = exact.quantize(step, ROUND_HALF_EVEN)
    if target is not None:
        goal = Decimal(repr(float(target))) * 100
        met = value >= target - _TIE
        if met and shown < goal:
            shown = goal.quantize(step, ROUND_CEILING)
        elif not met and shown >= goal:
            shown = min(exact.quantize(step, ROUND_FLOOR), goal.quantize(step, ROUND_CEILING) - step)
    return f"{shown:f}%"


def _amount(m2: float, unit: str) -> str:
    return f"{float(convert(m2, 'm2', unit)):,.0f} {unit}" if not np.isnan(m2) else "–"


def _target_percent(rate: float) -> str:
    return f"{Decimal(repr(rate)) * 100:f}".rstrip("0").rstrip(".") + "%" if rate != 1 else "100%"


def _short(rate: Rate, unit: str) -> str:
    """What is missing, rounded up: a shortfall never reads as none."""
    exact = Decimal(repr(float(convert(rate.short_m2, "m2", unit))))
    places = Decimal(1) if exact >= 10 else Decimal("0.0001")
    return f"{exact.quantize(places, ROUND_CEILING):,f} {unit}"


def _text_en(rate: Rate, unit: str) -> str:
    head = f"{words('bases')[rate.basis].en}, {rate.at:%Y-%m-%d}: "
    if rate.outcome == "undefined":
        return head + "– (undefined: nothing to divide by)"
    if np.isnan(rate.value):
        return head + "– (not known: the year was not surveyed)"
    goal = rate.target.rate if rate.target else None
    body = f"{percent(rate.value, target=goal)} of {_amount(rate.denominator_m2, unit)} {_verb(rate.basis)}"
    if rate.target is None:
        return head + body
    said = " (default)" if rate.target.is_default else ""
    end = "met" if rate.outcome == "met" else f"{_short(rate, unit)} short"
    return f"{head}{body}; target {_target_percent(rate.target.rate)}{said}: {end}"


def _verb(basis: Basis) -> str:
    return {"annual": "disturbed in the year was reclaimed", "plan": "planned for the year was reclaimed"}.get(
        basis, "reclaimed"
    )


def _text_zh(rate: Rate, unit: str) -> str:
    head = f"{words('bases')[rate.basis].zh}，{rate.at:%Y-%m-%d}："
    if rate.outcome == "undefined":
        return head + "–（无分母，无法计算）"
    if np.isnan(rate.value):
        return head + "–（当年无调查，未知）"
    goal = rate.target.rate if rate.target else None
    names = {"mu": "亩", "ha": "公顷", "m2": "平方米", "km2": "平方公里"}
    amount = _amount(rate.denominator_m2, unit).replace(unit, names[unit])
    body = f"复垦率 {percent(rate.value, target=goal)}（分母 {amount}）"
    if rate.target is None:
        return head + body
    said = "（默认）" if rate.target.is_default else ""
    end = "已达到" if rate.outcome == "met" else f"尚差 {_short(rate, unit).replace(unit, names[unit])}"
    return f"{head}{body}；目标 {_target_percent(rate.target.rate)}{said}：{end}"
