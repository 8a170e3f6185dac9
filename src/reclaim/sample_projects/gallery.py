"""Maps of the samples under steady names, and a page that shows them all."""

from collections.abc import Iterable
from html import escape
from io import BytesIO
from pathlib import Path

from reclaim.io.atomic import atomic_path
from reclaim.sample_projects import Sample

_THUMB_PX = 480
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}"
    "ul{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:2rem;list-style:none;padding:0}"
    "img{width:100%;border:1px solid #ccc}h2{font-size:1.1rem;margin:.5rem 0 0}"
)


def draw_maps(sample: Sample, folder: Path) -> list[Path]:
    """
    Draw one sample: the interactive map, the map on paper, the picture for messengers, and a thumbnail.

    Parameters
    ----------
    sample : Sample
        Whose map.
    folder : Path
        Where the files go; ``NAME.html``, ``NAME.png``, ``NAME-phone.png`` and ``NAME-thumbnail.png``.
    """
    from reclaim.verbs.land import assess
    from reclaim.verbs.maps import build_map

    made = assess(sample.folder)
    page, paper, phone = (folder / f"{sample.name}{ending}" for ending in (".html", ".png", "-phone.png"))
    build_map(made, page)
    build_map(made, paper)
    build_map(made, phone, page="phone")
    return [page, paper, phone, _thumbnail(paper, folder / f"{sample.name}-thumbnail.png")]


def _thumbnail(picture: Path, target: Path) -> Path:
    from PIL import Image

    with Image.open(picture) as image:
        small = image.convert("RGB")
        small.thumbnail((_THUMB_PX, _THUMB_PX))
    data = BytesIO()
    small.quantize(128).save(data, format="PNG", optimize=True)
    with atomic_path(target) as draft:
        draft.write_bytes(data.getvalue())
    return target


def gallery(samples: Iterable[Sample], folder: Path) -> Path:
    """Write the page of thumbnails, ``index.html``, for the samples that were drawn into the folder."""
    cards = "\n".join(_card(sample) for sample in samples if (folder / f"{sample.name}-thumbnail.png").is_file())
    page = (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Maps of the samples</title>\n'
        f"<style>{_STYLE}</style>\n<h1>Maps of the samples</h1>\n<ul>\n{cards}\n</ul>\n</html>\n"
    )
    target = folder / "index.html"
    with atomic_path(target) as draft:
        draft.write_text(page, encoding="utf-8", newline="\n")
    return target


def _card(sample: Sample) -> str:
    name, title = escape(sample.name, quote=True), escape(sample.title)
    kind = "illustrative: made-up outlines" if sample.illustrative else "real data"
    return (
        f'<li><a href="{name}.html"><img src="{name}-thumbnail.png" alt="{title}"></a>\n'
        f"<h2>{title}</h2><p>{escape(sample.title_zh)} · {kind}<br>\n"
        f'<a href="{name}.html">map</a> · <a href="{name}.png">on paper</a> · '
        f'<a href="{name}-phone.png">for a phone</a></p></li>'
    )
