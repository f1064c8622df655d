"""JSONL of inbound messages."""

import json
from pathlib import Path
from typing import Any

import pytest

from actors.whatsapp.export_contract import ReadOptions
from messages.inbound import Inbound
from messages.wire import encode
from tests.replay.exports import NOW_MS, OPTIONS, Outcome, read_text

BASE = {"conversation": "c", "sender": "+971501234567", "text": "hi"}


def read(folder: Path, *lines: Any, options: ReadOptions = OPTIONS) -> Outcome:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    return read_text(folder, text, options, name="in.jsonl")


def one(folder: Path, **fields: Any) -> Inbound:
    outcome = read(folder, BASE | fields)
    assert outcome.rejects == []
    encode(outcome.messages[0])
    return outcome.messages[0]


def test_all_keys(tmp_path: Path) -> None:
    message = one(
        tmp_path,
        id="m1",
        sent_at="2026-03-02T10:15:00+04:00",
        sequence=7,
        kind="image",
        attachments=[{"name": "a.jpg", "mime": "image/jpeg", "size": 9}],
        name="Ana",
        region="ae",
        direction="out",
        reply_to="m0",
        lang="en",
    )
    assert (message.id, message.conversation, message.sender, message.sender_name) == (
        "m1",
        "c",
        "+971501234567",
        "Ana",
    )
    assert (message.sequence, message.kind, message.region, message.direction) == (7, "image", "AE", "out")
    assert (message.reply_to, message.extra, message.utc_offset_min) == ("m0", {"lang": "en"}, 240)
    assert message.sent_ms == 1_772_432_100_000
    assert message.attachments[0].name == "a.jpg"
    assert message.attachments[0].note
    assert message.imported


@pytest.mark.parametrize(
    ("sent_at", "sent_ms", "offset"),
    [
        ("2026-03-02T06:15:00Z", 1_772_432_100_000, 0),
        ("2026-03-02T10:15:00", 1_772_432_100_000, 240),
        ("2026-03-02 10:15", 1_772_432_100_000, 240),
        ("2026-03-02T01:15:00-05:00", 1_772_432_100_000, -300),
        (1_772_432_100, 1_772_432_100_000, 240),
        (1_772_432_100_000, 1_772_432_100_000, 240),
        (1_772_432_100.25, 1_772_432_100_250, 240),
        (None, NOW_MS, 240),
    ],
)
def test_times(tmp_path: Path, sent_at: object, sent_ms: int, offset: int) -> None:
    message = one(tmp_path, sent_at=sent_at)
    assert (message.sent_ms, message.utc_offset_min) == (sent_ms, offset)


@pytest.mark.parametrize(
    ("sent_at", "noted"),
    [(0, "before"), ("1970-01-01T00:00:00Z", "before"), ("2999-01-01", "future"), ("2025-01-01", "")],
)
def test_odd_times_are_noted(tmp_path: Path, sent_at: object, noted: str) -> None:
    assert noted in one(tmp_path, sent_at=sent_at).extra.get("time_note", "")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("nonsense", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "must be an object"),
        ("null", "must be an object"),
        ({"sender": "a", "text": "x"}, '"conversation" is missing'),
        ({"conversation": "c", "text": "x"}, '"sender" is missing'),
        ({"conversation": "c", "sender": "a"}, '"text" is missing'),
        (BASE | {"text": 5}, '"text" must be text, not 5'),
        (BASE | {"text": None}, '"text" must be text, not null'),
        (BASE | {"sender": 971}, '"sender" must be text'),
        (BASE | {"sender": "  "}, '"sender" is empty'),
        (BASE | {"conversation": "x" * 300}, "longer than 256 bytes"),
        (BASE | {"id": 7}, '"id" must be text'),
        (BASE | {"id": ""}, '"id" is empty'),
        (BASE | {"sent_at": "yesterday"}, '"sent_at" is not a time'),
        (BASE | {"sent_at": True}, '"sent_at" must be'),
        (BASE | {"sent_at": 1e300}, "between 1970 and 9999"),
        (BASE | {"sent_at": -5}, "between 1970 and 9999"),
        ('{"conversation":"c","sender":"a","text":"x","sent_at":NaN}', "NaN"),
        (BASE | {"sequence": "7"}, '"sequence" must be'),
        (BASE | {"sequence": -1}, '"sequence" must be'),
        (BASE | {"sequence": True}, '"sequence" must be'),
        (BASE | {"sequence": 1 << 70}, '"sequence" must be'),
        (BASE | {"kind": "poem"}, '"kind" must be one of'),
        (BASE | {"kind": ["text"]}, '"kind" must be one of'),
        (BASE | {"direction": "up"}, '"direction" must be'),
        (BASE | {"direction": {}}, '"direction" must be'),
        (BASE | {"region": "UAE"}, '"region" must be two letters'),
        (BASE | {"attachments": "a.jpg"}, '"attachments" must be a list'),
        (BASE | {"attachments": ["a.jpg"]}, '"attachments" must hold objects'),
        (BASE | {"attachments": [{"size": -1}]}, '"size" of an attachment'),
        (BASE | {"reply_to": 3}, '"reply_to" must be text'),
        (BASE | {"text": "x" * 70_000}, "longer than 65,536 bytes"),
        (BASE | {"text": "x" * 2_000_000}, "the line is too long"),
    ],
)
def test_bad_lines_are_rejected_with_their_number(tmp_path: Path, line: Any, reason: str) -> None:
    outcome = read(tmp_path, BASE, line, BASE | {"text": "after"})
    assert [m.text for m in outcome.messages] == ["hi", "after"]
    (reject,) = outcome.rejects
    assert reject.where.endswith("in.jsonl:2")
    assert reason in reject.reason


