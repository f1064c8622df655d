"""``majlis stress``: hands over to the harness, which stands above the actors and is not imported here."""

from __future__ import annotations

import os
import sys

import typer
import typer.main

app = typer.Typer(add_completion=False)


@app.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
def stress(context: typer.Context) -> None:
    """Drive the system from outside: load, faults, benchmarks."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "stress", *context.args])  # noqa: S606 - our own interpreter


command = typer.main.get_command(app)
