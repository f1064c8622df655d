"""A full spreadsheet is followed by one that the sink makes: one, shared, and every row in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from actors.sheets.settings import DRIVE_SCOPE, SCOPE, SheetsSettings
from messages.row import Row
from stress.sheets_server.process import ServerProcess

SINK = "sink@majlis-local.iam.gserviceaccount.com"
OWNER = "owner@example.com"
ROWS = 30
ROOM = 26_000 + 24 * 14
"""Cells of a first spreadsheet with a blank worksheet and 13 rows; a made one has room for all."""


def ids(numbers: Any) -> list[str]:
    return [f"{n:032x}" for n in numbers]


@pytest.fixture
def made(bench: Any, server: ServerProcess) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Let the sink make spreadsheets; gives those that it has made in this test."""
    bench.settings = bench.settings.model_copy(
        update={"create_spreadsheets": True, "share_with": (OWNER,), "batch_rows": 4, "max_cells": ROOM}
    )
    before = {book["id"] for book in server.control("list", owner=SINK)["books"]}
    for one in before:  # of earlier tests, whose data folder bears the same name
        server.control("trash", id=one)
    yield lambda: [book for book in server.control("list", owner=SINK)["books"] if book["id"] not in before]
    server.control("drive", enabled=True)


def all_ids(bench: Any, books: list[dict[str, Any]]) -> list[str]:
    found = list(bench.column("Row id"))
    for book in books:
        found += bench.column("Row id", book=book["id"])
    return found


def test_the_next_one_is_made_shared_and_written_to(bench: Any, made: Any, row: Callable[..., Row]) -> None:
    bench.source.add(*(row(n) for n in range(ROWS)))
    bench.drain()
    (book,) = made()
    assert (book["title"], book["editors"]) == ("Majlis 2", [OWNER])
    assert all_ids(bench, [book]) == ids(range(ROWS))
    assert any(f"it goes on in spreadsheet {book['id']}" in note for note in bench.notes)
    bench.crash()  # the next life goes on in it
    bench.source.add(row(ROWS))
    bench.drain()
    assert made() == [book]
    assert all_ids(bench, [book]) == ids(range(ROWS + 1))


@pytest.mark.parametrize("fault", ["reset_after", "500_after", "timeout_after", "malformed"])
def test_a_lost_answer_makes_no_second_one(
    bench: Any, made: Any, server: ServerProcess, row: Callable[..., Row], fault: str
) -> None:
    bench.source.add(*(row(n) for n in range(ROWS)))
    server.control("faults", next=[[fault, "/v4/spreadsheets$"]], hang_s=0.8)
    bench.drain()
    (book,) = made()
    assert all_ids(bench, [book]) == ids(range(ROWS))
    assert book["editors"] == [OWNER]


