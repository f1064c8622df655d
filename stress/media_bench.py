"""Measure what the media readers are to reach: speed and word recall of OCR, speed and word errors of speech, PDFs.

``majlis stress media --only speech --speech FOLDER`` and so on. The readers run in their sandboxed processes, as in
production. FOLDER holds recordings of people, each beside a ``.txt`` of what is said; without it the word error rate on
human speech is reported as not measured.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from statistics import median
from typing import Any, Literal

from actors.media.reader import ReaderKind
from actors.media.sandboxed_readers import SandboxedReaders
from actors.media.settings import MediaSettings
from messages.media import Reading, ReadItem
from stress.media_documents import text_pdf
from stress.media_scenes import SCENES

VOICE = Path(__file__).parent / "media_voice"
_SOUNDS = (".flac", ".wav", ".ogg", ".mp3", ".m4a", ".opus")
_RUNS = 5
PARTS = ("pictures", "speech", "documents")


def run(speech: Path | None = None, scenes: int = 8, only: Collection[str] = PARTS) -> dict[str, Any]:
    """Measure all goals.

    Args:
        speech: folder of human recordings with transcripts, or None.
        scenes: drawn pictures of each kind.
        only: which parts.

    Returns:
        for each goal what was measured (``value``), the bound (``goal``), whether it is ``met``; ``value`` None and a
        ``reason`` where there is nothing to measure. A goal for which nothing was given to measure it with is neither
        met nor missed: its ``met`` is None, and ``unmeasured`` names it. ``met`` beside the goals tells whether none
        was missed; ``load_1m`` how busy the machine was.
    """
    import os

    # Deadlines of a busy machine: a reader that is killed cannot be measured.
    settings = MediaSettings(image_deadline_s=180, document_deadline_s=180, start_deadline_s=300)
    goals: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder, SandboxedReaders(settings) as readers:
        started = time.perf_counter()
        kinds: dict[str, ReaderKind] = {"pictures": "image", "speech": "audio", "documents": "document"}
        ready = readers.start(("sniff", *(kind for part, kind in kinds.items() if part in only)))
        start_s = time.perf_counter() - started
        if "pictures" in only:
            _pictures(readers, Path(folder), scenes, goals)
        if "speech" in only:
            _voice(readers, goals)
            _human(readers, speech, goals)
        if "documents" in only:
            _pdf(readers, Path(folder), goals)
        confined = {kind: {"network": one.network, "memory_mb": one.memory_mb} for kind, one in ready.items()}
    return {
        "goals": goals,
        "met": all(goal["met"] is not False for goal in goals.values()),
        "unmeasured": [name for name, goal in goals.items() if goal["met"] is None],
        "start_s": round(start_s, 2),
        "confined": confined,
        "threads": settings.threads,
        "cpus": os.cpu_count(),
        "load_1m": round(os.getloadavg()[0], 2),
    }


def word_recall(words: tuple[str, ...], text: str) -> tuple[int, int]:
    """Count how many of the printed words were read.

    Args:
        words: that are printed.
        text: that was read.

    Returns:
        those found and those printed; case and marks do not count.
    """
    printed = Counter(filter(None, map(_bare, words)))
    found = Counter(filter(None, map(_bare, text.split())))
    return sum((printed & found).values()), sum(printed.values())


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Count word errors (substitutions, insertions, deletions; Levenshtein distance over words).

    Args:
        said: the transcript.
        heard: what the engine gave.

    Returns:
        errors, and words that were said.
    """
    truth = [word for word in map(_bare, said.split()) if word]
    guess = [word for word in map(_bare, heard.split()) if word]
    row = list(range(len(guess) + 1))
    for count, word in enumerate(truth, 1):
        before, row = row, [count]
        for place, other in enumerate(guess, 1):
            row.append(min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (word != other)))
    return row[-1], len(truth)


def _bare(word: str) -> str:
    return re.sub(r"[^\w]", "", word).lower()


