"""``majlis admin``: messages to supervisors, shards and sessions of the system that runs on a data folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.main

from actors.console.admin_asking import (
    DEFAULT_FOLDER,
    Folder,
    Json,
    Timeout,
    ask,
    ask_shards,
    connect,
    fail,
    megabytes,
    moment,
    plain,
    print_facts,
    print_json,
    print_records,
    print_table,
    report,
    shown,
    span,
)
from actors.console.admin_channels import add_commands
from actors.console.admin_dlq import dlq
from actors.console.admin_forget import forget

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, help="Admin messages to a running system."
)
app.add_typer(dlq, name="dlq")

Actor = Annotated[str, typer.Argument(help="Full name of an actor, as the tree shows it.")]
_DRAIN_S = 60.0

# --- supervisors and actors ---


def _tree_rows(children: Iterable[Mapping[str, Any]], depth: int = 0) -> Iterable[Sequence[object]]:
    for child in children:
        note = child.get("error") or child.get("reason", "")
        yield (
            "  " * depth + str(child["name"]),
            child["phase"],
            child["pid"] or "",
            span(child["since_s"]),
            child["restarts"],
            megabytes(child["rss_bytes"]),
            f"{child['cpu_s']:.1f}",
            note,
        )
        yield from _tree_rows(child.get("children", ()), depth + 1)


_TREE = ("actor", "phase", "pid", "for", "restarts", "memory", "cpu s", "last reason")


@app.command()
def tree(folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = 5.0) -> None:
    """Show all supervisors and what is below them."""
    result = ask(folder, "", "tree", {}, timeout)
    if as_json:
        print_json(result)
    else:
        print_table(_TREE, _tree_rows(result["children"]))


@app.command()
def status(
    name: Annotated[str, typer.Argument(help="Full name of an actor; all of them by default.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 5.0,
) -> None:
    """Show how an actor is, with its counters; or all of them, a line each."""
    if name:
        result = ask(folder, name, "status", {}, timeout)
        print_json(result) if as_json else print_facts(result)
        return
    found = []
    errors = []
    with connect(folder) as client:
        for each in client.names():
            answer = client.ask(each, "status", {}, timeout)
            if answer.ok:
                found.append(answer.result)
            else:
                errors.append(f"{each}: {answer.error}")
    if as_json:
        print_json({"actors": found, "errors": errors})
    else:
        columns = ("actor", "pid", "up", "memory", "cpu s", "mailbox", "outgoing", "faults", "bad", "paused")
        rows = (
            (
                item["name"],
                item["pid"],
                span(item["uptime_s"]),
                megabytes(item["rss_bytes"]),
                f"{item['cpu_s']:.1f}",
                item["mailbox"],
                item["outgoing"],
                item["counters"].get("faults", 0),
                item["counters"].get("bad_messages", 0) + item["frames_unauthenticated"] + item["frames_malformed"],
                "draining" if item["draining"] else "yes" if item["paused"] else "",
            )
            for item in found
        )
        print_table(columns, rows)
    report(errors)


@app.command()
def children(
    supervisor: Annotated[str, typer.Argument(help="Full name of a supervisor.")] = "root",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 5.0,
) -> None:
    """Show a supervisor's children and the last faults below it."""
    result = ask(folder, supervisor, "children", {}, timeout)
    if as_json:
        print_json(result)
        return
    strategy = f"{result['name']}: {result['strategy']}, {result['restarts_in_period']} of {result['intensity']}"
    print_table(_TREE, _tree_rows(result["children"]), f"{strategy} restarts in {result['period_s']:g} s")
    if result["faults"]:
        rows = [(moment(int(f["at"] * 1000)), f["name"], f["doing"], f["error"]) for f in result["faults"]]
        print_table(("at", "actor", "doing", "error"), rows, "faults")


def _command(verb: str, name: str, folder: Path, *, as_json: bool, timeout: float, **arguments: Any) -> None:
    result = ask(folder, name, verb, arguments, timeout)
    if as_json:
        print_json(result)
    else:
        facts = ", ".join(f"{key} {shown(value)}" for key, value in result.items() if value not in ({}, None))
        typer.echo(plain(f"{verb} {name or 'root'}: {facts or 'done'}"))


@app.command()
def restart(name: Actor, folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = 5.0) -> None:
    """Have an actor's supervisor stop it, SIGKILL it after its grace time if need be, and start it anew."""
    _command("restart", name, folder, as_json=as_json, timeout=timeout)


@app.command()
def stop(name: Actor, folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = 5.0) -> None:
    """Have an actor stopped, and not started again until ``restart``."""
    _command("stop", name, folder, as_json=as_json, timeout=timeout)


