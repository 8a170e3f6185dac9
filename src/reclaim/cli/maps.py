"""The command of maps."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from reclaim.cli.output import emit

Language = Literal["zh", "en", "both"]
Page = Literal["a4", "a3", "slide", "phone", "years"]

Outside = Annotated[bool, typer.Option("--allow-outside", help="allow paths outside the project's folder")]
Remote = Annotated[bool, typer.Option("--allow-remote", help="allow remote and virtual paths")]


def register(app: typer.Typer) -> None:
    """Add this wing's commands."""
    app.command("map")(build_map)


def build_map(
    project: Annotated[Path, typer.Argument(help="folder with a reclaim.toml, or the file")],
    output: Annotated[Path, typer.Option("-o", "--output", help=".html (needs no network), .png, .svg or .pdf")],
    at: Annotated[str | None, typer.Option("--at", help="the date to show")] = None,
    language: Annotated[Language | None, typer.Option("--language", help="otherwise the project's")] = None,
    page: Annotated[Page, typer.Option("--page", help="for pictures: paper, phone, or years side by side")] = "a4",
    base: Annotated[
        list[str] | None,
        typer.Option(
            "--base",
            help="with --online: osm, tianditu, tianditu-imagery, amap, tencent, baidu; with no network: your own "
            "tiles, a .mbtiles or .pmtiles file or a folder z/x/y.png. May be given several times; the first is shown",
        ),
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="base maps may come from the network; osm if --base names none")
    ] = False,
    public: Annotated[bool, typer.Option("--public", help="coarse, without source rows, a place for 审图号")] = False,
    approval: Annotated[str, typer.Option("--approval", help="map review number 审图号")] = "",
    json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
    allow_outside: Outside = False,
    allow_remote: Remote = False,
) -> None:  # fmt: skip
    """Map: one file that opens without a network, or a page. 生成地图."""
    from reclaim.io.project import read_project
    from reclaim.verbs import maps as verb

    opened = read_project(project, allow_outside=allow_outside, allow_remote=allow_remote)
    path = verb.build_map(
        opened,
        output,
        at=at,
        language=language,
        online=online,
        page=page,
        base=base or (),
        public=public,
        approval=approval,
    )
    assert isinstance(path, Path)
    size = path.stat().st_size
    emit({"output": str(path), "outputs": [str(path)], "bytes": size}, f"{path}  ({size / 1e6:.2f} MB)", as_json=json)
