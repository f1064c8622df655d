"""Which thread a message belongs to: by what it names, by what it points to, by what it wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from actors.language.flow.agency_matters import GENERAL, STAGES
from actors.language.flow.switch_detector import probability
from actors.language.flow.thread_reading import Reading
from messages.flow import FlowSignal, Subject, Thread

# Log-odds that a message which names nothing has moved to another matter; set by hand, not fitted.
_BIAS: Final = -1.8
_OTHER_STAGE: Final = 0.3
_SETTLEMENT: Final = 0.8
"""From looking at a property to paying or papers: of the same deal more often than not."""
_OTHER_MATTER: Final = 1.8
_CUE: Final = 1.2
_OPENER: Final = 0.4
_SAME: Final = -2.0
_CHASE: Final = -1.0
_TIME_GAP: Final = 1.0
_FAULT: Final = 1.2
_OTHER_KIND: Final = 1.0
_SENTIMENT_DROP: Final = 0.6

_UNIT, _PLACE, _PART = 3, 2, 1
"""How well a thread fits a subject: the same unit; the same project or place; a unit or project in it."""


_CITIES: Final = frozenset(
    {"dubai", "abu dhabi", "sharjah", "ajman", "al ain", "fujairah", "ras al khaimah", "umm al quwain", "cairo", "giza"}
    | {"alexandria", "new cairo", "riyadh", "jeddah", "dammam", "mecca", "medina", "doha", "manama", "muscat", "amman"}
    | {"beirut", "kuwait city", "uae", "egypt", "دبي", "ابوظبي", "أبوظبي", "أبو ظبي", "الشارقة", "القاهرة", "الرياض"}
)


class Choice(NamedTuple):
    """The thread found for a message.

    Attributes:
        thread: an existing one, None for one to open.
        subject: what is known of its subject after the message.
        signals: what spoke for or against a switch.
        confidence: 0.5 to 1.
        split: a new one comes out of the current one.
    """

    thread: Thread | None
    subject: Subject
    signals: tuple[FlowSignal, ...]
    confidence: float
    split: bool = False


def choose(
    threads: Sequence[Thread],
    current: Thread | None,
    listed: Sequence[Subject],
    reading: Reading,
    *,
    sentiment: float,
    taken_up_after_ms: int,
) -> Choice:
    """Choose the thread of a message.

    Args:
        threads: those kept, the idle ones already closed.
        current: that of the message before, None before the first.
        listed: subjects named side by side before.
        reading: what the message says.
        sentiment: of the message, -1 to 1.
        taken_up_after_ms: a thread last used before this is not taken up by topic any more.

    Returns:
        the choice.
    """
    if reading.subjects:
        return _by_subject(threads, current, reading)
    if reading.ordinal:
        found = _pointed_at(threads, listed, reading.ordinal)
        if found is not None:
            thread = _best_fit(threads, current, found, reading)
            signal = FlowSignal(name="ordinal", weight=2.0)
            return Choice(thread, _join(thread.subject, found) if thread else found, (signal,), 0.85)
    if "other" in reading.cues:
        others = [thread for thread in threads if thread is not current and _named(thread.subject)]
        if others:
            latest = max(others, key=_recency)
            return Choice(latest, latest.subject, (FlowSignal(name="other_one", weight=1.5),), 0.8)
    return _by_matter(threads, current, reading, sentiment, taken_up_after_ms)


def _by_subject(threads: Sequence[Thread], current: Thread | None, reading: Reading) -> Choice:
    subject = reading.subjects[0]
    if current is not None and len(reading.subjects) > 1:
        subject = next((named for named in reading.subjects if _fit(current.subject, named) == _UNIT), subject)
    sure = reading.sure
    moves_on = "new" in reading.cues or reading.searches
    if current is not None and not current.closed and not moves_on and _completes(current, subject, reading):
        signal = FlowSignal(name="names_subject", weight=-1.0, confidence=sure)
        return Choice(current, _join(current.subject, subject), (signal,), max(0.6, sure))
    thread = _best_fit(threads, current, subject, reading)
    if thread is not None:
        if thread is current:
            return Choice(
                thread,
                _join(thread.subject, subject),
                (FlowSignal(name="same_subject", weight=-2.0, confidence=sure),),
                max(0.5, sure),
            )
        signals = (_difference(current, subject, sure), FlowSignal(name="known_subject", weight=1.0, confidence=sure))
        return Choice(thread, _join(thread.subject, subject), signals, max(0.5, sure))
    split = False
    if current is not None and not current.closed and subject.unit and not current.subject.unit:
        split = _named(current.subject) and not _conflict(current.subject, subject)
        if split:
            subject = _join(subject, current.subject)
    return Choice(None, subject, (_difference(current, subject, sure),), max(0.5, sure), split)


def _completes(current: Thread, subject: Subject, reading: Reading) -> bool:
    """Tell whether a subject says more of the current thread's: where its unit is, or what its matter is about."""
    own = current.subject
    if not _named(own):
        return current.name != GENERAL and reading.topic in {"", current.topic}
    if subject.unit or _conflict(own, subject):
        return False
    return bool((subject.project and not own.project) or (subject.location and not own.location))


