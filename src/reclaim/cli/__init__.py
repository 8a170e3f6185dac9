"""
The command line: the public verbs with dashes.

Each wing registers its own subcommands; nothing heavy is imported before a command runs.
"""

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated

import typer

from reclaim import __version__
from reclaim.cli.output import ConditionNotMet, collected_warnings, complain
from reclaim.errors import ReclaimError

_WINGS = ("land", "cover", "history", "maps", "reports", "door", "samples")


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reclaim {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="reclaim",
    help=(
        "Mine reclamation: land ledger, rates, vegetation cover, maps and reports.\n\n"
        "矿山复垦：台账、复垦率、植被、地图与报告。"
    ),
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _reclaim(
    version: Annotated[
        bool, typer.Option("--version", help="say which version this is", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    pass


for _wing in _WINGS:
    import_module(f"reclaim.cli.{_wing}").register(app)


def main() -> None:
    """
    Run the command line and leave with its exit code.

    0: done; 1: done, and a condition that was asked for does not hold; 2: wrong use or bad input, one line per fault.
    """
    for stream in (sys.stdout, sys.stderr):
        # what typer prints itself, the help, must not fail on a console's encoding either
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; gives its exit code. An empty one asks what there is."""
    arguments = arguments or ["--help"]
    try:
        with collected_warnings():
            app(_optional_value(arguments, "--compare"), standalone_mode=False)
    except ConditionNotMet:
        return 1
    except ReclaimError as error:
        return complain(error.faults)
    except KeyboardInterrupt:
        return complain(["stopped; earlier outputs are as they were"], code=130)
    except Exception as error:
        return _told(error)
    return 0


def _optional_value(arguments: list[str], option: str) -> list[str]:
    """Give an option whose value may be left out the empty value there; typer knows no such options."""
    following = [*arguments[1:], "-"]
    return [
        f"{option}=" if word == option and after.startswith("-") else word
        for word, after in zip(arguments, following, strict=True)
    ]


def _told(error: Exception) -> int:
    """Faults of use (typer, whichever click it carries) and of the machine, in one line; anything else is ours."""
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        return complain([error.format_message()])
    if type(error).__name__ == "Abort":
        return complain(["a question was not answered, so nothing was written; --yes takes every proposal"])
    if type(error).__name__ == "Exit":
        return int(getattr(error, "exit_code", 0))
    if isinstance(error, (OSError, MemoryError)):
        return complain([f"{type(error).__name__}: {error}"])
    raise error
