"""update_memory."""

import pytest

from tests.bridge.mcp.conftest import Call
from tests.bridge.stand_in import MEMORY_ID, MemoryService, text_of


async def test_the_given_fields_are_changed(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers(f"PATCH /memory/{MEMORY_ID}", {"status": "success", "memory_id": MEMORY_ID})
    changes = {"content": "new", "tags": [], "metadata": {"old": None}, "t_invalid": "2026-01-31"}
    result = await call("update_memory", memory_id=MEMORY_ID, **changes)
    assert text_of(result) == f"Updated {MEMORY_ID}"
    assert memory_service.asked[0].body == changes


async def test_an_unknown_id_is_an_error_to_act_on(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers(f"PATCH /memory/{MEMORY_ID}", {"message": "Memory not found"}, 404)
    result = await call("update_memory", memory_id=MEMORY_ID, importance=1)
    assert result.is_error
    assert text_of(result).startswith("Memory not found. Recall the memory to find its current id. (request_id: ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "memory_id is required."),
        ({"memory_id": MEMORY_ID}, "nothing to change: give at least one of content, type, tags, "),
        ({"memory_id": "by-tag", "content": "x"}, 'memory_id must be a UUID, got "by-tag".'),
        ({"memory_id": MEMORY_ID, "content": " "}, "content must not be blank."),
        ({"memory_id": MEMORY_ID, "content": None}, "content must be a non-empty string, got null."),
        ({"memory_id": MEMORY_ID, "confidence": "high"}, "confidence must be a number from 0 to 1"),
        ({"memory_id": MEMORY_ID, "id": MEMORY_ID}, "id is not an argument; allowed: memory_id, content, "),
    ],
)
async def test_a_bad_argument_is_named_and_nothing_is_sent(
    call: Call, memory_service: MemoryService, arguments: dict[str, object], sentence: str
) -> None:
    result = await call("update_memory", **arguments)
    assert result.is_error
    assert text_of(result).startswith(sentence)
    assert memory_service.asked == []
