"""
Tables out, by the ending of the file: each written whole or not at all, and the same bytes for the same table.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from reclaim.errors import CRSError, FileError
from reclaim.geodesy import is_lonlat, lonlat_of
from reclaim.io.atomic import atomic_path
from reclaim.io.cadastral_writing import write_cadastral
from reclaim.io.gdal import configured
from reclaim.io.shapefile_writing import write_shapefile
from reclaim.io.storing import heard_by_users, safe_cell, storable
from reclaim.io.words import hint
from reclaim.io.workbook_writing import write_workbook

# GeoPackages note when they were written; a fixed moment makes equal tables equal files
_MOMENT = "2000-01-01T00:00:00.000Z"
_DEGREE_DIGITS = 9  # a tenth of a millimetre


def write_table(
    frame: pd.DataFrame | Mapping[str, pd.DataFrame],
    path: str | os.PathLike[str],
    *,
    layer: str | None = None,
    encoding: str = "UTF-8",
) -> Path:
    """
    Write a table in the format that the file's ending says.

    Parameters
    ----------
    frame : DataFrame, GeoDataFrame, or mapping of name to table
        Columns as they are to be called in the file. The index is not written. Several tables, by name, become the
        sheets of a workbook or the layers of a GeoPackage.
    path : path
        ``.gpkg``, ``.parquet``, ``.geojson``, ``.fgb``, ``.shp``, ``.csv``, ``.xlsx`` or ``.txt`` (cadastral). An
        existing file is replaced when the new one is whole. GeoJSON is in degrees of WGS 84 whatever the table's CRS
        (RFC 7946); CSV is UTF-8 with a byte-order mark, which Excel needs to read Chinese, geometry as WKT in the
        table's CRS.
    layer : str, optional
        Name of the layer or sheet; the file's own name where none is given.
    encoding : {"UTF-8", "GBK"}
        For Shapefiles: of names and texts. Long names are shortened and listed in a ``.names.csv`` beside it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileError
        For an ending that is not written, a table that the format cannot hold, or a file that is held open.

    Examples
    --------
    >>> import tempfile
    >>> file = write_table(pd.DataFrame({"site_id": ["=1+1"]}), Path(tempfile.mkdtemp()) / "sites.csv")
    >>> file.read_text(encoding="utf-8-sig").splitlines()
    ['site_id', "'=1+1"]
    """
    target = Path(path)
    suffix = target.suffix.lower()
    name = layer or target.stem
    if isinstance(frame, Mapping):
        return _write_several(frame, target)
    if suffix == ".shp":
        return write_shapefile(_spatial(frame, target), target, encoding=encoding)
    if suffix == ".xlsx":
        return _write_several({name: frame}, target)
    if suffix == ".txt":
        return write_cadastral(_spatial(frame, target), target)
    if suffix not in _WRITERS:
        known = (*_WRITERS, ".shp", ".xlsx", ".txt")
        raise FileError(f"{target.name}: files ending in {suffix or 'nothing'!r} are not written{hint(suffix, known)}")
    with atomic_path(target) as fresh:
        _WRITERS[suffix](frame, fresh, name)
    return target


def _write_several(frames: Mapping[str, pd.DataFrame], target: Path) -> Path:
    if target.suffix.lower() == ".xlsx":
        return write_workbook(frames, target)
    return write_layers(frames, target)


def write_layers(layers: Mapping[str, pd.DataFrame], path: str | os.PathLike[str]) -> Path:
    """
    Write several tables as the layers of one GeoPackage.

    Parameters
    ----------
    layers : mapping of name to table
        Spatial or plain; Chinese names are allowed.
    path : path
        A ``.gpkg``.

    Returns
    -------
    Path
        The file.
    """
    target = Path(path)
    if target.suffix.lower() != ".gpkg":
        raise FileError(f"{target.name}: several tables go into a .gpkg or an .xlsx")
    with atomic_path(target) as fresh:
        add_layers(layers, fresh)
    return target


def add_layers(layers: Mapping[str, pd.DataFrame], fresh: Path) -> None:
    """Write layers into a GeoPackage that is still being made."""
    for name, frame in layers.items():
        plain, options = _for_sqlite(frame)
        _gdal(plain, fresh, "GPKG", layer=name, append=fresh.exists(), **options)


def _for_sqlite(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Column names that differ in more than case, and names for SQLite's own columns that are still free."""
    names: list[str] = []
    for name in map(str, frame.columns):
        taken = [item.casefold() for item in names]
        number = next(
            n for n in range(1, len(taken) + 2) if (name if n == 1 else f"{name}_{n}").casefold() not in taken
        )
        names.append(name if number == 1 else f"{name}_{number}")
    lowered = [name.casefold() for name in names]
    # 1.3 is what the QGIS of Debian and of most offices reads without a warning
    options = {"VERSION": "1.3", "FID": next(name for name in ("fid", "ogc_fid", "reclaim_fid") if name not in lowered)}
    if isinstance(frame, gpd.GeoDataFrame):
        place = list(frame.columns).index(frame.geometry.name)
        others = lowered[:place] + lowered[place + 1 :]
        options["GEOMETRY_NAME"] = next(name for name in ("geom", "geometry", "reclaim_geom") if name not in others)
        return frame.set_axis(names, axis=1).set_geometry(names[place]), options
    return frame.set_axis(names, axis=1), options


