"""
In which order the events of a face are taken: by date; where two periods overlap, disturbance first, and the
reclamation takes effect at the later date.
"""

import numpy as np
import pandas as pd

from reclaim.land.evidence import BASE, DISTURB, FAIL, LABEL, REVEAL, STAGE

# place in the order among events of one day; the higher a stage the later
_RANK = np.zeros(LABEL, dtype=np.int8)
_RANK[[BASE, DISTURB, REVEAL, FAIL, STAGE]] = 0, 2, 2, 3, 4
_RESETS = (DISTURB, REVEAL, FAIL)
_STAGE_BEFORE_NEXT, FAIL_RETRIED = 1, 9


def in_order(events: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Put the events of every face in order.

    Parameters
    ----------
    events : DataFrame
        ``face``, ``group`` (outline), ``op``, ``target``, ``start``, ``end`` (period, days since 1970).

    Returns
    -------
    DataFrame
        The events by face and ``day`` (when they took effect), with their ``rank`` on it; without their periods.
    DataFrame
        Disturbance and reclamation whose order is not told: ``face``, ``disturbed`` and ``reclaimed`` (outlines).
    """
    lifting = events["op"] == STAGE
    events = events.assign(day=events["end"], rank=_RANK[events["op"]] + events["target"].where(lifting, 0))
    both = _overlapping(events)
    later = both.groupby("index_lift")["end_reset"].max()
    events.loc[later.index, "day"] = np.maximum(events.loc[later.index, "day"], later)
    events = _before_what_follows(events, later.index)
    retried = _retries(events, both[both["op_reset"] == FAIL])
    if len(retried):
        events = pd.concat([events, retried], ignore_index=True)
    unclear = both.loc[both["op_reset"] != FAIL, ["face", "group_reset", "group_lift"]]
    return _sorted(events), unclear.set_axis(["face", "disturbed", "reclaimed"], axis=1)


def _sorted(events: pd.DataFrame) -> pd.DataFrame:
    """Events by face, day, rank and outline."""
    # few days and ranks: with their number and the face's in one key there is less to sort by
    day, days = pd.factorize(events["day"], sort=True)
    turn = (events["face"] * len(days) + day) * (FAIL_RETRIED + 1) + events["rank"]
    order = np.lexsort((events["group"], turn))
    return events.drop(columns=["start", "end"]).take(order).reset_index(drop=True)


def _overlapping(events: pd.DataFrame) -> pd.DataFrame:
    """Reclamation and disturbance of one face whose periods overlap."""
    # few pairs of periods overlap, many faces share a pair: join the periods first, the faces after
    groups = events.drop_duplicates("group")
    a = groups.loc[groups["op"] == STAGE, ["start", "end"]].drop_duplicates()
    b = groups.loc[groups["op"].isin(_RESETS), ["start", "end"]].drop_duplicates()
    met = (a["start"].to_numpy()[:, None] <= b["end"].to_numpy()) & (
        b["start"].to_numpy() <= a["end"].to_numpy()[:, None]
    )
    i, j = np.nonzero(met)
    left, right = a.iloc[np.unique(i)], b.iloc[np.unique(j)]
    periods = pd.concat(
        [a.add_suffix("_lift").iloc[i].reset_index(drop=True), b.add_suffix("_reset").iloc[j].reset_index(drop=True)],
        axis=1,
    )
    lifts = _within(events, groups[groups["op"] == STAGE].merge(left)["group"])
    resets = _within(events, groups[groups["op"].isin(_RESETS)].merge(right)["group"])
    lifts = lifts.add_suffix("_lift").rename(columns={"face_lift": "face"})
    resets = resets.add_suffix("_reset").rename(columns={"face_reset": "face"})
    return lifts.merge(periods, on=["start_lift", "end_lift"]).merge(resets, on=["face", "start_reset", "end_reset"])


def _within(events: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """The events of some outlines, with their place in the table."""
    columns = ["face", "group", "op", "start", "end"]
    return events.loc[events["group"].isin(groups), columns].reset_index()


def _before_what_follows(events: pd.DataFrame, moved: pd.Index) -> pd.DataFrame:
    """A reclamation that had to wait still comes before a disturbance that lies wholly after its own period."""
    if not len(moved):
        return events
    resets = events[events["op"].isin(_RESETS)]
    waiting = events.loc[moved, ["face", "end", "day"]].reset_index()
    after = waiting.merge(resets[["face", "start", "end"]], on="face", suffixes=("", "_next"))
    after = after[(after["start"] > after["end"]) & (after["end_next"] <= after["day"])]
    first = after.groupby("index")["end_next"].min()
    events.loc[first.index, "day"] = first
    events.loc[first.index, "rank"] = _STAGE_BEFORE_NEXT
    return events


def _retries(events: pd.DataFrame, failed: pd.DataFrame) -> pd.DataFrame:
    """
    A failed inspection dated like a reclamation: it comes first, as a disturbance does.

    Where it then finds nothing that could fail, it was the inspection of that very reclamation, so it is put after it
    once more; on ground that it has already failed the second time changes nothing, because the retry is then dropped.
    """
    if failed.empty:
        return events.iloc[:0]
    after = failed.groupby("index_reset")["index_lift"].agg(lambda index: events.loc[index, "day"].max())
    return events.loc[after.index].assign(day=after, rank=FAIL_RETRIED)
