"""Run the local Sheets server: ``python -m stress.sheets_server --port 0 --state FILE``."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

import uvicorn

from stress.sheets_server.app import ResettableProtocol, SheetsServer
from stress.sheets_server.book_store import MAX_CELLS


def main() -> None:
    """Serve on loopback until stopped; print ``READY <address>`` once it listens."""
    parser = argparse.ArgumentParser(prog="stress.sheets_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--state", type=Path, required=True, help="file that keeps the spreadsheets")
    parser.add_argument("--max-cells", type=int, default=MAX_CELLS, help="cells a spreadsheet may have")
    given = parser.parse_args()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", given.port))
    listener.listen(128)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = SheetsServer(given.state, address, given.max_cells)
    sys.stdout.write(f"READY {address}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        server.application(), http=ResettableProtocol, log_level="error", access_log=False, timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[listener])
    server.store.close()


if __name__ == "__main__":
    main()