def test_extra_keys_are_kept_as_text_and_counted(tmp_path: Path) -> None:
    outcome = read(tmp_path, BASE | {"score": 1.5, "vip": True, "tags": ["a"], "none": None}, BASE | {"score": "x"})
    assert [m.extra for m in outcome.messages] == [
        {"score": "1.5", "vip": "true", "time_note": "it has no time; the time of reading was taken"},
        {"score": "x", "time_note": "it has no time; the time of reading was taken"},
    ]
    assert len(outcome.warnings) == 2
    assert "2 messages have keys that are not known" in outcome.warnings[0]


def test_lone_surrogates_and_bad_bytes_become_replacement_characters(tmp_path: Path) -> None:
    outcome = read_text(
        tmp_path,
        b'{"conversation":"c","sender":"a","text":"x\\ud800y"}\n'
        b'{"conversation":"c","sender":"a","text":"caf\xe9"}\n'
        b'{"conversation":"c","sender":"a","text":"a\\u0000b","odd\\ud800":"\\udfff"}\n'
        b'{"conversation":"c","sender":"a","text":"\\ud83d\\ude00"}\n',
        name="in.jsonl",
    )
    assert [m.text for m in outcome.messages] == ["x\ufffdy", "caf\ufffd", "a\ufffdb", "😀"]
    assert ["text_note" in m.extra for m in outcome.messages] == [True, True, True, False]
    for message in outcome.messages:
        encode(message)


def test_derived_ids_are_stable_and_tell_twins_apart(tmp_path: Path) -> None:
    lines = [BASE, BASE, BASE | {"sent_at": 1_772_432_100}, BASE | {"sender": "b"}]
    first = [m.id for m in read(tmp_path, *lines).messages]
    later = [m.id for m in read(tmp_path, *lines, options=ReadOptions(now_ms=NOW_MS + 1)).messages]
    assert first == later
    assert len(set(first)) == 4


def test_duplicate_ids_are_passed_on(tmp_path: Path) -> None:
    assert [m.id for m in read(tmp_path, BASE | {"id": "a"}, BASE | {"id": "a"}).messages] == ["a", "a"]


def test_own_names_go_out(tmp_path: Path) -> None:
    options = ReadOptions(now_ms=NOW_MS, owner_names=("Agency",))
    outcome = read(tmp_path, BASE | {"sender": "agency"}, BASE | {"name": "AGENCY"}, BASE, options=options)
    assert [m.direction for m in outcome.messages] == ["out", "out", "in"]


def test_jsonl_is_told_by_content_too(tmp_path: Path) -> None:
    outcome = read_text(tmp_path, "\n" + json.dumps(BASE) + "\n\n", name="feed.txt")
    assert [m.source for m in outcome.messages] == ["jsonl"]


def test_files_without_a_message(tmp_path: Path) -> None:
    assert [r.reason for r in read(tmp_path, "", "  ").rejects] == ["holds no message"]
    assert "binary" in read_text(tmp_path, bytes(5000), name="x.jsonl").rejects[0].reason


@pytest.mark.parametrize(
    "text", ["[\n" + json.dumps(BASE) + "\n]\n", json.dumps([BASE] * 9), json.dumps(BASE, indent=1)]
)
def test_json_that_is_not_a_line_each_is_one_reject(tmp_path: Path, text: str) -> None:
    outcome = read_text(tmp_path, text, name="all.json")
    assert outcome.messages == []
    assert [r.reason for r in outcome.rejects] == ["is not JSONL: it must hold one object a line"]
