"""Commands of reports: report and lint."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from reclaim.cli.land import At, Json, Outside, ProjectPath, Remote
from reclaim.cli.output import emit, require_that, table_text

Language = Literal["zh", "en", "both"]


def register(app: typer.Typer) -> None:
    """Add the commands of reports."""
    app.command("report")(report)
    app.command("lint")(lint)


def _project(path: Path, allow_outside: bool, allow_remote: bool) -> Any:
    from reclaim.io.project import read_project

    return read_project(path, allow_outside=allow_outside, allow_remote=allow_remote)


def report(
    project: ProjectPath,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="FILE.html, .docx, .pdf or .xlsx")] = None,
    language: Annotated[Language | None, typer.Option("--language", help="otherwise the project's")] = None,
    template: Annotated[
        Path | None, typer.Option("--template", help="your own Word document with placeholders")
    ] = None,
    fields: Annotated[bool, typer.Option("--fields", help="list the placeholders with their present values")] = False,
    write_template: Annotated[
        Path | None, typer.Option("--write-template", help="write a template to start from")
    ] = None,
    at: At = None,
    json: Json = False,
    allow_outside: Outside = False,
    allow_remote: Remote = False,
) -> None:
    """Write the report: HTML, Word, PDF or workbook. 生成报告."""
    from reclaim.errors import ReportError
    from reclaim.verbs.land import assess
    from reclaim.verbs.reports import report_fields, write_report, write_starter

    if output is None and write_template is None and not fields:
        raise ReportError("say where to write the report with -o FILE, or ask for --fields or --write-template FILE")
    made = assess(_project(project, allow_outside, allow_remote), at=at)
    document: dict[str, Any] = {"outputs": []}
    lines = []
    if fields:
        listed = report_fields(made, language=language)
        document["fields"] = listed
        lines.append(table_text([[name, value] for name, value in listed.items()], ["placeholder", "present value"]))
    if write_template is not None:
        document["outputs"].append(str(write_starter(made, write_template, language=language)))
    if output is not None:
        document["outputs"].append(str(write_report(made, output, language=language, template=template)))
    emit(document, "\n".join([*lines, *document["outputs"]]), as_json=json)


def lint(
    text: Annotated[Path, typer.Argument(help="Markdown, plain text or .docx")],
    project: ProjectPath,
    require: Annotated[bool, typer.Option("--require", help="exit 1 unless every quantity agrees or rounds")] = False,
    at: At = None,
    json: Json = False,
    allow_outside: Outside = False,
    allow_remote: Remote = False,
) -> None:
    """Hold every quantity of a text against the figures of a project. 核对报告文字中的数字."""
    from reclaim.verbs.land import assess
    from reclaim.verbs.reports import lint as lint_file

    items = lint_file(text, assess(_project(project, allow_outside, allow_remote), at=at))
    rows = [
        [f"{item.line}:{item.start + 1}", item.quantity, item.verdict.replace("_", " "), item.message] for item in items
    ]
    bad = [item for item in items if not item.good]
    summary = f"{len(items)} quantities, {len(bad)} to mend"
    printed = (
        f"{table_text(rows, ['place', 'quantity', 'verdict', 'why'])}\n\n{summary}" if rows else "no quantity found"
    )
    emit({"items": [item.as_dict() for item in items]}, printed, as_json=json)
    require_that(not (require and bad))
