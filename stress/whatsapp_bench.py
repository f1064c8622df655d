"""Measure the WhatsApp gateway: real HTTP, real signatures, real fsync, the gateway in a process of its own.

The client shares the machine with it, so the rates are what one machine bears with both on it; the gateway's own cost
stands beside them as processor time.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil

from stress.whatsapp_server.deliverer import Deliverer
from stress.whatsapp_server.traffic import Mix, Traffic
from stress.whatsapp_server.webhook_client import WebhookClient

SECRET: Final = "bench-secret"  # noqa: S105 - of a gateway that lives for the benchmark
PATH: Final = "/webhooks/whatsapp"
_INBOX_BYTES: Final = 4_000_000_000
_ORDERLY: Final = Mix(duplicates=0.0, swapped=0.0)


class GatewayProcess:
    """A gateway that runs in a process of its own.

    Attributes:
        port: where webhooks are taken.
        process: its process, for processor time and signals.
    """

    def __init__(self, folder: Path, *, inbox_bytes: int = _INBOX_BYTES, remember_ids: int = 50_000) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "stress.whatsapp_gateway", str(folder), SECRET, str(inbox_bytes), str(remember_ids)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if self._child.stdout is None:
            raise RuntimeError("no pipe from the gateway")
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError("the gateway did not start")
        facts: dict[str, int] = json.loads(line)
        self.port = facts["port"]
        self.process = psutil.Process(facts["pid"])

    def cpu_s(self) -> float:
        """Tell the processor time that it has used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def kill(self) -> None:
        """Kill it with SIGKILL, and return when it is gone."""
        self._child.kill()
        self._child.wait()

    def stop(self) -> None:
        """End it, and return when it is gone."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        try:
            self._child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def _gateway(folder: Path, **more: int) -> Iterator[GatewayProcess]:
    gateway = GatewayProcess(folder, **more)
    try:
        yield gateway
    finally:
        gateway.stop()


def _deliver(port: int, bodies: list[bytes], *, per_s: float = 0.0, at_once: int, burst: int = 1) -> Deliverer:
    async def run() -> Deliverer:
        client = WebhookClient("127.0.0.1", port, connections=at_once, timeout_s=30)
        deliverer = Deliverer(client, PATH, SECRET)
        await deliverer.run(bodies, per_s=per_s, at_once=at_once, burst=burst)
        client.close()
        return deliverer

    return asyncio.run(run())


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _measured(gateway: GatewayProcess, bodies: list[bytes], messages: int, **how: Any) -> dict[str, Any]:
    cpu_s, began = gateway.cpu_s(), time.perf_counter()
    deliverer = _deliver(gateway.port, bodies, **how)
    seconds = time.perf_counter() - began
    cpu_s = gateway.cpu_s() - cpu_s
    return {
        "requests": len(bodies),
        "messages": messages,
        "seconds": round(seconds, 2),
        "messages_per_s": round(messages / seconds),
        "requests_per_s": round(len(bodies) / seconds),
        "ack_ms": {
            "p50": round(_share(deliverer.acks_s, 0.5) * 1000, 2),
            "p99": round(_share(deliverer.acks_s, 0.99) * 1000, 2),
            "max": round(max(deliverer.acks_s) * 1000, 2),
        },
        "gateway_cpu_us_per_message": round(cpu_s / messages * 1e6, 1),
        "answers": {str(status): count for status, count in sorted(deliverer.answers.items())},
        "redelivered": deliverer.redelivered,
    }


def run(*, scale: float = 1.0, folder: Path | None = None) -> dict[str, Any]:
    """Measure everything.

    Args:
        scale: 1 takes about half a minute; less is quicker and rougher.
        folder: where data folders are made; the place matters, because each answer waits for its disk.

    Returns:
        ``batched`` (bodies of 100 messages, as fast as they are answered), ``unbatched`` (one message a body, as fast
        as they are answered), ``steady`` (one message a body, 1,000 a second), ``storm`` (each message ten times).
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        return {
            "batched": _batched(Path(place) / "batched", int(100_000 * scale)),
            "unbatched": _unbatched(Path(place) / "unbatched", int(20_000 * scale)),
            "steady": _steady(Path(place) / "steady", int(10_000 * scale)),
            "storm": _storm(Path(place) / "storm", int(5_000 * scale)),
        }


def _batched(folder: Path, count: int) -> dict[str, Any]:
    traffic = Traffic(1, people=2000, mix=_ORDERLY)
    bodies = list(traffic.bodies(traffic.messages(count), 100))
    with _gateway(folder) as gateway:
        return _measured(gateway, bodies, count, at_once=8)


def _unbatched(folder: Path, count: int) -> dict[str, Any]:
    traffic = Traffic(2, people=2000, mix=_ORDERLY)
    bodies = list(traffic.bodies(traffic.messages(count), 1))
    with _gateway(folder) as gateway:
        return _measured(gateway, bodies, count, at_once=32)


def _steady(folder: Path, count: int) -> dict[str, Any]:
    traffic = Traffic(3, people=2000, mix=_ORDERLY)
    bodies = list(traffic.bodies(traffic.messages(count), 1))
    with _gateway(folder) as gateway:
        return _measured(gateway, bodies, count, per_s=1000.0, at_once=256)


def _storm(folder: Path, count: int) -> dict[str, Any]:
    traffic = Traffic(4, people=500, mix=_ORDERLY)
    bodies = list(traffic.bodies(traffic.messages(count), 100))
    with _gateway(folder) as gateway:
        first = _measured(gateway, bodies, count, at_once=8)
        again = _measured(gateway, bodies * 9, count * 9, at_once=8)
    return {"first": first, "again": again, "gateway_cpu_us_per_duplicate": again["gateway_cpu_us_per_message"]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(scale=float(sys.argv[1]) if len(sys.argv) > 1 else 1.0), indent=2) + "\n")
