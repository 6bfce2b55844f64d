"""Runs the HTTP service on uvicorn until it is told to stop."""

import uvicorn

from bridge.app import create_app
from bridge.settings import Settings
from bridge.sockets import listen

_SHUTDOWN_SECONDS = 3


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM. Raises StartupError when it cannot."""
    server = http_server(settings)
    with listen(settings.host, settings.port, "PORT") as listener:
        server.run(sockets=[listener])


def http_server(settings: Settings) -> uvicorn.Server:
    """The server, not yet running. One process only: sessions live in its memory."""
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        lifespan="on",
    )
    return uvicorn.Server(config)
