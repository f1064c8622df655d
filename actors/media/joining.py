"""Join what was read of a message's files to its text, and say on the row what was read and by what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from messages.media import Reading

MOST_CHARS = 4000
"""Of one file that go into understanding: a message is understood, not a library."""


def joined_text(text: str, readings: Iterable[Reading]) -> str:
    """Give the text that is understood: the message's own, then what was read of each file.

    Args:
        text: the message's text or caption.
        readings: of its files, in order.

    Returns:
        the parts that are not empty, a line feed between them; offsets into the message's own text stay right.
    """
    parts = [text, *(reading.text[:MOST_CHARS].strip() for reading in readings)]
    return "\n".join(part for part in parts if part)


def row_note(reading: Reading) -> str:
    """Say on the row what was read of a file, or why nothing was.

    Args:
        reading: of the file.

    Returns:
        one line, such as ``read by easyocr (0.87)`` or ``unread: it is protected with a password``.
    """
    if reading.error:
        return "; ".join([f"unread: {reading.error}", *reading.notes])
    engine = f"read by {reading.engine} ({reading.confidence:.2f})" if reading.text else f"no text ({reading.engine})"
    return "; ".join([engine, *reading.notes])


def for_the_row(reading: Reading, most_chars: int = MOST_CHARS) -> Reading:
    """Leave out of a reading what only the gallery keeps: bytes, words' times, tables, the rest of a long text.

    Args:
        reading: a reading.
        most_chars: of its text.

    Returns:
        the small reading.
    """
    import msgspec

    notes: Sequence[str] = reading.notes
    if len(reading.text) > most_chars:
        notes = (*notes, f"the first {most_chars} of {len(reading.text)} letters of its text")
    return msgspec.structs.replace(
        reading, text=reading.text[:most_chars], notes=tuple(notes), cleaned=b"", thumbnail=b"", words=(), tables=()
    )
