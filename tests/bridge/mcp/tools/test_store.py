"""store_memory."""

import pytest

from tests.bridge.mcp.conftest import Call
from tests.bridge.stand_in import MEMORY_ID, OTHER_ID, MemoryService, text_of

STORED = {"status": "success", "memory_id": MEMORY_ID, "type": "Decision", "confidence": 0.9, "query_time_ms": 3}


async def test_one_memory_is_stored_with_every_field(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory", STORED, 201)
    memory = {
        "content": "Chose PostgreSQL.\n\tIt has transactions.",
        "type": "Decision",
        "tags": ["db", "größe"],
        "importance": 1,
        "confidence": 0.5,
        "metadata": {"files": ["a.ts"], "n": None, "deep": {"er": [1.5, True]}},
        "timestamp": "2026-01-31T09:30:00Z",
        "t_valid": "2026-01-31",
        "t_invalid": "2027-01-31T00:00:00+02:00",
        "updated_at": "2026-02-01T00:00:00",
        "last_accessed": "2026-02-01T00:00:00",
        "id": MEMORY_ID,
        "embedding": [0.5, -1, 2e-3],
    }
    result = await call("store_memory", **memory)
    assert text_of(result) == f"Memory stored: {MEMORY_ID}"
    assert result.structured_content == {"memory_id": MEMORY_ID, "type": "Decision", "confidence": 0.9}
    assert memory_service.requests("POST /memory")[0].body == memory


async def test_only_what_was_given_is_sent(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory", STORED, 201)
    await call("store_memory", content="x")
    assert memory_service.asked[0].body.keys() == {"content", "id"}


async def test_a_batch_is_stored_at_once(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory/batch", {"stored": 12, "memory_ids": [f"m{n}" for n in range(12)]}, 201)
    result = await call("store_memory", memories=[{"content": f"fact {n}", "tags": ["t"]} for n in range(12)])
    assert text_of(result) == "Stored 12 memories.\nIDs: m0, m1, m2, m3, m4, m5, m6, m7, m8, m9 (+2 more)"
    assert result.structured_content is not None
    assert result.structured_content["stored"] == 12
    assert len(memory_service.asked[0].body["memories"]) == 12


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "content is required, or memories to store several at once."),
        ({"content": ""}, "content must not be blank."),
        ({"content": " \n"}, "content must not be blank."),
        ({"content": 5}, "content must be a non-empty string, got 5."),
        ({"content": None}, "content must be a non-empty string, got null."),
        ({"content": "a\x00b"}, "content must not contain control characters or lone surrogates."),
        ({"content": "\ud800"}, "content must not contain control characters or lone surrogates."),
        ({"content": "x", "type": "Banana"}, "type must be one of Decision, Pattern, Preference, Style, Habit, "),
        ({"content": "x", "tags": "a,b"}, 'tags must be an array of at most 100 strings, got "a,b".'),
        ({"content": "x", "tags": ["a", 5]}, "tags[1] must be a string of 1 to 256 characters, got 5."),
        ({"content": "x", "tags": ["t" * 257]}, "tags[0] must be a string of 1 to 256 characters, got a string of 257"),
        ({"content": "x", "tags": ["\x1b"]}, "tags[0] must not contain control characters"),
        ({"content": "x", "tags": ["t"] * 101}, "tags must be an array of at most 100 strings, got an array of 101"),
        ({"content": "x", "importance": 1.1}, "importance must be a number from 0 to 1, got 1.1."),
        ({"content": "x", "importance": "0.5"}, 'importance must be a number from 0 to 1, got "0.5".'),
        ({"content": "x", "importance": True}, "importance must be a number from 0 to 1, got true."),
        ({"content": "x", "metadata": "{}"}, 'metadata must be an object, got "{}".'),
        ({"content": "x", "metadata": {"a\x00": 1}}, "metadata must not contain control characters"),
        ({"content": "x", "metadata": {"a": {"b": ["\udfff"]}}}, "metadata must not contain control characters"),
        ({"content": "x", "timestamp": "yesterday"}, "timestamp must be an ISO 8601 date or time such as 2026-01-31T"),
        ({"content": "x", "t_invalid": 1767225600}, "t_invalid must be an ISO 8601 date or time"),
        ({"content": "x", "id": "../health"}, 'id must be a UUID, got "../health".'),
        ({"content": "x", "embedding": []}, "embedding must be an array of 1 to 4096 numbers, got []."),
        ({"content": "x", "embedding": [1, "2"]}, 'embedding[1] must be a number, got "2".'),
        ({"content": "x", "colour": 1}, "colour is not an argument; allowed: content, type, tags, importance, "),
        ({"memories": []}, "memories must be an array of 1 to 500 objects, got []."),
        ({"memories": [{"content": "x"}] * 501}, "memories must be an array of 1 to 500 objects, got an array of 501"),
        ({"memories": [{"content": "x"}, {}]}, "memories[1].content is required."),
        ({"memories": [{"content": "x", "memories": []}]}, "memories[0].memories is not an argument; allowed: content"),
        ({"memories": [{"content": "x"}], "tags": []}, "tags must stand inside each of memories, not beside it."),
        ({"supersedes_memory_id": MEMORY_ID}, "content is required, or memories to store several at once."),
        ({"content": "x", "supersedes_memory_id": "old"}, 'supersedes_memory_id must be a UUID, got "old".'),
        (
            {"content": "x", "supersedes_memory_id": MEMORY_ID, "supersede_relation": "PART_OF"},
            'supersede_relation must be one of INVALIDATED_BY, EVOLVED_INTO, got "PART_OF".',
        ),
        (
            {"content": "x", "supersedes_memory_id": MEMORY_ID, "supersede_reason": 1},
            "supersede_reason must be a string of 1 to 2000 characters, got 1.",
        ),
        ({"content": "x", "supersede_reason": "y"}, "supersede_reason goes only with supersedes_memory_id."),
        ({"content": "x", "id": OTHER_ID, "supersedes_memory_id": OTHER_ID}, "supersedes_memory_id must differ from"),
        (
            {"memories": [{"content": "x"}], "supersedes_memory_id": MEMORY_ID},
            "supersedes_memory_id goes only with a single memory, not with memories.",
        ),
        (
            {"memories": [{"content": "x", "supersedes_memory_id": MEMORY_ID}]},
            "memories[0].supersedes_memory_id is not an argument; allowed: content",
        ),
    ],
)
async def test_a_bad_argument_is_named_and_nothing_is_sent(
    call: Call, memory_service: MemoryService, arguments: dict[str, object], sentence: str
) -> None:
    result = await call("store_memory", **arguments)
    assert result.is_error
    assert text_of(result).startswith(sentence)
    assert memory_service.asked == []


async def test_the_limit_of_the_content_is_the_memory_services_to_name(
    call: Call, memory_service: MemoryService
) -> None:
    message = "Content exceeds maximum length of 2000 characters (2001 provided)."
    memory_service.answers("POST /memory", {"status": "error", "message": message}, 400)
    result = await call("store_memory", content="x" * 2_001)
    assert result.is_error
    assert text_of(result).startswith(message)


async def test_metadata_nested_without_end_is_refused(call: Call) -> None:
    nested: dict[str, object] = {}
    for _ in range(40):
        nested = {"a": nested}
    result = await call("store_memory", content="x", metadata=nested)
    assert text_of(result).startswith("metadata must not be nested more than 32 levels deep.")


async def test_three_problems_are_shown_and_the_rest_counted(call: Call) -> None:
    result = await call("store_memory", content=1, tags=2, type=3, importance=4, id=5)
    assert text_of(result).count(" must be ") == 3
    assert "; and 2 more." in text_of(result)
