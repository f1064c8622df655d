"""Validate requests against Google's published discovery document.

The document ``sheets.v4.json`` ships with ``google-api-python-client``. Each of its schemas becomes a msgspec struct
that refuses unknown fields, wrong types, wrong enum values and integers outside their format, so that a body is
validated while it is decoded, at the decoder's speed.
"""

from __future__ import annotations

import json
import keyword
import re
import sys
import types
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Union

import msgspec
from msgspec import UNSET, Meta, UnsetType

from stress.sheets_server.errors import invalid

_MODULE = "stress.sheets_server._discovered"
_INT32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


def discovery_document(name: str = "sheets.v4.json") -> dict[str, Any]:
    """Load a discovery document as shipped in google-api-python-client.

    Args:
        name: the document's file.

    Returns:
        the parsed document.
    """
    import googleapiclient

    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    loaded: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return loaded


def _type_of(spec: Mapping[str, Any]) -> Any:
    """Map one property of the document to a Python type; references become forward references."""
    if "$ref" in spec:
        return spec["$ref"]
    kind = spec.get("type")
    if kind == "array":
        item = _type_of(spec["items"])
        return f"list[{item}]" if isinstance(item, str) else list.__class_getitem__(item)
    if kind == "object":
        return dict[str, Any]
    if kind == "string":
        if "enum" in spec:
            return Literal[tuple(spec["enum"])]
        return (str | int) if spec.get("format") == "int64" else str
    simple: dict[str, Any] = {"integer": _INT32, "boolean": bool, "number": float, "any": Any}
    return simple.get(str(kind), Any)


class Schema:
    """The document's schemas as decodable types, and its methods' query parameters.

    Args:
        document: a discovery document.
        suffix: tells its types from those of another document.
    """

    def __init__(self, document: Mapping[str, Any], suffix: str = "") -> None:
        self.document = document
        module = types.ModuleType(_MODULE + suffix)
        module.__dict__.update({"Optional": Optional, "Union": Union, "UnsetType": UnsetType})
        sys.modules[module.__name__] = module
        for name, schema in document["schemas"].items():
            setattr(module, name, self._struct(name, schema, module))
        self.module = module
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        self._methods = dict(_methods(document))

    @staticmethod
    def _struct(name: str, schema: Mapping[str, Any], module: types.ModuleType) -> Any:
        fields: list[Any] = []
        rename: dict[str, str] = {}
        for wire_name, spec in schema.get("properties", {}).items():
            field = wire_name + "_" if keyword.iskeyword(wire_name) else wire_name
            rename[field] = wire_name
            type_ = _type_of(spec)
            if not isinstance(type_, str):
                alias = f"_{name}_{field}"
                setattr(module, alias, type_)
                type_ = alias
            # Protocol buffers' JSON form takes null for "not set".
            fields.append((field, f"Union[{type_}, None, UnsetType]", UNSET))
        return msgspec.defstruct(
            name,
            fields,
            module=module.__name__,
            kw_only=True,
            rename=rename,
            omit_defaults=True,
            forbid_unknown_fields=True,
            gc=False,
        )

    def decode(self, schema: str, body: bytes) -> Any:
        """Decode and validate a body.

        Args:
            schema: name of a schema of the document.
            body: JSON bytes.

        Returns:
            the decoded struct.

        Raises:
            ApiError: 400, as Google's front end words it, where the body is not of that schema.
        """
        decoder = self._decoders.get(schema)
        if decoder is None:
            decoder = self._decoders[schema] = msgspec.json.Decoder(getattr(self.module, schema))
        try:
            return decoder.decode(body or b"{}")
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise invalid(f"Invalid JSON payload received. {error}") from error

    def check_parameters(self, method: str, given: Mapping[str, list[str]]) -> None:
        """Check query parameters of a method.

        Args:
            method: the document's method id, for example ``sheets.spreadsheets.values.get``.
            given: query parameters and their values.

        Raises:
            ApiError: 400 for an unknown parameter, a repeated single one, or a value that is not of its type.
        """
        known = self._methods[method]["parameters"]
        common = self.document["parameters"]
        for name, values in given.items():
            spec = known.get(name) or common.get(name)
            if spec is None or spec.get("location") == "path":
                raise invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.')
            if len(values) > 1 and not spec.get("repeated"):
                raise invalid(f'Invalid value at "{name}": it is not a repeated field.')
            for value in values:
                _check_value(name, value, spec)

    def methods(self) -> list[str]:
        """Return the ids of all methods of the document."""
        return list(self._methods)


def _check_value(name: str, value: str, spec: Mapping[str, Any]) -> None:
    kind = spec.get("type")
    wrong = (
        ("enum" in spec and value not in spec["enum"])
        or (kind == "boolean" and value.lower() not in {"true", "false", "1", "0"})
        or (kind == "integer" and not re.fullmatch(r"-?\d{1,10}", value))
    )
    if wrong:
        raise invalid(f"Invalid value at '{name}' ({kind}), \"{value[:80]}\"")


def _methods(node: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for resource in node.get("resources", {}).values():
        found.extend((method["id"], method) for method in resource.get("methods", {}).values())
        found.extend(_methods(resource))
    return found


@lru_cache(maxsize=1)
def schema() -> Schema:
    """Return the schema of the installed discovery document, built once a process."""
    return Schema(discovery_document())


def set_field(request: msgspec.Struct) -> tuple[str, Any]:
    """Return the one field that is set in a union-like struct such as ``Request``.

    Args:
        request: a struct of which exactly one field is to be set.

    Returns:
        its name and value.

    Raises:
        ApiError: 400 where none or several are set.
    """
    found = []
    for name in request.__struct_fields__:
        value = getattr(request, name)
        if value is not None and value is not UNSET:
            found.append((name, value))
    if len(found) != 1:
        raise invalid("Invalid value: a request must set exactly one kind.")
    return found[0]


def get(struct: Any, name: str, default: Any = None) -> Any:
    """Return a field's value, or the default where it is not set or null."""
    value = getattr(struct, name, UNSET)
    return default if value is UNSET or value is None else value
