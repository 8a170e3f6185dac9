"""Why a figure changed, over random worlds: whatever two states of knowledge and two days, the parts add up."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reclaim.land.accounts import ledger
from reclaim.land.history import cut
from reclaim.reports import explain
from reclaim.reports.explain import CAUSES
from tests.test_land_laws import tables_of, worlds

FIGURES = ("closing", "permanent", "ever")
# a world takes a second, so that making a failing one smaller would take minutes
COMMON = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.reuse, Phase.generate)
)
DAYS = st.dates(date(2016, 5, 1), date(2021, 12, 31))  # the ledger has a row from the first disturbance on


def told(world, day, *, nameless=()):
    """What an assessment of a world on a day holds, as far as explanations look at it."""
    tables = tables_of(world)
    for name in nameless:
        if name in tables:
            tables[name] = tables[name].assign(site_id=None)
    return SimpleNamespace(land=cut(tables), at=pd.Timestamp(day))


def figure_of(made, figure):
    last = ledger(made.land, by="group", at=made.at).rows.sort_values("year").iloc[-1]
    return float(last["ever"] - last["closing"] if figure == "permanent" else last[figure])


@st.composite
def revised(draw):
    """A world, and the same with rows delivered later, withdrawn, measured anew or put right."""
    world = draw(worlds())
    other = []
    for index, (row, corners) in enumerate(world):
        change = draw(st.sampled_from(["same", "same", "same", "gone", "moved", "later"])) if index else "same"
        if change == "gone":
            continue
        if change == "moved" and row.kind != "baseline":
            x0, y0, x1, y1 = corners
            corners = (max(0, x0 - 1), y0, x1, y1) if x0 else (x0, y0, x1, max(y0 + 1, y1 - 1))
        if change == "later" and row.kind != "baseline":
            row = row.__class__(**{**vars(row), "start": date(2019, 7, 1), "end": date(2019, 7, 1)})
        other.append((row, corners))
    return world, other


@COMMON
@given(revised(), DAYS, DAYS, st.booleans())
def test_the_parts_add_up_to_the_difference(pair, first, last, turned):
    before, after = pair[::-1] if turned else pair
    a, b = told(before, first), told(after, last)
    for figure in FIGURES:
        rows = explain(a, b, figure=figure)
        change = figure_of(b, figure) - figure_of(a, figure)
        assert rows["area_m2"].sum() == pytest.approx(change, abs=0.01), figure
        assert set(rows["cause"]) <= set(CAUSES)
        assert not rows["area_m2"].eq(0).any()
        assert not rows.duplicated(["cause", "table", "id", "site_id"]).any()


@COMMON
@given(worlds(), DAYS, DAYS)
def test_there_and_back_again_is_the_same_with_the_other_sign(world, first, last):
    a, b = told(world, first), told(world, last)
    for figure in FIGURES:
        there, back = explain(a, b, figure=figure), explain(b, a, figure=figure)
        assert there["area_m2"].sum() == pytest.approx(-back["area_m2"].sum(), abs=0.01)


@COMMON
@given(worlds(), DAYS)
def test_the_same_twice_has_nothing_to_explain(world, day):
    made = told(world, day)
    for figure in FIGURES:
        assert explain(made, told(world, day), figure=figure).empty


@COMMON
@given(worlds(), DAYS, DAYS)
def test_rows_without_a_site_are_not_lost(world, first, last):
    a, b = told(world, first, nameless=("parcels",)), told(world, last, nameless=("parcels",))
    for figure in FIGURES:
        change = figure_of(b, figure) - figure_of(a, figure)
        assert explain(a, b, figure=figure)["area_m2"].sum() == pytest.approx(change, abs=0.01), figure


@COMMON
@given(revised(), DAYS)
def test_each_cause_means_what_it_says(pair, day):
    a, b = told(pair[0], day), told(pair[1], day)
    ids_a, ids_b = (set(made.land.evidence.rows["id"]) for made in (a, b))
    for figure in FIGURES:
        for row in explain(a, b, figure=figure).itertuples():
            assert row.cause in CAUSES[:5]  # nothing has happened since: it is the same day
            assert (row.cause == "newly_known") == (row.id not in ids_a)
            assert (row.cause == "withdrawn") == (row.id not in ids_b)
            assert np.isfinite(row.area_m2)
