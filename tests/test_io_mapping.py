"""From a file's columns and values to ours."""

import datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.io.cells import area_in_mu, as_ids, plain_dates
from reclaim.io.mapping import map_columns
from reclaim.io.specs import LayerSpec
from reclaim.io.synonyms import bare, column_names, stage_columns, value_codes
from reclaim.tables import INPUT_TABLES, Finding
from reclaim.vocabulary import load, words


def mapped(
    given_columns: dict[str, list[Any]], table: str = "parcels", /, **keys: Any
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    count = len(next(iter(given_columns.values())))
    frame = gpd.GeoDataFrame(given_columns, geometry=[shapely.Point(107, 23)] * count, crs="EPSG:4490")
    keys.setdefault("meaning", "increment" if table == "footprints" else None)
    return map_columns(frame, LayerSpec.model_validate({"table": table, "path": "a.shp", **keys}))


def rows(frame: gpd.GeoDataFrame, *names: str) -> list[list[Any]]:
    return [[None if pd.isna(cell) else cell for cell in row] for row in frame[list(names)].astype(object).to_numpy()]


def test_stated_columns_come_first_and_extras_are_kept() -> None:
    frame, findings = mapped({"DKBH": ["P1"], "备注": ["x"], "date": ["2019"]}, columns={"parcel_id": "DKBH"})
    assert rows(frame, "parcel_id", "date", "备注") == [["P1", "2019", "x"]]
    assert not findings


@pytest.mark.parametrize("theirs", ["复垦面积（亩）", "复垦面积", "复垦面积 (亩)", "复垦面积(亩)"])
def test_names_are_found_but_for_width_case_spaces_and_unit(theirs: str) -> None:
    frame, findings = mapped({"复垦面积（亩）": [3.5], "Stage ": ["permanent"]}, columns={"declared_mu": theirs})
    assert rows(frame, "declared_mu", "stage") == [[3.5, "permanent"]]
    assert not findings


def test_names_that_a_shapefile_cut_are_found() -> None:
    frame, _ = mapped({"declared_m": [2.0], "竣工验收日": ["2019"]}, columns={"date": "竣工验收日期时间"})
    assert rows(frame, "declared_mu", "date") == [[2.0, "2019"]]


def test_a_needed_column_that_is_not_there_sets_the_file_aside_and_names_the_nearest() -> None:
    frame, (finding,) = mapped({"竣工日期": ["2019"]}, columns={"date": "竣工日"})
    assert len(frame) == 0
    assert (finding.severity, finding.code) == ("error", "column-missing")
    assert "did you mean '竣工日期'" in finding.message


def test_another_column_that_is_not_there_is_an_error_and_the_rows_go_on() -> None:
    frame, (finding,) = mapped({"date": ["2019"]}, columns={"end_use": "方向"})
    assert len(frame) == 1
    assert finding.severity == "error"


def test_values_are_coded_as_stated_then_by_the_vocabulary() -> None:
    stages = ["已复垦", "完工", "Phase III Release", "permanent", "  验收合格 ", "乱写", None]
    frame, _ = mapped({"stage": stages}, values={"stage": {"完工": "soils_placed"}})
    assert [row[0] for row in rows(frame, "stage")] == [
        "permanent", "soils_placed", "certified", "permanent", "accepted", "乱写", None,
    ]  # fmt: skip


def test_damage_liability_and_end_uses_in_chinese() -> None:
    columns = {"site_id": ["A"], "date": ["2019"], "damage": ["挖损"], "liability": ["历史遗留"]}
    frame, _ = mapped(columns, "footprints")
    assert rows(frame, "damage", "liability") == [["excavation", "legacy"]]
    frame, _ = mapped({"end_use": ["旱地"], "class_after": [103.0]})
    assert rows(frame, "end_use") == [["cropland"]]


def test_set_gives_what_the_file_lacks_and_never_overrules_it() -> None:
    frame, findings = mapped({"date": ["2019", None]}, set={"date": "2018", "site_id": "A"})
    assert rows(frame, "date", "site_id") == [["2019", "A"], ["2018", "A"]]
    assert [item.code for item in findings] == ["set-conflict"]


def test_a_column_of_ours_that_is_not_the_one_meant_is_kept_under_another_name() -> None:
    frame, _ = mapped({"date": ["drawn 2020"], "竣工日期": ["2019"]}, columns={"date": "竣工日期"})
    assert rows(frame, "date", "date_as_delivered") == [["2019", "drawn 2020"]]


# --- one row, several dates ------------------------------------------------------------------------------------------

STAGES = {"permanent": "竣工日期", "accepted": "验收日期", "certified": "移交日期"}


def test_one_row_becomes_one_event_for_each_date() -> None:
    columns = {"竣工日期": ["2018", "2019", None], "验收日期": ["2019-05", " - ", None], "移交日期": [None, None, None]}
    frame, _ = mapped({"parcel_id": ["a", "b", "c"], **columns}, stage_dates=STAGES)
    assert [
        (index, *row) for index, row in zip(frame.index, rows(frame, "parcel_id", "stage", "date"), strict=True)
    ] == [
        (0, "a", "permanent", "2018"),
        (0, "a", "accepted", "2019-05"),
        (1, "b", "permanent", "2019"),
        (2, "c", None, None),
    ]


cells = st.one_of(st.none(), st.sampled_from(["2019", "2020-05", "", " ", "-", "某日"]))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8))
def test_no_row_is_lost_and_no_event_is_made_up(table: list[tuple[str | None, ...]]) -> None:
    columns = {name: [row[place] for row in table] for place, name in enumerate(STAGES.values())}
    frame, _ = mapped({"parcel_id": [str(number) for number in range(len(table))], **columns}, stage_dates=STAGES)
    assert set(frame.index) == set(range(len(table)))
    filled = [[cell for cell in row if cell and cell.strip(" -")] for row in table]
    assert sorted(frame["date"].dropna()) == sorted(cell for row in filled for cell in row)
    assert len(frame) == sum(max(1, len(row)) for row in filled)


