"""Which spreadsheet is written to now, and how the next one is taken when it is full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.sheets.ledger import Ledger
from actors.sheets.making import Maker
from actors.sheets.settings import SheetsSettings
from actors.sheets.target import Target, TargetBlockedError


class Spreadsheets:
    """The named spreadsheets and those that were made after them.

    Args:
        ledger: keeps which one is current, and what is known of each.
        http: gspread's HTTP client.
        settings: their names.
        owner: who we are, for the owner's stamp.
        report: told what a person should know.
    """

    def __init__(
        self, ledger: Ledger, http: Any, settings: SheetsSettings, owner: str, report: Callable[[str], None]
    ) -> None:
        self._ledger, self._http, self._settings = ledger, http, settings
        self._owner, self._report = owner, report
        self._maker = Maker(ledger, http, settings, owner.split(":", 1)[0], report)
        self._targets: dict[str, Target] = {}
        self.rolled_over = 0

    def current(self) -> str:
        """Return the id of the spreadsheet that new batches go to, "" where none is named."""
        named = self._settings.spreadsheets()
        first = named[0] if named else ""
        kept = self._ledger.fact("spreadsheet")
        # A person who names another first spreadsheet wants to begin anew there.
        return kept if kept and self._ledger.fact("configured") == first else first

    def peek(self, spreadsheet: str) -> Target:
        """Return a spreadsheet as it is known, without a call."""
        if spreadsheet not in self._targets:
            kept = self._ledger.fact(f"sheet:{spreadsheet}")
            self._targets[spreadsheet] = Target(
                self._http,
                spreadsheet,
                self._settings,
                self._owner,
                self._report,
                sheet_id=int(kept) if kept else None,
            )
        return self._targets[spreadsheet]

    def ready(self, spreadsheet: str) -> Target:
        """Return a spreadsheet that is claimed and looked at.

        Raises:
            CallFailed: a call failed.
            FencedError, FullError, TargetBlockedError: it cannot be written to.
        """
        target = self.peek(spreadsheet)
        if not target.epoch:
            epoch = target.claim(int(self._ledger.fact(f"epoch:{spreadsheet}", "0")))
            with self._ledger.transaction():
                self._ledger.set_fact(f"epoch:{spreadsheet}", str(epoch))
                self._ledger.raise_sequence(target.highest_stamp + 1)
        if target.sheet is None:
            self.inspect(target)
        return target

    def checked(self, spreadsheet: str) -> tuple[Target, bool]:
        """Look at a spreadsheet after it refused something.

        Returns:
            the spreadsheet, and whether it is another than the sink took it for.

        Raises:
            CallFailed: a call failed.
            FencedError, FullError, TargetBlockedError: it cannot be written to.
        """
        target = self.peek(spreadsheet)
        if not target.epoch or target.sheet is None:
            return self.ready(spreadsheet), True
        return target, self.inspect(target)

    def look_again(self, spreadsheet: str) -> None:
        """Learn where the columns are now; one read where the worksheet is known.

        Raises:
            CallFailed: a call failed.
            FencedError, FullError, TargetBlockedError: it cannot be written to.
        """
        target = self.peek(spreadsheet)
        if not target.epoch or target.sheet is None:
            self.ready(spreadsheet)
        elif not target.read_again():
            self.inspect(target)

    def inspect(self, target: Target) -> bool:
        """Look at a spreadsheet, and remember its worksheet; see :meth:`Target.inspect`."""
        changed = target.inspect()
        known = str(target.sheet_id)
        if self._ledger.fact(f"sheet:{target.spreadsheet}") != known:
            with self._ledger.transaction():
                self._ledger.set_fact(f"sheet:{target.spreadsheet}", known)
        return changed

    def roll_over(self, spreadsheet: str, reason: str) -> str:
        """Take the next spreadsheet.

        Args:
            spreadsheet: the one that is full.
            reason: how that is known, for a person.

        Returns:
            the id of the next one.

        Raises:
            TargetBlockedError: there is none, and none may be made.
            CallFailed: it could not be made.
        """
        named = self._settings.spreadsheets()
        made = False
        after = named.index(spreadsheet) + 1 if spreadsheet in named else len(named)
        if after < len(named):
            chosen = named[after]
        elif self._settings.create_spreadsheets:
            chosen, made = self._maker.make(reason), True
        else:
            raise TargetBlockedError(
                f"the spreadsheet is full ({reason}): name another one in sheets.spare_spreadsheets; "
                "rows wait until then"
            )
        with self._ledger.transaction():
            self._ledger.set_fact("spreadsheet", chosen)
            self._ledger.set_fact("configured", named[0] if named else "")
            if made:
                self._maker.finish()
        self._report(f"{reason}: it goes on in spreadsheet {chosen}")
        self.rolled_over += 1
        return chosen
