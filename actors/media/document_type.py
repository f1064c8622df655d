"""Guess what a document is, by the words that such documents hold, and find the facts that its type has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from actors.media.lookup_import import list_kind
from actors.media.travel_document import machine_readable_zone
from messages.media import FieldValue, Table

DocumentType = Literal[
    "contract", "property_list", "contact_list", "brochure", "identity_document", "payment_proof", "other"
]

# A word's weight: 3 names the document, 2 is rare elsewhere, 1 is common in it.
_WORDS: dict[DocumentType, tuple[tuple[str, int], ...]] = {
    "contract": (
        (r"tenancy contract|lease agreement|sales? (?:and|&) purchase agreement|agreement of sale|ejari", 3),
        (r"memorandum of understanding|contract of (?:lease|sale)|عقد (?:إيجار|ايجار|بيع)", 3),
        (r"\b(?:land ?lord|lessor|lessee|tenant|first party|second party|the seller|the buyer|purchaser)\b", 1),
        (r"المؤجر|المستأجر|البائع|المشتري|الطرف (?:الأول|الثاني)", 2),
        (r"\b(?:hereby|whereas|hereinafter|terms and conditions|in witness whereof|governing law)\b", 1),
        (r"\b(?:security deposit|annual rent|contract value|signature|signed)\b", 1),
    ),
    "brochure": (
        (r"\bbrochure\b|floor ?plans?|payment plan|master ?plan", 2),
        (r"\b(?:amenities|handover|starting (?:from|price)|prices? from|luxur\w+|off[- ]plan|developer)\b", 1),
        (
            (
                r"\b(?:swimming pool|gymnasium|landscaped|breathtaking|world[- ]class|waterfront|lifestyle)\b"
                r"|register your interest"
            ),
            1,
        ),
    ),
    "identity_document": (
        (r"\b(?:passport|emirates id|identity card|resident identity|driving licen[cs]e)\b", 3),
        (r"جواز سفر|بطاقة هوية", 3),
        (r"\b(?:nationality|date of birth|place of birth|date of (?:issue|expiry)|surname|given names?|sex)\b", 1),
    ),
    "payment_proof": (
        (
            (
                r"payment (?:receipt|confirmation|advice)|transfer (?:receipt|confirmation|advice)"
                r"|proof of payment|remittance"
            ),
            3,
        ),
        (r"official receipt|\breceipt\b|cash deposit|\bswift\b|\biban\b|إيصال|سند قبض", 2),
        (
            r"\b(?:beneficiary|transaction|debited|credited|amount paid|paid|cheque|account (?:no|number)|total|vat)\b",
            1,
        ),
    ),
}
_NEEDED = 4
_MOST_CHARS = 20_000

_ROLE = (
    r"(?P<role>land ?lord|lessor|owner|tenant|lessee|seller|vendor|buyer|purchaser|first party|second party|"
    r"beneficiary|payer|payee|received from|paid to|المؤجر|المستأجر|البائع|المشتري)"
)
_PARTY = re.compile(
    r"(?<![a-z-])" + _ROLE + r"(?:['’]s)?(?: name)?\s*[:：]\s*(?P<name>[^\n\t,;|]{2,160})", re.IGNORECASE
)
# Where a name ends that the next label follows on the same line.
_NEXT_LABEL = re.compile(
    r"\s+(?:(?:emirates|passport|mobile|contact|phone|licen[cs]e|trade|account|unit|building|property|annual|security|"
    r"contract|land ?lord|lessor|owner|tenant|lessee|seller|vendor|buyer|purchaser|payer|payee|first|second)"
    r"(?:['’]s)?\s+){0,2}\w+\.?\s*[:：]"
    r"|\s+(?:IBAN|P\.?\s?O\.?\s?Box|Emirates ID)\b|\s{3,}",
    re.IGNORECASE,
)
_LONGEST_NAME = 80
_TITLE = r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Eng|M/s|Messrs|Sheikh)\.?\s+)?"
_CALLED = (
    r"(?:\s*[,(][^\n()]{0,60}?\b(?P<%s>(?i:landlord|lessor|tenant|lessee|seller|vendor|buyer|purchaser))\b"
    r"[^\n()]{0,20}\)?"
    r"|\s*[,(][^\n]{0,60}?)?"
)
_BETWEEN = re.compile(
    rf"\bbetween:?\s+(?P<one>{_TITLE}[A-Z][^\n,;()]{{0,60}}?){_CALLED % 'first'},?\s+and\s+"
    rf"(?P<two>{_TITLE}[A-Z][^\n,;().]{{0,60}}){_CALLED % 'second'}"
)
# Words between the words of a name that begin with a small letter.
_PARTICLES = frozenset(
    {
        "al", "el", "bin", "bint", "ibn", "abu", "de", "del", "da",
        "di", "van", "von", "der", "den", "la", "le", "of", "and", "&", "the",
    }
)  # fmt: skip
_REFERENCE = re.compile(
    r"\b(?P<what>ref(?:erence)?|invoice|receipt|contract|agreement|ejari|transaction|cheque|permit|trakheesi|"
    r"passport|id|title deed|booking)\b\s*(?:no|number|nr|num|id)?\s*[.#]?\s*[:#]?\s*"
    r"(?P<number>(?=[A-Z0-9/-]{0,29}\d)[A-Z0-9][A-Z0-9/-]{3,29})\b",
    re.IGNORECASE,
)
# An IBAN is printed in groups of four (ISO 13616); what follows it is not one of them unless it has a digit.
_IBAN = re.compile(
    r"\b(?i:IBAN)\b\s*(?i:no|number|num)?\s*[.:#]*\s*"
    r"(?P<number>[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}(?: ?(?=[A-Z]{0,3}[0-9])[A-Z0-9]{4}){1,6}"
    r"(?: ?(?=[A-Z]{0,2}[0-9])[A-Z0-9]{1,3})?)\b"
)
_ROLES = {
    "landlord": "landlord",
    "lessor": "landlord",
    "owner": "landlord",
    "المؤجر": "landlord",
    "tenant": "tenant",
    "lessee": "tenant",
    "المستأجر": "tenant",
    "seller": "seller",
    "vendor": "seller",
    "البائع": "seller",
    "buyer": "buyer",
    "purchaser": "buyer",
    "المشتري": "buyer",
    "received from": "payer",
    "payer": "payer",
    "paid to": "payee",
    "payee": "payee",
    "beneficiary": "payee",
}


class Guess(NamedTuple):
    """A document's type and how sure it is, 0 to 1."""

    type: DocumentType
    confidence: float


