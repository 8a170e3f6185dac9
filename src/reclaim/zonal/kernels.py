"""
The loops over pixels, compiled.

Coverage of pixels by polygons is exact: each edge adds its signed area to the cells that it crosses, and the running
sum along a row is the share of each cell inside the polygon. No polygon is ever clipped against a cell.

All coordinates are in pixels: x grows with the column, y with the row, cell (row, col) is the unit square at (col,
row).
"""

# numba has no type stubs; what the kernels take and give stands in their signatures
# a compiled loop is one function: every call out of it would be paid a billion times
# mypy: disable-error-code="no-untyped-call, untyped-decorator"

import numpy as np
from numba import njit

BAND_CELLS = 1 << 20  # cells of the accumulation buffer, whatever the size of a zone
NOISE = 1e-13  # rounding noise of the running sum; no real share is that small

SHARE_ABOVE, SHARE_BETWEEN, PLAIN_VALUE = 0, 1, 2


@njit("void(float64[:, ::1], int64[::1], int64[::1], int64, float64, float64, float64, float64)", cache=True)
def _add_piece(acc, first, last, row, xa, xb, dy, width):  # type: ignore[no-untyped-def]
    """Add a piece of an edge within one row, from xa to xb, to the row's buffer."""
    left = min(xa, xb)
    right = max(xa, xb)
    if left >= width:
        return
    if right > 0.0 or left == 0.0:
        span = right - left
        start = max(left, 0.0)
        stop = min(right, width)
        col = int(start)
        end = int(np.ceil(stop))
        if end <= col:
            end = col + 1
        if col >= int(width):
            col = int(width) - 1
            end = col + 1
        for cell in range(col, end):
            a = max(start, float(cell))
            b = min(stop, float(cell + 1))
            part = dy * ((b - a) / span) if span > 0.0 else dy
            middle = 0.5 * (a + b) - cell
            acc[row, cell] += part * (1.0 - middle)
            acc[row, cell + 1] += part * middle
        first[row] = min(first[row], col)
        last[row] = max(last[row], end)
    if left < 0.0:
        # ground left of the grid: the whole row lies to the right of it
        part = dy * ((min(right, 0.0) - left) / (right - left)) if right > left else dy
        acc[row, 0] += part
        first[row] = 0
        last[row] = max(last[row], 1)


@njit(
    "void(float64[:, ::1], int64[::1], int64[::1], float64, float64, float64, float64, float64, int64, float64)",
    cache=True,
)
def _add_edge(acc, first, last, x0, y0, x1, y1, sign, rows, width):  # type: ignore[no-untyped-def]
    """Add one edge to the buffer; coordinates count from the buffer's own corner."""
    if y0 == y1:
        return
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
        sign = -sign
    if y1 <= 0.0 or y0 >= rows:
        return
    slope = (x1 - x0) / (y1 - y0)
    low, high = min(x0, x1), max(x0, x1)
    top = max(y0, 0.0)
    bottom = min(y1, float(rows))
    xa = x0 if top == y0 else min(max(x0 + (top - y0) * slope, low), high)
    row = int(top)
    ya = top
    while ya < bottom and row < rows:
        yb = min(bottom, float(row + 1))
        xb = x1 if yb == y1 else min(max(x0 + (yb - y0) * slope, low), high)
        _add_piece(acc, first, last, row, xa, xb, sign * (yb - ya), width)
        xa, ya = xb, yb
        row += 1


@njit("int64(float64[::1], int64, int64, int64, int64, int32[::1], int32[::1], float64[::1])", cache=True)
def _sweep(line, first, last, cols, offset, starts, lengths, shares):  # type: ignore[no-untyped-def]
    """
    Turn one row of the buffer into runs of equal share, clearing it; gives their number.

    Where the running sum has not come back to 0 at the last touched cell, the zone goes on beyond the grid's right edge
    and fills the row up to there.
    """
    count = 0
    running = 0.0
    begun = -1
    for col in range(first, cols):
        added = line[col] if col <= last else 0.0
        line[col] = 0.0
        over = col > last and abs(running) <= NOISE
        if added != 0.0 or over:
            if begun >= 0:
                starts[count], lengths[count] = offset + begun, col - begun
                shares[count] = 1.0 if running > 1.0 - 1e-12 else running
                count += 1
                begun = -1
            running += added
            if running > NOISE:
                begun = col
        if over:
            break
    if begun >= 0:
        starts[count], lengths[count] = offset + begun, cols - begun
        shares[count] = 1.0 if running > 1.0 - 1e-12 else running
        count += 1
    line[cols] = 0.0
    line[cols + 1] = 0.0
    return count


