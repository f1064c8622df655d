"""Rows of which a cell holds only the beginning: kept whole in the ledger, since their logs are trimmed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from actors.sheets.batch import Entry
from actors.sheets.columns import is_cut
from actors.sheets.ledger import Ledger
from actors.sheets.log_source import ROWS_FILE_PARTITION
from actors.sheets.redaction import Forgotten
from messages.row import ROW, Row
from messages.wire import encode


class WholeRows:
    """The rows of a ledger that are longer than a spreadsheet's cells.

    Args:
        ledger: keeps them; changed in its transactions.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def keep(self, rows: Iterable[tuple[Entry, Row]], forgotten: Forgotten) -> None:
        """Keep those of a batch's rows that were cut; inside a transaction.

        Args:
            rows: a batch that landed; rows of the embedded sink's file stay whole there.
            forgotten: whose rows are not kept.
        """
        for entry, row in rows:
            if is_cut(row) and entry.partition != ROWS_FILE_PARTITION and not forgotten.covers(row):
                self._ledger.execute("INSERT OR REPLACE INTO whole(letter,data) VALUES(?,?)", (row.row_id, encode(row)))

    def of(self, row_id: str) -> dict[str, Any] | None:
        """Return a row as it was decided, by field; None where it was not cut."""
        found = self._ledger.fetch("SELECT data FROM whole WHERE letter=?", (row_id,))
        if not found:
            return None
        row = ROW.decode(found[0][0])
        fields: dict[str, Any] = msgspec.to_builtins(
            {name: getattr(row, name) for name in row.__struct_fields__ if name != "v"}
        )
        return fields
