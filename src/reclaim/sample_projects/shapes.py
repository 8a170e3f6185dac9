"""
Outlines that look like mined land, drawn from a seed.

Everything is drawn in metres about a local origin. What shares a border shares its vertices, to the last bit: all
lines of a body are noded once and the ground is the faces between them.
"""

import math
from collections.abc import Callable, Sequence
from random import Random

import shapely
from shapely import LineString, Polygon
from shapely.affinity import rotate, scale, translate

Wave = Callable[[float], float]


def wave(rng: Random, *, height: float, turns: Sequence[int]) -> Wave:
    """
    A smooth random function of one turn (0 to 2π), as a sum of sines that shrink with their frequency.

    Parameters
    ----------
    rng : Random
        Where the randomness comes from.
    height : float
        Greatest size of the slowest sine.
    turns : sequence of int
        The frequencies.
    """
    parts = [(k, height * rng.uniform(0.4, 1.0) * (turns[0] / k) ** 1.1, rng.uniform(0, math.tau)) for k in turns]
    return lambda angle: sum(size * math.sin(k * angle + phase) for k, size, phase in parts)


def blob(rng: Random, area: float, *, stretch: float = 1.6, step: float = 45.0, rough: float = 0.16) -> Polygon:
    """
    An irregular outline of a stated area about the origin, longer in x than in y.

    Parameters
    ----------
    rng : Random
        Where the randomness comes from.
    area : float
        m².
    stretch : float
        Length by width.
    step : float
        Distance between vertices, m.
    rough : float
        How far the outline departs from an ellipse, as a share of its radius.
    """
    edge = wave(rng, height=rough, turns=(2, 3, 4, 5, 7, 9, 13))
    radius = math.sqrt(area / math.pi)
    count = max(24, round(math.tau * radius * math.sqrt(stretch) / step))
    angles = [math.tau * i / count for i in range(count)]
    ring = [((1 + edge(a)) * math.cos(a) * stretch, (1 + edge(a)) * math.sin(a)) for a in angles]
    unit = Polygon(ring)
    factor = math.sqrt(area / unit.area)
    return scale(unit, factor, factor, origin=(0, 0))


def strips(rng: Random, outline: Polygon, *, count: int, cell: float) -> list[tuple[int, Polygon]]:
    """
    Cut a body as a mine does: wavy fronts across its length, each strip then into plots.

    Parameters
    ----------
    rng : Random
        Where the randomness comes from.
    outline : Polygon
        The body, m, longer in x than in y.
    count : int
        Number of strips.
    cell : float
        About the area of a plot, m².

    Returns
    -------
    list of (strip, plot)
        Strips are numbered in the order in which they are mined, from west to east.
    """
    west, south, east, north = outline.bounds
    width, height = (east - west) / count, north - south
    fronts = [_front(rng, west + width * i, width, (south, north)) for i in range(1, count)]
    lines = [_line(front, south - 1, north + 1) for front in fronts]
    for i in range(count):
        plots = max(1, round(width * height * 0.7 / cell))
        heights = [south + height * j / plots for j in range(1, plots)]
        lines += [_across(rng, (west + width * i, width), y, height / plots) for y in heights]
    return [
        (sum(front(plot.representative_point().y) < plot.representative_point().x for front in fronts), plot)
        for plot in _faces(outline, lines, smallest=cell * 0.12)
    ]


def terraces(rng: Random, outline: Polygon, *, rings: Sequence[float], plots: int) -> list[tuple[int, Polygon]]:
    """
    Cut a dump or a dam as it is built: terraces round it, each into plots.

    Parameters
    ----------
    rng : Random
        Where the randomness comes from.
    outline : Polygon
        The foot of the dump, m, about the origin.
    rings : sequence of float
        How far out each terrace begins, as shares of the foot's radius, falling.
    plots : int
        Plots on the outermost terrace.

    Returns
    -------
    list of (terrace, plot)
        The outermost terrace is 0, the top the last.
    """
    inner = [scale(outline, share, share, origin=(0, 0)) for share in rings]
    lines = [LineString(ring.exterior) for ring in inner]
    for level, share in enumerate([1.0, *rings[:-1]]):
        parts = max(3, round(plots * share))
        turn = rng.uniform(0, math.tau)
        for j in range(parts):
            angle = turn + math.tau * (j + rng.uniform(-0.15, 0.15)) / parts
            lines.append(_spoke(outline, angle, (rings[level], share)))
    return [
        (sum(ring.contains(plot.representative_point()) for ring in inner), plot)
        for plot in _faces(outline, lines, smallest=1.0)
    ]


