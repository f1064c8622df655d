"""The table of properties that replies offer from: a CSV file, rows of a sheet, or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from actors.language.rules.fold import fold
from actors.sheets.lookup_cells import CellError, is_summary, read_bedrooms, read_price, read_size
from actors.whatsapp.errors import InventoryError

COLUMNS: Final = (
    "reference",
    "project",
    "location",
    "property_type",
    "purpose",
    "bedrooms",
    "price",
    "size",
    "description",
    "available",
)
_GONE: Final = frozenset(
    fold(text)[0]
    for text in (
        "no", "false", "0", "sold", "sold out", "rented", "leased", "let", "reserved", "booked", "under offer",
        "blocked", "unavailable", "not available", "off market", "withdrawn", "لا", "مباع", "مباعة",
        "تم البيع", "مؤجر", "مؤجرة",
        "تم التأجير", "محجوز", "محجوزة", "غير متاح", "غير متاحة", "غير متوفر", "غير متوفرة",
    )
)  # fmt: skip
_PURPOSES: Final = {
    fold(text)[0]: purpose
    for purpose, texts in (
        ("buy", ("sale", "sell", "for sale", "بيع", "للبيع")),
        ("rent", ("lease", "for rent", "for lease", "to let", "إيجار", "للإيجار", "تأجير", "للتأجير")),
    )
    for text in texts
}
_PRICE_SLACK: Final = 1.05
"""A customer's limit is seldom exact: offer up to 5% above it."""
_MAX_BYTES: Final = 64 * 1024 * 1024


class Property(NamedTuple):
    """One row of the table; numbers are None where the cell has none."""

    reference: str
    project: str
    location: str
    property_type: str
    purpose: str
    bedrooms: int | None
    price: float | None
    size: float | None
    description: str


class Wanted(NamedTuple):
    """What a customer asks for; None and "" match anything."""

    project: str = ""
    location: str = ""
    property_type: str = ""
    purpose: str = ""
    bedrooms: int | None = None
    price: float | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was asked for."""
        return self == Wanted()


class Inventory:
    """Properties on offer.

    Args:
        properties: the available ones.
        problems: rows that could not be read, by line.
    """

    def __init__(self, properties: Sequence[Property] = (), problems: Sequence[str] = ()) -> None:
        self._properties = tuple(properties)
        self._folded = tuple((p.project.casefold(), p.location.casefold()) for p in self._properties)
        self.problems = tuple(problems)

    def __len__(self) -> int:
        return len(self._properties)

    @classmethod
    def read_csv(cls, path: Path) -> Inventory:
        """Read a CSV file with a heading line; unknown columns are passed over.

        Args:
            path: UTF-8, columns ``COLUMNS`` in any order; only ``reference`` is required.

        Returns:
            the table; rows that cannot be read are named in ``problems``.

        Raises:
            InventoryError: the file cannot be read or has no column ``reference``.
        """
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise InventoryError(f"{path}: longer than {_MAX_BYTES} bytes")
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InventoryError(f"{path}: {error}") from error
        try:
            return cls.from_rows(csv.DictReader(io.StringIO(text)))
        except (csv.Error, InventoryError) as error:
            raise InventoryError(f"{path}: {error}") from error

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, object]]) -> Inventory:
        """Take rows, such as a sheet's records.

        Raises:
            InventoryError: no row has a reference column.
        """
        properties: list[Property] = []
        problems: list[str] = []
        headed = False
        for number, row in enumerate(rows, start=2):
            cells = {str(key or "").strip().casefold(): str(value or "").strip() for key, value in row.items()}
            headed = headed or "reference" in cells
            if not any(cells.values()) or _plain(cells.get("available", "")) in _GONE:
                continue
            try:
                properties.append(_property(cells))
            except CellError as error:
                problems.append(f"line {number}: {error}")
        if not headed and (properties or problems):
            raise InventoryError("there is no column 'reference'")
        return cls(properties, problems)

    def match(self, wanted: Wanted, limit: int) -> list[Property]:
        """Find what fits, nearest to the wanted price first.

        Args:
            wanted: what is asked for.
            limit: the most to give.

        Returns:
            the properties; none where nothing was asked for.
        """
        if wanted.empty:
            return []
        project, location = wanted.project.casefold(), wanted.location.casefold()
        ceiling = None if wanted.price is None else wanted.price * _PRICE_SLACK
        found = [
            item
            for item, (its_project, its_location) in zip(self._properties, self._folded, strict=True)
            if (wanted.bedrooms is None or item.bedrooms == wanted.bedrooms)
            and (ceiling is None or (item.price is not None and item.price <= ceiling))
            and (not location or location in its_location or location in its_project)
            and (not project or project in its_project or project in its_location)
            and (not wanted.property_type or item.property_type.casefold() == wanted.property_type)
            and (not wanted.purpose or item.purpose.casefold() in {"", wanted.purpose})
        ]
        goal = wanted.price if wanted.price is not None else 0.0
        found.sort(key=lambda item: (abs((item.price or 0.0) - goal), item.reference))
        return found[:limit]


def _plain(text: str) -> str:
    return " ".join(fold(text)[0].split())


def _property(cells: Mapping[str, str]) -> Property:
    reference = cells.get("reference", "")
    if not reference:
        raise CellError("no reference")
    if is_summary(cells.values()):
        raise CellError("it adds other rows up and is no property")
    if sum(map(bool, cells.values())) == 1:
        raise CellError("it has nothing but a reference")
    purpose = cells.get("purpose", "").casefold()
    return Property(
        reference=reference,
        project=cells.get("project", ""),
        location=cells.get("location", ""),
        property_type=cells.get("property_type", ""),
        # Who wants to buy is offered what is for sale.
        purpose=_PURPOSES.get(_plain(purpose), purpose),
        bedrooms=read_bedrooms(cells.get("bedrooms", "")),
        price=read_price(cells.get("price", "")),
        size=read_size(cells.get("size", "")),
        description=cells.get("description", ""),
    )
