"""The one way to bytes and back: typed, versioned MessagePack.

Every message is a frozen array ``[kind, version, field, ...]``: ``kind`` is the class's tag, ``version`` a literal
that decoding checks. A field may be added at the end with a default without a new version; any other change of a
shape takes a new version.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

import msgspec


class MessageError(Exception):
    """Base of the errors of this package."""


class WireError(MessageError):
    """Bytes that are not a message of the expected kind and version."""


class Wire(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False, tag_field="_kind"):
    """Base of everything that crosses a process or lands on disk.

    Subclasses name a unique integer ``tag`` (``docs/architecture.md`` lists them, and a test looks for doubles).
    """

    v: Literal[1] = 1


T = TypeVar("T")

_encoder = msgspec.msgpack.Encoder()


def encode(message: Wire) -> bytes:
    """Encode a message as MessagePack.

    Args:
        message: any message of this package.

    Returns:
        the bytes ``[kind, version, ...]``.

    Raises:
        WireError: a text holds a lone surrogate or a number does not fit 64 bits.
    """
    try:
        return _encoder.encode(message)
    except (UnicodeEncodeError, OverflowError, TypeError, ValueError, RecursionError) as error:
        raise WireError(f"{type(message).__name__} cannot be encoded: {error}") from error


class Codec(Generic[T]):
    """Decode one message type, or a union of them.

    Args:
        type_: a ``Wire`` subclass or a union of them.
    """

    def __init__(self, type_: Any) -> None:
        self._decode = msgspec.msgpack.Decoder(type_).decode
        self._name = getattr(type_, "__name__", str(type_))

    def decode(self, data: bytes | memoryview) -> T:
        """Decode bytes.

        Args:
            data: one encoded message.

        Returns:
            the message.

        Raises:
            WireError: the bytes are damaged, of another kind, or of an unknown version.
        """
        try:
            return self._decode(data)  # type: ignore[no-any-return]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
            raise WireError(f"not a {self._name}: {error}") from error
