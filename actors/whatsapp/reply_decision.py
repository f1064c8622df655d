"""Whether a message is answered automatically, with what, and when a person takes over. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec

from actors.whatsapp.customer_wishes import Wishes
from actors.whatsapp.inventory import Inventory, Property, Wanted
from actors.whatsapp.office_hours import OfficeHours
from actors.whatsapp.settings import RepliesSettings
from actors.whatsapp.template_store import TemplateStore
from messages.delivery import ReplyState
from messages.inbound import Inbound
from messages.row import Reply
from messages.understanding import Entity, Understanding

WINDOW_MS: Final = 24 * 3_600_000
"""Free text may be sent so long after the customer's last message (WhatsApp's rule)."""
_ANSWERED: Final = 16
_MOODS: Final = 4
_SILENT_KINDS: Final = frozenset({"reaction", "system", "unsupported", "sticker"})
_SLOT_MAX: Final = 120
_URGENT, _NORMAL, _POLITE = 1, 5, 7
_POLITE_INTENTS: Final = frozenset({"greeting", "thank_you", "closing"})
_SLOT_TYPES: Final = (
    "price",
    "bedrooms",
    "bathrooms",
    "size",
    "unit",
    "project",
    "location",
    "property_type",
    "purpose",
    "phone",
    "email",
    "date",
    "time",
    "person",
)

Lookup = Callable[[Wanted, int], Sequence[Property]]


class Decision(NamedTuple):
    """What was decided of one message.

    Attributes:
        state: the conversation's state after it.
        reply: the answer, or None.
        notes: what a person should know, for the row.
    """

    state: ReplyState
    reply: Reply | None = None
    notes: tuple[str, ...] = ()


class ReplyRules:
    """Settings made ready: build it once, and again when settings change.

    Args:
        settings: of the replies.
        templates: compiled templates; ``templates.refresh()`` takes up changes.
        inventory: properties to offer from.
    """

    def __init__(self, settings: RepliesSettings, templates: TemplateStore, inventory: Inventory | None = None) -> None:
        self.settings = settings
        self.templates = templates
        self.lookup: Lookup | None = None
        self.offer_from(inventory)
        self.office = OfficeHours(settings)
        self.wishes = Wishes(settings.opt_out_words, settings.person_words)
        self.silent = frozenset(settings.silent_intents)

    def offer_from(self, inventory: Inventory | None) -> None:
        """Take other properties to offer from, or none."""
        self.lookup = None if inventory is None else inventory.match


def reply_id(message: Inbound) -> str:
    """Derive a reply's id from the message that it answers, so that doing it anew gives the same.

    Returns:
        ``r-`` and 30 hex digits.
    """
    seed = f"{message.source}\0{message.conversation}\0{message.id}".encode("utf-8", "replace")
    return "r-" + hashlib.sha256(seed).hexdigest()[:30]


def decide(
    state: ReplyState,
    message: Inbound,
    understanding: Understanding,
    now_ms: int,
    rules: ReplyRules,
    *,
    known: Sequence[Entity] = (),
) -> Decision:
    """Decide about one message of a conversation, in the conversation's order.

    Args:
        state: what replies remember of the conversation.
        message: the message, with what media readers added to its text.
        understanding: what was understood of it.
        now_ms: the time, milliseconds since 1970 UTC.
        rules: settings, templates and lookups.
        known: entities that the conversation's thread holds, newest last; the message's own come first.

    Returns:
        the state after it, the reply if any, and notes for the row. The same message gives no second reply.
    """
    settings = rules.settings
    if (
        message.direction == "in"
        and not message.imported
        and not state.opted_out
        and rules.wishes.opts_out(message.text)
    ):
        # Heard even while replies are switched off, and however late the message comes.
        return Decision(
            msgspec.structs.replace(state, opted_out=True), None, ("the customer opted out of automatic replies",)
        )
    if not settings.enabled or message.imported or message.id in state.answered:
        return Decision(state)
    if message.direction == "out":
        if settings.pause_when_staff_write and not state.handed_over:
            return _hand_over(state, "staff wrote", now_ms)
        return Decision(state)
    if understanding.sentiment:
        moods = (*state.moods[-(_MOODS - 1) :], understanding.sentiment_score)
        state = msgspec.structs.replace(state, moods=moods)
    silent = _stays_silent(state, message, now_ms)
    if silent is not None:
        return Decision(state, None, (silent,) if silent else ())
    if state.handed_over:
        return Decision(state, None, (f"with a person: {state.handed_over}",))
    return _answer(state, message, understanding, now_ms, rules=rules, known=known)


def release(state: ReplyState) -> ReplyState:
    """Let automatic replies go on after a person has dealt with the conversation; an opt-out stays."""
    return msgspec.structs.replace(state, handed_over="", handed_over_ms=0, unclear=0, moods=())


def _stays_silent(state: ReplyState, message: Inbound, now_ms: int) -> str | None:
    if state.opted_out:
        return "no reply: the customer opted out"
    if message.kind in _SILENT_KINDS or "group" in message.extra:
        return ""
    if now_ms - message.sent_ms >= WINDOW_MS:
        return "no reply: the message is older than 24 hours"
    return None


def _hand_over(state: ReplyState, reason: str, now_ms: int) -> Decision:
    after = msgspec.structs.replace(state, handed_over=reason, handed_over_ms=now_ms, unclear=0)
    return Decision(after, None, (f"handed over: {reason}",))


def _falling(state: ReplyState, settings: RepliesSettings) -> bool:
    last = state.moods[-settings.falling_moods :]
    return (
        len(last) == settings.falling_moods
        and last[-1] < settings.angry_below
        and all(later < earlier for earlier, later in pairwise(last))
    )


def _choose(
    state: ReplyState, message: Inbound, understanding: Understanding, rules: ReplyRules
) -> tuple[str, str, int]:
    """Choose the template ("" for none), the reason to hand over ("" for none), and unclear messages in a row."""
    settings = rules.settings
    if rules.wishes.wants_person(message.text):
        return "hand_over", "asked for a person", 0
    intent, sure = understanding.intent, understanding.intent_confidence >= settings.min_confidence
    if sure and intent == "complaint" and settings.complaint_hand_over:
        return "complaint", "complaint", 0
    if _falling(state, settings):
        return "hand_over", "falling sentiment", 0
    if sure and intent != "other":
        return ("", "", state.unclear) if intent in rules.silent else (intent, "", 0)
    if message.attachments and not message.text.strip():
        return "media", "", state.unclear
    if not intent:
        return "", "", state.unclear
    unclear = state.unclear + 1
    if unclear >= settings.unclear_limit:
        return "hand_over", f"{unclear} unclear messages in a row", 0
    return "unclear", "", unclear


def _answer(
    state: ReplyState,
    message: Inbound,
    understanding: Understanding,
    now_ms: int,
    *,
    rules: ReplyRules,
    known: Sequence[Entity],
) -> Decision:
    settings = rules.settings
    template, reason, unclear = _choose(state, message, understanding, rules)
    notes: tuple[str, ...] = ()
    if reason:
        state, _, notes = _hand_over(state, reason, now_ms)
    elif unclear != state.unclear:
        state = msgspec.structs.replace(state, unclear=unclear)
    if not template:
        return Decision(state, None, notes if understanding.intent else ("no reply: nothing was understood of it",))
    office_open = rules.office.open_at(now_ms)
    if not office_open and settings.outside_hours == "silent":
        return Decision(state, None, (*notes, "no reply: the office is closed"))
    if not office_open and settings.outside_hours == "notice":
        template = "closed"
    language = understanding.lang if understanding.lang in settings.languages else settings.languages[0]
    slots = _slots(message, understanding, known, rules, office_open=office_open)
    if rules.lookup is not None and template == "inquiry":
        slots["matches"] = rules.lookup(_wanted(slots), settings.max_matches)
    text, problem = rules.templates.render(language, template, slots)
    if problem:
        notes = (*notes, problem)
    if not text:
        return Decision(state, None, notes)
    channel = message.extra.get("channel", "")
    reply = Reply(
        reply_id=reply_id(message),
        conversation=message.conversation,
        in_reply_to=message.id,
        text=text,
        priority=_priority(template, urgent=bool(reason) or understanding.urgent is True),
        created_ms=now_ms,
        window_until_ms=message.sent_ms + WINDOW_MS,
        channel=channel if message.source == "whatsapp" else f"{message.source}:{channel}",
    )
    state = msgspec.structs.replace(
        state, answered=(*state.answered[-(_ANSWERED - 1) :], message.id), last_reply_ms=now_ms
    )
    return Decision(state, reply, notes)


def _priority(template: str, *, urgent: bool) -> int:
    if urgent:
        return _URGENT
    return _POLITE if template in _POLITE_INTENTS else _NORMAL


def _slots(
    message: Inbound,
    understanding: Understanding,
    known: Sequence[Entity],
    rules: ReplyRules,
    *,
    office_open: bool,
) -> dict[str, Any]:
    slots: dict[str, Any] = dict.fromkeys(_SLOT_TYPES, "")
    features: list[str] = []
    # The thread's entities first, so that what the message itself says wins; of several the first one counts.
    for entity in (*known, *reversed(understanding.entities)):
        value = _line(entity.value) if isinstance(entity.value, str) else entity.value
        if entity.type == "feature":
            features.append(str(value))
        elif entity.type in slots:
            slots[entity.type] = value
    slots["features"] = features
    slots["name"] = _line(message.sender_name)
    slots["company"] = rules.settings.company
    slots["office_open"] = office_open
    slots["office_hours"] = rules.office.text
    slots["matches"] = ()
    return slots


def _line(text: str) -> str:
    return " ".join(text[: _SLOT_MAX * 2].split())[:_SLOT_MAX]


def _wanted(slots: dict[str, Any]) -> Wanted:
    bedrooms, price = slots["bedrooms"], slots["price"]
    return Wanted(
        project=str(slots["project"]),
        location=str(slots["location"]),
        property_type=str(slots["property_type"]),
        purpose={"sell": "buy"}.get(str(slots["purpose"]), str(slots["purpose"])),
        bedrooms=int(bedrooms) if isinstance(bedrooms, int | float) else None,
        price=float(price) if isinstance(price, int | float) else None,
    )
