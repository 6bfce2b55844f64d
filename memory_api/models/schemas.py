"""JSON Schema of what the request models accept, for the OpenAPI document: their validators are code, not schema.

A schema may be narrower than its validator where a pattern cannot say more (a 29 February), never wider.
"""

from collections.abc import Sequence
from typing import Any

Schema = dict[str, Any]

_PLAIN = r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f]"
_PLAIN_BUT_COMMA = r"[^,\u0000-\u0008\u000b\u000c\u000e-\u001f]"
_DAY = (
    r"[1-8][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
_UUID = r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"
_NUMBER = r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_COMPONENT = r"-?0\.[0-9]{0,4}[1-9]"
_LARGEST = 1.7976931348623157e308

NULL: Schema = {"type": "null"}
WHOLE_NUMBER: Schema = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^[+-]?[0-9]{1,15}$"}]}
UUID: Schema = {"type": "string", "pattern": f"^{_UUID}$"}
INSTANT: Schema = {
    "type": "string",
    "pattern": rf"^{_DAY}(?:[T ]{_CLOCK}(?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?{_ZONE}?)?$",
    "description": "ISO 8601; without a zone it is UTC.",
    "examples": ["2026-01-31T09:30:00Z"],
}
FRACTION: Schema = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "string", "pattern": r"^(?:0(?:\.[0-9]{1,15})?|1(?:\.0{1,15})?)$"},
        {"type": "boolean"},
    ]
}
SHARE: Schema = {
    "anyOf": [
        {"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST},
        {"type": "string", "pattern": f"^{_NUMBER}$"},
    ],
    "description": "Clamped to 0 to 1.",
}
FLAG: Schema = {
    "anyOf": [
        {"type": "boolean"},
        {"enum": [0, 1]},
        {"enum": ["true", "false", "1", "0", "yes", "no", "y", "n", "on", "off"]},
    ]
}
METADATA: Schema = {"type": "object", "description": "Up to 64 KiB of JSON."}


def nullable(schema: Schema) -> Schema:
    """The schema, or null."""
    return schema if NULL in schema.get("anyOf", ()) else {"anyOf": [schema, NULL]}


def text(longest: int) -> Schema:
    """A string without control characters other than tab and newline."""
    return {"type": "string", "maxLength": longest, "pattern": f"^{_PLAIN}*$"}


def content(longest: int) -> Schema:
    """Text that is not blank."""
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": longest,
        "pattern": rf"^{_PLAIN}*[^\s\u0000-\u001f]{_PLAIN}*$",
    }


def texts(most: int, longest: int) -> Schema:
    """A list of strings."""
    return {"type": "array", "maxItems": most, "items": text(longest)}


def texts_or_commas(most: int, longest: int) -> Schema:
    """A list of strings, or one with commas between them."""
    return _listed(texts(most, longest), f"^{_PLAIN_BUT_COMMA}*(?:,{_PLAIN_BUT_COMMA}*){{0,{most - 1}}}$", longest)


def one_of(names: Sequence[str], *, several: bool = False) -> Schema:
    """One of the names, in any letter case, or with `several` a list of them, or one string with commas."""
    schema: Schema = {"type": "string", "enum": list(dict.fromkeys((*names, *(name.lower() for name in names))))}
    if not several:
        return schema
    choice = "|".join(names)
    return _listed({"type": "array", "items": schema}, f"^(?:{choice})?(?:,(?:{choice}))*$")


def uuids_or_commas(most: int) -> Schema:
    """A list of ids, or one string with commas between them."""
    item = {"type": "string", "pattern": f"^(?:{_UUID})?$"}
    return _listed({"type": "array", "maxItems": most, "items": item}, f"^(?:{_UUID}(?:,{_UUID}){{0,{most - 1}}})?$")


def _listed(array: Schema, pattern: str, longest: int | None = None) -> Schema:
    commas: Schema = {"type": "string", "pattern": pattern}
    return {"anyOf": [array, commas if longest is None else {**commas, "maxLength": longest}]}


def vector(dimension: int) -> Schema:
    """So many numbers, not all zero; nothing, an empty text or list for none."""
    numbers = {"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST}
    return {
        "anyOf": [
            {
                "type": "array",
                "minItems": dimension,
                "maxItems": dimension,
                "items": numbers,
                "contains": {"not": {"const": 0}},
            },
            {"type": "array", "maxItems": 0},
            vector_text(dimension),
            NULL,
        ]
    }


def vector_text(dimension: int) -> Schema:
    """The same as a string with commas."""
    return {"type": "string", "pattern": f"^(?:{_COMPONENT}(?:,{_COMPONENT}){{{dimension - 1}}})?$"}


def in_query(schema: Schema) -> Schema:
    """The part of a schema that a query string can carry: texts, and lists of them as a repeated name."""
    if "anyOf" not in schema:
        return schema
    parts = [in_query(part) for part in schema["anyOf"] if part != NULL]
    lists = [part for part in parts if part.get("type") == "array"]
    kept = lists or parts
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**kept[0], **rest} if len(kept) == 1 else {"anyOf": kept, **rest}
