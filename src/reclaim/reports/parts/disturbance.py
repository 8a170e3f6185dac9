"""What yearly imagery shows: ground lost by year, where it lies, how sites and parcels fared, footprints beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from reclaim.assessment import Assessment
from reclaim.figures.timeline import loss_by_year, site_trajectory, year_map
from reclaim.reports.model import Block, Cell, Chart, Column, Fact, Facts, Note, Section, Table, Text, plain
from reclaim.reports.numbers import AREA_DECIMALS, is_missing
from reclaim.reports.parts.accounts import site_names
from reclaim.reports.setting import Setting
from reclaim.reports.wording import say, translated
from reclaim.timeline.recovery import METRICS
from reclaim.timeline.results import History, site_years
from reclaim.timeline.survival import HORIZONS
from reclaim.units import convert

Names = Mapping[str, Text]
_CHARTS, _LISTED = 6, 40
_SLIVER_M2 = 1.0
_METRIC_HEADS = {
    "delta_regrowth": plain("Δ"),
    "yryr": plain("YrYr"),
    "r80p": plain("R80P"),
    "rri": plain("RRI"),
    "y2r": plain("Y2R"),
}


def disturbance(assessment: Assessment, setting: Setting) -> Section | None:
    """The histories of a project's yearly stacks; None where it has none."""
    if not assessment.histories:
        return None
    names = site_names(assessment)
    several = len(assessment.histories) > 1
    blocks: list[Block] = []
    for place, history in enumerate(assessment.histories):
        key = f"-{place + 1}" if several else ""
        blocks += [say("history_named", name=history.name)] if several else []
        blocks += [*overview(history, setting, key=key), year_chart(history, key=key)]
        blocks += [*of_sites(history, setting, names, key=key), *beside_drawn(history, setting, key=key)]
    return Section("disturbance", say("history_title"), tuple(blocks))


def overview(history: History, setting: Setting, *, key: str = "") -> list[Block]:
    """The main figures, and the ground lost by year as table and chart."""
    first, last = history.years[0], history.years[-1]
    least, index = f"{history.min_magnitude:g}", history.index.upper()
    told = say("history_text", index=index, first=first, last=last, count=len(history.years), least=least)
    where = say("history_searched" if history.searched else "history_whole")
    told = Text(f"{told.zh}{where.zh}", f"{told.en} {where.en}")
    notes = [Note(plain(note)) for note in history.notes]
    if history.disturbed.empty:
        return [told, *notes, say("history_none")]
    return [
        Facts(_facts(history, setting)),
        told,
        *notes,
        _by_year(history, setting, key),
        _bars(history, setting, key),
    ]


def _facts(history: History, setting: Setting) -> tuple[Fact, ...]:
    lost, judged = float(history.abrupt.sum()), history.judged_m2
    share = f"{100 * lost / judged:.1f}%" if judged > 0 else "–"
    made = [
        Fact(say("history_lost"), setting.area(lost), say("history_lost_note", share=share)),
        Fact(say("history_slow"), setting.area(history.slow_m2), say("history_slow_note")),
        Fact(say("history_judged"), setting.area(judged), say("history_judged_note")),
    ]
    if history.peak is not None:
        year, area_m2 = history.peak
        made.insert(0, Fact(say("history_peak"), plain(str(year)), setting.area(area_m2)))
    return tuple(made)


def _by_year(history: History, setting: Setting, key: str) -> Table:
    unit, decimals = setting.unit, AREA_DECIMALS[setting.unit]
    heads = {"lost": "history_lost", "slow": "history_slow_begun", "all": "history_together"}
    columns = (
        Column("year", say("year"), "year"),
        *(Column(name, say(head), "number", unit, decimals) for name, head in heads.items()),
        Column("share", say("history_share"), "share", "", 1),
    )
    table, judged = history.disturbed, history.judged_m2

    def row(label: Cell, all_m2: float, slow_m2: float) -> tuple[Cell, ...]:
        areas = (float(convert(value, "m2", unit)) for value in (all_m2 - slow_m2, slow_m2, all_m2))
        return label, *areas, all_m2 / judged if judged > 0 else None

    years = [row(int(year), float(m2), float(slow)) for year, m2, slow in _columns(table, "year", "area_m2", "slow_m2")]
    total = row(say("total"), float(table["area_m2"].sum()), history.slow_m2)
    return Table(f"history-years{key}", say("history_by_year"), columns, (*years, total), total=True)


def _columns(table: pd.DataFrame, *names: str) -> Any:
    return zip(*(table[name].tolist() for name in names), strict=True)


