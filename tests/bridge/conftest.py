"""Shared seams: a stand-in memory service on a real socket, clients of it, and the bridge served by uvicorn."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bridge.client import MemoryClient
from bridge.serve import http_server
from bridge.settings import Settings
from bridge.sockets import listen
from bridge.upstream import Upstream
from tests.bridge.stand_in import ADA, BOB, Bridge, MemoryService, Pauses, Served


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("BRIDGE_DATA_DIR", str(tmp_path / "bridge"))


@pytest.fixture
async def memory_service() -> AsyncIterator[MemoryService]:
    """A memory service that is healthy, honours client ids and knows nothing else until told."""
    service = MemoryService()
    service.answers("GET /health", {"status": "healthy", "client_ids": True})
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", service.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    service.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield service
    await runner.cleanup()


@pytest.fixture
def pauses() -> Pauses:
    """The pauses that the client under test made."""
    return Pauses()


@pytest.fixture
async def client(memory_service: MemoryService, pauses: Pauses) -> AsyncIterator[MemoryClient]:
    """A client of the stand-in with two retries, the longest jitter and a short time limit."""
    upstream = Upstream(
        memory_service.url, timeout=0.25, probe_timeout=0.25, sleep=pauses, jitter=lambda _, longest: longest
    )
    async with upstream:
        yield MemoryClient(upstream, "secret-key")


@asynccontextmanager
async def running_bridge(settings: Callable[[str], Settings], drain: float) -> AsyncIterator[Bridge]:
    """The bridge on a free port, with the settings for that address."""
    with listen("127.0.0.1", 0, "PORT") as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = http_server(settings(url), drain=drain)
        serving = asyncio.create_task(server.serve(sockets=[listener]))

        async def stop() -> None:
            server.should_exit = True
            await asyncio.shield(serving)

        try:
            async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=10)) as http:
                yield Bridge(url, http, stop)
        finally:
            await stop()


@pytest.fixture
def served(memory_service: MemoryService) -> Served:
    """Serves the bridge on a free port, with settings given by name; told to stop, it lets calls run for `drain`."""

    def serve(*, drain: float = 1.0, **settings: Any) -> AbstractAsyncContextManager[Bridge]:
        return running_bridge(lambda _: Settings(automem_api_url=memory_service.url, **settings), drain)

    return serve


@pytest.fixture
def public(memory_service: MemoryService) -> Served:
    """Serves the bridge on a free port that is its public address too, for Ada and Bob, with settings by name."""

    def serve(**settings: Any) -> AbstractAsyncContextManager[Bridge]:
        keys = f"ada:{ADA},bob:{BOB}"
        known = {"automem_api_url": memory_service.url, "mcp_api_keys": keys, **settings}
        return running_bridge(lambda url: Settings(**{"public_url": url, **known}), 1.0)

    return serve
