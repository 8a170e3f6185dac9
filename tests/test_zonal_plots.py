"""Field sheets: out to the site and back."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon

from reclaim.errors import CriteriaError, FileError, TableError
from reclaim.verbs.cover import cover
from reclaim.verbs.plots import plots
from reclaim.zonal.plots import AboutPlots, green_values
from tests.imagery import ground, zones

NASTY = '<script>"赤泥&1'


def sheet_of(folder: Path, **shapes: object) -> Path:
    plots(zones(**shapes), claim=">0.95", output=folder / "sheet")
    return folder / "sheet"


def fill(sheet: Path, values: dict[int, dict[str, object]], *, green: object = 1) -> Path:
    """Fill in the workbook: all green, but for some rows (counted from 0)."""
    book = openpyxl.load_workbook(sheet / "sheet.xlsx")
    page = book["points"]
    heads = {str(cell.value).split()[0]: cell.column for cell in page[1]}
    for row in range(2, page.max_row + 1):
        page.cell(row, heads["green"]).value = green
        for name, value in values.get(row - 2, {}).items():
            page.cell(row, heads[name]).value = value
    target = sheet.parent / "filled.xlsx"
    book.save(target)
    return target


def test_points_lie_inside_keep_apart_and_come_again() -> None:
    ring = Polygon(ground(30, 30).exterior, [ground(10, 10, at=(10, 10)).exterior])
    parts = MultiPolygon([ground(5, 5, at=(50, 0)), ground(5, 5, at=(50, 40))])
    first = plots(zones(ring=ring, parts=parts), claim=">0.95")
    again = plots(zones(ring=ring, parts=parts), claim=">0.95")
    assert first.needed == 59
    assert first.points.groupby("zone_id").size().to_dict() == {"ring": 59, "parts": 59}
    assert first.points.equals(again.points)
    places = dict(zip(first.zones.zone_id, first.zones.geometry, strict=True))
    assert all(shapely.intersects_xy(places[p.zone_id].buffer(1e-9), p.lon, p.lat) for p in first.points.itertuples())
    flat = first.points[first.points.zone_id == "ring"].to_crs("EPSG:32649")
    near = [flat.geometry.drop(i).distance(shape).min() for i, shape in flat.geometry.items()]
    # 59 points thrown at random on this ground would lie 19 m from their neighbour on average
    assert np.mean(near) > 19
    assert first.points.point_id.is_unique


def test_a_more_modest_claim_takes_fewer_points() -> None:
    assert len(plots(zones(A=ground(5, 5)), claim=">0.9", confidence=0.9).points) == 22
    with pytest.raises(CriteriaError, match="no sample can prove"):
        plots(zones(A=ground(5, 5)), claim=">=1")


def test_files_of_a_sheet(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, **{NASTY: ground(6, 5)})
    names = sorted(path.name for path in sheet.iterdir())
    assert names == ["points.csv", "points.gpkg", "points.gpx", "points.kml", "sheet.html", "sheet.xlsx"]
    gpx = ElementTree.parse(sheet / "points.gpx").getroot()
    assert len(gpx) == 59
    assert gpx[0][0].text == f"{NASTY}-001"
    kml = ElementTree.parse(sheet / "points.kml")
    assert len(list(kml.iter("{http://www.opengis.net/kml/2.2}Point"))) == 59
    page = (sheet / "sheet.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert page.count("<li>") == 59
    assert "签字 Signature" in page
    assert gpd.read_file(sheet / "points.gpkg").crs.to_epsg() == 4490


def test_all_green_proves_the_claim(tmp_path: Path) -> None:
    filled = fill(sheet_of(tmp_path, A=ground(6, 5)), {0: {"date": "2024-07-03"}, 5: {"date": "2024-07-04"}})
    with pytest.warns(AboutPlots, match="59 of 59 points are green; >0.95 is proved"):
        row = cover(zones(A=ground(6, 5)), plots=filled).iloc[0]
    assert row[["outcome", "cover", "valid", "n_eff", "more"]].tolist() == ["met", 1, 1, 59, 0]
    assert row.low == pytest.approx(0.05 ** (1 / 59))
    assert row.date == pd.Timestamp("2024-07-04")


def test_missing_far_and_bare_points_are_told(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, A=ground(6, 5))
    points = pd.read_csv(sheet / "points.csv")
    near = {
        "found_lon": points.lon[3] + 3e-4 * (1 if points.lon[3] < points.lon.mean() else -1),
        "found_lat": points.lat[3],
    }
    away = {"found_lon": points.lon[4] + 1, "found_lat": points.lat[4]}
    filled = fill(sheet, {1: {"green": None}, 2: {"green": "裸"}, 3: near, 4: away, 7: {"green": "perhaps"}})
    with pytest.warns(AboutPlots) as said:
        row = cover(zones(A=ground(6, 5)), plots=filled).iloc[0]
    text = " | ".join(str(line.message) for line in said)
    assert "2 points of zone 'A' were not visited: A-002, A-008" in text
    assert "more than 10 m from plan: A-004 (31 m)" in text
    assert "visited outside their zone and do not count: A-005" in text
    assert "55 of 56 points are green; 37 more points, all of them green, would prove >0.95" in text
    assert (row.outcome, row.more, row.green) == ("insufficient", 37, 55)
    assert row.cover == pytest.approx(55 / 56)


def test_a_claim_that_can_no_longer_be_proved(tmp_path: Path) -> None:
    filled = fill(sheet_of(tmp_path, A=ground(6, 5)), {row: {"green": 0} for row in range(12)})
    with pytest.warns(AboutPlots, match="can no longer be proved"):
        row = cover(zones(A=ground(6, 5)), plots=filled).iloc[0]
    assert row.outcome == "not_met"


def test_an_option_comes_before_the_sheets_claim(tmp_path: Path) -> None:
    filled = fill(sheet_of(tmp_path, A=ground(6, 5)), {row: {"green": 0} for row in range(12)})
    with pytest.warns(AboutPlots):
        assert cover(zones(A=ground(6, 5)), plots=filled, min_cover=0.5).outcome[0] == "met"


def test_tables_of_plots_with_shares(tmp_path: Path) -> None:
    inside = ground(6, 5)
    table = pd.DataFrame({"zone_id": "A", "cover": [0.96, 0.98, 0.99, 0.97] * 5})
    table.to_csv(tmp_path / "plots.csv", index=False)
    for visited in (table, tmp_path / "plots.csv"):
        row = cover(zones(A=inside), plots=visited, min_cover=">0.95").iloc[0]
        assert row.outcome == "met"
        assert row.cover == pytest.approx(0.975)
        assert row.low < 0.975 < row.high
    assert cover(zones(A=inside), plots=table.head(14), min_cover=">0.95").outcome[0] == "insufficient"
    with pytest.raises(TableError, match="divide percent by 100"):
        cover(zones(A=inside), plots=table.assign(cover=97.0))


def test_points_without_a_zone_are_found_by_place(tmp_path: Path) -> None:
    made = plots(zones(A=ground(6, 5)), claim=">0.95").points
    table = pd.DataFrame({"lon": made.lon, "lat": made.lat, "green": "yes"})
    with pytest.warns(AboutPlots, match="is proved"):
        assert cover(zones(A=ground(6, 5)), plots=table, min_cover=">0.95").outcome[0] == "met"


def test_what_people_write_in_a_box() -> None:
    assert green_values([1, 1.0, "√", "是", "Y", "green"]).tolist() == [1] * 6
    assert green_values([0, "0", "否", "n", "×", "bare"]).tolist() == [0] * 6
    assert np.isnan(green_values([None, "", "?", 2, np.nan])).all()


def test_sheets_that_cannot_be_read(tmp_path: Path) -> None:
    here = zones(A=ground(6, 5))
    with pytest.raises(FileError, match="no such file"):
        cover(here, plots=tmp_path / "none.xlsx")
    (tmp_path / "broken.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(FileError, match="workbook"):
        cover(here, plots=tmp_path / "broken.xlsx")
    pd.DataFrame({"a": [1]}).to_excel(tmp_path / "other.xlsx")
    with pytest.raises(TableError, match="no sheet has a column 'point_id'"):
        cover(here, plots=tmp_path / "other.xlsx")
    with pytest.raises(TableError, match="not one box"):
        cover(here, plots=fill(sheet_of(tmp_path, A=ground(6, 5)), {}, green=None))
    with pytest.raises(CriteriaError, match="not both"):
        cover(here, "x.tif", plots=tmp_path / "none.xlsx")
