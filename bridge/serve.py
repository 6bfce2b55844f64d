"""Runs the HTTP service on uvicorn until it is told to stop."""

import asyncio
import gc
import math
import sys
from contextlib import suppress
from socket import socket

import uvicorn
from starlette.applications import Starlette

from bridge.app import create_app
from bridge.protocol import BoundedProtocol
from bridge.settings import Settings
from bridge.sockets import listen

if sys.platform != "win32":
    import resource

# Containers are killed ten seconds after they were told to stop.
_DRAIN_SECONDS = 8.0
_LAST_WORDS_SECONDS = 1.0
# Longer than clients and proxies keep a connection that they do not use: what they send must not meet its end.
_KEEP_ALIVE_SECONDS = 75
_OPEN_FILES = 65_536
_NEW_OBJECTS_BETWEEN_COLLECTIONS = 10_000


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM. Raises StartupError when it cannot."""
    server = http_server(settings)
    _allow_many_connections()
    _collect_less()
    with listen(settings.host, settings.port, "PORT") as listener:
        server.run(sockets=[listener])


def _collect_less() -> None:
    # What is there now stays to the end, and a request leaves few cycles behind: looking for them costs more than they.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS_BETWEEN_COLLECTIONS, 10, 10)


def _allow_many_connections() -> None:
    # Every open stream is an open file, and many systems allow 1,024 unless asked for more.
    if sys.platform != "win32":
        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _OPEN_FILES if most == resource.RLIM_INFINITY else min(most, _OPEN_FILES)
        if now != resource.RLIM_INFINITY and now < wanted:
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class _Server(uvicorn.Server):
    """Stops in bounded time: uvicorn waits for whoever is connected, and gives up with a traceback for each."""

    def __init__(self, app: Starlette, config: uvicorn.Config, drain: float) -> None:
        super().__init__(config)
        self._app = app
        self._drain = drain

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        ending = asyncio.create_task(self._end_streams())
        timers = (
            loop.call_later(self._drain, self._app.state.calls.give_up),
            loop.call_later(self._drain + _LAST_WORDS_SECONDS, self._drop_connections),
        )
        await super().shutdown(sockets)
        for each in (ending, *timers):
            each.cancel()

    async def _end_streams(self) -> None:
        # Those of the older transport carry the answers.
        await self._app.state.calls.settled()
        self._app.state.streams.end()

    def _drop_connections(self) -> None:
        # Whoever has not taken an answer by now takes none.
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def http_server(settings: Settings, *, drain: float = _DRAIN_SECONDS) -> uvicorn.Server:
    """The server, not yet running. One process only: sessions live in its memory.

    Told to stop, it lets calls run for up to `drain` seconds, and answers those that would take longer.
    """
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        http=BoundedProtocol,
        # Who the connection is with decides who is believed, and that is asked in one place.
        proxy_headers=False,
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        server_header=False,
        timeout_graceful_shutdown=math.ceil(drain + 2 * _LAST_WORDS_SECONDS),
        lifespan="on",
    )
    return _Server(app, config, drain)
