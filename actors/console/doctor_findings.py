"""What ``majlis doctor`` looks at."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from actors.system.boot import is_running
from actors.system.settings import Settings
from store.errors import FolderMissing, StoreError
from store.folder import DataFolder

State = Literal["ok", "degraded", "missing"]
ROOM_BYTES = 1_000_000_000


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        what: its name.
        state: ``ok``; ``degraded`` where the system works without it, with less; ``missing`` where it does not.
        found: what is there.
        remedy: what to do, "" if nothing.
    """

    what: str
    state: State
    found: str
    remedy: str = ""


def look(settings: Settings) -> list[Finding]:
    """Look at everything.

    Args:
        settings: of all services.

    Returns:
        the findings, in the order of the questions that an operator asks.
    """
    return [
        _python(),
        _libmagic(),
        _disk(settings.folder),
        _folder(settings.folder),
        *_models(settings),
        *_engines(settings),
    ]


def _python() -> Finding:
    return Finding("python", "ok", ".".join(map(str, sys.version_info[:3])))


def _libmagic() -> Finding:
    library = ctypes.util.find_library("magic")
    if library is None:
        return Finding("libmagic", "missing", "not found", "apt-get install libmagic1")
    return Finding("libmagic", "ok", library)


def _disk(folder: Path) -> Finding:
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    state: State = "ok" if free > ROOM_BYTES else "degraded"
    remedy = "" if state == "ok" else "make room: a full disk refuses new messages"
    return Finding("disk", state, f"{free / 1e9:.1f} GB free at {there}", remedy)


def _folder(path: Path) -> Finding:
    try:
        folder = DataFolder.open(path)
        folder.frame_key()
    except FolderMissing:
        parent = path.absolute().parent
        if parent.exists() and not os.access(parent, os.W_OK):
            return Finding("data folder", "missing", f"{parent} cannot be written", "choose another with --folder")
        return Finding("data folder", "ok", f"{path} is not there yet; it is made at the first start")
    except StoreError as error:
        return Finding("data folder", "missing", str(error), "majlis check --folder " + str(path))
    running = "a system runs on it" if is_running(folder) else "no system runs on it"
    return Finding("data folder", "ok", f"{path}: {folder.partitions} partitions, {running}")


def _models(settings: Settings) -> Iterable[Finding]:
    from actors.language.engine import EngineError, load_engine
    from actors.language.gazetteer import Gazetteer, GazetteerError, configured
    from actors.language.model_trouble import quiet, remedy_of

    try:
        names = configured()
    except GazetteerError as error:
        yield Finding("known names", "missing", str(error), remedy_of(error, None))
        names = Gazetteer()  # what the models lack is wanted all the same
    language = settings.language
    try:
        with quiet():
            engine = load_engine(
                language.engine,
                settings.understanding.models,
                language.region,
                settings.understanding,
                gazetteer=names,
            )
    except EngineError as error:
        remedy = " or ".join(filter(None, (error.remedy, 'language.engine = "auto"')))
        yield Finding("language", "missing", f"engine {language.engine}: {error}", remedy)
        return
    reason = str(getattr(engine, "reason", ""))
    state: State = "degraded" if reason else "ok"
    yield Finding("language", state, f"tier {engine.tier}  {reason}".strip(), str(getattr(engine, "remedy", "")))


def _engines(settings: Settings) -> Iterable[Finding]:
    if importlib.util.find_spec("actors.media.engines_report") is None:
        return
    from actors.media.engines_report import report

    for status in report(settings.media):
        there = status.source or "there" if status.available else ""
        found = "; ".join(part for part in (there, status.missing) if part)
        state: State = "degraded" if status.missing or not status.available else "ok"
        yield Finding(f"{status.feature}: {status.name}", state, found, status.remedy)
