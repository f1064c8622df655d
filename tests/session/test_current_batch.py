"""A worker's note outlives the worker."""

from __future__ import annotations

from pathlib import Path

from actors.language.current_batch import CurrentBatch, last_batch


def test_the_note_says_which_batch_of_which_shard(tmp_path: Path) -> None:
    note = CurrentBatch(tmp_path, "language/worker-0", 7)
    assert last_batch(tmp_path, "language/worker-0", 7) == ("", 0)
    note.begin("sessions/shard-1", 42)
    assert last_batch(tmp_path, "language/worker-0", 7) == ("sessions/shard-1", 42)
    note.end()
    assert last_batch(tmp_path, "language/worker-0", 7) == ("", 0)
    note.close()


def test_no_note_is_not_the_same_as_an_idle_worker(tmp_path: Path) -> None:
    assert last_batch(tmp_path, "language/worker-0", 1) is None


def test_notes_of_earlier_lives_are_kept_for_a_while_and_then_removed(tmp_path: Path) -> None:
    for life in range(1, 12):
        CurrentBatch(tmp_path, "language/worker-0", life).close()
    kept = sorted(int(file.name.split("@")[1]) for file in (tmp_path / "workers").iterdir())
    assert kept == [7, 8, 9, 10, 11]
