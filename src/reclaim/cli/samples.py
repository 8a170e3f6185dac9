"""Commands of the samples wing."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this wing's commands."""
    app.command("samples")(_samples)


def _samples(
    name: Annotated[
        str | None, typer.Argument(help="sample to copy out, or 'template'; without it they are listed")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="folder to make (template: workbook); default: its name, here")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document")] = False,
) -> None:
    """List the samples, copy one out, or write the blank workbook. 示例项目与填报模板."""
    from reclaim.cli.output import emit

    if name is None:
        document, text = _listed()
    elif name == "template":
        from reclaim.io.template_workbook import write_template

        written = write_template(output or Path("template.xlsx"))
        document, text = (
            {"outputs": [str(written)]},
            f"written to {written}; fill it in, put it into a folder, then: reclaim init",
        )
    else:
        from reclaim.sample_projects import copy_sample

        folder = copy_sample(name, output or Path(name))
        document, text = {"outputs": [str(folder)]}, f"copied to {folder}; now try: reclaim run {folder}"
    emit(document, text, as_json=as_json)


def _listed() -> tuple[dict[str, object], str]:
    from reclaim.cli.output import table_text
    from reclaim.sample_projects import samples

    rows = [
        {
            "name": sample.name,
            "title": sample.title,
            "title_zh": sample.title_zh,
            "illustrative": sample.illustrative,
            "fetched_bytes": sample.fetched,
        }
        for sample in samples()
    ]
    cells = [
        [row["name"], row["title"], "illustrative" if row["illustrative"] else "real", _size(row["fetched_bytes"])]
        for row in rows
    ]
    return {"samples": rows}, table_text(cells, ["name", "what", "data", "fetched on first use"])


def _size(count: object) -> str:
    assert isinstance(count, int)
    return f"{count / 1e6:.1f} MB" if count else "nothing"
