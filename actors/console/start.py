"""``majlis start``: the system in the foreground."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def start(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file with the settings.", envvar="MAJLIS_CONFIG")
    ] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Data folder; made where it is missing.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Say what happens as JSON lines.")] = False,
) -> None:
    """Run the system in the foreground until SIGTERM or Ctrl-C; then drain, stop, exit 0.

    A dead admin or root process is started anew with all below it; what was acknowledged is on disk meanwhile.
    """
    from actors.system.attach import own_system
    from actors.system.settings import load_settings
    from actors.whatsapp.feed_port import read_port

    settings = load_settings(config, folder=folder)
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ask_to_stop)
    with own_system(settings, lambda line: _say(line, json_output=json_output)) as system:
        _say("ready", json_output=json_output, folder=str(settings.folder), feed_port=read_port(settings.folder))
        # An event's wait is interrupted by signals only between rounds on some systems: rounds are short.
        while not stop.wait(0.5):
            pass
        _say("draining", json_output=json_output)
        drained = system.drain(settings.system.drain_timeout_s)
        if not drained:
            _say("not idle in time; what is unfinished stays in the inbox", json_output=json_output)
    _say("stopped", json_output=json_output)


def _say(what: str, *, json_output: bool, **facts: object) -> None:
    if json_output:
        import msgspec

        typer.echo(msgspec.json.encode({"event": what, **facts}).decode())
    else:
        tail = "  ".join(f"{key} {value}" for key, value in facts.items() if value is not None)
        typer.echo(f"majlis: {what}  {tail}".rstrip())


command = typer.main.get_command(app)
