"""How often, and in which way, the local WhatsApp server misbehaves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Faults:
    """Shares between 0 and 1.

    Attributes:
        server_error: sends answered by a 500 with an error code that may be tried again; nothing is sent.
        lost_answer: sends that are taken, and whose connection is then cut without an answer.
        gateway_error: sends that are taken, and answered by a 502 of a server in between.
        undeliverable: sends refused for good (131026).
        status_lost: status webhooks that never come.
        status_twice: status webhooks that come twice.
        status_late_s: the longest delay of a status; each is drawn anew, so that they change places.
        media_error: media requests answered by a 500.
        media_corrupt: downloads with a wrong byte.
        media_cut: downloads that end early.
    """

    server_error: float = 0.0
    lost_answer: float = 0.0
    gateway_error: float = 0.0
    undeliverable: float = 0.0
    status_lost: float = 0.0
    status_twice: float = 0.0
    status_late_s: float = 0.0
    media_error: float = 0.0
    media_corrupt: float = 0.0
    media_cut: float = 0.0
