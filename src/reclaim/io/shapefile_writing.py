"""
Shapefiles out: names cut on the borders of characters, their long forms listed beside, dates kept.
"""

import csv
import datetime
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from reclaim.errors import FileError, ReclaimWarning
from reclaim.io.atomic import atomic_group
from reclaim.io.shapefiles import names_file
from reclaim.io.storing import heard_by_users, storable

_NAME_BYTES = 10
_TEXT_BYTES = 254
_ENCODINGS = {"UTF-8": "utf-8", "GBK": "gbk"}
_FAMILIES = ({"Point"}, {"MultiPoint"}, {"LineString", "MultiLineString", "LinearRing"}, {"Polygon", "MultiPolygon"})
_UPDATED = "2000-01-01"


class TextShortened(ReclaimWarning):
    """A text was longer than a Shapefile can hold."""


def write_shapefile(frame: gpd.GeoDataFrame, target: Path, *, encoding: str = "UTF-8") -> Path:
    """
    Write a Shapefile with everything that belongs to it.

    Parameters
    ----------
    frame : GeoDataFrame
        Points, lines or polygons, not mixed.
    target : Path
        The ``.shp``.
    encoding : {"UTF-8", "GBK"}
        Of names and texts; stated in the ``.cpg``. GBK holds five Chinese characters of a name, UTF-8 three.

    Returns
    -------
    Path
        The ``.shp``; where names were shortened, ``NAME.names.csv`` beside it lists them.

    Raises
    ------
    FileError
        For mixed geometries or an encoding that is not offered.
    """
    if encoding.upper() not in _ENCODINGS:
        raise FileError(f"{target.name}: encoding must be UTF-8 or GBK, got {encoding!r}")
    codec = _ENCODINGS[encoding.upper()]
    _check_family(frame, target)
    plain = storable(frame)
    attributes = [name for name in plain.columns if name != frame.geometry.name]
    short = short_names(attributes, codec)
    renamed = plain.rename(columns=dict(zip(attributes, short, strict=True)))
    for name in short:
        renamed[name] = _fitting(renamed[name], codec, target)
    with atomic_group(target) as fresh:
        _write(renamed, fresh, encoding.upper())
        fresh.with_suffix(".cpg").write_text(encoding.upper(), encoding="ascii")
        _list_names(fresh, dict(zip(short, attributes, strict=True)))
    return target


def short_names(names: Sequence[str], codec: str = "utf-8") -> list[str]:
    """
    Names of at most ten bytes, cut between characters, all different.

    Examples
    --------
    >>> short_names(["reclamation_date_start", "reclamation_date_end", "竣工验收日期"])
    ['reclamatio', 'reclamat_1', '竣工验']
    """
    result: list[str] = []
    for name in names:
        short = _cut(name, _NAME_BYTES, codec) or "field"
        number = 0
        while short.casefold() in (item.casefold() for item in result):
            number += 1
            tail = f"_{number}"
            short = _cut(name, _NAME_BYTES - len(tail), codec) + tail
        result.append(short)
    return result


def _cut(text: str, limit: int, codec: str) -> str:
    """As many whole characters as fit into a number of bytes."""
    data = text.encode(codec, errors="replace")
    return data[:limit].decode(codec, errors="ignore")


def _check_family(frame: gpd.GeoDataFrame, target: Path) -> None:
    kinds = set(frame.geom_type.dropna())
    if not any(kinds <= family for family in _FAMILIES):
        raise FileError(
            f"{target.name}: a Shapefile holds one kind of geometry, not {', '.join(sorted(kinds))}; "
            "write a .gpkg instead"
        )


def _fitting(values: pd.Series, codec: str, target: Path) -> pd.Series:
    """Texts of at most 254 bytes; moments with a time of day as text, which a Shapefile has no kind for."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = values.dt.strftime("%Y-%m-%dT%H:%M:%S").astype("string")
    if values.dtype == bool or (values.dtype == object and {type(v) for v in values.dropna()} == {bool}):
        return values.map({True: 1, False: 0}).astype("Int64")
    if not isinstance(values.dtype, pd.StringDtype):
        return values
    texts = [None if pd.isna(text) else str(text) for text in values]
    shortened = [None if text is None else _cut(text, _TEXT_BYTES, codec) for text in texts]
    if shortened != texts:
        warnings.warn(
            f"{target.name}: texts of column {values.name!r} were shortened to {_TEXT_BYTES} bytes or hold characters "
            f"that {codec} has not; a .gpkg keeps them",
            TextShortened,
            stacklevel=4,
        )
    return pd.Series(shortened, index=values.index, dtype="string")


def _write(frame: gpd.GeoDataFrame, fresh: Path, encoding: str) -> None:
    """Field by field, so that names and texts are in the encoding asked for and dates stay dates."""
    geometry = frame.geometry
    names = [name for name in frame.columns if name != geometry.name]
    fields = [_field(frame[name]) for name in names]
    try:
        with heard_by_users(fresh.name):
            pyogrio.raw.write(
                fresh,
                shapely.to_wkb(geometry.to_numpy()),
                [data for data, _ in fields],
                names,
                field_mask=[mask for _, mask in fields],
                geometry_type=_layer_kind(geometry),
                crs=None if frame.crs is None else frame.crs.to_wkt("WKT1_ESRI"),
                driver="ESRI Shapefile",
                encoding=encoding,
                DBF_DATE_LAST_UPDATE=_UPDATED,
            )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, ValueError) as error:
        raise FileError(f"{fresh.name}: cannot be written ({str(error)[:200]})") from error


def _field(values: pd.Series) -> tuple[Any, Any]:
    """A column's cells with a mask of the empty ones."""
    mask = values.isna().to_numpy(dtype=bool)
    there = values[~mask]
    if values.dtype == object and len(there) and isinstance(there.iloc[0], datetime.date):
        return np.array(
            [None if empty else day for day, empty in zip(values, mask, strict=True)], "datetime64[D]"
        ), mask
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.fillna(0).to_numpy(dtype=np.int64), mask
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype=np.float64, na_value=np.nan), mask
    return values.astype(object).where(~mask, None).to_numpy(dtype=object), mask


def _layer_kind(geometry: gpd.GeoSeries) -> str:
    kinds = sorted(set(geometry.geom_type.dropna()))
    flat = kinds[-1].replace("Multi", "").replace("LinearRing", "LineString") if kinds else "Polygon"
    kind = "MultiPoint" if kinds == ["MultiPoint"] else flat
    return f"{kind} Z" if geometry.has_z.any() else kind


def _list_names(fresh: Path, names: dict[str, str]) -> None:
    if all(short == name for short, name in names.items()):
        return
    with names_file(fresh).open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["short", "long"])
        writer.writerows(names.items())
