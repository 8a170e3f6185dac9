"""Commands of vegetation cover: cover, plots, composite, change."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from reclaim.cli.output import emit, require_that, table_text

if TYPE_CHECKING:
    import pandas as pd

Sensor = Literal["sentinel-2", "landsat-5", "landsat-7", "landsat-8", "landsat-9", "plain"]
Metric = Literal["vegetated_fraction", "mean_fvc", "mean_index"]

Json = Annotated[bool, typer.Option("--json", help="one JSON document, figures unrounded")]
Remote = Annotated[bool, typer.Option("--allow-remote", help="allow remote and virtual paths")]
SensorName = Annotated[Sensor | None, typer.Option("--sensor", help="whose bands they are, where files do not say")]
IndexName = Annotated[str, typer.Option("--index", help="spectral index")]


def register(app: typer.Typer) -> None:
    """Add this wing's commands."""
    app.command("cover")(cover)
    app.command("plots")(plots)
    app.command("composite")(composite)
    app.command("change")(change)


def cover(
    zones: Annotated[Path, typer.Option("--zones", help="polygons: any vector file")],
    raster: Annotated[
        list[str] | None, typer.Option("--raster", help="image, folder or archive; may stand again")
    ] = None,
    more: Annotated[list[str] | None, typer.Argument(help="more images")] = None,
    plots: Annotated[Path | None, typer.Option("--plots", help="filled-in field sheet, or a table of points")] = None,
    sensor: SensorName = None,
    metric: Annotated[Metric, typer.Option("--metric", help="what is measured")] = "vegetated_fraction",
    index: IndexName = "ndvi",
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="index from which ground counts as green")
    ] = None,
    soil: Annotated[float | None, typer.Option("--soil", help="index of bare ground, for mean_fvc")] = None,
    vegetation: Annotated[
        float | None, typer.Option("--vegetation", help="index of closed cover, for mean_fvc")
    ] = None,
    nodata: Annotated[float | None, typer.Option("--nodata", help="stored number that means not seen")] = None,
    scale: Annotated[float | None, typer.Option("--scale", help="value = stored number x scale + offset")] = None,
    offset: Annotated[float | None, typer.Option("--offset", help="see --scale")] = None,
    date: Annotated[str | None, typer.Option("--date", help="day, month or year of the image")] = None,
    dilate: Annotated[int, typer.Option("--dilate", min=0, help="pixels by which clouds are made larger")] = 0,
    trust: Annotated[Path | None, typer.Option("--trust", help="bright bare ground that is taken for cloud")] = None,
    min_cover: Annotated[
        str | None, typer.Option("--min-cover", help="criterion for all zones, such as '>0.95'")
    ] = None,
    require: Annotated[bool, typer.Option("--require", help="exit 1 unless every criterion is met")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="also write the rows: .csv .gpkg .xlsx …")
    ] = None,
    json: Json = False,
    allow_remote: Remote = False,
) -> None:
    """Vegetation cover of zones: what was seen, bounds and outcome. 植被覆盖度核查."""
    from reclaim.verbs import cover as verb

    rows = verb.cover(
        zones, [*(raster or []), *(more or [])], plots=plots, min_cover=min_cover, sensor=sensor, metric=metric,
        index=index, threshold=threshold, soil=soil, vegetation=vegetation, nodata=nodata, scale=scale, offset=offset,
        date=date, dilate=dilate, trust=trust, allow_remote=allow_remote,
    )  # fmt: skip
    asked = _asked(rows, require)
    if output is not None:
        _write(rows, output)
    raised = verb.alarm_documents(rows)
    document = {"rows": verb.row_documents(rows), "alarms": raised}
    emit(document, "\n".join([_cover_text(rows), *map(_alarm_text, raised)]), as_json=json)
    require_that(not require or bool((asked.outcome == "met").all()))


def _asked(rows: "pd.DataFrame", require: bool) -> "pd.DataFrame":
    """The rows that a criterion is asked of; refused where ``--require`` has nothing to ask."""
    from reclaim.errors import CriteriaError

    asked = rows[rows.criterion.notna() & (rows.outcome != "not_applicable")]
    if require and rows.criterion.isna().all():
        raise CriteriaError("--require needs a criterion: give --min-cover, or a column min_cover in the zones")
    return asked


def _write(rows: "pd.DataFrame", output: Path) -> None:
    from reclaim.io.write import write_table
    from reclaim.verbs.cover import date_text

    plain = rows.drop(columns="date_precision")
    plain["date"] = [date_text(day, kind) for day, kind in zip(rows.date, rows.date_precision, strict=True)]
    flat = output.suffix.lower() in {".csv", ".xlsx"}
    write_table(plain.drop(columns="geometry") if flat else plain, output)


def _cover_text(rows: "pd.DataFrame") -> str:
    from reclaim.verbs.cover import row_documents
    from reclaim.vocabulary import words

    names = words("outcomes")
    metrics = ", ".join(f"{words('metrics')[name].label()}" for name in rows.metric.unique())
    lines = [
        [row["zone_id"], row["date"], row["cover"], row["valid"], row["low"], row["high"], row["n_eff"], row["area_m2"],
         row["criterion"], names[row["outcome"]].label() if row["outcome"] else None]
        for row in row_documents(rows)
    ]  # fmt: skip
    headers = ["zone", "date", "cover", "seen", "low", "high", "n_eff", "area m²", "criterion", "outcome"]
    return f"{metrics}\n\n" + table_text(lines, headers, decimals=4)