@pytest.mark.parametrize("step", ["before", "made", "shared", "taken", "claimed"])
def test_a_crash_on_the_way_leaves_no_orphan_and_doubles_nothing(
    bench: Any, made: Any, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from actors.sheets.ledger import Ledger
    from actors.sheets.making import Maker
    from actors.sheets.spreadsheets import Spreadsheets

    class PowerCutError(BaseException):
        """The process ends here."""

    def cut(owner: type, name: str, *, after: bool, when: Callable[..., bool] = lambda *_: True) -> None:
        real = getattr(owner, name)

        def cutting(*given: Any, **named: Any) -> Any:
            if not when(*given):
                return real(*given, **named)
            found = real(*given, **named) if after else None
            raise PowerCutError(found)

        monkeypatch.setattr(owner, name, cutting)

    {
        "before": lambda: cut(Maker, "_create", after=False),
        "made": lambda: cut(Maker, "_create", after=True),
        "shared": lambda: cut(Maker, "_share", after=True),
        "taken": lambda: cut(Spreadsheets, "roll_over", after=True),
        "claimed": lambda: cut(Ledger, "set_fact", after=True, when=lambda _self, name, _v: name.startswith("epoch:")),
    }[step]()
    if step == "claimed":
        monkeypatch.undo()
        bench.source.add(row(0))
        bench.drain()  # so that it is the second spreadsheet's claim that is cut
        cut(Ledger, "set_fact", after=True, when=lambda _self, name, _v: name.startswith("epoch:"))
        bench.source.add(*(row(n) for n in range(1, ROWS)))
    else:
        bench.source.add(*(row(n) for n in range(ROWS)))
    with pytest.raises(PowerCutError):
        bench.drain()
    monkeypatch.undo()
    bench.crash()
    bench.drain()
    (book,) = made()
    assert all_ids(bench, [book]) == ids(range(ROWS))
    assert book["editors"] == [OWNER]


def test_one_of_another_folder_with_the_same_title_is_left_alone(
    bench: Any, made: Any, server: ServerProcess, row: Callable[..., Row]
) -> None:
    foreign = server.control("books", owner=SINK, title="Majlis 2")["spreadsheetId"]
    bench.source.add(*(row(n) for n in range(ROWS)))
    server.control("faults", next=[["reset_before", "/v4/spreadsheets$"]])
    bench.drain()
    ours = [book for book in made() if book["id"] != foreign]
    assert len(ours) == 1
    assert all_ids(bench, ours) == ids(range(ROWS))


def test_one_that_cannot_be_shared_is_not_written_to_until_it_can(
    bench: Any, made: Any, server: ServerProcess, row: Callable[..., Row]
) -> None:
    server.control("drive", enabled=False)
    bench.source.add(*(row(n) for n in range(ROWS)))
    reason = bench.stuck()
    assert "cannot be shared with owner@example.com" in reason
    assert "Drive API" in reason
    assert sum("cannot be shared" in note for note in bench.notes) == 1
    assert len(made()) == 1
    server.control("drive", enabled=True)
    bench.pipe.writer.unblock()
    bench.drain()
    (book,) = made()
    assert all_ids(bench, [book]) == ids(range(ROWS))


def test_an_account_that_may_not_make_any_says_so_and_a_spare_one_helps(
    bench: Any, made: Any, server: ServerProcess, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    from actors.sheets.errors import Denied
    from actors.sheets.making import Maker

    def refuse(_self: Any, _title: str, _token: str) -> str:
        raise Denied("The user's Drive storage quota has been exceeded.", status=403)

    monkeypatch.setattr(Maker, "_create", refuse)
    bench.source.add(*(row(n) for n in range(ROWS)))
    assert "a new spreadsheet cannot be made: The user's Drive storage quota" in bench.stuck()
    bench.crash()
    spare = server.control("books", owner=OWNER, editors=[SINK])["spreadsheetId"]
    bench.settings = bench.settings.model_copy(update={"spare_spreadsheets": (spare,), "max_cells": ROOM + 24 * ROWS})
    bench.drain()
    assert sorted(all_ids(bench, [{"id": spare}] if bench.pipe.writer.current_spreadsheet() == spare else [])) == ids(
        range(ROWS)
    )


def test_what_is_asked_of_the_account(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    assert SheetsSettings(credentials_file=key).scopes() == [SCOPE]
    assert SheetsSettings(credentials_file=key, share_with=("a@b.c",)).scopes() == [SCOPE]
    chosen = SheetsSettings(credentials_file=key, create_spreadsheets=True, share_with=("a@b.c",))
    assert chosen.scopes() == [SCOPE, DRIVE_SCOPE]
    assert SheetsSettings(create_spreadsheets=True).scopes() == [SCOPE]  # a person's own account sees its own files
    with pytest.raises(ValidationError, match="needs share_with"):
        SheetsSettings(credentials_file=key, create_spreadsheets=True)
    with pytest.raises(ValidationError, match="is no e-mail"):
        SheetsSettings(share_with=("Sophie",))
