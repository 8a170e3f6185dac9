"""
From a file's columns and values to the agreed ones.

What the project file states comes first, then names and values that are already canonical, then the built-in value
synonyms. Extra columns are kept. Nothing here judges a value: what is not understood is handed on as it is, and the
checks say so.
"""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from reclaim.io.cells import area_in_mu, as_ids, mapped_cells, plain_dates
from reclaim.io.specs import LayerSpec
from reclaim.io.synonyms import bare, bracketed, value_codes
from reclaim.io.words import nearest
from reclaim.tables import Finding
from reclaim.vocabulary import words

_SHORT_NAME = 10  # bytes of a Shapefile's column name


def map_columns(frame: gpd.GeoDataFrame, spec: LayerSpec) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """
    The rows of one file with agreed column names and codes.

    Parameters
    ----------
    frame : GeoDataFrame
        As read; index 0-based row in the file.
    spec : LayerSpec
        What the project file says.

    Returns
    -------
    frame : GeoDataFrame
        Canonical and extra columns. Where one row carried several stages it stands once for each, under the same
        index.
    findings : list of Finding
        Stated columns that are not there (errors), and what was done to values.
    """
    findings: list[Finding] = []
    found = _find_columns(frame, spec, findings)
    needed = [column.name for column in spec.agreement.columns if column.needed and column.name != "geometry"]
    if any(name in spec.columns and name not in found for name in needed):
        return _nothing(frame), findings
    stages = _find_stages(frame, spec, findings)
    if spec.stage_dates and not stages:
        return _nothing(frame), findings
    mapped = _renamed(frame, found)
    mapped = _with_units(mapped, spec, found, findings)
    mapped = _with_set(mapped, spec, findings)
    if stages:
        mapped = melt_stages(mapped, stages)
    return _with_values(mapped, spec, findings), findings


