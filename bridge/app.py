"""The HTTP service as three lists: routes, middleware, lifespan."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

import structlog
from mcp.server.lowlevel import Server
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bridge.admin import Admin
from bridge.alexa.chains import SigningKeys
from bridge.alexa.endpoint import AlexaEndpoint
from bridge.alexa.owners import Owners
from bridge.alexa.pairing import Pairings
from bridge.alexa.skill import Skill
from bridge.auth.oauth import PATHS as SIGN_IN_PATHS
from bridge.client import MemoryClient
from bridge.door import door
from bridge.errors import StartupError
from bridge.gauges import Gauges
from bridge.health import Health
from bridge.mcp.calls import RunningCalls
from bridge.mcp.legacy import Admission, LegacySSE
from bridge.mcp.server import build_server
from bridge.mcp.sessions import SessionIds, derived_secret, kept_secret
from bridge.mcp.streams import EventStreams
from bridge.mcp.transports import Limits, StreamableHTTP, without_idle_tracing
from bridge.metrics import Metrics
from bridge.middleware.body_limit import BodyLimit
from bridge.middleware.overload import Overload
from bridge.middleware.shortcut import Shortcut
from bridge.settings import Settings
from bridge.sign_in import open_oauth
from bridge.turns import Turns
from bridge.upstream import Locator, Upstream

logger = structlog.stdlib.get_logger(__name__)

MAX_BODY_BYTES = 8 * 1024 * 1024
VERSION = version("memory-bridge")

_MESSAGES = "/mcp/messages"
_ALEXA = "/alexa"
_MAX_ALEXA_BYTES = 128 * 1024
_MAX_SIGN_IN_BYTES = 64 * 1024
_PATHS = SIGN_IN_PATHS | {
    *("/mcp", "/mcp/", "/mcp/sse", _MESSAGES, _ALEXA, "/health", "/ready"),
    *("/metrics", "/admin/stats", "/admin/sessions"),
}


def create_app(settings: Settings) -> Starlette:
    """The bridge as an ASGI application; its state holds the `calls` and `streams` that a server has to end.

    Raises StartupError where the settings would leave it open to others than they name.
    """
    metrics = Metrics()
    oauth = open_oauth(settings)
    layers = door(
        settings,
        metrics,
        max_body_bytes=MAX_BODY_BYTES,
        paths=_PATHS.union(route.path for route in oauth.routes()) if oauth else _PATHS,
        signed_paths=frozenset({_ALEXA}),
        keyless_posts=frozenset({_MESSAGES}),
        oauth=oauth,
    )
    upstream = open_upstream(settings)
    client = MemoryClient(upstream, settings.upstream_key)
    calls, turns = RunningCalls(), Turns(settings.max_running_requests)
    server = without_idle_tracing(
        build_server(client, own_key=None, version=VERSION, calls=calls, turns=turns, ended=metrics.call_ended)
    )
    health = Health(client, interval=settings.health_probe_interval_ms / 1000, version=VERSION)
    streamable = _streamable(server, settings)
    legacy = LegacySSE(server, _MESSAGES, max_streams=settings.mcp_max_sessions, max_body_bytes=MAX_BODY_BYTES)
    streams = EventStreams(ping=settings.mcp_sse_ping_seconds)
    messages = Admission(BodyLimit(legacy.messages, max_bytes=MAX_BODY_BYTES), legacy)
    gauges = Gauges(streamable, legacy, streams, turns, health)
    gauges.add_to(metrics)
    admin = Admin(metrics, [streamable, legacy], token=settings.admin_token, version=VERSION, state=gauges.state)
    alexa = _alexa(settings, client)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with upstream, health.watch(), streamable.run(), AsyncExitStack() as stack:
            if alexa:
                await stack.enter_async_context(alexa)
            if oauth:
                await stack.enter_async_context(oauth.store.run())
            yield

    sign_in_body = Middleware(BodyLimit, max_bytes=_MAX_SIGN_IN_BYTES)
    mcp = BodyLimit(Overload(streams.around(streamable), turns=turns), max_bytes=MAX_BODY_BYTES)
    app = Starlette(
        routes=[
            Route("/mcp", mcp),
            *([Route("/mcp/", mcp), *oauth.routes(sign_in_body)] if oauth else []),
            Route("/mcp/sse", streams.around(legacy.events), methods=["GET"]),
            Route(_MESSAGES, messages, methods=["POST"]),
            *([Route(_ALEXA, BodyLimit(alexa, max_bytes=_MAX_ALEXA_BYTES), methods=["POST"])] if alexa else []),
            Route("/health", health.health, methods=["GET"]),
            Route("/ready", health.ready, methods=["GET"]),
            *admin.routes(),
        ],
        middleware=[*layers, Middleware(Shortcut, path="/mcp", endpoint=mcp)],
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


def _streamable(server: Server[object], settings: Settings) -> StreamableHTTP:
    limits = Limits(
        session_ttl=settings.mcp_session_ttl_seconds,
        max_sessions=settings.mcp_max_sessions,
        events_per_stream=settings.mcp_events_per_stream,
    )
    return StreamableHTTP(
        server,
        SessionIds(_session_secret(settings)),
        limits,
        recovery=settings.mcp_session_recovery,
        json_response=settings.mcp_json_response,
    )


def _alexa(settings: Settings, client: MemoryClient) -> AlexaEndpoint | None:
    if settings.alexa_skill_id is None:
        return None
    keys, lone = settings.owner_keys, settings.alexa_tenant
    if lone is not None and lone not in keys:
        raise StartupError(f"ALEXA_TENANT={lone} is the name of no key; there are: {', '.join(sorted(keys))}")
    owners = Owners(keys, Pairings(settings.bridge_data_dir), lone=lone, readers=settings.readers)
    skill = Skill(client, owners, unscoped_recall=settings.alexa_unscoped_recall)
    return AlexaEndpoint(skill, SigningKeys(), skill_id=settings.alexa_skill_id)


def _session_secret(settings: Settings) -> bytes:
    if settings.mcp_session_secret:
        return settings.mcp_session_secret.get_secret_value().encode()
    if settings.caller_keys:
        return derived_secret(each.key.get_secret_value() for each in settings.caller_keys)
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