def test_a_stage_column_that_is_not_there_is_an_error_and_the_others_go_on() -> None:
    frame, (finding,) = mapped({"竣工日期": ["2019"]}, stage_dates={"permanent": "竣工日期", "accepted": "验收日期"})
    assert rows(frame, "stage", "date") == [["permanent", "2019"]]
    assert "验收日期" in finding.message


# --- cells -----------------------------------------------------------------------------------------------------------


def test_ids_are_text() -> None:
    assert as_ids(pd.Series([3015.0, 7, " A-1 ", "", None, float("nan"), "0103"])).tolist() == [
        "3015", "7", "A-1", None, None, None, "0103",
    ]  # fmt: skip


def test_day_numbers_and_milliseconds_are_dates_and_calendar_numbers_are_not() -> None:
    calendar = [2019, 201906, 20190603, 201906031200, "2019年6月"]
    dates, findings = plain_dates(pd.Series([43830, "43830", 1546300800000, *calendar, None], name="date"))
    assert dates.tolist()[:3] == [datetime.date(2019, 12, 31)] * 2 + [datetime.date(2019, 1, 1)]
    assert dates.tolist()[3:8] == calendar
    assert {item.code for item in findings} == {"date-number"}


@pytest.mark.parametrize(
    ("name", "cell", "mu"),
    [
        ("面积（亩）", 3.5, 3.5), ("面积（万亩）", "０.００３", 30), ("面积（公顷）", 2, 30), ("area_ha", 2.0, 30),
        ("面积", "8.2公顷", 123), ("面积（公顷）", "15亩", 15), ("Acres", 1, 4046.8564224 * 3 / 2000),
        ("面积", 7, 7),
    ],
)  # fmt: skip
def test_declared_areas_in_mu_whatever_their_unit(name: str, cell: object, mu: float) -> None:
    frame, _ = mapped({name: [cell]}, columns={"declared_mu": name})
    assert frame["declared_mu"][0] == pytest.approx(mu, rel=1e-12)


def test_an_area_that_cannot_be_read_stays_for_the_checks() -> None:
    values, _ = area_in_mu(pd.Series(["约三亩", "2", None], dtype=object), unit=None, name="面积")
    assert values.tolist()[:2] == ["约三亩", 2.0]


# --- the lists themselves --------------------------------------------------------------------------------------------


def test_every_synonym_belongs_to_a_column_of_its_table() -> None:
    for table, columns in load("synonyms")["columns"].items():
        known = list(words("stages")) if table == "stage_dates" else INPUT_TABLES[table].names
        assert set(columns) <= set(known), table
    for list_name, codes in load("synonyms")["values"].items():
        assert set(codes) <= set(words(list_name)), list_name


def test_no_value_means_two_things() -> None:
    for list_name, codes in load("synonyms")["values"].items():
        seen: dict[str, str] = {}
        for code, names in codes.items():
            for name in names:
                assert seen.setdefault(bare(name), code) == code, (list_name, name)
        for code, word in words(list_name).items():
            assert value_codes(list_name)[bare(word.zh)] == code


@pytest.mark.parametrize(
    ("name", "table", "ours"),
    [
        ("复垦面积", "parcels", "declared_mu"), ("地块名称", "parcels", "parcel_id"), ("DKMC", "parcels", "parcel_id"),
        ("损毁类型", "footprints", "damage"), ("disturbed_on", "footprints", "date"),
        ("permit", "permits", "permit_id"),
    ],
)  # fmt: skip
def test_names_that_people_use(name: str, table: str, ours: str) -> None:
    assert ours in column_names(table)[bare(name)]


def test_stage_dates_that_people_use() -> None:
    found = [stage_columns()[bare(name)] for name in ("竣工日期", "验收日期", "移交日期")]
    assert found == ["permanent", "accepted", "certified"]
