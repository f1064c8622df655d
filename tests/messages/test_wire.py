"""Every message survives its bytes, and no bytes but a message's own are taken for one."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import messages
from messages.inbound import INBOUND, Inbound
from messages.row import ROW
from messages.wire import Codec, Wire, WireError, encode
from tests.messages.struct_strategies import classes_below, of_class

for module in pkgutil.iter_modules(messages.__path__):
    importlib.import_module(f"messages.{module.name}")
CLASSES = sorted(
    (cls for cls in classes_below(Wire) if cls.__module__.startswith("messages.")), key=lambda c: c.__name__
)
SAMPLE = Inbound(id="1", source="s", conversation="c", sender="x", text="hello")


def test_all_messages_are_found_and_their_tags_differ() -> None:
    assert len(CLASSES) >= 25
    tags = [cls.__struct_config__.tag for cls in CLASSES]
    assert len(set(tags)) == len(tags)
    assert all(isinstance(tag, int) for tag in tags)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_round_trip(cls: type[Wire], data: st.DataObject) -> None:
    message = data.draw(of_class(cls))
    assert Codec(cls).decode(encode(message)) == message


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_messages_are_frozen(cls: type[Wire]) -> None:
    assert cls.__struct_config__.frozen


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=64))
def test_no_bytes_raise_anything_but_the_one_error(data: bytes) -> None:
    for codec in (INBOUND, ROW):
        try:
            codec.decode(data)
        except WireError:
            continue


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(encode(SAMPLE)) - 1), st.integers(0, 255))
def test_a_changed_byte_gives_a_message_or_the_one_error(index: int, value: int) -> None:
    data = bytearray(encode(SAMPLE))
    data[index] = value
    with contextlib.suppress(WireError):
        assert isinstance(INBOUND.decode(bytes(data)), Inbound)


def test_an_unknown_version_is_refused() -> None:
    fields = msgspec.msgpack.decode(encode(SAMPLE))
    fields[1] = 2
    with pytest.raises(WireError, match="Inbound"):
        INBOUND.decode(msgspec.msgpack.encode(fields))


def test_another_kind_is_refused() -> None:
    with pytest.raises(WireError):
        ROW.decode(encode(SAMPLE))


@pytest.mark.parametrize("cut", [0, 1, 5, -1])
def test_truncated_bytes_are_refused(cut: int) -> None:
    with pytest.raises(WireError):
        INBOUND.decode(encode(SAMPLE)[:cut])


def test_a_field_added_at_the_end_with_a_default_reads_old_bytes() -> None:
    fields = msgspec.msgpack.decode(encode(SAMPLE))
    assert INBOUND.decode(msgspec.msgpack.encode(fields[:-1])) == SAMPLE


def test_a_lone_surrogate_cannot_be_encoded_and_says_so() -> None:
    with pytest.raises(WireError, match="Inbound"):
        encode(msgspec.structs.replace(SAMPLE, text="\ud800"))
