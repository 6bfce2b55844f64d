"""Turns failed validation into a line that tells a model which argument is wrong and what is allowed."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_SHOWN = 3
_MAX_GOT_CHARS = 60
_OWN_WORDS = frozenset({"unfit_text", "blank", "comma", "not_finite", "not_json", "too_deep"})

_ARTICLES = {"integer": "an integer", "number": "a number", "string": "a string", "boolean": "true or false"}
_PLURALS = {"integer": "integers", "number": "numbers", "string": "strings", "object": "objects"}
_FORMATS = {"uuid": "a UUID", "date-time": "an ISO 8601 date or time such as 2026-01-31T09:30:00Z"}


def explain(error: ValidationError, schema: Mapping[str, Any]) -> str:
    """Up to three problems as one line; `schema` is the flat schema that the arguments were meant to follow."""
    first = error.errors(include_url=False)[:_SHOWN]
    line = "; ".join(_problem(details, schema).rstrip(".") for details in first)
    more = error.error_count() - _SHOWN
    return f"{line}." if more <= 0 else f"{line}; and {more} more."


def _problem(details: ErrorDetails, schema: Mapping[str, Any]) -> str:
    kind, location = details["type"], _known(details["loc"], schema)
    name = _spelled(location)
    if kind == "refused":
        return details["msg"]
    if kind == "missing":
        return f"{name} is required"
    if kind == "extra_forbidden":
        allowed = _part(schema, location[:-1]).get("properties", {})
        return f"{name} is not an argument; allowed: {', '.join(allowed) or 'none'}"
    if kind in _OWN_WORDS:
        return f"{name} {details['msg']}"
    return f"{name} must be {_allowed(_part(schema, location))}, got {_shown(details['input'])}"


def _known(location: tuple[int | str, ...], schema: Mapping[str, Any]) -> tuple[int | str, ...]:
    # Below a union pydantic adds the name of the alternative, which is no part of the arguments.
    known: list[int | str] = []
    for step in location:
        part = _part(schema, tuple(known))
        if "anyOf" in part:
            break
        known.append(step)
    return tuple(known)


def _part(schema: Mapping[str, Any], location: tuple[int | str, ...]) -> Mapping[str, Any]:
    for step in location:
        schema = schema.get("items", {}) if isinstance(step, int) else schema.get("properties", {}).get(step, {})
    return schema


def _spelled(location: tuple[int | str, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{_shortened(step)}" for step in location)
    return text.removeprefix(".") or "arguments"


def _allowed(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_allowed(part) for part in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "object")
    if kind == "array":
        return _array(schema)
    if kind == "string":
        return _FORMATS.get(schema.get("format", ""), _string(schema))
    return _ARTICLES.get(kind, "an object") + _range(schema.get("minimum"), schema.get("maximum"))


def _array(schema: Mapping[str, Any]) -> str:
    items = schema.get("items", {})
    noun = "UUIDs" if items.get("format") == "uuid" else _PLURALS.get(items.get("type", ""), "values")
    least, most = schema.get("minItems"), schema.get("maxItems")
    if most is None:
        return f"an array of {noun}"
    return f"an array of {least} to {most} {noun}" if least else f"an array of at most {most} {noun}"


def _string(schema: Mapping[str, Any]) -> str:
    if "maxLength" in schema:
        return f"a string of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    return "a non-empty string" if schema.get("minLength") else "a string"


def _range(least: float | None, most: float | None) -> str:
    if least is None:
        return ""
    return f" of at least {least:g}" if most is None else f" from {least:g} to {most:g}"


def _shown(value: object) -> str:
    if isinstance(value, str | list | dict) and len(value) > _MAX_GOT_CHARS:
        nouns = {str: "a string of {} characters", list: "an array of {} values", dict: "an object of {} members"}
        return nouns[type(value)].format(len(value))
    return _shortened(json.dumps(value, default=lambda other: type(other).__name__))


def _shortened(text: str) -> str:
    # Escaped first: a name may hold line breaks or halves of characters.
    clean = text.encode("unicode_escape").decode() if not text.isprintable() else text
    return clean if len(clean) <= _MAX_GOT_CHARS else clean[:_MAX_GOT_CHARS] + "…"
