"""
The files that a map carries inside: our own scripts and styles, and the vendored ones of the manifest.

A vendored file has a name, a version, a licence, the address that folium loads it from and a SHA-256; it is used only
when its bytes are the ones of the manifest. ``tools/vendor_assets.py`` refreshes them.
"""

import base64
import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from reclaim.errors import MapError

OWN_SCRIPTS = ("core", "inflate", "content", "ground", "pointer", "raster", "furniture", "basemap")
SHEET_SCRIPTS = ("geodesic", "figures", "legend", "key", "years", "swipe", "search", "measure", "sheet")


@dataclass(frozen=True)
class Asset:
    """One vendored file."""

    file: str
    package: str
    version: str
    licence: str
    sha256: str
    urls: tuple[str, ...] = ()  # addresses that stand for this file, without their version

    def content(self) -> bytes:
        """
        The file's bytes.

        Raises
        ------
        MapError
            When they are not the bytes of the manifest.
        """
        data = files("reclaim.maps").joinpath("assets", "vendor", self.file).read_bytes()
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise MapError(f"assets/vendor/{self.file} is not the file of the manifest; run tools/vendor_assets.py")
        return data


@cache
def manifest() -> Mapping[str, Asset]:
    """All vendored files, by file name."""
    text = files("reclaim.maps").joinpath("assets", "manifest.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["asset"]
    return {row["file"]: Asset(**{**row, "urls": tuple(row.get("urls", ()))}) for row in rows}


@cache
def own(name: str) -> str:
    """One of our own scripts or styles."""
    return files("reclaim.maps").joinpath("assets", "own", name).read_text(encoding="utf-8")


@cache
def scripts(names: tuple[str, ...]) -> str:
    """Several of our own scripts as one."""
    return "\n".join(own(f"{name}.js") for name in names)


def asset_for(url: str) -> Asset | None:
    """
    The vendored file that stands for an address, whatever version the address asks for.

    Examples
    --------
    >>> asset_for("https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js").file
    'leaflet.js'
    >>> asset_for("https://example.org/other.js") is None
    True
    """
    plain = re.sub(r"@[0-9][^/]*", "", url).split("?")[0]
    return next((asset for asset in manifest().values() if plain in asset.urls), None)


@cache
def stylesheet(file: str) -> str:
    """A vendored style sheet with its pictures inside it."""
    text = manifest()[file].content().decode("utf-8")
    return re.sub(r"url\(\s*['\"]?images/([\w.-]+)['\"]?\s*\)", lambda found: f"url({picture(found[1])})", text)


@cache
def picture(file: str) -> str:
    """A vendored picture as a data address."""
    return "data:image/png;base64," + base64.b64encode(manifest()[file].content()).decode("ascii")


@cache
def marker_icons() -> str:
    """
    Script that gives Leaflet's default marker its pictures.

    Leaflet finds them from the address of its style sheet, which breaks where that is inlined.
    """
    icon, large, shadow = (picture(f"marker-{name}.png") for name in ("icon", "icon-2x", "shadow"))
    return (
        "delete L.Icon.Default.prototype._getIconUrl;"
        f'L.Icon.Default.mergeOptions({{iconUrl:"{icon}",iconRetinaUrl:"{large}",shadowUrl:"{shadow}"}});'
    )
