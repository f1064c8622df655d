"""The errors of the store, one base class for all."""

from __future__ import annotations


class StoreError(Exception):
    """Base of the errors of this package."""


class FolderMissing(StoreError):
    """There is no data folder, or no environment, at this path."""


class FolderLocked(StoreError):
    """Another system uses the data folder."""


class FolderDamaged(StoreError):
    """A file of the data folder is missing, unreadable or has other contents than it should."""


class FormatUnknown(StoreError):
    """The data folder was made by another version whose format this one does not know."""


class QueueFull(StoreError):
    """The log holds as many bytes as it may; nothing was written."""


class DiskFull(StoreError):
    """The disk has no room; nothing was written, and writing works again when there is."""


class Fenced(StoreError):
    """A newer owner has taken over; nothing was written, and this one has to stop."""


class LogDamaged(StoreError):
    """An environment's pages or its counters contradict themselves."""
