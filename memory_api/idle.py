"""Ends a service that nobody has used for a while."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_SHORTEST_LOOK = 0.05


class Idle:
    """Looks for requests; `seconds` after the last one the process ends as at SIGTERM. 0 is never."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running = 0
        self._last = time.monotonic()

    @property
    def noticing(self) -> Middleware:
        """The middleware that sees the requests. Whoever asks for the health does not use the service."""

        @web.middleware
        async def noticed(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path == "/health":
                return await handler(request)
            self._running += 1
            try:
                return await handler(request)
            finally:
                self._running -= 1
                self._last = time.monotonic()

        return noticed

    async def watching(self, _: web.Application) -> AsyncIterator[None]:
        """Watches while the application runs."""
        self._last = time.monotonic()
        task = asyncio.create_task(self._watch()) if self._seconds else None
        yield
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        while True:
            left = self._last + self._seconds - time.monotonic()
            if left <= 0 and not self._running:
                break
            await asyncio.sleep(max(left, _SHORTEST_LOOK))
        os.kill(os.getpid(), signal.SIGTERM)
