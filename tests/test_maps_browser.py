"""Maps in a real browser with the network off: nothing complains, nothing is asked for, every control works."""

import json
import math
import re
from pathlib import Path

import pytest
import shapely

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.geodesy import area, length
from reclaim.vocabulary import states
from tests.map_pages import SIZES, keep
from tests.map_worlds import big_world, world, world_of

pytestmark = pytest.mark.browser


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


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


# --- it opens ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_a_sample_opens_quietly_at_every_size(open_page, group_map, size, pictures) -> None:
    opened = open_page(group_map, size)
    keep(opened, f"group-{size}", pictures)
    opened.assert_quiet()
    # nothing is wider than the window, no word is cut
    assert opened.run("document.documentElement.scrollWidth <= window.innerWidth")
    cut = opened.run(
        """() => [...document.querySelectorAll('.rc-sheet button, .rc-sheet summary, .rc-sheet th, .rc-sheet td, ' +
            '.rc-key b, .rc-key-item span, .rc-foot-note, .rc-years-label, .rc-title h1, .rc-rate-basis')]
          .filter((e) => e.offsetParent !== null && (e.scrollWidth > e.clientWidth + 1) && e.clientWidth > 0)
          .map((e) => e.textContent)"""
    )
    assert cut == []


@pytest.mark.parametrize(("language", "page_is"), [("zh", "zh-CN"), ("en", "en")])
def test_every_word_is_in_the_language_asked_for(open_page, group, language, page_is, tmp_path, pictures) -> None:
    opened = open_page(maps.build(group, language=language).save(tmp_path / "one.html"))
    keep(opened, f"group-laptop-{language}", pictures)
    assert opened.run("document.documentElement.lang") == page_is
    spoken = opened.run(
        """() => [...document.querySelectorAll('.rc-sheet [aria-label], .rc-sheet [title], .rc-sheet [placeholder]')]
          .flatMap((e) => [e.ariaLabel, e.title, e.placeholder]).filter(Boolean)"""
    )
    assert len(spoken) >= 10
    written = [*spoken, *opened.page.inner_text(".rc-side").splitlines(), opened.page.inner_text(".rc-key")]
    wrong = re.compile("[\u4e00-\u9fff]" if language == "en" else "[A-Za-z]{3,}")
    # files and indices keep their names
    assert [
        text for text in written if wrong.search(re.sub(r"NDVI|CGCS2000|EPSG|[\w-]+\.(geojson|csv)", "", text))
    ] == []


def test_no_generated_name_is_shown(open_page, group_map) -> None:
    text = open_page(group_map).run("document.body.innerText")
    assert "ground_layer" not in text
    assert "macro_element" not in text
    assert "undefined" not in text
    assert "NaN" not in text


