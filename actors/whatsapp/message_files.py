"""Bring a message's files here: fetched by id, kept by content, every failure a note on the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import msgspec

from actors.media.errors import MediaError as KeepingError
from actors.whatsapp.errors import MediaError
from actors.whatsapp.media_download import Fetched
from messages.inbound import Attachment, Inbound

Fetch = Callable[[str, str], Fetched]
"""``(media id, digest or "") -> file``; raises ``MediaError``."""
Keep = Callable[[BinaryIO, str], Attachment]
"""``(content, name) -> attachment with its digest and size``, as ``ContentStore.keep``."""


def wants_files(message: Inbound) -> bool:
    """Tell whether a message has files that are still to be fetched."""
    return any(file.media_id and not file.sha256 for file in message.attachments)


def fetch_files(message: Inbound, fetch: Fetch, keep: Keep) -> Inbound:
    """Fetch the files of one message; does network and disk work, so it runs in a worker.

    Args:
        message: the message as it came.
        fetch: fetches one file.
        keep: keeps its content.

    Returns:
        the message, each file with its digest, or with a note of why its content is missing. Never without the message.
    """
    digest = message.extra.get("media_sha256", "")
    files = tuple(
        _fetched(file, digest, fetch, keep) if file.media_id and not file.sha256 else file
        for file in message.attachments
    )
    return msgspec.structs.replace(message, attachments=files)


def _fetched(file: Attachment, digest: str, fetch: Fetch, keep: Keep) -> Attachment:
    try:
        found = fetch(file.media_id, digest)
    except MediaError as error:
        return msgspec.structs.replace(file, note=f"not fetched: {error.reason}")
    except OSError as error:
        return msgspec.structs.replace(file, note=f"not fetched: {error.strerror or error}")
    try:
        with found.path.open("rb") as content:
            kept = keep(content, file.name)
    except OSError as error:
        return msgspec.structs.replace(file, note=f"not kept: {error.strerror or error}")
    except KeepingError as error:
        return msgspec.structs.replace(file, note=f"not kept: {error}")
    finally:
        found.path.unlink(missing_ok=True)
    return msgspec.structs.replace(
        file, sha256=kept.sha256, size=kept.size, mime=file.mime or found.mime or kept.mime, note=kept.note
    )
