"""
The sheet: an assessment as one map with everything beside it that a reader needs to trust it.
"""

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import folium

from reclaim.assessment import Assessment
from reclaim.errors import MapError
from reclaim.io.atomic import atomic_path
from reclaim.maps import accounts, desk, embed, imagery, losses, multiples, offline, paper, phone
from reclaim.maps.basemaps import LocalTiles, ServiceLayer, services
from reclaim.maps.content import Content, content, shown_first
from reclaim.maps.facts import Facts, gather
from reclaim.maps.features import Features, days
from reclaim.maps.layers import GraticuleLayer, GroundLayer, OwnLayer, PlacesLayer, RasterLayer, Shared, is_large
from reclaim.maps.margin import Margin, day_of, notes, said, titles
from reclaim.maps.noscript import fallback
from reclaim.maps.page import SheetMap, descendants, rendered
from reclaim.maps.rasters import Picture
from reclaim.vocabulary import Language, load

FORMS = (".html", ".png", ".svg", ".pdf")


@dataclass(frozen=True, eq=False)
class Sheet:
    """
    A map with its title, legend, figures and controls.

    In a notebook it shows itself, also in a saved one without a network; what strips scripts shows a picture.

    Parameters
    ----------
    assessment : Assessment
        What it shows.
    margin : Margin
        Date, language, and how public it is.
    base : tuple
        Names of tile services, or paths of tiles.
    """

    assessment: Assessment
    margin: Margin
    base: tuple[str | os.PathLike[str], ...] = ()

    @cached_property
    def map(self) -> SheetMap:
        """The Folium map; anything that Folium can add to a map can be added to it."""
        numbers, told = accounts.stories(self.assessment)
        parts = [_with_stories(p, numbers) if p.key == "spells" else p for p in self.shown.features]
        shown = replace(self.shown, features=tuple(parts))
        layers = [*_bases(self.base, shown, self.margin.language), *_layers(shown, self.pictures, self.margin)]
        page = SheetMap(_config(self.assessment, shown, told, self.margin), fallback=lambda: fallback(self._facts()))
        page.config["notes"] = notes(self.assessment, self.margin, tolerance_m=_tolerance(layers), hosts=_hosts(layers))
        page.config["notes"] += _tiles_down_to(layers, self.margin.language)
        for layer in layers:
            layer.add_to(page)
        return page

    @cached_property
    def shown(self) -> Content:
        """The features of its layers, of all dates."""
        key = "features", self.margin.language, self.margin.public
        made: Content = _once(self.assessment, key, self._content)
        return made

    def _content(self) -> Content:
        return content(self.assessment, language=self.margin.language, public=self.margin.public).together()

    def html(self, *, offline_only: bool = True) -> str:
        """
        The page as text; the same input gives the same text.

        Parameters
        ----------
        offline_only : bool
            Refuse everything that would need a network.

        Raises
        ------
        MapError
            Where something on the map needs a network and ``offline_only`` is set, or the page is over its size.
        """
        urls = [url for element in descendants(self.map) if (url := _tiles_of(element))]
        if urls and offline_only:
            raise MapError(
                f"{offline.origin(urls[0])}: tiles of this base map come from the network, so the map would not work "
                "without one; leave it out, give tiles of your own, or save with offline=False (--online)"
            )
        text, identities = rendered(self.map)
        hosts = tuple(dict.fromkeys(offline.origin(url) for url in urls))
        spoken = "en" if self.margin.language == "en" else "zh-CN"
        return offline.one_file(text, identities=identities, hosts=hosts, language=spoken)

    def pages(self, page: paper.PageName = "a4") -> list[Any]:
        """The map on paper as matplotlib figures: one page, or several where one does not hold all sites."""
        return paper.figures(self._facts(), page=page)

    def by_year(self) -> Any:
        """The state of the land at the end of each year, side by side, as a matplotlib figure."""
        return multiples.by_year(self._facts())

    @cached_property
    def pictures(self) -> tuple[tuple[Picture, bool], ...]:
        """The project's images as pictures, and which of them is shown first; none for people outside."""
        if self.margin.public:
            return ()
        made: tuple[tuple[Picture, bool], ...] = _once(self.assessment, ("pictures",), self._pictures)
        return made

    def _pictures(self) -> tuple[tuple[Picture, bool], ...]:
        histories = self.assessment.histories
        colours = losses.colours_of(histories) if histories else {}
        told = [picture for history in histories for picture in losses.pictures(history, colours=colours)]
        return (*imagery.pictures(self.assessment, self.shown.bounds), *((picture, False) for picture in told))

    def _facts(self) -> Facts:
        first = next((picture for picture, first in self.pictures if first), None)
        return gather(self.assessment, self.margin, self.shown, picture=first)

    def page_count(self, page: paper.PageName = "a4") -> int:
        """How many pages the map has on paper."""
        return paper.page_count(self._facts(), page=page)

    def png(self, page: paper.PageName = "a4", *, dpi: int = 200, number: int = 1) -> bytes:
        """A page of the map on paper as a picture; the first one by default."""
        return desk.written(self._page(page, number), "png", dpi=dpi)

    def _page(self, page: paper.PageName, number: int = 1) -> Any:
        return paper.figures(self._facts(), page=page, only=[number - 1])[0]

    def svg(self, page: paper.PageName = "a4") -> str:
        """The map on paper as vectors, its text kept as text."""
        return desk.written(self._page(page), "svg").decode("utf-8")

    def pdf(self, page: paper.PageName = "a4") -> bytes:
        """The map on paper, all its pages."""
        return desk.pdf(self.pages(page))

    def phone(self) -> bytes:
        """The picture for messengers: 1,080 pixels wide, at most 500 KB."""
        return phone.phone_picture(self._facts())

    def save(self, path: str | os.PathLike[str], *, offline: bool = True, page: paper.PageName = "a4") -> Path:
        """
        Write the map; an existing file is replaced only by a whole new one.

        Parameters
        ----------
        path : path
            ``.html`` is the interactive map; ``.png``, ``.svg`` and ``.pdf`` are the map on paper.
        offline : bool
            Refuse everything that would need a network.
        page : {"a4", "a3", "slide"}
            Size of the paper.

        Raises
        ------
        MapError
            For another suffix, or what cannot be drawn.
        FileError
            Where the file cannot be written.
        """
        form = Path(path).suffix.lower()
        if form not in FORMS:
            raise MapError(
                f"{path}: a map is written as {', '.join(FORMS)}, not as {form or 'a file without a suffix'}"
            )
        made: Mapping[str, Any] = {
            ".html": lambda: self.html(offline_only=offline).encode("utf-8"),
            ".png": lambda: self.png(page),
            ".svg": lambda: self.svg(page).encode("utf-8"),
            ".pdf": lambda: self.pdf(page),
        }
        data = made[form]()
        with atomic_path(path) as target:
            target.write_bytes(data)
        return Path(path)

    def _repr_html_(self) -> str:
        return embed.frame(self.html(offline_only=False), title=self.map.config["title"])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        picture = desk.written(self._page("slide"), "png", dpi=72)
        return {"text/html": self._repr_html_(), "image/png": picture, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Sheet: {titles(self.assessment)[0]} {self.margin.day}>"


# A map and the report with the same map in it are made from one assessment: what is drawn on both is made once.
_MADE: WeakKeyDictionary[Assessment, dict[Hashable, Any]] = WeakKeyDictionary()


def _once(assessment: Assessment, key: Hashable, make: Callable[[], Any]) -> Any:
    """What was made of an assessment under a key; it is only read, and goes when the assessment goes."""
    known = _MADE.setdefault(assessment, {})
    if key not in known:
        known[key] = make()
    return known[key]


def build(
    assessment: Assessment,
    *,
    at: object = None,
    language: Language = "both",
    base: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    public: bool = False,
    approval: str = "",
) -> Sheet:
    """
    Make the sheet of an assessment.

    Parameters
    ----------
    assessment : Assessment
        What is known.
    at : date, optional
        The date at which the map opens; otherwise the assessment's.
    language : {"both", "zh", "en"}
        Language of every word on it.
    base : str, path or several of them
        Base maps: names of tile services (``osm``, ``tianditu``, ``amap``, ``tencent``, ``baidu``), or a folder,
        MBTiles or PMTiles file of tiles. None is needed.
    public : bool
        For people outside: coordinates coarsened to about a hundred metres, no source rows, no findings, and a place
        for the map review number.
    approval : str
        The map review number (审图号), where there is one. None is ever invented.

    Returns
    -------
    Sheet
        Shows itself in a notebook; ``save`` writes it. ``sheet.map`` is the Folium map.

    Raises
    ------
    MapError
        For a base map that there is none of.

    Examples
    --------
    >>> from reclaim.assessment import assess  # doctest: +SKIP
    >>> build(assess("data/geo/chinalco-2019")).save("map.html")  # doctest: +SKIP
    """
    asked = (base,) if isinstance(base, (str, os.PathLike)) else tuple(base)
    unknown = [str(name) for name in asked if str(name) not in services() and not Path(name).exists()]
    if unknown:
        raise MapError(
            *(
                f"unknown base map {name!r}; choose one of {', '.join(services())}, or tiles of your own"
                for name in unknown
            )
        )
    return Sheet(assessment, Margin(day_of(assessment, at), language, public, approval), asked)


def _layers(shown: Content, pictures: Sequence[tuple[Picture, bool]], margin: Margin) -> list[OwnLayer]:
    """Our layers from the bottom to the top."""
    day = int(days([margin.day], missing=0)[0])
    language = margin.language
    made: list[OwnLayer] = [GraticuleLayer(language=language)]
    for place, (picture, first) in enumerate(pictures):
        made.append(RasterLayer(picture, place=place, show=first, language=language))
    large = [features for features in shown.features if is_large(features)]
    parts = dict(zip((features.key for features in large), Shared.of(large), strict=True))
    for features in shown.features:
        first = shown_first(features.key)
        made.append(GroundLayer(features, at=day, shared=parts.get(features.key), show=first, language=language))
    if shown.places:
        made.append(PlacesLayer(shown.places, language=language))
    return made


def _bases(base: Sequence[Any], shown: Content, language: Language) -> list[OwnLayer]:
    """Base maps, the first of them shown."""
    made: list[OwnLayer] = []
    for i, name in enumerate(base):
        if str(name) not in services() and shown.bounds is not None:
            made.append(LocalTiles(name, _around(shown.bounds), show=i == 0, language=language))
        else:
            made.append(ServiceLayer(str(name), show=i == 0, language=language))
    return made


def _around(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The bounds with half their size on each side."""
    west, south, east, north = bounds
    x, y = max((east - west) / 2, 0.01), max((north - south) / 2, 0.01)
    return west - x, south - y, east + x, north + y


def _tolerance(layers: Sequence[OwnLayer]) -> float | None:
    told = [layer.tolerance_m for layer in layers if isinstance(layer, GroundLayer) and layer.tolerance_m is not None]
    return max(told, default=None)


def _hosts(layers: Sequence[OwnLayer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(offline.origin(layer.url) for layer in layers if isinstance(layer, ServiceLayer)))


def _tiles_down_to(layers: Sequence[OwnLayer], language: Language) -> list[str]:
    """The deepest level of tiles that had room, where some had none."""
    word = said(load("maps")["words"]["tiles_down_to"], language)
    short = [layer for layer in layers if isinstance(layer, LocalTiles) and layer.left_out]
    return [f"{word} {max(z for z, _, _ in layer.tiles)}" for layer in short]


def _tiles_of(element: Any) -> str | None:
    """Where a base map's tiles come from, ours or somebody's own."""
    if isinstance(element, ServiceLayer):
        return element.url
    if isinstance(element, (folium.TileLayer, folium.WmsTileLayer)):
        return str(getattr(element, "tiles", None) or getattr(element, "url", ""))
    return None


def _with_stories(spells: Features, numbers: Mapping[int, int]) -> Features:
    """The spells with the number of their face's story, for the figures panel."""
    faces = [int(face) for face in spells.columns["face_id"]]
    return replace(spells, columns={**spells.columns, "story": [numbers.get(face, -1) for face in faces]})


def _stops(assessment: Assessment, margin: Margin) -> list[dict[str, Any]]:
    """One stop of the slider for each year of the ledger: its last day, or the date of the map."""
    word = said(load("maps")["words"]["as_of"], margin.language)
    years = sorted({int(year) for year in assessment.group["year"] if year <= int(margin.day[:4])})
    ends = [min(margin.day, f"{year}-12-31") for year in years]
    return [
        {"year": year, "day": int(days([end], missing=0)[0]), "label": f"{word} {end}"}
        for year, end in zip(years, ends, strict=True)
    ]


def _config(assessment: Assessment, shown: Content, told: list[Any], margin: Margin) -> dict[str, Any]:
    """What the sheet's script is given; all of it data."""
    project, language = assessment.project, margin.language
    ground, bounds = shown.layer("spells"), shown.bounds
    zh, en = titles(assessment)
    extents = {place.id: place.bounds for place in shown.places}
    first, second = {"zh": (zh, ""), "en": (en, "")}.get(language, (zh, en if en != zh else ""))
    return {
        "title": first, "subtitle": second, "language": language, "unit": project.unit,
        "illustrative": project.illustrative, "stops": _stops(assessment, margin), "columns": accounts.columns(),
        "rates": accounts.rate_cards(assessment), "stories": told,
        "accounts": accounts.accounts(assessment, ground, shown.names, extents) if ground is not None else [],
        "places": [{"id": p.id, "zh": p.zh, "en": p.en, "bounds": p.bounds} for p in shown.places],
        "bounds": None if bounds is None else [[bounds[1], bounds[0]], [bounds[3], bounds[2]]],
    }  # fmt: skip
