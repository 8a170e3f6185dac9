"""Maps on paper: pages, pictures for messengers, years side by side; fonts by name."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.errors import MapError
from reclaim.figures.fonts import find_chinese
from reclaim.maps import lettering
from reclaim.maps.desk import written
from reclaim.maps.frames import bar_length, degree_text
from reclaim.maps.lettering import clipped, readable, width_ems
from tests.map_worlds import world

WHY = "needs a Chinese font: apt-get install fonts-noto-cjk"
needs_chinese = pytest.mark.skipif(find_chinese() is None, reason=WHY)


@pytest.fixture(scope="module")
def small() -> Assessment:
    return world()


@pytest.fixture(scope="module")
def group(repository: Path) -> Assessment:
    from reclaim.verbs.land import assess

    return assess(repository / "data" / "geo" / "chinalco-2019")


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("page", ["a4", "a3", "slide"])
def test_a_page_says_what_it_has_to(group: Assessment, page: str) -> None:
    (figure,) = maps.build(group, language="en").pages(page)
    said = " ".join(texts(figure))
    for word in ("Illustrative data", "86.6 %", "damaged basis", "12,029.00", "EPSG:4490", "Source", "km"):
        assert word in said
    assert "as of 2019-12-31" in said
    assert re.search(r"\d+°(\d\d′)?[EN]", said)
    wide, tall = figure.get_size_inches() * 25.4
    assert (round(wide), round(tall)) == {"a4": (297, 210), "a3": (420, 297), "slide": (339, 190)}[page]


def test_nothing_written_leaves_the_page_or_covers_its_neighbour(group: Assessment) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    (figure,) = maps.build(group, language="en").pages("a4")
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    wide, tall = figure.bbox.width, figure.bbox.height
    own = [text for text in figure.axes[0].texts if text.get_text()]
    boxes = [text.get_window_extent(renderer) for text in own]
    for text, box in zip(own, boxes, strict=True):
        assert box.x0 >= 0, text
        assert box.x1 <= wide, text
        assert box.y0 >= 0, text
        assert box.y1 <= tall, text
    for i, one in enumerate(boxes):
        for k, two in enumerate(boxes[i + 1 :], i + 1):
            across, down = min(one.x1, two.x1) - max(one.x0, two.x0), min(one.y1, two.y1) - max(one.y0, two.y0)
            # a line's box is taller than its letters
            assert across <= 1 or down <= 0.35 * min(one.height, two.height), (own[i], own[k])


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_the_same_map_is_the_same_file(small: Assessment, form: str, tmp_path: Path) -> None:
    files = [maps.build(small, language="en").save(tmp_path / f"{i}.{form}").read_bytes() for i in range(2)]
    assert files[0] == files[1]
    assert files[0].startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[form])


@needs_chinese
def test_chinese_is_set_in_a_font_that_has_it(group: Assessment) -> None:
    made = maps.build(group)
    # a missing glyph would be a warning, and warnings are errors here
    assert written(made.pages("a4")[0], "png", dpi=40).startswith(b"\x89PNG")
    assert "未复垦" in made.svg()


@needs_chinese
def test_the_phone_picture_is_light_and_says_the_rate(group: Assessment) -> None:
    picture = maps.build(group).phone()
    image = Image.open(io.BytesIO(picture))
    assert image.size == (1080, 1440)
    assert len(picture) <= 500_000
    assert np.asarray(image.convert("L")).std() > 20


def test_years_stand_side_by_side(group: Assessment) -> None:
    said = texts(maps.build(group, language="en").by_year())
    for year in range(2015, 2020):
        assert f"{year}-12-31" in said


def test_without_a_chinese_font_the_message_says_what_to_install(
    small: Assessment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("reclaim.maps.lettering.find_chinese", lambda: None)
    monkeypatch.setattr("reclaim.figures.fonts.find_chinese", lambda: None)
    lettering._characters.cache_clear()
    with pytest.raises(MapError, match="fonts-noto-cjk"):
        maps.build(small, language="zh").save(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
    # an interactive map needs no font of this machine; its picture for readers without scripts is then in English
    assert "<noscript><div" in maps.build(small, language="zh").html()
    lettering._characters.cache_clear()


@pytest.mark.parametrize("name", ["$x^2$", "\u202eback\u2066 ", "\U0001f4a5 boom", "A" * 2000, "a\nb\tc", "x\x00\x07"])
def test_any_name_can_be_set(name: str) -> None:
    made = world([name], title=name)
    assert maps.build(made, language="en").png(dpi=30).startswith(b"\x89PNG")


def test_lettering() -> None:
    assert readable("a\u202e\nb\x07") == "a b"
    assert readable("\U0010fffd") == ""
    assert width_ems(clipped("字" * 50, 30, 8)) * 8 * 25.4 / 72 <= 30
    assert clipped("short", 30, 8) == "short"
    assert bar_length(10) == 2
    assert degree_text(0.0, "E", "W") == "0°"
    assert degree_text(-44.25, "E", "W") == "44°15′W"


def test_a_site_without_ground_makes_a_page_too(small: Assessment) -> None:
    early = maps.build(small, at="2018-01-31", language="en")
    assert early.png(dpi=30).startswith(b"\x89PNG")
