"""The stamps that batches leave in a spreadsheet: what they say, how many there are, and which may go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.sheets.batch import Batch
from actors.sheets.ledger import Ledger
from actors.sheets.settings import SheetsSettings
from actors.sheets.target import STAMP_KEY, stamp_request

_MAX_PRUNED = 20
_MAX_STAMPS = 450
"""Stamps of 53 characters that are left in place at most: 24,000 of the 30,000 characters that Google allows."""


class Stamps:
    """One data folder's stamps.

    Args:
        ledger: knows which there are.
        settings: how many are kept, and for how long.
        owner: who we are. Stamps tell whose they are: numbers of another data folder's sink are no doubles of ours.
        clock_ms: milliseconds since 1970 UTC.
    """

    def __init__(self, ledger: Ledger, settings: SheetsSettings, owner: str, clock_ms: Callable[[], int]) -> None:
        self._ledger, self._settings, self._clock_ms = ledger, settings, clock_ms
        self._mine = owner.split(":", 1)[0][:8]

    def request(self, batch: Batch, value: str) -> dict[str, Any]:
        """Return the request that creates a batch's stamp."""
        return stamp_request(batch.sequence, STAMP_KEY, f"{self._mine}:{value}")

    def read(self, found: tuple[str, str]) -> tuple[str, bool]:
        """Return a stamp's value, and whether it is one of ours.

        Args:
            found: key and value of the metadata.
        """
        key, whole = found
        owner, _, value = whole.partition(":")
        return value, key == STAMP_KEY and owner == self._mine

    def prunable(self, spreadsheet: str) -> list[int]:
        """Return numbers of stamps that may be deleted now."""
        before = self._clock_ms() - int(self._settings.prune_after_s * 1000)
        return self._ledger.prunable(spreadsheet, self._settings.keep_stamps, before, _MAX_PRUNED)

    def no_room(self, spreadsheet: str) -> bool:
        """Tell whether stamps have to wait: late attempts may still be on their way, so theirs have to stay."""
        return self._ledger.stamps(spreadsheet) > _MAX_STAMPS and not self.prunable(spreadsheet)
