"""Two requests with one id at the same time: each is answered or refused, and nobody waits for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from tests.bridge.mcp.wire import ACCEPT, INITIALIZE, LIST, calling, events_of, next_event, opened
from tests.bridge.stand_in import Bridge, MemoryService, Served

CALL = calling("recall_memory", query="x")
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
MODERN = {**ACCEPT, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "recall_memory"}


@dataclass
class Gate:
    """Holds recalls back until it is opened, and counts those that came."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def answer(self, _: web.Request) -> web.StreamResponse:
        self.came.release()
        await self.open.wait()
        return web.json_response({"results": []})


@pytest.fixture
def gate(memory_service: MemoryService) -> Gate:
    gate = Gate()
    memory_service.handles("GET /recall", gate.answer)
    return gate


async def answer_to(bridge: Bridge, message: Any, headers: dict[str, str]) -> tuple[int, Any]:
    async with bridge.http.post("/mcp", json=message, headers=headers) as response:
        if response.content_type == "application/json":
            return response.status, await response.json()
        return response.status, (await events_of(response))[-1].message


@asynccontextmanager
async def under_way(bridge: Bridge, headers: dict[str, str], gate: Gate) -> AsyncIterator["asyncio.Task[Any]"]:
    """A call that waits for the gate."""
    call = asyncio.create_task(answer_to(bridge, CALL, headers))
    await gate.came.acquire()
    async with asyncio.timeout(5):
        yield call


@pytest.mark.parametrize("json_response", [False, True])
@pytest.mark.parametrize("revision", ["2025-11-25", "2025-06-18"])
@pytest.mark.parametrize(
    "second",
    [CALL, {**LIST, "id": 3}, {**LIST, "id": "3"}, {**INITIALIZE, "id": 3}],
    ids=["call", "list", "text", "open"],
)
async def test_an_id_that_is_in_use_is_refused_and_its_first_user_answered(
    served: Served, gate: Gate, json_response: bool, revision: str, second: dict[str, Any]
) -> None:
    async with served(mcp_json_response=json_response) as bridge:
        headers = {**await opened(bridge), "MCP-Protocol-Version": revision}
        async with under_way(bridge, headers, gate) as first:
            status, refusal = await answer_to(bridge, second, headers)
            assert status == 400
            assert refusal["error"]["code"] == -32600
            assert "still being answered" in refusal["error"]["message"]
            assert (await answer_to(bridge, {**LIST, "id": 4}, headers))[0] == 200
            gate.open.set()
            assert (await first)[1]["result"]["content"][0]["text"] == "No memories found."
            # Answered, the id is free again: some clients begin to count anew.
            assert (await answer_to(bridge, CALL, headers))[0] == 200


async def test_an_id_stays_in_use_when_its_connection_breaks_and_is_resumed(served: Served, gate: Gate) -> None:
    async with served() as bridge, asyncio.timeout(10):
        headers = await opened(bridge)
        response = await bridge.http.post("/mcp", json=CALL, headers=headers)
        priming = await next_event(response)
        assert priming is not None
        await gate.came.acquire()
        response.close()
        async with bridge.http.get("/mcp", headers={**headers, "Last-Event-ID": priming.id}) as resumed:
            assert (await answer_to(bridge, CALL, headers))[0] == 400
            gate.open.set()
            (event,) = await events_of(resumed)
            assert event.message["result"]["content"][0]["text"] == "No memories found."


async def test_what_cannot_be_read_is_refused_as_ever_while_a_call_runs(served: Served, gate: Gate) -> None:
    async with served() as bridge:
        headers = await opened(bridge)
        async with under_way(bridge, headers, gate) as first:
            raw = {**headers, "Content-Type": "application/json"}
            assert await bridge.status("POST", "/mcp", data=b'{"id": 3', headers=raw) == 400
            gate.open.set()
            await first


async def test_without_a_session_each_is_answered(served: Served, gate: Gate) -> None:
    message = {**CALL, "params": {**CALL["params"], "_meta": META}}
    async with served() as bridge, asyncio.timeout(10):
        calls = [asyncio.create_task(answer_to(bridge, message, MODERN)) for _ in range(3)]
        for _ in calls:
            await gate.came.acquire()
        gate.open.set()
        assert [status for status, _ in await asyncio.gather(*calls)] == [200] * 3


async def test_over_the_older_transport_each_is_answered(served: Served, gate: Gate) -> None:
    async with served() as bridge, bridge.http.get("/mcp/sse") as stream, asyncio.timeout(10):
        await stream.content.readline()
        endpoint = (await stream.content.readline()).decode().removeprefix("data: ").strip()
        await stream.content.readline()
        assert await bridge.status("POST", endpoint, json=INITIALIZE) == 202
        assert await next_event(stream)
        for _ in range(2):
            assert await bridge.status("POST", endpoint, json=CALL) == 202
            await gate.came.acquire()
        gate.open.set()
        for _ in range(2):
            answer = await next_event(stream)
            assert answer is not None
            assert answer.message["id"] == CALL["id"]
