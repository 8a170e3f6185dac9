"""Faults that show only when rows are held against each other: twins, stages out of order, sites that nobody knows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from reclaim.geodesy import crs_label
from reclaim.land.checks.sheet import Mask, Sheet
from reclaim.vocabulary import words

# what makes two rows the same event, and two outlines the same claim
_SAME_EVENT = {
    "parcels": ["site_id", "parcel_id", "stage", "date_start", "date"],
    "footprints": ["site_id", "footprint_id", "date_start", "date"],
}
_SAME_CLAIM = {"parcels": ["stage", "date_start", "date"], "footprints": ["site_id", "date_start", "date"]}


def check_across(sheets: Sequence[Sheet]) -> None:
    """Compare the rows of all deliveries, table by table."""
    _mixed_systems(sheets)
    _unknown_sites(sheets)
    _sites_twice(sheets)
    for table in ("parcels", "footprints"):
        rows = gathered(sheets, table)
        if rows is not None:
            _twins(sheets, rows, table)
            _same_outlines(sheets, rows, table)
    parcels = gathered(sheets, "parcels")
    if parcels is not None:
        _stages_out_of_order(sheets, parcels)


def gathered(sheets: Sequence[Sheet], table: str) -> pd.DataFrame | None:
    """The kept rows of a table over all its deliveries; ``sheet`` and ``at`` say where each came from."""
    parts = []
    for number, sheet in enumerate(sheets):
        if sheet.table == table and sheet.kept.any():
            at = np.flatnonzero(sheet.kept)
            parts.append(_plain(sheet, number, at))
    return pd.concat(parts, ignore_index=True) if parts else None


def _plain(sheet: Sheet, number: int, at: npt.NDArray[np.int64]) -> pd.DataFrame:
    names = {name for columns in (_SAME_EVENT, _SAME_CLAIM) for name in columns.get(sheet.table, [])}
    part = sheet.frame.iloc[at][sorted(names)].reset_index(drop=True)
    return part.assign(sheet=number, at=at, shape=sheet.shapes[at])


def _say(sheets: Sequence[Sheet], rows: pd.DataFrame, where: Mask, code: str, messages: Mapping[int, str]) -> None:
    """Spread remarks about gathered rows over the sheets they came from."""
    chosen = np.flatnonzero(where)
    for number, positions in pd.Series(chosen).groupby(rows["sheet"].to_numpy()[chosen]):
        at = rows["at"].to_numpy()[positions.to_numpy()]
        said = dict(zip(at.tolist(), (messages[p] for p in positions.tolist()), strict=True))
        sheets[int(str(number))].remark(code, at, said.__getitem__)


def _where(sheets: Sequence[Sheet], rows: pd.DataFrame, position: int) -> str:
    sheet, at = _origin(sheets, rows, position)
    return f"{sheet.delivery.source} row {sheet.row[at]}"


def _name(sheets: Sequence[Sheet], rows: pd.DataFrame, position: int) -> str:
    sheet, at = _origin(sheets, rows, position)
    return sheet.name(at)


def _origin(sheets: Sequence[Sheet], rows: pd.DataFrame, position: int) -> tuple[Sheet, int]:
    return sheets[int(rows["sheet"].to_numpy()[position])], int(rows["at"].to_numpy()[position])


# --- the same twice --------------------------------------------------------------------------------------------------


def _twins(sheets: Sequence[Sheet], rows: pd.DataFrame, table: str) -> None:
    columns = _SAME_EVENT[table]
    again = rows.duplicated(columns, keep="first").to_numpy()
    if not again.any():
        return
    first = _first_of(rows, columns, again)
    what = "id, stage and date" if table == "parcels" else "id and date"
    said = {
        p: f"{_name(sheets, rows, p)}: same {what} as {_where(sheets, rows, f)}" for p, f in first.items() if p != f
    }
    _say(sheets, rows, again, "duplicate", said)


def _first_of(rows: pd.DataFrame, columns: list[str], again: Mask) -> dict[int, int]:
    """For each repeated row, the position of the row it repeats."""
    group = rows.groupby(columns, sort=False, dropna=False).ngroup().to_numpy()
    repeated = np.flatnonzero(np.isin(group, group[again]))
    first = pd.Series(repeated).groupby(group[repeated]).transform("min")
    return dict(zip(repeated.tolist(), first.tolist(), strict=True))


def _same_outlines(sheets: Sequence[Sheet], rows: pd.DataFrame, table: str) -> None:
    """One outline delivered under two names for the same event."""
    shapes = rows["shape"].to_numpy()
    # two outlines that are the same have the same box and number of vertices: few need a closer look
    box = pd.DataFrame(shapely.bounds(shapes).reshape(-1, 4)).assign(n=shapely.get_num_coordinates(shapes))
    maybe = np.flatnonzero(box.duplicated(keep=False).to_numpy())
    if not len(maybe):
        return
    among = rows.iloc[maybe][_SAME_CLAIM[table]].reset_index(drop=True)
    among["ground"] = shapely.to_wkb(shapely.normalize(shapes[maybe]))
    among["name"] = rows.iloc[maybe][_SAME_EVENT[table][1]].to_numpy()
    columns = [*_SAME_CLAIM[table], "ground"]
    again = among.duplicated(columns).to_numpy() & ~among.duplicated([*columns, "name"]).to_numpy()
    if not again.any():
        return
    first = _first_of(among, columns, again)
    said = {}
    for p in np.flatnonzero(again).tolist():
        mine, other = int(maybe[p]), int(maybe[first[p]])
        twin = f"{_name(sheets, rows, other)} ({_where(sheets, rows, other)})"
        said[mine] = f"{_name(sheets, rows, mine)} has the same outline and date as {twin}"
    where = np.zeros(len(rows), dtype=bool)
    where[list(said)] = True
    _say(sheets, rows, where, "duplicate-outline", said)


# --- stages ----------------------------------------------------------------------------------------------------------


def _stages_out_of_order(sheets: Sequence[Sheet], rows: pd.DataFrame) -> None:
    """A later stage dated before every row of an earlier one of the same parcel, with no failed inspection between."""
    ladder = {stage: rank for rank, stage in enumerate(s for s in words("stages") if s != "failed")}
    staged = rows.assign(rank=rows["stage"].map(ladder), position=np.arange(len(rows)))
    key = ["site_id", "parcel_id"]
    sizes = staged.groupby(key, dropna=False)["rank"].transform("nunique")
    staged = staged[(sizes > 1).to_numpy()]
    if staged.empty:
        return
    failed = rows[(rows["stage"] == "failed").to_numpy()][key].drop_duplicates()
    begun = staged.groupby([*key, "rank"], dropna=False)["date_start"].min().rename("begun").reset_index()
    pairs = staged.merge(begun, on=key, suffixes=("", "_lower"))
    pairs = pairs[(pairs["rank_lower"] < pairs["rank"]) & (pairs["date"] < pairs["begun"])]
    pairs = pairs.merge(failed.assign(retried=True), on=key, how="left")
    pairs = (
        pairs[pairs["retried"].isna()].sort_values(["position", "rank_lower"]).drop_duplicates("position", keep="last")
    )
    stages = list(ladder)
    said = {}
    for position, stage, date, lower, begun_on in pairs[
        ["position", "stage", "date", "rank_lower", "begun"]
    ].to_numpy():
        who = _name(sheets, rows, position)
        said[position] = f"{who}: {stage} on {date:%Y-%m-%d} is before {stages[int(lower)]} on {begun_on:%Y-%m-%d}"
    where = np.zeros(len(rows), dtype=bool)
    where[list(said)] = True
    _say(sheets, rows, where, "stage-order", said)


# --- sites and systems -----------------------------------------------------------------------------------------------


def _unknown_sites(sheets: Sequence[Sheet]) -> None:
    known = {site for sheet in sheets if sheet.table == "sites" for site in sheet.frame["site_id"][sheet.kept].tolist()}
    if not known:
        return
    for sheet in sheets:
        if sheet.table == "sites" or "site_id" not in sheet.frame.columns:
            continue
        sites = sheet.frame["site_id"]
        strange = sheet.kept & sites.notna().to_numpy() & ~sites.isin(known).to_numpy()
        sheet.remark("unknown-site", strange, _names_unknown_site(sheet, sites))


def _names_unknown_site(sheet: Sheet, sites: pd.Series) -> Any:
    return lambda at: f"{sheet.name(at)}: site {sites.iloc[at]!r} is not among the sites"


def _sites_twice(sheets: Sequence[Sheet]) -> None:
    """Only the first row of a site counts: two would double every figure that is looked up by it."""
    seen: set[str] = set()
    for sheet in sheets:
        if sheet.table == "sites":
            names = sheet.frame["site_id"]
            again = sheet.kept & (names.duplicated() | names.isin(seen)).to_numpy()
            seen.update(names[sheet.kept])
            sheet.refuse("duplicate-site", again, _stands_twice(names))


def _stands_twice(names: pd.Series) -> Any:
    return lambda at: f"site {names.iloc[at]} stands twice"


def _mixed_systems(sheets: Sequence[Sheet]) -> None:
    systems: dict[str, list[str]] = {}
    for sheet in sheets:
        if sheet.crs is not None and sheet.shaped.any():
            systems.setdefault(crs_label(sheet.crs), []).append(sheet.delivery.source)
    if len(systems) < 2:
        return
    listed = "; ".join(f"{label}: {_some(sources)}" for label, sources in systems.items())
    spoken = next(sheet for sheet in sheets if sheet.crs is not None and sheet.shaped.any())
    spoken.remark(
        "mixed-crs", None, f"layers come in {len(systems)} reference systems, all taken to CGCS2000: {listed}"
    )


def _some(sources: Sequence[str]) -> str:
    unique = list(dict.fromkeys(sources))
    return ", ".join(unique[:3]) + (f" and {len(unique) - 3} more" if len(unique) > 3 else "")
