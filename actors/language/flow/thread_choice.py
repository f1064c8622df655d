"""Which thread a message belongs to: by what it names, by what it points to, by what it wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from actors.language.flow.agency_matters import GENERAL, STAGES
from actors.language.flow.subject_fit import PART, PLACE, UNIT, conflict, differ, fit, in_city, join, named
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
_KNOWN_TOPIC: Final = 0.8
_SUBJECT: Final = 4.0
"""What a message names decides by itself; the other signals only make it surer or less sure."""


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
        return _by_subject(threads, current, reading, sentiment)
    if reading.ordinal:
        meant = _pointed_at(threads, listed, reading.ordinal)
        if meant is not None:
            thread = _best_fit(threads, current, meant, reading)
            signal = FlowSignal(name="ordinal", weight=2.0, confidence=0.85)
            return Choice(thread, join(thread.subject, meant) if thread else meant, (signal,), 0.85)
    if "other" in reading.cues:
        others = [thread for thread in threads if thread is not current and named(thread.subject)]
        if others:
            latest = max(others, key=_recency)
            signal = FlowSignal(name="other_one", weight=1.5, confidence=0.8)
            return Choice(latest, latest.subject, (signal,), 0.8)
    about = _of_kind(threads, current, reading, taken_up_after_ms)
    if about is not None:
        signals = (
            FlowSignal(name="other_kind", weight=_SUBJECT, confidence=0.8),
            FlowSignal(name="known_subject", weight=1.0, confidence=0.8),
            *[each for each in _matter_signals(current, reading, sentiment) if each.name != "same_thing"],
        )
        return Choice(about, about.subject, signals, _chance(signals, switched=True))
    return _by_matter(threads, current, reading, sentiment, taken_up_after_ms)


def _by_subject(threads: Sequence[Thread], current: Thread | None, reading: Reading, sentiment: float) -> Choice:
    subject = reading.subjects[0]
    if current is not None and len(reading.subjects) > 1:
        subject = next((each for each in reading.subjects if fit(current.subject, each) == UNIT), subject)
        if reading.ours and not current.closed and current.name != GENERAL and fit(current.subject, subject) != UNIT:
            # What the agency offers side by side belongs to what was asked for, until one of it is chosen.
            return Choice(current, current.subject, (FlowSignal(name="several", weight=-1.0, confidence=0.8),), 0.8)
    sure = reading.sure
    matter = _matter_signals(current, reading, sentiment)
    thread = _best_fit(threads, current, subject, reading)
    elsewhere = thread is not None and thread is not current
    if current is not None and not current.closed and not reading.moves_on:
        says_more = _completes(current, subject, reading, elsewhere=elsewhere)
        if says_more or (reading.measures and named(current.subject)):
            signal = FlowSignal(name="names_subject" if says_more else "same_thing", weight=-1.0, confidence=sure)
            about = join(current.subject, subject) if says_more else current.subject
            return Choice(current, about, (signal,), max(0.6, sure))
    if thread is not None and thread is current:
        signals = (FlowSignal(name="same_subject", weight=-_SUBJECT, confidence=sure), *matter)
        return Choice(thread, join(thread.subject, subject), signals, _chance(signals, switched=False))
    difference = _difference(current, subject, sure)
    if thread is not None:
        signals = (difference, FlowSignal(name="known_subject", weight=1.0, confidence=sure), *matter)
        return Choice(thread, join(thread.subject, subject), signals, _chance(signals, switched=True))
    split = False
    if current is not None and not current.closed and subject.unit and not current.subject.unit:
        split = named(current.subject) and not conflict(current.subject, subject)
        if split:
            subject = join(subject, current.subject)
    signals = (difference, *matter)
    return Choice(None, subject, signals, _chance(signals, switched=True), split)


def _chance(signals: Sequence[FlowSignal], *, switched: bool) -> float:
    """Tell how sure a decision is: what spoke for a switch, and how sure each of that is, in one probability."""
    chance = probability(_BIAS + sum([signal.weight * signal.confidence for signal in signals]))
    return max(0.5, chance if switched else 1 - chance)


def _completes(current: Thread, subject: Subject, reading: Reading, *, elsewhere: bool) -> bool:
    """Tell whether a subject says more of the current thread's: where its unit is, or what its matter is about.

    Args:
        current: the thread.
        subject: what the message names.
        reading: the message.
        elsewhere: another thread is about just that.
    """
    own = current.subject
    if not named(own):
        # A complaint does not swallow a unit that has its thread already, nor villas one about a flat.
        goes_on = current.name != GENERAL and (reading.bare or reading.topic in {"", current.topic})
        return goes_on and not elsewhere and not differ(own.kind, subject.kind)
    if subject.unit or conflict(own, subject) or (subject.kind and elsewhere):
        return False
    if reading.asks and (not reading.of_it or subject.kind):
        return False
    fills = (subject.project and not own.project) or (subject.location and not own.location)
    return bool(fills) or in_city(own, subject) or (reading.of_it and not elsewhere)


def _of_kind(
    threads: Sequence[Thread], current: Thread | None, reading: Reading, taken_up_after_ms: int
) -> Thread | None:
    """Find what "the villa" means where the thread at hand is about something else: the latest thread about one."""
    kind = reading.kind
    if not kind or not reading.definite or "fault" in reading.cues:
        return None
    if current is not None:
        own = current.subject
        if own.kind == kind or (named(own) and not own.kind and kind == _USUAL_KIND):
            return None
    found = [
        thread
        for thread in threads
        if thread is not current
        and thread.subject.kind == kind
        and (named(thread.subject) or thread.topic in STAGES)
        and thread.last_ms >= taken_up_after_ms
        # "my villa" is not one that was looked for.
        and not ("mine" in reading.cues and thread.topic in {"inquiry", "viewing"})
    ]
    return max(found, key=_recency, default=None)


_USUAL_KIND: Final = "apartment"
"""What a unit is taken for of which nothing else was said."""


def _best_fit(threads: Sequence[Thread], current: Thread | None, subject: Subject, reading: Reading) -> Thread | None:
    """Find the thread that is about a subject: the best fit, of equals the current one, then the latest used."""
    best: Thread | None = None
    best_fit = 0
    for thread in threads:
        here = fit(thread.subject, subject)
        if here == PART and (thread is not current or reading.searches):
            continue
        if here == PLACE and reading.searches and differ(thread.subject.kind, subject.kind):
            continue
        if here and (
            best is None
            or here > best_fit
            or (here == best_fit and best is not current and (thread is current or _recency(thread) > _recency(best)))
        ):
            best, best_fit = thread, here
    if current is not None and best is not current and best_fit == PLACE and not reading.searches:
        # The building that the unit at hand is in was named: the talk is still of the unit.
        return current if not current.closed and fit(current.subject, subject) == PART else best
    return best


def _recency(thread: Thread) -> tuple[int, int]:
    return thread.last_ms, thread.id


def _difference(current: Thread | None, subject: Subject, sure: float) -> FlowSignal:
    if current is None or not named(current.subject):
        return FlowSignal(name="subject", weight=_SUBJECT, confidence=sure)
    place = "other_project" if subject.project else "other_location"
    name = "other_unit" if subject.unit else place
    return FlowSignal(name=name, weight=_SUBJECT, confidence=sure)


def _pointed_at(threads: Sequence[Thread], listed: Sequence[Subject], ordinal: int) -> Subject | None:
    """Resolve "the second one".

    It is looked for among what was named side by side; else among the units talked of as deals, in the order in which
    their threads opened; else among all threads that are about something.
    """
    about = [thread for thread in threads if named(thread.subject)]
    units = [thread.subject for thread in about if thread.subject.unit and thread.topic in STAGES]
    place = max(ordinal, 1) - 1
    for among in (listed, units, [thread.subject for thread in about]):
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
    after = _asked_after(threads, current, reading, taken_up_after_ms)
    if after is not None:
        return Choice(after, after.subject, (FlowSignal(name="chase", weight=1.0, confidence=0.8),), 0.75)
    if not topic and "fault" not in reading.cues:
        if reading.greeting and current.closed:
            return _general(threads, (FlowSignal(name="time_gap", weight=_TIME_GAP),))
        if stale:
            return _general(threads, (FlowSignal(name="time_gap", weight=2 * _TIME_GAP),))
        return Choice(current, current.subject, (), 0.75 if current.closed else 0.9)
    signals = _matter_signals(current, reading, sentiment)
    open_ones = [thread for thread in threads if thread is not current and not thread.closed]
    changes = current.topic not in STAGES and any(each.name == "intent_change" for each in signals)
    if changes and any(_takes(thread, topic, reading) for thread in open_ones):
        signals = (*signals, FlowSignal(name="known_topic", weight=_KNOWN_TOPIC, confidence=reading.topic_sure))
    chance = probability(_BIAS + sum(signal.weight * signal.confidence for signal in signals))
    if chance < 0.5 and not stale:
        return Choice(current, current.subject, signals, 1 - chance)
    topic = topic or "complaint"
    found = [
        thread
        for thread in threads
        if thread is not current and thread.last_ms >= taken_up_after_ms and _takes(thread, topic, reading)
    ]
    if not found and topic in STAGES and current.topic not in STAGES and not reading.searches:
        found = [
            thread
            for thread in threads
            if thread.topic in STAGES
            and thread.last_ms >= taken_up_after_ms
            and (not reading.kind or (reading.definite and not differ(thread.subject.kind, reading.kind)))
        ]
    sure = max(0.75 if stale else 0.5, chance)
    if found:
        latest = max(found, key=_recency)
        return Choice(latest, latest.subject, signals, sure)
    return Choice(None, fresh, signals, sure)


def _general(threads: Sequence[Thread], signals: tuple[FlowSignal, ...]) -> Choice:
    return Choice(next((thread for thread in threads if thread.name == GENERAL), None), Subject(), signals, 0.75)


def _asked_after(threads: Sequence[Thread], current: Thread, reading: Reading, taken_up_after_ms: int) -> Thread | None:
    """Find what a message asks after: an offer on another thing, a repair, what was talked of before a greeting."""
    cues = reading.cues
    if reading.ours:
        return None
    others = [thread for thread in threads if thread is not current and thread.last_ms >= taken_up_after_ms]
    goes_on = not reading.topic and "fault" not in cues and not (reading.greeting and current.closed)
    found: list[Thread] = []
    if "pending" in cues and "new" not in cues and current.topic not in _AWAITING:
        found = [thread for thread in others if thread.topic in _AWAITING and not thread.closed]
    # Where a home is at hand "the lift" may be one of its; a message that wants something of its own says so.
    if not found and "appliance" in cues and (goes_on or ("new" not in cues and not named(current.subject))):
        found = [thread for thread in others if thread.topic == "complaint" and current.topic != "complaint"]
    if not found and "mine" in cues and (reading.chases or "chase" in cues) and current.topic in _LOOKING:
        found = [thread for thread in others if thread.topic in _OWN]
    if not found and goes_on and reading.chases and current.name == GENERAL:
        found = others
    return max(found, key=_recency, default=None)


_AWAITING: Final = frozenset({"offer", "negotiation"})
_LOOKING: Final = frozenset({"inquiry", "viewing"})
_OWN: Final = frozenset({"complaint", "payment", "documents"})
"""What "my deposit" and "my request" belong to."""


def _takes(thread: Thread, topic: str, reading: Reading) -> bool:
    """Tell whether a thread takes a message of a topic that names nothing."""
    if thread.topic != topic or thread.name == GENERAL:
        return False
    if named(thread.subject):
        return "new" not in reading.cues and not reading.searches
    return not differ(thread.subject.kind, reading.kind)


def _matter_signals(current: Thread | None, reading: Reading, sentiment: float) -> tuple[FlowSignal, ...]:
    """Tell what speaks for or against a switch beside what is named: topic, cues, time, mood."""
    signals: list[FlowSignal] = []
    if current is None:
        return ()
    cues = reading.cues
    topic = reading.topic or ("complaint" if "fault" in cues else "")

    def note(name: str, weight: float, confidence: float = 1.0) -> None:
        signals.append(FlowSignal(name=name, weight=weight, confidence=confidence))

    change = _topic_change(current, topic) if topic else None
    if change is not None:
        note(*change, reading.topic_sure)
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
    if topic and topic != current.topic and ("fault" in cues or "mine" in cues):
        note("own_home", _FAULT)
    own_kind = current.subject.kind or (_USUAL_KIND if current.subject.unit else "")
    if not reading.subjects and differ(own_kind, reading.kind) and not reading.definite:
        note("other_kind", 2 * _OTHER_KIND if reading.searches else _OTHER_KIND)
    drop = min(1.0, current.sentiment - sentiment)
    if drop > 0.5 and topic == "complaint":
        note("sentiment_drop", _SENTIMENT_DROP, round(drop, 2))
    return tuple(signals)


def _topic_change(current: Thread, topic: str) -> tuple[str, float] | None:
    """Weigh a change of topic: between the stages of a deal it says little."""
    if current.name == GENERAL:
        return "first_matter", 2 * _OTHER_MATTER
    if topic == current.topic:
        return None
    if topic not in STAGES or current.topic not in STAGES:
        return "intent_change", _OTHER_MATTER
    settles = topic in {"payment", "documents"} and current.topic in {"inquiry", "viewing"}
    return "intent_change", _SETTLEMENT if settles else _OTHER_STAGE
