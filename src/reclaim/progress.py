"""
Progress of long work.

A library does not draw: it reports steps to whoever listens. The command line listens with a bar on stderr.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """Hears about steps of work: ``start`` once, ``advance`` often, ``finish`` at the end."""

    def start(self, label: str, total: int) -> None: ...

    def advance(self, steps: int) -> None: ...

    def finish(self) -> None: ...


class _Silent:
    def start(self, label: str, total: int) -> None:
        pass

    def advance(self, steps: int) -> None:
        pass

    def finish(self) -> None:
        pass


_listener: ContextVar[Listener] = ContextVar("listener", default=_Silent())


class Work:
    """One piece of work in progress."""

    def advance(self, steps: int = 1) -> None:
        """Say that ``steps`` more steps are done."""
        _listener.get().advance(steps)


@contextmanager
def progress(label: str, total: int) -> Iterator[Work]:
    """
    Report the progress of ``total`` steps of work.

    Parameters
    ----------
    label : str
        What is being done, as a person would say it.
    total : int
        How many steps there are.

    Examples
    --------
    >>> with progress("measuring", 2) as work:
    ...     work.advance(2)
    """
    listener = _listener.get()
    listener.start(label, total)
    try:
        yield Work()
    finally:
        listener.finish()


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send the progress of everything inside the block to ``listener``."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
