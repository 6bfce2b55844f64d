"""How often something may be tried that costs the bridge something or guesses at a key."""

from dataclasses import dataclass

from bridge.auth.refusals import Refusal
from bridge.auth.store import Store


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `each` from one address and `all` together within `seconds`."""

    event: str
    each: int
    all: int
    seconds: int


WRONG_KEYS = Limit("wrong-key", each=10, all=200, seconds=600)
REGISTRATIONS = Limit("registration", each=30, all=120, seconds=60)
DOCUMENTS = Limit("document", each=30, all=120, seconds=60)


class Attempts:
    """Counts, for all replicas together."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def check(self, limit: Limit, address: str) -> None:
        """Counts one more. Raises Refusal `slow_down` with status 429 above the limit."""
        # The total first: where it is used up, no address is written down any more.
        if (
            await self._store.count(limit.event, limit.seconds) > limit.all
            or await self._store.count(f"{limit.event}:{address}", limit.seconds) > limit.each
        ):
            raise Refusal("slow_down", "Too many attempts. Wait some minutes and try again.", 429)