def _best_fit(threads: Sequence[Thread], current: Thread | None, subject: Subject, reading: Reading) -> Thread | None:
    """Find the thread that is about a subject: the best fit, of equals the current one, then the latest used."""
    best: Thread | None = None
    best_fit = 0
    for thread in threads:
        fit = _fit(thread.subject, subject)
        if fit == _PART and (thread is not current or reading.searches):
            continue
        if fit == _PLACE and reading.searches and _differ(thread.subject.kind, subject.kind):
            continue
        if fit and (
            best is None
            or fit > best_fit
            or (fit == best_fit and best is not current and (thread is current or _recency(thread) > _recency(best)))
        ):
            best, best_fit = thread, fit
    if current is not None and best is not current and best_fit == _PLACE and not reading.searches:
        # The building that the unit at hand is in was named: the talk is still of the unit.
        return current if not current.closed and _fit(current.subject, subject) == _PART else best
    return best


def _fit(own: Subject, named: Subject) -> int:
    if named.unit:
        return _UNIT if own.unit == named.unit and not _conflict(own, named) else 0
    if named.project:
        if own.project != named.project:
            return 0
        return _PART if own.unit else _PLACE
    if not named.location or own.location != named.location:
        return 0
    return _PART if own.unit or own.project else _PLACE


def _conflict(own: Subject, named: Subject) -> bool:
    """Tell subjects that cannot be one: other units, other projects, or other places without a project in common."""
    if _differ(own.unit, named.unit) or _differ(own.project, named.project):
        return True
    if not _differ(own.location, named.location) or (own.project and own.project == named.project):
        return False
    # A city says nothing against a district, nor "Marina" against "Dubai Marina".
    one, other = own.location, named.location
    return not (one in other or other in one or one in _CITIES or other in _CITIES)


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def _named(subject: Subject) -> bool:
    return bool(subject.unit or subject.project or subject.location)


def _join(own: Subject, more: Subject) -> Subject:
    """Fill what a subject leaves open."""
    joined = Subject(
        unit=own.unit or more.unit,
        project=own.project or more.project,
        location=own.location or more.location,
        kind=own.kind or more.kind,
    )
    return own if joined == own else joined


def _recency(thread: Thread) -> tuple[int, int]:
    return thread.last_ms, thread.id


def _difference(current: Thread | None, subject: Subject, sure: float) -> FlowSignal:
    if current is None or not _named(current.subject):
        return FlowSignal(name="subject", weight=1.0, confidence=sure)
    place = "other_project" if subject.project else "other_location"
    name = "other_unit" if subject.unit else place
    return FlowSignal(name=name, weight=2.0, confidence=sure)


def _pointed_at(threads: Sequence[Thread], listed: Sequence[Subject], ordinal: int) -> Subject | None:
    """Resolve "the second one".

    It is looked for among what was named side by side; else among the units talked of as deals, in the order in which
    their threads opened; else among all threads that are about something.
    """
    named = [thread for thread in threads if _named(thread.subject)]
    units = [thread.subject for thread in named if thread.subject.unit and thread.topic in STAGES]
    place = max(ordinal, 1) - 1
    for among in (listed, units, [thread.subject for thread in named]):
        if place < len(among):
            return among[place if ordinal > 0 else -1]
    return None


