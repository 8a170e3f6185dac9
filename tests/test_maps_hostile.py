"""Text that somebody typed, wherever a map shows text: nothing of it runs, becomes an element, or is asked for."""

import json
import sqlite3
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

import folium
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from reclaim import maps
from reclaim.assessment import Assessment
from tests.map_pages import Open, Opened, opener
from tests.map_worlds import LAT, LNG, frame, squares, world

pytestmark = pytest.mark.browser

PAYLOADS = {
    "image": "<img src=x onerror=alert(1)>",
    "script": "</script><script>alert(1)</script>",
    "literal": "${alert(1)}`alert(1)`",
    "expression": "{{7*191}}",
    "python": "{{ cycler.__init__.__globals__.os.getcwd() }}",
    "raw": "{% raw %}{# x",
    "attribute": '" onmouseover="alert(1)" \' onfocus=\'alert(1)',
    "address": "javascript:alert(1)",
    "remote": "<script src=https://example.org/x.js></script><link href=//example.org/x.css>",
    "style": "</style><style>@import url(https://example.org/x.css)</style>",
    "comment": "--><!--<svg onload=alert(1)>",
    "marks": "\u202eright to left\u2066 \u2028 \u2029 \U0001f4a5 \\ \\u003c",
    "long": "A" * 2000,
}

# what no page of ours holds, unless somebody's text became an element
FOREIGN = (
    "img:not(.leaflet-tile), svg image, iframe, object, embed, link, base, form, [onerror], [onload], "
    '[onmouseover], [onfocus], a[href^="javascript"]'
)


def everywhere(text: str) -> Assessment:
    """A world with a text in every column of every table; the number of the place stands after it."""
    places = [f"{text} {place}" for place in range(20)]
    permits = frame(
        [shapely.box(LNG - 0.001, LAT - 0.001, LNG + 0.005, LAT + 0.005)], permit_id=[places[10]], site_id=[text],
        valid_from=["2017-01-01"], valid_to=["2030-01-01"],
    )  # fmt: skip
    zones = frame(squares(1), zone_id=[places[11]], site_id=[text], kind=[places[12]], min_cover=[places[13]])
    return world([text], title=text, permits=permits, zones=zones)


