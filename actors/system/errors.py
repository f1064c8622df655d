"""Errors of the system's own parts."""

from __future__ import annotations


class SystemFault(Exception):
    """Base of the errors of this package."""


class SettingsError(SystemFault):
    """A settings file, key or value is wrong."""


class NotRunning(SystemFault):
    """No system runs on the data folder."""


class NotReady(SystemFault):
    """The system, or a part of it, did not become ready in time."""
