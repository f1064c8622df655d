"""Scores of an engine on a labelled set: entities, values, intent, sentiment, urgency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, Final

from actors.language.evaluate_records import Gold, Record
from messages.understanding import Entity, Understanding

CALIBRATION_BINS: Final = 10


@dataclass(slots=True)
class Counts:
    """True positives, false positives, false negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def scores(self) -> dict[str, float | int]:
        """Precision, recall and F1 with the counts; 0 where nothing was to be found or was found."""
        precision = self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0
        recall = self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0
        f1 = 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp + self.fp + self.fn else 0.0
        return {"precision": precision, "recall": recall, "f1": f1, "tp": self.tp, "fp": self.fp, "fn": self.fn}


@dataclass(slots=True)
class _EntityTally:
    strict: dict[str, Counts] = field(default_factory=dict)
    relaxed: dict[str, Counts] = field(default_factory=dict)
    values_right: Counter[str] = field(default_factory=Counter)
    values_of: Counter[str] = field(default_factory=Counter)


def place_or(kind: str) -> str:
    """The relaxed score's type: project and location are one."""
    return "location" if kind == "project" else kind


def same_value(gold: str | float, found: str | float) -> bool:
    """Whether two normalised values are equal; numbers compare as numbers to a cent."""
    if isinstance(gold, (int, float)) and isinstance(found, (int, float)):
        return abs(gold - found) < 0.01
    return str(gold) == str(found)


def align(gold: Sequence[Gold], found: Sequence[Entity]) -> list[tuple[Gold, Entity]]:
    """Pair entities of the relaxed score: same type, overlapping; each at most once, exact spans first.

    Args:
        gold: labelled entities.
        found: predicted ones.

    Returns:
        the pairs.
    """
    pairs: list[tuple[Gold, Entity]] = []
    free_gold, free_found = list(gold), list(found)
    tests: tuple[Callable[[Gold, Entity], bool], ...] = (
        lambda g, f: g.type == f.type and g.start == f.start and g.end == f.end,
        lambda g, f: place_or(g.type) == place_or(f.type) and g.start == f.start and g.end == f.end,
        lambda g, f: place_or(g.type) == place_or(f.type) and g.start < f.end and f.start < g.end,
    )
    for test in tests:
        for one in list(free_gold):
            for other in free_found:
                if test(one, other):
                    pairs.append((one, other))
                    free_gold.remove(one)
                    free_found.remove(other)
                    break
    return pairs


def _tally(records: Sequence[Record], answers: Sequence[Understanding | None], partly: frozenset[str]) -> _EntityTally:
    tally = _EntityTally()
    for record, answer in zip(records, answers, strict=True):
        if record.entities is None or answer is None:
            continue
        types = partly if record.values is not None else None
        gold = list(record.entities)
        found = [one for one in answer.entities if types is None or one.type in types]
        exact: dict[tuple[str, int, int], Entity] = {(one.type, one.start, one.end): one for one in found}
        for one in gold:
            match = exact.pop((one.type, one.start, one.end), None)
            counts = tally.strict.setdefault(one.type, Counts())
            if match is None:
                counts.fn += 1
                continue
            counts.tp += 1
            if one.value is not None:
                tally.values_of[one.type] += 1
                tally.values_right[one.type] += same_value(one.value, match.value)
        for kind, _, _ in exact:
            tally.strict.setdefault(kind, Counts()).fp += 1
        pairs = align(gold, found)
        for one, _ in pairs:
            tally.relaxed.setdefault(one.type, Counts()).tp += 1
        paired_gold, paired_found = {id(one) for one, _ in pairs}, {id(other) for _, other in pairs}
        for one in gold:
            if id(one) not in paired_gold:
                tally.relaxed.setdefault(one.type, Counts()).fn += 1
        for other in found:
            if id(other) not in paired_found:
                tally.relaxed.setdefault(other.type, Counts()).fp += 1
    return tally


def _sum(counts: dict[str, Counts]) -> Counts:
    values = counts.values()
    return Counts(sum(c.tp for c in values), sum(c.fp for c in values), sum(c.fn for c in values))


