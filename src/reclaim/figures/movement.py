"""The land ledger as a chart: what was disturbed and what was reclaimed, year by year."""

import textwrap
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from reclaim import units
from reclaim.figures.style import ACCENT, FAINT, canvas, chart_style, clean_axes, colour, name_ticks, said, thousands
from reclaim.vocabulary import Language

Values = npt.NDArray[np.float64]


class _Flow(NamedTuple):
    column: str
    side: int
    state: str
    hatch: str
    zh: str
    en: str


_FLOWS = (
    _Flow("new", -1, "open", "", "新增损毁", "newly disturbed"),
    _Flow("redisturbed", -1, "open", "////", "再次损毁", "disturbed again"),
    _Flow("failed", -1, "open", "xxxx", "验收不合格", "failed inspection"),
    _Flow("reclaimed", 1, "reclaimed", "", "新增复垦", "newly reclaimed"),
    _Flow("reclaimed_again", 1, "reclaimed", "////", "再次复垦", "reclaimed again"),
)


def ledger_bars(ledger: pd.DataFrame, *, unit: str = "mu", language: Language = "both", ax: Axes | None = None) -> Axes:
    """
    Bars of the yearly flows of one account: disturbed on the left of each year, reclaimed on the right.

    Parameters
    ----------
    ledger : DataFrame
        Ledger rows of one site or of the group, one a year, areas in m².
    unit : str
        Unit of area on the axis.
    language : {"zh", "en", "both"}
        Language of the labels.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes
        A year whose disturbance is not known is marked with a question mark, never drawn as zero.

    Examples
    --------
    >>> rows = pd.DataFrame({"year": [2018, 2019], "new": [2000.0, float("nan")], "reclaimed": [0.0, 1000.0]})
    >>> [text.get_text() for text in ledger_bars(rows, unit="m2", language="en").texts]
    ['?']
    """
    rows = ledger.sort_values("year")
    years = rows["year"].astype(int).tolist()
    place = np.arange(len(years), dtype=float)
    with chart_style():
        ax = canvas(ax, height=2.9)
        tops = {-1: np.zeros(len(years)), 1: np.zeros(len(years))}
        for flow in _FLOWS:
            values = _values(rows, flow.column, unit)
            if not np.nansum(np.abs(values)) and flow.column not in ("new", "reclaimed"):
                continue
            ax.bar(
                place + 0.2 * flow.side,
                np.nan_to_num(values),
                0.38,
                bottom=tops[flow.side],
                color=colour(flow.state),
                edgecolor="white",
                hatch=flow.hatch,
                linewidth=0.4,
                label=said(flow.zh, flow.en, language),
            )
            tops[flow.side] += np.nan_to_num(values)
        _mark_unknown(ax, place - 0.2, _values(rows, "new", unit))
        name_ticks(ax, place.tolist(), [str(year) for year in years])
        ax.set_ylabel(units.label(unit, language))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: thousands(value)))
        ax.set_ylim(0, 1.08 * (max(*tops[-1], *tops[1]) or 1.0))
        clean_axes(ax)
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=8)
    return ax


def _values(rows: pd.DataFrame, column: str, unit: str) -> Values:
    if column not in rows:
        return np.full(len(rows), np.nan)
    return np.asarray(units.convert(rows[column].astype(float), "m2", unit), dtype=float)


def _mark_unknown(ax: Axes, place: Values, values: Values) -> None:
    for x in place[np.isnan(values)]:
        ax.text(x, 0, "?", ha="center", va="bottom", color=FAINT, fontsize=9)


def waterfall(parts: pd.DataFrame, *, language: Language = "both", unit: str = "mu", ax: Axes | None = None) -> Axes:
    """
    Steps from one figure to the next: a start, what each cause adds or takes, an end.

    Parameters
    ----------
    parts : DataFrame
        ``zh``, ``en``, ``value`` (in ``unit``) and ``total`` (True for the start and the end, which stand on the axis).
    unit : str
        Unit of the values, for the axis.
    language, ax
        As in `ledger_bars`.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> parts = pd.DataFrame({"zh": ["期初", "新增", "期末"], "en": ["opening", "new", "closing"],
    ...                       "value": [10.0, 5.0, 15.0], "total": [True, False, True]})
    >>> [text.get_text() for text in waterfall(parts, language="en").texts]
    ['10', '+5', '15']
    """
    with chart_style():
        ax = canvas(ax, height=3.0)
        level = peak = 0.0
        for x, (value, total) in enumerate(zip(parts["value"], parts["total"], strict=True)):
            level = _step(ax, x, float(value), None if total else level)
            peak = max(peak, level, level - float(value))
            if x + 1 < len(parts):
                ax.plot([x + 0.3, x + 0.7], [level, level], color=FAINT, linewidth=0.7)
        names = zip(parts["zh"], parts["en"], strict=True)
        labels = ["\n".join(_broken(zh, en, language)) for zh, en in names]
        ax.set_xticks(range(len(parts)), labels=labels, fontsize=8 if len(parts) < 8 else 7)
        ax.set_ylabel(units.label(unit, language))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: thousands(value)))
        ax.set_ylim(top=1.1 * max(peak, 1e-9))
        clean_axes(ax)
    return ax


def _broken(zh: str, en: str, language: Language) -> list[str]:
    """A label on lines that are short enough to stand side by side."""
    lines = textwrap.wrap(en, 11) if language != "zh" else []
    return [zh, *lines] if language != "en" else lines


def _step(ax: Axes, x: int, value: float, level: float | None) -> float:
    """Draw one step from ``level`` on (None: a total, from the axis); gives the level after it."""
    bottom = 0.0 if level is None else level
    shade = ACCENT if level is None else colour("open" if value > 0 else "reclaimed")
    ax.bar(x, value, 0.6, bottom=bottom, color=shade)
    sign = "+" if level is not None and value > 0 else ""
    top = (x, max(bottom, bottom + value))
    ax.annotate(sign + thousands(value), top, (0, 2), textcoords="offset points", ha="center", fontsize=8)
    return bottom + value
