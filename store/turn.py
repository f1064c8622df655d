"""What a shard decides in one turn, gathered in memory until it is committed."""

from __future__ import annotations

import struct

from store.errors import StoreError

CLAIM = struct.Struct(">QQ")
DIGEST_BYTES = 16


class Turn:
    """All effects of a turn; nothing touches the disk before ``PartitionState.commit``.

    A later word on the same session, digest, letter, tally or fact replaces the earlier one. A turn whose commit
    failed may be committed again, one that succeeded may not.
    """

    __slots__ = ("claims", "committed", "cursor", "facts", "letters", "replies", "rows", "sessions", "tallies")

    def __init__(self) -> None:
        self.sessions: dict[str, bytes | None] = {}
        self.claims: dict[bytes, bytes] = {}
        self.rows: list[bytes] = []
        self.replies: list[bytes] = []
        self.letters: dict[str, bytes | None] = {}
        self.tallies: dict[str, bytes | None] = {}
        self.facts: dict[str, bytes | None] = {}
        self.cursor: int | None = None
        self.committed = False

    def put_session(self, key: str, snapshot: bytes) -> None:
        """Store a session's snapshot."""
        self.sessions[key] = snapshot

    def drop_session(self, key: str) -> None:
        """Forget a session."""
        self.sessions[key] = None

    def claim(self, digest: bytes, position: int, expires_ms: int) -> None:
        """Claim a message as finished.

        Args:
            digest: the message's dedup key, 16 bytes. Where its first bytes come from the conversation, the keys of
                one conversation lie together on disk, and a commit writes fewer pages.
            position: its position in the inbox.
            expires_ms: when the claim may be forgotten, milliseconds since 1970 UTC; 0 is never.

        Raises:
            ValueError: the digest is not 16 bytes.
        """
        if len(digest) != DIGEST_BYTES:
            raise ValueError(f"a digest is {DIGEST_BYTES} bytes, not {len(digest)}")
        self.claims[digest] = CLAIM.pack(position, expires_ms)

    def add_row(self, row: bytes) -> None:
        """Append a row for the sink."""
        self.rows.append(row)

    def add_reply(self, reply: bytes) -> None:
        """Append a reply for delivery."""
        self.replies.append(reply)

    def put_letter(self, letter_id: str, letter: bytes) -> None:
        """Store a dead letter."""
        self.letters[letter_id] = letter

    def drop_letter(self, letter_id: str) -> None:
        """Remove a dead letter."""
        self.letters[letter_id] = None

    def put_tally(self, run: str, tally: bytes) -> None:
        """Store the counts of a feed."""
        self.tallies[run] = tally

    def put_fact(self, key: str, value: bytes) -> None:
        """Store a small named value."""
        self.facts[key] = value

    def set_cursor(self, position: int) -> None:
        """Move the inbox's low-water mark: everything before it is done."""
        self.cursor = position

    @property
    def empty(self) -> bool:
        """Whether there is nothing to commit."""
        return self.cursor is None and not (
            self.sessions or self.claims or self.rows or self.replies or self.letters or self.tallies or self.facts
        )

    def require_open(self) -> None:
        """Refuse a turn that was committed already: its rows would be appended twice.

        Raises:
            StoreError: it was.
        """
        if self.committed:
            raise StoreError("this turn was committed already")
