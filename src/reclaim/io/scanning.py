"""
What lies in a folder: every layer of every file, what it probably is, and what cannot be told from it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from reclaim.errors import ReclaimError
from reclaim.io.propose import Columns, date_in_name, propose_columns, propose_meaning, score_tables
from reclaim.io.reading import Options, Reading
from reclaim.io.specs import Meaning
from reclaim.io.vectors import BY_SUFFIX, OTHER_WAYS, format_of, read_file

RASTERS = (".tif", ".tiff", ".jp2", ".img")
_SKIP_FOLDERS = ("output", "out", "__pycache__", "node_modules")
_SIDE_FILES = (".names.csv",)
_CAD_BOUNDARY = re.compile(r"地块|界|红线|范围|复垦|DK|JZX|boundary|parcel|outline|plot", re.IGNORECASE)
_COMPANY = re.compile(r"[\u4e00-\u9fff]{1,12}?(?:有限公司|公司|集团|矿业|铝业)")
_SITE = re.compile(r"[\u4e00-\u9fff]{1,6}?(?:铝矿|矿区|矿山|赤泥库|赤泥堆场|尾矿库|矿)")
_SENSORS = (
    (re.compile(r"S2[ABC]_MSI|\.SAFE$", re.IGNORECASE), "sentinel-2"),
    (re.compile(r"^LC0?8", re.IGNORECASE), "landsat-8"),
    (re.compile(r"^LC0?9", re.IGNORECASE), "landsat-9"),
    (re.compile(r"^LE0?7", re.IGNORECASE), "landsat-7"),
    (re.compile(r"^LT0?5", re.IGNORECASE), "landsat-5"),
)
_FITS = 0.9  # least score of a table that is taken at its word
_MOST_FILES = 5000


@dataclass
class Found:
    """
    One layer of one file, and what it is taken for.

    Parameters
    ----------
    path : str
        Relative to the folder.
    layer : str or None
        Layer, sheet or CAD layer, where the file holds several.
    table : str or None
        Which of our tables; None when nothing fits.
    columns : Columns
        What its columns are taken for.
    sets : dict
        Columns that it lacks, and what they are taken to be.
    doubts : list of str
        What a person must look at.
    problem : str
        Why it could not be read; empty when it could.
    """

    path: str
    layer: str | None = None
    table: str | None = None
    frame: gpd.GeoDataFrame | None = None
    spatial: bool = True
    columns: Columns = field(default_factory=Columns)
    meaning: Meaning | None = None
    company: str | None = None
    crs: str | None = None
    sets: dict[str, str] = field(default_factory=dict)
    join: "Found | None" = None
    doubts: list[str] = field(default_factory=list)
    problem: str = ""

    @property
    def name(self) -> str:
        """The layer as people call it."""
        return self.path if self.layer is None else f"{self.path} ({self.layer})"

    def ids(self, column: str) -> set[str]:
        """The different values of one of our columns, as text."""
        theirs = self.columns.columns.get(column)
        if self.frame is None or theirs is None:
            return set()
        values = self.frame[theirs].dropna().unique()
        return {str(int(v)) if isinstance(v, float) and v.is_integer() else str(v).strip() for v in values}


@dataclass
class Image:
    """A raster that may be imagery."""

    path: str
    date: str | None
    sensor: str | None


@dataclass
class Folder:
    """All that was found, in the order of the files' names."""

    path: Path
    layers: list[Found] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


