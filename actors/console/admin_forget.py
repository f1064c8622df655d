"""``majlis admin forget``: delete a person's media, text and names on request, in every copy."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Annotated

import typer

from actors.console.admin_asking import DEFAULT_FOLDER, Folder, Json, connect, fail, plain, print_json, print_table

_PLACES = {
    "sessions": "what the session remembered",
    "inbox": "handled messages in the inbox log",
    "dead_letters": "dead letters",
    "rejects": "rejected input that names the conversation",
    "rows": "rows of which only times, kinds and labels are left, of this and earlier requests",
    "replies": "replies in delivery's records",
    "aliases": "ids that led to the conversation",
    "gallery": "entries of the gallery, with what was read",
    "files": "files: contents, archive, thumbnails, readings",
}


_NAMED = 5
"""So many conversations of a sender are named; more are counted."""


def forget(
    conversation: Annotated[str, typer.Argument(help="The conversation's key.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds to wait for what is on its way.")] = 60,
) -> None:
    """Delete a conversation on request: its media, its text and its names, in every copy.

    It takes conversations, not people: what somebody wrote in a group goes with the group alone. A name that is no
    conversation is refused, with exit code 1 and nothing deleted. What is on its way is finished first. Dedup keys
    stay, so that a message that is delivered again does not come back. May be given again, also after it was
    interrupted.
    """
    from actors.console.forgetting import Forgetting, StillInWorkError
    from actors.media.errors import GalleryError
    from store.folder import DataFolder

    if not conversation:
        raise typer.BadParameter("name a conversation")
    if not yes and not typer.confirm(f"Delete all of {plain(conversation)} for ever?"):
        raise typer.Exit(1)
    with connect(folder) as client:
        try:
            request = Forgetting(client, DataFolder.open(folder), conversation)
            known = request.look()
            if not known.conversation:
                fail(_refusal(conversation, known.sender_of))
            found = request.run(timeout)
        except StillInWorkError as error:
            fail(f"{error}; give the command again when they are through")
        except GalleryError as error:
            fail(str(error))
    if as_json:
        print_json({"conversation": conversation, **found, "sender_of": known.sender_of})
        return
    print_table(("removed", "what"), ((found["removed"][place], what) for place, what in _PLACES.items()))
    waiting = found["pending"]["spreadsheets"]
    if waiting:
        typer.echo(f"{waiting} spreadsheets still hold rows of it: the sink empties them when Google answers")
    if known.sender_of:
        typer.echo(plain(f"Its texts in other conversations stay, not its files there: {_listed(known.sender_of)}"))
    typer.echo("Free parts of the database files may hold remains until the next start, which writes them anew.")


def _refusal(name: str, sender_of: Sequence[str]) -> str:
    if not sender_of:
        return f"nothing is known of a conversation {name!r}: nothing was deleted; majlis admin sessions lists them"
    whole = f"majlis admin forget {shlex.quote(sender_of[0])}"
    files = f"majlis gallery delete {shlex.quote(name)}"
    return (
        f"{name!r} is no conversation: nothing was deleted. It is a sender in {_listed(sender_of)}. What it wrote "
        f"goes with the whole conversation ({whole}); {files} deletes only the files that the sender sent"
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
