"""The compiled drawing of outlines: by exact predicates on its faces, against GEOS, by hand, and in the ledger."""

import subprocess
import sys
from collections import defaultdict

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reclaim.geodesy import area
from reclaim.land import faces
from reclaim.land.accounts import ledger
from reclaim.land.crossings import turn
from reclaim.land.drawing import Drawing, draw
from reclaim.land.faces import partition
from reclaim.land.history import cut
from reclaim.land.noding import node
from tests.land_oracle import account, baseline_first
from tests.land_worlds import STEP, faults, shaken, world
from tests.test_land_laws import AREA, SITES, expect, tables_of, worlds

CORNER = np.array([107.0, 23.0])
SEEDS = st.integers(0, 2**32 - 1)


def many(examples):
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def placed(shape):
    return shapely.transform(shape, lambda xy: CORNER + STEP * xy)


def squares(*corners):
    return [placed(shapely.box(*own)) for own in corners]


def drawn(outlines) -> tuple[Drawing, np.ndarray]:
    """The drawing of one set, and the outline of each pair."""
    parts, owner = shapely.get_parts(np.array(outlines, dtype=object), return_index=True)
    made = draw(parts, np.zeros(len(parts), dtype=np.int64))
    return made, owner[made.part]


def by_cover(face, group, size) -> dict[tuple, float]:
    """Area of each combination of outlines; ``size`` tells that of each face."""
    covers, total = defaultdict(list), defaultdict(float)
    for index, own in zip(face, group, strict=True):
        covers[index].append(int(own))
    for index, groups in covers.items():
        total[tuple(sorted(groups))] += size[index]
    return total


def close(one, other, size):
    """Whether two tables of areas agree to what rounding may shift."""
    return all(one.get(cover, 0.0) == pytest.approx(other.get(cover, 0.0), abs=size) for cover in one.keys() | other)


def same_land(outlines) -> Drawing:
    made, group = drawn(outlines)
    assert not len(made.unsound)
    polygons = made.shapes.polygons()
    assert shapely.get_type_id(polygons).tolist() == [3] * len(made.area_m2)
    assert not faults(outlines, polygons, made.face, group)
    theirs = partition(np.array(outlines, dtype=object))
    ours = by_cover(made.face, group, shapely.area(polygons))
    assert close(ours, by_cover(theirs.face, theirs.group, shapely.area(theirs.geometry)), 1e-13)
    assert area(polygons, "EPSG:4490") == pytest.approx(made.area_m2, rel=1e-9, abs=1e-5)
    return made


# --- hard worlds -----------------------------------------------------------------------------------------------------


@many(150)
@given(SEEDS)
def test_whatever_the_drawing_vouches_for_is_right(seed):
    outlines = world(np.random.default_rng(seed))
    if not outlines:
        return
    made, group = drawn(outlines)
    if len(made.unsound):  # named, and left to GEOS
        assert not len(made.area_m2)
        return
    assert not faults(outlines, made.shapes.polygons(), made.face, group)


@many(40)
@given(SEEDS)
def test_both_ways_of_cutting_give_the_same_land(seed):
    outlines = np.array([*world(np.random.default_rng(seed)), placed(shapely.box(90, 90, 91, 91))], dtype=object)
    small = partition(outlines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faces, "_MUCH", 0)
        large = partition(outlines)
    assert len(large) == len(large.geometry)
    assert (np.diff(large.face) >= 0).all()
    for made in (small, large):  # films between nearly coincident borders: GEOS may lose them, and their labels
        summed = np.bincount(made.group, weights=shapely.area(made.geometry)[made.face], minlength=len(outlines))
        assert summed == pytest.approx(shapely.area(outlines), abs=1e-11)
    a = by_cover(small.face, small.group, shapely.area(small.geometry))
    b = by_cover(large.face, large.group, shapely.area(large.geometry))
    assert close(a, b, 1e-11)


