from __future__ import annotations

import asyncio
import dataclasses
import gzip
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.whatsapp.admin_app import create_admin_app
from actors.whatsapp.conversation_aliases import ConversationAliases
from actors.whatsapp.signature import sign_body, sign_timed
from store.errors import DiskFull, QueueFull
from stress.whatsapp_server.traffic import Person, Traffic, Update, webhook_body
from tests.whatsapp.conftest import GENERIC_SECRET, SECRET, SETTINGS, Gateway

PATH = SETTINGS.webhook_path


def post(gateway: Gateway, body: bytes, secret: str = SECRET, **headers: str) -> httpx.Response:
    headers.setdefault("X-Hub-Signature-256", sign_body(secret, body))
    return gateway.client.post(PATH, content=body, headers=headers)


def post_generic(gateway: Gateway, document: Any, *, at_s: int | None = None, header: str = "") -> httpx.Response:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    at_s = int(time.time()) if at_s is None else at_s
    signature = header or sign_timed(GENERIC_SECRET, body, at_s)
    return gateway.client.post("/v1/messages", content=body, headers={"X-Majlis-Signature": signature})


def bodies(count: int, size: int, seed: int = 1) -> list[bytes]:
    traffic = Traffic(seed)
    return list(traffic.bodies(traffic.messages(count), size))


# ---- handshake -----------------------------------------------------------------------------------------------------


def test_the_handshake_gives_the_challenge_back(gateway: Gateway) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "handshake", "hub.challenge": "1158201444"}
    answer = gateway.client.get(PATH, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"hub.mode": "subscribe", "hub.verify_token": "other", "hub.challenge": "1"},
        {"hub.mode": "unsubscribe", "hub.verify_token": "handshake", "hub.challenge": "1"},
        {"hub.mode": "subscribe", "hub.verify_token": "كلمة", "hub.challenge": "1"},
    ],
)
def test_the_handshake_refuses_who_does_not_know_the_token(gateway: Gateway, asked: dict[str, str]) -> None:
    assert gateway.client.get(PATH, params=asked).status_code == 403


def test_without_a_verify_token_every_handshake_is_refused(start_gateway: Callable[..., Gateway]) -> None:
    gateway = start_gateway(SETTINGS.model_copy(update={"verify_token": None}))
    asked = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
    assert gateway.client.get(PATH, params=asked).status_code == 403


# ---- signed deliveries ---------------------------------------------------------------------------------------------


def test_messages_are_on_disk_when_the_answer_is_200(gateway: Gateway) -> None:
    for body in bodies(1500, 750):
        answer = post(gateway, body)
        assert (answer.status_code, answer.json()) == (200, {"accepted": 750})
    assert len(gateway.kept.messages) == 1500
    assert gateway.kept.count("majlis_gateway_requests_total", route="webhook", status="200") == 2


def test_the_answer_waits_for_the_disk(gateway: Gateway) -> None:
    gateway.kept.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, gateway, bodies(1, 1)[0])
        assert gateway.kept.reached.wait(10)  # the gateway has handed the message over
        assert not answer.done()
        gateway.kept.gate.set()
        assert answer.result().status_code == 200


@pytest.mark.parametrize("secret", [SECRET, "older-secret"])
def test_every_configured_secret_may_sign(gateway: Gateway, secret: str) -> None:
    assert post(gateway, bodies(1, 1)[0], secret).status_code == 200


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "sha256=" + "g" * 64, "0" * 64, "sha256=" + "0" * 65],
)
def test_bad_signatures_are_refused_and_the_body_is_never_parsed(gateway: Gateway, signature: str) -> None:
    answer = post(gateway, b"not even JSON", **{"X-Hub-Signature-256": signature})
    assert answer.status_code == 401
    assert not gateway.kept.rejects  # parsing would have kept it
    assert gateway.kept.count("majlis_gateway_refused_total", route="webhook", cause="signature") == 1


