"""Slows down whoever fails to show a key again and again, without holding up others at the same address."""

import math
from collections.abc import Callable, Hashable
from typing import Protocol

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Failures(Protocol):
    """Counts by name; times in seconds."""

    def wait(self, name: Hashable) -> float:
        """How long until one more is within the limit; 0 where it is now."""

    def count(self, name: Hashable) -> None:
        """One more."""


class SlowFailures:
    """429 for a key that was refused too often from the same address, and for keyless requests where many failed.

    Hosted clients of many people share their addresses, so a key is judged by what came with this very key: another
    one, at the same address, goes through. `identify` gives a short name for the key of a request, without being it, or
    an empty one without a key. A refusal is known by `refused` in the scope's state, which is then "key".
    """

    def __init__(
        self, app: ASGIApp, *, identify: Callable[[Scope], bytes], of_keys: Failures, without_key: Failures
    ) -> None:
        self._app = app
        self._identify = identify
        self._of_keys = of_keys
        self._without_key = without_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        key = self._identify(scope)
        name = (client[0] if client else "", key)
        failures = self._of_keys if key else self._without_key
        state = scope.setdefault("state", {})
        seconds = failures.wait(name)
        if seconds:
            state["refused"] = "failures"
            refusal = {"error": "Too many requests without a known API key; wait and check the key"}
            await JSONResponse(refusal, 429, headers={"Retry-After": str(math.ceil(seconds))})(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            if state.get("refused") == "key":
                failures.count(name)
