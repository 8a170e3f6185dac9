"""Maps of 100,000 parcels in headless Chromium with the network off, and 10,000 beside folium.GeoJson and explore."""

import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import psutil
from tests.map_worlds import big_tables, big_world

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
    """What a page took: processor time of all the browser's processes, and what a watch says of the same."""

    megabytes: float
    ready_cpu_s: float
    ready_s: float
    frame_cpu_ms: float  # mean while panning
    frame_ms: float  # 95th percentile while panning


SAMPLE = Path(__file__).parents[1] / "data" / "geo" / "chinalco-2019"
PROJECT = """[project]
name = "Many"
[layers.footprints]
path = "footprints.gpkg"
meaning = "increment"
[layers.parcels]
path = "parcels.gpkg"
"""


def run() -> list[Row]:
    if not CHROMIUM.exists():
        return [Row("maps: needs Chromium (apt-get install chromium)", 0.0, "–", None, None, "–")]
    with tempfile.TemporaryDirectory() as folder, browser() as opened:
        return [*_hundred_thousand(Path(folder), opened), *_ten_thousand(Path(folder), opened), *_carried(Path(folder))]


def _hundred_thousand(folder: Path, opened: Any) -> list[Row]:
    for name, table in big_tables(100_000).items():
        table.to_file(folder / f"{name}.gpkg")
    (folder / "reclaim.toml").write_text(PROJECT, encoding="utf-8")
    whole = command(folder, folder / "many.html")
    seen = looked_at(opened, folder / "many.html", ours=True)
    sheet = maps.build(big_world(100_000))
    begun = time.process_time()
    sheet.html()
    drawn = time.process_time() - begun
    begun = time.process_time()
    sheet.png()
    paper = time.process_time() - begun
    return [
        Row("`reclaim map` of 100 k parcels, all of it", whole, "–", None, None, "≤ 30 s"),
        Row(f"of it the page: {seen.megabytes:.1f} MB", drawn, "–", None, None, "≤ 10 s, ≤ 7 MB"),
        Row("its map on paper", paper, "–", None, None, "≤ 10 s"),
        Row(f"ready in Chromium (by the watch {seen.ready_s:.1f} s)", seen.ready_cpu_s, "–", None, None, "≤ 3 s"),
        Row(f"a frame while panning (by the watch, p95: {seen.frame_ms:.0f} ms)", seen.frame_cpu_ms / 1000, "–", None,
            None, "≤ 0.035 s"),
    ]  # fmt: skip


def command(project: Path, output: Path) -> float:
    """CPU seconds of the whole command, with the start of Python and the reading of the files."""
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    line = [sys.executable, "-m", "reclaim", "map", str(project), "-o", str(output)]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (ended.ru_utime + ended.ru_stime) - (begun.ru_utime + begun.ru_stime)


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
            ("size, MB", ours.megabytes, theirs.megabytes, 10),
            (f"ready (by the watch {ours.ready_s:.1f} and {theirs.ready_s:.1f} s)", ours.ready_cpu_s,
             theirs.ready_cpu_s, 4),
            (f"a frame while panning (by the watch, p95: {ours.frame_ms:.0f} and {theirs.frame_ms:.0f} ms)",
             ours.frame_cpu_ms / 1000, theirs.frame_cpu_ms / 1000, 8),
        ):  # fmt: skip
            rows.append(Row(f"map of 10 k parcels: {what}", mine, name, other, other / mine, goal))
    return rows


def _carried(folder: Path) -> list[Row]:
    assets_mb = sum(len(asset.content()) for asset in assets.manifest().values()) / 1e6
    spent = command(SAMPLE, folder / "sample.html")
    size = (folder / "sample.html").stat().st_size / 1e6
    return [
        Row(f"the illustrative group's map with every control: {size:.2f} MB", spent, "–", None, None, "≤ 1.2 MB"),
        Row(f"vendored assets: {assets_mb:.2f} MB", 0.0, "–", None, None, "≤ 0.5 MB"),
    ]


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
    """Size, time until all is drawn, and frames while the map is dragged; the best of some runs."""
    runs = [_once(opened, path, ours=ours) for _ in range(times)]
    return Seen(path.stat().st_size / 1e6, *(min(values) for values in zip(*runs, strict=True)))


def _once(opened: Any, path: Path, *, ours: bool) -> tuple[float, float, float, float]:
    context = opened.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    page = context.new_page()
    page.goto("about:blank")
    begun, cpu = time.monotonic(), browser_cpu()
    page.goto(path.as_uri(), wait_until="load", timeout=180_000)
    page.evaluate("window.reclaimReady" if ours else _TWO_FRAMES)
    ready, ready_cpu = time.monotonic() - begun, spent_since(cpu)
    found = "Reclaim.shown.map" if ours else "window[Object.keys(window).find((k) => /^map_[0-9a-f]{32}$/.test(k))]"
    page.evaluate(f"() => {{ const m = {found}; m.setZoom(m.getZoom() + 2, {{ animate: false }}); }}")
    page.wait_for_timeout(1500)
    cpu = browser_cpu()
    frames = page.evaluate(_PAN.replace("MAP", found))
    frame_cpu = spent_since(cpu) / 60 * 1000
    context.close()
    return ready_cpu, ready, frame_cpu, sorted(frames)[-4]


def browser_cpu() -> dict[int, float]:
    """Processor time so far, s, of each of the browser's processes."""
    spent = {}
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "chrom" in process.name():
                spent[process.pid] = sum(process.cpu_times()[:2])
    return spent


def spent_since(begun: dict[int, float]) -> float:
    """Processor time since then, s; a page may have got a process of its own meanwhile."""
    return sum(spent - begun.get(pid, 0.0) for pid, spent in browser_cpu().items())


_TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
