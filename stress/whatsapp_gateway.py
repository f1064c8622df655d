"""A gateway in a process of its own, on a data folder, for benchmarks and kill tests: ``python -m`` this module.

Prints one JSON line with its port and process id when it takes connections; ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from pydantic import SecretStr

from actors.whatsapp.gateway_http import GatewayHttp
from actors.whatsapp.ingest import InboxWriter
from actors.whatsapp.settings import WhatsAppSettings
from store.folder import DataFolder


def now_ms() -> int:
    """Read the clock, milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def main(arguments: list[str]) -> None:
    """Run it.

    Args:
        arguments: path of the data folder, the app's secret, bound of each inbox log in bytes, ids remembered.
    """
    folder = DataFolder.open_or_create(Path(arguments[0]))
    settings = WhatsAppSettings(
        port=0,
        admin_port=0,
        app_secrets=(SecretStr(arguments[1]),),
        max_requests_per_s=0,
        remember_ids=int(arguments[3]),
    )
    inbox = InboxWriter(folder, max_bytes=int(arguments[2]), clock=now_ms, appended=lambda _partitions: None)
    gateway = GatewayHttp(folder, settings, inbox, clock=now_ms, reported=lambda: None)
    gateway.start()
    sys.stdout.write(json.dumps({"port": gateway.port, "admin_port": gateway.admin_port, "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    gateway.stop()
    inbox.close()


if __name__ == "__main__":
    main(sys.argv[1:])
