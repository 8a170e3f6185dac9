"""One row of the speed table, and how times are taken."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """
    Ours beside one opponent on the same data.

    Times are CPU seconds, medians; ``ratio`` is how many times longer the opponent takes. ``goal`` is the least ratio
    that we want, or a text where the goal is no ratio.
    """

    name: str
    ours_cpu_s: float
    opponent: str
    opponent_cpu_s: float | None
    ratio: float | None
    goal: float | str

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where it is no ratio."""
        if self.ratio is None or isinstance(self.goal, str):
            return None
        return self.ratio >= self.goal


def versus(name: str, opponent: str, *, ours: float, theirs: float, goal: float) -> Row:
    """A row from two times."""
    return Row(name, ours, opponent, theirs, theirs / ours, goal)


def cpu_seconds(work: Callable[[], Any], *, repeat: int = 3) -> float:
    """Median CPU seconds of some work, of the process and its finished children."""
    return measured(work, repeat=repeat)[0]


def measured(work: Callable[[], Any], *, repeat: int = 1) -> tuple[float, Any]:
    """Median CPU seconds and the last answer."""
    times, answer = [], None
    for _ in range(repeat):
        gc.collect()
        begun = time.process_time()
        answer = work()
        times.append(time.process_time() - begun)
    return statistics.median(times), answer
