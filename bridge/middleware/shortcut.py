"""Leads the busiest path straight to its endpoint, past the router and the layers around it."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Shortcut:
    """Innermost. The route stands in the table as well; an endpoint that raises HTTPException does not belong here."""

    def __init__(self, app: ASGIApp, *, path: str, endpoint: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_for_it = scope["type"] == "http" and scope["path"] == self._path
        await (self._endpoint if is_for_it else self._app)(scope, receive, send)
