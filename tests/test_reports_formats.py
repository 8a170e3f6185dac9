"""The report in every format, opened the way its reader opens it; hostile names stay names."""

import json
import os
import re
import warnings
import zipfile

import openpyxl
import pytest
from docx import Document
from docx.oxml.ns import qn

from reclaim.cli import run
from reclaim.errors import FileError, ReclaimWarning, ReportError
from reclaim.figures import fonts
from reclaim.reports import embed
from reclaim.reports.content import content
from reclaim.reports.html_page import html_page
from reclaim.reports.setting import Setting
from reclaim.verbs.land import assess
from reclaim.verbs.reports import report_fields, write_report, write_starter
from tests.report_worlds import HOSTILE, write_project

FORMATS = ("html", "docx", "pdf", "xlsx")


@pytest.fixture(scope="module")
def group(repository):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReclaimWarning)
        return assess(repository / "data" / "geo" / "chinalco-2019")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return assess(
        write_project(tmp_path_factory.mktemp("hostile"), text=HOSTILE, text_zh="矿" + HOSTILE, illustrative=True)
    )


@pytest.fixture(scope="module")
def files(hostile, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    return {form: write_report(hostile, folder / f"report.{form}") for form in FORMATS}


# --- all formats -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_assessment_gives_the_same_bytes(hostile, files, form, tmp_path):
    again = write_report(hostile, tmp_path / f"again.{form}")
    assert again.read_bytes() == files[form].read_bytes()


@pytest.mark.parametrize("form", FORMATS)
def test_an_older_report_stays_whole_when_the_new_one_fails(hostile, tmp_path, form, monkeypatch):
    target = tmp_path / f"report.{form}"
    target.write_bytes(b"old")
    monkeypatch.setattr("reclaim.verbs.reports.content", lambda *_, **__: 1 / 0)
    monkeypatch.setattr("reclaim.verbs.reports._report", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(hostile, target)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [target.name]


def test_another_ending_is_refused(hostile, tmp_path):
    with pytest.raises(ReportError, match=r"\.html, \.docx, \.pdf, \.xlsx"):
        write_report(hostile, tmp_path / "report.odt")
    with pytest.raises(ReportError, match=r"\.docx"):
        write_report(hostile, tmp_path / "report.pdf", template=tmp_path / "t.docx")


def test_a_place_that_cannot_be_written_to_is_named(hostile, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FileError, match="file"):
        write_report(hostile, tmp_path / "file" / "report.html")


# --- HTML ------------------------------------------------------------------------------------------------------------


def test_the_page_loads_nothing_from_outside(files):
    page = files["html"].read_text(encoding="utf-8")
    outer = re.sub(r'srcdoc="[^"]*"', "", page)
    links = re.findall(r'(?:src|href)="([^"]*)"', outer)
    assert links
    assert all(link.startswith(("#", "data:image/")) for link in links)
    assert "default-src &#39;none&#39;" in page
    assert "<script" not in outer


def test_a_hostile_name_is_text_on_the_page(files):
    page = files["html"].read_text(encoding="utf-8")
    assert "<script>alert(1)</script>" not in re.sub(r'srcdoc="[^"]*"', "", page)
    assert "{{7*191}}" in page
    assert "1337" not in re.sub(r'srcdoc="[^"]*"', "", page).replace("#1337", "")


@pytest.mark.parametrize(
    ("language", "there", "not_there"), [("zh", "年度变动", "Yearly movement"), ("en", "Yearly movement", "年度变动")]
)
def test_one_language_is_one_language(group, language, there, not_there):
    page = html_page(content(group, Setting(language)))
    assert there in page
    assert not_there not in page


def test_made_up_data_say_so_on_the_page(group, tmp_path):
    page = html_page(content(group, Setting("both")))
    assert 'class="banner"' in page
    assert "示例数据" in page
    real = assess(write_project(tmp_path))
    assert 'class="banner"' not in html_page(content(real, Setting("both")))


def test_every_figure_of_the_ledger_stands_on_the_page(group):
    page = html_page(content(group, Setting("en")))
    for value in group.group[["opening", "reclaimed", "closing"]].to_numpy().ravel():
        low, high = (f"{value * 3 / 2000 + shift:,.2f}" for shift in (-0.005, 0.005))
        assert low in page or high in page


# --- Word ------------------------------------------------------------------------------------------------------------


def test_tables_repeat_their_header_and_pictures_say_what_they_show(files):
    document = Document(str(files["docx"]))
    assert len(document.tables) > 8
    for table in document.tables[1:]:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    pictures = list(document.element.body.iter(qn("wp:docPr")))
    assert len(pictures) >= 4
    assert all(len(picture.get("descr")) > 10 for picture in pictures)


def test_pages_are_a4_and_wide_tables_lie_on_their_side(group, tmp_path):
    document = Document(str(write_report(group, tmp_path / "report.docx")))
    sizes = {(round(section.page_width.mm), round(section.page_height.mm)) for section in document.sections}
    assert sizes == {(210, 297), (297, 210)}
    for section in document.sections:
        assert (section.orientation == 1) == (section.page_width > section.page_height)


def test_captions_are_counted_by_word_itself(files):
    document = Document(str(files["docx"]))
    captions = [p for p in document.paragraphs if p.style.name == "Caption"]
    texts = [p.text for p in captions]
    assert any(text.startswith("表 1　") for text in texts)
    assert any(text.startswith("图 1　") for text in texts)
    codes = [element.text for p in captions for element in p._p.iter(qn("w:instrText"))]
    assert {code.split()[1] for code in codes} == {"Table", "Figure"}
    assert len(codes) == len(captions)


def test_chinese_has_a_font_of_its_own_in_every_style(files):
    document = Document(str(files["docx"]))
    for name in ("Normal", "Title", "Heading 1", "Caption"):
        fonts_of = document.styles[name].element.rPr.rFonts
        assert fonts_of.get(qn("w:eastAsia"))
        assert fonts_of.get(qn("w:eastAsiaTheme")) is None


def test_a_hostile_name_is_text_in_the_document(files):
    document = Document(str(files["docx"]))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert any(HOSTILE in text for text in cells)


def test_files_are_dated_by_the_assessment(hostile, files):
    with zipfile.ZipFile(files["docx"]) as archive:
        assert {item.date_time[:3] for item in archive.infolist()} == {(2020, 12, 31)}
    assert Document(str(files["docx"])).core_properties.created.date() == hostile.at.date()


# --- PDF -------------------------------------------------------------------------------------------------------------


def test_the_pdf_is_one(files):
    data = files["pdf"].read_bytes()
    assert data.startswith(b"%PDF-1.")
    assert len(re.findall(rb"/Type\s*/Page\b", data)) >= 4


def test_a_missing_chinese_font_is_named_with_its_package(group, tmp_path, monkeypatch):
    for place in ("reclaim.reports.pdf.find_chinese", "reclaim.figures.fonts.find_chinese"):
        monkeypatch.setattr(place, lambda: None)
    monkeypatch.setattr(fonts, "find_chinese", lambda: None)
    with pytest.raises(ReportError, match="fonts-noto-cjk"):
        write_report(group, tmp_path / "report.pdf", language="zh")


# --- workbook --------------------------------------------------------------------------------------------------------


def test_the_workbook_has_live_tables_with_frozen_headers(files):
    book = openpyxl.load_workbook(files["xlsx"])
    sheets = book.worksheets[1:]
    assert all(len(sheet.tables) == 1 and sheet.freeze_panes for sheet in sheets)
    assert len({name for sheet in sheets for name in sheet.tables}) == len(sheets)
    for sheet in sheets:
        table = next(iter(sheet.tables.values()))
        heads = [cell.value for cell in sheet[table.ref.split(":")[0] + ":" + table.ref.split(":")[1]][0]]
        assert heads == [column.name for column in table.tableColumns]


def test_no_formula_comes_from_a_name(files):
    book = openpyxl.load_workbook(files["xlsx"])
    formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas
    assert all(re.match(r"=(SUBTOTAL\(109,|ROUND\()", text) for text in formulas)
    texts = [cell for sheet in book for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=1+1")]
    assert texts
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in texts)


def test_the_workbook_holds_unrounded_figures_and_sums_that_agree(group, tmp_path):
    path = write_report(group, tmp_path / "report.xlsx", language="en")
    values = openpyxl.load_workbook(path, data_only=True)
    movement = next(sheet for sheet in values if "Yearly movement" in sheet.title)
    rows = [row for row in movement.iter_rows(values_only=True) if isinstance(row[0], int)]
    for row, ledger in zip(rows, group.group.to_dict("records"), strict=True):
        assert row[1] == pytest.approx(ledger["opening"] * 3 / 2000, rel=1e-12)
    total = next(row for row in movement.iter_rows(values_only=True) if row[0] == "2015–2019")
    assert total[2] == pytest.approx(sum(row[2] for row in rows))


# --- templates -------------------------------------------------------------------------------------------------------


def test_a_starter_lists_every_placeholder_and_can_be_filled(hostile, tmp_path):
    starter = write_starter(hostile, tmp_path / "starter.docx")
    text = "\n".join(p.text for p in Document(str(starter)).paragraphs)
    listed = report_fields(hostile)
    assert all(f"{{{{ {name} }}}}" in text for name in listed)
    filled = Document(str(write_report(hostile, tmp_path / "filled.docx", template=starter)))
    text = "\n".join(p.text for p in filled.paragraphs)
    assert not re.search(r"\{\{ \w+ \}\}", text)
    assert HOSTILE in text
    assert "1337" not in text
    assert len(filled.tables) > 5


def test_a_template_keeps_its_styles_and_its_bytes_are_the_same_twice(hostile, tmp_path):
    document = Document()
    document.styles["Normal"].font.name = "Courier New"
    document.add_paragraph("率 {{ rate_damaged }}，新增 {{ reclaimed_2019 }} 亩")
    document.add_paragraph("{{ table_movement }}")
    document.save(tmp_path / "own.docx")
    made = [write_report(hostile, tmp_path / f"{n}.docx", template=tmp_path / "own.docx").read_bytes() for n in (1, 2)]
    assert made[0] == made[1]
    filled = Document(str(tmp_path / "1.docx"))
    assert filled.paragraphs[0].text == "率 36.7%，新增 900.00 亩"
    assert filled.styles["Normal"].font.name == "Courier New"
    assert len(filled.tables) == 1
    assert filled.tables[0].rows[0].cells[0].text.startswith("年份")


def test_unknown_placeholders_are_named_all_at_once(hostile, tmp_path):
    document = Document()
    document.add_paragraph("{{ rate_damged }} {{ recliamed_2019 }} {{ project }}")
    document.save(tmp_path / "own.docx")
    with pytest.raises(ReportError) as caught:
        write_report(hostile, tmp_path / "out.docx", template=tmp_path / "own.docx")
    assert len(caught.value.faults) == 2
    assert "rate_damged" in caught.value.faults[0]
    assert not (tmp_path / "out.docx").exists()


@pytest.mark.parametrize(
    "text", ["{{ rate_damaged", "{% for x in %}", "{{ project.__class__.__mro__[1].__subclasses__() }}"]
)
def test_a_template_that_is_not_well_formed_or_reaches_out_is_refused(hostile, tmp_path, text):
    document = Document()
    document.add_paragraph(text)
    document.save(tmp_path / "own.docx")
    with pytest.raises(ReportError):
        write_report(hostile, tmp_path / "out.docx", template=tmp_path / "own.docx")


def test_a_template_that_is_no_word_document_is_refused(hostile, tmp_path):
    (tmp_path / "own.docx").write_bytes(b"nothing")
    for name in ("own.docx", "none.docx"):
        with pytest.raises(FileError):
            write_report(hostile, tmp_path / "out.docx", template=tmp_path / name)


# --- embedding -------------------------------------------------------------------------------------------------------


def test_one_block_comes_in_the_form_that_is_asked_for(hostile, tmp_path):
    fragment = embed(hostile, "table_movement").decode("utf-8")
    assert fragment.startswith("<figure><figcaption>")
    assert "900.00" in fragment
    assert "<script" not in embed(hostile, "table_by_site").decode("utf-8")
    assert embed(hostile, "figure_rate", form="svg").lstrip().startswith(b"<?xml")
    assert embed(hostile, "figure_movement", form="png").startswith(b"\x89PNG")
    (tmp_path / "block.docx").write_bytes(embed(hostile, "nsw", form="docx"))
    assert len(Document(str(tmp_path / "block.docx")).tables) == 1
    assert embed(hostile, "qld", form="docx") == embed(hostile, "qld", form="docx")


@pytest.mark.parametrize(
    ("name", "form"), [("table_nothing", "html"), ("table_movement", "png"), ("table_movement", "gif")]
)
def test_what_cannot_be_embedded_is_said(hostile, name, form):
    with pytest.raises(ReportError, match="embed"):
        embed(hostile, name, form=form)


# --- command line ----------------------------------------------------------------------------------------------------


def test_the_command_writes_and_lists(tmp_path, capsys):
    project = write_project(tmp_path / "project")
    assert run(["report", str(project), "-o", str(tmp_path / "r.html"), "--language", "en", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outputs"] == [str(tmp_path / "r.html")]
    assert run(["report", str(project), "--fields", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fields"]["reclaimed_2019"] == "900.00"
    assert run(["report", str(project), "--write-template", str(tmp_path / "t.docx")]) == 0
    assert (tmp_path / "t.docx").exists()


@pytest.mark.parametrize("arguments", [[], ["-o", "x.odt"], ["-o", "x.docx", "--template", "none.docx"]])
def test_wrong_use_ends_with_2_and_one_line(tmp_path, capsys, arguments):
    project = write_project(tmp_path / "project")
    assert run(["report", str(project), *arguments]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert len(errors) == 1


def test_a_target_without_a_basis_is_an_error(tmp_path, capsys):
    project = write_project(tmp_path / "project")
    with (project / "reclaim.toml").open("a", encoding="utf-8") as file:
        file.write("\n[[target]]\nrate = 0.9\n")
    assert run(["report", str(project), "-o", str(tmp_path / "r.html")]) == 2
    assert "basis" in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()


# --- maps of many sites ----------------------------------------------------------------------------------------------


def test_a_map_of_many_pages_stands_whole_on_paper_and_once_on_screen(hostile, monkeypatch):
    from reclaim import maps
    from reclaim.reports.sheet import map_sheets

    monkeypatch.setattr(maps.Sheet, "page_count", lambda _: 63)
    (only,) = map_sheets(hostile, Setting("en"))
    assert "page 1 of 63" in only.caption.en
    assert "reclaim map" in only.caption.zh
    monkeypatch.setattr(maps.Sheet, "page_count", lambda _: 3)
    sheets = map_sheets(hostile, Setting("en"))
    assert [sheet.paper_only for sheet in sheets] == [False, True, True]
    assert sheets[1].caption.en.endswith("page 2 of 3")
    monkeypatch.setattr(maps.Sheet, "html", lambda _: "<p>map</p>")
    monkeypatch.setattr(maps.Sheet, "png", lambda _, number=1: b"")
    page = html_page(content(hostile, Setting("en"), sheets=sheets))
    assert page.count("<iframe") == 1
    assert "page 2 of 3" not in page
