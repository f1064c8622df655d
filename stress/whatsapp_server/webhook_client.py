"""A lean HTTP/1.1 client for webhooks: kept-alive connections, one request at a time on each.

A full client costs a millisecond of processor time a request, more than the gateway that is to be measured.
"""

from __future__ import annotations

import asyncio


class WebhookClient:
    """Posts bodies to one server over a pool of connections.

    Args:
        host: name or address.
        port: its port.
        connections: at most so many at once; further requests wait.
        timeout_s: for one request.
    """

    def __init__(self, host: str, port: int, *, connections: int = 32, timeout_s: float = 10.0) -> None:
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._slots = asyncio.Semaphore(connections)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """Post a body.

        Args:
            path: of the URL.
            body: what is sent.
            headers: beside host, type and length.

        Returns:
            the answer's status, 0 where none came in time.
        """
        async with self._slots:
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._post(path, body, headers)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                return 0

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        reader, writer = (
            self._idle.pop() if self._idle else await asyncio.open_connection(self._host, self._port, limit=1 << 16)
        )
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{head}\r\n"
        ).encode()
        kept = False
        try:
            writer.write(request + body)
            await writer.drain()
            answer = await reader.readuntil(b"\r\n\r\n")
            fields = answer.lower().split(b"\r\n")
            length = next((int(f[15:]) for f in fields if f.startswith(b"content-length:")), 0)
            if length:
                await reader.readexactly(length)
            kept = b"connection: close" not in fields
            return int(fields[0].split(b" ", 2)[1])
        finally:
            if kept:
                self._idle.append((reader, writer))
            else:
                writer.close()

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop()[1].close()
