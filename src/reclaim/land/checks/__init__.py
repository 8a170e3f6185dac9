"""
The checks: what is wrong with the input, where, and how to mend it.

Every row that was delivered is used, or it is set aside and listed.
"""

from reclaim.land.checks.chain import Checked, check
from reclaim.land.checks.overlaps import overlaps

__all__ = ["Checked", "check", "overlaps"]
