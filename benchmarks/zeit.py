"""
zeit-cdts beside us, where somebody has it: it is no dependency, and lives in an environment of its own.

``RECLAIM_ZEIT`` names that environment's Python; without it the rows say so. Both work on one thread and on the same
array, which is handed over as a file.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.rows import Row, versus

HOW = "set RECLAIM_ZEIT to the Python of an environment with zeit-cdts"

# runs over there: CPU seconds of some calls, and what they found
_THERE = """
import json, statistics, sys, time
import numpy as np
import zeit

path, out, work, repeat = sys.argv[1:]
values = np.load(path)
years = list(range(1990, 1990 + len(values)))
calls = {
    "segments": lambda cube: zeit.landtrendr(cube, years=years, n_jobs=1),
    "original": lambda cube: zeit.mann_kendall(cube, method="original", n_jobs=1),
    "hamed_rao": lambda cube: zeit.mann_kendall(cube, method="hamed_rao", n_jobs=1),
    "yue_wang": lambda cube: zeit.mann_kendall(cube, method="yue_wang", n_jobs=1),
}
call = calls[work]
call(values[:, :1])
times = []
for _ in range(int(repeat)):
    begun = time.process_time()
    found = call(values)
    times.append(time.process_time() - begun)
names = [name for name in ("slope", "p", "s") if name in found]
np.savez(out, **{name: np.asarray(found[name]) for name in names})
print(json.dumps(statistics.median(times)))
"""


def beside(what: str, work: str, values: np.ndarray, *, ours: float, goal: float, repeat: int = 5) -> Row:
    """
    The row against zeit-cdts, or one that says how to have it.

    Parameters
    ----------
    what : str
        Name of the row.
    work : {"segments", "original", "hamed_rao", "yue_wang"}
    values : array (years, pixels)
    ours : float
        CPU seconds of ours on the same array.
    goal : float
        Least ratio.
    repeat : int
    """
    found = there(work, values, repeat=repeat)
    if found is None:
        return Row(what, ours, f"zeit-cdts ({HOW})", None, None, goal)
    return versus(what, "zeit-cdts 2.2.0", ours=ours, theirs=found[0], goal=goal)


def there(work: str, values: np.ndarray, *, repeat: int = 5) -> tuple[float, dict[str, np.ndarray]] | None:
    """CPU seconds and answers of zeit-cdts; None where it is not to be had."""
    python = os.environ.get("RECLAIM_ZEIT")
    if not python:
        return None
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder, "values.npy"), Path(folder, "found.npz")
        np.save(given, values[:, None, :])
        told = subprocess.run(
            [python, "-c", _THERE, str(given), str(out), work, str(repeat)],
            env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "PYTHONPATH": ""},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        with np.load(out) as found:
            return float(json.loads(told.stdout.splitlines()[-1])), {name: found[name] for name in found.files}
