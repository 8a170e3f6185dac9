"""Rates: what they are divided by, what they leave out, and how they are put into words."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.errors import TableError
from reclaim.land.history import cut
from reclaim.land.rate_values import Rate, Target, percent
from reclaim.land.rates import rate, rates_by
from tests.squares import footprints, parcels, rows

TEN = (0, 0, 10, 10)


def test_rate_is_a_share_of_land_and_not_of_flows():
    """120 ha ever disturbed, 45 reclaimed, 20 of those mined again: the flows say 45 / 140, the land says 25 / 120."""
    land = cut(
        {
            "footprints": footprints({"box": (0, 0, 12, 10), "date": "2017"}, {"box": (0, 0, 2, 10), "date": "2019"}),
            "parcels": parcels({"box": (0, 0, 4.5, 10), "date": "2018"}),
        }
    )
    assert rate(land, basis="damaged").value == pytest.approx(25 / 120)
    assert rate(land, basis="annual", at=pd.Timestamp("2019-12-31")).value == 0


def test_group_rate_is_a_ratio_of_sums():
    outlines = footprints({"box": TEN, "date": "2017"}, {"box": (20, 0, 21, 10), "date": "2017", "site_id": "B"})
    land = cut({"footprints": outlines, "parcels": parcels({"box": (20, 0, 21, 10), "date": "2018"})})
    assert rate(land, basis="damaged").value == pytest.approx(10 / 110)
    by_site = rates_by(land, by="site", basis="damaged")
    assert [round(by_site[key].value, 9) for key in ("A", "B")] == [0, 1]


def test_available_counts_released_land_only():
    outlines = footprints(
        {"box": (0, 0, 4, 10), "date": "2017", "released": "2018-06-01"},
        {"box": (4, 0, 8, 10), "date": "2017", "released": "2030-01-01"},
        {"box": (8, 0, 10, 10), "date": "2017", "released": None},
    )
    land = cut({"footprints": outlines, "parcels": parcels({"box": (0, 0, 1, 10), "date": "2019"})})
    made = rate(land, basis="available", at=pd.Timestamp("2019-12-31"))
    assert made.value == pytest.approx(10 / 40)
    assert dict(made.excluded)["not yet released, still in use"] == pytest.approx(60e4)


def test_land_in_use_again_is_not_released_by_its_earlier_row():
    outlines = footprints(
        {"box": TEN, "date": "2017", "released": "2018"}, {"box": (0, 0, 5, 10), "date": "2019", "released": None}
    )
    made = rate(cut({"footprints": outlines}), basis="available")
    assert made.denominator_m2 == pytest.approx(50e4)


def test_responsibility_is_divided_by_its_layer():
    owed = rows([{"box": (5, 0, 15, 10)}], source="owed", site_id="A")
    given_ = {
        "footprints": footprints({"box": TEN, "date": "2017"}),
        "parcels": parcels({"box": (4, 0, 8, 10), "date": "2018"}),
        "responsibility": owed,
    }
    made = rate(cut(given_), basis="responsibility", tables=given_)
    assert (made.numerator_m2, made.denominator_m2) == (pytest.approx(30e4), pytest.approx(100e4))
    assert dict(made.excluded)["reclaimed outside the responsibility range"] == pytest.approx(10e4)


def test_responsibility_without_its_layer_says_so():
    with pytest.raises(TableError, match="responsibility layer"):
        rate(cut({"footprints": footprints({"box": TEN})}), basis="responsibility")


def test_plan_compares_ground_inside_footprints():
    events = [
        {"stage": "planned", "box": (0, 0, 4, 10), "date": "2019"},
        {"stage": "planned", "box": (3, 0, 12, 10), "date": "2019"},
        {"stage": "planned", "box": TEN, "date": "2020"},
        {"stage": "permanent", "box": (0, 0, 5, 10), "date": "2019-08-01"},
        {"stage": "permanent", "box": (5, 0, 6, 10), "date": "2018-08-01"},
    ]
    land = cut({"footprints": footprints({"box": TEN, "date": "2017"}), "parcels": parcels(*events)})
    assert rate(land, basis="plan", at=pd.Timestamp("2019-12-31")).value == pytest.approx(50 / 100)


def test_annual_may_exceed_one_and_has_no_default_target():
    land = cut(
        {
            "footprints": footprints({"box": TEN, "date": "2017"}, {"box": (10, 0, 12, 10), "date": "2018"}),
            "parcels": parcels({"box": (0, 0, 3, 10), "date": "2018-12-31"}),
        }
    )
    made = rate(land, basis="annual", at=pd.Timestamp("2018-12-31"))
    assert made.value == pytest.approx(1.5)
    assert made.outcome is None


def test_nothing_to_divide_by_is_undefined():
    land = cut({"footprints": footprints({"box": TEN, "date": "2017", "liability": "legacy"})})
    made = rate(land, basis="damaged", target=Target(0.86))
    assert math.isnan(made.value)
    assert made.outcome == "undefined"
    assert "–" in made.text()


def test_a_year_nobody_surveyed_is_undetermined():
    land = cut({"footprints": footprints({"box": TEN, "date": "2017"}, meaning="snapshot")})
    assert rate(land, basis="annual", target=Target(0.5)).outcome == "undetermined"


def test_unknown_basis_is_refused():
    with pytest.raises(TableError, match="basis must be one of"):
        rate(cut({"footprints": footprints({"box": TEN})}), basis="net")


@pytest.mark.parametrize(("wrong", "meant"), [(86, "0.86"), (0, None), (-0.1, None), (1.2, "0.012")])
def test_target_must_be_a_share(wrong, meant):
    with pytest.raises(TableError, match=f"did you mean {meant}" if meant else "must lie in"):
        Target(wrong)


def test_text_says_what_is_missing():
    made = Rate("damaged", pd.Timestamp("2024-12-31"), 14746 / 37804, 147.46e6, 378.04e6, Target(0.86))
    assert str(made) == "damaged basis, 2024-12-31: 39.0% of 567,060 mu reclaimed; target 86%: 266,482 mu short"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.8596, "85.9%"),
        (0.85996, "85.9%"),
        (0.8599999, "85.9%"),
        (0.86, "86.0%"),
        (0.8600001, "86.0%"),
        (0.86049, "86.0%"),
    ],
)
def test_rounding_never_crosses_the_target(value, shown):
    assert percent(value, target=0.86) == shown


@given(st.floats(0, 1), st.floats(0.001, 1), st.integers(0, 3))
def test_shown_and_decided_agree_for_any_rate(value, target, decimals):
    """The text shows the target as reached exactly when it is, for a target that the text can show."""
    target = round(target, decimals + 2) or 0.01
    shown = float(percent(value, target=target, decimals=decimals)[:-1]) / 100
    assert (shown >= target - 1e-12) == (value >= target - 1e-9)
    assert shown == pytest.approx(value, abs=10.0 ** -(decimals + 2) + 1e-9)


def test_shortfall_never_reads_as_nothing():
    made = Rate("damaged", pd.Timestamp("2019-12-31"), 0.85999999, 85.999999e4, 100e4, Target(0.86))
    assert made.outcome == "not_met"
    assert "0.0001 mu short" in made.text()
    assert np.isclose(made.short_m2, 0.01)
