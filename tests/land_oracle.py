"""
An independent, brute-force account of the land, for tests.

The world is a chessboard: every outline is a set of cells, and every cell is walked through its own events, one by one,
in plain Python. Nothing here is shared with the package.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

PERMANENT = ("reclaimed", "accepted", "certified")
LADDER = ("never", "open", "temporary", "reclaimed", "accepted", "certified")
STAGE_STATE = {"temporary": "temporary", "permanent": "reclaimed", "accepted": "accepted", "certified": "certified"}


@dataclass(frozen=True)
class Row:
    """One row of a table: ``kind`` is increment, snapshot, cumulative, baseline or parcel."""

    kind: str
    site: str
    start: date
    end: date
    cells: frozenset
    stage: str = ""
    liability: str = "company"


@dataclass(frozen=True)
class Event:
    site: str
    liability: str
    what: str  # base, disturb, reveal, fail, stage
    state: str
    start: date
    end: date
    first_survey: bool = False


def cell_events(rows, cell):
    """What happened to one cell, not yet in order."""
    events = []
    for row in rows:
        if row.kind == "increment" and cell in row.cells:
            events.append(Event(row.site, row.liability, "disturb", "open", row.start, row.end))
        elif row.kind == "parcel" and cell in row.cells:
            if row.stage == "failed":
                events.append(Event("", "", "fail", "open", row.start, row.end))
            elif row.stage in STAGE_STATE:
                events.append(Event("", "", "stage", STAGE_STATE[row.stage], row.start, row.end))
        elif row.kind == "baseline" and cell in row.cells:
            events.append(Event(row.site, "company", "base", row.stage, row.start, row.end))
    for kind in ("snapshot", "cumulative"):
        for site in sorted({row.site for row in rows if row.kind == kind}):
            events += outline_events(rows, kind, site, cell)
    return events


def outline_events(rows, kind, site, cell):
    own = [row for row in rows if row.kind == kind and row.site == site]
    based = any(row.kind == "baseline" and row.site == site for row in rows)
    before = any(
        row.kind == "baseline" and row.site == site and cell in row.cells and row.stage in ("open", "temporary")
        for row in rows
    )
    seen = before if kind == "snapshot" else False
    events = []
    for number, day in enumerate(sorted({row.end for row in own})):
        survey = [row for row in own if row.end == day]
        inside = any(cell in row.cells for row in survey)
        if inside and not seen:
            start = min(row.start for row in survey if cell in row.cells)
            what = "disturb" if kind == "snapshot" else "reveal"
            events.append(Event(site, "company", what, "open", start, day, number == 0 and not based))
        seen = inside if kind == "snapshot" else (seen or inside)
    return events


def overlap(a, b):
    return a.start <= b.end and b.start <= a.end


def in_order(events):
    """(day, event, is_retry) in the order in which they act."""
    resets = [event for event in events if event.what in ("disturb", "reveal", "fail")]
    timed = []
    for event in events:
        day, rank = event.end, {"base": 0, "disturb": 2, "reveal": 2, "fail": 3, "stage": 4}[event.what]
        if event.what == "stage":
            rank = 4 + LADDER.index(event.state)
            met = [other for other in resets if overlap(event, other)]
            if met:
                day = max([event.end, *(other.end for other in met)])
                nexts = [other.end for other in resets if other.start > event.end and other.end <= day]
                if nexts:
                    day, rank = min(nexts), 1
        timed.append((day, rank, event))
    for event in [event for event in events if event.what == "fail"]:
        met = [day for day, _, other in timed if other.what == "stage" and overlap(event, other)]
        if met:
            timed.append((max(met), 9, event))
    return sorted(timed, key=lambda item: (item[0], item[1]))


def walk(rows, cell):
    """The cell's history: list of (day, event, before, after), and its entry into each account."""
    state, history, spent, entries = "never", [], set(), {}
    for day, rank, event in in_order(cell_events(rows, cell)):
        after = state
        if event.what == "base":
            after = event.state
        elif event.what == "disturb":
            after = "open"
        elif event.what == "reveal":
            after = "open" if state == "never" else state
        elif event.what == "fail":
            if rank == 9 and event in spent:
                pass
            elif LADDER.index(state) > 1:
                after = "open"
                spent.add(event)
        elif state != "never":
            after = max(state, event.state, key=LADDER.index)
        if event.what in ("base", "disturb", "reveal"):
            entries.setdefault((event.site, event.liability), len(history))
        history.append((day, event, state, after))
        state = after
    return history, entries


