"""What comes in at stdin: messages go on to the server, and what is none is answered here, as JSON-RPC asks for.

The SDK drops such lines without a word, and whoever sent a request in one would wait for its answer for ever.
"""

import json
from contextlib import suppress
from typing import Any, Self

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError
from pydantic_core import ErrorDetails

Incoming = Any
"""The SDK's stream of messages, and of the errors in the place of lines that are none."""

Outgoing = Any
"""The SDK's stream for answers."""


class Messages:
    """The same stream without its errors, each of which is answered on the other one."""

    def __init__(self, incoming: Incoming, outgoing: Outgoing) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    @property
    def last_context(self) -> Any:
        """What the SDK keeps beside each message."""
        return self._incoming.last_context

    async def receive(self) -> SessionMessage:
        """The next message. Raises EndOfStream after the last."""
        while True:
            item = await self._incoming.receive()
            if isinstance(item, SessionMessage):
                return item
            if (answer := _answer(item)) is not None:
                with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                    await self._outgoing.send(SessionMessage(answer))

    async def aclose(self) -> None:
        """No more is wanted."""
        await self._incoming.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _answer(problem: Exception) -> JSONRPCError | None:
    if not isinstance(problem, ValidationError):
        return JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=PARSE_ERROR, message="Parse error"))
    first, *_ = errors = problem.errors(include_url=False, include_context=False)
    if first["type"] != "json_invalid":
        error = ErrorData(code=INVALID_REQUEST, message="Invalid Request: this is no message of JSON-RPC 2.0")
        return JSONRPCError(jsonrpc="2.0", id=_id_among(errors), error=error)
    line = str(first["input"])
    if not line.strip():
        return None
    error = ErrorData(code=PARSE_ERROR, message=f"Parse error: {first['msg']}")
    return JSONRPCError(jsonrpc="2.0", id=_id_in(line), error=error)


def _id_in(line: str) -> str | int | None:
    """The id of a request that is JSON for others than the SDK: with half of a surrogate pair, for one."""
    try:
        return _id_of(json.loads(line))
    except (ValueError, RecursionError):
        return None


def _id_among(errors: list[ErrorDetails]) -> str | int | None:
    return next((found for error in errors if (found := _id_of(error["input"])) is not None), None)


def _id_of(message: object) -> str | int | None:
    found = message.get("id") if isinstance(message, dict) and "method" in message else None
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None
