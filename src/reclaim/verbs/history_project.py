"""
The yearly stacks of a project: loss and recovery of its own ground, and its drawn footprints beside them.
"""

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from reclaim.errors import ImageryError, ReclaimError, ReclaimWarning, UnsafePath
from reclaim.geodesy import to_cgcs2000
from reclaim.io.grids import Grid
from reclaim.io.project import Project
from reclaim.io.rasters import close_rasters
from reclaim.io.safety import safe_path
from reclaim.io.scenes import Stated
from reclaim.io.specs import ImagerySpec
from reclaim.timeline.agreement import agreement
from reclaim.timeline.patches import within_sites
from reclaim.timeline.results import History
from reclaim.timeline.segments import MIN_MAGNITUDE
from reclaim.verbs.history import measured
from reclaim.verbs.history_files import SUMMARY, preview, read_history
from reclaim.verbs.history_sites import YEARS, read_sites
from reclaim.verbs.history_stack import open_stack
from reclaim.zonal.zones import on_grid

AROUND_M = 1_000.0  # without permits and outlines of sites: how far around drawn ground imagery is searched
_RECLAIMED = ("temporary", "permanent", "accepted", "certified")
_DEGREE_M = 111_320.0

Tables = Mapping[str, gpd.GeoDataFrame]


class StackSetAside(ReclaimWarning):
    """A yearly stack of a project could not be used."""


def histories_of_project(project: Project, tables: Tables, spells: gpd.GeoDataFrame) -> tuple[History, ...]:
    """
    What each yearly stack of a project tells of its sites and parcels.

    Parameters
    ----------
    project : Project
        Its ``[[imagery]]`` of the role ``history``: folders of yearly rasters, or what ``reclaim history`` wrote.
    tables : mapping of str to GeoDataFrame
        Checked tables.
    spells : GeoDataFrame
        The history of the ground.

    Returns
    -------
    tuple of History
        With the drawn ground beside it. A stack that cannot be used is a warning and never loses the others.
    """
    made = []
    for spec in project.imagery:
        if spec.role != "history":
            continue
        try:
            path = safe_path(str(spec.path), project.folder, allow_outside=project.allow_outside)
            known = (path / SUMMARY).is_file()
            found = _read(path, tables, spells) if known else _worked_out(path, spec, tables, spells)
            made.append(_beside_drawn(found, spells))
        except UnsafePath:
            raise
        except ReclaimError as error:
            for fault in error.faults:
                warnings.warn(f"imagery: {fault}; this stack was set aside", StackSetAside, stacklevel=2)
        finally:
            close_rasters()
    return tuple(made)


def _read(path: Path, tables: Tables, spells: gpd.GeoDataFrame) -> History:
    """A history that was written before, as far as it shows the project's land."""
    found = read_history(path)
    assert found.preview is not None
    search = _search(tables, spells, found.preview.grid)
    lost = found.footprints.to_crs(search.crs)
    kept = within_sites(lost.drop(columns=["site_id", "area_m2"]), search)
    return replace(found, preview=preview(path, around=search), footprints=kept)


def _worked_out(path: Path, spec: ImagerySpec, tables: Tables, spells: gpd.GeoDataFrame) -> History:
    """A stack gone through now."""
    stack = open_stack(path, spec.index, Stated(spec.sensor, spec.nodata, spec.scale, spec.offset))
    definition = spec.definition or "white"
    grounds, search = _on_stack(grounds_of(tables, spells), stack.grid), _search(tables, spells, stack.grid)
    # parcels and sites have ids of their own, which may be the same; inside they are told apart by their number, and
    # the ground that is searched stands last
    looked = pd.concat([grounds.to_crs(search.crs), search], ignore_index=True)
    looked["site_id"] = [str(number) for number in range(len(looked))]
    sites = read_sites(gpd.GeoDataFrame(looked), stack.grid, definition=definition)
    least = MIN_MAGNITUDE if spec.min_magnitude is None else spec.min_magnitude
    with tempfile.TemporaryDirectory() as folder:
        found = measured(stack, Path(folder), sites=sites, search=search, min_magnitude=least, definition=definition)
        close_rasters()
    return _named(found, grounds, last=str(len(grounds)))


