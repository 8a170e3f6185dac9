"""
What a yearly stack told, on a map: the years of loss and of recovery as pictures, the losses of each year as outlines.
"""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reclaim.figures.timeline import SLOW, year_colours
from reclaim.geodesy import to_cgcs2000
from reclaim.io.grids import Grid
from reclaim.maps.features import NEVER, Class, Features, areas, days, fields, make, texts
from reclaim.maps.layers import PLAIN_FEATURES
from reclaim.maps.rasters import Picture, laid, palette_png
from reclaim.timeline.patches import smoothed
from reclaim.timeline.results import History, Preview
from reclaim.vocabulary import load

MOST_PATCHES = 30_000
_EMPTY = 255  # a place in a palette that stays clear
_SLOWLY = -1.0  # stands for a slow decline among the years


def pictures(history: History, *, colours: dict[int, str] | None = None) -> list[Picture]:
    """
    Year of loss, and where there are sites their years to recovery; ground without either stays clear.

    Parameters
    ----------
    history : History
        With its preview.
    colours : dict, optional
        Of the years; otherwise the history's own.
    """
    preview = history.preview
    if preview is None:
        return []
    made = [_year_picture(history, preview, colours or colours_of([history]))] if (preview.year > 0).any() else []
    if preview.y2r is not None and np.isfinite(preview.y2r).any():
        made.append(_recovery_picture(history, preview.y2r, preview.grid))
    return made


def colours_of(histories: Sequence[History]) -> dict[int, str]:
    """The colour of every year in which ground was lost within four years."""
    both: pd.Series = pd.concat([history.abrupt for history in histories])
    return year_colours({int(str(year)): float(area) for year, area in both.groupby(level=0).sum().items()})


def _year_picture(history: History, preview: Preview, colours: dict[int, str]) -> Picture:
    """Sudden losses in the colours of their years; slow declines in one colour, as their year says little."""
    years, shown = np.array(list(colours), dtype=np.int64), [*colours.values(), SLOW]
    lost = np.where(preview.year > 0, np.where(preview.slow, _SLOWLY, preview.year), np.nan)
    values, bounds, pixel = laid(lost[None], preview.grid)
    place = np.searchsorted(years, np.nan_to_num(values[0]))
    step = np.where(np.isnan(values[0]), _EMPTY, np.where(values[0] == _SLOWLY, len(years), place))
    classes = [{"code": f"year-{year}", "zh": str(year), "en": str(year), "colour": colour, "hatch": ""}
               for year, colour in colours.items()]  # fmt: skip
    classes.append({"code": "slow", **load("maps")["images"]["loss"]["slow"], "colour": SLOW, "hatch": ""})
    seen = [entry for number, entry in enumerate(classes) if (step == number).any()]
    return Picture(*_names(history, "loss"), palette_png(step, shown), bounds, pixel, classes=seen)


def _recovery_picture(history: History, y2r: NDArray[np.float32], grid: Grid) -> Picture:
    scheme = load("maps")["images"]["recovery"]
    values, bounds, pixel = laid(y2r[None], grid)
    years = values[0]
    last = scheme["last"]
    step = np.where(years < 0, len(last) + 1, np.digitize(years, last, right=True))
    png = palette_png(np.where(np.isnan(years), _EMPTY, step), [entry["colour"] for entry in scheme["classes"]])
    classes = [{**entry, "hatch": ""} for entry in scheme["classes"]]
    return Picture(*_names(history, "recovery"), png, bounds, pixel, classes=classes)


def _names(history: History, kind: str) -> tuple[str, str]:
    word, index = load("maps")["images"][kind], history.index.upper()
    return f"{word['zh']}（{index}）", f"{word['en']} ({index})"


def losses(histories: Sequence[History]) -> Features | None:
    """
    The footprints of histories, in the colours of their years; each from its year on. None where there are none.

    Parameters
    ----------
    histories : sequence of History
    """
    parts = [_to_lonlat(history.footprints) for history in histories if len(history.footprints)]
    if not parts:
        return None
    frame = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs="EPSG:4490")
    # a page has a size that a mail carries: of very many patches the largest are drawn
    frame = frame.loc[frame["area_m2"].nlargest(MOST_PATCHES).sort_index().index].reset_index(drop=True)
    years = frame["year"].to_numpy(dtype=np.int64)
    colours = colours_of(histories)
    present = sorted(set(years.tolist()))
    classes = [Class(f"year-{year}", str(year), str(year), colours.get(year, SLOW)) for year in present]
    # many outlines stand for a large area, where a pixel's steps are too fine to be seen
    large = len(frame) > PLAIN_FEATURES
    words = load("maps")["images"]["loss"]
    note = words["largest"] if len(frame) == MOST_PATCHES else {"zh": "", "en": ""} if large else words["smooth"]
    shown = frame if large else frame.set_geometry(smoothed(frame.geometry))
    return make(
        "losses", shown, classes=classes,
        of_class=np.searchsorted(present, years),
        begin=days([f"{year}-01-01" for year in years], missing=-NEVER),
        until=np.full(len(frame), NEVER, dtype=np.int32),
        columns={
            "footprint_id": texts(frame["footprint_id"]), "year": years.tolist(), "area_m2": areas(frame["area_m2"]),
            "magnitude": _rounded(frame["magnitude"], 3), "duration": _rounded(frame["duration"], 1),
            "confidence": _rounded(frame["confidence"], 4),
        },
        fields=fields("year", "area_m2", "magnitude", "duration", "confidence", tips=("year", "area_m2"),
                      kinds={"area_m2": "area", "confidence": "share", "magnitude": "number", "duration": "number"}),
        label="footprint_id", note=(note["zh"], note["en"]),
    )  # fmt: skip


def _to_lonlat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A table in EPSG:4490."""
    return frame.set_geometry(to_cgcs2000(frame.geometry))


def grounds(history: History) -> Features | None:
    """Outlines of the sites that were looked at, with their figures. None without sites."""
    frame = history.grounds
    if frame is None or not len(frame):
        return None
    name, rows = load("maps")["layers"]["grounds"], history.sites
    return make(
        "grounds", _to_lonlat(frame),
        classes=[Class("ground", name["zh"], name["en"], "#1c2420")], of_class=np.zeros(len(frame)),
        columns={
            "site_id": texts(frame["site_id"]), "area_m2": areas(_told(rows, "area_m2")),
            "peak_year": _told(rows, "peak_year"), "disturbed_m2": areas(_told(rows, "disturbed_m2")),
            "recovered": _rounded(_told(rows, "recovered"), 4), "y2r": _rounded(_told(rows, "y2r_median"), 1),
        },
        fields=fields("area_m2", "peak_year", "disturbed_m2", "recovered", "y2r", tips=("area_m2", "peak_year"),
                      kinds={"area_m2": "area", "disturbed_m2": "area", "recovered": "share", "y2r": "number"}),
        label="site_id", outline={"dash": [6, 3]},
    )  # fmt: skip


def _told(rows: Sequence[dict[str, Any]], name: str) -> list[Any]:
    return [row.get(name) for row in rows]


def _rounded(values: Any, digits: int) -> list[float | None]:
    """Numbers for people; None where missing, and for years that have not come yet."""
    return [None if value is None or value != value or value < 0 else round(float(value), digits) for value in values]
