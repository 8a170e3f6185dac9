"""
Rounding that re-adds.

Rounded one by one, figures no longer add up to their rounded total. Each figure is instead rounded up or down so that
the sums hold and as little as possible is moved (for a single sum: the largest remainders go up).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array, hstack

# a sum: for each place in the list of values, +1 or -1; the signed values add up to nothing
Equation = Mapping[int, int]
_CLOSE = 1e-6


def largest_remainder(values: Sequence[float], *, decimals: int = 0, total: float | None = None) -> list[float]:
    """
    Round a list so that it adds up to its rounded total.

    Parameters
    ----------
    values : sequence of float
        NaN counts as nothing and stays NaN.
    decimals : int
        Digits after the point.
    total : float, optional
        What to add up to, already rounded; by default the rounded sum.

    Examples
    --------
    >>> largest_remainder([33.34, 33.33, 33.33])
    [34.0, 33.0, 33.0]
    """
    scale = 10.0**decimals
    scaled = np.asarray(values, dtype=float) * scale
    known = ~np.isnan(scaled)
    down = np.floor(scaled[known] + _CLOSE)
    wanted = round(float(np.sum(scaled[known])) if total is None else total * scale)
    missing = int(wanted - down.sum())
    order = np.argsort(-(scaled[known] - down), kind="stable")
    steps = np.zeros(len(down))
    if len(down):
        # usually 0 or 1 step each; more only where the total given is not the sum
        steps += missing // len(down)
        steps[order[: missing % len(down)]] += 1
    out = np.full(len(scaled), np.nan)
    out[known] = (down + steps) / scale
    return out.tolist()


def settle(
    values: Sequence[float],
    equations: Sequence[Equation],
    *,
    decimals: int = 2,
    fixed: Mapping[int, float] | None = None,
) -> list[float]:
    """
    Round many figures at once so that every sum among them holds.

    Parameters
    ----------
    values : sequence of float
        Unrounded figures. NaN counts as nothing in the sums and stays NaN.
    equations : sequence of mapping
        Sums that hold for ``values``: ``{place: +1 or -1}``, adding up to 0.
    decimals : int
        Digits after the point.
    fixed : mapping, optional
        Places whose rounded value is already decided.

    Returns
    -------
    list of float
        Each value moved to a neighbour above or below, rarely to the next but one.

    Notes
    -----
    A flow problem: each figure is a pipe whose cost grows with the distance from the true value. Where sums cannot
    all be met (they do not hold for the values themselves) each figure is rounded on its own.

    Examples
    --------
    >>> settle([1.4, 1.4, 2.8], [{0: 1, 1: 1, 2: -1}], decimals=0)
    [1.0, 2.0, 3.0]
    """
    scale = 10.0**decimals
    scaled = np.asarray(values, dtype=float) * scale
    known = ~np.isnan(scaled)
    decided = {place: round(value * scale) for place, value in (fixed or {}).items() if known[place]}
    filled = np.where(known, scaled, 0.0)
    solved = _solve(filled, known, equations, decided)
    if solved is None and decided:
        solved = _solve(filled, known, equations, {})
    rounded = np.where(known, (np.round(scaled) if solved is None else solved) / scale, np.nan)
    return [float(value) for value in rounded]


def _solve(
    scaled: npt.NDArray[np.float64],
    known: npt.NDArray[np.bool_],
    equations: Sequence[Equation],
    decided: Mapping[int, int],
) -> npt.NDArray[np.float64] | None:
    """Whole numbers near ``scaled`` for which the equations hold; None where there are none."""
    near = np.round(scaled)
    whole = np.abs(scaled - near) < _CLOSE
    floor = np.where(whole, near, np.floor(scaled))
    part = np.where(whole, 0.0, scaled - floor)
    # three unit steps from floor - 1; the dearer ones make sure that plain rounding wins where sums allow it
    start = floor - 1
    costs = np.stack([np.where(whole, -50.0, -10.0), 1 - 2 * part, np.full(len(part), 10.0)])
    lower, upper = np.zeros_like(costs), np.ones_like(costs)
    upper[:, ~known] = 0.0
    start = np.where(known, start, 0.0)
    for place, value in decided.items():
        start[place], upper[:, place] = value, 0.0
    matrix = _matrix(equations, len(scaled))
    answer = linprog(
        costs.ravel(),
        A_eq=hstack([matrix] * 3, format="csr"),
        b_eq=-(matrix @ start),
        bounds=np.stack([lower.ravel(), upper.ravel()], axis=1),
        method="highs-ds",
    )
    if not answer.success:
        return None
    steps: npt.NDArray[np.float64] = answer.x.reshape(3, -1).sum(axis=0)
    return None if np.abs(steps - np.round(steps)).max(initial=0) > _CLOSE else start + np.round(steps)


def _matrix(equations: Sequence[Equation], width: int) -> coo_array:
    entries = [(row, place, sign) for row, equation in enumerate(equations) for place, sign in equation.items()]
    rows, places, signs = zip(*entries, strict=True) if entries else ((), (), ())
    return coo_array((np.array(signs, dtype=float), (rows, places)), shape=(len(equations), width))
