"""Lookup tables as files of the data folder: what the Sheets sink writes and replies and gazetteers read.

``lookups/properties.jsonl`` (``contacts``, ``staff``) holds one JSON object a row of the worksheet, in its order, with
the worksheet's headings as keys; a blank row is ``{}``, so that line *n* of the file is row *n* + 1 of the worksheet.
A file is replaced whole: a reader sees the old table or the new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from actors.language.rules.fold import fold
from store.files import write_private

TABLES: Final = ("properties", "contacts", "staff")
FOLDER: Final = "lookups"
MOST_BYTES: Final = 64 * 1024 * 1024

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "reference": (
        "ref", "ref no", "ref number", "reference no", "reference number", "property ref", "property reference",
        "property id", "property code", "listing id", "listing ref", "unit ref", "id", "code", "permit no",
        "permit number", "المرجع", "رقم المرجع", "الرقم المرجعي", "رقم مرجعي", "الكود", "كود العقار", "رقم العقار",
        "رقم الاعلان", "رقم القيد",
    ),
    "unit": (
        "unit no", "unit number", "unit id", "unit name", "apt", "apt no", "apartment no", "apartment number", "flat",
        "flat no", "flat number", "villa no", "villa number", "الوحدة", "رقم الوحدة", "الشقة", "رقم الشقة",
        "رقم الفيلا",
    ),
    "project": (
        "building", "project name", "building name", "development", "tower", "tower name", "property", "property name",
        "cluster", "المشروع", "اسم المشروع", "المبنى", "اسم المبنى", "البناية", "اسم البناية", "البرج", "اسم البرج",
        "العمارة", "المجمع", "الكمبوند",
    ),
    "location": (
        "community", "sub community", "area", "area name", "district", "neighbourhood", "neighborhood", "city", "zone",
        "region", "address", "الموقع", "المنطقة", "الحي", "المدينة", "العنوان", "المكان",
    ),
    "property_type": (
        "property type", "type", "unit type", "type of property", "type of unit", "category", "النوع", "نوع العقار",
        "نوع الوحدة", "التصنيف", "الفئة",
    ),
    "purpose": (
        "offering", "offering type", "offer type", "listing type", "transaction type", "sale rent", "sale or rent",
        "rent sale", "الغرض", "نوع العرض", "نوع الاعلان", "بيع ايجار",
    ),
    "bedrooms": (
        "beds", "bed", "bedroom", "bed rooms", "bed room", "br", "brs", "bhk", "rooms", "no of bedrooms",
        "no of beds", "no of rooms", "no of br", "number of bedrooms", "number of beds", "number of rooms",
        "غرف", "غرف النوم", "عدد الغرف", "عدد غرف النوم", "غرفة نوم", "الغرف",
    ),
    "bathrooms": (
        "bathroom", "baths", "bath", "no of bathrooms", "no of baths", "number of bathrooms", "الحمامات",
        "عدد الحمامات", "حمام", "دورات المياه", "عدد دورات المياه",
    ),
    "price": (
        "price aed", "price in aed", "aed", "price dhs", "asking price", "asking price aed", "asking", "list price",
        "selling price", "selling price aed", "sale price", "sale price aed", "sales price", "total price",
        "total price aed", "unit price", "rent", "rent aed", "annual rent", "annual rent aed", "yearly rent", "amount",
        "amount aed", "السعر", "سعر البيع", "السعر المطلوب", "سعر الوحدة", "السعر درهم", "السعر بالدرهم",
        "السعر بالدرهم الاماراتي", "السعر د ا", "الثمن", "القيمة", "المبلغ", "الايجار", "الايجار السنوي",
    ),
    "size": (
        "sqft", "sq ft", "size sqft", "size sq ft", "size in sqft", "size in sq ft", "size sf", "area sqft",
        "area sq ft", "area in sqft", "area in sq ft", "bua", "bua sqft", "bua sq ft", "built up area",
        "built up area sqft", "built up area sq ft", "total area", "total area sqft", "total area sq ft",
        "unit size", "unit area", "المساحة", "مساحة الوحدة", "المساحة قدم", "المساحة قدم مربع", "المساحة بالقدم",
        "المساحة بالقدم المربع",
    ),
    "description": (
        "details", "title", "note", "notes", "remark", "remarks", "comment", "comments", "الوصف", "التفاصيل",
        "ملاحظات", "ملاحظة",
    ),
    "available": (
        "availability", "status", "unit status", "متاح", "متوفر", "الحالة", "حالة الوحدة", "التوفر", "الاتاحة",
    ),
    "furnished": ("furnishing", "الفرش", "التأثيث", "مفروش"),
    "floor": ("level", "floor no", "floor number", "الطابق", "الدور", "رقم الطابق"),
    "view": ("الاطلالة",),
    "url": ("website", "link", "الرابط"),
}  # fmt: skip
"""Columns of the inventory and other headings for them, English and Arabic; :func:`folded_heading` makes them alike."""

CONTACT_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": (
        "full name", "client", "client name", "customer", "customer name", "owner", "owner name", "contact",
        "contact name", "contact person", "tenant", "tenant name", "landlord", "landlord name", "الاسم",
        "الاسم الكامل", "اسم العميل", "العميل", "المالك", "اسم المالك", "المستأجر", "اسم المستأجر", "جهة الاتصال",
    ),
    "phone": (
        "mobile", "phone no", "phone number", "mobile no", "mobile number", "tel", "tel no", "telephone",
        "telephone number", "cell", "cell phone", "contact no", "contact number", "whatsapp", "whatsapp no",
        "whatsapp number", "الهاتف", "رقم الهاتف", "الهاتف المتحرك", "رقم الهاتف المتحرك", "الجوال", "رقم الجوال",
        "الموبايل", "رقم الموبايل", "المحمول", "رقم المحمول", "التليفون", "رقم التليفون", "رقم التواصل",
        "رقم الاتصال", "الواتساب", "رقم الواتساب",
    ),
    "email": (
        "e mail", "email address", "e mail address", "email id", "mail", "البريد الالكتروني", "البريد", "الايميل",
        "عنوان البريد الالكتروني",
    ),
    "organisation": ("organization", "company", "company name", "agency", "الشركة", "اسم الشركة", "المؤسسة", "الجهة"),
    "title": ("job title", "position", "designation", "role", "الوظيفة", "المسمى الوظيفي", "المنصب"),
    "url": ("website", "link", "الرابط"),
    "note": ("notes", "remark", "remarks", "comment", "comments", "ملاحظات", "ملاحظة"),
}  # fmt: skip
"""Columns of lists of contacts and staff, and other headings for them."""


def folded_heading(heading: str) -> str:
    """Write a heading in the one form that headings are compared in.

    Args:
        heading: as it stands in the table.

    Returns:
        lower case, signs as blanks, one form of each Arabic letter, words without the Arabic article.
    """
    words = _SIGNS.sub(" ", fold(heading)[0]).split()
    return " ".join(word[2:] if word.startswith("ال") and len(word) > _SHORTEST else word for word in words)


_SIGNS: Final = re.compile(r"[\W_]+")
_SHORTEST: Final = 3


def _fields(headings: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {folded_heading(heading): field for field, aliases in headings.items() for heading in (field, *aliases)}


PROPERTY_FIELDS: Final = _fields(HEADINGS)
"""Columns of the inventory by folded heading."""
CONTACT_FIELDS: Final = _fields(CONTACT_HEADINGS)
"""Columns of contacts by folded heading."""


class LookupRows(NamedTuple):
    """Rows of a file.

    Attributes:
        rows: by the worksheet's headings.
        problems: lines that could not be read.
    """

    rows: tuple[dict[str, object], ...]
    problems: tuple[str, ...]


def lookup_file(folder: Path, table: str) -> Path:
    """Say where a table's file lies.

    Args:
        folder: the data folder.
        table: one of ``TABLES``.
    """
    return folder / FOLDER / f"{table}.jsonl"


def signature(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file is replaced, None where it is missing or cannot be looked at."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def write_lookup(path: Path, rows: Iterable[Mapping[str, str]]) -> bool:
    """Replace a table's file where its rows have changed.

    Args:
        path: the file; its folder is made.
        rows: by heading.

    Returns:
        whether it was written.

    Raises:
        OSError: the folder or the old file is not usable.
        StoreError: it cannot be written; the old one stays.
    """
    data = b"".join(msgspec.json.encode(_clean(row)) + b"\n" for row in rows)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.read_bytes() == data:
        return False
    write_private(path, data)
    return True


def _clean(row: Mapping[str, str]) -> dict[str, str]:
    """Replace lone surrogates, which UTF-8 cannot hold."""
    return {
        key.encode("utf-8", "replace").decode(): text.encode("utf-8", "replace").decode() for key, text in row.items()
    }


def read_lookup(path: Path) -> LookupRows:
    """Read a table's file.

    Args:
        path: the file.

    Returns:
        its rows, and the lines that are none.

    Raises:
        OSError: it cannot be read.
        ValueError: it is longer than ``MOST_BYTES``.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"longer than {MOST_BYTES} bytes")
    rows: list[dict[str, object]] = []
    problems: list[str] = []
    decoder = msgspec.json.Decoder(dict[str, object])
    for number, line in enumerate(path.read_bytes().splitlines(), start=2):
        try:
            rows.append(decoder.decode(line) if line.strip() else {})
        except msgspec.DecodeError as error:
            rows.append({})
            problems.append(f"line {number}: {error}")
    return LookupRows(tuple(rows), tuple(problems))


def by_field(row: Mapping[str, object]) -> dict[str, object]:
    """Name a row's cells by the inventory's columns where a heading is known; see ``HEADINGS``.

    Args:
        row: cells by heading.

    Returns:
        cells by column; a column's own name wins over another heading for it, other headings stay in lower case.
    """
    found: dict[str, object] = {}
    for heading, cell in row.items():
        own = " ".join(heading.strip().casefold().replace("_", " ").split())
        column = own.replace(" ", "_")
        if column in HEADINGS:
            found[column] = cell
        else:
            found.setdefault(PROPERTY_FIELDS.get(folded_heading(heading), own), cell)
    return found


def property_names(rows: Iterable[Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    """Give the names that a table of properties knows.

    Args:
        rows: by heading.

    Yields:
        ``project`` or ``location``, and the name as it is written; each once.
    """
    seen: set[tuple[str, str]] = set()
    for row in rows:
        cells = by_field(row)
        for kind in ("project", "location"):
            name = " ".join(str(cells.get(kind) or "").split())
            if name and (kind, name.casefold()) not in seen:
                seen.add((kind, name.casefold()))
                yield kind, name
