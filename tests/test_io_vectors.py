"""Files in: one broken sample per way of being broken, and what people really send."""

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from reclaim.errors import FileError
from reclaim.io.reading import Options, Reading, looks_like_geometry
from reclaim.io.vectors import read_file, read_table
from reclaim.io.write import write_layers, write_table
from reclaim.tables import Finding

SQUARE = shapely.box(500_000, 2_580_000, 500_100, 2_580_100)


def parcels() -> gpd.GeoDataFrame:
    columns = {"地块编号": ["一号地块", "二号"], "竣工验收": ["2019年6月", "2020"]}
    return gpd.GeoDataFrame(columns, geometry=[SQUARE, SQUARE], crs="EPSG:4545")


def read(path: Path, layer: str | None = None) -> Reading:
    return read_file(path, Options(layer))


def messages(reading: Reading) -> str:
    return "\n".join(finding.message for finding in reading.findings)


def findings_or_faults(path: Path) -> tuple[list[Finding], tuple[str, ...]]:
    try:
        return read(path).findings, ()
    except FileError as error:
        return [], error.faults


# --- Shapefile -------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["GBK", "UTF-8"])
def shapefile(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = write_table(parcels(), tmp_path / "a.shp", encoding=request.param)
    (tmp_path / "a.names.csv").unlink(missing_ok=True)
    return path


def no_language_byte(path: Path) -> None:
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    data[29] = 0
    table.write_bytes(data)


def test_an_encoding_that_nobody_states_is_found_and_said(shapefile: Path) -> None:
    encoding = "GB18030" if shapefile.with_suffix(".cpg").read_text() == "GBK" else "UTF-8"
    shapefile.with_suffix(".cpg").unlink()
    no_language_byte(shapefile)
    reading = read(shapefile)
    assert reading.frame["地块编号" if encoding == "GB18030" else "地块编"].tolist() == ["一号地块", "二号"]
    assert f"does not say its encoding; {encoding} fits" in messages(reading)


def test_a_wrong_encoding_is_overruled_and_said(shapefile: Path) -> None:
    gbk = shapefile.with_suffix(".cpg").read_text() == "GBK"
    shapefile.with_suffix(".cpg").write_text("UTF-8" if gbk else "GBK")
    reading = read(shapefile)
    assert reading.frame.iloc[0, 0] == "一号地块"
    assert "which was used" in messages(reading)


def test_a_right_encoding_needs_no_word(shapefile: Path) -> None:
    assert not read(shapefile).findings


def test_a_name_cut_inside_a_character_loses_that_character(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"竣工日期": ["2019"]}, geometry=[SQUARE], crs="EPSG:4545")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the writer says that it cuts the name
        frame.to_file(tmp_path / "a.shp", encoding="UTF-8")
    assert list(read(tmp_path / "a.shp").frame.columns) == ["竣工日", "geometry"]


def test_a_missing_index_is_made_up_for_without_touching_the_folder(shapefile: Path) -> None:
    shapefile.with_suffix(".shx").unlink()
    reading = read(shapefile)
    assert len(reading.frame) == 2
    assert ".shx is missing" in messages(reading)
    assert not shapefile.with_suffix(".shx").exists()


def test_a_missing_table_leaves_the_outlines(shapefile: Path) -> None:
    shapefile.with_suffix(".dbf").unlink()
    reading = read(shapefile)
    assert reading.frame.area.tolist() == pytest.approx([10_000, 10_000])
    assert ".dbf is missing" in messages(reading)


def test_a_missing_projection_is_no_crs(shapefile: Path) -> None:
    shapefile.with_suffix(".prj").unlink()
    assert read(shapefile).frame.crs is None
    assert not read(shapefile).declares_crs


def test_a_projection_named_in_chinese_is_read(shapefile: Path) -> None:
    prj = shapefile.with_suffix(".prj")
    text = prj.read_text().replace(prj.read_text().split('"')[1], "国家2000三度带", 1)
    prj.write_bytes(text.encode("gbk"))
    crs = read(shapefile).frame.crs
    assert crs.coordinate_operation.params[1].value == 108


def test_a_missing_or_broken_outline_file(shapefile: Path) -> None:
    shapefile.write_bytes(shapefile.read_bytes()[:40])
    with pytest.raises(FileError, match=r"a\.shp: cannot be read"):
        read(shapefile)
    shapefile.unlink()
    with pytest.raises(FileError, match="there is no such file"):
        read(shapefile)


