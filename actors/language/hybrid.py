"""The engine of all layers: rules, models, context check; with tiers, budgets and a cache."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from actors.language.gazetteer import Gazetteer
from actors.language.hybrid_cache import TextCache
from actors.language.hybrid_context import check, merge
from actors.language.hybrid_encoder import ARABIC, ENGLISH, EncoderFiles
from actors.language.hybrid_mixing import Mixing, Scores, tier_key
from actors.language.hybrid_mixing import load as load_mixing
from actors.language.hybrid_mood import Mood, moods
from actors.language.hybrid_stages import Budget, FirstStage, NameGate, SecondStage, chosen_finder
from actors.language.intent.ngrams import fold
from actors.language.language_of import language_of
from actors.language.models_manifest import FULL_FILES, REDUCED_FILES, ModelFileError, read, verify
from actors.language.rules.extract import RuleExtractor
from actors.language.sentiment.lexicon import default_lexicon
from actors.language.settings import LanguageSettings
from actors.language.tagger.decode import Name
from messages.understanding import Entity, Scored, Tier, Understanding, WorkItem, WorkResult

if TYPE_CHECKING:
    from actors.language.hub_models import HubSentiment

MISSING: Final[dict[str, tuple[str, ...]]] = {
    "full": (),
    "reduced": ("model_entities",),
    "essential": ("intent", "sentiment", "urgency", "model_entities"),
}
ENCODERS: Final[dict[str, EncoderFiles]] = {"en": ENGLISH, "ar": ARABIC, "arz": ARABIC}
"""MiniLM read English only: on Arabic in either script its opinion makes intents worse than having none."""


@dataclass
class Counters:
    """What an engine did so far.

    Attributes:
        messages: understood.
        asked: of them, passed to the transformer.
        rules_overrun, model_overrun, context_overrun: messages for which a layer was skipped, its budget being spent.
        errors: messages whose handling raised.
    """

    messages: int = 0
    asked: int = 0
    rules_overrun: int = 0
    model_overrun: int = 0
    context_overrun: int = 0
    errors: int = 0


@dataclass
class _Job:
    item: WorkItem
    folded: str
    lang: str
    rules: tuple[Entity, ...] = ()
    names: list[Name] = field(default_factory=list)
    mood: Mood | None = None
    missing: tuple[str, ...] = ()
    error: str = ""
    cached: bool = False


class HybridEngine:
    """Understands messages with all layers that its tier has.

    Args:
        tier: the best tier that it uses.
        extractor: the rule layer.
        first: static embeddings and n-grams, or None at the essential tier.
        second: the transformer and tagger of each language, empty below the full tier.
        mixing: weights by tier's name.
        gate: which messages may hold names that the rules did not find.
        settings: thresholds, budgets and sizes.
        region: two-letter country where an item names none.
        clock: seconds, monotonic.

    Attributes:
        feelings: another model for sentiment at the full tier, or None for the project's own.
    """

    def __init__(  # noqa: PLR0917 - the parts that load() joins
        self,
        tier: Literal["full", "reduced", "essential"],
        extractor: RuleExtractor,
        first: FirstStage | None,
        second: Mapping[str, SecondStage],
        mixing: dict[str, Mixing],
        gate: NameGate | None,
        settings: LanguageSettings,
        region: str = "AE",
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.tier: Tier = tier
        self.settings = settings
        self.counters = Counters()
        self.cache = TextCache(settings.cache)
        self._extractor, self._first, self._second = extractor, first, second
        self._mixing, self._gate, self._region, self._clock = mixing, gate, region, clock
        self._lexicon = default_lexicon()
        self.feelings: HubSentiment | None = None

    @classmethod
    def load(
        cls,
        models: Path,
        tier: str = "auto",
        region: str = "AE",
        settings: LanguageSettings | None = None,
        *,
        gazetteer: Gazetteer | None = None,
    ) -> HybridEngine:
        """Load an engine from a model folder, every file checked against the manifest first.

        Args:
            models: the folder.
            tier: ``full``, ``reduced``, ``essential``, or ``auto`` for the best that the folder holds.
            region: two-letter country where an item names none.
            settings: thresholds, budgets and sizes.
            gazetteer: known names; the built-in and the user's files where None.

        Returns:
            the engine.

        Raises:
            ModelFileError: the folder lacks what the tier needs, or a file is damaged; named.
            ValueError: no such tier.
        """
        chosen = settings if settings is not None else LanguageSettings(models=models)
        if chosen.threads == 1:  # a pool of threads for each worker would fight over the cores
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        extractor = RuleExtractor(gazetteer, default_region=region)
        if tier == "essential":
            return cls("essential", extractor, None, {}, {}, None, chosen, region)
        if tier not in ("auto", "full", "reduced"):
            raise ValueError(f"unknown tier {tier!r}: full, reduced, essential or auto")
        has_full = read(models).full
        if tier == "full" and not has_full:
            raise ModelFileError(f"{models} lacks the full tier's files: {', '.join(FULL_FILES)}")
        full = has_full and tier != "reduced"
        verify(models, REDUCED_FILES + (FULL_FILES if full else ()))
        first = FirstStage.load(models)
        finder = chosen_finder(chosen) if full else None
        stages = {f: SecondStage.load(models, chosen, f, finder) for f in (ENGLISH, ARABIC)} if full else {}
        second = {language: stages[files] for language, files in ENCODERS.items()} if full else {}
        gate = NameGate.load(models) if full else None
        mixing = load_mixing(models / "mixing.json")
        engine = cls("full" if full else "reduced", extractor, first, second, mixing, gate, chosen, region)
        if full and chosen.sentiment_model:
            from actors.language.hub_models import HubSentiment

            engine.feelings = HubSentiment.load(chosen.sentiment_model, chosen.threads)
        return engine

    def stats(self) -> dict[str, float]:
        """Tell what the engine did.

        Returns:
            messages, the share that the transformer was asked, the cache's hit rate, overruns of each layer, errors.
        """
        c = self.counters
        return {
            "messages": c.messages,
            "cascade_share": c.asked / c.messages if c.messages else 0.0,
            "cache_hit_rate": self.cache.hit_rate,
            "rules_overrun": c.rules_overrun,
            "model_overrun": c.model_overrun,
            "context_overrun": c.context_overrun,
            "errors": c.errors,
        }

    def understand(self, items: Sequence[WorkItem], tier: Tier | None = None) -> list[WorkResult]:
        """Understand messages.

        Args:
            items: the messages.
            tier: the best tier to use for these, where less than the engine's.

        Returns:
            one result for each item, in order; an item whose handling raised has its traceback in ``error``.
        """
        level = self._level(tier)
        jobs = [_Job(item, fold(item.text), language_of(item.text)) for item in items]
        self._rules(jobs)
        if level != "essential":
            fresh = self._from_cache(jobs, level)
            try:
                self._models(fresh, level)
            except Exception:  # noqa: BLE001 - find the bad message: each is tried alone, its error kept on it
                for job in fresh:
                    try:
                        self._models([job], level)
                    except Exception:  # noqa: BLE001 - one bad item must not cost the batch
                        job.error = traceback.format_exc()
            self._to_cache(fresh, level)
        return self._finish(jobs, level)

    def _level(self, tier: Tier | None) -> str:
        ladder = ["essential", "reduced", "full"]
        wanted = tier if tier in ladder else self.tier
        return ladder[min(ladder.index(str(wanted)), ladder.index(str(self.tier)))]

    def _rules(self, jobs: list[_Job]) -> None:
        budget = Budget(self.settings.rules_ms, len(jobs), self._clock)
        for job in jobs:
            if budget.spent():
                self.counters.rules_overrun += 1
                job.missing += ("entities",)
                continue
            item = job.item
            try:
                job.rules = self._extractor.extract(
                    item.text,
                    sent_ms=item.sent_ms,
                    utc_offset_min=item.utc_offset_min,
                    region=item.region or self._region,
                )
            except Exception:  # noqa: BLE001 - kept on the item; the shard sets it aside
                job.error = traceback.format_exc()

    def _from_cache(self, jobs: list[_Job], level: str) -> list[_Job]:
        fresh = []
        for job in jobs:
            kept = self.cache.get(level, job.item.text)
            if kept is None:
                fresh.append(job)
            else:
                job.mood, job.names, job.cached = kept[0], list(kept[1]), True
        return [j for j in fresh if not j.error]

    def _to_cache(self, jobs: list[_Job], level: str) -> None:
        for job in jobs:
            if job.mood is not None and not job.missing and not job.error:
                self.cache.put(level, job.item.text, (job.mood, tuple(job.names)))

    def _models(self, jobs: list[_Job], level: str) -> None:
        if not jobs or self._first is None:
            return
        scores = self._first.scores([j.item.text for j in jobs], [j.folded for j in jobs], [j.lang for j in jobs])
        for language in {j.lang for j in jobs}:
            rows = [i for i, j in enumerate(jobs) if j.lang == language]
            for i, mood in zip(rows, self._moods(jobs, rows, scores, tier_key("reduced", language)), strict=True):
                jobs[i].mood = mood
        if level != "full" or self._gate is None:
            return
        budget = Budget(self.settings.model_ms, len(jobs), self._clock)
        for language in ENCODERS:
            ask = [i for i, job in enumerate(jobs) if job.lang == language and self._worth_asking(job)]
            self._ask(jobs, ask, scores, language, budget)
        if self.feelings is not None:
            for job, feeling in zip(jobs, self.feelings.read([j.item.text for j in jobs]), strict=True):
                if job.mood is not None and job.folded:
                    job.mood = job.mood.felt(feeling)

    def _worth_asking(self, job: _Job) -> bool:
        assert self._gate is not None
        assert job.mood is not None
        return job.mood.unsure(self.settings.ask_below) or self._gate.may_hold_names(job.item.text, job.rules)

    def _moods(
        self, jobs: list[_Job], rows: list[int], scores: Scores, key: str, answers: NDArray[np.float32] | None = None
    ) -> list[Mood]:
        mine = {name: values[rows] for name, values in scores.items()}
        return moods(
            mine if answers is None else mine | {"encoder": answers},
            self._mixing[key],
            [jobs[i].item.text for i in rows],
            [jobs[i].folded for i in rows],
            lexicon=self._lexicon,
            threshold=self.settings.intent_threshold,
        )

    def _ask(self, jobs: list[_Job], ask: list[int], scores: Scores, language: str, budget: Budget) -> None:
        for at in range(0, len(ask), self.settings.batch):
            part = ask[at : at + self.settings.batch]
            if budget.spent():
                self.counters.model_overrun += len(part)
                for i in part:
                    jobs[i].missing += ("model_entities",)
                continue
            answers, names = self._second[language].read([jobs[i].item.text for i in part])
            found = self._moods(jobs, part, scores, tier_key("full", language), answers)
            for i, mood, seen in zip(part, found, names, strict=True):
                jobs[i].names, jobs[i].mood = seen, mood
            self.counters.asked += len(part)

    def _finish(self, jobs: list[_Job], level: str) -> list[WorkResult]:
        budget = Budget(self.settings.context_ms, len(jobs), self._clock)
        out = []
        for job in jobs:
            self.counters.messages += 1
            if job.error:
                self.counters.errors += 1
                out.append(WorkResult(key=job.item.key, error=job.error))
                continue
            try:
                out.append(WorkResult(key=job.item.key, understanding=self._understanding(job, level, budget)))
            except Exception:  # noqa: BLE001 - one bad item must not cost the batch
                self.counters.errors += 1
                out.append(WorkResult(key=job.item.key, error=traceback.format_exc()))
        return out

    def _understanding(self, job: _Job, level: str, budget: Budget) -> Understanding:
        threshold = self.settings.entity_threshold
        missing = job.missing + MISSING[level]
        if budget.spent():
            self.counters.context_overrun += 1
            missing += ("context",)
            entities = tuple(e for e in job.rules if e.confidence >= threshold)
        else:
            merged = merge(job.item.text, job.rules, job.names, threshold) if job.names else list(job.rules)
            entities = check(job.item.text, merged, job.item.known, threshold)
        tier: Tier = "full" if level == "full" else "reduced" if level == "reduced" else "essential"
        if job.mood is None:
            return Understanding(lang=job.lang, entities=entities, tier=tier, unavailable=tuple(dict.fromkeys(missing)))
        mood = job.mood
        return Understanding(
            lang=job.lang,
            entities=entities,
            intent=mood.intent,
            intent_confidence=round(mood.intent_confidence, 4),
            alternatives=tuple(Scored(label=n, confidence=round(c, 4)) for n, c in mood.alternatives),
            sentiment=mood.sentiment,
            sentiment_score=round(mood.sentiment_score, 4),
            urgent=mood.urgent,
            tier=tier,
            unavailable=tuple(dict.fromkeys(missing)),
        )
