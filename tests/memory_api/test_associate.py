"""POST /associate and GET /memories/{id}/related: joining memories, and walking along."""

from itertools import pairwise
from typing import Any

import pytest

from memory_api.models.memory import RELATION_PROPERTIES, RELATION_TYPES
from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import id_of

ABSENT = id_of(99)
VALUES: dict[str, Any] = {"observations": 3, "confidence": 0.25, "timestamp": "2026-01-01T00:00:00+00:00"}


async def pair(api: Api) -> dict[str, str]:
    return {"memory1_id": await api.store("one"), "memory2_id": await api.store("two")}


async def related(api: Api, memory_id: str, **query: str) -> list[str]:
    answer = await api.get(f"/memories/{memory_id}/related", query)
    assert answer.status == 200, answer.body
    assert answer.body["count"] == len(answer.body["related_memories"])
    return [item["id"] for item in answer.body["related_memories"]]


async def test_two_memories_are_joined_and_each_is_related_to_the_other(api: Api) -> None:
    ids = await pair(api)
    answer = await api.post("/associate", ids)
    assert answer.status == 201
    assert answer.body == {
        "status": "success",
        "message": f"Association created between {ids['memory1_id']} and {ids['memory2_id']}",
        "relation_type": "RELATES_TO",
        "strength": 0.5,
    }
    assert await related(api, ids["memory1_id"]) == [ids["memory2_id"]]
    assert await related(api, ids["memory2_id"]) == [ids["memory1_id"]]


@pytest.mark.parametrize("kind", RELATION_TYPES)
async def test_every_type_echoes_the_properties_it_owns_and_no_others(api: Api, kind: str) -> None:
    everything = {name: VALUES.get(name, f"a {name}") for names in RELATION_PROPERTIES.values() for name in names}
    answer = await api.post("/associate", {**await pair(api), "type": kind.lower(), "strength": 0.75, **everything})
    assert answer.status == 201, answer.body
    echoed = {name: value for name, value in answer.body.items() if name not in ("status", "message")}
    assert echoed == {
        "relation_type": kind,
        "strength": 0.75,
        **{name: everything[name] for name in RELATION_PROPERTIES[kind]},
    }


async def test_joining_again_replaces_and_never_doubles(api: Api) -> None:
    ids = await pair(api)
    await api.post("/associate", {**ids, "strength": 0.1})
    await api.post("/associate", {**ids, "strength": 0.9})
    relations = (await api.post("/recall", {"query": "one", "limit": 1})).body["results"][0]["relations"]
    assert [(item["type"], item["strength"], item["memory"]["id"]) for item in relations] == [
        ("RELATES_TO", 0.9, ids["memory2_id"])
    ]


async def test_a_memory_that_does_not_exist_cannot_be_joined(api: Api) -> None:
    stored = await api.store("one")
    for ids in ((stored, ABSENT), (ABSENT, stored), (ABSENT, id_of(98))):
        answer = await api.post("/associate", dict(zip(("memory1_id", "memory2_id"), ids, strict=True)))
        assert_refused(answer, 404, "One or both memories do not exist")


async def test_a_memory_cannot_be_joined_with_itself_however_its_id_is_spelled(api: Api) -> None:
    stored = await api.store("one")
    answer = await api.post("/associate", {"memory1_id": stored, "memory2_id": stored.upper().replace("-", "")})
    assert_refused(answer, 400, "Cannot associate a memory with itself")


