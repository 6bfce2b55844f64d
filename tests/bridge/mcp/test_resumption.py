"""Resuming a stream whose connection broke, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from tests.bridge.mcp.wire import ACCEPT, INITIALIZE, LIST, calling, events_of, next_event, opened
from tests.bridge.stand_in import Bridge, MemoryService, Served, until

CALL = calling("recall_memory", query="x")


@dataclass
class Gate:
    """Holds the memory service's answers back until it is opened."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, _: web.Request) -> web.StreamResponse:
        self.reached.set()
        await self.open.wait()
        return web.json_response({"results": []})


@pytest.fixture
def gate(memory_service: MemoryService) -> Gate:
    gate = Gate()
    memory_service.handles("GET /recall", gate.answer)
    return gate


@asynccontextmanager
async def broken_off(bridge: Bridge, headers: dict[str, str], gate: Gate, call: Any = CALL) -> AsyncIterator[str]:
    """A call whose connection is cut while it runs; gives the id to resume from."""
    response = await bridge.http.post("/mcp", json=call, headers=headers)
    priming = await next_event(response)
    assert priming is not None
    assert priming.message is None
    await gate.reached.wait()
    response.close()
    yield priming.id


async def test_a_call_goes_on_without_its_connection_and_its_answer_is_resumed(served: Served, gate: Gate) -> None:
    async with served() as bridge:
        headers = await opened(bridge)
        async with broken_off(bridge, headers, gate) as last:
            gate.open.set()
            async with bridge.http.get("/mcp", headers={**headers, "Last-Event-ID": last}) as response:
                assert response.status == 200
                assert response.headers["Mcp-Session-Id"] == headers["Mcp-Session-Id"]
                (event,) = await events_of(response)
        assert event.message["id"] == CALL["id"]
        assert event.message["result"]["content"][0]["text"] == "No memories found."


async def test_a_stream_that_is_resumed_while_the_call_runs_ends_right_after_the_answer(
    served: Served, gate: Gate
) -> None:
    async with served() as bridge:
        headers = await opened(bridge)
        async with broken_off(bridge, headers, gate) as last:
            async with bridge.http.get("/mcp", headers={**headers, "Last-Event-ID": last}) as response:
                assert response.status == 200
                gate.open.set()
                async with asyncio.timeout(2):
                    (event,) = await events_of(response)
            assert event.message["id"] == CALL["id"]
            # The answer was had, so nothing is left; the stream is there all the same, and at its end.
            async with bridge.http.get("/mcp", headers={**headers, "Last-Event-ID": event.id}) as response:
                assert await events_of(response) == []


async def test_resuming_again_and_again_gives_the_answer_once_to_the_last(served: Served, gate: Gate) -> None:
    async with served() as bridge:
        headers = await opened(bridge)
        async with broken_off(bridge, headers, gate) as last:
            resumed = {**headers, "Last-Event-ID": last}
            async with (
                bridge.http.get("/mcp", headers=resumed) as first,
                bridge.http.get("/mcp", headers=resumed) as second,
            ):
                assert await events_of(first) == []
                gate.open.set()
                assert [event.message["id"] for event in await events_of(second)] == [CALL["id"]]


async def test_no_session_resumes_the_stream_of_another_one(served: Served, gate: Gate) -> None:
    async with served() as bridge:
        mine, theirs = await opened(bridge), await opened(bridge)
        async with broken_off(bridge, theirs, gate) as last:
            gate.open.set()
            async with bridge.http.get("/mcp", headers={**mine, "Last-Event-ID": last}) as response:
                assert response.status == 400
                assert "No memories" not in await response.text()


@pytest.mark.parametrize("json_response", [False, True])
async def test_an_unknown_event_is_a_bad_request_and_the_session_lives_on(served: Served, json_response: bool) -> None:
    async with served(mcp_json_response=json_response) as bridge:
        headers = await opened(bridge)
        async with bridge.http.get("/mcp", headers={**headers, "Last-Event-ID": "nothing"}) as response:
            assert response.status == 400
            assert "Last-Event-ID" in (await response.json())["error"]["message"]
        assert await bridge.status("POST", "/mcp", json=LIST, headers=headers) == 200


async def test_events_that_are_too_old_are_not_held(served: Served, gate: Gate) -> None:
    async with served(mcp_session_ttl_seconds=0.2) as bridge:
        headers = await opened(bridge)
        async with broken_off(bridge, headers, gate) as last, bridge.http.get("/mcp", headers=headers) as alive:
            gate.open.set()

            async def forgotten() -> bool:
                resumed = {**headers, "Last-Event-ID": last}
                return await bridge.status("GET", "/mcp", headers=resumed) == 400

            await until(forgotten)
            assert alive.status == 200


async def test_an_older_client_gets_no_event_without_data(served: Served, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    opening = {**INITIALIZE, "params": {**INITIALIZE["params"], "protocolVersion": "2025-06-18"}}
    async with served() as bridge:
        async with bridge.http.post("/mcp", json=opening, headers=ACCEPT) as response:
            headers = {**ACCEPT, "Mcp-Session-Id": response.headers["Mcp-Session-Id"]}
            (event,) = await events_of(response)
        assert event.message["result"]["protocolVersion"] == "2025-06-18"
        headers["MCP-Protocol-Version"] = "2025-06-18"
        async with bridge.http.post("/mcp", json=CALL, headers=headers) as response:
            (event,) = await events_of(response)
        assert event.message["id"] == CALL["id"]


async def test_many_calls_at_once_each_resume_to_their_own_answer(served: Served, gate: Gate) -> None:
    async with served() as bridge:
        headers = await opened(bridge)

        async def call(number: int) -> bool:
            response = await bridge.http.post("/mcp", json={**CALL, "id": number}, headers=headers)
            priming = await next_event(response)
            response.close()
            assert priming is not None
            gate.open.set()
            async with bridge.http.get("/mcp", headers={**headers, "Last-Event-ID": priming.id}) as resumed:
                (event,) = await events_of(resumed)
            return bool(event.message["id"] == number)

        assert all(await asyncio.gather(*(call(number) for number in range(10, 60))))


async def test_what_is_held_goes_with_its_session(served: Served, gate: Gate) -> None:
    async with served() as bridge:
        headers = await opened(bridge)
        async with broken_off(bridge, headers, gate) as last:
            async with bridge.http.get("/mcp", headers={**headers, "Last-Event-ID": last}) as response:
                assert await bridge.status("DELETE", "/mcp", headers=headers) == 200
                assert await events_of(response) == []
            assert await bridge.status("GET", "/mcp", headers={**headers, "Last-Event-ID": last}) == 404
        gate.open.set()


async def test_a_call_of_the_newest_revision_is_cancelled_with_its_connection(
    served: Served, memory_service: MemoryService
) -> None:
    reached, cancelled = asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        reached.set()

        async def gone() -> bool:
            return request.transport is None or request.transport.is_closing()

        await until(gone)
        cancelled.set()
        return web.Response()

    memory_service.handles("GET /recall", answer)
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    call = {**CALL, "params": {**CALL["params"], "_meta": meta}}
    headers = {
        **ACCEPT,
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": "recall_memory",
    }
    async with served() as bridge:
        calling_task = asyncio.create_task(bridge.status("POST", "/mcp", json=call, headers=headers))
        async with asyncio.timeout(5):
            await reached.wait()
            calling_task.cancel()
            await cancelled.wait()
