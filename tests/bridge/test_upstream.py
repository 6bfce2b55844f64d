"""Calls to the memory service: what is repeated, how failures read, what is bounded."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bridge.client import MemoryClient
from bridge.errors import (
    UpstreamBroken,
    UpstreamError,
    UpstreamNotFound,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnauthorized,
    UpstreamUnavailable,
)
from bridge.upstream import Upstream
from tests.bridge.stand_in import MEMORY_ID, MemoryService, Pauses

STORED = {"status": "success", "memory_id": MEMORY_ID}
FOUND = {"status": "success", "results": [], "count": 0}
BUSY = {"status": "error", "code": 503, "message": "The writer is busy"}


async def never(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(10)
    raise AssertionError("nobody waits this long")


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@pytest.fixture
async def unreachable(pauses: Pauses) -> AsyncIterator[MemoryClient]:
    """A client of an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with Upstream(f"http://127.0.0.1:{port}", sleep=pauses) as upstream:
        yield MemoryClient(upstream, "secret-key")


async def test_a_read_is_repeated_until_it_succeeds(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", BUSY, 503)
    memory_service.answers("GET /recall", BUSY, 429)
    memory_service.answers("GET /recall", FOUND)
    assert (await client.recall({"query": "x"}))["count"] == 0
    assert len(memory_service.requests("GET /recall")) == 3


async def test_pauses_grow_and_keep_to_retry_after(
    client: MemoryClient, memory_service: MemoryService, pauses: Pauses
) -> None:
    memory_service.answers("GET /recall", BUSY, 503)
    memory_service.answers("GET /recall", BUSY, 503)
    memory_service.answers("GET /recall", FOUND)
    await client.recall({"query": "x"})
    assert pauses.seconds == [0.25, 0.5]
    memory_service.answers("DELETE /memory/by-tag", BUSY, 503, **{"Retry-After": "2"})
    memory_service.answers("DELETE /memory/by-tag", {"deleted_count": 0})
    assert (await client.delete_by_tag(["a"]))["uncertain"]
    assert pauses.seconds[2:] == [2.0]


async def test_a_service_that_asks_for_a_long_pause_is_not_waited_for(
    client: MemoryClient, memory_service: MemoryService, pauses: Pauses
) -> None:
    memory_service.answers("GET /recall", BUSY, 429, **{"Retry-After": "3600"})
    with pytest.raises(UpstreamUnavailable, match=r"too many requests \(tried once\)"):
        await client.recall({"query": "x"})
    assert pauses.seconds == []


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
async def test_a_store_is_repeated_with_its_id_where_the_service_honours_ids(
    client: MemoryClient, memory_service: MemoryService, status: int
) -> None:
    memory_service.answers("POST /memory", BUSY, status)
    memory_service.answers("POST /memory", STORED, 201)
    await client.store({"content": "x"})
    first, second = memory_service.requests("POST /memory")
    assert first.body["id"] == second.body["id"]


async def test_a_batch_is_repeated_with_the_same_id_for_each_memory(
    client: MemoryClient, memory_service: MemoryService
) -> None:
    memory_service.answers("POST /memory/batch", BUSY, 503)
    memory_service.answers("POST /memory/batch", {"memory_ids": ["a", "b"]}, 201)
    await client.store_batch([{"content": "x"}, {"content": "y", "id": MEMORY_ID}])
    first, second = memory_service.requests("POST /memory/batch")
    assert first.body == second.body
    assert first.body["memories"][1]["id"] == MEMORY_ID
    assert len({memory["id"] for memory in first.body["memories"]}) == 2


@pytest.mark.parametrize("health", [{"status": "healthy"}, {"client_ids": "yes"}, "not JSON"])
async def test_a_store_is_not_repeated_where_ids_are_not_honoured(
    memory_service: MemoryService, pauses: Pauses, health: object
) -> None:
    memory_service.replaces("GET /health", health)
    memory_service.answers("POST /memory", BUSY, 503)
    async with Upstream(memory_service.url, sleep=pauses) as upstream:
        with pytest.raises(UpstreamUnavailable, match="tried once"):
            await MemoryClient(upstream, None).store({"content": "x"})
    assert pauses.seconds == []


async def test_what_health_says_about_ids_is_remembered(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory", BUSY, 503)
    for _ in range(2):
        with pytest.raises(UpstreamUnavailable):
            await client.store({"content": "x"})
    assert len(memory_service.requests("GET /health")) == 1


async def test_a_refused_connection_is_tried_again_whatever_the_call(unreachable: MemoryClient, pauses: Pauses) -> None:
    with pytest.raises(UpstreamUnavailable, match=r"cannot be reached \(tried 3 times\). Try again later"):
        await unreachable.store({"content": "x"})
    assert len(pauses.seconds) == 2


async def test_a_silent_service_ends_in_a_timeout(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.handles("GET /recall", never)
    with pytest.raises(UpstreamTimeout, match=r"did not answer in time \(tried 3 times\). Try again later"):
        await client.recall({"query": "x"})


async def test_a_store_whose_fate_is_unknown_says_so(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.replaces("GET /health", {"status": "healthy"})
    memory_service.handles("POST /memory", never)
    with pytest.raises(UpstreamTimeout, match="may have been carried out all the same: recall before"):
        await client.store({"content": "x"})


async def test_a_broken_connection_is_an_unknown_fate_too(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.handles("PATCH /memory/" + MEMORY_ID, hang_up)
    with pytest.raises(UpstreamUnavailable, match=r"the connection broke .*may have been carried out"):
        await client.update(MEMORY_ID, {"content": "x"})
    assert len(memory_service.asked) == 3


async def test_a_delete_that_is_gone_after_a_lost_answer_is_done(
    client: MemoryClient, memory_service: MemoryService
) -> None:
    memory_service.handles("DELETE /memory/" + MEMORY_ID, never)
    memory_service.answers("DELETE /memory/" + MEMORY_ID, {"message": "Memory not found"}, 404)
    await client.delete(MEMORY_ID)
    with pytest.raises(UpstreamNotFound):
        await client.delete(MEMORY_ID)


@pytest.mark.parametrize(
    ("status", "body", "kind", "sentence"),
    [
        (400, {"message": "'content' is required"}, UpstreamRejected, "'content' is required"),
        (400, {"message": " ", "detail": "from detail"}, UpstreamRejected, "from detail"),
        (409, {"error": "two\nlines"}, UpstreamRejected, "two lines"),
        (422, "<html>", UpstreamRejected, "HTTP status 422"),
        (404, {"message": "Memory not found"}, UpstreamNotFound, "Memory not found. Recall the memory to find"),
        (401, {"message": "Unauthorized"}, UpstreamUnauthorized, "The memory service refused this key."),
        (403, {}, UpstreamUnauthorized, "The memory service refused this key."),
        (500, {"message": "File /srv/app.py"}, UpstreamBroken, "The memory service failed with HTTP status 500."),
        (
            400,
            {"message": "bad \x1b[31m postgres://u:p@db/x\nfor secret-key"},
            UpstreamRejected,
            "bad [31m [address] for [key]",
        ),
        (302, {}, UpstreamBroken, "HTTP status 302"),
        (200, "[]", UpstreamBroken, "not a JSON object"),
        (200, "[" * 100_000, UpstreamBroken, "not a JSON object"),
        (200, {"results": {}}, UpstreamBroken, "without results"),
    ],
)
async def test_every_failure_is_a_sentence_and_is_not_repeated(
    client: MemoryClient,
    memory_service: MemoryService,
    status: int,
    body: object,
    kind: type[UpstreamError],
    sentence: str,
) -> None:
    memory_service.answers("GET /recall", body, status, **({"Location": "/"} if status == 302 else {}))
    with pytest.raises(kind) as caught:
        await client.recall({"query": "x"})
    assert sentence in str(caught.value)
    assert len(memory_service.asked) == 1
    assert "secret-key" not in str(caught.value)
    assert memory_service.url not in str(caught.value)


async def test_a_missing_key_is_told_from_a_wrong_one(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {}, 401)
    with pytest.raises(UpstreamUnauthorized, match="needs a key and this call carries none"):
        await client.with_key(None).recall({"query": "x"})


async def test_long_messages_are_cut(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"message": "x" * 10_000}, 400)
    with pytest.raises(UpstreamRejected) as caught:
        await client.recall({"query": "x"})
    assert len(str(caught.value)) == 500


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": ["x" * 2_000]})
    async with Upstream(memory_service.url, max_answer_bytes=1_000) as upstream:
        with pytest.raises(UpstreamBroken, match="too large"):
            await MemoryClient(upstream, None).recall({"query": "x"})


async def test_a_probe_is_asked_once(client: MemoryClient, memory_service: MemoryService, pauses: Pauses) -> None:
    memory_service.replaces("GET /health", BUSY, 503)
    with pytest.raises(UpstreamUnavailable, match=r"it is busy or restarting \(tried once\)"):
        await client.health()
    assert pauses.seconds == []


async def test_using_it_before_entering_it_is_a_mistake_of_ours() -> None:
    with pytest.raises(RuntimeError, match="before it was entered"):
        await MemoryClient(Upstream("http://127.0.0.1:1"), None).health()
