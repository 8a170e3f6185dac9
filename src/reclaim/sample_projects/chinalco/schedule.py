"""When each plot came back: in the order in which it was due, as much a year as was published."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reclaim.sample_projects.chinalco.ground import HA, Plot
from reclaim.sample_projects.chinalco.plan import EARLIER, FIRST, LAST, PUBLISHED, RECLAIMED_BEFORE

BEFORE = FIRST - 1


def targets() -> dict[int, float]:
    """m² to reclaim for the first time, by year; the year before the first stands for all land of old."""
    flows = {year: hectares * HA for year, hectares in EARLIER.items()}
    flows |= {year: mu * 2000 / 3 for year, mu in PUBLISHED.items()}
    return {BEFORE: RECLAIMED_BEFORE * HA, **flows}


def scheduled(plots: Sequence[Plot], *, spare: Mapping[int, float]) -> list[Plot]:
    """
    Give plots the year in which they were reclaimed.

    Parameters
    ----------
    plots : sequence of Plot
        All plots; those with a year of their own keep it.
    spare : mapping of year to m²
        How far each year's sum is to lie above its target; a pond that stays open takes it off again.
    """
    queue = sorted((plot for plot in plots if _waits(plot)), key=lambda plot: plot.ready)
    year_of: dict[int, int] = {}
    for year, target in targets().items():
        fixed = sum(plot.m2 for plot in plots if plot.done == year and plot.feature != "legacy")
        chosen = _pick(queue, target - fixed + spare.get(year, 0.0), year)
        year_of |= {id(plot): year for plot in chosen}
        queue = [plot for plot in queue if id(plot) not in year_of]
    return [replace(plot, done=year_of.get(id(plot), plot.done)) for plot in plots]


def _waits(plot: Plot) -> bool:
    return plot.done is None and plot.ready < 9999


def _pick(queue: Sequence[Plot], wanted: float, year: int) -> list[Plot]:
    """The first plots that are due, and as the last one that which fits best."""
    able = [plot for plot in queue if plot.mined < (FIRST if year == BEFORE else year)]
    chosen: list[Plot] = []
    while able and able[0].m2 < wanted:
        plot = able.pop(0)
        chosen.append(plot)
        wanted -= plot.m2
    if able:
        last = min(able[:60], key=lambda plot: abs(plot.m2 - wanted))
        if abs(last.m2 - wanted) < wanted:
            chosen.append(last)
    return chosen


def is_old(plot: Plot) -> bool:
    """Disturbed before the first year, so that the baseline holds it."""
    return plot.mined < FIRST


def years() -> range:
    """The years of the account."""
    return range(FIRST, LAST + 1)
