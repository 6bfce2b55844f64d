"""Event streams on the wire: how they are written, kept alive and ended."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

T = TypeVar("T")
PING = b": ping\r\n\r\n"
_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}

Event = Mapping[str, object]
"""What the SDK hands over to be written: `event`, `data`, `id` and `retry`, those that there are."""

Sender = Callable[[], Coroutine[Any, Any, None]]
"""Provides the events of one response."""


class Closable(Protocol):
    """The end of a channel of the SDK that has to be closed."""

    def close(self) -> None:
        """No more will come through."""


class EventStreamResponse:
    """What the SDK answers with, in the place of sse-starlette's class of the same signature.

    Pings and the end of the server are not its matter (EventStreams sees to both), so it needs two tasks fewer. The
    answer to a POST needs none at all: its sender writes straight to the connection, and a client that has gone does
    not end it, because its events are kept for resumption and the call ends by itself.
    """

    def __init__(
        self,
        content: AsyncIterable[Event],
        data_sender_callable: Sender,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._events = content
        self._sender = data_sender_callable
        self._headers = {"Cache-Control": "no-store", "Content-Type": "text/event-stream", **(headers or {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST" and isinstance(self._sender, partial):
            await send(_started(self._headers))
            await self._write_directly(self._sender, send)
            await send(_END)
        else:
            await send_events(self._events, self._headers, receive, send, sender=self._sender)

    async def _write_directly(self, sender: "partial[Coroutine[Any, Any, None]]", send: Send) -> None:
        request_id, channel, *others = sender.args
        await sender.func(request_id, _Writer(send, channel), *others)


class _Writer:
    """Takes events as the SDK's own channel does, which it closes in its stead."""

    def __init__(self, send: Send, channel: Closable) -> None:
        self._send = send
        self._channel = channel

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()

    async def send(self, event: Event) -> None:
        await self._send(_written(event))


async def send_events(
    events: AsyncIterable[Event],
    headers: Mapping[str, str],
    receive: Receive,
    send: Send,
    *,
    sender: Sender | None = None,
) -> None:
    """Answers with these events, to their end or until the client has gone. `sender` runs beside and provides them."""
    await send(_started(headers))
    async with anyio.create_task_group() as tasks:
        if sender is not None:
            tasks.start_soon(_to_its_end, sender)
        tasks.start_soon(_to_its_end, partial(_cancel_when_gone, receive, tasks.cancel_scope))
        async for event in events:
            await send(_written(event))
        tasks.cancel_scope.cancel()
    await send(_END)


def _started(headers: Mapping[str, str]) -> Message:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200, "headers": [*raw, (b"x-accel-buffering", b"no")]}


def _written(event: Event) -> Message:
    # No value holds a line break: JSON escapes it, and ids are ours.
    lines = "".join(f"{name}: {event[name]}\r\n" for name in ("id", "event", "data", "retry") if name in event)
    return {"type": "http.response.body", "body": f"{lines}\r\n".encode(), "more_body": True}


async def _to_its_end(work: Sender) -> None:
    # A task of anyio's that ends as cancelled leaves a cycle: its exception, the traceback, the frame that saw it.
    with suppress(asyncio.CancelledError):
        await work()


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


class EventStreams:
    """Pings every event stream of the endpoints that it is put around, every `ping` seconds.

    Pings that the SDK sends at its own pace are left out. `end` ends all streams that would never end by themselves.
    """

    def __init__(self, *, ping: float) -> None:
        self._ping = ping
        self._ending: asyncio.Future[None] | None = None
        self.open = 0
        """Requests under way at these endpoints whose answer may be a stream."""

    def end(self) -> None:
        """The server stops: what a GET has opened is closed; answers to a POST end with the answer."""
        if self._ending and not self._ending.done():
            self._ending.set_result(None)

    def around(self, app: ASGIApp) -> ASGIApp:
        """The endpoint with its streams cared for."""
        return _Around(self, app)

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        stream = _Stream(send, self._ping)
        self.open += 1
        try:
            await app(scope, receive if scope["method"] == "POST" else self._until_the_end(receive), stream.send)
        finally:
            self.open -= 1
            await stream.end()

    def _until_the_end(self, receive: Receive) -> Receive:
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_future()
        return until(self._ending, receive)


def until(ending: "asyncio.Future[None]", receive: Receive) -> Receive:
    """Tells an endpoint that its client has gone, as soon as `ending` is done."""

    async def received() -> Message:
        message = asyncio.ensure_future(_coroutine(receive))
        either: set[asyncio.Future[Any]] = {message, ending}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            return message.result() if message.done() else {"type": "http.disconnect"}
        finally:
            message.cancel()

    return received


class _Around:
    """An object, because Starlette takes a function for an endpoint of another kind."""

    def __init__(self, streams: EventStreams, app: ASGIApp) -> None:
        self._streams = streams
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._streams.serve(self._app, scope, receive, send)


class _Stream:
    __slots__ = ("_is_open", "_pace", "_pinging", "_send", "_timer")

    def __init__(self, send: Send, ping: float) -> None:
        self._send = send
        self._pace = ping
        self._timer: asyncio.TimerHandle | None = None
        self._pinging: asyncio.Task[None] | None = None
        self._is_open = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._is_open = True
            if _is_event_stream(message):
                self._wait()
        elif message["type"] == "http.response.body":
            if self._timer and message.get("body", b"").startswith(b": ping"):
                return
            self._is_open = message.get("more_body", False)
        await self._send(message)

    async def end(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._pinging:
            self._pinging.cancel()
            with suppress(asyncio.CancelledError):
                await self._pinging
        # A response that is dropped would be logged as an error by uvicorn.
        if self._is_open:
            await self._send(_END)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._pace, self._ping)

    def _ping(self) -> None:
        if not self._is_open:
            return
        # A ping that a slow reader still holds up is enough.
        if self._pinging is None or self._pinging.done():
            ping = {"type": "http.response.body", "body": PING, "more_body": True}
            self._pinging = asyncio.ensure_future(_coroutine(self._send, ping))
        self._wait()


async def _coroutine(function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    return await function(*arguments)


def _is_event_stream(start: Message) -> bool:
    headers: Any = start.get("headers", ())
    return any(name.lower() == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers)
