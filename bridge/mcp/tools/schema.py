"""Turns an argument model into the flat JSON Schema that is enforced, and that into the one that clients see."""

from typing import Any

from pydantic import BaseModel

_NOISE = ("title", "default")
_LENGTHS = ("minLength", "maxLength")
_COUNTS = ("minItems", "maxItems")
_SKETCHED = ("type", "required", "additionalProperties")


def flat_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Draft 2020-12 without $defs, titles, defaults and null alternatives; what may be left out is not `required`."""
    schema = model.model_json_schema()
    flat = _flat(schema, schema.get("$defs", {}))
    flat.setdefault("properties", {})
    return flat


def shown_schema(flat: dict[str, Any]) -> dict[str, Any]:
    """What a model has to read: it admits all that the flat schema admits, and a little more.

    Lengths are left to the refusal, which names them. The entries of a batch take the arguments of a single call, which
    are explained there: of theirs only names and types are shown.
    """
    # What the model's docstring says stands in the tool's description, too.
    shown = {name: value for name, value in flat.items() if name != "description"}
    return {**shown, "properties": {name: _shown(part) for name, part in flat["properties"].items()}}


def _flat(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        schema = {**target, **{name: value for name, value in schema.items() if name != "$ref"}}
    if "anyOf" in schema:
        schema = _without_null(schema)
    flat = {name: value for name, value in schema.items() if name not in (*_NOISE, "$defs")}
    if "properties" in flat:
        flat["properties"] = {name: _flat(part, definitions) for name, part in flat["properties"].items()}
    if "items" in flat:
        flat["items"] = _flat(flat["items"], definitions)
    if "anyOf" in flat:
        flat["anyOf"] = [_flat(part, definitions) for part in flat["anyOf"]]
    return flat


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    others = [part for part in schema["anyOf"] if part.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**others[0], **rest} if len(others) == 1 else {**rest, "anyOf": others}


def _shown(part: dict[str, Any]) -> dict[str, Any]:
    if part.get("type") != "array":
        return {name: value for name, value in part.items() if name not in _LENGTHS}
    items = part["items"]
    if items.get("type") == "object":
        return {**part, "items": _sketched(items)}
    kept = {name: value for name, value in part.items() if name not in _COUNTS}
    return {**kept, "items": _shown(items)}


def _sketched(part: dict[str, Any]) -> dict[str, Any]:
    sketch = {name: part[name] for name in _SKETCHED if name in part}
    if "properties" in part:
        sketch["properties"] = {name: _sketched(inner) for name, inner in part["properties"].items()}
    if "items" in part:
        # Some clients refuse an array that does not say what it holds.
        sketch["items"] = _sketched(part["items"])
    return sketch
