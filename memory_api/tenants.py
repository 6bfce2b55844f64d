"""Tenant name to its open storage: opened at the first request, the one unused for longest closed at the bound."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from memory_api.errors import Overloaded
from memory_api.storage.base import Storage, StorageEngine


@dataclass(frozen=True, slots=True)
class Usage:
    """What one tenant takes up; `memories` is None while it is not open, for to count them would open it."""

    tenant: str
    bytes: int
    memories: int | None = None
    waiting: int = 0


class Tenants:
    """Hands out storages. None is closed while a request uses it."""

    def __init__(self, engine: StorageEngine, most_open: int = 64) -> None:
        self._engine = engine
        self._most_open = most_open
        self._open: OrderedDict[str, Storage] = OrderedDict()
        self._users: dict[str, int] = {}
        self._lock = asyncio.Lock()

    @property
    def engine_name(self) -> str:
        """What /health calls the storage."""
        return self._engine.name

    @asynccontextmanager
    async def use(self, tenant: str) -> AsyncIterator[Storage]:
        """The tenant's storage for the time of a request. Raises Overloaded when all that may be open are in use."""
        self._users[tenant] = self._users.get(tenant, 0) + 1
        try:
            yield await self._storage(tenant)
        finally:
            self._users[tenant] -= 1
            if not self._users[tenant]:
                del self._users[tenant]

    async def _storage(self, tenant: str) -> Storage:
        if tenant not in self._open:
            async with self._lock:
                if tenant not in self._open:
                    await self._make_room()
                    self._open[tenant] = await self._engine.open(tenant)
        self._open.move_to_end(tenant)
        return self._open[tenant]

    async def _make_room(self) -> None:
        while len(self._open) >= self._most_open:
            idle = next((name for name in self._open if name not in self._users), None)
            if idle is None:
                raise Overloaded("Too many tenants are active; try again shortly")
            await self._open.pop(idle).close()

    async def usage(self) -> list[Usage]:
        """Every tenant that has a file, by name."""
        sizes = await self._engine.sizes()
        return [_usage(tenant, sizes[tenant], self._open.get(tenant)) for tenant in sorted(sizes)]

    async def close(self) -> None:
        """Closes every storage, writes first, then what they share."""
        for storage in self._open.values():
            await storage.close()
        self._open.clear()
        await self._engine.close()


def _usage(tenant: str, size: int, storage: Storage | None) -> Usage:
    return Usage(tenant, size) if storage is None else Usage(tenant, size, storage.count(), storage.waiting())
