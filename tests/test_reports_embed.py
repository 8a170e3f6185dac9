"""Blocks of the report in pages, documents and templates of other people."""

import re
import xml.etree.ElementTree as ElementTree
from copy import deepcopy
from io import BytesIO

import pytest
from docx import Document
from jinja2 import Environment
from jinja2.exceptions import SecurityError, UndefinedError

from reclaim.errors import ReportError
from reclaim.reports import Setting, embed, environment, filters, functions
from reclaim.verbs.land import assess
from tests.report_worlds import HOSTILE, write_project


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    return assess(write_project(tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return assess(write_project(tmp_path_factory.mktemp("hostile"), text=HOSTILE, text_zh=HOSTILE))


def test_several_fragments_on_one_page_share_nothing(mine):
    names = ("table_movement", "table_by_site", "figure_rate", "figure_movement")
    parts = [embed(mine, name, language=language).decode() for name in names for language in ("zh", "en")]
    page = "".join(parts)
    assert not re.search(r"\bid=|<style|<script|\bclass=", page)
    assert page.count("<figure>") == page.count("</figure>") == len(parts)
    assert "Table 1" in parts[1]
    assert "表 1" in parts[0]
    framed = embed(mine, "map", language="en").decode()
    assert not re.search(r"\bid=|<style|<script", re.sub(r'srcdoc="[^"]*"', "", framed))
    assert 'sandbox="allow-scripts allow-downloads"' in framed


def test_the_map_comes_as_a_picture_that_scales(hostile):
    root = ElementTree.fromstring(embed(hostile, "map", form="svg"))
    assert root.tag.endswith("svg")
    assert embed(hostile, "map", form="png").startswith(b"\x89PNG")
    assert not [element for element in root.iter() if element.tag.endswith("script")]


def test_a_word_table_can_be_taken_into_a_document_of_ones_own(hostile):
    block = Document(BytesIO(embed(hostile, "table_by_site", form="docx", language="en")))
    own = Document()
    own.add_paragraph("Before")
    own.element.body[-1].addprevious(deepcopy(block.tables[0]._tbl))
    own.add_paragraph("After")
    stream = BytesIO()
    own.save(stream)
    again = Document(BytesIO(stream.getvalue()))
    assert [cell.text for cell in again.tables[0].rows[0].cells] == [c.text for c in block.tables[0].rows[0].cells]
    assert "<script>" in "".join(cell.text for row in again.tables[0].rows for cell in row.cells)


def test_a_sentence_in_a_template_of_ones_own(mine):
    page = environment(mine, Setting("en", "mu"))
    said = page.from_string('{{ area("reclaimed", 2019) }} mu, {{ area("reclaimed", 2019, unit="ha") }} ha').render()
    assert said == "900.00 mu, 60.0000 ha" or said == "900.00 mu, 60.00 ha"
    yours = Environment(autoescape=True)
    yours.filters.update(filters())
    yours.globals.update(functions(mine, Setting("zh", "mu")))
    made = yours.from_string('{{ rate("damaged", 2019) }} {{ 2000 | mu }} {{ 0.8596 | percent(0.86) }}').render()
    assert re.fullmatch(r"[\d.]+% 3\.00 85\.9%", made)


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ('{{ rate("damaged", 1990) }}', None),
        ('{{ rate("best", 2019) }}', ReportError),
        ('{{ area("reclaimed", 2019, "nowhere") }}', ReportError),
        ('{{ area("reclaimed", 1812) }}', ReportError),
        ("{{ anything }}", UndefinedError),
        ("{{ rate.__globals__ }}", SecurityError),
        ("{{ ''.__class__.__mro__ }}", SecurityError),
    ],
)
def test_a_template_can_ask_for_figures_and_for_nothing_else(template, error, hostile):
    page = environment(hostile, Setting("en", "mu")).from_string(template)
    if error is None:
        assert page.render() in ("–", "undefined", "-")
    else:
        with pytest.raises(error):
            page.render()


def test_names_from_the_data_are_escaped_in_templates(hostile):
    page = environment(hostile, Setting("en", "mu")).from_string("{{ name }}")
    assert "<script>" not in page.render(name=HOSTILE)


def test_what_is_no_assessment_is_said():
    with pytest.raises(ReportError, match=r"reclaim\.assess"):
        embed("mine", "map")
