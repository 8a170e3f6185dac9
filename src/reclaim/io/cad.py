"""
CAD drawings: boundaries that were drawn as lines, made polygons.

A closed line is a ring; lines that meet at their ends are put together. A ring that lies inside another of its layer
is a hole, unless a text in it names it as a parcel of its own. Texts inside a polygon become its ``text``.
"""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from reclaim.errors import FileError
from reclaim.io.gdal import configured, read_frame
from reclaim.io.reading import Options, Reading, frame_of
from reclaim.io.safety import open_problem
from reclaim.io.shapefiles import fits
from reclaim.io.words import hint

_GRID = 0.001  # drawing units within which ends of lines meet: a millimetre where the unit is the metre
_CODE_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+(\S+)", re.IGNORECASE)
_VERSION = re.compile(rb"\$ACADVER\s+1\s+AC(\d{4})")
_CODE = re.compile(rb"\s*-?\d{1,4}\s*")
_UTF8_SINCE = 1021  # AutoCAD 2007
_FORMATTING = re.compile(r"\\[AaCcFfHhQqTtWwKkLlOo][^;\\]*;|\\[LlOoKk]|[{}]")
_LARGEST = 500_000_000
_FARTHEST = 1e9  # drawing units from the origin; what lies beyond, or is no number, is no boundary


def read_dxf(path: Path, options: Options) -> Reading:
    """
    Polygons of a drawing's boundaries.

    Parameters
    ----------
    path : Path
        DXF of any release, in text form.
    options : Options
        ``layer`` names the CAD layers that hold the boundaries; needed where rings stand on several.

    Returns
    -------
    Reading
        Columns ``cad_layer`` and ``text``; no CRS, which a drawing does not know.

    Raises
    ------
    FileError
        When it is no DXF, has no closed boundary, or has them on several layers and none was named.
    """
    reading = Reading(gpd.GeoDataFrame())
    entities = _entities(path, reading)
    rings = rings_by_layer(entities)
    chosen = _chosen(path, rings, entities, options)
    parts = [_polygons(layer, entities, reading) for layer in chosen]
    reading.frame = frame_of(
        pd.DataFrame(
            {
                "cad_layer": [row[0] for part in parts for row in part],
                "text": [row[1] for part in parts for row in part],
            }
        ),
        [row[2] for part in parts for row in part],
    )
    if not options.layers:
        reading.note("cad-layers", f"boundaries were taken from CAD layer {chosen[0]!r}")
    return reading


def cad_layers(path: Path) -> dict[str, int]:
    """How many closed boundaries each CAD layer of a drawing holds."""
    return rings_by_layer(_entities(path, Reading(gpd.GeoDataFrame())))


def _entities(path: Path, reading: Reading) -> gpd.GeoDataFrame:
    data = _utf8(path)
    _check_whole(data, path.name)
    with configured(DXF_ENCODING="UTF-8"):
        frame = read_frame(data, path.name, reading.findings)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileError(f"{path.name}: holds no drawing")
    on_paper = pd.to_numeric(frame["PaperSpace"], errors="coerce").fillna(0) != 0
    kept = frame[~on_paper & ~frame.geometry.isna()].reset_index(drop=True)
    kept["geometry"] = shapely.force_2d(kept.geometry.to_numpy())
    kept["Text"] = [_plain_text(text) for text in kept["Text"]]
    kept["Layer"] = kept["Layer"].fillna("0").astype(str)
    return kept


