"""Workbooks as companies fill them in."""

import datetime
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.errors import FileError
from reclaim.io.reading import Options
from reclaim.io.sheets import column_letters, find_tables
from reclaim.io.template_workbook import SHEETS, write_template
from reclaim.io.vectors import read_file, read_table
from reclaim.io.workbooks import read_workbook, workbook_tables


def workbook(path: Path, merged: Sequence[str] = (), **sheets: Sequence[Sequence[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
        for cells in merged:
            sheet.merge_cells(cells)
    book.save(path)
    return path


TITLE = ("甲公司2019年复垦台账", None, None, None, None)
HEAD = ("矿区", "地块编号", "复垦面积（万亩）", None, "竣工日期")
BELOW = (None, None, "临时", "永久", None)


def test_titles_merged_names_merged_cells_and_totals(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        ("A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "A4:A5"),
        台账=[
            TITLE, HEAD, BELOW,
            ("平果矿", "P1", "０.１", 0.2, 43830),
            (None, "P2", None, 0.3, datetime.datetime(2019, 6, 1)),
            ("合计", None, 0.1, 0.5, None),
            (),
            ("填表人：张三",),
        ],
    )  # fmt: skip
    reading = read_workbook(path, Options())
    assert list(reading.frame.columns)[:5] == [
        "矿区",
        "地块编号",
        "临时复垦面积（万亩）",
        "永久复垦面积（万亩）",
        "竣工日期",
    ]
    assert reading.frame["矿区"].tolist() == ["平果矿", "平果矿"]
    assert reading.frame.index.tolist() == [0, 1]
    assert not reading.spatial
    assert {(item.code, item.row) for item in reading.findings} == {("workbook-header", None), ("workbook-total", 2)}


def test_numbers_dates_and_units_arrive_as_ours(tmp_path: Path) -> None:
    head = ("地块编号", "复垦面积（万亩）", "竣工日期")
    path = workbook(tmp_path / "a.xlsx", 表=[head, ("P1", "０.００３", 43830), (12, 0.5, "2019年6月")])
    frame = read_table(
        path, columns={"parcel_id": "地块编号", "declared_mu": "复垦面积"}, stage_dates={"permanent": "竣工日期"}
    )
    assert frame["parcel_id"].tolist() == ["P1", "12"]
    assert frame["declared_mu"].tolist() == pytest.approx([30, 5000])
    assert frame["date"].tolist() == [datetime.date(2019, 12, 31), "2019年6月"]


THREE = [
    ("地块编号", "复垦面积"), ("P1", 2), (),
    ("矿区", "年份"), ("A", 2019), (),
    ("矿区编号", "日期"), ("B", 2020),
]  # fmt: skip


def test_three_tables_on_a_sheet_are_a_question_with_their_places(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", 多表=THREE)
    with pytest.raises(FileError, match=r"holds 3 tables \(多表!A1:B2, 多表!A4:B5, 多表!A7:B8\); say which"):
        read_workbook(path, Options())
    frame = read_workbook(path, Options("多表!A4:B5")).frame
    assert frame[["矿区", "年份"]].to_numpy().tolist() == [["A", 2019]]


def test_two_tables_side_by_side_are_two() -> None:
    grid = [["地块编号", "复垦面积", None, "矿区", "年份"], ["P1", 2, None, "A", 2019]]
    assert [table.block.name() for table in find_tables(grid)] == ["A1:B2", "D1:E2"]


def test_a_gap_in_the_rows_does_not_part_a_table() -> None:
    grid = [["地块编号", "复垦面积"], ["P1", 2], [None, None], ["P2", 3]]
    (table,) = find_tables(grid)
    assert [(number, cells[0]) for number, cells in table.rows] == [(0, "P1"), (2, "P2")]


def test_several_sheets_and_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    head = ("地块编号", "复垦面积")
    path = workbook(tmp_path / "a.xlsx", 一月=[head, ("P1", 1)], 二月=[head, ("P2", 2)], 说明=[("请填写",)])
    with pytest.raises(FileError, match="holds 2 tables"):
        read_workbook(path, Options())
    assert read_workbook(path, Options("二月")).frame["地块编号"].tolist() == ["P2"]
    with pytest.raises(FileError, match=r"no sheet '三月'"):
        read_workbook(path, Options("三月"))
    with pytest.raises(FileError, match="'说明' holds no table"):
        read_workbook(path, Options("说明"))


def test_hidden_sheets_are_passed_over(tmp_path: Path) -> None:
    head = ("地块编号", "复垦面积")
    path = workbook(tmp_path / "a.xlsx", 表=[head, ("P1", 1)], 旧=[head, ("P2", 2)])
    book = openpyxl.load_workbook(path)
    book["旧"].sheet_state = "hidden"
    book.save(path)
    assert [name for name, _ in workbook_tables(path)] == ["表"]


def test_formulas_without_results_and_error_values_are_said(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", 表=[("地块编号", "复垦面积"), ("P1", "=1+1"), ("P2", "#REF!")])
    reading = read_workbook(path, Options())
    assert reading.frame["复垦面积"].isna().all()
    texts = [item.message for item in reading.findings]
    assert any("never calculated" in text for text in texts)
    assert [item.row for item in reading.findings if "#REF!" in item.message] == [1]


def test_a_workbook_with_outlines_as_text(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", 表=[("地块编号", "图形"), ("P1", "POLYGON ((0 0, 1 0, 1 1, 0 0))")])
    reading = read_workbook(path, Options())
    assert reading.spatial
    assert reading.frame.area.tolist() == [0.5]


@pytest.mark.parametrize("data", [b"PK\x03\x04broken", b"PK"])
def test_a_broken_workbook_is_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(data)
    with pytest.raises(FileError, match=r"a\.xlsx: cannot be read"):
        read_file(tmp_path / "a.xlsx", Options())


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 100_000_000)
    with pytest.raises(FileError, match="unpacks to more than"):
        read_file(path, Options())


def test_names_in_an_archive_that_climb_out_write_nothing(tmp_path: Path) -> None:
    path = tmp_path / "in" / "a.xlsx"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../evil.txt", "x")
    with pytest.raises(FileError):
        read_file(path, Options())
    assert not list(tmp_path.rglob("evil.txt"))


cells = st.one_of(st.none(), st.text(max_size=6), st.integers(-9, 9999), st.floats(allow_nan=False), st.just("合计"))


@given(st.lists(st.lists(cells, max_size=5), max_size=8))
def test_any_grid_is_taken_apart_without_a_fault(grid: list[list[Any]]) -> None:
    for table in find_tables(grid):
        assert len(set(table.names)) == len(table.names) >= 1
        assert all(len(row) == len(table.names) for _, row in table.rows)


def test_letters_of_columns() -> None:
    assert [column_letters(number) for number in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


# --- the workbook to fill in -----------------------------------------------------------------------------------------


def test_the_template_has_drop_downs_notes_and_is_the_same_twice(tmp_path: Path) -> None:
    first = write_template(tmp_path / "a.xlsx").read_bytes()
    assert write_template(tmp_path / "a.xlsx").read_bytes() == first
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = book["复垦地块"]
    assert book["lists"].sheet_state == "hidden"
    rules = {str(rule.sqref).split(":")[0]: rule.type for rule in sheet.data_validations.dataValidation}
    assert rules["D2"] == "list"
    assert rules["C2"] == "decimal"
    assert rules["H2"] == "date"
    assert all(sheet.cell(1, number + 1).comment for number in range(len(SHEETS["复垦地块"])))


def test_a_filled_template_reads_back(tmp_path: Path) -> None:
    path = write_template(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    book["复垦地块"].append(
        ["A", "P1", 12.5, "林地", "0602", "0301", None, datetime.date(2019, 6, 30), "2020-05", None]
    )
    book["矿区"].append(["A", "平果矿", None, "矿山", "甲公司", "广西", 107.5, 23.3])
    book.save(path)
    assert [name for name, _ in workbook_tables(path)] == ["复垦地块", "矿区"]
    frame = read_table(
        path,
        layer="复垦地块",
        columns={"end_use": "复垦方向", "declared_mu": "复垦面积（亩）", "class_after": "复垦后地类"},
        stage_dates={"permanent": "竣工日期", "accepted": "验收日期"},
    )
    assert frame[["stage", "end_use", "declared_mu", "class_after"]].to_numpy().tolist() == [
        ["permanent", "forest", 12.5, "0301"],
        ["accepted", "forest", 12.5, "0301"],
    ]
