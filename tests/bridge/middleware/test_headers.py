"""Blanks around header values."""

from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from bridge.middleware.headers import StripHeaders


async def test_blanks_around_header_values_are_stripped() -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(scope["headers"])
        await JSONResponse({})(scope, receive, send)

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(_: Message) -> None:
        return None

    await StripHeaders(app)({"type": "http", "headers": [(b"mcp-method", b" tools/call \t")]}, receive, send)
    assert seen == [(b"mcp-method", b"tools/call")]
