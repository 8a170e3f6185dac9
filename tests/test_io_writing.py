"""Files out: whole or not at all, the same bytes for the same table, and read back as they went in."""

import datetime
import hashlib
import os
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from reclaim.errors import CRSError, FileError
from reclaim.io.atomic import atomic_dir, atomic_files, atomic_path
from reclaim.io.reading import Options
from reclaim.io.shapefile_writing import TextShortened, short_names
from reclaim.io.storing import safe_cell
from reclaim.io.vectors import read_file
from reclaim.io.workbook_writing import sheet_names
from reclaim.io.write import write_layers, write_table

FORMATS = ("gpkg", "parquet", "geojson", "fgb", "shp", "csv")


def table() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "地块名称": ["一号地块", '二号，"很长"的名字', None],
            "竣工验收日期": ["2019年6月", None, "2020"],
            "start": pd.to_datetime(["2019-06-01", "2020-01-31", None]),
            "day": [datetime.date(2020, 1, 1), None, None],
            "moment": pd.to_datetime(["2019-06-01T03:04:05", None, None]),
            "count": pd.array([1, None, 3], dtype="Int64"),
            "share": [0.1, float("nan"), 1 / 3],
        },
        geometry=[shapely.box(107, 23, 107.01, 23.01), shapely.box(107.1, 23, 107.11, 23.01), None],
        crs="EPSG:4490",
    )


def back(path: Path) -> gpd.GeoDataFrame:
    return read_file(path, Options()).frame


@pytest.mark.parametrize("suffix", FORMATS)
def test_names_dates_numbers_and_gaps_come_back(tmp_path: Path, suffix: str) -> None:
    path = write_table(table(), tmp_path / f"复垦 地块.{suffix}")
    frame = back(path)
    assert frame["地块名称"].tolist()[:2] == ["一号地块", '二号，"很长"的名字']
    assert pd.isna(frame["地块名称"][2])
    assert [str(day)[:10] for day in frame["start"][:2]] == ["2019-06-01", "2020-01-31"]
    assert pd.isna(frame["start"][2])
    assert str(frame["day"][0])[:10] == "2020-01-01"
    assert str(frame["moment"][0]).replace("T", " ") == "2019-06-01 03:04:05"
    assert frame["count"][0] == 1
    assert pd.isna(frame["count"][1])
    assert frame["share"][2] == pytest.approx(1 / 3, rel=1e-12)
    assert frame.geometry[0].equals_exact(table().geometry[0], 1e-9) or frame.geometry[0].equals(table().geometry[0])
    assert frame.geometry[2] is None
    if suffix not in ("csv", "geojson"):
        assert frame.crs == table().crs


@pytest.mark.parametrize("suffix", [*FORMATS, "xlsx"])
def test_the_same_table_is_the_same_file(tmp_path: Path, suffix: str) -> None:
    digests = set()
    for _ in range(2):
        write_table(table(), tmp_path / f"a.{suffix}")
        files = sorted(path for path in tmp_path.iterdir() if path.is_file())
        digests.add(hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_a_shapefile_says_its_encoding_and_lists_its_short_names(tmp_path: Path, encoding: str) -> None:
    path = write_table(table(), tmp_path / "a.shp", encoding=encoding)
    assert (tmp_path / "a.cpg").read_text() == encoding
    listed = (tmp_path / "a.names.csv").read_text(encoding="utf-8-sig").splitlines()
    assert listed[0] == "short,long"
    assert any(line.endswith(",竣工验收日期") for line in listed)
    assert back(path).columns[1] == "竣工验收日期"
    (tmp_path / "a.names.csv").unlink()
    short = "竣工验收日" if encoding == "GBK" else "竣工验"
    assert back(path).columns[1] == short


@given(
    names=st.lists(st.text(min_size=1, max_size=14), min_size=1, max_size=12), codec=st.sampled_from(["utf-8", "gbk"])
)
def test_short_names_fit_and_differ(names: list[str], codec: str) -> None:
    short = short_names(names, codec)
    assert all(len(name.encode(codec)) <= 10 for name in short)
    assert len({name.casefold() for name in short}) == len(names)


def test_a_text_too_long_for_a_shapefile_is_cut_between_characters_and_said(tmp_path: Path) -> None:
    long = gpd.GeoDataFrame({"备注": ["复" * 200]}, geometry=[shapely.Point(107, 23)], crs="EPSG:4490")
    with pytest.warns(TextShortened, match="备注"):
        path = write_table(long, tmp_path / "a.shp")
    assert back(path)["备注"][0] == "复" * 84


def test_a_shapefile_holds_one_kind(tmp_path: Path) -> None:
    mixed = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0), shapely.box(0, 0, 1, 1)], crs="EPSG:4490")
    with pytest.raises(FileError, match=r"one kind of geometry, not Point, Polygon; write a \.gpkg"):
        write_table(mixed, tmp_path / "a.shp")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("cell", ["=1+1", "+86 10", "-cmd", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])
def test_no_cell_is_a_formula(tmp_path: Path, cell: str) -> None:
    frame = pd.DataFrame({cell: [cell], "n": [-5.5], "text_number": ["-5.5"]})
    text = write_table(frame, tmp_path / "a.csv").read_bytes().decode("utf-8-sig")
    assert f"'{cell}" in text
    assert text.count("\r\n") == 2
    assert ",-5.5,-5.5" in text
    sheet = openpyxl.load_workbook(write_table(frame, tmp_path / "a.xlsx")).active
    for place in (sheet["A1"], sheet["A2"], sheet["C2"]):
        assert place.data_type == "s"
        assert place.hyperlink is None
    assert sheet["B2"].data_type == "n"