def test_a_missing_signature_is_refused(gateway: Gateway) -> None:
    assert gateway.client.post(PATH, content=bodies(1, 1)[0]).status_code == 401


def test_a_signature_replayed_on_another_body_is_refused(gateway: Gateway) -> None:
    first, second = bodies(2, 1)
    assert post(gateway, first).status_code == 200
    assert post(gateway, second, **{"X-Hub-Signature-256": sign_body(SECRET, first)}).status_code == 401
    assert len(gateway.kept.messages) == 1


def test_without_secrets_nothing_is_taken(start_gateway: Callable[..., Gateway]) -> None:
    gateway = start_gateway(SETTINGS.model_copy(update={"app_secrets": ()}))
    assert post(gateway, bodies(1, 1)[0], "").status_code == 401


def test_signed_rubbish_is_one_error_and_kept_for_a_person(gateway: Gateway) -> None:
    answer = post(gateway, b'{"entry": [')
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["error"]
    (reject,) = gateway.kept.rejects
    assert (reject.raw, reject.where) == (b'{"entry": [', f"{PATH} from 127.0.0.1")
    assert post(gateway, b"[" * 100_000).status_code == 400
    assert post(gateway, bodies(3, 3)[0]).status_code == 200


def test_bad_parts_do_not_stop_the_others(gateway: Gateway) -> None:
    document = json.loads(bodies(3, 3)[0])
    document["entry"][0]["changes"][0]["value"]["messages"].append(5)
    assert post(gateway, json.dumps(document).encode()).json() == {"accepted": 3}
    assert [reject.reason for reject in gateway.kept.rejects] == ["a message that is not an object"]


def test_statuses_go_their_own_way(gateway: Gateway) -> None:
    status = {"id": "wamid.o", "status": "delivered", "timestamp": "1769990000", "recipient_id": "971"}
    assert post(gateway, webhook_body("106", [], [status])).json() == {"accepted": 0}
    assert [found.state for found in gateway.kept.statuses] == ["delivered"]


# ---- full, draining ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [QueueFull("full"), DiskFull("full")])
def test_a_full_store_asks_to_come_again(gateway: Gateway, error: Exception) -> None:
    body = bodies(2, 2)[0]
    gateway.kept.error = error
    answer = post(gateway, body)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    gateway.kept.error = None
    assert post(gateway, body).status_code == 200
    assert len(gateway.kept.messages) == 2


def test_a_draining_gateway_asks_to_come_again(gateway: Gateway) -> None:
    gateway.kept.draining = True
    assert post(gateway, bodies(1, 1)[0]).status_code == 503
    assert post_generic(gateway, {"messages": []}).status_code == 503


