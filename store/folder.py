"""The data folder: its format, its keys, its lock, and where everything in it lies.

format.json            format version, partitions, created, id
frame.key              32 random bytes, mode 0600
lock                   the lock's file
runtime.json           what the running system tells others: ports, process ids
inbox/000 ...          a partition's log of what came in (writer: the gateway)
state/000 ...          a partition's state (writer: its shard)
rejects                log of input that could not become a message
rows.sqlite            the embedded sink's rows
media/                 kept files, by content
wipe                   asks the next start to write the databases anew (store/wipe.py)
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

import msgspec

from store.errors import FolderDamaged, FolderMissing, FormatUnknown, StoreError
from store.files import read_private, sync_directory, write_private
from store.lock import FolderLock
from store.log import LogWriter
from store.partition import PartitionState

FORMAT = 1
MAX_PARTITIONS = 256
_FORMAT_FILE = "format.json"
_KEY_FILE = "frame.key"
_KEY_BYTES = 32
_OWN = frozenset({_FORMAT_FILE, _KEY_FILE, "lock", "runtime.json", "inbox", "state", "rejects", "rows.sqlite", "media"})


class _Format(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    partitions: int
    created: str
    id: str


class DataFolder:
    """A data folder; ``create``, ``open`` or ``open_or_create`` one.

    Attributes:
        path: where it is.
        partitions: how many partitions it has, fixed for its life.
        id: its identity, 32 hex digits.
        created: when it was made, ISO 8601 in UTC.
        rows_file: the embedded sink's SQLite file.
        media: the directory of kept files.
        runtime: the file in which the running system tells where it is.
    """

    def __init__(self, path: Path, facts: _Format) -> None:
        self.path = path
        self.partitions = facts.partitions
        self.id = facts.id
        self.created = facts.created
        self.rows_file = path / "rows.sqlite"
        self.media = path / "media"
        self.runtime = path / "runtime.json"

    @classmethod
    def create(cls, path: Path, *, partitions: int = 8) -> DataFolder:
        """Make a data folder; one whose making was interrupted is completed.

        Args:
            path: where; missing, empty, or left over from an interrupted ``create``.
            partitions: 1 to 256; cannot be changed later.

        Returns:
            the folder.

        Raises:
            FolderDamaged: something else is there already, a finished data folder too.
            DiskFull, StoreError: it cannot be made.
            ValueError: the number of partitions is out of range.
        """
        if not 1 <= partitions <= MAX_PARTITIONS:
            raise ValueError(f"partitions: {partitions} is not between 1 and {MAX_PARTITIONS}")
        path = Path(path).absolute()
        if path.exists() and not path.is_dir():
            raise FolderDamaged(f"{path}: is not a directory")
        present = {entry.name for entry in path.iterdir()} if path.exists() else set()
        if _FORMAT_FILE in present:
            raise FolderDamaged(f"{path}: is a data folder already")
        strange = {name for name in present if name not in _OWN and not name.startswith(".new-")}
        if strange:
            raise FolderDamaged(f"{path}: has other contents already: {', '.join(sorted(strange)[:5])}")
        facts = _Format(
            format=FORMAT,
            partitions=partitions,
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            id=secrets.token_hex(16),
        )
        folder = cls(path, facts)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.media.mkdir(mode=0o700, exist_ok=True)
            (path / "inbox").mkdir(mode=0o700, exist_ok=True)
            (path / "state").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path}: cannot be made: {error.strerror}") from error
        if not (path / _KEY_FILE).exists():
            write_private(path / _KEY_FILE, secrets.token_bytes(_KEY_BYTES))
        for partition in range(partitions):  # made here, so that readers find them whoever opens first
            LogWriter(folder.inbox(partition)).close()
            PartitionState(folder.state(partition), owner="create").close()
            sync_directory(folder.inbox(partition))
            sync_directory(folder.state(partition))
        LogWriter(folder.rejects()).close()
        sync_directory(folder.rejects())
        sync_directory(path / "inbox")
        sync_directory(path / "state")
        # The format file comes last: with it the folder is complete.
        write_private(path / _FORMAT_FILE, msgspec.json.format(msgspec.json.encode(facts)) + b"\n")
        return folder

    @classmethod
    def open(cls, path: Path) -> DataFolder:
        """Open a data folder.

        Args:
            path: where it is.

        Returns:
            the folder.

        Raises:
            FolderMissing: there is none.
            FormatUnknown: another version made it.
            FolderDamaged: its format file cannot be understood.
        """
        path = Path(path).absolute()
        data = read_private(path / _FORMAT_FILE)
        if data is None:
            raise FolderMissing(f"{path}: no data folder is here")
        try:
            version = msgspec.json.decode(data, type=dict[str, Any]).get("format")
            if version != FORMAT:
                raise FormatUnknown(f"{path}: has format {version!r}, this version knows format {FORMAT}")
            facts = msgspec.json.decode(data, type=_Format)
        except msgspec.DecodeError as error:
            raise FolderDamaged(f"{path / _FORMAT_FILE}: {error}") from error
        if not 1 <= facts.partitions <= MAX_PARTITIONS:
            raise FolderDamaged(f"{path / _FORMAT_FILE}: {facts.partitions} partitions")
        return cls(path, facts)

    @classmethod
    def open_or_create(cls, path: Path, *, partitions: int = 8) -> DataFolder:
        """Open a data folder, or make it; an existing one keeps its number of partitions."""
        try:
            return cls.open(path)
        except FolderMissing:
            return cls.create(path, partitions=partitions)

    def frame_key(self) -> bytes:
        """Give the 32 secret bytes for the HMACs of frames and of local input.

        Raises:
            FolderDamaged: the key's file is missing, has another length, or others may read it.
        """
        file = self.path / _KEY_FILE
        data = read_private(file)
        if data is None or len(data) != _KEY_BYTES:
            raise FolderDamaged(f"{file}: the key is missing or is not {_KEY_BYTES} bytes")
        if file.stat().st_mode & 0o077:
            raise FolderDamaged(f"{file}: other users can read the key; its mode has to be 0600")
        return data

    def lock(self, purpose: str) -> FolderLock:
        """Lock the folder for one system; what forked actors inherit is told at ``FolderLock``.

        Args:
            purpose: what the holder does, for the error that others get.

        Raises:
            FolderLocked: another system holds it.
        """
        return FolderLock(self.path / "lock", purpose)

    def partition_of(self, conversation: str) -> int:
        """Give a conversation's partition, from 0: a stable hash (BLAKE2b, 8 bytes big-endian, modulo)."""
        raw = conversation.encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "big") % self.partitions

    def inbox(self, partition: int) -> Path:
        """Give the directory of a partition's inbox log."""
        return self.path / "inbox" / self._name(partition)

    def state(self, partition: int) -> Path:
        """Give the directory of a partition's state."""
        return self.path / "state" / self._name(partition)

    def rejects(self) -> Path:
        """Give the directory of the log of input that could not become a message."""
        return self.path / "rejects"

    def _name(self, partition: int) -> str:
        if not 0 <= partition < self.partitions:
            raise ValueError(f"partition {partition} is not between 0 and {self.partitions - 1}")
        return f"{partition:03d}"

    def write_runtime(self, facts: dict[str, Any]) -> None:
        """Tell others where the running system is: replaces the file at once, mode 0600.

        Args:
            facts: JSON values.

        Raises:
            DiskFull, StoreError: the old file stays.
        """
        write_private(self.runtime, json.dumps(facts, indent=1, sort_keys=True).encode())

    def read_runtime(self) -> dict[str, Any] | None:
        """Give what the running system told, or None.

        Raises:
            FolderDamaged: the file cannot be understood.
        """
        data = read_private(self.runtime)
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise FolderDamaged(f"{self.runtime}: {error}") from error

    def clear_runtime(self) -> None:
        """Remove what this process's system told; what another one's told by now stays."""
        try:
            facts = self.read_runtime() or {}
        except FolderDamaged:
            facts = {}  # whose it was cannot be told, and nobody can use it
        if facts.get("pid", os.getpid()) == os.getpid():
            self.runtime.unlink(missing_ok=True)
