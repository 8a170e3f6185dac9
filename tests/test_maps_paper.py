"""Maps on paper: pages, pictures for messengers, years side by side; fonts by name."""

import io
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from matplotlib.text import Text
from PIL import Image

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.errors import MapError
from reclaim.figures.fonts import find_chinese
from reclaim.maps import lettering
from reclaim.maps.desk import written
from reclaim.maps.frames import Frame, bar_length, degree_text, frames, grid_lines
from reclaim.maps.lettering import clipped, readable, width_ems
from tests.map_worlds import world, world_of

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


def test_ground_on_both_sides_of_the_antimeridian_stands_on_one_page() -> None:
    ground = [shapely.box(179.99, -17, 179.999, -16.99), shapely.box(-179.999, -17, -179.99, -16.99)]
    (figure,) = maps.build(world_of(ground, ["A", "B"]), language="en").pages()
    written(figure, "png", dpi=30)  # labels are set when they are drawn
    said = texts(figure)
    assert "180°" in said
    assert any(re.fullmatch(r"179°\d\d′(\d\d″)?W", text) for text in said)
    assert any(re.fullmatch(r"179°\d\d′(\d\d″)?E", text) for text in said)
    assert "500 m" in said


def test_a_huge_outline_and_a_tiny_one_are_drawn() -> None:
    turns = np.linspace(0, 2 * np.pi, 200_000, endpoint=False)
    away = 0.01 * (1 + 0.05 * np.sin(90 * turns))
    huge = shapely.Polygon(np.column_stack([107.5 + away * np.cos(turns), 23.3 + away * np.sin(turns)]))
    tiny = shapely.box(107.52, 23.3, 107.52001, 23.30001)
    picture = maps.build(world_of([huge, tiny], ["A", "B"]), language="en").png(dpi=60)
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    red = (pixels[..., 0] > 200) & (pixels[..., 1] < 190) & (pixels[..., 2] < 200)
    assert red.mean() > 0.05
    assert len(maps.build(world_of([huge, tiny], ["A", "B"]), language="en").svg()) < 1_500_000


def test_a_grid_has_as_many_labels_as_have_room() -> None:
    for low, high in ((105.3, 113.6), (106.6581, 106.6689), (-79.9, -43.1), (179.985, 180.015), (23.28, 23.36)):
        for gap in (0.2, 0.4, 0.7):
            lines = grid_lines(low, high, gap=gap)
            assert lines == sorted(lines)
            assert all(low < line < high for line in lines)
            assert all(b - a >= gap * (high - low) * 0.999 for a, b in pairwise(lines))
        assert len(grid_lines(low, high)) >= 2


def test_an_image_of_a_small_part_gets_a_frame_of_its_own() -> None:
    picture = Frame("影像", "Image", (107.0, 23.0, 107.1, 23.1))
    asked = frames((107.0, 23.0, 107.4, 23.3), (), title=("甲", "A"), picture=picture)
    assert [(frame.en, frame.overview, frame.by_site) for frame in asked] == [
        ("A", True, False),
        ("Image", False, False),
    ]
    whole = Frame("影像", "Image", (106.9, 22.9, 107.4, 23.4))
    assert len(frames((107.0, 23.0, 107.4, 23.3), (), title=("甲", "A"), picture=whole)) == 1
    elsewhere = Frame("影像", "Image", (10.0, 22.9, 10.1, 23.4))
    assert len(frames((107.0, 23.0, 107.4, 23.3), (), title=("甲", "A"), picture=elsewhere)) == 1


@needs_chinese
@pytest.mark.parametrize("page", ["a4", "a3", "slide"])
def test_no_cell_of_the_ledger_runs_into_its_name(group: Assessment, page: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    (figure,) = maps.build(group, language="both").pages(page)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts if text.get_text()]
    for i, one in enumerate(boxes):
        for two in boxes[i + 1 :]:
            across, down = min(one.x1, two.x1) - max(one.x0, two.x0), min(one.y1, two.y1) - max(one.y0, two.y0)
            assert across <= 1 or down <= 0.35 * min(one.height, two.height)
    assert not any(text.endswith("…") for text in texts(figure) if "…" in text)


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
