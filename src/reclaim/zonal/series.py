"""
A zone's cover through the years: what fell, what stands still, what should be green by now.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reclaim.zonal.criteria import Threshold

SEEN_ENOUGH = 0.8


@dataclass(frozen=True)
class AlarmRules:
    """
    When to raise an alarm.

    Attributes
    ----------
    drop : float
        A fall by more than this since the best of the dates before, beyond what unseen ground can explain.
    growth : float
        Growth over ``seasons`` below this is standing still.
    seasons : int
        After so many years the target should be reached, and growth is looked at over so many years.
    """

    drop: float = 0.1
    growth: float = 0.02
    seasons: int = 3


def cover_series(
    cover: pd.DataFrame, *, target: Threshold | None = None, rules: AlarmRules | None = None
) -> pd.DataFrame:
    """
    Cover of each zone through time, with alarms.

    Parameters
    ----------
    cover : DataFrame
        Rows of a cover table; of several metrics each is a series of its own. Rows that saw less than 80 % of a zone
        are kept and raise no alarm.
    target : Threshold, optional
    rules : AlarmRules, optional

    Returns
    -------
    DataFrame
        ``zone_id``, ``metric``, ``date``, ``cover``, ``valid``, ``low``, ``high``, ``change`` (of cover since the date
        before that saw enough), and ``alarm``: ``drop``, ``stagnation`` (below the target and no growth), ``late``
        (below the target after so many seasons), joined by ``;``; empty where all is well.

    Examples
    --------
    >>> rows = pd.DataFrame({"zone_id": "A", "metric": "mean_fvc", "date": pd.to_datetime(["2019-07-01", "2020-07-01"]),
    ...                      "cover": [0.8, 0.5], "valid": 1.0, "low": [0.8, 0.5], "high": [0.8, 0.5]})
    >>> cover_series(rows).alarm.tolist()
    ['', 'drop']
    """
    names = ["zone_id", "metric", "date", "cover", "valid", "low", "high"]
    frame = pd.DataFrame(cover[names]).sort_values(["zone_id", "metric", "date"], kind="stable", ignore_index=True)
    frame["change"], frame["alarm"] = np.nan, ""
    for _, part in frame.groupby(["zone_id", "metric"], sort=False):
        clear = part[(part.valid >= SEEN_ENOUGH) & part.cover.notna() & part.date.notna()]
        frame.loc[clear.index, "change"] = clear.cover.diff()
        frame.loc[clear.index, "alarm"] = _alarms(clear, target, rules or AlarmRules())
    return frame


def _alarms(clear: pd.DataFrame, target: Threshold | None, rules: AlarmRules) -> list[str]:
    low = clear.low.fillna(clear.cover).to_numpy(dtype=float)
    high = clear.high.fillna(clear.cover).to_numpy(dtype=float)
    cover = clear.cover.to_numpy(dtype=float)
    years = (clear.date - clear.date.iloc[0]).dt.days.to_numpy() / 365.25 if len(clear) else np.empty(0)
    found = []
    for place in range(len(clear)):
        alarms = []
        if place and high[place] < low[:place].max() - rules.drop:
            alarms.append("drop")
        below = target is not None and not target.holds(float(high[place]))
        # surveys of the same season fall a few days apart from year to year
        earlier = np.flatnonzero(years[place] - years[:place] > rules.seasons - 0.1)
        if below and earlier.size and cover[place] - cover[earlier[-1]] < rules.growth:
            alarms.append("stagnation")
        if below and years[place] > rules.seasons - 0.1:
            alarms.append("late")
        found.append(";".join(alarms))
    return found


def alarms_of(cover: pd.DataFrame, *, rules: AlarmRules | None = None) -> pd.DataFrame:
    """
    The dates at which a zone's cover raises an alarm, each zone held to its own criterion.

    Parameters
    ----------
    cover : DataFrame
        Rows of a cover table with their ``criterion``, as text; zones of one date raise none.
    rules : AlarmRules, optional

    Returns
    -------
    DataFrame
        The columns of `cover_series`, in the table's order; empty where all is well.

    Examples
    --------
    >>> rows = pd.DataFrame({"zone_id": "A", "metric": "mean_fvc", "date": pd.to_datetime(["2019-07-01", "2020-07-01"]),
    ...                      "cover": [0.8, 0.5], "valid": 1.0, "low": [0.8, 0.5], "high": [0.8, 0.5]})
    >>> rows["criterion"] = None
    >>> alarms_of(rows)[["zone_id", "alarm"]].to_numpy().tolist()
    [['A', 'drop']]
    """
    parts = []
    for (_, metric), rows in cover.groupby(["zone_id", "metric"], sort=False):
        asked = rows["criterion"].dropna()
        target = Threshold.parse(asked.iloc[-1], share=metric != "mean_index") if len(asked) else None
        found = cover_series(rows, target=target, rules=rules)
        parts.append(found[found["alarm"] != ""])
    return pd.concat(parts, ignore_index=True) if parts else cover_series(cover)