@many(40)
@given(SEEDS)
def test_order_and_winding_change_nothing(seed):
    rng = np.random.default_rng(seed)
    outlines = world(rng)
    if not outlines:
        return
    order = rng.permutation(len(outlines))
    (first, group), (second, other) = drawn(outlines), drawn([outlines[i].reverse() for i in order])
    assert len(first.unsound) == len(second.unsound)
    nodes = [np.unique(np.column_stack([made.shapes.x, made.shapes.y]), axis=0) for made in (first, second)]
    assert np.array_equal(*nodes)  # bit for bit
    a, b = by_cover(first.face, group, first.area_m2), by_cover(second.face, order[other], second.area_m2)
    assert a.keys() == b.keys()
    assert [a[key] for key in a] == pytest.approx([b[key] for key in a], rel=1e-9, abs=1e-5)


def test_noise_hardly_ever_defeats_the_drawing():
    rng = np.random.default_rng(5)
    base = [shapely.Polygon(rng.uniform(0, 5, (7, 2))).convex_hull for _ in range(12)]
    unsound = 0
    for _ in range(40):
        chosen = rng.integers(0, 12, 8)
        unsound += len(drawn([shaken(placed(base[n]), rng, 1e-13) for n in chosen])[0].unsound)
    assert unsound <= 2


@many(25)
@given(worlds())
def test_ledger_of_drawn_ground_equals_a_walk_through_every_cell(made):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faces, "_MUCH", 0)
        land = cut(tables_of(made))
    rows = ledger(land, by="group").rows
    if len(rows):
        truth = baseline_first([row for row, _ in made])
        expect(rows, account(truth, set(SITES), sorted(rows["year"]), AREA))


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_island_is_cut_out_of_what_surrounds_it():
    made = same_land(squares((0, 0, 10, 10), (2, 2, 3, 3), (4, 4, 8, 8), (5, 5, 6, 6)))
    assert len(made.area_m2) == 4
    holes = sorted(shapely.get_num_interior_rings(made.shapes.polygons()).tolist())
    assert holes == [0, 0, 1, 2]


def test_islands_that_touch_at_a_corner_are_two_holes():
    made = same_land(squares((0, 0, 10, 10), (2, 2, 3, 3), (3, 3, 4, 4)))
    assert shapely.get_num_interior_rings(made.shapes.polygons()).max() == 2


def test_island_at_the_height_of_its_neighbours_corners():
    made = same_land(squares((0, 0, 20, 10), (2, 2, 3, 5), (4, 2, 5, 5), (6, 2, 7, 5), (8, 3.5, 9, 5), (3, 5, 4, 6)))
    assert len(made.area_m2) == 6


def test_the_same_outline_many_times_is_one_face():
    star = placed(shapely.Point(3, 3).buffer(2))
    made = same_land([star] * 5 + squares((0, 0, 3.3, 3.3)))
    assert len(made.area_m2) == 3


def test_outline_whose_hole_touches_its_shell():
    ring = shapely.Polygon([(0, 0), (8, 0), (8, 8), (0, 8)], [[(4, 0), (6, 4), (2, 4)]])
    assert ring.is_valid
    same_land([placed(ring), *squares((3, 1, 5, 3), (0, 0, 8, 1))])


def test_outline_in_the_hole_of_another_and_in_a_gap_between_outlines():
    frame = shapely.box(0, 0, 8, 8).difference(shapely.box(1, 1, 7, 7))
    bars = squares((10, 0, 18, 1), (10, 7, 18, 8), (10, 0, 11, 8), (17, 0, 18, 8))
    outlines = [placed(frame), *squares((3, 3, 4, 4)), *bars, *squares((13, 3, 14, 4))]
    made = same_land(outlines)
    covers = by_cover(made.face, drawn(outlines)[1], made.area_m2)
    assert sum(len(cover) > 1 for cover in covers) == 4  # where two bars cross


def test_long_edges_are_geodesics():
    same_land([shapely.box(100, 30, 101, 31), shapely.box(100.5, 30.5, 102, 32), shapely.box(100.2, 30.2, 100.3, 30.3)])


def test_many_small_sets_in_a_row():
    rng = np.random.default_rng(2)
    outlines = [
        shape
        for n in range(0, 600, 3)
        for shape in squares((n, 0, n + 2, 2), (n + rng.uniform(), 1, n + 2.5, 3))
    ]  # fmt: skip
    assert len(same_land(outlines).area_m2) == 600


# --- what cannot be drawn, and what need not be ----------------------------------------------------------------------


