"""What bands, files and folders are called: band, sensor and date as a name tells them."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from reclaim import dates
from reclaim.dates import Period
from reclaim.errors import DateError, ImageryError
from reclaim.vocabulary import load

MASKS = ("SCL", "QA_PIXEL")
SATURATION = "QA_RADSAT"

_PRODUCT = re.compile(r"(?P<s2>S2[A-D]_MSIL2A)|L[COTE]0(?P<landsat>[5789])_L2S[PR]", re.IGNORECASE)
_BASELINE = re.compile(r"S2[A-D]_MSIL2A_\d{8}T\d{6}_N(\d{4})_", re.IGNORECASE)
_DATES = (
    re.compile(r"(?<!\d)((?:19|20)\d{2}-\d{2}-\d{2})(?!\d)"),
    re.compile(r"(?<!\d)((?:19|20)\d{6})(?!\d)"),
    re.compile(r"(?<!\d)((?:19|20)\d{2}-\d{2})(?![\d-])"),
    re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)"),
)
_FILLERS = {"band", "channel", "infrared", "light", "near", "nm", "reflectance", "shortwave", "sr", "surface", "波段"}
_LETTERS = {"r": "red", "g": "green", "b": "blue", "n": "nir"}


def sensors() -> tuple[str, ...]:
    """
    The sensors that bands can be named for.

    Examples
    --------
    >>> sensors()[0], sensors()[-1]
    ('sentinel-2', 'plain')
    """
    return tuple(load("sensors"))


def known_sensor(sensor: str | None) -> str | None:
    """The sensor if it is in the table; refused with the list of those that are."""
    if sensor is not None and sensor not in sensors():
        raise ImageryError(f"unknown sensor {sensor!r}; choose one of {', '.join(sensors())}")
    return sensor


def band_of(name: str, sensor: str | None) -> str | None:
    """
    The meaning of a band by its name; None where it has none for this sensor.

    Examples
    --------
    >>> band_of("B4", "sentinel-2"), band_of("SR_B4", "landsat-5"), band_of("近红外", None), band_of("B4", None)
    ('red', 'nir', 'nir', None)
    """
    whole = _named(_plain(name), sensor) or _LETTERS.get(_plain(name))
    if whole:
        return whole
    # "B4 - red", "near infrared (NIR)": one band however often it is said, and nothing else; "green cover" is no band
    words = [word for word in re.split(r"[^\w]+|_", name.casefold()) if word and not word.isdigit()]
    found = {_named(_plain(word), sensor) for word in words if word not in _FILLERS}
    return found.pop() if len(found) == 1 else None


def _named(plain: str, sensor: str | None) -> str | None:
    if sensor not in (None, "plain") and plain in _names(str(sensor)):
        return _names(str(sensor))[plain]
    return _names("plain").get(plain)


def band_of_file(stem: str, sensor: str | None) -> str | None:
    """
    The meaning of a one-band file by the last part of its name that means a band.

    Examples
    --------
    >>> band_of_file("T49QCD_20210601T030541_B08_10m", "sentinel-2"), band_of_file("red_mud_nir", None)
    ('nir', 'nir')
    """
    parts = [part for part in re.split(r"[_\-. ]+", re.sub(r"(?i)red[_\- .]?mud", "", stem)) if part]
    for part in reversed(parts):
        if len(part) > 1 and (found := band_of(part, sensor)):
            return found
    return None


def looks_like_number_band(name: str) -> bool:
    """Whether a name is a satellite's band number, which means different bands for different sensors."""
    return bool(re.search(r"(?i)(?:^|[_\-. ])(?:sr_?)?b(?:and ?)?\d{1,2}a?(?:$|[_\-. ])", name.strip()))


def mask_of(name: str) -> str | None:
    """
    The quality mask that a band or file is, by its name.

    Examples
    --------
    >>> mask_of("T49QCD_20210601_SCL_20m"), mask_of("LC08_QA_PIXEL"), mask_of("muscle")
    ('SCL', 'QA_PIXEL', None)
    """
    return next((mask for mask in MASKS if _has_word(name, mask)), None)


def index_of(name: str) -> str | None:
    """
    The index that a band or array is, by its name.

    Examples
    --------
    >>> index_of(" NDVI "), index_of("red")
    ('ndvi', None)
    """
    plain = name.strip().lower()
    return plain if plain in load("indices") else None


def is_saturation(name: str) -> bool:
    """Whether a file is Landsat's saturation mask."""
    return _has_word(name, SATURATION)


def band_number(name: str) -> int | None:
    """The number in a band's own name (``SR_B4`` is 4)."""
    match = re.search(r"(?i)(?:^|[_\-. ])b0?(\d{1,2})(?:$|[_\-. ])", name)
    return int(match[1]) if match else None


def sensor_of(name: str) -> str | None:
    """
    The sensor that a product's name tells.

    Examples
    --------
    >>> sensor_of("LC08_L2SP_218074_20190130_20200829_02_T1"), sensor_of("mine_2019")
    ('landsat-8', None)
    """
    match = _PRODUCT.search(name)
    if match is None:
        return None
    return "sentinel-2" if match["s2"] else f"landsat-{match['landsat']}"


def baseline_of(name: str) -> str:
    """The processing baseline in a Sentinel-2 product's name; empty where there is none."""
    match = _BASELINE.search(name)
    return match[1] if match else ""


def date_of(name: str) -> Period | None:
    """
    The first date in a name: ISO, YYYYMMDD, year and month, or a year that stands alone.

    Examples
    --------
    >>> print(date_of("LC08_L2SP_218074_20190130_20200829"), date_of("plot_2021-06"), date_of("2005"), date_of("9999"))
    2019-01-30 2021-06 2005 None
    """
    for form in _DATES:
        found = list(dict.fromkeys(form.findall(name)))
        for text in found:
            try:
                period = dates.parse(text)
            except DateError:
                continue
            # of several years none is more likely than the others
            return None if period.precision == "year" and len(found) > 1 else period
    return None


def same_band(names: Iterable[str]) -> list[str]:
    """Names that stand there more than once."""
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


def _has_word(name: str, word: str) -> bool:
    return bool(re.search(rf"(?i)(?:^|[_\-. ]){word}(?:$|[_\-. ])", name.strip()))


def _plain(name: str) -> str:
    """A name without letter case, spaces, signs, and zeros before a number."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"(?<=[a-z])0+(?=\d)", "", re.sub(r"[\s_\-.()]+", "", text))


@cache
def _names(sensor: str) -> dict[str, str]:
    return {_plain(name): band for band, entry in load("sensors")[sensor]["bands"].items() for name in entry["names"]}
