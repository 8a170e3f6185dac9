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


def soils_placed(land: Land, *, at: pd.Timestamp) -> float:
    """
    Company land that is open on a day and has its soil placed, m².

    Parameters
    ----------
    land : Land
        Made by `reclaim.cut`; placing soil changes no state, so it is read from the outlines.
    at : Timestamp
        The end of this day.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from reclaim.assessment import assess
    >>> from reclaim.io.project import Project
    >>> pit = {"footprint_id": ["F"], "site_id": ["A"], "date": ["2018-05-01"]}
    >>> ground = gpd.GeoDataFrame(pit, geometry=[shapely.box(107, 23, 107.01, 23.01)], crs="EPSG:4490")
    >>> made = assess(Project.from_frames(footprints=ground, meaning="increment"))
    >>> soils_placed(made.land, at=made.at)
    0.0
    """
    day = to_day(at)
    groups = land.evidence.groups
    placed = groups.index[(groups["kind"] == "soils_placed") & (groups["end"] <= day)]
    covered = np.unique(land.partition.face[np.isin(land.partition.group, placed)])
    owned = owners(land, "group", day)
    company = owned.loc[owned["liability"] == "company", "face"].to_numpy()
    face = np.intersect1d(covered, company)
    waiting = face[STATE_NAMES[states_on(land, day)[face]] == "open"]
    return float(land.partition.area_m2[waiting].sum())
