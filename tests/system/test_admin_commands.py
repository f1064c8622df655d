"""The commands of ``majlis admin`` on a running system, in processes of their own or through click's runner."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from actors.console.admin import app
from messages.wire import Wire
from store.folder import DataFolder
from supervision.errors import AdminError
from supervision.parcel import Address
from supervision.process_actor import ProcessActor
from supervision.spec import ChildSpec, Pool, SupervisorSpec
from tests.system.harness import Bench, tree_spec, until

NASTY = "[bold]971\u202e50\x1b[31m[/bold]"


class ToyShard(ProcessActor):
    """Answers what a shard answers, from fixed facts; the even shard holds the conversations."""

    def started(self, config: bytes) -> None:
        self.even = self.name.endswith("0")
        self.letters = {"aa11": "raised", "bb22": "lease_expired"} if self.even else {}

    def received(self, message: Wire, sender: Address) -> None:
        """Take no messages."""

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        key = arguments.get("conversation", "")
        letter = arguments.get("letter", "")
        match verb:
            case "locks":
                lock = {"conversation": NASTY, "owner": self.name, "held_ms": 1500, "phase": "working"}
                return {"locks": [lock] if self.even else []}
            case "unlock":
                return {"unlocked": self.even and key == NASTY}
            case "sessions":
                found = [{"conversation": NASTY, "phase": "passive", "rows": 3, "waiting": 0, "last_ms": 10**15}]
                return {"sessions": found if self.even else [], "known": 1, "resident": 0}
            case "session":
                return {"session": {"conversation": key, "rows": 3} if self.even and key == NASTY else None}
            case "dlq_list":
                return {"letters": [{"letter": id_, "reason": why} for id_, why in self.letters.items()]}
            case "dlq_show":
                return {"letter": {"letter_id": letter, "text": NASTY} if letter in self.letters else None}
            case "dlq_replay" | "dlq_purge":
                chosen = list(self.letters) if arguments.get("all") else [i for i in self.letters if i == letter]
                for each in chosen:
                    del self.letters[each]
                return {"replayed" if verb == "dlq_replay" else "purged": chosen}
            case _:
                raise AdminError("no such thing")


def shards() -> SupervisorSpec:
    """Declare a pool of toy shards."""
    return SupervisorSpec("sessions", pool=Pool(ChildSpec("shard", f"{__name__}:ToyShard"), 2))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    spec = tree_spec()
    sink = ChildSpec("sink", f"{__name__}:ToyShard")  # it answers for the letters that it holds, here none
    bench = Bench(
        tmp_path_factory.mktemp("admin") / "data",
        tree_spec(children=(spec.children[0], shards(), spec.children[2], sink)),
    )
    yield bench
    bench.system.shutdown()


@pytest.fixture
def admin(bench: Bench) -> Callable[..., Result]:
    """Run a command on the system."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--folder", str(bench.folder.path)], terminal_width=200)

    return run


def test_tree_as_table_and_json(admin: Callable[..., Result]) -> None:
    shown = admin("tree")
    assert shown.exit_code == 0, shown.output
    assert "sessions/shard-1" in shown.output
    names = [child["name"] for child in json.loads(admin("tree", "--json").output)["children"]]
    assert names == ["gateway", "sessions", "language", "sink"]


def test_status_of_one_and_of_all(admin: Callable[..., Result], bench: Bench) -> None:
    assert json.loads(admin("status", "sink", "--json").output)["pid"] == bench.pid("sink")
    everybody = json.loads(admin("status", "--json").output)
    assert {item["name"] for item in everybody["actors"]} == {"root", *bench.tree()}
    assert everybody["errors"] == []
    assert admin("status").exit_code == 0
    assert "sink" in admin("status", "sink").output


def test_children_and_commands(admin: Callable[..., Result], bench: Bench) -> None:
    assert "one_for_one" in admin("children").output
    assert json.loads(admin("children", "language", "--json").output)["pool"] is True
    before = bench.tree()
    assert admin("restart", "sink").exit_code == 0
    bench.all_new(before, ["sink"])
    assert json.loads(admin("scale", "language", "3", "--json").output) == {"size": 3}
    bench.pid("language/worker-2")
    assert admin("stop", "language/worker-2").exit_code == 0
    until(lambda: bench.tree()["language/worker-2"]["phase"] == "absent")
    assert admin("scale", "language", "2").exit_code == 0
    for verb in ("pause", "drain", "resume"):
        done = admin(verb)
        assert done.exit_code == 0, done.output


def test_what_cannot_be_done_is_one_line_and_exit_code_1(admin: Callable[..., Result]) -> None:
    for words, line in (
        (("restart", "nobody"), "root has no child 'nobody'"),
        (("status", "nobody"), "nobody is not known"),
        (("scale", "language", "99"), "size 99 is not between 1 and 4"),
        (("session", "unknown"), "unknown is not known"),
        (("unlock", "unknown"), "unknown is not locked"),
        (("dlq", "show", "zz"), "there is no letter zz"),
    ):
        done = admin(*words)
        assert done.exit_code == 1, words
        assert done.output == f"majlis: {line}\n"
    assert admin("scale", "language", "many").exit_code == 2
    assert admin("dlq", "purge").exit_code == 2


def test_no_system_is_a_clear_error(tmp_path: Path) -> None:
    folder = DataFolder.create(tmp_path / "data", partitions=1)
    done = CliRunner().invoke(app, ["tree", "--folder", str(folder.path)])
    assert "no system runs on this data folder" in str(done.exception)


def test_sessions_are_gathered_from_all_shards_and_shown_as_plain_text(admin: Callable[..., Result]) -> None:
    for words in (("locks",), ("sessions",), ("session", NASTY), ("dlq", "show", "aa11")):
        done = admin(*words)
        assert done.exit_code == 0, done.output
        assert "[bold]971" in done.output  # no markup
        assert "\x1b" not in done.output
        assert "\u202e" not in done.output
    assert json.loads(admin("locks", "--json").output)["locks"][0]["shard"] == "sessions/shard-0"
    found = json.loads(admin("sessions", "--json").output)
    assert (found["known"], len(found["sessions"])) == (2, 1)
    assert json.loads(admin("session", NASTY, "--json").output)["rows"] == 3
    assert json.loads(admin("unlock", NASTY, "--json").output)["unlocked"] is True


def test_dead_letters(admin: Callable[..., Result], tmp_path: Path) -> None:
    listed = json.loads(admin("dlq", "list", "--json").output)
    assert [letter["letter"] for letter in listed["letters"]] == ["aa11", "bb22"]
    file = tmp_path / "letters.jsonl"
    assert admin("dlq", "export", str(file)).exit_code == 0
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["letter_id"] for line in lines] == ["aa11", "bb22"]
    assert admin("dlq", "export", str(file)).exit_code == 2
    assert json.loads(admin("dlq", "replay", "bb22", "--json").output)["replayed"] == ["bb22"]
    assert json.loads(admin("dlq", "purge", "--all", "--json").output)["purged"] == ["aa11"]
    assert admin("dlq", "list").output.endswith("0 in all\n")
