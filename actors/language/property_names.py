"""A worker's gazetteer: built-in names, the user's files, and projects and places of the table of properties."""

from __future__ import annotations

from pathlib import Path

from actors.language.gazetteer import Gazetteer, configured
from actors.sheets.lookup_files import LookupRows, lookup_file, property_names, read_lookup, signature


class PropertyNames:
    """Known names that follow the table of properties in a data folder.

    Args:
        folder: the data folder.

    Attributes:
        gazetteer: to be handed to an extractor; it changes in place.
        trouble: why the table, or lines of it, cannot be used; "" where all is well. The last names stay.

    Raises:
        GazetteerError: a file of the user's is wrong.
    """

    def __init__(self, folder: Path) -> None:
        self._path = lookup_file(folder, "properties")
        self._seen: tuple[int, ...] | None = None
        self.trouble = ""
        self.gazetteer: Gazetteer = configured()
        self.refresh()

    def refresh(self) -> bool:
        """Take up the table where it was replaced.

        Returns:
            whether it was: then ``trouble`` is new.
        """
        now = signature(self._path)
        if now == self._seen:
            return False
        self._seen = now
        try:
            read = read_lookup(self._path) if now is not None else LookupRows((), ())
        except (OSError, ValueError) as error:
            self.trouble = f"{self._path.name}: {error}"
            return True
        self.trouble = f"{self._path.name}: {'; '.join(read.problems[:3])}" if read.problems else ""
        self.gazetteer.adopt(configured(property_names(read.rows)))
        return True
