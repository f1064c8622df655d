"""Forgetting a conversation in its partition: what is on its way comes first, and dedup keys stay."""

from __future__ import annotations

from pathlib import Path

import msgspec

from messages.inbound import Attachment, Struck
from messages.understanding import WorkResult
from messages.wire import encode
from store.check import check_folder
from store.folder import DataFolder
from store.log import LogWriter
from tests.session.samples import inbound
from tests.session.test_partition_host import Bench, bench, understood

__all__ = ["bench"]


def fails_on_bad(text: str) -> WorkResult:
    return WorkResult(key=0, error="Traceback") if "bad" in text else understood(text)


def test_what_is_on_its_way_is_named_and_nothing_is_removed(bench: Bench) -> None:
    bench.put(inbound(1, conversation="Sara"), inbound(2, conversation="Omar"))
    assert bench.host.forget("Sara", 0).messages == 1  # nobody has read it yet
    bench.host.take_in()
    assert bench.host.held("Sara", 0).messages == 1
    bench.settle()
    assert bench.state.session("Sara") is not None
    held = bench.host.forget("Sara", bench.state.rows_next)
    assert (held.messages, held.rows, held.waiting, held.known) == (0, 0, False, True)
    assert bench.state.session("Sara") is None
    assert bench.state.session("Omar") is not None
    assert not bench.host.forget("Sara", bench.state.rows_next).known


def test_rows_that_wait_for_the_sink_stay_and_say_nothing_any_more(bench: Bench) -> None:
    file = Attachment(name="plan.pdf", sha256="ab" * 32)
    told = msgspec.structs.replace(inbound(1, conversation="Sara", text="marmalade"), attachments=(file,))
    bench.put(told, inbound(2, conversation="Omar", text="for Sara"))
    bench.settle()
    before = {row.row_id: row for row in bench.rows()}
    held = bench.host.forget("Sara", 0)
    assert (held.rows, held.files) == (1, ("ab" * 32,))
    after = {row.row_id: row for row in bench.rows()}
    assert set(after) == set(before)
    assert [row for row in after.values() if row.conversation == "Omar"] == [
        row for row in before.values() if row.conversation == "Omar"
    ]
    (sara,) = (row for row in after.values() if row.conversation != "Omar")
    assert "marmalade" not in str(sara)
    assert "Sara" not in str(sara)
    assert bench.host.forget("Sara", 0).rows == 0
    size = bench.state.rows_bytes
    bench.die()
    assert bench.state.rows_bytes == size == sum(len(raw) for _, raw in bench.state.rows(0))


def test_letters_go_with_the_names_of_their_files_and_others_stay(bench: Bench) -> None:
    file = Attachment(name="plan.pdf", sha256="ab" * 32)
    bad = msgspec.structs.replace(inbound(1, conversation="Sara", text="bad"), attachments=(file,))
    bench.put(bad, inbound(2, conversation="Omar", text="bad"))
    bench.settle(fails_on_bad)
    assert bench.state.letter_count() == 2
    held = bench.host.forget("Sara", 0)
    assert held.files == ("ab" * 32,)
    assert len(held.letters) == 1
    assert bench.state.letter_count() == 1
    assert not bench.host.replay(held.letters[0])


def test_an_entry_that_could_not_be_read_goes_with_whom_it_names(bench: Bench) -> None:
    bench.inbox.entries += [b"damaged: from Sara", b"damaged: from Omar"]
    bench.settle()
    assert bench.state.letter_count() == 2
    assert len(bench.host.forget("Sara", 0).letters) == 1
    assert len(bench.host.forget("Omar", 0).letters) == 1
    assert bench.state.letter_count() == 0


def test_a_forgotten_message_that_comes_again_is_a_duplicate(bench: Bench) -> None:
    bench.put(inbound(1, conversation="Sara"))
    bench.settle()
    bench.host.forget("Sara", bench.state.rows_next)
    bench.die()
    bench.put(inbound(1, conversation="Sara"), inbound(2, conversation="Sara"))
    bench.settle()
    assert bench.host.counters["duplicates"] == 1
    assert [row.message_id for row in bench.rows()] == ["m2"]
    assert bench.rows()[0].position == 1


def test_a_struck_entry_counts_as_done(bench: Bench) -> None:
    bench.put(inbound(1), inbound(2))
    bench.inbox.entries.insert(1, encode(Struck()))
    bench.settle()
    assert len(bench.rows()) == 2
    assert bench.host.cursor == 3
    assert bench.host.counters["unreadable"] == bench.host.counters["redone"] == 0


def test_a_folder_with_struck_entries_is_sound(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    log = LogWriter(folder.inbox(0))
    log.append([encode(Struck()), encode(inbound(1))])
    log.close()
    assert check_folder(folder.path).sound
