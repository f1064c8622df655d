"""Signatures of requests: Meta's over the raw body, and the generic webhook's over time and body."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Sequence

from pydantic import SecretStr

_META_PREFIX = "sha256="
_HEX_LENGTH = 64
_HEX = frozenset("0123456789abcdefABCDEF")


def is_signature(header: str) -> bool:
    """Tell whether a header has the form of Meta's signature, so that a body without one need not be read."""
    digest = header.removeprefix(_META_PREFIX)
    return header.startswith(_META_PREFIX) and len(digest) == _HEX_LENGTH and _HEX.issuperset(digest)


def sign_body(secret: str, body: bytes) -> str:
    """Sign a body as Meta does.

    Args:
        secret: the app's secret.
        body: the raw body.

    Returns:
        the header ``X-Hub-Signature-256``: ``sha256=`` and the hex HMAC-SHA256.
    """
    return _META_PREFIX + hmac.digest(secret.encode(), body, "sha256").hex()


def verify_body(secrets: Sequence[SecretStr], body: bytes, header: str) -> bool:
    """Check Meta's signature in constant time against each secret that may be in use.

    Args:
        secrets: the apps' secrets.
        body: the raw body.
        header: the value of ``X-Hub-Signature-256``.

    Returns:
        True where one of them signed this very body.
    """
    if not is_signature(header):
        return False
    given = header[len(_META_PREFIX) :].lower()
    matches = [
        hmac.compare_digest(hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest(), given)
        for secret in secrets
    ]
    return any(matches)


def sign_timed(secret: str, body: bytes, at_s: int) -> str:
    """Sign a request of the generic webhook.

    Args:
        secret: the shared secret.
        body: the raw body.
        at_s: the time of signing, seconds since 1970 UTC.

    Returns:
        the header ``X-Majlis-Signature``: ``t=<seconds>,v1=<hex HMAC-SHA256 of "<seconds>.<body>">``.
    """
    return f"t={at_s},v1=" + hmac.digest(secret.encode(), b"%d." % at_s + body, "sha256").hex()


class TimedSignatures:
    """Checks signatures of the generic webhook; each is taken once.

    Args:
        secrets: the shared secrets.
        tolerance_s: how far the signed time may be from ours.
        remember: signatures remembered; the oldest goes first, when it is out of time anyway at usual rates.
    """

    def __init__(self, secrets: Sequence[SecretStr], *, tolerance_s: float, remember: int = 100_000) -> None:
        self._secrets = tuple(secret.get_secret_value() for secret in secrets)
        self._tolerance_s = tolerance_s
        self._remember = remember
        self._seen: OrderedDict[str, int] = OrderedDict()

    def well_formed(self, header: str, now_s: float) -> str:
        """Check what can be checked before the body is read.

        Returns:
            why it is refused, "" where the form and the time are right.
        """
        fields = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
        at, digest = fields.get("t", ""), fields.get("v1", "")
        if len(digest) != _HEX_LENGTH or not _HEX.issuperset(digest) or not at.isascii() or not at.isdecimal():
            return "the signature is missing or has another form than t=<seconds>,v1=<hex>"
        if len(at) > 12 or abs(int(at) - now_s) > self._tolerance_s:
            return "the signature's time is too far from ours"
        return ""

    def verify(self, header: str, body: bytes, now_s: float) -> str:
        """Check a signature.

        Args:
            header: the value of ``X-Majlis-Signature``.
            body: the raw body.
            now_s: the time, seconds since 1970 UTC.

        Returns:
            why it is refused, "" where it is right and new.
        """
        problem = self.well_formed(header, now_s)
        if problem:
            return problem
        fields = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
        at, given = int(fields["t"]), fields["v1"].lower()
        signed = b"%d." % at + body
        matches = [
            hmac.compare_digest(hmac.digest(secret.encode(), signed, "sha256").hex(), given) for secret in self._secrets
        ]
        if not any(matches):
            return "the signature does not fit the body"
        if given in self._seen:
            return "the signature was used before; sign each try anew"
        return ""

    def remember(self, header: str) -> None:
        """Refuse this signature from now on; called when its request was taken."""
        digest = header.rpartition("v1=")[2].partition(",")[0].lower()
        self._seen[digest] = 1
        while len(self._seen) > self._remember:
            self._seen.popitem(last=False)
