"""
The figures beside a map: the ledger's own numbers, and which ground each of them sums.

Nothing is measured or computed here. The numbers are cells of the ledger; the ground of a cell is told by the same
movements of faces that the ledger sums (``land.accounts.contributions``).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from reclaim.assessment import Assessment
from reclaim.land.accounts import contributions, owners, to_day
from reclaim.land.rate_values import Rate, percent
from reclaim.maps.features import Features
from reclaim.vocabulary import load, words

GROUP = "group"


def columns() -> list[dict[str, str]]:
    """The ledger's columns as the panel shows them: ``key``, ``zh``, ``en``."""
    return [{"key": key, **names} for key, names in load("maps")["figures"].items()]


def accounts(
    assessment: Assessment, ground: Features, names: Mapping[str, str], extents: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """
    The group's account and those of the sites: cells by year in m², None where nobody surveyed.

    Parameters
    ----------
    assessment : Assessment
        Holds the ledger.
    ground : Features
        The spells as drawn, for the extent of each site.
    names : mapping
        Names of sites.
    extents : mapping
        South-west and north-east corner of each site as drawn.
    """
    group = load("maps")["words"]["group"]
    made = [{"key": GROUP, **group, "rows": _rows(assessment.group), "bounds": _leaflet(ground.bounds)}]
    sites = assessment.ledger
    by_site = dict(list(sites.groupby("site_id", sort=True))) if len(sites) else {}
    if len(by_site) > 1:
        for site, rows in by_site.items():
            name = names.get(str(site), str(site))
            made.append(
                {"key": str(site), "zh": name, "en": name, "rows": _rows(rows), "bounds": extents.get(str(site))}
            )
    return made


def _rows(ledger: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    keys = [column["key"] for column in columns()]
    cells = ledger[["year", *keys]].to_dict("records")
    return {
        str(int(row["year"])): {key: None if pd.isna(row[key]) else float(row[key]) for key in keys} for row in cells
    }


def site_extents(assessment: Assessment) -> dict[str, list[list[float]]]:
    """
    South-west and north-east corner of each site's ground, as Leaflet takes them.

    West longitudes are counted on past 180° where a site lies on both sides of that meridian.
    """
    boxes = assessment.spells.geometry.bounds
    boxes["site_id"] = assessment.spells["site_id"].astype(str).str.split(";").to_numpy()
    boxes = boxes.explode("site_id")
    past = boxes.assign(**{name: boxes[name].where(boxes[name] >= 0, boxes[name] + 360) for name in ("minx", "maxx")})
    plain, moved = (
        rows.groupby("site_id").agg({"minx": "min", "miny": "min", "maxx": "max", "maxy": "max"})
        for rows in (boxes, past)
    )
    narrower = (moved["maxx"] - moved["minx"]) < (plain["maxx"] - plain["minx"]) - 180
    best = plain.mask(narrower, moved)
    return {
        str(site): [[b.miny, b.minx], [b.maxy, b.maxx]] for site, b in zip(best.index, best.itertuples(), strict=True)
    }


def _leaflet(bounds: tuple[float, float, float, float] | None) -> list[list[float]] | None:
    return None if bounds is None else [[bounds[1], bounds[0]], [bounds[3], bounds[2]]]


def stories(assessment: Assessment) -> tuple[dict[int, int], list[dict[str, list[list[Any]]]]]:
    """
    What each face did in which account, the same stories once.

    Returns
    -------
    tuple
        Story number by face; and the stories: account to ``[column, year, sign]``, where column is a flow, ``stock``,
        ``temporary`` or ``ever``. Summing a face's area times sign over a cell's entries gives the cell.
    """
    day = to_day(assessment.at)
    moves = pd.concat([_moves(assessment, "group", day), _moves(assessment, "site", day)], ignore_index=True)
    if moves.empty:
        return {}, []
    first = int(assessment.group["year"].min()) if len(assessment.group) else int(moves["year"].min())
    moves["year"] = moves["year"].clip(lower=first - 1)
    entries = moves[["account", "column", "year", "sign"]]
    moves["entry"] = pd.MultiIndex.from_frame(entries).factorize()[0]
    told = entries.drop_duplicates().to_numpy(dtype=object)
    of_face, kinds = _sequences(moves.sort_values(["face", "entry"]))
    made = []
    for kind in kinds:
        story: dict[str, list[list[Any]]] = {}
        for entry in kind:
            account, column, year, sign = told[entry]
            story.setdefault(str(account), []).append([str(column), int(year), int(sign)])
        made.append(story)
    return of_face, made


def _sequences(moves: pd.DataFrame) -> tuple[dict[int, int], list[tuple[int, ...]]]:
    """
    Faces with the same sequence of entries under one number: the k-th entries of all faces at a time.

    A number stands for a sequence so far; with the next entry it becomes the number of the longer one.
    """
    faces, place = np.unique(moves["face"].to_numpy(), return_inverse=True)
    entry, turn = moves["entry"].to_numpy(), moves.groupby("face").cumcount().to_numpy()
    number = np.zeros(len(faces), dtype=np.int64)
    known: list[tuple[int, ...]] = [()]
    for k in range(int(turn.max()) + 1):
        now = turn == k
        pairs = np.stack([number[place[now]], entry[now]], axis=1)
        longer, which = np.unique(pairs, axis=0, return_inverse=True)
        number[place[now]] = which.ravel() + len(known)
        known += [(*known[before], int(added)) for before, added in longer]
    used, final = np.unique(number, return_inverse=True)
    return dict(zip(faces.tolist(), final.tolist(), strict=True)), [known[i] for i in used]


def _moves(assessment: Assessment, by: Any, day: int) -> pd.DataFrame:
    key = "group" if by == "group" else "site_id"
    owned = owners(assessment.land, by, day)
    owned = owned[owned["liability"] == "company"]
    made = contributions(assessment.land, owned, day, [key]).rename(columns={key: "account"})
    return made.assign(sign=np.sign(made["area_m2"]).astype(int))[["account", "face", "column", "year", "sign"]]


def rate_cards(assessment: Assessment) -> list[dict[str, Any]]:
    """The rates that are known, as panel and paper maps print them; rounded so that none crosses its target."""
    return [rate_card(rate) for rate in assessment.rates if rate.outcome not in ("undefined", "undetermined")]


def rate_card(rate: Rate) -> dict[str, Any]:
    """One rate in words."""
    goal = rate.target.rate if rate.target else None
    outcome = words("outcomes")[rate.outcome] if rate.outcome else None
    basis = words("bases")[rate.basis]
    return {
        "value": percent(rate.value, target=goal).replace("%", " %"),
        "basis": {"zh": basis.zh, "en": basis.en, "code": basis.code},
        "at": f"{rate.at:%Y-%m-%d}",
        "target": None if goal is None else f"{goal * 100:g} %",
        "outcome": None if outcome is None else {"zh": outcome.zh, "en": outcome.en, "code": outcome.code},
    }
