"""The command ``majlis``: finds a command's module only when it is called, so that help is quick."""

from __future__ import annotations

import importlib
import sys
from typing import NamedTuple

import click


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


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is the library's
        """Name the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = importlib.import_module(entry.module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"majlis {version('majlis')}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def majlis() -> None:
    """Take WhatsApp conversations in, understand each message, and record it as exactly one row."""


def main() -> None:
    """Run the command; an expected error is one clear line on stderr and exit code 1, wrong usage is 2."""
    try:
        majlis(standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        print("majlis: interrupted", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read the output has seen enough; a second error at exit is kept quiet too.
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        if not _is_expected(error):
            raise
        print(f"majlis: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


def _is_expected(error: Exception) -> bool:
    # The packages' own errors say what is wrong in their text; anything else is a bug, and its trace is wanted.
    known = {
        "messages.wire": "MessageError",
        "store.errors": "StoreError",
        "supervision.errors": "SupervisionError",
        "actors.system.errors": "SystemFault",
        "actors.session.errors": "SessionError",
        "actors.whatsapp.errors": "WhatsAppError",
        "actors.sheets.errors": "SheetsError",
        "actors.language.errors": "LanguageError",
        "actors.media.errors": "MediaError",
    }
    bases = [getattr(sys.modules.get(module), name, None) for module, name in known.items()]
    return isinstance(error, tuple(base for base in bases if isinstance(base, type)))


if __name__ == "__main__":
    main()
