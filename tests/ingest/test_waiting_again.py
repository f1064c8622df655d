"""Work whose worker died waits again, and its session's lease does not run meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

from actors.session.dispatcher import Dispatcher, DispatchPolicy


def test_items_of_a_worker_that_is_gone_are_told_as_waiting_again() -> None:
    heard: list[str] = []

    def requeued(items: Iterable[str]) -> None:
        heard.extend(items)

    dispatcher: Dispatcher[str] = Dispatcher(DispatchPolicy(batch=2, credits=2), lambda: 0, requeued=requeued)
    dispatcher.set_workers(["a"])
    for item in ("1", "2", "3", "4"):
        dispatcher.offer(item)
    assert dispatcher.take() is not None
    assert dispatcher.take() is not None
    dispatcher.set_workers([])
    assert sorted(heard) == ["1", "2", "3", "4"]
    assert dispatcher.queued == 4
