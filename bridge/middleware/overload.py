"""Refuses requests while more are running and waiting than the service can serve."""

from typing import Protocol

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Turns(Protocol):
    """What can run at once, shared between callers."""

    async def take(self, caller: str) -> bool:
        """Waits for a turn. False where there is none to be had."""

    def give_back(self, caller: str) -> None:
        """The turn is over."""


class Overload:
    """Every POST takes a turn until it is answered; without one it gets 503. What a GET opens may stay open for hours.

    The scope's state says `has_turn`, for whoever would take one otherwise.
    """

    def __init__(self, app: ASGIApp, *, turns: Turns) -> None:
        self._app = app
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        user = scope.get("user")
        caller = user.access_token.subject if user else ""
        state = scope.setdefault("state", {})
        if not await self._turns.take(caller):
            state["refused"] = "overload"
            refusal = JSONResponse({"error": "Too many requests at once"}, 503, headers={"Retry-After": "1"})
            await refusal(scope, receive, send)
            return
        state["has_turn"] = True
        try:
            await self._app(scope, receive, send)
        finally:
            self._turns.give_back(caller)
