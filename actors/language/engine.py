"""What understands messages: one interface, several engines, chosen by name."""

from __future__ import annotations

import importlib
import time
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol, cast

from actors.language.budget import LATER_ENTITIES, Budget, read_rules
from actors.language.errors import LanguageError
from actors.language.gazetteer import Gazetteer, GazetteerError
from actors.language.hybrid_context import check
from actors.language.language_of import language_of
from actors.language.rules.extract import RuleExtractor
from actors.language.settings import LanguageSettings
from messages.understanding import Tier, Understanding, WorkItem, WorkResult

RULES_UNAVAILABLE: Final = ("intent", "sentiment", "urgency", "model_entities")
EMPTY_UNAVAILABLE: Final = ("entities", "intent", "sentiment", "urgency", "language")


class EngineError(LanguageError):
    """An engine that does not exist or cannot be loaded.

    Args:
        reason: says so in one line.
        remedy: what an operator can do about it, "" if nothing is known.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


class Engine(Protocol):
    """What understands messages.

    Attributes:
        tier: the best tier that this engine reaches.
    """

    tier: Tier

    def understand(self, items: Sequence[WorkItem], tier: Tier | None = None) -> list[WorkResult]:
        """Understand messages.

        Args:
            items: the messages.
            tier: the best tier to use for these, where less than the engine's.

        Returns:
            one result for each item, in order; an item whose handling raised has its traceback in ``error``.
        """
        ...


class EmptyEngine:
    """Answers at once with nothing: for measuring everything else."""

    tier: Tier = "none"

    def __init__(self) -> None:
        self._nothing = Understanding(tier="none", unavailable=EMPTY_UNAVAILABLE)

    def understand(self, items: Sequence[WorkItem], tier: Tier | None = None) -> list[WorkResult]:  # noqa: ARG002
        """Answer each item with an empty understanding."""
        return [WorkResult(key=item.key, understanding=self._nothing) for item in items]


class RulesEngine:
    """Entities by the rule layer and the language; no models.

    Args:
        region: two-letter country for national phone numbers where an item names none.
        extractor: the rule layer; one with the built-in gazetteer where None.
        settings: the budget of a message; the defaults where None.

    Attributes:
        reason: why no models are used, "" where that was asked for.
        remedy: what an operator can do about it.
    """

    tier: Tier = "essential"

    def __init__(
        self, region: str = "AE", extractor: RuleExtractor | None = None, settings: LanguageSettings | None = None
    ) -> None:
        self._extractor = extractor if extractor is not None else RuleExtractor(default_region=region)
        told = settings if settings is not None else LanguageSettings()
        self._limit_ms, self._threshold = told.rules_ms, told.entity_threshold
        self.reason = self.remedy = ""

    def understand(self, items: Sequence[WorkItem], tier: Tier | None = None) -> list[WorkResult]:  # noqa: ARG002
        """Find the entities and the language of each item."""
        return [self._one(item) for item in items]

    def _one(self, item: WorkItem) -> WorkResult:
        try:
            extract = partial(
                self._extractor.extract,
                sent_ms=item.sent_ms,
                utc_offset_min=item.utc_offset_min,
                region=item.region,
            )
            entities, whole = read_rules(item.text, extract, Budget(self._limit_ms, time.process_time))
            understood = Understanding(
                lang=language_of(item.text),
                entities=check(item.text, list(entities), item.known, self._threshold),
                tier="essential",
                unavailable=RULES_UNAVAILABLE if whole else (LATER_ENTITIES, *RULES_UNAVAILABLE),
            )
            return WorkResult(key=item.key, understanding=understood)
        except Exception:  # noqa: BLE001 - one bad item must not cost the batch; the shard retries it and sets it aside
            return WorkResult(key=item.key, error=traceback.format_exc())


def load_engine(
    name: str,
    models: Path | None = None,
    region: str = "AE",
    settings: LanguageSettings | None = None,
    *,
    gazetteer: Gazetteer | None = None,
) -> Engine:
    """Load an engine by name.

    Args:
        name: ``empty``; ``rules``; ``reduced`` and ``full`` (models of that tier, an error without them); ``auto``
            (the best that the model folder allows; its ``reason`` says why where that is not the full tier); or
            ``module:attribute``, a class or function that is called without arguments.
        models: the model folder.
        region: two-letter country for national phone numbers.
        settings: thresholds, budgets and caches of the models; the defaults where None.
        gazetteer: known names; the built-in and the user's files where None. Not for engines of a module.

    Returns:
        the engine.

    Raises:
        EngineError: no such engine, or its models are missing or damaged.
    """
    if name == "empty":
        return EmptyEngine()
    if name in ("rules", "essential"):
        return RulesEngine(region, _extractor(region, gazetteer), settings)
    if name in ("auto", "full", "reduced"):
        try:
            return _load_hybrid(name, models, region, settings, gazetteer)
        except EngineError as error:
            if name != "auto" or isinstance(error.__cause__, GazetteerError):
                raise
            rules = RulesEngine(region, _extractor(region, gazetteer), settings)
            rules.reason, rules.remedy = str(error), error.remedy
            return rules
    if ":" in name:
        return _foreign(name)
    raise EngineError(f"unknown engine {name!r}: empty, rules, reduced, full, auto, or module:attribute")


def _foreign(name: str) -> Engine:
    module, _, attribute = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), attribute)()
    except Exception as error:  # whatever its code raises
        raise EngineError(f"engine {name!r} cannot be loaded: {error}") from error
    if not callable(getattr(made, "understand", None)) or not isinstance(getattr(made, "tier", None), str):
        raise EngineError(f"{name!r} is no engine: it has no method 'understand', or no 'tier'")
    return cast(Engine, made)


def _extractor(region: str, gazetteer: Gazetteer | None) -> RuleExtractor:
    return RuleExtractor(gazetteer, default_region=region)


def _load_hybrid(
    name: str, models: Path | None, region: str, settings: LanguageSettings | None, gazetteer: Gazetteer | None
) -> Engine:
    try:
        hybrid = importlib.import_module("actors.language.hybrid")
    except ImportError as error:
        raise EngineError(f"the models' code cannot be imported: {error}") from error
    if models is None:
        raise EngineError("no model folder is configured", "majlis train --quick")
    try:
        return cast(Engine, hybrid.HybridEngine.load(models, name, region, settings, gazetteer=gazetteer))
    except Exception as error:  # whatever a foreign model raises
        from actors.language.model_trouble import remedy_of  # numpy and more: only where models were wanted

        bare = isinstance(error, GazetteerError)
        reason = str(error) if bare else f"models in {models} cannot be used: {error}"
        raise EngineError(reason, remedy_of(error, models)) from error
