from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.errors import UnitError
from reclaim.units import M2_PER_MU, SPELLINGS, UNITS, area_unit, convert, label, parse_area


def test_the_mu_is_exact():
    assert Fraction(2000, 3) == M2_PER_MU
    assert convert(12029, "mu", "m2") == pytest.approx(8019333 + 1 / 3, abs=1e-8)
    assert convert(2000, "m2", "mu") == 3.0
    assert convert(1, "km2", "mu") == 1500.0
    assert convert(675, "mu", "m2") == 450_000.0


def test_a_stock_published_in_three_years_keeps_its_last_digit():
    # 7,172 + 14,657 + 12,029 mu is 2,257.2 ha; with 666.67 the sum would be 113 m2 out
    assert convert(np.array([7172, 14657, 12029]), "mu", "ha").sum() == pytest.approx(2257.2, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "m2"),
    [
        ("123.5亩", 123.5 * 2000 / 3),
        ("８.2 公顷", 82_000),
        ("1.2万亩", 8_000_000),
        ("１．２　万亩", 8_000_000),
        ("45万平方米", 450_000),
        ("3,000 m²", 3_000),
        ("3000㎡", 3_000),
        ("2 km²", 2_000_000),
        ("0.5平方公里", 500_000),
        ("10 HM2", 100_000),
        ("约12,345.6亩", 12_345.6 * 2000 / 3),
        ("1 acre", 4046.8564224),
        ("1.2e4 mu", 8_000_000),
        ("3百万平方米", 3_000_000),
        ("0亩", 0),
    ],
)
def test_areas_as_people_write_them(text, m2):
    quantity = parse_area(text)
    assert quantity.value_m2 == pytest.approx(m2, rel=1e-15)
    assert quantity.text == text


@pytest.mark.parametrize(
    "text", ["12029", "", "亩", "-3亩", "1,20亩", "12公里", "3 apples", "1..2亩", "nan亩", "12亩半", "3万"]
)
def test_what_is_no_area_is_refused(text):
    with pytest.raises(UnitError) as caught:
        parse_area(text)
    assert caught.value.faults[0]


def test_a_bare_number_takes_the_stated_unit_and_a_unit_in_the_text_wins():
    assert parse_area("12", unit="ha").value_m2 == 120_000
    assert parse_area(12.5, unit="mu").unit == "mu"
    assert parse_area("12亩", unit="ha").value_m2 == 8_000
    with pytest.raises(UnitError, match="no unit"):
        parse_area(12.5)


def test_tables_keep_their_kind_and_their_gaps():
    series = pd.Series([2000.0, np.nan], index=["a", "b"], name="area")
    mu = convert(series, "m2", "mu")
    assert mu.loc["a"] == 3.0
    assert np.isnan(mu.loc["b"])
    assert mu.index.tolist() == ["a", "b"]
    assert convert([2000, 4000], "m2", "mu").tolist() == [3.0, 6.0]


def test_unknown_units_are_named():
    with pytest.raises(UnitError, match="'football fields'"):
        convert(1, "football fields", "ha")
    assert area_unit("万亩").key == "wan_mu"
    assert area_unit("万平方米").m2 == 10_000
    assert label("ha", "zh") == "公顷"


def test_every_spelling_is_read_back():
    for spelling, key in SPELLINGS.items():
        assert parse_area(f"2{spelling}").value_m2 == pytest.approx(float(2 * UNITS[key].m2), rel=1e-15)


@given(st.decimals(0, 10**7, places=3), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)))
def test_there_and_back_again(value, source, target):
    there = convert(float(value), source, target)
    assert convert(there, target, source) == pytest.approx(float(value), rel=1e-14)
