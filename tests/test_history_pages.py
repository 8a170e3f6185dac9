"""Pages of a history: its summary, map and report; what they say, and that they need no network."""

import json
import math
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from reclaim.errors import FileError
from reclaim.figures.timeline import site_trajectory, year_colours, year_map
from reclaim.maps import losses
from reclaim.maps.loss_sheet import LossSheet, rows
from reclaim.reports.history_report import history_page, history_report
from reclaim.reports.model import Table
from reclaim.timeline.results import History
from reclaim.verbs.history import history
from reclaim.verbs.history_files import read_history
from tests.imagery import X0, Y0, write_raster, yearly_stack

HOSTILE = "<script>alert(1)</script>{{7*7}}"
PIXEL_M2 = 900 / 0.9996**2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with two sites, one of a name that means harm."""
    here = tmp_path_factory.mktemp("history")
    sites = gpd.GeoDataFrame(
        {"site_id": ["pit", HOSTILE], "dist_start": [2016, 2019], "rest_start": [2016, 2019]},
        geometry=[
            shapely.box(X0 + 90, Y0 - 240, X0 + 330, Y0 - 60),
            shapely.box(X0 + 450, Y0 - 480, X0 + 750, Y0 - 360),
        ],
        crs="EPSG:32649",
    )
    history(yearly_stack(here / "stack"), here / "out", sites=sites)
    return here / "out"


@pytest.fixture(scope="module")
def told(folder: Path) -> History:
    return read_history(folder)


def test_the_summary_is_the_whole_history(folder: Path, told: History) -> None:
    raw = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    assert "NaN" not in (folder / "history.json").read_text(encoding="utf-8")
    assert raw["name"] == "stack"
    assert told.years == tuple(range(2010, 2022))
    assert told.disturbed.year.tolist() == [2016, 2019]
    assert told.abrupt[2016] == pytest.approx(48 * PIXEL_M2, rel=3e-5)
    assert told.peak == (2016, told.abrupt[2016])
    assert told.slow_m2 == 0.0
    assert [row["site_id"] for row in told.sites] == ["pit", HOSTILE]
    assert told.grounds is not None
    assert told.footprints.area_m2.sum() == pytest.approx(88 * PIXEL_M2, rel=3e-5)
    assert math.isnan(told.metrics["delta_regrowth"]) is (raw["metrics"]["delta_regrowth"] is None)
    assert told.preview is not None
    assert np.isnan(told.preview.year[19, 0])
    assert told.preview.year[3, 4] == 2016


def test_the_map_needs_nothing_but_itself(folder: Path) -> None:
    page = (folder / "map.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r"src\s*=\s*[\"']https?://", page)
    assert "<script>alert(1)" not in page
    assert (folder / "map.html").read_bytes() == LossSheet(read_history(folder)).html().encode()


def test_the_map_shows_years_recovery_and_outlines(told: History) -> None:
    sheet = LossSheet(told, language="en")
    year, recovery = sheet.pictures
    assert [entry["en"] for entry in year.classes] == ["2016", "2019"]
    assert [entry["en"] for entry in recovery.classes][-1] == "not yet"
    lost, grounds = sheet.features
    assert [cls.en for cls in lost.classes] == ["2016", "2019"]
    assert lost.columns["area_m2"] == pytest.approx([48 * PIXEL_M2, 40 * PIXEL_M2], rel=3e-5)
    assert lost.timed
    assert grounds.columns["site_id"] == ["pit", HOSTILE]
    assert grounds.columns["peak_year"] == [2016, 2019]
    assert rows(told)["2018"] == {"lost": 0.0, "lost_since": told.abrupt[2016], "slow": 0.0}
    assert sheet.png(dpi=40).startswith(b"\x89PNG")


def test_of_very_many_patches_the_largest_are_drawn(told: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "MOST_PATCHES", 1)
    drawn = losses.losses([told])
    assert drawn is not None
    assert drawn.columns["year"] == [2016]
    assert drawn.note[1].startswith("Only the")


def test_colours_tell_years_apart() -> None:
    assert list(year_colours({2001: 1.0, 2005: 50.0, 2006: 50.0, 2020: 1.0})) == [2001, 2005, 2006, 2020]
    assert len(set(year_colours({2001: 1.0, 2005: 50.0, 2006: 50.0, 2020: 1.0}).values())) == 4
    assert list(year_colours({2005: 3.0})) == [2005]
    assert year_colours({}) == {}


def test_slow_declines_have_a_colour_of_their_own(told: History) -> None:
    assert told.preview is not None
    assert not told.preview.slow.any()
    ax = year_map(np.array([[2001.0, 2005.0], [0.0, np.nan]]), slow=np.array([[True, False], [True, False]]))
    assert ax.get_legend() is not None
    assert np.nansum(ax.images[1].get_array()) == 1.0


def test_a_trajectory_without_years_is_a_line() -> None:
    ax = site_trajectory({"2010": 0.7, "2011": None, "2012": 0.4}, None)  # type: ignore[dict-item]
    assert len(ax.lines) == 1
    assert ax.get_legend() is None


def test_the_report_says_the_figures(told: History) -> None:
    report = history_report(told, LossSheet(told), language="en")
    tables = {block.key: block for section in report.sections for block in section.blocks if isinstance(block, Table)}
    years = tables["history-years"]
    hectares = 48 * PIXEL_M2 / 1e4
    assert years.rows[0][:3] == (2016, pytest.approx(hectares, rel=3e-5), 0.0)
    assert years.rows[-1][4] == pytest.approx(88 / 596, rel=1e-5)
    assert [row[0].en for row in tables["history-sites"].rows] == ["pit", HOSTILE]  # type: ignore[union-attr]
    since = [row[1] for row in tables["history-recovery"].rows]
    assert since == [2016, 2019]
    # the second pit has not had five years yet
    assert tables["history-recovery"].rows[1][2] is None
    assert tables["history-recovery"].rows[1][6].en == "not yet"  # type: ignore[union-attr]


def test_the_report_is_one_page_and_escapes_names(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "{{7*7}}" in page
    assert not re.search(r"src\s*=\s*[\"']https?://", page)
    assert "4.32" in page  # 48 pixels, hectares
    told = read_history(folder)
    assert history_page(told, LossSheet(told)).encode() == (folder / "report.html").read_bytes()


def test_a_stack_without_a_loss(tmp_path: Path) -> None:
    dice = np.random.default_rng(2)
    (tmp_path / "stack").mkdir()
    for year in range(2010, 2018):
        write_raster(tmp_path / "stack" / f"{year}.tif", (0.7 + dice.normal(0, 0.01, (6, 6))).astype(np.float32))
    found = history(tmp_path / "stack", tmp_path / "out")
    assert found.peak is None
    assert found.preview is not None
    assert losses.pictures(found) == []
    assert "Nothing fell by as much" in (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert (tmp_path / "out/map.html").exists()
    assert LossSheet(found, language="en").png(dpi=40).startswith(b"\x89PNG")


def test_only_slow_declines(told: History) -> None:
    slow = pd.DataFrame({"year": [2011], "area_m2": [900.0], "hectares": [0.09], "slow_m2": [900.0]})
    found = History(
        **{**vars(told), "disturbed": slow, "footprints": told.footprints.iloc[:0], "sites": (), "grounds": None}
    )
    report = history_report(found, LossSheet(found), language="en")
    assert report.sections[0].blocks
    assert found.peak is None
    assert LossSheet(found, language="en").png(dpi=40).startswith(b"\x89PNG")


def test_a_folder_that_is_none_of_a_history(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text("{", encoding="utf-8")
    with pytest.raises(FileError, match="no summary of a history"):
        read_history(tmp_path)
    (tmp_path / "history.json").write_text('{"form": 99}', encoding="utf-8")
    with pytest.raises(FileError, match="another version"):
        read_history(tmp_path)
    (tmp_path / "history.json").write_bytes((folder / "history.json").read_bytes())
    with pytest.raises(FileError):
        read_history(tmp_path)
