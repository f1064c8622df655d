"""One conversation for one customer, whichever of their ids a webhook names; durable.

The key that a customer was first seen under stays the conversation's key: a phone number's id from before user ids
existed goes on, and a user id known first takes the phone number in.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from cachetools import LRUCache

from store.environment import Environment, Transaction

_DATABASES = ("aliases", "forgotten")
_DIGEST_BYTES = 16
_CACHED = 200_000
_MAP_BYTES = 1 << 30  # ten million ids; growing it would have to wait for the event loop's reads


class ConversationAliases:
    """Table of ids and the conversations that they belong to; one writing process: the gateway.

    Not thread-safe: used from one event loop.

    Args:
        path: directory of its LMDB environment; made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._env = Environment(path, _DATABASES, writable=True, map_bytes=_MAP_BYTES)
        self._cache: LRUCache[str, str] = LRUCache(_CACHED)
        self._pending: dict[str, str] = {}
        self._flushing: asyncio.Lock | None = None
        self.conflicts = 0

    def resolve(self, user_id: str, wa_id: str) -> str:
        """Find the conversation of a customer; new ids are kept by the next ``flush``.

        Args:
            user_id: the business-scoped user id, "" if not told.
            wa_id: the phone number's id, "" if not told.

        Returns:
            the conversation's key.
        """
        by_user = self._find(user_id) if user_id else None
        by_number = self._find(wa_id) if wa_id else None
        conversation = by_user or by_number or self._before_it_was_forgotten(user_id, wa_id) or user_id or wa_id
        if by_user and by_number and by_user != by_number:
            # Two conversations had begun before anything tied them together. A number can change its owner, a user id
            # cannot: the user id decides, and the number follows it.
            self.conflicts += 1
            self._put(wa_id, by_user)
        if user_id and by_user is None:
            self._put(user_id, conversation)
        if wa_id and by_number is None:
            self._put(wa_id, conversation)
        return conversation

    def _find(self, alias: str) -> str | None:
        found: str | None = self._cache.get(alias)
        if found is None:
            found = self._pending.get(alias)
        if found is None:
            with self._env.read() as txn:
                raw = txn.get(_key(alias), db=self._env.database("aliases"))
            if raw is not None:
                found = raw.decode()
                self._cache[alias] = found
        return found

    def _before_it_was_forgotten(self, user_id: str, wa_id: str) -> str:
        """Find the id that a forgotten conversation had for its key, so that what is delivered again is recognised."""
        ids = [one for one in (user_id, wa_id) if one]
        with self._env.read() as txn:
            known = [txn.get(_digest(one), db=self._env.database("forgotten")) for one in ids]
        return next((one for digest in known if digest for one in ids if _digest(one) == digest), "")

    def _put(self, alias: str, conversation: str) -> None:
        self._pending[alias] = conversation
        self._cache[alias] = conversation

    async def flush(self) -> None:
        """Return when every id found so far is on disk.

        Raises:
            StoreError: it cannot be written; the ids stay pending.
        """
        if not self._pending and (self._flushing is None or not self._flushing.locked()):
            return
        if self._flushing is None:
            self._flushing = asyncio.Lock()
        async with self._flushing:
            if not self._pending:
                return
            taken = dict(self._pending)
            await asyncio.get_running_loop().run_in_executor(None, self._write, taken)
            for alias, conversation in taken.items():
                if self._pending.get(alias) == conversation:
                    del self._pending[alias]

    def _write(self, aliases: dict[str, str]) -> None:
        items = sorted((_key(alias), conversation.encode()) for alias, conversation in aliases.items())

        def work(txn: Transaction) -> None:
            txn.cursor(self._env.database("aliases")).putmulti(items)

        self._env.write(work)

    async def forget(self, conversation: str) -> list[str]:
        """Remove all ids that lead to a conversation; only their hashes stay, with the hash of its key.

        A message that is delivered again after that is still given the same conversation, and so known by its dedup
        key. Doing it again does no harm.

        Args:
            conversation: its key.

        Returns:
            the ids.

        Raises:
            StoreError: it cannot be written; nothing was removed.
        """
        await self.flush()
        names = await asyncio.get_running_loop().run_in_executor(None, self._remove, conversation)
        for alias in [alias for alias, leads_to in self._cache.items() if leads_to == conversation]:
            del self._cache[alias]
        return names

    def _remove(self, conversation: str) -> list[str]:
        wanted = conversation.encode()

        def work(txn: Transaction) -> list[str]:
            table, forgotten = self._env.database("aliases"), self._env.database("forgotten")
            keys = [bytes(key) for key, leads_to in txn.cursor(table) if leads_to == wanted]
            for key in keys:
                txn.delete(key, db=table)
                txn.put(_digest_of_key(key), _digest(conversation), db=forgotten)
            return [key.decode("utf-8", "replace") for key in keys]

        return self._env.write(work)

    def close(self) -> None:
        """Close it; what was not flushed is lost, and so are the messages that it belonged to: neither was answered."""
        self._env.close()


def _key(alias: str) -> bytes:
    raw = alias.encode("utf-8", "replace")
    # LMDB's keys hold 511 bytes; real ids have at most 140.
    return raw if len(raw) <= 500 else raw[:400] + hashlib.sha256(raw).hexdigest().encode()


def _digest(alias: str) -> bytes:
    return _digest_of_key(_key(alias))


def _digest_of_key(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=_DIGEST_BYTES).digest()
