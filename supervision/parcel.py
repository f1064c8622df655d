"""The one class that travels on Thespian: bytes, and the addresses that belong to them."""

from __future__ import annotations

from typing import Any, TypeAlias

from thespian.actors import ActorAddress

Address: TypeAlias = ActorAddress


class Parcel:
    """A message as bytes with addresses beside it.

    Args:
        data: one encoded message of the ``messages`` package.
        addresses: addresses that its receiver needs.
    """

    __slots__ = ("addresses", "data")

    def __init__(self, data: bytes, addresses: tuple[Address, ...] = ()) -> None:
        self.data = data
        self.addresses = addresses

    def __reduce__(self) -> tuple[type[Parcel], tuple[Any, ...]]:
        return (Parcel, (self.data, self.addresses) if self.addresses else (self.data,))

    def __str__(self) -> str:
        return f"Parcel({len(self.data)} bytes, {len(self.addresses)} addresses)"
