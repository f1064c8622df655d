"""Start a system, keep it alive, shut it down."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any, Self

from actors.system.boot_client import SystemClient, is_running
from actors.system.boot_control import ControlClient, open_listener
from actors.system.boot_processes import ExitWatch, Keeper, end_session, reap, start_ticks
from actors.system.errors import NotReady, SystemFault
from messages.admin import AdminAnswer
from messages.control import Start
from messages.wire import encode
from store.errors import StoreError
from store.folder import DataFolder
from supervision.process import become_subreaper, kill
from supervision.spec import SupervisorSpec

ROOT_ACTOR = "actors.system.boot_root.Root"
_ADMIN_ATTEMPTS = 5
_REAP_EVERY_S = 1.0
_RETRY_FIRST_S = 0.2
_RETRY_MOST_S = 10.0
_SLICE_S = 1.0
_SILENT_MOST = 3


class RunningSystem:
    """The foreground command's hold on the system that it runs; made by ``start``.

    Attributes:
        folder: the data folder.
        restarts: how often the whole tree was started anew after the death of the admin or the root.
        last_error: why the last attempt at that failed, "" if it did not.
        admin_pid: process of Thespian's admin.
        root_pid: process of the root supervisor.
        ping_every_s: how often ``watch`` asks the root whether it is there, seconds.
    """

    ping_every_s = 5.0

    def __init__(
        self, folder: DataFolder, root: SupervisorSpec, *, ready_timeout_s: float, bind: str, log_level: str
    ) -> None:
        self.folder = folder
        self.restarts = 0
        self.last_error = ""
        self.admin_pid = 0
        self.root_pid = 0
        self._spec = root
        self._ready_timeout_s = ready_timeout_s
        self._bind = bind
        self._log_level = log_level
        self._logs = folder.path / "logs"
        self._key = folder.frame_key()
        self._lock = threading.RLock()
        self._keeper = Keeper()
        self._listener = open_listener(bind)
        self._admin: Any = None
        self._root: ExitWatch | None = None
        self._closing = False
        self._ended = False
        self._reaped = 0.0
        self._pinged = time.monotonic()
        self._silent = 0
        self._retry_at = 0.0
        self._retry_s = _RETRY_FIRST_S

    @classmethod
    def start(
        cls,
        folder: DataFolder,
        root: SupervisorSpec,
        *,
        ready_timeout_s: float = 30,
        bind: str = "127.0.0.1",
        log_level: str = "info",
    ) -> Self:
        """Start a system and wait until all of it is ready.

        Whoever calls holds the folder's lock; actors inherit it. One system at a time in a process.

        Args:
            folder: the data folder.
            root: the tree.
            ready_timeout_s: limit for all to be ready, seconds.
            bind: the numeric address that actors listen on.
            log_level: least level that actors log.

        Returns:
            the system.

        Raises:
            NotReady: it was not ready in time; nothing of it is left running.
            SystemFault: it could not be started.
        """
        system = cls(folder, root, ready_timeout_s=ready_timeout_s, bind=bind, log_level=log_level)
        try:
            become_subreaper()
            system._keeper.call(system._bring_up)
        except BaseException:
            system.shutdown(0)
            raise
        return system

    # --- starting; on the keeper's thread ---

    def _bring_up(self) -> None:
        from actors.system.transport import CURRENT, install

        if self._root is not None:
            self._root.close()
            self._root = None
        self._logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = (self._listener.fileno(), *_descriptors_of(self.folder.path / "lock"))
        install(self._key, bind=self._bind, output=self._logs / "output.log", kept=kept)
        deadline = time.monotonic() + self._ready_timeout_s
        system = self._start_admin()
        self._admin = CURRENT.spawned[0]
        self.admin_pid = int(self._admin.pid)
        try:
            self._start_root(system)
        finally:
            system._systemBase.transport.close()  # noqa: SLF001 - all else goes through the control connection
        self._await_ready(deadline)
        self._publish()

    def _publish(self) -> None:
        facts = {
            "pid": os.getpid(),
            "pid_started": start_ticks(os.getpid()),
            "admin_pid": self.admin_pid,
            "admin_port": self._admin_port,
            "root_pid": self.root_pid,
            "control": list(self._listener.getsockname()),
            "since": time.time(),
        }
        try:
            self.folder.write_runtime(facts)
        except StoreError:
            if not self.restarts:
                raise
            # A full disk must not keep a tree that could be revived down; what clients need, the control address,
            # stands in the old file as well.

    def _start_admin(self) -> Any:
        from thespian.actors import ActorSystem, ActorSystemException

        from actors.system.transport import CURRENT

        log_file = str(self._logs / "thespian.log")
        log_to_file = {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {
                "file": {
                    "class": "logging.handlers.RotatingFileHandler",
                    "filename": log_file,
                    "maxBytes": 4_000_000,
                    "backupCount": 1,
                    "delay": True,
                }
            },
            "root": {"handlers": ["file"], "level": "WARNING"},
        }
        problem: Exception | None = None
        for _ in range(_ADMIN_ATTEMPTS):
            self._admin_port = _free_port(self._bind)
            CURRENT.spawned.clear()
            try:
                return ActorSystem(
                    "multiprocTCPBase",
                    {"Admin Port": self._admin_port, "Process Startup Method": "fork"},
                    logDefs=log_to_file,
                    transientUnique=True,
                )
            except (ActorSystemException, OSError) as error:
                problem = error  # another program may have taken the port meanwhile
                for process in CURRENT.spawned:
                    end_session(process.pid)
        raise SystemFault(f"the actor system's admin did not start: {problem}") from problem

    def _start_root(self, system: Any) -> None:
        from actors.system.boot_root import RootConfig
        from supervision.parcel import Parcel

        config = RootConfig(spec=self._spec, control_fd=self._listener.fileno())
        start = Start(
            name="root",
            incarnation=int(time.time() * 1000),
            config=encode(config),
            logs=str(self._logs),
            level=self._log_level,
        )
        system.tell(system.createActor(ROOT_ACTOR), Parcel(encode(start)))

    def _await_ready(self, deadline: float) -> None:
        facts = self._until(deadline, "names")
        self.root_pid = int(facts["pid"])
        self._root = ExitWatch(self.root_pid)
        self._until(deadline, "ready")

    def _until(self, deadline: float, verb: str) -> dict[str, Any]:
        while True:
            left = deadline - time.monotonic()
            if self._closing:
                raise NotReady("stopped while it started")
            if left <= 0:
                raise NotReady(f"not ready within {self._ready_timeout_s:g} s{self._what_is_missing()}")
            try:
                answer = self._ask("", verb, {}, min(left, _SLICE_S))
            except SystemFault as error:
                if self._is_down():
                    logs = self._logs / "root.jsonl"
                    raise SystemFault(f"the system went down while it started; see {logs}") from error
                continue
            if not answer.ok:
                raise SystemFault(answer.error)
            return answer.result

    def _what_is_missing(self) -> str:
        with contextlib.suppress(SystemFault):
            tree = self._ask("", "tree", {}, 2.0).result
            missing = _unready(tree)
            if missing:
                return ": " + "; ".join(missing)
        return ""

    def _is_down(self) -> bool:
        return not self._admin.is_alive() or (self._root is not None and self._root.ended())

    # --- while it runs ---

    def _ask(self, target: str, verb: str, arguments: dict[str, Any], timeout_s: float) -> AdminAnswer:
        address = self._listener.getsockname()
        client = ControlClient((address[0], address[1]), self._key, timeout_s)
        try:
            return client.ask(target, verb, arguments, timeout_s)
        finally:
            client.close()

    def ask(self, target: str, verb: str, arguments: dict[str, Any], timeout_s: float = 5.0) -> AdminAnswer:
        """Send an admin message.

        Args:
            target: full name of an actor, "" for the root.
            verb: what is asked.
            arguments: its arguments; values go as text.
            timeout_s: limit for the answer.

        Returns:
            the answer, also when it says that something could not be done.

        Raises:
            NotReady: no answer in time.
            NotRunning: the connection broke.
        """
        return self._ask(target, verb, arguments, timeout_s)

    def watch(self, timeout_s: float = 0.0) -> bool:
        """Start the tree anew if its admin or root has died; wait for the dead.

        To be called again and again, from any one thread. An attempt that fails is repeated with growing pauses;
        ``last_error`` tells why.

        Args:
            timeout_s: how long to wait for a death at most.

        Returns:
            whether a restart was attempted.
        """
        root = self._root
        if root is not None and timeout_s > 0:
            root.ended(timeout_s)
        with self._lock:
            if self._ended or self._closing:
                return False
            now = time.monotonic()
            if not self._is_down():
                if now - self._pinged > self.ping_every_s:
                    self._ping()
                    self._pinged = time.monotonic()
                if now - self._reaped > _REAP_EVERY_S:
                    self._reaped = now
                    reap(self.admin_pid)
                return False
            if now < self._retry_at:
                return False
            self._revive()
            return True

    def _ping(self) -> None:
        """Ask the root whether it is there; silent three times, it is killed, and the next round starts it anew."""
        try:
            self._ask("", "names", {}, self.ping_every_s)
        except SystemFault:
            self._silent += 1
            if self._silent >= _SILENT_MOST:
                kill(self.root_pid)
        else:
            self._silent = 0

    def _revive(self) -> None:
        end_session(self.admin_pid)
        self._admin.is_alive()  # waits for it
        self._silent = 0
        self.restarts += 1
        try:
            self._keeper.call(self._bring_up)
        except (SystemFault, StoreError, OSError) as error:
            self.last_error = str(error)
            end_session(self.admin_pid)
            self._retry_at = time.monotonic() + self._retry_s
            self._retry_s = min(self._retry_s * 2, _RETRY_MOST_S)
        else:
            self.last_error = ""
            self._retry_s = _RETRY_FIRST_S

    def drain(self, timeout_s: float) -> bool:
        """Have all actors take no new work and finish what is in hand.

        Args:
            timeout_s: limit for that.

        Returns:
            whether all were idle in time.
        """
        with contextlib.suppress(SystemFault):
            return self._ask("", "drain", {}, timeout_s).ok
        return False

    def shutdown(self, timeout_s: float = 3.0) -> None:
        """Stop all actors, last started first, then kill what is left; afterwards nothing of the system runs.

        Args:
            timeout_s: limit for the orderly part.
        """
        self._closing = True  # ends a restart under way
        with self._lock:
            if self._ended:
                return
            self._ended = True
        if timeout_s > 0 and self._root is not None and self._admin is not None and not self._is_down():
            with contextlib.suppress(SystemFault):
                self._ask("", "shutdown", {}, min(timeout_s, 1.0))
                self._root.ended(timeout_s)
        if self.admin_pid:
            end_session(self.admin_pid)
            self._admin.is_alive()
        if self._root is not None:
            self._root.close()
        self._listener.close()
        self._keeper.end()
        self.folder.clear_runtime()
        become_subreaper(enabled=False)


def _free_port(bind: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((bind, 0))
        return int(probe.getsockname()[1])


def _descriptors_of(path: Path) -> list[int]:
    """Find this process's descriptors of a file."""
    found = []
    for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers
        with contextlib.suppress(OSError):
            if Path(f"/proc/self/fd/{entry}").readlink() == path:
                found.append(int(entry))
    return found


def _unready(tree: dict[str, Any]) -> list[str]:
    missing = []
    for child in tree.get("children", []):
        below = _unready(child)
        if below:
            missing += below
        elif child.get("phase") != "ready":
            reason = f" ({child['reason']})" if child.get("reason") else ""
            missing.append(f"{child['name']} is {child['phase']}{reason}")
    return missing


__all__ = ["RunningSystem", "SystemClient", "is_running"]
