"""Maps of the samples under steady names, and a page that shows them all."""

from collections.abc import Iterable
from html import escape
from io import BytesIO
from pathlib import Path

from reclaim.io.atomic import atomic_path
from reclaim.sample_projects import Sample

_THUMB_PX = 480
_STYLE = (
    'body{font:16px/1.5 "Noto Sans CJK SC","Microsoft YaHei","PingFang SC","Noto Sans",Arial,sans-serif;'
    "color:#1c2420;margin:2rem auto;max-width:72rem;padding:0 1rem}h1{font-size:1.5rem}"
    "ul{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(20rem,100%),1fr));gap:2rem;list-style:none;"
    "padding:0}img{width:100%;border:1px solid #d8ded9}h2{font-size:1.1rem;line-height:1.35;margin:.5rem 0 .3rem}"
    "p{margin:0;color:#5d6862}a{color:#1f6f43}.links a{display:inline-block;padding:.35rem .6rem .35rem 0}"
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
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Maps of the samples</title>\n<style>{_STYLE}</style>\n"
        f"<h1>样例地图 Maps of the samples</h1>\n<ul>\n{cards}\n</ul>\n</html>\n"
    )
    target = folder / "index.html"
    with atomic_path(target) as draft:
        draft.write_text(page, encoding="utf-8", newline="\n")
    return target


def _card(sample: Sample) -> str:
    name, title = escape(sample.name, quote=True), escape(sample.title)
    kind = "示意数据，图形为虚构 illustrative: made-up outlines" if sample.illustrative else "真实数据 real data"
    return (
        f'<li><a href="{name}.html"><img src="{name}-thumbnail.png" alt="{title}"></a>\n'
        f"<h2>{escape(sample.title_zh)}<br>{title}</h2><p>{kind}</p>\n"
        f'<p class="links"><a href="{name}.html">地图 map</a> <a href="{name}.png">纸图 on paper</a> '
        f'<a href="{name}-phone.png">手机图 for a phone</a></p></li>'
    )
