"""Maps of 100,000 parcels in headless Chromium with the network off, and 10,000 beside folium.GeoJson and explore."""

import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
from tests.map_worlds import big_world

from benchmarks.rows import Row
from reclaim import maps
from reclaim.assessment import Assessment
from reclaim.maps import assets

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip

_PAN = """async () => { const map = MAP, frames = []; let last = performance.now();
  for (let i = 0; i < 60; i++) { map.panBy([i % 20 < 10 ? 25 : -25, 10 - (i % 20)], { animate: false });
    await new Promise((next) => requestAnimationFrame(next)); const now = performance.now();
    frames.push(now - last); last = now; }
  return frames.slice(2); }"""


@dataclass
class Seen:
    """What a page took."""

    megabytes: float
    ready_s: float
    frame_ms: float  # 95th percentile while panning


def run() -> list[Row]:
    if not CHROMIUM.exists():
        return [Row("maps: needs Chromium (apt-get install chromium)", 0.0, "–", None, None, "–")]
    with tempfile.TemporaryDirectory() as folder, browser() as opened:
        return [*_hundred_thousand(Path(folder), opened), *_ten_thousand(Path(folder), opened), _carried()]


def _hundred_thousand(folder: Path, opened: Any) -> list[Row]:
    world = big_world(100_000)
    begun, wall = time.process_time(), time.monotonic()
    path = maps.build(world).save(folder / "many.html")
    cpu, wall = time.process_time() - begun, time.monotonic() - wall
    seen = looked_at(opened, path, ours=True)
    begun = time.process_time()
    maps.build(world).png()
    drawn = time.process_time() - begun
    return [
        Row(f"map of 100 k parcels: {seen.megabytes:.1f} MB, made in {wall:.0f} s", cpu, "–", None, None,
            "≤ 7 MB, ≤ 30 s"),
        Row(f"ready {seen.ready_s:.1f} s; pan frame, 95th percentile {seen.frame_ms:.0f} ms", seen.ready_s, "–", None,
            None, "≤ 3 s, ≤ 35 ms"),
        Row("100 k parcels drawn on paper", drawn, "–", None, None, "≤ 10 s"),
    ]  # fmt: skip


def _ten_thousand(folder: Path, opened: Any) -> list[Row]:
    world = big_world(10_000)
    ours = looked_at(opened, maps.build(world).save(folder / "ours.html"), ours=True)
    frame = _plain(world)
    rows = []
    for name, make in (("folium.GeoJson", by_folium), ("geopandas.explore", by_explore)):
        path = folder / f"{name}.html"
        path.write_text(inlined(make(frame)), encoding="utf-8")
        theirs = looked_at(opened, path, ours=False)
        for what, mine, other, goal in (
            ("size, MB", ours.megabytes, theirs.megabytes, 10), ("ready, s", ours.ready_s, theirs.ready_s, 4),
            ("pan frame p95, ms", ours.frame_ms, theirs.frame_ms, 8),
        ):  # fmt: skip
            rows.append(Row(f"map of 10 k parcels: {what}", mine, name, other, other / mine, goal))
    return rows


def _carried() -> Row:
    size = sum(len(asset.content()) for asset in assets.manifest().values()) / 1e6
    return Row(f"vendored assets: {size:.2f} MB", 0.0, "–", None, None, "≤ 0.5 MB")


def _plain(world: Assessment) -> gpd.GeoDataFrame:
    """The same land with the same values, as a planner has it in a frame."""
    frame = world.spells[world.spells["end"].isna()].copy()
    for name in ("start", "end"):
        frame[name] = frame[name].dt.strftime("%Y-%m-%d")
    return frame


def by_folium(frame: gpd.GeoDataFrame) -> str:
    """An ordinary folium map with tooltip."""
    page = folium.Map(location=[23.4, 107.6], zoom_start=13, tiles=None)
    fields = ["face_id", "site_id", "state", "start", "area_m2"]
    folium.GeoJson(frame, tooltip=folium.GeoJsonTooltip(fields)).add_to(page)
    return str(page.get_root().render())


def by_explore(frame: gpd.GeoDataFrame) -> str:
    """The one line that geopandas offers."""
    page = frame.explore("state", tiles=None, tooltip=["face_id", "site_id", "state", "start", "area_m2"], legend=False)
    return str(page.get_root().render())


def inlined(html: str) -> str:
    """Their page with Leaflet inside it, so that the network does not count against them; other links are cut."""
    import re

    def script(found: Any) -> str:
        asset = assets.asset_for(found[1])
        return f"<script>{asset.content().decode()}</script>" if asset else ""

    html = re.sub(r'<script src="([^"]*)"></script>', script, html)
    return re.sub(r'<link rel="stylesheet" href="[^"]*"\s*/?>', "", html)


@contextmanager
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


def looked_at(opened: Any, path: Path, *, ours: bool, times: int = 3) -> Seen:
    """Size, time until all is drawn, and frames while the map is dragged; medians of some runs."""
    ready, frames = [], []
    for _ in range(times):
        context = opened.new_context(viewport={"width": 1366, "height": 768}, offline=True)
        page = context.new_page()
        begun = time.monotonic()
        page.goto(path.as_uri(), wait_until="load", timeout=180_000)
        page.evaluate("window.reclaimReady" if ours else _TWO_FRAMES)
        ready.append(time.monotonic() - begun)
        found = "Reclaim.shown.map" if ours else "window[Object.keys(window).find((k) => /^map_[0-9a-f]{32}$/.test(k))]"
        page.evaluate(f"() => {{ const m = {found}; m.setZoom(m.getZoom() + 2, {{ animate: false }}); }}")
        page.wait_for_timeout(600)
        frames.append(sorted(page.evaluate(_PAN.replace("MAP", found)))[-4])
        context.close()
    return Seen(path.stat().st_size / 1e6, statistics.median(ready), statistics.median(frames))


_TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
