"""
Does the cover meet its criterion: met, not met, undetermined, or not enough to tell.
"""

import math
import re
import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reclaim.errors import CriteriaError, ReclaimWarning
from reclaim.vocabulary import Word, words

TIE = 1e-9
LEAST_PIXELS = 10
ALPHA = 0.05

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

_SIGNS = {
    ">=": ">=", "≥": ">=", "≧": ">=", "=>": ">=", "大于等于": ">=", "不低于": ">=", "不小于": ">=", "不少于": ">=",
    "至少": ">=", "at least": ">=", ">": ">", "大于": ">", "高于": ">", "超过": ">", "more than": ">", "above": ">",
    "over": ">", "": ">=",
}  # fmt: skip
_FORM = re.compile(
    "^("
    + "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
    + r")\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*(%?)\s*(以上)?$"
)


class UnknownEndUse(ReclaimWarning):
    """An end use is not in the vocabulary; the zone is judged as vegetated."""


@dataclass(frozen=True)
class Threshold:
    """
    A minimum: at least so much, or more than so much.

    Attributes
    ----------
    value : float
    strict : bool
        More than (``>``), not just at least (``>=``).

    Examples
    --------
    >>> claim = Threshold.parse("> 95%")
    >>> print(claim), claim.holds(0.95), claim.pixels_needed
    >0.95
    (None, False, 59)
    >>> Threshold.parse(0.5).holds(0.5)
    True
    """

    value: float
    strict: bool = False

    @classmethod
    def parse(cls, text: object, *, share: bool = True) -> "Threshold":
        """
        A criterion as people write it; a bare number means at least.

        Parameters
        ----------
        text : str or number
            ``0.5``, ``">0.95"``, ``"≥ 95 %"``, ``"不低于95%"``.
        share : bool
            Whether it is a share, which must lie in 0–1.

        Raises
        ------
        CriteriaError
            When it cannot be read, or a share lies outside 0–1.
        """
        plain = unicodedata.normalize("NFKC", str(text)).strip().lower()
        match = _FORM.match(plain)
        if match is None:
            raise CriteriaError(f"criterion {text!r} cannot be read; write a minimum, as in '>0.95' or '>=0.5'")
        value = float(match[2]) / (100 if match[3] else 1)
        if share and not 0 <= value <= 1:
            meant = f"; did you mean {value / 100:g}?" if 1 < value <= 100 else ""
            raise CriteriaError(f"criterion {text!r} must be a share between 0 and 1{meant}")
        return cls(value, strict=_SIGNS[match[1]] == ">")

    def __str__(self) -> str:
        return f"{'>' if self.strict else '>='}{self.value:g}"

    def holds(self, value: float) -> bool:
        """Whether a value satisfies it; a tie within 1e-9 counts as equal."""
        return bool(_holds(np.array([value]), np.array([self.value]), np.array([self.strict]))[0])

    @property
    def pixels_needed(self) -> float:
        """Pixels that could prove it if all were green: 59 for 0.95."""
        return evidence_needed(self.value)


def evidence_needed(minimum: float) -> float:
    """
    Pixels (or points) that can show a minimum at 95 % confidence if all are green: ⌈ln 0.05 / ln c⌉, at least 10.

    Examples
    --------
    >>> evidence_needed(0.95), evidence_needed(0.5), evidence_needed(1.0)
    (59, 10, inf)
    """
    if minimum >= 1:
        return math.inf
    if minimum <= 0:
        return LEAST_PIXELS
    return max(LEAST_PIXELS, math.ceil(math.log(ALPHA) / math.log(minimum) - 1e-9))


def criteria_of(values: Sequence[object], *, share: bool = True) -> list[Threshold | None]:
    """
    A column of criteria; empty cells have none.

    Raises
    ------
    CriteriaError
        With every cell that cannot be read.
    """
    found: list[Threshold | None] = []
    faults: list[str] = []
    for row, value in enumerate(values):
        if value is None or (not isinstance(value, str) and pd.isna(value)) or str(value).strip() == "":  # type: ignore[call-overload]
            found.append(None)
            continue
        try:
            found.append(Threshold.parse(value, share=share))
        except CriteriaError as error:
            faults += [f"min_cover in row {row}: {fault}" for fault in error.faults]
    if faults:
        raise CriteriaError(*faults)
    return found


