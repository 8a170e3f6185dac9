"""The laws of the land over random worlds: against a brute-force account, and against itself."""

from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from reclaim.geodesy import area
from reclaim.land.accounts import balance_m2, ledger
from reclaim.land.checks import check
from reclaim.land.history import cut, ever_disturbed, spells
from reclaim.tables import MEASURES, Delivery
from tests.land_oracle import Row, account, baseline_first

SIZE, SIDE = 6, 0.001
WEST, SOUTH = 107.0, 23.0
SITES = {"A": "increment", "B": "increment", "S": "snapshot", "T": "snapshot", "C": "cumulative"}


def cell_box(x0, y0, x1, y1):
    # with a vertex at every cell's corner, so that an edge bends no more than the edges of its cells
    whole = box(WEST + x0 * SIDE, SOUTH + y0 * SIDE, WEST + x1 * SIDE, SOUTH + y1 * SIDE)
    return shapely.segmentize(whole, SIDE * 1.0001)


AREA = {
    (x, y): float(area(np.array([cell_box(x, y, x + 1, y + 1)]), "EPSG:4490")[0])
    for x in range(SIZE)
    for y in range(SIZE)
}


@st.composite
def rectangles(draw):
    x0, y0 = draw(st.integers(0, SIZE - 1)), draw(st.integers(0, SIZE - 1))
    x1, y1 = draw(st.integers(x0 + 1, SIZE)), draw(st.integers(y0 + 1, SIZE))
    return x0, y0, x1, y1


@st.composite
def periods(draw):
    year, month, day = draw(st.integers(2015, 2019)), draw(st.integers(1, 12)), draw(st.integers(1, 28))
    match draw(st.sampled_from(["day", "month", "year"])):
        case "day":
            return date(year, month, day), date(year, month, day)
        case "month":
            return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return date(year, 1, 1), date(year, 12, 31)


@st.composite
def rows(draw):
    kind = draw(st.sampled_from(["footprint", "footprint", "parcel", "parcel", "baseline"]))
    (start, end), corners = draw(periods()), draw(rectangles())
    x0, y0, x1, y1 = corners
    cells = frozenset((x, y) for x in range(x0, x1) for y in range(y0, y1))
    site = draw(st.sampled_from(sorted(SITES)))
    if kind == "parcel":
        stage = draw(
            st.sampled_from(
                ["planned", "soils_placed", "temporary", "permanent", "permanent", "accepted", "certified", "failed"]
            )
        )
        return Row("parcel", site, start, end, cells, stage), corners
    if kind == "baseline":
        state = draw(st.sampled_from(["open", "temporary", "reclaimed"]))
        start = end = date(draw(st.integers(2012, 2018)), 12, 31)
        return Row("baseline", site, start, end, cells, state), corners
    liability = draw(st.sampled_from(["company"] * 4 + ["legacy"])) if SITES[site] == "increment" else "company"
    return Row(SITES[site], site, start, end, cells, "", liability), corners


@st.composite
def worlds(draw):
    drawn = draw(st.lists(rows(), min_size=1, max_size=12))
    footprint = Row("increment", "A", date(2016, 5, 1), date(2016, 5, 1), frozenset([(0, 0)]))
    drawn = [(footprint, (0, 0, 1, 1)), *drawn]
    based = {row.site for row, _ in drawn if row.kind == "baseline"}
    # ground of one site has one state at its baseline
    return [(row, c) for i, (row, c) in enumerate(drawn) if row.kind != "baseline" or clean(drawn, i, based)]


def clean(drawn, index, based):
    row = drawn[index][0]
    return not any(other.kind == "baseline" and other.cells & row.cells for other, _ in drawn[:index])


def tables_of(world, *, order=None, transform=lambda shape: shape):
    listed = list(enumerate(world)) if order is None else [(i, world[i]) for i in order]
    out = {}
    kinds_of = {
        "footprints": ("increment", "snapshot", "cumulative"),
        "parcels": ("parcel",),
        "baseline": ("baseline",),
    }
    for name, kinds in kinds_of.items():
        records = [
            {
                "site_id": row.site,
                "meaning": row.kind,
                "stage": row.stage,
                "state": row.stage,
                "date": pd.Timestamp(row.end),
                "date_start": pd.Timestamp(row.start),
                "liability": row.liability,
                "parcel_id": f"P{i}",
                "footprint_id": f"F{i}",
                "_row": i,
                "_source": name,
                "_delivered": i,
                "geometry": transform(cell_box(*corners)),
            }
            for i, (row, corners) in listed
            if row.kind in kinds
        ]
        if records:
            out[name] = gpd.GeoDataFrame(records, geometry="geometry", crs="EPSG:4490")
    return out


def cells_of(frame):
    return frame.set_index([frame.columns[0], "year"])[list(MEASURES)].astype(float)


