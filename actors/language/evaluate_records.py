"""Read evaluation sets and message files: one JSON object, or one plain text, a line."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from actors.language.errors import LanguageError
from messages.understanding import EntityType, IntentName, SentimentLabel, WorkItem

TYPES: Final[tuple[str, ...]] = get_args(EntityType)
INTENTS: Final[tuple[str, ...]] = get_args(IntentName)
SENTIMENTS: Final[tuple[str, ...]] = get_args(SentimentLabel)


class RecordError(LanguageError):
    """A line that is no usable record."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A labelled entity; ``value`` is None where the set does not give one."""

    type: str
    start: int
    end: int
    value: str | float | None


@dataclass(frozen=True, slots=True)
class Record:
    """One message with the labels that it has; None where it has no such label.

    Attributes:
        id, lang, text: as given, "" where missing.
        region: two capital letters, "" where missing.
        sent_ms: milliseconds since 1970 UTC, None where not given.
        utc_offset_min: minutes from UTC of ``ts``.
        extra: fields kept as given for the output of ``understand``.
    """

    id: str
    text: str
    lang: str = ""
    region: str = ""
    sent_ms: int | None = None
    utc_offset_min: int = 0
    entities: tuple[Gold, ...] | None = None
    values: dict[str, str | float] | None = None
    intent: str | None = None
    sentiment: str | None = None
    urgent: bool | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def parse_record(line: str) -> Record:
    """Read one line of a set.

    Args:
        line: a JSON object with at least ``text``.

    Returns:
        the record.

    Raises:
        RecordError: says what is wrong.
    """
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"not JSON: {error}") from error
    if not isinstance(data, dict):
        raise RecordError(f"not a JSON object but {type(data).__name__}")
    text = data.get("text")
    if not isinstance(text, str):
        raise RecordError("no field 'text' with a string")
    text = clean_text(text)
    stamp, offset = parse_stamp(data["ts"]) if data.get("ts") is not None else (None, 0)
    if isinstance(data.get("id"), (dict, list)):
        raise RecordError("'id' is neither text nor number")
    return Record(
        id="" if data.get("id") is None else str(data["id"]),
        text=text,
        lang=_label(data, "lang", None) or "",
        region=region_code(_label(data, "region", None) or ""),
        sent_ms=stamp,
        utc_offset_min=offset,
        entities=_entities(data.get("entities"), text),
        values=_values(data.get("values")),
        intent=_label(data, "intent", INTENTS),
        sentiment=_label(data, "sentiment", SENTIMENTS),
        urgent=_flag(data),
        extra={key: data[key] for key in ("id", "lang", "ts") if key in data},
    )


def clean_text(text: str) -> str:
    """Replace lone surrogates, which no encoder accepts, by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def parse_stamp(stamp: object) -> tuple[int, int]:
    """Read an ISO time stamp.

    Args:
        stamp: ISO 8601 text; UTC where it has no offset.

    Returns:
        milliseconds since 1970 UTC, and minutes from UTC.

    Raises:
        RecordError: it is none.
    """
    try:
        when = dt.datetime.fromisoformat(str(stamp))
    except ValueError as error:
        raise RecordError(f"'ts' is no ISO time stamp: {str(stamp)[:60]!r}") from error
    offset = when.utcoffset() or dt.timedelta()
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    try:
        return round(when.timestamp() * 1000), int(offset.total_seconds() // 60)
    except (OverflowError, ValueError) as error:
        raise RecordError(f"'ts' is out of range: {stamp!r}") from error


def region_code(name: str) -> str:
    """Bring a country's code to its usual form.

    Args:
        name: two letters, or "" for none.

    Returns:
        them as capitals.

    Raises:
        RecordError: no country that telephone numbers are known of.
    """
    import phonenumbers  # only where somebody names a country

    code = name.strip().upper()
    if code and code not in phonenumbers.SUPPORTED_REGIONS:
        raise RecordError(f"unknown region {name[:60]!r}: a country's two letters, such as AE or GB")
    return code


def _values(raw: object) -> dict[str, str | float] | None:
    if raw is None:
        return None
    if not isinstance(raw, dict) or not all(
        isinstance(value, (str, int, float)) and not isinstance(value, bool) for value in raw.values()
    ):
        raise RecordError("'values' is not an object of strings and numbers")
    unknown = sorted(set(raw) - set(TYPES))
    if unknown:
        raise RecordError(f"'values' has a key that is no entity type: {unknown[0][:60]!r}")
    return raw


def _label(data: dict[str, Any], key: str, allowed: tuple[str, ...] | None) -> str | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or (allowed is not None and value not in allowed):
        raise RecordError(f"unknown {key} {str(value)[:60]!r}")
    return value


def _flag(data: dict[str, Any]) -> bool | None:
    value = data.get("urgent")
    if value is not None and not isinstance(value, bool):
        raise RecordError("'urgent' is not true or false")
    return value


def _entities(raw: object, text: str) -> tuple[Gold, ...] | None:
    if raw is None:
        return None
    if not isinstance(raw, list):
        raise RecordError("'entities' is not a list")
    found = []
    for number, item in enumerate(raw, 1):
        if not isinstance(item, dict) or item.get("type") not in TYPES:
            raise RecordError(f"entity {number} has no known type")
        start, end = item.get("start"), item.get("end")
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
            raise RecordError(f"entity {number}: no span of the text")
        if "text" in item and item["text"] != text[start:end]:
            raise RecordError(f"entity {number}: its text is not text[{start}:{end}]")
        value = item.get("value")
        if value is not None and not isinstance(value, (str, int, float)):
            raise RecordError(f"entity {number}: the value is neither text nor number")
        found.append(Gold(item["type"], start, end, value))
    return tuple(found)


def read_records(lines: Iterable[str], name: str) -> tuple[list[Record], list[str]]:
    """Read a set; a bad line is left out.

    Args:
        lines: the file's lines.
        name: the file's name, for the problems.

    Returns:
        the records, and one line for each problem, ``name:line: what``.
    """
    records: list[Record] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            records.append(parse_record(line))
        except RecordError as error:
            problems.append(f"{name}:{number}: {error}")
    return records, problems


def work_item(key: int, record: Record, *, region: str, now_ms: int) -> WorkItem:
    """Make a message's work item.

    Args:
        key: the caller's number for it.
        record: the message; its own region and time win.
        region: two-letter country that the caller named for all messages; "" where the clocks, then the engine's own
            country are to decide.
        now_ms: time where the message has none, milliseconds since 1970 UTC.
    """
    return WorkItem(
        key=key,
        text=record.text,
        sent_ms=record.sent_ms if record.sent_ms is not None else now_ms,
        utc_offset_min=record.utc_offset_min,
        region=record.region or region,
    )
