from __future__ import annotations

import asyncio
from pathlib import Path

from messages.inbound import INBOUND
from store.folder import DataFolder
from store.log import LogReader
from stress.whatsapp_bench import PATH, SECRET, GatewayProcess
from stress.whatsapp_server.deliverer import Deliverer
from stress.whatsapp_server.traffic import Mix, Traffic
from stress.whatsapp_server.webhook_client import WebhookClient


def logged(path: Path) -> list[str]:
    folder = DataFolder.open(path)
    found: list[str] = []
    for partition in range(folder.partitions):
        reader = LogReader(folder.inbox(partition))
        position = 0
        while entries := reader.read(position, limit=5000):
            found += [INBOUND.decode(raw).id for _, raw in entries]
            position = entries[-1][0] + 1
        reader.close()
    return found


def test_what_was_answered_200_is_in_the_log_when_the_gateway_is_killed_under_load(tmp_path: Path) -> None:
    traffic = Traffic(11, people=50, mix=Mix(duplicates=0, swapped=0))
    updates = traffic.messages(6000)
    bodies = list(traffic.bodies(updates, 10))
    acked: set[int] = set()

    async def live(port: int, kill_after: int, gateway: GatewayProcess) -> None:
        client = WebhookClient("127.0.0.1", port, connections=16, timeout_s=5)
        deliverer = Deliverer(client, PATH, SECRET, give_up_s=0)
        waiting = iter([index for index in range(len(bodies)) if index not in acked])
        answered = 0

        async def worker() -> None:
            nonlocal answered
            for index in waiting:
                if not await deliverer.deliver(bodies[index]):
                    return
                acked.add(index)
                answered += 1
                if answered == kill_after:
                    gateway.process.kill()

        await asyncio.gather(*[worker() for _ in range(16)])
        client.close()

    lives = 0
    while len(acked) < len(bodies):
        gateway = GatewayProcess(tmp_path / "data")
        asyncio.run(live(gateway.port, kill_after=130 if lives < 4 else len(bodies) + 1, gateway=gateway))
        lives += 1
        # While it may still be alive after the last life, its log is read only when it is gone.
        gateway.stop()
        present = set(logged(tmp_path / "data"))
        for index in acked:
            for update in updates[index * 10 : index * 10 + 10]:
                assert update.message["id"] in present
    assert lives == 5
    found = logged(tmp_path / "data")
    assert set(found) == {update.message["id"] for update in updates}
    # Only what was under way at a kill came twice; the sessions recognise it.
    assert len(found) - len(set(found)) <= 4 * 16 * 10
