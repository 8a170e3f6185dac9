"""Commands of the history wing."""

import typer


def register(app: typer.Typer) -> None:
    """Add this wing's commands."""
