"""The rows that the companies of the group would have delivered for this ground, with the faults that people make."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from reclaim.sample_projects.chinalco.cases import Cases
from reclaim.sample_projects.chinalco.ground import Plot, demo_plot, measured
from reclaim.sample_projects.chinalco.plan import END_USES, LAST, RED_MUD, SEED, SITES, Site
from reclaim.sample_projects.chinalco.schedule import BEFORE, is_old

Row = dict[str, Any]


@dataclass(frozen=True)
class World:
    """The plots with their years, and the ground of each case."""

    plots: Sequence[Plot]
    cases: Cases

    def of(self, site: Site) -> list[Plot]:
        """The plots of one site."""
        return [plot for plot in self.plots if plot.site == site]


def joined(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """Ground of several plots as one; what was one vertex stays one."""
    return shapely.union_all(list(shapes))


def sites() -> Iterator[Row]:
    """One row per site, with a point."""
    for site in (*SITES, RED_MUD):
        yield {
            "site_id": site.site_id,
            "name": site.name,
            "name_zh": site.name_zh,
            "kind": site.kind,
            "company": site.company,
            "province": site.province,
            "geometry": shapely.Point(site.at),
        }


def baseline(world: World) -> Iterator[Row]:
    """Land that was open or reclaimed at the end of the year before the first."""
    groups: dict[tuple[str, str, str], list[Plot]] = defaultdict(list)
    for plot in world.plots:
        if is_old(plot):
            groups[plot.site.site_id, plot.body, _old_state(plot)].append(plot)
    for (site_id, body, state), plots in groups.items():
        ground = joined([plot.shape for plot in plots])
        yield {
            "baseline_id": f"{site_id}-{body}-{state}",
            "site_id": site_id,
            "date": f"{BEFORE}-12-31",
            "state": state,
            "geometry": ground,
        }


def _old_state(plot: Plot) -> str:
    if plot.done != BEFORE:
        return "open"
    return ("reclaimed", "accepted", "certified")[int(plot.body) % 3]


def footprints(world: World) -> Iterator[Row]:
    """Land newly disturbed, by body and year; year-only dates where a company keeps no others."""
    groups: dict[tuple[Site, str, int], list[Plot]] = defaultdict(list)
    for plot in world.plots:
        if not is_old(plot) and plot not in world.cases.order_unclear:
            groups[plot.site, plot.body, int(plot.mined)].append(plot)
    for (site, body, year), plots in groups.items():
        legacy = plots[0].feature == "legacy"
        yield _footprint(
            site,
            f"{body}-{year}",
            [plot.shape for plot in plots],
            year=year,
            damage=plots[0].damage,
            liability="legacy" if legacy else "company",
        )
        if plots[0].feature == "shared":
            partner = next(other for other in SITES if other.site_id == "GZ-XW")
            yield _footprint(partner, f"{body}-{year}", [plot.shape for plot in plots], year=year, damage="occupation")
    for plot in world.cases.order_unclear:
        yield _footprint(plot.site, f"{plot.body}-Y", [plot.shape], year=LAST - 1, when=str(LAST - 1))
    for mined_again, year in world.cases.remined:
        yield _footprint(mined_again[0].site, f"R-{year}", [plot.shape for plot in mined_again], year=year)


def _footprint(
    site: Site,
    name: str,
    shapes: Sequence[Polygon],
    *,
    year: int,
    when: str = "",
    damage: str = "excavation",
    liability: str = "company",
) -> Row:
    footprint_id = f"{site.site_id}-{name}"
    dice = Random(f"{SEED} {footprint_id}")
    surveyed = date(year, 9, 30) + timedelta(days=dice.randrange(80))
    if site.site_id == "GZ-XW":
        when = str(year)
    free = surveyed + timedelta(days=dice.randrange(200, 600))
    return {
        "footprint_id": footprint_id,
        "site_id": site.site_id,
        "date": when or surveyed.isoformat(),
        "damage": damage,
        "released": free.isoformat() if free.year <= LAST else None,
        "liability": liability,
        "recorded": (surveyed + timedelta(days=45)).isoformat(),
        "geometry": joined(shapes),
    }


def parcels(world: World, ponds: Mapping[int, Polygon]) -> Iterator[Row]:
    """Reclamation events of all companies but the one in Shanxi, which writes its own table."""
    for plot in world.plots:
        if plot.site.site_id != "SX-XY" and plot.done and plot.done > BEFORE:
            yield from _events(plot, world, ponds)
    yield from _other_stages(world)
    yield from _case_parcels(world)


def _events(plot: Plot, world: World, ponds: Mapping[int, Polygon]) -> Iterator[Row]:
    """A parcel as reclaimed, and, of most, its acceptance in the next year."""
    assert plot.done is not None
    cases = world.cases
    ground: BaseGeometry = plot.shape
    for year, pond in ponds.items():
        if plot == cases.with_pond[year]:
            ground = Polygon(plot.shape.exterior, [pond.exterior])
    declared = measured(ground) * 3 / 2000
    ground = cases.as_delivered.get(plot.parcel_id, ground)
    dice = _dice(plot)
    when = (
        date(plot.done, 9, 20)
        if plot in cases.order_unclear
        else date(plot.done, 3, 1) + timedelta(dice.randrange(290))
    )
    row = _parcel(plot, ground, when=when, stage="permanent") | {"declared_mu": round(declared, 1)}
    if plot == cases.late:
        row["recorded"] = f"{LAST + 1}-07-15"
    if plot == cases.misdeclared:
        row["declared_mu"] = round(row["declared_mu"] * 1.15, 1)
    if plot == cases.wrong_site:
        row["site_id"] = "GZ-QZ"
    yield row
    if plot.done < LAST and (dice.random() < 0.7 or plot in cases.failed):
        yield {**row, **_stage(date(plot.done + 1, 6, 1) + timedelta(dice.randrange(150)), "accepted")}
        if plot.done < LAST - 1 and dice.random() < 0.4 and plot not in cases.failed:
            yield {**row, **_stage(date(plot.done + 2, 10, 15), "certified")}
    if plot in cases.failed:
        yield {**row, **_stage(date(LAST, 7, 12), "failed")}


def _parcel(plot: Plot, ground: BaseGeometry, *, when: date, stage: str) -> Row:
    use = end_use(plot)
    return {
        "parcel_id": plot.parcel_id,
        "site_id": plot.site.site_id,
        "end_use": use,
        "class_before": "0602",
        "class_after": END_USES[use][1],
        "declared_mu": round(plot.m2 * 3 / 2000, 1),
        **_stage(when, stage),
        "geometry": ground,
    }


def _stage(when: date, stage: str) -> Row:
    return {"date": when.isoformat(), "stage": stage, "recorded": (when + timedelta(days=25)).isoformat()}


def end_use(plot: Plot) -> str:
    """What a plot is used for afterwards."""
    if plot.feature in {"greening", "73 mu"}:
        return "grassland" if plot.feature == "greening" else "forest"
    return _dice(plot).choices(list(END_USES), [share for share, _, _ in END_USES.values()])[0]


def _other_stages(world: World) -> Iterator[Row]:
    """What changes no account: plans, cover soil, temporary greening."""
    cases = world.cases
    for plot in cases.planned:
        yield {**_parcel(plot, plot.shape, when=date(LAST, 1, 10), stage="planned"), "date": str(LAST)}
    for plot in cases.next_year:
        yield {**_parcel(plot, plot.shape, when=date(LAST, 12, 20), stage="planned"), "date": str(LAST + 1)}
    for plot in cases.temporary:
        yield _parcel(plot, plot.shape, when=date(LAST, 9, 10), stage="temporary")
    for plot in cases.soils_placed:
        yield _parcel(plot, plot.shape, when=date(LAST, 10, 8), stage="soils_placed")


def _case_parcels(world: World) -> Iterator[Row]:
    """Ground reclaimed again, legacy land done by others, planting beside the mine, the trial on red mud."""
    again, _ = world.cases.remined[0]
    yield _parcel(again[0], again[0].shape, when=date(LAST, 11, 5), stage="permanent") | {"parcel_id": "GX-PG-R-01"}
    legacy = next(plot for plot in world.plots if plot.feature == "legacy")
    yield _parcel(legacy, legacy.shape, when=date(LAST - 1, 4, 25), stage="permanent")
    roadside = world.cases.roadside
    yield {
        "parcel_id": "GX-PG-X-01",
        "site_id": "GX-PG",
        "end_use": "forest",
        "class_before": "0404",
        "class_after": "0301",
        "declared_mu": 45.0,
        **_stage(date(LAST - 2, 3, 12), "permanent"),
        "geometry": roadside,
    }
    pond = next(plot for plot in world.plots if plot.feature == "red mud")
    demo = _parcel(pond, demo_plot(), when=date(LAST - 1, 4, 18), stage="temporary")
    yield demo | {"parcel_id": "GZ-CN-DEMO", "declared_mu": 4.5, "end_use": "grassland", "class_after": "0404"}


def shanxi(world: World) -> Iterator[Row]:
    """The table of the company in Shanxi: one row a parcel, a date column a stage, its own words and zone."""
    for plot in world.plots:
        if plot.site.site_id == "SX-XY" and plot.done and plot.done > BEFORE:
            dice = _dice(plot)
            done = date(plot.done, 4, 1) + timedelta(dice.randrange(250))
            accepted = date(plot.done + 1, 6, 1) + timedelta(dice.randrange(120))
            known = plot.done < LAST and dice.random() < 0.8
            yield {
                "地块编号": plot.parcel_id,
                "竣工日期": f"{done.year}年{done.month}月{done.day}日",
                "验收日期": f"{accepted.year}年{accepted.month}月" if known else "",
                "复垦方向": END_USES[end_use(plot)][2],
                "申报面积（亩）": f"{plot.m2 * 3 / 2000:.1f}",
                "geometry": plot.shape,
            }


def permits(world: World) -> Iterator[Row]:
    """Two permits a mine, one after the other; at two mines the first leaves out a corner that was mined too."""
    for site in SITES:
        # both mines that use the shared dump hold a permit for it
        held = [
            plot for plot in world.plots if plot.site == site or (plot.feature == "shared" and site.site_id == "GZ-XW")
        ]
        hull = shapely.convex_hull(shapely.union_all([plot.shape for plot in held]))
        whole = shapely.set_precision(hull.buffer(0.0012, quad_segs=2), 10.0**-7)
        first = whole
        if site.site_id in {"GX-PG", "SX-XY"}:
            corner = max(world.of(site), key=lambda plot: (int(plot.mined) == 2017, plot.m2)).shape.centroid
            first = max(shapely.get_parts(whole - corner.buffer(0.0014, quad_segs=3)), key=lambda part: part.area)
        for number, (start, end, shape) in enumerate(((2009, 2018, first), (2019, 2028, whole)), start=1):
            yield {
                "permit_id": f"C{site.site_id.replace('-', '')}{start}{number}",
                "site_id": site.site_id,
                "valid_from": f"{start}-01-01",
                "valid_to": f"{end}-12-31",
                "geometry": shape,
            }


def responsibility(world: World) -> Iterator[Row]:
    """Land that the group owes: all that it disturbed, less yards and roads that stay in use."""
    for site in (*SITES, RED_MUD):
        owed = [plot.shape for plot in world.of(site) if plot.feature not in {"in use", "legacy"}]
        yield {"site_id": site.site_id, "geometry": joined(owed)}


def zones(world: World) -> Iterator[Row]:
    """Where cover is judged on the dam: the trial, the greened slope, bare red mud, and undisturbed grass."""
    greened = joined([plot.shape for plot in world.plots if plot.feature == "greening"])
    pond = next(plot.shape for plot in world.plots if plot.feature == "red mud")
    x, y = RED_MUD.at
    grass = shapely.Point(x - 0.0085, y + 0.0035).buffer(0.0012, quad_segs=4)
    rows = (
        ("DEMO", "red_mud", ">0.95", "grassland", demo_plot()),
        ("GREENING", "red_mud", None, "grassland", greened),
        ("POND", "red_mud", None, "other", pond),
        ("REFERENCE", "reference", None, "grassland", grass),
    )
    for name, kind, criterion, use, ground in rows:
        yield {
            "zone_id": f"GZ-CN-{name}",
            "site_id": "GZ-CN",
            "kind": kind,
            "min_cover": criterion,
            "end_use": use,
            "geometry": ground,
        }


def measurements() -> Iterator[Row]:
    """Soil of the trial and of bare red mud, and plant cover counted on ten frames."""
    dice = Random(f"{SEED} soil")
    trial = demo_plot().centroid
    for number in range(1, 13):
        bare = number > 9
        place = shapely.Point(
            trial.x + dice.uniform(-2e-4, 2e-4) + (0.003 if bare else 0), trial.y + dice.uniform(-2e-4, 2e-4)
        )
        values = (
            ("ph", "1", 11.6 if bare else 8.7, 0.3),
            ("ec", "mS/cm", 4.8 if bare else 1.4, 0.3),
            ("cover", "%", 97.0, 1.5),
        )
        for quantity, unit, middle, spread in values[: 2 if bare else 3]:
            value = min(middle + dice.uniform(-spread, spread), 100.0)
            yield {
                "point_id": f"P{number:02d}",
                "zone_id": "GZ-CN-POND" if bare else "GZ-CN-DEMO",
                "date": f"{LAST}-08-21",
                "quantity": quantity,
                "value": round(value, 2),
                "unit": unit,
                "method": "made up",
                "geometry": place,
            }


def _dice(plot: Plot) -> Random:
    return Random(f"{SEED} {plot.parcel_id}")
