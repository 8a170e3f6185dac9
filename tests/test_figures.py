"""Charts: bars have the height they say, what is not known is not drawn as zero, and names are never formulas."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from reclaim.errors import ReportError
from reclaim.figures import cover_series, fonts, ladder, ledger_bars, picture, rate_line, waterfall


@pytest.fixture
def rows():
    return pd.DataFrame(
        {
            "year": [2019, 2018],
            "new": [np.nan, 2000.0],
            "redisturbed": [np.nan, 1000.0],
            "failed": [0.0, 0.0],
            "reclaimed": [4000.0, 500.0],
            "reclaimed_again": [200.0, 0.0],
        }
    )


def test_bars_stack_to_what_the_ledger_says(rows):
    ax = ledger_bars(rows, unit="mu", language="en")
    tops = {round(bar.get_x() + bar.get_width() / 2, 1): bar.get_y() + bar.get_height() for bar in ax.patches}
    assert tops[-0.2] == pytest.approx(4.5)  # 3,000 m² disturbed in 2018, the first year
    assert tops[1.2] == pytest.approx(6.3)  # 4,200 m² reclaimed in 2019
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2018", "2019"]


def test_a_year_that_nobody_surveyed_has_a_question_mark(rows):
    assert [(text.get_text(), text.get_position()[0]) for text in ledger_bars(rows).texts] == [("?", 0.8)]


def test_charts_draw_where_they_are_told(rows):
    ax = Figure().subplots()
    assert ledger_bars(rows, ax=ax) is ax
    assert rate_line(pd.DataFrame({"year": [2019], "value": [0.5]}), ax=ax) is ax


def test_the_rate_has_a_gap_where_it_is_not_defined():
    series = pd.DataFrame({"year": [2017, 2018, 2019], "value": [0.2, np.nan, 1.3]})
    ax = rate_line(series, target=0.86)
    assert np.isnan(ax.lines[0].get_ydata()[1])
    assert ax.get_ylim()[1] > 1.3, "the annual basis may exceed 1"


def test_a_waterfall_ends_where_the_steps_lead():
    parts = pd.DataFrame(
        {
            "zh": list("甲乙丙丁"),
            "en": list("abcd"),
            "value": [10.0, 5.0, -12.0, 3.0],
            "total": [True, False, False, True],
        }
    )
    bars = waterfall(parts, unit="ha").patches
    assert bars[2].get_y() + bars[2].get_height() == pytest.approx(bars[3].get_height())


def test_cover_shows_what_was_seen_and_what_could_be():
    cover = pd.DataFrame(
        {"date": ["2019-08-01", "2018-08-01"], "cover": [0.9, np.nan], "valid": [0.5, 0.0], "low": [0.45, 0.0],
         "high": [0.95, 1.0]}
    )  # fmt: skip
    ax = cover_series(cover, language="en")
    assert [bar.get_height() for bar in ax.patches] == [0.0, 0.5]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2018-08-01", "2019-08-01"]


def test_the_ladder_stands_in_the_order_given():
    steps = pd.DataFrame({"state": ["ever", "open", "certified"], "area_m2": [3e4, 2e4, 1e4]})
    ax = ladder(steps, unit="ha", language="en")
    assert [text.get_text().strip() for text in ax.texts] == ["3", "2", "1"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["ever disturbed", "open", "certified"]


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_the_same_chart_is_the_same_file(rows, form):
    made = [picture(ledger_bars(rows, language="en"), form=form, dpi=80) for _ in range(2)]
    assert made[0] == made[1]
    assert len(made[0]) > 500


def test_a_name_is_never_read_as_a_formula():
    parts = pd.DataFrame({"zh": ["$\\frac{1}{"], "en": ["$x^2$ {y}"], "value": [1.0], "total": [True]})
    assert b"$x^2$" in picture(waterfall(parts, language="en"))
    assert picture(waterfall(parts, language="en"), form="png", dpi=50)


def test_a_missing_chinese_font_is_named_with_its_package(rows, monkeypatch):
    monkeypatch.setattr("reclaim.figures.style.find_chinese", lambda: None)
    monkeypatch.setattr(fonts, "find_chinese", lambda: None)
    with pytest.raises(ReportError, match="fonts-noto-cjk"):
        picture(ledger_bars(rows, language="zh"), form="png", dpi=50)
    # text in an SVG is set by the reader's machine
    assert "新增复垦" in picture(ledger_bars(rows, language="zh"), form="svg").decode("utf-8")
    assert picture(ledger_bars(rows, language="en"), form="png", dpi=50)


# --- what is written stands clear of each other -----------------------------------------------------------------------


def many_years():
    years = np.arange(1996, 2026)
    swing = np.abs(np.sin(years)) * 4e6
    return pd.DataFrame({"year": years, "new": swing, "redisturbed": swing / 5, "reclaimed": swing * 1.2})


def steps():
    names = ("期初未复垦", "新增损毁", "再次损毁", "验收不合格", "新增复垦", "再次复垦", "更正", "期末未复垦")
    english = ("opening", "newly disturbed", "disturbed again", "failed inspection", "newly reclaimed",
               "reclaimed again", "correction", "closing")  # fmt: skip
    values = [27859.0, 24875.0, 762.0, 184.0, -44653.0, -296.0, -1200.0, 7531.0]
    return pd.DataFrame({"zh": names, "en": english, "value": values, "total": [True, *[False] * 6, True]})


def dates():
    n = np.linspace(0.3, 0.97, 12)
    when = pd.date_range("2018-01-15", periods=12, freq="45D")
    return pd.DataFrame({"date": when, "cover": n, "valid": n, "low": n - 0.1, "high": np.minimum(1, n + 0.1)})


DRAWN = {
    "bars": lambda language: ledger_bars(many_years(), language=language),
    "waterfall": lambda language: waterfall(steps(), language=language),
    "rate": lambda language: rate_line(
        pd.DataFrame({"year": range(2014, 2020), "value": [0.3, 0.8, 0.8596, 0.8604, 0.95, np.nan]}),
        target=0.86,
        language=language,
    ),
    "cover": lambda language: cover_series(dates(), level=0.95, language=language),
    "ladder": lambda language: ladder(
        pd.DataFrame({"state": ["ever", "temporary", "reclaimed", "certified"], "area_m2": [4e7, 3e7, 2e7, 1e4]}),
        language=language,
    ),
}


@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize("name", DRAWN)
def test_no_label_runs_into_another_or_off_the_picture(name, language):
    ax = DRAWN[name](language)
    figure = ax.figure
    picture(ax, form="png", dpi=100)
    texts = [*ax.texts, *seen_ticks(ax.xaxis), *seen_ticks(ax.yaxis), ax.xaxis.label, ax.yaxis.label]
    texts += ax.get_legend().get_texts() if ax.get_legend() else []
    boxes = [text.get_window_extent() for text in texts if text.get_text().strip() and text.get_visible()]
    page = figure.bbox.expanded(1.01, 1.01)
    for i, box in enumerate(boxes):
        assert page.x0 <= box.x0 < box.x1 <= page.x1, "off the picture"
        assert page.y0 <= box.y0 < box.y1 <= page.y1, "off the picture"
        for other in boxes[i + 1 :]:
            wide = min(box.x1, other.x1) - max(box.x0, other.x0)
            high = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert wide <= 1 or high <= 1, "two labels overlap"


def seen_ticks(axis):
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 for tick in axis.get_major_ticks() if low - 1e-9 <= tick.get_loc() <= high + 1e-9]


def test_a_rate_is_named_on_the_side_of_its_level_where_it_is():
    texts = {text.get_text(): text for text in DRAWN["rate"]("en").texts}
    assert "85.9%" in texts, "0.8596 is not 86 %"
    assert texts["85.9%"].xyann[1] < 0
    assert texts["86.0%"].xyann[1] > 0
    assert texts["95.0%"].xyann[1] > 0


def test_a_fall_has_a_true_minus_sign():
    assert "\u221244,653" in [text.get_text() for text in DRAWN["waterfall"]("zh").texts]


def test_the_criterion_is_drawn_where_there_is_one():
    assert len(cover_series(dates()).lines) + 1 == len(cover_series(dates(), level=0.95).lines)


def test_every_chart_is_drawn_where_it_is_told():
    own = Figure().subplots()
    stages = pd.DataFrame({"state": ["ever"], "area_m2": [1.0]})
    for made in (waterfall(steps(), ax=own), cover_series(dates(), ax=own), ladder(stages, ax=own)):
        assert made is own