# --- GeoPackage and others with layers -------------------------------------------------------------------------------


def test_several_layers_and_none_named_is_a_question(tmp_path: Path) -> None:
    path = write_layers({"采场": parcels(), "复垦": parcels()}, tmp_path / "a.gpkg")
    with pytest.raises(FileError, match=r'holds several layers \(采场, 复垦\); say which with layer = "采场"'):
        read(path)
    assert len(read(path, "复垦").frame) == 2
    with pytest.raises(FileError, match=r"no layer '复垦地'; did you mean '复垦'"):
        read(path, "复垦地")


def test_the_table_of_styles_that_qgis_leaves_is_no_layer(tmp_path: Path) -> None:
    path = write_layers({"复垦": parcels(), "layer_styles": pd.DataFrame({"styleQML": ["x"]})}, tmp_path / "a.gpkg")
    assert len(read(path).frame) == 2


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA locking_mode = EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
connection.execute("CREATE TABLE held (a)")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_locked_geopackage_is_explained(tmp_path: Path) -> None:
    path = write_table(parcels(), tmp_path / "a.gpkg")
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FileError, match="is locked by another program"):
            read(path)
        assert holder.stdin is not None
        holder.stdin.close()


def test_a_damaged_geopackage_is_one_line(tmp_path: Path) -> None:
    path = write_table(parcels(), tmp_path / "a.gpkg")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(FileError) as caught:
        read(path)
    assert len(caught.value.faults) == 1
    assert "\n" not in caught.value.faults[0]


def test_a_layer_without_a_known_crs_has_none(tmp_path: Path) -> None:
    path = write_table(parcels().set_crs(None, allow_override=True), tmp_path / "a.gpkg")
    assert read(path).frame.crs is None


@pytest.mark.parametrize(("suffix", "driver"), [("fgb", "FlatGeobuf"), ("kml", "KML"), ("gdb", "OpenFileGDB")])
def test_other_formats(tmp_path: Path, suffix: str, driver: str) -> None:
    path = tmp_path / f"复垦.{suffix}"
    frame = parcels().to_crs("EPSG:4490").to_crs("EPSG:4326") if suffix == "kml" else parcels()
    pyogrio.write_dataframe(frame.rename(columns={"地块编号": "Name"}), path, driver=driver)
    reading = read(path)
    assert reading.frame["Name"].tolist() == ["一号地块", "二号"]
    assert "altitudeMode" not in reading.frame.columns
    area = reading.frame.to_crs("EPSG:4490").to_crs("EPSG:4545").area if suffix == "kml" else reading.frame.area
    # a file geodatabase keeps coordinates on a grid of a tenth of a millimetre
    assert area.tolist() == pytest.approx([10_000, 10_000], rel=1e-8 if suffix != "kml" else 1e-6)


# --- GeoJSON ---------------------------------------------------------------------------------------------------------


def geojson(path: Path, *, crs: str | None = None, encoding: str = "utf-8", **properties: object) -> Path:
    document = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [107.5, 23.3]}},
            {"type": "Feature", "properties": properties, "geometry": None},
        ],
    }
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_bytes(json.dumps(document, ensure_ascii=False).encode(encoding))
    return path


def test_geojson_without_a_crs_is_in_degrees(tmp_path: Path) -> None:
    reading = read(geojson(tmp_path / "a.geojson", date="2021/06/03", tags=["a", "b"]))
    assert reading.frame.crs == "EPSG:4326"
    assert not reading.declares_crs
    assert reading.frame["date"][0] == "2021/06/03"
    assert json.loads(reading.frame["tags"][0]) == ["a", "b"]
    assert reading.frame.geometry[1] is None


def test_a_foreign_crs_member_is_honoured(tmp_path: Path) -> None:
    reading = read(geojson(tmp_path / "a.geojson", crs="urn:ogc:def:crs:EPSG::4545"))
    assert reading.frame.crs.to_epsg() == 4545
    assert reading.declares_crs


def test_geojson_in_gbk_is_read_and_said(tmp_path: Path) -> None:
    reading = read(geojson(tmp_path / "a.geojson", encoding="gbk", name="平果铝矿复垦地块"))
    assert reading.frame["name"][0] == "平果铝矿复垦地块"
    assert "GB18030" in messages(reading)


