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
    "area": "reclaim.verbs.area",
    "assess": "reclaim.verbs.land",
    "Assessment": "reclaim.assessment",
    "build_map": "reclaim.verbs.maps",
    "change": "reclaim.verbs.change",
    "check": "reclaim.verbs.land",
    "composite": "reclaim.verbs.composite",
    "convert": "reclaim.units",
    "copy_sample": "reclaim.sample_projects",
    "cover": "reclaim.verbs.cover",
    "cut": "reclaim.land.history",
    "embed": "reclaim.reports.embed",
    "explain": "reclaim.verbs.reports",
    "explain_at": "reclaim.verbs.history_stack",
    "explain_pixel": "reclaim.timeline.explain",
    "find_losses": "reclaim.timeline.segments",
    "find_trends": "reclaim.timeline.trend",
    "history": "reclaim.verbs.history",
    "init": "reclaim.verbs.door",
    "ledger": "reclaim.verbs.land",
    "lint": "reclaim.verbs.reports",
    "parse_area": "reclaim.units",
    "plots": "reclaim.verbs.plots",
    "Project": "reclaim.io.project",
    "Rate": "reclaim.land.rate_values",
    "rate": "reclaim.verbs.land",
    "read_project": "reclaim.io.project",
    "read_table": "reclaim.io.vectors",
    "ReclaimError": "reclaim.errors",
    "ReclaimWarning": "reclaim.errors",
    "recovery_metrics": "reclaim.timeline.recovery",
    "run": "reclaim.verbs.run",
    "samples": "reclaim.sample_projects",
    "spells": "reclaim.land.history",
    "Target": "reclaim.land.rate_values",
    "trace": "reclaim.verbs.land",
    "write_report": "reclaim.verbs.reports",
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
