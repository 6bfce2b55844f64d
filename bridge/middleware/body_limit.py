"""Refuses bodies that are too large, and those that never end."""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class BodyLimit:
    """Reads the whole body first: above `max_bytes` the answer is 413, not complete after `seconds` it is 408."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, seconds: float = 30.0) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        try:
            first = await self._read(scope, receive)
        except TimeoutError:
            await JSONResponse({"error": "The request body did not arrive in time"}, 408)(scope, receive, send)
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
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared) > self._max_bytes:
            return None
        body = bytearray()
        async with asyncio.timeout(self._seconds):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return message
                body += message.get("body", b"")
                if len(body) > self._max_bytes:
                    return None
                if not message.get("more_body", False):
                    return {"type": "http.request", "body": bytes(body), "more_body": False}


def _replaying(first: Message, receive: Receive) -> Receive:
    waiting = [first]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
