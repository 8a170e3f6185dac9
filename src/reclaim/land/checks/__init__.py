"""
The checks: what is wrong with the input, where, and how to mend it.

Every row that was delivered is used, or it is set aside and listed with the reason. A ``Sheet`` is one delivery while
it is looked over; each module looks at one side of it, in the order of ``chain``:

``attributes``
    names, dates, codes, declared areas
``coordinates``
    reference systems, axes, zones
``shapes``
    kinds of geometry, invalid rings and their repair
``placing``
    the move to CGCS2000, sites, areas of use
``measures``
    slivers, declared against measured areas
``across``, ``permits``, ``shift``
    rows and layers against each other

A new check is a function in one of them that calls ``sheet.remark`` (the row counts) or ``sheet.refuse`` (it is set
aside) with a code, and an entry for that code in ``vocabulary/findings.toml``.
"""

from reclaim.land.checks.chain import Checked, check
from reclaim.land.checks.overlaps import overlaps

__all__ = ["Checked", "check", "overlaps"]
