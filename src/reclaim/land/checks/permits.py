"""Ground outside the permit that was valid at the time."""

from collections.abc import Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from reclaim.geodesy import area
from reclaim.land.checks.shapes import polygons_of
from reclaim.land.checks.sheet import mu
from reclaim.tables import CRS, Finding
from reclaim.vocabulary import findings as kinds

# less than this outside is the thickness of a line
_WORTH_M2 = 1.0

_NAMES = {"parcels": "parcel_id", "footprints": "footprint_id"}


def check_permits(tables: Mapping[str, gpd.GeoDataFrame]) -> Iterator[Finding]:
    """
    Footprints and parcels that reach outside every permit of their site that was valid at their date.

    Parameters
    ----------
    tables : mapping of str to GeoDataFrame
        Checked tables in EPSG:4490.
    """
    permits = tables.get("permits")
    if permits is None or permits.empty:
        return
    for name, id_column in _NAMES.items():
        rows = tables.get(name)
        if rows is not None and not rows.empty:
            # a row that stands once for each stage is looked at once
            rows = rows.drop_duplicates(["_source", "_row"]).reset_index(drop=True)
            yield from _without_permit(rows, permits, name)
            yield from _outside(rows, permits, name, id_column)


def _without_permit(rows: gpd.GeoDataFrame, permits: gpd.GeoDataFrame, name: str) -> Iterator[Finding]:
    """Sites of which no permit was delivered: said once, not for each of their rows."""
    kind = kinds()["no-permit"]
    for site in sorted(set(rows["site_id"].dropna()) - _permitted_sites(rows, permits)):
        message = f"site {site} has no permit in the permits table; its {name} were not held against one"
        yield Finding("note", "no-permit", message, kind["fix"], table=name, id=str(site))


def _permitted_sites(rows: gpd.GeoDataFrame, permits: gpd.GeoDataFrame) -> set[str]:
    if permits["site_id"].isna().any():
        return set(rows["site_id"].dropna())
    return set(permits["site_id"])


def _outside(rows: gpd.GeoDataFrame, permits: gpd.GeoDataFrame, name: str, id_column: str) -> Iterator[Finding]:
    asked = rows["site_id"].isna() | rows["site_id"].isin(_permitted_sites(rows, permits))
    rows = rows[asked.to_numpy()].reset_index(drop=True)
    rest, measured = _beyond(rows, permits)
    kind = kinds()["outside-permit"]
    for at in np.flatnonzero(measured > _WORTH_M2).tolist():
        row = rows.iloc[at]
        share = "all of it lies" if rest[at] is row.geometry else f"{mu(measured[at])} lie"
        yield Finding(
            "warning",
            "outside-permit",
            f"{row[id_column]}: {share} outside the permits valid on {row['date']:%Y-%m-%d}",
            kind["fix"],
            table=name,
            source=row["_source"],
            row=int(row["_row"]),
            id=row[id_column],
            area_m2=float(measured[at]),
            geometry=rest[at],
        )


def _beyond(rows: gpd.GeoDataFrame, permits: gpd.GeoDataFrame) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """What of each row lies outside its permits, and how much."""
    shapes = np.asarray(rows.geometry.array, dtype=object)
    grounds = np.asarray(permits.geometry.array, dtype=object)
    tree = shapely.STRtree(shapes)
    permit, row = tree.query(grounds, predicate="intersects")
    applies = _applies(rows, permits, row, permit)
    permit, row = permit[applies], row[applies]
    inside_permit, inside_row = tree.query(grounds, predicate="covers")
    inside = np.unique(inside_row[_applies(rows, permits, inside_row, inside_permit)])
    rest = shapes.copy()
    rest[inside] = shapely.Polygon()
    open_pairs = pd.DataFrame({"row": row, "permit": permit})
    open_pairs = open_pairs[~open_pairs["row"].isin(inside)]
    for several in open_pairs.groupby("row").indices.values():
        at = int(open_pairs["row"].to_numpy()[several[0]])
        ground = grounds[open_pairs["permit"].to_numpy()[several]]
        whole = ground[0] if len(ground) == 1 else shapely.union_all(ground)
        rest[at] = shapely.difference(shapes[at], whole)
    for mixed in np.flatnonzero(shapely.get_type_id(rest) == shapely.GeometryType.GEOMETRYCOLLECTION):
        rest[mixed] = polygons_of(rest[mixed])
    return rest, area(rest, CRS)


def _applies(
    rows: gpd.GeoDataFrame, permits: gpd.GeoDataFrame, row: npt.NDArray[np.int64], permit: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Pairs of one site, or of none, whose permit was valid within the row's period."""
    site, holder = rows["site_id"].to_numpy()[row], permits["site_id"].to_numpy()[permit]
    ours = (site == holder) | pd.isna(site) | pd.isna(holder)
    begins = permits["valid_from_start"].to_numpy()[permit]
    ends = permits["valid_to"].to_numpy()[permit]
    begun = np.isnat(begins) | (begins <= rows["date"].to_numpy()[row])
    lasts = np.isnat(ends) | (ends >= rows["date_start"].to_numpy()[row])
    return np.asarray(ours & begun & lasts, dtype=bool)
