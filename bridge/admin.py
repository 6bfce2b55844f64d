"""What only the operator may ask: /metrics, /admin/stats, and the sessions that are open."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, request_response

from bridge.auth.admin import AdminOnly
from bridge.mcp.sessions import OpenSession
from bridge.metrics import CONTENT_TYPE, Metrics


class Sessions(Protocol):
    """A transport that holds sessions."""

    def open_sessions(self) -> list[OpenSession]:
        """Those of this process."""

    async def end_session(self, name: str) -> bool:
        """Ends the one of this name; False where there is none."""


class Admin:
    """Answers to whoever has the token; without one nobody. Times are in seconds.

    `state` gives what /admin/stats tells about the present, by name.
    """

    def __init__(
        self,
        metrics: Metrics,
        sessions: Sequence[Sessions],
        *,
        token: str | None,
        version: str,
        state: Callable[[], dict[str, object]],
    ) -> None:
        self._metrics = metrics
        self._sessions = sessions
        self._token = token
        self._version = version
        self._state = state
        self._started = time.monotonic()

    def routes(self) -> list[Route]:
        """All of them behind the token."""
        handlers = (
            ("GET", "/metrics", self._exposition),
            ("GET", "/admin/stats", self._stats),
            ("GET", "/admin/sessions", self._list),
            ("DELETE", "/admin/sessions/{name}", self._end),
        )
        return [
            Route(path, AdminOnly(request_response(handler), token=self._token), methods=[method])
            for method, path, handler in handlers
        ]

    async def _exposition(self, _: Request) -> Response:
        return Response(self._metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})

    async def _stats(self, _: Request) -> Response:
        return JSONResponse(
            {
                "version": self._version,
                "uptime_seconds": round(time.monotonic() - self._started, 1),
                **self._state(),
                "calls": self._metrics.calls(),
                "requests": self._metrics.requests(),
                "refused": self._metrics.refusals(),
            }
        )

    async def _list(self, _: Request) -> Response:
        found = [asdict(each) for sessions in self._sessions for each in sessions.open_sessions()]
        return JSONResponse({"active_sessions": len(found), "sessions": found})

    async def _end(self, request: Request) -> Response:
        for sessions in self._sessions:
            if await sessions.end_session(request.path_params["name"]):
                return Response(status_code=204)
        return JSONResponse({"error": "No such session in this process"}, 404)