def _utf8(path: Path) -> bytes:
    """The drawing's text as UTF-8: releases before 2007 use the code page of the machine."""
    try:
        data = path.read_bytes() if path.stat().st_size <= _LARGEST else b""
    except OSError as error:
        raise FileError(f"{path.name}: {open_problem(error)}") from error
    if data.startswith(b"AutoCAD Binary DXF"):
        raise FileError(f"{path.name}: is a binary DXF; save it as a text (ASCII) DXF")
    if data[:6].startswith(b"AC10"):
        raise FileError(f"{path.name}: is a DWG drawing under the name of a DXF; save it as DXF in CAD")
    head = data[:20_000]
    if b"SECTION" not in head:
        raise FileError(f"{path.name}: is not a DXF drawing, or is larger than {_LARGEST // 10**6} MB")
    version = _VERSION.search(head)
    if fits(data, "utf-8") or (version and int(version[1]) >= _UTF8_SINCE):
        return data.decode("utf-8", errors="replace").encode()
    page = _CODE_PAGE.search(head)
    named = page[1].decode("ascii", errors="ignore").lower().replace("ansi_", "cp") if page else "cp936"
    encoding = "gb18030" if named in ("cp936", "gb2312", "dos936", "gbk") else named
    try:
        return data.decode(encoding, errors="replace").encode()
    except (LookupError, ValueError):  # no such encoding, or a name that is none
        return data.decode("gb18030", errors="replace").encode()


def _check_whole(data: bytes, name: str) -> None:
    """
    Refuse a drawing that was cut off or mangled: pairs of a code and a value, from a section to the end mark.

    The library that reads drawings never returns from some that break off in the middle.
    """
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    while lines and not lines[-1].strip():
        lines.pop()
    codes, values = lines[0::2], lines[1::2]
    if len(codes) != len(values) or values[-1].strip() != b"EOF" or codes[-1].strip() != b"0":
        raise FileError(f"{name}: is cut off (a drawing ends with EOF); save it again")
    if not all(_CODE.fullmatch(code) for code in codes):
        raise FileError(f"{name}: is damaged (its codes and values do not alternate); save it again")


def _plain_text(text: Any) -> str | None:
    """A label without the codes of its formatting."""
    if not isinstance(text, str):
        return None
    plain = _FORMATTING.sub("", text.replace("\\P", " ").replace("\\~", " "))
    return " ".join(plain.split()) or None


def rings_by_layer(entities: gpd.GeoDataFrame) -> dict[str, int]:
    """Layers that hold closed boundaries, with their number; most first."""
    counts = {}
    for layer, rows in entities.groupby("Layer", sort=True):
        faces, _ = _faces(_lines(rows))
        if faces:
            counts[str(layer)] = len(faces)
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _chosen(path: Path, rings: dict[str, int], entities: gpd.GeoDataFrame, options: Options) -> list[str]:
    names = sorted(set(entities["Layer"]))
    missing = [layer for layer in options.layers if layer not in names]
    if missing:
        raise FileError(
            *(
                f"{path.name}: there is no CAD layer {layer!r}{hint(layer, names) or _listed(rings)}"
                for layer in missing
            )
        )
    if not rings:
        raise FileError(f"{path.name}: no line of the drawing closes to a boundary")
    if options.layers:
        return list(options.layers)
    if len(rings) > 1:
        raise FileError(
            f'{path.name}: boundaries stand on several CAD layers{_listed(rings)}; say which with layer = ["…"]'
        )
    return list(rings)


def _listed(rings: dict[str, int]) -> str:
    return " (" + ", ".join(f"{layer}: {count}" for layer, count in list(rings.items())[:12]) + ")"


def _lines(rows: gpd.GeoDataFrame) -> Any:
    """All lines of some entities; filled areas by their outlines."""
    shapes = shapely.get_parts(rows.geometry.to_numpy())
    kinds = shapely.get_type_id(shapes)
    outlines = shapely.get_parts(shapely.boundary(shapes[kinds == 3]))
    lines = np.concatenate([shapes[(kinds == 1) | (kinds == 2)], outlines])
    lines = lines[(np.abs(shapely.bounds(lines)) < _FARTHEST).all(axis=1)]
    return lines[shapely.length(lines) > 0]


