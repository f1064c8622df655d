"""The circuit breaker before the Sheets API, one for each spreadsheet.

On the ``circuitbreaker`` package, which counts failures in a row, admits any number of callers when half open and is
closed by any other exception; this subclass looks at the failure rate over a window, admits single probes, opens for
longer each time, and takes throttling and refusals for what they are: answers of a working service.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from circuitbreaker import STATE_CLOSED, STATE_HALF_OPEN, STATE_OPEN, CircuitBreaker

from actors.sheets.breaker_policy import BreakerPolicy
from actors.sheets.errors import CallFailed, OutcomeUnknown, SheetsError, Unreachable

BreakerState = Literal["closed", "open", "half_open"]


class BreakerSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What survives a restart and what a person is shown.

    Attributes:
        name: the spreadsheet.
        state: ``closed``, ``open`` or ``half_open``.
        opened_ms: when it opened, milliseconds since 1970 UTC; 0 while closed.
        open_for_s: how long it stays open, seconds.
        times: how often it opened without closing between.
        forced: whether a person set the state.
        last_failure: the failure that opened it.
    """

    name: str
    state: BreakerState = "closed"
    opened_ms: int = 0
    open_for_s: float = 0.0
    times: int = 0
    forced: bool = False
    last_failure: str = ""


_snapshots = msgspec.json.Decoder(list[BreakerSnapshot])


class SheetsCircuitBreaker(CircuitBreaker):  # type: ignore[misc]
    """A circuit breaker for one spreadsheet, owned by one thread.

    Args:
        name: the spreadsheet's id.
        policy: when it opens and closes.
        clock_ms: milliseconds since 1970 UTC.
        draw: a random number in [0, 1), for the jitter.
        snapshot: an earlier life's state.
    """

    def __init__(
        self,
        name: str,
        policy: BreakerPolicy,
        clock_ms: Callable[[], int],
        draw: Callable[[], float] = random.random,
        snapshot: BreakerSnapshot | None = None,
    ) -> None:
        super().__init__(
            failure_threshold=policy.minimum_calls,
            recovery_timeout=policy.open_s,
            expected_exception=is_failure,
            name=name,
        )
        self._policy, self._clock_ms, self._draw = policy, clock_ms, draw
        self._calls: deque[tuple[int, bool]] = deque()
        self._probing = False
        self._good_probes = 0
        held = snapshot or BreakerSnapshot(name=name)
        self._state = STATE_OPEN if held.state != "closed" else STATE_CLOSED
        self._opened_ms, self._open_for_s = held.opened_ms, held.open_for_s
        self._times, self._forced, self._failure_text = held.times, held.forced, held.last_failure

    # -- the package's interface

    @property
    def state(self) -> str:
        """``closed``, ``open``, or ``half_open`` once the open time is over."""
        if self._state == STATE_OPEN and not self._forced and self.open_remaining <= 0:
            return str(STATE_HALF_OPEN)
        return str(self._state)

    @property
    def open_remaining(self) -> float:
        """Seconds until it lets a probe through; 0 when it does already."""
        if self._state != STATE_OPEN:
            return 0.0
        if self._forced:
            return float("inf")
        return max(0.0, self._opened_ms / 1000 + self._open_for_s - self._clock_ms() / 1000)

    def __enter__(self) -> None:
        """Take part in ``with``: raise where no call may go out now."""
        if not self.admit():
            raise BreakerOpenError(self.wait_s())

    def __exit__(self, exc_type: object, exc_value: BaseException | None, _traceback: object) -> None:
        """Learn how the call ended."""
        self.record(exc_value)

    def reset(self) -> None:
        """Close it and forget what was counted."""
        super().reset()
        self._calls.clear()
        self._probing, self._good_probes = False, 0
        self._opened_ms, self._open_for_s, self._times, self._forced = 0, 0.0, 0, False
        self._failure_text = ""

    # -- ours

    def admit(self) -> bool:
        """Ask to make a call; when half open one caller at a time gets True.

        Returns:
            whether the call may go out; its end must then be told to :meth:`record`.
        """
        if self._state == STATE_CLOSED:
            return True
        if self.state != STATE_HALF_OPEN or self._probing:
            return False
        self._probing = True
        return True

    def wait_s(self) -> float:
        """Return after how many seconds asking again makes sense, at most 60."""
        return 0.5 if self._probing else min(60.0, max(0.05, self.open_remaining))

    def record(self, error: BaseException | None) -> None:
        """Learn how an admitted call ended.

        Args:
            error: None for success.
        """
        probing, self._probing = self._probing, False
        failed = is_failure(type(error), error) if error is not None else False
        if not probing:
            self._count(failed=failed, error=error)
            return
        if failed:
            self._open(error)
        elif error is None or answered(error):
            self._good_probes += 1
            if self._good_probes >= self._policy.probes:
                self.reset()

    def _count(self, *, failed: bool, error: BaseException | None) -> None:
        if error is not None and not failed:
            return  # throttling and refusals say nothing about the service's health
        now = self._clock_ms()
        self._calls.append((now, failed))
        while self._calls and self._calls[0][0] < now - self._policy.window_s * 1000:
            self._calls.popleft()
        failures = sum(1 for _, bad in self._calls if bad)
        if (
            self._state == STATE_CLOSED
            and failed
            and len(self._calls) >= self._policy.minimum_calls
            and failures / len(self._calls) >= self._policy.failure_rate
        ):
            self._open(error)

    def _open(self, error: BaseException | None) -> None:
        base = min(self._policy.max_open_s, self._policy.open_s * self._policy.growth**self._times)
        spread = 1 + self._policy.jitter * (2 * self._draw() - 1)
        asked = error.retry_after_s if isinstance(error, CallFailed) and error.retry_after_s else 0.0
        self._state = STATE_OPEN
        self._opened_ms = self._clock_ms()
        self._open_for_s = max(base * spread, asked)
        self._times += 1
        self._good_probes = 0
        self._calls.clear()
        self._last_failure = error
        self._failure_text = str(error)[:300] if error is not None else ""

    def set_state(self, state: str) -> None:
        """Set the state by hand.

        Args:
            state: ``open`` stays open until set again, ``closed`` closes it, ``half_open`` lets a probe through now.

        Raises:
            SheetsError: another state was named.
        """
        if state == "closed":
            self.reset()
        elif state == "open":
            self._open(None)
            self._forced = True
        elif state == "half_open":
            self._open(None)
            self._forced, self._open_for_s = False, 0.0
        else:
            raise SheetsError(f"a breaker is closed, open or half_open, not {state!r}")

    def snapshot(self) -> BreakerSnapshot:
        """Return its state."""
        state: Any = self.state
        return BreakerSnapshot(
            name=str(self.name),
            state=state,
            opened_ms=self._opened_ms,
            open_for_s=self._open_for_s,
            times=self._times,
            forced=self._forced,
            last_failure=self._failure_text,
        )


