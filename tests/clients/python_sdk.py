"""The Python SDK: python -m tests.clients.python_sdk auto '{"type": "http", "url": "...", "headers": {...}}'

The type is http, sse, stdio, or memory: the bridge's MCP server in this process, before the memory service at `url`.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from bridge.app import VERSION, open_upstream
from bridge.client import MemoryClient
from bridge.mcp.server import build_server
from bridge.settings import Settings

TOOLS = [
    "store_memory",
    "recall_memory",
    "associate_memories",
    "update_memory",
    "delete_memory",
    "check_database_health",
]
Server = dict[str, Any]
Connect = Callable[[Server, str], AbstractAsyncContextManager[Client]]


@asynccontextmanager
async def http(server: Server, mode: str) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=server.get("headers"), timeout=30) as transport,
        Client(streamable_http_client(server["url"], http_client=transport), mode=mode) as client,
    ):
        yield client


def sse(server: Server, mode: str) -> Client:
    return Client(sse_client(server["url"], headers=server.get("headers")), mode=mode)


def stdio(server: Server, mode: str) -> Client:
    return Client(stdio_client(StdioServerParameters(**server)), mode=mode)


@asynccontextmanager
async def memory(server: Server, mode: str) -> AsyncIterator[Client]:
    settings = Settings(automem_api_url=server["url"])
    async with open_upstream(settings) as upstream:
        bridge = build_server(MemoryClient(upstream, None), own_key=None, version=VERSION)
        async with Client(bridge, mode=mode) as client:
            yield client


CONNECT: dict[str, Connect] = {"http": http, "sse": sse, "stdio": stdio, "memory": memory}


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


async def call(client: Client, tool: str, **arguments: object) -> CallToolResult:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, f"{tool}: {text_of(result)}"
    return result


async def store(client: Client, content: str) -> str:
    data = (await call(client, "store_memory", content=content)).structured_content
    assert data is not None
    return str(data["memory_id"])


async def recall(client: Client, query: str) -> str:
    return text_of(await call(client, "recall_memory", query=query))


async def exercise(client: Client) -> None:
    """Lists the six tools and calls each of them, so that one sees what another did: as exercise.mjs does."""
    assert [tool.name for tool in (await client.list_tools()).tools] == TOOLS

    # Clients run at the same time, and of memories with the same text a recall shows one.
    table = uuid4()
    tea = await store(client, f"Alice drinks green tea in the morning at table {table}")
    car = await store(client, "The car needs a new clutch")
    await call(client, "associate_memories", memory1_id=tea, memory2_id=car, type="RELATES_TO", strength=0.7)
    assert tea in await recall(client, f"green tea in the morning at table {table}"), "what was stored is not recalled"

    await call(client, "update_memory", memory_id=car, content=f"The bicycle at table {table} has a flat tyre")
    assert car in await recall(client, f"bicycle at table {table} with a flat tyre"), "what was updated is not recalled"

    await call(client, "delete_memory", memory_id=tea)
    assert tea not in await recall(client, f"green tea in the morning at table {table}"), "what was deleted is recalled"
    await call(client, "delete_memory", memory_id=car)

    health = (await call(client, "check_database_health")).structured_content
    assert health is not None
    assert health["status"] == "healthy"


async def main(mode: str, server: Server) -> None:
    async with CONNECT[server["type"]](server, mode) as client:
        await exercise(client)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