def _bars(history: History, setting: Setting, key: str) -> Chart:
    year, area_m2 = history.peak or (history.years[-1], 0.0)
    alt = say("history_by_year_alt", year=year, area=setting.area(area_m2))
    return Chart(
        f"history-bars{key}",
        say("history_by_year"),
        alt,
        lambda language: loss_by_year(history.disturbed, unit=setting.unit, language=language),
    )


def year_chart(history: History, *, key: str = "") -> Chart:
    """The years of loss as a picture, with the outlines of the sites."""
    preview = history.preview
    assert preview is not None
    return Chart(
        f"history-map{key}",
        say("history_map"),
        say("history_map_alt"),
        lambda language: year_map(preview.year, slow=preview.slow, outlines=_rings(history), language=language),
    )


def _rings(history: History) -> list[Any]:
    """Outlines of the sites in cells of the preview."""
    if history.grounds is None or history.preview is None:
        return []
    grid = history.preview.grid
    rings = shapely.get_rings(shapely.force_2d(history.grounds.to_crs(grid.crs).geometry.to_numpy()))
    return [grid.to_pixels(shapely.get_coordinates(ring)) for ring in rings]


# --- sites and parcels -----------------------------------------------------------------------------------------------


def of_sites(history: History, setting: Setting, names: Names, *, key: str = "") -> list[Block]:
    """Loss and recovery of the grounds that were looked at, and the trajectories of those that lost most."""
    seen = _seen(history)
    if not seen:
        return []
    most = sorted(seen, key=lambda row: -row["disturbed_m2"])
    shown = seen if len(seen) <= _LISTED else most[:_LISTED]
    made: list[Block] = [] if shown is seen else [say("history_listed", n=_LISTED, total=len(seen))]
    made.append(_losses(shown, setting, names, key))
    measured = [row for row in shown if row["pixels"] > 0]
    if measured:
        made += [_recovery(history, measured, names, key), say("history_recovery_note"), _why(measured, names, key)]
    return [*made, *(_trajectory(row, names, f"{place}{key}") for place, row in enumerate(most[:_CHARTS], 1))]


def all_grounds(assessment: Assessment, setting: Setting) -> list[Table]:
    """Every ground of a project's stacks, for the workbook; none where the report lists them all."""
    names, made = site_names(assessment), []
    for place, history in enumerate(assessment.histories, 1):
        seen = _seen(history)
        if len(seen) > _LISTED:
            measured = [row for row in seen if row["pixels"] > 0]
            made += [_losses(seen, setting, names, f"-all-{place}")]
            made += [_recovery(history, measured, names, f"-all-{place}")] if measured else []
    return made


def _seen(history: History) -> list[dict[str, Any]]:
    return [row for row in history.sites if row["judged_m2"] > 0]


def _name(row: Mapping[str, Any], names: Names) -> Text:
    if row.get("kind") == "site":
        return names.get(str(row["site_id"]), plain(str(row["site_id"])))
    return plain(str(row["site_id"]))


def _losses(rows: Sequence[Mapping[str, Any]], setting: Setting, names: Names, key: str) -> Table:
    unit, decimals = setting.unit, AREA_DECIMALS[setting.unit]
    kinds = any("kind" in row for row in rows)
    columns = (
        Column("ground", say("history_ground")),
        *((Column("kind", say("history_kind")),) if kinds else ()),
        Column("area", say("area"), "number", unit, decimals),
        Column("stated", say("history_stated"), "year"),
        Column("fell", say("history_fell"), "year"),
        Column("peak", say("history_peak_year"), "year"),
        Column("lost", say("history_lost"), "number", unit, decimals),
        Column("slow", say("history_slow"), "number", unit, decimals),
    )

    def one(row: Mapping[str, Any]) -> tuple[Cell, ...]:
        lost = row["disturbed_m2"] - row["slow_m2"]
        areas = [float(convert(value, "m2", unit)) for value in (row["area_m2"], lost, row["slow_m2"])]
        kind = (say(f"history_kind_{row['kind']}"),) if kinds else ()
        years = (row["dist_start"], row["year"] or None, row["peak_year"])
        return _name(row, names), *kind, areas[0], *years, *areas[1:]

    return Table(f"history-sites{key}", say("history_sites"), columns, tuple(one(row) for row in rows))


