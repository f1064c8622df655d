"""A running system says whether texts are in work, so that readers of media can give way."""

from __future__ import annotations

from actors.system.text_in_work import TextInWork, shard_slot
from tests.spine.conftest import StartSystem
from tests.spine.feeding import feed, message, until


def test_texts_are_in_work_from_the_shard_on_until_they_are_committed(start_system: StartSystem) -> None:
    system = start_system(language__engine="tests.spine.engines:PoisonEngine", language__deadline_s=3)
    texts = TextInWork(system.path)
    feed(system, [message("a", 1), message("b", 1)])
    until(lambda: not texts.any(), "nothing is in work after the commit")
    feed(system, [message("c", 1, "hang", run="hang")], wait=False, run="hang")
    shards = (shard_slot(0), shard_slot(1))
    until(lambda: any(any(texts._map[8 * slot : 8 * slot + 8]) for slot in shards), "a shard has it in its hands")
    system.ask("sessions/shard-0", "unlock", {"conversation": "c"})
    system.ask("sessions/shard-1", "unlock", {"conversation": "c"})
    until(lambda: not texts.any(), "its worker was given up", 60)
    texts.close()
