"""Why a figure changed: the parts add up to the difference, and each has the cause that a person would give."""

import dataclasses

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from reclaim.errors import ReportError
from reclaim.figures import waterfall
from reclaim.io.project import Project
from reclaim.reports import explain, explained_parts
from reclaim.verbs.land import assess
from tests.squares import square

CRS = "EPSG:4490"


def project(parcels, *, mined=None):
    pits = mined or [("F1", "A", "2017-05-01", (0, 0, 10, 10)), ("F2", "A", "2019-05-01", (20, 0, 25, 10))]
    footprints = gpd.GeoDataFrame(
        [{"footprint_id": i, "site_id": s, "date": d, "geometry": square(*box)} for i, s, d, box in pits], crs=CRS
    )
    land = gpd.GeoDataFrame(
        [
            {"parcel_id": i, "site_id": "A", "date": d, "stage": stage, "recorded": r, "geometry": square(*box)}
            for i, d, stage, r, box in parcels
        ],
        crs=CRS,
    )
    return Project.from_frames(meaning="increment", footprints=footprints, parcels=land)


def said(rows):
    """Hectares by cause and id."""
    return {(row.cause, row.id): round(row.area_m2 / 1e4, 2) for row in rows.itertuples()}


def difference(a, b, figure):
    def value(assessment):
        row = assessment.group.iloc[-1]
        return row["ever"] - row["closing"] if figure == "permanent" else row[figure]

    return value(b) - value(a)


BASE = [
    ("P1", "2018-06-01", "permanent", "2018-07-01", (0, 0, 4, 10)),
    ("P2", "2019-06-01", "permanent", "2019-07-01", (4, 0, 6, 10)),
    ("P1", "2019-08-01", "failed", "2019-09-01", (0, 0, 1, 10)),
]


@pytest.mark.parametrize("figure", ["closing", "permanent", "ever"])
def test_from_one_year_to_the_next(figure):
    made = project(BASE)
    a, b = assess(made, at="2018"), assess(made, at="2019")
    rows = explain(a, b, figure=figure)
    assert rows["area_m2"].sum() == pytest.approx(difference(a, b, figure), abs=1e-6)
    causes = {
        "closing": {("new", "F2"): 50.0, ("failed", "P1"): 10.0, ("reclaimed", "P2"): -20.0},
        "permanent": {("failed", "P1"): -10.0, ("reclaimed", "P2"): 20.0},
        "ever": {("new", "F2"): 50.0},
    }
    assert said(rows) == causes[figure]


def test_backwards_it_has_the_other_sign():
    made = project(BASE)
    a, b = assess(made, at="2018"), assess(made, at="2019")
    assert said(explain(b, a)) == {key: -value for key, value in said(explain(a, b)).items()}


def test_re_mined_and_reclaimed_again():
    pits = [("F1", "A", "2017-05-01", (0, 0, 10, 10)), ("F3", "A", "2019-03-01", (0, 0, 2, 10))]
    parcels = [*BASE[:1], ("P9", "2020-06-01", "permanent", "2020-07-01", (0, 0, 1, 10))]
    made = project(parcels, mined=pits)
    a, b, c = (assess(made, at=year) for year in ("2018", "2019", "2020"))
    assert said(explain(a, b)) == {("redisturbed", "F3"): 20.0}
    assert said(explain(b, c)) == {("reclaimed_again", "P9"): -10.0}


def test_what_became_known_later():
    made = project([*BASE, ("P7", "2018-09-01", "permanent", "2020-02-01", (6, 0, 9, 10))])
    a, b = assess(made, at="2018", known_at="2019-01-01"), assess(made, at="2018")
    assert said(explain(a, b, figure="permanent")) == {("newly_known", "P7"): 30.0}
    assert said(explain(b, a, figure="permanent")) == {("withdrawn", "P7"): -30.0}


def test_a_parcel_measured_again_and_one_with_another_date():
    a = assess(project(BASE[:2]), at="2019")
    moved = [(*BASE[0][:4], (0, 0, 3, 10)), ("P2", "2020-06-01", "permanent", "2019-07-01", (4, 0, 6, 10))]
    b = assess(project(moved), at="2019")
    rows = explain(a, b, figure="permanent")
    assert said(rows) == {("re_measured", "P1"): -10.0, ("corrected", "P2"): -20.0}
    assert rows["area_m2"].sum() == pytest.approx(difference(a, b, "permanent"), abs=1e-3)


def test_ground_that_changed_hands_is_not_put_down_to_the_row_that_lost_it():
    a = assess(project([("P2", "2019-06-01", "permanent", "2019-07-01", (2, 0, 6, 10))]), at="2019")
    earlier = ("P1", "2018-06-01", "permanent", "2018-07-01", (0, 0, 4, 10))
    b = assess(project([earlier, ("P2", "2019-06-01", "permanent", "2019-07-01", (2, 0, 6, 10))]), at="2019")
    assert said(explain(a, b, figure="permanent")) == {("newly_known", "P1"): 40.0, ("knock_on", "P2"): -20.0}


def test_both_at_once_still_add_up():
    a = assess(project(BASE[:1]), at="2018")
    b = assess(project([*BASE, ("P7", "2018-09-01", "permanent", None, (6, 0, 9, 10))]), at="2019")
    rows = explain(a, b)
    assert rows["area_m2"].sum() == pytest.approx(difference(a, b, "closing"), abs=1e-3)
    assert said(rows)["newly_known", "P7"] == -30.0


def test_nothing_changed_is_an_empty_table():
    made = assess(project(BASE))
    rows = explain(made, dataclasses.replace(made))
    assert rows.empty
    assert list(rows.columns) == ["cause", "table", "id", "site_id", "area_m2"]


def test_the_steps_can_be_drawn():
    made = project(BASE)
    a, b = assess(made, at="2018"), assess(made, at="2019")
    parts = explained_parts(explain(a, b), start_m2=float(a.group["closing"].iloc[-1]))
    assert parts["value"].iloc[-1] == pytest.approx(b.group["closing"].iloc[-1])
    assert len(waterfall(parts, unit="m2", language="en").patches) == len(parts)


def test_another_figure_is_refused():
    made = assess(project(BASE))
    with pytest.raises(ReportError, match="permanent"):
        explain(made, made, figure="rate")


def test_rows_without_ids_are_told_by_the_ids_that_they_got():
    pits = gpd.GeoDataFrame(
        {"site_id": ["A", "A"], "date": ["2018", "2019"]}, geometry=[square(0, 0, 1, 1), square(2, 0, 3, 1)], crs=CRS
    )
    made = Project.from_frames(meaning="increment", footprints=pits)
    rows = explain(assess(made, at="2018"), assess(made, at="2019"))
    assert rows["cause"].tolist() == ["new"]
    assert isinstance(rows["id"].iloc[0], str)
    assert isinstance(shapely.box(0, 0, 1, 1), shapely.Polygon)
    assert isinstance(rows, pd.DataFrame)
