"""
One file that needs nothing else: everything inlined, a Content-Security-Policy that lets nothing else in, steady bytes.

The policy allows each inline script by its hash, no connection at all, and images from the file itself; so a file
that opens without an error is proved to be offline, and a script that somebody smuggled into it would not run.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from reclaim.errors import MapError
from reclaim.maps import assets

BUDGET = 25_000_000  # bytes of one page; a mail system's usual limit

_SCRIPT_LINK = re.compile(r'<script src="([^"]*)"></script>')
_STYLE_LINK = re.compile(r'<link rel="stylesheet" href="([^"]*)"\s*/?>')
_DATA = re.compile(r'<script type="[^"]+" id="[^"]*">.*?</script>', re.DOTALL)
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_LOADS = re.compile(
    r"""(?:src|href)\s*=\s*\\?["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import|[tT]ileLayer[.\w]*\(\s*["'](?:https?:)?//"""
)
_ADDRESS = re.compile(r"""(?:https?:)?//[^\s"'<>)\\]+""")


def one_file(
    html: str, *, identities: Sequence[str], hosts: Iterable[str] = (), budget: int = BUDGET, language: str = "zh-CN"
) -> str:
    """
    Make a rendered page whole.

    Parameters
    ----------
    html : str
        A page as branca renders it.
    identities : sequence of str
        Generated ids of its elements; they are numbered in the order in which they stand in the page.
    hosts : iterable of str
        Origins of tile servers that images may come from; none for an offline page.
    budget : int
        Most bytes that the page may have.
    language : str
        What the page says its language is.

    Raises
    ------
    MapError
        For an address that is not in the manifest of vendored files, or a page over the budget.
    """
    hosts = tuple(hosts)
    html = _SCRIPT_LINK.sub(lambda found: f"<script>{_script(found[1])}</script>", html)
    html = _STYLE_LINK.sub(lambda found: f"<style>{_style(found[1])}</style>", html)
    if not hosts:
        _refuse_loading(html)
    html = renumbered(html, identities)
    html = _head(html, _policy(html, hosts), language)
    if len(html.encode("utf-8", "replace")) > budget:
        raise MapError(
            f"the map would be {len(html) / 1e6:.1f} MB, over its budget of {budget / 1e6:.1f} MB: "
            "show fewer layers, smaller images, or one site at a time"
        )
    return html


def _vendored(url: str) -> assets.Asset:
    found = assets.asset_for(url)
    if found is None:
        raise MapError(
            f"{url}: this file is not carried by reclaim, so the map would not work without a network. "
            "Leave out the plugin or marker icon that asks for it (CircleMarker and DivIcon need none), "
            "or save with offline=False"
        )
    return found


def _script(url: str) -> str:
    found = _vendored(url)
    text = found.content().decode("utf-8")
    return text + "\n" + assets.marker_icons() if found.file == "leaflet.js" else text


def _style(url: str) -> str:
    return assets.stylesheet(_vendored(url).file)


def _refuse_loading(html: str) -> None:
    """What loads something from outside in a part of the page that is neither data nor vendored."""
    rest = _DATA.sub("", html)
    for known in [*(a.content().decode("utf-8") for a in assets.manifest().values() if a.file.endswith(".js"))]:
        rest = rest.replace(known, "")
    found = _LOADS.search(rest)
    if found:
        address = _ADDRESS.search(rest, found.start())
        raise MapError(
            f"{address.group() if address else found.group()}: an offline map cannot load this; "
            "leave it out, or save with offline=False"
        )


def renumbered(html: str, identities: Sequence[str]) -> str:
    """
    The page with its elements' random ids replaced by numbers, so that the same map is the same file.

    Examples
    --------
    >>> renumbered("map_9f86d0, layer_a1b2c3, map_9f86d0", ["a1b2c3", "9f86d0"])
    'map_1, layer_2, map_1'
    """
    if not identities:
        return html
    pattern = re.compile("|".join(map(re.escape, identities)))
    numbers: dict[str, str] = {}
    return pattern.sub(lambda found: numbers.setdefault(found.group(), str(len(numbers) + 1)), html)


def _policy(html: str, hosts: Sequence[str]) -> str:
    digests = [hashlib.sha256(text.encode("utf-8")).digest() for text in _INLINE.findall(html)]
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in dict.fromkeys(digests))
    images = " ".join(["data:", "blob:", *hosts])
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src {images}; "
        "base-uri 'none'; form-action 'none'"
    )


def _head(html: str, policy: str, language: str) -> str:
    """Character set and policy come first in the head; the language is told."""
    html = re.sub(r'\s*<meta http-equiv="content-type"[^>]*>', "", html, count=1)
    start = (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    )
    return re.sub(r"<!DOCTYPE html>\s*<html>\s*<head>", lambda _: start, html, count=1)


def origin(url: str) -> str:
    """
    Where a tile address leads, as a policy names it.

    Examples
    --------
    >>> origin("https://{s}.tile.openstreetmap.org/{z}/{x}/{y}.png")
    'https://*.tile.openstreetmap.org'
    """
    parts = urlsplit(re.sub(r"\{s\}", "*", url))
    host = re.sub(r"[^.]*[{*][^.]*", "*", parts.netloc)
    return f"{parts.scheme or 'https'}://{host}"
