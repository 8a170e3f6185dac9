"""
One pixel explained: from its values to the verdict, step by step.

The steps are the compiled ones of `reclaim.timeline.kernels`, called one by one, so what is shown is what was done.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reclaim.errors import ImageryError
from reclaim.timeline import kernels, ladder
from reclaim.timeline.segments import MIN_MAGNITUDE, SegmentRules, checked_years

_WAYS = {
    ladder.IN_TURN: "fitted from left to right",
    ladder.AT_ONCE: "no model fitted from left to right was significant; fitted all at once",
    ladder.STEP: "too few values for more; two plain levels",
    ladder.NONE: "no model is significant; flat at the mean",
}


@dataclass(frozen=True)
class Model:
    """
    One rung of the ladder.

    Attributes
    ----------
    years, levels : tuple
        Its vertices.
    rmse : float
        Root mean squared error about the values with spikes damped.
    p : float
        Probability of its F test; everything below 2^-54 counts as that.
    allowed : bool
        Whether it has no rise that is too fast.
    """

    years: tuple[int, ...]
    levels: tuple[float, ...]
    rmse: float
    p: float
    allowed: bool


@dataclass(frozen=True)
class Explanation:
    """
    What was done with one pixel.

    Attributes
    ----------
    years : array
    seen : array
        The values, NaN where not seen.
    damped : array
        Values with spikes damped and strays lifted.
    vertices, kept_vertices : tuple of int
        Years of the vertices found, and of those left after the cull.
    models : tuple of Model
        From the richest to a single line, as they were compared.
    chosen : Model
    loss : tuple of int, optional
        Years of the vertices where the greatest loss begins and ends.
    magnitude : float
        Of that loss; 0 without one.
    year : int, optional
        Year of loss; 0 without one, None where too few years were seen.
    reasons : tuple of str
        One sentence for each step.
    """

    years: NDArray[np.int64]
    seen: NDArray[np.float64]
    damped: NDArray[np.float64]
    vertices: tuple[int, ...]
    kept_vertices: tuple[int, ...]
    models: tuple[Model, ...]
    chosen: Model | None
    loss: tuple[int, int] | None
    magnitude: float
    year: int | None
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(f"{number}. {reason}" for number, reason in enumerate(self.reasons, 1))


def explain_pixel(
    values: Sequence[float] | NDArray[np.floating],
    years: Sequence[int] | NDArray[np.int64],
    *,
    rules: SegmentRules | None = None,
    min_magnitude: float = MIN_MAGNITUDE,
) -> Explanation:
    """
    Follow one pixel from its values to the verdict.

    Parameters
    ----------
    values : sequence of float
        One for each year; NaN where not seen.
    years : sequence of int
        Rising, six or more.
    rules : SegmentRules, optional
    min_magnitude : float
        Smallest loss that counts, in units of the index.

    Examples
    --------
    >>> found = explain_pixel([0.7, 0.72, 0.69, 0.71, 0.2, 0.22, 0.3, 0.38], range(2015, 2023))
    >>> found.year, found.loss
    (2019, (2018, 2019))
    >>> print(found.reasons[-1])
    the greatest fall, 0.43 from 2018 to 2019, reaches 0.15: lost in 2019, the first year whose value is lower
    """
    calendar = checked_years(years)
    series = np.asarray(values, dtype=np.float64)
    if series.shape != calendar.shape:
        raise ImageryError(f"there are {len(calendar)} years but {series.size} values")
    compiled = (rules or SegmentRules()).compiled(min_magnitude)
    bench = kernels.new_bench(len(calendar))
    n = ladder.gather(series, (calendar - calendar[0]).astype(np.float64), bench.series)
    if n < compiled.min_observations:
        said = f"seen in {n} of {len(calendar)} years; {compiled.min_observations} are needed, so there is no verdict"
        return Explanation(calendar, series, series, (), (), (), None, None, 0.0, None, (said,))
    return _explained(series, calendar, n, compiled, bench)


def _explained(
    series: NDArray[np.float64], calendar: NDArray[np.int64], n: int, rules: kernels.Rules, bench: kernels.Bench
) -> Explanation:
    raw = bench.series[kernels.V, :n].copy()
    places = np.flatnonzero(~np.isnan(series))
    kept, models, mean, way = ladder.fit_pixel(bench, n, rules)
    after = bench.series[kernels.V, :n] + mean
    damped = np.full(len(series), np.nan)
    damped[places] = after
    ladder_models = tuple(_model(bench, k, n, mean, int(calendar[0])) for k in range(models))
    chosen = ladder_models[kept] if kept < models else _model(bench, kept, n, mean, int(calendar[0]), flat=True)
    at = ladder.greatest_loss(bench, kept, n, rules.min_magnitude)
    loss = (chosen.years[at], chosen.years[at + 1]) if at >= 0 else None
    magnitude = chosen.levels[at] - chosen.levels[at + 1] if at >= 0 else 0.0
    vertices, left = _vertices(raw, after, calendar[places], rules)
    said = (
        f"seen in {n} of {len(calendar)} years",
        _damping(raw, after, calendar[places]),
        f"vertices at {', '.join(map(str, vertices))}; kept {', '.join(map(str, left))}",
        f"{_WAYS[way]}: {_segments(chosen)}, p {_probability(chosen.p)}",
        _verdict(chosen, loss, magnitude, rules.min_magnitude),
    )
    year = loss[0] + 1 if loss else 0
    return Explanation(calendar, series, damped, vertices, left, ladder_models, chosen, loss, magnitude, year, said)


def _model(bench: kernels.Bench, k: int, n: int, mean: float, first: int, *, flat: bool = False) -> Model:
    size = int(bench.places[kernels.SIZE, k])
    places = bench.places[k, :size]
    return Model(
        years=tuple(int(year) + first for year in bench.series[kernels.X, places]),
        levels=tuple(float(value) + mean for value in bench.numbers[kernels.VALUE + k, :size]),
        rmse=math.sqrt(kernels.model_error(bench, k) / n),
        p=1.0 if flat else math.exp(bench.numbers[kernels.LOG_P, k]),
        allowed=True if flat else bool(bench.places[kernels.ALLOWED, k]),
    )


def _vertices(
    raw: NDArray[np.float64], damped: NDArray[np.float64], years: NDArray[np.int64], rules: kernels.Rules
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The vertices found and those kept, by the same compiled steps on a bench of their own."""
    n = len(raw)
    bench = kernels.new_bench(n)
    bench.series[kernels.X, :n] = years - years[0]
    bench.series[kernels.V, :n] = damped
    _, spread = kernels.run_sums(bench.series, n)
    ends = (int(years[0]), int(years[-1]))
    if spread <= 0:
        return ends, ends
    count = kernels.find_vertices(bench, n, rules.max_segments + 1 + rules.vertex_overshoot, spread)
    found = tuple(int(years[place]) for place in bench.places[kernels.VERTEX, :count])
    count = kernels.cull_vertices(bench, n, count, rules, spread)
    return found, tuple(int(years[place]) for place in bench.places[kernels.VERTEX, :count])


def _damping(raw: NDArray[np.float64], damped: NDArray[np.float64], years: NDArray[np.int64]) -> str:
    moved = np.flatnonzero(np.abs(raw - damped) > 0.1 * max(float(np.ptp(raw)), 1e-12))
    if not moved.size:
        return "no spike stands out"
    told = ", ".join(f"{years[i]} ({raw[i]:.2f} to {damped[i]:.2f})" for i in moved)
    return f"spikes damped in {told}"


def _segments(model: Model) -> str:
    count = len(model.years) - 1
    return f"{count} segment{'s' if count > 1 else ''}"


def _probability(p: float) -> str:
    return "below 1e-16" if p < 1e-16 else f"{p:.2g}"


def _verdict(chosen: Model, loss: tuple[int, int] | None, magnitude: float, smallest: float) -> str:
    if loss is None:
        falls = [a - b for a, b in zip(chosen.levels[:-1], chosen.levels[1:], strict=True)]
        return f"no fall reaches {smallest:g} (the greatest is {max(0.0, *falls):.2f}): no loss"
    return (
        f"the greatest fall, {magnitude:.2f} from {loss[0]} to {loss[1]}, reaches {smallest:g}: "
        f"lost in {loss[0] + 1}, the first year whose value is lower"
    )
