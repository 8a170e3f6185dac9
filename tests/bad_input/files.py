"""Files and project files that are broken in one way each."""

from pathlib import Path

import shapely

from tests.bad_input.make import (
    CRS,
    PARCELS,
    TOML,
    case,
    footprint,
    geojson,
    parcel,
    project,
    short_names,
    square,
    table,
)


def _instead(folder: Path, name: str, content: bytes) -> None:
    """A sound footprint layer, and a second one that is this file."""
    layer = TOML.partition("[layers.footprints]")[2].replace("footprints.geojson", name)
    both = TOML.replace("[layers.footprints]", "[[layers.footprints]]") + "\n[[layers.footprints]]" + layer
    project(folder, toml=both)
    (folder / name).write_bytes(content)


# --- files ---


@case("file-missing", "error")
def file_that_is_not_there(folder: Path) -> None:
    _instead(folder, "gone.gpkg", b"")
    (folder / "gone.gpkg").unlink()


@case("file-unreadable", "error")
def empty_file(folder: Path) -> None:
    _instead(folder, "empty.gpkg", b"")


@case("file-unreadable", "error")
def text_that_calls_itself_geopackage(folder: Path) -> None:
    _instead(folder, "letter.gpkg", "尊敬的领导".encode())


@case("file-unreadable", "error")
def geopackage_cut_short(folder: Path) -> None:
    _instead(folder, "cut.gpkg", b"")
    (folder / "cut.gpkg").unlink()
    table(footprint()).to_file(folder / "cut.gpkg")
    whole = (folder / "cut.gpkg").read_bytes()
    (folder / "cut.gpkg").write_bytes(whole[: len(whole) // 3])


@case("file-unreadable", "error")
def geojson_cut_short(folder: Path) -> None:
    _instead(folder, "cut.geojson", b"")
    geojson(folder / "cut.geojson", footprint())
    whole = (folder / "cut.geojson").read_bytes()
    (folder / "cut.geojson").write_bytes(whole[: len(whole) // 2])


@case("file-unreadable", "error")
def parquet_that_is_none(folder: Path) -> None:
    _instead(folder, "table.parquet", b"PAR1 but no more")


@case("file-unreadable", "error")
def shapefile_cut_short(folder: Path) -> None:
    _instead(folder, "cut.shp", b"")
    short_names(footprint()).to_file(folder / "cut.shp", encoding="UTF-8")
    whole = (folder / "cut.shp").read_bytes()
    (folder / "cut.shp").write_bytes(whole[:60])


@case("shapefile-part-missing", "note")
def shapefile_without_index(folder: Path) -> None:
    _shapefile(folder)
    (folder / "f.shx").unlink()


@case("missing-value", "error")
def shapefile_without_table(folder: Path) -> None:
    _shapefile(folder)
    (folder / "f.dbf").unlink()


@case("encoding", "note")
def chinese_without_a_code_page(folder: Path) -> None:
    _shapefile(folder, name="平果矿一号采场")
    (folder / "f.cpg").unlink()
    dbf = bytearray((folder / "f.dbf").read_bytes())
    dbf[29] = 0
    (folder / "f.dbf").write_bytes(bytes(dbf))


@case("encoding", "note")
def chinese_under_the_wrong_code_page(folder: Path) -> None:
    _shapefile(folder, name="平果矿一号采场")
    (folder / "f.cpg").write_text("UTF-8", encoding="ascii")


def _shapefile(folder: Path, **more: str) -> None:
    _instead(folder, "f.shp", b"")
    short_names(footprint(square(1000), **more)).to_file(folder / "f.shp", encoding="GBK")


@case("file-unreadable", "error")
def cad_drawing(folder: Path) -> None:
    _instead(folder, "plan.dwg", b"AC1032")


@case("file-unreadable", "error")
def archive(folder: Path) -> None:
    _instead(folder, "all.zip", b"PK\x05\x06" + bytes(18))


@case("geometry-unreadable", "error")
def outline_in_words(folder: Path) -> None:
    _csv(folder, "POLYGON ((0 0, 1 1, oh")


@case("not-finite", "error")
def outline_with_nan(folder: Path) -> None:
    _csv(folder, f"POLYGON (({520_000} 3840000, 520100 NaN, 520100 3840100, 520000 3840000))")


@case("row-too-long", "warning")
def comma_too_many(folder: Path) -> None:
    _csv(folder, square(1000).wkt, more=",,surplus")


def _csv(folder: Path, wkt: str, more: str = "") -> None:
    text = f'footprint_id,site_id,date,wkt\nF2,A,2018-06-30,"{wkt}"{more}\nF3,A,2018-06-30,"{square(2000).wkt}"\n'
    _instead(folder, "f.csv", text.encode())
    toml = (folder / "reclaim.toml").read_text(encoding="utf-8")
    (folder / "reclaim.toml").write_text(f'{toml}crs = "{CRS}"\ngeometry = "wkt"\n', encoding="utf-8")


@case("column-missing", "error")
def column_that_is_not_in_the_file(folder: Path) -> None:
    project(folder, toml=TOML + PARCELS + 'columns = { date = "竣工日期" }\n')
    geojson(folder / "parcels.geojson", parcel())


# --- paths ---


@case(fault="outside")
def path_that_climbs_out(folder: Path) -> None:
    project(folder, toml=TOML.replace("footprints.geojson", "../footprints.geojson"))


@case(fault="outside")
def path_from_the_root(folder: Path) -> None:
    project(folder, toml=TOML.replace("footprints.geojson", "/etc/hosts.geojson"))


@case(fault="remote")
def path_on_another_server(folder: Path) -> None:
    project(folder, toml=TOML.replace("footprints.geojson", "/vsicurl/http://example.invalid/f.geojson"))


@case(fault="remote")
def path_into_an_archive(folder: Path) -> None:
    project(folder, toml=TOML.replace("footprints.geojson", "/vsizip/a.zip/../../f.geojson"))


@case(fault="virtual")
def file_that_points_elsewhere(folder: Path) -> None:
    _instead(folder, "f.vrt", b'<OGRVRTDataSource><OGRVRTLayer name="f"><SrcDataSource>/etc/f.shp</SrcDataSource>')


@case(fault="site 'A' stands twice")
def site_that_stands_twice_in_the_project_file(folder: Path) -> None:
    project(folder, toml=TOML + '\n[[site]]\nsite_id = "A"\n\n[[site]]\nsite_id = "A"\n')


# --- project files ---


@case(fault="no reclaim.toml")
def folder_without_a_project(folder: Path) -> None:
    folder.mkdir(parents=True)


@case(fault="line 2")
def toml_without_sense(folder: Path) -> None:
    project(folder, toml="[project]\nname = oh no\n")


@case(fault="UTF-8")
def toml_in_another_encoding(folder: Path) -> None:
    project(folder)
    (folder / "reclaim.toml").write_bytes('[project]\nname = "平果矿"\n'.encode("gbk"))


@case(fault="did you mean 'meaning'")
def key_misspelled(folder: Path) -> None:
    project(folder, toml=TOML.replace("meaning", "meening"))


@case(fault="did you mean 'footprints'")
def table_misspelled(folder: Path) -> None:
    project(folder, toml=TOML.replace("layers.footprints", "layers.footprint"))


@case(fault="does not say what a row means")
def meaning_left_out(folder: Path) -> None:
    project(folder, toml=TOML.replace('meaning = "increment"\n', ""))


@case(fault="footprints", verbs=("ledger", "rate --basis damaged"))
def no_footprints_at_all(folder: Path) -> None:
    project(folder, toml='[project]\nname = "empty"\n')


@case(fault="mu, ha, m2 or km2")
def unit_of_another_country(folder: Path) -> None:
    project(folder, toml=TOML.replace('"broken on purpose"', '"x"\nunit = "acre"'))


@case(fault="did you mean 0.86")
def rate_in_percent(folder: Path) -> None:
    project(folder, toml=TOML + '\n[[target]]\nrate = 86\nbasis = "damaged"\n')


@case(fault="basis")
def target_without_a_basis(folder: Path) -> None:
    project(folder, toml=TOML + "\n[[target]]\nrate = 0.86\n")


@case(fault="unit")
def published_area_without_a_unit(folder: Path) -> None:
    project(folder, toml=TOML + '\n[[published]]\nfigure = "reclaimed"\nyear = 2019\nvalue = 12029\n')


@case(fault="EPSG")
def system_that_does_not_exist(folder: Path) -> None:
    project(folder, toml=TOML + 'crs = "EPSG:99999"\n')


@case(fault="permanent")
def stage_date_misspelled(folder: Path) -> None:
    project(folder, toml=TOML + PARCELS + 'stage_dates = { permanant = "竣工日期" }\n')
    geojson(folder / "parcels.geojson", parcel(shapely.box(0, 0, 1, 1)))
