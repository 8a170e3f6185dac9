"""
The verb of vegetation cover: zones and images, or plots, to one row a zone and date.
"""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, Unpack

import geopandas as gpd
import pandas as pd

from reclaim.errors import CriteriaError, ImageryError, ReclaimError, UnsafePath
from reclaim.io.project import Project
from reclaim.io.rasters import close_rasters
from reclaim.io.safety import is_remote, safe_path
from reclaim.io.scenes import Scene, Stated
from reclaim.io.specs import ImagerySpec
from reclaim.tables import COVER
from reclaim.verbs.images import (
    AboutScene,
    NothingSeen,
    Path_,
    SceneSetAside,
    Source,
    mask_choice,
    scenes_of,
    zone_table,
    zones_of,
)
from reclaim.zonal.cover import Measure
from reclaim.zonal.criteria import Threshold, criteria_of, judge
from reclaim.zonal.series import alarms_of
from reclaim.zonal.weights import Weights
from reclaim.zonal.zones import prepared

__all__ = [
    "AboutScene", "NothingSeen", "SceneSetAside", "alarm_documents", "cover", "cover_of_project", "date_text",
    "row_documents",
]  # fmt: skip

EXTRA = ("date_precision", "index", "criterion", "pixels", "whole", "source")


class CoverOptions(TypedDict, total=False):
    """What the images do not say, and what is measured; as in `Stated` and `Measure`."""

    sensor: str | None
    nodata: float | None
    scale: float | None
    offset: float | None
    date: str | None
    allow_remote: bool
    metric: str
    index: str
    threshold: float | None
    soil: float | None
    vegetation: float | None
    dilate: int
    trust: Path_ | gpd.GeoDataFrame | None


_STATED = ("sensor", "nodata", "scale", "offset", "date", "allow_remote")
_MASKING = ("dilate", "trust")


def cover(
    zones: Path_ | gpd.GeoDataFrame,
    rasters: Source | Sequence[Source] = (),
    *,
    plots: Path_ | pd.DataFrame | None = None,
    min_cover: str | float | None = None,
    **options: Unpack[CoverOptions],
) -> gpd.GeoDataFrame:
    """
    Vegetation cover of zones from images, or from plots that were visited.

    A pixel counts by the exact share of it inside the zone. What was not seen (cloud, nodata, ground off the raster) is
    told apart: ``cover`` holds over seen ground, ``low`` and ``high`` are what the zone would have if all unseen ground
    were bare, or green.

    Parameters
    ----------
    zones : path or GeoDataFrame
        Polygons in any reference system; named by ``zone_id``, else ``parcel_id``, ``site_id``, ``id`` or the row's
        number. ``min_cover`` and ``end_use`` are looked at where there are such columns.
    rasters : path, Scene, xarray's DataArray or Dataset, or several
        Raster files, folders and archives, a date each; a folder of dated rasters stands for all of them. Files named
        SCL or QA_PIXEL are the masks of the others. Arrays in memory, or computed when needed (Dask): a variable or
        label for each band, by name; a ``time`` dimension gives a row for each date.
    plots : path or DataFrame, optional
        Instead of rasters: a filled-in sheet of `plots`, or a table of points with values.
    min_cover : str or float, optional
        Criterion for all zones, such as ``">0.95"``; comes before the zones' own.
    **options
        ``sensor``, ``nodata``, ``scale``, ``offset``, ``date`` (what files do not say), ``allow_remote``; ``metric``
        (``vegetated_fraction``, ``mean_fvc``, ``mean_index``), ``index`` (``ndvi``), ``threshold``, ``soil``,
        ``vegetation``; ``dilate`` (pixels of the quality band by which clouds are made larger) and ``trust`` (outlines
        of bright bare ground that is taken for cloud; cloud flags inside do not count).

    Returns
    -------
    GeoDataFrame
        The columns of the cover table, ``index``, ``criterion``, ``pixels`` (Σ of the seen shares), ``whole`` (seen
        pixels wholly inside), ``source`` and the zone's outline; a row a zone and date, in the zones' order.

    Raises
    ------
    ReclaimError
        When no zone or no image can be used.

    Warns
    -----
    SceneSetAside
        For an image that cannot be used while others can.
    """
    if plots is not None:
        from reclaim.verbs.plots import cover_of_plots

        if not isinstance(rasters, (list, tuple)) or rasters:
            raise CriteriaError("give rasters or plots, not both")
        return cover_of_plots(zones, plots, min_cover=min_cover)
    stated = Stated(**{key: options[key] for key in _STATED if key in options})  # type: ignore[literal-required]
    measured = {key: value for key, value in options.items() if key not in (*_STATED, *_MASKING)}
    measure = Measure(**measured)  # type: ignore[arg-type]
    masks = mask_choice(options.get("dilate", 0), options.get("trust"), stated)
    frame = prepared(zones_of(zones, allow_remote=stated.allow_remote))
    criteria = criteria_for(frame, measure, min_cover)
    made: list[Weights] = []
    try:
        tables = [zone_table(frame, scene, measure, made, masks=masks) for scene in scenes_of(rasters, stated)]
    finally:
        close_rasters()
    return assembled(frame, _kept(tables), criteria)


