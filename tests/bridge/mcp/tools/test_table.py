"""What clients see of the tools, pinned: run with UPDATE_SNAPSHOTS=1 to accept a change and show it in the diff."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from bridge.mcp.tools.table import TOOLS
from bridge.mcp.tools.tool import Tool

SNAPSHOT = Path(__file__).parent.parent / "tools_snapshot.json"
BYTES_PER_TOKEN = 4
LIST_TOKENS = 5_000

every_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


def declared() -> list[dict[str, Any]]:
    return [tool.declaration.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in TOOLS]


def test_clients_see_what_they_saw_before() -> None:
    text = json.dumps(declared(), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert SNAPSHOT.read_text(encoding="utf-8") == text


def test_names_and_order_are_fixed() -> None:
    assert [tool.name for tool in TOOLS] == [
        "store_memory",
        "recall_memory",
        "associate_memories",
        "update_memory",
        "delete_memory",
        "check_database_health",
    ]


def test_the_whole_list_costs_a_model_little() -> None:
    sent = json.dumps(declared(), ensure_ascii=False, separators=(",", ":")).encode()
    assert len(sent) / BYTES_PER_TOKEN < LIST_TOKENS


@every_tool
def test_a_description_begins_with_a_sentence_that_stands_alone(tool: Tool[Any]) -> None:
    assert len(tool.description.encode()) <= 2_048
    first, _, _ = tool.description.partition("\n")
    assert first.endswith(".")
    assert 40 < len(first) < 200


@every_tool
def test_all_four_hints_are_given(tool: Tool[Any]) -> None:
    hints = tool.declaration.annotations
    assert hints is not None
    assert hints.title == tool.title
    assert hints.open_world_hint is False
    assert None not in (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint)


@every_tool
def test_the_schema_is_flat_and_valid(tool: Tool[Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(tool.input_schema)
    text = json.dumps(tool.input_schema)
    assert tool.input_schema["type"] == "object"
    assert tool.input_schema["additionalProperties"] is False
    for noise in ("$ref", "$defs", "anyOf", '"null"', '"default"', '"title"'):
        assert noise not in text


@every_tool
def test_the_schema_that_is_shown_admits_all_that_is_accepted(tool: Tool[Any]) -> None:
    shown, rules = tool.input_schema["properties"], tool.rules["properties"]
    assert shown.keys() == rules.keys()
    for name, part in shown.items():
        assert {key: value for key, value in part.items() if key != "items"}.items() <= rules[name].items()
    for batch in ("memories", "associations"):
        if batch in shown:
            assert shown[batch]["maxItems"] == 500
            assert shown[batch]["items"]["properties"].keys() == rules[batch]["items"]["properties"].keys()
            assert shown[batch]["items"]["required"] == rules[batch]["items"]["required"]


@every_tool
def test_an_answer_promises_little_since_clients_fail_a_call_that_breaks_it(tool: Tool[Any]) -> None:
    schema = tool.declaration.output_schema
    assert schema is not None
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert "required" not in schema
    assert "additionalProperties" not in schema


@every_tool
def test_everything_in_an_answer_has_a_type(tool: Tool[Any]) -> None:
    assert tool.declaration.output_schema is not None
    for name, schema in tool.declaration.output_schema["properties"].items():
        assert schema["type"] in ("string", "boolean", "integer", "number", "array", "object"), name


@every_tool
def test_every_argument_is_explained(tool: Tool[Any]) -> None:
    assert all(argument.get("description") for argument in tool.input_schema["properties"].values())
