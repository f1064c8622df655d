"""An HTTP server in a thread of its own, on a free port."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

import uvicorn

T = TypeVar("T")


class ServerThread:
    """Runs an application until it is stopped; also a context manager.

    Args:
        config: of uvicorn; its port 0 takes a free one.

    Raises:
        OSError: the port is taken, or a certificate cannot be read.

    Attributes:
        port: where it listens.
        loop: the event loop that the application runs in.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        config.load()  # here, where a missing certificate is the caller's error and not a dead thread's
        self._listener = socket.create_server((config.host, config.port), backlog=config.backlog)
        self.port: int = self._listener.getsockname()[1]
        self.server = uvicorn.Server(config)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"http-{self.port}", daemon=True)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self.server.config.get_loop_factory()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        # The listener is open already: who connects from now on waits in its backlog at worst.
        self._started.set()
        await self.server.serve(sockets=[self._listener])

    def start(self) -> Self:
        """Start it, and return when it takes connections."""
        self._thread.start()
        self._started.wait()
        return self

    @property
    def alive(self) -> bool:
        """Tell whether it runs."""
        return self._thread.is_alive()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the server's event loop, and give its result."""
        if self.loop is None:
            raise RuntimeError("the server was not started")
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def stop(self) -> None:
        """Stop it, and return when its thread has ended."""
        self.server.should_exit = True
        self._thread.join(timeout=10)
        self._listener.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()
