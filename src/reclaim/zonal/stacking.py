"""
The loops over dates, compiled: one value out of many looks at a pixel.
"""

# ruff: noqa: SIM110
# mypy: disable-error-code="no-untyped-call, untyped-decorator"

import numpy as np
from numba import njit

_LANES = 512  # pixels sorted side by side; a stack of them stays in the processor's nearest cache


@njit("void(float32[:, ::1], int64[:, ::1], float32[::1], uint16[::1])", cache=True)
def network_median(stack, pairs, out, looks):  # type: ignore[no-untyped-def]
    """
    Median over the first axis of what was seen, and how many looks that were.

    A sorting network compares whole rows of pixels at once, so that every comparison is done for many pixels in one
    instruction. ``pairs`` is the network; what was not seen is NaN and sorts to the end.
    """
    dates, pixels = stack.shape
    lanes = np.empty((dates, _LANES), dtype=np.float32)
    for start in range(0, pixels, _LANES):
        count = min(_LANES, pixels - start)
        for i in range(count):
            looks[start + i] = 0
        for date in range(dates):
            for i in range(count):
                value = stack[date, start + i]
                seen = value == value
                looks[start + i] += seen
                lanes[date, i] = value if seen else np.inf
        for pair in range(len(pairs)):
            upper, lower = lanes[pairs[pair, 0]], lanes[pairs[pair, 1]]
            for i in range(_LANES):
                a, b = upper[i], lower[i]
                upper[i] = a if a < b else b
                lower[i] = b if a < b else a
        for i in range(count):
            n = looks[start + i]
            if n == 0:
                out[start + i] = np.nan
            else:
                out[start + i] = 0.5 * (lanes[(n - 1) // 2, i] + lanes[n // 2, i])


@njit("boolean(float32[:, :, ::1], int64, int64)", cache=True)
def _clear(stack, date, pixel):  # type: ignore[no-untyped-def]
    for band in range(stack.shape[1]):
        if stack[date, band, pixel] != stack[date, band, pixel]:
            return False
    return True


@njit("void(float32[:, :, ::1], float32[:, ::1], uint16[::1])", cache=True)
def medoid(stack, out, looks):  # type: ignore[no-untyped-def]
    """
    Of each pixel's looks the one nearest to all others over all bands (least sum of distances; the earliest of equals).

    ``stack`` is (dates, bands, pixels); a look counts where every band was seen.
    """
    dates, bands, pixels = stack.shape
    for pixel in range(pixels):
        best, least, count = -1, np.inf, 0
        for date in range(dates):
            if not _clear(stack, date, pixel):
                continue
            count += 1
            total = 0.0
            for other in range(dates):
                if _clear(stack, other, pixel):
                    square = 0.0
                    for band in range(bands):
                        square += (stack[date, band, pixel] - stack[other, band, pixel]) ** 2
                    total += np.sqrt(square)
            if total < least:
                best, least = date, total
        looks[pixel] = count
        for band in range(bands):
            out[band, pixel] = stack[best, band, pixel] if best >= 0 else np.nan
