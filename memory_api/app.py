"""The composition root: picks embedder and storage, lays out the application, opens and closes what it uses."""

import errno
import gc
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from threading import Thread
from types import ModuleType

import structlog
from aiohttp import web

from memory_api import admin, enrichment, health, openapi, routes
from memory_api.bodies import MAX_BODY, Bodies
from memory_api.data_folder import DataFolder
from memory_api.embedders.base import Embedder
from memory_api.embedders.hashing import HashingEmbedder
from memory_api.embedders.local import LocalEmbedder
from memory_api.embedders.measured import MeasuredEmbedder
from memory_api.errors import ModelMissing, StartupError
from memory_api.idle import Idle
from memory_api.metrics import Metrics
from memory_api.middleware.cors import cors
from memory_api.middleware.door import Door, Rules
from memory_api.middleware.envelope import envelope
from memory_api.middleware.keys import AdminToken, Caller, Keys
from memory_api.middleware.places import Places
from memory_api.middleware.rate_limit import RateLimit
from memory_api.middleware.report import report
from memory_api.models.embedded import embedded_text
from memory_api.models.values import Limits
from memory_api.protocol import MAX_LINE, guard_heads
from memory_api.recall.scoring import Weights
from memory_api.service import MemoryService
from memory_api.settings import DEFAULT_TENANT, Settings
from memory_api.storage.sqlite.reembedding import reembedding
from memory_api.storage.sqlite.storage import SqliteEngine
from memory_api.tenants import Tenants

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

_DRAIN_SECONDS = 10
_LEAST_KEY_CHARS = 16
_NEW_OBJECTS_BETWEEN_COLLECTIONS = 10_000
_LOCK_HELD_SECONDS = 0.0005

log = structlog.get_logger("memory_api")


def choose_embedder(provider: str) -> Embedder:
    """Raises ModelMissing where the local model is asked for and not built."""
    if provider == "hashing":
        return HashingEmbedder()
    try:
        return LocalEmbedder.load()
    except ModelMissing as error:
        if provider == "local":
            raise
        log.warning("NO EMBEDDING MODEL: memories are found by their letters, not by their meaning", reason=str(error))
        return HashingEmbedder()


def create_app(settings: Settings, folder: DataFolder, embedder: Embedder, url: str) -> web.Application:
    """The application; it opens the storage at start-up and closes storage and embedder at shutdown."""
    tenants = Tenants(SqliteEngine(folder.path, embedder.model, embedder.dimension))
    token = None if settings.keys else secrets.token_urlsafe(32)
    door = _door(settings, token)
    metrics = Metrics(health.VERSION)
    idle = Idle(settings.memory_api_idle_seconds)
    outer = [report(metrics.request, door.is_secret)]
    if settings.cors_origins:
        outer.append(cors(settings.cors_origins))
    app = web.Application(
        client_max_size=MAX_BODY,
        handler_args={"max_line_size": MAX_LINE},
        middlewares=[*outer, envelope, idle.noticing, door.admitting, Places().taking],
    )
    guard_heads(app)
    measured = MeasuredEmbedder(embedder, metrics.embedded)
    app[routes.SERVICE] = MemoryService(tenants, measured, Weights(**settings.search_weights))
    app[routes.LIMITS] = limits = Limits(settings.memory_content_hard_limit, embedder.dimension)
    app[routes.BODIES] = Bodies()
    app[health.EMBEDDER] = embedder
    app[health.STORAGE_NAME] = tenants.engine_name
    if len(names := {key.tenant for key in settings.keys} or {DEFAULT_TENANT}) == 1:
        app[health.SOLE_TENANT] = names.pop()
    app[admin.METRICS] = metrics
    app[admin.TENANTS] = tenants
    app[admin.STARTED] = time.monotonic()
    app[openapi.LIMITS], app[openapi.VERSION] = limits, health.VERSION
    for table in (routes, health, enrichment, admin, openapi):
        app.router.add_routes(table.routes)
    app.cleanup_ctx.append(
        _lifespan(
            tenants,
            embedder,
            folder,
            url,
            token=token,
            passing=settings.memory_api_local_token and settings.memory_api_idle_seconds > 0,
            warnings=_warnings(settings, is_open=not door.wants_keys),
        )
    )
    app.cleanup_ctx.append(idle.watching)
    return app


