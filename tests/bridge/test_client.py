"""A method per REST endpoint: what each sends."""

import pytest

from bridge.client import MemoryClient
from bridge.errors import InvalidArguments, UpstreamBroken
from tests.bridge.stand_in import MEMORY_ID, OTHER_ID, MemoryService


async def test_the_key_and_the_request_id_travel_with_every_call(
    client: MemoryClient, memory_service: MemoryService
) -> None:
    memory_service.answers("GET /recall", {"results": []})
    await client.with_key("their-key", "request-7").recall({"query": "x"})
    await client.recall({"query": "x"})
    theirs, ours = memory_service.asked
    assert theirs.headers["Authorization"] == "Bearer their-key"
    assert theirs.headers["X-Request-Id"] == "request-7"
    assert ours.headers["Authorization"] == "Bearer secret-key"
    assert "X-Request-Id" not in ours.headers


async def test_without_a_key_none_is_sent(client: MemoryClient, memory_service: MemoryService) -> None:
    await client.with_key(None).health()
    assert "Authorization" not in memory_service.asked[0].headers


async def test_recall_repeats_a_parameter_for_each_entry_of_a_list(
    client: MemoryClient, memory_service: MemoryService
) -> None:
    memory_service.answers("GET /recall", {"results": []})
    await client.recall({"query": "a b&c", "tags": ["x", "ü"], "limit": 3, "queries": ["one, two"]})
    assert memory_service.asked[0].query == [
        ("query", "a b&c"),
        ("tags", "x"),
        ("tags", "ü"),
        ("limit", "3"),
        ("queries", "one, two"),
    ]


@pytest.mark.parametrize("question", [{"query": "x" * 5_000}, {"embedding": [0.5, 1.0]}])
async def test_recall_posts_what_does_not_fit_a_url(
    client: MemoryClient, memory_service: MemoryService, question: dict[str, object]
) -> None:
    memory_service.answers("POST /recall", {"results": []})
    await client.recall(question)
    assert memory_service.asked[0].body == question


async def test_a_store_keeps_the_id_it_was_given(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory", {"memory_id": OTHER_ID}, 201)
    answer = await client.store({"content": "ünï", "id": OTHER_ID})
    assert answer["memory_id"] == OTHER_ID
    assert memory_service.asked[0].body == {"content": "ünï", "id": OTHER_ID}


async def test_an_id_cannot_leave_its_place_in_the_path(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.answers("GET /memory/../health?x=#", {"memory": {}})
    await client.get("../health?x=#")
    assert memory_service.asked[0].path == "/memory/..%2Fhealth%3Fx%3D%23"


async def test_single_memories_are_got_changed_and_deleted_by_id(
    client: MemoryClient, memory_service: MemoryService
) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        memory_service.answers(f"{method} /memory/{MEMORY_ID}", {"memory": {"id": MEMORY_ID}, "memory_id": MEMORY_ID})
    assert (await client.get(MEMORY_ID))["memory"] == {"id": MEMORY_ID}
    await client.update(MEMORY_ID, {"tags": []})
    await client.delete(MEMORY_ID)
    assert [asked.method for asked in memory_service.asked] == ["GET", "PATCH", "DELETE"]
    assert memory_service.asked[1].body == {"tags": []}


async def test_tags_list_and_delete(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.answers("GET /memory/by-tag", {"memories": []})
    memory_service.answers("DELETE /memory/by-tag", {"deleted_count": 2})
    await client.by_tag(["a", "b"], limit=7, offset=14)
    assert (await client.delete_by_tag(["a"]))["deleted_count"] == 2
    assert memory_service.asked[0].query == [("tags", "a"), ("tags", "b"), ("limit", "7"), ("offset", "14")]
    assert memory_service.asked[1].query == [("tags", "a")]


async def test_associations_go_singly_or_together(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.answers("POST /associate", {"failed": [], "message": "done"}, 207)
    await client.associate({"type": "PART_OF"})
    await client.associate_batch([{"type": "PART_OF"}])
    assert [asked.body for asked in memory_service.asked] == [
        {"type": "PART_OF"},
        {"associations": [{"type": "PART_OF"}]},
    ]


async def test_tags_that_do_not_fit_a_url_are_deleted_in_groups_and_not_listed_in_part(
    client: MemoryClient, memory_service: MemoryService
) -> None:
    tags = [f"{number:03}" + "x" * 250 for number in range(40)]
    memory_service.answers("DELETE /memory/by-tag", {"deleted_count": 2})
    groups = len(tags) * 253 // 4_000 + 1
    assert await client.delete_by_tag(tags) == {"deleted_count": 2 * groups}
    assert [value for asked in memory_service.asked for _, value in asked.query] == tags
    with pytest.raises(InvalidArguments, match="smaller groups"):
        await client.by_tag(tags, limit=5, offset=0)


async def test_an_answer_without_what_was_asked_for_is_refused(
    client: MemoryClient, memory_service: MemoryService
) -> None:
    memory_service.answers("POST /memory", {"status": "success"}, 201)
    with pytest.raises(UpstreamBroken, match="without memory_id"):
        await client.store({"content": "x"})


async def test_a_large_batch_arrives_whole(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory/batch", {"memory_ids": []}, 201)
    memories = [{"content": "x" * 2_000, "embedding": [0.123456789] * 384} for _ in range(500)]
    await client.store_batch(memories)
    (asked,) = memory_service.asked
    assert len(asked.body["memories"]) == 500
    assert asked.headers["Content-Type"] == "application/json"
