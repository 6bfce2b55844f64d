"""The transport of 2024-11-05: a stream that a GET opens, and messages for it that are posted elsewhere."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

from anyio import BrokenResourceError, ClosedResourceError
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, authorization_context
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.mcp.sessions import OpenSession, name_of
from bridge.mcp.streams import until

_MAX_WAITING_MESSAGES = 64


@dataclass(eq=False)
class Stream:
    """An open stream: who opened it, whether with the key in the URL, and whether its client keeps up with it."""

    user: AuthenticatedUser | None
    keyless_posts: bool
    session_id: str = ""
    is_stuck: bool = False
    """The client does not read what was written."""
    behind: int = 0
    """Messages that came since."""
    opened: float = field(default_factory=time.monotonic)
    ending: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def key(self) -> str | None:
        """The name of the key that opened it."""
        return self.user.username if self.user else None


class LegacySSE:
    """Serves `events` and `messages`, the latter behind an Admission.

    A message carries the key of its stream. A client that put its key into the URL of the stream does not repeat it
    when it posts to the address that it was told, so there the stream's id, which nobody can guess, lets it in.
    """

    def __init__(self, server: Server[object], messages_path: str, *, max_streams: int, max_body_bytes: int) -> None:
        self._server = server
        self._transport = SseServerTransport(messages_path, max_request_body_size=max_body_bytes)
        self._deliver = AuthContextMiddleware(self._transport.handle_post_message)
        self._max_streams = max_streams
        self._open = 0
        self._streams: dict[str, Stream] = {}

    async def events(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one client for as long as its stream is open."""
        if scope["method"] == "HEAD":
            await Response(media_type="text/event-stream")(scope, receive, send)
            return
        if self._open >= self._max_streams:
            await JSONResponse({"error": "Too many open streams"}, 503)(scope, receive, send)
            return
        stream = Stream(scope.get("user"), scope.get("state", {}).get("key_in_url", False))
        with self._counted(stream):
            listening = self._listening(stream, until(stream.ending, receive))
            async with self._transport.connect_sse(scope, listening, self._noticing(stream, send)) as streams:
                incoming, outgoing = streams
                await self._server.run(incoming, outgoing, self._server.create_initialization_options())

    async def messages(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes one message for an open stream, named by `session_id` or, as older clients do, `sessionId`."""
        # The stream may end between the SDK's 202 and its delivery, and then nobody waits for an answer.
        with suppress(BrokenResourceError, ClosedResourceError):
            await self._deliver(_with_session_id(scope), receive, send)

    def stream(self, session_id: str) -> Stream | None:
        """The open stream of this id."""
        return self._streams.get(session_id)

    def open_sessions(self) -> list[OpenSession]:
        """The open streams: each is a session of its own."""
        now = time.monotonic()
        return [
            OpenSession(name_of(session_id), stream.key, "sse", round(now - stream.opened, 1))
            for session_id, stream in self._streams.items()
        ]

    async def end_session(self, name: str) -> bool:
        """Ends the stream that `open_sessions` names so. False where there is none."""
        stream = next((each for session_id, each in self._streams.items() if name_of(session_id) == name), None)
        if stream is not None and not stream.ending.done():
            stream.ending.set_result(None)
        return stream is not None

    @property
    def stream_count(self) -> int:
        """How many streams are open."""
        return self._open

    @contextmanager
    def _counted(self, stream: Stream) -> Iterator[None]:
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            self._streams.pop(stream.session_id, None)

    def _listening(self, stream: Stream, receive: Receive) -> Receive:
        async def listened() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                # Before what runs for it has ended, which takes a while: it answers nobody any more.
                self._streams.pop(stream.session_id, None)
            return message

        return listened

    def _noticing(self, stream: Stream, send: Send) -> Send:
        async def noticed(message: Message) -> None:
            if not stream.session_id and message["type"] == "http.response.body":
                # The first event tells the client the address of its messages, which ends with the stream's id.
                stream.session_id = message["body"].partition(b"session_id=")[2].strip().decode()
                self._streams[stream.session_id] = stream
            stream.is_stuck = True
            await send(message)
            stream.is_stuck = False

        return noticed


class Admission:
    """Before the body of a message is read: lets through what is for an open stream, by one who may post to it."""

    def __init__(self, app: ASGIApp, legacy: LegacySSE) -> None:
        self._app = app
        self._legacy = legacy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session_id = _session_id(scope)
        stream = self._legacy.stream(session_id)
        if not session_id:
            refusal = JSONResponse({"error": "session_id is required"}, 400)
        elif stream is None or _is_anothers(stream, scope.get("user")):
            refusal = JSONResponse({"error": "No such stream"}, 404)
        elif "user" not in scope and stream.user is not None and not stream.keyless_posts:
            scope.setdefault("state", {})["refused"] = "key"
            message = "This stream was opened with a key in a header: send it here too"
            refusal = JSONResponse({"error": message}, 401, headers={"WWW-Authenticate": "Bearer"})
        elif stream.is_stuck and stream.behind >= _MAX_WAITING_MESSAGES:
            refusal = JSONResponse({"error": "Too many messages wait for this stream: read it"}, 503)
        else:
            await self._admit(stream, scope, receive, send)
            return
        await refusal(scope, receive, send)

    async def _admit(self, stream: Stream, scope: Scope, receive: Receive, send: Send) -> None:
        if "user" not in scope and stream.user is not None:
            scope["user"] = stream.user
        stream.behind = stream.behind + 1 if stream.is_stuck else 0
        await self._app(scope, receive, send)


def _is_anothers(stream: Stream, user: AuthenticatedUser | None) -> bool:
    # The SDK looks as well, but tells it in other words than those for a stream that does not exist.
    return user is not None and (
        stream.user is None or authorization_context(user) != authorization_context(stream.user)
    )


def _session_id(scope: Scope) -> str:
    query: dict[str, list[str]] = parse_qs(scope["query_string"].decode("latin-1"))
    return (query.get("session_id") or query.get("sessionId") or [""])[0]


def _with_session_id(scope: Scope) -> Scope:
    return {**scope, "query_string": urlencode({"session_id": _session_id(scope)}).encode()}
