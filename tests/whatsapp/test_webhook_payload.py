from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.whatsapp.errors import PayloadError
from actors.whatsapp.webhook_payload import Payload, Reading, parse_payload
from messages.inbound import Inbound
from messages.wire import encode
from stress.whatsapp_server.traffic import Mix, Traffic

NOW = 1_770_000_000_000
READING = Reading(received_ms=NOW, timezone="Asia/Dubai")


def wrap(*messages: Any, contacts: Any = None, field: str = "messages", **value: Any) -> bytes:
    inner: dict[str, Any] = {"metadata": {"display_phone_number": "9714", "phone_number_id": "106"}, **value}
    if messages:
        inner["messages"] = list(messages)
    if contacts is not None:
        inner["contacts"] = contacts
    return json.dumps({"object": "x", "entry": [{"id": "1", "changes": [{"field": field, "value": inner}]}]}).encode()


def message(kind: str, part: Any, **more: Any) -> dict[str, Any]:
    return {"id": "wamid.1", "from": "971501", "timestamp": "1769990000", "type": kind, kind: part, **more}


def one(*args: Any, **kwargs: Any) -> Inbound:
    payload = parse_payload(wrap(*args, **kwargs), READING)
    assert not payload.refused
    assert len(payload.messages) == 1
    return payload.messages[0]


def test_a_text_message_becomes_an_inbound_message() -> None:
    found = one(
        message("text", {"body": "hello"}, from_user_id="AE.7", context={"id": "wamid.0", "forwarded": True}),
        contacts=[{"profile": {"name": "Ahmed", "username": "ahm"}, "wa_id": "971501", "user_id": "AE.7"}],
    )
    assert found == Inbound(
        id="wamid.1",
        source="whatsapp",
        conversation="AE.7",
        sender="971501",
        sender_name="Ahmed",
        text="hello",
        sent_ms=1_769_990_000_000,
        utc_offset_min=240,
        received_ms=NOW,
        reply_to="wamid.0",
        extra={"channel": "106", "wa_id": "971501", "user_id": "AE.7", "username": "ahm", "forwarded": "1"},
    )


@pytest.mark.parametrize(
    ("kind", "part", "expected_kind", "text", "extra"),
    [
        ("location", {"latitude": 25.1, "longitude": 55, "name": "Marina"}, "location", "Marina", {"latitude": "25.1"}),
        (
            "contacts",
            [{"name": {"formatted_name": "Omar"}, "phones": [{"phone": "+971 50"}, 7]}],
            "contacts",
            "Omar +971 50",
            {},
        ),
        (
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "r1", "title": "2BR", "description": "JVC"}},
            "interactive",
            "2BR\nJVC",
            {"interactive": "list_reply", "interactive_id": "r1"},
        ),
        (
            "interactive",
            {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{}"}},
            "interactive",
            "Sent",
            {"interactive": "nfm_reply"},
        ),
        ("button", {"payload": "yes-1", "text": "Yes"}, "button", "Yes", {"button_payload": "yes-1"}),
        ("order", {"text": "please", "product_items": [{"quantity": 1}]}, "order", "please", {}),
        (
            "system",
            {"body": "changed", "type": "user_changed_number", "new_wa_id": "971999"},
            "system",
            "changed",
            {"system": "user_changed_number", "system_new_wa_id": "971999"},
        ),
        ("hologram", {"depth": 3}, "unsupported", "", {"type": "hologram"}),
        ("text", 5, "unsupported", "", {"type": "text"}),
        ("image", [], "unsupported", "", {"type": "image"}),
    ],
)
def test_each_type_is_read(kind: str, part: Any, expected_kind: str, text: str, extra: dict[str, str]) -> None:
    found = one(message(kind, part))
    assert found.kind == expected_kind
    assert found.text == text
    assert found.extra.items() >= extra.items()
    if expected_kind == "unsupported":
        assert json.loads(found.extra["raw"])[kind] == part


