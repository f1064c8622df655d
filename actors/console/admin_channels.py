"""``majlis admin`` for what goes in and out: the inbox, replies, delivery, the sink and its breakers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from actors.console.admin_asking import (
    DEFAULT_FOLDER,
    SINK,
    Folder,
    Json,
    Timeout,
    ask,
    ask_shards,
    connect,
    fail,
    plain,
    print_facts,
    print_json,
    print_records,
    report,
)

_EMBEDDED = "the embedded sink"
"""How the embedded sink begins its answer to questions that only the Google Sheets sink knows."""


def add_commands(app: typer.Typer) -> None:
    """Add the commands to ``majlis admin``."""
    for command in (inbox, release, outgoing, sink, sheets, lookups, breaker):
        app.command()(command)


def inbox(folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = 5.0) -> None:
    """Show what the gateway has taken in, and what waits in each partition's inbox."""
    found = ask(folder, "gateway", "inbox", {}, timeout)
    print_json(found) if as_json else print_facts(found)


def release(
    conversation: Annotated[str, typer.Argument(help="The conversation's key.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 5.0,
) -> None:
    """Let automatic replies go on in a conversation that a person had taken over."""
    answers, errors = ask_shards(folder, "release", {"conversation": conversation}, timeout)
    done = any(answer["released"] for answer in answers.values())
    if as_json:
        print_json({"conversation": conversation, "released": done, "errors": errors})
    elif done:
        typer.echo(plain(f"released {conversation}"))
    report(errors)
    if not done:
        fail(f"{conversation} is not with a person")


def outgoing(
    state: Annotated[str, typer.Option("--state", help="waiting, sending, unknown, sent, dead, handed_over, ...")] = "",
    conversation: Annotated[str, typer.Option("--conversation", help="The conversation's key.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show so many at most.")] = 50,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 5.0,
) -> None:
    """Show how many replies stand where; with --state or --conversation also which."""
    arguments = {"state": state, "conversation": conversation, "limit": str(limit)}
    found = ask(folder, "delivery", "outgoing", arguments, timeout)
    if as_json:
        print_json(found)
        return
    print_facts({**found["counts"], "breakers": found["breakers"]})
    if found["outgoing"]:
        print_records(found["outgoing"], ("conversation", "state", "attempts", "code", "error", "text"))


def sink(
    refused: Annotated[bool, typer.Option("--refused", help="List the rows that Google Sheets refused.")] = False,
    unblock: Annotated[bool, typer.Option("--unblock", help="Let a blocked Google Sheets sink try again now.")] = False,
    forgetting: Annotated[
        bool, typer.Option("--forgetting", help="List spreadsheets that still hold a conversation to be forgotten.")
    ] = False,
    whole: Annotated[str, typer.Option("--whole", help="Show all of a row that was cut, by its row id.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 5.0,
) -> None:
    """Show how far the sink has written each partition."""
    if refused + unblock + forgetting + bool(whole) > 1:
        raise typer.BadParameter("--refused, --unblock, --forgetting and --whole exclude each other")
    if whole:
        row = ask(folder, SINK, "whole", {"row": whole}, timeout)["row"]
        if row is None:
            fail(_why_not_cut(folder, whole, timeout))
        print_json(row) if as_json else print_facts(row)
        return
    verb = "dead" if refused else "unblock" if unblock else "forgetting" if forgetting else "cursors"
    found = ask(folder, SINK, verb, {}, timeout)
    if as_json:
        print_json(found)
    elif refused:
        print_records(found["dead"], ("letter", "partition", "position", "attempts", "reason"))
    elif forgetting:
        shown = [{**each, "conversation": each["conversation"] or each["person"]} for each in found["forgetting"]]
        print_records(shown, ("conversation", "asked_ms", "redacted", "spreadsheet", "trouble"))
    else:
        print_facts(found["cursors"] if verb == "cursors" else found)


def _why_not_cut(folder: Path, row: str, timeout: float) -> str:
    """Say what it means that no cut row of this id is kept; only what is known."""
    with connect(folder) as client:
        answer = client.ask(SINK, "sheets", {}, timeout)
    if not answer.ok and _EMBEDDED in answer.error:
        return f"no row {row} was cut: the embedded sink cuts none, `majlis rows` shows them whole"
    return f"no row {row} was cut: if the spreadsheet has a row of this id, it holds all of it"


def sheets(folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = 5.0) -> None:
    """Show how the Google Sheets sink is: what waits, calls made and saved, what it was told last."""
    found = ask(folder, "sink", "sheets", {}, timeout)
    print_json(found) if as_json else print_facts(found)


def lookups(folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = 5.0) -> None:
    """Show the lookup tables, rows that cannot be used, who looks things up, and how few calls to Google that took."""
    from actors.console.lookup_figures import lookup_figures
    from actors.console.lookup_tables import add_kept, kept_tables

    kept = kept_tables(folder)
    with connect(folder) as client:
        answer = client.ask(SINK, "lookups", {}, timeout)
        told: dict[str, Any] = answer.result if answer.ok else {"tables": {}, "lookups": 0, "misses": 0, "reads": 0}
        if not answer.ok and not (kept and _reads_no_tables(answer.error)):
            fail(answer.error)
        found, errors = lookup_figures(client, {**told, "tables": add_kept(told["tables"], kept)}, timeout)
    if as_json:
        print_json({**found, "errors": errors})
    else:
        tables = [{"table": name, **facts} for name, facts in found.pop("tables").items()]
        print_records(tables, ("table", "worksheet", "rows", "age_s", "unusable", "trouble"))
        for each in tables:
            for problem in each["problems"]:
                typer.echo(plain(f"{each['table']}, not used: {problem}"))
            if (more := each["unusable"] - len(each["problems"])) > 0:
                typer.echo(f"{each['table']}, not used: {more} more")
        print_facts(found)
    report(errors)


def _reads_no_tables(error: str) -> bool:
    """Whether the sink said that it reads no worksheets: then tables that were imported are the only ones."""
    return _EMBEDDED in error or "no worksheets are named" in error


def breaker(
    name: Annotated[str, typer.Argument(help="A spreadsheet's id; without it all, or to set the current one.")] = "",
    state: Annotated[str, typer.Option("--set", help="open, closed or half_open.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 5.0,
) -> None:
    """Show the Google Sheets sink's circuit breakers, or set one."""
    arguments = {"name": name, "state": state} if state else {}
    found = ask(folder, SINK, "breaker", arguments, timeout)
    shown = [found["breaker"]] if state else [each for each in found["breakers"] if name in {"", each["name"]}]
    if name and not shown:
        fail(f"there is no breaker {name} yet")
    if as_json:
        print_json(found if state else {"breakers": shown})
        return
    shown = [{**each, "open_for_s": round(each["open_for_s"], 1)} for each in shown]
    print_records(shown, ("name", "state", "open_for_s", "times", "forced", "last_failure"))
