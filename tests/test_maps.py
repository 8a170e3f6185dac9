"""Maps: what goes into a page goes in as data, steady, offline, and true to the ledger."""

import base64
import hashlib
import html as entities
import json
import re
import warnings
from pathlib import Path
from unittest import mock

import folium
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.errors import FileError, MapError
from reclaim.maps import accounts, assets, embed, offline, sheet
from reclaim.maps.escape import json_text, markup_text
from reclaim.maps.features import unwrapped
from reclaim.maps.frames import Frame, frames
from reclaim.maps.page import rendered
from reclaim.maps.themes import cover_classes
from reclaim.vocabulary import load, states, words
from tests.map_worlds import LAT, LNG, frame, squares, world

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("<>\"'`${}%#\\/&\u2028\u2029\u202e\u2066\u0000\ud800\U0001f4a5{{}}"), st.characters()
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def small() -> Assessment:
    return world()


@pytest.fixture(scope="module")
def group(repository: Path) -> Assessment:
    from reclaim.verbs.land import assess

    return assess(repository / "data" / "geo" / "chinalco-2019")


# --- text on its way into a page ---------------------------------------------------------------------------------


@given(HOSTILE)
@settings(max_examples=300, deadline=None)
def test_json_stays_data(text: str) -> None:
    made = json_text({"name": text, text: [1, None]})
    assert json.loads(made)["name"] == text
    inside = "".join(re.findall(r'"(?:[^"\\]|\\.)*"', made))
    assert not re.search("[<>&`{}\u2028\u2029\ud800-\udfff]", inside)
    made.encode("utf-8")


@given(HOSTILE)
@settings(max_examples=300, deadline=None)
def test_markup_stays_text(text: str) -> None:
    made = markup_text(text)
    assert not re.search("[<>\"'`{}\\\\]", made)
    shown = text.encode("utf-8", "replace").decode("utf-8")
    assert entities.unescape(made) == entities.unescape(entities.escape(shown))


@pytest.mark.parametrize(
    "payload", ["{{191*191*191}}", "{% raw %}", "{# x", "{{ cycler.__init__.__globals__.os.getcwd() }}"]
)
def test_no_text_of_a_user_is_template_source(payload: str) -> None:
    page = maps.build(world([payload], title=payload)).html()
    assert "6967871" not in page
    assert str(Path.cwd()) not in page
    own = folium.Map(tiles=None)
    for features in maps.content(world([payload])).features:
        maps.GroundLayer(features).add_to(own)
    folium.LayerControl().add_to(own)
    assert "6967871" not in own.get_root().render()


@pytest.fixture(scope="module")
def tags_of_a_plain_page() -> int:
    return _tags(world(["A"], title="A"))


@given(text=HOSTILE.filter(lambda text: text.strip() != ""))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hostile_names_make_no_markup(tags_of_a_plain_page: int, text: str) -> None:
    clean = text.encode("utf-8", "replace").decode("utf-8")
    assert _tags(world([clean], title=clean)) == tags_of_a_plain_page


def _tags(made: Assessment) -> int:
    """Pieces of markup in a page, its data left out; without the picture, which takes long to draw."""
    with mock.patch("reclaim.maps.noscript._picture", return_value=""):
        return len(re.findall(r"<[a-zA-Z/!]", _without_data(maps.build(made).html())))


def _without_data(page: str) -> str:
    return re.sub(r'<script type="[^"]+" id="[^"]*">[^<]*</script>', "", page)


# --- one file, offline, steady -----------------------------------------------------------------------------------


def test_the_same_input_gives_the_same_bytes(small: Assessment, tmp_path: Path) -> None:
    pages = [maps.build(small).html() for _ in range(2)]
    assert pages[0] == pages[1]
    assert maps.build(small).html() == pages[0]
    one = maps.build(small)
    assert one.html() == one.html()  # rendered twice


def test_letters_are_those_of_one_face_in_whatever_order_fonts_are_listed(monkeypatch) -> None:
    from matplotlib import font_manager

    from reclaim.figures import fonts

    found = fonts.find_chinese()
    if found is None:
        pytest.skip("needs a Chinese font: apt-get install fonts-noto-cjk")
    listed = font_manager.fontManager.ttflist
    for order in (listed[::-1], sorted(listed, key=lambda face: face.fname)):
        monkeypatch.setattr(font_manager.fontManager, "ttflist", order)
        assert fonts._known() == found


def test_everything_is_inside_and_the_policy_knows_every_script(small: Assessment) -> None:
    page = maps.build(small).html()
    assert not re.search(r"""<(script|link|img|iframe)[^>]*(src|href)=["']?(https?:|//)""", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "http" not in policy[1]
    assert "unsafe-eval" not in policy[1]
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) >= 3
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
    assert embed.script_hashes(page) == tuple(re.findall(r"'sha256-[^']*'", policy[1]))


