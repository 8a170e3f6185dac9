"""
The packed form of layers: a hundred thousand outlines in a few megabytes.

Outlines stand once in a pool, however many layers and rows show them. Their coordinates are put on a grid of stated
fineness, told as differences from one vertex to the next, column by column (all eastings, then all northings) in
variable-length integers, and compressed. Attributes go by column. For display only: no area is ever measured on it.

A payload is gzip over: length of the header (4 bytes, little-endian), header (JSON), then the sections that the
header lists, one after the other.
"""

import base64
import gzip
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from reclaim.maps.coding import Columns, column_values, differences, summed, unsigned, varints
from reclaim.maps.features import Features

METRES_PER_DEGREE = 111_320.0  # of a great circle, for the choice of a display grid only

# A small pool is told to a quarter of a metre. A larger one to a metre, which is 0.2 mm on a plan of 1:5,000; only
# beyond the budget is it told more coarsely still.
COMFORT, BUDGET = 200_000, 3_800_000  # bytes
FINE, GRIDS = 0.25, (1.0, 1.5, 2.0, 3.0, 4.0, 8.0, 16.0)
_SAMPLE = 3_000  # outlines from which the size of all is told


@dataclass(frozen=True, eq=False)
class Pool:
    """
    Outlines, each once.

    Parameters
    ----------
    payload : bytes
        Gzip.
    tolerance_m : float
        No drawn vertex lies farther than this from the outline, no vertex of the outline farther from what is drawn.
    places : tuple of array of int
        For each layer, which outline each of its features has.
    """

    payload: bytes
    tolerance_m: float
    places: tuple[np.ndarray, ...]


def pool(layers: Sequence[Features], *, budget: int = BUDGET) -> Pool:
    """
    The outlines of some layers, on the finest grid that keeps them small.

    Parameters
    ----------
    layers : sequence of Features
        Layers that will be shown together; at least one.
    budget : int
        Bytes that the outlines may take. Where even the coarsest grid is larger, that one is taken.
    """
    place, outlines = _once(np.concatenate([layer.geometry for layer in layers]))
    ends = np.cumsum([len(layer) for layer in layers])
    places = tuple(np.split(place, ends[:-1]))
    grid = _choice(outlines, budget)
    payload = _outline_payload(outlines, grid)
    for coarser in (size for size in GRIDS if size > grid):
        if len(payload) <= budget:
            break
        grid, payload = coarser, _outline_payload(outlines, coarser)
    return Pool(payload, tolerance_of(grid), places)


def _outline_payload(outlines: np.ndarray, grid_m: float) -> bytes:
    return _payload({"grid": _grid(outlines, grid_m)}, _outline_sections(outlines, grid_m))


def tolerance_of(grid_m: float) -> float:
    """
    What a grid of ``grid_m`` metres may move: half a cell's diagonal (0.71 of the grid) by rounding, and the grid by
    leaving out vertices.

    Examples
    --------
    >>> tolerance_of(1.0)
    1.75
    """
    return 1.75 * grid_m


def values_payload(features: Features, places: np.ndarray) -> bytes:
    """Everything of a layer but its outlines."""
    columns = Columns()
    for name, values in features.columns.items():
        columns.add(name, values)
    sections = {"shape": differences(places), "class": np.asarray(features.of_class, dtype=np.uint8).tobytes()}
    if features.begin is not None and features.until is not None:
        sections |= {"begin": differences(features.begin), "until": differences(features.until)}
    sections |= {f"column.{name}": content for name, content in columns.sections.items()}
    return _payload({"n": len(features), "columns": columns.header}, sections)


def text(payload: bytes) -> str:
    """A payload as base64."""
    return base64.b64encode(payload).decode("ascii")


def _payload(header: Mapping[str, Any], sections: Mapping[str, bytes]) -> bytes:
    told = {**header, "sections": [[name, len(content)] for name, content in sections.items()]}
    head = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return gzip.compress(struct.pack("<I", len(head)) + head + b"".join(sections.values()), compresslevel=7, mtime=0)


