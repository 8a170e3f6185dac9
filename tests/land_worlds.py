"""
Hard ground for the cut, for tests: random outlines that share borders, nearly coincide, touch, nest and spike; and a
judge of any partition of them, by exact predicates on the faces themselves.
"""

import numpy as np
import shapely

STEP = 1e-3  # degrees a square
NOISES = (0.0, 0.0, 0.0, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)
GRIDS = (0.0, 0.0, 0.0, 1e-9, 1e-7, 1e-6, 1e-5)
CORNERS = ((107.0, 23.0), (0.0, 0.0), (-3e-3, 2e-3), (119.5, 48.5), (73.123456789, 53.987654321))


def polygonal(shape):
    """A valid shape without its lines and points."""
    shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if shape.geom_type != "GeometryCollection":
        return shape
    return shapely.union_all([part for part in shape.geoms if sound(part)])


def sound(shape):
    return shape.geom_type in ("Polygon", "MultiPolygon") and shape.is_valid and shape.area > 0


def shaken(shape, rng, noise):
    """Every vertex a little elsewhere, the first and the last of a ring alike."""
    table = rng.uniform(-noise, noise, (997, 2))
    return shapely.transform(shape, lambda xy: xy + table[np.rint(xy @ [1.3e6, 7.1e6]).astype(np.int64) % 997])


# --- shapes, on a board of about eight squares -----------------------------------------------------------------------


def lattice(rng):
    return shapely.Polygon(rng.integers(0, rng.integers(3, 9), (rng.integers(3, 9), 2)))


def star(rng):
    turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 30)))
    reach = rng.uniform(0.2, 1, len(turns)) * rng.uniform(0.2, 4)
    return shapely.Polygon(rng.uniform(0, 6, 2) + np.column_stack([reach * np.cos(turns), reach * np.sin(turns)]))


def spike(rng):
    """A triangle from a tenth to a billionth of a square wide."""
    foot, along = rng.uniform(0, 6, 2), rng.normal(size=2)
    across = np.array([-along[1], along[0]]) * 10.0 ** rng.uniform(-9, -1)
    return shapely.Polygon([foot - along, foot + 3 * along, foot - along + across])


def nested(rng):
    """Islands in holes in islands."""
    centre, out = rng.integers(4, 9, 2), shapely.Polygon()
    for reach in range(int(rng.integers(2, 5)), 0, -1):
        out = out.symmetric_difference(shapely.box(*(centre - reach), *(centre + reach)))
    return out


def holey(rng):
    """A square with triangular holes that touch its shell and each other."""
    out = shapely.box(0, 0, 8, 8)
    for _ in range(rng.integers(1, 5)):
        out = out.difference(polygonal(shapely.Polygon(rng.integers(0, 9, (3, 2)))))
    return out


def wiggle(rng):
    """A ring of many vertices."""
    turns = 2 * np.pi * np.arange(rng.integers(100, 600))
    turns /= len(turns)
    reach = rng.uniform(1, 3) * (1 + 10.0 ** rng.uniform(-6, -1) * rng.normal(size=len(turns)))
    return shapely.Polygon(rng.uniform(2, 4, 2) + np.column_stack([reach * np.cos(turns), reach * np.sin(turns)]))


def tiny(rng):
    """A star down to a hundredth of a millimetre."""
    size = 10.0 ** rng.uniform(-7, -3)
    return shapely.transform(star(rng), lambda xy: xy * size + rng.integers(0, 6, 2))


def fan(rng):
    """Triangles about one vertex."""
    hub = rng.integers(0, 6, 2)
    tips = hub + rng.integers(-5, 6, (rng.integers(3, 10), 2, 2))
    return shapely.union_all([polygonal(shapely.Polygon([hub, *pair])) for pair in tips])


def square(rng):
    low = rng.integers(0, 8, 2)
    return shapely.box(*low, *(low + rng.integers(1, 5, 2)))


SHAPES = (lattice, lattice, star, spike, nested, holey, wiggle, tiny, fan, square, square)


# --- worlds ----------------------------------------------------------------------------------------------------------


def world(rng):
    """
    Some outlines: shapes, their unions, differences and intersections, again and again.

    Then each may be put on a coordinate grid, shaken by 1e-15 to 1e-6 degree, turned round or begun elsewhere.
    """
    corner, turn = np.array(CORNERS[rng.integers(len(CORNERS))]), rng.choice([0, 0, 0.3, np.pi / 3])
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    kinds = [SHAPES[i] for i in rng.integers(0, len(SHAPES), rng.integers(1, 4))]
    base = []
    for _ in range(rng.integers(2, 8)):
        shape = polygonal(kinds[rng.integers(len(kinds))](rng))
        if rng.random() < 0.3:
            shape = shapely.segmentize(shape, rng.uniform(0.2, 2))  # vertices along other people's straight edges
        base.append(shapely.transform(shape, lambda xy: corner + STEP * (xy @ spin)))
    base = [shape for shape in base if sound(shape)]
    noise, grid = rng.choice(NOISES), rng.choice(GRIDS)
    made = [variant(base, rng, noise, grid) for _ in range(rng.integers(1, 12)) if base]
    return [shape for shape in made if sound(shape)]


def variant(base, rng, noise, grid):
    one, other = (base[i] for i in rng.integers(0, len(base), 2))
    try:
        shape = [one, one.union(other), one.difference(other), one.intersection(other)][rng.integers(4)]
    except shapely.GEOSException:
        shape = one
    shape = polygonal(shape)
    if grid:
        shape = polygonal(shapely.transform(shape, lambda xy: np.round(xy / grid) * grid))
    if noise:
        shape = shaken(shape, rng, noise)
    return shape.reverse() if rng.random() < 0.2 else shape


def faults(outlines, polygons, face, group):
    """
    What is wrong with a partition of outlines; nothing, if all is well.

    Faces are valid and share no ground, exactly; each lies in the outlines that it says, by a point inside of it; and
    they add up to each outline, but for the rounding of the borders.
    """
    outlines = np.array(outlines, dtype=object)
    found = [f"invalid face: {why}" for why in shapely.is_valid_reason(polygons) if why != "Valid Geometry"]
    a, b = shapely.STRtree(polygons).query(polygons)
    a, b = a[a < b], b[a < b]
    common = ~shapely.relate_pattern(polygons[a], polygons[b], "F********")
    found += [f"faces {i} and {j} share ground" for i, j in zip(a[common], b[common], strict=True)]
    summed = np.bincount(group, weights=shapely.area(polygons)[face], minlength=len(outlines))
    wrong = np.flatnonzero(np.abs(summed - shapely.area(outlines)) > 2e-15)
    found += [f"outline {i}: {summed[i]} for {outlines[i].area} square degrees" for i in wrong]
    points = shapely.point_on_surface(polygons)
    said = np.zeros((len(polygons), len(outlines)), dtype=bool)
    said[face, group] = True
    for i, outline in enumerate(outlines):
        border = shapely.boundary(outline)
        shapely.prepare([outline, border])
        wrong = np.flatnonzero(shapely.covers(outline, points) != said[:, i])
        wrong = wrong[~shapely.dwithin(border, points[wrong], 1e-11)]
        found += [f"face {n} and outline {i}" for n in wrong]
    return found
