"""What guards a service without keys: only requests that a page of another site cannot send come in."""

from urllib.parse import urlsplit

from aiohttp import web

from memory_api.errors import Forbidden, ForeignHost

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def check_is_local(request: web.Request, origins: frozenset[str]) -> None:
    """Host must be loopback, Origin absent, loopback or one of `origins`. Raises ForeignHost and Forbidden."""
    if _host_name(f"//{request.host}") not in _LOOPBACK:
        raise ForeignHost("Host must be 127.0.0.1, localhost or [::1] while no key is configured")
    origin = request.headers.get("Origin")
    if origin is not None and origin not in origins and _host_name(origin) not in _LOOPBACK:
        raise Forbidden("Origin must be of this machine while no key is configured")


def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
