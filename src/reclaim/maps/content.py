"""
Which layers an assessment has, in which order, and what is shown when a map opens.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from reclaim.assessment import Assessment
from reclaim.maps import themes
from reclaim.maps.accounts import site_extents
from reclaim.maps.features import Features, days, unwrapped
from reclaim.maps.layers import Parts, Place
from reclaim.maps.losses import losses
from reclaim.vocabulary import Language, states

COARSE_DIGITS = 3  # of a degree, on public maps
_SHOWN_FIRST = ("spells", "sites", "graticule")
_INSIDE, _FILES = ("findings", "losses"), ("cause", "source_row")  # not for people outside


@dataclass(frozen=True, eq=False)
class Content:
    """What a map of an assessment can show."""

    features: tuple[Features, ...]
    places: tuple[Place, ...]
    names: dict[str, str]

    def layer(self, key: str) -> Features | None:
        """One layer's features."""
        return next((features for features in self.features if features.key == key), None)

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """Extent of the land; of anything else only where there is no land."""
        ground = self.layer("spells")
        boxes = [ground.bounds] if ground is not None and len(ground) else [f.bounds for f in self.features]
        found = np.array([box for box in boxes if box is not None])
        if not len(found):
            return None
        low, high = found[:, :2].min(axis=0), found[:, 2:].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def together(self) -> "Content":
        """The same, with ground on both sides of the 180° meridian side by side; see ``features.unwrapped``."""
        features = unwrapped(self.features)
        if all(now is before for now, before in zip(features, self.features, strict=True)):
            return self
        return replace(self, features=features, places=tuple(_eastward(place) for place in self.places))


def _eastward(place: Place) -> Place:
    """A place of the western half, its longitude counted on past 180°."""
    bounds = place.bounds
    if bounds is not None and bounds[1][1] < 0:
        bounds = [[lat, lng + 360] for lat, lng in bounds]
    return replace(place, lng=place.lng + 360 if place.lng < 0 else place.lng, bounds=bounds)


def shown_first(key: str) -> bool:
    """Whether a layer is on when the map opens."""
    return key in _SHOWN_FIRST


def content(assessment: Assessment, *, language: Language = "both", public: bool = False) -> Content:
    """
    Everything of an assessment that has a place, from the bottom to the top.

    Parameters
    ----------
    assessment : Assessment
        What is known.
    language : {"both", "zh", "en"}
        Language of words and dates in it.
    public : bool
        Coordinates coarsened, source rows and findings left out.
    """
    made = _whole(assessment, language)
    return coarsened(made) if public else made


def coarsened(shown: Content) -> Content:
    """Content for people outside: coordinates at 0.001° (about a hundred metres), nothing about files."""
    kept = [part for part in shown.features if part.key not in _INSIDE]
    features = tuple(_coarse(part) for part in kept)
    places = tuple(
        replace(
            place, lng=round(place.lng, 2), lat=round(place.lat, 2),
            bounds=None if place.bounds is None else [[round(v, 2) for v in corner] for corner in place.bounds],
        )
        for place in shown.places
    )  # fmt: skip
    return Content(features, places, shown.names)


def _coarse(part: Features) -> Features:
    geometry = shapely.transform(part.geometry, lambda c: c.round(COARSE_DIGITS))
    columns = {name: values for name, values in part.columns.items() if name not in _FILES}
    told = tuple(field for field in part.fields if field.name not in _FILES)
    return replace(part, geometry=geometry, columns=columns, fields=told)


def _whole(assessment: Assessment, language: Language) -> Content:
    tables = assessment.tables
    names = themes.site_names(_known_sites(assessment), language=language)
    made: list[Features] = []
    drawn: list[tuple[str, Callable[[gpd.GeoDataFrame], Features]]] = [
        ("permits", lambda frame: themes.permits(frame, names, language=language)),
        ("footprints", lambda frame: themes.footprints(frame, names, language=language)),
    ]
    for key, draw in drawn:
        if key in tables and len(tables[key]):
            made.append(draw(tables[key]))
    made.append(themes.spells(assessment.spells, names, language=language))
    if "parcels" in tables and len(tables["parcels"]):
        made.append(themes.parcels(tables["parcels"], names, language=language))
    made += _cover(assessment, language)
    lost = losses(assessment.histories)
    made += [] if lost is None else [lost]
    placed = assessment.findings[~(assessment.findings.geometry.isna() | assessment.findings.geometry.is_empty)]
    if len(placed):
        made.append(themes.find_places(placed, language=language))
    return Content(tuple(made), tuple(_places(assessment)), names)


