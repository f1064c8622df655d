"""A supervisor's hold on one child's process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from supervision.parcel import Address


@dataclass(slots=True)
class Handle:
    """A child's process as its supervisor holds it.

    Attributes:
        incarnation: which life.
        created: Thespian's address of it, good for sending as soon as it was made.
        process: the ``multiprocessing.Process``; knows whether it lives, and its exit status.
        address: its real address, once it is ready.
        begun: when it was made, monotonic seconds.
        told: how often it was told to start.
        silent: heartbeats in a row without an answer.
    """

    incarnation: int
    created: Address
    process: Any
    address: Address | None = None
    begun: float = 0.0
    told: int = 1
    silent: int = 0
