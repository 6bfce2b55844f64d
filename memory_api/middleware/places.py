"""How many requests of one tenant run at a time, so that one that asks for much leaves room for the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from memory_api.errors import Overloaded
from memory_api.responses import TENANT

_RUNNING = 16
_WAITING = 256
_PATIENCE_SECONDS = 30.0


class _Queue:
    """One tenant's places, and how many requests hold or want one."""

    __slots__ = ("requests", "running")

    def __init__(self, running: int) -> None:
        self.running = asyncio.Semaphore(running)
        self.requests = 0


class Places:
    """Each tenant has `running` places; `waiting` more requests of its own wait for one, in their order."""

    def __init__(self, running: int = _RUNNING, waiting: int = _WAITING) -> None:
        self._running = running
        self._most = running + waiting
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def taken(self, tenant: str) -> AsyncIterator[None]:
        """Holds a place. Raises Overloaded at once where too many of this tenant wait, and when none came free."""
        queue = self._queues.setdefault(tenant, _Queue(self._running))
        if queue.requests >= self._most:
            raise Overloaded("Too many of your requests are waiting; try again shortly")
        queue.requests += 1
        try:
            await _enter(queue.running)
            try:
                yield
            finally:
                queue.running.release()
        finally:
            queue.requests -= 1
            if not queue.requests:
                del self._queues[tenant]

    @property
    def taking(self) -> Middleware:
        """The middleware that holds a place while a request of a tenant runs."""

        @web.middleware
        async def placed(request: web.Request, handler: Handler) -> web.StreamResponse:
            tenant = request.get(TENANT)
            if tenant is None:
                return await handler(request)
            async with self.taken(tenant):
                return await handler(request)

        return placed


async def _enter(places: asyncio.Semaphore) -> None:
    if not places.locked():
        await places.acquire()
        return
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await places.acquire()
    except TimeoutError:
        raise Overloaded("None of your requests has finished in time; try again shortly") from None
