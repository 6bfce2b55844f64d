"""Connections that reach the public internet only, whatever a name is made to resolve to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

# Where IPv4 addresses are written into IPv6 ones: NAT64 (RFC 6052 and 8215), and IPv4-compatible, long gone.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("::/96"))

Lookup = Callable[[str], Awaitable[list[str]]]


async def lookup(host: str) -> list[str]:
    """The addresses of a name, from the system. Raises OSError where it has none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def is_public(address: str) -> bool:
    """Whether this is an address of the public internet: not private, loopback, link-local, multicast or reserved."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = _inner(found)
        if inner is not None:
            return is_public(str(inner))
        if any(found in network for network in _TRANSLATED):
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _inner(address: IPv6Address) -> IPv4Address | None:
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo


class PublicResolver(AbstractResolver):
    """Resolves names for aiohttp, which connects to the very addresses that were vetted here.

    A name with even one address that is not public is refused, so that it does not matter which would be taken.
    """

    def __init__(self, find: Lookup = lookup, allowed: Callable[[str], bool] = is_public) -> None:
        self._find = find
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises OSError where the name has no address, or one that is not public."""
        addresses = await self._find(host)
        if not addresses or not all(self._allowed(address) for address in addresses):
            raise OSError("the name does not lead to the public internet")
        return [_result(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Nothing is kept open."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
