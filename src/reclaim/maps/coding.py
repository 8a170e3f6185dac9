"""
Columns as bytes: integers in few bytes, repeated texts once, running numbers as differences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

_MISSING = -1
_MOST_WHOLE = 2**53  # beyond it a browser's numbers have gaps
_DIGITS, _MOST_DIGITS = "0123456789", 9


@dataclass
class Columns:
    """
    Columns of values in two parts: what a header says of them, and sections of integers.

    Text that ends in a number (``P-0012``, ``parcels.geojson:12``) is a stem and a number; texts that repeat are a
    code; whole numbers are differences, and numbers of two decimals whole hundredths. Anything else stands in the
    header as it is.
    """

    header: dict[str, dict[str, Any]] = field(default_factory=dict)
    sections: dict[str, bytes] = field(default_factory=dict)

    def add(self, name: str, values: Sequence[Any]) -> None:
        """Put one column away, in the form that suits it."""
        kinds = set(map(type, values))
        if str in kinds and kinds <= {str, type(None)}:
            distinct = sorted(set(values) - {None})
            if len(distinct) * 4 <= len(values) or len(distinct) < 3:
                return self._codes(name, values, distinct)
            split = {text: numbered(text) for text in distinct}
            if len({stem for stem, _, _ in split.values()}) * 4 <= len(distinct):
                return self._numbered(name, values, split)
        if kinds == {int} and max(map(abs, values)) < _MOST_WHOLE:
            self.header[name] = {"form": "whole"}
            self.sections[f"{name}.n"] = differences(np.array(values, dtype=np.int64))
            return None
        if kinds == {float} and _in_hundredths(np.array(values)):
            self.header[name] = {"form": "hundredths"}
            self.sections[f"{name}.n"] = varints(zigzag(np.rint(np.array(values) * 100)))
            return None
        self.header[name] = {"form": "plain", "values": [known(value) for value in values]}
        return None

    def _codes(self, name: str, values: Sequence[Any], distinct: list[str]) -> None:
        place = {text: i for i, text in enumerate(distinct)}
        codes = np.array([_MISSING if value is None else place[value] for value in values], dtype=np.int64)
        self.header[name] = {"form": "codes", "values": distinct}
        self.sections[f"{name}.c"] = varints((codes + 1).astype(np.uint64))

    def _numbered(self, name: str, values: Sequence[Any], told: Mapping[str, tuple[str, int, int]]) -> None:
        split = [("", 0, 0) if value is None else told[value] for value in values]
        kinds = sorted({(stem, width) for stem, width, _ in split})
        place = {kind: i for i, kind in enumerate(kinds)}
        codes = [
            0 if value is None else 1 + place[stem, width]
            for value, (stem, width, _) in zip(values, split, strict=True)
        ]
        self.header[name] = {"form": "numbered", "stems": [list(kind) for kind in kinds]}
        self.sections[f"{name}.c"] = varints(np.array(codes, dtype=np.uint64))
        self.sections[f"{name}.n"] = differences(np.array([number for _, _, number in split], dtype=np.int64))


def known(value: Any) -> Any:
    """A value as JSON can hold it: not a number is missing."""
    return None if isinstance(value, float) and not isfinite(value) else value


def _in_hundredths(values: np.ndarray) -> bool:
    return bool(np.all(np.abs(values) < 1e13) and np.all(np.rint(values * 100) / 100 == values))


def numbered(text: str) -> tuple[str, int, int]:
    """
    Stem, width and value of the number at a text's end; width 0 where there is none, or where it is not padded.

    Examples
    --------
    >>> numbered("P-0012"), numbered("row:7"), numbered("north"), numbered("A0")
    (('P-', 4, 12), ('row:', 1, 7), ('north', 0, 0), ('A', 1, 0))
    """
    digits = text[len(text.rstrip(_DIGITS)) :][-_MOST_DIGITS:]
    if not digits:
        return text, 0, 0
    return text[: -len(digits)], len(digits) if digits[0] == "0" else 1, int(digits)


def column_values(header: dict[str, Any], sections: dict[str, bytes], name: str) -> list[Any]:
    """A column read back."""
    column = header[name]
    if column["form"] == "plain":
        return list(column["values"])
    if column["form"] == "whole":
        return [int(value) for value in summed(sections[f"{name}.n"])]
    if column["form"] == "hundredths":
        coded = unsigned(sections[f"{name}.n"])
        return [float(value) / 100 for value in (coded >> 1) ^ -(coded & 1)]
    codes = unsigned(sections[f"{name}.c"])
    if column["form"] == "codes":
        return [None if code == 0 else column["values"][code - 1] for code in codes]
    numbers = summed(sections[f"{name}.n"])
    stems = [(str(stem), int(width)) for stem, width in column["stems"]]
    return [
        None if code == 0 else _joined(stems[code - 1], int(number))
        for code, number in zip(codes, numbers, strict=True)
    ]


def _joined(kind: tuple[str, int], number: int) -> str:
    stem, width = kind
    return stem if width == 0 else f"{stem}{number:0{width}d}"


def differences(numbers: np.ndarray) -> bytes:
    """Integers as differences from one to the next."""
    return varints(zigzag(np.diff(numbers.astype(np.int64), prepend=0)))


def zigzag(numbers: np.ndarray) -> np.ndarray:
    """
    Signed integers as unsigned ones, small where the number is small.

    Examples
    --------
    >>> zigzag(np.array([0, -1, 1, -2])).tolist()
    [0, 1, 2, 3]
    """
    signed = numbers.astype(np.int64)
    return ((signed << 1) ^ (signed >> 63)).astype(np.uint64)


def varints(numbers: np.ndarray) -> bytes:
    """
    Unsigned integers, seven bits to a byte, the lowest first; the top bit says that more follow.

    Examples
    --------
    >>> varints(np.array([1, 300])).hex()
    '01ac02'
    """
    values = np.asarray(numbers, dtype=np.uint64)
    if not len(values):
        return b""
    widest = max(1, -(-int(values.max()).bit_length() // 7))
    shifts = np.arange(widest, dtype=np.uint64) * np.uint64(7)
    groups = (values[:, None] >> shifts) & np.uint64(127)
    used = np.maximum(1, widest - np.argmax(groups[:, ::-1] > 0, axis=1))
    used[values == 0] = 1
    place = np.arange(widest)
    more = place < (used[:, None] - 1)
    content = (groups | (more.astype(np.uint64) << np.uint64(7))).astype(np.uint8)
    return bytes(content[place < used[:, None]].tobytes())


def summed(content: bytes) -> np.ndarray:
    """Integers from their differences."""
    coded = unsigned(content)
    return np.cumsum((coded >> 1) ^ -(coded & 1))


def unsigned(content: bytes) -> np.ndarray:
    """Unsigned integers from their bytes."""
    data = np.frombuffer(content, np.uint8).astype(np.int64)
    if not len(data):
        return data
    ends = np.flatnonzero(data < 128)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(len(data)) - np.repeat(starts, ends - starts + 1)
    return np.asarray(np.add.reduceat((data & 127) << (7 * place), starts))
