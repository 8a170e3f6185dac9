"""Maps in a real browser with the network off: nothing complains, nothing is asked for, every control works."""

import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.geodesy import area, length
from tests.map_worlds import big_world, world

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
SIZES = {"phone": (360, 740), "laptop": (1366, 768), "print": (1754, 1240)}


@dataclass
class Opened:
    """A page, and what was heard from it."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def run(self, script: str, *args: Any) -> Any:
        return self.page.evaluate(script, *args)

    def until(self, script: str, seconds: float = 5) -> None:
        """Wait until a script gives true; the page's policy forbids the browser's own way of waiting."""
        end = time.monotonic() + seconds
        while not self.run(script):
            assert time.monotonic() < end, f"never came true: {script}"
            self.page.wait_for_timeout(50)

    def rest(self) -> None:
        """Wait until everything under way is painted."""
        self.page.wait_for_timeout(250)

    def assert_quiet(self) -> None:
        assert self.complaints == []
        assert self.requests == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        reason = "needs Chromium: apt-get install chromium"
        if os.environ.get("RECLAIM_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Any]:
    made = []

    def open_at(path: Path, size: str = "laptop", *, scripts: bool = True, wait: bool = True) -> Opened:
        width, height = SIZES[size]
        phone = size == "phone"
        context = browser.new_context(
            viewport={"width": width, "height": height}, offline=True, has_touch=phone, is_mobile=phone,
            device_scale_factor=2 if phone else 1, java_script_enabled=scripts,
        )  # fmt: skip
        made.append(context)
        opened = Opened(context.new_page())
        page = opened.page
        page.on("console", lambda m: opened.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (opened.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on(
            "request",
            lambda r: (
                None if r.url.startswith(("file:", "data:", "blob:", "about:")) else opened.requests.append(r.url)
            ),
        )
        page.goto(path.as_uri())
        if scripts and wait:
            page.evaluate("window.reclaimReady")
        return opened

    yield open_at
    for context in made:
        context.close()


@pytest.fixture(scope="module")
def group(repository: Path) -> Assessment:
    from reclaim.verbs.land import assess

    return assess(repository / "data" / "geo" / "chinalco-2019")


@pytest.fixture(scope="module")
def group_map(group: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return maps.build(group).save(tmp_path_factory.mktemp("maps") / "group.html")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Assessment, Path]:
    made = world()
    return made, maps.build(made, language="en").save(tmp_path_factory.mktemp("maps") / "small.html")


def colour_at(opened: Opened, key: str, lng: float, lat: float) -> list[int]:
    """What a layer painted at a place: red, green, blue, alpha."""
    return opened.run(
        """([key, lng, lat]) => {
          const map = Reclaim.shown.map, layer = Reclaim.shown.own.find((e) => e.key === key).layer;
          const z = layer._tileZoom;
          const p = map.project([lat, lng], z), x = Math.floor(p.x / 256), y = Math.floor(p.y / 256);
          const tile = Object.values(layer._tiles)
            .find((t) => t.coords.x === x && t.coords.y === y && t.coords.z === z);
          const ratio = tile.el.width / 256, copy = document.createElement("canvas");
          const pen = copy.getContext("2d", { willReadFrequently: true });
          copy.width = copy.height = 1;
          pen.drawImage(tile.el, -Math.floor((p.x - x * 256) * ratio), -Math.floor((p.y - y * 256) * ratio));
          return [...pen.getImageData(0, 0, 1, 1).data];
        }""",
        [key, lng, lat],
    )


# --- it opens ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_a_sample_opens_quietly_at_every_size(open_page, group_map, size, tmp_path_factory) -> None:
    opened = open_page(group_map, size)
    opened.rest()
    opened.page.screenshot(path=tmp_path_factory.getbasetemp() / f"group-{size}.png")
    opened.assert_quiet()
    # nothing is wider than the window
    assert opened.run("document.documentElement.scrollWidth <= window.innerWidth")


def test_no_generated_name_is_shown(open_page, group_map) -> None:
    text = open_page(group_map).run("document.body.innerText")
    assert "ground_layer" not in text
    assert "macro_element" not in text
    assert "undefined" not in text
    assert "NaN" not in text


def test_controls_do_not_cover_each_other(open_page, group_map) -> None:
    opened = open_page(group_map)
    boxes = opened.run(
        """() => ['.rc-head', '.rc-map .folium-map', '.rc-years', '.rc-side', '.rc-foot'].map((name) => {
          const b = document.querySelector(name).getBoundingClientRect();
          return [b.left, b.top, b.right, b.bottom]; })"""
    )
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            assert across <= 0.5 or down <= 0.5


def test_without_scripts_there_is_a_picture_and_the_table(open_page, group_map, group) -> None:
    opened = open_page(group_map, scripts=False)
    opened.assert_quiet()
    body = opened.page.locator("body")
    assert body.locator("noscript img, .rc-noscript img").count() == 1
    text = opened.page.inner_text(".rc-noscript")
    assert "12,029.00" in text
    assert "86.6 %" in text
    assert not opened.page.locator(".rc-sheet").is_visible()


# --- figures -----------------------------------------------------------------------------------------------------


def test_figures_are_the_ledgers(open_page, group_map, group) -> None:
    opened = open_page(group_map)
    read = """() => Object.fromEntries([...document.querySelectorAll('.rc-line')].map((l) =>
        [l.dataset.key, l.dataset.m2 === undefined ? null : Number(l.dataset.m2)]))"""
    years = [int(year) for year in group.group["year"]]
    for place, year in enumerate(years):
        opened.page.locator(".rc-years-input").fill(str(place))
        shown, row = opened.run(read), group.group[group.group["year"] == year].iloc[0]
        assert len(shown) == 10
        for key, value in shown.items():
            assert (value is None and math.isnan(row[key])) or value == row[key]
    site = group.ledger["site_id"].iloc[0]
    opened.page.locator(".rc-part .rc-select").first.select_option("1")
    row = group.ledger[(group.ledger["site_id"] == site) & (group.ledger["year"] == years[-1])].iloc[0]
    assert opened.run(read)["closing"] == row["closing"]


def test_a_click_on_a_figure_highlights_the_ground_that_it_sums(open_page, group_map) -> None:
    opened = open_page(group_map)
    for key in ("reclaimed", "closing", "new", "ever"):
        line = opened.page.locator(f".rc-line-{key}")
        line.locator("button").click()
        told = opened.run(
            """() => { const g = Reclaim.shown.ground, c = g.shared.content, seen = new Map();
              for (let f = 0; f < c.n; f++) if (g.focus[f]) seen.set(c.value(f, 'face_id'), c.value(f, 'area_m2'));
              return [seen.size, [...seen.values()].reduce((a, b) => a + b, 0)]; }"""
        )
        assert told[0] > 0
        assert told[1] == pytest.approx(float(line.get_attribute("data-m2")), abs=0.01 * told[0])
        assert line.locator("button").get_attribute("aria-pressed") == "true"
    opened.page.locator(".rc-line-ever button").click()
    assert opened.run("Reclaim.shown.ground.focus") is None
    opened.assert_quiet()


# --- controls ----------------------------------------------------------------------------------------------------


def test_the_year_slider_repaints_the_land(open_page, small) -> None:
    opened = open_page(small[1])
    opened.rest()
    first, last_mined = (107.5005, 23.3305), (107.5005 + 2 * 0.00125, 23.3305 + 0.00125)
    assert colour_at(opened, "spells", *first)[1] > colour_at(opened, "spells", *first)[0]  # reclaimed: green
    assert colour_at(opened, "spells", *last_mined)[3] > 0
    opened.page.locator(".rc-years-input").focus()
    opened.page.keyboard.press("ArrowLeft")
    opened.rest()
    assert "2018-12-31" in opened.page.inner_text(".rc-years-label")
    assert colour_at(opened, "spells", *last_mined)[3] == 0  # not mined yet
    opened.page.locator(".rc-play").click()
    opened.until("document.querySelector('.rc-years-label').textContent.includes('2019-12-31')")
    opened.assert_quiet()


def test_hover_and_click_tell_what_lies_there(open_page, small) -> None:
    opened = open_page(small[1])
    place = opened.run(
        """() => { const p = Reclaim.shown.map.latLngToContainerPoint([23.3305, 107.5005]);
          const b = Reclaim.shown.map.getContainer().getBoundingClientRect();
          return [p.x + b.left, p.y + b.top]; }"""
    )
    opened.page.mouse.move(*place)
    opened.page.wait_for_selector(".rc-tip")
    assert "reclaimed" in opened.page.inner_text(".rc-tip")
    opened.page.mouse.click(*place)
    opened.page.wait_for_selector(".rc-popup .rc-card")
    text = opened.page.inner_text(".rc-popup")
    assert "mu" in text
    assert "ha" in text
    assert "2018-09-01" in text or "1 September 2018" in text
    assert "parcels" in text  # the source rows
    opened.assert_quiet()


def test_layers_and_classes_go_on_and_off(open_page, small) -> None:
    opened = open_page(small[1])
    opened.rest()
    place = (107.5005, 23.3305)
    spells = opened.page.locator('.rc-layer[data-key="spells"]')
    spells.locator("li", has_text="reclaimed").locator("input").uncheck()
    opened.rest()
    assert colour_at(opened, "spells", *place)[3] == 0
    spells.locator(".rc-layer-name input").uncheck()
    assert not opened.run("Reclaim.shown.map.hasLayer(Reclaim.shown.ground)")
    parcels = opened.page.locator('.rc-layer[data-key="parcels"] .rc-layer-name input')
    parcels.check()
    opened.rest()
    assert colour_at(opened, "parcels", *place)[3] > 0
    opened.assert_quiet()


def test_search_finds_by_id_and_by_name(open_page, small) -> None:
    opened = open_page(small[1])
    box = opened.page.locator(".rc-search-input")
    box.fill("p1")
    assert opened.page.locator(".rc-search-hit").count() == 1
    box.press("Enter")
    opened.page.wait_for_selector(".rc-popup .rc-card")
    assert "A-P1" in opened.page.inner_text(".rc-popup")
    box.fill("nothing like this")
    assert opened.page.locator(".rc-search-hit").count() == 0
    assert opened.page.locator(".rc-search-none").count() == 1
    opened.assert_quiet()


def test_measuring_is_on_the_ellipsoid(open_page, small) -> None:
    import shapely

    opened = open_page(small[1])
    opened.page.locator(".rc-tool-measure").click()
    corners = [(107.5001, 23.3301), (107.5031, 23.3303), (107.5029, 23.3319)]
    for lng, lat in corners:
        at = opened.run(
            """([lng, lat]) => { const p = Reclaim.shown.map.latLngToContainerPoint([lat, lng]);
              const b = Reclaim.shown.map.getContainer().getBoundingClientRect();
              return [p.x + b.left, p.y + b.top]; }""",
            [lng, lat],
        )
        opened.page.mouse.click(*at)
        opened.page.wait_for_timeout(350)
    opened.page.keyboard.press("Enter")
    places = opened.run("Reclaim.measure.places.map((p) => [p.lng, p.lat])")
    told = opened.run("Reclaim.measure.result()")
    assert len(places) == 3
    polygon = shapely.Polygon(places)
    assert told["area"] == pytest.approx(area([polygon], "EPSG:4490")[0], rel=1e-7)
    ring = shapely.LineString([*places, places[0]])
    assert told["perimeter"] == pytest.approx(length([ring], "EPSG:4490")[0], rel=1e-8)
    assert "mu" in opened.page.inner_text(".rc-measure")
    opened.page.locator(".rc-measure button").click()
    assert opened.page.locator(".rc-measure").is_hidden()
    opened.assert_quiet()


def test_swipe_by_mouse_and_by_keys(open_page, small) -> None:
    opened = open_page(small[1])
    opened.page.locator(".rc-part", has_text="Swipe").locator("summary").click()
    opened.page.locator(".rc-swipe-button").click()
    opened.rest()
    tags = opened.page.locator(".rc-swipe-tag").all_inner_texts()
    assert "2018" in tags[0]
    assert "2019" in tags[1]
    grip = opened.page.locator(".rc-swipe-grip")
    box = grip.bounding_box()
    opened.page.mouse.move(box["x"] + 22, box["y"] + 22)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + 222, box["y"] + 22, steps=4)
    opened.page.mouse.up()
    dragged = int(grip.get_attribute("aria-valuenow"))
    assert dragged > 60
    grip.press("ArrowLeft")
    assert int(grip.get_attribute("aria-valuenow")) == dragged - 5
    grip.press("Home")
    assert grip.get_attribute("aria-valuenow") == "0"
    clips = opened.run(
        "[...document.querySelectorAll('.leaflet-pane')].map((p) => p.style.clipPath).filter(Boolean).length"
    )
    assert clips == 2
    opened.page.locator(".rc-swipe-button").click()
    assert opened.page.locator(".rc-swipe").count() == 0
    assert opened.run("Reclaim.shown.map.hasLayer(Reclaim.shown.ground)")
    opened.assert_quiet()


def test_swipe_by_finger(open_page, small) -> None:
    opened = open_page(small[1], "phone")
    opened.page.locator(".rc-handle").tap()
    opened.page.locator(".rc-part", has_text="Swipe").locator("summary").tap()
    opened.page.locator(".rc-swipe-button").tap()
    opened.page.locator(".rc-handle").tap()
    opened.rest()
    moved = opened.run(
        """() => { const g = document.querySelector('.rc-swipe-grip'), b = g.getBoundingClientRect();
          const at = (type, x) => g.dispatchEvent(new PointerEvent(type,
            { pointerId: 1, pointerType: 'touch', clientX: x, clientY: b.top + 20, bubbles: true }));
          g.setPointerCapture = () => {};
          at('pointerdown', b.left + 20); at('pointermove', 40); at('pointerup', 40);
          return Number(g.getAttribute('aria-valuenow')); }"""
    )
    assert moved < 20
    opened.assert_quiet()


def test_full_screen_and_whole_map(open_page, small) -> None:
    opened = open_page(small[1])
    opened.run("Reclaim.shown.map.setView([40, 80], 4, { animate: false })")
    opened.page.locator(".rc-tool-fit").click()
    assert opened.run("Reclaim.shown.map.getBounds().contains([23.331, 107.501])")
    opened.page.locator(".rc-tool-fullscreen").click()
    opened.until("Boolean(document.fullscreenElement)")
    opened.page.locator(".rc-tool-fullscreen").click()
    opened.until("!document.fullscreenElement")
    zoom = opened.run("Reclaim.shown.map.getZoom()")
    opened.page.locator(".rc-tool-zoom_out").click()
    opened.until(f"Reclaim.shown.map.getZoom() < {zoom}")
    opened.assert_quiet()


def test_on_a_phone_everything_can_be_touched(open_page, group_map, tmp_path_factory) -> None:
    opened = open_page(group_map, "phone")
    assert opened.run("document.querySelector('.rc-side').getBoundingClientRect().height") < 60
    opened.page.locator(".rc-handle").tap()
    opened.rest()
    small = opened.run(
        """() => [...document.querySelectorAll('button, select, summary, .rc-classes label, ' +
            '.rc-layer-name, input[type=search], input[type=range]')]
          .filter((e) => e.offsetParent !== null)
          .map((e) => [e.className || e.tagName, e.getBoundingClientRect().height])
          .filter(([, h]) => h < 44)"""
    )
    assert small == []
    opened.page.screenshot(path=tmp_path_factory.getbasetemp() / "group-phone-open.png")
    opened.assert_quiet()


def test_it_prints(open_page, group_map, tmp_path_factory) -> None:
    opened = open_page(group_map)
    path = tmp_path_factory.getbasetemp() / "group.pdf"
    opened.page.pdf(path=path, prefer_css_page_size=True)
    assert path.read_bytes().startswith(b"%PDF")
    opened.assert_quiet()


# --- the packed layer --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Assessment, Path]:
    made = big_world(2100)
    return made, maps.build(made, language="en").save(tmp_path_factory.mktemp("maps") / "many.html")


def test_packed_and_plain_answer_alike(open_page, many, small, tmp_path) -> None:
    made, path = many
    opened = open_page(path)
    assert opened.run("Reclaim.shown.ground.meta.form") == "packed"
    ground = maps.build(made, language="en")
    layer = next(
        child
        for child in ground.map._children.values()
        if getattr(child, "shared", None) and child.features.key == "spells"
    )
    for f in (0, 17, 2099):
        told = opened.run("(f) => Reclaim.shown.ground.describe(f, false).rows.map(([, text]) => text)", f)
        assert layer.features.columns["site"][f] in told
        assert layer.features.columns["cause"][f] in told
        inner = layer.features.geometry[f].representative_point()
        hit = opened.run(
            """([lat, lng]) => { Reclaim.shown.ground.setDay(null);
              return Reclaim.shown.ground.under(L.latLng(lat, lng)); }""",
            [inner.y, inner.x],
        )
        assert f in hit
    opened.assert_quiet()


def test_browsers_without_decompression_read_it_too(open_page, many) -> None:
    opened = open_page(many[1])
    same = opened.run(
        """async () => { const text = document.querySelector('script[type="text/plain"]').textContent;
          const bytes = Reclaim.bytes(text);
          const a = await Reclaim.unzip(bytes), b = Reclaim.inflateGzip(bytes);
          return a.length === b.length && a.every((value, i) => value === b[i]); }"""
    )
    assert same


# --- base maps ---------------------------------------------------------------------------------------------------

# Longitude and latitude, and the same in GCJ-02 and BD-09, by the published formulas worked out apart from the page.
SHIFTED = [(116.404, 39.915), (107.5, 23.33), (112.73, 34.71)]


def gcj(lng: float, lat: float) -> tuple[float, float]:
    x, y = lng - 105, lat - 35
    sin, pi = math.sin, math.pi
    both = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + both
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3 + (
        160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)
    ) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + both
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3 + (
        150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)
    ) * 2 / 3
    a, ee, phi = 6378245.0, 0.00669342162296594323, math.radians(lat)
    w = 1 - ee * sin(phi) ** 2
    return lng + math.degrees(east / (a / math.sqrt(w) * math.cos(phi))), lat + math.degrees(
        north / (a * (1 - ee) / w**1.5)
    )


def test_shifted_base_maps_bend_the_display_alone(open_page, group, tmp_path) -> None:
    sheet = maps.build(group, base=["amap", "osm", "baidu"])
    opened = open_page(sheet.save(tmp_path / "online.html", offline=False))
    for lng, lat in SHIFTED:
        assert opened.run("([x, y]) => Reclaim.shift['GCJ-02'](x, y)", [lng, lat]) == pytest.approx(
            gcj(lng, lat), abs=1e-9
        )
        for datum in ("GCJ-02", "BD-09"):
            there = opened.run("([d, x, y]) => Reclaim.unshift[d](...Reclaim.shift[d](x, y))", [datum, lng, lat])
            assert there == pytest.approx((lng, lat), abs=1e-9)
    # places abroad, and those that a plain box would take in by mistake, stay where they are
    for lng, lat in ((-44.1, -20.1), (90.4, 27.4), (114.17, 22.3), (121.5, 25.0), (126.98, 37.56)):
        assert opened.run("([x, y]) => Reclaim.shift['GCJ-02'](x, y)", [lng, lat]) == [lng, lat]
    assert "GCJ-02" in opened.page.inner_text(".rc-datum")
    before = opened.run("[Reclaim.shown.map.getCenter().lat, Reclaim.shown.map.getCenter().lng]")
    vertex = opened.run(
        "[Reclaim.shown.ground.shared.content.pool.lng[0], Reclaim.shown.ground.shared.content.pool.lat[0]]"
    )
    opened.page.locator(".rc-base", has_text="Baidu").locator("input").check()
    opened.rest()
    assert "BD-09" in opened.page.inner_text(".rc-datum")
    opened.page.locator(".rc-base", has_text="OpenStreetMap").locator("input").check()
    opened.rest()
    assert opened.run("Reclaim.shown.map.options.crs === L.CRS.EPSG3857")
    assert opened.run("[Reclaim.shown.map.getCenter().lat, Reclaim.shown.map.getCenter().lng]") == pytest.approx(
        before, abs=0.05
    )
    assert (
        opened.run("[Reclaim.shown.ground.shared.content.pool.lng[0], Reclaim.shown.ground.shared.content.pool.lat[0]]")
        == vertex
    )
    # only tiles of the named services were asked for
    hosts = {url.split("/")[2] for url in opened.requests}
    assert all(host.endswith(("autonavi.com", "openstreetmap.org", "bdimg.com")) for host in hosts)


# --- hostile text ------------------------------------------------------------------------------------------------

PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "${alert(1)}`alert(1)`",
    "{{7*191}}",
    "{% raw %}{# x",
    '" onmouseover="alert(1)',
    "javascript:alert(1)",
    "\u202eright to left\u2066 \u2028 \u2029 \U0001f4a5",
    "A" * 2000,
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_nothing_that_a_user_typed_runs(open_page, payload, tmp_path) -> None:
    made = world([payload], title=payload)
    opened = open_page(maps.build(made).save(tmp_path / "hostile.html"))
    opened.run("for (const e of Reclaim.shown.own) Reclaim.shown.map.addLayer(e.layer)")
    opened.rest()
    opened.run("Reclaim.pointer(Reclaim.shown.map).open(L.latLng(23.3305, 107.5005))")
    opened.page.locator(".rc-search-input").fill(payload[:3])
    opened.rest()
    for select in opened.page.locator("select").all():
        assert select.locator("option").count() > 0
    shown = opened.run("document.body.innerText")
    assert "1337" not in shown
    # no element was made of it: an image only where the page itself puts one
    assert (
        opened.run(
            "document.querySelectorAll('img:not(.leaflet-tile), [onerror], [onmouseover], '"
            " + 'a[href^=\"javascript\"]').length"
        )
        == 0
    )
    assert opened.run("document.querySelectorAll('script').length") <= 12
    if len(payload) < 100 and "\u202e" not in payload:
        assert payload in opened.page.inner_text(".rc-popup")
    assert opened.run("document.documentElement.scrollWidth <= window.innerWidth")
    opened.assert_quiet()


def test_it_lives_in_a_notebook_or_report(open_page, small, tmp_path) -> None:
    _, path = small
    outer = tmp_path / "report.html"
    outer.write_text(
        f"<!DOCTYPE html><title>r</title>{maps.frame(path.read_text(encoding='utf-8'), title='m')}", encoding="utf-8"
    )
    opened = open_page(outer, wait=False)
    inner = opened.page.frames[1]
    inner.evaluate("window.reclaimReady")
    assert inner.evaluate("Reclaim.shown.ground.shared.content.n") > 0
    opened.assert_quiet()


def test_a_planners_own_map_takes_our_layers(open_page, small, tmp_path) -> None:
    import folium

    from reclaim.maps.offline import one_file
    from reclaim.maps.page import rendered

    made, _ = small
    shown = maps.content(made, language="en")
    own = folium.Map(location=[23.331, 107.501], zoom_start=15, tiles=None)
    own.default_js = [("leaflet", "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js")]
    own.default_css = [("leaflet_css", "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.css")]
    for features in shown.features:
        maps.GroundLayer(features, language="en").add_to(own)
    maps.PlacesLayer(shown.places).add_to(own)
    folium.LayerControl().add_to(own)
    text, identities = rendered(own)
    page = tmp_path / "own.html"
    page.write_text(one_file(text, identities=identities), encoding="utf-8")
    opened = open_page(page)
    assert opened.page.locator(".leaflet-control-layers-overlays label").count() == len(shown.features) + 1
    assert "State of the land" in opened.run("document.querySelector('.leaflet-control-layers').textContent")
    opened.assert_quiet()


def test_a_planners_markers_stand_on_our_sheet(open_page, small, tmp_path) -> None:
    import folium

    sheet = maps.build(small[0])
    folium.Marker([23.331, 107.501], popup="one", tooltip="two").add_to(sheet.map)
    folium.CircleMarker([23.332, 107.502]).add_to(sheet.map)
    opened = open_page(sheet.save(tmp_path / "marked.html"))
    assert opened.page.locator("img.leaflet-marker-icon").count() == 1
    assert opened.run("document.querySelector('img.leaflet-marker-icon').naturalWidth") == 25
    opened.page.locator("img.leaflet-marker-icon").click()
    opened.page.wait_for_selector(".leaflet-popup-content")
    opened.assert_quiet()


def test_json_of_the_command_and_the_map_agree(open_page, group_map, repository, capsys) -> None:
    from reclaim.cli import run

    assert run(["ledger", str(repository / "data" / "geo" / "chinalco-2019"), "--by", "group", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    opened = open_page(group_map)
    last = next(row for row in rows if row["year"] == 2019)
    shown = opened.page.locator(".rc-line-reclaimed").get_attribute("data-m2")
    assert float(shown) == last["reclaimed_m2"]
