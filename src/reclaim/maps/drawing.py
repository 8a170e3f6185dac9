"""
Drawing on paper: outlines in their classes with hatches, graticule, scale bar, north arrow, names.

The axes are longitude and latitude on CGCS2000, stretched so that a metre is as long either way in the middle of the
frame.
"""

import io
from collections.abc import Sequence
from itertools import compress
from math import ceil, cos, log, radians
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Polygon, Rectangle, Wedge
from matplotlib.path import Path
from matplotlib.ticker import FixedLocator, FuncFormatter
from PIL import Image

from reclaim.maps.features import Class, Features
from reclaim.maps.frames import METRES_PER_DEGREE, Frame, bar_length, degree_text, grid_lines
from reclaim.maps.layers import Place
from reclaim.maps.lettering import width_ems
from reclaim.maps.rasters import Picture

INK, SOFT, GROUND = "#1c2420", "#5d6862", "#F3F5F1"
POINT_MM = 25.4 / 72
_LABEL_EMS = 7.5  # a label of the grid with the gap to the next one
_LEAST_MM = 0.5  # ground smaller than this on paper is a dot


def draw_features(ax: Axes, features: Features, frame: Frame, *, width_mm: float) -> None:
    """
    Draw one layer into a frame.

    Parameters
    ----------
    ax : Axes
        Prepared by ``prepare``.
    features : Features
        What is true at the date of the map.
    frame : Frame
        The frame's extent.
    width_mm : float
        Its width on paper: ground smaller than half a millimetre becomes a dot, details under 0.05 mm are left out.
    """
    near = features.take(_near(features.geometry, frame))
    degrees_per_mm = (frame.box[2] - frame.box[0]) / width_mm
    boxes = shapely.bounds(near.geometry)
    size = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) if len(boxes) else np.zeros(0)
    dots = (size < degrees_per_mm * _LEAST_MM) & (near.outline is None)
    for number, cls in enumerate(near.classes):
        mine = near.of_class == number
        solid = near.geometry[mine & ~dots & (shapely.get_dimensions(near.geometry) == 2)]
        if len(solid):
            solid = shapely.simplify(solid, degrees_per_mm * 0.05, preserve_topology=True)
            _draw_class(ax, compound_path(solid), cls, outline=near.outline)
        if (mine & dots).any():
            # under the outlines, so that only ground that stands alone shows as a dot
            at = (boxes[mine & dots, :2] + boxes[mine & dots, 2:]) / 2
            edge = darker(cls.colour)
            ax.scatter(
                at[:, 0], at[:, 1], s=3, marker="s", color=cls.colour, linewidths=0.2, edgecolors=edge, zorder=0.9
            )


def draw_picture(ax: Axes, picture: Picture) -> None:
    """Lay an image under the land; over the few kilometres of a frame its rows are even in degrees too."""
    west, south, east, north = picture.bounds
    pixels = np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGBA"))
    ax.imshow(pixels, extent=(west, east, south, north), aspect="auto", interpolation="nearest", zorder=0.4)


def _near(geometry: np.ndarray, frame: Frame) -> np.ndarray:
    west, south, east, north = frame.box
    box = shapely.bounds(geometry).reshape(-1, 4)
    return np.asarray((box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south))


def _draw_class(ax: Axes, path: Path, cls: Class, *, outline: Any) -> None:
    # as artists: a patch would be measured for the limits of axes that are fixed, curve by curve
    if outline is not None:
        style = (0, tuple(d * 0.8 for d in outline["dash"])) if outline.get("dash") else "solid"
        ax.add_artist(PathPatch(path, facecolor="none", edgecolor=cls.colour, linewidth=0.9, linestyle=style))
        return
    edge = darker(cls.colour)
    ax.add_artist(PathPatch(path, facecolor=cls.colour, alpha=0.62, edgecolor="none"))
    # the hatch takes its colour from the edge; a patch of its own keeps it strong over the pale fill
    ax.add_artist(PathPatch(path, facecolor="none", edgecolor=edge, linewidth=0.35, hatch=cls.hatch or None))


