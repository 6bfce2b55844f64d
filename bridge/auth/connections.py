"""The connections that stand, and those that were ended: what every request with a token is checked against."""

import time
from collections import OrderedDict
from collections.abc import Callable

from bridge.auth.grants import ACCESS_SECONDS, REFRESH_SECONDS, Grant
from bridge.auth.store import Connection, Store

_REMEMBERED = 10_000
_FRESH_SECONDS = 20.0
# As long as any token of a connection can be good, and a little longer.
_KEPT_SECONDS = REFRESH_SECONDS + ACCESS_SECONDS


class Connections:
    """Asks the store at most every 20 seconds whether a connection was ended; here it takes effect at once."""

    def __init__(
        self, store: Store, *, now: Callable[[], float] = time.time, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._now = now
        self._clock = clock
        # Connection -> when it has to be looked up again. Only those that stand.
        self._standing: OrderedDict[str, float] = OrderedDict()

    async def used(self, grant: Grant) -> float:
        """Writes down a new connection, or that one was used, and says when. Raises StateUnavailable, as all do."""
        now = self._now()
        connection = Connection(
            id=grant.connection,
            name=grant.name,
            client_name=grant.client_name,
            client_id=grant.client_id,
            scopes=grant.scopes,
            connected_at=grant.connected_at,
            used_at=now,
        )
        await self._store.connect(connection, _KEPT_SECONDS)
        await self._store.keep_registration(grant.client_id, _KEPT_SECONDS)
        return now

    async def rotated(self, grant: Grant, generation: int) -> float | None:
        """When the refresh token of this generation was used up, as Store.rotate says."""
        return await self._store.rotate(grant.connection, generation, self._now(), _KEPT_SECONDS)

    async def is_ended(self, connection_id: str) -> bool:
        """Whether its tokens are good no more."""
        if self._standing.get(connection_id, 0.0) > self._clock():
            return False
        ended = await self._store.is_ended(connection_id)
        if not ended:
            self._standing[connection_id] = self._clock() + _FRESH_SECONDS
            self._standing.move_to_end(connection_id)
            if len(self._standing) > _REMEMBERED:
                self._standing.popitem(last=False)
        return ended

    async def end(self, connection_id: str) -> None:
        """Its tokens are good no more."""
        self._standing.pop(connection_id, None)
        await self._store.end(connection_id, _KEPT_SECONDS)

    async def of(self, name: str) -> list[Connection]:
        """What is connected to the memory of this name, the latest first."""
        return await self._store.connections(name)
