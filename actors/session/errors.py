"""Errors of sessions."""

from __future__ import annotations


class SessionError(Exception):
    """Base of the errors of this package."""


class IllegalTransition(SessionError):
    """An event came that the session's phase does not allow."""


class StaleAnswer(SessionError):
    """An answer came for work that the session has given up or done."""