def test_a_slow_disk_asks_to_come_again_and_its_write_is_not_disturbed(
    start_gateway: Callable[..., Gateway],
) -> None:
    written: Future[None] = Future()
    gateway = start_gateway(
        SETTINGS.model_copy(update={"ack_timeout_s": 0.2}), submit=lambda _messages: asyncio.wrap_future(written)
    )
    body = bodies(2, 2)[0]
    answer = post(gateway, body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    # A write that was given up on goes on: cancelling it would break its writer, which has yet to answer it.
    assert not written.cancelled()
    written.set_result(None)
    assert post(gateway, body).status_code == 200


def test_an_unexpected_error_of_the_writer_is_a_500_and_stops_nobody(start_gateway: Callable[..., Gateway]) -> None:
    failures = [RuntimeError("broken")]

    async def submit(messages: Any) -> None:
        if failures:
            raise failures.pop()

    gateway = start_gateway(submit=submit)
    body = bodies(1, 1)[0]
    assert post(gateway, body).status_code == 500
    # The server closes a connection whose request failed so: the next comes on another one, as from any sender.
    with httpx.Client(base_url=gateway.url) as another:
        assert post(dataclasses.replace(gateway, client=another), body).status_code == 200


# ---- limits --------------------------------------------------------------------------------------------------------


def test_bodies_that_are_too_long_are_refused(gateway: Gateway) -> None:
    body = b"x" * (SETTINGS.max_body_bytes + 1)
    assert post(gateway, body).status_code == 413

    def chunks() -> Any:
        for _ in range(50):
            yield b"x" * 100_000

    headers = {"X-Hub-Signature-256": sign_body(SECRET, b"x")}
    try:
        answer = gateway.client.post(PATH, content=chunks(), headers=headers)
    except httpx.HTTPError:
        return  # the server closed the connection while we were still sending: refused all the same
    assert answer.status_code == 413


def test_compressed_bombs_are_refused_unread(gateway: Gateway) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    answer = post(gateway, bomb, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_the_rate_is_limited(start_gateway: Callable[..., Gateway]) -> None:
    gateway = start_gateway(SETTINGS.model_copy(update={"max_requests_per_s": 5.0}))
    answers = [post(gateway, body).status_code for body in bodies(40, 1)]
    assert answers[:5] == [200] * 5
    assert 429 in answers
    assert set(answers) == {200, 429}


def test_a_slow_body_is_cut_off(start_gateway: Callable[..., Gateway]) -> None:
    gateway = start_gateway(SETTINGS.model_copy(update={"body_timeout_s": 0.2}))
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: {sign_body(SECRET, b'x')}\r\nContent-Length: 99"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as slow:
        slow.sendall(head.encode() + b"\r\n\r\nabc")
        assert slow.recv(1000).startswith(b"HTTP/1.1 408")
        while slow.recv(1000):
            pass  # the server closes it


def test_headers_that_never_end_are_cut_off(start_gateway: Callable[..., Gateway]) -> None:
    gateway = start_gateway(SETTINGS.model_copy(update={"header_timeout_s": 0.2}))
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert slow.recv(1000) == b""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as silent:
        assert silent.recv(1000) == b""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as endless:
        endless.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 70_000)
        assert endless.recv(1000).startswith(b"HTTP/1.1 400")
    assert post(gateway, bodies(1, 1)[0]).status_code == 200


def test_a_sender_that_goes_away_leaves_nothing_behind(gateway: Gateway) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: {sign_body(SECRET, b'x')}\r\nContent-Length: 99"
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as gone:
            gone.sendall(head.encode() + b"\r\n\r\nabc")
    assert post(gateway, bodies(1, 1)[0]).status_code == 200
    assert len(gateway.kept.messages) == 1


def test_ten_thousand_open_connections_do_not_keep_others_out(start_gateway: Callable[..., Gateway]) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 10_000
    limit = 2_000
    needed = wanted + limit + 500
    if hard != resource.RLIM_INFINITY and hard < needed:
        wanted = max(limit + 100, hard - limit - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(needed, hard)), hard))
    gateway = start_gateway(SETTINGS.model_copy(update={"max_connections": limit, "header_timeout_s": 60.0}))
    opened: list[socket.socket] = []
    try:
        for _ in range(wanted):
            opened.append(socket.create_connection(("127.0.0.1", gateway.port), timeout=10))
        answers = [post(gateway, body).status_code for body in bodies(5, 1)]
        assert answers == [200] * 5
    finally:
        for connection in opened:
            connection.close()


def test_memory_of_bodies_is_bounded(start_gateway: Callable[..., Gateway]) -> None:
    gateway = start_gateway(SETTINGS.model_copy(update={"max_body_bytes_in_flight": 1_000}))
    assert post(gateway, b"x" * 2_000).status_code == 503
    assert post(gateway, bodies(1, 1)[0]).status_code == 200


# ---- generic webhook -----------------------------------------------------------------------------------------------