@njit(["void(int32[::1], int64, int32[::1], int64)", "void(float64[::1], int64, float64[::1], int64)"], cache=True)
def _put(out, at, values, count):  # type: ignore[no-untyped-def]
    """Some values into an array, one by one: slices copied into slices take seconds to compile."""
    for i in range(count):
        out[at + i] = values[i]


@njit(["int32[::1](int32[::1], int64)", "float64[::1](float64[::1], int64)"], cache=True)
def _grown(values, size):  # type: ignore[no-untyped-def]
    """The same values with room for more."""
    wider = np.empty(size, dtype=values.dtype)
    _put(wider, 0, values, len(values))
    return wider


@njit("void(float64[::1], float64[::1], int64, int64, int64, int64, int64[::1])", cache=True)
def _window(xs, ys, begin, end, height, width, out):  # type: ignore[no-untyped-def]
    """First row and column of a zone on the grid, and those after its last; all 0 where it lies off it."""
    out[:] = 0
    if end <= begin:
        return
    left, right = xs[begin:end].min(), xs[begin:end].max()
    top, bottom = ys[begin:end].min(), ys[begin:end].max()
    if right > 0.0 and bottom > 0.0 and left < width and top < height:
        out[0], out[1] = int(max(top, 0.0)), int(max(left, 0.0))
        out[2] = int(np.ceil(min(bottom, float(height))))
        out[3] = max(int(np.ceil(min(right, float(width)))), out[1] + 1)


_ENTRIES = "Tuple((int64[::1], int32[::1], int32[::1], int32[::1], float64[::1]))"


