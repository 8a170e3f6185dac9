"""Whatever people call their mines, files and projects: it is text in every format, never code, markup or a formula."""

import re
import zipfile
from datetime import date

import lxml.etree
import lxml.html
import openpyxl
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reclaim.reports.html_page import html_page
from reclaim.reports.model import Column, Fact, Facts, Note, Report, Section, Table, Text, clean, plain
from reclaim.reports.pdf import write_pdf
from reclaim.reports.template import fill, starter
from reclaim.reports.word import write_word
from reclaim.reports.wording import say, told
from reclaim.reports.workbook import write_workbook

PIECES = [
    "{{ 7*191 }}", "{% raw %}", "{#", "#}", "{{ cycler.__init__.__globals__.os.getcwd() }}", "{zh}",
    "<script>alert(1)</script>", "</td></table>", "<img src=x onerror=alert(1)>", "&lt;", "]]>", "<?xml?>",
    '"', "'", "`", "${x}", "\\", "#let x = 1", '#import "a"', "$ sum x $", "*bold*", "_it_", "@ref", "<label>", "//",
    "/*", "=1+1", '=HYPERLINK("http://a")', "+1", "-1", "@SUM(A1)", "\t", "\n", "\r\n", "\x00", "\x0b", "\ud800",
    "\ufffe", "\u2028", "\u202e", "\uf8fe", "🏔", "矿", "A",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def report_of(text):
    """A report whose every place for a person's text holds this one."""
    columns = (Column("name", plain(text)), Column("area", Text("面积", "area"), "number", "mu"))
    table = Table("t", plain(text), columns, ((text, 1.0), (plain(text), 2.0)), notes=(plain(text),))
    facts = Facts((Fact(plain(text), plain(text), plain(text)),))
    section = Section("s", plain(text), (facts, plain(text), Note(plain(text)), table))
    return Report(plain(text), plain(text), "both", date(2019, 12, 31), (section,), banner=plain(text))


def squeezed(text):
    """Without white space, which formats may set in other ways."""
    return "".join(clean(text).split())


@FEW
@given(TEXTS)
def test_html_holds_text_and_no_more_elements_than_it_should(text):
    page = html_page(report_of(text))
    root = lxml.html.fromstring(page)
    usual = lxml.html.fromstring(html_page(report_of("name")))
    assert sorted(e.tag for e in root.iter() if isinstance(e.tag, str) and e.tag != "span") == sorted(
        e.tag for e in usual.iter() if isinstance(e.tag, str) and e.tag != "span"
    )
    assert not root.xpath("//script | //@onerror")
    cell = root.find(".//tbody/tr/th").text_content()
    assert squeezed(cell) == squeezed(text)
    assert "1337" not in page


@FEW
@given(TEXTS)
def test_word_holds_text(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("word") / "r.docx"
    write_word(report_of(text), path)
    document = Document(str(path))
    assert squeezed(document.tables[1].rows[1].cells[0].text) == squeezed(text)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                lxml.etree.fromstring(archive.read(name))
        codes = re.findall(rb"<w:instrText[^>]*>([^<]*)<", archive.read("word/document.xml"))
    assert {code.split()[0] for code in codes} <= {b"SEQ", b"PAGE", b"NUMPAGES"}


@FEW
@given(TEXTS)
def test_a_workbook_holds_text_and_only_our_formulas(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("book") / "r.xlsx"
    write_workbook(report_of(text), path)
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [cell for cell in cells if cell.hyperlink]
    assert any(squeezed(str(cell.value)) == squeezed(text) for cell in cells) or not squeezed(text)
    starts = [cell for cell in cells if str(cell.value).startswith(("=", "+", "-", "@"))]
    assert all(cell.quotePrefix for cell in starts)


@settings(FEW, max_examples=10)
@given(TEXTS)
def test_a_pdf_can_always_be_set(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("pdf") / "r.pdf"
    write_pdf(report_of(text), path)
    assert path.read_bytes().startswith(b"%PDF")


@settings(FEW, max_examples=10)
@given(TEXTS)
def test_a_template_takes_values_and_never_runs_them(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("template")
    report = report_of(text)
    starter(report, folder / "own.docx", values={"project": text, "at": "2019-12-31"})
    fill(report, folder / "own.docx", folder / "r.docx", values={"project": text, "at": "2019-12-31"})
    document = Document(str(folder / "r.docx"))
    said = "".join(paragraph.text for paragraph in document.paragraphs)
    assert "1337" not in said
    assert squeezed(text).replace("\uf8fe", "") in squeezed(said).replace("\uf8fe", "")


@FEW
@given(TEXTS, TEXTS)
def test_sentences_take_names_as_they_are(one, two):
    assert one in say("set_level", level="86%", source=one).en
    message = f"{one}: all of it lies outside the permits valid on 2019-01-01"
    assert one in told(message).zh
    assert told(two).en == two
