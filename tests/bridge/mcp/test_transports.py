"""The ways in, over real sockets; and what we rely on in the SDK beyond its documentation."""

import asyncio
import io
import json

import pytest
from mcp import Client
from mcp.client.sse import sse_client
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.mcp.streams import EventStreams
from tests.bridge.mcp.wire import ACCEPT, INITIALIZE, LIST, first, lines_of, opened
from tests.bridge.stand_in import MemoryService, Served, text_of, until


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
async def test_the_sdk_client_lists_and_calls_over_http(
    served: Served, memory_service: MemoryService, mode: str
) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with served() as bridge, Client(f"{bridge.url}/mcp", mode=mode) as client:
        assert len((await client.list_tools()).tools) == 6
        assert text_of(await client.call_tool("recall_memory", {"query": "x"})) == "No memories found."
        assert (await client.call_tool("recall_memory", {"limit": 0})).is_error


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_sdk_client_lists_and_calls_over_sse(
    served: Served, memory_service: MemoryService, mode: str
) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with served() as bridge, Client(sse_client(f"{bridge.url}/mcp/sse"), mode=mode) as client:
        assert len((await client.list_tools()).tools) == 6
        assert text_of(await client.call_tool("recall_memory", {"query": "x"})) == "No memories found."


@pytest.mark.parametrize(("json_response", "kind"), [(False, "text/event-stream"), (True, "application/json")])
async def test_answers_are_event_streams_or_json(served: Served, json_response: bool, kind: str) -> None:
    async with served(mcp_json_response=json_response) as bridge:
        headers = await opened(bridge)
        async with bridge.http.post("/mcp", json=LIST, headers=headers) as response:
            assert response.content_type == kind
            assert b'"store_memory"' in await response.read()


async def test_a_session_ends_by_delete(served: Served) -> None:
    async with served() as bridge:
        headers = await opened(bridge)
        assert await bridge.status("DELETE", "/mcp", headers=headers) == 200
        assert await bridge.status("POST", "/mcp", json=LIST, headers=headers) == 404


async def test_a_session_ends_when_it_is_idle(served: Served) -> None:
    async with served(mcp_session_ttl_seconds=0.05, mcp_session_recovery=False) as bridge:
        headers = await opened(bridge)

        # Asking keeps a session alive, so it is asked only once after a pause longer than its idle time.
        async def gone() -> bool:
            await asyncio.sleep(0.1)
            return await bridge.status("POST", "/mcp", json=LIST, headers=headers) == 404

        await until(gone)


async def test_sessions_are_bounded(served: Served) -> None:
    async with served(mcp_max_sessions=1) as bridge:
        headers = await opened(bridge)
        assert await bridge.status("POST", "/mcp", json=INITIALIZE, headers=ACCEPT) == 503
        await bridge.status("DELETE", "/mcp", headers=headers)
        await opened(bridge)


async def test_a_session_belongs_to_the_key_that_opened_it(served: Served) -> None:
    async with served(mcp_api_keys="ada:key-1,bob:key-2,ada:key-3") as bridge:
        headers = await opened(bridge, Authorization="Bearer key-1")
        assert await bridge.status("POST", "/mcp", json=LIST, headers=headers) == 200
        for key in ("key-2", "key-3"):
            foreign = {**headers, "Authorization": f"Bearer {key}"}
            assert await bridge.status("POST", "/mcp", json=LIST, headers=foreign) == 404


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_each_caller_acts_with_their_own_key(served: Served, memory_service: MemoryService, mode: str) -> None:
    async with served(mcp_api_keys="ada:key-1,bob:key-2", automem_api_key="own", mcp_json_response=True) as bridge:
        for key in ("key-1", "key-2"):
            async with Client(f"{bridge.url}/mcp?api_key={key}", mode=mode) as client:
                await client.call_tool("delete_memory", {"tags": [key]})
    sent = {
        asked.query[0][1]: asked.headers["Authorization"] for asked in memory_service.requests("DELETE /memory/by-tag")
    }
    assert sent == {"key-1": "Bearer key-1", "key-2": "Bearer key-2"}


async def test_a_caller_without_a_key_acts_without_one(served: Served, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with served(automem_api_key="own") as bridge, Client(f"{bridge.url}/mcp") as client:
        await client.call_tool("recall_memory", {"query": "x"})
    assert "Authorization" not in memory_service.requests("GET /recall")[0].headers


async def test_with_the_gate_off_every_caller_is_the_owner(served: Served, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    settings = {"automem_api_key": "own", "disable_auth": True, "host": "0.0.0.0"}
    async with served(**settings) as bridge, Client(f"{bridge.url}/mcp") as client:
        await client.call_tool("recall_memory", {"query": "x"})
    assert memory_service.requests("GET /recall")[0].headers["Authorization"] == "Bearer own"


async def test_blanks_after_a_header_do_not_matter(served: Served) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}})
    async with served() as bridge:
        host, _, port = bridge.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nConnection: close\r\n"
            f"Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28  \r\n"
            f"Mcp-Method: tools/list \t\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 200")


async def test_what_is_no_opening_message_is_refused_and_opens_nothing(served: Served) -> None:
    headers = {**ACCEPT, "Content-Type": "application/json"}
    async with served(mcp_max_sessions=1) as bridge:
        for data in (b"{", b"[]", b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}', b"\xff", b""):
            assert await bridge.status("POST", "/mcp", data=data, headers=headers) == 400
        await opened(bridge)


async def test_a_body_that_is_too_large_is_refused_as_json(served: Served) -> None:
    async with served() as bridge:
        async with bridge.http.post("/mcp", data=io.BytesIO(b"x" * (8 * 1024 * 1024 + 1)), headers=ACCEPT) as response:
            assert response.status == 413
            assert "larger than 8388608 bytes" in (await response.json())["error"]
        await opened(bridge)


async def test_an_idle_stream_is_pinged(served: Served) -> None:
    async with served(mcp_sse_ping_seconds=0.02) as bridge:
        async with bridge.http.get("/mcp/sse") as stream:
            lines = await first(lines_of(stream), 7)
            assert lines[3:] == [": ping", "", ": ping", ""]
        headers = await opened(bridge)
        async with bridge.http.get("/mcp", headers=headers) as stream:
            assert await first(lines_of(stream), 2) == [": ping", ""]


async def test_the_server_stops_at_once_with_streams_open(served: Served) -> None:
    async with asyncio.timeout(4), served() as bridge:
        stream = await bridge.http.get("/mcp/sse")
        await stream.content.readline()
    stream.close()


def test_pings_of_the_library_are_left_out_and_a_dropped_answer_is_ended() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for body in (b"data: 1\r\n\r\n", b": ping - 2026-01-31 09:30:00\r\n\r\n", b"data: 2\r\n\r\n"):
            await send({"type": "http.response.body", "body": body, "more_body": True})

    assert TestClient(EventStreams(ping=60).around(app)).get("/").text == "data: 1\r\n\r\ndata: 2\r\n\r\n"


def test_other_answers_are_passed_on_untouched() -> None:
    assert TestClient(EventStreams(ping=60).around(StreamingResponse(iter([b": ping"])))).get("/").text == ": ping"
