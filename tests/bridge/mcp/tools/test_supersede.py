"""store_memory with supersedes_memory_id: by one request, or by several that leave nothing half done."""

from typing import Any

import pytest
from mcp.types import CallToolResult

from tests.bridge.mcp.conftest import Call
from tests.bridge.stand_in import MEMORY_ID, OTHER_ID, MemoryService, text_of

STORED = {"status": "success", "memory_id": OTHER_ID}
OLD = {"id": MEMORY_ID, "content": "Uses MySQL.", "metadata": {"files": ["a.ts"]}}
BEFORE = {"t_invalid": None, "metadata": {"files": ["a.ts"]}}
REFUSED = {"message": "no such thing"}


@pytest.fixture
def without_client_ids(memory_service: MemoryService) -> MemoryService:
    """A memory service such as AutoMem, where everything succeeds."""
    memory_service.replaces("GET /health", {"status": "healthy"})
    memory_service.answers(f"GET /memory/{MEMORY_ID}", {"memory": OLD})
    memory_service.answers("POST /memory", STORED, 201)
    memory_service.answers(f"PATCH /memory/{MEMORY_ID}", {"memory_id": MEMORY_ID})
    memory_service.answers("POST /associate", {"message": "done"}, 201)
    memory_service.answers(f"DELETE /memory/{OTHER_ID}", {"memory_id": OTHER_ID})
    return memory_service


async def supersede(call: Call, **further: object) -> CallToolResult:
    return await call("store_memory", content="Uses PostgreSQL.", supersedes_memory_id=MEMORY_ID, **further)


def steps(service: MemoryService) -> list[str]:
    return [f"{asked.method} {asked.path}" for asked in service.asked]


def changes(service: MemoryService) -> list[Any]:
    return [asked.body for asked in service.requests(f"PATCH /memory/{MEMORY_ID}")]


async def test_a_service_that_takes_supersedes_is_asked_once(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory", STORED, 201)
    result = await supersede(call, supersede_relation="EVOLVED_INTO", supersede_reason="grew", tags=["db"])
    assert text_of(result) == f"Memory stored: {OTHER_ID}\nSuperseded memory ID: {MEMORY_ID}"
    assert result.structured_content == {
        "memory_id": OTHER_ID,
        "superseded_memory_id": MEMORY_ID,
        "supersede_relation": "EVOLVED_INTO",
    }
    assert steps(memory_service) == ["GET /health", "POST /memory"]
    body = memory_service.asked[1].body
    assert body.keys() == {"content", "tags", "id", "supersedes"}
    assert body["supersedes"] == {"id": MEMORY_ID, "relation": "EVOLVED_INTO", "reason": "grew"}


async def test_the_old_one_is_invalidated_unless_said_otherwise(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory", STORED, 201)
    await supersede(call)
    assert memory_service.asked[1].body["supersedes"] == {"id": MEMORY_ID, "relation": "INVALIDATED_BY"}


async def test_whether_it_takes_supersedes_is_not_asked_again(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory", STORED, 201)
    await supersede(call)
    await supersede(call)
    assert len(memory_service.requests("GET /health")) == 1


async def test_a_service_that_cannot_be_asked_is_not_stored_to(call: Call, memory_service: MemoryService) -> None:
    memory_service.replaces("GET /health", {"message": "busy"}, 503)
    result = await supersede(call)
    assert result.is_error
    assert "(tried 3 times). Try again later." in text_of(result)
    assert memory_service.requests("POST /memory") == []


async def test_elsewhere_it_is_stored_marked_and_associated(call: Call, without_client_ids: MemoryService) -> None:
    result = await supersede(call, supersede_reason="transactions")
    assert text_of(result) == f"Memory stored: {OTHER_ID}\nSuperseded memory ID: {MEMORY_ID}"
    assert steps(without_client_ids) == [
        "GET /health",
        f"GET /memory/{MEMORY_ID}",
        "POST /memory",
        f"PATCH /memory/{MEMORY_ID}",
        "POST /associate",
    ]
    assert without_client_ids.asked[2].body.keys() == {"content", "id"}
    (mark,) = changes(without_client_ids)
    assert mark.keys() == {"t_invalid", "metadata"}
    assert mark["metadata"] == {
        "files": ["a.ts"],
        "deprecated": True,
        "superseded_by": OTHER_ID,
        "supersede_relation": "INVALIDATED_BY",
        "supersede_reason": "transactions",
    }
    assert without_client_ids.asked[4].body == {
        "memory1_id": MEMORY_ID,
        "memory2_id": OTHER_ID,
        "type": "INVALIDATED_BY",
        "strength": 0.9,
        "reason": "transactions",
    }


async def test_nothing_is_stored_where_the_old_one_does_not_exist(
    call: Call, without_client_ids: MemoryService
) -> None:
    without_client_ids.replaces(f"GET /memory/{MEMORY_ID}", {"message": "Memory not found"}, 404)
    result = await supersede(call)
    assert text_of(result).startswith("Memory not found. Recall the memory to find its current id.")
    assert without_client_ids.requests("POST /memory") == []


@pytest.mark.parametrize("failing", [f"PATCH /memory/{MEMORY_ID}", "POST /associate"])
async def test_a_later_step_that_fails_undoes_the_earlier_ones(
    call: Call, without_client_ids: MemoryService, failing: str
) -> None:
    without_client_ids.replaces(failing, REFUSED, 400)
    if failing.startswith("PATCH"):
        without_client_ids.answers(failing, {"memory_id": MEMORY_ID})
    result = await supersede(call)
    assert result.is_error
    assert text_of(result).startswith("no such thing (request_id: ")
    assert changes(without_client_ids)[1:] == [BEFORE]
    assert steps(without_client_ids)[-2:] == [f"PATCH /memory/{MEMORY_ID}", f"DELETE /memory/{OTHER_ID}"]


async def test_the_new_one_stays_where_the_old_one_cannot_be_restored(
    call: Call, without_client_ids: MemoryService
) -> None:
    without_client_ids.replaces(f"PATCH /memory/{MEMORY_ID}", REFUSED, 400)
    result = await supersede(call)
    assert result.is_error
    sentence = f"Memory {OTHER_ID} is stored, but it could not be finished that it supersedes {MEMORY_ID}: no such"
    assert text_of(result).startswith(sentence)
    assert without_client_ids.requests(f"DELETE /memory/{OTHER_ID}") == []


async def test_an_end_that_lay_in_the_past_stays(call: Call, without_client_ids: MemoryService) -> None:
    ended = {**OLD, "t_invalid": "2020-01-01T00:00:00+00:00"}
    without_client_ids.replaces(f"GET /memory/{MEMORY_ID}", {"memory": ended})
    without_client_ids.replaces("POST /associate", REFUSED, 400)
    await supersede(call)
    mark, undone = changes(without_client_ids)
    assert mark["t_invalid"] == undone["t_invalid"] == "2020-01-01T00:00:00+00:00"
