"""Sends of which nobody knows whether they went out, and for how long that may stay so."""

from __future__ import annotations

from actors.whatsapp.settings import DeliverySettings


class Doubt:
    """One such send.

    Args:
        since_ms: when the doubt began, milliseconds since 1970 UTC.

    Attributes:
        heard_ms: when the number first reported anything after that, 0 for not yet: from then on silence about this
            send means something.
    """

    __slots__ = ("heard_ms", "since_ms")

    def __init__(self, since_ms: int) -> None:
        self.since_ms = since_ms
        self.heard_ms = 0

    def settled_ms(self, settings: DeliverySettings) -> int:
        """Tell when it is settled without a word about it.

        Args:
            settings: of delivery.

        Returns:
            milliseconds since 1970 UTC.
        """
        last_ms = self.since_ms + int(settings.settle_max_s * 1000)
        return min(last_ms, self.heard_ms + int(settings.settle_s * 1000)) if self.heard_ms else last_ms
