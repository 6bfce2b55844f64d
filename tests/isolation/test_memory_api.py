"""Three tenants of one memory_api, each trying every endpoint with everything that belongs to the others."""

from typing import Any

import pytest

from tests.isolation.conftest import Callers
from tests.isolation.tenants import (
    EACH,
    PEOPLE,
    TENANTS,
    assert_only_of,
    entity,
    id_of,
    note,
    others,
    own,
    snapshot,
    total,
)
from tests.memory_api.api import assert_refused


@pytest.mark.parametrize("tenant", TENANTS)
async def test_the_ids_of_others_are_ids_of_nothing(callers: Callers, tenant: str) -> None:
    mine = callers[tenant]
    before = {other: await snapshot(callers[other]) for other in others(tenant)}
    for other in others(tenant):
        for number in (0, 7, EACH - 1):
            foreign = id_of(other, number)
            unknown = id_of(tenant, 999_999)
            for method, body in (("GET", ...), ("PATCH", {"content": "taken over"}), ("DELETE", ...)):
                answers = [await mine.send(method, f"/memory/{memory_id}", body) for memory_id in (foreign, unknown)]
                assert_refused(answers[0], 404, "Memory not found")
                assert answers[0].body == answers[1].body
            related = (await mine.get(f"/memories/{foreign}/related", {"max_depth": "3"})).body
            assert related["related_memories"] == []
            for pair in ((foreign, id_of(tenant, 1)), (id_of(tenant, 1), foreign), (foreign, id_of(other, 1))):
                ids = dict(zip(("memory1_id", "memory2_id"), pair, strict=True))
                if len(set(pair)) == 2:
                    assert_refused(await mine.post("/associate", ids), 404, "do not exist")
                    batch = (await mine.post("/associate", {"associations": [ids]})).body
                    assert (batch["created_count"], batch["failed_count"]) == (0, 1)
    assert {other: await snapshot(callers[other]) for other in others(tenant)} == before


@pytest.mark.parametrize("tenant", TENANTS)
async def test_nothing_can_be_superseded_that_belongs_to_another(callers: Callers, tenant: str) -> None:
    for other in others(tenant):
        body = {"content": "in its place", "supersedes": {"id": id_of(other, 3)}}
        for relation in ("INVALIDATED_BY", "EVOLVED_INTO"):
            body["supersedes"] = {"id": id_of(other, 3), "relation": relation}
            assert (await callers[tenant].post("/memory", body)).status == 404
            assert (await callers[tenant].post("/memory/batch", {"memories": [body]})).status == 404
        assert "t_invalid" not in await callers[other].memory(id_of(other, 3))
    assert await callers[tenant].count() == total(tenant)


RECALLS: list[dict[str, Any]] = [
    {},
    {"query": "heron"},
    {"query": "heron", "limit": 200, "offset": 100},
    {"query": "heron", "sort": "time_desc", "limit": 200},
    {"limit": 200, "offset": 200},
    {"limit": 200, "offset": 10_000},
    {"tags": ["shared"], "limit": 200},
    {"query": "heron", "expand_relations": True, "expand_depth": 3, "expand_entities": True},
    {"query": "heron", "state_mode": "history", "state_debug": True},
    {"start": "2026-01-01", "end": "2026-02-01", "limit": 200},
]


def recalls_for(other: str) -> list[dict[str, Any]]:
    """Recalls by what only another tenant has."""
    return [
        {"query": note(other, 5)["content"], "limit": 200},
        {"queries": [PEOPLE[other], f"{other}land"], "limit": 200},
        {"query": PEOPLE[other], "auto_decompose": True, "expand_entities": True, "limit": 200},
        {"tags": [f"of:{other}"]},
        {"tags": [f"of:{other}"], "query": "heron", "scope_fallback": True, "limit": 50},
        {"tags": [entity(other)]},
        {"tags": ["entity:people"], "limit": 200},
        {"query": "heron", "priority_ids": [id_of(other, number) for number in range(100)]},
        {"query": "heron", "context": f"{other}land", "context_tags": [f"of:{other}", entity(other)]},
    ]


@pytest.mark.parametrize("tenant", TENANTS)
async def test_recall_finds_nothing_of_others_whatever_is_asked(callers: Callers, tenant: str) -> None:
    asked = [*RECALLS, *(recall for other in others(tenant) for recall in recalls_for(other))]
    for recall in asked:
        answer = await callers[tenant].post("/recall", recall)
        assert answer.status == 200
        assert {result["id"] for result in answer.body["results"]} <= own(tenant), recall
        assert_only_of(tenant, answer.body["results"])
    for other in others(tenant):
        assert await callers[tenant].recall(tags=[f"of:{other}"]) == []
        assert await callers[tenant].recall(tags=[entity(other)]) == []


@pytest.mark.parametrize("tenant", TENANTS)
async def test_a_vector_of_another_finds_only_what_is_ones_own(callers: Callers, tenant: str) -> None:
    for place in range(0, 384, 16):
        vector = [float(axis == place) for axis in range(384)]
        assert set(await callers[tenant].recall(embedding=vector, limit=200)) <= own(tenant)


@pytest.mark.parametrize("tenant", TENANTS)
async def test_pages_by_tag_hold_and_delete_only_what_is_ones_own(callers: Callers, tenant: str) -> None:
    mine = await snapshot(callers[tenant])
    assert {memory["id"] for memory in mine} == own(tenant)
    assert_only_of(tenant, mine)
    for other in others(tenant):
        assert (await callers[tenant].get("/memory/by-tag", {"tags": f"of:{other}"})).body["count"] == 0
        deleted = await callers[tenant].send("DELETE", "/memory/by-tag", query={"tags": f"of:{other}"})
        assert deleted.body["deleted_count"] == 0
    deleted = await callers[tenant].send("DELETE", "/memory/by-tag", query={"tags": "shared"})
    assert deleted.body["deleted_count"] == total(tenant)
    assert [await callers[other].count() for other in others(tenant)] == [total(other) for other in others(tenant)]


async def test_neighbourhoods_stay_inside(callers: Callers) -> None:
    kinds = "RELATES_TO,SIMILAR_TO,PRECEDED_BY"
    for tenant, caller in callers.items():
        for number in (0, 50, EACH - 1):
            query = {"relationship_types": kinds, "max_depth": "3", "limit": "200"}
            body = (await caller.get(f"/memories/{id_of(tenant, number)}/related", query)).body
            assert body["count"] > 0
            assert {memory["id"] for memory in body["related_memories"]} <= own(tenant)


async def test_counts_and_the_state_of_enrichment_are_each_ones_own(callers: Callers) -> None:
    for tenant, caller in callers.items():
        everything = total(tenant)
        health = (await caller.get("/health")).body
        assert (health["memory_count"], health["vector_count"], health["enrichment"]["processed"]) == (everything,) * 3
        stats = (await caller.get("/enrichment/status")).body["stats"]
        assert stats["processed_total"] == everything
        assert stats["last_success_id"] in own(tenant)
    stranger = next(iter(callers.values())).as_caller({})
    assert (await stranger.get("/health")).body["memory_count"] is None


async def test_an_id_that_another_uses_is_free(callers: Callers) -> None:
    alice, bob = callers["alice"], callers["bob"]
    taken = id_of("bob", 7)
    await alice.store("a heron of alice's own", id=taken)
    assert (await alice.memory(taken))["content"] == "a heron of alice's own"
    assert (await bob.memory(taken))["content"] == note("bob", 7)["content"]
    await alice.send("DELETE", f"/memory/{taken}")
    assert (await bob.memory(taken))["id"] == taken