@pytest.mark.parametrize(
    ("kind", "more", "name", "expected"),
    [
        ("image", {"caption": "this one?"}, "image", "image"),
        ("audio", {"voice": True}, "voice", "audio"),
        ("voice", {}, "audio", "audio"),
        ("video", {}, "video", "video"),
        ("document", {"filename": "../../etc/passwd"}, "../../etc/passwd", "document"),
        ("sticker", {"animated": True}, "sticker", "sticker"),
    ],
)
def test_media_becomes_an_attachment_to_fetch(kind: str, more: dict[str, Any], name: str, expected: str) -> None:
    found = one(message(kind, {"id": "m1", "mime_type": "a/b", "sha256": "abc=", **more}))
    assert found.kind == expected
    assert found.text == more.get("caption", "")
    (attachment,) = found.attachments
    assert (attachment.media_id, attachment.mime, attachment.name) == ("m1", "a/b", name)
    assert attachment.note == "not fetched yet"
    assert found.extra["media_sha256"] == "abc="


def test_a_reaction_points_to_its_message() -> None:
    found = one(message("reaction", {"message_id": "wamid.0", "emoji": "👍"}))
    assert (found.reply_to, found.text) == ("wamid.0", "👍")
    assert one(message("reaction", {"message_id": "wamid.0", "emoji": ""})).extra["reaction"] == "removed"


def test_whatsapps_own_unsupported_type_tells_why() -> None:
    found = one(message("unsupported", None, errors=[{"code": 131051, "title": "Unsupported message type"}]))
    assert found.kind == "unsupported"
    assert found.extra["error"] == "Unsupported message type"


def test_unknown_fields_are_kept() -> None:
    found = one(message("text", {"body": "x"}, holiday={"a": [1, 2]}))
    assert json.loads(found.extra["unknown"]) == {"holiday": {"a": [1, 2]}}
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    assert "nested deeper" in one(message("text", {"body": "x"}, holiday=deep)).extra["unknown"]
    assert len(one(message("text", {"body": "x"}, holiday="y" * 99_999)).extra["unknown"]) == READING.max_extra_chars


def test_a_hidden_number_is_known_by_its_contact() -> None:
    hidden = {"id": "w", "timestamp": "1769990000", "type": "text", "text": {"body": "x"}}
    found = one(hidden, contacts=[{"profile": {"name": "Sara"}, "user_id": "AE.9"}])
    assert (found.conversation, found.sender, found.sender_name) == ("AE.9", "AE.9", "Sara")


def test_a_group_is_one_conversation() -> None:
    found = one(message("text", {"body": "x"}, group_id="group-1"))
    assert (found.conversation, found.sender) == ("group-1", "971501")


def test_what_staff_wrote_goes_out() -> None:
    echo = {"id": "w", "from": "9714", "to": "971501", "timestamp": "1769990000", "type": "text", "text": {"body": "x"}}
    found = one(field="smb_message_echoes", message_echoes=[echo])
    assert (found.direction, found.conversation, found.sender) == ("out", "971501", "9714")


def test_every_message_of_every_change_of_every_entry_is_read() -> None:
    def change(name: str) -> dict[str, Any]:
        messages = [dict(message("text", {"body": "x"}), id=f"{name}{n}") for n in range(3)]
        return {"field": "messages", "value": {"metadata": {"phone_number_id": name}, "messages": messages}}

    entries = [{"id": "1", "changes": [change("a"), change("b")]}, {"id": "2", "changes": [change("c")]}]
    payload = parse_payload(json.dumps({"entry": entries}).encode(), READING)
    assert [found.id for found in payload.messages] == [f"{name}{n}" for name in "abc" for n in range(3)]
    assert {found.extra["channel"] for found in payload.messages} == set("abc")


