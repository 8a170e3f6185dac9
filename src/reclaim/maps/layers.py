"""
Our layers as Folium layers: each can be added to any ``folium.Map``, with a layer control of folium's or ours.

They carry their own script and style, need nothing but Leaflet, and build tooltips and popups from text nodes.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from branca.element import Figure
from folium.map import Layer

from reclaim.maps import assets
from reclaim.maps.coding import known
from reclaim.maps.escape import Raw, data_block, json_text, markup_text
from reclaim.maps.features import NEVER, Features
from reclaim.maps.packed import BUDGET, Pool, pool, text, values_payload
from reclaim.maps.rasters import Picture
from reclaim.vocabulary import Language, load

# above either of these a layer is packed: a few huge outlines weigh as much as many small ones
PLAIN_FEATURES, PLAIN_VERTICES = 2_000, 8_000

# place in the stack of layers, the topmost last; also which layer answers the pointer first
_STACK = (
    "base", "rasters", "permits", "footprints", "spells", "parcels", "cover", "losses", "grounds",
    "findings", "graticule", "sites",
)  # fmt: skip


class OwnLayer(Layer):
    """
    A layer drawn by our own script.

    Parameters
    ----------
    zh, en : str
        Name of the layer; may hold anything, it never becomes markup.
    show : bool
        Whether it is on when the map opens.
    language : {"both", "zh", "en"}
        Language of names, tooltips and popups.
    """

    script_class = ""

    def __init__(self, zh: str, en: str, *, show: bool = True, language: Language = "both") -> None:
        name = {"zh": zh, "en": en}.get(language) or (f"{zh} {en}" if zh != en else zh)
        super().__init__(name=markup_text(name), overlay=True, control=True, show=show)
        self._name = type(self).__name__
        self.language = language

    def source(self) -> dict[str, Any]:
        """What the script is given: ``meta``, and where the data stand in the page."""
        raise NotImplementedError

    def entry(self) -> dict[str, str]:
        """The layer's line in a sheet's list of layers."""
        meta = self.source()["meta"]
        return {name: meta[name] for name in ("key", "zh", "en")}

    def render(self, **kwargs: Any) -> Any:
        """Add script, data and style to the page; none of it is compiled as a template again."""
        figure = self.get_root()
        assert isinstance(figure, Figure)
        add_own_scripts(figure, self.language)
        name = self.get_name()
        call = f"var {name} = new Reclaim.{self.script_class}({json_text(self.source())});"
        figure.script.add_child(Raw(call), name=name)
        super().render(**kwargs)  # type: ignore[no-untyped-call]


@dataclass(frozen=True, eq=False)
class Shared:
    """
    A layer's part in a pool of outlines that several layers show.

    Parameters
    ----------
    pool : Pool
        The outlines.
    places : array of int
        Which outline each feature of the layer has.
    name : str
        Of the pool in the page.
    """

    pool: Pool
    places: np.ndarray
    name: str

    @classmethod
    def of(cls, layers: Sequence[Features], *, budget: int = BUDGET) -> list["Shared"]:
        """The parts of some layers in one pool of theirs."""
        if not layers:
            return []
        made = pool(layers, budget=budget)
        # the name tells pools apart on one page; it is the same for the same outlines
        name = "pool_" + hashlib.sha256(made.payload).hexdigest()[:12]
        return [cls(made, places, name) for places in made.places]


class GroundLayer(OwnLayer):
    """
    Outlines in classes, with tooltip, popup, hatches and, where they have one, a time.

    Parameters
    ----------
    features : Features
        What to draw.
    at : int, optional
        Day (since 1970-01-01) that is shown first; None: all.
    shared : Shared, optional
        The layer's part in a pool of outlines; a large layer that is given none makes one of its own.
    show, language
        See ``OwnLayer``.
    """

    script_class = "Ground"

    def __init__(
        self, features: Features, *, at: int | None = None, shared: Shared | None = None, show: bool = True,
        language: Language = "both",
    ) -> None:  # fmt: skip
        super().__init__(features.zh, features.en, show=show, language=language)
        self.features = features
        self.at = at
        if shared is None and is_large(features):
            shared = Shared.of([features])[0]
        self.shared = shared

    @property
    def tolerance_m(self) -> float | None:
        """How far drawn outlines may lie from the true ones; None where they are the true ones (to 1e-7°)."""
        return self.shared.pool.tolerance_m if self.shared else None

    def _get_self_bounds(self) -> list[list[float | None]]:
        bounds = self.features.bounds
        return [[None, None], [None, None]] if bounds is None else [[bounds[1], bounds[0]], [bounds[3], bounds[2]]]

    def source(self) -> dict[str, Any]:
        features, name = self.features, self.get_name()
        meta = {
            "key": features.key, "zh": features.zh, "en": features.en, "label": features.label, "timed": features.timed,
            "form": "packed" if self.shared else "geojson", "names": list(features.columns),
            "fields": [vars(field) for field in features.fields], "classes": [vars(cls) for cls in features.classes],
            "stack": _STACK.index(features.key), "at": self.at, "outline": features.outline, "note": features.note,
            "search": [name for name in (features.label, *features.names) if name],
        }  # fmt: skip
        return {"meta": meta, "data": f"{name}_data", "pool": self.shared.name if self.shared else None}

    def render(self, **kwargs: Any) -> Any:
        figure = self.get_root()
        assert isinstance(figure, Figure)
        name = f"{self.get_name()}_data"
        if self.shared:
            block = data_block(self.shared.name, text(self.shared.pool.payload), kind="text/plain")
            figure.html.add_child(block, name=self.shared.name)
            content, kind = text(values_payload(self.features, self.shared.places)), "text/plain"
        else:
            content, kind = geojson(self.features), "application/geo+json"
        figure.html.add_child(data_block(name, content, kind=kind), name=name)
        super().render(**kwargs)


def is_large(features: Features) -> bool:
    """Whether a layer is too large for plain GeoJSON."""
    return len(features) > PLAIN_FEATURES or int(shapely.get_num_coordinates(features.geometry).sum()) > PLAIN_VERTICES


def geojson(features: Features) -> str:
    """
    A layer as GeoJSON text, safe inside a page; coordinates in degrees at 1e-7 (a centimetre).
    """
    rounded = shapely.transform(features.geometry, lambda c: c.round(7))
    shapes = shapely.to_geojson(rounded)
    rows = []
    for i, shape in enumerate(shapes):
        values: dict[str, Any] = {name: known(column[i]) for name, column in features.columns.items()}
        # beside the properties: a column may bear any name
        own: dict[str, Any] = {"class": int(features.of_class[i])}
        if features.begin is not None and features.until is not None:
            own["begin"] = int(features.begin[i])
            own["until"] = None if features.until[i] == NEVER else int(features.until[i])
        members = json_text({"type": "Feature", **own, "properties": values})[:-1]
        rows.append(f'{members},"geometry":{shape}}}')
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(rows) + "\n]}"


def add_own_scripts(figure: Figure, language: Language) -> None:
    """Our scripts and style, once per page."""
    words = json_text(load("maps")["words"])
    script = "\n".join(
        [assets.scripts(assets.OWN_SCRIPTS), f"Reclaim.words = {words};", f'Reclaim.language = "{language}";']
    )
    figure.header.add_child(Raw(f"<style>{assets.own('layers.css')}</style>"), name="reclaim_layers_css")
    figure.header.add_child(Raw(f"<script>{script}</script>"), name="reclaim_layers_js")


class RasterLayer(OwnLayer):
    """
    An image laid on the ground.

    Parameters
    ----------
    picture : Picture
        From ``reclaim.maps.rasters``.
    place : int
        Order among several images, the topmost last.
    """

    script_class = "Image"

    def __init__(self, picture: Picture, *, place: int = 0, show: bool = True, language: Language = "both") -> None:
        zh, en = (picture.zh, picture.en) if language != "both" else ended_once(picture.zh, picture.en)
        super().__init__(zh, en, show=show, language=language)
        self.names = zh, en
        self.picture, self.place = picture, place

    def _get_self_bounds(self) -> list[list[float | None]]:
        west, south, east, north = self.picture.bounds
        return [[south, west], [north, east]]

    def source(self) -> dict[str, Any]:
        picture, word = self.picture, load("maps")["images"]["pixel"]
        size, (zh, en) = f"{picture.pixel_m:.3g} m", self.names
        told = f"{word['zh']} {size}", f"{word['en']} {size}"
        meta = {
            "key": "rasters", "zh": zh, "en": en, "bounds": list(picture.bounds), "ramp": picture.ramp,
            "classes": [{**entry, "solid": True} for entry in picture.classes],
            "stack": _STACK.index("rasters") + self.place / 100,
            "note": ended_once(*told) if self.language == "both" else told,
        }  # fmt: skip
        return {"meta": meta, "data": f"{self.get_name()}_data"}

    def render(self, **kwargs: Any) -> Any:
        figure = self.get_root()
        assert isinstance(figure, Figure)
        text = base64.b64encode(self.picture.png).decode("ascii")
        name = f"{self.get_name()}_data"
        figure.html.add_child(data_block(name, text, kind="text/plain"), name=name)
        super().render(**kwargs)


def ended_once(zh: str, en: str) -> tuple[str, str]:
    """
    Two names that end alike, for where they stand side by side: the Chinese one without that end.

    Examples
    --------
    >>> ended_once("植被变化 NDVI 2017 → 2019", "Vegetation change NDVI 2017 → 2019")
    ('植被变化', 'Vegetation change NDVI 2017 → 2019')
    >>> ended_once("真彩色", "True colour")
    ('真彩色', 'True colour')
    """
    words = zh.split(" ") if zh != en else []
    for i in range(1, len(words)):
        if en.endswith(" " + " ".join(words[i:])):
            return " ".join(words[:i]), en
    return zh, en


class GraticuleLayer(OwnLayer):
    """Meridians and parallels with their degrees, as dense as the window asks for."""

    script_class = "Graticule"

    def __init__(self, *, show: bool = True, language: Language = "both") -> None:
        name = load("maps")["layers"]["graticule"]
        super().__init__(name["zh"], name["en"], show=show, language=language)
        self.names = name

    def source(self) -> dict[str, Any]:
        return {"meta": {"key": "graticule", **self.names, "stack": _STACK.index("graticule")}}


Parts = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Place:
    """
    A site on a small map: its id and names, a point, its extent, and its land by state (colour and share).

    ``history`` is the same land from certain days (since 1970-01-01) on, in their order.
    """

    id: str
    zh: str
    en: str
    lng: float
    lat: float
    bounds: list[list[float]] | None = None
    parts: Parts = ()
    history: tuple[tuple[int, Parts], ...] = ()


class PlacesLayer(OwnLayer):
    """
    Sites as dots with their names; a dot is divided by the states of the site's land.

    Parameters
    ----------
    places : sequence of Place
        The sites.
    """

    script_class = "Places"

    def __init__(self, places: Sequence[Place], *, show: bool = True, language: Language = "both") -> None:
        name = load("maps")["layers"]["sites"]
        super().__init__(name["zh"], name["en"], show=show, language=language)
        self.names, self.places = name, tuple(places)

    def source(self) -> dict[str, Any]:
        meta = {"key": "sites", **self.names, "stack": _STACK.index("sites")}
        return {"meta": meta, "places": [vars(place) for place in self.places]}
