"""Where an address lies: on this machine, or in sets written as addresses, as CIDRs and by name."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

_REMEMBERED = 4_096
_NAMED = {
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"),
    # What Claude's hosted clients call from, as Anthropic publishes it.
    "anthropic": ("160.79.104.0/21", "2607:6bc0::/48"),
}


def is_loopback(host: str) -> bool:
    """Whether this name or address, in lower case and without brackets, is the machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Networks:
    """Tells whether an address, as text, lies in any of the entries. Raises ValueError for an entry of another form."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._networks = [network for entry in entries for network in _networks(entry)]
        # The same few addresses call again and again.
        self._covers = lru_cache(_REMEMBERED)(self._looked_up)

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and bool(self._networks) and self._covers(address)

    def _looked_up(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _networks(entry: str) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(cidr) for cidr in _NAMED.get(entry.lower(), (entry,))]
    except ValueError:
        names = ", ".join(_NAMED)
        raise ValueError(f"{entry} is neither an address nor a CIDR such as 10.0.0.0/8, nor one of {names}") from None
