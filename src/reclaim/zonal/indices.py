"""
Spectral indices: two-line functions of reflectance, one for each entry of the table of the same names.

Arguments are surface reflectances (0–1) of equal shape in the order of the table's ``bands``; not seen is NaN and stays
NaN. Where a denominator is not positive, nothing can be said and the value is NaN. Reflectances below 0, which
atmospheric correction leaves over dark ground, count as 0 in an index.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reclaim.errors import ImageryError
from reclaim.vocabulary import load

Values = NDArray[np.floating]


@dataclass(frozen=True)
class SpectralIndex:
    """
    An entry of the table of indices.

    Attributes
    ----------
    name, en, zh : str
    bands : tuple of str
        Needed bands by meaning, in the order of the function's arguments.
    range : tuple of float, optional
        Smallest and largest value the index can take.
    threshold : float, optional
        From here on a pixel counts as vegetated where nobody says otherwise.
    ratio : bool
        Scale cancels out.
    rgb : bool
        Made of visible colours alone.
    """

    name: str
    en: str
    zh: str
    bands: tuple[str, ...]
    range: tuple[float, float] | None = None
    threshold: float | None = None
    ratio: bool = False
    rgb: bool = False
    wavelengths: bool = False
    reference: str = ""

    @property
    def normalised(self) -> bool:
        """Whether it is (a - b) / (a + b) of its two bands."""
        return _FUNCTIONS.get(self.name) is normalised_difference

    def values(self, bands: Sequence[Values], *, wavelengths: Mapping[str, float] | None = None) -> Values:
        """
        The index from its bands.

        Parameters
        ----------
        bands : sequence of arrays
            Reflectances in the order of ``bands``.
        wavelengths : mapping, optional
            Central wavelengths by band, nanometres; only for indices that measure a depth along the spectrum.
        """
        clipped = [np.maximum(band, 0) for band in bands]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if self.wavelengths:
                return iron_feature_depth(*clipped, nm=wavelengths or _wavelengths("plain"))
            return _FUNCTIONS[self.name](*clipped)


def index(name: str) -> SpectralIndex:
    """
    One index of the table.

    Raises
    ------
    ImageryError
        For a name that is not in it.

    Examples
    --------
    >>> index("ndvi").bands
    ('nir', 'red')
    """
    plain = name.strip().lower()
    if plain not in load("indices"):
        raise ImageryError(f"unknown index {name!r}; choose one of {', '.join(load('indices'))}")
    entry = dict(load("indices")[plain])
    bounds = entry.pop("range", None)
    return SpectralIndex(
        name=plain, bands=tuple(entry.pop("bands")), range=None if bounds is None else (bounds[0], bounds[1]), **entry
    )


def sensor_wavelengths(sensor: str) -> Mapping[str, float]:
    """Central wavelengths of a sensor's bands, nanometres."""
    return _wavelengths(sensor)


def _wavelengths(sensor: str) -> dict[str, float]:
    return {band: float(entry["nm"]) for band, entry in load("sensors")[sensor]["bands"].items()}


def _per(top: Values, bottom: Values) -> Values:
    """A quotient; NaN where the denominator is not positive."""
    return np.where(bottom > 0, top / bottom, np.nan)


def normalised_difference(a: Values, b: Values) -> Values:
    """
    ``(a - b) / (a + b)``.

    Examples
    --------
    >>> float(normalised_difference(np.array(0.3), np.array(0.1)))
    0.49999999999999994
    """
    return _per(a - b, a + b)


def evi(nir: Values, red: Values, blue: Values, *, canopy: float = 1.0) -> Values:
    """``2.5 (N - R) / (N + 6 R - 7.5 B + L)`` with L = 1."""
    return _per(2.5 * (nir - red), nir + 6.0 * red - 7.5 * blue + canopy)


def evi2(nir: Values, red: Values, *, canopy: float = 1.0) -> Values:
    """``2.5 (N - R) / (N + 2.4 R + L)`` with L = 1."""
    return _per(2.5 * (nir - red), nir + 2.4 * red + canopy)


