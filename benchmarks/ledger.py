"""The land ledger beside what people write with geopandas and shapely."""

import os
import resource
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.data import mines
from benchmarks.rows import Row, measured, versus

EQUAL_AREA = "EPSG:6933"


def run() -> list[Row]:
    small = mines(20_000, 10_000)
    rows = [
        _against(small, "20 k footprints + 10 k parcels", "geopandas dissolve + overlay a year", by_overlay, goal=5.0)
    ]
    large = mines(200_000, 100_000)
    rows.append(_against(large, "200 k + 100 k", "hand-written shapely, mine by mine", by_mine, goal=1.3))
    rows.append(_growth(rows))
    if os.environ.get("RECLAIM_BENCH") == "full":
        huge = mines(200_000, 1_000_000)
        rows.append(_against(huge, "200 k + 1 M", "hand-written shapely, mine by mine", by_mine, goal=1.0))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        rows.append(Row(f"peak memory of all of the above, GB: {peak:.1f}", 0, "–", None, None, "≤ 8 GB"))
    return rows


def _against(data: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], size: str, opponent: str, theirs, *, goal: float) -> Row:
    checked = {"footprints": as_checked(data[0]).assign(meaning="increment"), "parcels": as_checked(data[1])}
    ours_s, ours = measured(lambda: ours_of(checked))
    theirs_s, other = measured(lambda: theirs(*(frame.to_crs(EQUAL_AREA) for frame in data)))
    # both must speak of the same land before their times are compared; theirs takes each mine for an island
    assert abs(ours["closing"].iloc[-1] / other["closing"].iloc[-1] - 1) < 5e-3, (ours, other)
    worst = np.abs(_imbalance(ours)).max()
    return versus(f"ledger, {size} (balances to {worst:.0e} m²)", opponent, ours=ours_s, theirs=theirs_s, goal=goal)


def _growth(rows: list[Row]) -> Row:
    factor = rows[1].ours_cpu_s / rows[0].ours_cpu_s
    return Row(
        f"ledger, ten times the work takes {factor:.1f} × as long", rows[1].ours_cpu_s, "–", None, None, "≤ 12 ×"
    )


def _imbalance(rows: pd.DataFrame) -> pd.Series:
    plus = rows[["opening", "new", "redisturbed", "failed", "correction"]].fillna(0).sum(axis=1)
    return plus - rows[["reclaimed", "reclaimed_again"]].fillna(0).sum(axis=1) - rows["closing"]


def ours_of(checked: dict[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    from reclaim.land.accounts import ledger
    from reclaim.land.history import cut

    land = cut(checked)
    ledger(land, by="site")
    return ledger(land, by="group").rows


def as_checked(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The columns that the checks add, for input that is known to be sound."""
    day = frame["date"].astype("datetime64[s]")
    extra = {
        "date": day,
        "date_start": day,
        "date_precision": "day",
        "_source": "made up",
        "_row": np.arange(len(frame)),
        "_delivered": np.arange(len(frame)),
    }
    return frame.assign(**extra)


# --- what people write ---


def by_overlay(footprints: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Dissolve by mine and year, then overlays from year to year."""
    damaged = footprints.dissolve(["site_id", "year"]).reset_index()[["site_id", "year", "geometry"]]
    restored = parcels.dissolve(["site_id", "year"]).reset_index()[["site_id", "year", "geometry"]]
    none = damaged.iloc[:0]
    ever, open_land, done, rows = none, none, none, []
    for year in sorted(damaged["year"].unique()):
        now, back = damaged[damaged["year"] == year], restored[restored["year"] == year]
        new = _minus(now, ever)
        again = _both(now, done)
        opening = open_land.area.sum()
        open_land = _plus(open_land, now)
        done = _minus(done, now)
        reclaimed = _both(back, open_land)
        open_land = _minus(open_land, back)
        done = _plus(done, reclaimed)
        ever = _plus(ever, now)
        rows.append((year, opening, new.area.sum(), again.area.sum(), reclaimed.area.sum(), open_land.area.sum()))
    return pd.DataFrame(rows, columns=["year", "opening", "new", "redisturbed", "reclaimed", "closing"])


def _over(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame, how: str) -> gpd.GeoDataFrame:
    # a mine has its own ground: overlay within the mine, as each would do for itself
    return gpd.overlay(left[["site_id", "geometry"]], right[["geometry"]], how=how, keep_geom_type=True)


def _minus(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return _over(left, right, "difference") if len(left) and len(right) else left[["site_id", "geometry"]]


def _both(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return (
        _over(left, right, "intersection").dissolve("site_id").reset_index()
        if len(left) and len(right)
        else left.iloc[:0]
    )


def _plus(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return pd.concat([left[["site_id", "geometry"]], right[["site_id", "geometry"]]]).dissolve("site_id").reset_index()


def by_mine(footprints: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Set operations on shapely geometries, one mine after the other."""
    years = sorted(footprints["year"].unique())
    restored = dict(_unions(parcels))
    damaged = dict(_unions(footprints))
    names = ["opening", "new", "redisturbed", "reclaimed", "closing"]
    sums = pd.DataFrame(0.0, index=years, columns=names)
    for site in footprints["site_id"].unique():
        for year, *areas in _one_mine(site, years, damaged, restored):
            sums.loc[year] += areas
    return sums.reset_index(names="year")


def _unions(frame: gpd.GeoDataFrame) -> Iterator[tuple[tuple[str, int], shapely.Geometry]]:
    for key, rows in frame.groupby(["site_id", "year"]).indices.items():
        yield key, shapely.union_all(frame.geometry.array[rows])


def _one_mine(site: str, years: list[int], damaged: dict, restored: dict) -> Iterator[tuple[float, ...]]:
    nothing = shapely.Polygon()
    ever = open_land = done = nothing
    for year in years:
        now, back = damaged.get((site, year), nothing), restored.get((site, year), nothing)
        opening = open_land.area
        new, again = now - ever, now & done
        open_land, done, ever = open_land | now, done - now, ever | now
        reclaimed = back & open_land
        open_land, done = open_land - back, done | reclaimed
        yield year, opening, new.area, again.area, reclaimed.area, open_land.area
