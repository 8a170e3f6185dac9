"""Patches of equal pixels, compiled."""

# mypy: disable-error-code="no-untyped-call, untyped-decorator, no-any-return"

import numpy as np
from numba import njit
from numpy.typing import NDArray

Integers = NDArray[np.int32]


@njit(cache=True)
def _root(parent: Integers, at: int) -> int:
    """The patch that a provisional label belongs to."""
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


@njit(cache=True)
def _provisional(values: Integers, labels: Integers, parent: Integers) -> int:
    """First pass: the label of the neighbour above or to the left, both made one where they differ; gives how many."""
    count = 0
    for row in range(values.shape[0]):
        for col in range(values.shape[1]):
            value = values[row, col]
            if value == 0:
                continue
            above = _root(parent, labels[row - 1, col]) if row > 0 and values[row - 1, col] == value else 0
            left = _root(parent, labels[row, col - 1]) if col > 0 and values[row, col - 1] == value else 0
            if above == 0 and left == 0:
                count += 1
                parent[count] = count
                labels[row, col] = count
            elif above == 0 or left == 0:
                labels[row, col] = above + left
            else:
                labels[row, col] = parent[max(above, left)] = min(above, left)
    return count


@njit(cache=True)
def label_patches(values: Integers) -> Integers:
    """
    Number the patches of equal values that touch along an edge.

    Parameters
    ----------
    values : array (rows, columns)
        0 belongs to no patch.

    Returns
    -------
    array (rows, columns)
        1, 2 … in the order of their first pixels; 0 where there is none.

    Examples
    --------
    >>> label_patches(np.array([[5, 0, 7], [5, 5, 7]], dtype=np.int32)).tolist()
    [[1, 0, 2], [1, 1, 2]]
    """
    labels = np.zeros(values.shape, dtype=np.int32)
    parent = np.zeros(values.size // 2 + 2 + values.shape[0] + values.shape[1], dtype=np.int32)
    count = _provisional(values, labels, parent)
    number = np.zeros(count + 1, dtype=np.int32)
    found = 0
    for row in range(values.shape[0]):
        for col in range(values.shape[1]):
            if labels[row, col]:
                root = _root(parent, labels[row, col])
                if number[root] == 0:
                    found += 1
                    number[root] = found
                labels[row, col] = number[root]
    return labels
