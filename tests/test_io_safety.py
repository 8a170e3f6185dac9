"""Which paths may be opened, whatever they are called."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reclaim.errors import FileError, ProjectError, UnsafePath
from reclaim.io.layers import read_layers
from reclaim.io.project import read_project
from reclaim.io.reading import Options
from reclaim.io.safety import is_remote, safe_path, safe_source
from reclaim.io.vectors import read_file


@given(st.text(max_size=60))
def test_any_text_is_a_path_inside_or_refused(text: str) -> None:
    folder = Path("/data/mines")
    path = inside_or_none(text, folder)
    assert path is None or path.is_relative_to(folder)


def inside_or_none(text: str, folder: Path) -> Path | None:
    try:
        return safe_path(text, folder)
    except UnsafePath:
        return None


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/http://x/a.tif", "/VSIZIP/a.zip", "\\vsimem\\a", "http://x/a", "s3://b/a", "a.vrt", "A.VRT", "a.ovf",
        "PG:dbname=x", "MySQL:db", "GPKG:/etc/x.gpkg:a", "<OGRVRTDataSource/>", '{"type": "x"}', "dir/vsitar/a",
    ],
)  # fmt: skip
def test_remote_and_virtual_names(name: str) -> None:
    assert is_remote(name)
    with pytest.raises(UnsafePath, match="--allow-remote"):
        safe_path(name, Path("/data"))


def test_windows_drives_and_colons_in_chinese_names_are_local() -> None:
    assert not is_remote("C:/data/a.shp")
    assert not is_remote("地块：一.shp")


def test_a_link_that_leads_out_is_followed_and_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n", encoding="utf-8")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "link.csv").symlink_to(secret)
    (folder / "reclaim.toml").write_text('[layers.sites]\npath = "link.csv"\n', encoding="utf-8")
    with pytest.raises(ProjectError, match="leads out of the project folder"):
        read_project(folder)
    (delivery,) = read_layers(read_project(folder, allow_outside=True))
    assert len(delivery.frame) == 1


def test_a_part_of_a_shapefile_may_not_be_a_link_out(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "secret.dbf").write_bytes(b"\x03")
    (folder / "a.shp").write_bytes(b"\x00\x00\x27\x0a")
    (folder / "a.dbf").symlink_to(tmp_path / "secret.dbf")
    with pytest.raises(UnsafePath, match=r"a\.dbf is a link that leads out"):
        read_file(folder / "a.shp", Options(), folder=folder)


def test_a_virtual_layer_under_another_name_is_still_virtual(tmp_path: Path) -> None:
    layer = b'<OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
    text = b"<OGRVRTDataSource>" + layer + b"</OGRVRTDataSource>"
    for name in ("a.gpkg", "a.geojson", "a.kml", "a.tif"):
        (tmp_path / name).write_bytes(text)
        with pytest.raises(UnsafePath, match="points at other sources"):
            safe_source(tmp_path / name)


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".fgb", ".parquet", ".xlsx", ".kml", ".kmz"])
def test_a_file_is_what_its_ending_says_or_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"<!DOCTYPE html><html>404</html>")
    with pytest.raises(FileError, match=r"whatever its ending says.*web page"):
        read_file(path, Options())
    path.write_bytes(b"")
    with pytest.raises(FileError, match="is empty"):
        read_file(path, Options())


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("a.dwg", "save it as DXF"), ("a.xls", "save it as .xlsx"), ("a.zip", "unpack it"), ("a.mdb", "GeoPackage"),
        ("a.dbf", "give the .shp"), ("a.docx", "are not read"), ("a", "are not read"),
    ],
)  # fmt: skip
def test_a_kind_that_is_not_read_names_the_way_out(tmp_path: Path, name: str, way_out: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(FileError, match=way_out):
        read_file(tmp_path / name, Options())


def test_a_name_nearly_right_is_offered(tmp_path: Path) -> None:
    (tmp_path / "复垦地块2019.shp").write_bytes(b"x")
    with pytest.raises(FileError, match=r"no such file; did you mean '复垦地块2019\.shp'"):
        read_file(tmp_path / "复垦地块2018.shp", Options())
