"""What an orderly stop leaves behind."""

from __future__ import annotations

import pytest

from actors.whatsapp.feed_progress import FeedProgress
from tests.spine.conftest import StartSystem
from tests.spine.feeding import feed, message, rows_of


@pytest.mark.slow
def test_after_an_orderly_stop_every_committed_row_is_in_the_sink(start_system: StartSystem) -> None:
    system = start_system(language__workers=1)
    feed(system, [message(f"c{number % 200}", number, "2BR in JVC for 90k") for number in range(4_000)], wait=False)
    assert system.stop() == 0
    progress = FeedProgress(system.folder, "run")
    committed = progress.tally().rows
    progress.close()
    assert committed > 0
    assert len(rows_of(system)) == committed
