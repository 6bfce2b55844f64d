"""How the service stops: what it waits for, what it answers, and whom it leaves behind."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.bridge.mcp.wire import ACCEPT, INITIALIZE, INITIALIZED, calling, deaf, events_of, next_event, opened
from tests.bridge.processes import free_port, running
from tests.bridge.stand_in import Bridge, MemoryService, Served, until

CALL = calling("recall_memory", query="x")
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
MODERN = {**ACCEPT, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "recall_memory"}
SOON = 1.0
"""Far less than the drain that these tests allow where nothing should have to wait for it."""
LONG = 30.0


class Recalls:
    """Recalls of the memory service: they are held back until they may end."""

    def __init__(self, service: MemoryService) -> None:
        self.asked = asyncio.Event()
        self.may_end = asyncio.Event()
        service.handles("GET /recall", self._answer)

    async def _answer(self, _: web.Request) -> web.StreamResponse:
        self.asked.set()
        await self.may_end.wait()
        return web.json_response({"results": []})


@pytest.fixture
def recalls(memory_service: MemoryService) -> Recalls:
    return Recalls(memory_service)


@pytest.fixture(autouse=True)
def _nothing_is_logged_as_a_fault(caplog: pytest.LogCaptureFixture) -> Any:
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelname != "INFO"] == []


@asynccontextmanager
async def stopping(bridge: Bridge, within: float) -> AsyncIterator[None]:
    """The bridge is told to stop, and has stopped in time at the end."""
    async with asyncio.timeout(within):
        stop = asyncio.ensure_future(bridge.stop())
        # It does not listen any more: the signal has arrived.
        await until(lambda: refused(bridge))
        yield
        await stop


async def refused(bridge: Bridge) -> bool:
    host, _, port = bridge.url.removeprefix("http://").partition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except ConnectionError:
        return True
    writer.close()
    return False


@asynccontextmanager
async def connected(bridge: Bridge, data: bytes) -> AsyncIterator[asyncio.StreamReader]:
    """A connection on which so much was sent."""
    host, _, port = bridge.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    await writer.drain()
    try:
        yield reader
    finally:
        writer.close()


async def what_was_sent_arrived(bridge: Bridge) -> None:
    """A request on another connection is answered after it."""
    assert await bridge.status("GET", "/health") == 200


async def called(bridge: Bridge, headers: dict[str, str], call: Any = CALL) -> Any:
    """Calls and gives the answer, as an event or as JSON."""
    async with bridge.http.post("/mcp", json=call, headers=headers) as response:
        assert response.status == 200
        if response.content_type == "application/json":
            return await response.json()
        return (await events_of(response))[-1].message


@pytest.mark.parametrize("json_response", [False, True])
async def test_a_call_that_runs_is_answered_before_it_stops(
    served: Served, recalls: Recalls, json_response: bool
) -> None:
    async with served(drain=LONG, mcp_json_response=json_response) as bridge:
        call = asyncio.create_task(called(bridge, await opened(bridge)))
        await recalls.asked.wait()
        async with stopping(bridge, LONG):
            recalls.may_end.set()
            assert (await call)["result"]["content"][0]["text"] == "No memories found."


async def test_a_call_without_a_session_is_answered_too(served: Served, recalls: Recalls) -> None:
    async with served(drain=LONG) as bridge:
        message = {**CALL, "params": {**CALL["params"], "_meta": META}}
        call = asyncio.create_task(called(bridge, MODERN, message))
        await recalls.asked.wait()
        async with stopping(bridge, LONG):
            recalls.may_end.set()
            assert (await call)["result"]["content"][0]["text"] == "No memories found."


async def test_the_stream_of_the_older_transport_stays_for_the_answer(served: Served, recalls: Recalls) -> None:
    async with served(drain=LONG) as bridge, bridge.http.get("/mcp/sse") as stream:
        await stream.content.readline()
        endpoint = (await stream.content.readline()).decode().removeprefix("data: ").strip()
        await stream.content.readline()
        for message in (INITIALIZE, INITIALIZED, CALL):
            assert await bridge.status("POST", endpoint, json=message) == 202
        assert await next_event(stream)
        await recalls.asked.wait()
        async with stopping(bridge, LONG):
            recalls.may_end.set()
            answer = await next_event(stream)
            assert answer is not None
            assert answer.message["id"] == CALL["id"]
            assert await next_event(stream) is None


@pytest.mark.parametrize("json_response", [False, True])
async def test_a_call_that_takes_too_long_is_told_so(served: Served, recalls: Recalls, json_response: bool) -> None:
    async with served(drain=0.3, mcp_json_response=json_response) as bridge:
        call = asyncio.create_task(called(bridge, await opened(bridge)))
        await recalls.asked.wait()
        async with stopping(bridge, 5):
            result = (await call)["result"]
        assert result["isError"]
        assert "The bridge is being stopped" in result["content"][0]["text"]


async def test_a_call_whose_client_has_gone_is_not_waited_for_longer_than_any_other(
    served: Served, recalls: Recalls
) -> None:
    async with served(drain=0.3) as bridge:
        response = await bridge.http.post("/mcp", json=CALL, headers=await opened(bridge))
        await recalls.asked.wait()
        response.close()
        async with stopping(bridge, 5):
            pass


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"POST /mcp HT",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        b"POST /mcp/messages?session_id=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
    ],
    ids=["nothing", "half a line", "a head", "a head and a byte", "a chunk", "one that was answered early"],
)
async def test_nobody_is_waited_for_whose_request_does_not_arrive(served: Served, beginning: bytes) -> None:
    async with served(drain=LONG) as bridge, connected(bridge, beginning) as reader:
        async with stopping(bridge, 2 * SOON):
            pass
        assert b"HTTP/1.1 5" not in await reader.read()


async def test_a_body_that_was_on_its_way_is_still_taken(served: Served, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with served(drain=LONG) as bridge:
        headers = {**await opened(bridge), "Content-Type": "application/json"}
        stopped = asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            body = json.dumps(CALL).encode()
            yield body[:10]
            await stopped.wait()
            yield body[10:]

        async with aiohttp.ClientSession(bridge.url) as http:
            call = asyncio.create_task(http.post("/mcp", data=slowly(), headers=headers))
            await what_was_sent_arrived(bridge)
            async with stopping(bridge, LONG):
                stopped.set()
                async with await call as response:
                    assert "No memories found." in await response.text()


async def test_a_request_on_a_connection_that_was_idle_is_still_taken(served: Served) -> None:
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with served(drain=LONG) as bridge:
        host, _, port = bridge.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        assert b"connection: close" not in (await reader.readuntil(b"\r\n\r\n")).lower()
        async with stopping(bridge, 2 * SOON):
            writer.write(request)
            _, _, second = (await reader.read()).partition(b"HTTP/1.1 ")
        assert second.startswith(b"200 ")
        assert b"\r\nconnection: close\r\n" in second
        writer.close()


async def test_a_client_that_does_not_take_its_answer_is_left_behind(
    served: Served, memory_service: MemoryService
) -> None:
    large = {"memory": {"id": "1", "content": "x" * 40_000}, "id": "1", "score": 1.0}
    memory_service.answers("GET /recall", {"results": [large]})
    call = calling("recall_memory", query="x", format="json")
    async with served(drain=0.3) as bridge:
        headers = await opened(bridge)
        async with deaf(bridge, "POST", "/mcp", call, headers), stopping(bridge, 5):
            pass


async def test_open_streams_hold_nothing_up(served: Served) -> None:
    async with served(drain=LONG) as bridge:
        headers = await opened(bridge)
        async with bridge.http.get("/mcp", headers=headers) as one, bridge.http.get("/mcp/sse") as other:
            async with stopping(bridge, 2 * SOON):
                pass
            assert await one.read() == b""
            assert b"event: endpoint" in await other.read()


async def test_a_signal_ends_the_process_with_its_calls_answered_and_not_a_line_about_it(
    memory_service: MemoryService, recalls: Recalls
) -> None:
    port = free_port()

    async def stop() -> None:
        process.send_signal(signal.SIGTERM)

    with running("serve", PORT=str(port), AUTOMEM_API_URL=memory_service.url, LOG_LEVEL="warning") as process:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            bridge = Bridge(f"http://127.0.0.1:{port}", http, stop)

            async def listening() -> bool:
                return not await refused(bridge)

            await until(listening)
            headers = await opened(bridge)
            half = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"
            async with connected(bridge, half), bridge.http.get("/mcp", headers=headers):
                call = asyncio.create_task(called(bridge, headers))
                await recalls.asked.wait()
                await bridge.stop()
                await until(lambda: refused(bridge))
                recalls.may_end.set()
                assert (await call)["result"]["content"][0]["text"] == "No memories found."
                assert await asyncio.to_thread(process.communicate, timeout=2 * SOON) == ("", "")
        assert process.returncode == 0
