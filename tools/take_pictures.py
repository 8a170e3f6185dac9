"""
Take the pictures of the documentation again, from the illustrative group, into ``docs/pictures``.

Needs Chromium (``apt-get install chromium``), a Chinese font and no network. Run it from the repository:
``make pictures``. ``one_pixel.png`` and ``history_map.png`` are of another sample, see ``docs/history.md``.
"""

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from reclaim.cli import run

ROOT = Path(__file__).parents[1]
SAMPLE, PICTURES = ROOT / "data" / "geo" / "chinalco-2019", ROOT / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
SITE = "Pingguo"  # the site that the picture of the map shows


def main() -> None:
    """Run the commands of the gallery and look at what they wrote."""
    with tempfile.TemporaryDirectory() as folder, browser() as opened:
        made = Path(folder)
        command("map", SAMPLE, "-o", made / "map.html")
        command("map", SAMPLE, "-o", made / "map.png")
        command("report", SAMPLE, "-o", made / "report.html")
        command("plots", SAMPLE / "zones.geojson", "--claim", ">0.95", "-o", made / "sheets")
        take(opened, made / "map.html", "sheet.png", (1360, 860))
        keep(Image.open(made / "map.png").resize((1200, 848), Image.Resampling.LANCZOS), "static-map.png")
        take(opened, made / "report.html", "report.png", (1100, 1400))
        take(opened, made / "sheets" / "sheet.html", "field-sheet.png", (900, 1150))


def command(*words: object) -> None:
    """One shell command of the documentation; a fault of it ends the work."""
    code = run([str(word) for word in words])
    if code:
        sys.exit(f"reclaim {words[0]} ended with {code}")


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def take(opened: Any, page: Path, name: str, size: tuple[int, int]) -> None:
    """A page as it opens; a map when it is all drawn, with one site in the window."""
    context = opened.new_context(viewport={"width": size[0], "height": size[1]}, offline=True)
    shown = context.new_page()
    shown.goto(page.as_uri(), wait_until="load")
    if page.stem == "map":
        shown.evaluate("window.reclaimReady")
        sites = shown.locator(".rc-part .rc-select").first
        names = sites.locator("option").all_inner_texts()
        sites.select_option(label=next(name for name in names if SITE in name))
    shown.wait_for_timeout(1500)
    keep(Image.open(io.BytesIO(shown.screenshot())), name)
    context.close()


def keep(image: Image.Image, name: str) -> None:
    """A picture in few colours: the documentation is read on slow lines too."""
    few = image.convert("RGB").quantize(160, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(PICTURES / name, optimize=True)
    sys.stdout.write(f"{PICTURES / name}  ({(PICTURES / name).stat().st_size / 1000:.0f} KB)\n")


if __name__ == "__main__":
    main()