def _spatial(frame: pd.DataFrame, target: Path) -> gpd.GeoDataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileError(f"{target.name}: the table has no geometry; write it as .csv, .xlsx or .parquet")
    return frame


def _gdal(frame: pd.DataFrame, fresh: Path, driver: str, **options: Any) -> None:
    """Write by GDAL through Arrow, which keeps dates as dates."""
    plain = storable(frame)
    try:
        with configured(OGR_CURRENT_DATE=_MOMENT), heard_by_users(fresh.name):
            pyogrio.write_dataframe(plain, fresh, driver=driver, use_arrow=True, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise FileError(f"{fresh.name}: cannot be written ({str(error)[:200]})") from error
    except (pyogrio.errors.FieldError, pyogrio.errors.GeometryError, ValueError, TypeError) as error:
        raise FileError(f"{fresh.name}: the format cannot hold this table ({str(error)[:200]})") from error


def _write_gpkg(frame: pd.DataFrame, fresh: Path, name: str) -> None:
    add_layers({name: frame}, fresh)


def _write_fgb(frame: pd.DataFrame, fresh: Path, name: str) -> None:
    # its spatial index has no place for a row without geometry
    gaps = _spatial(frame, fresh).geometry.isna().any()
    _gdal(frame, fresh, "FlatGeobuf", layer=name, SPATIAL_INDEX="NO" if gaps else "YES")


def _write_geojson(frame: pd.DataFrame, fresh: Path, name: str) -> None:
    degrees = in_degrees(_spatial(frame, fresh))
    _gdal(degrees, fresh, "GeoJSON", layer=name, COORDINATE_PRECISION=_DEGREE_DIGITS)


def _write_parquet(frame: pd.DataFrame, fresh: Path, name: str) -> None:
    try:
        storable(frame).to_parquet(fresh, index=False)
    except (ValueError, TypeError) as error:
        raise FileError(f"{fresh.name}: the format cannot hold this table ({str(error)[:200]})") from error


def _write_csv(frame: pd.DataFrame, fresh: Path, name: str) -> None:
    plain = pd.DataFrame(storable(frame))
    if isinstance(frame, gpd.GeoDataFrame):
        plain[frame.geometry.name] = shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=-1)
    for column in plain.columns:
        if not pd.api.types.is_numeric_dtype(plain[column].dtype):
            plain[column] = plain[column].astype(object).map(safe_cell)
    plain.columns = [safe_cell(column) for column in plain.columns]
    plain.to_csv(fresh, index=False, encoding="utf-8-sig", lineterminator="\r\n")


_WRITERS: dict[str, Callable[[pd.DataFrame, Path, str], None]] = {
    ".gpkg": _write_gpkg,
    ".parquet": _write_parquet,
    ".geojson": _write_geojson,
    ".json": _write_geojson,
    ".fgb": _write_fgb,
    ".csv": _write_csv,
}


def in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    The table in longitude and latitude of WGS 84, which are those of CGCS2000 to within decimetres.

    Raises
    ------
    CRSError
        Without a CRS, or where only an inexact transformation is known.
    """
    if frame.crs is None:
        raise CRSError("the table has no CRS; state it before writing GeoJSON")
    if is_lonlat(frame.crs):
        return frame.set_crs("OGC:CRS84", allow_override=True)
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda x, y: lonlat_of(frame.crs, x, y), interleaved=False)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs="OGC:CRS84"))
