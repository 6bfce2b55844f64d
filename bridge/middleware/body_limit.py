"""Refuses bodies that are too large, and those that never end."""

import asyncio

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class _TooMuchAtOnce(Exception):
    """The unfinished bodies of all requests hold too much."""


class BodyLimit:
    """Reads the whole body first: above `max_bytes` the answer is 413, not complete after `seconds` it is 408.

    What all unfinished bodies together hold is bounded by `max_total_bytes`; whoever would exceed that gets 503.
    """

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, seconds: float = 30.0, max_total_bytes: int = 128 * 1024 * 1024
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._max_total_bytes = max_total_bytes
        self._total_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        try:
            first = await self._read(scope, receive)
        except TimeoutError:
            # Without a connection that ends, whoever sends a byte now and then would keep it for ever.
            refusal = JSONResponse(
                {"error": "The request body did not arrive in time"}, 408, headers={"Connection": "close"}
            )
            await refusal(scope, receive, send)
            return
        except _TooMuchAtOnce:
            refusal = JSONResponse({"error": "Too many request bodies at once"}, 503, headers={"Retry-After": "1"})
            await refusal(scope, receive, send)
            return
        if first is None:
            message = f"The request body is larger than {self._max_bytes} bytes"
            await JSONResponse({"error": message}, 413)(scope, receive, send)
            return
        if first["type"] == "http.disconnect":
            # Nobody is left to answer, and what came of the body is not a request.
            return
        await self._app(scope, _replaying(first, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> Message | None:
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        if declared.isdigit() and int(declared) > self._max_bytes:
            return None
        body = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return message
                    self._take(body, message.get("body", b""))
                    if len(body) > self._max_bytes:
                        return None
                    if not message.get("more_body", False):
                        return {"type": "http.request", "body": bytes(body), "more_body": False}
        finally:
            self._total_bytes -= len(body)

    def _take(self, body: bytearray, chunk: bytes) -> None:
        body += chunk
        self._total_bytes += len(chunk)
        if self._total_bytes > self._max_total_bytes:
            raise _TooMuchAtOnce


def _replaying(first: Message, receive: Receive) -> Receive:
    waiting = [first]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
