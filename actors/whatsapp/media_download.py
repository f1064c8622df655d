"""Fetch a message's file by its id: bounded, checked, tried again; a failure is a note and never loses the message."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpcore
import httpx
import msgspec
import tenacity

from actors.whatsapp.errors import MediaError
from actors.whatsapp.media_addresses import CheckedBackend, ForbiddenAddressError, check_url
from actors.whatsapp.settings import MediaDownloadSettings

_MAX_FACTS: Final = 65_536
_CHUNK: Final = 65_536
_ID_MAX: Final = 256
_FATAL: Final = frozenset({400, 401, 403, 405, 413, 415})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Fetched(NamedTuple):
    """A file that was fetched.

    Attributes:
        path: where its content is; the caller moves or removes it.
        sha256: hex digest of the content.
        size: bytes.
        mime: as the channel declares it.
    """

    path: Path
    sha256: str
    size: int
    mime: str


class _Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    chunks: Iterator[bytes]


class MediaDownloader:
    """Fetches files; thread-safe, one client for all.

    Args:
        graph_url: base address of the Graph API with its version.
        token: bearer token.
        settings: bounds and allowed hosts.
        resolve: as ``socket.getaddrinfo``, for tests.
        sleep: as ``time.sleep``, for tests.
        tls: context for TLS, the system's by default.
    """

    def __init__(
        self,
        graph_url: str,
        token: str,
        settings: MediaDownloadSettings,
        *,
        resolve: Any = None,
        sleep: Callable[[float], None] = time.sleep,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._graph_url = graph_url.rstrip("/")
        self._token = token
        self._settings = settings
        self._sleep = sleep
        backend = (
            CheckedBackend(settings.private_hosts)
            if resolve is None
            else CheckedBackend(settings.private_hosts, resolve)
        )
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(trust_env=False),
            max_connections=8,
            max_keepalive_connections=4,
            keepalive_expiry=15,
            network_backend=backend,
        )

    def fetch(self, media_id: str, folder: Path, *, sha256: str = "") -> Fetched:
        """Fetch one file.

        Args:
            media_id: the channel's id for it.
            folder: where the content is put, under a name of our own.
            sha256: the digest that the webhook named, base64 or hex; "" where it did not.

        Returns:
            the file.

        Raises:
            MediaError: it cannot be had; ``reason`` is fit for the row's note.
        """
        if not media_id or len(media_id) > _ID_MAX or not media_id.replace("-", "").replace("_", "").isalnum():
            raise MediaError("the file's id is not usable")
        deadline = time.monotonic() + self._settings.total_timeout_s
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, MediaError) and error.retry),
            stop=tenacity.stop_after_attempt(self._settings.tries)
            | tenacity.stop_after_delay(self._settings.total_timeout_s),
            wait=tenacity.wait_exponential_jitter(initial=0.5, max=8, jitter=0.5),
            sleep=self._sleep,
            reraise=True,
        )
        for attempt in retrying:
            with attempt:
                # Each try asks for a new link: the last one may have expired (they live for about five minutes).
                return self._try(media_id, folder, sha256, deadline)
        raise AssertionError("unreachable: the last error is raised again")

    def _try(self, media_id: str, folder: Path, sha256: str, deadline: float) -> Fetched:
        facts = self._facts(media_id, deadline)
        url = facts.get("url")
        if not isinstance(url, str) or not url:
            raise MediaError("the channel gave no link for it")
        size = facts.get("file_size")
        if isinstance(size, int) and size > self._settings.max_bytes:
            raise MediaError(f"the file has {size} bytes, more than {self._settings.max_bytes}")
        expected = {digest for digest in map(_hex_digest, (sha256, facts.get("sha256"))) if digest}
        mime = facts.get("mime_type")
        path, digest, length = self._download(url, folder, deadline)
        if expected and digest not in expected:
            with suppress(FileNotFoundError):
                path.unlink()
            raise MediaError("the file's content does not fit its digest", retry=True)
        return Fetched(path, digest, length, mime if isinstance(mime, str) else "")

    def _facts(self, media_id: str, deadline: float) -> dict[str, Any]:
        with self._get(f"{self._graph_url}/{media_id}", deadline) as answer:
            body = b""
            for chunk in answer.chunks:
                body += chunk
                if len(body) > _MAX_FACTS:
                    raise MediaError("the channel's answer about it is too long")
            if answer.status != 200:
                raise _refusal(answer.status, "the channel does not give it")
        try:
            found = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MediaError("the channel's answer about it is not JSON", retry=True) from error
        if not isinstance(found, dict):
            raise MediaError("the channel's answer about it is not an object", retry=True)
        return found

    def _download(self, url: str, folder: Path, deadline: float) -> tuple[Path, str, int]:
        limit = self._settings.max_bytes
        with self._get(url, deadline) as answer:
            if answer.status in {401, 404, 410}:
                raise MediaError("the link has expired", retry=True, expired=True)
            if answer.status != 200:
                raise _refusal(answer.status, "the file's host does not give it")
            declared = answer.headers.get("content-length", "")
            if declared.isdecimal() and int(declared) > limit:
                raise MediaError(f"the file has {declared} bytes, more than {limit}")
            return _save(answer.chunks, folder, limit)

    @contextmanager
    def _get(self, url: str, deadline: float) -> Iterator[_Answer]:
        """Ask for a link and those that it leads to; the token goes only to hosts that were checked."""
        settings = self._settings
        for _ in range(settings.max_redirects + 1):
            parsed = check_url(url, settings)
            asked = self._pool.stream("GET", str(parsed), headers=self._headers(parsed), extensions=self._timeouts())
            with _errors_named(), asked as response:
                headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                if response.status in _REDIRECTS:
                    url = str(parsed.join(headers.get("location", "")))
                    continue
                if headers.get("content-encoding", "identity") != "identity":
                    raise MediaError("the answer is compressed, which was not asked for")
                yield _Answer(response.status, headers, _bounded(response.iter_stream(), deadline))
                return
        raise MediaError(f"more than {settings.max_redirects} redirects")

    def _headers(self, url: httpx.URL) -> dict[bytes | str, bytes | str]:
        return {
            "Host": url.netloc.decode(),
            "Authorization": f"Bearer {self._token}",
            "Accept-Encoding": "identity",
            "User-Agent": "majlis",
        }

    def _timeouts(self) -> dict[str, Any]:
        connect, read = self._settings.connect_timeout_s, self._settings.read_timeout_s
        return {"timeout": {"connect": connect, "read": read, "write": read, "pool": connect}}

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def _save(chunks: Iterator[bytes], folder: Path, limit: int) -> tuple[Path, str, int]:
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(prefix="media-", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    break
                digest.update(chunk)
                file.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if size > limit:
        path.unlink(missing_ok=True)
        raise MediaError(f"the file has more than {limit} bytes")
    return path, digest.hexdigest(), size


def _bounded(chunks: Iterator[bytes], deadline: float) -> Iterator[bytes]:
    for chunk in chunks:
        if time.monotonic() > deadline:
            raise MediaError("the file took too long", retry=False)
        yield chunk


@contextmanager
def _errors_named() -> Iterator[None]:
    try:
        yield
    except ForbiddenAddressError as error:
        raise MediaError(str(error)) from error
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise MediaError(f"not reached: {type(error).__name__} {error}".rstrip(), retry=True) from error
    except (httpcore.UnsupportedProtocol, httpx.InvalidURL, ssl.SSLError) as error:
        raise MediaError(f"not reached: {error}") from error


def _refusal(status: int, what: str) -> MediaError:
    return MediaError(f"{what}: HTTP {status}", retry=status not in _FATAL)


def _hex_digest(value: object) -> str:
    """Read a digest in hex or base64; "" for anything else."""
    if not isinstance(value, str):
        return ""
    if len(value) == 64:
        return value.lower()
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return raw.hex() if len(raw) == 32 else ""
