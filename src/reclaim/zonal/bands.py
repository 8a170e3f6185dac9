"""
From stored numbers to an index, block by block, with a look at whether the numbers can be what they are said to be.

Reflectance comes first: scale and offset are applied before any index. What was not seen (nodata, the quality band,
transparency, saturation, ground without a picture) is NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reclaim.errors import ImageryError
from reclaim.io.grids import Array, Grid, Window, nearest
from reclaim.io.scenes import Layer, Scene
from reclaim.vocabulary import load
from reclaim.zonal.indices import SpectralIndex, index, sensor_wavelengths
from reclaim.zonal.kernels import difference
from reclaim.zonal.masks import Masking, unseen

Values = NDArray[np.floating]
Single = NDArray[np.float32]
Flags = NDArray[np.bool_]

BRIGHTEST = 1.5  # no ground reflects more; clouds and glint reach a little above 1
DARKEST = 0.095  # the darkest ground of a scene is brighter than this only where an offset of -0.1 was left out
_LOOK = 7  # every so manieth row and column is looked at for plausibility
# kinds of stored numbers, and the kind that holds them exactly and the kernel takes
_QUICK = {"uint8": np.uint16, "uint16": np.uint16, "int16": np.float32, "float32": np.float32}
_VISIBLE = ("blue", "green", "red")


@dataclass
class Look:
    """What was noticed about the numbers of one band while they went by."""

    count: int = 0
    bright: int = 0
    negative: int = 0
    outside: int = 0
    lowest: list[float] = field(default_factory=list)
    largest: float = -np.inf

    def over(self, values: Values) -> None:
        """Look at some rows and columns of a block of reflectance."""
        self.at(values[::_LOOK, ::_LOOK])

    def at(self, values: Values, bounds: tuple[float, float] | None = None) -> None:
        """Look at the values of a block, or at some of them."""
        part = values[np.isfinite(values)]
        if not part.size:
            return
        self.count += part.size
        self.largest = max(self.largest, float(part.max()))
        if bounds is not None:
            self.outside += int(((part < bounds[0] - 1e-6) | (part > bounds[1] + 1e-6)).sum())
            return
        self.bright += int((part > BRIGHTEST).sum())
        self.negative += int((part < -0.01).sum())
        self.lowest.append(float(np.quantile(part, 0.001)))


@dataclass(frozen=True, eq=False)
class IndexImage:
    """
    An index of one scene, read block by block.

    Attributes
    ----------
    scene : Scene
    name : str
        The index, or what a ready-made raster is called.
    spec : SpectralIndex or None
        None for a ready-made raster of something that is not in the table.
    masking : Masking
    """

    scene: Scene
    name: str
    spec: SpectralIndex | None
    masking: Masking = field(default_factory=Masking)
    looks: dict[str, Look] = field(default_factory=dict)

    @cached_property
    def ready(self) -> str | None:
        """The layer that holds the index ready-made, if one does."""
        return next((name for name in (self.name, "") if name in self.scene.layers), None)

    @cached_property
    def bands(self) -> list[str]:
        """The layers that are read."""
        if self.ready is not None:
            return [self.ready]
        if self.spec is None:
            raise ImageryError(f"unknown index {self.name!r}")
        return list(self.spec.bands)

    @cached_property
    def grid(self) -> Grid:
        """The finest grid among its bands; the others are sampled on it."""
        return self.scene.grid_of(self.bands)

    @cached_property
    def block(self) -> tuple[int, int]:
        """Storage blocks of the band that has this grid."""
        return next(self.scene.layers[n].block for n in self.bands if self.scene.layers[n].grid is self.grid)

    def values(self, window: Window) -> Values:
        """
        The index in a window of its grid; NaN where the ground was not seen.

        Returns
        -------
        array (rows, columns)
            float32, or float64 where the file holds an index in float64.
        """
        hidden = hidden_cells(self.scene, self.bands, self.grid, window, masking=self.masking)
        if self.ready is not None:
            return self._ready_values(window, hidden)
        spec = self.spec
        assert spec is not None
        if spec.normalised and (quick := self._quick_values(window, hidden)) is not None:
            return quick
        bands = reflectances(self.scene, self.bands, self.grid, window, hidden=hidden)
        self._look(bands)
        found = spec.values(bands, wavelengths=sensor_wavelengths(self.scene.sensor) if spec.wavelengths else None)
        return np.where(np.isfinite(found), found, np.nan).astype(np.float32)

    def _ready_values(self, window: Window, hidden: Flags) -> Values:
        layer = self.scene.layers[self.bands[0]]
        raw, blank = _raw(layer, self.grid, window)
        values = _scaled(raw, layer, keep=True)
        values[hidden | blank | ~np.isfinite(values)] = np.nan
        self._look([values])
        return np.ascontiguousarray(values)

    def stored(self, window: Window) -> Array:
        """The stored numbers in a window, for an image that has `codes`."""
        raw = np.ascontiguousarray(self.scene.layers[self.bands[0]].read(window))
        assert self.codes is not None
        self._look([self.codes[raw[::_LOOK, ::_LOOK]]], thin=False)
        return raw

    @cached_property
    def codes(self) -> Single | None:
        """
        The value of every number that a ready-made band of small whole numbers can store, NaN for "not seen".

        None for other images, and where a mask has to be looked at besides.
        """
        scene, layer = self.scene, self.scene.layers[self.bands[0]]
        masks = (scene.mask, scene.alpha, scene.saturation, layer.seen)
        if self.ready is None or layer.dtype not in ("uint8", "uint16") or any(mask is not None for mask in masks):
            return None
        codes = np.arange(1 << (8 * np.dtype(layer.dtype).itemsize), dtype=layer.dtype)
        values = _scaled(codes, layer, keep=True).astype(np.float32)
        for value in layer.nodata:
            values[codes == value] = np.nan
        return values

    def _quick_values(self, window: Window, hidden: Flags) -> Values | None:
        """A normalised difference in one pass over the stored numbers; None where they are of two kinds."""
        layers = [self.scene.layers[name] for name in self.bands]
        pictures = [_on(layer, self.grid, window) for layer in layers]
        (a, inside_a), (b, inside_b) = pictures
        if a.dtype != b.dtype or a.dtype.name not in _QUICK or any(layer.seen is not None for layer in layers):
            return None
        for inside in (inside_a, inside_b):
            if inside is not None:
                hidden |= ~inside
        (scale_a, offset_a), (scale_b, offset_b) = (
            (1.0 if layer.scale is None else layer.scale, layer.offset or 0.0) for layer in layers
        )
        for raw, layer in ((a, layers[0]), (b, layers[1])):
            for value in layer.nodata[1:]:
                hidden |= raw == value
        blank_a, blank_b = (_as_stored(layer.nodata[0], a.dtype) if layer.nodata else np.nan for layer in layers)
        out = np.empty(window.shape, dtype=np.float32)
        kind = _QUICK[a.dtype.name]
        a, b = (np.require(raw, dtype=kind, requirements=["C", "W"]) for raw in (a, b))
        # floats all: the kernel is compiled anew for every kind that it is given
        difference(
            a, b, float(scale_a), float(offset_a), float(scale_b), float(offset_b), float(blank_a), float(blank_b),
            hidden.view(np.uint8), out,
        )  # fmt: skip
        here = (slice(None, None, _LOOK), slice(None, None, _LOOK))
        unseen_here = np.isnan(out[here])
        self._look([_seen_only(_scaled(raw[here], layer, keep=False), unseen_here)
                    for raw, layer in zip((a, b), layers, strict=True)], thin=False)  # fmt: skip
        return out

    def _look(self, bands: Sequence[Values], *, thin: bool = True) -> None:
        bounds = None if self.ready is None else (self.spec.range if self.spec else None) or (-np.inf, np.inf)
        for name, values in zip(self.bands, bands, strict=True):
            self.looks.setdefault(name, Look()).at(values[::_LOOK, ::_LOOK] if thin else values, bounds)

    def verdict(self, levels: Sequence[float] = ()) -> list[str]:
        """
        What is to be said about the numbers that went by.

        Parameters
        ----------
        levels : sequence of float
            Thresholds or end-members that the index is compared with.

        Returns
        -------
        list of str
            Warnings.

        Raises
        ------
        ImageryError
            Where the numbers cannot be what they are taken for.
        """
        said = list(self.scene.notes)
        if self.ready is not None:
            return said + self._index_verdict(levels)
        if self.scene.colours and self.spec is not None:
            said.append(f"{self.scene.name}: {self.name} of plain colours (rgb); a different quantity from NDVI")
        if self.spec is not None and self.spec.ratio:
            return said
        for name in self.bands:
            said += reflectance_verdict(self.scene, name, self.looks.get(name, Look()))
        return said

    def _index_verdict(self, levels: Sequence[float]) -> list[str]:
        look = self.looks.get(str(self.ready), Look())
        bounds = self.spec.range if self.spec is not None else None
        if bounds is None or look.outside <= 0.01 * look.count:
            return []
        text = (
            f"{self.scene.name}: holds numbers up to {look.largest:g}, and {self.name} lies between {bounds[0]:g} and "
            f"{bounds[1]:g}"
        )
        if levels and all(bounds[0] <= level <= bounds[1] for level in levels):
            raise ImageryError(
                f"{text}; state what turns the stored numbers into the index, --scale 0.0001 for example"
            )
        return [f"{text}; taken as they stand"]


def index_image(scene: Scene, name: str, masking: Masking | None = None) -> IndexImage:
    """
    An index of a scene, ready to be read block by block.

    Parameters
    ----------
    scene : Scene
    name : str
        A name of the table of indices; anything for a raster with a single unnamed band.
    masking : Masking, optional
        How quality bands are read.

    Raises
    ------
    ImageryError
        When a band is missing, or its stored numbers have no scale and the index needs one.
    """
    plain = name.strip().lower()
    single = "" in scene.layers
    spec = None if single and plain not in load("indices") else index(plain)
    image = IndexImage(scene, plain, spec, masking or Masking())
    if image.ready is None and spec is not None:
        _refuse_missing(scene, spec)
        _refuse_unscaled(scene, spec)
    return image


def hidden_cells(scene: Scene, names: Sequence[str], grid: Grid, window: Window, *, masking: Masking) -> Flags:
    """
    Cells of a window that the scene's quality band, transparency or saturation bits say were not seen.

    Parameters
    ----------
    scene : Scene
    names : sequence of str
        The bands that are needed; the saturation of others does not matter.
    grid : Grid
        May differ from the scene's own.
    window : Window
        Of ``grid``.
    masking : Masking
    """
    hidden = np.zeros(window.shape, dtype=bool)
    if scene.mask is not None and scene.mask_kind is not None:
        hidden |= unseen(scene.mask, scene.mask_kind, grid, window, masking=masking)
    if scene.alpha is not None:
        alpha, inside = _on(scene.alpha, grid, window)
        hidden |= alpha == 0 if inside is None else ~inside | (alpha == 0)
    if scene.saturation is not None:
        bits = sum(1 << (n - 1) for n in (scene.layers[name].number for name in names) if n)
        codes, inside = _on(scene.saturation, grid, window)
        hidden |= codes.astype(np.int64) & bits != 0
        if inside is not None:
            hidden |= ~inside
    return hidden


def reflectances(scene: Scene, names: Sequence[str], grid: Grid, window: Window, *, hidden: Flags) -> list[Values]:
    """
    Bands of a scene on a grid as reflectance; NaN where any of them was not seen.

    Parameters
    ----------
    scene, names, grid, window
        As in `hidden_cells`.
    hidden : array of bool
        What is known not to have been seen.

    Returns
    -------
    list of arrays, float64
    """
    bands, blank = [], hidden.copy()
    dark = np.ones(window.shape, dtype=bool)
    for name in names:
        raw, gone = _raw(scene.layers[name], grid, window)
        blank |= gone
        dark &= raw == 0
        bands.append(_scaled(raw, scene.layers[name], keep=False))
    blank |= dark  # a collar without a picture: nothing at all in any band
    return [_seen_only(values, blank) for values in bands]


def _seen_only(values: Values, blank: Flags) -> Values:
    values[blank] = np.nan
    return values


def _refuse_missing(scene: Scene, spec: SpectralIndex) -> None:
    missing = [band for band in spec.bands if band not in scene.layers]
    if not missing:
        return
    there = ", ".join(scene.layers) or "none"
    text = f"{scene.name}: has no band {', '.join(missing)}, which {spec.name} needs; it has {there}"
    if scene.colours and not spec.rgb:
        text += ". Of plain colours choose --index vari, ngrdi or exg_chromatic with a --threshold"
    raise ImageryError(text)


def _refuse_unscaled(scene: Scene, spec: SpectralIndex) -> None:
    plain = [name for name in spec.bands if scene.layers[name].scale is None and scene.layers[name].whole_numbers]
    if plain and not spec.ratio:
        raise ImageryError(
            f"{scene.name}: band {plain[0]} holds whole numbers ({scene.layers[plain[0]].dtype}) and nothing says "
            f"what turns "
            "them into reflectance; state --scale and --offset, or --sensor"
        )


def _on(layer: Layer, grid: Grid, window: Window) -> tuple[Array, Flags | None]:
    """A layer's stored numbers on a grid, and where it has any; None where it has them everywhere."""
    if layer.grid is grid or layer.grid == grid:
        return layer.read(window), None
    return nearest(layer.read, layer.grid, grid, window)


