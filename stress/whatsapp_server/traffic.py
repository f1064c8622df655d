"""Webhooks as WhatsApp sends them: who writes what, in which order, in which body. Deterministic by seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BUSINESS_ACCOUNT = "102290129340398"

_SAYINGS = (
    "Hi, is the 2BR in JVC still available?",
    "Salam, any studio in Dubai Marina under 60k?",
    "Can I view it tomorrow at 5pm?",
    "85,000 in 4 cheques, is that ok?",
    "What is the service charge for unit 1204?",
    "Please send me the floor plan and the title deed",
    "The AC is still not working, this is the third time I call!",
    "Any update?",
    "ok thanks a lot 🙏",
    "مرحبا، هل الشقة ما زالت متاحة؟",
    "كم الإيجار السنوي؟ ممكن ٤ شيكات؟",
    "ممكن اشوفها بكرة الساعة ٥",
    "shu el se3er? momken as2al 3an el villa",
    "I want to sell my villa in Arabian Ranches, 4 bed, 3,200 sqft",
    "Agreed, I will transfer the deposit today",
    "call me on 050 123 4567",
    "bye",
)
_NAMES = ("Ahmed", "Fatima", "John Smith", "Priya", "سارة", "Omar K.", "Li Wei", "Noor 🌸", "Maria", "خالد")
_KINDS = (
    ("text", 78),
    ("image", 7),
    ("audio", 5),
    ("document", 2),
    ("location", 2),
    ("interactive", 2),
    ("reaction", 2),
    ("sticker", 1),
    ("contacts", 1),
)


@dataclass(frozen=True)
class Mix:
    """How disorderly deliveries are.

    Attributes:
        duplicates: share of messages that come again in a later body.
        swapped: share of messages that change places with the next one.
        user_ids: share of people whose webhooks name a business-scoped user id.
        hidden_numbers: share of those whose phone number is left out.
        status_share: statuses for each message.
    """

    duplicates: float = 0.02
    swapped: float = 0.03
    user_ids: float = 0.8
    hidden_numbers: float = 0.1
    status_share: float = 0.0


@dataclass(frozen=True)
class Person:
    """A customer."""

    name: str
    wa_id: str
    user_id: str
    hidden: bool

    def contact(self) -> dict[str, Any]:
        """Write the person as a webhook's contact."""
        found: dict[str, Any] = {"profile": {"name": self.name}}
        if not self.hidden:
            found["wa_id"] = self.wa_id
        if self.user_id:
            found["user_id"] = self.user_id
        return found


@dataclass(frozen=True)
class Update:
    """One message with its sender, before it is put into a body."""

    person: Person
    message: dict[str, Any]


class Traffic:
    """A stream of messages.

    Args:
        seed: the same seed gives the same stream.
        people: how many customers write.
        channel: the business's phone number id.
        mix: how disorderly it is.
        start_s: time of the first message, seconds since 1970 UTC.
        per_s: messages a second, for their whole-second timestamps.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        people: int = 100,
        channel: str = "106540352242922",
        mix: Mix | None = None,
        start_s: int = 1_770_000_000,
        per_s: float = 1000.0,
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self.channel = channel
        self.mix = mix or Mix()
        self._start_s = start_s
        self._per_s = per_s
        self._seed = seed
        self._count = 0
        self.people = [self._person(number) for number in range(people)]

    def _person(self, number: int) -> Person:
        draw = self._random
        user_id = f"AE.{10**17 + number * 7919 + self._seed}" if draw.random() < self.mix.user_ids else ""
        return Person(
            name=draw.choice(_NAMES),
            wa_id=f"9715{self._seed % 10}{number:07d}",
            user_id=user_id,
            hidden=bool(user_id) and draw.random() < self.mix.hidden_numbers,
        )

    def messages(self, count: int) -> list[Update]:
        """Write so many different messages, in the order in which they were written."""
        return [self._update() for _ in range(count)]

    def _update(self) -> Update:
        draw = self._random
        number = self._count
        self._count += 1
        # A few people write most: a Pareto-like choice.
        person = self.people[min(int(len(self.people) * draw.random() ** 2), len(self.people) - 1)]
        kind = draw.choices([name for name, _ in _KINDS], [weight for _, weight in _KINDS])[0]
        message: dict[str, Any] = {
            "id": f"wamid.{self._seed:04d}{number:012d}",
            "timestamp": str(self._start_s + int(number / self._per_s)),
            "type": kind,
            kind: self._part(kind, number),
        }
        if not person.hidden:
            message["from"] = person.wa_id
        if person.user_id:
            message["from_user_id"] = person.user_id
        return Update(person, message)

    def _part(self, kind: str, number: int) -> Any:
        draw = self._random
        media = {"id": f"media{self._seed}x{number}", "sha256": "fBa2dYzxPpXa6BkpTAkgBYOEqtq7Kc7h3ADnjUeTHNo="}
        parts: dict[str, Any] = {
            "text": {"body": draw.choice(_SAYINGS)},
            "image": media | {"mime_type": "image/jpeg", "caption": draw.choice(("", "is this one free?", "كم؟"))},
            "audio": media | {"mime_type": "audio/ogg; codecs=opus", "voice": True},
            "document": media | {"mime_type": "application/pdf", "filename": "Tenancy contract.pdf"},
            "sticker": media | {"mime_type": "image/webp", "animated": False},
            "location": {"latitude": 25.08, "longitude": 55.14, "name": "Marina Gate 1", "address": "Dubai Marina"},
            "interactive": {"type": "button_reply", "button_reply": {"id": "view", "title": "Book a viewing"}},
            "reaction": {"message_id": f"wamid.out{number}", "emoji": draw.choice("👍❤😂")},
            "contacts": [{"name": {"formatted_name": "Agent"}, "phones": [{"phone": "+971 50 000 0000"}]}],
        }
        return parts[kind]

    def disorder(self, updates: list[Update]) -> list[Update]:
        """Swap neighbours and repeat some messages later, as often as the mix says."""
        found = list(updates)
        for index in range(len(found) - 1):
            if self._random.random() < self.mix.swapped:
                found[index], found[index + 1] = found[index + 1], found[index]
        again = [update for update in updates if self._random.random() < self.mix.duplicates]
        for update in again:
            found.insert(self._random.randint(found.index(update), len(found)), update)
        return found

    def bodies(self, updates: list[Update], size: int) -> Iterator[bytes]:
        """Put messages into bodies of so many updates each."""
        for first in range(0, len(updates), size):
            yield webhook_body(self.channel, updates[first : first + size])


def webhook_body(channel: str, updates: list[Update], statuses: list[dict[str, Any]] | None = None) -> bytes:
    """Write one webhook's body.

    Args:
        channel: the business's phone number id.
        updates: its messages, at most 1,000 with the statuses.
        statuses: reports about sent messages.

    Returns:
        JSON.
    """
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "97140000000", "phone_number_id": channel},
    }
    if updates:
        people = {id(update.person): update.person for update in updates}
        value["contacts"] = [person.contact() for person in people.values()]
        value["messages"] = [update.message for update in updates]
    if statuses:
        value["statuses"] = statuses
    document = {
        "object": "whatsapp_business_account",
        "entry": [{"id": BUSINESS_ACCOUNT, "changes": [{"field": "messages", "value": value}]}],
    }
    return json.dumps(document, ensure_ascii=False).encode()
