"""
Declared figures beside those by outline.

A parcel without an outline has a declared area and no ground. It never enters the ledger; here it stands beside it,
site by site and year by year, so that nobody adds the two by mistake or overlooks that outlines are missing.
"""

import pandas as pd

from reclaim.units import convert

COLUMNS = ("site_id", "year", "outline_m2", "declared_only_m2", "difference_m2", "rows")


def beside(declared: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """
    Land reclaimed by outline and land that was only declared.

    Parameters
    ----------
    declared : DataFrame
        Parcels without outline, as the checks leave them: ``site_id``, ``date``, ``stage``, ``declared_mu``.
    ledger : DataFrame
        Ledger rows by site in m²: ``site_id``, ``year``, ``reclaimed``, ``reclaimed_again``.

    Returns
    -------
    DataFrame
        One row a site and year in which something was declared: ``outline_m2`` (reclaimed and reclaimed again by
        outline), ``declared_only_m2``, ``difference_m2`` (declared only less by outline) and ``rows`` (declared rows).
        Only the permanent stage counts; a row without a site stands under an empty name.

    Examples
    --------
    >>> rows = {"site_id": ["A"], "date": [pd.Timestamp("2019-06-30")], "stage": ["permanent"], "declared_mu": [3.0]}
    >>> ledger = pd.DataFrame({"site_id": ["A"], "year": [2019], "reclaimed": [500.0], "reclaimed_again": [0.0]})
    >>> beside(pd.DataFrame(rows), ledger)[["year", "outline_m2", "declared_only_m2"]].values.tolist()
    [[2019.0, 500.0, 2000.0]]
    """
    counted = declared[declared["stage"] == "permanent"] if len(declared) else declared
    if not len(counted):
        return pd.DataFrame({name: pd.Series(dtype=object if name == "site_id" else float) for name in COLUMNS})
    sites = counted["site_id"].astype(object).where(counted["site_id"].notna(), "")
    keys = pd.DataFrame({"site_id": sites, "year": pd.to_datetime(counted["date"]).dt.year})
    areas = keys.assign(m2=convert(counted["declared_mu"].to_numpy(dtype=float), "mu", "m2"))
    sums = areas.groupby(["site_id", "year"], as_index=False, dropna=False).agg(
        declared_only_m2=("m2", "sum"), rows=("m2", "size")
    )
    reclaimed = ledger["reclaimed"].astype(float).fillna(0) + ledger["reclaimed_again"].astype(float).fillna(0)
    outlines = pd.DataFrame({"site_id": ledger["site_id"], "year": ledger["year"], "outline_m2": reclaimed})
    together = sums.merge(outlines, on=["site_id", "year"], how="left").fillna({"outline_m2": 0.0})
    together["difference_m2"] = together["declared_only_m2"] - together["outline_m2"]
    return together[list(COLUMNS)]
