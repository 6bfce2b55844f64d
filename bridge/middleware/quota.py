"""Bounds how many requests a key may make."""

import math
from collections.abc import Hashable
from typing import Protocol

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Allowance(Protocol):
    """What each name may take."""

    def take(self, name: Hashable) -> float:
        """Takes one where there is one, and gives 0; else the seconds until there will be."""


class Quota:
    """429 for a key that has used up its allowance. Stands behind the gate, which says whose request it is."""

    def __init__(self, app: ASGIApp, *, allowance: Allowance) -> None:
        self._app = app
        self._allowance = allowance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        user = scope.get("user")
        seconds = self._allowance.take(user.access_token.subject) if user else 0.0
        if not seconds:
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["refused"] = "quota"
        refusal = {"error": "This key has made too many requests; wait as long as Retry-After says"}
        await JSONResponse(refusal, 429, headers={"Retry-After": str(math.ceil(seconds))})(scope, receive, send)