async def test_a_batch_stores_the_good_ones_and_tells_what_is_wrong_with_each_other(api: Api) -> None:
    ids = await pair(api)
    one, two = ids.values()
    items = [
        ids,
        "x",
        {"memory1_id": one},
        {"memory1_id": one, "memory2_id": "nope"},
        {"memory1_id": one, "memory2_id": one},
        {"memory1_id": one, "memory2_id": ABSENT},
        {**ids, "type": "NOPE"},
        {**ids, "strength": 2},
        {"memory1_id": two, "memory2_id": one, "type": "LEADS_TO", "strength": 0.2},
    ]
    answer = await api.post("/associate", {"associations": items})
    body = answer.body
    assert (answer.status, body["status"], body["created_count"], body["failed_count"]) == (
        207,
        "partial_success",
        2,
        7,
    )
    assert body["summary"] == "2/9 associations created successfully"
    assert [item["index"] for item in body["succeeded"]] == [0, 8]
    assert body["succeeded"][1] == {
        "index": 8,
        "memory1_id": two,
        "memory2_id": one,
        "relation_type": "LEADS_TO",
        "strength": 0.2,
    }
    reasons = {item["index"]: item["reason"] for item in body["failed"]}
    assert list(reasons) == [1, 2, 3, 4, 5, 6, 7]
    expected = [
        "must be an object",
        "are required",
        "memory2_id",
        "itself",
        "do not exist",
        "must be one of",
        "strength",
    ]
    assert all(word in reason for word, reason in zip(expected, reasons.values(), strict=True))


async def test_a_batch_of_500_is_stored_and_one_more_is_refused(api: Api) -> None:
    ids = await pair(api)
    whole = await api.post("/associate", {"associations": [ids] * 500})
    assert (whole.status, whole.body["status"], whole.body["created_count"]) == (201, "success", 500)
    assert_refused(await api.post("/associate", {"associations": [ids] * 501}), 400, "500", "associations")


@pytest.mark.parametrize("associations", [[], {}, "x", None, 5])
async def test_a_batch_needs_a_list_of_associations(api: Api, associations: Any) -> None:
    assert_refused(await api.post("/associate", {"associations": associations}), 400, "associations", "array")


async def test_a_batch_that_fails_altogether_is_told_so_too(api: Api) -> None:
    answer = await api.post("/associate", {"associations": [{"memory1_id": ABSENT, "memory2_id": id_of(98)}]})
    assert (answer.status, answer.body["created_count"], answer.body["failed_count"]) == (207, 0, 1)


async def test_the_answer_about_related_memories_tells_what_was_used(api: Api) -> None:
    ids = await pair(api)
    await api.post("/associate", ids)
    query = {"relationship_types": "part_of, relates_to,nope", "max_depth": "9", "limit": "0"}
    body = (await api.get(f"/memories/{ids['memory1_id']}/related", query)).body
    assert (body["relationship_types"], body["max_depth"], body["limit"]) == (["PART_OF", "RELATES_TO"], 3, 1)
    assert set(body["related_memories"][0]) == {
        "id",
        "type",
        "timestamp",
        "content",
        "importance",
        "confidence",
        "tags",
    }


async def test_relation_types_choose_what_is_followed(api: Api) -> None:
    ids = await pair(api)
    await api.post("/associate", {**ids, "type": "LEADS_TO"})
    assert await related(api, ids["memory1_id"], relationship_types="PART_OF") == []
    assert await related(api, ids["memory1_id"], relationship_types="leads_to") == [ids["memory2_id"]]
    assert await related(api, ids["memory1_id"], relationship_types="nope") == [ids["memory2_id"]]


async def test_relation_types_may_be_repeated(api: Api) -> None:
    ids = await pair(api)
    await api.post("/associate", {**ids, "type": "LEADS_TO"})
    query = [("relationship_types", "PART_OF"), ("relationship_types", "EXEMPLIFIES")]
    answer = await api.get(f"/memories/{ids['memory1_id']}/related", query)
    assert (answer.body["relationship_types"], answer.body["count"]) == (["EXEMPLIFIES", "PART_OF"], 0)


async def test_depth_reaches_further(api: Api) -> None:
    ids = [await api.store(f"note {n}", importance=1 - n / 10) for n in range(4)]
    for source, target in pairwise(ids):
        await api.post("/associate", {"memory1_id": source, "memory2_id": target})
    assert [await related(api, ids[0], max_depth=str(depth)) for depth in (1, 2, 3)] == [ids[1:2], ids[1:3], ids[1:]]


async def test_an_unknown_memory_is_related_to_nothing_and_no_uuid_is_refused(api: Api) -> None:
    assert await related(api, ABSENT) == []
    assert_refused(await api.get("/memories/nope/related"), 400, "memory_id must be a valid UUID")
