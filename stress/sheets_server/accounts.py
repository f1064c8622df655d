"""Service accounts: keys made for tests, signed assertions, tokens and what they may do."""

from __future__ import annotations

import secrets
import time
from typing import Any

from stress.sheets_server.book_store import Book, BookStore
from stress.sheets_server.errors import ApiError, SheetsServerError

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# google-auth signs for this audience wherever the key file's token_uri points.
GOOGLE_TOKEN_ENDPOINT = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
WRITE_SCOPES = frozenset({"https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive"})
DRIVE_SCOPES = frozenset({"https://www.googleapis.com/auth/drive", "https://www.googleapis.com/auth/drive.file"})
READ_SCOPES = WRITE_SCOPES | {
    "https://www.googleapis.com/auth/spreadsheets.readonly",
    "https://www.googleapis.com/auth/drive.readonly",
}


class GrantError(SheetsServerError):
    """A token request that is refused; the message is the OAuth ``error_description``."""


def make_key(store: BookStore, email: str, token_uri: str) -> dict[str, str]:
    """Make a service-account key in Google's file format.

    Args:
        store: keeps the public half.
        email: the account's e-mail.
        token_uri: address of this server's token endpoint.

    Returns:
        the key file's content; the private half is kept nowhere else.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    kid = secrets.token_hex(20)
    store.db.execute("INSERT INTO account_key(kid,email,public) VALUES(?,?,?)", (kid, email, public.decode()))
    return {
        "type": "service_account",
        "project_id": "majlis-local",
        "private_key_id": kid,
        "private_key": pem.decode(),
        "client_email": email,
        "client_id": str(secrets.randbelow(10**21)),
        "token_uri": token_uri,
        "universe_domain": "googleapis.com",
    }


def grant(store: BookStore, form: dict[str, str], audience: str) -> dict[str, Any]:
    """Exchange a signed assertion for an access token.

    Args:
        store: keys and tokens.
        form: the request's form fields.
        audience: what the assertion's ``aud`` must be: the token endpoint's address.

    Returns:
        the token response.

    Raises:
        GrantError: wrong grant type, unknown or revoked key, bad signature, audience or times.
    """
    from google.auth import jwt
    from google.auth.exceptions import GoogleAuthError

    if form.get("grant_type") != GRANT:
        raise GrantError("Invalid grant_type.")
    assertion = form.get("assertion", "")
    try:
        kid = jwt.decode_header(assertion).get("kid", "")
    except (GoogleAuthError, ValueError) as error:
        raise GrantError("Invalid JWT.") from error
    row = store.db.execute("SELECT email,public,revoked FROM account_key WHERE kid=?", (kid,)).fetchone()
    if row is None or row[2]:
        raise GrantError("Invalid JWT Signature.")
    try:
        claims = jwt.decode(assertion, certs=row[1].encode(), verify=True, audience=[audience, GOOGLE_TOKEN_ENDPOINT])
    except (GoogleAuthError, ValueError) as error:
        raise GrantError(f"Invalid JWT: {error}") from error
    if claims.get("iss") != row[0]:
        raise GrantError("Invalid JWT: iss is not the key's account.")
    scopes = str(claims.get("scope", ""))
    if not set(scopes.split()) & READ_SCOPES:
        raise GrantError("Invalid OAuth scope or ID token audience provided.")
    token = "ya29.local-" + secrets.token_urlsafe(32)
    store.db.execute("INSERT INTO token VALUES(?,?,?,?)", (token, row[0], scopes, time.time() + 3600))
    return {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}


def drive_caller(store: BookStore, authorization: str) -> str:
    """Return the e-mail that a bearer token for the Drive API stands for.

    Raises:
        ApiError: 401 without a valid token, 403 where its scopes do not suffice.
    """
    return _caller(store, authorization, DRIVE_SCOPES)


def caller(store: BookStore, authorization: str, *, write: bool) -> str:
    """Return the e-mail that a bearer token stands for.

    Raises:
        ApiError: 401 without a valid token, 403 where its scopes do not suffice.
    """
    return _caller(store, authorization, WRITE_SCOPES if write else READ_SCOPES)


def _caller(store: BookStore, authorization: str, scopes: frozenset[str]) -> str:
    token = authorization.removeprefix("Bearer ").strip()
    row = store.db.execute("SELECT email,scopes,expires FROM token WHERE token=?", (token,)).fetchone()
    if row is None or row[2] < time.time():
        raise ApiError(
            401,
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
            "valid authentication credential.",
        )
    if not set(row[1].split()) & scopes:
        raise ApiError(403, "Request had insufficient authentication scopes.")
    return str(row[0])


def check_access(book: Book, user: str, *, write: bool) -> None:
    """Raise 403 where a user may not read or write a spreadsheet."""
    allowed = user == book.owner or user in book.editors or (not write and user in book.readers)
    if not allowed:
        raise ApiError(403, "The caller does not have permission")