def test_the_generic_webhook_takes_messages_of_any_source(gateway: Gateway) -> None:
    message = {
        "id": "SM1",
        "conversation": "+971501",
        "text": "hello",
        "sent_at": "2026-03-02T10:15:00.250+04:00",
        "sequence": 4,
        "channel": "twilio-1",
        "attachments": [{"name": "a.jpg", "mime": "image/jpeg", "size": 5}],
    }
    assert post_generic(gateway, {"messages": [message]}).json() == {"accepted": 1}
    (found,) = gateway.kept.messages
    assert (found.source, found.conversation, found.sender, found.sequence) == ("webhook", "+971501", "+971501", 4)
    assert (found.sent_ms, found.utc_offset_min) == (1_772_432_100_250, 240)
    assert found.extra == {"channel": "twilio-1"}


@pytest.mark.parametrize(
    "document",
    [
        b"{",
        {},
        {"messages": []},
        {"messages": [{"id": "1"}]},
        {"messages": [{"id": "", "conversation": "a"}]},
        {"messages": [{"id": "1", "conversation": "a", "unknown": 1}]},
        {"messages": [{"id": "1", "conversation": "a", "kind": "hologram"}]},
        {"messages": [{"id": "1", "conversation": "a", "sent_at": "yesterday"}]},
        {"messages": [{"id": "1", "conversation": "a"}] * 1001},
        b'{"messages": ' + b"[" * 50_000,
    ],
)
def test_the_generic_webhook_takes_all_or_nothing(gateway: Gateway, document: Any) -> None:
    assert post_generic(gateway, document).status_code == 422
    assert not gateway.kept.messages
    assert len(gateway.kept.rejects) == 1


def test_whole_numbers_may_be_written_with_a_point(gateway: Gateway) -> None:
    message = {"id": "1", "conversation": "a", "sequence": 7.0, "attachments": [{"name": "x", "size": 5.0}]}
    assert post_generic(gateway, {"messages": [message]}).status_code == 200
    assert gateway.kept.messages[0].sequence == 7
    assert post_generic(gateway, {"messages": [message | {"sequence": 7.5}]}).status_code == 422


def test_generic_signatures_are_taken_once_and_in_time(gateway: Gateway) -> None:
    document = {"messages": [{"id": "1", "conversation": "a"}]}
    body = json.dumps(document).encode()
    now = int(time.time())
    header = sign_timed(GENERIC_SECRET, body, now)
    assert post_generic(gateway, document, header=header).status_code == 200
    replayed = post_generic(gateway, document, header=header)
    assert (replayed.status_code, replayed.json()["error"]) == (
        401,
        "the signature was used before; sign each try anew",
    )
    assert post_generic(gateway, document, at_s=now - 301).status_code == 401
    assert post_generic(gateway, document, header=sign_timed("other", body, now)).status_code == 401
    for header in ("", "t=1", "t=²,v1=" + "0" * 64, "t=" + "9" * 500 + ",v1=" + "0" * 64, "v1=,t="):
        answer = gateway.client.post(
            "/v1/messages", content=body, headers={b"X-Majlis-Signature": header.encode("latin-1")}
        )
        assert answer.status_code == 401
    assert len(gateway.kept.messages) == 1


def test_a_refused_generic_request_may_be_sent_again(gateway: Gateway) -> None:
    document = {"messages": [{"id": "1", "conversation": "a"}]}
    header = sign_timed(GENERIC_SECRET, json.dumps(document).encode(), int(time.time()))
    gateway.kept.error = QueueFull("full")
    assert post_generic(gateway, document, header=header).status_code == 503
    gateway.kept.error = None
    assert post_generic(gateway, document, header=header).status_code == 200


def test_without_secrets_there_is_no_generic_webhook(start_gateway: Callable[..., Gateway]) -> None:
    gateway = start_gateway(SETTINGS.model_copy(update={"generic_secrets": ()}))
    assert post_generic(gateway, {}).status_code == 404


# ---- one conversation for one customer -----------------------------------------------------------------------------


