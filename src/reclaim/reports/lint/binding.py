"""Which figures a text may mean: of the topic, the year, the site and the nature that it speaks of."""

from collections.abc import Sequence

from reclaim.reports.lint.context import Context
from reclaim.reports.lint.facts import Fact

_ON_SITE = ("stated", "total", "ground", "cover")


def fits(fact: Fact, context: Context, *, topics: Sequence[str] | None = None) -> bool:
    """Whether a figure is one that the text may mean; ``topics`` instead of all those named."""
    return (
        fact.topic in (context.topics if topics is None else topics)
        and right_year(fact, context)
        and right_site(fact, context)
        and right_nature(fact, context)
    )


def right_year(fact: Fact, context: Context) -> bool:
    """Whether a figure is of the year or the period that is spoken of."""
    if not context.years or not fact.years:
        return True
    if fact.nature == "sum":
        return fact.years == context.years if context.period else fact.years[-1] == context.years[-1]
    if context.period:
        return fact.nature != "flow" and fact.years[-1] == context.years[-1]
    return fact.years[-1] in context.years


def right_site(fact: Fact, context: Context) -> bool:
    """Whether a figure is of the site that is spoken of, or of the group where none is."""
    if context.sites:
        inside = bool(set(fact.within) & set(context.sites)) and (fact.published or fact.nature in _ON_SITE)
        return inside or fact.site in context.sites or (fact.site is None and fact.nature in ("stated", "target"))
    return fact.site is None or fact.nature in _ON_SITE or fact.published


def right_nature(fact: Fact, context: Context) -> bool:
    """Whether a flow is called a flow and a stock a stock."""
    marks = context.marks
    if fact.kind == "area" and fact.basis not in (None, "damaged") and fact.basis not in context.bases:
        return False
    if fact.nature == "sum":
        return bool(marks & {"sum", "cumulative", "years"} or context.period) and not as_stock(context)
    if fact.nature == "total":
        return "sum" in marks
    if fact.nature == "gross":
        return "new" not in marks and not as_stock(context) and not context.period
    if fact.nature == "flow" and fact.topic in ("reclaimed", "new"):
        return not as_stock(context) and not context.period and not _of_several_years(context)
    if fact.nature == "stock" and fact.topic == "permanent":
        return "new" not in marks
    return fact.nature != "growth" or bool(marks & {"up", "down"})


def as_stock(context: Context) -> bool:
    """Called cumulative, or a total up to a day, and neither new nor of a named period."""
    marks = context.marks
    total = "cumulative" in marks or {"until", "sum"} <= marks
    return total and not marks & {"new", "years"} and not context.period


def _of_several_years(context: Context) -> bool:
    """A total of years that are not named one by one, or a cell in a row of totals."""
    if context.cell:
        return "sum" in context.marks and not context.years_named
    return "years" in context.marks and "each" not in context.marks and not context.around
