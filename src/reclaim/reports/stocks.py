"""How much of each account's land is in which state on a day."""

import numpy as np
import pandas as pd

from reclaim.land.accounts import By, key_column, owners, to_day
from reclaim.land.evidence import NEVER, STATE_NAMES
from reclaim.land.history import Land, states_on


def stocks(land: Land, *, at: pd.Timestamp, by: By = "group") -> pd.DataFrame:
    """
    Company land by state on a day, from the same faces as the ledger.

    Parameters
    ----------
    land : Land
        Made by `reclaim.cut`.
    at : Timestamp
        The end of this day.
    by : {"site", "company", "province", "group"}
        Whose accounts.

    Returns
    -------
    DataFrame
        One row an account, one column a state (open, temporary, reclaimed, accepted, certified), m².
    """
    day = to_day(at)
    owned = owners(land, by, day)
    owned = owned[owned["liability"] == "company"]
    face = owned["face"].to_numpy()
    state = states_on(land, day)[face]
    table = pd.DataFrame(
        {"key": owned[key_column(by)].to_numpy(), "state": STATE_NAMES[state], "area_m2": land.partition.area_m2[face]}
    )[state != NEVER]
    names = [str(name) for name in STATE_NAMES[np.arange(NEVER + 1, len(STATE_NAMES))]]
    wide = table.pivot_table(index="key", columns="state", values="area_m2", aggfunc="sum", fill_value=0.0)
    wide.columns.name = None
    made: pd.DataFrame = wide.reindex(columns=names, fill_value=0.0)
    return made