def criteria_for(
    zones: gpd.GeoDataFrame, measure: Measure | None, min_cover: str | float | None
) -> list[Threshold | None]:
    """Each zone's criterion: the one that was asked for, else its own."""
    share = measure is None or measure.metric != "mean_index"
    if min_cover is not None:
        asked = Threshold.parse(min_cover, share=share)
        return [asked] * len(zones)
    if "min_cover" not in zones:
        return [None] * len(zones)
    return criteria_of(zones.min_cover.tolist(), share=share)


def _kept(tables: Sequence[pd.DataFrame | ReclaimError]) -> list[pd.DataFrame]:
    """The tables; faults are warnings as long as there is one table, and the error where there is none."""
    faults = [fault for table in tables if isinstance(table, ReclaimError) for fault in table.faults]
    good = [table for table in tables if not isinstance(table, ReclaimError)]
    if not good:
        first = next(table for table in tables if isinstance(table, ReclaimError))
        raise first if len(tables) == 1 else ImageryError(*faults)
    for fault in faults:
        warnings.warn(f"{fault}; this image was set aside", SceneSetAside, stacklevel=4)
    return good


def assembled(
    zones: gpd.GeoDataFrame, tables: Sequence[pd.DataFrame], criteria: Sequence[Threshold | None]
) -> gpd.GeoDataFrame:
    """All dates as one judged table, in the zones' order, each zone's dates in theirs."""
    place = {zone: number for number, zone in reversed(list(enumerate(zones.zone_id)))}
    parts = [table.assign(_zone=range(len(zones))) for table in tables]
    rows = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    uses = zones.end_use.tolist() if "end_use" in zones else [None] * len(zones)
    rows = judge(rows, [criteria[i] for i in rows._zone], end_uses=[uses[i] for i in rows._zone])
    rows["_first"] = [place[zone] for zone in rows.zone_id]
    rows = rows.sort_values(["_first", "_zone", "date"], kind="stable", ignore_index=True)
    shapes = zones.geometry.take(rows._zone.to_numpy())
    names = [*(name for name in COVER.names if name != "geometry"), *EXTRA]
    return gpd.GeoDataFrame(plain_gaps(rows[names]), geometry=list(shapes), crs=zones.crs)