def test_statuses_and_errors_are_not_messages() -> None:
    status = {
        "id": "wamid.out",
        "status": "failed",
        "timestamp": "1769990000",
        "recipient_id": "971501",
        "biz_opaque_callback_data": "r-1",
        "errors": [{"code": 131047, "title": "Re-engagement", "error_data": {"details": "24 hours"}}],
    }
    payload = parse_payload(
        wrap(statuses=[status, dict(status, status="warped", errors=[])], errors=[{"code": 130429, "title": "Limit"}]),
        READING,
    )
    assert not payload.messages
    failed, other, error = payload.statuses
    assert (failed.state, failed.code, failed.detail) == ("failed", 131047, "Re-engagement: 24 hours")
    assert (failed.callback, failed.recipient, failed.channel) == ("r-1", "971501", "106")
    assert (other.state, other.detail) == ("other", "warped")
    assert (error.state, error.code, error.message_id) == ("error", 130429, "")


def test_a_bad_part_is_refused_alone() -> None:
    payload = parse_payload(
        wrap(message("text", {"body": "a"}), 7, {"id": "w", "type": "text"}, message("text", {"body": "b"})), READING
    )
    assert [found.text for found in payload.messages] == ["a", "b"]
    assert [refused.reason for refused in payload.refused] == [
        "a message that is not an object",
        "a message without a sender",
    ]
    assert payload.refused[0].raw == b"7"


@pytest.mark.parametrize("entry", [5, {}, {"changes": 3}, {"changes": [None]}, {"changes": [{"value": []}]}])
def test_entries_of_wrong_shape_are_kept_for_a_person(entry: Any) -> None:
    payload = parse_payload(json.dumps({"entry": [entry]}).encode(), READING)
    assert len(payload.refused) == 1


def test_other_changes_are_kept_for_a_person() -> None:
    payload = parse_payload(wrap(field="account_update", event="BAN"), READING)
    assert payload.refused[0].reason == "a change of account_update, which is not a message"


def test_numbers_that_are_not_ours_are_refused() -> None:
    payload = parse_payload(wrap(message("text", {"body": "a"})), READING._replace(channels=frozenset({"107"})))
    assert not payload.messages
    assert "not one of ours" in payload.refused[0].reason


def test_nothing_beside_the_text_grows_without_bound() -> None:
    huge = "x" * 1_000_000
    payload = parse_payload(wrap(message("text", {"body": "a"}, **{"from": huge})), READING)
    assert payload.refused[0].reason == "a message whose sender's id has more than 256 characters"
    found = one(
        message("button", {"payload": huge, "text": "Yes"}),
        contacts=[{"wa_id": "971501", "profile": {"name": huge, "username": huge}}],
    )
    assert len(found.sender_name) == 256
    assert max(map(len, found.extra.values())) == READING.max_extra_chars
    media = one(message("document", {"id": "m", "filename": huge, "sha256": huge, "mime_type": "a/b"}))
    assert len(media.attachments[0].name) == 255
    reported = {"id": "w", "status": huge, "biz_opaque_callback_data": huge, "errors": [{"code": 1, "title": huge}]}
    (status,) = parse_payload(wrap(statuses=[reported]), READING).statuses
    assert max(len(status.callback), len(status.detail)) <= 1000


@pytest.mark.parametrize("stamp", [None, "", "-5", "1e9", "99999999999999", [1], "٣", True])
def test_an_unusable_time_is_replaced_and_noted(stamp: Any) -> None:
    found = one(dict(message("text", {"body": "x"}), timestamp=stamp))
    if stamp == "٣":
        assert found.sent_ms == 3000
        return
    assert found.sent_ms == NOW
    assert found.extra["note"] == "came without a usable time"


def test_a_missing_id_is_derived_so_that_redeliveries_carry_the_same() -> None:
    bare = message("text", {"body": "x"})
    del bare["id"]
    assert one(bare).id == one(bare).id
    assert one(bare).id.startswith("sha256:")
    assert one(dict(bare, id="y" * 5000)).id.startswith("sha256:")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "no list of entries"),
        (b'{"entry": 5}', "no list of entries"),
        (b'{"entry": [', "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b"\xff\xfe", "not JSON"),
        (b'{"entry":[' + b"9" * 5000 + b"]}", "not JSON"),
    ],
)
def test_what_is_no_payload_is_an_error(body: bytes, reason: str) -> None:
    with pytest.raises(PayloadError, match=reason):
        parse_payload(body, READING)


