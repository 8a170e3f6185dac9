"""
What a map layer shows: outlines, the classes that they are drawn in, and the values that a reader sees.

Every layer of every map, interactive or static, is first made into ``Features``. So the plain and the packed form, the
legend, the tooltip and the printed map agree, and a table is turned into map words in one place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from reclaim.vocabulary import Word, load

Kind = Literal["text", "area", "mu", "date", "share", "number"]

NEVER = 2**31 - 1  # the day number of "still so"


@dataclass(frozen=True)
class Field:
    """A value that tooltip and popup show: its column, its names, and how it is written."""

    name: str
    zh: str
    en: str
    kind: Kind = "text"
    tip: bool = False  # in the tooltip too, not only in the popup


@dataclass(frozen=True)
class Class:
    """A class of a layer, as the legend shows it."""

    code: str
    zh: str
    en: str
    colour: str
    hatch: str = ""

    @classmethod
    def of(cls, word: Word) -> "Class":
        """Make the class of a word of the vocabulary."""
        return cls(word.code, word.zh, word.en, word.colour or "#BBBBBB", word.hatch or "")


@dataclass(frozen=True, eq=False)
class Features:
    """
    One layer's content.

    Parameters
    ----------
    key : str
        Which layer it is (``spells``, ``footprints`` …); no user text.
    zh, en : str
        Name of the layer.
    geometry : array of shapely geometries
        EPSG:4490 longitude and latitude, degrees. Empty and missing ones are left out by ``make``.
    classes : sequence of Class
        In the legend's order.
    of_class : array of int
        Which class each feature belongs to.
    columns : mapping of name to list
        Values for people; None where missing.
    fields : sequence of Field
        How the columns are shown.
    begin, until : array of int32, optional
        Days since 1970-01-01 from which and before which the feature is true.
    label : str
        The column that names a feature; search looks in it.
    names : tuple of str
        Further columns that search looks in.
    note : str
        A remark under the legend, Chinese and English.
    outline : mapping, optional
        Drawn as outlines without a fill; may hold a ``dash`` pattern.
    """

    key: str
    zh: str
    en: str
    geometry: np.ndarray
    classes: Sequence[Class]
    of_class: np.ndarray
    columns: Mapping[str, list[Any]]
    fields: Sequence[Field]
    begin: np.ndarray | None = None
    until: np.ndarray | None = None
    label: str = ""
    names: tuple[str, ...] = ()
    note: tuple[str, str] = ("", "")
    outline: Mapping[str, Any] | None = None

    def __len__(self) -> int:
        return len(self.geometry)

    @property
    def timed(self) -> bool:
        """Whether the features have a time of their own."""
        return self.begin is not None

    @cached_property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in degrees; None where there is no ground."""
        if not len(self):
            return None
        west, south, east, north = shapely.total_bounds(self.geometry)
        return float(west), float(south), float(east), float(north)

    def at(self, day: int) -> "Features":
        """Only what is true on a day."""
        if self.begin is None or self.until is None:
            return self
        return self.take((self.begin <= day) & (day < self.until))

    def drawn(self, day: int) -> "Features":
        """What is true on a day, without the values: enough to draw it."""
        return replace(self, columns={}).at(day)

    def take(self, keep: np.ndarray) -> "Features":
        """Only the features of a mask or of an array of positions."""
        where = np.flatnonzero(keep) if keep.dtype == bool else keep
        return replace(
            self,
            geometry=self.geometry[where],
            of_class=self.of_class[where],
            columns={name: [values[i] for i in where] for name, values in self.columns.items()},
            begin=None if self.begin is None else self.begin[where],
            until=None if self.until is None else self.until[where],
        )

    def with_geometry(self, geometry: np.ndarray) -> "Features":
        """The same features with other outlines (for display)."""
        return replace(self, geometry=geometry)


