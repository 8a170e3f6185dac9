"""The command of the front door: init."""

from typing import Annotated, Any

import typer


def register(app: typer.Typer) -> None:
    """Add this wing's commands."""
    app.command("init")(init)


def init(
    folder: Annotated[str, typer.Argument(help="Folder with the files. 数据文件夹。")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take the proposals and list the open points.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Look at a folder's files; propose and write reclaim.toml. 根据文件夹中的文件生成 reclaim.toml。"""
    from reclaim.cli.output import emit
    from reclaim.verbs.door import init as propose

    made = propose(folder, ask=None if yes or as_json else _ask)
    document = {
        "path": str(made.path),
        "layers": [_layer(layer) for layer in made.layers],
        "open_points": list(made.open_points),
        "passed_over": list(made.passed_over),
    }
    emit(document, _text(document), as_json=as_json)


def _layer(layer: Any) -> dict[str, Any]:
    return {
        "path": layer.path,
        "layer": layer.layer,
        "table": layer.table,
        "rows": None if layer.frame is None else len(layer.frame),
        "meaning": layer.meaning,
        "columns": layer.columns.columns,
        "stage_dates": layer.columns.stage_dates,
        "set": layer.sets,
        "joined": layer.join.path if layer.join is not None else None,
        "problem": layer.problem or None,
    }


def _text(document: dict[str, Any]) -> str:
    from reclaim.cli.output import table_text

    rows = [
        [layer["path"] + (f" ({layer['layer']})" if layer["layer"] else ""), layer["table"] or "?", layer["rows"]]
        for layer in document["layers"]
    ]
    points = [f"  {number}. {point}" for number, point in enumerate(document["open_points"], start=1)]
    lines = [table_text(rows, ["file", "taken for", "rows"]) if rows else "", "", f"wrote {document['path']}"]
    if points:
        lines += ["", "please look at:", *points]
    lines += ["", f'next: reclaim check "{document["path"]}"']
    return "\n".join(lines).strip()


def _ask(question: str, choices: tuple[str, ...], proposal: str) -> str:
    """Ask on the terminal until the answer is one of the choices."""
    import sys

    from reclaim.cli.output import encodable

    while True:
        prompt = f"{question} [{'/'.join(choices)}]" if choices else question
        answer: str = typer.prompt(
            encodable(prompt, sys.stderr.encoding or "utf-8"), default=proposal, show_default=True, err=True
        )
        if not choices or answer in choices:
            return answer.strip()
        typer.echo(f"please answer one of: {', '.join(choices)}", err=True)
