"""Names of any length and script as LMDB keys, which are at most 511 bytes."""

from __future__ import annotations

import hashlib
import struct

from store.errors import LogDamaged

_LONGEST = 500
_PLAIN = b"k"
_HASHED = b"h"
_LENGTH = struct.Struct(">I")


def name_key(name: str) -> bytes:
    """Turn a name into a key: itself in UTF-8, or where that is too long its BLAKE2b digest.

    Args:
        name: any text, the empty one and lone surrogates too.

    Returns:
        at most 501 bytes; different for different names.
    """
    raw = name.encode("utf-8", "surrogatepass")
    if len(raw) <= _LONGEST:
        return _PLAIN + raw
    return _HASHED + hashlib.blake2b(raw, digest_size=32).digest()


def pack_named(name: str, value: bytes) -> tuple[bytes, bytes]:
    """Give the key and what to store under it: a hashed name goes along with the value.

    Args:
        name: any text.
        value: any bytes.

    Returns:
        key and value for LMDB.
    """
    key = name_key(name)
    if key[:1] == _PLAIN:
        return key, value
    raw = name.encode("utf-8", "surrogatepass")
    return key, _LENGTH.pack(len(raw)) + raw + value


def unpack_value(key: bytes, stored: bytes) -> bytes:
    """Give the value back that was packed under a key."""
    if key[:1] == _PLAIN:
        return stored
    return stored[_LENGTH.size + _name_length(stored) :]


def unpack_named(key: bytes, stored: bytes) -> tuple[str, bytes]:
    """Give name and value back.

    Args:
        key: the key in LMDB.
        stored: what stands under it.

    Returns:
        the name and its value.

    Raises:
        LogDamaged: they are not what ``pack_named`` makes.
    """
    if key[:1] == _PLAIN:
        raw, value = key[1:], stored
    elif key[:1] == _HASHED:
        end = _LENGTH.size + _name_length(stored)
        raw, value = stored[_LENGTH.size : end], stored[end:]
    else:
        raise LogDamaged(f"key of an unknown kind: {key[:20]!r}")
    try:
        return raw.decode("utf-8", "surrogatepass"), value
    except UnicodeDecodeError as error:
        raise LogDamaged(f"key is not UTF-8: {key[:20]!r}") from error


def _name_length(stored: bytes) -> int:
    if len(stored) < _LENGTH.size:
        raise LogDamaged("the stored name is cut short")
    length: int = _LENGTH.unpack_from(stored)[0]
    if length > len(stored) - _LENGTH.size:
        raise LogDamaged("the stored name is cut short")
    return length