def compound_path(polygons: np.ndarray) -> Path:
    """All rings of some polygons as one path; holes stay holes because they run the other way round."""
    _, coordinates, offsets = shapely.to_ragged_array(shapely.get_parts(polygons))
    rings = np.asarray(offsets[0])
    codes = np.full(len(coordinates), Path.LINETO, dtype=Path.code_type)
    codes[rings[:-1]] = Path.MOVETO
    codes[rings[1:] - 1] = Path.CLOSEPOLY
    return Path(coordinates, codes)


def darker(colour: str, by: float = 0.6) -> str:
    """A darker shade, for edges and hatches."""
    return "#" + "".join(f"{round(int(colour[k : k + 2], 16) * by):02X}" for k in (1, 3, 5))


def prepare(ax: Axes, frame: Frame, *, size_mm: tuple[float, float] = (150, 100), size: float = 6.5) -> None:
    """
    Extent, shape, grid and its labels of a frame.

    Parameters
    ----------
    ax : Axes
        To be prepared.
    frame : Frame
        Its extent.
    size_mm : (width, height)
        Of the frame on paper: a small one has room for few labels.
    size : float
        Of the labels, in points.
    """
    west, south, east, north = frame.box
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_aspect(1 / max(cos(radians(frame.latitude)), 0.02), adjustable="box")
    ax.set_facecolor(GROUND)
    sides = ((ax.xaxis, west, east, ("E", "W")), (ax.yaxis, south, north, ("N", "S")))
    for (axis, low, high, signs), room in zip(sides, size_mm, strict=True):
        gap = max(0.2, size * POINT_MM * _LABEL_EMS / room)
        axis.set_major_locator(FixedLocator(grid_lines(low, high, gap=gap)))
        axis.set_major_formatter(FuncFormatter(lambda v, _, s=signs: degree_text(v, *s)))
    ax.grid(visible=True, color="#B9C2BC", linewidth=0.4)
    ax.tick_params(length=2, width=0.4, labelsize=size, colors=SOFT, pad=1.5)
    ax.tick_params(axis="y", labelrotation=90)
    for label in ax.get_yticklabels():
        label.set_verticalalignment("center")
    for spine in ax.spines.values():
        spine.set(visible=True, linewidth=0.7, color="#444444")
    ax.set_axisbelow(True)


def scale_bar(ax: Axes, frame: Frame, *, size_mm: tuple[float, float], size: float = 6.5) -> None:
    """
    A bar of a round length in the lower left corner, half black and half white, on a light ground.

    Parameters
    ----------
    ax : Axes
        A frame's axes.
    frame : Frame
        Its extent.
    size_mm : (width, height)
        Of the frame on paper.
    size : float
        Of its text, in points.
    """
    length = bar_length(frame.width_m)
    wide, tall = length / frame.width_m, 1.3 / size_mm[1]
    x, y = 2.6 / size_mm[0], 2.2 / size_mm[1]
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    line = size * POINT_MM * 1.25 / size_mm[1]
    least = max(wide, size * POINT_MM * width_ems(text) / size_mm[0])
    ground = (x * 0.5, y * 0.5), least + x, tall + line + y
    ax.add_patch(Rectangle(*ground, facecolor="white", alpha=0.85, edgecolor="none", transform=ax.transAxes, zorder=8))
    for part, colour in ((0, INK), (1, "white")):
        half = Rectangle((x + part * wide / 2, y), wide / 2, tall, facecolor=colour, edgecolor=INK, linewidth=0.5)
        half.set(transform=ax.transAxes, zorder=9)
        ax.add_patch(half)
    look: dict[str, Any] = {"fontsize": size, "ha": "left", "va": "bottom", "color": INK, "zorder": 9}
    ax.text(x, y + tall + 0.3 / size_mm[1], text, transform=ax.transAxes, **look)


def scale_room(tall_mm: float, size: float = 6.5) -> float:
    """Share of a frame's height that its scale bar takes, at most a fifth."""
    return min(0.2, (4.6 + 1.25 * size * POINT_MM) / tall_mm)


def north_arrow(ax: Axes, at: tuple[float, float], *, tall: float) -> None:
    """An arrow to the north: its foot, and its height, in the axes' own units (millimetres of a page)."""
    x, y = at
    for side, colour in ((-1, INK), (1, "white")):
        corners = [(x, y + tall), (x + side * tall * 0.3, y), (x, y + tall * 0.26)]
        ax.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor=INK, linewidth=0.6))


