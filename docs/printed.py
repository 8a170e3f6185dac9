"""Pages that are printed from the code when the site is built: data dictionary, findings, command line."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal, get_args, get_origin


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put what the code says in the place of ``<!-- printed: name -->``."""
    return re.sub(r"<!-- printed: ([a-z]+) -->", lambda match: PRINTED[match[1]](), markdown)


def _tables() -> str:
    from reclaim.tables import INPUT_TABLES, RESULT_TABLES

    return "\n\n".join(
        "\n\n".join([f"## {title}", *map(_one_table, tables.values())])
        for title, tables in (("Input", INPUT_TABLES), ("Results", RESULT_TABLES))
    )


def _one_table(table: Any) -> str:
    rows = [
        (
            f"`{column.name}`",
            column.zh,
            column.kind,
            "yes" if column.needed else "",
            _cell(column.meaning),
            _codes(column),
        )
        for column in table.columns
    ]
    head = f"### {table.name} {table.zh}\n\n{table.meaning}.\n\n"
    return head + _grid(("column", "中文", "holds", "needed", "meaning", "values"), rows)


def _codes(column: Any) -> str:
    from reclaim.vocabulary import load, words

    if not column.codes:
        return ""
    if column.codes not in load("land"):
        return f"[codes]({column.codes}.md)"
    known = words(column.codes)
    return ", ".join(f"`{code}`" for code in known) if len(known) <= 14 else f"{len(known)} codes of the vocabulary"


def _findings() -> str:
    from reclaim.vocabulary import findings

    rows = [
        (f"`{code}`", entry["severity"], entry["en"], entry["zh"], entry["fix"]) for code, entry in findings().items()
    ]
    return _grid(("code", "usual severity", "what", "中文", "mend"), [tuple(map(_cell, row)) for row in rows])


def _commands() -> str:
    from typer.main import get_command

    from reclaim.cli import app

    return "\n\n".join(_one_command(name, command) for name, command in sorted(get_command(app).commands.items()))


def _one_command(name: str, command: Any) -> str:
    rows = [
        (_spelled(parameter), _takes(parameter), _cell(getattr(parameter, "help", None) or ""))
        for parameter in command.params
        if parameter.name != "help"
    ]
    return f"## reclaim {name}\n\n{command.help or ''}\n\n" + _grid(("argument or option", "takes", "meaning"), rows)


def _spelled(parameter: Any) -> str:
    first = parameter.opts[0]
    return f"`{' '.join(parameter.opts) if first.startswith('-') else first.upper()}`"


def _takes(parameter: Any) -> str:
    """Choices, or the kind of value, and the default; nothing for a switch."""
    if getattr(parameter, "is_flag", False):
        return ""
    kind = parameter.type_descriptor.annotation
    kind = get_args(kind)[0] if get_origin(kind) is list else kind
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    kinds = {"Path": "path", "str": "text", "float": "number", "int": "whole number"}
    takes = ", ".join(f"`{choice}`" for choice in choices) or kinds.get(getattr(kind, "__name__", ""), "")
    takes += ", several times" if parameter.multiple else ""
    told = f"; `{parameter.default}` if not told" if isinstance(parameter.default, str | int | float) else ""
    return (takes + told + ("; needed" if parameter.required else "")).lstrip("; ")


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


PRINTED: dict[str, Callable[[], str]] = {"tables": _tables, "findings": _findings, "commands": _commands}


def on_post_page(output: str, **_: Any) -> str:
    """Leave out the one script that the theme takes from another server: pages ask nobody for anything."""
    return re.sub(r'<script src="https://unpkg[^>]*></script>', "", output)


def on_post_template(output_content: str, **_: Any) -> str:
    """The same for pages that are made from templates alone, such as the one for a wrong address."""
    return on_post_page(output_content)
