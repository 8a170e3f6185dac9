"""What the report prints for the group, decided once, so that all its tables print the same."""

from reclaim.assessment import Assessment
from reclaim.reports.forms import Account, figures_of, form
from reclaim.reports.layouts import layout
from reclaim.reports.model import Column, Table, Text
from reclaim.reports.numbers import AREA_DECIMALS, number
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say
from reclaim.units import convert, label

YEAR = Column("year", say("year"), "year")


def years_of_group(assessment: Assessment) -> list[Account]:
    """The group's account, a row a year."""
    rows = assessment.group.sort_values("year").to_dict("records")
    return [Account(int(row["year"]), figures_of(row)) for row in rows]


def movement_table(assessment: Assessment, setting: Setting) -> Table:
    """Opening, flows and closing of every year."""
    return form(layout("movement"), years_of_group(assessment), unit=setting.unit, head=YEAR)


def printed_years(assessment: Assessment, setting: Setting) -> dict[int, dict[str, float]]:
    """
    What the report prints for the group, by year and ledger column, so that all tables print the same.

    The movement table decides the flows and stocks; ``ever`` is rounded by itself, and what is permanently reclaimed is
    the difference of the two.
    """
    made = movement_table(assessment, setting)
    names = {line.key: line.plus[0] for line in layout("movement").lines}
    decimals = AREA_DECIMALS[setting.unit]
    # a flow that is hidden since it is 0 throughout is printed as 0 where it stands in a sum
    hidden = {line.plus[0]: 0.0 for line in layout("movement").lines if line.hide_if_zero}
    years = {}
    for row, account in zip(made.printed, years_of_group(assessment), strict=False):
        named = zip(made.columns[1:], row[1:], strict=True)
        figures = {names[column.key]: float(value) for column, value in named if isinstance(value, int | float)}
        figures["ever"] = round(float(convert(account.figures["ever"], "m2", setting.unit)), decimals)
        figures["permanent"] = round(figures["ever"] - figures["closing"], decimals)
        years[int(str(account.name))] = {**hidden, **figures}
    return years


def printed_year(assessment: Assessment, setting: Setting, year: int) -> dict[str, float]:
    """What the report prints for the group in one year."""
    return printed_years(assessment, setting)[year]


def printed_area(value: float, unit: str) -> Text:
    """
    An area that is already in its unit and rounded, with the unit's name.

    Examples
    --------
    >>> printed_area(15.0, "mu").inline("both")
    '15.00 亩 15.00 mu'
    """
    text = number(value, AREA_DECIMALS[unit])
    return Text(f"{text} {label(unit, 'zh')}", f"{text} {label(unit, 'en')}")


def period(assessment: Assessment) -> str:
    """The years of the ledger: ``2015–2019``, or the one that there is."""
    first, last = (int(assessment.group["year"].iloc[i]) for i in (0, -1))
    return f"{first}–{last}" if first < last else str(last)
