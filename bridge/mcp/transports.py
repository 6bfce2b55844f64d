"""The ways in: Streamable HTTP, the older HTTP with server-sent events, and stdio; one server behind them all.

Every touch of the SDK's private parts stands in this file, each with a contract test.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlencode

from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PING = b": ping\r\n\r\n"


class StreamableHTTP:
    """ASGI endpoint for every revision from 2025-03-26 on. Serves only inside `run`; `session_ttl` is in seconds.

    Host and Origin are checked before a request comes here, and so is its size.
    """

    def __init__(
        self, server: Server[object], *, session_ttl: float, max_sessions: int, max_body_bytes: int, json_response: bool
    ) -> None:
        self._sessions = StreamableHTTPSessionManager(
            server,
            json_response=json_response,
            session_idle_timeout=session_ttl,
            max_sessions=max_sessions,
            max_request_body_size=max_body_bytes,
        )

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Keeps the sessions; they end with it."""
        async with self._sessions.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._sessions.asgi_app(scope, receive, send)


class LegacySSE:
    """The transport of 2024-11-05: answers to what is posted to `messages` arrive on the stream of `events`."""

    def __init__(self, server: Server[object], messages_path: str, *, max_streams: int, max_body_bytes: int) -> None:
        self._server = server
        self._transport = SseServerTransport(messages_path, max_request_body_size=max_body_bytes)
        self._max_streams = max_streams
        self._open = 0

    async def events(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one client for as long as its stream is open."""
        if self._open >= self._max_streams:
            await JSONResponse({"error": "Too many open streams"}, 503)(scope, receive, send)
            return
        self._open += 1
        try:
            async with self._transport.connect_sse(scope, receive, send) as (incoming, outgoing):
                await self._server.run(incoming, outgoing, self._server.create_initialization_options())
        finally:
            self._open -= 1

    async def messages(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes one message for an open stream, named by `session_id` or, as older clients do, `sessionId`."""
        await self._transport.handle_post_message(_with_session_id(scope), receive, send)


class EventStreams:
    """Around an endpoint that may answer with an event stream: pings it, and ends it properly when the server stops.

    `ping` is in seconds. The pings that the SDK's own response class sends at its own pace are left out.
    """

    def __init__(self, app: ASGIApp, *, ping: float) -> None:
        self._app = app
        self._ping = ping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = _Stream(send, self._ping)
        try:
            await self._app(scope, receive, stream.send)
        finally:
            await stream.end()


class _Stream:
    def __init__(self, send: Send, ping: float) -> None:
        self._send = send
        self._ping = ping
        self._pings: asyncio.Task[None] | None = None
        self._is_open = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._is_open = True
            if _is_event_stream(message):
                self._pings = asyncio.create_task(self._keep_alive())
        elif message["type"] == "http.response.body":
            if self._pings and message.get("body", b"").startswith(b": ping"):
                return
            self._is_open = message.get("more_body", False)
        await self._send(message)

    async def end(self) -> None:
        if self._pings:
            self._pings.cancel()
            with suppress(asyncio.CancelledError):
                await self._pings
        # A response that the SDK drops at shutdown would be logged as an error by uvicorn.
        if self._is_open:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._ping)
            if self._is_open:
                await self._send({"type": "http.response.body", "body": PING, "more_body": True})


async def serve_stdio(server: Server[object]) -> None:
    """Serves the one client at stdin and stdout until it closes stdin."""
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _is_event_stream(start: Message) -> bool:
    headers = start.get("headers", ())
    return any(name.lower() == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers)


def _with_session_id(scope: Scope) -> Scope:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    if "session_id" in query or "sessionId" not in query:
        return scope
    query["session_id"] = query.pop("sessionId")
    return {**scope, "query_string": urlencode(query, doseq=True).encode()}