def test_what_needs_a_network_is_refused_by_name(small: Assessment, tmp_path: Path) -> None:
    sheet = maps.build(small)
    folium.TileLayer("https://tiles.example.org/{z}/{x}/{y}.png", attr="x").add_to(sheet.map)
    with pytest.raises(MapError, match=r"tiles\.example\.org"):
        sheet.save(tmp_path / "a.html")
    assert not (tmp_path / "a.html").exists()
    page = sheet.html(offline_only=False)
    assert "img-src data: blob: https://tiles.example.org" in page
    marked = maps.build(small)
    folium.Marker([LAT, LNG], icon=folium.Icon(icon="star")).add_to(marked.map)
    with pytest.raises(MapError, match=r"bootstrap|awesome"):
        marked.html()
    from folium.plugins import MiniMap

    plugged = maps.build(small)
    MiniMap().add_to(plugged.map)
    with pytest.raises(MapError, match="http"):
        plugged.html()


def test_a_page_over_its_budget_says_so(small: Assessment) -> None:
    text, identities = rendered(maps.build(small).map)
    with pytest.raises(MapError, match="MB, over its budget"):
        offline.one_file(text, identities=identities, budget=100_000)


def test_vendored_files_are_those_of_the_manifest() -> None:
    known = assets.manifest()
    assert 8 <= len(known) <= 12
    assert sum(len(asset.content()) for asset in known.values()) <= 500_000
    for asset in known.values():
        assert asset.version
        assert asset.licence
    vendor = Path(assets.__file__).parent / "assets" / "vendor"
    assert {path.name for path in vendor.iterdir() if not path.name.startswith(".")} == set(known)
    broken = assets.Asset("leaflet.js", "leaflet", "1.9.4", "BSD-2-Clause", "0" * 64)
    with pytest.raises(MapError, match="vendor_assets"):
        broken.content()


def test_samples_are_small_files(group: Assessment) -> None:
    assert len(maps.build(group).html().encode()) <= 1_200_000


def test_an_old_file_is_replaced_only_by_a_whole_new_one(small: Assessment, tmp_path: Path, monkeypatch) -> None:
    target = tmp_path / "map.html"
    target.write_text("old", encoding="utf-8")
    sheet = maps.build(small)
    folium.TileLayer("https://tiles.example.org/{z}/{x}/{y}.png", attr="x").add_to(sheet.map)
    with pytest.raises(MapError):
        sheet.save(target)
    assert target.read_text(encoding="utf-8") == "old"
    with pytest.raises(MapError, match=r"\.gif"):
        maps.build(small).save(tmp_path / "map.gif")
    with pytest.raises(FileError):
        maps.build(small).save(target / "inside" / "map.html")


# --- figures -----------------------------------------------------------------------------------------------------


def test_every_cell_is_the_sum_of_the_ground_it_highlights(group: Assessment) -> None:
    numbers, told = accounts.stories(group)
    area = group.land.partition.area_m2
    stocks = {"opening": "stock", "closing": "stock", "temporary": "temporary", "ever": "ever"}
    rows = [("group", row) for row in group.group.to_dict("records")]
    rows += [(row["site_id"], row) for row in group.ledger.to_dict("records")]
    checked = 0
    for account, row in rows:
        year = int(row["year"])
        for column in accounts.columns():
            key = column["key"]
            if np.isnan(row[key]):
                continue
            signs = [_sign(story.get(account, []), key, stocks, year) for story in told]
            summed = sum(area[face] * signs[number] for face, number in numbers.items())
            assert summed == pytest.approx(row[key], abs=1e-3)
            checked += 1
    assert checked > 200


def _sign(entries: list, key: str, stocks: dict, year: int) -> int:
    if key in stocks:
        last = year - 1 if key == "opening" else year
        return sum(sign for column, when, sign in entries if column == stocks[key] and when <= last)
    return sum(sign for column, when, sign in entries if column == key and when == year)


def test_the_panel_holds_the_ledger_unrounded(group: Assessment) -> None:
    config = maps.build(group).map.config
    for account in config["accounts"]:
        table = group.group if account["key"] == "group" else group.ledger[group.ledger["site_id"] == account["key"]]
        for row in table.to_dict("records"):
            shown = account["rows"][str(int(row["year"]))]
            for key, value in shown.items():
                assert value == row[key] or (value is None and np.isnan(row[key]))
    assert config["rates"][0]["value"] == "86.6 %"
    assert config["rates"][0]["basis"]["code"] == "damaged"


