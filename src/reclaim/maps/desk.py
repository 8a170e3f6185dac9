"""
A page measured in millimetres, and how it becomes a file.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from reclaim.figures.style import chart_style
from reclaim.maps.drawing import INK
from reclaim.maps.lettering import lettering, readable
from reclaim.vocabulary import Language

Box = tuple[float, float, float, float]

# matplotlib writes the moment of making and its own version into each format under another name
_STAMPS: dict[str, dict[str, str | None]] = {
    "svg": {"Date": None, "Creator": "reclaim"},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": "reclaim", "Producer": "reclaim"},
}


@dataclass(frozen=True)
class Page:
    """A page: its size in mm, the size of its text in points, the width of its column of figures in mm."""

    width: float
    height: float
    text: float = 8.0
    column: float = 0.0
    most: int = 0  # frames beside the overview


@contextmanager
def paper_style(language: Language) -> Iterator[None]:
    """Matplotlib's settings for paper maps; asks for a Chinese font where Chinese is to be set."""
    with chart_style(), lettering(language):
        yield


class Desk:
    """A figure measured in millimetres from its lower left corner."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.figure = Figure(figsize=(page.width / 25.4, page.height / 25.4), facecolor="white")
        FigureCanvasAgg(self.figure)
        self.sheet: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.sheet.set_xlim(0, page.width)
        self.sheet.set_ylim(0, page.height)
        self.sheet.axis("off")

    def text(self, x: float, y: float, text: str, size: float | None = None, **more: Any) -> None:
        """Text with its base line at ``y``; characters that no font has are shown as a box."""
        look = {"color": INK, "va": "baseline", **more}
        self.sheet.text(x, y, readable(text), fontsize=size or self.page.text, **look)

    def band(self, text: str, *, size: float | None = None) -> float:
        """A coloured band across the head of the page; gives the height below it."""
        top, size = self.page.height, size or self.page.text + 0.5
        self.sheet.add_patch(Rectangle((0, top - 6), self.page.width, 6, facecolor="#FFF1D6", edgecolor="none"))
        self.text(self.page.width / 2, top - 4.4, text, size, ha="center", color="#8A4B00", weight="bold")
        return top - 6

    def axes(self, box: Box) -> Axes:
        """Axes in a box of millimetres: left, bottom, right, top."""
        west, south, east, north = box
        wide, tall = self.page.width, self.page.height
        return self.figure.add_axes((west / wide, south / tall, (east - west) / wide, (north - south) / tall))


def written(made: Figure, form: Literal["png", "svg", "pdf"], *, dpi: float = 200) -> bytes:
    """
    A page as a picture file, the same bytes for the same page.

    Parameters
    ----------
    made : Figure
        A page.
    form : {"png", "svg", "pdf"}
        SVG keeps text as text.
    dpi : float
        Dots per inch of a PNG.
    """
    stream = io.BytesIO()
    with chart_style():
        made.savefig(stream, format=form, dpi=dpi, metadata=_STAMPS[form])
    return stream.getvalue()


def pdf(pages: Sequence[Figure]) -> bytes:
    """All pages in one PDF, the same bytes for the same pages."""
    stream = io.BytesIO()
    with chart_style(), PdfPages(stream, metadata=_STAMPS["pdf"]) as book:
        for made in pages:
            book.savefig(made)
    return stream.getvalue()


def few_colours(png: bytes, colours: int = 128) -> bytes:
    """A picture in few colours: a third of the bytes, for what is carried inside a page."""
    stream = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(colours, method=Image.Quantize.FASTOCTREE)
    image.save(stream, format="PNG", optimize=True)
    return stream.getvalue()
