"""Charts by matplotlib: each takes ``ax`` and gives it back. Nothing computes an area while it draws."""

from reclaim.figures.movement import ledger_bars, waterfall
from reclaim.figures.shares import cover_series, ladder, rate_line
from reclaim.figures.style import picture

__all__ = ["cover_series", "ladder", "ledger_bars", "picture", "rate_line", "waterfall"]
