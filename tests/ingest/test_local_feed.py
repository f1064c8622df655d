"""The local feed's two ends over real HTTP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import msgspec
import pytest

from actors.whatsapp.local_feed import SIGNATURE, FeedClient, FeedRefused, FeedUnreachable, sign
from messages.doorbell import IngestBatch
from messages.inbound import Inbound
from messages.row import REJECT, Reject
from messages.wire import encode
from store.folder import DataFolder
from tests.ingest.conftest import MAX_BODY, Server, entries_of, held, message

Start = Callable[..., Server]


def batch(*messages: Inbound, run: str = "r", number: int = 1) -> bytes:
    return encode(IngestBatch(run=run, batch=number, messages=messages))


def post(server: Server, body: bytes, signature: str | None = None, path: str = "/feed") -> httpx.Response:
    headers = {SIGNATURE: sign(server.folder.frame_key(), body) if signature is None else signature}
    return httpx.post(f"http://127.0.0.1:{server.port}{path}", content=body, headers=headers, trust_env=False)


def client_of(folder: DataFolder, port: Callable[[], int | None], patience_s: float = 30.0) -> FeedClient:
    return FeedClient(port, folder.frame_key(), run="r", patience_s=patience_s)


def rejected(server: Server) -> list[Reject]:
    return [REJECT.decode(raw) for _, raw in entries_of(server.inbox._rejects)]


def test_a_signed_batch_is_taken_in_and_acknowledged_with_a_signature(start_server: Start) -> None:
    server = start_server()
    answer = post(server, batch(message(1), message(2)))
    assert (answer.status_code, answer.json()["taken"]) == (200, 2)
    assert answer.headers[SIGNATURE] == sign(server.folder.frame_key(), answer.content)
    assert sorted(item.id for item in held(server.inbox)) == ["m1", "m2"]


@pytest.mark.parametrize("signature", ["", "00" * 32, "é" * 64])
def test_without_the_right_signature_nothing_is_taken_nor_even_decoded(start_server: Start, signature: str) -> None:
    server = start_server()
    for body in (batch(message(1)), b"\xc1 not MessagePack"):
        headers = [(SIGNATURE.encode(), signature.encode("latin-1"))]
        answer = httpx.post(f"http://127.0.0.1:{server.port}/feed", content=body, headers=headers, trust_env=False)
        assert answer.status_code == 401
    assert held(server.inbox) == []


def test_a_body_that_says_it_is_too_long_is_refused(start_server: Start) -> None:
    assert post(start_server(), b"x" * (MAX_BODY + 1)).status_code == 413


def test_a_chunked_body_without_a_length_is_bounded_too(start_server: Start) -> None:
    server = start_server()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as peer:
        peer.sendall(b"POST /feed HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        sent = 0
        answer = b""
        try:
            while sent < 50 * MAX_BODY and not answer:
                peer.sendall(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
                sent += 0x8000
                peer.settimeout(0.001)
                try:
                    answer = peer.recv(1000)
                except TimeoutError:
                    pass
                finally:
                    peer.settimeout(30)
        except (BrokenPipeError, ConnectionResetError):
            answer = answer or b"HTTP/1.1 413"  # it was answered and closed while more was being sent
    assert answer.startswith(b"HTTP/1.1 413")
    assert sent < 50 * MAX_BODY
    assert post(server, batch(message(1))).status_code == 200


def test_a_body_that_comes_too_slowly_is_given_up(start_server: Start) -> None:
    server = start_server(body_timeout_s=0.3)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as peer:
        peer.sendall(b"POST /feed HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nabc")
        assert peer.recv(1000).startswith(b"HTTP/1.1 408")


def test_headers_that_do_not_come_end_the_connection(start_server: Start) -> None:
    server = start_server(header_timeout_s=0.3)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as peer:
        peer.sendall(b"POST /feed HTTP/1.1\r\nhost")
        assert peer.recv(1000) == b""


def test_idle_connections_make_room_for_those_that_have_something_to_say(start_server: Start) -> None:
    server = start_server(max_connections=8)
    idle = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(40)]
    assert post(server, batch(message(1))).status_code == 200
    idle[0].settimeout(30)
    assert idle[0].recv(10) == b""
    for peer in idle:
        peer.close()


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x93\x01\x02", msgspec.msgpack.encode([72, 1, "r", 1, "no list"])])
def test_what_is_no_batch_is_refused_with_a_reason(start_server: Start, body: bytes) -> None:
    answer = post(start_server(), body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_what_is_no_list_of_rejects_is_refused(start_server: Start) -> None:
    server = start_server()
    assert post(server, b"\xc1", path="/rejects").status_code == 400
    assert post(server, msgspec.msgpack.encode(["x"]), path="/rejects").status_code == 400


def test_one_bad_message_of_a_batch_is_kept_apart_and_the_others_are_taken(start_server: Start) -> None:
    server = start_server()
    plain = msgspec.to_builtins(IngestBatch(run="r", batch=1, messages=(message(1), message(2), message(3))))
    raw = msgspec.msgpack.encode(plain).replace(b"\xa2m2", b"\xa2\xed\xa0", 1)  # half a surrogate is no UTF-8
    answer = post(server, raw)
    assert answer.status_code == 200, answer.text
    assert answer.json()["taken"] == 2
    assert sorted(item.id for item in held(server.inbox)) == ["m1", "m3"]
    (kept,) = rejected(server)
    assert "message 1" in kept.where
    assert answer.json()["rejected"] == [f"{kept.where}: {kept.reason}"]


def test_the_client_sets_a_text_with_lone_surrogates_aside_and_sends_the_rest(start_server: Start) -> None:
    server = start_server()
    client = client_of(server.folder, lambda: server.port)
    sent = [message(1), message(2, text="\ud83d alone"), message(3, conversation="bad\udc00"), message(4)]
    assert client.send(sent) == 2
    assert sorted(item.id for item in held(server.inbox)) == ["m1", "m4"]
    assert len(client.rejected) == len(rejected(server)) == 2
    assert rejected(server)[0].raw == b"\\ud83d alone"
    assert client.send([message(5)]) == 1


def test_the_client_halves_a_batch_that_is_too_large_and_sets_a_single_one_aside(start_server: Start) -> None:
    server = start_server()
    client = client_of(server.folder, lambda: server.port)
    sent = [message(n, text="x" * 40_000) for n in range(12)] + [message(99, text="y" * (MAX_BODY + 10))]
    assert client.send(sent) == 12
    assert [item.id for item in held(server.inbox)] == [f"m{n}" for n in range(12)]
    (kept,) = rejected(server)
    assert "m99" in kept.where
    assert "413" in kept.reason
    client.reject([Reject(where=f"f:{n}", reason="bad", raw=b"x" * 60_000) for n in range(10)])
    assert len(rejected(server)) >= 1


def test_an_answer_without_the_right_signature_is_not_believed(folder: DataFolder) -> None:
    asked = threading.Event()

    class Impostor(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps({"taken": 1}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.send_header(SIGNATURE, "\u00e9" * 64)
            self.end_headers()
            self.wfile.write(body)
            asked.set()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
            pass

    impostor = HTTPServer(("127.0.0.1", 0), Impostor)
    threading.Thread(target=impostor.serve_forever, daemon=True).start()
    client = client_of(folder, lambda: impostor.server_address[1], patience_s=0.5)
    with pytest.raises(FeedUnreachable, match="200"):
        client.send([message(1)])
    assert asked.is_set()
    impostor.shutdown()
    impostor.server_close()


def test_the_client_repeats_after_a_reset_connection_and_nothing_is_taken_twice(start_server: Start) -> None:
    server = start_server()
    resetting = socket.create_server(("127.0.0.1", 0))
    ports = [resetting.getsockname()[1]]

    def reset_once() -> None:
        peer, _ = resetting.accept()
        peer.recv(100)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        peer.close()
        ports.append(server.port)

    threading.Thread(target=reset_once, daemon=True).start()
    client = client_of(server.folder, lambda: ports[-1])
    assert client.send([message(1)]) == 1
    assert client.send([message(2)]) == 1
    resetting.close()
    assert [item.id for item in held(server.inbox)] == ["m1", "m2"]


def test_a_batch_whose_acknowledgement_was_lost_is_not_taken_twice(start_server: Start) -> None:
    server = start_server()
    body = batch(message(1), message(2))
    assert post(server, body).json()["taken"] == 2
    assert post(server, body).json()["taken"] == 0
    assert len(held(server.inbox)) == 2


def test_the_client_waits_while_the_gateway_is_paused(start_server: Start) -> None:
    server = start_server()
    server.inbox.refuse(refusing=True)
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            server.inbox.refuse(refusing=False)

    client = FeedClient(lambda: server.port, server.folder.frame_key(), run="r", sleep=sleep)
    assert client.send([message(1)]) == 1
    assert len(waits) == 3


def test_a_full_log_is_503_with_its_reason_and_taken_after_a_trim(start_server: Start) -> None:
    server = start_server()
    client = client_of(server.folder, lambda: server.port, patience_s=0.3)
    for number in range(9):
        assert client.send([message(number, text="x" * 100_000)]) == 1
    with pytest.raises(FeedUnreachable, match=r"503.*bytes wait"):
        client.send([message(9, text="x" * 100_000)])
    server.inbox.trim({number: log.next_position for number, log in enumerate(server.inbox._logs)})
    assert client.send([message(1_000, text="x" * 100_000)]) == 1


def test_a_gateway_restarted_on_its_port_goes_on_where_it_was(start_server: Start) -> None:
    server = start_server()
    client = client_of(server.folder, lambda: server.port)
    assert client.send([message(1)]) == 1
    port = server.port
    server.stop()
    again = start_server(port)
    assert client.send([message(2)]) == 1
    body = encode(IngestBatch(run="r", batch=1, messages=(message(1),)))
    assert post(again, body).json()["taken"] == 0
    assert [item.id for item in held(again.inbox)] == ["m1", "m2"]


def test_without_a_port_the_client_says_so(folder: DataFolder) -> None:
    with pytest.raises(FeedUnreachable, match="no gateway has published a port"):
        client_of(folder, lambda: None, patience_s=0.1).send([message(1)])


def test_a_refused_batch_is_an_error_at_once(start_server: Start) -> None:
    server = start_server()
    client = client_of(server.folder, lambda: server.port)
    with pytest.raises(FeedRefused, match="400"):
        client._post("/feed", b"\xc1")