def _pictures(readers: SandboxedReaders, folder: Path, scenes: int, goals: dict[str, dict[str, Any]]) -> None:
    tiers: tuple[tuple[Literal["full", "reduced"], str, float, float], ...] = (
        ("full", "easyocr", 1.5, 0.85),
        ("reduced", "rapidocr", 0.5, 0.80),
    )
    drawn = []
    for kind, draw in SCENES.items():
        for number in range(scenes):
            scene = draw(number)
            path = folder / f"{kind}-{number}.jpg"
            scene.image.save(path, quality=88)
            drawn.append((path, scene))
    for tier, engine, seconds, recall in tiers:
        took: list[float] = []
        busy: list[float] = []
        counts: dict[str, list[int]] = {kind: [0, 0] for kind in SCENES}
        reason = ""
        for path, scene in drawn:
            before = _cpu_s(readers)
            reading = _read(readers, path, tier)
            busy.append(_cpu_s(readers) - before)
            if reading.engine != engine:
                reason = reading.error or f"{engine} is not here"
                break
            took.append(reading.seconds)
            found, printed = word_recall(scene.words, reading.text)
            counts[scene.kind][0] += found
            counts[scene.kind][1] += printed
        _goal(goals, f"image_{engine}_s", median(took) if not reason else None, seconds, reason=reason)
        if not reason:
            goals[f"image_{engine}_s"] |= {"cpu_s": round(median(busy), 3)}
        printed_kinds = ("sign", "receipt")
        value = sum(counts[kind][0] for kind in printed_kinds) / max(1, sum(counts[kind][1] for kind in printed_kinds))
        _goal(goals, f"recall_{engine}", None if reason else value, recall, reason=reason, at_least=True)
        if not reason:
            by_kind = {kind: round(found / max(1, printed), 3) for kind, (found, printed) in counts.items()}
            goals[f"recall_{engine}"] |= {"by_kind": by_kind, "pictures": len(drawn)}


def _voice(readers: SandboxedReaders, goals: dict[str, dict[str, Any]]) -> None:
    path = VOICE / "voice_note.ogg"
    if not path.is_file():
        _goal(goals, "speech_5s_s", None, 0.5, reason="the voice note of the project is not here", given=False)
        return
    readings = [_read(readers, path, "full") for _ in range(_RUNS)]
    error = readings[-1].error
    per_5s = median(reading.seconds for reading in readings) / readings[-1].duration_s * 5 if not error else None
    _goal(goals, "speech_5s_s", per_5s, 0.5, reason=error)
    if not error:
        goals["speech_5s_s"] |= {"engine": readings[-1].engine, "recording_s": readings[-1].duration_s}


def _human(readers: SandboxedReaders, speech: Path | None, goals: dict[str, dict[str, Any]]) -> None:
    files = sorted(path for path in speech.iterdir() if path.suffix.lower() in _SOUNDS) if speech is not None else []
    pairs = [(path, path.with_suffix(".txt")) for path in files if path.with_suffix(".txt").is_file()]
    if not pairs:
        reason = "no human recordings given (--speech FOLDER)"
        if speech is not None:
            reason = f"no recording with a .txt of the same name beside it in {speech} (of {len(files)} recordings)"
        _goal(goals, "human_wer", None, 0.15, reason=reason, given=False)
        return
    errors = words = 0
    each: dict[str, dict[str, Any]] = {}
    for path, transcript in pairs:
        reading = _read(readers, path, "full")
        wrong, said = word_errors(transcript.read_text(encoding="utf-8"), reading.text)
        errors, words = errors + wrong, words + said
        each[path.name] = {"errors": wrong, "words": said, "heard": reading.text, "error": reading.error}
    _goal(goals, "human_wer", errors / max(1, words), 0.15)
    goals["human_wer"] |= {"recordings": len(pairs), "words": words, "each": each}


def _pdf(readers: SandboxedReaders, folder: Path, goals: dict[str, dict[str, Any]]) -> None:
    line = "The tenant shall pay the annual rent of AED 85,000 for unit B-1204 in four cheques."
    path = folder / "ten.pdf"
    path.write_bytes(text_pdf([[f"Clause {page}.{number} {line}" for number in range(45)] for page in range(10)]))
    readings = [_read(readers, path, "full") for _ in range(_RUNS)]
    right = all(reading.pages == 10 and reading.text.count(line) == 450 for reading in readings)
    took = median(reading.seconds for reading in readings)
    _goal(goals, "pdf_10_pages_s", took if right else None, 0.3, reason="" if right else "it was not read right")


def _cpu_s(readers: SandboxedReaders) -> float:
    """Give the processor time of the image reader so far: what a busy machine does not change much."""
    import psutil

    pid = readers.pids().get("image")
    if pid is None:
        return 0.0
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _read(readers: SandboxedReaders, path: Path, tier: Literal["full", "reduced"]) -> Reading:
    return readers.read(ReadItem(key=0, path=str(path), tier=tier, sent_ms=1_772_000_000_000))


def _goal(
    goals: dict[str, dict[str, Any]],
    name: str,
    value: float | None,
    goal: float,
    *,
    reason: str = "",
    at_least: bool = False,
    given: bool = True,
) -> None:
    met = (value is not None and (value >= goal if at_least else value <= goal)) if given else None
    goals[name] = {"value": None if value is None else round(value, 4), "goal": goal, "met": met}
    if reason:
        goals[name]["reason"] = reason
