"""Streamable HTTP and stdio, before the same server as the older transport in legacy.py.

Every touch of the SDK's private parts stands in this file, each with a contract test.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from mcp.server import sse as sdk_sse
from mcp.server import streamable_http as sdk_http
from mcp.server._otel import OpenTelemetryMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, AuthorizationContext, authorization_context
from mcp.server.lowlevel import Server
from mcp.server.runner import ServerRunner
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http import EventMessage, StreamableHTTPServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import JSONRPCRequest, jsonrpc_message_adapter
from opentelemetry import trace
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from bridge.mcp.channels import Channels
from bridge.mcp.events import Event, EventBudget, SessionEvents, UnknownEvent
from bridge.mcp.lines import Messages
from bridge.mcp.sessions import OpenSession, SessionIds, name_of
from bridge.mcp.streams import EventStreamResponse, send_events

_RETRY_MS = 1_000
_MAX_SWEEP_PAUSE = 60.0
_SESSION_ID = b"mcp-session-id"

for _module in (sdk_http, sdk_sse):
    vars(_module)["EventSourceResponse"] = EventStreamResponse
    vars(_module)["create_context_streams"] = Channels()

# The SDK keeps these bound methods in the object that they belong to: a cycle for every session that ends, and for
# every call without one.
for _name in ("on_request", "on_notify"):
    setattr(ServerRunner, _name, property(vars(ServerRunner)[_name].func))


@dataclass(frozen=True)
class Limits:
    """How much the sessions may take: times in seconds. Without `max_events_bytes` nothing is kept for resumption."""

    session_ttl: float = 3_600
    max_sessions: int = 10_000
    events_per_stream: int = 1_000
    max_events_bytes: int = 64 << 20


def without_idle_tracing(server: Server[object]) -> Server[object]:
    """The same server, without the SDK's tracing where no OpenTelemetry SDK would take what it records."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        server.middleware[:] = [each for each in server.middleware if not isinstance(each, OpenTelemetryMiddleware)]
    return server


class StreamableHTTP:
    """ASGI endpoint for every revision from 2025-03-26 on. Serves only inside `run`.

    With `recovery` a session that this deployment issued but that is not alive here is answered without a session.
    Host and Origin are checked before a request comes here, and so is its size.
    """

    def __init__(
        self, server: Server[object], ids: SessionIds, limits: Limits, *, recovery: bool, json_response: bool
    ) -> None:
        self._budget = EventBudget(max_bytes=limits.max_events_bytes, seconds=limits.session_ttl)
        self._pause = min(limits.session_ttl, _MAX_SWEEP_PAUSE)
        self._sessions = _Sessions(server, ids, limits, self._budget, recovery=recovery, json_response=json_response)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Keeps the sessions; they end with it."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            async with self._sessions.run():
                yield
        finally:
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Not through its asgi_app, which would gather the body a second time to see how large it is.
        await self._sessions._handle_request(scope, receive, send)

    def open_sessions(self) -> list[OpenSession]:
        """The sessions that are alive in this process."""
        return self._sessions.listed()

    async def end_session(self, name: str) -> bool:
        """Ends the session that `open_sessions` names so. False where there is none."""
        return await self._sessions.ended(name)

    @property
    def session_count(self) -> int:
        """How many sessions are alive."""
        return len(self._sessions._server_instances)

    @property
    def held_bytes(self) -> int:
        """What is held for resumption, over all sessions."""
        return self._budget.bytes

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            self._budget.expire()