def _alarm_text(alarm: dict[str, Any]) -> str:
    """One alarm as a line."""
    from reclaim.vocabulary import words

    told = ", ".join(words("alarms")[code].label() for code in str(alarm["alarm"]).split(";"))
    return f"{alarm['zone_id']} {alarm['date']}: {told}"


def plots(
    zones: Annotated[Path, typer.Argument(help="polygons: any vector file")],
    claim: Annotated[str, typer.Option("--claim", help="what is to be proved, such as '>0.95'")],
    output: Annotated[Path, typer.Option("-o", "--output", help="folder for the field sheet")],
    confidence: Annotated[float, typer.Option("--confidence", help="of the proof")] = 0.95,
    json: Json = False,
    allow_remote: Remote = False,
) -> None:
    """A field sheet with as many points as can prove a claim. 生成野外样点表."""
    from reclaim.verbs.plots import plots as write

    sheet = write(zones, claim=claim, confidence=confidence, output=output, allow_remote=allow_remote)
    counts = sheet.points.groupby("zone_id", sort=False).size()
    document = {
        "claim": str(sheet.claim),
        "confidence": sheet.confidence,
        "points_per_zone": sheet.needed,
        "zones": [{"zone_id": zone, "points": int(count)} for zone, count in counts.items()],
        "outputs": [str(path) for path in sheet.outputs],
    }
    lines = [
        f"{sheet.needed} points in each of {len(counts)} zones: all of them green prove {sheet.claim} at {confidence:g}"
    ]
    emit(document, "\n".join([*lines, *(str(path) for path in sheet.outputs)]), as_json=json)


def composite(
    source: Annotated[str, typer.Argument(help="folder of images, a date each")],
    output: Annotated[Path, typer.Option("-o", "--output", help="GeoTIFF to write")],
    season: Annotated[
        str | None, typer.Option("--season", help="only these days of the year, such as 06-01/09-30")
    ] = None,
    sensor: SensorName = None,
    method: Annotated[
        Literal["median", "medoid"], typer.Option("--method", help="which of the clear looks")
    ] = "median",
    json: Json = False,
    allow_remote: Remote = False,
) -> None:
    """One clear image out of many cloudy ones, and its clear looks. 多期影像合成."""
    from reclaim.verbs.composite import composite as make

    made = make(source, output, season=season, method=method, sensor=sensor, allow_remote=allow_remote)
    document: dict[str, Any] = {
        "output": str(made.path),
        "bands": list(made.bands),
        "scenes": list(made.scenes),
        "clear_looks": {"min": made.looks_min, "mean": made.looks_mean, "max": made.looks_max},
    }
    text = (
        f"{made.path}: {method} of {len(made.scenes)} images, bands {', '.join(made.bands)}; clear looks a pixel: "
        f"{made.looks_min} to {made.looks_max}, {made.looks_mean:.1f} on average"
    )
    emit(document, text, as_json=json)


def change(
    before: Annotated[str, typer.Argument(help="earlier image")],
    after: Annotated[str, typer.Argument(help="later image")],
    sensor: SensorName = None,
    index: IndexName = "ndvi",
    drop: Annotated[float, typer.Option("--drop", help="a fall by more than this is a loss")] = 0.3,
    bounds: Annotated[str | None, typer.Option("--bounds", help="x0,y0,x1,y1 in BEFORE's reference system")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="polygons (.gpkg …) or difference (.tif)")
    ] = None,
    json: Json = False,
    allow_remote: Remote = False,
) -> None:
    """Ground that lost or gained vegetation between two dates. 两期植被变化."""
    from reclaim.verbs.change import change as compare
    from reclaim.verbs.change import parse_bounds

    box = None if bounds is None else parse_bounds(bounds)
    found = compare(
        before, after, sensor=sensor, index=index, drop=drop, bounds=box, output=output, allow_remote=allow_remote
    )
    document = {
        "lost_m2": found.lost_m2,
        "gained_m2": found.gained_m2,
        "compared_m2": found.compared_m2,
        "lost_pixels": found.lost_pixels,
        "gained_pixels": found.gained_pixels,
        "compared_pixels": found.compared_pixels,
        "index": found.index,
        "drop": found.drop,
        "before": found.before,
        "after": found.after,
        "output": None if output is None else str(output),
    }
    rows = [
        ["lost 减少", found.lost_pixels, found.lost_m2 / 1e4, found.lost_m2 * 3 / 2000],
        ["gained 增加", found.gained_pixels, found.gained_m2 / 1e4, found.gained_m2 * 3 / 2000],
        ["compared 可比", found.compared_pixels, found.compared_m2 / 1e4, found.compared_m2 * 3 / 2000],
    ]
    head = f"{found.index} {found.before or '?'} to {found.after or '?'}, change by more than {found.drop:g}\n\n"
    emit(document, head + table_text(rows, ["", "pixels", "ha", "mu"]), as_json=json)
