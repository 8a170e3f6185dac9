"""
Trends: is there one, how steep, and how sure, pixel by pixel and over a map.

Mann and Kendall's test counts how often a later value is above an earlier one, S = Σ sign(v_j − v_i), i < j. Without a
trend S is normal with variance (n(n−1)(2n+5) − Σ t(t−1)(2t+5)) / 18 over groups of t tied values; z has the correction
for continuity, p is two-sided, τ = S / (n(n−1)/2). Values of neighbouring years that depend on each other make a trend
of nothing: ``hamed_rao`` (Hamed & Rao 1998, Journal of Hydrology 204, 182–196,
https://doi.org/10.1016/S0022-1694(97)00125-X) enlarges the variance by the autocorrelations of the ranks of the
detrended values that are significant at 5 %, ``yue_wang`` (Yue & Wang 2004, Water Resources Management 18, 201–218,
https://doi.org/10.1023/B:WARM.0000043140.61082.60) by all those of the detrended values.

The slope is Theil and Sen's, the median of the slopes of all pairs by their real distance in time; the intercept
median(v) − slope · median(t); the interval Gilbert's (1987), from the ranks (N ∓ z √Var S) / 2 of the N sorted slopes,
taken outwards to whole ranks.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import norm

from reclaim.errors import ImageryError
from reclaim.timeline.trend_kernel import BANDS, HAMED_RAO, ORIGINAL, YUE_WANG, trend_block

Method = Literal["original", "hamed_rao", "yue_wang"]
_CODES: dict[str, int] = dict(zip(get_args(Method), (ORIGINAL, HAMED_RAO, YUE_WANG), strict=True))
MIN_VALUES = 4


def trend_values(
    values: NDArray[np.floating],
    times: Sequence[float] | NDArray[np.floating],
    *,
    method: Method = "original",
    confidence: float | None = None,
    threads: int = 1,
) -> dict[str, NDArray[np.float64]]:
    """
    Trend of every pixel of an array.

    Parameters
    ----------
    values : array (times, ...)
        NaN where not seen.
    times : sequence of float
        Rising; in years for a slope per year.
    method : {"original", "hamed_rao", "yue_wang"}
        How dependence of neighbouring values is allowed for.
    confidence : float, optional
        0–1; gives the interval of the slope as well.
    threads : int
        The figures do not depend on it.

    Returns
    -------
    dict of arrays (...)
        ``s``, its ``variance``, ``z``, ``p``, ``tau``, ``slope`` per unit of time, ``intercept`` at time 0,
        ``slope_low`` and ``slope_high``. NaN where fewer than four values were seen.

    Examples
    --------
    >>> found = trend_values(np.array([[1.0], [2.0], [4.0], [4.0], [6.0]]), range(2000, 2005))
    >>> found["s"].tolist(), found["slope"].tolist(), round(float(found["p"][0]), 4)
    ([9.0], [1.125], 0.0433)
    """
    moments = np.asarray(times, dtype=np.float64)
    array = np.asarray(values, dtype=np.float64)
    if method not in _CODES:
        raise ImageryError(f"unknown method {method!r}; choose one of {', '.join(_CODES)}")
    if moments.ndim != 1 or array.shape[:1] != moments.shape or not (np.diff(moments) > 0).all():
        raise ImageryError("the times must rise and there must be one for each layer; sort the stack by time first")
    if confidence is not None and not 0 < confidence < 1:
        raise ImageryError(f"confidence must lie between 0 and 1, got {confidence}")
    z = 0.0 if confidence is None else float(norm.ppf(0.5 + confidence / 2))
    flat = np.ascontiguousarray(array.reshape(len(moments), -1))
    out = np.empty((len(BANDS), flat.shape[1]))
    edges = np.linspace(0, flat.shape[1], max(min(threads, flat.shape[1]), 1) + 1).astype(int).tolist()
    spans = list(pairwise(edges))
    with ThreadPoolExecutor(len(spans)) as pool:
        list(pool.map(lambda span: trend_block(flat, moments, (_CODES[method], MIN_VALUES, z), span, out), spans))
    return dict(zip(BANDS, out.reshape(len(BANDS), *array.shape[1:]), strict=True))


def find_trends(cube: xr.DataArray, *, method: Method = "original", confidence: float | None = None) -> xr.Dataset:
    """
    Trend of every pixel of a stack.

    Parameters
    ----------
    cube : DataArray (time, y, x)
        ``time`` holds years or dates; NaN where not seen. A Dask array is worked on block by block, whole in time, with
        the same figures bit for bit.
    method, confidence
        As for `trend_values`.

    Returns
    -------
    Dataset (y, x)
        The bands of `trend_values`; slopes per year.
    """
    times = np.asarray(cube["time"].values)
    if np.issubdtype(times.dtype, np.datetime64):
        times = (times - times.astype("datetime64[Y]")[0]) / np.timedelta64(1, "D") / 365.2425

    def block(values: NDArray[np.floating]) -> NDArray[np.float64]:
        found = trend_values(np.moveaxis(values, -1, 0), times, method=method, confidence=confidence)
        return np.stack([found[name] for name in BANDS], axis=-1)

    bands = xr.apply_ufunc(
        block,
        cube.chunk({"time": -1}) if cube.chunks is not None else cube,
        input_core_dims=[["time"]],
        output_core_dims=[["band"]],
        dask="parallelized",
        output_dtypes=[np.float64],
        dask_gufunc_kwargs={"output_sizes": {"band": len(BANDS)}},
    )
    dataset: xr.Dataset = bands.assign_coords(band=list(BANDS)).to_dataset("band")
    return dataset


def significant(p: NDArray[np.floating], *, rate: float = 0.05, dependent: bool = False) -> NDArray[np.bool_]:
    """
    Which of many tests hold, so that at most a share ``rate`` of those is expected to be false.

    Benjamini & Hochberg (1995), https://doi.org/10.1111/j.2517-6161.1995.tb02031.x; with ``dependent`` Benjamini &
    Yekutieli (2001), https://doi.org/10.1214/aos/1013699998, which holds whatever the tests have to do with each other.

    Parameters
    ----------
    p : array
        Probabilities over a whole map; NaN where there was no test.
    rate : float
        Share of false ones among those that hold, 0–1.
    dependent : bool
        Allow for any dependence.

    Examples
    --------
    >>> significant(np.array([0.001, 0.012, 0.02, 0.4, np.nan])).tolist()
    [True, True, True, False, False]
    """
    if not 0 < rate < 1:
        raise ImageryError(f"the rate must lie between 0 and 1, got {rate}")
    tested = np.sort(p[~np.isnan(p)])
    count = len(tested)
    if count == 0:
        return np.zeros(p.shape, dtype=bool)
    ranks = np.arange(1, count + 1)
    share = rate / (np.sum(1.0 / ranks) if dependent else 1.0)
    passing = np.flatnonzero(tested <= share * ranks / count)
    limit = tested[passing[-1]] if passing.size else -1.0
    return np.asarray(p <= limit)
