"""
Tables of an assessment as map content: which classes they are drawn in, and what a reader sees of each row.

One function per layer, from the agreed tables to ``Features``. Labels and colours come from the vocabulary.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from reclaim.dates import Period, text
from reclaim.maps.features import NEVER, Class, Features, areas, days, fields, make, texts, worded
from reclaim.vocabulary import Language, Word, findings, load, states, words


def spells(frame: gpd.GeoDataFrame, sites: Mapping[str, str], *, language: Language = "both") -> Features:
    """
    State of the land, with the time that each spell lasted.

    Parameters
    ----------
    frame : GeoDataFrame
        Spells.
    sites : mapping of site_id to name
        See ``site_names``.
    language : {"both", "zh", "en"}
        Language of dates and words.
    """
    classes, of_class = _by_word(frame["state"], states())
    again = {first: _word(load("maps")["again"]["first" if first else "again"], language) for first in (True, False)}
    return make(
        "spells", frame, classes=classes, of_class=of_class,
        begin=days(frame["start"], missing=-NEVER), until=days(frame["end"], missing=NEVER),
        columns={
            "site": _named(frame["site_id"], sites), "area_m2": areas(frame["area_m2"]),
            "since": _day_texts(frame["start"], language), "until": _day_texts(frame["end"], language),
            "again": [again[first] for first in frame["first"].astype(bool).tolist()],
            "cause": _rows(frame["cause"]), "face_id": texts(frame["face_id"]),
        },
        fields=fields("area_m2", "site", "since", "until", "again", "cause", "face_id",
                      tips=("area_m2", "site", "since"), kinds={"area_m2": "area"}),
    )  # fmt: skip


def footprints(frame: gpd.GeoDataFrame, sites: Mapping[str, str], *, language: Language = "both") -> Features:
    """Outlines of mined land as delivered, in one colour a year; each from its date on."""
    years = pd.to_datetime(frame["date"]).dt.year.fillna(0).astype(int).to_numpy()
    classes, of_class = _by_year(years)
    return make(
        "footprints", frame, classes=classes, of_class=of_class,
        begin=days(frame["date"], missing=-NEVER), until=np.full(len(frame), NEVER, dtype=np.int32),
        columns={
            "footprint_id": _column(frame, "footprint_id"), "site": _named(frame["site_id"], sites),
            "date": _periods(frame, "date", language), "damage": _labels(frame, "damage", "damage", language),
            "liability": _labels(frame, "liability", "liability", language), "source_row": _source_rows(frame),
        },
        fields=fields("site", "date", "damage", "liability", "source_row", tips=("site", "date")),
        label="footprint_id", outline={"dash": []},
    )  # fmt: skip


def parcels(frame: gpd.GeoDataFrame, sites: Mapping[str, str], *, language: Language = "both") -> Features:
    """Reclaimed parcels by the stage reached; each stage from its date on, until the parcel's next one."""
    frame = frame.sort_values("date", kind="stable")
    classes, of_class = _by_word(frame["stage"], words("stages"))
    ids = frame["parcel_id"] if "parcel_id" in frame else pd.Series(None, index=frame.index, dtype=object)
    following = frame["date"].groupby(ids).shift(-1)
    return make(
        "parcels", frame, classes=classes, of_class=of_class,
        begin=days(frame["date"], missing=-NEVER), until=days(following, missing=NEVER),
        columns={
            "parcel_id": texts(ids), "site": _named(_series(frame, "site_id"), sites),
            "date": _periods(frame, "date", language), "end_use": _labels(frame, "end_use", "end_uses", language),
            "declared_mu": _numbers(frame, "declared_mu"), "source_row": _source_rows(frame),
        },
        fields=fields("site", "date", "end_use", "declared_mu", "source_row", tips=("site", "date"),
                      kinds={"declared_mu": "mu"}),
        label="parcel_id",
    )  # fmt: skip


def permits(frame: gpd.GeoDataFrame, sites: Mapping[str, str], *, language: Language = "both") -> Features:
    """Permits, valid at the date shown."""
    name = load("maps")["layers"]["permits"]
    classes = [Class("permit", name["zh"], name["en"], "#555555", "")]
    return make(
        "permits", frame, classes=classes, of_class=np.zeros(len(frame)),
        begin=days(_series(frame, "valid_from"), missing=-NEVER), until=days(_series(frame, "valid_to"), missing=NEVER),
        columns={
            "permit_id": _column(frame, "permit_id"), "site": _named(_series(frame, "site_id"), sites),
            "valid_from": _periods(frame, "valid_from", language), "valid_to": _periods(frame, "valid_to", language),
            "source_row": _source_rows(frame),
        },
        fields=fields("site", "valid_from", "valid_to", "source_row", tips=("site", "valid_to")),
        label="permit_id", outline={"dash": [7, 4]},
    )  # fmt: skip


