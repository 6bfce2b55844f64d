"""GET /health answers everyone, and shows counts to those whose memories they are."""

from tests.memory_api.builders import id_of
from tests.memory_api.conftest import StartApi

KEY = {"X-API-Key": "key-0"}


async def test_it_says_what_a_client_may_rely_on(start_api: StartApi) -> None:
    body = (await (await start_api()).get("/health")).body
    assert (body["status"], body["storage"], body["client_ids"]) == ("healthy", "sqlite", True)
    assert body["embedder"] == {"provider": "hashing", "model": "hashing-384-1", "dimension": 384}
    assert body["vector_dimensions"] == {"configured": 384, "effective": 384, "collection": 384, "mismatch": False}
    contract = "falkordb qdrant sync_status graph enrichment timestamp memory_count vector_count version"
    assert set(contract.split()) <= set(body)


async def test_counts_follow_every_write_at_once(start_api: StartApi) -> None:
    api = await start_api()
    assert await api.count() == 0
    await api.store("one", id=id_of(1))
    assert await api.count() == 1
    await api.send("DELETE", f"/memory/{id_of(1)}")
    body = (await api.get("/health")).body
    assert (body["memory_count"], body["vector_count"], body["status"]) == (0, 0, "healthy")


async def test_it_answers_without_a_key_or_with_a_wrong_one(start_api: StartApi) -> None:
    api = await start_api(automem_api_token="key-0", memory_api_keys="alice:key-a")
    for headers in ({}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer wrong"}):
        answer = await api.as_caller(headers).get("/health")
        assert (answer.status, answer.body["memory_count"], answer.body["vector_count"]) == (200, None, None)


async def test_each_key_sees_its_own_count(start_api: StartApi) -> None:
    api = await start_api(automem_api_token="key-0", memory_api_keys="alice:key-a")
    await api.as_caller(KEY).store("x")
    assert await api.as_caller(KEY).count() == 1
    assert await api.as_caller({"X-API-Key": "key-a"}).count() == 0


async def test_an_installation_of_one_tenant_shows_its_count_to_everyone(start_api: StartApi) -> None:
    api = await start_api(automem_api_token="key-0")
    await api.as_caller(KEY).store("x")
    assert (await api.get("/health")).body["memory_count"] == 1
