"""
All layers of a project, each file by itself: one that is missing or broken is one finding, and the others go on.
"""

import dataclasses
import glob
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from reclaim.errors import ReclaimError, UnsafePath
from reclaim.io.joins import join_table
from reclaim.io.mapping import map_columns
from reclaim.io.project import FILE_NAME, Project
from reclaim.io.reading import Reading, frame_of, geometries_from_text, no_rows
from reclaim.io.registry import bring
from reclaim.io.safety import is_database, is_remote, safe_path
from reclaim.io.specs import LayerSpec
from reclaim.io.vectors import read_source
from reclaim.progress import progress
from reclaim.tables import Delivery, Finding

_MAGIC = ("*", "?", "[")


def read_layers(project: Project) -> list[Delivery]:
    """
    Read every file of a project.

    Parameters
    ----------
    project : Project
        As read from its file or made from frames.

    Returns
    -------
    list of Delivery
        One for each file, in the order of the project file, sites of ``[[site]]`` first. A file that cannot be read
        is a delivery without rows and with an error finding.

    Raises
    ------
    UnsafePath
        When a path leads outside the project, or is remote, and that was not allowed.
    FileError
        When the data of a real sample cannot be had.
    """
    bring(project.folder)  # only a sample's own files, and only where they are not there yet
    sources = [source for spec in project.layers for source in _expanded(spec, project)]
    deliveries = list(_inline_sites(project))
    with progress("reading", len(sources)) as work:
        for spec in sources:
            deliveries += _read_one(spec, project)
            work.advance()
    return deliveries


def _expanded(spec: LayerSpec, project: Project) -> Iterator[LayerSpec]:
    """A layer once for each file that its path means."""
    path = spec.path
    if spec.frame is not None or is_database(path) or is_remote(path) or not any(mark in path for mark in _MAGIC):
        yield spec
        return
    pattern = safe_path(path, project.folder, allow_outside=project.allow_outside)
    if pattern.exists():
        yield spec
        return
    found = sorted(glob.glob(str(pattern), recursive=True))
    if not found:
        yield spec
    for name in found:
        yield spec.model_copy(update={"path": _relative(Path(name), project.folder)})


def _relative(path: Path, folder: Path) -> str:
    try:
        return path.relative_to(folder.absolute()).as_posix()
    except ValueError:
        return str(path)


def _read_one(spec: LayerSpec, project: Project) -> list[Delivery]:
    """The delivery of one file; rows of a joined table that fit no outline are a second one."""
    source = _shown_source(spec)
    try:
        reading = _with_crs(_reading(spec, project), spec)
        unmatched = join_table(reading, spec, _joined_reading(spec, project)) if spec.join is not None else None
        deliveries = [_mapped(reading, spec, source)]
        if unmatched is not None and spec.join is not None:
            # its columns bear our names already
            other = spec.model_copy(update={"path": spec.join.path, "columns": {}, "meaning": None})
            deliveries.append(_mapped(unmatched, other, spec.join.path.replace("\\", "/")))
    except UnsafePath:
        raise
    except (ReclaimError, MemoryError) as error:
        faults = error.faults if isinstance(error, ReclaimError) else (f"{source}: does not fit into memory",)
        return [_refused(spec, source, faults)]
    return deliveries


def _mapped(reading: Reading, spec: LayerSpec, source: str) -> Delivery:
    frame, findings = map_columns(reading.frame, spec)
    found = [*reading.findings, *findings]
    if not reading.spatial and len(frame):
        frame = frame.set_crs("EPSG:4490", allow_override=True)  # there is nothing that a CRS could move
    placed = tuple(dataclasses.replace(item, table=spec.table, source=source) for item in found)
    return Delivery(spec.table, source, frame, spec.company, spec.meaning, placed)


def _joined_reading(spec: LayerSpec, project: Project) -> Reading:
    assert spec.join is not None
    other = LayerSpec(table=spec.table, path=spec.join.path, layer=spec.join.layer, meaning=spec.meaning)
    return _reading(other, project)