def make(key: str, frame: gpd.GeoDataFrame, *, of_class: np.ndarray, classes: Sequence[Class], **rest: Any) -> Features:
    """
    Features of a table, without the rows that have no ground.

    Parameters
    ----------
    key : str
        Which layer; its names come from the vocabulary.
    frame : GeoDataFrame
        EPSG:4490.
    of_class, classes
        The class of each row, and the legend.
    **rest
        Other parts of ``Features``, one value per row where they are columns.
    """
    words = load("maps")["layers"][key]
    geometry = np.asarray(frame.geometry.array, dtype=object)
    made = Features(
        key, words["zh"], words["en"], geometry, tuple(classes), np.asarray(of_class, dtype=np.uint8), **rest
    )
    there = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    kept = made if there.all() else made.take(there)
    return kept.with_geometry(_oriented(kept.geometry))


def _oriented(geometry: np.ndarray) -> np.ndarray:
    """
    Every outline written in one way: it begins at one corner, shells run one way round and holes the other.

    So the same outline is known again in another layer, and overlapping ones can be filled in one go.
    """
    return np.asarray(shapely.normalize(shapely.force_2d(geometry)), dtype=object)


def days(values: Any, *, missing: int) -> np.ndarray:
    """
    Days since 1970-01-01, with ``missing`` where there is no date.

    Examples
    --------
    >>> days(["1970-01-03", None], missing=NEVER).tolist()
    [2, 2147483647]
    """
    given = values if isinstance(values, pd.Series) else pd.Series(list(values), dtype="object")
    stamps = pd.to_datetime(given).to_numpy(dtype="datetime64[D]")
    numbers = stamps.astype("int64")
    return np.where(np.isnat(stamps), missing, numbers).astype(np.int32)


def fields(*names: str, tips: Sequence[str] = (), kinds: Mapping[str, Kind] | None = None) -> tuple[Field, ...]:
    """Fields with their names from the vocabulary; an unknown column keeps its own name."""
    words = load("maps")["fields"]
    kinds = kinds or {}
    return tuple(
        Field(name, words.get(name, {}).get("zh", name), words.get(name, {}).get("en", name), kinds.get(name, "text"),
              name in tips)
        for name in names
    )  # fmt: skip


def texts(values: Any) -> list[str | None]:
    """Values as text, None where missing."""
    return worded(values, str)


def worded(values: Any, say: Callable[[Any], str | None]) -> list[str | None]:
    """
    What is said of each value; each distinct one is asked for once, missing ones never.

    Examples
    --------
    >>> worded(["b", None, "b"], str.upper)
    ['B', None, 'B']
    """
    given = values if isinstance(values, pd.Series) else pd.Series(list(values), dtype="object")
    try:
        codes, distinct = pd.factorize(given)
    except TypeError:  # lists and the like
        codes, distinct = pd.factorize(given.astype(str))
    said = np.array([*map(say, distinct), None], dtype=object)  # the code of what is missing is -1: the last
    return list(said[codes])


def areas(values: Any) -> list[float | None]:
    """Areas at 0.01 m² for display; None where missing."""
    return [None if pd.isna(value) else round(float(value), 2) for value in list(values)]


def unwrapped(parts: Sequence[Features]) -> tuple[Features, ...]:
    """
    Ground on both sides of the 180° meridian drawn side by side, west longitudes counted on past 180°.

    Only where that makes the whole narrower; all layers move together.
    """
    bounds = [part.bounds for part in parts if part.bounds is not None]
    if not bounds or max(b[2] for b in bounds) - min(b[0] for b in bounds) <= 180:
        return tuple(parts)
    shifted = tuple(part.with_geometry(shapely.transform(part.geometry, _eastward)) for part in parts)
    east = [part.bounds for part in shifted if part.bounds is not None]
    width = max(b[2] for b in east) - min(b[0] for b in east)
    return shifted if width < max(b[2] for b in bounds) - min(b[0] for b in bounds) else tuple(parts)


def _eastward(coordinates: np.ndarray) -> np.ndarray:
    return np.column_stack(
        [np.where(coordinates[:, 0] < 0, coordinates[:, 0] + 360, coordinates[:, 0]), coordinates[:, 1]]
    )
