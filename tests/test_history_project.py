"""Yearly stacks of a project: its own ground, years told by its data, drawn footprints beside what imagery saw."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from openpyxl import load_workbook

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.cli import run
from reclaim.errors import ProjectError
from reclaim.io.project import read_project
from reclaim.reports.content import content
from reclaim.reports.model import Chart, Section, Table
from reclaim.reports.parts.everything import everything
from reclaim.reports.setting import Setting
from reclaim.timeline.results import History
from reclaim.verbs.history import history
from reclaim.verbs.history_project import StackSetAside
from reclaim.verbs.land import assess
from reclaim.verbs.reports import write_report
from tests.imagery import X0, Y0, YEARLY, ground, write_raster, yearly_stack

PIXEL_M2 = 900 / 0.9996**2
_TOML = """
[project]
name = "Pits"
unit = "m2"

[layers.footprints]
path = "pits.gpkg"
meaning = "increment"

[layers.parcels]
path = "parcels.gpkg"

[[imagery]]
path = "{path}"
role = "history"
{more}
"""


def pixels(row: int, col: int, rows: int, cols: int) -> shapely.Polygon:
    return ground(rows, cols, at=(row, col), pixel=30)


def project(folder: Path, *, path: str = "stack", more: str = "") -> Path:
    """Pit A as it was lost, pit B drawn a year late and four pixels too wide, pit C where nothing was lost."""
    crs = "EPSG:32649"
    pits = {"footprint_id": ["A", "B", "C"], "site_id": ["N", "N", "S"], "date": ["2016", "2020", "2018"]}
    drawn = [pixels(2, 3, 6, 8), pixels(12, 15, 4, 11), pixels(10, 2, 2, 5)]
    gpd.GeoDataFrame(pits, geometry=drawn, crs=crs).to_file(folder / "pits.gpkg")
    parcels = {"parcel_id": ["P", "P", "N"], "site_id": ["N"] * 3, "date": ["2017", "2018", "2021"],
               "stage": ["temporary", "permanent", "permanent"]}  # fmt: skip
    land = [pixels(2, 3, 3, 8), pixels(2, 3, 3, 8), pixels(12, 15, 2, 10)]
    gpd.GeoDataFrame(parcels, geometry=land, crs=crs).to_file(folder / "parcels.gpkg")
    (folder / "reclaim.toml").write_text(_TOML.format(path=path, more=more), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    folder = tmp_path_factory.mktemp("project")
    yearly_stack(folder / "stack")
    return assess(project(folder))


@pytest.fixture(scope="module")
def told(made: Assessment) -> History:
    assert len(made.histories) == 1
    return made.histories[0]


def section(made: Assessment) -> Section:
    return next(part for part in content(made, Setting("en", "m2")).sections if part.key == "disturbance")


def test_parcels_and_sites_with_the_years_of_the_data(told: History) -> None:
    rows = {(row["kind"], row["site_id"]): row for row in told.sites}
    # a parcel and a site may have one name
    assert list(rows) == [("parcel", "P"), ("parcel", "N"), ("site", "N"), ("site", "S")]
    parcel = rows["parcel", "P"]
    assert (parcel["dist_start"], parcel["rest_start"]) == (2016, 2017)
    assert parcel["disturbed_m2"] == pytest.approx(24 * PIXEL_M2, rel=3e-5)
    assert parcel["r80p"] == pytest.approx(0.2 / 0.56, abs=0.05)
    assert rows["parcel", "N"]["dist_start"] == 2020
    assert rows["site", "N"]["disturbed_m2"] == pytest.approx(88 * PIXEL_M2, rel=3e-5)
    assert rows["site", "N"]["rest_start"] is None
    assert rows["site", "S"]["disturbed_m2"] == 0.0


def test_drawn_ground_beside_imagery(told: History) -> None:
    assert told.drawn is not None
    rows = told.drawn.rows.groupby("year").sum()
    of = {year: dict(row / PIXEL_M2) for year, row in rows.iterrows()}
    assert of[2016]["same_m2"] == pytest.approx(48, rel=1e-4)
    assert of[2020]["earlier_m2"] == pytest.approx(40, rel=1e-4)
    assert of[2020]["missed_m2"] == pytest.approx(4, rel=1e-3)
    assert of[2018]["missed_m2"] == pytest.approx(10, rel=1e-4)
    assert told.drawn.extra.area_m2.sum() == pytest.approx(0, abs=1)


def test_a_loss_far_from_the_project_is_not_its_loss(tmp_path: Path) -> None:
    """Twenty kilometres of stack: what was lost beyond a kilometre of drawn ground is not looked at."""
    (tmp_path / "stack").mkdir()
    dice = np.random.default_rng(1)
    for year in range(2010, 2022):
        nbr = 0.7 + dice.normal(0, 0.01, (40, 700))
        if year >= 2016:
            nbr[2:8, 3:11] -= 0.5
            nbr[10:20, 400:420] -= 0.5
        write_raster(tmp_path / "stack" / f"{year}.tif", nbr.astype(np.float32), transform=YEARLY)
    found = assess(project(tmp_path)).histories[0]
    assert found.abrupt[2016] == pytest.approx(48 * PIXEL_M2, rel=3e-5)
    assert found.footprints.area_m2.sum() == pytest.approx(48 * PIXEL_M2, rel=3e-5)
    assert found.preview is not None
    assert found.preview.grid.width < 120


def test_the_report_holds_the_history(made: Assessment, tmp_path: Path) -> None:
    blocks = section(made).blocks
    tables = {block.key: block for block in blocks if isinstance(block, Table)}
    assert list(tables) == ["history-years", "history-sites", "history-recovery", "history-why", "history-drawn"]
    charts = [block for block in blocks if isinstance(block, Chart)]
    assert [chart.key for chart in charts[:2]] == ["history-bars", "history-map"]
    assert sum(chart.key.startswith("history-trajectory") for chart in charts) == 4
    for chart in charts:
        assert chart.draw("en") is not None
    drawn = tables["history-drawn"]
    assert [row[0] for row in drawn.rows[:-1]] == [2016, 2018, 2020]
    assert drawn.rows[-1][1] == pytest.approx(sum(row[1] for row in drawn.rows[:-1]))  # type: ignore[misc]
    book = load_workbook(write_report(made, tmp_path / "report.xlsx"))
    assert any("imagery" in str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)


def test_the_map_holds_the_history(made: Assessment) -> None:
    sheet = maps.build(made, language="en")
    lost = sheet.shown.layer("losses")
    assert lost is not None
    assert [cls.en for cls in lost.classes] == ["2016", "2019"]
    assert [picture.en for picture, _ in sheet.pictures] == [
        "Year of loss, from yearly imagery (NBR)", "Years to recovery (NBR)",
    ]  # fmt: skip
    outside = maps.build(made, language="en", public=True)
    assert outside.shown.layer("losses") is None
    assert outside.pictures == ()


def test_a_folder_written_before_says_the_same(made: Assessment, told: History, tmp_path: Path) -> None:
    source = made.project.folder
    history(source / "stack", tmp_path / "earlier")
    again = assess(project(tmp_path, path="earlier")).histories[0]
    assert again.drawn is not None
    assert told.drawn is not None
    assert again.drawn.rows.to_numpy() == pytest.approx(told.drawn.rows.to_numpy(), rel=1e-6, abs=1e-3)
    assert again.disturbed.area_m2.tolist() == pytest.approx(told.disturbed.area_m2.tolist(), rel=1e-5)
    assert again.sites == ()


def test_a_stack_that_will_not_do_loses_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stack").mkdir()
    folder = project(tmp_path)
    with pytest.warns(StackSetAside, match="no raster"):
        assert assess(folder).histories == ()
    assert run(["report", str(folder), "-o", str(tmp_path / "report.html")]) == 0
    assert "this stack was set aside" in capsys.readouterr().err


def test_a_stack_elsewhere_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "stack").mkdir()
    for year in range(2010, 2018):
        values = np.full((8, 8), 0.6, dtype=np.float32)
        write_raster(tmp_path / "stack" / f"{year}.tif", values, transform=Affine(30, 0, X0, 0, -30, Y0 + 900_000))
    with pytest.warns(StackSetAside, match="shows none of the project's land"):
        assert assess(project(tmp_path)).histories == ()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('date = "2019"', "'date' has no place beside role = \"history\""),
        ("threshold = 0.4", "'threshold' has no place"),
        ('definition = "mine"', "definition"),
    ],
)
def test_keys_of_a_stack(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        read_project(project(tmp_path, more=more))


def test_keys_of_a_stack_beside_other_images(tmp_path: Path) -> None:
    folder = project(tmp_path)
    text = (folder / "reclaim.toml").read_text(encoding="utf-8").replace('role = "history"', "min_magnitude = 0.2")
    (folder / "reclaim.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match="belongs to yearly stacks"):
        read_project(folder)


def test_many_grounds_are_not_all_printed(made: Assessment, told: History) -> None:
    rows = tuple({**told.sites[0], "site_id": f"P{number}"} for number in range(50))
    crowded = replace(made, histories=(replace(told, sites=rows),), _accounts={})
    tables = {block.key: block for block in section(crowded).blocks if isinstance(block, Table)}
    assert len(tables["history-sites"].rows) == 40
    whole = {table.key: table for table in everything(crowded, Setting("en", "m2"))}
    assert len(whole["history-sites-all-1"].rows) == len(whole["history-recovery-all-1"].rows) == 50
    assert not any("history" in table.key for table in everything(made, Setting("en", "m2")))
