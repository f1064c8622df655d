"""The engine of all layers: rules, models, context check; with tiers, budgets and a cache."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray

from actors.language.budget import LATER_ENTITIES, Budget, read_rules
from actors.language.gazetteer import Gazetteer
from actors.language.hybrid_cache import TextCache, normalised, put_back
from actors.language.hybrid_context import check, merge
from actors.language.hybrid_encoder import ARABIC, ENGLISH, READ_CHARS, EncoderFiles
from actors.language.hybrid_mixing import Mixing, Scores, tier_key
from actors.language.hybrid_mixing import load as load_mixing
from actors.language.hybrid_mood import Mood, moods
from actors.language.hybrid_stages import FirstStage, NameGate, SecondStage, chosen_finder
from actors.language.intent.ngrams import fold
from actors.language.language_of import language_of
from actors.language.model_trouble import remedy_of, spare_retries
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
        rules_overrun, model_overrun, context_overrun: messages that a layer skipped, or read in part, their own time
            in it being spent.
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
    text: str
    folded: str
    lang: str
    rules: tuple[Entity, ...] = ()
    found: list[Name] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    mood: Mood | None = None
    missing: tuple[str, ...] = ()
    error: str = ""
    cached: bool = False
    fell: bool = False


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
        clock: seconds of work; by default the process's own, so that a busy machine costs no message a layer.

    Attributes:
        feelings: another model for sentiment at the full tier, or None for the project's own.
        reason: why the tier is not the full one, where the best was asked for; else "".
        remedy: what an operator can do about it.
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
        clock: Callable[[], float] = time.process_time,
    ) -> None:
        self.tier: Tier = tier
        self.settings = settings
        self.counters = Counters()
        self.cache = TextCache(settings.cache)
        self._extractor, self._first, self._second = extractor, first, second
        self._mixing, self._gate, self._clock = mixing, gate, clock
        self._lexicon = default_lexicon()
        self.feelings: HubSentiment | None = None
        self.reason = self.remedy = ""

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
            region: two-letter country where neither an item nor its clock tells one.
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
            return cls("essential", extractor, None, {}, {}, None, chosen)
        if tier not in ("auto", "full", "reduced"):
            raise ValueError(f"unknown tier {tier!r}: full, reduced, essential or auto")
        verify(models, REDUCED_FILES)
        first, mixing = FirstStage.load(models), load_mixing(models / "mixing.json")
        engine = cls("reduced", extractor, first, {}, mixing, None, chosen)
        if tier != "reduced":
            try:
                engine._take_full(models)
            except Exception as error:  # whatever a foreign model raises
                if tier == "full":
                    raise
                engine.reason, engine.remedy = str(error) or type(error).__name__, remedy_of(error, models)
        return engine

    def _take_full(self, models: Path) -> None:
        """Load what the full tier needs beside the first stage; nothing changes where that fails."""
        if not read(models).full:
            lacking = [name for name in FULL_FILES if name not in read(models).files]
            raise ModelFileError(f"{models} lacks the full tier's files: {', '.join(lacking)}")
        verify(models, FULL_FILES)
        named = self.settings
        spare_retries((named.flair_model, named.names_model, named.sentiment_model))
        finder = chosen_finder(named)
        stages = {files: SecondStage.load(models, self.settings, files, finder) for files in (ENGLISH, ARABIC)}
        gate, feelings = NameGate.load(models), None
        if self.settings.sentiment_model:
            from actors.language.hub_models import HubSentiment

            feelings = HubSentiment.load(self.settings.sentiment_model, self.settings.threads)
        self._second = {language: stages[files] for language, files in ENCODERS.items()}
        self._gate, self.feelings, self.tier = gate, feelings, "full"

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
        jobs = [_Job(item, normalised(item.text), fold(item.text), language_of(item.text)) for item in items]
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
        for job in jobs:
            item = job.item
            extract = partial(
                self._extractor.extract,
                sent_ms=item.sent_ms,
                utc_offset_min=item.utc_offset_min,
                region=item.region,
            )
            try:
                job.rules, whole = read_rules(item.text, extract, Budget(self.settings.rules_ms, self._clock))
                if not whole:
                    self.counters.rules_overrun += 1
                    job.missing += (LATER_ENTITIES,)
            except Exception:  # noqa: BLE001 - kept on the item; the shard sets it aside
                job.error = traceback.format_exc()

    def _from_cache(self, jobs: list[_Job], level: str) -> list[_Job]:
        fresh = []
        for job in jobs:
            kept = self.cache.get(level, job.text)
            if kept is None:
                fresh.append(job)
            else:
                job.mood, job.names, job.cached = kept[0], put_back(kept[1], job.item.text), True
        return [j for j in fresh if not j.error]

    def _to_cache(self, jobs: list[_Job], level: str) -> None:
        for job in jobs:
            if job.mood is not None and not job.missing and not job.error:
                self.cache.put(level, job.text, (job.mood, tuple(job.found)))

    def _models(self, jobs: list[_Job], level: str) -> None:
        if not jobs or self._first is None:
            return
        scores = self._first.scores([j.text for j in jobs], [j.folded for j in jobs], [j.lang for j in jobs])
        for language in {j.lang for j in jobs}:
            rows = [i for i, j in enumerate(jobs) if j.lang == language]
            for i, mood in zip(rows, self._moods(jobs, rows, scores, tier_key("reduced", language)), strict=True):
                jobs[i].mood = mood
        if level != "full" or self._gate is None:
            return
        for language in ENCODERS:
            ask = [i for i, job in enumerate(jobs) if job.lang == language and self._worth_asking(job)]
            self._ask(jobs, ask, scores, language)
        if self.feelings is not None:
            for job, feeling in zip(jobs, self.feelings.read([j.text for j in jobs]), strict=True):
                if job.mood is not None and job.folded:
                    job.mood = job.mood.felt(feeling)

    def _worth_asking(self, job: _Job) -> bool:
        assert self._gate is not None
        assert job.mood is not None
        start = job.item.text[:READ_CHARS]
        return job.mood.unsure(self.settings.ask_below) or self._gate.may_hold_names(start, job.rules)

    def _moods(
        self, jobs: list[_Job], rows: list[int], scores: Scores, key: str, answers: NDArray[np.float32] | None = None
    ) -> list[Mood]:
        mine = {name: values[rows] for name, values in scores.items()}
        return moods(
            mine if answers is None else mine | {"encoder": answers},
            self._mixing[key],
            [jobs[i].text for i in rows],
            [jobs[i].folded for i in rows],
            lexicon=self._lexicon,
            threshold=self.settings.intent_threshold,
        )

    def _ask(self, jobs: list[_Job], ask: list[int], scores: Scores, language: str) -> None:
        stage, limit = self._second[language], self.settings.model_ms
        dear = [i for i in ask if not stage.affords(jobs[i].text, limit)]
        for i in dear:
            jobs[i].fell, jobs[i].missing = True, jobs[i].missing + MISSING["reduced"]
        if dear:
            self.counters.model_overrun += len(dear)
            stage.ease()
            ask = [i for i in ask if not jobs[i].fell]
        for at in range(0, len(ask), self.settings.batch):
            part = ask[at : at + self.settings.batch]
            readings = stage.read([jobs[i].text for i in part], limit)
            answers = np.stack([r.scores for r in readings])
            found = self._moods(jobs, part, scores, tier_key("full", language), answers)
            for i, mood, reading in zip(part, found, readings, strict=True):
                job = jobs[i]
                job.mood, job.found, job.names = mood, reading.names, put_back(reading.names, job.item.text)
                if not reading.whole:
                    self.counters.model_overrun += 1
                    job.missing += (LATER_ENTITIES,)
            self.counters.asked += len(part)

    def _finish(self, jobs: list[_Job], level: str) -> list[WorkResult]:
        out = []
        for job in jobs:
            self.counters.messages += 1
            if job.error:
                self.counters.errors += 1
                out.append(WorkResult(key=job.item.key, error=job.error))
                continue
            try:
                out.append(WorkResult(key=job.item.key, understanding=self._understanding(job, level)))
            except Exception:  # noqa: BLE001 - one bad item must not cost the batch
                self.counters.errors += 1
                out.append(WorkResult(key=job.item.key, error=traceback.format_exc()))
        return out

    def _understanding(self, job: _Job, level: str) -> Understanding:
        threshold = self.settings.entity_threshold
        missing = job.missing + MISSING[level]
        budget = Budget(self.settings.context_ms, self._clock)
        merged = merge(job.item.text, job.rules, job.names, threshold) if job.names else list(job.rules)
        if budget.spent():
            self.counters.context_overrun += 1
            missing += ("context",)
            entities = tuple(e for e in merged if e.confidence >= threshold)
        else:
            entities = check(job.item.text, merged, job.item.known, threshold)
        tier: Tier = "essential" if level == "essential" else "reduced" if level == "reduced" or job.fell else "full"
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