def _raw(layer: Layer, grid: Grid, window: Window) -> tuple[Array, Flags]:
    """Stored numbers on a grid, and which of them mean "not seen"."""
    raw, inside = _on(layer, grid, window)
    hidden = np.zeros(window.shape, dtype=bool) if inside is None else ~inside
    for value in layer.nodata:
        if not np.isnan(value):
            hidden |= raw == value
    if layer.seen is not None:
        seen = layer.seen(window) if inside is None else nearest(layer.seen, layer.grid, grid, window)[0]
        hidden |= ~seen.astype(bool)
    return raw, hidden


def _as_stored(value: float, kind: np.dtype[Any]) -> float:
    """A stated number as a band of some kind stores it; NaN where it cannot."""
    if kind.kind == "f":
        # a stated 0.1 is another number than the 0.1 that a file of seven digits holds
        return float(kind.type(value))
    limits = np.iinfo(kind)
    return value if float(value).is_integer() and limits.min <= value <= limits.max else np.nan


def _scaled(raw: Array, layer: Layer, *, keep: bool) -> Values:
    """Values from stored numbers; a ready-made index keeps its precision."""
    if layer.scale is None and layer.offset is None:
        return raw.astype(np.float32 if keep and raw.dtype != np.float64 and raw.dtype.itemsize <= 4 else np.float64)
    values = raw.astype(np.float64)
    values *= 1.0 if layer.scale is None else layer.scale
    values += layer.offset or 0.0
    return values


