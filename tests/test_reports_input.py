"""What a report does with input that lacks something: it says so, in the report or in one clear line."""

import json
import re
import warnings

import geopandas as gpd
import pytest
from docx import Document

from reclaim.cli import run
from reclaim.errors import FileError, ReclaimWarning, ReportError
from reclaim.figures import fonts
from reclaim.reports.content import content
from reclaim.reports.html_page import html_page
from reclaim.reports.setting import Setting
from reclaim.reports.wording import told
from reclaim.verbs.land import assess
from reclaim.verbs.reports import write_report
from tests.report_worlds import write_project
from tests.squares import square

FORMATS = ("html", "docx", "pdf", "xlsx")
_DECLARED = """
[[layers.parcels]]
path = "declared.csv"
set = { stage = "permanent" }
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return assess(write_project(tmp_path_factory.mktemp("two-pits")))


def table(report, key):
    return next(table for table in report.tables() if table.key == key)


def surveyed(folder):
    """Outlines of open land in 2017 and 2019, nothing in 2018."""
    write_project(folder)
    rows = {"footprint_id": ["S1", "S2"], "site_id": ["A", "A"], "date": ["2017-12-31", "2019-12-31"]}
    shapes = [square(0, 0, 10, 10), square(0, 0, 12, 10)]
    gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4490").to_file(folder / "pits.gpkg")
    toml = (folder / "reclaim.toml").read_text(encoding="utf-8").replace('"increment"', '"snapshot"')
    (folder / "reclaim.toml").write_text(toml, encoding="utf-8")
    return folder


def test_a_year_without_a_survey_is_a_dash_in_table_chart_and_workbook(tmp_path):
    made = assess(surveyed(tmp_path))
    report = content(made, Setting("en"))
    movement = table(report, "movement")
    new = [column.key for column in movement.columns].index("new")
    by_year = {row[0]: row for row in movement.printed[:-1]}
    assert by_year[2018][new] is None
    assert by_year[2019][new] == pytest.approx(300, abs=0.1)
    assert any("not zero" in note.en for note in movement.notes)
    chart = next(
        block for block in report.blocks() if getattr(block, "key", "") == "movement" and hasattr(block, "draw")
    )
    assert "?" in [text.get_text() for text in chart.draw("en").texts]
    assert '<td class="num">–</td>' in html_page(report)


def test_a_site_without_parcels_has_a_row_and_a_rate_of_nought(tmp_path):
    folder = write_project(tmp_path)
    parcels = gpd.read_file(folder / "parcels.gpkg")
    parcels[parcels["site_id"] == "A"].to_file(folder / "parcels.gpkg")
    by_site = table(content(assess(folder), Setting("en")), "by-site")
    place = {column.key: i for i, column in enumerate(by_site.columns)}
    south = next(row for row in by_site.printed if row[0].en == "South")
    assert south[place["reclaimed"]] == 0
    # half of its ground is shared with the other mine, whose parcel reclaimed a tenth of it
    assert 0 <= south[place["rate"]] < 0.2


@pytest.mark.parametrize("form", FORMATS)
def test_a_project_with_one_year_and_no_sites_layer_can_be_reported(tmp_path, form):
    folder = write_project(tmp_path / "project")
    text = (folder / "reclaim.toml").read_text(encoding="utf-8")
    (folder / "reclaim.toml").write_text(text.replace('[layers.sites]\npath = "sites.gpkg"\n', ""), encoding="utf-8")
    pits = gpd.read_file(folder / "pits.gpkg")
    pits.head(1).to_file(folder / "pits.gpkg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReclaimWarning)
        made = assess(folder)
    assert write_report(made, tmp_path / f"r.{form}").stat().st_size > 5000


def test_land_that_was_only_declared_stands_beside_the_outlines_and_counts_nothing(tmp_path):
    folder = write_project(tmp_path)
    rows = "parcel_id,site_id,date,declared_mu\nD1,A,2019-06-30,75\nD2,A,2019-08-01,25\n"
    (folder / "declared.csv").write_text(rows, encoding="utf-8")
    text = (folder / "reclaim.toml").read_text(encoding="utf-8")
    one = '[layers.parcels]\npath = "parcels.gpkg"\n'
    (folder / "reclaim.toml").write_text(
        text.replace(one, "[" + one.replace("parcels]", "parcels]]", 1) + _DECLARED), encoding="utf-8"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReclaimWarning)
        made = assess(folder)
    report = content(made, Setting("both"))
    declared = table(report, "declared")
    assert [(row[0].en, row[1], round(row[2]), row[3], row[5]) for row in declared.rows] == [
        ("Two pits", 2019, 900, 100.0, 2)
    ]
    said = " ".join(
        block.en for block in next(s for s in report.sections if s.key == "published").blocks if hasattr(block, "en")
    )
    assert "in no account and no rate" in said
    assert made.group["reclaimed"].sum() == pytest.approx(
        assess(write_project(tmp_path / "b")).group["reclaimed"].sum()
    )


def test_a_target_without_a_basis_ends_with_2_and_names_the_basis(tmp_path, capsys):
    folder = write_project(tmp_path / "project")
    with (folder / "reclaim.toml").open("a", encoding="utf-8") as file:
        file.write("\n[[target]]\nrate = 0.9\n")
    for form in FORMATS:
        assert run(["report", str(folder), "-o", str(tmp_path / f"r.{form}")]) == 2
        errors = [line for line in capsys.readouterr().err.splitlines() if "basis" in line]
        assert len(errors) == 1
        assert not (tmp_path / f"r.{form}").exists()


def test_a_text_in_neither_language_is_said_in_one_line(tmp_path, capsys):
    folder = write_project(tmp_path / "project")
    (tmp_path / "t.md").write_text("Площадь рекультивации составила 900 му за год.", encoding="utf-8")
    assert run(["lint", str(tmp_path / "t.md"), str(folder)]) == 2
    assert "neither Chinese nor English" in capsys.readouterr().err


def test_an_unknown_field_of_a_template_is_named_and_nothing_is_written(tmp_path, capsys):
    folder = write_project(tmp_path / "project")
    document = Document()
    document.add_paragraph("{{ rate_damged }} {{ project }}")
    document.save(tmp_path / "own.docx")
    target = tmp_path / "r.docx"
    assert run(["report", str(folder), "-o", str(target), "--template", str(tmp_path / "own.docx")]) == 2
    assert "{{ rate_damged }}" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_a_missing_chinese_font_is_named_with_its_package(small, tmp_path, monkeypatch, form):
    monkeypatch.setattr(fonts, "find_chinese", lambda: None)
    monkeypatch.setattr("reclaim.figures.style.find_chinese", lambda: None)
    with pytest.raises(ReportError, match="fonts-noto-cjk"):
        write_report(small, tmp_path / f"r.{form}", language="zh")
    assert not (tmp_path / f"r.{form}").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_a_place_that_cannot_be_written_is_named_in_every_format(small, tmp_path, form, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FileError, match="file"):
        write_report(small, tmp_path / "file" / f"r.{form}")
    (tmp_path / f"folder.{form}").mkdir()
    with pytest.raises(FileError, match="folder"):
        write_report(small, tmp_path / f"folder.{form}")


# --- words -----------------------------------------------------------------------------------------------------------


def test_what_bears_on_a_figure_is_said_in_chinese_too(repository):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReclaimWarning)
        made = assess(repository / "data" / "geo" / "chinalco-2019")
    weighty = made.findings[(made.findings["severity"] != "note") & (made.findings["area_m2"] > 0)]
    assert len(weighty) > 10
    for message in weighty["message"]:
        assert told(message).zh != message, message
        assert told(message).en == message
    page = html_page(content(made, Setting("zh")))
    assert "lie outside" not in page
    assert "重复申报" in page


def test_a_long_message_is_taken_as_it_is():
    long = "x (" * 2000
    assert told(long).zh == long


def test_claims_stand_apart_from_other_findings(small):
    report = content(small, Setting("en"))
    codes = (
        {row[0].en for row in table(report, "claims").rows}
        if any(t.key == "claims" for t in report.tables())
        else set()
    )
    others = (
        {row[0].en for row in table(report, "findings-list").rows}
        if any(t.key == "findings-list" for t in report.tables())
        else set()
    )
    assert not codes & others


def test_the_command_says_in_json_what_it_wrote(tmp_path, capsys):
    folder = write_project(tmp_path / "project")
    for form in FORMATS:
        assert run(["report", str(folder), "-o", str(tmp_path / f"r.{form}"), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["outputs"] == [str(tmp_path / f"r.{form}")]


def test_every_input_file_is_named_with_its_hash(repository):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReclaimWarning)
        made = assess(repository / "data" / "geo" / "chinalco-2019")
    rows = dict(table(content(made, Setting("en")), "inputs").rows)
    assert {"reclaim.toml", "parcels.geojson", "parcels-shanxi.csv"} <= set(rows)
    assert sum(name.startswith("scenes/") for name in rows) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in rows.values())
