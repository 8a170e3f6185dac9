"""
The verb of vegetation cover: zones and images, or plots, to one row a zone and date.
"""

import math
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

import geopandas as gpd
import pandas as pd

from reclaim.errors import CriteriaError, ImageryError, ReclaimError, ReclaimWarning, UnsafePath
from reclaim.io import band_names
from reclaim.io.project import Project
from reclaim.io.rasters import close_rasters
from reclaim.io.safety import is_remote, safe_path
from reclaim.io.scenes import Scene, Stated, mask_layer, open_scene, scene_paths
from reclaim.io.specs import ImagerySpec
from reclaim.io.vectors import read_table
from reclaim.tables import COVER
from reclaim.zonal.bands import index_image
from reclaim.zonal.cover import Measure, zone_cover
from reclaim.zonal.criteria import Threshold, criteria_of, judge
from reclaim.zonal.weights import Weights
from reclaim.zonal.zones import prepared

Path_ = str | os.PathLike[str]
Source = Path_ | Scene
EXTRA = ("date_precision", "index", "criterion", "pixels", "whole", "source")


class SceneSetAside(ReclaimWarning):
    """One of several images could not be used; the others were."""


class AboutScene(ReclaimWarning):
    """Something about an image that its figures depend on."""


class NothingSeen(ReclaimWarning):
    """An image shows nothing of the zones."""


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


_STATED = ("sensor", "nodata", "scale", "offset", "date", "allow_remote")


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
    rasters : path, Scene, or several
        Raster files, folders and archives, a date each; a folder of dated rasters stands for all of them. Files named
        SCL or QA_PIXEL are the masks of the others.
    plots : path or DataFrame, optional
        Instead of rasters: a filled-in sheet of `plots`, or a table of points with values.
    min_cover : str or float, optional
        Criterion for all zones, such as ``">0.95"``; comes before the zones' own.
    **options
        ``sensor``, ``nodata``, ``scale``, ``offset``, ``date`` (what files do not say), ``allow_remote``; ``metric``
        (``vegetated_fraction``, ``mean_fvc``, ``mean_index``), ``index`` (``ndvi``), ``threshold``, ``soil``,
        ``vegetation``.

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
    measure = Measure(**{key: value for key, value in options.items() if key not in _STATED})  # type: ignore[arg-type]
    frame = prepared(_zones(zones, allow_remote=stated.allow_remote))
    criteria = criteria_for(frame, measure, min_cover)
    made: list[Weights] = []
    try:
        tables = [zone_table(frame, scene, measure, made) for scene in _scenes(rasters, stated)]
    finally:
        close_rasters()
    return assembled(frame, _kept(tables), criteria)


def _zones(zones: Path_ | gpd.GeoDataFrame, *, allow_remote: bool) -> gpd.GeoDataFrame:
    if isinstance(zones, (str, os.PathLike)):
        return read_table(zones, table="zones", allow_remote=allow_remote)
    return zones


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


def _scenes(rasters: Source | Sequence[Source], stated: Stated) -> list[Scene | ReclaimError]:
    """The images, opened; faults stand where an image could not be."""
    given = [rasters] if isinstance(rasters, (str, os.PathLike, Scene)) else list(rasters)
    if not given:
        raise ImageryError("no image to look at; give --raster or --plots")
    paths: list[Source] = []
    for item in given:
        paths += [item] if isinstance(item, Scene) else scene_paths(item, allow_remote=stated.allow_remote)
    masks = [path for path in paths if not isinstance(path, Scene) and band_names.mask_of(Path(path).stem)]
    images = [path for path in paths if not any(path is mask for mask in masks)]
    if stated.date is not None and len(images) > 1:
        raise ImageryError(f"--date {stated.date} cannot be the date of {len(images)} images; give one image at a time")
    if not images:
        raise ImageryError(f"{Path(str(masks[0])).name}: is a quality mask, and there is no image to go with it")
    opened = [_opened(item, stated) for item in images]
    return _with_masks(opened, [str(mask) for mask in masks], stated)


def _opened(source: Source, stated: Stated) -> Scene | ReclaimError:
    if isinstance(source, Scene):
        return source
    try:
        return open_scene(source, stated)
    except UnsafePath:
        raise
    except ReclaimError as error:
        return error


def _with_masks(scenes: list[Scene | ReclaimError], masks: Sequence[str], stated: Stated) -> list[Scene | ReclaimError]:
    """Masks in files of their own, laid on the images of their date."""
    for path in masks:
        layer, kind = mask_layer(path, allow_remote=stated.allow_remote)
        day = band_names.date_of(Path(path).stem)
        mine = [
            place
            for place, scene in enumerate(scenes)
            if isinstance(scene, Scene) and (scene.date == day or (day is None and len(masks) == 1))
        ]
        if not mine:
            raise ImageryError(
                f"{Path(path).name}: no image has the date of this mask; give them the same date in their names"
            )
        for place in mine:
            scene = scenes[place]
            assert isinstance(scene, Scene)
            scenes[place] = replace(scene, mask=layer, mask_kind=kind)
    return scenes


def zone_table(
    zones: gpd.GeoDataFrame, scene: Scene | ReclaimError, measure: Measure, made: list[Weights]
) -> pd.DataFrame | ReclaimError:
    """Cover of the zones on one image, with what is to be said about it; a fault where it cannot be had."""
    if isinstance(scene, ReclaimError):
        return scene
    try:
        image = index_image(scene, measure.index)
        table = zone_cover(zones, image, measure, weights=made)
        said = image.verdict(measure.levels)
    except CriteriaError:
        raise
    except ReclaimError as error:
        return error
    for line in said:
        warnings.warn(line, AboutScene, stacklevel=4)
    _warn_unseen(table, scene)
    return table


def _warn_unseen(table: pd.DataFrame, scene: Scene) -> None:
    if scene.date is None:
        warnings.warn(
            f"{scene.name}: has no date in its metadata or name; state it with --date", AboutScene, stacklevel=5
        )
    blind = table.zone_id[table.valid == 0].tolist()
    if blind:
        which = (
            "any zone"
            if len(blind) == len(table)
            else f"zone {', '.join(map(repr, blind[:5]))}{' …' * (len(blind) > 5)}"
        )
        text = f"{scene.name}: nothing was seen of {which} (cloud, nodata, or ground off the image)"
        warnings.warn(text, NothingSeen, stacklevel=5)


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
    return gpd.GeoDataFrame(rows[names], geometry=list(shapes), crs=zones.crs)


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
    if not project.imagery or ground is None:
        return pd.DataFrame(columns=[name for name in COVER.names if name != "geometry"])
    frame = prepared(ground)
    found: list[gpd.GeoDataFrame] = []
    faults: list[str] = []
    made: list[Weights] = []
    try:
        for spec in project.imagery:
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
    return rows.sort_values(["zone_id", "date"], kind="stable", ignore_index=True)


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
        yield from _scenes(path, stated)


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


def _missing(value: Any) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def date_text(date: Any, precision: object) -> str | None:
    """A date of a cover table as people write it: a year, a month or a day."""
    if pd.isna(date):
        return None
    return {"year": f"{date:%Y}", "month": f"{date:%Y-%m}"}.get(str(precision), f"{date:%Y-%m-%d}")