def plain_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with None, which is false, where an outcome or criterion is missing; NaN would be true."""
    texts = [name for name in ("outcome", "criterion") if name in rows]
    return rows.assign(**{name: rows[name].astype(object).where(rows[name].notna(), None) for name in texts})


# --- projects ---------------------------------------------------------------------------------------------------


def cover_of_project(project: Project, tables: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """
    The cover table of a project: its imagery over its zones, else over its reclaimed parcels.

    Parameters
    ----------
    project : Project
    tables : mapping of str to GeoDataFrame
        Checked tables.

    Returns
    -------
    GeoDataFrame
        As `cover` gives it, in EPSG:4490; empty where there is no imagery or no zone. An image that cannot be used is a
        warning and never loses the others.
    """
    ground = _ground(tables)
    imagery = [spec for spec in project.imagery if spec.role == "cover"]
    if not imagery or ground is None:
        return pd.DataFrame(columns=[name for name in COVER.names if name != "geometry"])
    frame = prepared(ground)
    found: list[gpd.GeoDataFrame] = []
    faults: list[str] = []
    made: list[Weights] = []
    try:
        for spec in imagery:
            try:
                measure = _measure_of(spec)
                criteria = criteria_for(frame, measure, None)
                pairs = [zone_table(frame, scene, measure, made) for scene in _project_scenes(project, spec, frame)]
            except UnsafePath:
                raise
            except ReclaimError as error:
                pairs = [error]
            faults += [fault for table in pairs if isinstance(table, ReclaimError) for fault in table.faults]
            good = [table for table in pairs if not isinstance(table, ReclaimError)]
            if good:
                found.append(assembled(frame, good, criteria))
    finally:
        close_rasters()
    for fault in faults:
        warnings.warn(f"imagery: {fault}; this image was set aside", SceneSetAside, stacklevel=2)
    if not found:
        return pd.DataFrame(columns=[name for name in COVER.names if name != "geometry"])
    rows: pd.DataFrame = pd.concat(found, ignore_index=True)
    return plain_gaps(rows.sort_values(["zone_id", "date"], kind="stable", ignore_index=True))


def _ground(tables: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """The zones, else each reclaimed parcel as it was last delivered."""
    zones = tables.get("zones")
    if zones is not None and len(zones):
        return zones
    parcels = tables.get("parcels")
    if parcels is None or parcels.empty:
        return None
    done = parcels[~parcels.stage.isin(["planned", "soils_placed", "failed"])] if "stage" in parcels else parcels
    if "parcel_id" not in done:
        return done if len(done) else None
    order = [name for name in ("date", "_delivered") if name in done]
    last = (
        done.sort_values(order, kind="stable").drop_duplicates("parcel_id", keep="last").sort_index() if order else done
    )
    return last if len(last) else None


def _measure_of(spec: ImagerySpec) -> Measure:
    named = {
        "metric": spec.metric or "vegetated_fraction",
        "index": spec.index or "ndvi",
        "threshold": spec.threshold,
        "soil": spec.soil,
        "vegetation": spec.vegetation,
    }
    return Measure(**named)  # type: ignore[arg-type]


def _project_scenes(project: Project, spec: ImagerySpec, zones: gpd.GeoDataFrame) -> Iterator[Scene | ReclaimError]:
    stated = Stated(spec.sensor, spec.nodata, spec.scale, spec.offset, spec.date, project.allow_remote)
    if spec.stac is not None:
        from reclaim.io.stac import stac_scenes

        yield from stac_scenes(spec.stac, zones, folder=project.folder, allow_remote=project.allow_remote)
        return
    for path in _project_paths(project, str(spec.path)):
        yield from scenes_of(path, stated)


def _project_paths(project: Project, text: str) -> list[str]:
    """The rasters that a project's path means: one, or all that a pattern matches."""
    if is_remote(text) and project.allow_remote:
        return [text]
    path = safe_path(text, project.folder, allow_outside=project.allow_outside)
    if path.exists() or not any(sign in text for sign in "*?["):
        return [str(path)]
    found = sorted(project.folder.glob(text))
    if not found:
        raise ImageryError(f"{text}: no file matches")
    return [str(safe_path(item, project.folder, allow_outside=project.allow_outside)) for item in found]


def row_documents(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a cover table as JSON knows them; dates as precise as they are known."""
    plain = pd.DataFrame(rows.drop(columns=[name for name in ("geometry", "date_precision") if name in rows]))
    precision = rows.date_precision if "date_precision" in rows else [None] * len(rows)
    found = plain.to_dict("records")
    for row, kind in zip(found, precision, strict=True):
        row["date"] = date_text(row["date"], kind)
    return [{str(key): None if _missing(value) else value for key, value in row.items()} for row in found]


def alarm_documents(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Where cover fell, stands still or is late, zone by zone through its dates, as JSON knows it."""
    raised = alarms_of(pd.DataFrame(rows))
    shown = raised[["zone_id", "metric", "date", "cover", "change", "alarm"]]
    return row_documents(shown)


def _missing(value: Any) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def date_text(date: Any, precision: object) -> str | None:
    """A date of a cover table as people write it: a year, a month or a day."""
    if pd.isna(date):
        return None
    return {"year": f"{date:%Y}", "month": f"{date:%Y-%m}"}.get(str(precision), f"{date:%Y-%m-%d}")