def draw_places(
    ax: Axes, places: Sequence[Place], frame: Frame, *, width_mm: float, labels: Sequence[str], size: float = 7
) -> None:
    """Sites as small pies of their land by state, named; a name that would cover another moves away, on a thin line."""
    per_mm = (frame.box[2] - frame.box[0]) / width_mm
    squeeze = max(cos(radians(frame.latitude)), 0.02)
    radius = 1.5 * per_mm
    west, south, east, north = frame.box
    shown = [west <= place.lng <= east and south <= place.lat <= north for place in places]
    places, labels = list(compress(places, shown)), list(compress(labels, shown))
    taken = [(p.lng - radius, p.lat - radius * squeeze, p.lng + radius, p.lat + radius * squeeze) for p in places]
    for place, label in zip(places, labels, strict=True):
        _pie(ax, place, radius=radius, squeeze=squeeze)
        wide, tall = per_mm * size * POINT_MM * width_ems(label), per_mm * size * POINT_MM * 1.3 * squeeze
        spot = _spot(place, (wide, tall), radius * 1.45, taken, frame)
        if spot is None:
            continue
        box, shifted = spot
        taken.append(box)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if shifted:
            edge = box[0] if box[0] > place.lng else box[2] if box[2] < place.lng else x
            ax.plot([place.lng, edge], [place.lat, y], color=SOFT, linewidth=0.4, zorder=5)
        ax.text(x, y, label, fontsize=size, ha="center", va="center", color=INK, zorder=7)


_Box = tuple[float, float, float, float]


def _spot(
    place: Place, size: tuple[float, float], gap: float, taken: Sequence[_Box], frame: Frame
) -> tuple[_Box, bool] | None:
    """
    The first free box for a name around its place, near ones first; and whether it stands above or below the place, so
    that a line must lead to it. None where every box near by is taken.
    """
    wide, tall = size
    for away in range(6):
        for up in (0,) if away == 0 else (away, -away):
            for side in (1, -1, 0) if away else (1, -1):
                west = place.lng + (gap if side == 1 else -gap - wide if side == -1 else -wide / 2)
                south = place.lat - tall / 2 + up * tall * 1.05
                box = (west, south, west + wide, south + tall)
                inside = (
                    frame.box[0] < box[0] and box[2] < frame.box[2] and frame.box[1] < box[1] and box[3] < frame.box[3]
                )
                if inside and _free(box, taken):
                    return box, away > 0
    return None


def _free(box: _Box, taken: Sequence[_Box]) -> bool:
    return not any(box[0] < t[2] and box[2] > t[0] and box[1] < t[3] and box[3] > t[1] for t in taken)


def _pie(ax: Axes, place: Place, *, radius: float, squeeze: float) -> None:
    """A pie in degrees: stretched like the axes, so that it is round on paper."""
    turned = 90.0
    total = sum(share for _, share in place.parts) or 1.0
    for colour, share in place.parts or (("#333333", 1.0),):
        swept = 360 * share / total
        wedge = Wedge((0, 0), 1, turned - swept, turned)
        corners = wedge.get_path().vertices * np.array([radius, radius * squeeze]) + np.array([place.lng, place.lat])
        codes = wedge.get_path().codes
        ax.add_artist(PathPatch(Path(corners, codes), facecolor=colour, edgecolor="white", linewidth=0.3, zorder=6))
        turned -= swept


def rows_for(count: int, shape: float) -> tuple[int, int]:
    """
    Rows and columns for some frames on an area of a shape (width over height), so that frames come out near square.

    Examples
    --------
    >>> rows_for(1, 1.5), rows_for(5, 1.5), rows_for(7, 1.5)
    ((1, 1), (2, 3), (2, 4))
    """

    def cost(rows: int) -> float:
        columns = ceil(count / rows)
        return abs(log(shape * rows / columns / 1.15)) + 0.5 * (rows * columns - count)

    best = min(range(1, count + 1), key=cost)
    return best, ceil(count / best)


def metres_per_mm(frame: Frame, width_mm: float) -> float:
    """Metres of ground to a millimetre of paper in the middle of a frame."""
    return (frame.box[2] - frame.box[0]) * METRES_PER_DEGREE * max(cos(radians(frame.latitude)), 0.02) / width_mm
