"""The ledger on land that a person can draw: every expected figure is a count of squares."""

import numpy as np
import pandas as pd
import pytest
import shapely

from reclaim.errors import TableError
from reclaim.land.accounts import ledger
from reclaim.land.conflicts import conflicts
from reclaim.land.faces import partition
from reclaim.land.history import Land, cut, spells
from reclaim.land.trace import trace
from reclaim.tables import MEASURES
from tests.squares import footprints, hectares, parcels, rows

TEN = (0, 0, 10, 10)  # 100 ha


def group(land: Land, column: str, **options: object) -> list[float]:
    return hectares(ledger(land, by="group", **options).rows[column])


def codes(land: Land) -> dict[str, float]:
    found = conflicts(land)
    return {code: float(part["area_m2"].sum()) / 1e4 for code, part in found.groupby("code")}


# --- increments, snapshots, cumulative outlines ----------------------------------------------------------------------


def test_remined_land_is_open_again():
    land = cut(
        {
            "footprints": footprints(
                {"box": TEN, "date": "2020"},
                {"box": (3, 0, 12, 10), "date": "2022"},
                {"box": (1, 0, 12, 10), "date": "2024"},
                meaning="snapshot",
            ),
            "parcels": parcels({"box": (0, 0, 3, 10), "date": "2021"}, {"box": (9, 0, 12, 5), "date": "2023"}),
        }
    )
    assert group(land, "closing") == pytest.approx([100, 70, 90, 75, 95])
    assert group(land, "redisturbed") == pytest.approx([np.nan, np.nan, 0, np.nan, 20], nan_ok=True)
    assert group(land, "correction") == [100, 0, 0, 0, 0]  # the first outline may be older land
    assert codes(land)["maybe-redisturbed"] == pytest.approx(15)  # the second parcel stays inside the last outline


def test_overlapping_increments_count_once():
    land = cut({"footprints": footprints({"box": TEN, "date": "2019"}, {"box": (5, 0, 15, 10), "date": "2019"})})
    assert group(land, "new") == [150]
    assert group(land, "ever") == [150]


def test_cumulative_outlines_never_show_redisturbance():
    land = cut(
        {
            "footprints": footprints(
                {"box": TEN, "date": "2018"}, {"box": (0, 0, 12, 10), "date": "2020"}, meaning="cumulative"
            ),
            "parcels": parcels({"box": (0, 0, 5, 10), "date": "2019"}),
        }
    )
    made = ledger(land, by="group").rows
    assert hectares(made["closing"]) == [100, 50, 70]
    assert made["redisturbed"].isna().all()
    assert hectares(made["new"])[2] == 20


def test_baseline_is_opening_and_not_new():
    base = rows(
        [{"box": (0, 0, 4, 10), "state": "open"}, {"box": (4, 0, 6, 10), "state": "reclaimed"}],
        source="b",
        site_id="A",
        date="2016",
    )
    land = cut({"footprints": footprints({"box": TEN, "date": "2017"}, meaning="snapshot"), "baseline": base})
    made = ledger(land).rows.iloc[0]
    assert hectares(made[["opening", "new", "redisturbed", "correction", "closing", "ever"]]) == [
        40,
        40,
        20,
        0,
        100,
        100,
    ]


def test_baseline_after_the_first_footprint_corrects():
    base = rows([{"box": (0, 0, 4, 10), "state": "reclaimed", "date": "2018-12-31"}], source="b", site_id="A")
    land = cut({"footprints": footprints({"box": TEN, "date": "2017-05-01"}), "baseline": base})
    made = ledger(land, at=pd.Timestamp("2018-12-31")).rows
    assert hectares(made["correction"]) == [0, -40]
    assert hectares(made["closing"]) == [100, 60]


def test_years_without_a_survey_are_not_zero():
    land = cut(
        {"footprints": footprints({"box": TEN, "date": "2017"}, {"box": TEN, "date": "2019"}, meaning="snapshot")}
    )
    made = ledger(land).rows.set_index("year")
    assert np.isnan(made.loc[2018, "new"])
    assert made.loc[2019, "new"] == 0
    assert made["observed"].tolist() == [1, 0, 1]


