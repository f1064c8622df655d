from __future__ import annotations

import base64
import hashlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from actors.media.content_store import ContentStore
from actors.media.fetching import fetch_and_keep
from actors.whatsapp.errors import MediaError
from actors.whatsapp.media_addresses import check_url, is_public
from actors.whatsapp.media_download import MediaDownloader
from actors.whatsapp.server_thread import ServerThread
from actors.whatsapp.settings import MediaDownloadSettings
from messages.media import Reading, ReadItem
from stress.whatsapp_server.faults import Faults
from stress.whatsapp_server.graph_api import MediaFile
from stress.whatsapp_server.local_whatsapp import LocalWhatsApp
from tests.whatsapp.conftest import SECRET

CONTENT = b"\xff\xd8 a picture" * 10_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def whatsapp() -> Iterator[LocalWhatsApp]:
    with LocalWhatsApp(secret=SECRET, seed=3) as server:
        server.api.media["m1"] = MediaFile(CONTENT, "image/jpeg")
        yield server


@pytest.fixture
def make(whatsapp: LocalWhatsApp) -> Iterator[Callable[..., MediaDownloader]]:
    made: list[MediaDownloader] = []

    def build(token: str = "graph-token", graph_url: str = "", **settings: Any) -> MediaDownloader:
        settings.setdefault("private_hosts", (whatsapp.host,))
        made.append(
            MediaDownloader(
                graph_url or whatsapp.graph_url, token, MediaDownloadSettings(**settings), sleep=lambda _seconds: None
            )
        )
        return made[-1]

    yield build
    for downloader in made:
        downloader.close()


@pytest.fixture
def hostile(make: Callable[..., MediaDownloader]) -> Iterator[Callable[..., MediaDownloader]]:
    """A server that answers the question for a file by whatever a test names."""
    threads: list[ServerThread] = []

    def build(facts: Any, download: Callable[[Request], Response] | None = None, **settings: Any) -> MediaDownloader:
        def ask(request: Request) -> Response:
            found = facts if isinstance(facts, Response) or not callable(facts) else facts(str(request.base_url))
            return found if isinstance(found, Response) else JSONResponse(found)

        routes = [Route("/v/m1", ask), Route("/file", download or ask)]
        config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=0, log_config=None, lifespan="off")
        thread = ServerThread(config).start()
        threads.append(thread)
        host = f"127.0.0.1:{thread.port}"
        return make(graph_url=f"http://{host}/v", private_hosts=(host,), **settings)

    yield build
    for thread in threads:
        thread.stop()


def fails(downloader: MediaDownloader, folder: Path, reason: str, **more: Any) -> None:
    with pytest.raises(MediaError, match=reason):
        downloader.fetch("m1", folder, **more)
    assert list(folder.iterdir()) == []  # nothing half-done is left


def test_a_file_is_fetched_and_its_digest_checked(make: Callable[..., MediaDownloader], tmp_path: Path) -> None:
    for digest in ("", DIGEST, base64.b64encode(bytes.fromhex(DIGEST)).decode()):
        found = make().fetch("m1", tmp_path, sha256=digest)
        assert (found.sha256, found.size, found.mime) == (DIGEST, len(CONTENT), "image/jpeg")
        assert found.path.read_bytes() == CONTENT
        assert found.path.parent == tmp_path


def test_a_digest_that_is_no_digest_is_passed_over(make: Callable[..., MediaDownloader], tmp_path: Path) -> None:
    assert make().fetch("m1", tmp_path, sha256="???").sha256 == DIGEST


def test_failures_that_pass_are_tried_again(
    make: Callable[..., MediaDownloader], whatsapp: LocalWhatsApp, tmp_path: Path
) -> None:
    whatsapp.api.faults = Faults(media_error=0.3, media_corrupt=0.2, media_cut=0.2)
    downloader = make(tries=10, total_timeout_s=30)
    for _ in range(15):
        assert downloader.fetch("m1", tmp_path).path.read_bytes() == CONTENT
    assert whatsapp.api.links_given > 15


