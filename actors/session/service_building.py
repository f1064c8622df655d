"""The services of sessions, built from the settings once for a shard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from actors.language.flow.session_threads import SessionThreads
from actors.language.sentiment.trend import MoodState
from actors.language.sentiment.trend import advance as advance_mood
from actors.session.services import Services
from actors.sheets.lookup_files import by_field, lookup_file, read_lookup, signature
from actors.system.settings import Settings
from actors.whatsapp.errors import InventoryError
from actors.whatsapp.inventory import Inventory, Property, Wanted
from actors.whatsapp.reply_decision import ReplyRules, decide, release
from actors.whatsapp.template_store import TemplateStore
from messages.delivery import REPLY_STATE, ReplyState
from messages.flow import THREAD_STATE, ThreadState
from messages.inbound import Inbound
from messages.row import Reply
from messages.understanding import Entity, Understanding
from messages.wire import encode

_SHOWN: Final = 3
"""So many bad rows are named, the others counted."""


class ReplyService:
    """Automatic replies for sessions, with templates that are taken up anew when they change.

    Properties come from the CSV file of the settings, read once; without one from ``lookups/properties.jsonl`` of the
    data folder, which the Sheets sink keeps, taken up anew when it changes; else there are none.

    Args:
        settings: of all services.
        report: told in one line what cannot be used: a template, the inventory.

    Attributes:
        lookups: how often properties of the spreadsheet's table were looked up for a reply.
    """

    def __init__(self, settings: Settings, report: Callable[[str], None]) -> None:
        replies = settings.whatsapp.replies
        inventory: Inventory | None = None
        self.lookups = 0
        self._report = report
        self._table = lookup_file(settings.folder, "properties") if replies.inventory is None else None
        self._seen: tuple[int, ...] | None = None
        if replies.inventory is not None:
            try:
                inventory = Inventory.read_csv(replies.inventory)
            except InventoryError as error:
                report(f"replies offer no properties: {error}")
        self._templates = TemplateStore(replies.templates, replies.languages)
        self._rules = ReplyRules(replies, self._templates, inventory)
        self._read_table()

    def refresh(self) -> None:
        """Take up templates and properties that have changed."""
        self._templates.refresh()
        self._read_table()

    def _read_table(self) -> None:
        if self._table is None:
            return
        now = signature(self._table)
        if now == self._seen:
            return
        self._seen = now
        if now is None:
            self._rules.offer_from(None)
            return
        try:
            read = read_lookup(self._table)
            inventory = Inventory.from_rows(map(by_field, read.rows))
        except (OSError, ValueError, InventoryError) as error:
            self._report(f"{self._table.name} of the data folder: the properties stay as they were: {error}")
            return
        problems = (*read.problems, *inventory.problems)
        if problems:
            shown = "; ".join(problems[:_SHOWN])
            self._report(f"{self._table.name} of the data folder: {len(problems)} rows are not offered: {shown}")
        self._rules.offer_from(inventory)
        self._rules.lookup = self._counted(inventory)

    def _counted(self, inventory: Inventory) -> Callable[[Wanted, int], list[Property]]:
        def match(wanted: Wanted, limit: int) -> list[Property]:
            self.lookups += 1
            return inventory.match(wanted, limit)

        return match

    def answer(
        self, state: bytes, message: Inbound, understanding: Understanding, now_ms: int, known: tuple[Entity, ...]
    ) -> tuple[bytes, Reply | None, tuple[str, ...]]:
        """Decide about one message; see ``Services.reply``."""
        before = replies_of(state)
        decision = decide(before, message, understanding, now_ms, self._rules, known=known)
        after = state if decision.state is before else encode(decision.state)
        return after, decision.reply, decision.notes


def follow_mood(state: tuple[float, ...], score: float) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Follow a customer's mood; see ``Services.mood``.

    Args:
        state: recent, usual, messages, alerted; empty at first.
        score: the message's sentiment, -1 to 1.

    Returns:
        the state after it, and an alert where the mood dropped sharply.
    """
    before = MoodState()
    if len(state) == len(before):
        before = MoodState(state[0], state[1], int(state[2]), alerted=bool(state[3]))
    after, trend = advance_mood(before, score)
    notes = (f"alert: mood dropped sharply ({after.usual:+.2f} to {after.recent:+.2f})",) if trend.alert else ()
    return (after.recent, after.usual, float(after.messages), float(after.alerted)), notes


def threads_of(state: bytes) -> ThreadState:
    """Decode a conversation's threads."""
    return THREAD_STATE.decode(state) if state else ThreadState()


def replies_of(state: bytes) -> ReplyState:
    """Decode what replies remember of a conversation."""
    return REPLY_STATE.decode(state) if state else ReplyState()


def released(state: bytes) -> bytes:
    """Let automatic replies go on in a conversation that a person had taken over."""
    return encode(release(replies_of(state))) if state else state


def services_of(settings: Settings, report: Callable[[str], None]) -> tuple[Services, ReplyService]:
    """Build a shard's services.

    Args:
        settings: of all services.
        report: told in one line what cannot be used.

    Returns:
        the services, and the replies' part of them for refreshing.
    """
    replies = ReplyService(settings, report)
    threads = SessionThreads(settings.flow).assign if settings.sessions.threads else None
    return Services(thread=threads, reply=replies.answer, mood=follow_mood), replies