# --- layers ------------------------------------------------------------------------------------------------------


def test_spells_carry_their_time_and_their_words(small: Assessment) -> None:
    spells = maps.content(small, language="en").layer("spells")
    assert [cls.code for cls in spells.classes] == [code for code in states() if code in set(small.spells["state"])]
    day = (np.datetime64("2018-12-31") - np.datetime64("1970-01-01")).astype(int)
    then = spells.at(int(day))
    assert len(then) == 4
    assert then.columns["since"][0] in {"1 March 2018", "1 September 2018"}
    assert any("parcels" in cause for cause in spells.columns["cause"])


def test_cover_classes_are_half_open_and_the_last_is_closed() -> None:
    classes, place = cover_classes(np.array([0.0, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0, np.nan, 0.1999999]))
    names = [classes[i].en for i in place]
    assert names == ["0–20 %", "20–40 %", "40–60 %", "60–80 %", "80–95 %", "95–100 %", "95–100 %", "no data", "0–20 %"]


def test_unknown_words_are_drawn_and_named() -> None:
    made = world(["甲"])
    footprints = maps.content(made).layer("footprints")
    assert "甲" in footprints.columns["damage"]


def test_the_legend_of_a_plain_and_a_packed_layer_is_the_same(small: Assessment, monkeypatch) -> None:
    features = maps.content(small).layer("spells")
    plain = maps.GroundLayer(features).source()["meta"]
    monkeypatch.setattr("reclaim.maps.layers.PLAIN_FEATURES", 1)
    packed = maps.GroundLayer(features)
    assert packed.tolerance_m == 0.25 * 1.75
    assert plain["form"], packed.source()["meta"]["form"] == ("geojson", "packed")
    for key in ("fields", "classes", "label", "timed", "names"):
        assert plain[key] == packed.source()["meta"][key]


def test_plain_layers_are_geojson_that_others_read(small: Assessment) -> None:
    page = maps.build(small).html()
    blocks = re.findall(r'<script type="application/geo\+json" id="[^"]*">(.*?)</script>', page, re.DOTALL)
    assert len(blocks) == 3
    parcels = next(json.loads(b) for b in blocks if "parcel_id" in b)
    assert parcels["type"] == "FeatureCollection"
    assert len(parcels["features"]) == 3
    first = shapely.from_geojson(json.dumps(parcels["features"][0]["geometry"]))
    assert shapely.hausdorff_distance(first, small.tables["parcels"].geometry.iloc[0]) < 1e-7


def test_ground_on_both_sides_of_the_antimeridian_lies_together() -> None:
    east, west = squares(2, west=179.99, south=-17.0), squares(2, west=-179.999, south=-17.0)
    ground = np.concatenate([east, west])
    made = world()
    table = frame(ground, footprint_id=list("abcd"), site_id=["A"] * 4, date=["2019"] * 4)
    from reclaim.maps import themes

    features = themes.footprints(_checked(table), {})
    (shifted,) = unwrapped([features])
    assert shifted.bounds[2] - shifted.bounds[0] < 0.1
    assert unwrapped([maps.content(made).layer("spells")])[0].bounds[0] == pytest.approx(LNG, abs=0.01)


def _checked(table):
    import pandas as pd

    stamps = pd.to_datetime(table["date"])
    return table.assign(date=stamps, date_start=stamps, date_precision="year", _source="f.gpkg", _row=range(len(table)))


def test_tables_may_be_empty_and_sites_single_points() -> None:
    point = frame([shapely.Point(LNG, LAT)], site_id=["far"], name=["Far"])
    made = world(sites=point)
    sheet = maps.build(made)
    assert len(sheet.html()) > 100_000
    assert {place.id for place in sheet.shown.places} == {"A", "far"}
    bare = maps.content(made).layer("findings")
    assert bare is None or len(bare) >= 0


@pytest.mark.slow
def test_a_polygon_of_a_million_vertices_is_reduced_and_says_by_how_much() -> None:
    turns = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    radius = 0.05 * (1 + 0.1 * np.sin(40 * turns))
    huge = shapely.polygons(np.column_stack([LNG + radius * np.cos(turns), LAT + radius * np.sin(turns)]))
    table = _checked(frame([huge], footprint_id=["huge"], site_id=["A"], date=["2019"]))
    from reclaim.maps import themes

    layer = maps.GroundLayer(themes.footprints(table, {}))
    assert layer.shared is not None
    assert len(layer.shared.pool.payload) < 200_000
    assert layer.tolerance_m <= 1.75


# --- who it is for -----------------------------------------------------------------------------------------------