def _door(settings: Settings, token: str | None) -> Door:
    callers = [
        Caller.with_key(key.tenant, key.key.get_secret_value(), may_write=key.may_write) for key in settings.keys
    ]
    if token and settings.memory_api_local_token:
        callers = [Caller.with_key(DEFAULT_TENANT, token)]
    admin_token = settings.admin_api_token
    most = settings.rate_limit_requests
    return Door(
        Keys(callers),
        AdminToken(None if admin_token is None else admin_token.get_secret_value()),
        Rules(
            open=_patterns(health, openapi),
            admin=_patterns(admin),
            reading=routes.READING_POSTS,
        ),
        owner=Caller(DEFAULT_TENANT),
        quota=RateLimit(most, settings.rate_limit_window) if most else None,
        origins=frozenset(settings.cors_origins),
    )


def _patterns(*modules: ModuleType) -> frozenset[str]:
    return frozenset(route.path for module in modules for route in module.routes)


def _warnings(settings: Settings, *, is_open: bool) -> list[str]:
    found = []
    if is_open:
        found.append("no key is configured: every program of this machine may read and write the memory")
    weak = sorted({key.tenant for key in settings.keys if len(key.key.get_secret_value()) < _LEAST_KEY_CHARS})
    if weak:
        found.append(f"a key of {', '.join(weak)} is shorter than {_LEAST_KEY_CHARS} characters and can be guessed")
    return found


def _lifespan(
    tenants: Tenants,
    embedder: Embedder,
    folder: DataFolder,
    url: str,
    *,
    token: str | None,
    passing: bool,
    warnings: list[str],
) -> Callable[[web.Application], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def opened(_: web.Application) -> AsyncIterator[None]:
        try:
            async with tenants.use(DEFAULT_TENANT) as storage:
                memories = storage.count()
            folder.announce(url, token=token, passing=passing)
            log.info("ready", url=url, data=str(folder.path), embedder=embedder.model, memories=memories)
            for warning in warnings:
                log.warning(warning)
            yield
        finally:
            await tenants.close()
            await embedder.close()

    return opened


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; `::` takes IPv4 as well. Raises StartupError for a port that is taken or not allowed."""
    try:
        if host == "::" and socket.has_dualstack_ipv6():
            return socket.create_server((host, port), family=socket.AF_INET6, dualstack_ipv6=True)
        host = "0.0.0.0" if host == "::" else host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        setting = "PORT to a free one" if error.errno == errno.EADDRINUSE else "HOST to an address of this machine"
        reason = error.strerror or str(error)
        raise StartupError(f"Cannot listen on {host} port {port}: {reason}. Set {setting}.") from None


def _collect_less() -> None:
    # What is there now stays to the end. To look for cycles while a large body is read takes longer than reading
    # it, and holds up every tenant: a list of 100,000 empty lists took 33 ms, and takes 6.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS_BETWEEN_COLLECTIONS, 10, 10)


def serve(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT, finishing what is in progress. Raises StartupError."""
    folder = DataFolder.claim(settings.memory_api_data_dir)
    try:
        with listen(settings.host, settings.port) as server:
            embedder = choose_embedder(settings.embedding_provider)
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            url = f"http://{host}:{server.getsockname()[1]}"
            app = create_app(settings, folder, embedder, url)
            _collect_less()
            # While one answer is scored, the readers and the embedder of others wait for the interpreter's lock.
            sys.setswitchinterval(_LOCK_HELD_SECONDS)
            if settings.memory_api_exit_on_eof:
                app.on_startup.append(_watch_standard_input)
            web.run_app(
                app,
                sock=server,
                loop=new_event_loop(),
                print=None,
                access_log=None,
                shutdown_timeout=_DRAIN_SECONDS,
            )
    finally:
        folder.release()


async def reembed_all(settings: Settings) -> None:
    """Embeds every memory of every tenant anew with the embedder now chosen. Raises StartupError."""
    folder = DataFolder.claim(settings.memory_api_data_dir)
    embedder = choose_embedder(settings.embedding_provider)
    try:
        for path in sorted(folder.path.glob("*.db")):
            log.info("re-embedding", file=str(path), embedder=embedder.model)
            with reembedding(path, embedder.model, embedder.dimension) as database:
                for rid, content, tags in database.memories():
                    database.keep(rid, await embedder.embed(embedded_text(content, tags)))
    finally:
        await embedder.close()
        folder.release()


async def _watch_standard_input(_: web.Application) -> None:
    # A daemon, because nothing can interrupt its wait; it holds nothing that would have to be closed.
    Thread(target=_end_with_standard_input, name="standard-input", daemon=True).start()


def _end_with_standard_input() -> None:
    """Stops this process as SIGTERM does once standard input is at its end."""
    while os.read(sys.stdin.fileno(), 1_024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
