"""Gives every request an id and writes the one log line about it."""

import re
import secrets
import time
from collections.abc import Callable, Container

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

logger = structlog.stdlib.get_logger(__name__)

_NAME = b"x-request-id"
_SANE = re.compile(r"[A-Za-z0-9._-]{1,128}")
_ID_BYTES = 16
_OTHER = "other"
_SECRET = frozenset({b"authorization", b"x-api-key", b"x-api-token", b"x-admin-token", b"mcp-session-id"})


class RequestId:
    """Outermost. Takes the caller's X-Request-Id, unless its key stands there, or makes one, and sends it back.

    The scope's state carries `request_id`, and `facts`, to which whoever knows more about the outcome adds it; once the
    line is written `facts` is None. A layer that lets a request no further names its rule in the state's `refused`, and
    the line the address that it came from. `ended` hears of every request: method, path, status, seconds, and that
    rule. The query string is never told, and a path that is not among `paths` is `other`: they may hold a key. An error
    that nobody expected ends here.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        ended: Callable[[str, str, int, float, str | None], None] = lambda *_: None,
        paths: Container[str] = (),
    ) -> None:
        self._app = app
        self._ended = ended
        self._paths = paths
        # Bound here, because an unbound logger is put together anew for every line.
        self._logger = logger.bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value.decode("latin-1").strip() for name, value in scope["headers"] if name == _NAME), "")
        kept = _SANE.fullmatch(given) and not _is_secret(scope, given.encode())
        request_id = given if kept else secrets.token_hex(_ID_BYTES)
        facts: dict[str, object] = {}
        scope.setdefault("state", {}).update(request_id=request_id, facts=facts)
        bound = bind_contextvars(request_id=request_id)
        try:
            await self._logged(scope, receive, _Response(send, request_id), facts)
        finally:
            reset_contextvars(**bound)

    async def _logged(self, scope: Scope, receive: Receive, response: "_Response", facts: dict[str, object]) -> None:
        started = time.perf_counter()
        try:
            await self._app(scope, receive, response.send)
        except Exception:
            self._logger.exception("request failed")
            if not response.status:
                await JSONResponse({"error": "Internal server error"}, 500)(scope, receive, response.send)
        finally:
            seconds = time.perf_counter() - started
            path = scope["path"] if scope["path"] in self._paths else _OTHER
            self._logger.info(
                "request",
                method=scope["method"],
                path=path,
                status=response.status,
                ms=round(seconds * 1000, 1),
                bytes=response.bytes,
                **_caller(scope),
                **facts,
            )
            state = scope["state"]
            state["facts"] = None
            self._ended(scope["method"], path, response.status, seconds, state.get("refused"))


class _Response:
    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._header = (_NAME, request_id.encode())
        self.status = 0
        self.bytes = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._header]
        elif message["type"] == "http.response.body":
            self.bytes += len(message.get("body", b""))
        await self._send(message)


def _caller(scope: Scope) -> dict[str, object]:
    user = scope.get("user")
    known = {"key": user.username} if user else {}
    refused = scope["state"].get("refused")
    if refused is None:
        return known
    client = scope.get("client")
    return {**known, "refused": refused, "address": client[0] if client else None}


def _is_secret(scope: Scope, given: bytes) -> bool:
    """Whether the request also sends it where keys and session ids stand."""
    shown = [word for name, value in scope["headers"] if name in _SECRET for word in value.split()]
    shown += [part.partition(b"=")[2] for part in scope["query_string"].split(b"&")]
    return given in shown
