"""
The Gauss–Krüger zones of CGCS2000.

A 3-degree zone ``n`` has central meridian ``3n``, a 6-degree zone ``6n − 3``. Eastings are written with the zone
number in front (38,508,959) or without (508,959); each way is a reference system of its own.
"""

from dataclasses import dataclass
from typing import Any, Literal

from reclaim.geodesy.reference import as_crs

_FALSE_EASTING = 500_000.0
# half a 6-degree zone at the equator is 334 km; 3-degree data rarely reach beyond 250 km
_REACH = 400_000.0


@dataclass(frozen=True, slots=True)
class Zone:
    """
    One zone, with the codes of both ways to write its eastings.

    Examples
    --------
    >>> zone = Zone(3, 38)
    >>> zone.central_meridian, zone.prefixed, zone.unprefixed
    (114, 'EPSG:4526', 'EPSG:4547')
    """

    width: Literal[3, 6]
    number: int

    def __post_init__(self) -> None:
        first, last = (25, 45) if self.width == 3 else (13, 23)
        if not first <= self.number <= last:
            raise ValueError(f"{self.width}-degree zones of CGCS2000 run from {first} to {last}, got {self.number}")

    @property
    def central_meridian(self) -> int:
        """Degrees east."""
        return 3 * self.number if self.width == 3 else 6 * self.number - 3

    @property
    def prefixed(self) -> str:
        """Code of the system whose eastings begin with the zone number."""
        return f"EPSG:{4488 + self.number if self.width == 3 else 4478 + self.number}"

    @property
    def unprefixed(self) -> str:
        """Code of the system named by its central meridian, eastings without the zone number."""
        return f"EPSG:{4509 + self.number if self.width == 3 else 4489 + self.number}"


def find_zone(easting: float) -> Zone | None:
    """
    The zone that an easting names in its first two digits, if it does.

    An easting without a zone number fits every zone; nothing is guessed then.

    Examples
    --------
    >>> find_zone(38_508_959)
    Zone(width=3, number=38)
    >>> find_zone(508_959) is None
    True
    """
    number, rest = divmod(easting, 1_000_000)
    if abs(rest - _FALSE_EASTING) > _REACH:
        return None
    if 25 <= number <= 45:
        return Zone(3, int(number))
    return Zone(6, int(number)) if 13 <= number <= 23 else None


def zone_at(longitude: float, width: Literal[3, 6] = 3) -> Zone | None:
    """
    The zone that a longitude lies in; None outside China's zones.

    Examples
    --------
    >>> zone_at(114.1)
    Zone(width=3, number=38)
    """
    number = round(longitude / 3) if width == 3 else int(longitude // 6) + 1
    try:
        return Zone(width, number)
    except ValueError:
        return None


def grid_of(crs: Any) -> tuple[float, float] | None:
    """
    Central meridian (degrees) and false easting (m) of a transverse Mercator system; None for any other.

    Examples
    --------
    >>> grid_of("EPSG:4526")
    (114.0, 38500000.0)
    """
    operation = as_crs(crs).coordinate_operation
    if operation is None or operation.method_code != "9807":
        return None
    values = {parameter.name: parameter.value for parameter in operation.params}
    return float(values["Longitude of natural origin"]), float(values["False easting"])


def zone_of(crs: Any) -> tuple[Zone, bool] | None:
    """
    The zone of a Gauss–Krüger system, and whether its eastings carry the zone number; None for any other system.

    Examples
    --------
    >>> zone_of("EPSG:4547")
    (Zone(width=3, number=38), False)
    """
    grid = grid_of(crs)
    if grid is None:
        return None
    meridian, false_easting = grid
    named = find_zone(false_easting)
    if named is not None:
        return named, True
    if false_easting != _FALSE_EASTING or meridian % 3 or not 25 <= meridian / 3 <= 45:
        return None
    return Zone(3, int(meridian / 3)), False