@app.command()
def scale(
    pool: Annotated[str, typer.Argument(help="Full name of a pool's supervisor.")],
    size: Annotated[int, typer.Argument(min=0, help="How many workers it shall have.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 5.0,
) -> None:
    """Change the number of a pool's workers."""
    _command("scale", pool, folder, as_json=as_json, timeout=timeout, size=size)


Which = Annotated[str, typer.Argument(help="Full name of an actor or supervisor; everything by default.")]


@app.command()
def pause(name: Which = "", folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = 5.0) -> None:
    """Have an actor, or all below a supervisor, take no new work."""
    _command("pause", name, folder, as_json=as_json, timeout=timeout)


@app.command()
def resume(name: Which = "", folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = 5.0) -> None:
    """Have them take work again."""
    _command("resume", name, folder, as_json=as_json, timeout=timeout)


@app.command()
def drain(
    name: Which = "", folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = _DRAIN_S
) -> None:
    """Have them take no new work, and wait until what is in hand is finished."""
    _command("drain", name, folder, as_json=as_json, timeout=timeout)


# --- sessions, answered by the shards ---


@app.command()
def locks(folder: Folder = DEFAULT_FOLDER, as_json: Json = False, timeout: Timeout = 5.0) -> None:
    """Show the conversations that have a message in work, and since when."""
    answers, errors = ask_shards(folder, "locks", {}, timeout)
    found = [{**lock, "shard": name} for name, answer in answers.items() for lock in answer["locks"]]
    found.sort(key=lambda lock: -lock.get("held_ms", 0))
    if as_json:
        print_json({"locks": found, "errors": errors})
    else:
        print_records(found, ("conversation", "shard", "owner", "held_ms", "phase", "attempts", "message", "waiting"))
    report(errors)


@app.command()
def unlock(
    conversation: Annotated[str, typer.Argument(help="The conversation's key.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 5.0,
) -> None:
    """Release a conversation's lock by force: the message in work is set aside, the conversation goes on."""
    answers, errors = ask_shards(folder, "unlock", {"conversation": conversation, "who": _operator()}, timeout)
    unlocked = any(answer["unlocked"] for answer in answers.values())
    if as_json:
        print_json({"conversation": conversation, "unlocked": unlocked, "errors": errors})
    elif unlocked:
        typer.echo(plain(f"unlocked {conversation}"))
    report(errors)
    if not unlocked:
        fail(f"{conversation} is not locked")


@app.command()
def sessions(
    wanted: Annotated[str, typer.Argument(metavar="FILTER", help="Part of the conversation's key.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show so many at most.")] = 50,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """List conversations."""
    answers, errors = ask_shards(folder, "sessions", {"filter": wanted, "limit": limit}, timeout)
    found = [{**each, "shard": name} for name, answer in answers.items() for each in answer["sessions"]]
    found.sort(key=lambda each: -each.get("last_ms", 0))
    totals = {key: sum(answer.get(key, 0) for answer in answers.values()) for key in ("known", "resident")}
    if as_json:
        print_json({"sessions": found[:limit], **totals, "errors": errors})
    else:
        print_records(found[:limit], ("conversation", "shard", "phase", "rows", "waiting", "last_ms"))
        typer.echo(f"{totals['known']} known, {totals['resident']} resident")
    report(errors)


@app.command()
def session(
    conversation: Annotated[str, typer.Argument(metavar="ID", help="The conversation's key.")],
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 5.0,
) -> None:
    """Show one conversation."""
    arguments = {"conversation": conversation, "key": conversation}
    answers, errors = ask_shards(folder, "session", arguments, timeout)
    found = [{**answer["session"], "shard": name} for name, answer in answers.items() if answer.get("session")]
    if not found:
        report(errors)
        fail(f"{conversation} is not known")
    print_json(found[0]) if as_json else print_facts(found[0])


@app.command()
def tier(
    wanted: Annotated[str, typer.Argument(help="full, reduced, essential, or auto; none only shows.")] = "",
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Timeout = 5.0,
) -> None:
    """Show which tier of models messages get, or ask for one until the shards start anew."""
    answers, errors = ask_shards(folder, "tier", {"wanted": wanted}, timeout)
    found = [{"shard": name, **answer} for name, answer in answers.items()]
    if as_json:
        print_json({"tiers": found, "errors": errors})
    else:
        print_records(found, ("shard", "tier", "wanted", "falls"))
    report(errors)


def _operator() -> str:
    import getpass

    try:
        return f"admin:{getpass.getuser()}"
    except (KeyError, OSError):
        return "admin"


add_commands(app)
app.command()(forget)
command = typer.main.get_command(app)