def test_land_that_leaves_a_snapshot_stays_open():
    outlines = footprints({"box": TEN, "date": "2018"}, {"box": (0, 0, 6, 10), "date": "2019"}, meaning="snapshot")
    land = cut({"footprints": outlines, "parcels": parcels({"box": (9, 0, 10, 10), "date": "2019-03-01"})})
    made = ledger(land).rows.set_index("year")
    assert hectares([made.loc[2019, "left"]]) == [30]  # 40 left, 10 of them under a parcel
    assert hectares([made.loc[2019, "closing"]]) == [90]


# --- stages ----------------------------------------------------------------------------------------------------------


def test_temporary_land_is_not_reclaimed():
    land = cut(
        {
            "footprints": footprints({"box": TEN, "date": "2017"}, {"box": (0, 0, 1, 10), "date": "2019"}),
            "parcels": parcels({"box": (0, 0, 4, 10), "date": "2018", "stage": "temporary"}),
        }
    )
    assert group(land, "closing") == [100, 100, 100]
    assert group(land, "temporary") == [0, 40, 30]  # mined again: moves nothing but the temporary stock
    assert group(land, "reclaimed") == [0, 0, 0]


def test_a_lower_stage_never_lowers():
    events = [
        {"stage": s, "date": d, "box": TEN}
        for s, d in [("certified", "2018"), ("temporary", "2019"), ("accepted", "2020")]
    ]
    land = cut({"footprints": footprints({"box": TEN, "date": "2017"}), "parcels": parcels(*events)})
    assert spells(land)["state"].tolist() == ["open", "certified"]


def test_failed_inspection_reopens_and_reclaims_again():
    events = [("permanent", "2018"), ("failed", "2019"), ("permanent", "2020")]
    land = cut(
        {
            "footprints": footprints({"box": TEN, "date": "2017"}),
            "parcels": parcels(*({"stage": s, "date": d, "box": (0, 0, 5, 10)} for s, d in events)),
        }
    )
    assert group(land, "failed") == [0, 0, 50, 0]
    assert group(land, "reclaimed") == [0, 50, 0, 0]
    assert group(land, "reclaimed_again") == [0, 0, 0, 50]
    assert spells(land)["first"].tolist() == [True, True, True, False, False]


def test_failed_inspection_of_the_same_year_follows_its_reclamation():
    events = [("permanent", "2019"), ("failed", "2019")]
    land = cut(
        {
            "footprints": footprints({"box": TEN, "date": "2017"}),
            "parcels": parcels(*({"stage": s, "date": d, "box": TEN, "parcel_id": "P"} for s, d in events)),
        }
    )
    assert group(land, "closing")[-1] == 100
    assert group(land, "failed")[-1] == 100


def test_planned_and_soils_change_no_state():
    events = [{"stage": "planned", "box": TEN, "date": "2018"}, {"stage": "soils_placed", "box": TEN, "date": "2018"}]
    land = cut({"footprints": footprints({"box": TEN, "date": "2017"}), "parcels": parcels(*events)})
    assert spells(land)["state"].tolist() == ["open"]


# --- order -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("disturbed", "reclaimed", "closing", "unclear"),
    [
        ("2019", "2019-06-15", 0, True),  # disturbance first, reclaimed at the later date
        ("2019-06-15", "2019", 0, True),
        ("2019-06-15", "2019-06-15", 0, True),
        ("2019-03", "2019-06-15", 0, False),
        ("2019-06-15", "2019-03", 100, False),  # reclaimed before it was disturbed: counts nothing
    ],
)
def test_overlapping_periods(disturbed, reclaimed, closing, unclear):
    land = cut(
        {"footprints": footprints({"box": TEN, "date": disturbed}), "parcels": parcels({"box": TEN, "date": reclaimed})}
    )
    assert group(land, "closing") == [closing]
    assert ("order-unclear" in codes(land)) is unclear
    assert ("before-disturbance" in codes(land)) is (closing == 100)


def test_reclamation_takes_effect_at_the_later_date():
    land = cut(
        {"footprints": footprints({"box": TEN, "date": "2019"}), "parcels": parcels({"box": TEN, "date": "2019-06-15"})}
    )
    assert spells(land)["start"].dt.strftime("%Y-%m-%d").tolist() == ["2019-12-31"]


