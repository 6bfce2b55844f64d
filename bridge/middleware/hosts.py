"""Refuses requests under foreign host names and from foreign web pages: the defence against DNS rebinding."""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.networks import is_loopback

_REMEMBERED = 128
# Railway probes a deployment under this name.
_PROBE_HOSTS = frozenset({"healthcheck.railway.app"})


class AllowedHosts:
    """Host must be loopback or in `hosts` (else 421), Origin absent, loopback or in `origins` (else 403).

    An entry of `hosts` is a name, a name with a port, or *.name for every name below it. `any_host` lets every Host
    pass; `probed_paths` may also be asked under the names that hosting platforms use for their health checks.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        any_host: bool = False,
        probed_paths: frozenset[str] = frozenset(),
    ) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in origins)
        self._any_host = any_host
        self._probed_paths = probed_paths
        # Nearly every request names the same host.
        self._knows_host = lru_cache(_REMEMBERED)(self._decided)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hosts, origins = [], []
        for name, value in scope["headers"]:
            if name == b"host":
                hosts.append(value.decode("latin-1").lower())
            elif name == b"origin":
                origins.append(value.decode("latin-1").lower())
        state = scope.setdefault("state", {})
        if not all(self._knows_host(host, scope["path"]) for host in hosts or [""]):
            state["refused"] = "host"
            refusal = JSONResponse({"error": "Unknown Host; add it to TRUSTED_HOSTS"}, 421)
        elif not all(self._knows_origin(origin) for origin in origins):
            state["refused"] = "origin"
            refusal = JSONResponse({"error": "Unknown Origin; add it to ALLOWED_ORIGINS"}, 403)
        else:
            await self._app(scope, receive, send)
            return
        await refusal(scope, receive, send)

    def _decided(self, host: str, path: str) -> bool:
        name = _name(f"//{host}")
        if self._any_host or host in self._hosts or name in self._hosts or is_loopback(name):
            return True
        parents = (f"*{name[dot:]}" for dot, char in enumerate(name) if char == ".")
        if any(parent in self._hosts for parent in parents):
            return True
        return path in self._probed_paths and name in _PROBE_HOSTS

    def _knows_origin(self, origin: str) -> bool:
        return origin in self._origins or (origin.startswith(("http://", "https://")) and is_loopback(_name(origin)))


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