def _nothing(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.iloc[:0]


def _find_columns(frame: gpd.GeoDataFrame, spec: LayerSpec, findings: list[Finding]) -> dict[str, str]:
    """Canonical name -> name in the file: as stated, else under the canonical name itself."""
    names = [str(name) for name in frame.columns if name != "geometry"]
    found = {}
    for ours, theirs in spec.columns.items():
        if ours == "geometry":
            continue  # the reader has made use of it
        name = find_name(theirs, names)
        if name is None:
            findings.append(_missing_column(ours, theirs, names))
        else:
            found[ours] = name
    for ours in spec.agreement.names:
        if ours not in spec.columns and ours != "geometry":
            name = find_name(ours, [item for item in names if item not in found.values()])
            if name is not None:
                found[ours] = name
    return found


def find_name(wanted: str, names: Sequence[str]) -> str | None:
    """
    A column by its name: exactly, else but for case, width and spaces, else as a Shapefile cuts it.

    Examples
    --------
    >>> find_name("declared_mu", ["DECLARED_M"]), find_name("date", ["日期", "Date"])
    ('DECLARED_M', 'Date')
    """
    if wanted in names:
        return wanted
    alike = [name for name in names if bare(name) == bare(wanted)]
    if len(alike) == 1:
        return alike[0]
    cut = [name for name in names if name.casefold() in _cuts(wanted)]
    return cut[0] if len(cut) == 1 else None


def _cuts(name: str) -> set[str]:
    """What a Shapefile may have made of a long name."""
    cuts = set()
    for encoding in ("utf-8", "gb18030"):
        data = name.encode(encoding)
        if len(data) > _SHORT_NAME:
            cuts.add(data[:_SHORT_NAME].decode(encoding, errors="ignore").casefold())
    return cuts


def _missing_column(ours: str, theirs: str, names: list[str]) -> Finding:
    close = nearest(theirs, names)
    has = f"; did you mean {close!r}?" if close else f"; the file has {', '.join(names[:15])}" if names else ""
    return Finding(
        "error",
        "column-missing",
        f"there is no column {theirs!r} for {ours}{has}",
        f'correct columns = {{{ours} = "…"}} in the project file',
    )


def _find_stages(frame: gpd.GeoDataFrame, spec: LayerSpec, findings: list[Finding]) -> dict[str, str]:
    names = [str(name) for name in frame.columns if name != "geometry"]
    found = {}
    for stage in words("stages"):
        theirs = spec.stage_dates.get(stage)
        if theirs is None:
            continue
        name = find_name(theirs, names)
        if name is None:
            findings.append(_missing_column(f"stage {stage}", theirs, names))
        else:
            found[stage] = name
    return found


def _renamed(frame: gpd.GeoDataFrame, found: dict[str, str]) -> gpd.GeoDataFrame:
    """The frame with canonical columns first; a column that two of ours come from is kept for both."""
    taken = set(found.values())
    extras = [name for name in frame.columns if name not in taken and name != "geometry"]
    data = {ours: frame[theirs].array for ours, theirs in found.items()}
    for name in extras:
        free = name if name not in data else f"{name}_as_delivered"
        data[free] = frame[name].array
    plain = pd.DataFrame(data, index=frame.index)
    return gpd.GeoDataFrame(plain, geometry=frame.geometry.to_numpy(), crs=frame.crs)


def _with_units(
    frame: gpd.GeoDataFrame, spec: LayerSpec, found: dict[str, str], findings: list[Finding]
) -> gpd.GeoDataFrame:
    """Declared areas in mu, whatever unit the column's name or its cells state."""
    for column in spec.agreement.columns:
        if column.name == "declared_mu" and column.name in frame.columns:
            name = found.get(column.name, column.name)
            frame[column.name], notes = area_in_mu(frame[column.name], unit=bracketed(name), name=name)
            findings += notes
    return frame


def _with_set(frame: gpd.GeoDataFrame, spec: LayerSpec, findings: list[Finding]) -> gpd.GeoDataFrame:
    """Columns that the file lacks; where it has values they stay, and only gaps are filled."""
    for name, value in spec.set.items():
        if name not in frame.columns:
            frame[name] = np.full(len(frame), value, dtype=object)
            continue
        gaps = frame[name].isna()
        if not gaps.all():
            findings.append(
                Finding(
                    "warning",
                    "set-conflict",
                    f"set gives {name} = {value!r}, but the file has values of its own in {int((~gaps).sum())} rows; "
                    "those stand",
                    f"take {name} out of set, or rename the file's column",
                )
            )
        frame[name] = frame[name].astype(object).where(~gaps, value)
    return frame


def melt_stages(frame: gpd.GeoDataFrame, stages: dict[str, str]) -> gpd.GeoDataFrame:
    """
    One row with a date column per stage, as one row per stage reached.

    Parameters
    ----------
    frame : GeoDataFrame
        Rows with several date columns.
    stages : dict
        Stage -> its date column, in the order of the stages.

    Returns
    -------
    GeoDataFrame
        Each row once for each stage that has a date, under its own index; a row without any date stays once, with
        stage and date empty, so that the checks can list it.
    """
    base = frame.drop(columns=["stage", "date"], errors="ignore")
    missing = pd.DataFrame({stage: _empty_cells(frame[column]) for stage, column in stages.items()}, index=frame.index)
    parts = [_one_stage(base, stage, frame[column], ~missing[stage]) for stage, column in stages.items()]
    undated = base[missing.all(axis=1).to_numpy()].assign(stage=None, date=None)
    together = pd.concat([part for part in (*parts, undated) if len(part)]) if len(frame) else parts[0]
    result = gpd.GeoDataFrame(together, geometry="geometry", crs=frame.crs)
    return result.sort_index(kind="stable")


def _one_stage(base: gpd.GeoDataFrame, stage: str, dates: pd.Series, there: pd.Series) -> gpd.GeoDataFrame:
    part: gpd.GeoDataFrame = base[there.to_numpy()].assign(stage=stage)
    part["date"] = dates[there.to_numpy()].to_numpy(dtype=object)
    return part


def _empty_cells(column: pd.Series) -> Any:
    return (
        column.isna() | column.map(lambda value: isinstance(value, str) and not value.strip(" -—/\u3000"))
    ).to_numpy()


def _with_values(frame: gpd.GeoDataFrame, spec: LayerSpec, findings: list[Finding]) -> gpd.GeoDataFrame:
    for column in spec.agreement.columns:
        if column.name not in frame.columns or column.name == "geometry":
            continue
        values = frame[column.name]
        stated = spec.values.get(column.name, {})  # noqa: PD011  (a key of the project file)
        if stated or column.codes:
            frame[column.name] = _coded(values, stated, column.codes)
        elif column.kind == "id":
            frame[column.name] = as_ids(values)
        elif column.kind == "date":
            frame[column.name], notes = plain_dates(values)
            findings += notes
    for name in set(spec.values) & set(frame.columns) - set(spec.agreement.names):
        frame[name] = _coded(frame[name], spec.values[name], None)  # noqa: PD011
    return frame


def _coded(values: pd.Series, stated: Any, list_name: str | None) -> pd.Series:
    """Values with what the project states put first, then the built-in synonyms; others stay as they are."""
    known = value_codes(list_name) if list_name else {}
    own = {bare(theirs): ours for theirs, ours in stated.items()}

    def coded(value: Any) -> Any:
        if value is None or (isinstance(value, float) and np.isnan(value)):
            return None
        key = bare(int(value) if isinstance(value, float) and value.is_integer() else value)
        return stated.get(value, own.get(key, known.get(key, value))) if key else None

    return mapped_cells(values, coded)