def entity_scores(
    records: Sequence[Record], answers: Sequence[Understanding | None], partly: frozenset[str]
) -> dict[str, Any] | None:
    """Score entity spans and values.

    Args:
        records: the set.
        answers: what an engine understood; None where it failed.
        partly: the types whose spans are labelled in records that also give values without spans; in such a record no
            other type is scored. One without ``values`` labels all types.

    Returns:
        ``strict``, ``relaxed`` and ``values``, each micro-averaged, and ``by_type``; None without a labelled record.
    """
    labelled = [record for record in records if record.entities is not None]
    if not labelled:
        return None
    tally = _tally(records, answers, partly)
    kinds = sorted(set(tally.strict) | set(tally.relaxed))
    right, of = sum(tally.values_right.values()), sum(tally.values_of.values())
    return {
        "records": len(labelled),
        "types": sorted(partly) if all(record.values is not None for record in labelled) else "all",
        "strict": _sum(tally.strict).scores(),
        "relaxed": _sum(tally.relaxed).scores(),
        "values": {"accuracy": right / of if of else None, "right": right, "of": of},
        "by_type": {
            kind: {
                "strict": tally.strict.get(kind, Counts()).scores(),
                "relaxed": tally.relaxed.get(kind, Counts()).scores(),
                "values": {"right": tally.values_right[kind], "of": tally.values_of[kind]},
            }
            for kind in kinds
        },
    }


def value_scores(
    records: Sequence[Record], answers: Sequence[Understanding | None], types: frozenset[str]
) -> dict[str, Any] | None:
    """Score values where a record gives them without spans.

    Args:
        records: the set.
        answers: what an engine understood.
        types: types that occur among the set's values; others are not scored.

    Returns:
        micro-averaged scores, and by type; None without such records. A value counts once a record.
    """
    counts: dict[str, Counts] = {kind: Counts() for kind in types}
    labelled = 0
    for record, answer in zip(records, answers, strict=True):
        if record.values is None or answer is None:
            continue
        labelled += 1
        for kind in types:
            found = {_key(one.value) for one in answer.entities if one.type == kind}
            gold = {_key(record.values[kind])} if kind in record.values else set()
            tally = counts[kind]
            tally.tp += len(gold & found)
            tally.fp += len(found - gold)
            tally.fn += len(gold - found)
    if not labelled or not types:
        return None
    return {
        "records": labelled,
        **_sum(counts).scores(),
        "by_type": {kind: counts[kind].scores() for kind in sorted(counts)},
    }


def _key(value: str | float) -> str:
    return f"{float(value):.2f}" if isinstance(value, (int, float)) else str(value)


def label_scores(pairs: Sequence[tuple[str, str]]) -> dict[str, Any] | None:
    """Score one label a record.

    Args:
        pairs: (labelled, predicted).

    Returns:
        accuracy, macro F1 and macro recall over the labelled classes, by class, and the confusion matrix as
        ``{labelled: {predicted: count}}``; None without pairs.
    """
    if not pairs:
        return None
    confusion: dict[str, Counter[str]] = {}
    for gold, found in pairs:
        confusion.setdefault(gold, Counter())[found] += 1
    classes = sorted(confusion)
    by_class = {}
    for kind in classes:
        tp = confusion[kind][kind]
        fn = confusion[kind].total() - tp
        fp = sum(confusion[other][kind] for other in classes if other != kind)
        by_class[kind] = Counts(tp, fp, fn).scores()
    right = sum(gold == found for gold, found in pairs)
    return {
        "records": len(pairs),
        "accuracy": right / len(pairs),
        "macro_f1": sum(scores["f1"] for scores in by_class.values()) / len(classes),
        "macro_recall": sum(scores["recall"] for scores in by_class.values()) / len(classes),
        "by_class": by_class,
        "confusion": {kind: dict(sorted(confusion[kind].items())) for kind in classes},
    }


