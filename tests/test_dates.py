from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.dates import Period, parse, parse_column, text
from reclaim.errors import DateError

DAY = (date(2021, 6, 3), date(2021, 6, 3), "day")
MONTH = (date(2021, 6, 1), date(2021, 6, 30), "month")
YEAR = (date(2021, 1, 1), date(2021, 12, 31), "year")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *[(v, YEAR) for v in (2021, 2021.0, np.int64(2021), "2021", "2021年", "２０２１年", " 2021 ")],
        *[
            (v, MONTH)
            for v in ("2021-06", "2021-6", "2021/06", "2021.6", "2021年6月", "2021年06月份", "202106", 202106)
        ],
        *[(v, MONTH) for v in ("June 2021", "Jun. 2021", "2021 年 6 月")],
        *[
            (v, DAY)
            for v in ("2021-06-03", "2021/6/3", "2021.6.3", "20210603", 20210603, "2021年6月3日", "2021年6月3号")
        ],
        *[(v, DAY) for v in ("2021-06-03T23:30:00+08:00", "2021-06-03 10:00", "2021-06-03T00:00:00.000Z")],
        *[(v, DAY) for v in ("3 June 2021", "June 3, 2021", date(2021, 6, 3), datetime(2021, 6, 3, 23, 59))],
        *[(v, DAY) for v in (pd.Timestamp("2021-06-03T23:30:00+08:00"), np.datetime64("2021-06-03T23"))],
        (datetime(2021, 6, 3, tzinfo=UTC), DAY),
    ],
)
def test_dates_as_people_write_them(value, expected):
    assert parse(value) == Period(*expected)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "2021-13",
            "2021-02-30",
            "2021年13月1日",
            "20211301",
            "0021-01-01",
            12,
            99999999,
            2021.6,
            "soon",
            "",
            "2021Q2",
        ),
        *(
            "03/06/2021",
            "3-6-21",
            "1563606000000",
            "44350",
            None,
            float("nan"),
            True,
            pd.NaT,
            "二〇二一年",
            "2021-6-3-1",
        ),
        *([2021], "2021-06-03 tomorrow", "Foo 2021", 1e300, float("inf")),
    ],
)
def test_what_is_no_date_is_refused(value):
    with pytest.raises(DateError) as caught:
        parse(value)
    assert caught.value.faults[0]


def test_a_day_that_could_be_a_month_is_not_guessed():
    with pytest.raises(DateError, match="cannot be told apart"):
        parse("03/06/2021")


def test_numbers_mean_what_was_stated():
    assert parse(1563606000000, numbers="epoch_ms").end == date(2019, 7, 20)
    assert parse("459154800000", numbers="epoch_ms").end == date(1984, 7, 20)
    assert parse(-1, numbers="epoch_ms").end == date(1969, 12, 31)
    assert parse(44350, numbers="excel").end == date(2021, 6, 3)
    assert parse("2003/06/19", numbers="epoch_ms").end == date(2003, 6, 19)
    with pytest.raises(DateError, match="epoch_ms"):
        parse(10**30, numbers="epoch_ms")
    with pytest.raises(DateError, match="Excel day number"):
        parse("44350")


def test_a_column_reports_and_never_raises():
    column = pd.Series(["2021年6月", None, "  ", "2021-02-30", 2019, float("nan"), {"a": 1}], index=list("abcdefg"))
    table = parse_column(column)
    assert table.index.tolist() == list("abcdefg")
    assert table["ok"].tolist() == [True, False, False, False, True, False, False]
    assert table["precision"].fillna("").tolist() == ["month", "", "", "", "year", "", ""]
    assert table.loc["a", "start"] == pd.Timestamp("2021-06-01")
    assert table.loc["e", "end"] == pd.Timestamp("2019-12-31")
    assert "no day 30" in table.loc["d", "problem"]
    assert table.loc["b", "problem"] == "" == table.loc["f", "problem"]
    assert table["end"].dtype == "datetime64[s]"


def test_a_column_of_timestamps_keeps_its_own_day():
    column = pd.Series(pd.to_datetime(["2021-06-03T23:30:00+08:00", None, "2021-06-04T00:10:00+08:00"]))
    table = parse_column(column)
    assert table["end"].dt.day.tolist()[::2] == [3, 4]
    assert table["ok"].tolist() == [True, False, True]
    assert table["precision"].fillna("").tolist() == ["day", "", "day"]
    old = parse_column(pd.Series(np.array(["1700-01-01"], dtype="datetime64[s]")))
    assert not old["ok"][0]
    assert "year" in old["problem"][0]


def test_an_empty_column():
    assert len(parse_column([])) == 0
    assert list(parse_column([]).columns) == ["start", "end", "precision", "ok", "problem"]


@given(
    st.dates(date(1800, 1, 1), date(2200, 12, 31)), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"])
)
def test_every_day_is_read_back(day, form):
    period = parse(day.strftime(form).zfill(8))
    assert period == Period(day, day, "day")
    assert parse(text(period)) == parse(text(period, "zh")) == parse(text(period, "en")) == period


@given(st.text(max_size=20))
def test_no_text_breaks_the_reader(value):
    parse_column([value])