def test_controls_do_not_cover_each_other(open_page, group_map) -> None:
    opened = open_page(group_map)
    boxes = opened.run(
        """() => ['.rc-head', '.rc-map .folium-map', '.rc-key', '.rc-years', '.rc-side', '.rc-foot'].map((name) => {
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


def test_a_figure_of_the_group_stands_divided_beside_the_sites(open_page, group_map, group, pictures) -> None:
    opened = open_page(group_map)
    opened.page.locator(".rc-line-reclaimed button").click()
    told = opened.run("Object.fromEntries(Reclaim.shown.own.find((e) => e.key === 'sites').layer.told)")
    rows = group.ledger[group.ledger["year"] == 2019].set_index("site_id")["reclaimed"]
    assert {site: float(text.split()[0].replace(",", "")) for site, text in told.items()} == {
        site: round(m2 * 3 / 2000, 2) for site, m2 in rows.items() if m2 > 0
    }
    keep(opened, "group-laptop-figure", pictures)
    opened.page.locator(".rc-line-reclaimed button").click()
    assert opened.run("Reclaim.shown.own.find((e) => e.key === 'sites').layer.told") is None
    opened.assert_quiet()


def test_every_account_of_the_page_is_the_json_of_the_command(open_page, group_map, repository, capsys) -> None:
    from reclaim.cli import run

    held = {a["key"]: a["rows"] for a in open_page(group_map).run("Reclaim.data('reclaim-sheet').accounts")}
    for by, name in (("group", None), ("site", "site_id")):
        assert run(["ledger", str(repository / "data" / "geo" / "chinalco-2019"), "--by", by, "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)["rows"]
        assert len(rows) >= 5
        for row in rows:
            told = held[row[name] if name else "group"][str(row["year"])]
            assert told == {key: row[f"{key}_m2"] for key in told}


def test_the_dots_of_sites_follow_the_year(open_page, group_map, group) -> None:
    opened = open_page(group_map)
    parts = "Reclaim.shown.own.find((e) => e.key === 'sites').layer"
    read = f"() => {{ const l = {parts}; return l.source.places.map((p) => [p.id, l.parts(p)]); }}"
    last = opened.run(read)
    opened.page.locator(".rc-years-input").fill("0")
    first = dict(opened.run(read))
    assert first != dict(last)
    rows = group.spells[group.spells["end"].isna()]
    for site, shares in last:
        own = rows[rows["site_id"].str.split(";").map(lambda sites, site=site: site in sites)]
        land = own.groupby("state")["area_m2"].sum() / own["area_m2"].sum()
        assert dict(shares) == pytest.approx({states()[state].colour: share for state, share in land.items()}, abs=1e-6)


# --- controls ----------------------------------------------------------------------------------------------------


def test_the_year_slider_repaints_the_land(open_page, small) -> None:
    opened = open_page(small[1])
    opened.rest()
    first, last_mined = (107.5005, 23.3305), (107.5005 + 2 * 0.00125, 23.3305 + 0.00125)
    assert opened.colour_at("spells", *first)[1] > opened.colour_at("spells", *first)[0]  # reclaimed: green
    assert opened.colour_at("spells", *last_mined)[3] > 0
    opened.page.locator(".rc-years-input").focus()
    opened.page.keyboard.press("ArrowLeft")
    opened.rest()
    assert "2018-12-31" in opened.page.inner_text(".rc-years-label")
    assert opened.colour_at("spells", *last_mined)[3] == 0  # not mined yet
    opened.page.locator(".rc-play").click()
    opened.until("document.querySelector('.rc-years-label').textContent.includes('2019-12-31')")
    opened.assert_quiet()


def test_hover_and_click_tell_what_lies_there(open_page, small) -> None:
    opened = open_page(small[1])
    place = opened.point(107.5005, 23.3305)
    opened.page.mouse.move(*place)
    opened.page.wait_for_selector(".rc-tip")
    assert "reclaimed" in opened.page.inner_text(".rc-tip")
    opened.page.mouse.click(*place)
    opened.page.wait_for_selector(".rc-popup .rc-card")
    text = opened.page.inner_text(".rc-popup")
    area_m2 = small[0].spells["area_m2"].iloc[0]
    assert f"{area_m2 * 3 / 2000:,.2f}\u00a0mu · {area_m2 / 10000:,.2f}\u00a0ha" in text
    assert "1 September 2018" in text
    assert "parcels" in text  # the source rows
    assert opened.page.get_attribute(".leaflet-popup-close-button", "aria-label") == "Close"
    opened.page.keyboard.press("Escape")
    opened.until("!document.querySelector('.rc-popup')")
    opened.assert_quiet()


def test_every_layer_is_drawn_where_its_ground_is(open_page, group_map) -> None:
    opened = open_page(group_map)
    drawn = opened.run("Reclaim.shown.own.filter((e) => e.layer.shared).map((e) => e.key)")
    assert set(drawn) == {"findings", "cover", "parcels", "spells", "footprints", "permits", "rasters"}
    assert {"sites", "graticule"} <= set(opened.run("Reclaim.shown.own.map((e) => e.key)"))
    for key in set(drawn) - {"rasters"}:
        place = opened.run(
            """(key) => { const { map, own } = Reclaim.shown, layer = own.find((e) => e.key === key).layer;
              own.filter((e) => e.layer.shared).forEach((e) => e.layer.remove());
              layer.addTo(map);
              const c = layer.shared.content, f = [...Array(c.n).keys()].find((f) => layer.shown(f));
              map.fitBounds(layer.boundsOf(f), { maxZoom: 16, animate: false });
              const [start] = c.rings(f)[0];
              return [c.pool.lng[start], c.pool.lat[start]]; }""",
            key,
        )
        opened.rest()
        # outlines are drawn over their first vertex, fills beside it
        around = [opened.colour_at(key, place[0] + dx * 1e-5, place[1] + dy * 1e-5)[3]
                  for dx in (-2, 0, 2) for dy in (-2, 0, 2)]  # fmt: skip
        assert max(around) > 0, key
    opened.assert_quiet()


def test_the_legend_tells_what_is_shown(open_page, group_map) -> None:
    opened = open_page(group_map)
    key = opened.page.locator(".rc-key")
    assert "未复垦 open" in key.inner_text()
    assert "植被覆盖度" not in key.inner_text()
    cover = opened.page.locator('.rc-layer[data-key="cover"]')
    cover.locator(".rc-layer-name input").check()
    assert "0–20 %" in key.inner_text()
    assert "Cover classes (own choice, not a standard)" in key.inner_text()
    cover.locator("li input").first.uncheck()
    assert "0–20 %" not in key.inner_text()
    # an image of one site brings the map there; its classes cannot be switched off, so they have no box
    change = opened.page.locator('.rc-layer[data-key="rasters"]', has_text="Vegetation change")
    assert change.locator("li").count() == 2
    assert change.locator("li input").count() == 0
    change.locator("input").check()
    box = opened.run("Reclaim.shown.own.find((e) => e.key === 'rasters').meta.bounds")
    west, south, east, north = box
    assert opened.run("([s, w, n, e]) => Reclaim.shown.map.getBounds().contains([[s, w], [n, e]])",
                      [south, west, north, east])  # fmt: skip
    assert "lost" in key.inner_text()
    opened.assert_quiet()


def test_layers_and_classes_go_on_and_off(open_page, small) -> None:
    opened = open_page(small[1])
    opened.rest()
    place = (107.5005, 23.3305)
    spells = opened.page.locator('.rc-layer[data-key="spells"]')
    spells.locator("li", has_text="reclaimed").locator("input").uncheck()
    opened.rest()
    assert opened.colour_at("spells", *place)[3] == 0
    spells.locator(".rc-layer-name input").uncheck()
    assert not opened.run("Reclaim.shown.map.hasLayer(Reclaim.shown.ground)")
    parcels = opened.page.locator('.rc-layer[data-key="parcels"] .rc-layer-name input')
    parcels.check()
    opened.rest()
    assert opened.colour_at("parcels", *place)[3] > 0
    opened.assert_quiet()


def test_search_finds_by_id_and_by_name(open_page, small) -> None:
    opened = open_page(small[1])
    box = opened.page.locator(".rc-search-input")
    box.fill("p1")
    assert opened.page.locator(".rc-search-hit").count() == 1
    box.press("Enter")
    opened.page.wait_for_selector(".rc-popup .rc-card")
    assert "A-P1" in opened.page.inner_text(".rc-popup")
    box.fill("a-")
    found = opened.page.locator(".rc-search-hit .rc-search-name").all_inner_texts()
    assert [name for name in found if "-F" in name] == [f"A-F{i}" for i in range(6)]
    box.press("ArrowDown")
    opened.page.keyboard.press("ArrowDown")
    assert opened.run("document.activeElement.className") == "rc-search-hit"
    opened.page.keyboard.press("Escape")
    assert opened.run("document.activeElement.className") == "rc-search-input"
    assert opened.page.locator(".rc-search-list").is_hidden()
    box.fill("nothing like this")
    assert opened.page.locator(".rc-search-hit").count() == 0
    assert opened.page.locator(".rc-search-none").count() == 1
    opened.assert_quiet()


def test_measuring_is_on_the_ellipsoid(open_page, small) -> None:
    opened = open_page(small[1])
    opened.page.locator(".rc-tool-measure").click()
    corners = [(107.5001, 23.3301), (107.5031, 23.3303), (107.5029, 23.3319)]
    for lng, lat in corners:
        opened.page.mouse.click(*opened.point(lng, lat))
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
    opened.page.locator(".rc-measure button", has_text="Clear").click()
    assert opened.page.locator(".rc-measure").is_hidden()
    opened.assert_quiet()


def test_swipe_by_mouse_and_by_keys(open_page, small) -> None:
    opened = open_page(small[1])
    opened.page.locator(".rc-part", has_text="Swipe").locator("summary").click()
    opened.page.locator(".rc-swipe-button").click()
    opened.rest()
    assert opened.page.locator(".rc-swipe-tag").all_inner_texts() == ["2018", "2019"]
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
    opened.rest()
    # the sheet goes down, so that there is something to see
    assert opened.page.locator(".rc-open").count() == 0
    assert opened.page.locator(".rc-swipe-tag").all_inner_texts() == ["2018", "2019"]
    box, finger = opened.page.locator(".rc-swipe-grip").bounding_box(), opened.page.context.new_cdp_session(opened.page)
    x, y = box["x"] + 22, box["y"] + 22
    for kind, at in (("touchStart", x), ("touchMove", x - 60), ("touchMove", x - 130), ("touchEnd", None)):
        points = [] if at is None else [{"x": at, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    opened.rest()
    assert int(opened.page.locator(".rc-swipe-grip").get_attribute("aria-valuenow")) < 20
    opened.assert_quiet()


def test_swipe_of_an_image_and_the_land(open_page, group_map, pictures) -> None:
    opened = open_page(group_map)
    part = opened.page.locator(".rc-part", has_text="Swipe")
    part.locator("summary").click()
    left, right = part.locator("select").all()
    # first the land at its first and last year; no two sides are empty
    assert left.locator("option:checked").inner_text().endswith("2015")
    assert right.locator("option:checked").inner_text().endswith("2019")
    part.locator(".rc-swipe-button").click()
    assert opened.run("Reclaim.data('reclaim-sheet').places.some((p) => Reclaim.seen(Reclaim.shown.map, "
                      "L.latLngBounds(p.bounds)))")  # fmt: skip
    keep(opened, "group-laptop-swipe", pictures)
    left.select_option(label="NDVI 2017-08-20")
    opened.rest()
    assert opened.page.locator(".rc-swipe-tag").first.inner_text() == "NDVI 2017-08-20"
    west, south, east, north = opened.run(
        "Reclaim.shown.own.find((e) => e.key === 'rasters' && e.zh === 'NDVI 2017-08-20').meta.bounds"
    )
    assert opened.run("([s, w, n, e]) => Reclaim.shown.map.getBounds().contains([[s, w], [n, e]])",
                      [south, west, north, east])  # fmt: skip
    panes = opened.run(
        """() => [...document.querySelectorAll('.leaflet-pane')].filter((p) => p.style.clipPath)
          .map((p) => [...p.querySelectorAll('canvas')].some((c) =>
            c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v)))"""
    )
    assert panes == [True, True]
    keep(opened, "group-laptop-swipe-image", pictures)
    assert "NDVI" in opened.page.inner_text(".rc-key")
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


SMALL = """() => [...document.querySelectorAll('button, select, summary, a.leaflet-popup-close-button, ' +
    '.rc-classes label, .rc-layer-name, input[type=search], input[type=range]')]
  .map((e) => [e.className || e.tagName, e.getBoundingClientRect()])
  .filter(([, b]) => b.width > 0 && b.height > 0 && (b.height < 44 || b.width < 44))
  .map(([name, b]) => [name, b.width, b.height])"""


def test_on_a_phone_everything_can_be_touched(open_page, group_map, pictures) -> None:
    opened = open_page(group_map, "phone")
    assert opened.run("document.querySelector('.rc-side').getBoundingClientRect().height") < 60
    assert opened.run(SMALL) == []
    opened.page.locator(".rc-handle").tap()
    assert opened.run(SMALL) == []
    keep(opened, "group-phone-open", pictures)
    # all notes of the foot are in the sheet
    notes = opened.run("Reclaim.data('reclaim-sheet').notes")
    assert opened.page.locator(".rc-about p").all_inner_texts() == notes
    assert opened.page.locator(".rc-foot").is_hidden()
    before = opened.run("Reclaim.shown.map.getZoom()")
    opened.page.locator(".rc-part .rc-select").first.select_option("1")
    opened.page.locator(".rc-handle").tap()
    # what was chosen in the sheet stays in view when it goes down
    assert opened.run("Reclaim.shown.map.getZoom()") > before + 3
    assert opened.page.inner_text(".rc-foot") == notes[-1]
    opened.page.locator(".rc-tool-measure").tap()
    for x, y in ((120, 330), (240, 350), (200, 420)):
        opened.page.touchscreen.tap(x, y)
        opened.page.wait_for_timeout(350)
    assert opened.run(SMALL) == []
    keep(opened, "group-phone-measure", pictures)
    opened.page.locator(".rc-measure button").first.tap()
    assert opened.run("Reclaim.measure.places.length") == 3
    assert "亩" in opened.page.inner_text(".rc-measure")
    opened.page.locator(".rc-measure button", has_text="Clear").tap()
    opened.rest()
    opened.page.wait_for_timeout(350)
    site = opened.run(
        """() => { const g = Reclaim.shown.ground, b = Reclaim.shown.map.getBounds();
          const f = [...Array(g.shared.content.n).keys()].find((f) => g.shown(f) && b.contains(g.boundsOf(f)));
          Reclaim.pointer(Reclaim.shown.map).open(g.boundsOf(f).getCenter(), { layer: g, f });
          return f; }"""
    )
    assert site >= 0
    keep(opened, "group-phone-popup", pictures)
    assert opened.run(SMALL) == []
    popup, frame = (opened.page.locator(name).bounding_box() for name in (".leaflet-popup", ".rc-map .folium-map"))
    assert popup["x"] >= frame["x"] - 1
    assert popup["x"] + popup["width"] <= frame["x"] + frame["width"] + 1
    assert opened.page.locator(".rc-tools").is_hidden()  # nothing stands over the popup
    opened.assert_quiet()


def test_the_keyboard_reaches_everything(open_page, group_map) -> None:
    opened = open_page(group_map)
    for part in opened.page.locator(".rc-part:not([open]):visible > summary").all():
        part.click()
    wanted = opened.run(
        """() => { const found = [...document.querySelectorAll('button, select, summary, input, a[href]')]
            .filter((e) => e.offsetParent !== null && !e.disabled && e.checkVisibility());
          found.forEach((e, i) => (e.dataset.stop = i));
          document.activeElement.blur();
          return found.length; }"""
    )
    seen, unmarked = set(), []
    for _ in range(wanted + 12):
        opened.page.keyboard.press("Tab")
        stop, name, outline = opened.run(
            """() => { const e = document.activeElement, s = getComputedStyle(e);
              const marked = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0;
              return [e.dataset.stop ?? null, e.className, marked]; }"""
        )
        if stop is not None:
            seen.add(int(stop))
        if not outline and name:
            unmarked.append(name)
    assert len(seen) == wanted
    assert unmarked == []  # where the focus is, is seen
    unnamed = opened.run(
        """() => [...document.querySelectorAll('button, select, summary, input, [role]')]
          .filter((e) => !(e.ariaLabel || e.textContent.trim() || (e.labels && e.labels.length)
            || ['status', 'application'].includes(e.role))).map((e) => e.className)"""
    )
    assert unnamed == []


@pytest.mark.parametrize("lying", [True, False])
def test_it_prints_on_one_page(open_page, group_map, lying, tmp_path_factory) -> None:
    opened = open_page(group_map)
    path = tmp_path_factory.getbasetemp() / f"group-{lying}.pdf"
    opened.page.pdf(path=path, format="A4", landscape=lying, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", path.read_bytes())) == 1
    # the paper holds what the window held
    opened.run("window.dispatchEvent(new Event('beforeprint'))")
    assert opened.run(
        "Reclaim.data('reclaim-sheet').places.every((p) => Reclaim.shown.map.getBounds().contains(p.bounds))"
    )
    opened.run("window.dispatchEvent(new Event('afterprint'))")
    opened.page.emulate_media(media="print")
    text = opened.run("document.body.innerText")
    for said in ("示意铝业集团 2019", "86.6 %", "12,029.00", "未复垦 open", "sites.geojson", "EPSG:4490", "内部用图"):
        assert said in text
    assert opened.page.locator(".rc-tools").is_hidden()
    opened.assert_quiet()


# --- who it is for, and where it lies ----------------------------------------------------------------------------


def test_a_public_map_is_coarse_everywhere(open_page, group, tmp_path, pictures) -> None:
    path = maps.build(group, public=True).save(tmp_path / "public.html")
    opened = open_page(path)
    keep(opened, "group-laptop-public", pictures)
    assert "审图号（待填）" in opened.page.inner_text(".rc-foot")
    assert "Internal use" not in opened.page.inner_text(".rc-foot")
    assert "geojson" not in opened.page.inner_text(".rc-foot")
    assert opened.page.locator('.rc-layer[data-key="findings"]').count() == 0
    # the tolerance of the drawing would be a lie beside coarsened coordinates
    assert "0.44" not in opened.page.inner_text(".rc-foot")
    given = opened.run("Reclaim.data('reclaim-sheet')")
    corners = [value for account in given["accounts"][1:] for corner in account["bounds"] for value in corner]
    assert corners == [round(value, 2) for value in corners]
    approved = maps.build(group, public=True, approval="GS(2024)0001").save(tmp_path / "approved.html")
    assert "GS(2024)0001" in open_page(approved).page.inner_text(".rc-foot")


def test_both_sides_of_the_antimeridian_are_seen_and_found(open_page, tmp_path) -> None:
    west, east = shapely.box(179.99, -17, 179.999, -16.99), shapely.box(-179.999, -17, -179.99, -16.99)
    made = world_of([west, east], ["A", "B"])
    opened = open_page(maps.build(made).save(tmp_path / "far.html"))
    for lng in (179.995, 180.005):
        assert opened.run("(x) => Reclaim.shown.map.getBounds().contains([-16.995, x])", lng)
        assert opened.colour_at("spells", lng, -16.995)[3] > 0
    opened.page.locator(".rc-part .rc-select").first.select_option("2")
    opened.rest()
    assert opened.run("Reclaim.shown.map.getBounds().contains([-16.995, 180.005])")
    assert opened.colour_at("spells", 180.005, -16.995)[3] > 0
    opened.assert_quiet()


def test_one_square_and_a_name_of_two_thousand_signs(open_page, tmp_path, pictures) -> None:
    name = "很长的名称 long name " * 120
    made = world_of([shapely.box(107.5, 23.33, 107.501, 23.331)], [name])
    for size in ("laptop", "phone"):
        opened = open_page(maps.build(made).save(tmp_path / "one.html"), size)
        keep(opened, f"long-{size}", pictures)
        assert opened.run("document.documentElement.scrollWidth <= window.innerWidth")
        assert opened.run("document.querySelector('.rc-map .folium-map').getBoundingClientRect().height") > 300
        assert opened.colour_at("spells", 107.5005, 23.3305)[3] > 0
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