def _named(found: History, grounds: gpd.GeoDataFrame, *, last: str) -> History:
    """The history with the names of its grounds, and what was lost on the ground that was searched."""
    assert found.grounds is not None
    rows = []
    whole: dict[str, Any] = {"disturbed": [], "judged_m2": 0.0}
    for row in found.sites:
        if row["site_id"] == last:
            whole = row
        else:
            ground = grounds.iloc[int(row["site_id"])]
            rows.append({**row, "site_id": str(ground["site_id"]), "kind": str(ground["kind"])})
    kept = found.grounds[found.grounds["site_id"] != last]
    return replace(
        found,
        sites=tuple(rows),
        grounds=kept.assign(site_id=[row["site_id"] for row in rows]),
        disturbed=pd.DataFrame(whole["disturbed"], columns=list(found.disturbed.columns)),
        judged_m2=whole["judged_m2"],
        searched=True,
    )


def grounds_of(tables: Tables, spells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    The ground of a project that a stack is looked at for: each reclaimed parcel, then the mined land of each site.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame
    spells : GeoDataFrame

    Returns
    -------
    GeoDataFrame, EPSG:4490
        ``site_id`` (of a parcel its ``parcel_id``), ``kind`` (``parcel`` or ``site``), and the four years: those that
        the parcels carry; else disturbed when most of the ground below was opened, recovering since the parcel's first
        stage of reclamation.
    """
    parts = [part for part in (_parcels(tables, spells), _sites(spells)) if len(part)]
    if not parts:
        raise ImageryError("the project has no ground that a stack could be looked at for")
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4490")


def _parcels(tables: Tables, spells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    parcels = tables.get("parcels")
    if parcels is None or parcels.empty or "parcel_id" not in parcels or "stage" not in parcels:
        return gpd.GeoDataFrame({"site_id": []}, geometry=[], crs="EPSG:4490")
    done = parcels[parcels["stage"].isin(_RECLAIMED) & parcels["parcel_id"].notna()].sort_values("date", kind="stable")
    first = done.drop_duplicates("parcel_id").sort_index()
    since = pd.to_datetime(first["date"]).dt.year
    opened = _opened(first, spells)
    years = {name: first[name] if name in first else pd.Series(None, index=first.index, dtype=object) for name in YEARS}
    years["rest_start"] = years["rest_start"].where(years["rest_start"].notna(), since.astype(object))
    years["dist_start"] = years["dist_start"].where(years["dist_start"].notna(), opened)
    told = {name: values.to_numpy(dtype=object) for name, values in years.items()}
    shapes = to_cgcs2000(first.geometry).to_numpy()
    return gpd.GeoDataFrame(
        {"site_id": first["parcel_id"].astype(str).to_numpy(), "kind": "parcel", **told}, geometry=shapes,
        crs="EPSG:4490",
    )  # fmt: skip


def _opened(parcels: gpd.GeoDataFrame, spells: gpd.GeoDataFrame) -> pd.Series:
    """The year in which most of the ground under each parcel was opened before it was reclaimed; None where unknown."""
    opened = spells[(spells["state"] == "open") & spells["start"].notna()]
    shapes, ground = to_cgcs2000(parcels.geometry).to_numpy(), opened.geometry.to_numpy()
    parcel, spell = shapely.STRtree(ground).query(shapes, predicate="intersects")
    rows = pd.DataFrame({"parcel": parcel, "year": opened["start"].dt.year.to_numpy()[spell]})
    rows["until"] = pd.to_datetime(parcels["date"]).dt.year.to_numpy()[parcel]
    # for choosing a year among some, degrees are as good as metres
    rows["part"] = shapely.area(shapely.intersection(shapes[parcel], ground[spell]))
    rows = rows[(rows["year"] <= rows["until"]) & (rows["part"] > 0)]
    sums = rows.groupby(["parcel", "year"])["part"].sum().reset_index().sort_values(["parcel", "part"], kind="stable")
    most = sums.drop_duplicates("parcel", keep="last").set_index("parcel")["year"]
    return pd.Series([most.get(number) for number in range(len(parcels))], index=parcels.index, dtype=object)


def _sites(spells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The land of each site that was ever disturbed, since its first year."""
    faces = spells.sort_values("start", kind="stable").drop_duplicates("face_id")
    rows = faces.assign(site_id=faces["site_id"].astype(str).str.split(";")).explode("site_id")
    parts = list(rows.groupby("site_id", sort=True))
    made = [
        {
            "site_id": str(site),
            "kind": "site",
            "dist_start": int(part["start"].dt.year.min()),
            **dict.fromkeys(YEARS[1:]),
        }
        for site, part in parts
    ]
    shapes = [shapely.union_all(part.geometry.to_numpy()) for _, part in parts]
    return gpd.GeoDataFrame(made, geometry=shapes, crs="EPSG:4490")


def _on_stack(grounds: gpd.GeoDataFrame, grid: Grid) -> gpd.GeoDataFrame:
    """Those that meet the stack."""
    near = grounds[_near(grounds, grid)]
    here = near[shapely.intersects(on_grid(near, grid), shapely.box(*grid.bounds))] if len(near) else near
    if here.empty:
        raise ImageryError("the stack shows none of the project's land; look at the reference systems of both")
    return here.reset_index(drop=True)


def _near(frame: gpd.GeoDataFrame, grid: Grid) -> NDArray[np.bool_]:
    """Which rows lie about a grid, in degrees: what is far away need not have a place in its reference system."""
    degrees = Transformer.from_crs(grid.crs, "EPSG:4490", always_xy=True)
    box = shapely.box(*degrees.transform_bounds(*grid.bounds, densify_pts=21))
    return np.asarray(shapely.intersects(frame.geometry.to_numpy(), box))


def _search(tables: Tables, spells: gpd.GeoDataFrame, grid: Grid) -> gpd.GeoDataFrame:
    """Where losses are looked for: drawn ground with permits and outlines of sites, else with its surroundings."""
    areas = [to_cgcs2000(tables[name].geometry).to_numpy() for name in ("permits", "sites") if name in tables]
    known = np.concatenate([np.empty(0, dtype=object), *areas])
    known = known[shapely.get_dimensions(known) == 2]
    drawn = spells.geometry[_near(spells, grid)].to_numpy()
    if not len(drawn):
        raise ImageryError("the stack shows none of the project's land; look at the reference systems of both")
    if len(known):
        parts = np.concatenate([known, drawn])
    else:
        _, south, _, north = shapely.total_bounds(drawn)
        squeeze = max(float(np.cos(np.radians((south + north) / 2))), 0.02)
        # a circle of degrees would be too narrow in longitude: stretched by the latitude
        wide = shapely.buffer(shapely.transform(drawn, lambda c: c * [squeeze, 1.0]), AROUND_M / _DEGREE_M, quad_segs=4)
        parts = shapely.transform(wide, lambda c: c / [squeeze, 1.0])
    whole = gpd.GeoDataFrame(
        {"site_id": [""]}, geometry=[shapely.union_all(shapely.make_valid(parts))], crs="EPSG:4490"
    )
    return whole.set_geometry(gpd.GeoSeries(on_grid(whole, grid), crs=grid.crs))


def _beside_drawn(found: History, spells: gpd.GeoDataFrame) -> History:
    """The history with the ground that is drawn as disturbed beside it, each piece in its first year."""
    if found.preview is None:
        return found
    grid = found.preview.grid
    first = spells[_near(spells, grid)].sort_values("start", kind="stable").drop_duplicates("face_id")
    ground = gpd.GeoDataFrame({"year": first["start"].dt.year}, geometry=first.geometry, crs=spells.crs)
    # faces are cut in degrees; moved to a grid their finest corners may cross
    whole = shapely.make_valid(on_grid(ground, grid), method="structure", keep_collapsed=False)
    shapes = shapely.intersection(whole, shapely.box(*grid.bounds))
    seen = gpd.GeoDataFrame({"year": ground["year"].to_numpy()}, geometry=shapes, crs=grid.crs)
    # what was drawn before the second image cannot be seen to be lost
    asked = seen[(shapely.area(shapes) > 0) & seen["year"].between(found.years[0] + 1, found.years[-1])]
    return replace(found, drawn=agreement(found.footprints, asked)) if len(asked) else found