class _Sessions(StreamableHTTPSessionManager):
    """The SDK's sessions with sealed ids, an event store for each of their own, and an answer for those not alive."""

    def __init__(
        self,
        server: Server[object],
        ids: SessionIds,
        limits: Limits,
        budget: EventBudget,
        *,
        recovery: bool,
        json_response: bool,
    ) -> None:
        super().__init__(
            server,
            json_response=json_response,
            session_idle_timeout=limits.session_ttl,
            max_sessions=limits.max_sessions,
        )
        self._ids = ids
        self._budget = budget
        self._events_per_stream = limits.events_per_stream
        self._recovery = recovery

    def listed(self) -> list[OpenSession]:
        """Every session, under the name that its id has outside."""
        now = time.monotonic()
        return [
            OpenSession(name_of(session_id), self._key_of(session_id), "streamable-http", *transport.times(now))
            for session_id, transport in self._server_instances.items()
            if isinstance(transport, _Transport)
        ]

    async def ended(self, name: str) -> bool:
        """Ends the session of this name, and its id with it, so that it is not recovered."""
        session_id = next((each for each in self._server_instances if name_of(each) == name), None)
        if session_id is None:
            return False
        self._ids.end(session_id)
        await self._discard_session(session_id, self._server_instances[session_id])
        return True

    def _key_of(self, session_id: str) -> str | None:
        owner = self._session_owners.get(session_id)
        return owner["client_id"] if owner else None

    def _admit_session(self, requestor: AuthorizationContext | None) -> StreamableHTTPServerTransport | None:
        if self.max_sessions is not None and len(self._server_instances) >= self.max_sessions:
            return None
        session_id = self._ids.issue(_owner(requestor))
        # Answers in JSON cannot be resumed, so there is nothing to keep for them.
        events = None if self.json_response else SessionEvents(self._budget, per_stream=self._events_per_stream)
        transport = _Transport(session_id, events, idle_timeout=self.session_idle_timeout)
        if requestor is not None:
            self._session_owners[session_id] = requestor
        self._server_instances[session_id] = transport
        return transport

    async def _handle_stateful_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        session_id = next((value.decode("latin-1") for name, value in scope["headers"] if name == _SESSION_ID), None)
        if session_id is None:
            await super()._handle_stateful_request(scope, receive, send)
        elif session_id in self._server_instances:
            await super()._handle_stateful_request(scope, receive, send)
            if scope["method"] == "DELETE" and session_id not in self._server_instances:
                self._ids.end(session_id)
        elif self._recovery and self._ids.is_valid(session_id, _owner(_requestor(scope))):
            await self._recover(session_id, scope, receive, send)
        else:
            await super()._handle_stateful_request(scope, receive, send)

    async def _recover(self, session_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers for a session of another process, of an earlier one, or that was idle for too long."""
        if scope["method"] == "DELETE":
            self._ids.end(session_id)
            await Response(status_code=200)(scope, receive, send)
        elif scope["method"] != "POST":
            await super()._handle_stateful_request(scope, receive, send)
        else:
            first = await receive()
            if _is_initialize(first.get("body", b"")):
                # Its sender begins anew, whatever id it still sends: it gets a session, and an id to name it by.
                headers = [(name, value) for name, value in scope["headers"] if name != _SESSION_ID]
                scope = {**scope, "headers": headers}
                await super()._handle_stateful_request(scope, _replaying(first, receive), send)
            else:
                revision = Headers(scope=scope).get("mcp-protocol-version")
                await self._handle_stateless_request(revision, scope, _replaying(first, receive), send)


class _Transport(StreamableHTTPServerTransport):
    """One session. What a GET resumes is read from the events themselves, so that none is lost or sent twice."""

    def __init__(self, session_id: str, events: SessionEvents | None, *, idle_timeout: float | None) -> None:
        super().__init__(
            session_id,
            is_json_response_enabled=events is None,
            event_store=events,
            retry_interval=_RETRY_MS,
            idle_timeout=idle_timeout,
        )
        self._events = events
        self._opened = self._used = time.monotonic()

    def times(self, now: float) -> tuple[float, float]:
        """Seconds since it was opened, and since it was last asked something."""
        return round(now - self._opened, 1), round(now - self._used, 1)

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request of the session."""
        self._used = time.monotonic()
        await super().handle_request(scope, receive, send)

    async def terminate(self) -> None:
        """Ends the session, and gives back what it held."""
        if self._events is not None:
            self._events.close()
        await super().terminate()

    async def _handle_post_request(self, scope: Scope, request: Request, receive: Receive, send: Send) -> None:
        if await self._is_being_answered(request):
            # Two answers to one id would go astray, and one of those who wait for them would wait for ever.
            message = "Invalid Request: a request with this id is still being answered in this session"
            await self._create_error_response(message, HTTPStatus.BAD_REQUEST)(scope, receive, send)
            return
        await super()._handle_post_request(scope, request, receive, send)

    async def _is_being_answered(self, request: Request) -> bool:
        events = self._events
        # Most clients ask one thing after the other, so that the message is seldom read here too.
        if not self._request_streams and (events is None or not events.awaited):
            return False
        name = _request_name(await request.body())
        return name in self._request_streams or (name is not None and events is not None and events.awaits(name))

    async def _replay_events(self, last_event_id: str, request: Request, send: Send) -> None:
        try:
            if self._events is None:
                raise UnknownEvent(last_event_id)
            stream = self._events.stream_of(last_event_id)
        except UnknownEvent:
            # Neither an empty stream, which a client would resume again and again, nor 404, which ends its session.
            error = {"code": -32600, "message": "Bad Request: unknown or expired Last-Event-ID"}
            await JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, 400)(
                request.scope, request.receive, send
            )
            return
        # The connection that broke may not have noticed yet.
        self.close_sse_stream(stream)
        headers = {
            "Cache-Control": "no-cache, no-transform",
            "Content-Type": "text/event-stream",
            "Mcp-Session-Id": self.mcp_session_id or "",
        }
        events = _on_the_wire(self._events.follow(last_event_id))
        await send_events(events, headers, request.receive, send)

    def _create_event_data(self, event_message: EventMessage) -> dict[str, Any]:
        # The store has the message as JSON already.
        text = self._events.text_of(event_message.event_id or "") if self._events is not None else None
        if text is None:
            return super()._create_event_data(event_message)
        return {"event": "message", "data": text, "id": event_message.event_id}


async def serve_stdio(server: Server[object]) -> None:
    """Serves the one client at stdin and stdout until it closes stdin."""
    async with stdio_server() as (incoming, outgoing):
        await server.run(Messages(incoming, outgoing), outgoing, server.create_initialization_options())


async def _on_the_wire(events: AsyncIterator[Event]) -> AsyncIterator[Mapping[str, object]]:
    async for event in events:
        if event.text is None:
            yield {"id": event.id, "data": ""}
        else:
            yield {"id": event.id, "event": "message", "data": event.text}


def _requestor(scope: Scope) -> AuthorizationContext | None:
    user = scope.get("user")
    return authorization_context(user) if isinstance(user, AuthenticatedUser) else None


def _owner(requestor: AuthorizationContext | None) -> str:
    return "" if requestor is None else json.dumps([requestor["issuer"], requestor["client_id"], requestor["subject"]])


def _request_name(body: bytes) -> str | None:
    """The SDK's name of the request, or None where it is none."""
    try:
        message = jsonrpc_message_adapter.validate_json(body, by_name=False)
    except ValidationError:
        return None
    return str(message.id) if isinstance(message, JSONRPCRequest) else None


def _is_initialize(body: bytes) -> bool:
    try:
        message = json.loads(body) if b"initialize" in body else None
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and message.get("method") == "initialize"


def _replaying(first: Message, receive: Receive) -> Receive:
    waiting = [first]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