def cover(frame: gpd.GeoDataFrame, *, language: Language = "both") -> Features:
    """Vegetation cover of each zone in classes, each row until the zone's next date."""
    frame = frame.sort_values(["zone_id", "metric", "date"], kind="stable")
    following = pd.to_datetime(frame["date"]).groupby([frame["zone_id"], frame["metric"]]).shift(-1)
    classes, of_class = cover_classes(frame["cover"].to_numpy(dtype=float))
    name = load("maps")["cover_classes"]["name"]
    return make(
        "cover", frame, classes=classes, of_class=of_class,
        begin=days(frame["date"], missing=-NEVER), until=days(following, missing=NEVER),
        columns={
            "zone_id": texts(frame["zone_id"]), "cover": _numbers(frame, "cover"),
            "metric": _labels(frame, "metric", "metrics", language), "date": _day_texts(frame["date"], language),
            "valid": _numbers(frame, "valid"), "low": _numbers(frame, "low"), "high": _numbers(frame, "high"),
            "outcome": _labels(frame, "outcome", "outcomes", language), "area_m2": areas(frame["area_m2"]),
        },
        fields=fields("cover", "metric", "date", "outcome", "valid", "low", "high", "area_m2",
                      tips=("cover", "date", "outcome"),
                      kinds={"cover": "share", "valid": "share", "low": "share", "high": "share", "area_m2": "area"}),
        label="zone_id", note=(name["zh"], name["en"]),
    )  # fmt: skip


def cover_classes(cover: np.ndarray) -> tuple[list[Class], np.ndarray]:
    """
    Classes of cover: ``[a, b)``, the last one closed; no data is a class of its own.

    Examples
    --------
    >>> classes, of_class = cover_classes(np.array([0.2, 0.95, 1.0, float("nan")]))
    >>> [classes[i].en for i in of_class]
    ['20–40 %', '95–100 %', '95–100 %', 'no data']
    """
    scheme = load("maps")["cover_classes"]
    edges = scheme["edges"]
    names = [f"{100 * low:g}–{100 * high:g} %" for low, high in pairwise(edges)]
    rows = zip(names, scheme["colours"], scheme["hatches"], strict=True)
    none = scheme["no_data"]
    classes = [Class(f"cover-{i}", name, name, colour, hatch) for i, (name, colour, hatch) in enumerate(rows)]
    classes.append(Class("no-data", none["zh"], none["en"], none["colour"], none["hatch"]))
    place = np.digitize(cover, edges[1:-1])
    return classes, np.where(np.isnan(cover), len(names), place).astype(np.uint8)


def find_places(frame: gpd.GeoDataFrame, *, language: Language = "both") -> Features:
    """Findings that have a place, by severity."""
    scheme = load("maps")["severities"]
    classes, of_class = _by_word(frame["severity"], {code: Word(code=code, **entry) for code, entry in scheme.items()})
    kinds = findings()
    said = [_word(kinds[code], language) if code in kinds else str(code) for code in frame["code"]]
    return make(
        "findings", frame, classes=classes, of_class=of_class,
        columns={
            "finding": said, "message": texts(frame["message"]), "fix": texts(frame["fix"]), "id": texts(frame["id"]),
            "area_m2": areas(frame["area_m2"]), "source_row": _finding_rows(frame),
        },
        fields=fields("message", "fix", "area_m2", "id", "source_row", tips=("message",), kinds={"area_m2": "area"}),
        label="finding",
    )  # fmt: skip


def site_names(frame: pd.DataFrame | None, *, language: Language = "both") -> dict[str, str]:
    """Name of each site for people; the id where there is none."""
    if frame is None or "site_id" not in frame:
        return {}
    zh, en = (_column(frame, column) for column in ("name_zh", "name"))
    made = {}
    for identity, chinese, english in zip(texts(frame["site_id"]), zh, en, strict=True):
        if identity is not None:
            made[identity] = _bilingual(chinese or english or identity, english or chinese or identity, language)
    return made


# --- words and values ------------------------------------------------------------------------------------------------


def _bilingual(zh: str, en: str, language: Language) -> str:
    if language == "zh" or zh == en:
        return zh
    return en if language == "en" else f"{zh} {en}"


def _word(entry: Mapping[str, str], language: Language) -> str:
    return _bilingual(entry["zh"], entry["en"], language)