def written_by(person: Person, number: int) -> bytes:
    message = {"id": f"w{number}", "timestamp": "1769990000", "type": "text", "text": {"body": "x"}}
    if not person.hidden:
        message["from"] = person.wa_id
    return webhook_body("106", [Update(person, message)])


def test_all_ids_of_a_customer_lead_to_one_conversation(start_gateway: Callable[..., Gateway], tmp_path: Path) -> None:
    old = Person("Ahmed", "971501", "", hidden=False)
    both = Person("Ahmed", "971501", "AE.1", hidden=False)
    new = Person("Ahmed", "", "AE.1", hidden=True)
    aliases = ConversationAliases(tmp_path / "aliases")
    gateway = start_gateway(aliases=aliases)
    for number, person in enumerate((old, both, new)):
        assert post(gateway, written_by(person, number)).status_code == 200
    assert [found.conversation for found in gateway.kept.messages] == ["971501"] * 3
    aliases.close()

    again = ConversationAliases(tmp_path / "aliases")
    assert again.resolve("AE.1", "") == "971501"
    assert again.resolve("AE.2", "971502") == "AE.2"
    assert again.resolve("", "971502") == "AE.2"
    # A number that moved to another person follows the user id.
    assert again.resolve("AE.3", "") == "AE.3"
    assert again.resolve("AE.3", "971502") == "AE.3"
    assert again.resolve("", "971502") == "AE.3"
    assert again.conflicts == 1
    assert again.resolve("x" * 5000, "") == "x" * 5000
    asyncio.run(again.flush())
    again.close()


def test_a_changed_number_stays_in_its_conversation(start_gateway: Callable[..., Gateway], tmp_path: Path) -> None:
    aliases = ConversationAliases(tmp_path / "aliases")
    gateway = start_gateway(aliases=aliases)
    old, new = Person("Ahmed", "971501", "", hidden=False), Person("Ahmed", "971777", "", hidden=False)
    change = {"body": "changed", "type": "user_changed_number", "new_wa_id": "971777"}
    moved = {"id": "w1", "from": "971501", "timestamp": "1769990000", "type": "system", "system": change}
    for body in (written_by(old, 0), webhook_body("106", [Update(old, moved)]), written_by(new, 2)):
        assert post(gateway, body).status_code == 200
    assert [found.conversation for found in gateway.kept.messages] == ["971501"] * 3
    aliases.close()


def test_ids_that_cannot_be_kept_refuse_the_request(start_gateway: Callable[..., Gateway], tmp_path: Path) -> None:
    aliases = ConversationAliases(tmp_path / "aliases")

    def full(aliases: dict[str, str]) -> None:
        raise DiskFull("no room")

    write, aliases._write = aliases._write, full  # type: ignore[method-assign]
    gateway = start_gateway(aliases=aliases)
    body = bodies(1, 1)[0]
    assert post(gateway, body).status_code == 503
    assert not gateway.kept.messages
    aliases._write = write  # type: ignore[method-assign]
    assert post(gateway, body).status_code == 200
    aliases.close()


# ---- admin ---------------------------------------------------------------------------------------------------------


def test_health_readiness_and_metrics(gateway: Gateway) -> None:
    problems: list[str] = []

    async def ask() -> list[httpx.Response]:
        app = create_admin_app(lambda: (), lambda: problems, [gateway.kept.metrics.exposition])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://admin") as client:
            return [await client.get(path) for path in ("/healthz", "/readyz", "/metrics")]

    post(gateway, bodies(4, 4)[0])
    problems.append("draining")
    healthz, readyz, metrics = asyncio.run(ask())
    assert healthz.status_code == 200
    assert (readyz.status_code, readyz.json()["problems"]) == (503, ["draining"])
    assert 'majlis_gateway_requests_total{route="webhook",status="200"} 1.0' in metrics.text


def test_the_openapi_document_is_served(gateway: Gateway) -> None:
    document = gateway.client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert "GenericMessage" in document["components"]["schemas"]