def guess_type(text: str, tables: list[Table], form: str) -> Guess:
    """Guess a document's type.

    A table whose columns are those of a list decides; else the type whose words weigh most, if they weigh 4 or more
    and a machine-readable zone of a travel document counts as 6.

    Args:
        text: of the document.
        tables: of the document.
        form: ``vcard`` is a contact list by itself.

    Returns:
        the type; its confidence is its share of all weight found.
    """
    if form == "vcard":
        return Guess("contact_list", 1.0)
    listed = [kind for kind in (list_kind(table) for table in tables if len(table.rows) >= 2) if kind]
    if listed:
        kind: DocumentType = "property_list" if "property_list" in listed else "contact_list"
        return Guess(kind, 0.9)
    head = text[:_MOST_CHARS].lower()
    weights: dict[DocumentType, int] = {}
    for name, words in _WORDS.items():
        weights[name] = sum(weight * min(3, len(set(re.findall(pattern, head)))) for pattern, weight in words)
    if machine_readable_zone(text) is not None:
        weights["identity_document"] += 6
    best = max(weights, key=lambda name: weights[name])
    if weights[best] < _NEEDED:
        return Guess("other", 0.5)
    return Guess(best, round(weights[best] / sum(weights.values()), 2))


def typed_fields(text: str, kind: DocumentType) -> dict[str, FieldValue]:
    """Find the parties, references and, for identity documents, the machine-readable facts of a document.

    Args:
        text: of the document.
        kind: its type.

    Returns:
        fields: ``landlord``, ``tenant``, ``seller``, ``buyer``, ``payer``, ``payee``, ``parties``, ``references``, and
        those of :func:`machine_readable_zone`.
    """
    head = text[:_MOST_CHARS]
    fields: dict[str, FieldValue] = {}
    parties: list[str | int | float] = []
    if kind in {"contract", "payment_proof", "other"}:
        for role, name in _labelled_parties(head):
            if role and role not in fields:
                fields[role] = name
            if name not in parties:
                parties.append(name)
        between = _BETWEEN.search(head) if kind == "contract" and len(parties) < 2 else None
        if between is not None:
            for one, called in ((between["one"], between["first"]), (between["two"], between["second"])):
                name = _name(_without_tail(one))
                if called and name:
                    fields.setdefault(_ROLES[called.lower()], name)
                if name and name not in parties:
                    parties.append(name)
    if parties:
        fields["parties"] = parties
    references: list[str | int | float] = []
    for found in _references(head):
        number = found["number"].replace(" ", "").strip("-/")
        if number not in references and len(references) < 20:
            references.append(number)
    if references and kind != "property_list":
        fields["references"] = references
    if kind == "identity_document":
        fields |= machine_readable_zone(text) or {}
    return fields


def reference_spans(text: str) -> list[tuple[int, int]]:
    """Tell where references (numbers of contracts, receipts, cheques, ...) stand in a text.

    Args:
        text: of the document.

    Returns:
        start and end of each number, code points.
    """
    return [found.span("number") for found in _references(text[:_MOST_CHARS])]


def _references(text: str) -> list[re.Match[str]]:
    return sorted([*_REFERENCE.finditer(text), *_IBAN.finditer(text)], key=lambda found: found.start())


def _labelled_parties(text: str) -> Iterator[tuple[str, str]]:
    """Give the roles and names of parties that stand behind a label, also where several stand on a line."""
    at = 0
    while found := _PARTY.search(text, at):
        name = found["name"]
        ends = _NEXT_LABEL.search(" " + name)
        if ends is not None:
            name = name[: max(0, ends.start() - 1)]
        at = found.start("name") + len(name)
        name = _name(name[:_LONGEST_NAME])
        if name:
            role = " ".join(found["role"].lower().split()).replace("land lord", "landlord")
            yield _ROLES.get(role, ""), name


def _without_tail(name: str) -> str:
    """Cut a name where the sentence goes on: at a word with a small first letter that names do not have."""
    kept: list[str] = []
    for word in name.split():
        if kept and word[0].islower() and word.lower() not in _PARTICLES:
            break
        kept.append(word)
    while kept and kept[-1].lower() in _PARTICLES:
        kept.pop()
    return " ".join(kept)


def _name(text: str) -> str:
    return " ".join(text.split()).strip(" .:-_\"'")
