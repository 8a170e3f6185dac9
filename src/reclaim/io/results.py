"""
The results of an assessment as one file for GIS, with its styles; or as tables of a database, in one transaction.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd
import pandas as pd

from reclaim.io.atomic import atomic_path
from reclaim.io.qgis_styles import Style, add_styles, style
from reclaim.io.safety import is_database
from reclaim.io.write import add_layers
from reclaim.vocabulary import Language, Word, states, words

_SEVERITIES = (
    Word("error", "error", "错误", "#EE6677"),
    Word("warning", "warning", "警告", "#CCBB44"),
    Word("note", "note", "提示", "#4477AA"),
)
_OPEN_GROUND = (Word("", "mined land", "损毁范围", "#AA3377"),)
_OURS = {"_source": "source_file", "_row": "source_row"}
_INTERNAL = ("_delivered",)


class Results(Protocol):
    """What an assessment has that a GIS shows."""

    @property
    def spells(self) -> gpd.GeoDataFrame:
        """The history of the ground."""

    @property
    def tables(self) -> Mapping[str, gpd.GeoDataFrame]:
        """Checked input tables."""

    @property
    def findings(self) -> gpd.GeoDataFrame:
        """What was found."""

    @property
    def cover(self) -> pd.DataFrame:
        """Vegetation cover."""

    @property
    def ledger(self) -> pd.DataFrame:
        """Accounts by site."""


def write_results(made: Results, target: str | os.PathLike[str], *, language: Language = "both") -> list[str]:
    """
    Write spells, parcels, footprints, findings, cover and ledger for QGIS.

    Parameters
    ----------
    made : Assessment
        Or anything with the same tables.
    target : path or database address
        A ``.gpkg``, which gets a ``layer_styles`` table; or ``postgresql://…``, written in one transaction.
    language : {"zh", "en", "both"}
        Of the styles' labels.

    Returns
    -------
    list of str
        Names of the layers.
    """
    layers = result_layers(made)
    if isinstance(target, str) and is_database(target):
        from reclaim.io.databases import write_database

        return write_database({f"reclaim_{name}": frame for name, frame in layers.items()}, target)
    with atomic_path(Path(target)) as fresh:
        add_layers(layers, fresh)
        add_styles(fresh, result_styles(), language=language)
    return list(layers)


def result_layers(made: Results) -> dict[str, pd.DataFrame]:
    """The layers by name; those without rows are left out, but for the spells."""
    layers: dict[str, pd.DataFrame] = {"spells": made.spells}
    for name in ("parcels", "footprints", "zones", "sites"):
        if name in made.tables and len(made.tables[name]):
            layers[name] = _for_people(made.tables[name])
    if len(made.findings):
        layers["findings"] = made.findings
    if len(made.cover):
        layers["cover"] = _with_zones(made.cover, made.tables.get("zones"))
    layers["ledger"] = made.ledger
    return layers


def result_styles() -> dict[str, Style]:
    """How each layer is drawn."""
    return {
        "spells": style("spells", "state", states().values()),
        "parcels": style("parcels", "stage", words("stages").values()),
        "footprints": style("footprints", None, _OPEN_GROUND, empty_fill=True),
        "findings": style("findings", "severity", _SEVERITIES, empty_fill=True),
        "cover": style("cover", "outcome", words("outcomes").values()),
    }


def _for_people(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    kept: Any = frame.drop(columns=[name for name in _INTERNAL if name in frame.columns])
    result: gpd.GeoDataFrame = kept.rename(columns={k: v for k, v in _OURS.items() if v not in frame.columns})
    return result


def _with_zones(cover: pd.DataFrame, zones: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Cover with the outlines of its zones, where it does not bring them itself."""
    if isinstance(cover, gpd.GeoDataFrame) or zones is None or "zone_id" not in zones:
        return cover
    plain = pd.DataFrame(cover.drop(columns="geometry", errors="ignore"))
    if "geometry" in cover:
        shapes = cover["geometry"].to_numpy()
    else:
        outlines = zones.drop_duplicates("zone_id").set_index("zone_id").geometry
        shapes = plain["zone_id"].map(outlines).to_numpy()
    placed: pd.DataFrame = gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(shapes, crs=zones.crs), crs=zones.crs)
    return placed
