"""What a session or a stream held is freed when it ends, and does not wait for the garbage collector."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator

import pytest
from mcp.server.runner import ServerRunner

from tests.bridge.mcp.wire import ACCEPT, INITIALIZE, LIST, lines_of, next_event, opened
from tests.bridge.stand_in import Bridge, Served, until

MODERN = "2026-07-28"


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive(kind: type) -> int:
    return sum(type(each) is kind for each in gc.get_objects())


async def end_a_session(bridge: Bridge) -> None:
    headers = await opened(bridge)
    async with bridge.http.post("/mcp", json=LIST, headers=headers) as response:
        assert await next_event(response)
    assert await bridge.status("DELETE", "/mcp", headers=headers) == 200


async def break_off_a_stream(bridge: Bridge) -> None:
    headers = await opened(bridge)
    async with bridge.http.get("/mcp", headers=headers) as response:
        response.close()

    async def ended() -> bool:
        async with bridge.http.get("/mcp", headers=headers) as again:
            return again.status == 200

    await until(ended)
    assert await bridge.status("DELETE", "/mcp", headers=headers) == 200


async def leave_a_stream_of_the_older_transport(bridge: Bridge) -> None:
    async with bridge.http.get("/mcp/sse") as response:
        lines = lines_of(response)
        await anext(lines)
        address = (await anext(lines)).removeprefix("data: ")
        assert await bridge.status("POST", address, json=INITIALIZE) == 202
        assert await next_event(response)
        response.close()

    async def ended() -> bool:
        return await bridge.status("POST", address, json=INITIALIZE) == 404

    await until(ended)


async def call_without_a_session(bridge: Bridge) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {**ACCEPT, "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/list"}
    assert await bridge.status("POST", "/mcp", json={**LIST, "params": {"_meta": meta}}, headers=headers) == 200


@pytest.mark.parametrize(
    "visit", [end_a_session, break_off_a_stream, leave_a_stream_of_the_older_transport, call_without_a_session]
)
async def test_what_has_ended_leaves_nothing_behind(
    served: Served, visit: Callable[[Bridge], Awaitable[None]], uncollected: None
) -> None:
    async with served() as bridge:
        before = alive(asyncio.CancelledError)
        await visit(bridge)

        async def freed() -> bool:
            return alive(ServerRunner) == 0 and alive(asyncio.CancelledError) <= before

        await until(freed)