def test_a_link_in_a_workbook_is_text(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write_table(pd.DataFrame({"a": ["http://x.y"]}), tmp_path / "a.xlsx")).active
    assert sheet["A2"].hyperlink is None


def test_numbers_stay_numbers() -> None:
    assert [safe_cell(value) for value in (-1, 2.5, "-1", "-1e3", "−1")] == [-1, 2.5, "-1", "-1e3", "−1"]


def test_csv_opens_in_excel_with_chinese_names(tmp_path: Path) -> None:
    assert write_table(table(), tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_several_tables_become_sheets_and_layers(tmp_path: Path) -> None:
    tables = {"甲/乙": table(), "甲_乙": pd.DataFrame({"a": [1]}), "x" * 40: pd.DataFrame({"a": [1]})}
    names = openpyxl.load_workbook(write_table(tables, tmp_path / "a.xlsx")).sheetnames
    assert names == ["甲_乙", "甲_乙_1", "x" * 31]
    write_layers(tables, tmp_path / "a.gpkg")
    assert len(read_file(tmp_path / "a.gpkg", Options("甲/乙")).frame) == 3


@given(st.lists(st.text(max_size=40), max_size=6))
def test_sheet_names_are_allowed_and_differ(names: list[str]) -> None:
    made = sheet_names(names)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in made)
    assert len({name.casefold() for name in made}) == len(names)


def test_columns_that_sqlite_would_take_for_its_own_are_kept(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"fid": ["a"], "ID": [1], "id": [2], "geom": ["x"]}, geometry=[shapely.Point(107, 23)], crs="EPSG:4490"
    )
    columns = list(back(write_table(frame, tmp_path / "a.gpkg")).columns)
    assert columns == ["fid", "ID", "id_2", "geom", "geometry"]


def test_geojson_is_in_degrees_whatever_the_crs(tmp_path: Path) -> None:
    metres = gpd.GeoDataFrame(geometry=[shapely.box(500_000, 2_580_000, 500_100, 2_580_100)], crs="EPSG:4545")
    frame = back(write_table(metres, tmp_path / "a.geojson"))
    assert frame.total_bounds == pytest.approx([108.0, 23.32, 108.001, 23.33], abs=0.02)


def test_an_old_datum_is_not_taken_for_another(tmp_path: Path) -> None:
    old = gpd.GeoDataFrame(geometry=[shapely.box(500_000, 2_580_000, 500_100, 2_580_100)], crs="EPSG:2433")
    with pytest.raises(CRSError, match="Beijing 1954"):
        write_table(old, tmp_path / "a.geojson")
    assert not list(tmp_path.iterdir())


def test_an_ending_that_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"\.gpkgg.*did you mean '\.gpkg'"):
        write_table(table(), tmp_path / "a.gpkgg")


# --- whole or not at all ---------------------------------------------------------------------------------------------


def _break_off(fresh: Path) -> None:
    fresh.write_text("half", encoding="utf-8")
    raise ZeroDivisionError


def _write_both(target: Path) -> None:
    with atomic_files(target) as fresh:
        (fresh / "a.csv").write_text("2", encoding="utf-8")
        (fresh / "b.xlsx").write_text("2", encoding="utf-8")


def test_a_crash_leaves_the_old_file_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), atomic_path(target) as fresh:
        _break_off(fresh)
    assert target.read_text(encoding="utf-8") == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.csv"]


def test_a_folder_is_replaced_as_a_whole_or_stays(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with atomic_dir(target) as fresh:
        (fresh / "one").write_text("1", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), atomic_dir(target) as fresh:
        _break_off(fresh / "two")
    assert [item.name for item in target.iterdir()] == ["one"]


def test_files_join_a_folder_all_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    with atomic_files(target) as fresh:
        (fresh / "a.csv").write_text("1", encoding="utf-8")
    (target / "mine.txt").write_text("mine", encoding="utf-8")
    replace = os.replace

    def locked(source: str, final: str) -> None:
        if Path(final) == target / "b.xlsx":
            raise PermissionError(13, "used by another process")
        replace(source, final)

    monkeypatch.setattr(os, "replace", locked)
    with pytest.raises(FileError, match="open in another program"):
        _write_both(target)
    monkeypatch.undo()
    assert (target / "a.csv").read_text(encoding="utf-8") == "1"
    assert sorted(item.name for item in target.iterdir()) == ["a.csv", "mine.txt"]


def test_a_file_held_open_elsewhere_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old", encoding="utf-8")

    def locked(source: str, final: str) -> None:
        raise PermissionError(13, "used by another process")

    monkeypatch.setattr(os, "replace", locked)
    with pytest.raises(FileError, match=r"open in another program \(QGIS, Excel\).*Close it and try again"):
        write_table(pd.DataFrame({"a": [1]}), target)
    assert target.read_text(encoding="utf-8") == "old"


def test_a_folder_where_a_file_should_be(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is a folder of this name"), atomic_path(tmp_path) as fresh:
        fresh.write_text("x", encoding="utf-8")
