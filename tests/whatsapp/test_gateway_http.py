from __future__ import annotations

import datetime as dt
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from actors.whatsapp.gateway_http import GatewayHttp
from actors.whatsapp.ingest import InboxWriter
from actors.whatsapp.settings import WhatsAppSettings
from actors.whatsapp.signature import sign_body
from actors.whatsapp.status_log import FOLDER, read_statuses
from messages.inbound import INBOUND
from messages.row import REJECT
from store.folder import DataFolder
from store.log import LogReader
from stress.whatsapp_server.traffic import Traffic, webhook_body

SECRET = "app-secret"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Running:
    """A gateway with everything real: logs on disk, both servers on sockets."""

    def __init__(self, path: Path, **settings: Any) -> None:
        self.folder = DataFolder.open_or_create(path, partitions=2)
        self.inbox = InboxWriter(self.folder, max_bytes=10_000_000, clock=now_ms, appended=lambda _grown: None)
        self.reported = 0
        found = WhatsAppSettings(port=0, admin_port=0, app_secrets=(SecretStr(SECRET),), **settings)
        self.http = GatewayHttp(self.folder, found, self.inbox, clock=now_ms, reported=self._report)
        self.http.start()
        self._open = True

    def _report(self) -> None:
        self.reported += 1

    def post(self, body: bytes, *, scheme: str = "http", verify: ssl.SSLContext | bool = True) -> httpx.Response:
        url = f"{scheme}://localhost:{self.http.port}/webhooks/whatsapp"
        headers = {"X-Hub-Signature-256": sign_body(SECRET, body), "X-Forwarded-For": "203.0.113.9"}
        return httpx.post(url, content=body, headers=headers, trust_env=False, verify=verify)

    def ask(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.http.admin_port}{path}", trust_env=False)

    def stop(self) -> None:
        if self._open:
            self._open = False
            self.http.stop()
            self.inbox.close()

    def entries(self, path: Path) -> list[bytes]:
        reader = LogReader(path)
        found = [raw for _, raw in reader.read(0, limit=10_000)]
        reader.close()
        return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    gateway = Running(tmp_path / "data")
    yield gateway
    gateway.stop()


def test_messages_statuses_and_rejects_reach_their_logs(running: Running) -> None:
    updates = Traffic(1, people=9).messages(40)
    status = {"id": "wamid.o", "status": "delivered", "timestamp": "1769990000", "biz_opaque_callback_data": "r-1"}
    assert running.post(webhook_body("106", updates, [status])).json() == {"accepted": 40}
    assert running.post(b"rubbish").status_code == 400
    assert running.reported == 1
    running.stop()
    folder = running.folder
    messages = [INBOUND.decode(raw) for p in range(2) for raw in running.entries(folder.inbox(p))]
    assert sorted(message.id for message in messages) == sorted(update.message["id"] for update in updates)
    assert all(message.received_ms for message in messages)
    reader = LogReader(folder.path / FOLDER)
    statuses, following, bad = read_statuses(reader, 0, 100)
    reader.close()
    assert ([found.callback for found in statuses], following, bad) == (["r-1"], 1, 0)
    (reject,) = [REJECT.decode(raw) for raw in running.entries(folder.rejects())]
    assert reject.raw == b"rubbish"
    # A proxy's headers count only where settings name the proxy.
    assert reject.where == "/webhooks/whatsapp from 127.0.0.1"


def test_a_trusted_proxy_tells_who_asked(tmp_path: Path) -> None:
    running = Running(tmp_path / "data", trusted_proxies=("127.0.0.1",))
    running.post(b"rubbish")
    running.stop()
    (reject,) = [REJECT.decode(raw) for raw in running.entries(running.folder.rejects())]
    assert reject.where == "/webhooks/whatsapp from 203.0.113.9"


def test_draining_and_health(running: Running) -> None:
    body = webhook_body("106", Traffic(1).messages(1))
    assert (running.ask("/healthz").status_code, running.ask("/readyz").status_code) == (200, 200)
    running.http.drain()
    assert running.post(body).status_code == 503
    assert running.ask("/readyz").json() == {"status": "failing", "problems": ["the gateway is stopping"]}
    assert running.ask("/healthz").status_code == 200
    running.http.drain(draining=False)
    assert running.post(body).status_code == 200
    assert 'majlis_gateway_refused_total{cause="draining",route="webhook"} 1.0' in running.ask("/metrics").text
    assert running.ask("/webhooks/whatsapp").status_code == 404  # not on this port


def test_an_inbox_that_takes_nothing_more_is_a_503(running: Running) -> None:
    running.inbox.close()
    answer = running.post(webhook_body("106", Traffic(1).messages(1)))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_a_server_that_has_ended_is_not_healthy(running: Running) -> None:
    running.http._server.stop()
    answer = running.ask("/healthz")
    assert (answer.status_code, answer.json()["problems"]) == (503, ["the webhooks' server has ended"])


def test_a_certificate_that_is_missing_is_an_error_at_the_start(tmp_path: Path) -> None:
    folder = DataFolder.open_or_create(tmp_path / "data", partitions=1)
    inbox = InboxWriter(folder, max_bytes=1_000_000, clock=now_ms, appended=lambda _grown: None)
    settings = WhatsAppSettings(port=0, admin_port=0, tls_cert=tmp_path / "none.pem", tls_key=tmp_path / "none.pem")
    with pytest.raises(OSError, match="No such file"):
        GatewayHttp(folder, settings, inbox, clock=now_ms, reported=lambda: None)
    inbox.close()


def test_tls(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    running = Running(tmp_path / "data", tls_cert=cert_file, tls_key=key_file)
    body = webhook_body("106", Traffic(1).messages(1))
    context = ssl.create_default_context(cafile=str(cert_file))
    assert running.post(body, scheme="https", verify=context).status_code == 200
    with pytest.raises(httpx.HTTPError):
        running.post(body)
    running.stop()