def test_an_expired_link_is_asked_for_again(
    make: Callable[..., MediaDownloader], whatsapp: LocalWhatsApp, tmp_path: Path
) -> None:
    times = iter([1.0])
    api = whatsapp.api
    real = api.clock_s
    # The first link is given long ago: it has expired when it is followed.
    api.clock_s = lambda: next(times, None) or real()
    assert make().fetch("m1", tmp_path).sha256 == DIGEST
    assert api.links_given == 2


def test_a_file_that_stays_damaged_is_refused(
    make: Callable[..., MediaDownloader], whatsapp: LocalWhatsApp, tmp_path: Path
) -> None:
    whatsapp.api.faults = Faults(media_corrupt=1.0)
    fails(make(), tmp_path, "does not fit its digest")
    assert whatsapp.api.downloads == 4


def test_a_wrong_token_is_not_tried_again(
    make: Callable[..., MediaDownloader], whatsapp: LocalWhatsApp, tmp_path: Path
) -> None:
    fails(make(token="other"), tmp_path, "HTTP 401")
    assert whatsapp.api.refused == {190: 1}


def test_unknown_and_hostile_ids_are_refused(
    make: Callable[..., MediaDownloader], whatsapp: LocalWhatsApp, tmp_path: Path
) -> None:
    for media_id in ("", "../me", "a/b", "x?y=1", "x" * 300, "..", "a b"):
        with pytest.raises(MediaError, match="id is not usable"):
            make().fetch(media_id, tmp_path)
    with pytest.raises(MediaError, match="HTTP 400"):
        make().fetch("unknown", tmp_path)
    assert whatsapp.api.downloads == 0


def test_files_that_are_too_long_are_refused(make: Callable[..., MediaDownloader], tmp_path: Path) -> None:
    fails(make(max_bytes=1000), tmp_path, "more than 1000")


def test_a_file_longer_than_it_says_is_cut_off(hostile: Callable[..., MediaDownloader], tmp_path: Path) -> None:
    def endless(_request: Request) -> Response:
        async def chunks() -> Any:
            for _ in range(100):
                yield b"x" * 1000

        return StreamingResponse(chunks())

    downloader = hostile(lambda base: {"url": f"{base}file", "file_size": 5}, endless, max_bytes=50_000)
    fails(downloader, tmp_path, "more than 50000 bytes")


def test_a_file_that_takes_too_long_is_given_up(hostile: Callable[..., MediaDownloader], tmp_path: Path) -> None:
    import asyncio

    def slow(_request: Request) -> Response:
        async def chunks() -> Any:
            for _ in range(100):
                yield b"x"
                await asyncio.sleep(0.05)

        return StreamingResponse(chunks())

    downloader = hostile(lambda base: {"url": f"{base}file"}, slow, total_timeout_s=0.3)
    fails(downloader, tmp_path, "too long")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data", "only https"),
        ("https://169.254.169.254/latest", "not on the list"),
        ("https://127.0.0.1/x", "not on the list"),
        ("https://[::1]/x", "not on the list"),
        ("https://evil.example/x", "not on the list"),
        ("https://graph.facebook.com.evil.example/x", "not on the list"),
        ("https://fbcdn.net/x", "not on the list"),
        ("https://user:pw@graph.facebook.com/x", "credentials"),
        ("https://graph.facebook.com:8443/x", "only https"),
        ("http://graph.facebook.com/x", "only https"),
        ("ftp://graph.facebook.com/x", "only https"),
        ("file:///etc/passwd", "only https"),
        ("gopher://127.0.0.1:25/x", "only https"),
        ("", "no link"),
        ("https://\x00/", "not a link"),
        (5, "no link"),
        (None, "no link"),
    ],
)
def test_links_that_lead_elsewhere_are_not_followed(
    hostile: Callable[..., MediaDownloader], tmp_path: Path, url: Any, reason: str
) -> None:
    fails(hostile({"url": url}), tmp_path, reason)


def test_redirects_are_checked_too(hostile: Callable[..., MediaDownloader], tmp_path: Path) -> None:
    def away(_request: Request) -> Response:
        return RedirectResponse("http://169.254.169.254/latest/meta-data")

    fails(hostile(lambda base: {"url": f"{base}file"}, away), tmp_path, "only https")

    def round_and_round(request: Request) -> Response:
        return RedirectResponse(str(request.url))

    fails(hostile(lambda base: {"url": f"{base}file"}, round_and_round), tmp_path, "more than 3 redirects")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
