"""Where files may be fetched from: hosts on a list, at public addresses, checked at the very connection.

The name is resolved once, every address of it is checked, and the connection goes to a checked one; so neither a name
that points inside, nor one that changes between check and connection, reaches a private address.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore
import httpx

from actors.whatsapp.errors import MediaError
from actors.whatsapp.settings import MediaDownloadSettings

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: str) -> bool:
    """Tell whether an IP address is reachable by everybody: not private, loopback, link-local, multicast or reserved.

    Args:
        address: as text; IPv6 forms that carry an IPv4 address are judged by that.

    Returns:
        False also for what is not an address.
    """
    try:
        found: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is None and found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


def check_url(url: str, settings: MediaDownloadSettings) -> httpx.URL:
    """Check a link before it is followed.

    Args:
        url: the link.
        settings: which hosts are allowed.

    Returns:
        the parsed link.

    Raises:
        MediaError: another scheme than https, a host that is not on the list, or credentials in the link.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise MediaError(f"not a link: {error}") from error
    host = parsed.host.lower().rstrip(".")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    if parsed.userinfo:
        raise MediaError("the link carries credentials")
    if f"{host}:{port}" in settings.private_hosts:
        if parsed.scheme not in {"http", "https"}:
            raise MediaError(f"the scheme {parsed.scheme!r} is not allowed")
        return parsed
    if parsed.scheme != "https" or port != 443:
        raise MediaError("only https on its own port is allowed")
    allowed = any(
        (host == name or host.endswith(name)) if name.startswith(".") else host == name
        for name in settings.allowed_hosts
    )
    if not allowed:
        raise MediaError(f"the host {host or '(none)'!r} is not on the list of allowed hosts")
    return parsed


class CheckedBackend(httpcore.NetworkBackend):
    """Connects only to checked addresses.

    Args:
        private_hosts: ``host:port`` that may be private.
        resolve: as ``socket.getaddrinfo``.
    """

    def __init__(self, private_hosts: Sequence[str], resolve: Any = socket.getaddrinfo) -> None:
        self._private = frozenset(private_hosts)
        self._resolve = resolve
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check every address, connect to the first that answers.

        Raises:
            httpcore.ConnectError: an address is not public, the name is unknown, or nobody answers.
        """
        try:
            found = self._resolve(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if f"{host}:{port}" not in self._private and not all(map(is_public, addresses)):
            raise ForbiddenAddressError(f"{host} is at an address that is not public")
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(self, *_args: Any, **_kwargs: Any) -> httpcore.NetworkStream:
        """Refuse: files come over the network only."""
        raise ForbiddenAddressError("no local sockets")


class ForbiddenAddressError(httpcore.ConnectError):
    """A name that leads to an address which must not be asked."""
