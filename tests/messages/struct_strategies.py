"""Hypothesis strategies for any message class, made from its declaration."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from messages.wire import Wire

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def classes_below(base: type[Wire]) -> list[type[Wire]]:
    found: list[type[Wire]] = []
    for subclass in base.__subclasses__():
        found += [subclass, *classes_below(subclass)]
    return found


def of_class(cls: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    fields = {field.name: _of_type(field.type) for field in info.fields if field.name != "v"}
    return st.builds(cls, **fields)


def _of_type(info: inspect.Type) -> st.SearchStrategy[Any]:
    match info:
        case inspect.StrType():
            return TEXT
        case inspect.BytesType():
            return st.binary(max_size=12)
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(-(2**62), 2**62)
        case inspect.FloatType():
            return st.floats(allow_nan=False)
        case inspect.NoneType():
            return st.none()
        case inspect.AnyType():
            return TEXT
        case inspect.LiteralType(values=values):
            return st.sampled_from(sorted(values, key=str))
        case inspect.UnionType(types=types):
            return st.one_of([_of_type(each) for each in types])
        case inspect.VarTupleType(item_type=item):
            return st.lists(_of_type(item), max_size=3).map(tuple)
        case inspect.ListType(item_type=item):
            return st.lists(_of_type(item), max_size=3)
        case inspect.TupleType(item_types=items):
            return st.tuples(*[_of_type(item) for item in items])
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_of_type(key), _of_type(value), max_size=3)
        case inspect.StructType(cls=cls):
            return of_class(cls)
        case _:
            raise NotImplementedError(f"no strategy for {msgspec.json.encode(str(info)).decode()}")