def judge(
    cover: pd.DataFrame, criteria: Sequence[Threshold | None], *, end_uses: Sequence[object] | None = None
) -> pd.DataFrame:
    """
    The outcome of each row of a cover table.

    Parameters
    ----------
    cover : DataFrame
        Rows as `zone_cover` gives them.
    criteria : sequence of Threshold or None
        One a row.
    end_uses : sequence, optional
        One a row: a code of the vocabulary, or its Chinese or English name.

    Returns
    -------
    DataFrame
        The rows with ``outcome`` and ``criterion``. ``outcome`` is None without a criterion; ``not_applicable`` where
        the ground is not meant to be green; ``insufficient`` where too few pixels were seen or none lies wholly inside;
        ``met`` where even the lower bound satisfies the criterion, ``not_met`` where not even the upper one can, else
        ``undetermined``. On land that is green for a season only, ``not_met`` is ``undetermined``. ``mean_index`` has
        no bounds and is judged only where the whole zone was seen.
    """
    asked = np.array([criterion is not None for criterion in criteria], dtype=bool)
    value = np.array([np.nan if item is None else item.value for item in criteria])
    strict = np.array([item is not None and item.strict for item in criteria], dtype=bool)
    outcome = _evidence_outcome(cover, value, strict)
    uses = [None] * len(cover) if end_uses is None else [end_use(item) for item in end_uses]
    seasonal = np.array([use is not None and use.seasonal for use in uses], dtype=bool)
    bare = np.array([use is not None and not use.vegetated for use in uses], dtype=bool)
    outcome[seasonal & (outcome == "not_met")] = "undetermined"
    outcome[bare] = "not_applicable"
    outcome[~asked] = None
    written = np.array([None if item is None else str(item) for item in criteria], dtype=object)
    return cover.assign(outcome=outcome, criterion=written)


def _evidence_outcome(cover: pd.DataFrame, value: Floats, strict: Flags) -> NDArray[np.object_]:
    needed = np.array([evidence_needed(c) if np.isfinite(c) else 0 for c in np.unique(value)])
    needed = needed[np.searchsorted(np.unique(value), value)] if len(value) else needed
    index = (cover.metric == "mean_index").to_numpy()
    # an index is no share: the number of pixels that proves a share says nothing about it
    needed = np.where(index & ~np.isfinite(needed), LEAST_PIXELS, needed)
    low = np.where(index, cover.cover, cover.low).astype(float)
    high = np.where(index, cover.cover, cover.high).astype(float)
    whole_zone = ~index | (cover.valid.to_numpy() >= 1 - TIE)
    met = _holds(low, value, strict) & whole_zone
    refuted = ~_holds(high, value, strict) & whole_zone
    thin = (cover.pixels.to_numpy() < needed * (1 - TIE)) | (cover.whole.to_numpy() < 1)
    outcome = np.full(len(cover), "undetermined", dtype=object)
    outcome[refuted] = "not_met"
    outcome[met] = "met"
    outcome[thin] = "insufficient"
    return outcome


def _holds(value: Floats, minimum: Floats, strict: Flags) -> Flags:
    return np.where(strict, value > minimum + TIE, value >= minimum - TIE)


def end_use(value: object) -> Word | None:
    """
    An end use by its code, or its Chinese or English name; None where there is none.

    Warns
    -----
    UnknownEndUse
        For one that is not in the vocabulary.
    """
    if value is None or (not isinstance(value, str) and pd.isna(value)) or str(value).strip() == "":  # type: ignore[call-overload]
        return None
    plain = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    found = _end_uses().get(plain)
    if found is None:
        warnings.warn(
            f"end use {value!r} is not in the vocabulary; judged as vegetated land", UnknownEndUse, stacklevel=3
        )
    return found


@cache
def _end_uses() -> dict[str, Word]:
    return {name.casefold(): word for word in words("end_uses").values() for name in (word.code, word.en, word.zh)}
