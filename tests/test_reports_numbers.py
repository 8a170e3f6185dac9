"""Every number of the ledger's JSON stands in each format of the report, and a figure is printed alike everywhere."""

import json
import math
import re
import shutil
import subprocess
import warnings

import lxml.html
import numpy as np
import openpyxl
import pytest
from docx import Document

from reclaim.cli import run
from reclaim.errors import ReclaimWarning
from reclaim.reports.content import content
from reclaim.reports.model import Facts
from reclaim.reports.pdf import _data as pdf_data
from reclaim.reports.setting import Setting
from reclaim.tables import MEASURES
from reclaim.verbs.land import assess
from reclaim.verbs.reports import write_report

FORMATS = ("html", "docx", "pdf", "xlsx")
STEP = 0.01  # what is printed of an area in mu
# captions in English, by the key of the table
CAPTIONS = {"movement": "Yearly movement of land", "by-site": "Movement in 2019 (by site)"}


@pytest.fixture(scope="module")
def project(repository):
    return repository / "data" / "geo" / "chinalco-2019"


@pytest.fixture(scope="module")
def group(project):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReclaimWarning)
        return assess(project)


@pytest.fixture(scope="module")
def report(group):
    return content(group, Setting("en"))


@pytest.fixture(scope="module")
def files(group, tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbers")
    return {form: write_report(group, folder / f"report.{form}", language="en") for form in FORMATS}


def documents(project, capsys):
    """The ledger's JSON by group and by site, as a user gets it."""
    made = {}
    for by in ("group", "site"):
        assert run(["ledger", str(project), "--by", by, "--json"]) == 0
        made[by] = json.loads(capsys.readouterr().out)
    return made


def expected(documents, columns, key):
    """What the JSON says for each cell of a table: rows in order, the total left out."""
    if key == "movement":
        return [[row[name] for name in columns] for row in documents["group"]["rows"]]
    rows = [row for row in documents["site"]["rows"] if row["year"] == 2019]
    shared = [row for row in documents["site"]["shared"] if row["year"] == 2019]
    return [[row[name] for name in columns] for row in (*rows, *shared)]


def agree(texts, values, *, within):
    assert len(texts) == len(values)
    for text, value in zip(texts, values, strict=True):
        if value is None:
            assert text in ("–", None), f"{text!r} is printed where nothing is known"
        else:
            number = float(text.replace(",", "").replace("−", "-")) if isinstance(text, str) else text
            assert abs(number - value) < within, f"{text!r} is not {value}"


def measures(report, key):
    made = next(table for table in report.tables() if table.key == key)
    return [column.key for column in made.columns[1:] if column.key in MEASURES]


# --- each format -----------------------------------------------------------------------------------------------------


def html_rows(path, caption):
    page = lxml.html.fromstring(path.read_text(encoding="utf-8"))
    figure = next(f for f in page.iter("figure") if caption in f.findtext("figcaption/span", ""))
    return [[cell.text_content() for cell in row] for row in figure.find(".//tbody")]


def docx_rows(path, caption):
    document = Document(str(path))
    body = list(document.element.body)
    for at, element in enumerate(body):
        if element.tag.endswith("}p") and caption in "".join(element.itertext()):
            table = next(t for t in document.tables if t._tbl is body[at + 1])
            return [[cell.text for cell in row.cells] for row in table.rows][1:]
    raise AssertionError(f"no table {caption!r}")


def pdf_rows(report, caption, folder):
    blocks = [item for run_ in pdf_data(report, folder)["runs"] for item in run_["items"] if item["kind"] == "table"]
    block = next(block for block in blocks if caption in block["caption"][0])
    return [[" ".join(cell) for cell in row] for row in block["rows"]]


@pytest.mark.parametrize("key", CAPTIONS)
def test_html_and_word_print_the_ledgers_numbers(project, report, files, key, capsys):
    columns = measures(report, key)
    wanted = expected(documents(project, capsys), columns, key)
    for rows in (html_rows(files["html"], CAPTIONS[key]), docx_rows(files["docx"], CAPTIONS[key])):
        assert len(rows) == len(wanted) + 1
        for row, values in zip(rows[:-1], wanted, strict=True):
            # a last digit may be moved so that rows and columns re-add, never a whole one further
            agree(row[1 : len(columns) + 1], values, within=1.51 * STEP)


@pytest.mark.parametrize("key", CAPTIONS)
def test_the_pdf_is_set_from_the_ledgers_numbers(project, report, key, capsys, tmp_path):
    columns = measures(report, key)
    wanted = expected(documents(project, capsys), columns, key)
    rows = pdf_rows(report, CAPTIONS[key], tmp_path)
    for row, values in zip(rows[:-1], wanted, strict=True):
        agree(row[1 : len(columns) + 1], values, within=1.51 * STEP)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext to read a PDF")
def test_every_printed_number_can_be_read_from_the_pdf(report, files):
    done = subprocess.run(["pdftotext", "-layout", str(files["pdf"]), "-"], capture_output=True, check=True)
    read = set(re.findall(r"-?[\d,]+\.\d+", done.stdout.decode("utf-8")))
    for table in report.tables():
        if table.key in ("movement", "by-site", "by-company", "ladder", "cn-annual", "gri-14"):
            numbers = [
                f"{cell:,.2f}" for row in table.printed for cell in row[1:] if isinstance(cell, float) and cell > 1
            ]
            assert set(numbers) <= read, table.key


@pytest.mark.parametrize("key", CAPTIONS)
def test_the_workbook_holds_the_ledgers_numbers_unrounded(project, report, files, key, capsys):
    columns = measures(report, key)
    wanted = expected(documents(project, capsys), columns, key)
    book = openpyxl.load_workbook(files["xlsx"], data_only=True)
    sheet = next(sheet for sheet in book if CAPTIONS[key] in str(sheet["A1"].value))
    rows = list(sheet.iter_rows(min_row=3, max_row=2 + len(wanted), values_only=True))
    for row, values in zip(rows, wanted, strict=True):
        agree(row[1 : len(columns) + 1], values, within=1e-6)


def test_the_whole_ledger_is_in_the_workbook(project, files, capsys):
    document = documents(project, capsys)["site"]
    book = openpyxl.load_workbook(files["xlsx"], data_only=True)
    sheet = next(sheet for sheet in book if "Whole ledger" in str(sheet["A1"].value))
    rows = {(row[0], row[2]): row[3:] for row in sheet.iter_rows(min_row=3, values_only=True) if row[0]}
    assert len(rows) == len(document["rows"]) + len(document["shared"])
    for row in document["rows"]:
        agree(rows[row["site_id"], row["year"]][: len(MEASURES)], [row[name] for name in MEASURES], within=1e-6)


# --- one figure, one print -------------------------------------------------------------------------------------------


def printed(report, key, column, row=-1):
    made = next(table for table in report.tables() if table.key == key)
    return made.printed[row][[c.key for c in made.columns].index(column)]


def test_a_figure_is_printed_alike_in_all_tables(report):
    ever = {printed(report, key, "ever") for key in ("by-site", "by-company", "by-province", "cn-annual")}
    ever |= {printed(report, "ladder", "held"), printed(report, "rates", "denominator", 0)}
    assert len(ever) == 1
    permanent = {printed(report, "cn-annual", "permanent"), printed(report, "ladder", "reached", 2)}
    permanent |= {printed(report, "rates", "numerator", 0), printed(report, "classes", "to-*")}
    assert len(permanent) == 1
    closing = {printed(report, key, "closing") for key in ("movement", "by-site", "cn-annual")}
    assert len(closing) == 1
    assert math.isclose(ever.pop(), permanent.pop() + closing.pop(), abs_tol=1e-6)
    cards = next(block for block in report.blocks() if isinstance(block, Facts)).items
    assert cards[3].value.en == f"{printed(report, 'by-site', 'ever'):,.2f} mu"


def test_forms_in_hectares_agree_with_each_other(report):
    disturbed = {printed(report, "gri-14", "disturbed"), printed(report, "gri-mm1", "b", -2)}
    disturbed |= {printed(report, "nsw", "value_1", 6), printed(report, "qld", "value_1", 4)}
    assert len(disturbed) == 1
    for row in range(5):
        a, b, c, d = (printed(report, "gri-mm1", name, row) for name in "abcd")
        assert a + b - c == pytest.approx(d, abs=1e-9)


def test_the_ladder_only_goes_down(report):
    made = next(table for table in report.tables() if table.key == "ladder")
    beyond = [row[2] for row in made.printed[:-1]]
    assert beyond == sorted(beyond, reverse=True)
    assert beyond[0] == made.printed[-1][1]
    assert np.cumsum([row[1] for row in made.printed[:-1]])[-1] == pytest.approx(beyond[0])


def test_a_period_is_called_after_its_years_and_not_a_total_of_stocks(report):
    made = next(table for table in report.tables() if table.key == "movement")
    assert made.printed[-1][0].en == "2015–2019"
    assert made.printed[-1][1] == made.printed[0][1]
    assert printed(report, "movement", "closing") == printed(report, "movement", "closing", -2)


def test_what_is_published_keeps_its_own_digits(report):
    made = next(table for table in report.tables() if table.key == "published")
    assert [row[3].en for row in made.rows[:4]] == ["7,172", "14,657", "12,029", "86% or more"]
    assert any("原文未说明分母" in note.zh for note in made.notes)


def test_a_ratio_in_a_form_of_areas_is_no_area(report):
    made = next(table for table in report.tables() if table.key == "nsw")
    assert re.fullmatch(r"\d+\.\d%", made.printed[-1][1])
