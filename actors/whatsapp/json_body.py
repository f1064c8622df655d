"""Turn a request's body into plain data, whatever is wrong with it."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from actors.whatsapp.errors import PayloadError

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode

_ESCAPES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def _replace_lone(match: re.Match[bytes]) -> bytes:
    found = match.group()
    return rb"\ufffd" if len(found) == 6 else found  # six bytes: without its partner


def decode_body(body: bytes) -> Any:
    """Decode JSON; damaged text inside it is replaced by U+FFFD rather than refused.

    Args:
        body: the raw body.

    Returns:
        plain data: dicts, lists, strings, numbers.

    Raises:
        PayloadError: it is not JSON, or nested beyond what the decoder bears (about 1,000 levels).
    """
    try:
        return _decode(body)
    except RecursionError as error:
        raise PayloadError("the body is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body.decode("utf-8-sig", "replace").encode()
        repaired = _ESCAPES.sub(_replace_lone, text)
    try:
        return json.loads(repaired)
    except RecursionError as error:
        raise PayloadError("the body is nested too deeply") from error
    except ValueError as error:
        raise PayloadError(f"the body is not JSON: {error}") from error


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise PayloadError(f"an object names the key {twice!r} twice")
    return found


def refuse_duplicate_keys(body: bytes) -> None:
    """Check that no object names a key twice; decoders keep only the last and would lose messages.

    Args:
        body: JSON that ``decode_body`` has taken.

    Raises:
        PayloadError: a key stands twice in one object.
    """
    try:
        json.loads(body.decode("utf-8-sig", "replace"), object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"the body is not JSON: {error}") from error


def within_depth(value: Any, limit: int) -> bool:
    """Tell whether data nests at most so deep.

    Args:
        value: plain data.
        limit: levels allowed.

    Returns:
        True where no branch is deeper.
    """
    level: list[Any] = [value]
    for _ in range(limit):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return True
    return False


def keep_as_text(value: Any, *, max_chars: int, max_depth: int) -> str:
    """Write data as JSON text of bounded length, to be kept beside a message.

    Args:
        value: plain data.
        max_chars: what is longer is cut and ends in an ellipsis.
        max_depth: what nests deeper is named, not kept.

    Returns:
        the text.
    """
    if isinstance(value, dict | list) and not within_depth(value, max_depth):
        return f"(nested deeper than {max_depth} levels, not kept)"
    text = _encode(value).decode()
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"
