"""Strike a forgotten conversation out of the gateway's logs: the inbox, and input that never became a message."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from messages.inbound import INBOX_ENTRY, Inbound, Struck
from messages.row import REJECT, Reject
from messages.wire import WireError, encode
from store.log import LogWriter

STRUCK_REASON = "forgotten on request"


def strike_messages(log: LogWriter, conversation: str, before: int) -> int:
    """Put an empty entry in place of each message of a conversation.

    Args:
        log: a partition's inbox.
        conversation: its key.
        before: the first position to leave alone; all of the conversation's entries before it are finished.

    Returns:
        how many were struck.

    Raises:
        DiskFull, Fenced: nothing was struck.
    """
    needle = conversation.encode("utf-8", "surrogatepass")
    return log.replace(
        {
            position: encode(Struck())
            for position, raw in _entries(log)
            if position < before and needle in raw and _is_of(raw, conversation)
        }
    )


def strike_rejects(log: LogWriter, names: Iterable[str]) -> int:
    """Put an empty reject in place of each that names somebody.

    Args:
        log: the rejects.
        names: the conversation's key, and the ids that lead to it; each counts where it stands as a whole word, in
            plain text or escaped as in JSON.

    Returns:
        how many were struck.

    Raises:
        DiskFull, Fenced: nothing was struck.
    """
    forms = {form for name in names if name for form in (name, json.dumps(name)[1:-1])}
    if not forms:
        return 0
    named = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in sorted(forms)))
    changes = {}
    for position, raw in _entries(log):
        try:
            reject = REJECT.decode(raw)
        except WireError:
            continue
        text = f"{reject.where}\n{reject.reason}\n{reject.raw.decode('utf-8', 'replace')}"
        if named.search(text):
            changes[position] = encode(Reject(where="", reason=STRUCK_REASON, at_ms=reject.at_ms, run=reject.run))
    return log.replace(changes)


def _entries(log: LogWriter) -> Iterator[tuple[int, bytes]]:
    position = 0
    while entries := log.read(position):
        position = entries[-1][0] + 1
        yield from entries


def _is_of(raw: bytes, conversation: str) -> bool:
    try:
        entry = INBOX_ENTRY.decode(raw)
    except WireError:
        return False
    return isinstance(entry, Inbound) and entry.conversation == conversation