COMMON = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@COMMON
@given(worlds())
def test_ledger_equals_a_walk_through_every_cell(world):
    land = cut(tables_of(world))
    made, group = ledger(land), ledger(land, by="group")
    if made.rows.empty:
        pytest.skip("hypothesis drew a world without company land")
    truth = baseline_first([row for row, _ in world])
    years = sorted(group.rows["year"])
    for key, rows_ in made.rows.groupby("site_id"):
        expect(rows_, account(truth, {key}, years, AREA))
    expect(group.rows, account(truth, set(SITES), years, AREA))


def expect(found, truth):
    for row in found.to_dict("records"):
        for name in (
            "opening",
            "new",
            "redisturbed",
            "failed",
            "reclaimed",
            "reclaimed_again",
            "correction",
            "closing",
            "temporary",
            "ever",
        ):
            value = 0.0 if np.isnan(row[name]) else row[name]
            assert value == pytest.approx(truth[row["year"], name], rel=1e-6, abs=0.01), (row["year"], name)


@COMMON
@given(worlds())
def test_faces_never_overlap_and_make_the_ground(world):
    tables = tables_of(world)
    land = cut(tables)
    faces = land.partition.geometry
    assert shapely.area(faces).sum() == pytest.approx(shapely.union_all(faces).area, rel=1e-12)
    ground = [tables[name].geometry.to_numpy() for name in ("footprints", "baseline") if name in tables]
    union = float(area(np.array([shapely.union_all(np.concatenate(ground))]), "EPSG:4490")[0])
    assert land.partition.area_m2[ever_disturbed(land)].sum() == pytest.approx(union, rel=2e-6)


@COMMON
@given(worlds())
def test_every_row_closes_and_rows_make_the_group(world):
    land = cut(tables_of(world))
    group = ledger(land, by="group").rows
    for by in ("site", "company", "province"):
        made = ledger(land, by=by)
        assert balance_m2(made.rows) <= 1e-3
        assert balance_m2(made.apart) <= 1e-3
        parts = pd.concat([made.rows, made.shared]) if len(made.shared) else made.rows
        total = parts.groupby("year")[list(MEASURES)].sum()
        whole = group.set_index("year")[list(MEASURES)].fillna(0.0)
        assert np.allclose(total.to_numpy(dtype=float), whole.to_numpy(dtype=float), atol=1e-3)
    assert balance_m2(group) <= 1e-3


@COMMON
@given(worlds(), st.randoms(use_true_random=False))
def test_order_and_winding_do_not_matter(world, random):
    order = list(range(len(world)))
    random.shuffle(order)
    first = ledger(cut(tables_of(world)))
    other = ledger(cut(tables_of(world, order=order, transform=shapely.reverse)))
    assert np.allclose(cells_of(first.rows), cells_of(other.rows), atol=1e-3, equal_nan=True)


@COMMON
@given(worlds())
def test_spells_are_a_history(world):
    land = cut(tables_of(world))
    table = spells(land)
    for _, life in table.groupby("face_id"):
        assert (life["end"].iloc[:-1].to_numpy() == life["start"].iloc[1:].to_numpy()).all()
        assert life["end"].isna().tolist() == [False] * (len(life) - 1) + [True]
    assert table["cause"].str.len().gt(0).all()
    now = table[table["end"].isna()]
    assert now["area_m2"].sum() == pytest.approx(land.partition.area_m2[ever_disturbed(land)].sum(), rel=1e-12)


# --- from files in any system ----------------------------------------------------------------------------------------

# geographic and projected, with and without the zone's number in the easting
SYSTEMS = ["EPSG:4490", "EPSG:4326", "EPSG:4545", "EPSG:4524", "EPSG:32648", "EPSG:3857"]


def written(row):
    if row.start == row.end:
        return row.start.isoformat()
    return f"{row.end:%Y}" if row.start.month != row.end.month else f"{row.end:%Y-%m}"


def deliveries_of(world, system):
    frames = {}
    for row, corners in world:
        table = {"parcel": "parcels", "baseline": "baseline"}.get(row.kind, f"footprints {row.kind}")
        known = {
            "site_id": row.site,
            "date": written(row),
            "stage": row.stage,
            "state": row.stage,
            "liability": row.liability,
        }
        frames.setdefault(table, []).append({**known, "geometry": cell_box(*corners)})
    for table, records in frames.items():
        named = pd.DataFrame(records).assign(parcel_id=[f"P{i}" for i in range(len(records))])
        frame = gpd.GeoDataFrame(named, geometry="geometry", crs="EPSG:4490").to_crs(system)
        name, _, meaning = table.partition(" ")
        yield Delivery(name, f"{table}.gpkg", frame, meaning=meaning or None)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds(), st.sampled_from(SYSTEMS[1:]))
def test_the_system_of_the_files_does_not_matter(world, system):
    results = []
    for crs in (SYSTEMS[0], system):
        checked = check(list(deliveries_of(world, crs)))
        assert (checked.delivered["rows"] == checked.delivered["used"] + checked.delivered["listed"]).all()
        results.append(cells_of(ledger(cut(checked.tables), by="group").rows).fillna(0.0).to_numpy())
    # dates, states and overlaps are the same; so are the areas, but for what a metre grid rounds
    assert np.allclose(results[0], results[1], rtol=2e-6, atol=0.05)
