"""Map pages opened in Chromium with the network off, and what is heard from them."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

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

    def point(self, lng: float, lat: float) -> tuple[float, float]:
        """Where a place stands in the window."""
        x, y = self.run(
            """([lng, lat]) => { const p = Reclaim.shown.map.latLngToContainerPoint([lat, lng]);
              const b = Reclaim.shown.map.getContainer().getBoundingClientRect();
              return [p.x + b.left, p.y + b.top]; }""",
            [lng, lat],
        )
        return x, y

    def colour_at(self, key: str, lng: float, lat: float) -> list[int]:
        """What a layer painted at a place: red, green, blue, alpha."""
        return self.run(
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

    def assert_quiet(self) -> None:
        assert self.complaints == []
        assert self.requests == []


Open = Callable[..., Opened]


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium; a plain reason to skip where there is none."""
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


@contextmanager
def opener(browser: Any) -> Iterator[Open]:
    """Opens files without a network and listens to them."""
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


def keep(opened: Opened, name: str, folder: Path) -> None:
    """A screenshot for the eye: in the folder that RECLAIM_SCREENSHOTS names, else among the test's own files."""
    target = Path(os.environ.get("RECLAIM_SCREENSHOTS") or folder)
    target.mkdir(parents=True, exist_ok=True)
    opened.rest()
    opened.page.screenshot(path=target / f"{name}.png")
