"""Property tests: messages rendered as an export read back as they were."""

import datetime as dt
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.whatsapp.export_dates import HEADER
from tests.replay.exports import OPTIONS, local, read_text

Message = tuple[dt.datetime, str, str]
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def half(moment: dt.datetime) -> int:
    return moment.hour % 12 or 12


def ios(m: Message) -> str:
    t = m[0]
    clock = f"{half(t)}:{t:%M:%S} {t:%p}"
    return f"[{t.day:02d}/{t.month:02d}/{t:%y}, {clock}] {m[1]}: {m[2]}"


def ios_us(m: Message) -> str:
    t = m[0]
    return f"[{t.month}/{t.day}/{t:%y}, {half(t)}:{t:%M:%S}\u202f{t:%p}] {m[1]}: {m[2]}"


def ios_arabic(m: Message) -> str:
    t = m[0]
    head = f"[{t.day}\u200f/{t.month}\u200f/{t.year}، {half(t)}:{t:%M:%S} {'ص' if t.hour < 12 else 'م'}]"
    return f"{head.translate(ARABIC)} {m[1]}: {m[2]}"


def ios_iso(m: Message) -> str:
    return f"[{m[0]:%Y-%m-%d, %H:%M:%S}] {m[1]}: {m[2]}"


def android_us(m: Message) -> str:
    t = m[0]
    return f"{t.month}/{t.day}/{t:%y}, {half(t)}:{t:%M}\u202f{t:%p} - {m[1]}: {m[2]}"


def android_24(m: Message) -> str:
    return f"{m[0]:%d/%m/%Y, %H:%M} - {m[1]}: {m[2]}"


def android_dots(m: Message) -> str:
    return f"{m[0]:%d.%m.%y, %H:%M} - {m[1]}: {m[2]}"


def android_spanish(m: Message) -> str:
    t = m[0]
    return f"{t.day}/{t.month}/{t:%y} {half(t)}:{t:%M} {'a' if t.hour < 12 else 'p'}.\u00a0m. - {m[1]}: {m[2]}"


def android_arabic(m: Message) -> str:
    t = m[0]
    head = f"{t.day}\u200f/{t.month}\u200f/{t.year}، {half(t)}:{t:%M} {'ص' if t.hour < 12 else 'م'}"
    return f"{head.translate(ARABIC)} - {m[1]}: {m[2]}"


RENDERERS: list[tuple[Callable[[Message], str], str]] = [
    (ios, "dayfirst"),
    (ios_us, "monthfirst"),
    (ios_arabic, "dayfirst"),
    (ios_iso, "dayfirst"),
    (android_us, "monthfirst"),
    (android_24, "dayfirst"),
    (android_dots, "dayfirst"),
    (android_spanish, "dayfirst"),
    (android_arabic, "dayfirst"),
]

NAMES = st.sampled_from(["Ana", "Ben Ali", "أحمد", "O'Neil-Smith", "Müller 🏠", "Palm & Dune"])
LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<>\u200e\u200f\ufeff")


def is_plain(text: str) -> bool:
    """Nothing that an export itself writes, and no line that would begin a message."""
    return not any(HEADER.match(line) for line in text.split("\n")[1:]) and "file attached" not in text


TEXTS = (
    st.lists(st.text(LETTERS, max_size=20), min_size=1, max_size=4)
    .map(lambda lines: "\n".join(lines).rstrip("\n\r "))
    .filter(lambda text: bool(text.strip()) and is_plain(text))
)
# An export's times have no zone: they are whatever the phone's clock showed.
FIRST, LAST = dt.datetime(2015, 1, 1), dt.datetime(2026, 5, 1)  # noqa: DTZ001
MOMENTS = st.datetimes(FIRST, LAST).map(lambda t: t.replace(microsecond=0))


@pytest.mark.parametrize(("render", "order"), RENDERERS, ids=lambda value: getattr(value, "__name__", str(value)))
@settings(max_examples=25, deadline=None)
@given(messages=st.lists(st.tuples(MOMENTS, NAMES, TEXTS), min_size=1, max_size=8))
def test_rendered_messages_read_back(
    tmp_path_factory: pytest.TempPathFactory, render: Callable[[Message], str], order: str, messages: list[Message]
) -> None:
    seconds = render.__name__.startswith("ios")
    options = msgspec.structs.replace(OPTIONS, day_order=order)
    outcome = read_text(tmp_path_factory.mktemp("chat"), "\n".join(render(m) for m in messages) + "\n", options)
    assert outcome.rejects == []
    expected = [(f"{t:%Y-%m-%d %H:%M}:{t:%S}" if seconds else f"{t:%Y-%m-%d %H:%M}:00", s, x) for t, s, x in messages]
    assert [(local(m), m.sender, m.text) for m in outcome.messages] == expected
    assert len({m.id for m in outcome.messages}) == len(messages)


@pytest.mark.parametrize(("render", "order"), RENDERERS, ids=lambda value: getattr(value, "__name__", str(value)))
@settings(max_examples=8, deadline=None)
@given(start=MOMENTS, steps=st.lists(st.integers(60, 5 * 86_400), min_size=30, max_size=60))
def test_order_of_a_chat_of_weeks_needs_no_option(
    tmp_path_factory: pytest.TempPathFactory,
    render: Callable[[Message], str],
    order: str,
    start: dt.datetime,
    steps: list[int],
) -> None:
    moments = [start]
    for step in [*steps, 13 * 86_400]:
        moments.append(moments[-1] + dt.timedelta(seconds=step))
    moments.append(moments[-1].replace(day=28))  # some day is above 12
    text = "\n".join(render((moment, "Ana", f"n{number}")) for number, moment in enumerate(sorted(moments)))
    free = read_text(tmp_path_factory.mktemp("chat"), text)
    forced = read_text(tmp_path_factory.mktemp("chat"), text, msgspec.structs.replace(OPTIONS, day_order=order))
    assert free.messages == forced.messages
    assert free.rejects == []
    assert free.warnings == []


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=400)
    | st.text(max_size=300).map(lambda text: ("13/06/2023, 21:55 - Ana: " + text).encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_read_or_rejected(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("WhatsApp Chat with A.txt", "a.jsonl", "a.zip"):
        outcome = read_text(folder, data, name=name)
        assert outcome.messages or outcome.rejects
        for message in outcome.messages:
            msgspec.msgpack.encode(message)
