"""
Text on its way into a page.

What people typed (names, ids, file names, attributions) reaches a page only as data: JSON in an element that does not
run, or text escaped for HTML. It never becomes template source: branca compiles every rendered script as a Jinja
template once more, so that ``{{7*191}}`` in a parcel's name would be computed on the machine that draws the map.
"""

import html
import json
import re
from typing import Any

from branca.element import Element
from folium.template import Template

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# Inside JSON strings: what could end a script element, open a template or a comment, break a line of script, or look
# like an address that the page loads.
_RISKY = re.compile("[<>&{}`'$#%=@(\u007f-\u009f\u2028\u2029\ud800-\udfff]")

# In markup: what opens a template, ends a literal, or looks like an address that the page loads (src=, url(, @import).
_OPENING = re.compile(r"[{}`\\=@(]")


def json_text(value: Any) -> str:
    r"""
    JSON that can neither leave a script element nor be read as a template.

    Parameters
    ----------
    value : object
        Dictionaries, lists, text, numbers. NaN is not allowed: missing is None.

    Examples
    --------
    >>> json_text({"name": "</script>{{7*191}}"})
    '{"name":"\\u003c/script\\u003e\\u007b\\u007b7*191\\u007d\\u007d"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    if not _RISKY.search(text):
        return text
    return _STRING.sub(lambda string: _RISKY.sub(_escaped, string.group()), text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def markup_text(value: object) -> str:
    """
    Text as HTML shows it: nothing in it is markup, and nothing in it is a template.

    Examples
    --------
    >>> markup_text("<b>{{1}}</b>")
    '&lt;b&gt;&#123;&#123;1&#125;&#125;&lt;/b&gt;'
    """
    text = html.escape(str(value).encode("utf-8", "replace").decode("utf-8"), quote=True)
    return _OPENING.sub(lambda sign: f"&#{ord(sign.group())};", text)


class Raw(Element):
    """A piece of a page that is printed as it stands and never compiled as a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Raw"
        self.text = text


def data_block(identity: str, value: Any, *, kind: str = "application/json") -> Raw:
    """Data in the page: a script element that does not run, read by our scripts under its id."""
    text = value if isinstance(value, str) else json_text(value)
    return Raw(f'<script type="{kind}" id="{identity}">{text}</script>')