def road(rng: Random, start: tuple[float, float], end: tuple[float, float], *, width: float) -> Polygon:
    """A winding haul road between two places, m."""
    length = math.dist(start, end)
    bend = wave(rng, height=0.05 * length, turns=(1, 2, 3))
    normal = ((start[1] - end[1]) / length, (end[0] - start[0]) / length)
    points = []
    for i in range(count := max(8, round(length / 120)) + 1):
        share = i / (count - 1)
        off = bend(share * math.tau) * math.sin(math.pi * share)
        points.append(tuple(start[k] + (end[k] - start[k]) * share + normal[k] * off for k in (0, 1)))
    return shapely.buffer(LineString(points), width / 2, cap_style="flat", join_style="bevel")


def placed(shape: Polygon, *, turn: float, at: tuple[float, float]) -> Polygon:
    """A shape drawn about the origin, turned (degrees) and put at its place (m)."""
    return translate(rotate(shape, turn, origin=(0, 0)), *at)


def _front(rng: Random, x: float, width: float, reach: tuple[float, float]) -> Wave:
    bend = wave(rng, height=0.3 * width, turns=(1, 2, 3, 5))
    south, north = reach
    # the bends of one front stay clear of the next
    return lambda y: x + max(-0.42, min(0.42, bend((y - south) / (north - south) * 4) / width)) * width


def _line(front: Wave, south: float, north: float) -> LineString:
    count = max(6, round((north - south) / 55))
    heights = [south + (north - south) * i / count for i in range(count + 1)]
    return LineString([(front(y), y) for y in heights])


def _across(rng: Random, strip: tuple[float, float], y: float, height: float) -> LineString:
    """A border between two plots of a strip; it reaches well into the fronts on both sides, no further."""
    west, width = strip
    bend = wave(rng, height=0.12 * height, turns=(1, 2))
    tilt = rng.uniform(-0.15, 0.15) * height
    shift = rng.uniform(-0.18, 0.18) * height
    points = [
        (west + width * s, y + shift + tilt * (s - 0.5) + bend(s * 3)) for s in (-0.43, 0, 0.25, 0.5, 0.75, 1, 1.43)
    ]
    return LineString(points)


def _spoke(outline: Polygon, angle: float, reach: tuple[float, float]) -> LineString:
    far = 4 * math.sqrt(outline.area)
    ray = LineString([(0, 0), (far * math.cos(angle), far * math.sin(angle))])
    edge = ray.intersection(outline.exterior)
    x, y = shapely.get_parts(edge)[-1].coords[0]
    bottom, top = reach[0] * 0.999, reach[1] * 1.001
    return LineString([(x * bottom, y * bottom), (x * top, y * top)])


def _faces(outline: Polygon, lines: Sequence[LineString], *, smallest: float) -> list[Polygon]:
    """The ground between lines, in a steady order; offcuts go to the neighbour with the longest common border."""
    noded = shapely.union_all([outline.exterior, *lines])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded).tolist()))
    faces = [face for face in faces if outline.contains(face.representative_point())]
    faces.sort(key=lambda face: (round(face.centroid.x, 3), round(face.centroid.y, 3)))
    while len(faces) > 1 and min(face.area for face in faces) < smallest:
        least = min(range(len(faces)), key=lambda i: faces[i].area)
        offcut = faces.pop(least)
        borders = [offcut.boundary.intersection(face.boundary).length for face in faces]
        host = max(range(len(faces)), key=lambda i: borders[i])
        faces[host] = shapely.coverage_union_all([faces[host], offcut])
    return faces
