"""What the operator sees of a running bridge, and what nobody else does."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.bridge.mcp.wire import LIST, calling, events_of, first, lines_of, opened
from tests.bridge.stand_in import Bridge, MemoryService, Served, until

ADMIN = {"X-Admin-Token": "t0ken"}
KEYS: dict[str, Any] = {"mcp_api_keys": "ada:k1,bob:k2", "admin_api_token": "t0ken"}
ENDPOINTS = [("GET", "/metrics"), ("GET", "/admin/stats"), ("GET", "/admin/sessions"), ("DELETE", "/admin/sessions/x")]


async def sessions(bridge: Bridge) -> list[dict[str, Any]]:
    async with bridge.http.get("/admin/sessions", headers=ADMIN) as response:
        answer = await response.json()
        assert answer["active_sessions"] == len(answer["sessions"])
        found: list[dict[str, Any]] = answer["sessions"]
        return found


async def recalled(bridge: Bridge, headers: dict[str, str]) -> None:
    async with bridge.http.post("/mcp", json=calling("recall_memory", query="private"), headers=headers) as response:
        await events_of(response)


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_without_a_configured_token_nobody_sees_anything(served: Served, method: str, path: str) -> None:
    async with served(mcp_api_keys="ada:k1") as bridge:
        for headers in ({}, {"X-API-Key": "k1"}, {"X-Admin-Token": ""}):
            assert await bridge.status(method, path, headers=headers) == 403


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_a_callers_key_does_not_open_it(served: Served, method: str, path: str) -> None:
    async with served(**KEYS) as bridge:
        for headers in ({}, {"X-API-Key": "k1"}, {"Authorization": "Bearer k1"}, {"X-Admin-Token": "wrong"}):
            assert await bridge.status(method, path, headers=headers) == 401


async def test_the_operators_token_opens_no_memory(served: Served) -> None:
    async with served(**KEYS) as bridge:
        for headers in (ADMIN, {"Authorization": "Bearer t0ken"}, {"X-API-Key": "t0ken"}):
            assert await bridge.status("POST", "/mcp", headers=headers) == 401


async def test_metrics_tell_calls_requests_refusals_and_what_is_open(
    served: Served, memory_service: MemoryService
) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with served(**KEYS) as bridge:
        await recalled(bridge, await opened(bridge, **{"X-API-Key": "k1"}))
        await bridge.status("POST", "/mcp")
        await bridge.status("GET", "/ready")
        async with bridge.http.get("/metrics", headers=ADMIN) as response:
            assert response.headers["Content-Type"].startswith("text/plain")
            lines = (await response.text()).splitlines()
    for line in (
        'memory_bridge_tool_call_seconds_count{outcome="ok",tool="recall_memory"} 1.0',
        'memory_bridge_request_seconds_count{method="POST",path="/mcp",status="200"} 2.0',
        'memory_bridge_refused_total{rule="key"} 1.0',
        "memory_bridge_sessions 1.0",
        "memory_bridge_sse_streams 0.0",
        "memory_bridge_running_requests 0.0",
        "memory_bridge_waiting_requests 0.0",
        "memory_bridge_upstream_up 1.0",
    ):
        assert line in lines
    assert "private" not in str(lines)


async def test_stats_are_the_same_for_people(served: Served, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"message": "no"}, 400)
    async with served(**KEYS) as bridge:
        await recalled(bridge, await opened(bridge, **{"X-API-Key": "k1"}))
        await bridge.status("GET", "/ready")
        async with bridge.http.get("/admin/stats", headers=ADMIN) as response:
            stats = await response.json()
    assert stats["calls"] == {"recall_memory": {"UpstreamRejected": 1}}
    assert stats["sessions"] == {"streamable-http": 1, "sse": 0}
    assert stats["turns"] == {"running": 0, "waiting": 0}
    assert stats["upstream"]["status"] == "healthy"
    assert stats["requests"]["200"] == 3
    assert stats["uptime_seconds"] >= 0


async def test_a_session_is_listed_by_its_key_and_never_by_its_id(served: Served) -> None:
    async with served(**KEYS) as bridge:
        ada = await opened(bridge, **{"X-API-Key": "k1"})
        async with bridge.http.get("/mcp/sse?api_key=k2") as stream:
            endpoint = (await first(lines_of(stream), 2))[1]
            listed = await sessions(bridge)
    assert [(each["key"], each["transport"]) for each in listed] == [("ada", "streamable-http"), ("bob", "sse")]
    assert all(each["age_seconds"] >= 0 and len(each["id"]) == 16 for each in listed)
    assert ada["Mcp-Session-Id"] not in json.dumps(listed)
    assert listed[1]["id"] not in endpoint


async def test_a_session_that_the_operator_ends_is_over_for_good(served: Served) -> None:
    async with served(**KEYS) as bridge:
        ada = await opened(bridge, **{"X-API-Key": "k1"})
        (listed,) = await sessions(bridge)
        path = f"/admin/sessions/{listed['id']}"
        assert await bridge.status("DELETE", path, headers=ADMIN) == 204
        assert await bridge.status("POST", "/mcp", json=LIST, headers=ada) == 404
        assert await sessions(bridge) == []
        assert await bridge.status("DELETE", path, headers=ADMIN) == 404
        await opened(bridge, **{"X-API-Key": "k1"})


async def test_a_stream_that_the_operator_ends_is_closed(served: Served) -> None:
    async with served(**KEYS) as bridge, bridge.http.get("/mcp/sse?api_key=k2") as stream:
        await first(lines_of(stream), 2)
        (listed,) = await sessions(bridge)
        assert await bridge.status("DELETE", f"/admin/sessions/{listed['id']}", headers=ADMIN) == 204
        assert await stream.content.read() == b"\r\n"

        async def is_gone() -> bool:
            return not await sessions(bridge)

        await until(is_gone)


async def test_session_ids_stand_in_no_line_of_a_request(served: Served) -> None:
    with capture_logs() as lines:
        async with served(**KEYS) as bridge:
            ada = await opened(bridge, **{"X-API-Key": "k1"})
            assert await bridge.status("POST", "/mcp", json=LIST, headers={**ada, "X-API-Key": "k2"}) == 404
    assert ada["Mcp-Session-Id"] not in str(lines)
