"""Turns an argument model into the flat JSON Schema that clients see."""

from typing import Any

from pydantic import BaseModel

_NOISE = ("title", "default")


def flat_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Draft 2020-12 without $defs, titles, defaults and null alternatives; what may be left out is not `required`.

    The entries of a batch take the arguments of a single call, which are explained there: they are not explained twice.
    """
    schema = model.model_json_schema()
    flat = _flat(schema, schema.get("$defs", {}))
    flat.setdefault("properties", {})
    return flat


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
        flat["items"] = _unexplained(_flat(flat["items"], definitions))
    if "anyOf" in flat:
        flat["anyOf"] = [_flat(part, definitions) for part in flat["anyOf"]]
    return flat


def _unexplained(schema: dict[str, Any]) -> dict[str, Any]:
    schema = {name: value for name, value in schema.items() if name != "description"}
    if "properties" in schema:
        schema["properties"] = {name: _unexplained(part) for name, part in schema["properties"].items()}
    return schema


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    others = [part for part in schema["anyOf"] if part.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**others[0], **rest} if len(others) == 1 else {**rest, "anyOf": others}