class BreakerOpenError(SheetsError):
    """No call goes out while the circuit is open.

    Args:
        wait_s: after how many seconds asking again makes sense.
    """

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"the circuit is open; next try in {wait_s:.1f} s")
        self.wait_s = wait_s


def is_failure(_kind: object, error: BaseException | None) -> bool:
    """Tell whether an error means that the service does not work: no answer, no certain answer, or a 5xx."""
    return isinstance(error, OutcomeUnknown | Unreachable)


def answered(error: BaseException) -> bool:
    """Tell whether an error is the answer of a service that works."""
    return isinstance(error, CallFailed) and not is_failure(type(error), error)


class Breakers:
    """The breakers of all spreadsheets.

    Args:
        policy: when they open and close.
        clock_ms: milliseconds since 1970 UTC.
        saved: what :meth:`dump` gave in an earlier life; "" for none.
        draw: a random number in [0, 1).
    """

    def __init__(
        self,
        policy: BreakerPolicy,
        clock_ms: Callable[[], int],
        saved: str = "",
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._policy, self._clock_ms, self._draw = policy, clock_ms, draw
        held = _snapshots.decode(saved) if saved else []
        self._breakers = {s.name: SheetsCircuitBreaker(s.name, policy, clock_ms, draw, s) for s in held}

    def of(self, name: str) -> SheetsCircuitBreaker:
        """Return a spreadsheet's breaker."""
        if name not in self._breakers:
            self._breakers[name] = SheetsCircuitBreaker(name, self._policy, self._clock_ms, self._draw)
        return self._breakers[name]

    def snapshots(self) -> list[BreakerSnapshot]:
        """Return the states of all."""
        return [breaker.snapshot() for breaker in self._breakers.values()]

    def dump(self) -> str:
        """Return all states as text, to be kept."""
        return msgspec.json.encode(self.snapshots()).decode()
