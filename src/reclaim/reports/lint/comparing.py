"""Whether a written quantity is a known figure: to the last digit, rounded, or as a bound."""

import math
from typing import Literal

from reclaim.reports.lint.facts import Fact
from reclaim.reports.lint.quantities import Mention
from reclaim.reports.lint.words import units

Verdict = Literal["agrees", "rounds_to", "contradicts", "no_evidence", "wrong_kind", "rate_without_basis"]
_EXACT = 1e-6
_NEAR = 0.05  # a true "more than" that is further off than this part of the figure is an odd thing to say


def matches(mention: Mention, fact: Fact) -> Verdict | None:
    """
    Whether a written quantity is a known figure: to the last digit, or rounded to its own digits.

    A published figure with a relation ("86 % or more") is matched by the same number.
    """
    value, known = mention.value, abs(fact.value) if fact.nature == "growth" else fact.value
    if mention.high is not None:
        return "agrees" if value - _EXACT * value <= known <= mention.high * (1 + _EXACT) else None
    same = abs(value - known) <= max(_EXACT * abs(known), 1e-12)
    if fact.relation != "=":
        return _matches_bound(mention, fact, same=same)
    if mention.relation in ("=", "~"):
        if same:
            return "agrees"
        step = mention.coarse if mention.relation == "~" else mention.step
        return "rounds_to" if abs(value - known) <= step * mention.slack * (1 + 1e-9) else None
    return _holds(mention, known, same=same)


def _matches_bound(mention: Mention, fact: Fact, *, same: bool) -> Verdict | None:
    allowed = {">": (">", ">="), ">=": ("=", ">=", "~")}[fact.relation]
    return "agrees" if same and mention.relation in allowed else None


def _holds(mention: Mention, known: float, *, same: bool) -> Verdict | None:
    """A claim of more or less: true, and not idle."""
    value, relation = mention.value, mention.relation
    slack = max(_EXACT * abs(known), 1e-12)
    more, less = known > value + slack, known < value - slack
    if same:
        return "agrees" if relation in (">=", "<=") else None
    if (relation in (">", ">=") and not more) or (relation in ("<", "<=", "<~") and not less):
        return None
    floor = math.floor(known / mention.coarse + 1e-9) if more else math.ceil(known / mention.coarse - 1e-9)
    close = abs(floor * mention.coarse - value) <= slack or abs(known - value) <= _NEAR * abs(known)
    return "rounds_to" if close else None


def same_value(mention: Mention, fact: Fact) -> bool:
    """Whether the numbers are equal, whatever is said of more or less."""
    return abs(mention.value - fact.value) <= _EXACT * abs(fact.value)


def same_number(mention: Mention, fact: Fact) -> bool:
    """Whether the digits are the fact's in one of its customary units."""
    sizes = {float(unit.size) for unit in units().values() if unit.kind == fact.kind}
    return any(abs(mention.written - fact.value / size) <= _EXACT * mention.written for size in sizes)


def distinct(mention: Mention) -> bool:
    """Written with so many digits that it is hardly equal by chance."""
    return mention.coarse > 0 and mention.value / mention.coarse >= 1000


def telling(fact: Fact) -> bool:
    """A stated quantity that is known by its unit and number alone: hardly a count."""
    return fact.nature == "stated" and fact.kind != "count"
