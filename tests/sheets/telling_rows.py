"""Rows that say something personal in every field that can, and how to see that nothing of it is left."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from messages.inbound import Attachment
from messages.row import Row
from messages.understanding import Entity

THEN = 1_700_000_000_000
SINK = "sink@majlis-local.iam.gserviceaccount.com"


def ids(numbers: Any) -> list[str]:
    return [f"{n:032x}" for n in numbers]


def telling(row: Callable[..., Row], number: int, conversation: str = "c1", **more: Any) -> Row:
    """A row that says something personal in every field that can."""
    facts: dict[str, Any] = {
        "sender": "971501234567",
        "sender_name": "Sophie Bennett",
        "text": "my secret is 4711",
        "entities": (
            Entity(type="person", start=0, end=6, text="Sophie", value="Sophie", confidence=1.0, layer="rule"),
        ),
        "thread": "Sophie's flat",
        "attachments": (Attachment(name="passport Sophie.pdf", sha256="ab"),),
        "reply": "Dear Sophie",
        "notes": ("passport Sophie.pdf was not read",),
        "message_id": f"wamid.SBDQ{number}",
        "intent": "inquiry",
    }
    return row(number, conversation, **{**facts, **more})


SECRETS = ("Sophie", "4711", "971501234567", "Dear", "wamid", "passport")


def assert_told_nothing(rows: list[list[Any]]) -> None:
    text = json.dumps(rows)
    assert not [secret for secret in SECRETS if secret in text], text
