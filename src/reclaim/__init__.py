"""
Mine-reclamation GIS: a land ledger that balances, rates with a named basis, vegetation cover, maps and reports.

Everything public is reached from here and loaded when first touched, so that ``import reclaim`` stays quick.

Examples
--------
>>> import reclaim as rc
>>> rc.convert(1, "ha", "mu")
15.0
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# name -> module that holds it; one line each
_HOME = {
    "Assessment": "reclaim.assessment",
    "Project": "reclaim.io.project",
    "Rate": "reclaim.land.rates",
    "ReclaimError": "reclaim.errors",
    "ReclaimWarning": "reclaim.errors",
    "Target": "reclaim.land.rates",
    "assess": "reclaim.verbs.land",
    "area": "reclaim.verbs.area",
    "check": "reclaim.verbs.land",
    "convert": "reclaim.units",
    "cut": "reclaim.land.faces",
    "ledger": "reclaim.verbs.land",
    "parse_area": "reclaim.units",
    "rate": "reclaim.verbs.land",
    "read_project": "reclaim.io.project",
    "run": "reclaim.verbs.land",
    "spells": "reclaim.land.history",
    "trace": "reclaim.verbs.land",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'reclaim' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
