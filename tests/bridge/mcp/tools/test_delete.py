"""delete_memory."""

import pytest

from tests.bridge.mcp.conftest import Call
from tests.bridge.stand_in import MEMORY_ID, MemoryService, text_of


async def test_one_memory_is_deleted(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers(f"DELETE /memory/{MEMORY_ID}", {"status": "success", "memory_id": MEMORY_ID})
    result = await call("delete_memory", memory_id=f"urn:uuid:{MEMORY_ID}")
    assert text_of(result) == f"Deleted {MEMORY_ID}"
    assert result.structured_content == {"memory_id": MEMORY_ID, "message": f"Deleted {MEMORY_ID}"}


async def test_memories_are_deleted_by_tag(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("DELETE /memory/by-tag", {"deleted_count": 4})
    result = await call("delete_memory", tags=["a", "b"])
    assert text_of(result) == "Deleted 4 memories tagged a, b"
    assert result.structured_content is not None
    assert result.structured_content["deleted_count"] == 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "give either memory_id, for one memory, or tags, for all that carry any of them."),
        ({"memory_id": MEMORY_ID, "tags": ["a"]}, "give either memory_id"),
        ({"tags": []}, "tags must be an array of 1 to 100 strings, got []."),
        ({"tags": [" "]}, "tags[0] must not be blank."),
        ({"tags": ["Smith, John"]}, "tags[0] must not contain a comma; give several tags as several strings."),
        ({"memory_id": "by-tag?tags=a"}, 'memory_id must be a UUID, got "by-tag?tags=a".'),
    ],
)
async def test_a_bad_argument_is_named_and_nothing_is_sent(
    call: Call, memory_service: MemoryService, arguments: dict[str, object], sentence: str
) -> None:
    result = await call("delete_memory", **arguments)
    assert result.is_error
    assert text_of(result).startswith(sentence)
    assert memory_service.asked == []
