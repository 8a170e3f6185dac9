"""Outcomes by the ruling, and the statistics of plots against published and computed values."""

import math

import numpy as np
import pandas as pd
import pytest

from reclaim.errors import CriteriaError
from reclaim.zonal.criteria import Threshold, UnknownEndUse, criteria_of, evidence_needed, judge
from reclaim.zonal.evidence import (
    area_estimate,
    judge_points,
    more_needed,
    plot_tests,
    points_needed,
    sample_adequacy,
    share_bounds,
    wilson_interval,
)

OVER_95 = Threshold(0.95, strict=True)


def row(metric: str = "vegetated_fraction", **values: float) -> pd.DataFrame:
    facts = {"cover": 0.97, "valid": 1.0, "low": 0.97, "high": 0.97, "pixels": 200.0, "whole": 150.0} | values
    return pd.DataFrame([{"metric": metric, "outcome": None, **facts}])


def outcome(frame: pd.DataFrame, criterion: str | float | None, end_use: object = None) -> object:
    found = judge(frame, criteria_of([criterion], share=False), end_uses=[end_use]).outcome[0]
    return None if pd.isna(found) else found


@pytest.mark.parametrize(
    ("text", "value", "strict"),
    [
        (0.9, 0.9, False), ("0.9", 0.9, False), (">0.95", 0.95, True), (">= 0.5", 0.5, False), ("≥95%", 0.95, False),
        ("＞95％", 0.95, True), ("大于 95 %", 0.95, True), ("不低于90%", 0.9, False), ("95%以上", 0.95, False),
        ("at least 0.35", 0.35, False),
    ],
)  # fmt: skip
def test_criteria_as_people_write_them(text: object, value: float, *, strict: bool) -> None:
    assert Threshold.parse(text) == Threshold(value, strict=strict)


@pytest.mark.parametrize("text", ["<0.5", "good", "", "0.5-0.6", "1e9%"])
def test_criteria_that_cannot_be_read(text: str) -> None:
    with pytest.raises(CriteriaError):
        Threshold.parse(text)


def test_percent_taken_for_a_share_is_told() -> None:
    with pytest.raises(CriteriaError, match=r"did you mean 0.95\?"):
        Threshold.parse(95)
    with pytest.raises(CriteriaError) as error:
        criteria_of([0.5, "many", 80, None])
    assert [fault.split(":")[0] for fault in error.value.faults] == ["min_cover in row 1", "min_cover in row 2"]


def test_more_than_is_not_at_least() -> None:
    at_the_mark = row(cover=0.95, low=0.95, high=0.95)
    assert outcome(at_the_mark, ">=0.95") == "met"
    assert outcome(at_the_mark, ">0.95") == "not_met"
    nearly = row(cover=0.95 - 5e-10, low=0.95 - 5e-10, high=0.95 - 5e-10)
    assert outcome(nearly, ">=0.95") == "met"
    assert outcome(row(low=0.95 + 5e-10, high=0.95 + 5e-10), ">0.95") == "not_met"
    assert outcome(row(low=0.95 + 2e-9, high=0.96), ">0.95") == "met"


def test_outcomes_by_bounds() -> None:
    assert outcome(row(low=0.96, high=0.99, valid=0.97), ">0.95") == "met"
    assert outcome(row(low=0.5, high=0.9, valid=0.6), ">0.95") == "not_met"
    assert outcome(row(low=0.5, high=0.99, valid=0.51), ">0.95") == "undetermined"
    assert outcome(row(), None) is None


def test_too_little_evidence_comes_before_met() -> None:
    assert outcome(row(pixels=58.9), ">0.95") == "insufficient"
    assert outcome(row(pixels=59.0), ">0.95") == "met"
    assert outcome(row(pixels=58.9), ">0.9") == "met"
    assert outcome(row(pixels=9.9), 0.3) == "insufficient"
    assert outcome(row(pixels=10.0), 0.3) == "met"
    assert outcome(row(pixels=200.0, whole=0.0), ">0.95") == "insufficient"
    assert outcome(row(pixels=0.0, whole=0.0, valid=0.0, low=0.0, high=1.0, cover=np.nan), 0.3) == "insufficient"
    assert outcome(row(pixels=1e9), 1) == "insufficient"


@pytest.mark.parametrize("use", ["buildings", "建设用地", "solar", "光伏用地", "water", "pond", "roads", "道路"])
def test_ground_that_is_not_meant_to_be_green(use: str) -> None:
    assert outcome(row(pixels=1.0), ">0.95", use) == "not_applicable"
    assert outcome(row(), None, use) is None


def test_land_that_is_green_for_a_season() -> None:
    bare = row(low=0.1, high=0.1, cover=0.1)
    assert outcome(bare, 0.5, "grassland") == "not_met"
    assert outcome(bare, 0.5, "cropland") == "undetermined"
    assert outcome(row(), 0.5, "水田") == "met"
    with pytest.warns(UnknownEndUse, match="'moon base'"):
        assert outcome(bare, 0.5, "moon base") == "not_met"