def calibration(pairs: Sequence[tuple[float, bool]]) -> dict[str, Any] | None:
    """Compare confidence with how often it was right: expected calibration error over ten equal bins.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.

    Args:
        pairs: (confidence 0 to 1, right).

    Returns:
        ``ece`` and the bins that hold something; None without pairs.
    """
    if not pairs:
        return None
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(CALIBRATION_BINS)]
    for confidence, right in pairs:
        bins[min(CALIBRATION_BINS - 1, max(0, int(confidence * CALIBRATION_BINS)))].append((confidence, right))
    rows = []
    error = 0.0
    for number, members in enumerate(bins):
        if members:
            confidence = sum(one for one, _ in members) / len(members)
            accuracy = sum(right for _, right in members) / len(members)
            error += len(members) / len(pairs) * abs(confidence - accuracy)
            rows.append(
                {
                    "from": number / CALIBRATION_BINS,
                    "confidence": confidence,
                    "accuracy": accuracy,
                    "records": len(members),
                }
            )
    return {"ece": error, "bins": rows}


def score(records: Sequence[Record], answers: Sequence[Understanding | None]) -> dict[str, Any]:
    """Score one engine on one set.

    Args:
        records: the set.
        answers: one for each record; None where the engine failed.

    Returns:
        the scores by name, each None where the set has no such label or the engine does not give it, then the same
        ``by_language`` and ``by_tier``.
    """
    spans = frozenset(one.type for r in records if r.values is not None for one in r.entities or ())
    valued = frozenset(kind for record in records for kind in record.values or ())
    whole = _score(records, answers, spans, valued)
    whole["failed"] = sum(answer is None for answer in answers)
    languages = sorted({record.lang for record in records})
    whole["languages"] = {lang or "unknown": sum(record.lang == lang for record in records) for lang in languages}
    whole["tiers"] = dict(Counter(answer.tier for answer in answers if answer is not None))
    for name, keys in (
        ("by_language", [record.lang or "unknown" for record in records]),
        ("by_tier", [answer.tier if answer is not None else "" for answer in answers]),
    ):
        whole[name] = {
            key: _part(records, answers, [one == key for one in keys], spans, valued)
            for key in sorted(set(keys) - {""})
        }
    return whole


def _part(
    records: Sequence[Record],
    answers: Sequence[Understanding | None],
    wanted: Sequence[bool],
    spans: frozenset[str],
    valued: frozenset[str],
) -> dict[str, Any]:
    return _score(list(compress(records, wanted)), list(compress(answers, wanted)), spans, valued)


def _score(
    records: Sequence[Record],
    answers: Sequence[Understanding | None],
    spans: frozenset[str],
    valued: frozenset[str],
) -> dict[str, Any]:
    both = [(record, answer) for record, answer in zip(records, answers, strict=True) if answer is not None]
    intents = [
        (r.intent, a.intent, a.intent_confidence)
        for r, a in both
        if r.intent is not None and "intent" not in a.unavailable
    ]
    sentiments = [
        (r.sentiment, a.sentiment) for r, a in both if r.sentiment is not None and "sentiment" not in a.unavailable
    ]
    urgent = Counts()
    judged = 0
    for record, answer in both:
        if record.urgent is not None and answer.urgent is not None:
            judged += 1
            urgent.tp += record.urgent and answer.urgent
            urgent.fp += answer.urgent and not record.urgent
            urgent.fn += record.urgent and not answer.urgent
    intent = label_scores([(gold, found) for gold, found, _ in intents])
    if intent is not None:
        intent["calibration"] = calibration([(confidence, gold == found) for gold, found, confidence in intents])
    return {
        "records": len(records),
        "entities": entity_scores(records, answers, spans),
        "values_only": value_scores(records, answers, valued) if valued else None,
        "intent": intent,
        "sentiment": label_scores(sentiments),
        "urgent": _urgent(judged, urgent) if judged else None,
    }


def _urgent(judged: int, counts: Counts) -> dict[str, Any]:
    scores: dict[str, Any] = {"records": judged, **counts.scores()}
    if not counts.tp + counts.fn:  # nothing was to be found: only the false alarms say something
        scores.update(precision=None, recall=None, f1=None)
    return scores
