"""Commands of the history wing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reclaim.cli.output import emit, table_text

if TYPE_CHECKING:
    from reclaim.verbs.history import History

Definition = Literal["white", "peer"]
Sensor = Literal["sentinel-2", "landsat-5", "landsat-7", "landsat-8", "landsat-9", "plain"]


def register(app: typer.Typer) -> None:
    """Add this wing's commands."""
    app.command("history")(history)


def history(
    stack: Annotated[Path, typer.Argument(help="folder with one raster for each year: 2005.tif …")],
    output: Annotated[Path, typer.Option("-o", "--output", help="folder for the results")],
    sites: Annotated[
        Path | None, typer.Option("--sites", help="outlines with dist_start, rest_start, ref_start, ref_end")
    ] = None,
    index: Annotated[
        str | None,
        typer.Option("--index", help="one that rises with vegetation [default: nbr, or what the files hold]"),
    ] = None,
    min_magnitude: Annotated[
        float, typer.Option("--min-magnitude", help="smallest loss that counts, index units")
    ] = 0.15,
    definition: Annotated[Definition, typer.Option("--definition", help="of the recovery metrics")] = "white",
    sensor: Annotated[
        Sensor | None, typer.Option("--sensor", help="whose bands they are, where files do not say")
    ] = None,
    nodata: Annotated[float | None, typer.Option("--nodata", help="stored number that means not seen")] = None,
    scale: Annotated[float | None, typer.Option("--scale", help="value = stored number x scale + offset")] = None,
    offset: Annotated[float | None, typer.Option("--offset", help="see --scale")] = None,
    json: Annotated[bool, typer.Option("--json", help="one JSON document, figures unrounded")] = False,
    allow_remote: Annotated[bool, typer.Option("--allow-remote", help="allow remote and virtual paths")] = False,
) -> None:
    """When was it disturbed, when did it recover: by yearly images. 由逐年影像识别损毁与恢复。"""
    from reclaim.io.scenes import Stated
    from reclaim.verbs.history import history as verb

    stated = Stated(sensor=sensor, nodata=nodata, scale=scale, offset=offset, allow_remote=allow_remote)
    found = verb(
        stack, output, sites=sites, index=index, min_magnitude=min_magnitude, definition=definition, stated=stated
    )
    emit(found.document(), _text(found), as_json=json)


def _percent(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole > 0 else None


def _text(found: "History") -> str:
    """The figures for people."""
    span = f"{found.years[0]}–{found.years[-1]}"
    parts = [f"{found.index}, {len(found.years)} years {span}, losses of {found.min_magnitude:g} or more", ""]
    lines = [
        [str(row["year"]), (row["area_m2"] - row["slow_m2"]) / 1e4, row["slow_m2"] / 1e4,
         _percent(row["area_m2"], found.judged_m2)]
        for row in found.disturbed.to_dict("records")
    ]  # fmt: skip
    total = float(found.disturbed.area_m2.sum())
    lines.append(["all", found.abrupt.sum() / 1e4, found.slow_m2 / 1e4, _percent(total, found.judged_m2)])
    parts.append(table_text(lines, ["year of loss 损毁年", "lost ha", "slow decline ha", "% of ground seen"]))
    if found.peak is not None:
        year, area_m2 = found.peak
        parts.append(f"most was lost in {year}: {area_m2 / 1e4:.2f} ha")
    if found.slow_m2 > 0:
        parts.append("slow declines took over four years; they are dated by their beginning and are in no footprint")
    if found.sites:
        parts += ["", *_sites_text(found)]
    parts += ["", *(f"wrote {path}" for path in found.outputs)]
    return "\n".join(parts)


def _sites_text(found: "History") -> list[str]:
    """Loss and recovery of the sites."""
    headers = ["site 矿区", "ha", "fell most in", "most lost in", "lost ha", "slow ha"]
    losses = [
        [site["site_id"], site["area_m2"] / 1e4, site["year"] or None, site["peak_year"],
         (site["disturbed_m2"] - site["slow_m2"]) / 1e4, site["slow_m2"] / 1e4]
        for site in found.sites
    ]  # fmt: skip
    metrics = [
        [site["site_id"], *(site[name] for name in ("delta_regrowth", "yryr", "r80p", "rri", "y2r", "recovered"))]
        for site in found.sites
    ]
    names = ["site 矿区", "Δ regrowth", "YrYr", "R80P", "RRI", "Y2R", "recovered"]
    return [
        table_text(losses, headers),
        "",
        f"recovery by the definition {found.definition!r}",
        table_text(metrics, names, decimals=3),
        *(f"{site['site_id']}: {reason}" for site in found.sites for reason in site["reasons"]),
    ]
