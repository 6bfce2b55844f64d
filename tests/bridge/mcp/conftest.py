"""The MCP server over the stand-in memory service, and a way to call one of its tools."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult

from bridge.client import MemoryClient
from bridge.mcp.server import build_server

Call = Callable[..., Awaitable[CallToolResult]]


@pytest.fixture
def call(client: MemoryClient) -> Call:
    """Calls a tool through the SDK's own client, in memory."""

    async def call_tool(name: str, **arguments: Any) -> CallToolResult:
        async with Client(build_server(client, own_key="own-key", version="1.2.3")) as session:
            return await session.call_tool(name, arguments)

    return call_tool
