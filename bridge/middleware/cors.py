"""Lets pages of allowed origins call from a browser, and read what they are answered."""

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALLOWED_HEADERS = (
    "Accept, Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id, "
    "X-API-Key, X-API-Token, X-Request-Id"
)
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
    "Access-Control-Max-Age": "7200",
}
_EXPOSED = (b"access-control-expose-headers", b"Mcp-Session-Id, Retry-After, WWW-Authenticate, X-Request-Id")


class Cors:
    """Answers preflights, which carry no key. Stands behind the check of Origin: whoever passed that may call.

    Cookies and other credentials of the browser's own are never asked for.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _header(scope, b"origin") if scope["type"] == "http" else None
        if origin is None:
            await self._app(scope, receive, send)
            return
        added = [(b"access-control-allow-origin", origin), (b"vary", b"Origin"), _EXPOSED]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        if scope["method"] == "OPTIONS" and _header(scope, b"access-control-request-method") is not None:
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, sending)
        else:
            await self._app(scope, receive, sending)


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == wanted), None)
