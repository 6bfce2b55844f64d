"""Strips the blanks that httptools leaves around header values, which comparisons would stumble over."""

from starlette.types import ASGIApp, Receive, Scope, Send


class StripHeaders:
    """RFC 9110 §5.5: a field value does not include its surrounding whitespace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["headers"] = [(name, value.strip()) for name, value in scope["headers"]]
        await self._app(scope, receive, send)
