"""The ground of each case that the sample is to show: picked by rule, so that another seed has them too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from reclaim.errors import ReclaimError
from reclaim.sample_projects.chinalco.ground import Plot
from reclaim.sample_projects.chinalco.plan import LAST
from reclaim.sample_projects.chinalco.schedule import BEFORE, is_old

# about 25 m and 45 m of latitude
_NARROW, _WIDE = 0.00025, 0.00042


@dataclass(frozen=True)
class Cases:
    """Plots, and ground, by what they are there to show."""

    with_pond: Mapping[int, Plot]  # year -> the parcel whose pond takes the year's sum to its target
    remined: Sequence[tuple[Sequence[Plot], int]]  # reclaimed ground disturbed again, and when
    order_unclear: Sequence[Plot]
    failed: Sequence[Plot]
    temporary: Sequence[Plot]
    soils_placed: Sequence[Plot]
    planned: Sequence[Plot]
    next_year: Sequence[Plot]
    late: Plot
    misdeclared: Plot
    wrong_site: Plot
    roadside: Polygon
    as_delivered: Mapping[str, BaseGeometry] = field(default_factory=dict)  # parcel_id -> an outline drawn too large


def pick(plots: Sequence[Plot]) -> Cases:
    """Choose the ground of every case among the plots."""
    free = _Free(plots)
    with_pond = {
        2017: free.largest("GX-PG", lambda plot: plot.done == 2017),
        2018: free.largest("GZ-QZ", lambda plot: plot.done == 2018),
        2019: free.largest("HA-XG", lambda plot: plot.done == 2019),
    }
    # the re-mined ground lies together: one pit that was deepened
    first = free.largest("GX-PG", lambda plot: plot.done == BEFORE)
    deepened = [first, *free.beside(first, lambda plot: plot.done == BEFORE)[:2]]
    later = [free.largest("GZ-QZ", lambda plot: plot.done == 2016)]
    second = free.largest("GZ-QZ", lambda plot: plot.done == 2018 and bool(free.beside(plot, _done(2017))))
    overlapped = free.beside(second, _done(2017))[0]
    touched = shapely.union_all([plot.shape for plot in plots])
    rim = free.largest("HA-XG", lambda plot: plot.done == 2018 and _margin(plot, touched).area > 0.1 * plot.shape.area)
    waiting = [plot for plot in plots if plot.done is None and not plot.feature and plot.site.site_id != "SX-XY"]
    planned = [plot for plot in plots if plot.done == LAST and plot.feature != "legacy"]
    oldest = sorted(waiting, key=lambda plot: plot.mined)
    return Cases(
        with_pond=with_pond,
        remined=[(deepened, 2018), (later, 2019)],
        order_unclear=[free.largest("HA-XG", lambda plot: plot.done == 2018 and not is_old(plot))],
        failed=[free.largest("GZ-XW", lambda plot: plot.done == 2017)],
        temporary=oldest[0:4],
        soils_placed=oldest[4:7],
        planned=[*planned[2:], *oldest[7:10]],
        next_year=oldest[10:20],
        late=free.largest("GX-PG", _done(2019)),
        misdeclared=free.largest("GX-PG", _done(2018)),
        wrong_site=free.largest("GZ-XW", _done(2018)),
        roadside=_beside_the_mine(touched, first),
        as_delivered={
            second.parcel_id: second.shape | (overlapped.shape & second.shape.buffer(_NARROW, quad_segs=2)),
            rim.parcel_id: _largest_part(rim.shape | _margin(rim, touched)),
        },
    )


class _Free:
    """Plots that stand for no case yet."""

    def __init__(self, plots: Sequence[Plot]) -> None:
        self._plots = [plot for plot in plots if not plot.feature]
        self._taken: set[int] = set()

    def largest(self, site_id: str, fits: Callable[[Plot], bool]) -> Plot:
        """The largest free plot of a site that fits."""
        able = [plot for plot in self._left() if plot.site.site_id == site_id and fits(plot)]
        chosen = max(able, key=lambda plot: plot.m2)
        self._taken.add(id(chosen))
        return chosen

    def beside(self, plot: Plot, fits: Callable[[Plot], bool]) -> list[Plot]:
        """Free plots that share a border with one, the longest border first."""
        able = [other for other in self._left() if other is not plot and fits(other)]
        borders = {id(other): other.shape.boundary.intersection(plot.shape.boundary).length for other in able}
        return sorted((other for other in able if borders[id(other)] > 0), key=lambda other: -borders[id(other)])

    def _left(self) -> list[Plot]:
        return [plot for plot in self._plots if id(plot) not in self._taken]


def _done(year: int) -> Callable[[Plot], bool]:
    return lambda plot: plot.done == year


def _margin(plot: Plot, touched: BaseGeometry) -> BaseGeometry:
    """Ground along the rim of a plot that nobody disturbed."""
    return plot.shape.buffer(_WIDE, quad_segs=2) - touched


def _beside_the_mine(touched: BaseGeometry, near: Plot) -> Polygon:
    """A patch of some 45 mu on ground that nobody disturbed, as near to a plot as may be."""
    x, y = near.shape.centroid.coords[0]
    for step in range(5, 40):
        patch = shapely.Point(x - 0.001 * step, y + 0.0004 * step).buffer(0.00094, quad_segs=3)
        if patch.distance(touched) > _NARROW:
            return patch
    raise ReclaimError("no ground is free beside the mine; choose another seed")


def _largest_part(shape: BaseGeometry) -> BaseGeometry:
    return max(shapely.get_parts(shape), key=lambda part: part.area)
