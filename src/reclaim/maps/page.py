"""
The page around a sheet's map: a Folium map with our own frame, and nothing loaded that is not used.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import folium
from branca.element import Element, Figure
from folium.map import Icon, Layer, Popup
from jinja2 import Template

from reclaim.maps import assets
from reclaim.maps.escape import Raw, data_block, json_text, markup_text
from reclaim.maps.layers import OwnLayer

LEAFLET = "https://cdn.jsdelivr.net/npm/leaflet@1.9.4/dist/leaflet"

# Fixed text but for the map's own generated name; nothing of a user is compiled here.
_FRAME = Template(
    """
    {% macro header(this, kwargs) %}
    <meta name="viewport" content="width=device-width, initial-scale=1">
    {% endmacro %}
    {% macro html(this, kwargs) %}
    <div class="rc-sheet" id="rc-sheet">
      <header class="rc-head"></header>
      <div class="rc-main">
        <main class="rc-map">
          <div class="folium-map" id="{{ this.get_name() }}"></div>
          <div class="rc-key"></div><div class="rc-years"></div>
        </main>
        <aside class="rc-side"></aside>
      </div>
      <footer class="rc-foot"></footer>
    </div>
    {% endmacro %}
    {% macro script(this, kwargs) %}
    var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {{ this.leaflet_options }});
    {% endmacro %}
    """
)


class SheetMap(folium.Map):
    """
    The Folium map of a sheet. Anything that Folium can add to a map can be added to it.

    Parameters
    ----------
    config : mapping
        What ``sheet.js`` is given; all of it data.
    fallback : callable
        Gives what a reader without scripts sees, as HTML that holds no user text unescaped.
    """

    _template = _FRAME

    def __init__(self, config: Mapping[str, Any], *, fallback: Callable[[], str]) -> None:
        super().__init__(location=[30.0, 105.0], tiles=None)
        self.default_js = [("leaflet", f"{LEAFLET}.js")]
        self.default_css = [("leaflet_css", f"{LEAFLET}.css")]
        self.config = dict(config)
        self.fallback = fallback
        self.leaflet_options = json_text(
            {
                "center": [30.0, 105.0],
                "zoom": 4,
                "zoomControl": False,
                "zoomSnap": 0.25,
                "maxZoom": 19,
                "fadeAnimation": False,
            }
        )

    def render(self, **kwargs: Any) -> Any:
        """Print map, layers and frame into the figure, and call the sheet's script last."""
        figure = self.get_root()
        assert isinstance(figure, Figure)
        figure.header.add_child(Raw(f"<title>{markup_text(self.config['title'])}</title>"), name="title")
        for name, url in needed_scripts(self):
            self.add_js_link(name, url)
        for name, url in needed_styles(self):
            self.add_css_link(name, url)
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        figure.header.add_child(Raw(f"<style>{assets.own('sheet.css')}</style>"), name="reclaim_sheet_css")
        script = assets.scripts(assets.SHEET_SCRIPTS)
        figure.header.add_child(Raw(f"<script>{script}</script>"), name="reclaim_sheet_js")
        hide = "<noscript><style>.rc-sheet{display:none}</style></noscript>"
        figure.header.add_child(Raw(hide), name="reclaim_noscript_css")
        config = {**self.config, "layers": [*self.layer_entries()]}
        figure.html.add_child(data_block("reclaim-sheet", config), name="reclaim_sheet_data")
        figure.html.add_child(Raw(f"<noscript>{self.fallback()}</noscript>"), name="reclaim_noscript")
        names = ",".join(f"{entry['name']}:{entry['name']}" for entry in config["layers"])
        figure.script.add_child(Raw(f"Reclaim.sheet({self.get_name()},{{{names}}});"), name="reclaim_sheet_call")

    def layer_entries(self) -> Iterator[dict[str, Any]]:
        """Our layers and the reader's own, the topmost first, as the layer list shows them."""
        children = [child for child in self._children.values() if isinstance(child, Layer) and child.control]
        for layer in reversed(children):
            if isinstance(layer, OwnLayer):
                yield {"name": layer.get_name(), **layer.entry()}
            else:
                title = layer.layer_name if layer.layer_name != layer.get_name() else type(layer).__name__
                yield {"name": layer.get_name(), "key": "own" if layer.overlay else "base", "zh": title, "en": title}


def descendants(element: Element) -> Iterator[Element]:
    """Everything that hangs on an element."""
    for child in element._children.values():
        yield child
        yield from descendants(child)


def rendered(page: folium.Map) -> tuple[str, list[str]]:
    """
    A map's page as branca prints it, and the generated ids of its elements.

    Folium leaves what it printed in the figure and prints it again the next time; here the figure is left as it was,
    with what somebody put into it.
    """
    root: Any = page.get_root()  # branca types the figure as a plain element
    parts = [root.header, root.html, root.script]
    before = [OrderedDict(part._children) for part in parts]
    text = root.render()
    identities = [element._id for element in (root, *descendants(root))]
    for part, children in zip(parts, before, strict=True):
        part._children = children
    return str(text), identities


def needed_scripts(page: folium.Map) -> list[tuple[str, str]]:
    """Of folium's default scripts, those that somebody's own markers and popups need."""
    return _needed(page, folium.Map.default_js)


def needed_styles(page: folium.Map) -> list[tuple[str, str]]:
    """Of folium's default styles, those that somebody's own markers need."""
    return _needed(page, folium.Map.default_css)


def _needed(page: folium.Map, known: list[tuple[str, str]]) -> list[tuple[str, str]]:
    found = list(descendants(page))
    wanted: set[str] = set()
    if page.objects_to_stay_in_front or any(isinstance(element, Popup) for element in found):
        wanted |= {"jquery"}
    if any(isinstance(element, Icon) for element in found):
        wanted |= {name for name, _ in known if "leaflet" not in name or "awesome" in name}
    return [(name, url) for name, url in known if name in wanted]
