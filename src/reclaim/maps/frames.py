"""
Which pieces of ground get a map frame of their own on paper.

A mine is a few kilometres wide and a group of mines a thousand: on one frame the land would be specks. So sites that
lie far apart get a frame each, beside an overview that shows where they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, floor, radians

from reclaim.maps.layers import Place

METRES_PER_DEGREE = 111_320.0  # of a great circle; for the layout of frames, never for an area
SPREAD_M = 60_000  # ground wider than this is shown site by site
LEAST_M = 400  # a frame is never narrower than this

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """
    A map frame: its title, its extent in degrees, whether it is the overview, and whether sites are dots on it.

    Examples
    --------
    >>> Frame("", "", (106.0, 26.0, 106.1, 26.1)).fitted(2.0).width_m > 20_000
    True
    """

    zh: str
    en: str
    box: Box
    overview: bool = False
    by_site: bool = False

    @property
    def latitude(self) -> float:
        """Middle latitude, degrees."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def width_m(self) -> float:
        """Width at the middle latitude, m (for scale bars and layout)."""
        return (self.box[2] - self.box[0]) * METRES_PER_DEGREE * self._squeeze

    @property
    def height_m(self) -> float:
        """Height, m."""
        return (self.box[3] - self.box[1]) * METRES_PER_DEGREE

    @property
    def _squeeze(self) -> float:
        return max(cos(radians(self.latitude)), 0.02)

    def fitted(self, shape: float, *, margin: float = 0.06, foot: float = 0.0) -> "Frame":
        """
        The frame grown to a shape (width over height on paper), with a margin.

        Parameters
        ----------
        shape : float
            Width over height.
        margin : float
            Share of the size that is added on each side.
        foot : float
            Share of the height that is kept free at the foot, for a scale bar.
        """
        width = max(self.width_m, LEAST_M) * (1 + 2 * margin)
        height = max(self.height_m, LEAST_M) * (1 + 2 * margin) / (1 - foot)
        width, height = max(width, height * shape), max(height, width / shape)
        half_x = width / METRES_PER_DEGREE / self._squeeze / 2
        half_y = height / METRES_PER_DEGREE / 2
        x, y = (self.box[0] + self.box[2]) / 2, self.latitude - half_y * foot
        return Frame(self.zh, self.en, (x - half_x, y - half_y, x + half_x, y + half_y), self.overview, self.by_site)


def frames(
    bounds: Box | None, places: Sequence[Place], *, title: tuple[str, str], picture: Frame | None = None
) -> list[Frame]:
    """
    The frames of a map, the overview first where there is one.

    Parameters
    ----------
    bounds : box or None
        Extent of all ground, degrees; None where there is none.
    places : sequence of Place
        The sites with their extents.
    title : (zh, en)
        Title of the frame where one is enough.
    picture : Frame, optional
        An image that lies under the ground; where it shows only a small part of it, that part gets a frame of its own.
    """
    if bounds is None:
        return []
    whole = Frame(*title, bounds)
    own = [place for place in places if place.bounds]
    if max(whole.width_m, whole.height_m) <= SPREAD_M or len(own) < 2:
        part = _part(picture, whole)
        return [Frame(*title, bounds, overview=bool(part)), *part]
    return [Frame(*title, bounds, overview=True, by_site=True), *(_of_place(place) for place in own)]


def _part(picture: Frame | None, whole: Frame) -> list[Frame]:
    """The frame of an image that shows less than half of the ground's width and height."""
    if picture is None:
        return []
    west, south, east, north = picture.box
    box = max(west, whole.box[0]), max(south, whole.box[1]), min(east, whole.box[2]), min(north, whole.box[3])
    part = Frame(picture.zh, picture.en, box)
    small = 0 < part.width_m < whole.width_m / 2 and 0 < part.height_m < whole.height_m
    return [part] if small else []


def _of_place(place: Place) -> Frame:
    assert place.bounds is not None
    (south, west), (north, east) = place.bounds
    return Frame(place.zh, place.en, (west, south, east, north))


def bar_length(width_m: float) -> float:
    """
    A round length for a scale bar, at most four tenths of the frame.

    Examples
    --------
    >>> bar_length(9_000), bar_length(1_300_000)
    (2000.0, 500000.0)
    """
    sizes = [step * 10.0**power for power in range(8) for step in (1, 2, 5)]
    return max((size for size in sizes if size <= width_m * 0.4), default=1.0)


_STEPS = (30, 20, 10, 5, 2, 1, *(m / 60 for m in (30, 20, 10, 5, 2, 1)), *(s / 3600 for s in (30, 20, 10, 5, 2, 1)))


def grid_lines(low: float, high: float, *, gap: float = 0.2) -> list[float]:
    """
    Round degrees for the lines of a grid: two or a few more where that many labels have room, else one.

    Lines near an end are left out: their labels would run into those of the other side.

    Parameters
    ----------
    low, high : float
        The sides of the frame, degrees.
    gap : float
        Least distance of two lines, as a share of the frame.

    Examples
    --------
    >>> grid_lines(105.3, 113.6)
    [108, 110, 112]
    >>> grid_lines(105.3, 113.6, gap=0.5)
    [110]
    """
    found: list[float] = []
    for step in _STEPS:
        lines = [k * step for k in range(ceil(low / step), floor(high / step) + 1)]
        inside = [line for line in lines if 0.09 < (line - low) / (high - low) < 0.91]
        if len(inside) > 1 and step / (high - low) < gap:
            break
        found = inside
        if len(found) > 1:
            break
    return found


def degree_text(value: float, positive: str, negative: str) -> str:
    """
    A longitude or latitude in degrees, minutes and seconds, as short as it goes.

    Examples
    --------
    >>> degree_text(106.5, "E", "W"), degree_text(-4.0, "N", "S"), degree_text(190.0, "E", "W")
    ('106°30′E', '4°S', '170°W')
    >>> degree_text(180.0, "E", "W")
    '180°'
    """
    value = value - 360 if value > 180 else value
    seconds = round(abs(value) * 3600)
    degrees, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    text = f"{degrees}°" + (f"{minutes:02d}′" if minutes or rest else "") + (f"{rest:02d}″" if rest else "")
    return text + ("" if seconds in (0, 180 * 3600) else positive if value > 0 else negative)
