"""The transport of 2024-11-05: whose messages reach a stream, and how many streams there may be."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import aiohttp
import pytest
from mcp.server.lowlevel import Server
from starlette.types import Message, Receive, Scope

from bridge.mcp.legacy import Admission, LegacySSE
from tests.bridge.mcp.wire import INITIALIZE, INITIALIZED, LIST, calling, deaf, lines_of, next_event
from tests.bridge.stand_in import Bridge, MemoryService, Served, until

MESSAGE = {"type": "http.request", "body": json.dumps(INITIALIZED).encode()}
KEYS = {"mcp_api_keys": "ada:key-1,bob:key-2"}


@asynccontextmanager
async def stream(
    bridge: Bridge, query: str = "", headers: dict[str, str] | None = None
) -> AsyncIterator[tuple[aiohttp.ClientResponse, str]]:
    """An open stream and the address for its messages."""
    async with bridge.http.get(f"/mcp/sse{query}", headers=headers) as response:
        lines = lines_of(response)
        assert await anext(lines) == "event: endpoint"
        endpoint = (await anext(lines)).removeprefix("data: ")
        assert endpoint.startswith("/mcp/messages?session_id=")
        yield response, endpoint


@pytest.mark.parametrize("name", ["session_id", "sessionId"])
async def test_answers_come_on_the_stream(served: Served, name: str) -> None:
    async with served() as bridge, stream(bridge) as (response, endpoint):
        assert await bridge.status("POST", endpoint.replace("session_id", name), json=INITIALIZE) == 202
        event = await next_event(response)
        assert event is not None
        assert event.message["result"]["serverInfo"]["name"] == "memory-bridge"


async def test_a_stream_belongs_to_its_key(served: Served) -> None:
    async with served(**KEYS) as bridge, stream(bridge, headers={"X-API-Key": "key-1"}) as (_, endpoint):
        for headers, status in (
            ({"X-API-Key": "key-2"}, 404),
            ({"X-API-Key": "wrong"}, 401),
            ({}, 401),
            ({"X-API-Key": "key-1"}, 202),
            ({"Authorization": "Bearer key-1"}, 202),
        ):
            assert await bridge.status("POST", endpoint, json=INITIALIZE, headers=headers) == status


async def test_a_stream_opened_with_its_key_in_the_url_takes_messages_without_one_as_its_owners(
    served: Served, memory_service: MemoryService
) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with served(**KEYS) as bridge, stream(bridge, "?api_key=key-1") as (response, endpoint):
        assert "key-1" not in endpoint
        for message in (INITIALIZE, calling("recall_memory", query="x")):
            assert await bridge.status("POST", endpoint, json=message) == 202
            assert await next_event(response)
        assert memory_service.requests("GET /recall")[0].headers["Authorization"] == "Bearer key-1"
        for headers, status in (({"X-API-Key": "key-2"}, 404), ({"X-API-Key": "wrong"}, 401)):
            assert await bridge.status("POST", endpoint, json=INITIALIZE, headers=headers) == status
        assert await bridge.status("POST", f"{endpoint}&api_key=key-1", json=INITIALIZE) == 202


async def test_without_a_key_only_a_message_for_an_open_stream_is_read(served: Served) -> None:
    async with served(**KEYS) as bridge:
        for query, status in (
            ("", 400),
            ("?session_id=", 400),
            ("?session_id=" + "0" * 32, 404),
            ("?session_id=x", 404),
        ):
            assert await bridge.status("POST", f"/mcp/messages{query}", data=b"x" * 100) == status
        async with stream(bridge, "?api_key=key-1") as (_, endpoint):
            for method, path in (("GET", endpoint), ("POST", endpoint.replace("/messages", "")), ("POST", "/mcp/sse")):
                assert await bridge.status(method, path, json=INITIALIZE) == 401

        async def gone() -> bool:
            return await bridge.status("POST", endpoint, json=INITIALIZE) == 404

        await until(gone)


async def test_a_message_that_is_too_large_is_refused_as_json(served: Served) -> None:
    async with served() as bridge, stream(bridge) as (_, endpoint):
        large = io.BytesIO(b"x" * (8 * 1024 * 1024 + 1))
        async with bridge.http.post(endpoint, data=large) as response:
            assert response.status == 413
            assert "larger than 8388608 bytes" in (await response.json())["error"]


async def test_streams_are_bounded_and_make_room_when_they_close(served: Served) -> None:
    async with served(mcp_max_sessions=1) as bridge:
        async with stream(bridge):
            assert await bridge.status("GET", "/mcp/sse") == 503

        async def room() -> bool:
            async with bridge.http.get("/mcp/sse") as again:
                return again.status == 200

        await until(room)


async def test_asking_for_the_head_of_a_stream_opens_none(served: Served) -> None:
    async with served(mcp_max_sessions=1) as bridge:
        assert await bridge.status("HEAD", "/mcp/sse") == 200
        async with stream(bridge):
            pass


async def test_a_stream_that_is_not_read_holds_up_a_bounded_number_of_its_own_messages(served: Served) -> None:
    async with served() as bridge, deaf(bridge, "GET", "/mcp/sse") as beginning, stream(bridge) as (other, elsewhere):
        endpoint = beginning.partition("data: ")[2].split()[0]
        for message in (INITIALIZE, INITIALIZED):
            assert await bridge.status("POST", endpoint, json=message) == 202
        statuses = set()
        for number in range(5_000):
            statuses.add(await bridge.status("POST", endpoint, json={**LIST, "id": number}))
            if 503 in statuses:
                break
        assert statuses == {202, 503}
        assert await bridge.status("POST", elsewhere, json=INITIALIZE) == 202
        event = await next_event(other)
        assert event is not None
        assert "result" in event.message


async def test_the_end_of_a_stream_takes_nothing_from_those_that_stay(
    served: Served, memory_service: MemoryService
) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with served() as bridge, stream(bridge) as (staying, endpoint):
        async with stream(bridge) as (leaving, elsewhere):
            assert await bridge.status("POST", elsewhere, json=INITIALIZE) == 202
            assert await next_event(leaving)

        async def gone() -> bool:
            return await bridge.status("POST", elsewhere, json=INITIALIZE) == 404

        await until(gone)
        for message in (INITIALIZE, calling("recall_memory", query="x")):
            assert await bridge.status("POST", endpoint, json=message) == 202
            event = await next_event(staying)
        assert event is not None
        assert event.message["result"]["content"][0]["text"] == "No memories found."


@dataclass(frozen=True)
class LocalStream:
    """A stream without a socket, whose end can be told to the turn of the event loop."""

    legacy: LegacySSE
    message: Scope
    serving: asyncio.Task[None]
    gone: asyncio.Future[Message]

    @classmethod
    async def opened(cls) -> Self:
        legacy = LegacySSE(Server("test"), "/mcp/messages", max_streams=1, max_body_bytes=1_000)
        written: asyncio.Queue[Message] = asyncio.Queue()
        gone: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(legacy.events(_scope("GET", "/mcp/sse"), lambda: gone, written.put))
        session_id = b""
        while not session_id:
            session_id = (await written.get()).get("body", b"").partition(b"session_id=")[2].strip()
        return cls(legacy, _scope("POST", "/mcp/messages", b"session_id=" + session_id), serving, gone)

    async def end(self, turns: int) -> None:
        """The client goes, and so many turns of the event loop pass."""
        self.gone.set_result({"type": "http.disconnect"})
        for _ in range(turns):
            await asyncio.sleep(0)

    async def post(self, receive: Receive) -> int:
        """Posts a message and gives the status."""
        answered: asyncio.Queue[Message] = asyncio.Queue()
        await Admission(self.legacy.messages, self.legacy)(self.message, receive, answered.put)
        return int((await answered.get())["status"])


@pytest.mark.parametrize("turns", range(12))
async def test_a_message_that_is_being_taken_while_its_stream_ends_is_no_failure(turns: int) -> None:
    local, body = await LocalStream.opened(), asyncio.Queue[Message]()
    posting = asyncio.create_task(local.post(body.get))
    await asyncio.sleep(0)
    await local.end(turns)
    body.put_nowait(MESSAGE)
    async with asyncio.timeout(10):
        assert await posting in (202, 404)
        await local.serving


@pytest.mark.parametrize("turns", range(3, 12))
async def test_a_stream_whose_client_has_gone_takes_no_more_messages(turns: int) -> None:
    local, body = await LocalStream.opened(), asyncio.Queue[Message]()
    await local.end(turns)
    body.put_nowait(MESSAGE)
    async with asyncio.timeout(10):
        assert await local.post(body.get) == 404
        await local.serving


def _scope(method: str, path: str, query: bytes = b"") -> Scope:
    headers = [(b"content-type", b"application/json")]
    return {"type": "http", "method": method, "path": path, "query_string": query, "headers": headers}