def tiles(path: Path, text: str) -> Path:
    """An MBTiles file whose name and attribution are somebody's text."""
    stream = BytesIO()
    Image.new("RGB", (256, 256), "#88aa88").save(stream, format="PNG")
    with sqlite3.connect(path) as data:
        data.execute("create table metadata (name text, value text)")
        data.execute("create table tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
        data.executemany("insert into metadata values (?, ?)", [("name", text), ("attribution", text)])
        data.execute("insert into tiles values (0, 0, 0, ?)", (stream.getvalue(),))
    data.close()
    return path


def drive(opened: Opened, text: str) -> str:
    """Show everything that the page can show, and give its text."""
    opened.run("for (const e of Reclaim.shown.own) Reclaim.shown.map.addLayer(e.layer)")
    opened.rest()
    said = [opened.run("document.body.innerText")]
    for lng, lat in ((LNG + 0.0005, LAT + 0.0005), (LNG + 0.0018, LAT + 0.0005), (LNG - 0.0009, LAT)):
        x, y = opened.point(lng, lat)
        opened.page.mouse.move(x, y)
        opened.rest()
        opened.run("([lng, lat]) => Reclaim.pointer(Reclaim.shown.map).open(L.latLng(lat, lng))", [lng, lat])
        said.append(opened.run("document.body.innerText"))
    for search in (text[:1], text[:3], "P1"):
        opened.page.locator(".rc-search-input").fill(search)
        said.append(opened.run("document.querySelector('.rc-search').innerText"))
    for part in opened.page.locator(".rc-part:not([open]):visible > summary").all():
        part.click()
    options = opened.run("[...document.querySelectorAll('option')].map((o) => o.textContent)")
    for button in opened.page.locator(".rc-line button:enabled").all()[:3]:
        button.click()
    return "\n".join([*said, *options])


def assert_harmless(opened: Opened) -> None:
    assert opened.run("(rule) => document.querySelectorAll(rule).length", FOREIGN) == 0
    assert opened.run("document.querySelectorAll('script:not([type])').length") <= 6  # Leaflet, ours, the page's call
    assert opened.run("document.documentElement.scrollWidth <= window.innerWidth")
    opened.assert_quiet()


@pytest.mark.parametrize("kind", PAYLOADS)
def test_nothing_that_a_user_typed_runs(open_page: Open, kind: str, tmp_path: Path) -> None:
    text = PAYLOADS[kind]
    made = everywhere(text)
    base = tiles(tmp_path / f"{text.replace('/', '_')[:60]}.mbtiles", text)
    sheet = maps.build(made, approval=text, base=[base])
    # a layer of the reader's own, with that name
    folium.FeatureGroup(name=text).add_to(sheet.map)
    with mock.patch("reclaim.maps.noscript._picture", return_value=""):  # it takes long to draw
        path = sheet.save(tmp_path / "hostile.html")
    page = path.read_text(encoding="utf-8")
    assert "1337" not in page
    assert str(Path.cwd()) not in page
    opened = open_page(path)
    said = drive(opened, text)
    assert "1337" not in said
    assert_harmless(opened)
    if kind not in ("marks", "long"):  # shown as it was typed: in title, popup, list of layers and foot
        assert said.count(text) >= 6
        assert text in opened.run("document.querySelector('h1').textContent")
        assert text in opened.run("document.querySelector('.rc-foot').textContent")
        assert text in opened.run("document.querySelector('.rc-part:nth-of-type(2)').textContent")


@pytest.mark.parametrize("kind", ["script", "expression", "remote", "long"])
def test_without_scripts_it_is_text_as_well(open_page: Open, kind: str, tmp_path: Path) -> None:
    text = PAYLOADS[kind]
    opened = open_page(maps.build(world([text], title=text)).save(tmp_path / "hostile.html"), scripts=False)
    found = opened.page.locator(".rc-noscript img, .rc-noscript script, .rc-noscript style, .rc-noscript [onload]")
    assert found.count() == 1  # the picture
    if kind != "marks":
        assert text in opened.page.locator(".rc-noscript h1").text_content()
    opened.assert_quiet()


def test_file_names_are_text(open_page: Open, tmp_path: Path) -> None:
    project = tmp_path / "mine"
    project.mkdir()
    lines = ["[project]", f"name = {json.dumps(PAYLOADS['image'])}"]
    for i, kind in enumerate(("image", "literal", "expression", "raw", "attribute")):
        name = f"图 {PAYLOADS[kind].replace('/', '_').replace('*', 'x')} {i}.geojson"
        ground = squares(5, across=5)[i : i + 1]
        frame(ground, site_id=["A"], date=[f"{2015 + i}-01-01"]).to_file(project / name, driver="GeoJSON")
        lines += ["", "[[layers.footprints]]", f"path = {json.dumps(name)}", 'meaning = "increment"']
    (project / "reclaim.toml").write_text("\n".join(lines), encoding="utf-8")
    from reclaim.verbs.land import assess

    opened = open_page(maps.build(assess(project)).save(tmp_path / "files.html"))
    said = drive(opened, "A")
    assert "onerror=alert(1)> 0.geojson" in said
    assert "{% raw %}{# x 3.geojson" in said
    assert_harmless(opened)


HOSTILE = st.text(
    st.one_of(
        st.sampled_from(list("<>\"'`${}\\/%#&=-!;:()[]\u2028\u2029\u202e\u2066\u200b\ufeff\U0001f4a5")),
        st.characters(exclude_categories=["Cs", "Cc"]),
        st.sampled_from(list("\t\r\n\x7f")),
    ),
    min_size=1,
    max_size=40,
)


def test_no_text_at_all_harms(browser: Any, tmp_path: Path) -> None:
    """Random names written into one page after the other, in one window."""

    @given(st.lists(HOSTILE.map(str.strip).filter(bool), min_size=6, max_size=6, unique=True))
    @settings(
        max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
        phases=[Phase.generate],  # a page takes seconds: no search for the shortest text
    )  # fmt: skip
    def check(names: list[str]) -> None:
        ground = squares(6)
        footprints = frame(ground, footprint_id=names, site_id=["A"] * 6, date=["2018"] * 6, damage=names)
        made = world(["A"], title=names[0], footprints=footprints)
        own = folium.Map(tiles=None)
        for features in maps.content(made).features:
            maps.GroundLayer(features).add_to(own)
        sheet = maps.build(made, approval=names[1])
        with opener(browser) as open_at, mock.patch("reclaim.maps.noscript._picture", return_value=""):
            opened = open_at(sheet.save(tmp_path / "random.html"))
            drive(opened, names[0])
            assert_harmless(opened)
            rows = """() => { const c = Reclaim.shown.own.find((e) => e.key === 'footprints').layer.shared.content;
              return [...Array(c.n).keys()].map((f) => c.value(f, 'footprint_id')); }"""
            assert set(opened.run(rows)) == set(names)  # not one sign is lost on the way

    check()
