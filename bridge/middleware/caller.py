"""Finds out from which address a request comes, and over which scheme, where proxies stand before the service."""

from collections.abc import Container
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

_FOR, _CLOUDFLARE, _REAL, _STANDARD = b"x-forwarded-for", b"cf-connecting-ip", b"x-real-ip", b"forwarded"
_PROTO = b"x-forwarded-proto"
_SAID = frozenset({_FOR, _CLOUDFLARE, _REAL, _STANDARD, _PROTO})
_REMEMBERED = 4_096
_MAX_CHARS = 64
_MAX_HOPS = 32


class Caller:
    """Sets the scope's `client` and `scheme` to what the proxies among `proxies` say; others are not believed.

    Of X-Forwarded-For the rightmost address counts that is no proxy of ours: what stands left of it is the caller's own
    claim. CF-Connecting-IP and X-Real-IP may not contradict it, since a proxy that does not know them lets them pass as
    the caller wrote them. The scope's state says in `hidden` whether the request came through something that leaves
    its origin in doubt; then `client` is who the connection is with.
    """

    def __init__(self, app: ASGIApp, *, proxies: Container[str]) -> None:
        self._app = app
        self._proxies = proxies
        # The same few addresses call again and again.
        self._parsed = lru_cache(_REMEMBERED)(_parsed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._resolve(scope)
        await self._app(scope, receive, send)

    def _resolve(self, scope: Scope) -> None:
        client = scope.get("client")
        peer = self._canonical(client[0]) if client else ""
        said: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            if name in _SAID:
                said.setdefault(name, []).append(value.decode("latin-1"))
        scope["client"] = (peer, client[1] if client else 0)
        if not said:
            return
        if peer not in self._proxies:
            scope.setdefault("state", {})["hidden"] = said.keys() != {_PROTO}
            return
        if _PROTO in said:
            # The last word is that of the proxy next to us.
            scope["scheme"] = said[_PROTO][-1].rpartition(",")[2].strip().lower()
        self._believe(scope, said)

    def _believe(self, scope: Scope, said: dict[bytes, list[str]]) -> None:
        names = [name for name in (_FOR, _CLOUDFLARE, _REAL) if name in said]
        found = {address for name in names if (address := self._rightmost(",".join(said[name]))) is not None}
        if len(found) == 1 and "" not in found:
            scope["client"] = (found.pop(), 0)
        elif found or (_STANDARD in said and not names):
            scope.setdefault("state", {})["hidden"] = True

    def _rightmost(self, hops: str) -> str | None:
        """The address nearest to us that is no proxy of ours; an empty text for one that makes no sense."""
        for hop in reversed(hops.rsplit(",", _MAX_HOPS)[-_MAX_HOPS:]):
            address = self._canonical(hop.strip())
            if address not in self._proxies:
                return address
        return None

    def _canonical(self, text: str) -> str:
        return self._parsed(text) if len(text) <= _MAX_CHARS else ""


def _parsed(text: str) -> str:
    """The one spelling of an address, without a port; an empty text where it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