def test_as_of_a_date_is_inclusive():
    land = cut(
        {
            "footprints": footprints({"box": TEN, "date": "2018-06-30"}),
            "parcels": parcels({"box": TEN, "date": "2019-06-30"}),
        }
    )
    assert group(land, "closing", at=pd.Timestamp("2019-06-29")) == [100, 100]
    assert group(land, "closing", at=pd.Timestamp("2019-06-30")) == [100, 0]


def test_known_at_leaves_later_rows_out():
    given = {
        "footprints": footprints({"box": TEN, "date": "2018", "recorded": "2019-01-10"}),
        "parcels": parcels(
            {"box": TEN, "date": "2018-12-31", "recorded": "2020-03-01"},
            {"box": (0, 0, 1, 1), "date": "2019", "recorded": None},
        ),
    }
    assert group(cut(given, known_at=pd.Timestamp("2019-12-31")), "closing") == [100, 99]
    assert group(cut(given, known_at=pd.Timestamp("2020-03-01")), "closing") == [0, 0]


# --- whose ground ----------------------------------------------------------------------------------------------------


def test_shared_ground_makes_the_group():
    land = cut(
        {
            "footprints": footprints(
                {"box": TEN, "date": "2017"}, {"box": (5, 0, 15, 10), "date": "2018", "site_id": "B"}
            ),
            "parcels": parcels({"box": (5, 0, 10, 10), "date": "2019", "site_id": "A"}),
        }
    )
    made = ledger(land)
    by_site = made.rows.set_index(["site_id", "year"])
    assert hectares(by_site.loc["B", "new"].dropna()) == [100]  # B's own first footprint on it
    assert hectares(by_site.loc["A", "closing"]) == [100, 100, 50]
    assert hectares(by_site.loc["B", "closing"]) == [0, 100, 50]
    assert hectares(made.shared["closing"]) == [0, -50, 0]
    assert group(land, "closing") == [100, 150, 100]
    assert spells(land).query("state == 'reclaimed'")["site_id"].tolist() == ["A;B"]


def test_parcel_acts_wherever_it_lies():
    land = cut(
        {
            "footprints": footprints({"box": TEN, "date": "2017"}),
            "parcels": parcels({"box": TEN, "date": "2018", "site_id": "Z"}),
        }
    )
    assert group(land, "closing") == [100, 0]
    assert codes(land)["site-mismatch"] == pytest.approx(100)


def test_legacy_land_stays_apart():
    outlines = footprints({"box": TEN, "date": "2017"}, {"box": (20, 0, 30, 10), "date": "2017", "liability": "legacy"})
    made = ledger(cut({"footprints": outlines}))
    assert hectares(made.rows["ever"]) == [100]
    assert made.apart["liability"].tolist() == ["legacy"]
    assert hectares(made.apart["ever"]) == [100]


def test_ground_touching_only_along_a_line_is_not_shared():
    outlines = footprints({"box": TEN, "date": "2017"}, {"box": (10, 0, 20, 10), "date": "2017", "site_id": "B"})
    assert ledger(cut({"footprints": outlines})).shared.empty


# --- conflicts -------------------------------------------------------------------------------------------------------


def test_two_parcels_claim_the_same_ground():
    claims = parcels({"box": (0, 0, 6, 10), "date": "2018"}, {"box": (4, 0, 10, 10), "date": "2019"})
    found = conflicts(cut({"footprints": footprints({"box": TEN, "date": "2017"}), "parcels": claims}))
    overlap = found[found["code"] == "overlap"].iloc[0]
    assert overlap["area_m2"] == pytest.approx(20e4, rel=1e-6)
    assert (overlap["id"], overlap["row"], overlap["source"]) == ("P1", 1, "parcels.gpkg")


def test_no_overlap_where_a_disturbance_lies_between():
    claims = parcels({"box": TEN, "date": "2018"}, {"box": TEN, "date": "2020"})
    outlines = footprints({"box": TEN, "date": "2017"}, {"box": (0, 0, 5, 10), "date": "2019"})
    assert codes(cut({"footprints": outlines, "parcels": claims}))["overlap"] == pytest.approx(50)


