"""Hand-drawn land for tests: squares of a hectare that anybody can check with a pencil."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from reclaim import dates

# an equal-area system round the mines of Guangxi: a square of 100 m is one hectare there
_LOCAL = pyproj.CRS("+proj=laea +lat_0=23.33 +lon_0=107.5 +ellps=GRS80 +units=m")
HECTARE = 1e4


def square(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """A rectangle in units of 100 m, brought to EPSG:4490."""
    shape = shapely.segmentize(shapely.box(x0 * 100, y0 * 100, x1 * 100, y1 * 100), 100)
    return gpd.GeoSeries([shape], crs=_LOCAL).to_crs("EPSG:4490").iloc[0]


def rows(records: list[dict[str, object]], *, source: str, **same: object) -> gpd.GeoDataFrame:
    """Checked rows from ``box`` and ``date`` and whatever else a record says."""
    made = []
    for number, own in enumerate(records):
        record = {"date": "2019", **same, **own}
        period = dates.parse(record["date"])
        made.append(
            {
                **{key: value for key, value in record.items() if key != "box"},
                "date": pd.Timestamp(period.end),
                "date_start": pd.Timestamp(period.start),
                "date_precision": period.precision,
                "_source": source,
                "_row": number,
                "_delivered": number,
                "geometry": square(*record["box"]),
            }
        )
    frame = gpd.GeoDataFrame(made, geometry="geometry", crs="EPSG:4490")
    for name in ("released", "recorded"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


def footprints(*records: dict[str, object], meaning: str = "increment", site_id: str = "A") -> gpd.GeoDataFrame:
    """Footprints of one site unless a record says another."""
    return rows([{"site_id": site_id, "meaning": meaning, **r} for r in records], source="footprints.gpkg")


def parcels(*records: dict[str, object], stage: str = "permanent") -> gpd.GeoDataFrame:
    """Parcels, permanent unless a record says another stage."""
    named = [{"parcel_id": f"P{i}", "stage": stage, **record} for i, record in enumerate(records)]
    return rows(named, source="parcels.gpkg")


def hectares(values: object) -> list[float]:
    """Areas in hectares; missing stays missing."""
    return [round(float(value) / HECTARE, 4) for value in np.asarray(values, dtype=float)]
