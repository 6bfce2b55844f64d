"""Refuses requests by their size, as far as their head tells it, before anything is asked of them."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class RequestShape:
    """A URL above `max_url_bytes` is 414, a body announced above `max_body_bytes` is 413."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, max_url_bytes: int = 8 * 1024) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._max_url_bytes = max_url_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if len(scope["path"]) + len(scope["query_string"]) > self._max_url_bytes:
            refusal = JSONResponse({"error": f"The URL is longer than {self._max_url_bytes} bytes"}, 414)
        elif self._announced(scope) > self._max_body_bytes:
            message = f"The request body is larger than {self._max_body_bytes} bytes"
            refusal = JSONResponse({"error": message}, 413)
        else:
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["refused"] = "size"
        await refusal(scope, receive, send)

    def _announced(self, scope: Scope) -> int:
        for name, value in scope["headers"]:
            if name == b"content-length":
                return int(value) if value.isdigit() and len(value) < 20 else 0
        return 0
