"""The report's page as its readers open it: on a laptop, on a phone, printed; with the network off."""

import warnings

import pytest

from reclaim.errors import ReclaimWarning
from reclaim.verbs.land import assess
from reclaim.verbs.reports import write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(repository, tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReclaimWarning)
        made = assess(repository / "data" / "geo" / "chinalco-2019")
    return write_report(made, tmp_path_factory.mktemp("page") / "report.html", language="both")


@pytest.mark.parametrize("size", ["laptop", "phone"])
def test_the_page_fits_its_window_and_nobody_complains(open_page, page_file, size):
    opened = open_page(page_file, size)
    assert opened.run("document.documentElement.scrollWidth") <= opened.run("window.innerWidth")
    # a wide table or picture moves inside its own frame, never under the edge
    over = opened.run(
        """[...document.querySelectorAll('figure, p, h1, h2, .fact')].filter(
          (e) => e.getBoundingClientRect().right > window.innerWidth + 1).length"""
    )
    assert over == 0
    opened.run("document.querySelector('iframe').scrollIntoView()")
    opened.rest()
    assert opened.complaints == []


def test_paper_gets_the_map_as_a_picture(open_page, page_file):
    opened = open_page(page_file, "laptop")
    shown = "getComputedStyle(document.querySelector('.map img.printed')).display"
    assert opened.run(shown) == "none"
    opened.page.emulate_media(media="print")
    assert opened.run(shown) == "block"
    assert opened.run("getComputedStyle(document.querySelector('.map iframe')).display") == "none"
    assert opened.run("document.querySelector('.map img.printed').naturalWidth") > 1500


def test_every_table_says_what_it_is_and_every_picture_what_it_shows(open_page, page_file):
    opened = open_page(page_file, "laptop")
    assert opened.run("[...document.querySelectorAll('table')].every((t) => t.querySelector('thead th[scope=col]'))")
    assert opened.run("[...document.images].every((i) => i.alt.length > 10)")
    assert opened.run("[...document.querySelectorAll('figure')].every((f) => /^(表|图) \\d+/.test("
                      "f.querySelector('figcaption').textContent))")  # fmt: skip
