"""The packed way and the plain way are one map: same words, same hits, same look, same legend."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.maps import layers
from tests.map_pages import Opened
from tests.map_worlds import LAT, LNG, frame, squares, world

pytestmark = pytest.mark.browser

DESCRIBED = """() => Object.fromEntries(Reclaim.shown.own.filter((e) => e.layer.describe).map((e) => [e.key,
  Array.from({ length: e.layer.shared.content.n },
    (_, f) => [true, false].map((tip) => JSON.stringify(e.layer.describe(f, tip))))]))"""
HITS = """(places) => places.map(([x, y]) => Reclaim.shown.own.filter((e) => e.layer.under)
  .map((e) => [e.key, e.layer._map ? e.layer.under(L.latLng(y, x)) : []]))"""


@pytest.fixture(scope="module")
def odd() -> Assessment:
    """Ground with a hole, in parts, thinner than a pixel; names that want to be markup; permits and findings."""
    ground = squares(6, across=3)
    holed = shapely.Polygon(ground[3].exterior.coords, [ground[3].buffer(-0.0002).exterior.coords])
    parts = shapely.MultiPolygon([shapely.box(LNG, LAT + 0.004, LNG + 0.0004, LAT + 0.0044), ground[5]])
    permits = frame([holed, parts], permit_id=["许-1", "<b>2</b>"], site_id=["A", "A"], valid_from=["2017", "2018"])
    zones = frame([parts], zone_id=["z"], site_id=["A"], kind=["parcel"])
    return world(['A <b>"{{7*7}}"</b> \u202e'], permits=permits, zones=zones)


def both_ways(made: Assessment, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    plain = maps.build(made).save(folder / "plain.html")
    monkeypatch.setattr(layers, "PLAIN_FEATURES", 0)
    return [plain, maps.build(made).save(folder / "packed.html")]


def forms(opened: Opened) -> set[str]:
    return set(opened.run("() => Reclaim.shown.own.filter((e) => e.layer.describe).map((e) => e.layer.meta.form)"))


def test_both_ways_say_show_and_answer_the_same(open_page, odd, tmp_path, monkeypatch) -> None:
    pages = [open_page(path) for path in both_ways(odd, tmp_path, monkeypatch)]
    assert [forms(page) for page in pages] == [{"geojson"}, {"packed"}]
    plain, packed = (page.run(DESCRIBED) for page in pages)
    assert list(plain) == list(packed)
    for key, rows in plain.items():
        for one, other in zip(rows, packed[key], strict=True):
            assert one == other, key
    assert sum(map(len, plain.values())) >= 10
    legends = [page.page.inner_text(".rc-side") for page in pages]
    # the packed map also says how far its outlines may lie from the true ones
    assert legends[0] == legends[1]
    for page in pages:
        page.rest()
    views = [np.frombuffer(_pixels(page), dtype=np.uint8).astype(int) for page in pages]
    assert len(views[0]) == len(views[1])
    assert np.mean(np.abs(views[0] - views[1]) > 24) < 0.01
    for page in pages:
        page.assert_quiet()


def test_both_ways_hit_the_same_ground(open_page, odd, tmp_path, monkeypatch) -> None:
    ground = odd.spells.geometry
    inside = shapely.get_coordinates(ground.representative_point().to_numpy()).tolist()
    hole = squares(6, across=3)[3].centroid
    outside = [[LNG - 0.0005, LAT - 0.0005], [hole.x, hole.y], [LNG + 0.0002, LAT + 0.0042]]
    told = []
    for path in both_ways(odd, tmp_path, monkeypatch):
        opened = open_page(path)
        opened.run("() => Reclaim.shown.own.forEach((e) => { if (e.layer.setDay) e.layer.addTo(Reclaim.shown.map); })")
        opened.rest()
        told.append(opened.run(HITS, inside + outside))
    assert told[0] == told[1]
    assert all(any(key == "spells" and hits for key, hits in place) for place in told[0][: len(inside)])


def _pixels(opened: Opened) -> bytes:
    import io

    from PIL import Image

    shot = opened.page.locator(".rc-map .folium-map").screenshot()
    return Image.open(io.BytesIO(shot)).convert("RGB").tobytes()