def test_what_contradicts_itself_is_named_and_cut_all_the_same(monkeypatch):
    """A ring wound twice: no two figures of its ground agree."""
    twice = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4), (0, 0), (2, 0), (2, 2), (0, 2)])
    parts = np.array([placed(twice), *squares((1, 1, 3, 3), (20, 0, 21, 1), (20.5, 0, 22, 1))], dtype=object)
    made = draw(parts, np.array([0, 0, 1, 1]))
    assert made.unsound.tolist() == [0]
    assert sorted(np.bincount(made.face)) == [1, 1, 2]
    monkeypatch.setattr(faces, "_MUCH", 0)
    whole = partition(parts)
    inside = np.bincount(whole.group, weights=shapely.area(whole.geometry)[whole.face]) / STEP**2
    assert inside[1:] == pytest.approx([4, 1, 1.5], rel=1e-9)


def test_batches_make_one_partition(monkeypatch):
    rng = np.random.default_rng(8)
    places = zip(rng.uniform(0, 30, (80, 2)), rng.uniform(0.5, 3, 80), strict=True)
    outlines = np.array([placed(shapely.Point(xy).buffer(reach)) for xy, reach in places], dtype=object)
    small = partition(outlines)
    monkeypatch.setattr(faces, "_MUCH", 0)
    monkeypatch.setattr(faces, "_BATCH", 500)
    large = partition(outlines)
    assert len(large.shapes) > 1
    assert len(small) == len(large) == len(large.geometry)
    assert area(large.geometry, "EPSG:4490") == pytest.approx(large.area_m2, abs=1e-6)
    a, b = (by_cover(made.face, made.group, made.area_m2) for made in (small, large))
    assert a.keys() == b.keys()
    assert close(a, b, 1e-5)


def test_little_ground_loads_no_compiled_code():
    code = (
        "import sys, reclaim, numpy as np, shapely; from reclaim.land.faces import partition;"
        "partition(np.array([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)])); print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- the noder -------------------------------------------------------------------------------------------------------


def test_turn_is_exact():
    ulp = np.spacing(0.5)
    for i in range(-4, 5):
        for j in range(-4, 5):
            # 12, 12 and 24, 24 lie on the diagonal; so does the third point where both its steps are the same
            assert np.sign(turn(12.0, 12.0, 24.0, 24.0, 0.5 + i * ulp, 0.5 + j * ulp)) == np.sign(j - i)


@many(100)
@given(st.integers(2, 12), SEEDS, st.sampled_from([0.0, 1e-14, 1e-12, 1e-10, 1e-8]))
def test_noded_edges_meet_in_vertices_alone(count, seed, noise):
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 5, (count, 2)) + rng.uniform(-noise, noise, (count, 2)) / STEP
    triangles = [placed(shapely.Polygon(corners[rng.integers(0, count, 3)])) for _ in range(count)]
    triangles = [shape for shape in triangles if shape.area > 1e-12]
    if not triangles:
        return
    xy = [shapely.get_coordinates(shape) for shape in triangles]
    starts = np.cumsum([0, *map(len, xy)])
    first, second = np.triu_indices(len(xy), 1)
    made = node(*np.concatenate(xy).T.copy(), starts, np.column_stack([first, second]))
    if len(made.restless):
        return
    steps = np.flatnonzero(~np.isin(np.arange(len(made.x) - 1), made.starts[1:-1] - 1))
    ends = np.array([made.x, made.y]).T
    edges = np.unique([sorted([tuple(ends[k]), tuple(ends[k + 1])]) for k in steps], axis=0)
    lines = shapely.linestrings(edges)
    a, b = shapely.STRtree(lines).query(lines, predicate="intersects")
    common = np.array([len({*map(tuple, edges[i]), *map(tuple, edges[j])}) for i, j in zip(a, b, strict=True)])
    assert (common[a != b] == 3).all()


def test_borders_that_never_settle_do_not_multiply():
    rng = np.random.default_rng(3)
    slivers = [placed(shapely.Polygon([(0, 0), (5, 1e-9 * k), (3, 2)])) for k in range(30)]
    rings = [shapely.get_coordinates(shaken(shape, rng, 2e-14)) for shape in slivers]
    first, second = np.triu_indices(len(rings), 1)
    made = node(*np.concatenate(rings).T.copy(), np.cumsum([0, *map(len, rings)]), np.column_stack([first, second]))
    assert len(made.x) < 20_000
