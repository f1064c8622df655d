"""Measure the understanding of text: speed by tier, latency, load time, memory, and the cascade's real share."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from actors.language.errors import LanguageError
from messages.understanding import Tier, WorkItem

if TYPE_CHECKING:
    from actors.language.hybrid import HybridEngine

COUNT: Final = 2000
SINGLES: Final = 300
SEED: Final = 11
BATCH: Final = 32


class MeasureError(LanguageError):
    """The measuring process failed."""


def messages(count: int, seed: int = SEED) -> list[str]:
    """Make different messages of 5 to 40 words out of the corpus, with other names, digits and spelling.

    Args:
        count: how many.
        seed: of every source of chance.

    Returns:
        texts, each once, in the corpus's mixture of intents and languages.
    """
    from actors.language.corpus.loader import load
    from actors.language.corpus.slots import refill, respell

    rng = random.Random(seed)  # noqa: S311 - a reproducible load, not secrets
    usable = [e for e in load() if e.intent and not e.source.startswith("assistant") and 3 <= len(e.text.split()) <= 40]
    seen: dict[str, None] = {}
    while len(seen) < count:
        text = respell(refill(rng.choice(usable), rng, 1.0), rng).text
        if len(text.split()) < 5:
            text += " " + respell(refill(rng.choice(usable), rng, 1.0), rng).text
        if 5 <= len(text.split()) <= 40:
            seen[text] = None
    return list(seen)


def run(models: Path) -> dict[str, Any]:
    """Measure in a fresh process pinned to one core.

    Args:
        models: the model folder.

    Returns:
        speeds in messages a second, latencies in milliseconds, load seconds, MiB of resident memory.

    Raises:
        GazetteerError: a file of known names is wrong.
        MeasureError: the measuring process failed; its last line says why.
    """
    import json

    from actors.language.gazetteer import configured

    configured()  # a wrong file of known names is said here, in one line
    code = "import sys, json; from pathlib import Path; from stress.understand_bench import measure; "
    code += "print(json.dumps(measure(Path(sys.argv[1]))))"
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(models)], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise MeasureError(f"understanding could not be measured: {lines[-1] if lines else 'no output'}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def measure(models: Path) -> dict[str, Any]:
    """Measure in this process, on one core.

    Args:
        models: the model folder.

    Returns:
        see ``run``.
    """
    import psutil

    from actors.language.models_manifest import ModelFileError

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    started = time.perf_counter()
    from actors.language.hybrid import HybridEngine
    from actors.language.settings import LanguageSettings

    plain = LanguageSettings(models=models, cache=0)
    report: dict[str, Any] = {"messages": COUNT, "batch": BATCH, "unavailable": []}
    try:
        engine = HybridEngine.load(models, "full", settings=plain)
        engine.understand([WorkItem(key=0, text="is the flat in JVC available tomorrow?")])
    except ModelFileError as error:
        report["unavailable"].append(str(error))
        engine = HybridEngine.load(models, "essential", settings=plain)
    report["load_s"] = round(time.perf_counter() - started, 3)
    report["tier"] = engine.tier
    items = [WorkItem(key=i, text=t, sent_ms=1_772_000_000_000) for i, t in enumerate(messages(COUNT))]
    tiers: dict[str, tuple[Tier, ...]] = {"full": ("full", "reduced", "essential"), "reduced": ("reduced", "essential")}
    for tier in tiers.get(str(engine.tier), ("essential",)):
        engine.counters.messages = engine.counters.asked = 0
        wall, core = _speed(partial(engine.understand, tier=tier), items)
        report[f"{tier}_per_s"], report[f"{tier}_per_core_second"] = round(wall, 1), round(core, 1)
        if tier == "full":
            report["cascade_share"] = round(engine.counters.asked / max(1, engine.counters.messages), 4)
    report |= _cached(engine, items)
    singles = []
    for item in items[:SINGLES]:
        at = time.perf_counter()
        engine.understand([item])
        singles.append((time.perf_counter() - at) * 1000)
    singles.sort()
    report["single_p50_ms"] = round(singles[len(singles) // 2], 3)
    report["single_p99_ms"] = round(singles[int(len(singles) * 0.99)], 3)
    report["rss_mib"] = round(psutil.Process().memory_info().rss / 2**20, 1)
    report["overruns"] = {k: v for k, v in engine.stats().items() if k.endswith("overrun")}
    return report


def _cached(engine: HybridEngine, items: list[WorkItem]) -> dict[str, float]:
    """Measure the cache on a stream in which each message comes twice, the second time with other white space."""
    from actors.language.hybrid_cache import TextCache

    again = [msgspec.structs.replace(item, text="  ".join(item.text.split(" ")) + " ") for item in items]
    stream = [*items, *again]
    random.Random(SEED).shuffle(stream)  # noqa: S311 - a reproducible load, not secrets
    engine.cache = TextCache(len(items))
    wall, _ = _speed(engine.understand, stream)
    rate = engine.cache.hit_rate
    engine.cache = TextCache(0)
    return {"with_cache_per_s": round(wall, 1), "cache_hit_rate": round(rate, 4), "cache_repeats": 0.5}


def _speed(understand: Callable[[list[WorkItem]], object], items: list[WorkItem]) -> tuple[float, float]:
    """Measure by the clock, and by processor time, which other programs on the machine disturb less."""
    at, used = time.perf_counter(), time.process_time()
    for start in range(0, len(items), BATCH):
        understand(items[start : start + BATCH])
    return len(items) / (time.perf_counter() - at), len(items) / (time.process_time() - used)
