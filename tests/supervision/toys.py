"""Toy actors for the tests of supervision."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

from messages.wire import Wire
from supervision.parcel import Address, Parcel
from supervision.process_actor import ProcessActor


class Word(Wire, frozen=True, tag=900, kw_only=True):
    """A toy message."""

    text: str
    number: int = 0


class Echo(ProcessActor):
    """Answers; misbehaves when told to."""

    accepts = Word

    def started(self, config: bytes) -> None:
        self.options: dict[str, Any] = json.loads(config) if config else {}
        self.words: list[str] = []
        self.fired: list[str] = []
        self.pipe = os.pipe()
        self.watch(self.pipe[0])
        self.busy_until = 0.0
        if self.options.get("slow_start"):
            time.sleep(self.options["slow_start"])
        if self.options.get("fail_start"):
            raise RuntimeError("cannot start")
        if "fail_start_while" in self.options and Path(self.options["fail_start_while"]).exists():
            raise RuntimeError("not yet")

    def received(self, message: Wire, sender: Address) -> None:
        assert isinstance(message, Word)
        if message.text == "raise":
            self.counters["raises"] += 1
            raise ValueError("told to raise")
        if message.text == "hang":
            time.sleep(60)
        self.words.append(message.text)
        if message.text == "ping":
            self.tell(sender, Word(text="pong", number=message.number))

    def readable(self, fd: int) -> None:
        self.words.append(os.read(fd, 100).decode())

    def stopping(self, reason: str) -> None:
        if self.options.get("stop_file"):
            with Path(self.options["stop_file"]).open("a") as file:
                file.write(f"{self.name} {reason}\n")

    def drained(self) -> bool:
        return time.monotonic() >= self.busy_until

    def admin(self, verb: str, arguments: dict[str, str]) -> dict[str, Any]:
        match verb:
            case "words":
                return {"words": self.words, "fired": self.fired}
            case "directory":
                return {"names": sorted(self.directory)}
            case "say":
                return {"sent": self.tell_name(arguments["to"], Word(text=arguments["text"]))}
            case "junk":
                self.send(self.directory[arguments["to"]], Parcel(bytes.fromhex(arguments["hex"])))
            case "pipe":
                os.write(self.pipe[1], arguments["text"].encode())
            case "timers":
                for delay in (0.15, 0.05, 0.1):
                    self.timers.after(delay, partial(self.fired.append, str(delay)))
                self.timers.after(0.07, lambda: self.fired.append("cancelled")).cancel()
                time.sleep(0.2)  # overdue, so that Thespian would hand them over in reverse order
            case "busy":
                self.busy_until = time.monotonic() + float(arguments["seconds"])
            case "outlive":
                ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # no parent-death signal any more
            case "idle":
                return {"idle": self.drained()}
            case "freeze":
                self.timers.after(0.01, lambda: os.kill(os.getpid(), signal.SIGSTOP))
            case "finish":
                self.timers.after(0.01, lambda: self.leave("done"))
            case "segfault":
                self.timers.after(0.01, lambda: os.kill(os.getpid(), signal.SIGSEGV))
            case "raise_in_timer":
                self.timers.after(0.01, self._raise)
            case "hung":
                return {"told": self.report_hung(arguments["who"], "no answer")}
            case "bug":
                raise RuntimeError("a bug")
            case _:
                return super().admin(verb, arguments)
        return {}

    def _raise(self) -> None:
        raise ValueError("raised in a timer")
