"""The content of reports: figures that equal the ledger's, rows that re-add, words that do not claim too much."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.errors import ReclaimWarning, ReportError
from reclaim.reports.content import content
from reclaim.reports.forms import figures_of
from reclaim.reports.layouts import layout, names
from reclaim.reports.model import Text
from reclaim.reports.named import environment, fields, figure, rate_of
from reclaim.reports.numbers import AREA_DECIMALS, related
from reclaim.reports.parts.accounts import form_table
from reclaim.reports.rounding import largest_remainder, settle
from reclaim.reports.setting import Setting
from reclaim.units import convert
from reclaim.verbs.land import assess
from tests.report_worlds import write_project


@pytest.fixture(scope="module")
def group(repository):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReclaimWarning)
        return assess(repository / "data" / "geo" / "chinalco-2019")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return assess(write_project(tmp_path_factory.mktemp("two-pits")))


@pytest.fixture(scope="module")
def report(group):
    return content(group, Setting("en"))


@pytest.fixture(scope="module")
def small_report(small):
    return content(small, Setting("en"))


def table(report, key):
    return next(table for table in report.tables() if table.key == key)


# --- rounding --------------------------------------------------------------------------------------------------------


def test_a_list_adds_up_to_its_rounded_total():
    assert largest_remainder([33.34, 33.33, 33.33]) == [34, 33, 33]
    assert largest_remainder([0.005, 0.005], decimals=2) == [0.01, 0.0]
    assert largest_remainder([1.4, np.nan, 1.4])[0] == 2
    assert largest_remainder([]) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.integers(0, 3))
def test_largest_remainder_moves_nothing_by_a_whole_step(values, decimals):
    rounded = largest_remainder(values, decimals=decimals)
    step = 10.0**-decimals
    assert sum(rounded) == pytest.approx(round(sum(values), decimals), abs=step * 1.01)
    assert all(abs(new - old) <= step * 1.001 for new, old in zip(rounded, values, strict=True))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 8), st.integers(0, 10_000))
def test_a_table_re_adds_in_rows_and_columns(rows, columns, seed):
    cells = np.random.default_rng(seed).uniform(-100, 100, (rows, columns))
    full = np.c_[cells, cells.sum(axis=1)]
    full = np.r_[full, full.sum(axis=0)[None]]
    width = columns + 1
    sums = [{**{r * width + c: 1 for c in range(columns)}, r * width + columns: -1} for r in range(rows + 1)]
    sums += [{**{r * width + c: 1 for r in range(rows)}, rows * width + c: -1} for c in range(width)]
    rounded = np.array(settle(full.ravel().tolist(), sums, decimals=2)).reshape(full.shape)
    assert rounded[:-1, :-1].sum(axis=1) == pytest.approx(rounded[:-1, -1], abs=1e-6)
    assert rounded[:-1].sum(axis=0) == pytest.approx(rounded[-1], abs=1e-6)
    assert np.abs(rounded - full).max() < 0.0201


def test_what_is_missing_stays_missing_and_what_is_decided_stays():
    settled = settle([1.004, np.nan, 2.004, 3.008], [{0: 1, 1: 1, 2: 1, 3: -1}], decimals=2, fixed={3: 3.01})
    assert np.isnan(settled[1])
    assert settled[3] == 3.01
    assert settled[0] + settled[2] == pytest.approx(3.01)


def test_sums_that_cannot_hold_are_left_as_they_are():
    assert settle([1.0, 5.0], [{0: 1, 1: -1}], decimals=0) == [1.0, 5.0]


# --- tables ----------------------------------------------------------------------------------------------------------


def test_the_movement_is_the_ledgers(group, report):
    made = table(report, "movement")
    for row in made.rows[:-1]:
        ledger = group.group[group.group["year"] == row[0]].iloc[0]
        for column, value in zip(made.columns[1:], row[1:], strict=True):
            assert value == pytest.approx(convert(float(ledger[column.key]), "m2", "mu"), rel=1e-12)


@pytest.mark.parametrize("key", ["movement", "by-site", "by-company", "by-province", "cn-annual", "gri-14", "gri-mm1"])
def test_every_printed_row_closes_and_every_column_adds_up(key, report):
    made = table(report, key)
    form = layout({"by-site": "accounts", "by-company": "accounts", "by-province": "accounts"}.get(key, key))
    place = {column.key: i for i, column in enumerate(made.columns)}
    step = 10.0 ** -AREA_DECIMALS[form.unit or "mu"]
    for row in made.printed:
        terms = [sign * (row[place[name]] or 0.0) for name, sign in form.balance.items() if name in place]
        assert sum(terms) == pytest.approx(0, abs=1e-6)
    for printed, exact in zip(made.printed, made.rows, strict=True):
        for new, old in zip(printed[1:], exact[1:], strict=True):
            assert (new is None) == (old is None)
            assert old is None or abs(new - old) < 2 * step
    stocks = {line.key for line in form.lines if line.stock or line.over}
    for column, i in place.items():
        if i and column not in stocks:
            assert sum(row[i] or 0 for row in made.printed[:-1]) == pytest.approx(made.printed[-1][i], abs=1e-6)


def test_all_tables_print_the_same_total_for_the_last_year(report):
    movement = table(report, "movement")
    last = dict(zip([c.key for c in movement.columns], movement.printed[-2], strict=True))
    for key in ("by-site", "by-company", "by-province"):
        made = table(report, key)
        total = dict(zip([c.key for c in made.columns], made.printed[-1], strict=True))
        assert {name: total[name] for name in ("opening", "new", "reclaimed", "closing")} == {
            name: last[name] for name in ("opening", "new", "reclaimed", "closing")
        }


def test_shared_ground_has_a_line_of_its_own(small_report):
    made = table(small_report, "by-site")
    assert [row[0].en for row in made.rows] == ["Two pits", "South", "shared ground", "group"]
    ever = next(i for i, column in enumerate(made.columns) if column.key == "ever")
    assert [round(row[ever] / 15) for row in made.rows] == [100, 100, -50, 150]


def test_a_year_without_a_survey_is_a_dash_and_says_so(report):
    made = table(report, "by-site")
    dam = next(row for row in made.printed if row[0].en == "Guizhou red-mud dam")
    assert dam[[c.key for c in made.columns].index("new")] is None
    assert any("not zero" in note.en for note in made.notes)


def test_the_ladder_holds_all_land_ever_disturbed(group, report):
    made = table(report, "ladder")
    held = [row[1] for row in made.printed]
    assert sum(held[:-1]) == pytest.approx(held[-1])
    assert sum(row[3] for row in made.printed[:-1]) == pytest.approx(1)
    assert held[-1] == pytest.approx(convert(float(group.group["ever"].iloc[-1]), "m2", "mu"), abs=0.01)


def test_land_classes_are_counted_on_the_companys_permanent_faces(group, report, small_report):
    moved = table(small_report, "classes")
    assert [" ".join(c.head.en.split()) for c in moved.columns] == ["before", "0301 arbor forest", "total"]
    assert moved.rows[-1][-1] == pytest.approx(
        55 * 15, rel=1e-4
    )  # 60 ha less 5 ha mined again; temporary is no reclamation
    classes = table(report, "classes")
    permanent = figures_of(group.group.iloc[-1].to_dict())["permanent"]
    assert classes.rows[-1][-1] == pytest.approx(convert(permanent, "m2", "mu"), rel=1e-9)


def test_a_published_figure_that_is_wrong_is_called_so(small_report):
    made = table(small_report, "published")
    row = made.rows[0]
    assert row[6].en == "agrees"
    assert float(row[4].replace(",", "")) == pytest.approx(900, abs=0.01)


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relation", "zh", "en"),
    [
        ("=", "86%", "86%"),
        (">=", "86%以上（含）", "86% or more"),
        (">", "超过86%", "more than 86%"),
        ("<", "不足86%", "less than 86%"),
    ],
)
def test_the_words_follow_from_the_relation(relation, zh, en):
    assert related(Text("86%", "86%"), relation) == Text(zh, en)


def test_the_default_level_is_said_to_be_one(small):
    summary = content(small, Setting("both")).sections[0]
    said = " ".join(" ".join(block.lines("both")) for block in summary.blocks if isinstance(block, Text))
    assert "默认值" in said
    assert "default" in said
    fact = summary.blocks[0].items[0]
    assert fact.tone == "bad"
    assert "1,110.00 亩" in fact.note.zh  # 0.86 of 150 ha less 55 ha: 74 ha


def test_no_parcels_is_a_rate_of_nought_with_the_reason(tmp_path):
    folder = write_project(tmp_path)
    toml = (folder / "reclaim.toml").read_text(encoding="utf-8")
    (folder / "reclaim.toml").write_text(
        toml.replace('[layers.parcels]\npath = "parcels.gpkg"\n', ""), encoding="utf-8"
    )
    summary = content(assess(folder), Setting("en")).sections[0]
    assert summary.blocks[0].items[0].value.en == "0.00%"
    assert any(isinstance(block, Text) and "no reclamation parcels" in block.en for block in summary.blocks)


@pytest.mark.parametrize("key", names())
def test_every_form_can_be_made_and_an_unverified_one_says_so(group, key):
    if key in ("movement", "accounts"):
        pytest.skip("made by other calls")
    made = form_table(group, Setting("en"), key)
    assert made.rows
    assert layout(key).verified or any("check before filing" in note.en for note in made.notes)


def test_what_the_data_do_not_hold_is_left_empty_in_a_form(group):
    rows = {row[0].en: row[1:] for row in form_table(group, Setting("en"), "qld").rows}
    assert rows["proposed disturbance, next year"] == (None, None)
    assert rows["total disturbance"][1] == pytest.approx(convert(float(group.group["ever"].iloc[-1]), "m2", "ha"))


def test_an_unknown_form_is_named_with_those_that_there_are():
    with pytest.raises(ReportError, match="cn-annual"):
        layout("gri-15")


@pytest.mark.parametrize("wrong", [{"language": "fr"}, {"unit": "acre"}])
def test_a_language_or_unit_that_reports_do_not_know_is_refused(wrong):
    with pytest.raises(ReportError):
        Setting(**wrong)


# --- figures by name -------------------------------------------------------------------------------------------------


def test_a_sentence_takes_its_figures_by_name(group):
    made = environment(group, Setting("en"))
    text = made.from_string('{{ rate("damaged", 2019) }} of {{ area("ever", 2019) }} mu; {{ 2000 | mu }}').render()
    assert text == "86.6% of " + f"{convert(float(group.group['ever'].iloc[-1]), 'm2', 'mu'):,.2f}" + " mu; 3.00"


def test_a_name_that_is_not_there_is_an_error_that_lists_those_that_are(group):
    with pytest.raises(ReportError, match="reclaimed_again"):
        figure(group, "recliamed", 2019)
    with pytest.raises(ReportError, match="2015"):
        figure(group, "reclaimed", 1999)
    with pytest.raises(ReportError, match="GX-PG"):
        figure(group, "reclaimed", 2019, site="nowhere")
    with pytest.raises(ReportError, match="responsibility"):
        rate_of(group, "total", 2019)


def test_a_template_cannot_reach_outside(group):
    made = environment(group, Setting("en"))
    from jinja2.exceptions import SecurityError, UndefinedError

    with pytest.raises(SecurityError):
        made.from_string("{{ ''.__class__.__mro__ }}").render()
    with pytest.raises(UndefinedError):
        made.from_string("{{ nothing }}").render()


def test_fields_are_plain_text(small):
    made = fields(small, Setting("en"))
    assert made["rate_headline"] == "36.7%"
    assert made["reclaimed_2019"] == "900.00"
    assert made["rate_damaged_level"] == "86%"
    assert all(isinstance(value, str) for value in made.values())