def _cover(assessment: Assessment, language: Language) -> Iterator[Features]:
    """The cover table with the outlines of its zones."""
    zones, rows = assessment.tables.get("zones"), assessment.cover
    if zones is None or not len(zones) or not len(rows) or "zone_id" not in zones:
        return
    outlines = zones.drop_duplicates("zone_id").set_index("zone_id").geometry
    ground = gpd.GeoSeries(rows["zone_id"].map(outlines).to_numpy(), index=rows.index, crs=zones.crs)
    yield themes.cover(
        gpd.GeoDataFrame(pd.DataFrame(rows).drop(columns="geometry", errors="ignore"), geometry=ground),
        language=language,
    )


def _known_sites(assessment: Assessment) -> pd.DataFrame:
    """Sites as delivered, and those that only have ground."""
    told = assessment.tables.get("sites")
    ground = assessment.land.sites
    if told is None or not len(told):
        return ground
    return pd.concat([pd.DataFrame(told), ground[~ground["site_id"].isin(told["site_id"])]], ignore_index=True)


def _places(assessment: Assessment) -> Iterator[Place]:
    """Every site that has ground or a place of its own."""
    known = _known_sites(assessment)
    zh = themes.site_names(known, language="zh")
    en = themes.site_names(known, language="en")
    extents, points = site_extents(assessment), _points(assessment)
    shares, history = _shares_of(assessment)
    for site in sorted(set(extents) | set(points)):
        bounds = extents.get(site)
        lng, lat = _middle(bounds) if bounds else points[site]
        names = zh.get(site, site), en.get(site, site)
        yield Place(site, *names, lng, lat, bounds, shares.get(site, ()), tuple(history.get(site, ())))


def _middle(bounds: list[list[float]]) -> tuple[float, float]:
    (south, west), (north, east) = bounds
    return (west + east) / 2, (south + north) / 2


def _points(assessment: Assessment) -> dict[str, tuple[float, float]]:
    told = assessment.tables.get("sites")
    if told is None or not len(told):
        return {}
    there = told[~(told.geometry.isna() | told.geometry.is_empty)]
    points = there.geometry.representative_point()
    return {str(site): (point.x, point.y) for site, point in zip(there["site_id"], points, strict=True)}


def _shares_of(assessment: Assessment) -> tuple[dict[str, Parts], dict[str, list[tuple[int, Parts]]]]:
    """Land of each site by state, from the table's own areas: at the date, and at the end of each year."""
    rows = pd.DataFrame(assessment.spells[["site_id", "state", "start", "end", "area_m2"]])
    rows["site_id"] = rows["site_id"].astype(str).str.split(";")
    rows = rows.explode("site_id")
    ends = pd.to_datetime([f"{int(year)}-12-31" for year in sorted(set(assessment.group["year"]))])
    history: dict[str, list[tuple[int, Parts]]] = {}
    for end in ends[ends < assessment.at].append(pd.DatetimeIndex([assessment.at])):
        shares = _shares(rows, end)
        for site, parts in shares.items():
            history.setdefault(site, []).append((int(days([end], missing=0)[0]), parts))
    return shares, history


def _shares(rows: pd.DataFrame, at: pd.Timestamp) -> dict[str, Parts]:
    """Share of each site's land by state on a day, with the state's colour."""
    now = rows[(rows["start"] <= at) & (rows["end"].isna() | (rows["end"] > at))]
    sums = now.pivot_table(index="site_id", columns="state", values="area_m2", aggfunc="sum", fill_value=0.0)
    made: dict[str, Parts] = {}
    for site, own in zip(sums.index, sums.to_dict("records"), strict=True):
        total = sum(own.values()) or 1.0
        made[str(site)] = tuple(
            (word.colour or "#BBBBBB", round(own[code] / total, 6)) for code, word in states().items() if own.get(code)
        )
    return made
