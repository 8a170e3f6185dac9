"""Layers as files: the same rows give the same bytes."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import shapely
from pyproj import Transformer
from shapely.geometry import mapping

from reclaim.geodesy import CGCS2000
from reclaim.io.atomic import atomic_path
from reclaim.sample_projects.chinalco.ground import DIGITS

NOTE = (
    "Illustrative: made up from a seed by reclaim.sample_projects.chinalco; no outline, date or area here was measured."
)
_CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}


def write_geojson(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """One feature a line, coordinates in EPSG:4490 to a hundredth of a millimetre."""
    lines = [json.dumps(_feature(row), ensure_ascii=False, separators=(",", ":")) for row in rows]
    head = json.dumps({"type": "FeatureCollection", "name": path.stem, "note": NOTE, "crs": _CRS}, ensure_ascii=False)
    _write(path, head[:-1] + ',"features":[\n' + ",\n".join(lines) + "\n]}\n")


def write_csv(rows: Iterable[dict[str, Any]], path: Path, *, crs: str) -> None:
    """A table with the outline as WKT in a projected system, to a micrometre."""
    transformer = Transformer.from_crs(CGCS2000, crs, always_xy=True)
    table = []
    for row in rows:
        shape = shapely.transform(row["geometry"], lambda x, y: transformer.transform(x, y), interleaved=False)
        cells = {name: value for name, value in row.items() if name != "geometry"}
        table.append(cells | {"图形": shapely.to_wkt(shape, rounding_precision=6)})
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    _write(path, text.getvalue())


def _feature(row: dict[str, Any]) -> dict[str, Any]:
    # a steady first vertex and order of parts; outer rings against the clock, as the format wants them
    geometry = shapely.orient_polygons(shapely.normalize(row["geometry"]))
    properties = {name: value for name, value in row.items() if name != "geometry"}
    return {"type": "Feature", "properties": properties, "geometry": _rounded(mapping(geometry))}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return {name: _rounded(item) for name, item in value.items()} if isinstance(value, dict) else value


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as draft:
        draft.write_bytes(text.encode("utf-8"))