def _faces(lines: Any) -> tuple[list[Any], Any]:
    """Rings as polygons, and what was left over: closed lines as they are, others where they meet."""
    closed = shapely.is_closed(lines) & (shapely.get_num_points(lines) > 3)
    rings = [shapely.Polygon(line) for line in lines[closed]]
    loose = shapely.set_precision(lines[~closed], _GRID)
    loose = loose[~shapely.is_empty(loose)]
    if not len(loose):
        return _distinct(rings), loose
    polygons, cuts, dangles, _ = shapely.polygonize_full([shapely.union_all(loose)])
    put_together = [shapely.Polygon(part.exterior) for part in shapely.get_parts(polygons)]
    left = np.concatenate([shapely.get_parts(cuts), shapely.get_parts(dangles)])
    return _distinct([*rings, *put_together]), left


def _distinct(polygons: list[Any]) -> list[Any]:
    """Each ring once, though it may have been drawn twice."""
    kept = {}
    for polygon in polygons:
        rounded = shapely.transform(polygon, lambda xy: np.round(xy / _GRID))
        kept[shapely.normalize(rounded).wkb] = polygon
    return list(kept.values())


def _polygons(layer: str, entities: gpd.GeoDataFrame, reading: Reading) -> list[tuple[str, str | None, Any]]:
    """Polygons of one layer with their labels and holes."""
    rows = entities[entities["Layer"] == layer]
    faces, left = _faces(_lines(rows))
    for line in left:
        x, y = shapely.get_coordinates(line)[0]
        reading.note(
            "cad-open",
            f"CAD layer {layer!r}: a line of {shapely.length(line):.1f} units from {x:.2f}, {y:.2f} closes no ring",
            "close the boundary in CAD",
            severity="warning",
        )
    faces.sort(key=lambda face: -face.area)
    labels = entities[entities["Text"].notna() & (entities.geometry.geom_type == "Point")]
    names = _labels_inside(faces, labels)
    holes = _holes(faces, names)
    result = []
    for number, face in enumerate(faces):
        if number in holes:
            continue
        inside = [faces[hole].exterior for hole, shell in holes.items() if shell == number]
        named = [f for f, shell in _inside_of(faces).items() if shell == number and f not in holes]
        cut = [faces[other].exterior for other in named]
        result.append((layer, "; ".join(names[number]) or None, shapely.Polygon(face.exterior, [*inside, *cut])))
    if holes:
        reading.note("cad-layers", f"CAD layer {layer!r}: {len(holes)} rings inside others were taken for holes")
    return result


def _inside_of(faces: list[Any]) -> dict[int, int]:
    """For each ring that lies in a larger one, the smallest that holds it; faces are sorted by falling area."""
    sound = shapely.make_valid(faces)
    found: dict[int, int] = {}
    inner, outer = shapely.STRtree(sound).query(sound, predicate="within")
    for small, large in zip(inner.tolist(), outer.tolist(), strict=True):
        if small != large and faces[large].area > faces[small].area:
            held = found.get(small)
            if held is None or faces[large].area < faces[held].area:
                found[small] = large
    return found


def _labels_inside(faces: list[Any], labels: gpd.GeoDataFrame) -> list[list[str]]:
    """The texts in each ring; a text belongs to the smallest ring around it."""
    names: list[list[str]] = [[] for _ in faces]
    if not faces or not len(labels):
        return names
    smallest: dict[int, int] = {}
    text, face = shapely.STRtree(shapely.make_valid(faces)).query(labels.geometry.to_numpy(), predicate="within")
    for label, number in zip(text.tolist(), face.tolist(), strict=True):
        if label not in smallest or faces[number].area < faces[smallest[label]].area:
            smallest[label] = number
    for label, number in sorted(smallest.items()):
        names[number].append(str(labels["Text"].iloc[label]))
    return names


def _holes(faces: list[Any], names: list[list[str]]) -> dict[int, int]:
    """Rings without a text inside a ring that is not itself a hole, and that ring."""
    holes: dict[int, int] = {}
    for small, large in sorted(_inside_of(faces).items()):
        if not names[small] and large not in holes:
            holes[small] = large
    return holes
