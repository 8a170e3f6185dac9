"""One look for all charts: fonts, colours, numbers, and pictures that come out the same byte for byte."""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from reclaim.figures.fonts import chinese_font, families, find_chinese, has_chinese
from reclaim.vocabulary import Language, states

PictureFormat = Literal["png", "svg", "pdf"]
INK, FAINT, ACCENT = "#222222", "#777777", "#4477AA"


@contextmanager
def chart_style() -> Iterator[None]:
    """
    Matplotlib's settings for our charts, inside the block only.

    User text is never read as a formula: a site called ``$x$`` is drawn as it is written.
    """
    settings: Any = {
        "font.family": families(),
        "font.size": 9,
        "text.parse_math": False,
        "axes.unicode_minus": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "axes.axisbelow": True,
        "axes.grid": False,
        "hatch.linewidth": 0.6,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "reclaim",
    }
    with mpl.rc_context(settings):
        yield


def canvas(ax: Axes | None, *, width: float = 6.3, height: float = 3.2) -> Axes:
    """The axes that were given, or those of a new figure (inches)."""
    if ax is not None:
        return ax
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots()


def picture(ax: Axes, *, form: PictureFormat = "svg", dpi: int = 300) -> bytes:
    """
    The figure that holds ``ax`` as a picture file.

    Parameters
    ----------
    ax : matplotlib Axes
        What a chart function gave back.
    form : {"svg", "png", "pdf"}
        SVG keeps its text as text and uses the reader's fonts.
    dpi : int
        Dots per inch of a PNG.

    Returns
    -------
    bytes
        The same for the same figure: no date, no random names.

    Raises
    ------
    ReportError
        For PNG and PDF with Chinese text where no font can draw it.
    """
    figure: Any = ax.figure
    if form != "svg" and find_chinese() is None and any(has_chinese(text.get_text()) for text in figure.findobj(Text)):
        chinese_font()
    # matplotlib writes the moment of making and its own version into each format under another name
    stamps: dict[str, dict[str, str | None]] = {
        "svg": {"Date": None, "Creator": "reclaim"},
        "png": {"Software": None},
        "pdf": {"CreationDate": None, "Creator": "reclaim", "Producer": "reclaim"},
    }
    stream = io.BytesIO()
    with chart_style(), warnings.catch_warnings():
        if form == "svg":
            warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(stream, format=form, dpi=dpi, metadata=stamps[form])
    return stream.getvalue()


def said(zh: str, en: str, language: Language) -> str:
    """
    A label in the language asked for.

    Examples
    --------
    >>> said("年份", "year", "both")
    '年份 year'
    """
    return {"zh": zh, "en": en, "both": f"{zh} {en}"}[language]


def colour(state: str) -> str:
    """The colour of a state of the land."""
    return str(states()[state].colour)


def clean_axes(ax: Axes, *, grid: Literal["x", "y"] = "y") -> None:
    """Light grid lines along the values only, below what is drawn; axes that were made elsewhere get our fonts too."""
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    for text in ax.findobj(Text):
        text.set_fontfamily(families())
    ax.grid(visible=True, axis=grid, color="#DDDDDD", linewidth=0.6)
    ax.tick_params(length=0, colors=INK)


def thousands(value: float) -> str:
    """
    A number for an axis or a bar, with a true minus sign.

    Examples
    --------
    >>> thousands(12029.4), thousands(0.25), thousands(-44653)
    ('12,029', '0.25', '−44,653')
    """
    text = f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:,.4g}"
    return text.replace("-", "\u2212")


def name_ticks(ax: Axes, place: Sequence[float], names: Sequence[str], *, most: int = 14) -> None:
    """
    Names below the axis; of many, every second or third, so that none runs into the next.

    Parameters
    ----------
    ax : matplotlib Axes
    place : sequence of float
        Where each name stands.
    names : sequence of str
    most : int
        How many have room beside each other.

    Examples
    --------
    >>> ax = canvas(None)
    >>> name_ticks(ax, range(30), [str(year) for year in range(1990, 2020)])
    >>> [label.get_text() for label in ax.get_xticklabels()][:3]
    ['1992', '1995', '1998']
    """
    every = -(-len(names) // most) or 1
    # counted from the end: the last one is what people look for
    kept = range((len(names) - 1) % every, len(names), every)
    ax.set_xticks([place[i] for i in kept], labels=[names[i] for i in kept])
