"""A worker of the language pool: stateless, one engine, batches in and out."""

from __future__ import annotations

import time
from typing import Any, Final

from actors.language.current_batch import CurrentBatch
from actors.language.engine import load_engine
from actors.language.property_names import PropertyNames
from actors.system.pool_worker import PoolWorker
from actors.system.settings import Settings
from messages.understanding import ResultBatch, WorkBatch
from messages.wire import Wire
from supervision.errors import UnknownVerbError
from supervision.process_actor import Address

_NAMES_S: Final = 10.0
"""So often a worker looks whether the table of properties was replaced; the sink reads it every 60 s by default."""


class LanguageWorker(PoolWorker):
    """Understands batches of messages with one engine.

    Projects and places of ``lookups/properties.jsonl`` in the data folder, which the Sheets sink keeps, are known names
    beside the built-in and the user's files; a change is taken up within ten seconds, without a restart.
    """

    accepts = WorkBatch

    def started(self, config: bytes) -> None:
        """Load the engine; the pool counts the worker as ready after it.

        Args:
            config: the settings as JSON.
        """
        settings = Settings.model_validate_json(config)
        language = settings.language
        self._names = PropertyNames(settings.folder)
        self._engine = load_engine(
            language.engine,
            settings.understanding.models,
            language.region,
            settings.understanding,
            gazetteer=self._names.gazetteer,
        )
        reason = getattr(self._engine, "reason", "")
        if reason:
            self.log.warning("the tier is not the best one", tier=self._engine.tier, reason=reason)
        self._note_names()
        self.timers.after(_NAMES_S, self._take_names, key="names")
        self._hands = CurrentBatch(settings.folder, self.name, self.incarnation)
        self.counters.update(batches=0, messages=0, errors=0)

    def _take_names(self) -> None:
        if self._names.refresh():
            self._note_names()
        self.timers.after(_NAMES_S, self._take_names, key="names")

    def _note_names(self) -> None:
        if self._names.trouble:
            self.log.warning("names of properties", reason=self._names.trouble)

    def received(self, message: Wire, sender: Address) -> None:
        """Answer a batch; a shard that has given up on it passes the answer over."""
        if not isinstance(message, WorkBatch) or self.handed_back(message.batch, sender):
            return
        began = time.process_time_ns()
        self._hands.begin(message.shard, message.batch)
        results = self._engine.understand(message.items, message.tier)
        self._hands.end()
        busy_us = (time.process_time_ns() - began) // 1_000
        self.counters["batches"] += 1
        self.counters["messages"] += len(results)
        self.counters["errors"] += sum(1 for result in results if result.error)
        self.tell(sender, ResultBatch(batch=message.batch, worker=self.name, results=tuple(results), busy_us=busy_us))

    def stopping(self, reason: str) -> None:  # noqa: ARG002 - the hook's signature
        """Close the note of the current batch."""
        self._hands.close()

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:  # noqa: ARG002
        """Answer ``engine``: which tier of models works here and why, names known, and what was done so far."""
        if verb == "engine":
            stats = getattr(self._engine, "stats", None)
            return {
                "tier": self._engine.tier,
                "reason": getattr(self._engine, "reason", ""),
                "names": len(self._names.gazetteer),
                "trouble": self._names.trouble,
                **(stats() if callable(stats) else {}),
            }
        raise UnknownVerbError(f"a language worker does not know {verb!r}")
