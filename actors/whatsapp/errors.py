"""Errors of the WhatsApp channel."""

from __future__ import annotations


class WhatsAppError(Exception):
    """Base of the errors of this folder."""


class PayloadError(WhatsAppError):
    """A request's body that is not a payload at all."""


class MediaError(WhatsAppError):
    """A file that could not be fetched.

    Args:
        reason: one clear line, fit for the row's note.
        retry: whether a later try may succeed.
        expired: whether the link has to be asked for again.
    """

    def __init__(self, reason: str, *, retry: bool = False, expired: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.expired = expired


class TemplateError(WhatsAppError):
    """A reply template that cannot be used."""


class InventoryError(WhatsAppError):
    """A table of properties that cannot be read."""