def test_an_index_is_judged_only_when_all_was_seen() -> None:
    unseen = {"low": np.nan, "high": np.nan}
    assert outcome(row("mean_index", cover=0.6, **unseen), 0.5) == "met"
    assert outcome(row("mean_index", cover=0.4, **unseen), 0.5) == "not_met"
    assert outcome(row("mean_index", cover=0.6, valid=0.99, **unseen), 0.5) == "undetermined"


def test_evidence_for_a_minimum() -> None:
    assert [evidence_needed(c) for c in (0.95, 0.9, 0.5, 0.0)] == [59, 29, 10, 10]
    assert evidence_needed(1.0) == math.inf


# --- points ---


@pytest.mark.parametrize(
    ("share", "confidence", "points"), [(0.9, 0.9, 22), (0.9, 0.95, 29), (0.95, 0.9, 45), (0.95, 0.95, 59)]
)
def test_points_that_prove_a_claim(share: float, confidence: float, points: int) -> None:
    claim = Threshold(share, strict=True)
    assert points_needed(claim, confidence) == points
    assert judge_points(points, points, claim, confidence).outcome == "met"
    assert judge_points(points - 1, points - 1, claim, confidence).outcome == "insufficient"


def test_96_of_100_do_not_prove_95_percent() -> None:
    assert wilson_interval(96, 100) == pytest.approx((0.9016, 0.9843), abs=5e-5)
    assert share_bounds(96, 100, 0.975) == pytest.approx((0.9007, 0.9890), abs=5e-5)
    assert share_bounds(96, 100)[0] == pytest.approx(0.9108, abs=5e-5)
    verdict = judge_points(96, 100, OVER_95)
    assert verdict.outcome == "undetermined"
    assert verdict.more == more_needed(96, 100, OVER_95)
    more = int(verdict.more or 0)
    assert judge_points(96 + more, 100 + more, OVER_95).outcome == "met"
    assert judge_points(95 + more, 99 + more, OVER_95).outcome != "met"


def test_a_refuted_claim_can_no_longer_be_proved() -> None:
    verdict = judge_points(40, 59, OVER_95)
    assert (verdict.outcome, verdict.more) == ("not_met", None)


def test_claims_no_sample_can_prove() -> None:
    with pytest.raises(CriteriaError, match="no sample"):
        points_needed(Threshold(1.0))
    with pytest.raises(CriteriaError, match="confidence"):
        points_needed(OVER_95, 95)


# --- plots: the tests of the regulators ---


@pytest.mark.parametrize(
    ("mean", "tests"), [(60, (False, True, False)), (64, (True, True, False)), (67, (True, True, True))]
)
def test_direct_classical_and_reverse_null(mean: float, tests: tuple[bool, bool, bool]) -> None:
    found = plot_tests(mean, 15, 30, standard=0.9 * 70)
    assert (found.direct, found.classical, found.reverse) == tests


def test_a_real_filing() -> None:
    """Cover 35.4 (variance 79.1, 30 plots) against a reference of 30.0."""
    found = plot_tests(35.4, math.sqrt(79.1), 30, standard=0.9 * 30.0)
    assert found.t == pytest.approx(5.17, abs=0.005)
    assert found.direct
    assert found.classical
    assert found.reverse


@pytest.mark.parametrize(
    ("mean", "variance", "count", "printed"),
    [(35.4, 79.1, 30, 10.87), (30.0, 73.6, 30, 14.06), (60.1, 270.2, 30, 12.9), (21.1, 57.3, 45, 21.8), (38.7, 58.0,
    30, 6.7),
     (27.9, 20.3, 30, 4.5), (47.8, 248.1, 30, 18.7), (23.1, 83.6, 30, 27.0)],
)  # fmt: skip
def test_sample_adequacy_as_printed_in_filings(mean: float, variance: float, count: int, printed: float) -> None:
    assert sample_adequacy(mean, variance, count) == pytest.approx(printed, abs=0.06)


def test_small_samples() -> None:
    assert not plot_tests(90, 5, 14, standard=63).direct
    assert not plot_tests(90, 5, 29, standard=63).reverse
    with pytest.raises(CriteriaError, match="at least 2"):
        plot_tests(90, 5, 1, standard=63)
    assert plot_tests(90, 0, 30, standard=63).reverse


def test_areas_from_a_map_and_a_sample() -> None:
    """The worked example of Olofsson et al. 2014."""
    counts = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
    found = area_estimate(counts, np.array([200_000, 150_000, 3_200_000, 6_450_000]))
    assert found.area[0] == pytest.approx(235_086.25, abs=0.01)
    assert 1.96 * found.error[0] == pytest.approx(68_418.16, abs=0.01)
    assert (found.overall, found.overall_error) == pytest.approx((0.94651, 0.00943), abs=5e-6)
    assert (found.users[0], found.producers[0]) == pytest.approx((0.88, 0.7487), abs=5e-5)
    with pytest.raises(CriteriaError, match="at least 2 points"):
        area_estimate(np.array([[1, 0], [0, 5]]), np.array([1.0, 2.0]))