def look_at(folder: Path) -> Folder:
    """
    Look at every file of a folder, each by itself.

    Parameters
    ----------
    folder : Path
        Its sub-folders are looked at too, but for hidden ones and outputs.

    Returns
    -------
    Folder
        Files that cannot be read are in it with the reason; files of no interest are in ``passed_over``.
    """
    found = Folder(folder)
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        suffix = path.suffix.lower()
        if suffix in RASTERS or suffix == ".safe":
            found.images.append(Image(name, date_in_name(path.stem), _sensor(path.name)))
        elif suffix in BY_SUFFIX and _is_ours(path):
            found.layers += list(_layers_of(path, name))
        elif suffix in OTHER_WAYS and OTHER_WAYS[suffix][:2] != "is":
            found.layers.append(Found(name, problem=OTHER_WAYS[suffix]))
        elif suffix not in (".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qmd", ".qix", ".toml"):
            found.passed_over.append(name)
    for layer in found.layers:
        if layer.problem:
            _name_broken(layer)
        else:
            _take_for(layer)
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Files and folder datasets, in the order of their names."""
    count = 0
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = sorted(here.iterdir(), key=lambda item: item.name)
        except OSError:
            continue
        deeper = []
        for path in entries:
            if path.name.startswith((".", "~$")) or path.name.endswith(_SIDE_FILES) or path.is_symlink():
                continue
            if path.is_dir() and path.suffix.lower() not in (".gdb", ".safe"):
                if path.name.lower() not in _SKIP_FOLDERS:
                    deeper.append(path)
                continue
            count += 1
            if count > _MOST_FILES:
                return
            yield path
        waiting += reversed(deeper)


def _is_ours(path: Path) -> bool:
    """Whether a file whose ending could be anything's is one of ours."""
    suffix = path.suffix.lower()
    if suffix == ".txt":
        from reclaim.io.cadastral import is_cadastral

        return is_cadastral(path)
    if suffix == ".json":
        with path.open("rb") as stream:
            head = stream.read(4000)
        return b'"Feature' in head or b'"coordinates"' in head
    return True


def _layers_of(path: Path, name: str) -> Iterator[Found]:
    """A file once for each layer that it holds."""
    try:
        for layer, ask in _layer_choices(path):
            try:
                reading = read_file(path, Options(ask))
                found = Found(name, layer, frame=reading.frame, spatial=reading.spatial)
                found.doubts += _reading_doubts(reading)
                yield found
            except ReclaimError as error:
                yield Found(name, layer, problem=_one_line(error, path))
    except ReclaimError as error:
        yield Found(name, problem=_one_line(error, path))


def _layer_choices(path: Path) -> Sequence[tuple[str | None, str | None]]:
    """Name to write into the project file, and name to read by, of each layer."""
    kind = format_of(path).reader.partition(":")[0]
    if kind == "ogr" and path.suffix.lower() not in (".geojson", ".json"):
        from reclaim.io.ogr import layer_names

        names = [layer for layer, geometry in layer_names(path) if geometry is not None]
        return [(None, None)] if len(names) < 2 else [(layer, layer) for layer in names]
    if kind == "workbooks":
        from reclaim.io.workbooks import workbook_tables

        tables = [layer for layer, _ in workbook_tables(path)]
        return [(None, None)] if len(tables) < 2 else [(layer, layer) for layer in tables]
    if kind == "cad":
        from reclaim.io.cad import cad_layers

        rings = cad_layers(path)
        likely = [layer for layer in rings if _CAD_BOUNDARY.search(layer)] or list(rings)[:1]
        return [(None, None)] if len(rings) < 2 else [(likely[0], likely[0])]
    return [(None, None)]


def _one_line(error: ReclaimError, path: Path) -> str:
    return " ".join(error.faults[0].removeprefix(f"{path.name}: ").split())


def _reading_doubts(reading: Reading) -> list[str]:
    return [item.message for item in reading.findings if item.severity != "note" and item.row is None][:3]


def _sensor(name: str) -> str | None:
    return next((sensor for form, sensor in _SENSORS if form.search(name)), None)


# --- what a layer is -------------------------------------------------------------------------------------------------


def _take_for(layer: Found) -> None:
    """Table, columns, meaning, company and what the file's name says of the columns that it lacks."""
    assert layer.frame is not None
    scores = score_tables(layer.frame, f"{layer.path} {layer.layer or ''}")
    best, second = list(scores.items())[:2]
    layer.company = _company(layer.path)
    if best[1] < _FITS or (not layer.spatial and best[0] not in ("parcels", "sites", "measurements")):
        layer.doubts.append("which table is it? Nothing in its name or columns tells")
        return
    layer.table = best[0]
    if second[1] > best[1] - 0.5:
        layer.doubts.append(f"it could also be {second[0]}")
    _fill_columns(layer)


def _name_broken(layer: Found) -> None:
    """A file that cannot be read stays in the project, where its name tells the table: it is owed, and listed."""
    layer.company = _company(layer.path)
    scores = score_tables(pd.DataFrame(), layer.path)
    best = next(iter(scores))
    if scores[best] > 0 and Path(layer.path).suffix.lower() in BY_SUFFIX:
        layer.table = best
        layer.meaning = (propose_meaning(layer.path, pd.DataFrame()) or "increment") if best == "footprints" else None


