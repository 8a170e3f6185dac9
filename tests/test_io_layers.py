"""Many files a layer: each by itself, none stops the others."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from reclaim.cli import run
from reclaim.io.layers import read_layers, same_crs
from reclaim.io.project import read_project
from reclaim.io.write import write_table
from reclaim.tables import Delivery


def parcels(*ids: str, crs: str | None = "EPSG:4545", **columns: list[object]) -> gpd.GeoDataFrame:
    shapes = [shapely.box(500_000 + 200 * n, 2_580_000, 500_100 + 200 * n, 2_580_100) for n in range(len(ids))]
    return gpd.GeoDataFrame({"parcel_id": list(ids), **columns}, geometry=shapes, crs=crs)


def read(folder: Path, text: str) -> list[Delivery]:
    (folder / "reclaim.toml").write_text(text, encoding="utf-8")
    return read_layers(read_project(folder))


def test_two_hundred_files_of_which_ten_are_broken(tmp_path: Path) -> None:
    for number in range(200):
        path = tmp_path / f"公司{number:03d}.geojson"
        write_table(parcels(f"P{number}"), path)
        if number % 20 == 7:
            path.write_bytes(path.read_bytes()[:60])
    deliveries = read(
        tmp_path, '[layers.parcels]\npath = "公司*.geojson"\nset = {stage = "permanent", date = "2019"}\n'
    )
    assert [delivery.source for delivery in deliveries] == [f"公司{number:03d}.geojson" for number in range(200)]
    broken = [delivery for delivery in deliveries if not len(delivery.frame)]
    assert len(broken) == 10
    for delivery in broken:
        (finding,) = delivery.findings
        assert (finding.severity, finding.code, finding.source) == ("error", "file-unreadable", delivery.source)
    assert sum(len(delivery.frame) for delivery in deliveries) == 190


def test_a_missing_file_names_the_company_and_the_nearest_name(tmp_path: Path) -> None:
    write_table(parcels("P1"), tmp_path / "复垦2019.gpkg")
    missing, there = read(
        tmp_path,
        '[[layers.parcels]]\npath = "复垦2018.gpkg"\ncompany = "甲公司"\n[[layers.parcels]]\npath = "复垦2019.gpkg"\n',
    )
    (finding,) = missing.findings
    assert finding.code == "file-missing"
    assert finding.message == "甲公司: there is no such file; did you mean '复垦2019.gpkg'?"
    assert finding.source == "复垦2018.gpkg"
    assert len(there.frame) == 1


def test_a_glob_that_finds_nothing_is_a_missing_file(tmp_path: Path) -> None:
    (delivery,) = read(tmp_path, '[layers.parcels]\npath = "报送/*.shp"\n')
    assert [finding.code for finding in delivery.findings] == ["file-missing"]


def test_each_entry_has_its_own_mapping_crs_and_company(tmp_path: Path) -> None:
    write_table(parcels("P1", crs=None).rename(columns={"parcel_id": "DKBH"}), tmp_path / "a.shp")
    write_table(parcels("P2").rename(columns={"parcel_id": "名称"}), tmp_path / "b.gpkg")
    first, second = read(
        tmp_path,
        '[[layers.parcels]]\npath = "a.shp"\ncrs = "EPSG:4524"\ncompany = "甲"\ncolumns = {parcel_id = "DKBH"}\n'
        '[[layers.parcels]]\npath = "b.gpkg"\ncompany = "乙"\ncolumns = {parcel_id = "名称"}\n',
    )
    assert (first.company, first.frame.crs.to_epsg(), first.frame["parcel_id"][0]) == ("甲", 4524, "P1")
    assert (second.company, second.frame.crs.to_epsg(), second.frame["parcel_id"][0]) == ("乙", 4545, "P2")


def test_stating_another_crs_than_the_file_has_is_an_error(tmp_path: Path) -> None:
    write_table(parcels("P1"), tmp_path / "a.gpkg")
    (delivery,) = read(tmp_path, '[layers.parcels]\npath = "a.gpkg"\ncrs = "EPSG:4547"\n')
    assert not len(delivery.frame)
    assert "states EPSG:4547, but the file says EPSG:4545" in delivery.findings[0].message


def test_stating_the_crs_that_the_file_has_is_no_matter(tmp_path: Path) -> None:
    write_table(parcels("P1"), tmp_path / "a.shp")  # in ESRI's way of writing it
    (delivery,) = read(tmp_path, '[layers.parcels]\npath = "a.shp"\ncrs = "EPSG:4545"\n')
    assert len(delivery.frame) == 1


def test_the_same_system_in_two_ways_of_writing() -> None:
    from pyproj import CRS

    esri = CRS(CRS.from_epsg(4545).to_wkt("WKT1_ESRI"))
    assert same_crs(esri, CRS.from_epsg(4545))
    assert not same_crs(esri, CRS.from_epsg(4546))


def test_inline_sites_are_a_delivery_like_any_other(tmp_path: Path) -> None:
    (delivery,) = read(
        tmp_path,
        '[[site]]\nsite_id = "A"\nkind = "red_mud"\nlon = 107.5\nlat = 23.3\nname_zh = "平果"\n'
        '[[site]]\nsite_id = "B"\ngeometry = "POINT (107 23)"\nregion = "南"\n'
        '[[site]]\nsite_id = "C"\ngeometry = "POI"\n',
    )
    assert delivery.table == "sites"
    assert delivery.frame["site_id"].tolist() == ["A", "B", "C"]
    assert [None if shape is None else shape.wkt for shape in delivery.frame.geometry] == [
        "POINT (107.5 23.3)", "POINT (107 23)", None,
    ]  # fmt: skip
    assert [(finding.code, finding.row) for finding in delivery.findings] == [("geometry-unreadable", 2)]


# --- joined by id ----------------------------------------------------------------------------------------------------

JOINED = """
[layers.parcels]
path = "a.gpkg"
columns = {parcel_id = "DKBH"}
set = {stage = "permanent"}
join = {path = "台账.csv", on = "parcel_id", columns = {parcel_id = "编号", date = "竣工", declared_mu = "面积"}}
"""


def test_a_workbook_joined_by_id_with_unmatched_rows_on_both_sides(tmp_path: Path) -> None:
    write_table(parcels("P1", "Ｐ２", "P3").rename(columns={"parcel_id": "DKBH"}), tmp_path / "a.gpkg")
    lines = ("编号,竣工,面积（万亩）,备注", "p1,2019,0.001,甲", "P2,2020,,", "P1,2021,0.002,乙", "P9,2018,0.003,")
    (tmp_path / "台账.csv").write_text("\n".join(lines), encoding="utf-8")
    outlines, unmatched = read(tmp_path, JOINED)
    rows = outlines.frame[["parcel_id", "date", "declared_mu"]].astype(object)
    cells = rows.where(rows.notna(), None).to_numpy()
    assert [(index, *row) for index, row in zip(rows.index, cells, strict=True)] == [
        (0, "P1", 2019, 10.0), (0, "P1", 2021, 20.0), (1, "Ｐ２", 2020, None), (2, "P3", None, None),
    ]  # fmt: skip
    assert [(item.row, item.source) for item in outlines.findings if item.code == "join-unmatched"] == [(2, "a.gpkg")]
    assert unmatched.source == "台账.csv"
    assert unmatched.frame["parcel_id"].tolist() == ["P9"]
    assert unmatched.frame["declared_mu"].tolist() == [30]
    assert [(item.row, item.code) for item in unmatched.findings] == [(3, "join-unmatched")]


def test_a_join_by_an_id_that_is_not_there(tmp_path: Path) -> None:
    write_table(parcels("P1").rename(columns={"parcel_id": "DKBH"}), tmp_path / "a.gpkg")
    (tmp_path / "台账.csv").write_text("编,竣工\nP1,2019\n", encoding="utf-8")
    (delivery,) = read(tmp_path, JOINED)
    assert not len(delivery.frame)
    assert "there is no column 'parcel_id' to join by in 台账.csv" in delivery.findings[0].message


def test_stage_dates_may_stand_in_the_joined_table(tmp_path: Path) -> None:
    write_table(parcels("P1"), tmp_path / "a.gpkg")
    (tmp_path / "b.csv").write_text("parcel_id,竣工日期,验收日期\nP1,2019,2020\n", encoding="utf-8")
    (delivery,) = read(
        tmp_path,
        '[layers.parcels]\npath = "a.gpkg"\njoin = {path = "b.csv", on = "parcel_id"}\n'
        'stage_dates = {permanent = "竣工日期", accepted = "验收日期"}\n',
    )
    assert delivery.frame[["stage", "date"]].to_numpy().tolist() == [["permanent", 2019], ["accepted", 2020]]


# --- declared only ---------------------------------------------------------------------------------------------------


def test_rows_without_outlines_are_declared_and_never_in_the_ledger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pit = gpd.GeoDataFrame(
        {"site_id": ["A"], "date": ["2018"]},
        geometry=[shapely.box(499_000, 2_579_000, 501_000, 2_581_000)],
        crs="EPSG:4545",
    )
    write_table(pit, tmp_path / "pit.gpkg")
    write_table(parcels("P1", date=["2019"], stage=["permanent"]), tmp_path / "p.gpkg")
    pd.DataFrame({"地块": ["D1"], "日期": ["2019"], "面积（亩）": [9.0]}).to_csv(tmp_path / "d.csv", index=False)
    (tmp_path / "reclaim.toml").write_text(
        '[layers.footprints]\npath = "pit.gpkg"\nmeaning = "increment"\n[[layers.parcels]]\npath = "p.gpkg"\n'
        '[[layers.parcels]]\npath = "d.csv"\ncolumns = {parcel_id = "地块", date = "日期", declared_mu = "面积"}\n'
        'set = {stage = "permanent", site_id = "A"}\n',
        encoding="utf-8",
    )
    assert run(["ledger", str(tmp_path), "--json", "--unit", "m2"]) == 0
    rows = {row["year"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows[2019]["reclaimed"] == pytest.approx(10_000, rel=1e-3)
    assert run(["check", str(tmp_path), "--json"]) == 0
    codes = {item["code"] for item in json.loads(capsys.readouterr().out)["findings"]}
    assert "declared-only" in codes
    assert "no-crs" not in codes
