"""
Maps that a report can embed and that open on a mine site without a network.

``build`` makes the whole sheet of an assessment. Each layer is a Folium layer of its own, made from ``Features``
(``themes``) or a ``Picture`` (``rasters``), and can be added to any Folium map.
"""

from reclaim.maps.basemaps import LocalTiles, ServiceLayer
from reclaim.maps.content import content
from reclaim.maps.embed import frame, script_hashes
from reclaim.maps.layers import GraticuleLayer, GroundLayer, PlacesLayer, RasterLayer
from reclaim.maps.margin import Margin
from reclaim.maps.sheet import Sheet, build

__all__ = [
    "GraticuleLayer",
    "GroundLayer",
    "LocalTiles",
    "Margin",
    "PlacesLayer",
    "RasterLayer",
    "ServiceLayer",
    "Sheet",
    "build",
    "content",
    "frame",
    "script_hashes",
]