def take_as(layer: Found, table: str) -> None:
    """Take a layer for another table than the one proposed."""
    layer.table = table
    layer.doubts = [doubt for doubt in layer.doubts if not doubt.startswith(("which table", "it could also"))]
    _fill_columns(layer)


def _fill_columns(layer: Found) -> None:
    assert layer.frame is not None
    assert layer.table is not None
    layer.columns = propose_columns(layer.frame, layer.table)
    layer.doubts += layer.columns.doubts
    if layer.table == "parcels" and "text" in layer.frame and "cad_layer" in layer.frame:
        layer.columns.columns.setdefault("parcel_id", "text")
    if layer.table in ("footprints", "parcels", "baseline"):
        _date_from_name(layer)
    if layer.table in ("footprints", "baseline") and "site_id" not in layer.columns.columns:
        site = _SITE.search(layer.path)
        layer.sets["site_id"] = site[0] if site else Path(layer.path).stem
        layer.doubts.append(f"no column names the site; site_id = {layer.sets['site_id']!r} was taken")
    if layer.table == "footprints":
        layer.meaning = propose_meaning(f"{layer.path} {layer.layer or ''}", layer.frame)
        if layer.meaning is None:
            layer.meaning = _meaning_of_shapes(layer)
            layer.doubts.append(f"what a row means is not said; {layer.meaning!r} was taken (see meaning)")
    if layer.table == "parcels" and not layer.columns.stage_dates and "stage" not in layer.columns.columns:
        layer.sets["stage"] = "permanent"
        layer.doubts.append("no column tells the stage; 'permanent' was taken")


def _date_from_name(layer: Found) -> None:
    if "date" in layer.columns.columns or layer.columns.stage_dates:
        return
    date = date_in_name(Path(layer.path).stem) or date_in_name(layer.path)
    if date is None:
        layer.doubts.append('no column holds the date; add it with set = {date = "2019"}')
    else:
        layer.sets["date"] = date
        layer.doubts.append(f"the date {date} was taken from the file's name")


def _meaning_of_shapes(layer: Found) -> Meaning:
    """Outlines of later dates that hold the earlier ones are cumulative; a row of its own ground is an increment."""
    date = layer.columns.columns.get("date")
    if layer.frame is None or date is None or not layer.spatial:
        return "increment"
    site = layer.columns.columns.get("site_id")
    keys = [name for name in (site, date) if name is not None]
    rows = layer.frame[~layer.frame.geometry.isna()].head(2000)
    outlines = [
        (key if isinstance(key, tuple) else (key,), shapely.union_all(shapely.make_valid(group.geometry.to_numpy())))
        for key, group in rows.groupby(keys, sort=True)
    ]
    pairs = [(a, b) for (one, a), (two, b) in pairwise(outlines) if one[:-1] == two[:-1] and a.area > 0]
    if not pairs:
        return "increment"
    held = float(np.mean([a.intersection(b).area / a.area for a, b in pairs]))
    return "cumulative" if held > 0.98 else "snapshot" if held > 0.4 else "increment"


def _company(path: str) -> str | None:
    found = _COMPANY.search(path)
    return found[0] if found else None


def summary(layer: Found) -> str:
    """Rows, CRS and extent of a layer in one line."""
    if layer.frame is None:
        return layer.problem
    parts = [f"{len(layer.frame)} rows"]
    if layer.spatial:
        crs = layer.frame.crs
        parts.append("CRS not stated" if crs is None else f"{crs.name}")
        bounds = layer.frame.total_bounds
        if np.isfinite(bounds).all():
            parts.append(
                "from " + ", ".join(f"{v:.6g}" for v in bounds[:2]) + " to " + ", ".join(f"{v:.6g}" for v in bounds[2:])
            )
    else:
        parts.append("no outlines")
    return "; ".join(parts)


def samples(column: pd.Series, *, most: int = 3) -> str:
    """A few different values of a column, for a comment."""
    values = [" ".join(str(value).split())[:20] for value in column.dropna().unique()[:most]]
    return ", ".join(values) or "empty"
