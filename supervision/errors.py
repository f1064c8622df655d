"""The errors of this package."""

from __future__ import annotations


class SupervisionError(Exception):
    """Base of the errors of this package."""


class SpecError(SupervisionError, ValueError):
    """A declaration of children that cannot be carried out."""


class UnknownVerbError(SupervisionError):
    """An admin verb that the actor does not know."""


class AdminError(SupervisionError):
    """An admin request that cannot be carried out; its text is the answer."""