def test_names_that_resolve_to_private_addresses_are_refused(tmp_path: Path, address: str) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, **_more: Any) -> list[Any]:
        asked.append(host)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        # A public address beside it does not help: one bad one is enough.
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("157.240.1.1", port)),
            (family, socket.SOCK_STREAM, 6, "", (address, port)),
        ]

    downloader = MediaDownloader(
        "https://graph.facebook.com/v23.0", "t", MediaDownloadSettings(), resolve=resolve, sleep=lambda _seconds: None
    )
    fails(downloader, tmp_path, "not public")
    assert asked == ["graph.facebook.com"]
    downloader.close()


def test_answers_that_make_no_sense_are_refused(hostile: Callable[..., MediaDownloader], tmp_path: Path) -> None:
    for facts, reason in (
        (Response("<html>"), "not JSON"),
        (JSONResponse([1]), "not an object"),
        (Response("[" * 5000), "not JSON"),
        (Response(b"x" * 100_000), "too long"),
        (Response("{}", headers={"content-encoding": "gzip"}), "compressed"),
        (JSONResponse({"url": "x", "file_size": 10**12}), "bytes, more than"),
    ):
        fails(hostile(facts), tmp_path, reason)


def test_a_server_that_is_not_there_is_an_error(
    make: Callable[..., MediaDownloader], whatsapp: LocalWhatsApp, tmp_path: Path
) -> None:
    whatsapp.stop()
    fails(make(), tmp_path, "not reached")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("64:ff9b::8.8.8.8", True),
        ("192.168.1.1", False),
        ("172.16.0.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("ff02::1", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_allowed_hosts_are_followed() -> None:
    settings = MediaDownloadSettings()
    for url in (
        "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&ext=2&hash=x",
        "https://scontent.xx.fbcdn.net/v/t1",
        "https://GRAPH.facebook.com./v23.0/1",
    ):
        check_url(url, settings)


# ---- a message's files ---------------------------------------------------------------------------------------------


def asked(media_id: str) -> ReadItem:
    return ReadItem(key=0, path="", name="../../etc/passwd.jpg", media_id=media_id, declared_sha256=DIGEST)


def test_a_file_is_fetched_and_kept_under_its_digest(make: Callable[..., MediaDownloader], tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "media")
    found = fetch_and_keep(asked("m1"), store, make())
    assert isinstance(found, ReadItem)
    assert found.sha256 == DIGEST
    assert Path(found.path).read_bytes() == CONTENT
    assert fetch_and_keep(found, store, None) is found
    assert not [path for path in store.folder.iterdir() if path.name.startswith("fetch-")]


def test_a_file_that_is_not_there_is_a_note(make: Callable[..., MediaDownloader], tmp_path: Path) -> None:
    found = fetch_and_keep(asked("nowhere"), ContentStore(tmp_path / "media"), make())
    assert isinstance(found, Reading)
    assert found.error.startswith("not fetched")


def test_without_an_access_token_nothing_is_fetched(tmp_path: Path) -> None:
    found = fetch_and_keep(asked("m1"), ContentStore(tmp_path / "media"), None)
    assert isinstance(found, Reading)
    assert "access token" in found.error


def test_a_store_that_cannot_keep_it_is_a_note(make: Callable[..., MediaDownloader], tmp_path: Path) -> None:
    found = fetch_and_keep(asked("m1"), ContentStore(tmp_path / "media", max_bytes=10), make())
    assert isinstance(found, Reading)
    assert "not kept" in found.error


def test_a_disk_that_takes_nothing_is_a_note_and_not_the_end_of_the_reader(
    make: Callable[..., MediaDownloader], tmp_path: Path
) -> None:
    (tmp_path / "media").write_text("a file where the folder should be")
    found = fetch_and_keep(asked("m1"), ContentStore(tmp_path / "media"), make())
    assert isinstance(found, Reading)
    assert found.error.startswith("not kept")
