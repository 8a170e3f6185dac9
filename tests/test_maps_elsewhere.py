"""Our layers away from home: in a notebook or report, on a planner's own map, over tile services."""

import math
from io import BytesIO
from pathlib import Path

import folium
import pytest
from PIL import Image

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.maps.rasters import Picture
from tests.map_worlds import world

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def group(repository: Path) -> Assessment:
    from reclaim.verbs.land import assess

    return assess(repository / "data" / "geo" / "chinalco-2019")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Assessment, Path]:
    made = world()
    return made, maps.build(made, language="en").save(tmp_path_factory.mktemp("maps") / "small.html")


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
    maps.GraticuleLayer(language="en").add_to(own)
    picture = Picture("影像", "Picture", _png(), (107.4995, 23.3295, 107.505, 23.333), 10.0)
    maps.RasterLayer(picture, language="en").add_to(own)
    folium.LayerControl().add_to(own)
    text, identities = rendered(own)
    page = tmp_path / "own.html"
    page.write_text(one_file(text, identities=identities), encoding="utf-8")
    opened = open_page(page)
    assert opened.page.locator(".leaflet-control-layers-overlays label").count() == len(shown.features) + 3
    listed = opened.run("document.querySelector('.leaflet-control-layers').textContent")
    for name in ("State of the land", "Parcels by stage", "Footprints by year", "Sites", "Graticule", "Picture"):
        assert name in listed
    opened.page.mouse.click(670, 396)
    opened.page.wait_for_selector(".rc-popup .rc-card")
    assert "mu" in opened.page.inner_text(".rc-popup")
    painted = opened.run(
        """() => [...document.querySelectorAll('.leaflet-pane canvas')].filter((c) =>
          c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v)).length"""
    )
    assert painted >= 5
    opened.assert_quiet()


def _png() -> bytes:
    stream = BytesIO()
    Image.new("RGB", (64, 64), "#446644").save(stream, format="PNG")
    return stream.getvalue()


@pytest.mark.parametrize("name", ["my layer", "我的图层", "{{7*191}}<b>"])
def test_a_planners_layers_are_in_our_list(open_page, small, name, tmp_path) -> None:
    sheet = maps.build(small[0], language="en")
    mine = folium.FeatureGroup(name=name).add_to(sheet.map)
    folium.Rectangle([[23.330, 107.500], [23.333, 107.504]]).add_to(mine)
    opened = open_page(sheet.save(tmp_path / "mine.html"))
    line = opened.page.locator(".rc-layer").first  # the last one added lies on top
    assert line.inner_text() == name
    assert opened.page.locator("path.leaflet-interactive").count() == 1
    line.locator("input").uncheck()
    assert opened.page.locator("path.leaflet-interactive").count() == 0
    opened.assert_quiet()


def test_a_planners_markers_stand_on_our_sheet(open_page, small, tmp_path) -> None:
    sheet = maps.build(small[0])
    folium.Marker([23.331, 107.501], popup="one", tooltip="two").add_to(sheet.map)
    folium.CircleMarker([23.332, 107.502]).add_to(sheet.map)
    opened = open_page(sheet.save(tmp_path / "marked.html"))
    assert opened.page.locator("img.leaflet-marker-icon").count() == 1
    assert opened.run("document.querySelector('img.leaflet-marker-icon').naturalWidth") == 25
    opened.page.locator("img.leaflet-marker-icon").click()
    opened.page.wait_for_selector(".leaflet-popup-content")
    opened.assert_quiet()


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