def _by_word(values: Any, known: Mapping[str, Word]) -> tuple[list[Class], np.ndarray]:
    """The classes that occur, in the vocabulary's order; unknown values last, in grey, under their own name."""
    codes = ["?" if code is None else code for code in texts(values)]
    present = set(codes)
    classes = [Class.of(word) for code, word in known.items() if code in present]
    others = sorted(present - set(known))[:200]
    classes += [Class(code, code, code, "#BBBBBB", "---") for code in others]
    place = {cls.code: i for i, cls in enumerate(classes)}
    return classes, np.array([place.get(code, len(classes) - 1) for code in codes], dtype=np.uint8)


def _by_year(years: np.ndarray) -> tuple[list[Class], np.ndarray]:
    """A colour a year, later years darker; 0 is a row without a date."""
    scale = load("maps")["year_colours"]["colours"]
    present = sorted(set(years.tolist()))[-250:]
    places = np.linspace(0, len(scale) - 1, len(present)) if len(present) > 1 else np.array([len(scale) - 1.0])
    names = [(f"{year}年", str(year)) if year else ("日期不明", "no date") for year in present]
    classes = [
        Class(f"year-{year}", zh, en, _mixed(scale, place))
        for year, place, (zh, en) in zip(present, places, names, strict=True)
    ]
    return classes, np.searchsorted(np.array(present), np.maximum(years, present[0] if present else 0)).astype(np.uint8)


def _mixed(scale: Sequence[str], place: float) -> str:
    """A colour between two of a scale."""
    low = int(np.floor(place))
    high = min(low + 1, len(scale) - 1)
    rgb = [[int(scale[i][k : k + 2], 16) for k in (1, 3, 5)] for i in (low, high)]
    part = place - low
    return "#" + "".join(f"{round(a + (b - a) * part):02X}" for a, b in zip(*rgb, strict=True))


def _series(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame else pd.Series(None, index=frame.index, dtype=object)


def _column(frame: pd.DataFrame, name: str) -> list[str | None]:
    return texts(_series(frame, name))


def _numbers(frame: pd.DataFrame, name: str) -> list[float | None]:
    values = pd.to_numeric(_series(frame, name), errors="coerce")
    return [None if pd.isna(value) else float(value) for value in values]


def _labels(frame: pd.DataFrame, name: str, vocabulary: str, language: Language) -> list[str | None]:
    known = words(vocabulary)
    return worded(_series(frame, name), lambda v: known[v].label(language) if v in known else str(v))


def _named(values: Any, names: Mapping[str, str]) -> list[str | None]:
    """Sites by name, several joined."""
    return worded(values, lambda value: "; ".join(names.get(part, part) for part in str(value).split(";")))


def _rows(values: Any) -> list[str | None]:
    """Source rows in lines of their own, the first twenty."""

    def listed(value: Any) -> str:
        rows = str(value).split(";")
        return "; ".join(rows[:20]) + (f" … (+{len(rows) - 20})" if len(rows) > 20 else "")

    return worded(values, listed)


def _source_rows(frame: pd.DataFrame) -> list[str | None]:
    """``file, row n`` as the findings count rows: from 0."""
    sources, rows = _column(frame, "_source"), _column(frame, "_row")
    return [None if s is None else f"{s}:{r}" for s, r in zip(sources, rows, strict=True)]


def _finding_rows(frame: pd.DataFrame) -> list[str | None]:
    return [
        None if s is None else f"{s}:{'' if r is None else r}"
        for s, r in zip(texts(frame["source"]), texts(frame["row"]), strict=True)
    ]


def _day_texts(values: Any, language: Language) -> list[str | None]:
    return worded(pd.to_datetime(values), lambda stamp: _said((stamp, stamp, "day"), language))


def _periods(frame: pd.DataFrame, name: str, language: Language) -> list[str | None]:
    """Dates as precise as they were written, no more."""
    ends = pd.to_datetime(_series(frame, name))
    starts = pd.to_datetime(_series(frame, f"{name}_start")) if f"{name}_start" in frame else ends
    table = pd.DataFrame(
        {"start": starts.to_numpy(), "end": ends.to_numpy(), "how": _column(frame, f"{name}_precision")}
    )
    return _once(table, language)


def _once(table: pd.DataFrame, language: Language) -> list[str | None]:
    """Every distinct period put in words once."""
    kinds = table.groupby(["start", "end", "how"], dropna=False, sort=False).ngroup().to_numpy()
    _, first = np.unique(kinds, return_index=True)
    said = [_said(row, language) for row in table.iloc[first].itertuples(index=False)]
    return [said[kind] for kind in kinds]


def _said(period: Any, language: Language) -> str | None:
    start, end, precision = period
    if pd.isna(end):
        return None
    first = (end if pd.isna(start) else start).date()
    how: Any = "day" if pd.isna(precision) else precision
    return text(Period(first, end.date(), how), "iso" if language == "both" else language)
