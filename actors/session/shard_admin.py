"""What an operator may ask of a shard: locks, sessions, dead letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from actors.language.sentiment.trend import mood_figures
from actors.session.latency import LatencyCounts
from actors.session.operated_host import Held, OperatedHost
from actors.session.residents import Cell
from actors.session.service_building import released, replies_of, threads_of
from actors.session.tier_choice import TierChoice
from messages.row import DEAD_LETTER, DeadLetter
from messages.session import SNAPSHOT, Snapshot
from messages.wire import Wire, WireError
from store.errors import StoreError
from store.partition import PartitionState
from supervision.errors import AdminError, UnknownVerbError


class ShardAdmin:
    """Answers admin verbs from the hosts and states of a shard's partitions.

    Args:
        hosts: partition to its host.
        states: partition to its state.
        clock: gives milliseconds since 1970 UTC.
        latency: what the shard counts.
        tiers: which tier of models it asks for.
    """

    def __init__(
        self,
        hosts: Mapping[int, OperatedHost],
        states: Mapping[int, PartitionState],
        clock: Callable[[], int],
        latency: LatencyCounts,
        tiers: TierChoice,
    ) -> None:
        self._tiers = tiers
        self._latency = latency
        self._hosts = hosts
        self._states = states
        self._clock = clock

    def answer(self, verb: str, arguments: Mapping[str, str]) -> dict[str, Any]:
        """Answer one verb.

        Args:
            verb: ``locks``, ``unlock``, ``sessions``, ``session``, ``release``, ``dlq_list``, ``dlq_show``,
                ``dlq_replay``, ``dlq_purge``, ``held``, ``forget``, ``latency``, ``tier``.
            arguments: ``conversation``, ``filter``, ``limit``, ``letter``, ``who``, ``partition``, ``rows_written``,
                ``reset``, ``wanted``.

        Returns:
            the answer.

        Raises:
            UnknownVerbError: a shard does not know the verb.
            ValueError: an argument is missing or wrong.
        """
        verbs: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
            "locks": self._locks,
            "unlock": self._unlock,
            "sessions": self._sessions,
            "session": self._session,
            "release": self._release,
            "dlq_list": self._dlq_list,
            "dlq_show": self._dlq_show,
            "dlq_replay": self._dlq_replay,
            "dlq_purge": self._dlq_purge,
            "latency": self._latencies,
            "held": self._held,
            "forget": self._forget,
            "tier": self._tier,
        }
        if verb not in verbs:
            raise UnknownVerbError(f"a shard does not know {verb!r}")
        return verbs[verb](arguments)

    def _tier(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        if arguments.get("wanted"):
            self._tiers.force(arguments["wanted"])
        return {"tier": self._tiers.tier, "wanted": self._tiers.wanted, "falls": self._tiers.falls}

    def _locks(self, _: Mapping[str, str]) -> dict[str, Any]:
        return {"locks": [lock for host in self._hosts.values() for lock in map(self._lock_of, host.in_work())]}

    def _lock_of(self, cell: Cell) -> dict[str, Any]:
        lease = cell.state.lease
        current = cell.state.current
        return {
            "conversation": cell.key,
            "owner": lease.owner if lease else "",
            "held_ms": self._clock() - lease.since_ms if lease else 0,
            "overdue": bool(lease and lease.overdue),
            "phase": cell.state.phase.value,
            "attempts": cell.state.attempts,
            "message": current.arrival.message.id if current else "",
            "waiting": len(cell.mailbox) + cell.ordering.waiting,
        }

    def _unlock(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        key = arguments.get("conversation", "")
        who = arguments.get("who", "an operator")
        return {"unlocked": any(host.unlock(key, who) for host in self._hosts.values())}

    def _sessions(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        wanted = arguments.get("filter", "").casefold()
        limit = _limit(arguments)
        found: list[dict[str, Any]] = []
        known = 0
        for partition, state in self._states.items():
            known += state.session_count()
            host = self._hosts[partition]
            after = ""
            while len(found) < limit:
                page = state.sessions(after=after, limit=200)
                if not page:
                    break
                after = page[-1][0]
                found += [
                    self._summary(partition, key, raw, host.resident(key))
                    for key, raw in page
                    if wanted in key.casefold()
                ]
                if not after:
                    break  # only the conversation without a name is here, and after "" the first page would come again
            stored = {item["conversation"] for item in found}
            for cell in host.residents():
                if len(found) < limit and cell.key not in stored and wanted in cell.key.casefold():
                    found.append(self._live(partition, cell))
        resident = sum(host.resident_count for host in self._hosts.values())
        return {"sessions": found[:limit], "known": known, "resident": resident}

    def _summary(self, partition: int, key: str, raw: bytes, cell: Cell | None) -> dict[str, Any]:
        if cell is not None:
            return self._live(partition, cell)
        try:
            snapshot = SNAPSHOT.decode(raw)
        except WireError as error:
            return {"conversation": key, "partition": partition, "phase": "unreadable", "error": str(error)}
        return {
            "conversation": key,
            "partition": partition,
            "phase": "passive",
            "rows": snapshot.position,
            "waiting": 0,
            "last_ms": snapshot.last_ms,
        }

    @staticmethod
    def _live(partition: int, cell: Cell) -> dict[str, Any]:
        return {
            "conversation": cell.key,
            "partition": partition,
            "phase": cell.state.phase.value,
            "rows": cell.state.snapshot.position,
            "waiting": len(cell.mailbox) + cell.ordering.waiting,
            "last_ms": cell.state.snapshot.last_ms,
        }

    def _session(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        key = arguments.get("conversation", "")
        for partition, host in self._hosts.items():
            cell = host.resident(key)
            raw = self._states[partition].session(key)
            if cell is None and raw is None:
                continue
            try:
                snapshot = cell.state.snapshot if cell else SNAPSHOT.decode(raw or b"")
            except WireError as error:
                return {"session": {"conversation": key, "partition": partition, "error": str(error)}}
            shown = self._live(partition, cell) if cell else self._summary(partition, key, raw or b"", None)
            return {
                "session": {
                    **shown,
                    "next_sequence": snapshot.next_sequence,
                    "high_water_ms": snapshot.high_water_ms,
                    "recent": list(snapshot.recent),
                    "known": [{"type": item.type, "value": item.value} for item in snapshot.known],
                    "threads": [
                        {"name": each.name, "topic": each.topic, "messages": each.messages, "closed": each.closed}
                        for each in threads_of(snapshot.threads).threads
                    ],
                    "mood": mood_figures(snapshot.mood),
                    "replies": _named(replies_of(snapshot.replies)),
                    "lock": self._lock_of(cell) if cell and cell.state.lease else None,
                }
            }
        return {"session": None}

    def _release(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        key = arguments.get("conversation", "")
        return {"released": any(host.edit(key, _automatic_again) for host in self._hosts.values())}

    def _latencies(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        counts = self._latency.counts()
        if arguments.get("reset"):
            self._latency.reset()
        return {"counts_ms": counts}

    def _held(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        host, key, rows_written = self._whose(arguments)
        return _in_store(lambda: host.held(key, rows_written))

    def _forget(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        host, key, rows_written = self._whose(arguments)
        return {**_in_store(lambda: host.forget(key, rows_written)), "cursor": host.cursor}

    def _whose(self, arguments: Mapping[str, str]) -> tuple[OperatedHost, str, int]:
        partition = int(arguments.get("partition", "-1"))
        if partition not in self._hosts:
            raise ValueError(f"partition {partition} is not here")
        return self._hosts[partition], arguments.get("conversation", ""), int(arguments.get("rows_written", "0"))

    def _letters(self) -> list[DeadLetter]:
        found: list[DeadLetter] = []
        for state in self._states.values():
            after = ""
            while page := state.letters(after=after, limit=200):
                after = page[-1][0]
                found += [DEAD_LETTER.decode(raw) for _, raw in page]
        return found

    def _dlq_list(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        letters = self._letters()
        return {
            "total": len(letters),
            "letters": [
                {
                    "letter": letter.letter_id,
                    "conversation": letter.message.conversation,
                    "message": letter.message.id,
                    "reason": letter.reason,
                    "attempts": letter.attempts,
                    "set_aside_ms": letter.set_aside_ms,
                }
                for letter in letters[: _limit(arguments)]
            ],
        }

    def _dlq_show(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        wanted = arguments.get("letter", "")
        for letter in self._letters():
            if letter.letter_id == wanted:
                return {"letter": {**_named(letter), "message": _named(letter.message)}}
        return {"letter": None}

    def _dlq_replay(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        return {"replayed": [letter for letter in self._chosen(arguments) if self._try_replay(letter)]}

    def _try_replay(self, letter_id: str) -> bool:
        return any(host.replay(letter_id) for host in self._hosts.values())

    def _dlq_purge(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        chosen = set(self._chosen(arguments))
        purged = []
        for partition, state in self._states.items():
            mine = [letter for letter in chosen if state.letter(letter) is not None]
            for letter in mine:
                self._hosts[partition].purge(letter)
            purged += mine
        return {"purged": purged}

    def _chosen(self, arguments: Mapping[str, str]) -> list[str]:
        if arguments.get("letter"):
            return [arguments["letter"]]
        if arguments.get("all") in {"1", "true", "yes"}:
            return [letter.letter_id for letter in self._letters()]
        raise ValueError("name a letter, or all")


def _in_store(work: Callable[[], Held]) -> dict[str, Any]:
    try:
        held = work()
    except StoreError as error:
        raise AdminError(str(error)) from error
    return {**held._asdict(), "waiting": held.waiting}


def _named(message: Wire) -> dict[str, Any]:
    # On the wire a message is an array; a person wants names.
    named = {name: getattr(message, name) for name in message.__struct_fields__ if name not in {"v", "message"}}
    found: dict[str, Any] = msgspec.to_builtins(named)
    return found


def _automatic_again(snapshot: Snapshot) -> Snapshot | None:
    after = released(snapshot.replies)
    return None if after == snapshot.replies else msgspec.structs.replace(snapshot, replies=after)


def _limit(arguments: Mapping[str, str]) -> int:
    return max(1, int(arguments.get("limit", "100")))