def test_lists_named_twice_are_refused_because_one_would_be_lost() -> None:
    body = wrap(message("text", {"body": "a"})).replace(b'"messages": [', b'"messages": [], "messages": [', 1)
    with pytest.raises(PayloadError, match="'messages' twice"):
        parse_payload(body, READING)
    assert one(message("text", {"body": "messages"})).text == "messages"


def test_too_many_updates_are_refused() -> None:
    with pytest.raises(PayloadError, match="more than 1000"):
        parse_payload(wrap(*[message("text", {"body": "a"})] * 1001), READING)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb"\ud83d\ude00", "😀"),
        (rb"a\ud83d", "a\ufffd"),
        (rb"\ude00b", "\ufffdb"),
        (rb"\\ud83d", "\\ud83d"),
        (b"a\xffb", "a\ufffdb"),
        (rb"\u0000", "\0"),
        (b"\xd9\x85\xd8\xb1", "مر"),
    ],
)
def test_damaged_text_is_repaired_and_can_be_stored(raw: bytes, text: str) -> None:
    body = wrap(message("text", {"body": "HERE"})).replace(b"HERE", raw)
    (found,) = parse_payload(body, READING).messages
    assert found.text == text
    encode(found)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert len(parse_payload(b"\xef\xbb\xbf" + wrap(message("text", {"body": "a"})), READING).messages) == 1


def test_realistic_traffic_is_read_without_loss() -> None:
    traffic = Traffic(7, people=50, mix=Mix(duplicates=0.1, swapped=0.1))
    updates = traffic.disorder(traffic.messages(2000))
    found: list[Inbound] = []
    for body in traffic.bodies(updates, 333):
        payload = parse_payload(body, READING)
        assert not payload.refused
        found += payload.messages
    assert [item.id for item in found] == [update.message["id"] for update in updates]
    assert "unsupported" not in {item.kind for item in found}
    assert len({item.conversation for item in found}) <= 50


# ---- fuzz ----------------------------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_KINDS = ["text", "image", "audio", "interactive", "reaction", "order", "system", "contacts", "location", "unsupported"]
_MESSAGE = st.fixed_dictionaries(
    {"type": st.sampled_from(_KINDS) | _JSON},
    optional={
        name: _JSON | st.dictionaries(st.sampled_from(["body", "id", "type", "caption", "emoji", "name"]), _JSON)
        for name in [*_KINDS, "id", "from", "from_user_id", "timestamp", "context", "group_id", "errors"]
    },
)
_VALUE = st.fixed_dictionaries(
    {},
    optional={
        "metadata": _JSON,
        "contacts": st.lists(_JSON, max_size=3) | _JSON,
        "messages": st.lists(_MESSAGE | _JSON, max_size=4) | _JSON,
        "message_echoes": st.lists(_MESSAGE, max_size=2),
        "statuses": st.lists(_MESSAGE | _JSON, max_size=3) | _JSON,
        "errors": _JSON,
    },
)


def check(payload: Payload) -> None:
    for found in payload.messages:
        assert found.conversation
        assert found.id
        encode(found)
    for status in payload.statuses:
        encode(status)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.fixed_dictionaries({"field": _JSON, "value": _VALUE | _JSON}), max_size=3))
def test_fuzz_no_payload_of_odd_shape_crashes_the_parser(changes: list[Any]) -> None:
    body = json.dumps({"entry": [{"changes": changes}]}).encode()
    try:
        payload = parse_payload(body, READING)
    except PayloadError:
        return
    check(payload)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_fuzz_no_damaged_bytes_crash_the_parser(data: st.DataObject) -> None:
    traffic = Traffic(data.draw(st.integers(1, 50)), people=3)
    body = bytearray(next(traffic.bodies(traffic.messages(4), 4)))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(body) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                body[place] = data.draw(st.integers(0, 255))
            case 1:
                del body[place : place + data.draw(st.integers(1, 30))]
            case _:
                body[place:place] = data.draw(st.binary(max_size=12))
        if not body:
            return
    try:
        payload = parse_payload(bytes(body), READING)
    except PayloadError:
        return
    check(payload)
