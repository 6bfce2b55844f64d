"""Refuses what came over plain HTTP."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class RequireHTTPS:
    """403 for every path but the `open_paths`. No redirect: a key in such a request has been in the open already."""

    def __init__(self, app: ASGIApp, *, open_paths: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["scheme"] == "https" or scope["path"] in self._open_paths:
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["refused"] = "https"
        await JSONResponse({"error": "Only https is served here"}, 403)(scope, receive, send)
