"""The HTTP service as three lists: routes, middleware, lifespan."""

import secrets
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
from bridge.mcp.calls import RunningCalls
from bridge.mcp.legacy import Admission, LegacySSE
from bridge.mcp.server import build_server
from bridge.mcp.sessions import SessionIds, derived_secret, kept_secret
from bridge.mcp.streams import EventStreams
from bridge.mcp.transports import Limits, StreamableHTTP, without_idle_tracing
from bridge.middleware.body_limit import BodyLimit
from bridge.middleware.headers import StripHeaders
from bridge.middleware.hosts import AllowedHosts
from bridge.middleware.request_id import RequestId
from bridge.middleware.shortcut import Shortcut
from bridge.settings import Settings
from bridge.upstream import Locator, Upstream

logger = structlog.stdlib.get_logger(__name__)

MAX_BODY_BYTES = 8 * 1024 * 1024
VERSION = version("memory-bridge")

_MESSAGES = "/mcp/messages"
_OPEN_PATHS = frozenset({"/health", "/ready"})


def create_app(settings: Settings) -> Starlette:
    """The bridge as an ASGI application; its state holds the `calls` and `streams` that a server has to end.

    Raises StartupError where it would be open to the network without a key.
    """
    _check_exposure(settings)
    upstream = open_upstream(settings)
    client = MemoryClient(upstream, settings.upstream_key)
    calls = RunningCalls()
    server = without_idle_tracing(build_server(client, own_key=None, version=VERSION, calls=calls))
    health = Health(client, interval=settings.health_probe_interval_ms / 1000, version=VERSION)
    limits = Limits(
        session_ttl=settings.mcp_session_ttl_seconds,
        max_sessions=settings.mcp_max_sessions,
        events_per_stream=settings.mcp_events_per_stream,
    )
    streamable = StreamableHTTP(
        server,
        SessionIds(_session_secret(settings)),
        limits,
        recovery=settings.mcp_session_recovery,
        json_response=settings.mcp_json_response,
    )
    legacy = LegacySSE(server, _MESSAGES, max_streams=settings.mcp_max_sessions, max_body_bytes=MAX_BODY_BYTES)
    streams = EventStreams(ping=settings.mcp_sse_ping_seconds)
    messages = Admission(BodyLimit(legacy.messages, max_bytes=MAX_BODY_BYTES), legacy)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with upstream, health.watch(), streamable.run():
            yield

    mcp = BodyLimit(streams.around(streamable), max_bytes=MAX_BODY_BYTES)
    app = Starlette(
        routes=[
            Route("/mcp", mcp),
            Route("/mcp/sse", streams.around(legacy.events), methods=["GET"]),
            Route(_MESSAGES, messages, methods=["POST"]),
            Route("/health", health.health, methods=["GET"]),
            Route("/ready", health.ready, methods=["GET"]),
        ],
        middleware=[
            Middleware(RequestId),
            Middleware(StripHeaders),
            _hosts(settings),
            _gate(settings),
            Middleware(Shortcut, path="/mcp", endpoint=mcp),
        ],
        lifespan=lifespan,
        exception_handlers={HTTPException: _refused},
    )
    app.state.calls, app.state.streams = calls, streams
    return app


def open_upstream(settings: Settings, locator: Locator | None = None) -> Upstream:
    """The memory service that the settings name, or that the locator finds, not yet entered."""
    return Upstream(
        locator or settings.upstream_url,
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
    return Middleware(
        Gate,
        keys=settings.caller_keys,
        owner_key=None,
        open_paths=_OPEN_PATHS,
        keyless_posts=frozenset({_MESSAGES}),
    )


def _session_secret(settings: Settings) -> bytes:
    if settings.mcp_session_secret:
        return settings.mcp_session_secret.get_secret_value().encode()
    if settings.caller_keys:
        return derived_secret(key for _, key in settings.caller_keys)
    try:
        return kept_secret(settings.bridge_data_dir)
    except OSError as error:
        reason = (
            "the secret of the session ids cannot be kept: a restart makes sessions unknown; set MCP_SESSION_SECRET"
        )
        logger.warning(reason, folder=str(settings.bridge_data_dir), error=error.strerror or str(error))
        return secrets.token_bytes(32)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)
