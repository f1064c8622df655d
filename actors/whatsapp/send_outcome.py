"""A send, what became of it, and what each of the channel's errors means for the next try."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple


class Verdict(Enum):
    """What a result asks for.

    sent: done. retry: this message again later. slow_channel: the number sends too fast. slow_pair: too many messages
    to this person. window: free text is no longer allowed. channel: nothing can be sent from this number now.
    refused: this message never. unknown: it may have been sent.
    """

    SENT = "sent"
    RETRY = "retry"
    SLOW_CHANNEL = "slow_channel"
    SLOW_PAIR = "slow_pair"
    WINDOW = "window"
    CHANNEL = "channel"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Send(NamedTuple):
    """One message to send.

    Attributes:
        send_id: opaque callback data; names the send in status webhooks.
        channel: the number that sends it.
        conversation: whom it goes to.
        text: free text, or the text for a template's only parameter.
        template: name of an approved template, "" for free text.
        language: the template's language.
    """

    send_id: str
    channel: str
    conversation: str
    text: str
    template: str = ""
    language: str = ""


class Outcome(NamedTuple):
    """What came back of a send.

    Attributes:
        verdict: what it asks for.
        message_id: the channel's id, where it was sent.
        code: the channel's error code, else the HTTP status, 0 for none.
        detail: one line about the error.
        retry_after_ms: how long the channel asks to wait, 0 if it does not.
    """

    verdict: Verdict
    message_id: str = ""
    code: int = 0
    detail: str = ""
    retry_after_ms: int = 0


# Codes as the Cloud API's error reference names them.
_BY_CODE: Final[dict[int, Verdict]] = {
    4: Verdict.SLOW_CHANNEL,  # too many calls of this app
    80007: Verdict.SLOW_CHANNEL,  # the account's rate limit
    130429: Verdict.SLOW_CHANNEL,  # the number's throughput
    131048: Verdict.SLOW_CHANNEL,  # restricted because of spam reports
    131056: Verdict.SLOW_PAIR,
    131047: Verdict.WINDOW,
    0: Verdict.CHANNEL,  # cannot authenticate
    3: Verdict.CHANNEL,  # capability or permission missing
    10: Verdict.CHANNEL,
    190: Verdict.CHANNEL,  # access token expired
    368: Verdict.CHANNEL,  # blocked for policy violations
    131031: Verdict.CHANNEL,  # account locked
    131042: Verdict.CHANNEL,  # payment issue
    133010: Verdict.CHANNEL,  # number not registered
    1: Verdict.RETRY,
    2: Verdict.RETRY,
    131000: Verdict.RETRY,
    131016: Verdict.RETRY,  # service unavailable
    131057: Verdict.RETRY,  # account in maintenance
    133004: Verdict.RETRY,  # server temporarily unavailable
}


def classify(code: int | None, http_status: int) -> Verdict:
    """Tell what an error asks for.

    Args:
        code: the channel's error code, None where the answer had none.
        http_status: of the answer; 0 for an error that a status webhook reports.

    Returns:
        the verdict. An answer of a server in between (no code, 5xx) leaves it unknown whether the message was sent.
    """
    if code is not None:
        known = _BY_CODE.get(code)
        if known is not None:
            return known
        if 200 <= code <= 299:
            return Verdict.CHANNEL  # permissions
        return Verdict.RETRY if http_status >= 500 else Verdict.REFUSED
    if http_status in {401, 403}:
        return Verdict.CHANNEL
    if http_status == 429:
        return Verdict.SLOW_CHANNEL
    if http_status >= 500:
        return Verdict.UNKNOWN
    return Verdict.REFUSED
