"""Lets only callers from certain addresses through."""

from collections.abc import Container

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class AllowedAddresses:
    """403 with `refusal` for callers outside of `addresses` and those whose origin is hidden; not on `open_paths`."""

    def __init__(
        self, app: ASGIApp, *, addresses: Container[str], refusal: str, open_paths: frozenset[str] = frozenset()
    ) -> None:
        self._app = app
        self._addresses = addresses
        self._refusal = refusal
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._open_paths:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        client = scope.get("client")
        if client and client[0] in self._addresses and not state.get("hidden"):
            await self._app(scope, receive, send)
            return
        state["refused"] = "address"
        await JSONResponse({"error": self._refusal}, 403)(scope, receive, send)
