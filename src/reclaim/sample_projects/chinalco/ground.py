"""The ground of the group: bodies of ore, dumps, roads and the dam, cut into plots mined one after another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely import Polygon

from reclaim.geodesy import CGCS2000, area
from reclaim.sample_projects import shapes
from reclaim.sample_projects.chinalco.plan import (
    DAM_GREENING_M2,
    DEMO_PLOT_M2,
    LAST,
    LEGACY_HA,
    RED_MUD,
    SEED,
    SHARED_DUMP_HA,
    SITES,
    XIAOGUAN_M2,
    Site,
)

HA = 10_000.0
# degrees kept: a hundredth of a millimetre
DIGITS = 10


@dataclass(frozen=True)
class Plot:
    """
    Ground that is disturbed and reclaimed as one.

    ``mined`` and ``done`` are years with a fraction; ``done`` is None for ground that is still open.
    """

    site: Site
    body: str
    number: int
    shape: Polygon  # longitude and latitude, CGCS2000
    m2: float
    mined: float
    ready: float  # when its reclamation is due
    damage: str = "excavation"
    done: int | None = None
    feature: str = ""  # the case that it stands for, if any

    @property
    def parcel_id(self) -> str:
        """How the company calls the parcel on it."""
        return f"{self.site.site_id}-{self.body}-{self.number:02d}"


class Body(NamedTuple):
    """An outline about its own origin, and where it lies about the site's."""

    outline: Polygon
    turn: float
    at: tuple[float, float]

    @property
    def shape(self) -> Polygon:
        """The outline in its place."""
        return shapes.placed(self.outline, turn=self.turn, at=self.at)


def every_plot() -> list[Plot]:
    """All plots of the group that were disturbed by the end of the last year, in a steady order."""
    plots = [plot for site in SITES for plot in _mine(site)]
    return [*plots, *_dam(), *_special()]


