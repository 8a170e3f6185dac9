"""Histories as charts: one pixel explained, ground lost by year, the trajectory of a site, a map of years."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap, to_hex
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from reclaim import units
from reclaim.figures.style import ACCENT, FAINT, INK, canvas, chart_style, clean_axes, colour, said, thousands
from reclaim.timeline.explain import Explanation
from reclaim.timeline.recovery import SHARE, SiteYears
from reclaim.vocabulary import Language

SLOW = "#D3C3A3"  # ground that sank slowly, whichever the year


def pixel_story(explanation: Explanation, *, language: Language = "both", ax: Axes | None = None) -> Axes:
    """
    One pixel from its values to the verdict: what was seen, which spikes were damped, the fit, and the loss.

    Parameters
    ----------
    explanation : Explanation
        As from `reclaim.timeline.explain.explain_pixel`.
    language, ax
        As in `ledger_bars`.

    Returns
    -------
    matplotlib Axes
        Years not seen are marked along the axis.

    Examples
    --------
    >>> from reclaim.timeline.explain import explain_pixel
    >>> ax = pixel_story(explain_pixel([0.7, 0.7, 0.7, 0.7, 0.2, 0.2, 0.3, 0.4], range(2015, 2023)), language="en")
    >>> ax.get_title(loc="left")
    'lost in 2019: 0.42 from 2018 to 2019'
    """
    years, values, damped = explanation.years, explanation.seen, explanation.damped
    moved = np.abs(values - damped) > 0.02 * max(float(np.nanmax(values) - np.nanmin(values)), 1e-9)
    with chart_style():
        ax = canvas(ax, height=3.4)
        ax.plot(years, values, "o", color=INK, markersize=4.5, label=said("所见值", "seen", language), zorder=3)
        if moved.any():
            ax.plot(years[moved], damped[moved], "o", markerfacecolor="white", color=FAINT, markersize=5,
                    label=said("去尖峰后", "spike damped", language), zorder=2)  # fmt: skip
            ax.vlines(years[moved], values[moved], damped[moved], color=FAINT, linewidth=0.8, zorder=1)
        if explanation.chosen is not None:
            model = explanation.chosen
            ax.plot(model.years, model.levels, "-s", color=ACCENT, markersize=5, linewidth=1.6,
                    label=said("拟合", "fit", language), zorder=2)  # fmt: skip
        if explanation.loss is not None:
            _mark_loss(ax, explanation, language)
        missing = years[np.isnan(values)]
        ax.plot(missing, np.zeros(len(missing)), "x", color=FAINT, transform=ax.get_xaxis_transform(), clip_on=False,
                label=said("未见", "not seen", language) if len(missing) else None)  # fmt: skip
        ax.set_title(_verdict(explanation, language), loc="left", fontsize=10)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_ylabel(said("指数", "index", language))
        ax.legend(fontsize=8, loc="best")
        clean_axes(ax)
    return ax


def _mark_loss(ax: Axes, explanation: Explanation, language: Language) -> None:
    assert explanation.loss is not None
    assert explanation.chosen is not None
    model, (start, end) = explanation.chosen, explanation.loss
    at = model.years.index(start)
    ax.plot(model.years[at : at + 2], model.levels[at : at + 2], color=colour("open"), linewidth=3, zorder=2.5,
            label=said("最大下降", "greatest fall", language))  # fmt: skip
    ax.axvspan(start + 0.5, end + 0.5, color=colour("open"), alpha=0.12, linewidth=0)


def _verdict(explanation: Explanation, language: Language) -> str:
    if explanation.year is None:
        return said("所见年份太少", "seen in too few years", language)
    if explanation.loss is None:
        return said("无损毁", "no loss", language)
    (start, end), size = explanation.loss, explanation.magnitude
    year = explanation.year
    return said(f"{year} 年损毁", f"lost in {year}: {size:.2f} from {start} to {end}", language)


def loss_by_year(
    disturbed: pd.DataFrame, *, unit: str = "ha", language: Language = "both", ax: Axes | None = None
) -> Axes:
    """
    Bars of the ground lost in each year, slow declines apart.

    Parameters
    ----------
    disturbed : DataFrame
        ``year``, ``area_m2`` and ``slow_m2``, as in a history.
    unit : str
        Unit of area on the axis.
    language, ax
        As in `ledger_bars`.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> rows = pd.DataFrame({"year": [2005, 2007], "area_m2": [30000.0, 10000.0], "slow_m2": [0.0, 10000.0]})
    >>> len(loss_by_year(rows).patches)
    4
    """
    years = disturbed["year"].to_numpy(dtype=np.int64)
    slow = np.asarray(units.convert(disturbed["slow_m2"].to_numpy(dtype=np.float64), "m2", unit))
    abrupt = np.asarray(units.convert(disturbed["area_m2"].to_numpy(dtype=np.float64), "m2", unit)) - slow
    with chart_style():
        ax = canvas(ax, height=2.8)
        ax.bar(years, abrupt, color=colour("open"), width=0.75, label=said("四年以内", "within four years", language))
        ax.bar(years, slow, bottom=abrupt, color="white", edgecolor=FAINT, hatch="////", width=0.75,
               label=said("缓慢下降", "slow decline", language))  # fmt: skip
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_formatter(lambda value, _: thousands(value))
        ax.set_ylabel(f"{said('损毁面积', 'ground lost', language)} ({unit})")
        ax.legend(fontsize=8)
        clean_axes(ax)
    return ax


def year_colours(amounts: Mapping[int, float]) -> dict[int, str]:
    """
    A colour for each year: early ones dark, late ones bright, further apart where there is more to tell apart.

    Charts, maps and their legends take their colours from here.

    Parameters
    ----------
    amounts : mapping of int to float
        How much ground each year has, in any unit.

    Examples
    --------
    >>> year_colours({2005: 1.0, 2006: 1.0, 2007: 1.0})
    {2005: '#440154', 2006: '#25848e', 2007: '#bddf26'}
    """
    years = sorted(amounts)
    if not years:
        return {}
    size = np.array([amounts[year] for year in years], dtype=np.float64)
    middle = np.cumsum(size) - size / 2
    span = max(middle[-1] - middle[0], 1e-300)
    # half by order, half by the ground that lies between: the years of most ground do not look alike
    place = 0.5 * np.linspace(0, 1, len(years)) + 0.5 * (middle - middle[0]) / span
    scale = colormaps["viridis"]  # its last tenth is too pale to stand on paper
    return {year: to_hex(scale(0.9 * at)) for year, at in zip(years, place.tolist(), strict=True)}


def site_trajectory(
    trajectory: dict[str, float], when: SiteYears | None, *, language: Language = "both", ax: Axes | None = None
) -> Axes:
    """
    The mean index of a site through the years, with its disturbance, its reference years and the level to come back to.

    Parameters
    ----------
    trajectory : dict
        Mean index by year, as in a history's sites; None or NaN where nothing was seen: the line has a gap there.
    when : SiteYears, optional
        Without it only the line is drawn.
    language, ax
        As in `ledger_bars`.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> ax = site_trajectory({"2003": 0.7, "2004": 0.7, "2005": 0.3, "2006": 0.2, "2007": 0.4}, SiteYears(2005, 2006))
    >>> len(ax.lines)
    2
    """
    years = np.array([int(year) for year in trajectory])
    values = np.array([np.nan if value is None else value for value in trajectory.values()], dtype=np.float64)
    with chart_style():
        ax = canvas(ax, height=2.8)
        ax.plot(years, values, color=colour("reclaimed"), marker="o", markersize=4, linewidth=1.6,
                label=said("平均指数", "mean index", language))  # fmt: skip
        if when is not None:
            _mark_years(ax, years, values, when, language)
        ax.set_xlim(years[0] - 0.8, years[-1] + 0.8)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_ylabel(said("指数", "index", language))
        if when is not None:
            ax.legend(fontsize=8)
        clean_axes(ax)
    return ax


def _mark_years(
    ax: Axes, years: NDArray[np.int64], values: NDArray[np.float64], when: SiteYears, language: Language
) -> None:
    """Reference years, disturbance, and the level to come back to."""
    first, last = when.reference
    known = values[(years >= first) & (years <= last) & ~np.isnan(values)]
    ax.axvspan(first - 0.5, last + 0.5, color=FAINT, alpha=0.15, linewidth=0,
               label=said("参照年", "reference years", language))  # fmt: skip
    # a disturbance that ends in the year in which it began is still seen
    end = max(when.rest_start, when.dist_start + 1)
    ax.axvspan(when.dist_start - 0.5, end - 0.5, color=colour("open"), alpha=0.2, linewidth=0,
               label=said("扰动期", "disturbance", language))  # fmt: skip
    if known.size:
        ax.axhline(SHARE * known.mean(), color=INK, linewidth=1, linestyle=(0, (5, 3)),
                   label=said(f"扰动前的 {SHARE:.0%}", f"{SHARE:.0%} of before", language))  # fmt: skip


def year_map(
    year: NDArray[np.floating],
    *,
    slow: NDArray[np.bool_] | None = None,
    outlines: Sequence[NDArray[np.floating]] = (),
    language: Language = "both",
    ax: Axes | None = None,
) -> Axes:
    """
    A raster of years of loss as a picture; ground without loss is pale, ground not seen is hatched.

    Parameters
    ----------
    year : array (rows, columns)
        0: no loss; NaN: not seen.
    slow : array (rows, columns) of bool, optional
        Where the loss was a slow decline: in a colour of its own, whichever the year.
    outlines : sequence of array (n, 2)
        Rings to draw over it, as columns and rows of the array.
    language, ax
        As in `ledger_bars`.

    Examples
    --------
    >>> ax = year_map(np.array([[0, 2005.0], [np.nan, 2006.0]]))
    >>> len(ax.images)
    2
    """
    sank = np.zeros(year.shape, dtype=bool) if slow is None else slow & (year > 0)
    lost = np.where((year > 0) & ~sank, year, np.nan)
    known = lost[np.isfinite(lost)]
    with chart_style():
        ax = canvas(ax, width=5.2, height=4.2)
        ax.patch.set(hatch="xxx", edgecolor="#CCCCCC")
        ax.imshow(np.where(np.isnan(year), np.nan, 0.9), cmap="Greys_r", vmin=0, vmax=1, interpolation="nearest")
        if sank.any():
            ax.imshow(np.where(sank, 1.0, np.nan), cmap=ListedColormap([SLOW]), interpolation="nearest")
            ax.legend(handles=[Patch(color=SLOW, label=said("缓慢下降", "slow decline", language))], fontsize=8,
                      loc="upper left", bbox_to_anchor=(0, -0.01))  # fmt: skip
        for ring in outlines:
            ax.plot(ring[:, 0] - 0.5, ring[:, 1] - 0.5, color=INK, linewidth=1.0)
        ax.set_xlim(-0.5, year.shape[1] - 0.5)
        ax.set_ylim(year.shape[0] - 0.5, -0.5)
        ax.set_xticks([])
        ax.set_yticks([])
        if known.size:
            _lost_years(ax, lost, language)
    return ax


def _lost_years(ax: Axes, lost: NDArray[np.floating], language: Language) -> None:
    values, counts = np.unique(lost[np.isfinite(lost)].astype(np.int64), return_counts=True)
    colours = year_colours(dict(zip(values.tolist(), counts.tolist(), strict=True)))
    step = np.full(lost.shape, np.nan)
    seen = np.isfinite(lost)
    step[seen] = np.searchsorted(values, lost[seen])
    scale, count = ListedColormap(list(colours.values())), len(values)
    norm = BoundaryNorm(np.arange(count + 1) - 0.5, count) if count > 1 else None
    ax.imshow(step, cmap=scale, norm=norm, interpolation="nearest")
    bar = ax.figure.colorbar(ScalarMappable(norm=norm, cmap=scale), ax=ax, shrink=0.8)
    shown = np.arange(count) if count <= 20 else np.arange(0, count, -(-count // 20))
    bar.set_ticks(shown.tolist() if norm is not None else [0.5], labels=[str(values[i]) for i in shown])
    bar.ax.tick_params(length=0)
    bar.set_label(said("损毁年", "year of loss", language))