def savi(nir: Values, red: Values, *, soil: float = 0.5) -> Values:
    """``(1 + L) (N - R) / (N + R + L)`` with L = 0.5."""
    return _per((1.0 + soil) * (nir - red), nir + red + soil)


def osavi(nir: Values, red: Values) -> Values:
    """``(N - R) / (N + R + 0.16)``."""
    return _per(nir - red, nir + red + 0.16)


def msavi(nir: Values, red: Values) -> Values:
    """``(2N + 1 - sqrt((2N + 1)² - 8 (N - R))) / 2``."""
    return 0.5 * (2.0 * nir + 1.0 - np.sqrt((2.0 * nir + 1.0) ** 2 - 8.0 * (nir - red)))


def kndvi(nir: Values, red: Values, *, sigma: float | None = None) -> Values:
    """``tanh(((N - R) / 2σ)²)``; σ is the pixel's own mean (N + R) / 2, which makes it tanh(NDVI²), or stated."""
    return np.tanh(_per(nir - red, nir + red if sigma is None else np.full_like(nir, 2.0 * sigma)) ** 2)


def nirv(nir: Values, red: Values) -> Values:
    """``N · NDVI``."""
    return nir * normalised_difference(nir, red)


def bsi(swir1: Values, red: Values, nir: Values, blue: Values) -> Values:
    """``((S1 + R) - (N + B)) / ((S1 + R) + (N + B))``."""
    return normalised_difference(swir1 + red, nir + blue)


def dbsi(swir1: Values, green: Values, nir: Values, red: Values) -> Values:
    """``(S1 - G) / (S1 + G) - NDVI``."""
    return normalised_difference(swir1, green) - normalised_difference(nir, red)


def embi(swir1: Values, swir2: Values, nir: Values, green: Values) -> Values:
    """``(M - W - 0.5) / (M + W + 1.5)``, M = (S1 - S2 - N) / (S1 + S2 + N) + 0.5, W = (G - S1) / (G + S1)."""
    bare = _per(swir1 - swir2 - nir, swir1 + swir2 + nir) + 0.5
    water = normalised_difference(green, swir1)
    return (bare - water - 0.5) / (bare + water + 1.5)


def redness(red: Values, green: Values, blue: Values) -> Values:
    """``R² / (B · G³)``."""
    return _per(red**2, blue * green**3)


def iron_feature_depth(red: Values, nir: Values, swir1: Values, *, nm: Mapping[str, float]) -> Values:
    """How far the near infrared lies below the line from red to short-wave infrared: iron's absorption at 0.9 µm."""
    place = (nm["nir"] - nm["red"]) / (nm["swir1"] - nm["red"])
    return red + (swir1 - red) * place - nir


def vari(green: Values, red: Values, blue: Values) -> Values:
    """``(G - R) / (G + R - B)``."""
    return _per(green - red, green + red - blue)


def exg(green: Values, red: Values, blue: Values) -> Values:
    """``2 G - R - B``."""
    return 2.0 * green - red - blue


def exg_chromatic(green: Values, red: Values, blue: Values) -> Values:
    """``(2 G - R - B) / (R + G + B)``: the same of chromatic coordinates, free of brightness."""
    return _per(exg(green, red, blue), red + green + blue)


_FUNCTIONS: Mapping[str, Callable[..., Values]] = {
    **dict.fromkeys(
        ("ndvi", "gndvi", "ndre", "ndmi", "nbr", "ndwi", "ndsoi", "colour_index", "ngrdi"), normalised_difference
    ),
    **dict.fromkeys(("iron_oxide", "ferric_iron", "ferrous_iron"), _per),
    "evi": evi,
    "evi2": evi2,
    "savi": savi,
    "osavi": osavi,
    "msavi": msavi,
    "kndvi": kndvi,
    "nirv": nirv,
    "bsi": bsi,
    "dbsi": dbsi,
    "embi": embi,
    "redness": redness,
    "vari": vari,
    "exg": exg,
    "exg_chromatic": exg_chromatic,
}
