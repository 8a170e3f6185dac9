"""Shares as charts: the rate through the years, vegetation cover with what was seen, the status ladder."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from reclaim import units
from reclaim.figures.style import FAINT, INK, canvas, chart_style, clean_axes, colour, name_ticks, said, thousands
from reclaim.land.rate_values import percent
from reclaim.vocabulary import Language, Word, states


def rate_line(
    series: pd.DataFrame, *, target: float | None = None, language: Language = "both", ax: Axes | None = None
) -> Axes:
    """
    The reclamation rate through the years, with the level it is compared with.

    Parameters
    ----------
    series : DataFrame
        ``year`` and ``value`` (share, 0-1); NaN where the rate is not defined: the line has a gap there.
    target : float, optional
        Level of the dashed line (share, 0-1).
    language, ax
        As in `ledger_bars`.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = rate_line(pd.DataFrame({"year": [2018, 2019], "value": [0.5, 0.9]}), target=0.86)
    >>> len(ax.lines)
    2
    """
    rows = series.sort_values("year")
    values = rows["value"].astype(float).to_numpy()
    with chart_style():
        ax = canvas(ax, height=2.6)
        place = np.arange(len(rows))
        ax.plot(place, values, color=colour("reclaimed"), marker="o", markersize=5, linewidth=1.8)
        if target is not None:
            _level(ax, target, language)
        if len(rows) <= _NAMED:
            for x, value in zip(place, values, strict=True):
                _name_rate(ax, float(x), float(value), target)
        name_ticks(ax, place.tolist(), [str(int(year)) for year in rows["year"]])
        # a rate above 1 is possible on the annual basis
        ax.set_ylim(0, max(1.0, float(np.nanmax(values, initial=0)) * 1.12))
        ax.set_xlim(-0.5, len(rows) - 0.5)
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        ax.set_ylabel(said("复垦率", "reclamation rate", language))
        clean_axes(ax)
    return ax


_NAMED = 14  # so many figures have room beside each other
_NEAR = 0.11  # a figure this little below the level would be struck through by its line


def _level(ax: Axes, level: float, language: Language) -> None:
    """A dashed line with its level beside it, outside the axes, where no point can be."""
    ax.axhline(level, color=INK, linewidth=1, linestyle=(0, (5, 3)))
    words = said("对照水平", "level", language).split(" ")
    text = "\n".join([*words, f"{level * 100:g}%"])
    ax.text(1.01, level, text, transform=ax.get_yaxis_transform(), ha="left", va="center", fontsize=8)


def _name_rate(ax: Axes, x: float, value: float, target: float | None) -> None:
    if np.isnan(value):
        return
    below = target is not None and 0 < target - value < _NEAR
    shift, side = (-6, "top") if below else (5, "bottom")
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
    ax.annotate(
        percent(value, target=target), (x, value), (0, shift), textcoords="offset points",
        ha="center", va=side, fontsize=8, bbox=ground,
    )  # fmt: skip


def cover_series(
    cover: pd.DataFrame, *, level: float | None = None, language: Language = "both", ax: Axes | None = None
) -> Axes:
    """
    Vegetation cover of one zone through time, with the share of the zone that was seen.

    Each date shows the cover of the ground that was seen (dot), what the whole zone could have at least and at most
    (bar), and how much of it was seen (grey column). Where little was seen the bar is long: the chart says so itself.

    Parameters
    ----------
    cover : DataFrame
        Rows of the cover table for one zone and one metric: ``date``, ``cover``, ``valid``, ``low``, ``high``.
    level : float, optional
        The criterion's minimum (share, 0-1) as a dashed line.
    language, ax
        As in `ledger_bars`.

    Returns
    -------
    matplotlib Axes
    """
    rows = cover.assign(date=pd.to_datetime(cover["date"])).sort_values("date")
    place = np.arange(len(rows))
    with chart_style():
        ax = canvas(ax, height=2.4)
        ax.bar(place, rows["valid"], 0.7, color="#E8E8E8", label=said("可见比例", "share seen", language))
        low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
        label = said("可能范围", "possible range", language)
        ax.vlines(place, low, high, color=colour("reclaimed"), linewidth=5, alpha=0.35, label=label)
        label = said("植被覆盖", "cover", language)
        ax.plot(place, rows["cover"], "o", color=colour("reclaimed"), markersize=6, label=label)
        name_ticks(ax, place.tolist(), [stamp.date().isoformat() for stamp in rows["date"]], most=8)
        if level is not None:
            _level(ax, level, language)
        ax.set_ylim(0, 1.04)
        # few dates stand in the middle, not stretched to blocks
        room = max(0, 3 - len(rows)) / 2
        ax.set_xlim(-0.6 - room, len(rows) - 0.4 + room)
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        clean_axes(ax)
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize=8)
    return ax


def ladder(steps: pd.DataFrame, *, unit: str = "mu", language: Language = "both", ax: Axes | None = None) -> Axes:
    """
    How much land stands at each step or beyond: disturbed, reclaimed, accepted, certified.

    Parameters
    ----------
    steps : DataFrame
        ``state`` (a code of the vocabulary, or ``ever``), ``area_m2``; drawn from the top down in the order given.
    unit : str
        Unit of area on the axis.
    language, ax
        As in `ledger_bars`.

    Returns
    -------
    matplotlib Axes
    """
    values = np.asarray(units.convert(steps["area_m2"].astype(float), "m2", unit))
    ever = Word("ever", "ever disturbed", "累计损毁", FAINT, "")
    drawn = [ever if state == "ever" else states()[state] for state in steps["state"]]
    place = np.arange(len(steps))[::-1]
    with chart_style():
        ax = canvas(ax, height=0.5 + 0.42 * len(steps))
        ax.barh(
            place,
            values,
            0.66,
            color=[w.colour for w in drawn],
            hatch=[w.hatch for w in drawn],
            edgecolor="white",
            linewidth=0.4,
        )
        for y, value in zip(place, values, strict=True):
            name = thousands(float(value))
            ax.annotate(name, (value, y), (4, 0), textcoords="offset points", va="center", fontsize=8)
        ax.set_yticks(place, labels=[word.label(language) for word in drawn])
        ax.set_xlabel(units.label(unit, language))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: thousands(value)))
        ax.margins(x=0.12)
        clean_axes(ax, grid="x")
    return ax
