"""The command ``majlis``: finds a command's module only when it is called, so that help is quick."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated, Any, NamedTuple

import typer
import typer.main
from typer.core import TyperGroup

UsageError: type[Any] = typer.BadParameter.__mro__[1]
"""What wrong usage raises; its own name is private to the library."""


_INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the signal's number, as shells have it."""


class Entry(NamedTuple):
    """Where a command is.

    Attributes:
        module: holds it as ``command``.
        help: its line in the list.
    """

    module: str
    help: str


COMMANDS = {
    "start": Entry("actors.console.start", "Run the system in the foreground until SIGTERM or Ctrl-C."),
    "replay": Entry("actors.console.replay", "Feed WhatsApp exports or JSONL, and wait for their rows."),
    "admin": Entry("actors.console.admin", "Send admin messages to supervisors and sessions of a running system."),
    "understand": Entry("actors.console.understand", "Show what is understood of messages, a JSON line each."),
    "evaluate": Entry("actors.console.evaluate", "Score understanding against labelled messages or dialogues."),
    "train": Entry("actors.console.train", "Train the models of understanding from the project's corpus."),
    "read": Entry("actors.console.read", "Read pictures, voice notes and documents."),
    "gallery": Entry("actors.console.gallery", "List, show and export the kept media."),
    "rows": Entry("actors.console.rows", "Show, filter and export rows."),
    "stress": Entry("actors.console.stress", "Drive the system from outside: load, faults, benchmarks."),
    "doctor": Entry("actors.console.doctor", "Say what is there, what is missing, and how to get it."),
    "check": Entry("actors.console.check", "Verify a data folder, and print what it holds."),
}


class LazyGroup(TyperGroup):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is the library's
        """Name the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import a command; None for an unknown one."""
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else importlib.import_module(entry.module).command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"majlis {version('majlis')}")
        raise typer.Exit


@app.callback()
def majlis(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    """Take WhatsApp conversations in, understand each message, and record it as exactly one row."""


def main() -> None:
    """Run the command; an expected error is one clear line on stderr and exit code 1, wrong usage is 2."""
    try:
        code = typer.main.get_command(app)(standalone_mode=False)
    except UsageError as error:
        _complain(error.format_message())
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        _complain("interrupted")
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has seen enough; a second error at exit is kept quiet too.
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        if not _is_expected(error):
            raise
        _complain(str(error))
        sys.exit(1)
    if code == _INTERRUPTED:
        _complain("interrupted")  # the library turns Ctrl-C into this exit code and says nothing
    sys.exit(code if isinstance(code, int) else 0)


def _complain(line: str) -> None:
    print(f"majlis: {line}", file=sys.stderr)  # noqa: T201 - the one place that prints errors


def _is_expected(error: Exception) -> bool:
    # The packages' own errors say what is wrong in their text; anything else is a bug, and its trace is wanted.
    known = {
        "messages.wire": "MessageError",
        "store.errors": "StoreError",
        "supervision.errors": "SupervisionError",
        "actors.system.errors": "SystemFault",
        "actors.session.errors": "SessionError",
        "actors.whatsapp.errors": "WhatsAppError",
        "actors.whatsapp.export_contract": "ExportError",
        "actors.sheets.rows_table": "SheetsError",
        "actors.language.errors": "LanguageError",
        "actors.media.errors": "MediaError",
    }
    bases = [getattr(sys.modules.get(module), name, None) for module, name in known.items()]
    return isinstance(error, tuple(base for base in bases if isinstance(base, type)))


if __name__ == "__main__":
    main()
