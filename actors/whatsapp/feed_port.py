"""Where the local feed listens: a small file in the data folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec


def write_port(folder: Path, port: int, **others: int) -> None:
    """Publish the ports of the gateway in the data folder, readable by its owner alone.

    Args:
        folder: the data folder.
        port: of the local feed.
        **others: further ports by name: ``webhook``, ``admin``.
    """
    target = folder / "gateway.json"
    temporary = folder / f"gateway.json.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(json.dumps({"port": port, "pid": os.getpid(), **others}).encode())
    temporary.replace(target)


def read_port(folder: Path, name: str = "port") -> int | None:
    """Read the local feed's port, or another one by its name; None where none was published."""
    try:
        found = msgspec.json.decode((folder / "gateway.json").read_bytes(), type=dict[str, int])
    except (OSError, msgspec.DecodeError):
        return None
    return found.get(name)
