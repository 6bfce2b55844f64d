"""GET /health and GET /ready."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from tests.bridge.stand_in import MemoryService, Served, until


def asked_since(memory_service: MemoryService, before: int) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        return len(memory_service.requests("GET /health")) > before

    return asked


async def test_health_answers_while_the_memory_service_is_silent(served: Served, memory_service: MemoryService) -> None:
    released = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        await released.wait()
        return web.json_response({"status": "healthy"})

    memory_service.replaces("GET /health", silent)
    async with served() as bridge:
        async with bridge.http.get("/health") as response:
            body = await response.json()
        assert response.status == 200
        assert (body["status"], body["upstream"], body["checked_at"]) == ("starting", "unknown", None)
        released.set()
        assert await bridge.status("GET", "/ready") == 200


async def test_health_tells_what_the_last_probe_found(served: Served) -> None:
    async with served() as bridge:
        await bridge.status("GET", "/ready")
        async with bridge.http.get("/health", headers={"X-Request-Id": "r-1"}) as response:
            body = await response.json()
    assert body.pop("checked_at") <= body.pop("timestamp")
    assert body.pop("version")
    assert body == {
        "status": "healthy",
        "transports": ["streamable-http", "sse"],
        "endpoints": {"streamableHttp": "/mcp", "sse": "/mcp/sse"},
        "upstream": "reachable",
        "upstream_error": None,
        "request_id": "r-1",
    }


@pytest.mark.parametrize(
    ("answer", "status", "upstream", "error"),
    [
        ({"status": "degraded"}, 200, "reachable", "The memory service says that it is degraded."),
        ({"message": "closing"}, 503, "unreachable", "unavailable: it is busy or restarting (tried once)."),
        ("no JSON", 200, "unreachable", "gave an answer that is not a JSON object"),
    ],
)
async def test_an_unhealthy_memory_service_is_not_ready_but_the_bridge_lives(
    served: Served, memory_service: MemoryService, answer: object, status: int, upstream: str, error: str
) -> None:
    memory_service.replaces("GET /health", answer, status)
    async with served() as bridge:
        async with bridge.http.get("/ready") as response:
            ready = await response.json()
            assert response.status == 503
        async with bridge.http.get("/health") as response:
            alive = await response.json()
            assert response.status == 200
    assert (ready["status"], ready["upstream"]) == ("degraded", upstream)
    assert error in ready["upstream_error"]
    assert alive["status"] == "degraded"


async def test_callers_at_once_share_one_probe(served: Served, memory_service: MemoryService) -> None:
    async with served() as bridge:
        await bridge.status("GET", "/ready")
        before = len(memory_service.requests("GET /health"))
        released = asyncio.Event()

        async def slow(_: web.Request) -> web.Response:
            await released.wait()
            return web.json_response({"status": "healthy"})

        memory_service.replaces("GET /health", slow)
        waiting = [asyncio.create_task(bridge.status("GET", "/ready")) for _ in range(5)]
        await until(asked_since(memory_service, before))
        released.set()
        assert set(await asyncio.gather(*waiting)) == {200}
    assert len(memory_service.requests("GET /health")) == before + 1


async def test_it_keeps_probing_by_itself(served: Served, memory_service: MemoryService) -> None:
    async with served(health_probe_interval_ms=100):
        await until(asked_since(memory_service, 2))