@njit(f"{_ENTRIES}(float64[::1], float64[::1], int64[::1], float64[::1], int64[::1], int64, int64)", cache=True)
def coverage(xs, ys, ring_start, ring_sign, zone_ring, height, width):  # type: ignore[no-untyped-def]
    """
    Share of each cell of a grid inside each zone.

    ``ring_start`` bounds the rings in ``xs``/``ys`` (closed rings), ``zone_ring`` bounds the zones in the rings,
    ``ring_sign`` turns a ring's own direction into +1 for outlines and -1 for holes.

    Gives the zones' bounds in the entries, and of each entry row, first column, number of columns and share. Entries
    are sorted by zone, row and column. A zone is worked in bands of rows, so that memory does not grow with it.
    """
    zones = len(zone_ring) - 1
    zone_start = np.zeros(zones + 1, dtype=np.int64)
    rows_out = np.empty(1024 + 64 * zones, dtype=np.int32)
    cols_out, lens_out = np.empty_like(rows_out), np.empty_like(rows_out)
    share_out = np.empty(len(rows_out), dtype=np.float64)
    starts, lengths = np.empty(width + 2, dtype=np.int32), np.empty(width + 2, dtype=np.int32)
    shares = np.empty(width + 2, dtype=np.float64)
    box = np.zeros(4, dtype=np.int64)
    buffer = np.zeros(0, dtype=np.float64)
    first, last = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    count = 0
    for zone in range(zones):
        rings = range(zone_ring[zone], zone_ring[zone + 1])
        _window(xs, ys, ring_start[zone_ring[zone]], ring_start[zone_ring[zone + 1]], height, width, box)
        r0, c0, r1, cols = box[0], box[1], box[2], box[3] - box[1]
        step = max(min(max(BAND_CELLS // (cols + 2), 1), r1 - r0), 1)
        if buffer.size < step * (cols + 2):
            buffer = np.zeros(step * (cols + 2), dtype=np.float64)
        if first.size < step:
            first, last = np.empty(step, dtype=np.int64), np.empty(step, dtype=np.int64)
        acc = buffer[: step * (cols + 2)].reshape(step, cols + 2)
        for band in range(r0, r1, step):
            rows = min(step, r1 - band)
            first[:rows], last[:rows] = cols, -1
            for ring in rings:
                sign = ring_sign[ring]
                for i in range(ring_start[ring], ring_start[ring + 1] - 1):
                    x0, y0, x1, y1 = xs[i] - c0, ys[i] - band, xs[i + 1] - c0, ys[i + 1] - band
                    _add_edge(acc, first, last, x0, y0, x1, y1, sign, rows, float(cols))
            for row in range(rows):
                if last[row] < 0:
                    continue
                runs = _sweep(acc[row], first[row], last[row], cols, c0, starts, lengths, shares)
                if count + runs > len(rows_out):
                    size = 2 * (count + runs)
                    rows_out, cols_out = _grown(rows_out, size), _grown(cols_out, size)
                    lens_out, share_out = _grown(lens_out, size), _grown(share_out, size)
                rows_out[count : count + runs] = band + row
                _put(cols_out, count, starts, runs)
                _put(lens_out, count, lengths, runs)
                _put(share_out, count, shares, runs)
                count += runs
        zone_start[zone + 1] = count
    return (
        zone_start,
        rows_out[:count].copy(),
        cols_out[:count].copy(),
        lens_out[:count].copy(),
        share_out[:count].copy(),
    )


@njit("int64(int32[::1], int64, int64, int64)", cache=True)
def _first_at(rows, begin, stop, row):  # type: ignore[no-untyped-def]
    """The first of some sorted entries that lies in a row or below."""
    while begin < stop:
        half = (begin + stop) // 2
        if rows[half] < row:
            begin = half + 1
        else:
            stop = half
    return begin


# compiled for one kind of number at a time, when it is first met: most projects never meet the others
@njit(cache=True)
def tally(values, codes, row0, col0, zones, zone_start, rows, cols, lengths, shares, mode, lower, upper, out):  # type: ignore[no-untyped-def]
    """
    Add one block of values to the zones' sums.

    ``values`` is NaN where the ground was not seen; or it holds small whole numbers, and ``codes`` the value of each.
    ``out`` has a row per zone: Σw and Σw² of the seen shares, Σw·v, and the number of seen pixels that lie wholly
    inside.
    What v is depends on ``mode``: 1 from ``lower`` on and else 0; the place between ``lower`` and ``upper``, held to
    0–1; the value itself.
    """
    height, width = values.shape
    coded = len(codes) > 0
    for zone in zones:
        begin = _first_at(rows, zone_start[zone], zone_start[zone + 1], row0)
        low = lower[zone]
        scale = 1.0 / (upper[zone] - low) if mode == SHARE_BETWEEN else 1.0
        weight = 0.0
        square = 0.0
        total = 0.0
        whole = 0.0
        for entry in range(begin, zone_start[zone + 1]):
            row = rows[entry] - row0
            if row >= height:
                break
            start = max(cols[entry] - col0, 0)
            end = min(cols[entry] - col0 + lengths[entry], width)
            seen = 0
            part = 0.0
            for col in range(start, end):
                value = codes[int(values[row, col])] if coded else values[row, col]
                if value == value:
                    seen += 1
                    if mode == SHARE_ABOVE:
                        part += value >= low
                    elif mode == SHARE_BETWEEN:
                        part += min(max((value - low) * scale, 0.0), 1.0)
                    else:
                        part += value
            share = shares[entry]
            weight += share * seen
            square += share * share * seen
            total += share * part
            if share > 1.0 - 1e-9:
                whole += seen
        out[zone, 0] += weight
        out[zone, 1] += square
        out[zone, 2] += total
        out[zone, 3] += whole


@njit(cache=True, error_model="numpy")
def difference(a, b, scale_a, offset_a, scale_b, offset_b, blank_a, blank_b, hidden, out):  # type: ignore[no-untyped-def]
    """
    ``(a - b) / (a + b)`` of two bands of stored numbers, NaN where it cannot be had.

    Values below 0 count as 0. Not seen: ``hidden``, a stored number equal to ``blank_a`` or ``blank_b`` (NaN for none),
    both stored numbers 0, and a sum that is not positive. Written without branches, so that many pixels are worked at
    once.
    """
    height, width = a.shape
    for row in range(height):
        for col in range(width):
            raw_a, raw_b = np.float64(a[row, col]), np.float64(b[row, col])
            first = max(raw_a * scale_a + offset_a, 0.0)
            second = max(raw_b * scale_b + offset_b, 0.0)
            total = first + second
            told = (raw_a == raw_a) & (raw_b == raw_b) & (raw_a != blank_a) & (raw_b != blank_b)
            told &= ((raw_a != 0.0) | (raw_b != 0.0)) & (total > 0.0) & (total < np.inf)
            value = (first - second) / total
            out[row, col] = value if told & (hidden[row, col] == 0) else np.nan
