"""The last year by site, company and province, land that is not the company's, and the forms of standards."""

from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd

from reclaim.assessment import Assessment
from reclaim.land.accounts import By, Ledger, key_column
from reclaim.reports.forms import Account, figures_of, form, sheet_form
from reclaim.reports.layouts import layout
from reclaim.reports.model import Block, Cell, Column, Section, Table, Text, plain
from reclaim.reports.printed import YEAR, printed_year, printed_years, years_of_group
from reclaim.reports.setting import Setting
from reclaim.reports.stocks import stocks
from reclaim.reports.wording import say
from reclaim.vocabulary import words

# the forms of the annex, in their order
FORMS = ("cn-annual", "gri-14", "gri-mm1", "nsw", "qld")
_WAYS: tuple[By, ...] = ("site", "company", "province")


def site_names(assessment: Assessment) -> dict[str, Text]:
    """What people call each site; the id stands beside a name that several sites share."""
    named = {}
    for row in assessment.land.sites.to_dict("records"):
        given = {key: row[key] for key in ("name_zh", "name") if isinstance(row[key], str) and row[key].strip()}
        one = given.get("name") or given.get("name_zh") or str(row["site_id"])
        named[str(row["site_id"])] = Text(given.get("name_zh") or one, one)
    seen = pd.Series([name.zh for name in named.values()])
    twice = set(seen[seen.duplicated()])
    return {
        key: Text(f"{name.zh} {key}", f"{name.en} {key}") if name.zh in twice else name for key, name in named.items()
    }


_BOOKS: WeakKeyDictionary[Assessment, dict[By, Ledger]] = WeakKeyDictionary()


def book_of(assessment: Assessment, by: By) -> Ledger:
    """The ledger by site, company, province or group; counted once for each assessment."""
    if by == "site":
        return Ledger(assessment.ledger, assessment.shared, assessment.apart)
    books = _BOOKS.setdefault(assessment, {})
    if by not in books:
        books[by] = assessment.accounts(by)
    return books[by]


def accounts_of(assessment: Assessment, by: By, year: int) -> tuple[list[Account], Account | None]:
    """The accounts of a year with the line for shared ground, and the group's."""
    book = book_of(assessment, by)
    column = key_column(by)
    named = site_names(assessment) if by == "site" else {}
    rows = book.rows[book.rows["year"] == year].to_dict("records")
    made = [Account(_named(row[column], named), figures_of(row)) for row in rows]
    shared = book.shared[book.shared["year"] == year].to_dict("records")
    made += [Account(say("shared"), figures_of(row)) for row in shared]
    group = assessment.group[assessment.group["year"] == year].to_dict("records")
    return made, Account(say("group"), figures_of(group[0])) if group else None


def _named(key: Any, named: dict[str, Text]) -> Cell:
    if key == "unknown":
        return say("unknown")
    return named.get(str(key), plain(str(key)))


def account_table(assessment: Assessment, setting: Setting, *, by: By) -> Table:
    """The last year's movement of every site, company or province."""
    year = int(assessment.group["year"].iloc[-1])
    rows, group = accounts_of(assessment, by, year)
    made = form(
        layout("accounts"),
        rows,
        unit=setting.unit,
        head=Column(by, say(by)),
        caption=say("accounts_table", year=year, by=say(f"by_{by}")),
        total=group,
        fixed={len(rows): printed_year(assessment, setting, year)},
    )
    return Table(f"by-{by}", made.caption, made.columns, made.rows, made.printed, made.total, made.notes)


def by_account(assessment: Assessment, setting: Setting) -> Section | None:
    """By site; by company and province where there are several; and land that is not the company's."""
    if assessment.group.empty:
        return None
    ways = [by for by in _WAYS if by == "site" or _several(assessment, by)]
    blocks: list[Block] = [account_table(assessment, setting, by=by) for by in ways]
    if len(assessment.apart):
        blocks.append(_apart(assessment, setting))
    return Section("accounts", say("by_account"), tuple(blocks))


def _several(assessment: Assessment, by: By) -> bool:
    told = set(assessment.land.sites[key_column(by)].dropna())
    return len(told) > 1 or (len(told) == 1 and bool(assessment.land.sites[key_column(by)].isna().any()))


def _apart(assessment: Assessment, setting: Setting) -> Table:
    year = int(assessment.group["year"].iloc[-1])
    rows = assessment.apart[assessment.apart["year"] == year]
    summed = rows.groupby("liability").sum(numeric_only=True, min_count=1).reset_index().to_dict("records")
    accounts = [
        Account(Text(words("liability")[row["liability"]].zh, words("liability")[row["liability"]].en), figures_of(row))
        for row in summed
    ]
    made = form(
        layout("accounts"),
        accounts,
        unit=setting.unit,
        head=Column("liability", say("liability")),
        caption=say("apart"),
    )
    return Table("apart", made.caption, made.columns, made.rows, made.printed, made.total, made.notes)


def form_table(assessment: Assessment, setting: Setting, key: str) -> Table:
    """
    One form of a standard, by the name of its layout.

    Parameters
    ----------
    assessment : Assessment
        Where the figures come from.
    setting : Setting
        Language and unit; a form with its own unit keeps it.
    key : str
        Name of a layout.
    """
    chosen = layout(key)
    # figures that the movement table already prints in the form's unit
    printed = printed_years(assessment, Setting(setting.language, chosen.unit or setting.unit))
    if chosen.rows == "years":
        fixed = dict(enumerate(printed.values()))
        return form(chosen, years_of_group(assessment), unit=setting.unit, head=YEAR, fixed=fixed)
    if chosen.rows == "figures":
        columns = _with_stocks(assessment)
        decided = [printed[int(str(column.name))] for column in columns]
        return sheet_form(chosen, columns, unit=setting.unit, fixed=decided)
    year = int(assessment.group["year"].iloc[-1])
    rows, group = accounts_of(assessment, "site", year)
    caption = Text(f"{chosen.title.zh}（{year}）", f"{chosen.title.en}, {year}")
    head = Column("site", say("site"))
    fixed = {len(rows): printed[year]}
    return form(chosen, rows, unit=setting.unit, head=head, caption=caption, total=group, fixed=fixed)


def _with_stocks(assessment: Assessment) -> list[Account]:
    """The last two years with the stocks by state at their ends."""
    made = []
    for row in assessment.group.sort_values("year").tail(2).to_dict("records"):
        end = min(pd.Timestamp(year=int(row["year"]), month=12, day=31), assessment.at)
        held = stocks(assessment.land, at=end)
        states = {f"stock_{name}": float(held[name].iloc[0]) if len(held) else 0.0 for name in held.columns}
        made.append(Account(int(row["year"]), figures_of({**row, **states})))
    return made


def annex(assessment: Assessment, setting: Setting) -> Section | None:
    """The forms of standards."""
    if assessment.group.empty:
        return None
    return Section("annex", say("annex"), tuple(form_table(assessment, setting, key) for key in FORMS))