@pytest.mark.parametrize("text", ["[1, 2]", '{"type": "Feat', "x", '{"a": 1}'])
def test_what_is_no_geojson(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=r"a\.geojson: "):
        read(tmp_path / "a.geojson")


# --- CSV -------------------------------------------------------------------------------------------------------------


def csv_file(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    text = "地块编号,面积,备注\nP1,3.5,复垦\nP2,,无\n".replace(",", separator)
    reading = read(csv_file(tmp_path, text, encoding))
    assert reading.frame["地块编号"].tolist() == ["P1", "P2"]
    assert reading.frame["面积"][0] == 3.5
    assert pd.isna(reading.frame["面积"][1])
    assert not reading.spatial


def test_codes_with_leading_zeros_stay_text(tmp_path: Path) -> None:
    frame = read(csv_file(tmp_path, "a,b\n0103,12\n0301,7\n")).frame
    assert frame["a"].tolist() == ["0103", "0301"]
    assert frame["b"].tolist() == [12, 7]


def test_wkt_geojson_and_blank_cells(tmp_path: Path) -> None:
    blank = '"{""type"":""Polygon"",""coordinates"":[]}"'
    text = f'id,outline\n1,"POLYGON ((0 0, 1 0, 1 1, 0 0))"\n2,\n3,"POLYGON ((0 0, 1"\n4,{blank}\n'
    reading = read_file(csv_file(tmp_path, text), Options(geometry="outline"))
    kinds = [None if shape is None else shape.geom_type for shape in reading.frame.geometry]
    assert kinds == ["Polygon", None, None, "Polygon"]
    (bad,) = [item for item in reading.findings if item.severity == "error"]
    assert (bad.code, bad.row) == ("geometry-unreadable", 2)


def test_the_geometry_column_is_found_and_said(tmp_path: Path) -> None:
    reading = read(csv_file(tmp_path, 'id,".geo"\n1,"{""type"":""Point"",""coordinates"":[107,23]}"\n'))
    assert reading.frame.crs == "EPSG:4326"
    assert "column '.geo' was taken for the geometry" in messages(reading)


def test_a_stated_geometry_column_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no column 'outlin' for the geometry; did you mean 'outline'"):
        read_file(csv_file(tmp_path, "id,outline\n1,x\n"), Options(geometry="outlin"))


def test_columns_of_degrees_become_points(tmp_path: Path) -> None:
    frame = read(csv_file(tmp_path, "矿区编号,经度,纬度\nA,107.5,23.3\nB,,\n")).frame
    assert frame.geometry[0].equals(shapely.Point(107.5, 23.3))
    assert frame.geometry[1] is None


def test_ewkt_states_its_crs(tmp_path: Path) -> None:
    reading = read(csv_file(tmp_path, "id,geom\n1,SRID=4545;POINT (500000 2580000)\n"))
    assert reading.frame.crs.to_epsg() == 4545
    assert reading.declares_crs


def test_a_row_longer_than_its_names_is_said(tmp_path: Path) -> None:
    reading = read(csv_file(tmp_path, "a,b\n1,2\n3,4,5\n"))
    assert [(item.code, item.row) for item in reading.findings] == [("row-too-long", 1)]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\x00\x01\x02", b",,,\n,,,\n"])
def test_what_is_no_table(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(FileError, match=r"a\.csv: "):
        read(tmp_path / "a.csv")


def test_a_table_below_a_title(tmp_path: Path) -> None:
    text = "甲公司复垦台账,,\n填报:张三,2019年,\n地块编号,复垦面积（亩）,竣工日期\nP1,3.5,2019\n"
    frame = read_table(
        csv_file(tmp_path, text),
        columns={"parcel_id": "地块编号", "declared_mu": "复垦面积"},
        stage_dates={"permanent": "竣工日期"},
    )
    assert frame[["parcel_id", "declared_mu", "stage", "date"]].to_numpy().tolist() == [["P1", 3.5, "permanent", 2019]]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("POINT (1 2)", True), ("polygon((0 0,1 0,1 1,0 0))", True), ("POINT Z (1 2 3)", True), ("POLYGON EMPTY", True),
     ("Point Road (north)", False), ("", False), (None, False), ("2019", False)],
)  # fmt: skip
def test_what_looks_like_geometry(text: object, *, is_one: bool) -> None:
    assert looks_like_geometry(text) is is_one