def test_a_public_map_is_coarse_and_silent_about_files(group: Assessment) -> None:
    sheet = maps.build(group, public=True)
    page = sheet.html()
    for word in ("parcels.geojson", "footprints.geojson"):
        assert word not in page
    notes = " ".join(sheet.map.config["notes"])
    assert "内部用图" not in notes
    assert "审图号" in notes
    for features in sheet.shown.features:
        coordinates = shapely.get_coordinates(features.geometry)
        assert np.allclose(coordinates, coordinates.round(3), atol=1e-9)
    assert sheet.shown.layer("findings") is None
    numbered = maps.build(group, public=True, approval="GS(2019)1234号")
    assert "审图号 Map review number: GS(2019)1234号" in numbered.map.config["notes"]
    # the figures do not change
    assert numbered.map.config["accounts"][0]["rows"]["2019"]["reclaimed"] == group.group["reclaimed"].iloc[-1]


def test_made_up_data_say_so(group: Assessment) -> None:
    assert maps.build(group).map.config["illustrative"] is True


@pytest.mark.parametrize(
    ("language", "there", "away"), [("zh", "土地状态", "State of the land"), ("en", "State of the land", None)]
)
def test_a_map_speaks_the_language_asked_for(small: Assessment, language, there, away) -> None:
    sheet = maps.build(small, language=language)
    layer = next(
        c for c in sheet.map._children.values() if isinstance(c, maps.GroundLayer) and c.features.key == "spells"
    )
    assert layer.layer_name == there
    assert away is None or away not in layer.layer_name


def test_a_notebook_gets_a_map_a_picture_and_text(small: Assessment) -> None:
    made = maps.build(small, language="en")._repr_mimebundle_()
    assert set(made) == {"text/html", "image/png", "text/plain"}
    assert made["text/html"].startswith("<iframe srcdoc=")
    assert made["image/png"].startswith(b"\x89PNG")
    assert "<Sheet" in made["text/plain"]


# --- colours -----------------------------------------------------------------------------------------------------

# Machado, Oliveira and Fernandes 2009, severity 1.0, linear RGB
MACHADO = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def _lab(colour: str, seen_by: str | None) -> np.ndarray:
    rgb = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if seen_by:
        linear = np.clip(np.array(MACHADO[seen_by]) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    f = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("seen_by", [None, *MACHADO])
def test_colours_keep_their_distance_for_every_reader(seen_by: str | None) -> None:
    sets = {
        "states": [word.colour for word in states().values()],
        "stages": [word.colour for word in words("stages").values()],
        "cover": [*load("maps")["cover_classes"]["colours"]],
        "severities": [entry["colour"] for entry in load("maps")["severities"].values()],
    }
    for name, colours in sets.items():
        labs = [_lab(colour, seen_by) for colour in colours]
        gaps = [float(np.linalg.norm(a - b)) for i, a in enumerate(labs) for b in labs[i + 1 :]]
        assert min(gaps) >= 11, f"{name} as seen by {seen_by}: {min(gaps):.1f}"


def test_a_state_is_never_told_by_colour_alone() -> None:
    hatches = [word.hatch for word in states().values()]
    assert len(set(hatches)) == len(hatches)


# --- layout on paper ---------------------------------------------------------------------------------------------


def test_far_sites_get_a_frame_each_and_near_ones_share_one(group: Assessment, small: Assessment) -> None:
    shown = maps.content(group)
    asked = frames(shown.bounds, shown.places, title=("甲", "A"))
    assert asked[0].overview
    assert len(asked) == 1 + len([place for place in shown.places if place.bounds])
    near = maps.content(small)
    assert [frame.overview for frame in frames(near.bounds, near.places, title=("甲", "A"))] == [False]
    assert frames(None, (), title=("甲", "A")) == []


def test_a_frame_takes_the_shape_of_its_paper() -> None:
    made = Frame("", "", (106.0, 26.0, 106.1, 26.01)).fitted(1.5, foot=0.1)
    assert made.width_m / made.height_m == pytest.approx(1.5, rel=1e-3)
    assert made.box[0] < 106.0
    assert made.box[3] > 26.01


def test_warnings_stay_quiet(small: Assessment) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        maps.build(small, language="en").html()


def test_what_a_map_and_its_report_show_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made, asked = world(), []
    whole = sheet.content
    monkeypatch.setattr(sheet, "content", lambda *a, **k: asked.append(k["language"]) or whole(*a, **k))
    pages = [maps.build(made, language="en").html() for _ in range(2)]
    assert asked == ["en"]
    assert pages[0] == pages[1]
    maps.build(made, language="zh").html()
    maps.build(world(), language="en").html()
    assert asked == ["en", "zh", "en"]
