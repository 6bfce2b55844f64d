"""The least MCP server that does the bridge's work on the SDK as it comes: one REST call a tool, nothing else.

The lowlevel Server with its default middleware, arguments checked by jsonschema, and for event-stream answers an event
store in memory, as the SDK's own example has it but bounded. With --stdio it serves there instead.
"""

import asyncio
import json
import os
import sys
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import mcp_types as types
import uvicorn
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http import EventCallback, EventStore
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

_SHUTDOWN_SECONDS = 3
_MAX_STREAMS, _EVENTS_PER_STREAM = 256, 1_000
_TEXT = {"type": "string"}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "store_memory": {
        "type": "object",
        "properties": {
            "content": {"type": "string", "minLength": 1},
            "type": _TEXT,
            "importance": {"type": "number", "minimum": 0, "maximum": 1},
            "tags": {"type": "array", "items": _TEXT},
        },
        "required": ["content"],
        "additionalProperties": False,
    },
    "recall_memory": {
        "type": "object",
        "properties": {"query": _TEXT, "limit": {"type": "integer", "minimum": 1, "maximum": 50}},
        "additionalProperties": False,
    },
}
_VALIDATORS = {name: Draft202012Validator(schema) for name, schema in _SCHEMAS.items()}
_TOOLS = types.ListToolsResult(tools=[types.Tool(name=name, input_schema=schema) for name, schema in _SCHEMAS.items()])

Context = ServerRequestContext[aiohttp.ClientSession]


async def list_tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    """Two tools."""
    return _TOOLS


async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
    """Checks the arguments, hands them on and the answer back, as text and as data."""
    problem = next(_VALIDATORS[params.name].iter_errors(params.arguments or {}), None)
    if problem is not None:
        return types.CallToolResult(content=[types.TextContent(text=problem.message)], is_error=True)
    answer = await _ask(context.lifespan_context, params.name, params.arguments or {})
    text = json.dumps(answer, separators=(",", ":"))
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=answer)


async def _ask(session: aiohttp.ClientSession, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if tool == "store_memory":
        request = session.post("/memory", json=arguments)
    else:
        request = session.get("/recall", params=arguments)
    async with request as response:
        answer: dict[str, Any] = await response.json()
        return answer


@asynccontextmanager
async def upstream(_: Server[aiohttp.ClientSession]) -> AsyncIterator[aiohttp.ClientSession]:
    """One pool of connections for as long as the server runs."""
    connector = aiohttp.TCPConnector(limit=128)
    async with aiohttp.ClientSession(os.environ["UPSTREAM"], connector=connector, raise_for_status=True) as session:
        yield session


class Events(EventStore):
    """The latest streams and the latest events of each."""

    def __init__(self) -> None:
        self._streams: OrderedDict[str, deque[tuple[int, types.JSONRPCMessage | None]]] = OrderedDict()
        self._count = 0

    async def store_event(self, stream_id: str, message: types.JSONRPCMessage | None) -> str:
        """Keeps one event."""
        stream = self._streams.get(stream_id)
        if stream is None:
            stream = self._streams[stream_id] = deque(maxlen=_EVENTS_PER_STREAM)
            if len(self._streams) > _MAX_STREAMS:
                self._streams.popitem(last=False)
        self._count += 1
        stream.append((self._count, message))
        return f"{stream_id}#{self._count}"

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        """Nothing is resumed here."""
        return None


async def health(_: Request) -> JSONResponse:
    """200 as soon as the server answers at all."""
    return JSONResponse({"status": "healthy"})


class OlderTransport:
    """The stream and the messages of HTTP+SSE, as the SDK has them."""

    def __init__(self, server: Server[aiohttp.ClientSession]) -> None:
        self._server = server
        self._transport = SseServerTransport("/mcp/messages")

    def routes(self) -> list[Route]:
        """Both."""
        return [
            Route("/mcp/sse", _Endpoint(self._stream), methods=["GET"]),
            Route("/mcp/messages", _Endpoint(self._transport.handle_post_message), methods=["POST"]),
        ]

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._transport.connect_sse(scope, receive, send) as (incoming, outgoing):
            await self._server.run(incoming, outgoing, self._server.create_initialization_options())


class _Endpoint:
    """An object, because Starlette takes a function for an endpoint of another kind."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def serve_http(server: Server[aiohttp.ClientSession]) -> None:
    """Serves on the loopback port in PORT with the uvicorn settings of the bridge."""
    json_only = os.environ.get("JSON") == "true"
    app = server.streamable_http_app(
        json_response=json_only,
        event_store=None if json_only else Events(),
        custom_starlette_routes=[Route("/health", health), *OlderTransport(server).routes()],
    )
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        lifespan="on",
    )


async def serve_stdio(server: Server[aiohttp.ClientSession]) -> None:
    """Serves until stdin ends."""
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def main() -> None:
    """Serves what the command line says."""
    server = Server(
        "bare",
        version="0",
        lifespan=upstream,
        get_tool_input_schema=_SCHEMAS.get,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    if "--stdio" in sys.argv:
        asyncio.run(serve_stdio(server))
    else:
        serve_http(server)


if __name__ == "__main__":
    main()