def test_the_permits_of_two_states_as_delivered(peer_data: Path) -> None:
    folder = peer_data / "appalachia_permits"
    virginia = read_table(
        folder / "va_permits.csv", table="permits", columns={"permit_id": "PermitID"}, geometry=".geo"
    )
    assert len(virginia) == 98
    assert int(virginia.geometry.notna().sum() - virginia.geometry.is_empty.sum()) == 61
    assert virginia["permit_id"][0] == "1101914"
    tennessee = read_table(folder / "tn_permits.csv", columns={"stage": "Mine_Statu", "declared_mu": "Acres"})
    assert tennessee["stage"].tolist().count("certified") >= 1
    assert tennessee["declared_mu"][0] == pytest.approx(292.6229176 * 4046.8564224 * 3 / 2000)


# --- GeoParquet ------------------------------------------------------------------------------------------------------


def good_files(peer_data: Path) -> list[Path]:
    folder = peer_data / "peer-fixtures" / "geoparquet-testing"
    return sorted([*folder.glob("data/*/*.parquet"), *folder.glob("samples/*.parquet")])


def test_every_good_geoparquet_file_is_read_as_geopandas_reads_it(peer_data: Path) -> None:
    files = good_files(peer_data)
    assert len(files) > 40
    for path in files:
        frame = read(path).frame
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # geopandas says of spherical edges that it takes them for straight ones
            expected = gpd.read_parquet(path)
        assert len(frame) == len(expected), path.name
        assert frame.crs == expected.crs, path.name
        ours, theirs = frame.geometry.to_numpy(), expected.geometry.to_numpy()
        assert (shapely.is_missing(ours) == shapely.is_missing(theirs)).all(), path.name
        assert (shapely.equals_identical(ours, theirs) | shapely.is_missing(ours)).all(), path.name


def test_every_bad_geoparquet_file_is_refused_or_flagged(peer_data: Path) -> None:
    folder = peer_data / "peer-fixtures" / "geoparquet-testing" / "bad_data"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    refused, flagged = [], []
    for name in sorted(manifest):
        findings, faults = findings_or_faults(folder / name)
        assert findings or faults[0].startswith(name), f"{name} passed without a word"
        assert {item.severity for item in findings} <= {"warning", "error"}
        (refused if faults else flagged).append(name)
    assert len(refused) + len(flagged) == len(manifest) >= 22
    assert "wkb-truncated.parquet" in flagged  # its one broken row is listed, the others count


def test_a_broken_row_is_listed_and_the_rest_goes_on(peer_data: Path) -> None:
    reading = read(peer_data / "peer-fixtures" / "geoparquet-testing" / "bad_data" / "wkb-truncated.parquet")
    (finding,) = reading.findings
    assert (finding.code, finding.severity, finding.row) == ("geometry-unreadable", "error", 0)
    assert reading.frame.geometry.isna().tolist()[0]
    assert not reading.frame.geometry.isna().all()


def test_parquet_without_metadata_says_what_to_do(tmp_path: Path) -> None:
    pd.DataFrame({"wkt": ["POINT (107 23)"]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(FileError, match=r"without GeoParquet metadata.*geometry = "):
        read(tmp_path / "a.parquet")
    assert read_file(tmp_path / "a.parquet", Options(geometry="wkt")).frame.geometry[0].x == 107


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_both_encodings_of_geoparquet(tmp_path: Path, encoding: str) -> None:
    parcels().to_parquet(tmp_path / "a.parquet", geometry_encoding=encoding)
    assert read(tmp_path / "a.parquet").frame.area.tolist() == pytest.approx([10_000, 10_000])


# --- any bytes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["gpkg", "parquet", "geojson", "fgb", "shp", "csv", "xlsx", "txt"])
def test_a_mangled_file_is_read_or_refused_in_one_line(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / "sound"
    source.mkdir()
    frame = parcels().rename(columns={"地块编号": "parcel_id"})
    write_table(frame, source / f"a.{suffix}")
    whole = (source / f"a.{suffix}").read_bytes()
    for number in range(25):
        folder = tmp_path / f"{number}"
        shutil.copytree(source, folder)
        data = bytearray(whole)
        if number < 12:
            del data[len(data) * number // 12 :]
        else:
            place = (len(data) - 1) * (number - 11) // 14
            data[place : place + 3] = b"\xff\x00\xfe"
        (folder / f"a.{suffix}").write_bytes(bytes(data))
        _, faults = findings_or_faults(folder / f"a.{suffix}")
        assert all("\n" not in fault for fault in faults)
