"""Two keys never see each other's memories, and only so many tenants are open at once."""

import asyncio
from pathlib import Path

import pytest

from memory_api.errors import Overloaded
from memory_api.storage.base import Scope
from memory_api.storage.sqlite.storage import SqliteEngine
from memory_api.tenants import Tenants
from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import DIMENSION, axis, id_of, record
from tests.memory_api.conftest import StartApi

ALICE, BOB = {"X-API-Key": "key-a"}, {"X-API-Key": "key-b"}


@pytest.fixture
async def callers(start_api: StartApi) -> tuple[Api, Api]:
    api = await start_api(memory_api_keys="alice:key-a,bob:key-b")
    return api.as_caller(ALICE), api.as_caller(BOB)


async def test_what_one_stores_the_other_can_neither_find_nor_change(callers: tuple[Api, Api]) -> None:
    alice, bob = callers
    vector = axis(3, 384).tolist()
    stored = await alice.store("alice keeps a heron", id=id_of(1), tags=["birds"], embedding=vector)
    for method, body in (("GET", ...), ("PATCH", {"importance": 1}), ("DELETE", ...)):
        assert_refused(await bob.send(method, f"/memory/{stored}", body), 404, "Memory not found")
    assert await bob.recall("heron") == await bob.recall(embedding=vector) == await bob.recall(tags=["birds"]) == []
    assert (await bob.get("/memory/by-tag", {"tags": "birds"})).body["memories"] == []
    assert (await bob.send("DELETE", "/memory/by-tag", query={"tags": "birds"})).body["deleted_count"] == 0
    assert (await alice.count(), await bob.count()) == (1, 0)
    assert await alice.recall("heron") == [stored]


async def test_the_same_id_may_hold_other_content_for_each(callers: tuple[Api, Api]) -> None:
    for api, content in zip(callers, ("of alice", "of bob"), strict=True):
        await api.store(content, id=id_of(1))
    assert [(await api.memory(id_of(1)))["content"] for api in callers] == ["of alice", "of bob"]


async def test_memories_of_two_tenants_cannot_be_joined(callers: tuple[Api, Api]) -> None:
    alice, bob = callers
    ids = {"memory1_id": await alice.store("one"), "memory2_id": await bob.store("two")}
    for api in callers:
        assert_refused(await api.post("/associate", ids), 404, "do not exist")


async def test_several_keys_may_open_the_same_memories(start_api: StartApi) -> None:
    api = await start_api(automem_api_token="key-0", memory_api_keys="default:key-1,alice:key-a")
    stored = await api.as_caller({"X-API-Key": "key-0"}).store("shared")
    assert await api.as_caller({"X-API-Key": "key-1"}).recall("shared") == [stored]
    assert await api.as_caller(ALICE).recall("shared") == []


async def test_a_tenant_whose_file_cannot_be_used_gets_503_and_the_others_go_on(
    start_api: StartApi, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "bob.db").write_bytes(b"not a database at all, only some text" * 50)
    api = await start_api(memory_api_keys="alice:key-a,bob:key-b")
    answer = await api.as_caller(BOB).get("/recall")
    assert_refused(answer, 503)
    assert str(tmp_path) not in answer.body["message"]
    await api.as_caller(ALICE).store("goes on")


@pytest.fixture
def engine(tmp_path: Path) -> SqliteEngine:
    return SqliteEngine(tmp_path, "random-1", DIMENSION)


async def test_at_the_bound_the_one_unused_for_longest_is_closed_and_opens_again(engine: SqliteEngine) -> None:
    tenants = Tenants(engine, most_open=2)
    for name in ("one", "two", "three", "one", "two"):
        async with tenants.use(name) as storage:
            await storage.store([record(1, name)])
            assert await storage.browse(Scope(), "score", 5)
    async with tenants.use("one") as first, tenants.use("one") as second:
        assert first is second
    await tenants.close()


async def test_none_in_use_is_closed_so_one_too_many_has_to_wait(engine: SqliteEngine) -> None:
    tenants = Tenants(engine, most_open=2)
    async with tenants.use("one") as one, tenants.use("two"):
        with pytest.raises(Overloaded):
            async with tenants.use("three"):
                pass
        await one.store([record(1)])
    async with tenants.use("three") as three:
        assert three.count() == 0
    await tenants.close()


async def test_many_requests_for_few_places_are_served_or_refused_and_never_broken(engine: SqliteEngine) -> None:
    tenants = Tenants(engine, most_open=3)

    async def ask(number: int) -> bool:
        async with tenants.use(f"tenant{number % 5}") as storage:
            return (await storage.store([record(number)])) == [True]

    results = await asyncio.gather(*(ask(number) for number in range(60)), return_exceptions=True)
    assert {type(result) for result in results} <= {bool, Overloaded}
    assert any(result is True for result in results)
    kept = 0
    for number in range(5):
        async with tenants.use(f"tenant{number}") as storage:
            kept += storage.count()
    assert kept == results.count(True)
    await tenants.close()