def _recovery(history: History, rows: Sequence[Mapping[str, Any]], names: Names, key: str) -> Table:
    columns = (
        Column("ground", say("history_ground")),
        Column("since", say("history_since"), "year"),
        *(Column(name, _METRIC_HEADS[name], "number", "", 1 if name == "y2r" else 3) for name in METRICS),
        Column("recovered", say("history_recovered"), "share", "", 1),
        Column("not_yet", say("history_not_yet"), "share", "", 1),
        *(Column(f"green-{n}", say("history_green", n=n), "share", "", 1) for n in HORIZONS),
        Column("alarm", say("history_alarm")),
    )

    def one(row: Mapping[str, Any]) -> tuple[Cell, ...]:
        shares = [row["recovered"], row["not_yet"], *(row[f"survival_{n}"] for n in HORIZONS)]
        metrics = [_metric(row[name], name) for name in METRICS]
        return _name(row, names), row["rest_start"], *metrics, *map(_known, shares), _alarm(row)

    caption = say("history_recovery", definition=history.definition)
    return Table(f"history-recovery{key}", caption, columns, tuple(one(row) for row in rows))


def _metric(value: float | None, name: str) -> Cell:
    if is_missing(value):
        return None
    assert value is not None
    return say("history_not_yet") if name == "y2r" and value < 0 else float(value)


def _known(value: float | None) -> float | None:
    return None if is_missing(value) else value


def _alarm(row: Mapping[str, Any]) -> Text:
    if not row["alarm"]:
        return say("history_no_alarm")
    share = plain(f"{100 * row['relapsed']:.0f}%")
    since = say("history_alarm_since", year=row["relapse_year"])
    return Text(f"{share.zh}，{since.zh}", f"{share.en} {since.en}")


def _why(rows: Sequence[Mapping[str, Any]], names: Names, key: str) -> Table:
    """Why ground has no figure, and how much of it."""
    columns = (
        Column("ground", say("history_ground")),
        Column("reason", say("history_why_reason")),
        Column("share", say("history_why_share")),
    )
    made = []
    for row in rows:
        for told in row["reasons"]:
            reason, _, share = str(told).rpartition(": ")
            made.append((_name(row, names), translated(reason), share.removesuffix(" of the ground")))
    return Table(f"history-why{key}", say("history_why"), columns, tuple(made))


def _trajectory(row: Mapping[str, Any], names: Names, key: str) -> Chart:
    name = _name(row, names)
    fell = plain(str(row["year"])) if row["year"] else plain("–")
    return Chart(
        f"history-trajectory-{key}",
        say("history_trajectory", name=name),
        say("history_trajectory_alt", name=name, year=fell),
        lambda language: site_trajectory(row["trajectory"], site_years(dict(row)), language=language),
    )


# --- footprints ------------------------------------------------------------------------------------------------------


def beside_drawn(history: History, setting: Setting, *, key: str = "") -> list[Block]:
    """The ground that is drawn as disturbed, year by year, beside what imagery saw."""
    if history.drawn is None:
        return []
    unit, decimals = setting.unit, AREA_DECIMALS[setting.unit]
    parts = ("area_m2", "same_m2", "earlier_m2", "later_m2", "missed_m2")
    drawn = history.drawn.rows.groupby("year")[list(parts)].sum()
    extra = history.drawn.extra.set_index("year")["area_m2"]
    table = drawn.join(extra.rename("extra_m2"), how="outer").fillna(0.0)
    # pixels' edges moved to degrees leave slivers
    table = table[(table >= _SLIVER_M2).any(axis=1)]
    heads = (
        "history_drawn_area",
        "history_same",
        "history_earlier",
        "history_later",
        "history_missed",
        "history_extra",
    )
    columns = (
        Column("year", say("history_drawn_year"), "year"),
        *(Column(head, say(head), "number", unit, decimals) for head in heads),
    )
    rows: list[tuple[Cell, ...]] = [(int(str(year)), *_areas(values, unit)) for year, values in table.iterrows()]
    total: tuple[Cell, ...] = (say("total"), *_areas(table.sum(), unit))
    span = f"{int(drawn.index.min())}–{int(drawn.index.max())}" if len(drawn) else "–"
    found = setting.area(float(drawn["area_m2"].sum() - drawn["missed_m2"].sum()))
    said = say("history_drawn_text", years=span, area=setting.area(float(drawn["area_m2"].sum())), found=found)
    made = Table(
        f"history-drawn{key}", say("history_drawn"), columns, (*rows, total), total=True,
        notes=(say("history_extra_note"),),
    )  # fmt: skip
    return [said, made]


def _areas(values: "pd.Series[float]", unit: str) -> list[float]:
    return [float(value) for value in np.asarray(convert(values.to_numpy(dtype=np.float64), "m2", unit))]