def _by_matter(
    threads: Sequence[Thread], current: Thread | None, reading: Reading, sentiment: float, taken_up_after_ms: int
) -> Choice:
    fresh = Subject(kind=reading.kind)
    if current is None:
        return Choice(None, fresh, (), 0.9)
    topic = reading.topic
    stale = current.last_ms < taken_up_after_ms
    if not topic and "fault" not in reading.cues:
        if reading.greeting and current.closed:
            return _general(threads, (FlowSignal(name="time_gap", weight=_TIME_GAP),))
        chased = _chased(threads, current, reading, taken_up_after_ms)
        if chased is not None:
            return Choice(chased, chased.subject, (FlowSignal(name="chase", weight=1.0),), 0.75)
        if stale:
            return _general(threads, (FlowSignal(name="time_gap", weight=2 * _TIME_GAP),))
        return Choice(current, current.subject, (), 0.75 if current.closed else 0.9)
    signals = _matter_signals(current, reading, sentiment)
    chance = probability(_BIAS + sum(signal.weight * signal.confidence for signal in signals))
    if chance < 0.5 and not stale:
        return Choice(current, current.subject, signals, 1 - chance)
    topic = topic or "complaint"
    found = [
        thread
        for thread in threads
        if thread is not current and thread.last_ms >= taken_up_after_ms and _takes(thread, topic, reading)
    ]
    if not found and topic in STAGES and current.topic not in STAGES and not reading.searches and not reading.kind:
        found = [thread for thread in threads if thread.topic in STAGES and thread.last_ms >= taken_up_after_ms]
    sure = max(0.75 if stale else 0.5, chance)
    if found:
        latest = max(found, key=_recency)
        return Choice(latest, latest.subject, signals, sure)
    return Choice(None, fresh, signals, sure)


def _general(threads: Sequence[Thread], signals: tuple[FlowSignal, ...]) -> Choice:
    return Choice(next((thread for thread in threads if thread.name == GENERAL), None), Subject(), signals, 0.75)


def _chased(threads: Sequence[Thread], current: Thread, reading: Reading, taken_up_after_ms: int) -> Thread | None:
    """Find the thread that a message asks after: a repair, or what was talked of before a mere greeting."""
    found: list[Thread] = []
    if "appliance" in reading.cues and current.topic != "complaint":
        found = [thread for thread in threads if thread.topic == "complaint"]
    if not found and reading.chases and current.name == GENERAL:
        found = [thread for thread in threads if thread is not current]
    latest = max(found, key=_recency, default=None)
    return latest if latest is not None and latest.last_ms >= taken_up_after_ms else None


def _takes(thread: Thread, topic: str, reading: Reading) -> bool:
    """Tell whether a thread takes a message of a topic that names nothing."""
    if thread.topic != topic or thread.name == GENERAL:
        return False
    if _named(thread.subject):
        return "new" not in reading.cues and not reading.searches
    return not _differ(thread.subject.kind, reading.kind)


def _matter_signals(current: Thread, reading: Reading, sentiment: float) -> tuple[FlowSignal, ...]:
    signals: list[FlowSignal] = []
    cues, topic = reading.cues, reading.topic or "complaint"

    def note(name: str, weight: float, confidence: float = 1.0) -> None:
        signals.append(FlowSignal(name=name, weight=weight, confidence=confidence))

    if current.name == GENERAL:
        note("first_matter", 2 * _OTHER_MATTER)
    elif topic != current.topic:
        if topic not in STAGES or current.topic not in STAGES:
            note("intent_change", _OTHER_MATTER)
        elif topic in {"payment", "documents"} and current.topic in {"inquiry", "viewing"}:
            note("intent_change", _SETTLEMENT)
        else:
            note("intent_change", _OTHER_STAGE)
    if "new" in cues:
        note("cue", _CUE)
    if "opener" in cues:
        note("opener", _OPENER)
    if "same" in cues:
        note("same_thing", _SAME)
    if "chase" in cues:
        note("chase", _CHASE)
    if current.closed:
        note("time_gap", _TIME_GAP)
    if topic != current.topic and ("fault" in cues or "mine" in cues):
        note("own_home", _FAULT)
    if _differ(current.subject.kind, reading.kind):
        note("other_kind", _OTHER_KIND)
    drop = min(1.0, current.sentiment - sentiment)
    if drop > 0.5 and topic == "complaint":
        note("sentiment_drop", _SENTIMENT_DROP, round(drop, 2))
    return tuple(signals)
