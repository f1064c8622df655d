"""Who is ready, by name: kept by the root, pushed to every actor."""

from __future__ import annotations

from dataclasses import dataclass

from messages.control import Directory
from supervision.parcel import Address


@dataclass(frozen=True, slots=True)
class Entry:
    """A ready actor."""

    incarnation: int
    address: Address


class DirectoryBook:
    """The root's list of ready actors, and who has seen which version of it.

    An actor gets the next version only when it has acknowledged the last: changes coalesce, and one that hangs has at
    most one directory on its way.
    """

    def __init__(self) -> None:
        self.version = 0
        self.entries: dict[str, Entry] = {}
        self._sent: dict[tuple[str, int], int] = {}
        self._seen: dict[tuple[str, int], int] = {}

    def add(self, name: str, incarnation: int, address: Address) -> bool:
        """Enter a ready actor; an older life of it does not replace a newer.

        Returns:
            whether the list changed.
        """
        present = self.entries.get(name)
        if present is not None and present.incarnation >= incarnation:
            return False
        self.entries[name] = Entry(incarnation, address)
        self.version += 1
        return True

    def remove(self, name: str, incarnation: int) -> list[tuple[str, int]]:
        """Strike out an actor that is gone, and all below it, whose processes die with it.

        Returns:
            names and incarnations that were struck out.
        """
        present = self.entries.get(name)
        gone = [each for each in self.entries if each.startswith(f"{name}/")]
        if present is not None and present.incarnation <= incarnation:
            gone.append(name)
        struck = []
        for each in gone:
            entry = self.entries.pop(each)
            struck.append((each, entry.incarnation))
            self._sent.pop((each, entry.incarnation), None)
            self._seen.pop((each, entry.incarnation), None)
        self.version += bool(gone)
        return struck

    def seen(self, name: str, incarnation: int, version: int) -> None:
        """Record an acknowledgement."""
        self._seen[name, incarnation] = version

    def settled(self) -> bool:
        """Tell whether everybody has seen the present version."""
        return all(self._seen.get((name, entry.incarnation)) == self.version for name, entry in self.entries.items())

    def due(self) -> list[tuple[str, Entry]]:
        """List who is to be sent the present version now; they count as sent to."""
        result = []
        for name, entry in self.entries.items():
            key = (name, entry.incarnation)
            sent = self._sent.get(key, 0)
            if sent < self.version and self._seen.get(key, 0) == sent:
                self._sent[key] = self.version
                result.append((name, entry))
        return result

    def message(self) -> tuple[Directory, tuple[Address, ...]]:
        """Make the message with the addresses that go beside it."""
        names = tuple(self.entries)
        incarnations = tuple(entry.incarnation for entry in self.entries.values())
        addresses = tuple(entry.address for entry in self.entries.values())
        return Directory(version=self.version, names=names, incarnations=incarnations), addresses
