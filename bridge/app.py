"""The HTTP service as three lists: routes, middleware, lifespan."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bridge.auth.gate import Gate
from bridge.client import MemoryClient
from bridge.errors import StartupError
from bridge.health import Health
from bridge.mcp.server import build_server
from bridge.mcp.transports import EventStreams, LegacySSE, StreamableHTTP
from bridge.middleware.body_limit import BodyLimit
from bridge.middleware.headers import StripHeaders
from bridge.middleware.hosts import AllowedHosts
from bridge.middleware.request_id import RequestId
from bridge.settings import Settings
from bridge.upstream import Upstream

logger = structlog.stdlib.get_logger(__name__)

MAX_BODY_BYTES = 8 * 1024 * 1024
VERSION = version("memory-bridge")

_OPEN_PATHS = frozenset({"/health", "/ready"})


def create_app(settings: Settings) -> Starlette:
    """The bridge as an ASGI application. Raises StartupError where it would be open to the network without a key."""
    _check_exposure(settings)
    upstream = open_upstream(settings)
    client = MemoryClient(upstream, settings.upstream_key)
    server = build_server(client, own_key=None, version=VERSION)
    health = Health(client, interval=settings.health_probe_interval_ms / 1000, version=VERSION)
    streamable = StreamableHTTP(
        server,
        session_ttl=settings.mcp_session_ttl_seconds,
        max_sessions=settings.mcp_max_sessions,
        max_body_bytes=MAX_BODY_BYTES,
        json_response=settings.mcp_json_response,
    )
    legacy = LegacySSE(server, "/mcp/messages", max_streams=settings.mcp_max_sessions, max_body_bytes=MAX_BODY_BYTES)
    ping = settings.mcp_sse_ping_seconds

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with upstream, health.watch(), streamable.run():
            yield

    return Starlette(
        routes=[
            Route("/mcp", BodyLimit(EventStreams(streamable, ping=ping), max_bytes=MAX_BODY_BYTES)),
            Route("/mcp/sse", EventStreams(legacy.events, ping=ping), methods=["GET"]),
            Route("/mcp/messages", BodyLimit(legacy.messages, max_bytes=MAX_BODY_BYTES), methods=["POST"]),
            Route("/health", health.health, methods=["GET"]),
            Route("/ready", health.ready, methods=["GET"]),
        ],
        middleware=[
            Middleware(RequestId),
            Middleware(StripHeaders),
            _hosts(settings),
            _gate(settings),
        ],
        lifespan=lifespan,
        exception_handlers={HTTPException: _refused},
    )


def open_upstream(settings: Settings) -> Upstream:
    """The memory service that the settings name, not yet entered."""
    return Upstream(
        settings.upstream_url,
        timeout=settings.upstream_timeout_ms / 1000,
        probe_timeout=settings.health_timeout_ms / 1000,
        max_retries=settings.upstream_max_retries,
    )


def _check_exposure(settings: Settings) -> None:
    if settings.disable_auth:
        logger.warning("DISABLE_AUTH is set: every caller is the owner of the memory")
    elif not settings.caller_keys and not settings.binds_loopback:
        raise StartupError(
            f"HOST={settings.host} is reachable from other machines and no key is configured: set AUTOMEM_API_TOKEN or "
            "MCP_API_KEYS, or HOST=127.0.0.1 to serve this machine only"
        )
    elif not settings.caller_keys:
        logger.info("no key is configured: open to the users of this machine, who act without a key")


def _hosts(settings: Settings) -> Middleware:
    public = urlsplit(settings.own_url or "")
    return Middleware(
        AllowedHosts,
        hosts=[*settings.trusted_hosts, *([public.hostname] if public.hostname else [])],
        origins=[*settings.allowed_origins, *([f"{public.scheme}://{public.netloc}"] if public.hostname else [])],
        # Under an unknown name a wider service is at least guarded by its keys.
        any_host=not settings.binds_loopback and not settings.trusted_hosts and not public.hostname,
        probed_paths=_OPEN_PATHS,
    )


def _gate(settings: Settings) -> Middleware:
    if settings.disable_auth:
        return Middleware(Gate, keys=(), owner_key=settings.upstream_key, open_paths=_OPEN_PATHS)
    return Middleware(Gate, keys=settings.caller_keys, owner_key=None, open_paths=_OPEN_PATHS)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
