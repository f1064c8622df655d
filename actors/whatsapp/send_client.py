"""Sends one message through the Cloud API, and tells what became of it."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from actors.whatsapp.send_outcome import Outcome, Send, Verdict, classify

_MAX_ANSWER = 1 << 20
_DETAIL_MAX = 500


class SendClient:
    """A client of the Graph API; thread-safe.

    Args:
        graph_url: base address with its version.
        token: bearer token.
        timeout_s: for one send.
        connections: at once.
    """

    def __init__(self, graph_url: str, token: str, *, timeout_s: float, connections: int) -> None:
        self._graph_url = graph_url.rstrip("/")
        self._timeout_s = timeout_s
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout_s, connect=min(5.0, timeout_s)),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            follow_redirects=False,
            trust_env=False,
        )

    def send(self, send: Send) -> Outcome:
        """Send one message; never raises.

        Returns:
            the outcome. Where the request may have arrived but no answer came it is unknown.
        """
        try:
            answer = self._client.post(f"{self._graph_url}/{send.channel}/messages", json=message_body(send))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            # Nothing has left this machine.
            return Outcome(Verdict.RETRY, "", 0, f"not connected: {error}"[:_DETAIL_MAX])
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Outcome(Verdict.UNKNOWN, "", 0, f"no answer: {type(error).__name__}"[:_DETAIL_MAX])
        return read_answer(answer.status_code, answer.content, answer.headers.get("retry-after", ""))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def message_body(send: Send) -> dict[str, Any]:
    """Write the request's body.

    Args:
        send: what to send.

    Returns:
        JSON data. A phone number goes into ``to``, a business-scoped user id (``AE.123``) into ``recipient``.
    """
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to" if send.conversation.isdigit() else "recipient": send.conversation,
        "biz_opaque_callback_data": send.send_id,
    }
    if send.template:
        parameter = " ".join(send.text.split())  # a template's parameter takes no line breaks
        body["type"] = "template"
        body["template"] = {
            "name": send.template,
            "language": {"code": send.language},
            "components": [{"type": "body", "parameters": [{"type": "text", "text": parameter[:1024]}]}],
        }
    else:
        body["type"] = "text"
        body["text"] = {"body": send.text, "preview_url": False}
    return body


def read_answer(http_status: int, content: bytes, retry_after: str = "") -> Outcome:
    """Read the API's answer.

    Args:
        http_status: its status.
        content: its body, whatever that is.
        retry_after: the header of that name.

    Returns:
        the outcome.
    """
    document: Any = None
    if len(content) <= _MAX_ANSWER:
        try:
            document = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            document = None
    if http_status == 200:
        messages = document.get("messages") if isinstance(document, dict) else None
        if isinstance(messages, list) and messages and isinstance(messages[0], dict):
            identity = messages[0].get("id")
            if isinstance(identity, str) and identity:
                return Outcome(Verdict.SENT, identity)
        return Outcome(Verdict.UNKNOWN, "", 200, "an answer without a message's id")
    error = document.get("error") if isinstance(document, dict) else None
    wait_ms = (
        int(retry_after) * 1000 if retry_after.isascii() and retry_after.isdecimal() and len(retry_after) < 6 else 0
    )
    if not isinstance(error, dict):
        return Outcome(classify(None, http_status), "", http_status, f"HTTP {http_status}", wait_ms)
    code = error.get("code")
    code = code if type(code) is int else None
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else ""
    words = [str(word) for word in (error.get("message"), details) if isinstance(word, str) and word]
    said = ": ".join(dict.fromkeys(words)) or f"HTTP {http_status}"
    return Outcome(classify(code, http_status), "", http_status if code is None else code, said[:_DETAIL_MAX], wait_ms)
