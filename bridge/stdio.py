"""Serves one MCP client at stdin and stdout, over the memory service that the settings name."""

import asyncio
import os
import signal

from bridge.app import VERSION, open_upstream
from bridge.client import MemoryClient
from bridge.mcp.server import build_server
from bridge.mcp.transports import serve_stdio
from bridge.settings import Settings


def serve(settings: Settings) -> None:
    """Serves until the client closes stdin, or until a signal."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A blocked read of stdin cannot be interrupted, and there is nothing to save.
        signal.signal(number, lambda *_: os._exit(0))
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with open_upstream(settings) as upstream:
        client = MemoryClient(upstream, settings.upstream_key)
        await serve_stdio(build_server(client, own_key=settings.upstream_key, version=VERSION))