def on_earth(shape: Polygon, site: Site) -> Polygon:
    """A shape in metres about a site's origin, as longitude and latitude with all shared vertices still shared."""
    transformer, east, north = _frame(site)

    def moved(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = transformer.transform(points[:, 0] + east, points[:, 1] + north)
        return np.column_stack([lon, lat]).round(DIGITS)

    return shapely.transform(shape, moved)


def sized(shape: Polygon, site: Site, m2: float) -> Polygon:
    """A shape about its own centre, scaled until it covers exactly ``m2`` on the ellipsoid."""
    factor = 1.0
    for _ in range(6):
        grown = shapely.affinity.scale(shape, factor, factor, origin="centroid")
        factor *= (m2 / measured(on_earth(grown, site))) ** 0.5
    return shapely.affinity.scale(shape, factor, factor, origin="centroid")


def measured(shape: Polygon) -> float:
    """Area on the ellipsoid, m²."""
    return float(area([shape], crs=CGCS2000)[0])


@cache
def _frame(site: Site) -> tuple[Transformer, float, float]:
    there = Transformer.from_crs(CGCS2000, site.crs, always_xy=True)
    back = Transformer.from_crs(site.crs, CGCS2000, always_xy=True)
    return back, *there.transform(*site.at)


def _mine(site: Site) -> list[Plot]:
    rng = _dice(site.site_id)
    plots = []
    bodies = _bodies(site, rng)
    for index, body in enumerate(bodies):
        begin = rng.uniform(2003.5, 2016)
        years = rng.uniform(7, 15)
        lag = rng.uniform(1.2, 3.2)
        count = max(5, round(years * 0.9))
        dump = index % 5 == 4
        if dump:
            cells = shapes.terraces(rng, body.outline, rings=(0.86, 0.7, 0.5), plots=9)
            count = 4
        else:
            cells = shapes.strips(rng, body.outline, count=count, cell=rng.uniform(6, 13) * HA)
        for number, (order, cell) in enumerate(cells):
            mined = begin + years * (order + 0.5) / count if not dump else begin + 3 * order / count
            if mined < LAST + 1:
                ready = mined + lag + rng.uniform(0, 0.9)
                shape = on_earth(shapes.placed(cell, turn=body.turn, at=body.at), site)
                damage = "occupation" if dump else "excavation"
                plots.append(
                    Plot(site, f"{index + 1:02d}", number, shape, measured(shape), mined, ready, damage=damage)
                )
    return plots + _yard(site, rng, bodies)


def _bodies(site: Site, rng: Random) -> list[Body]:
    """Outlines along a winding strike, none on another."""
    shares = [rng.uniform(0.45, 1.6) for _ in range(site.bodies)]
    bodies: list[Body] = []
    for index, share in enumerate(shares):
        size = site.area * HA * share / sum(shares)
        dump = index % 5 == 4
        outline = shapes.blob(rng, size, stretch=1.15 if dump else rng.uniform(1.4, 2.2), rough=0.09 if dump else 0.17)
        bodies.append(_settled(outline, site, rng, bodies))
    return bodies


def _settled(outline: Polygon, site: Site, rng: Random, others: Sequence[Body]) -> Body:
    """Find a place along the strike that keeps clear of the other bodies."""
    turn = site.strike + rng.uniform(-28, 28)
    reach = 500.0
    while True:
        along, across = rng.uniform(-reach, reach), rng.uniform(-0.4, 0.4) * reach
        spot = shapely.affinity.rotate(shapely.Point(along, across), site.strike, origin=(0, 0))
        body = Body(outline, turn, (spot.x, spot.y))
        if not any(body.shape.distance(other.shape) < 70 for other in others):
            return body
        reach += 60


def _yard(site: Site, rng: Random, bodies: Sequence[Body]) -> list[Plot]:
    """The plant site and its haul road to the nearest pit: disturbed long ago, in use, open."""
    yard = _settled(shapes.blob(rng, 9 * HA, stretch=1.5, rough=0.06), site, rng, bodies)
    pit = min(bodies, key=lambda body: body.shape.distance(yard.shape))
    way = shapes.road(rng, yard.at, pit.at, width=20)
    way = max(
        shapely.get_parts(way - shapely.union_all([body.shape for body in (yard, *bodies)])), key=lambda part: part.area
    )
    return [
        _one(site, f"00-{number}", shape, mined=2003.5, feature="in use", damage="occupation")
        for number, shape in enumerate((yard.shape, way))
    ]


def _dam() -> list[Plot]:
    """The red-mud dam: terraces of its slope are greened, the pond is still in use."""
    rng = _dice("dam")
    foot = shapes.blob(rng, RED_MUD.area * HA, stretch=1.35, rough=0.07, step=35)
    # the greened belt lies between the foot of the dam and this share of its radius; solved for the published area
    low, high = 0.4, 0.95
    for _ in range(60):
        share = (low + high) / 2
        belt = measured(on_earth(foot, RED_MUD)) - measured(on_earth(_shrunk(foot, share), RED_MUD))
        low, high = (share, high) if belt > DAM_GREENING_M2 else (low, share)
    cells = shapes.terraces(rng, foot, rings=(1 - (1 - share) * 0.36, 1 - (1 - share) * 0.7, share), plots=11)
    plots = []
    for number, (level, cell) in enumerate(cells):
        shape = on_earth(cell, RED_MUD)
        done = (2017, 2018, 2019, None)[level]
        feature = "greening" if done else "red mud"
        plots.append(
            Plot(
                RED_MUD, "D", number, shape, measured(shape), 2006.5, 9999, "contamination", done=done, feature=feature
            )
        )
    return plots


def _shrunk(shape: Polygon, share: float) -> Polygon:
    return shapely.affinity.scale(shape, share, share, origin=(0, 0))


def demo_plot() -> Polygon:
    """The demonstration planting on red mud, exactly as large as published."""
    shape = shapes.placed(
        shapes.blob(_dice("demo"), DEMO_PLOT_M2, stretch=1.3, step=6, rough=0.05), turn=25, at=(-60, 40)
    )
    return on_earth(sized(shape, RED_MUD, DEMO_PLOT_M2), RED_MUD)


def pond(plot: Plot, m2: float) -> Polygon:
    """Water that stays open inside a parcel, of a stated area, clear of the parcel's border while that is possible."""
    shape = shapes.blob(_dice(f"pond {plot.parcel_id}"), m2, stretch=1.1, step=30, rough=0.05)
    centre = shapely.get_point(shapely.maximum_inscribed_circle(plot.shape), 0)
    local = replace(plot.site, at=(centre.x, centre.y))
    return on_earth(sized(shape, local, m2), local)


def _special() -> list[Plot]:
    """Ground that stands for one case each: 73 mu at Xiaoguan, legacy land, a dump that two mines share."""
    by_id = {site.site_id: site for site in SITES}
    xiaoguan, xiuwen, qingzhen = by_id["HA-XG"], by_id["GZ-XW"], by_id["GZ-QZ"]
    rng = _dice("special")
    small = shapes.placed(shapes.blob(rng, XIAOGUAN_M2, stretch=1.7, step=18), turn=70, at=(-2300, 3600))
    legacy = shapes.placed(shapes.blob(rng, LEGACY_HA * HA, stretch=1.5), turn=20, at=(3000, -3300))
    plots = [
        _one(xiaoguan, "73", sized(small, xiaoguan, XIAOGUAN_M2), mined=2012.5, feature="73 mu", done=2019),
        _one(xiuwen, "L", legacy, mined=2015.5, feature="legacy"),
    ]
    dump = shapes.blob(rng, SHARED_DUMP_HA * HA, stretch=1.2, rough=0.08)
    for number, (level, cell) in enumerate(shapes.terraces(rng, dump, rings=(0.8, 0.55), plots=7)):
        shape = shapes.placed(cell, turn=0, at=(2700, 2750))
        plot = _one(qingzhen, "S", shape, mined=(2013.4, 2015.5, 2017.5)[level], feature="shared")
        plots.append(replace(plot, number=number, damage="occupation", ready=(2015.5, 2017.6, 9999)[level]))
    return plots


def _one(
    site: Site,
    body: str,
    shape: Polygon,
    *,
    mined: float,
    feature: str,
    done: int | None = None,
    damage: str = "excavation",
) -> Plot:
    placed = on_earth(shape, site)
    return Plot(site, body, 0, placed, measured(placed), mined, 9999, damage, done, feature)


def _dice(what: str) -> Random:
    return Random(f"{SEED} {what}")