def in_stock(state):
    return state in ("open", "temporary")


def account(rows, sites, years, area, *, liability=("company",)):
    """Ledger cells of one account (a set of sites): {(year, column): m2}."""
    cells = sorted(set().union(*(row.cells for row in rows)))
    table = defaultdict(float)
    for cell in cells:
        history, entries = walk(rows, cell)
        own = [index for (site, owes), index in entries.items() if site in sites and owes in liability]
        if not own:
            continue
        entry, m2, passages = min(own), area[cell], 0
        for index, (day, event, before, after) in enumerate(history):
            year = max(day.year, years[0] - 1)
            passed = before not in PERMANENT and after in PERMANENT
            passages += passed
            if index < entry:
                continue
            corrected = event.first_survey or event.what == "base"
            if index == entry:
                table[year, "ever+"] += m2
                table[year, "temporary+"] += m2 * (after == "temporary")
                if in_stock(after):
                    table[year, "correction" if corrected else "new"] += m2
                continue
            table[year, "temporary+"] += m2 * ((after == "temporary") - (before == "temporary"))
            change = in_stock(after) - in_stock(before)
            if corrected and change:
                table[year, "correction"] += change * m2
            elif passed:
                table[year, "reclaimed" if passages == 1 else "reclaimed_again"] += m2
            elif before in PERMANENT and after == "open":
                table[year, "failed" if event.what == "fail" else "redisturbed"] += m2
    return carried(table, years)


FLOWS_IN, FLOWS_OUT = ("new", "redisturbed", "failed", "correction"), ("reclaimed", "reclaimed_again")


def carried(table, years):
    stock = sum(table[years[0] - 1, name] for name in FLOWS_IN) - sum(table[years[0] - 1, name] for name in FLOWS_OUT)
    ever, temporary = table[years[0] - 1, "ever+"], table[years[0] - 1, "temporary+"]
    out = {}
    for year in years:
        out[year, "opening"] = stock
        for name in (*FLOWS_IN, *FLOWS_OUT):
            out[year, name] = table[year, name]
        stock += sum(table[year, name] for name in FLOWS_IN) - sum(table[year, name] for name in FLOWS_OUT)
        ever += table[year, "ever+"]
        temporary += table[year, "temporary+"]
        out[year, "closing"], out[year, "ever"], out[year, "temporary"] = stock, ever, temporary
    return out


def baseline_first(rows):
    """A baseline precedes the first year unless it follows its site's own first footprint."""
    footprints = [row for row in rows if row.kind in ("increment", "snapshot", "cumulative")]
    bases = [row for row in rows if row.kind == "baseline"]
    if not bases or not footprints:
        return rows
    since = min(row.start for row in bases)
    acting = [
        row.end for row in rows if row.kind == "parcel" and row.end >= since and row.stage in (*STAGE_STATE, "failed")
    ]
    first = min([row.end for row in footprints] + acting).year
    moved = []
    for row in rows:
        if row.kind == "baseline":
            own = [other.end for other in footprints if other.site == row.site]
            if row.start.year <= first and (not own or row.start <= min(own)):
                end = min(row.end, date(first, 1, 1) - timedelta(days=1))
                row = replace(row, end=end, start=min(row.start, end))
        moved.append(row)
    return moved
