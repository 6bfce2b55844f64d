"""Slow and dying peers: what they take is bounded, and nobody else notices them."""

import asyncio
import os

import psutil
from aiohttp import web

from bridge.sockets import listen
from tests.bridge.mcp.wire import INITIALIZED, LIST, calling, deaf, events_of, opened
from tests.bridge.stand_in import Bridge, MemoryService, Served, until

MANY = 1_000
MEGABYTE = 1_000_000


def resident() -> int:
    memory: int = psutil.Process(os.getpid()).memory_info().rss
    return memory


def tasks() -> int:
    """Tasks of the bridge: those of the stand-in for the memory service have one for each connection."""
    return sum("RequestHandler.start" not in repr(task) for task in asyncio.all_tasks())


async def test_a_thousand_idle_sessions_stay_small_and_hold_nobody_up(served: Served) -> None:
    async with served() as bridge:
        await asyncio.gather(*(opened(bridge) for _ in range(20)))
        before = resident()
        for _ in range(MANY // 20):
            await asyncio.gather(*(opened(bridge) for _ in range(20)))
        assert resident() - before < MANY * 100_000
        headers = await opened(bridge)
        async with asyncio.timeout(2):
            assert await bridge.status("POST", "/mcp", json=LIST, headers=headers) == 200


async def test_sessions_come_and_go_without_a_trace(served: Served) -> None:
    async def visit(bridge: Bridge) -> None:
        headers = await opened(bridge)
        assert await bridge.status("POST", "/mcp", json=INITIALIZED, headers=headers) == 202
        assert await bridge.status("POST", "/mcp", json=LIST, headers=headers) == 200
        assert await bridge.status("DELETE", "/mcp", headers=headers) == 200

    async with served() as bridge:
        await visit(bridge)
        before = tasks()
        for _ in range(20):
            await asyncio.gather(*(visit(bridge) for _ in range(10)))

        async def back() -> bool:
            return tasks() <= before

        await until(back)


async def test_readers_that_stop_reading_hold_up_neither_others_nor_their_own_session(
    served: Served, memory_service: MemoryService
) -> None:
    large = {"memory": {"id": "1", "content": "x" * 50_000}, "id": "1", "score": 1.0}
    memory_service.answers("GET /recall", {"results": [large] * 20})
    call = calling("recall_memory", query="x", format="json")
    async with served() as bridge:
        headers = await opened(bridge)
        stuck = [deaf(bridge, "POST", "/mcp", {**call, "id": number}, headers) for number in range(20)]
        for one in stuck:
            await one.__aenter__()
        try:
            async with asyncio.timeout(5):
                for session in (headers, await opened(bridge)):
                    async with bridge.http.post("/mcp", json=LIST, headers=session) as response:
                        assert len(await events_of(response)) == 2
        finally:
            for one in stuck:
                await one.__aexit__(None, None, None)


async def test_a_client_that_leaves_in_the_middle_of_a_body_or_an_answer_leaves_nothing(
    served: Served, memory_service: MemoryService
) -> None:
    leaving = asyncio.Event()

    async def slow(_: web.Request) -> web.StreamResponse:
        await leaving.wait()
        return web.json_response({"results": []})

    memory_service.handles("GET /recall", slow)
    async with served() as bridge:
        headers = await opened(bridge)
        await bridge.status("POST", "/mcp", json=LIST, headers=headers)
        before = tasks()
        for number in range(10):
            call = calling("recall_memory", query="x")
            async with deaf(bridge, "POST", "/mcp", {**call, "id": number}, headers):
                pass
            host, _, port = bridge.url.removeprefix("http://").partition(":")
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        leaving.set()

        async def back() -> bool:
            return tasks() <= before

        await until(back)
        assert await bridge.status("POST", "/mcp", json=LIST, headers=headers) == 200


async def test_the_system_drops_a_connection_whose_other_side_takes_nothing() -> None:
    """Zero window: the peer lives but reads no more. With what is written unsent, the connection ends."""
    ended = asyncio.Event()

    class Writing(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.WriteTransport)
            transport.write(b"x" * 20 * MEGABYTE)

        def connection_lost(self, _: Exception | None) -> None:
            ended.set()

    loop = asyncio.get_running_loop()
    with listen("127.0.0.1", 0, "PORT", patience=1) as listener:
        server = await loop.create_server(Writing, sock=listener)
        reader, writer = await asyncio.open_connection(*listener.getsockname(), limit=1)
        async with asyncio.timeout(8):
            await ended.wait()
        assert reader is not None
        writer.transport.abort()
        server.close()


async def test_a_stream_that_is_alive_and_idle_is_not_dropped(served: Served) -> None:
    async with served(mcp_sse_ping_seconds=0.05) as bridge:
        headers = await opened(bridge)
        async with bridge.http.get("/mcp", headers=headers) as stream:
            for _ in range(20):
                assert await stream.content.readline() == b": ping\r\n"
                assert await stream.content.readline() == b"\r\n"
