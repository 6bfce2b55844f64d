"""Attempts without a known key: answered plainly while they are few, told to wait when they are many."""

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from memory_api.middleware.rate_limit import RateLimit

# A client with an old key tries again a few times; one that never stops has nobody watching it.
_SAME_KEY = 30
_ANY_KEY = 120
_SECONDS = 60.0
# Whoever has one address of such a network has all of it.
_OWN_NETWORK_BITS = 64


class Failures:
    """Counts by address and key, and by address alone, so that neither one bad client nor a guesser goes on for free.

    Whoever has a known key is never counted and never held up, whoever else shares the address: a bridge sends the
    requests of many.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._same_key = RateLimit(_SAME_KEY, _SECONDS, clock=clock)
        self._any_key = RateLimit(_ANY_KEY, _SECONDS, clock=clock)

    def note(self, address: str | None, digest: bytes) -> float:
        """Counts a failure; the seconds to wait, 0 while there are few. No key has a digest as any other."""
        network = _network(address)
        return max(self._same_key.take((network, digest)), self._any_key.take(network))


def _network(address: str | None) -> str:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return ""
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> (128 - _OWN_NETWORK_BITS):x}"
