"""Fetch a file that a message only names, and keep it, before it is read."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Protocol

import msgspec

from actors.media.content_store import ContentStore
from actors.media.errors import MediaError as KeepError
from actors.media.settings import MediaFetchConfig
from actors.whatsapp.errors import MediaError
from messages.media import Reading, ReadItem


class Fetched(Protocol):
    """A file that was fetched."""

    @property
    def path(self) -> Path:
        """Where its content is."""

    @property
    def mime(self) -> str:
        """As the channel declares it."""


class Downloader(Protocol):
    """Fetches by the channel's id."""

    def fetch(self, media_id: str, folder: Path, *, sha256: str = "") -> Fetched:
        """Fetch one file; raises ``MediaError`` whose ``reason`` is fit for the row."""

    def close(self) -> None:
        """Close connections."""


def downloader_of(config: MediaFetchConfig) -> Downloader | None:
    """Make the downloader that the settings allow; None without an access token."""
    if config.access_token is None:
        return None
    from actors.whatsapp.media_download import MediaDownloader

    return MediaDownloader(config.graph_url, config.access_token.get_secret_value(), config.download)


def fetch_and_keep(item: ReadItem, store: ContentStore, downloader: Downloader | None) -> ReadItem | Reading:
    """Fetch an item's file where it is not here yet.

    Args:
        item: the file; one that has a digest is here.
        store: where contents are kept.
        downloader: fetches; None where no access token is configured.

    Returns:
        the item with its content's digest and path, or why it could not be had, as a reading without text.
    """
    if item.sha256 or not item.media_id:
        return item
    if downloader is None:
        return Reading(name=item.name, error="not fetched: no access token is configured")
    try:
        store.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=store.folder) as folder:
            fetched = downloader.fetch(item.media_id, Path(folder), sha256=item.declared_sha256)
            with fetched.path.open("rb") as content:
                kept = store.keep(content, item.name)
    except MediaError as error:
        return Reading(name=item.name, error=f"not fetched: {error.reason}")
    except (KeepError, OSError) as error:
        # A full disk, too: the message gets its row, with the reason.
        return Reading(name=item.name, error=f"not kept: {error}")
    return msgspec.structs.replace(
        item, sha256=kept.sha256, path=str(store.path(kept.sha256)), mime=item.mime or fetched.mime
    )
