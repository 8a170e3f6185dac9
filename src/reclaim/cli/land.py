"""Commands of the land: check, area, ledger, rate, run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reclaim.cli.output import emit, require_that, table_text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from reclaim.assessment import Assessment
    from reclaim.land.rate_values import Rate

Unit = Literal["mu", "ha", "m2", "km2"]
By = Literal["site", "company", "province", "group"]
Basis = Literal["damaged", "responsibility", "available", "annual", "plan"]

ProjectPath = Annotated[Path, typer.Argument(help="folder with a reclaim.toml, or the file")]
Json = Annotated[bool, typer.Option("--json", help="one JSON document, figures unrounded")]
At = Annotated[str | None, typer.Option("--at", help="up to the end of this day, month or year")]
KnownAt = Annotated[str | None, typer.Option("--known-at", help="only rows recorded by this day")]
Outside = Annotated[bool, typer.Option("--allow-outside", help="allow paths outside the project's folder")]
Remote = Annotated[bool, typer.Option("--allow-remote", help="allow remote and virtual paths")]


def register(app: typer.Typer) -> None:
    """Add the commands of the land."""
    app.command("run")(run)
    app.command("check")(check)
    app.command("area")(area)
    app.command("ledger")(ledger)
    app.command("rate")(rate)


def _project(path: Path, allow_outside: bool, allow_remote: bool) -> Any:
    from reclaim.io.project import read_project

    return read_project(path, allow_outside=allow_outside, allow_remote=allow_remote)


# --- run and check ---------------------------------------------------------------------------------------------------


def run(
    project: ProjectPath,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="folder for the results")] = None,
    at: At = None,
    json: Json = False,
    allow_outside: Outside = False,
    allow_remote: Remote = False,
) -> None:
    """Check, ledger, rates, cover, map and report into one folder. 一步生成台账、复垦率、地图与报告."""
    from reclaim.verbs.run import run as run_project

    made, paths = run_project(_project(project, allow_outside, allow_remote), output=output, at=at)
    document = {
        "outputs": [str(path) for path in paths],
        "at": made.at,
        "rate": rate_document(made.rates[0]),
        "rates": [rate_document(item) for item in made.rates],
        "findings": _counts(made.findings),
        "delivered": made.delivered.to_dict("records"),
        "declared": made.declared.to_dict("records"),
        "published": made.published.to_dict("records"),
        "illustrative": made.project.illustrative,
    }
    emit(document, _run_text(made, paths), as_json=json)


def _counts(findings: "gpd.GeoDataFrame") -> dict[str, int]:
    counted = findings["severity"].value_counts()
    return {kind: int(counted.get(kind, 0)) for kind in ("error", "warning", "note")}


def _run_text(made: "Assessment", paths: list[Path]) -> str:
    unit = made.project.unit
    lines = [made.project.title + (" (illustrative data 示例数据)" if made.project.illustrative else ""), ""]
    delivered = made.delivered[["table", "source", "company", "rows", "used", "listed"]]
    lines += [table_text(delivered.to_numpy().tolist(), list(delivered.columns)), ""]
    lines += [_ledger_text(made.group, "group", unit), ""]
    if len(made.declared):
        from reclaim.verbs.run import declared_table

        declared = declared_table(made)
        lines += ["declared without an outline, never in the ledger:"]
        lines += [table_text(declared.astype(object).to_numpy().tolist(), list(declared.columns)), ""]
    lines += [item.text(unit=unit) for item in made.rates]
    for row in made.published.to_dict("records"):
        said = f"{row['figure']} {row['year']} {row['relation']} {row['published']} {row['unit'] or ''}".strip()
        lines.append(
            f"published {said}: {row['verdict'].replace('_', ' ')}" + (f" ({row['reason']})" if row["reason"] else "")
        )
    counts = _counts(made.findings)
    lines += ["", "findings: " + ", ".join(f"{count} {kind}s" for kind, count in counts.items()), ""]
    return "\n".join([*lines, *(str(path) for path in paths)])


def check(
    project: ProjectPath, json: Json = False, allow_outside: Outside = False, allow_remote: Remote = False
) -> None:
    """What is wrong with the input. 数据检查."""
    from reclaim.verbs.land import check as check_project

    findings = check_project(_project(project, allow_outside, allow_remote))
    emit({"findings": findings_document(findings)}, _findings_text(findings), as_json=json)
    require_that(not (findings["severity"] == "error").any())


def findings_document(findings: "gpd.GeoDataFrame") -> list[dict[str, Any]]:
    """Findings for JSON; the place is a point inside the ground that they are about."""
    rows = _records(findings.drop(columns="geometry"))
    for row, shape in zip(rows, findings.geometry, strict=True):
        point = None if shape is None or shape.is_empty else shape.representative_point()
        row["place"] = None if point is None else [point.x, point.y]
    return rows


def _findings_text(findings: "gpd.GeoDataFrame") -> str:
    if findings.empty:
        return "nothing found"
    lines = []
    for row in findings.to_dict("records"):
        place = " ".join(str(part) for part in (row["source"], _row_text(row["row"])) if part)
        mend = f"\n    -> {row['fix']}" if row["fix"] else ""
        lines.append(f"{row['severity']:8}{row['code']:22}{place}: {row['message']}{mend}")
    counts = _counts(findings)
    return "\n".join([*lines, "", ", ".join(f"{count} {kind}s" for kind, count in counts.items())])


def _row_text(row: Any) -> str:
    return "" if row is None or str(row) == "<NA>" else f"row {row}"


# --- area ------------------------------------------------------------------------------------------------------------


def area(
    file: Annotated[Path, typer.Argument(help="a file with polygons")],
    unit: Annotated[Unit, typer.Option(help="unit of the figures")] = "mu",
    compare: Annotated[
        str | None, typer.Option(metavar="[FIELD]", help="beside other ways to measure, and declared areas")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="layer of the file")] = None,
    crs: Annotated[str | None, typer.Option(help="the CRS, where the file does not say")] = None,
    json: Json = False,
    allow_remote: Remote = False,
) -> None:
    """Area on the CGCS2000 ellipsoid, each and together. 椭球面积."""
    from reclaim.verbs.area import area as measure

    made = measure(file, unit=unit, compare=compare, layer=layer, crs=crs, allow_remote=allow_remote)
    headers, rows = made.rows()
    emit(made.document(), table_text(rows, headers), as_json=json)


# --- ledger ----------------------------------------------------------------------------------------------------------


def ledger(
    project: ProjectPath,
    by: Annotated[By, typer.Option(help="whose accounts")] = "site",
    at: At = None,
    known_at: KnownAt = None,
    unit: Annotated[Unit | None, typer.Option(help="unit of the areas; otherwise the project's")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="also write it to this file")] = None,
    json: Json = False,
    allow_outside: Outside = False,
    allow_remote: Remote = False,
) -> None:
    """Opening, flows and closing of every year. 年度土地台账."""
    from reclaim.verbs.land import accounts_of, printable

    opened = _project(project, allow_outside, allow_remote)
    made = accounts_of(opened, by=by, at=at, known_at=known_at)
    chosen = unit or opened.unit
    if output is not None:
        from reclaim.io.write import write_table

        write_table(printable(made, chosen), output)
    document = {
        "unit": chosen,
        "by": by,
        "rows": ledger_document(made.rows, chosen),
        "shared": ledger_document(made.shared, chosen),
        "apart": ledger_document(made.apart, chosen),
    }
    parts = [_ledger_text(part, key, chosen) for part, key in _ledger_parts(made, by) if len(part)]
    emit(document, "\n\n".join(parts) or "no land", as_json=json)


def _ledger_parts(made: Any, by: str) -> list[tuple["pd.DataFrame", str]]:
    key = "site_id" if by == "site" else by
    return [(made.rows, key), (made.shared, key), (made.apart, "liability")]


def ledger_document(rows: "pd.DataFrame", unit: str) -> list[dict[str, Any]]:
    """Ledger rows for JSON: every measure in the unit, and again in m²."""
    from reclaim.tables import MEASURES
    from reclaim.verbs.land import in_unit

    metric = rows[[name for name in MEASURES if name in rows]].rename(columns=lambda name: f"{name}_m2")
    return _records(in_unit(rows, unit).join(metric))


def _records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.astype(object).to_dict("records")]


_SHOWN = {"opening": "opening", "new": "new", "redisturbed": "re-dist.", "failed": "failed", "reclaimed": "reclaimed",
          "reclaimed_again": "again", "correction": "correction", "closing": "closing", "temporary": "temporary",
          "left": "left", "ever": "ever"}  # fmt: skip


def _ledger_text(rows: "pd.DataFrame", key: str, unit: str) -> str:
    from reclaim.verbs.land import in_unit

    shown = in_unit(rows, unit)
    keys = [name for name in dict.fromkeys(("liability", key, "site_id")) if name in shown]
    cells = shown[[*keys, "year", *_SHOWN]].astype(object).to_numpy().tolist()
    return table_text(cells, [*keys, "year", *(f"{name}" for name in _SHOWN.values())]) + f"\n(areas in {unit})"


# --- rate ------------------------------------------------------------------------------------------------------------


def rate(
    project: ProjectPath,
    basis: Annotated[Basis, typer.Option(help="what reclaimed ground is divided by")],
    by: Annotated[By, typer.Option(help="also the rate of each account")] = "group",
    at: At = None,
    known_at: KnownAt = None,
    target: Annotated[float | None, typer.Option(help="share to reach; otherwise the project's, else 0.86")] = None,
    require: Annotated[bool, typer.Option("--require", help="exit with 1 unless the target is met")] = False,
    json: Json = False,
    allow_outside: Outside = False,
    allow_remote: Remote = False,
) -> None:
    """The reclamation rate on a named basis, against its target. 复垦率."""
    from reclaim.land.rate_values import Target
    from reclaim.verbs.land import rate as rate_of

    wanted = None if target is None else Target(target, source="asked for")
    opened = _project(project, allow_outside, allow_remote)
    made = rate_of(opened, basis=basis, by=by, target=wanted, at=at, known_at=known_at)
    document = rate_document(made.rate, opened.unit)
    lines = [made.rate.text(unit=opened.unit), made.rate.text(unit=opened.unit, language="zh")]
    lines += [f"  left out: {reason}: {row}" for reason, row in _excluded_text(made.rate, opened.unit)]
    if made.rows:
        key = "site_id" if by == "site" else by
        document["rows"] = [{key: name, **rate_document(item, opened.unit)} for name, item in made.rows.items()]
        lines += ["", *(f"{name}: {item.text(unit=opened.unit)}" for name, item in made.rows.items())]
    emit(document, "\n".join(lines), as_json=json)
    require_that(not require or made.rate.outcome == "met")


def rate_document(rate: "Rate", unit: str = "mu") -> dict[str, Any]:
    """A rate for JSON."""
    return {
        "basis": rate.basis,
        "at": rate.at,
        "value": rate.value,
        "numerator_m2": rate.numerator_m2,
        "denominator_m2": rate.denominator_m2,
        "target": rate.target.rate if rate.target else None,
        "target_source": rate.target.source if rate.target else None,
        "target_is_default": rate.target.is_default if rate.target else None,
        "outcome": rate.outcome,
        "short_m2": rate.short_m2,
        "text": rate.text(unit=unit),
        "text_zh": rate.text(unit=unit, language="zh"),
        "excluded": [{"reason": reason, "area_m2": m2} for reason, m2 in rate.excluded],
    }


def _excluded_text(rate: "Rate", unit: str) -> list[tuple[str, str]]:
    from reclaim.units import convert

    return [(reason, f"{float(convert(m2, 'm2', unit)):,.2f} {unit}") for reason, m2 in rate.excluded]
