"""
What a command prints: a table for people or one JSON document, warnings and faults on stderr.

Output never fails on a console's encoding: characters that it cannot show are replaced one by one.
"""

import json
import math
import sys
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TextIO

from reclaim.errors import ConditionNotMet, ReclaimWarning
from reclaim.progress import listening

__all__ = ["ConditionNotMet", "collected_warnings", "complain", "emit", "require_that", "table_text"]

# what to print where a console's encoding lacks the character
_PLAIN = {
    "²": "2",
    "³": "3",
    "✓": "ok",
    "✗": "x",
    "≥": ">=",
    "≤": "<=",
    "…": "...",
    "·": "-",
    "→": "->",
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "x",
    "°": "deg",
    "±": "+/-",
    "亩": "mu",
    "“": '"',
    "”": '"',
    "’": "'",
}

_warned: list[str] = []


def emit(document: dict[str, Any], text: str, *, as_json: bool) -> None:
    """
    Print the result of a command.

    Parameters
    ----------
    document : dict
        The figures, unrounded; printed as one ASCII-escaped JSON document with ``warnings`` added.
    text : str
        The same for people.
    as_json : bool
        Which of the two is asked for.
    """
    if as_json:
        document = {**document, "warnings": [*document.get("warnings", []), *_warned]}
        _write(sys.stdout, json.dumps(_plain(document), ensure_ascii=True, indent=1, allow_nan=False))
    else:
        _write(sys.stdout, text)


def require_that(holds: bool) -> None:
    """Leave with exit code 1 where a condition that was asked for does not hold."""
    if not holds:
        raise ConditionNotMet


def complain(faults: Iterable[str], *, code: int = 2) -> int:
    """One line per fault on stderr; gives the exit code."""
    for fault in faults:
        _write(sys.stderr, "error: " + " ".join(str(fault).split()))
    return code


@contextmanager
def collected_warnings() -> Iterator[None]:
    """Collect our warnings for the JSON document, and print each once on stderr; show progress meanwhile."""
    _warned.clear()

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        # what libraries murmur about is not for the people who run a command
        if issubclass(category, ReclaimWarning) and str(message) not in _warned:
            _warned.append(str(message))
            _write(sys.stderr, "warning: " + " ".join(str(message).split()))

    with warnings.catch_warnings(), listening(_Bar()):
        warnings.simplefilter("always", ReclaimWarning)
        warnings.showwarning = show
        yield


class _Bar:
    """A progress bar on stderr; silent when that is not a terminal."""

    def __init__(self) -> None:
        self._progress: Any = None
        self._tasks: list[Any] = []

    def start(self, label: str, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if self._progress is None:
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._progress.start()
        self._tasks.append(self._progress.add_task(label, total=total))

    def advance(self, steps: int) -> None:
        if self._tasks:
            self._progress.advance(self._tasks[-1], steps)

    def finish(self) -> None:
        if self._tasks:
            self._progress.remove_task(self._tasks.pop())
            if not self._tasks:
                self._progress.stop()
                self._progress = None


def table_text(rows: Sequence[Sequence[Any]], headers: Sequence[str], *, decimals: int = 2) -> str:
    """
    A plain table with aligned columns, numbers to the right; Chinese characters take two places.

    Examples
    --------
    >>> print(table_text([["A", 1.5], ["乙", float("nan")]], ["site", "mu"]))
    site    mu
    ----  ----
    A     1.50
    乙       –
    """
    cells = [[_cell(value, decimals) for value in row] for row in rows]
    right = [all(_is_number(row[i]) for row in rows) for i in range(len(headers))]
    widths = [max(_width(line[i]) for line in [list(headers), *cells]) for i in range(len(headers))]
    lines = [headers, ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(_pad(line[i], widths[i], right=right[i]) for i in range(len(headers))).rstrip() for line in lines
    )


def _cell(value: Any, decimals: int) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in {"<NA>", "NaT"}:
        return "–"
    if isinstance(value, float):
        return f"{value:,.{decimals}f}"
    return str(value)


def _is_number(value: Any) -> bool:
    return value is None or str(value) == "<NA>" or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _plain(value: Any) -> Any:
    """A value as JSON knows it: missing is null, dates are ISO text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return None if str(value) == "NaT" else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        return _plain(value.item())
    return None if str(value) in {"<NA>", "NaT"} else str(value)


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(encodable(text, encoding) + "\n")
    stream.flush()


def encodable(text: str, encoding: str) -> str:
    """
    The text with each character that an encoding lacks replaced by a plain one.

    Examples
    --------
    >>> encodable("5 m² ✓", "ascii")
    '5 m2 ok'
    """
    try:
        text.encode(encoding)
        return text
    except UnicodeEncodeError:
        return "".join(_one(char, encoding) for char in text)


def _one(char: str, encoding: str) -> str:
    try:
        char.encode(encoding)
        return char
    except UnicodeEncodeError:
        return _PLAIN.get(char, "?")