def test_one_parcel_in_two_stages_is_no_overlap():
    events = parcels(
        {"box": TEN, "date": "2018", "parcel_id": "P"},
        {"box": TEN, "date": "2019", "parcel_id": "P", "stage": "accepted"},
    )
    assert "overlap" not in codes(cut({"footprints": footprints({"box": TEN, "date": "2017"}), "parcels": events}))


def test_outside_every_footprint_counts_nothing():
    claims = parcels({"box": (8, 0, 12, 10), "date": "2018"}, {"box": (50, 50, 51, 51), "date": "2018"})
    land = cut({"footprints": footprints({"box": TEN, "date": "2017"}), "parcels": claims})
    assert group(land, "reclaimed") == [0, 20]
    found = conflicts(land)
    assert hectares(found.loc[found["code"] == "outside-footprint", "area_m2"]) == [1, 20]


# --- trace -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lively() -> Land:
    return cut(
        {
            "footprints": footprints(
                {"box": TEN, "date": "2017"},
                {"box": (5, 0, 15, 10), "date": "2018", "site_id": "B"},
                {"box": (0, 0, 3, 3), "date": "2020"},
            ),
            "parcels": parcels(
                {"box": (0, 0, 7, 7), "date": "2019"},
                {"box": (6, 6, 9, 9), "date": "2020"},
                {"box": (0, 0, 2, 2), "date": "2021"},
            ),
        }
    )


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(("by", "key"), [("group", None), ("site", "A"), ("site", "B")])
def test_every_cell_is_the_sum_of_its_faces(lively, measure, by, key):
    made = ledger(lively, by=by).rows
    for row in made[made.iloc[:, 0] == (key or "group")].to_dict("records"):
        found = trace(lively, measure, year=row["year"], by=by, key=key)
        assert found["area_m2"].sum() == pytest.approx(np.nan_to_num(row[measure]), abs=1e-6)


def test_trace_names_the_source_rows(lively):
    found = trace(lively, "reclaimed_again", year=2021)
    assert hectares([found["area_m2"].sum()]) == [4]
    assert found["cause"].unique().tolist() == ["parcels:parcels.gpkg:2"]


def test_trace_refuses_what_is_not_there(lively):
    with pytest.raises(TableError, match="no figure 'reclaimd'"):
        trace(lively, "reclaimd", year=2019)
    with pytest.raises(TableError, match="no account 'Q'"):
        trace(lively, "closing", year=2019, by="site", key="Q")


# --- the cut ---------------------------------------------------------------------------------------------------------


def test_faces_of_nested_and_crossing_outlines():
    big, inner = shapely.box(0, 0, 4, 4), shapely.box(1, 1, 2, 2)
    crossing = shapely.box(3, 3, 5, 5)
    made = partition(np.array([big, inner, crossing], dtype=object))
    assert sorted(round(area, 9) for area in shapely.area(made.geometry)) == [1, 1, 3, 14]
    covers = pd.Series(made.group).groupby(made.face).agg(tuple)
    assert sorted(covers) == [(0,), (0, 1), (0, 2), (2,)]


def test_a_hole_between_outlines_is_no_face():
    frame = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    made = partition(np.array([frame, shapely.box(2, 0, 4, 1)], dtype=object))
    assert shapely.area(made.geometry).sum() == pytest.approx(9)


def test_nearly_coincident_edges_leave_the_sum_right():
    rng = np.random.default_rng(5)
    corners = shapely.get_coordinates(shapely.segmentize(shapely.box(107, 23, 107.01, 23.01), 0.001))[:-1]
    noisy = [shapely.Polygon(corners + rng.normal(0, 1e-13, corners.shape)) for _ in range(8)]
    made = partition(np.array(noisy, dtype=object))
    assert shapely.area(made.geometry).sum() == pytest.approx(shapely.union_all(noisy).area, rel=1e-9)


def test_parcels_in_several_stages_are_one_overlap():
    claims = [
        {"parcel_id": name, "stage": stage, "date": date, "box": box}
        for name, box in (("P", (0, 0, 6, 10)), ("Q", (4, 0, 10, 10)))
        for stage, date in (("permanent", "2018"), ("accepted", "2019"))
    ]
    found = conflicts(cut({"footprints": footprints({"box": TEN, "date": "2017"}), "parcels": parcels(*claims)}))
    assert hectares(found.loc[found["code"] == "overlap", "area_m2"]) == [20]
