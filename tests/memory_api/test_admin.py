"""What the operator sees, and nobody else: /metrics and /admin/stats; and what enrichment says of itself."""

import pytest

from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import id_of
from tests.memory_api.conftest import StartApi

ADMIN, ALICE = {"X-Admin-Token": "admin-token"}, {"X-API-Key": "key-a"}
PATHS = ("/metrics", "/admin/stats")


@pytest.fixture
async def watched(start_api: StartApi) -> Api:
    return await start_api(memory_api_keys="alice:key-a,bob:key-b", admin_api_token="admin-token")


async def text_of(api: Api, headers: dict[str, str]) -> str:
    async with api.client.get("/metrics", headers=headers) as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/plain")
        return await response.text()


@pytest.mark.parametrize("path", PATHS)
async def test_where_no_token_is_configured_nobody_gets_in(start_api: StartApi, path: str) -> None:
    api = await start_api(automem_api_token="key")
    for headers in ({}, {"X-API-Key": "key"}, {"X-Admin-Token": "key"}, {"X-Admin-Token": ""}):
        assert_refused(await api.send("GET", path, headers=headers), 403, "Admin token not configured")


@pytest.mark.parametrize("path", PATHS)
async def test_only_the_operators_token_opens_it(watched: Api, path: str) -> None:
    for headers in (
        {},
        ALICE,
        {"X-Admin-Token": "wrong"},
        {"X-Admin-Token": "wrong", "X-Admin-Api-Key": "admin-token"},
    ):
        assert_refused(await watched.send("GET", path, headers=headers), 401, "Admin authorization required")
    for headers in (ADMIN, {"X-Admin-Api-Key": "admin-token"}, {"Authorization": "Bearer admin-token"}):
        async with watched.client.get(path, headers=headers) as response:
            assert response.status == 200
    async with watched.client.get(path, params={"admin_token": "admin-token"}) as response:
        assert response.status == 200


async def test_the_operators_token_opens_no_memory(watched: Api) -> None:
    assert_refused(await watched.send("GET", "/recall", headers={**ADMIN, "X-API-Key": "admin-token"}), 401)


async def test_guesses_at_the_token_are_limited(watched: Api) -> None:
    wrong = {"X-Admin-Token": "wrong"}
    statuses = [(await watched.send("GET", "/metrics", headers=wrong)).status for _ in range(31)]
    assert statuses == [401] * 30 + [429]
    assert (await watched.send("GET", "/admin/stats", headers=ADMIN)).status == 200


async def test_requests_are_counted_by_route_and_status_and_never_by_path(watched: Api) -> None:
    alice = watched.as_caller(ALICE)
    await alice.store("one", id=id_of(1))
    for number in (1, 1, 2):
        await alice.get(f"/memory/{id_of(number)}")
    await alice.send("PROPFIND", "/walrus/velvet")
    text = await text_of(watched, ADMIN)
    for line in (
        'memory_api_requests_total{method="GET",route="/memory/{memory_id}",status="200"} 2.0',
        'memory_api_requests_total{method="GET",route="/memory/{memory_id}",status="404"} 1.0',
        'memory_api_requests_total{method="(unknown)",route="(unknown)",status="404"} 1.0',
        'memory_api_request_seconds_count{method="POST",route="/memory"} 1.0',
        "memory_api_embedding_seconds_count 1.0",
        'memory_api_memories{tenant="alice"} 1.0',
        "memory_api_open_tenants 2.0",
    ):
        assert line in text.splitlines()
    assert "walrus" not in text
    assert id_of(1) not in text


async def test_the_statistics_say_what_each_tenant_takes_up(watched: Api) -> None:
    await watched.as_caller(ALICE).store("one")
    body = (await watched.send("GET", "/admin/stats", headers=ADMIN)).body
    usage = {tenant["tenant"]: tenant for tenant in body["tenants"]}
    assert set(usage) == {"alice", "default"}
    assert usage["alice"]["memories"] == 1
    assert usage["alice"]["bytes"] > 1_000
    assert (body["open_tenants"], body["queue_depth"], body["embedding"]["texts"]) == (2, 0, 1)
    (stored,) = [route for route in body["requests"] if route["method"] == "POST"]
    assert (stored["route"], stored["requests"], stored["errors"], stored["statuses"]) == ("/memory", 1, 0, {"201": 1})
    assert stored["mean_ms"] > 0


async def test_two_services_in_one_process_count_apart(
    start_api: StartApi, watched: Api, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = await start_api(tmp_path_factory.mktemp("other"), automem_api_token="key", admin_api_token="admin-token")
    await watched.as_caller(ALICE).store("one")
    assert 'route="/memory"' not in await text_of(other, ADMIN)


async def test_enrichment_has_nothing_left_to_do(start_api: StartApi) -> None:
    api = await start_api()
    empty = (await api.get("/enrichment/status")).body
    assert (empty["stats"]["processed_total"], empty["stats"]["last_success_id"]) == (0, None)
    stored = await api.store("Ada Lovelace met Charles Babbage in London")
    body = (await api.get("/enrichment/status")).body
    assert [body[name] for name in ("status", "queue_size", "pending", "inflight")] == ["running", 0, 0, 0]
    assert (body["stats"]["processed_total"], body["stats"]["failures"]) == (1, 0)
    assert body["stats"]["last_success_id"] == stored
    health = (await api.get("/health")).body["enrichment"]
    assert health == {"status": "running", "queue_depth": 0, "pending": 0, "inflight": 0, "processed": 1, "failed": 0}
    assert "people" in (await api.memory(stored))["metadata"]["entities"]


async def test_enrichment_tells_strangers_no_count(watched: Api) -> None:
    await watched.as_caller(ALICE).store("one")
    assert (await watched.get("/health")).body["enrichment"]["processed"] is None
    assert (await watched.get("/enrichment/status")).status == 401
    mine = (await watched.as_caller({"X-API-Key": "key-b"}).get("/enrichment/status")).body
    assert mine["stats"]["processed_total"] == 0
