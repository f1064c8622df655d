"""``majlis admin forget``: delete a person's media, text and names on request, in every copy."""

from __future__ import annotations

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


def forget(
    conversation: Annotated[str, typer.Argument(help="The conversation's key.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds to wait for what is on its way.")] = 60,
) -> None:
    """Delete a conversation on request: its media, its text and its names, in every copy.

    What is on its way is finished first. Dedup keys stay, so that a message that is delivered again does not come
    back. May be given again, also after it was interrupted.
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
            found = Forgetting(client, DataFolder.open(folder), conversation).run(timeout)
        except StillInWorkError as error:
            fail(f"{error}; give the command again when they are through")
        except GalleryError as error:
            fail(str(error))
    if as_json:
        print_json({"conversation": conversation, **found})
        return
    print_table(("removed", "what"), ((found["removed"][place], what) for place, what in _PLACES.items()))
    waiting = found["pending"]["spreadsheets"]
    if waiting:
        typer.echo(f"{waiting} spreadsheets still hold rows of it: the sink empties them when Google answers")
    typer.echo("Free parts of the database files may hold remains until the next start, which writes them anew.")