def _once(geometry: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which distinct outline each geometry is, and the distinct ones in the order of their first use."""
    if not len(geometry):
        return np.empty(0, dtype=np.int64), geometry
    place, _ = pd.factorize(shapely.to_wkb(geometry))
    _, first = np.unique(place, return_index=True)
    return place, geometry[first]


def _choice(outlines: np.ndarray, budget: int) -> float:
    """The finest grid on which all outlines are small, or at least within the budget, as told from some of them."""
    if not len(outlines):
        return FINE
    some = outlines[:: max(1, len(outlines) // _SAMPLE)]
    times = len(outlines) / len(some)

    def expected(grid_m: float) -> float:
        return len(_payload({}, _outline_sections(some, grid_m))) * times

    if expected(FINE) <= min(COMFORT, budget):
        return FINE
    return next((grid for grid in GRIDS if expected(grid) <= budget), GRIDS[-1])


def _grid(outlines: np.ndarray, grid_m: float) -> list[float]:
    """Corner and steps in degrees; cells are no wider than ``grid_m`` anywhere."""
    if not len(outlines):
        return [0.0, 0.0, 1.0, 1.0]
    west, south, _, north = (float(v) for v in shapely.total_bounds(outlines))
    nearest_equator = 0.0 if south < 0 < north else min(abs(south), abs(north))
    step_y = grid_m / METRES_PER_DEGREE
    return [west, south, step_y / max(float(np.cos(np.radians(nearest_equator))), 0.02), step_y]


def _outline_sections(outlines: np.ndarray, grid_m: float) -> dict[str, bytes]:
    """Kind of each outline, its rings, the vertices of each ring, and the two columns of differences."""
    west, south, step_x, step_y = _grid(outlines, grid_m)
    parts, outline_of_part = shapely.get_parts(outlines, return_index=True)
    rings, part_of_ring = _rings(parts, shapely.get_type_id(parts) == 3)
    thin = _thinned(rings, (west, south), (step_x, step_y))
    coordinates, ring_of_point = shapely.get_coordinates(thin, return_index=True)
    points = np.rint(coordinates).astype(np.int64)
    keep = _worth_keeping(points, ring_of_point) & ~_closing(ring_of_point, shapely.get_type_id(rings) == 2)
    points, ring_of_point = points[keep], ring_of_point[keep]
    return {
        "kind": _kinds(outlines).tobytes(),
        "rings": varints(np.bincount(outline_of_part[part_of_ring], minlength=len(outlines))),
        "points": varints(np.bincount(ring_of_point, minlength=len(rings))),
        "x": differences(points[:, 0]),
        "y": differences(points[:, 1]),
    }


def _thinned(rings: np.ndarray, corner: tuple[float, float], step: tuple[float, float]) -> np.ndarray:
    """
    Rings and lines in cells of the grid, without the vertices that lie within a cell of the line.

    Rings are thinned as lines: as polygons they would be mended, and a mended outline may lie anywhere.
    """
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    cells, single = (coordinates - corner) / step, shapely.get_type_id(rings) == 0
    thin = np.empty(len(rings), dtype=object)
    thin[single] = shapely.points(cells[single[ring]])
    thin[~single] = shapely.simplify(_lines(cells, ring, ~single), 1.0, preserve_topology=False)
    return thin


def _lines(cells: np.ndarray, ring: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    number = np.cumsum(wanted) - 1
    mine = wanted[ring]
    return np.asarray(shapely.linestrings(cells[mine], indices=number[ring[mine]]), dtype=object)


def _kinds(outlines: np.ndarray) -> np.ndarray:
    """Point 0, line 1, polygon 2, by geometry type."""
    of_type = np.array([0, 1, 1, 2, 0, 1, 2, 2], dtype=np.uint8)
    kinds: np.ndarray = of_type[shapely.get_type_id(outlines)]
    return kinds


def _rings(parts: np.ndarray, solid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All rings and lines, those of one part together."""
    rings, of_solid = shapely.get_rings(parts[solid], return_index=True)
    where = np.flatnonzero(solid)
    pieces = np.concatenate([rings, parts[~solid]])
    of_part = np.concatenate([where[of_solid], np.flatnonzero(~solid)])
    order = np.argsort(of_part, kind="stable")
    return pieces[order], of_part[order]


def _worth_keeping(points: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """The first vertex of each ring, and every one that differs from the one before."""
    if not len(points):
        return np.zeros(0, dtype=bool)
    moved = np.any(points[1:] != points[:-1], axis=1) | (ring[1:] != ring[:-1])
    return np.concatenate([[True], moved])


def _closing(ring: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """The last vertex of each closed ring, which only repeats the first; a ring of one cell keeps its one vertex."""
    if not len(ring):
        return np.zeros(0, dtype=bool)
    last = np.append(ring[1:] != ring[:-1], True)
    return np.asarray(last & closed[ring])


# --- read back, for checks -------------------------------------------------------------------------------------------


def unpack(payload: bytes) -> dict[str, Any]:
    """
    A payload read back.

    Returns
    -------
    dict
        Of a pool: ``x`` and ``y`` in degrees, vertex by vertex; ``points`` in each ring, ``rings`` of each outline,
        ``kind``. Of a layer: ``shape``, ``class``, ``begin`` and ``until`` where it has them, ``columns``.
    """
    raw = gzip.decompress(payload)
    (length,) = struct.unpack("<I", raw[:4])
    header = json.loads(raw[4 : 4 + length])
    at, sections = 4 + length, {}
    for name, size in header["sections"]:
        sections[name] = raw[at : at + size]
        at += size
    found: dict[str, Any] = {n: np.frombuffer(sections[n], np.uint8) for n in ("kind", "class") if n in sections}
    found |= {name: unsigned(sections[name]) for name in ("rings", "points") if name in sections}
    found |= {name: summed(sections[name]) for name in ("shape", "begin", "until") if name in sections}
    if "grid" in header:
        west, south, step_x, step_y = header["grid"]
        found |= {"x": west + summed(sections["x"]) * step_x, "y": south + summed(sections["y"]) * step_y}
    own = {name.removeprefix("column."): content for name, content in sections.items() if name.startswith("column.")}
    found["columns"] = {name: column_values(header["columns"], own, name) for name in header.get("columns", {})}
    return found
