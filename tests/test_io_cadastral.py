"""The land authority's parcel file: read as provinces write it, written and read back."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from reclaim.errors import CRSError, FileError
from reclaim.geodesy import Zone, area
from reclaim.io.cadastral import is_cadastral
from reclaim.io.cadastral_writing import write_cadastral
from reclaim.io.reading import Options, Reading
from reclaim.io.vectors import read_file
from reclaim.io.write import write_table

HEAD = """[属性描述]
格式版本号=1.01
数据产生单位=某测绘院
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=36
精度=0.001
转换参数=,,,,,,
[地块坐标]
"""
POINTS = [(2580000, 500000), (2580000, 500100), (2580200, 500100), (2580200, 500000)]


def block(fields: str, points: list[tuple[float, float]], ring: int = 1, prefix: int = 0, *, close: bool = True) -> str:
    named = [(f"J{number + 1}", *point) for number, point in enumerate(points)]
    lines = [*named, named[0]] if close else named
    return f"{fields},@\n" + "".join(f"{name},{ring},{x:.3f},{prefix + y:.3f}\n" for name, x, y in lines)


def read(tmp_path: Path, text: str, encoding: str = "gbk") -> Reading:
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    return read_file(path, Options())


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in reading.findings if finding.code != "encoding"]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize(("prefix", "epsg"), [(36_000_000, 4524), (0, 4545)])
def test_the_nine_field_form(tmp_path: Path, encoding: str, prefix: int, epsg: int) -> None:
    text = HEAD + block("5,2.0000,P-01,一号地块,面,G49,复垦,0301", POINTS, prefix=prefix)
    reading = read(tmp_path, text, encoding)
    assert reading.frame.crs.to_epsg() == epsg
    assert reading.declares_crs
    row = reading.frame.iloc[0]
    assert (row["地块编号"], row["地块名称"], row["地类编码"], row["地块面积（公顷）"]) == (
        "P-01",
        "一号地块",
        "0301",
        2.0,
    )
    assert reading.frame.area[0] == pytest.approx(20_000)
    assert not codes(reading)
    assert reading.frame.total_bounds[0] == prefix + 500_000  # easting stands second in the file, first in a geometry


def test_thirteen_fields_and_a_number_in_front(tmp_path: Path) -> None:
    text = HEAD + block("7,5,2.0,P-01,一号,面,G49,复垦,0301,甲方,乙方,2019,x", POINTS)
    frame = read(tmp_path, text).frame
    assert frame["地块编号"].tolist() == ["P-01"]
    assert frame["field_9"].tolist() == ["甲方"]
    assert frame["field_12"].tolist() == ["x"]
    assert frame["before_1"].tolist() == ["7"]


def test_holes_by_ring_number_and_parts_outside(tmp_path: Path) -> None:
    hole = [(2580050, 500010), (2580050, 500020), (2580060, 500020), (2580060, 500010)]
    part = [(2580000, 500300), (2580000, 500310), (2580010, 500310), (2580010, 500300)]
    rings = "".join(block("x", points, ring).split("\n", 1)[1] for ring, points in ((1, POINTS), (2, hole), (3, part)))
    frame = read(tmp_path, HEAD + "15,2.0,P,名,面,,,,@\n" + rings).frame
    assert frame.geometry[0].geom_type == "MultiPolygon"
    assert frame.area[0] == pytest.approx(20_000 - 100 + 100)
    assert len(frame.geometry[0].geoms[0].interiors) == 1


def test_unclosed_rings_and_wrong_counts_are_findings(tmp_path: Path) -> None:
    reading = read(tmp_path, HEAD + block("9,2.0,P,名,面,,,", POINTS, close=False))
    assert codes(reading) == ["ring-unclosed", "point-count"]
    assert reading.frame.area[0] == pytest.approx(20_000)
    assert all(finding.row == 0 for finding in reading.findings if finding.code != "encoding")


@pytest.mark.parametrize("count", [4, 5])
def test_the_count_may_or_may_not_include_the_closing_point(tmp_path: Path, count: int) -> None:
    assert not codes(read(tmp_path, HEAD + block(f"{count},2.0,P,名,面,,,", POINTS)))


def test_a_stated_area_that_differs_is_a_finding(tmp_path: Path) -> None:
    reading = read(tmp_path, HEAD + block("5,2.5,P,名,面,,,", POINTS))
    assert codes(reading) == ["area-stated"]
    assert "2.5 ha are stated, the outline has 2.0000 ha" in reading.findings[-1].message


def test_a_parcel_of_two_points_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    reading = read(
        tmp_path, HEAD + block("2,0.1,A,名,面,,,", POINTS[:2], close=False) + block("5,2.0,B,名,面,,,", POINTS)
    )
    assert reading.frame.geometry.isna().tolist() == [True, False]
    (error,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert (error.code, error.row) == ("geometry-unreadable", 0)


def test_a_line_that_is_neither_is_said_with_its_number(tmp_path: Path) -> None:
    text = HEAD + block("5,2.0,P,名,面,,,", POINTS).replace("J3,", "见附图\nJ3,", 1)
    reading = read(tmp_path, text)
    assert any("line 15 is neither a point" in finding.message for finding in reading.findings)


def test_easting_before_northing_is_turned_and_said(tmp_path: Path) -> None:
    turned = [(36_000_000 + y, x) for x, y in POINTS]
    reading = read(tmp_path, HEAD + block("5,2.0,P,名,面,,,", turned))
    assert "easting stands before northing" in reading.findings[-1].message
    assert reading.frame.crs.to_epsg() == 4524
    assert reading.frame.area[0] == pytest.approx(20_000)


def test_a_head_and_eastings_that_disagree_leave_the_crs_open(tmp_path: Path) -> None:
    reading = read(tmp_path, HEAD + block("5,2.0,P,名,面,,,", POINTS, prefix=37_000_000))
    assert reading.frame.crs is None
    assert "zone 36, the eastings say zone 37" in reading.findings[-1].message


@pytest.mark.parametrize(
    ("datum", "width", "zone", "prefix", "epsg"),
    [("80国家大地坐标系", 3, 36, 36_000_000, 2360), ("80国家大地坐标系", 3, 36, 0, 2381),
     ("北京54", 6, 18, 18_000_000, 21418), ("CGCS2000", 6, 18, 0, 4507)],
)  # fmt: skip
def test_older_datums_are_called_by_their_name(
    tmp_path: Path, datum: str, width: int, zone: int, prefix: int, epsg: int
) -> None:
    head = (
        HEAD.replace("2000国家大地坐标系", datum)
        .replace("几度分带=3", f"几度分带={width}")
        .replace("带号=36", f"带号={zone}")
    )
    assert read(tmp_path, head + block("5,2.0,P,名,面,,,", POINTS, prefix=prefix)).frame.crs.to_epsg() == epsg


def test_a_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="zone 12 of 3 degrees is not in China"):
        read(tmp_path, HEAD.replace("带号=36", "带号=12") + block("5,2.0,P,名,面,,,", POINTS))


def test_without_a_head_the_crs_is_not_guessed(tmp_path: Path) -> None:
    reading = read(tmp_path, block("5,2.0,P,名,面,,,", POINTS))
    assert reading.frame.crs is None
    assert not reading.declares_crs


def test_what_is_no_cadastral_text(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is no cadastral text"):
        read(tmp_path, "just a letter\n")
    assert not is_cadastral(tmp_path / "a.txt")


# --- written and read back -------------------------------------------------------------------------------------------


def shapes() -> gpd.GeoDataFrame:
    whole = shapely.box(500_000, 2_580_000, 500_100, 2_580_200)
    holed = whole.difference(shapely.box(500_010, 2_580_010, 500_020, 2_580_020))
    parts = shapely.MultiPolygon(
        [shapely.box(500_300, 2_580_000, 500_310, 2_580_010), shapely.box(500_400, 2_580_000, 500_410, 2_580_010)]
    )
    return gpd.GeoDataFrame(
        {"parcel_id": ["P1", "甲,2@"], "name_zh": ["一号", None]}, geometry=[holed, parts], crs="EPSG:4545"
    )


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("prefixed", [True, False])
def test_round_trip(tmp_path: Path, encoding: str, *, prefixed: bool) -> None:
    path = write_cadastral(shapes(), tmp_path / "a.txt", encoding=encoding, prefixed=prefixed)
    reading = read_file(path, Options())
    assert not codes(reading)
    assert reading.frame.crs.to_epsg() == (4524 if prefixed else 4545)
    assert reading.frame.area.tolist() == pytest.approx(shapes().area.tolist(), rel=1e-9)
    assert reading.frame["地块编号"].tolist() == ["P1", "甲，2@"]
    assert reading.frame["地块面积（公顷）"].tolist() == pytest.approx(
        area(shapes().geometry, "EPSG:4545") / 1e4, abs=5e-5
    )


def test_any_crs_goes_to_the_zone_where_the_land_lies(tmp_path: Path) -> None:
    degrees = gpd.GeoDataFrame(
        {"parcel_id": ["P"]}, geometry=[shapely.box(107.5, 23.3, 107.51, 23.31)], crs="EPSG:4326"
    )
    frame = read_file(write_table(degrees, tmp_path / "a.txt"), Options()).frame
    assert frame.crs.to_epsg() == 4524
    assert frame.to_crs("EPSG:4490").total_bounds == pytest.approx([107.5, 23.3, 107.51, 23.31], abs=1e-8)
    other = read_file(write_cadastral(degrees, tmp_path / "b.txt", zone=Zone(6, 18)), Options()).frame
    assert other.crs.to_epsg() == 4496


def test_what_cannot_be_written(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(geometry=[shapely.Point(107, 23)], crs="EPSG:4490")
    with pytest.raises(FileError, match="every row must be a polygon"):
        write_cadastral(points, tmp_path / "a.txt")
    with pytest.raises(CRSError, match="no CRS"):
        write_cadastral(shapes().set_crs(None, allow_override=True), tmp_path / "a.txt")
    with pytest.raises(CRSError):
        write_cadastral(shapes().set_crs("EPSG:2433", allow_override=True), tmp_path / "a.txt", zone=Zone(3, 36))
    with pytest.raises(FileError, match="GBK or UTF-8"):
        write_cadastral(shapes(), tmp_path / "a.txt", encoding="latin-1")
    assert not list(tmp_path.iterdir())


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="J1234,.@[]地块=\n\t -", max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "a.txt"
    path.write_bytes(text.encode())
    try:
        reading = read_file(path, Options())
    except FileError:
        return
    assert len(reading.frame) == len(
        [line for line in text.splitlines() if line.strip().endswith("@") and line.strip() != "@"]
    )
