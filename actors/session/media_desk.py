"""A shard's dealings with the media pools: which kind of reader gets a message's files, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from actors.media.content_store import ContentStore
from actors.session.dispatcher import Dispatcher, DispatchPolicy
from actors.session.partition_host import PartitionHost
from actors.session.residents import Cell
from actors.session.work_items import Asked, wait_again
from actors.system.settings import Settings
from messages.doorbell import Taking
from messages.inbound import Attachment, Inbound
from messages.media import MediaBatch, MediaResult, MediaResultBatch, ReadItem

MediaPool = Literal["image", "audio", "document"]
POOLS: tuple[MediaPool, ...] = ("image", "audio", "document")
CREDITS = 2


class FilesOfMessage(NamedTuple):
    """One message's files that go to one pool.

    Attributes:
        asked: the session and its request.
        items: the files; their keys are their places in the message.
    """

    asked: Asked
    items: tuple[ReadItem, ...]


class _Outstanding(NamedTuple):
    pools: set[str]
    results: list[MediaResult]


def pool_of(attachment: Attachment, kind: str) -> MediaPool:
    """Choose the pool whose warm reader most likely fits; content decides in the reader itself.

    Args:
        attachment: the file.
        kind: of the message that brought it.
    """
    declared = attachment.mime.split("/", 1)[0]
    if declared == "image" or (not declared and kind in {"image", "sticker"}):
        return "image"
    if declared in {"audio", "video"} or (not declared and kind in {"audio", "video"}):
        return "audio"
    return "document"


class MediaDesk:
    """Hands the files of messages to the media pools, and gathers what was read of each message.

    Args:
        shard: the shard's name.
        store: folder of the kept contents.
        settings: of all services.
        clock: gives milliseconds since 1970 UTC.
    """

    def __init__(self, shard: str, store: Path, settings: Settings, clock: Callable[[], int]) -> None:
        self._shard = shard
        self._store = ContentStore(store)
        self._region = settings.language.region
        policy = DispatchPolicy(batch=1, credits=CREDITS, deadline_ms=int(settings.media_pool.deadline_s * 1000))
        self._pools: dict[str, Dispatcher[FilesOfMessage]] = {
            pool: Dispatcher(policy, clock, requeued=lambda again: wait_again(files.asked for files in again))
            for pool in POOLS
        }
        self._workers: dict[str, tuple[str, int, Any]] = {}
        self._outstanding: dict[tuple[int, str, int], _Outstanding] = {}
        self._numbers: dict[int, tuple[str, int]] = {}
        self._number = 0

    def offer(self, host: PartitionHost, cell: Cell, token: int) -> None:
        """Queue the files of a session's current message.

        Args:
            host: the session's partition.
            cell: the session.
            token: its request.
        """
        current = cell.state.current
        if current is None or cell.state.token != token:
            return
        message = current.arrival.message
        parts: dict[str, list[ReadItem]] = {}
        for place, attachment in enumerate(message.attachments):
            if attachment.sha256 or attachment.media_id:
                parts.setdefault(pool_of(attachment, message.kind), []).append(self._item(place, attachment, message))
        key = (host.partition, cell.key, token)
        self._outstanding[key] = _Outstanding(set(parts), [])
        for pool, items in parts.items():
            self._pools[pool].offer(FilesOfMessage((host, cell, token), tuple(items)))

    def _item(self, place: int, attachment: Attachment, message: Inbound) -> ReadItem:
        kept = attachment.sha256
        return ReadItem(
            key=place,
            path=str(self._store.path(kept)) if kept else "",
            sha256=kept,
            media_id="" if kept else attachment.media_id,
            declared_sha256="" if kept else message.extra.get("media_sha256", ""),
            name=attachment.name,
            mime=attachment.mime,
            sent_ms=message.sent_ms,
            utc_offset_min=message.utc_offset_min,
            region=message.region or self._region,
            conversation=message.conversation,
            message_id=message.id,
            sender=message.sender,
        )

    def set_workers(self, directory: Mapping[str, Any], incarnations: Mapping[str, int]) -> list[Asked]:
        """Learn who reads now.

        Args:
            directory: name to address of all ready actors.
            incarnations: name to which life of it.

        Returns:
            requests whose reader died with them alone in its hands.
        """
        self._workers = {
            f"{name}#{incarnations[name]}": (name, incarnations[name], address)
            for name, address in directory.items()
            if name.startswith("media/") and name.count("/") == 2
        }
        lost: list[Asked] = []
        for pool, dispatcher in self._pools.items():
            names = [worker for worker in self._workers if worker.startswith(f"media/{pool}/")]
            lost += [files.asked for files in dispatcher.set_workers(names).items]
        return [asked for asked in lost if self._forget(asked)]

    def let_work(self, said: Taking) -> None:
        """Learn that a reader takes files, or none for now, and queue those again that it hands back."""
        for pool, dispatcher in self._pools.items():
            if said.worker.startswith(f"media/{pool}/"):
                dispatcher.let_work(f"{said.worker}#{said.incarnation}", work=said.work)
        pool_name, number = self._numbers.pop(said.batch, ("", 0))
        if pool_name:
            self._pools[pool_name].handed_back(number)

    def _forget(self, asked: Asked) -> bool:
        host, cell, token = asked
        return self._outstanding.pop((host.partition, cell.key, token), None) is not None

    def take(self) -> Iterator[tuple[Any, MediaBatch]]:
        """Form the batches that readers have credit for: one message's files each.

        Yields:
            a reader's address and its batch.
        """
        for pool, dispatcher in self._pools.items():
            while (flight := dispatcher.take()) is not None:
                (files,) = flight.items.values()
                host, cell, token = files.asked
                if (host.partition, cell.key, token) not in self._outstanding or cell.state.token != token:
                    dispatcher.answered(flight.number)
                    continue
                host.begin(cell)
                self._number += 1
                self._numbers[self._number] = (pool, flight.number)
                batch = MediaBatch(
                    batch=self._number, shard=self._shard, deadline_ms=flight.deadline_ms, items=files.items
                )
                yield self._workers[flight.worker][2], batch

    def answered(self, answer: MediaResultBatch) -> Iterator[tuple[PartitionHost, Cell, int, tuple[MediaResult, ...]]]:
        """Take an answer in.

        Args:
            answer: of one batch.

        Yields:
            the session, its request, and what was read of all its files, once the last pool has answered.
        """
        pool, number = self._numbers.pop(answer.batch, ("", 0))
        flight = self._pools[pool].answered(number) if pool else None
        if flight is None:
            return
        (files,) = flight.items.values()
        host, cell, token = files.asked
        key = (host.partition, cell.key, token)
        outstanding = self._outstanding.get(key)
        if outstanding is None:
            return
        outstanding.pools.discard(pool)
        outstanding.results.extend(answer.results)
        if not outstanding.pools:
            del self._outstanding[key]
            yield host, cell, token, tuple(sorted(outstanding.results, key=lambda result: result.key))

    def overdue(self) -> list[tuple[str, int, list[Asked]]]:
        """Give up readers that hold a batch past its deadline.

        Returns:
            name and incarnation of each, and the requests that were alone with it.
        """
        found: list[tuple[str, int, list[Asked]]] = []
        for dispatcher in self._pools.values():
            for worker in dispatcher.overdue():
                lost = [files.asked for files in dispatcher.drop_worker(worker)]
                name, incarnation, _ = self._workers[worker]
                found.append((name, incarnation, [asked for asked in lost if self._forget(asked)]))
        return found


__all__ = ["POOLS", "FilesOfMessage", "MediaDesk", "pool_of"]