def _shown_source(spec: LayerSpec) -> str:
    """The file as people know it; a database without its password."""
    if spec.frame is not None:
        return spec.path or spec.table
    if is_database(spec.path):
        from reclaim.io.databases import shown_address

        return shown_address(spec.path, spec.layer)
    return spec.path.replace("\\", "/")


def _reading(spec: LayerSpec, project: Project) -> Reading:
    if spec.frame is not None:
        return Reading(spec.frame, declares_crs=spec.frame.crs is not None)
    return read_source(spec, project.folder, allow_outside=project.allow_outside, allow_remote=project.allow_remote)


def _with_crs(reading: Reading, spec: LayerSpec) -> Reading:
    """The stated CRS where the file has none; another than the file's own is an error."""
    if spec.crs is None:
        return reading
    stated = CRS.from_user_input(spec.crs)
    own = reading.frame.crs
    if reading.declares_crs and own is not None and not same_crs(own, stated):
        raise ReclaimError(
            f"the project file states {spec.crs}, but the file says {_crs_name(own)}; "
            "take crs out, or correct the file if it is wrong"
        )
    reading.frame = reading.frame.set_crs(stated, allow_override=True)
    return reading


def same_crs(one: CRS, other: CRS) -> bool:
    """
    Whether two systems are the same but for the order of axes and the way they are written.

    Examples
    --------
    >>> same_crs(CRS("EPSG:4326"), CRS("OGC:CRS84"))
    True
    """
    if one.equals(other, ignore_axis_order=True):
        return True
    codes = [crs.to_epsg(min_confidence=25) for crs in (one, other)]
    return codes[0] is not None and codes[0] == codes[1]


def _crs_name(crs: CRS) -> str:
    code = crs.to_epsg(min_confidence=25)
    return f"EPSG:{code}" if code else crs.name


def _refused(spec: LayerSpec, source: str, faults: tuple[str, ...]) -> Delivery:
    """A delivery without rows, with the reasons."""
    who = f"{spec.company}: " if spec.company else ""
    name = Path(source).name
    findings = tuple(
        Finding(
            "error",
            "file-missing" if "there is no such file" in fault else "file-unreadable",
            f"{who}{fault.removeprefix(f'{name}: ')}",
            "send the file again, or correct its entry in the project file",
            table=spec.table,
            source=source,
        )
        for fault in faults
    )
    return Delivery(spec.table, source, no_rows("EPSG:4490"), spec.company, spec.meaning, findings)


def _inline_sites(project: Project) -> Iterator[Delivery]:
    """``[[site]]`` entries as a delivery of their own."""
    if not project.sites_inline:
        return
    columns = pd.DataFrame([{k: v for k, v in site.items() if k != "geometry"} for site in project.sites_inline])
    texts = pd.Series([site.get("geometry") for site in project.sites_inline], dtype=object)
    shapes, unread, _ = geometries_from_text(texts)
    for position, site in enumerate(project.sites_inline):
        if "lon" in site and shapes[position] is None:
            shapes[position] = shapely.Point(site["lon"], site["lat"])
    source = project.path.name if project.path else FILE_NAME
    findings = tuple(
        Finding(
            "error",
            "geometry-unreadable",
            "geometry of [[site]] is no WKT",
            "write it as POINT (107.5 23.3)",
            "sites",
            source,
            row,
        )
        for row in unread
    )
    frame = frame_of(columns.drop(columns=["lon", "lat"], errors="ignore"), shapes, "EPSG:4490")
    spec = LayerSpec(table="sites", path=source)
    mapped, noted = map_columns(frame, spec)
    placed = tuple(dataclasses.replace(item, table="sites", source=source) for item in noted)
    yield Delivery("sites", source, gpd.GeoDataFrame(mapped), findings=(*findings, *placed))