def reflectance_verdict(scene: Scene, name: str, look: Look) -> list[str]:
    """
    Whether the numbers of a band that went by can be reflectance.

    Returns
    -------
    list of str
        Warnings.

    Raises
    ------
    ImageryError
        Where they cannot.
    """
    layer = scene.layers[name]
    if not look.count:
        return []
    if look.bright > 0.1 * look.count:
        fix = "its --scale is wrong" if layer.scale is not None else "these are stored numbers (DN); state --scale"
        raise ImageryError(
            f"{scene.name}: band {name} would reflect up to {look.largest:.5g} where nothing reflects more than 1; "
            f"{fix}"
        )
    if look.negative > 0.5 * look.count:
        raise ImageryError(
            f"{scene.name}: band {name} would reflect less than nothing on most of the ground; its offset "
            f"({layer.offset or 0:g}) was taken twice, give --offset 0"
        )
    said = []
    if look.negative > 0.05 * look.count:
        said.append(
            f"{scene.name}: band {name} is below 0 on {look.negative / look.count:.0%} of the ground looked at; look "
            f"whether "
            f"its offset ({layer.offset or 0:g}) was taken twice"
        )
    if scene.sensor == "sentinel-2" and name in _VISIBLE and not layer.offset and min(look.lowest) >= DARKEST:
        said.append(
            f"{scene.name}: the darkest ground of band {name} reflects {min(look.lowest):.3f}; it looks as if the "
            f"Sentinel-2 "
            "offset was left out, give --offset -0.1 if so"
        )
    return said
