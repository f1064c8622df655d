"""Admin verbs about what a ledger keeps: refused rows, rows that were cut, requests to forget; both sinks answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from actors.sheets.errors import LedgerError, SheetsError
from actors.sheets.forgetting import Forgetting
from actors.sheets.ledger import LEDGER_FILE, Ledger
from actors.sheets.refused import RefusedRows, answer_letters
from actors.sheets.whole_rows import WholeRows
from store.folder import DataFolder
from supervision.errors import AdminError

LETTER_VERBS = frozenset({"dlq_list", "dlq_show", "dlq_replay", "dlq_purge"})
LEDGER_VERBS = LETTER_VERBS | {"dead", "forgetting", "whole"}


def answer_ledger(ledger: Ledger, forgetting: Forgetting, verb: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Answer a verb.

    Args:
        ledger: the ledger.
        forgetting: its requests to forget.
        verb: one of ``LEDGER_VERBS``.
        arguments: its arguments.

    Returns:
        the facts.

    Raises:
        AdminError: an argument is wrong, or the ledger cannot be written.
    """
    refused = RefusedRows(ledger)
    try:
        if verb == "whole":
            return {"row": WholeRows(ledger).of(arguments.get("row", ""))}
        if verb == "forgetting":
            return {"forgetting": forgetting.status()}
        if verb == "dead":
            rows = refused.rows(max(1, int(arguments.get("limit", "100"))))
            return {
                "dead": [
                    {
                        "letter": r.letter,
                        "partition": r.partition,
                        "position": r.position,
                        "reason": r.reason,
                        "attempts": r.attempts,
                        "at_ms": r.at_ms,
                    }
                    for r in rows
                ]
            }
        return answer_letters(refused, verb, arguments)
    except (SheetsError, ValueError) as error:
        raise AdminError(str(error)) from error


def key_in(arguments: Mapping[str, str]) -> str:
    """Return the conversation that a request names.

    Raises:
        AdminError: it names none.
    """
    conversation = arguments.get("conversation", "")
    if not conversation:
        raise AdminError("name a conversation: its key, as the rows show it")
    return conversation


@contextmanager
def ledger_of(folder: DataFolder, *, reading: bool = False) -> Iterator[Ledger | None]:
    """Hold a folder's ledger for a moment, for a process that is not the Google Sheets sink.

    Args:
        folder: the data folder.
        reading: only look, beside whoever holds it.

    Yields:
        the ledger, None where none was ever made.

    Raises:
        LedgerError: another process holds it, or it cannot be used.
    """
    path = folder.path / LEDGER_FILE
    if not path.exists():
        yield None
        return
    ledger = Ledger(path, reading=reading)
    try:
        yield ledger
    finally:
        ledger.close()


def answer_from(folder: DataFolder, verb: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Answer a verb of the ledger while the embedded sink runs.

    Args:
        folder: the data folder.
        verb: one of ``LEDGER_VERBS``.
        arguments: its arguments.

    Returns:
        the facts; nothing is set aside where there is no ledger.

    Raises:
        AdminError: ``majlis rows push`` holds the ledger, or an argument is wrong.
    """
    empty: dict[str, Callable[[], dict[str, Any]]] = {
        "dlq_list": lambda: {"total": 0, "letters": []},
        "dlq_show": lambda: {"letter": None},
        "dlq_replay": lambda: {"replayed": []},
        "dlq_purge": lambda: {"purged": []},
        "dead": lambda: {"dead": []},
        "forgetting": lambda: {"forgetting": []},
        "whole": lambda: {"row": None},
    }
    try:
        with ledger_of(folder, reading=verb not in {"dlq_replay", "dlq_purge"}) as ledger:
            if ledger is None:
                return empty[verb]()
            return answer_ledger(ledger, Forgetting(ledger), verb, arguments)
    except LedgerError as error:
        raise AdminError(f"{error}; ask again when `majlis rows push` has ended") from error
