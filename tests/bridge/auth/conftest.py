"""The bridge with sign-in switched on, served on a real socket under the address that it says is its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bridge.serve import http_server
from bridge.settings import Settings
from bridge.sockets import listen
from tests.bridge.auth.site import ADA, BOB
from tests.bridge.stand_in import Bridge, MemoryService

SignedIn = Callable[..., AbstractAsyncContextManager[Bridge]]


@pytest.fixture
def public(memory_service: MemoryService) -> SignedIn:
    """Serves the bridge on a free port as its public address, for Ada and Bob, with further settings by name."""

    @asynccontextmanager
    async def serve(port: int = 0, **settings: Any) -> AsyncIterator[Bridge]:
        with listen("127.0.0.1", port, "PORT") as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            given = {"public_url": url, "mcp_api_keys": f"ada:{ADA},bob:{BOB}", **settings}
            server = http_server(Settings(automem_api_url=memory_service.url, **given), drain=1.0)
            serving = asyncio.create_task(server.serve(sockets=[listener]))

            async def stop() -> None:
                server.should_exit = True
                await asyncio.shield(serving)

            try:
                async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=10)) as http:
                    yield Bridge(url, http, stop)
            finally:
                await stop()

    return serve
