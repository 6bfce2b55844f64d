"""MCP as raw HTTP: messages, the headers of a session, and event streams read line by line."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.bridge.stand_in import Bridge

ACCEPT = {"Accept": "application/json, text/event-stream"}
INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}


def calling(tool: str, **arguments: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


async def opened(bridge: Bridge, **headers: str) -> dict[str, str]:
    """Opens a session and gives the headers of its further requests."""
    async with bridge.http.post("/mcp", json=INITIALIZE, headers={**ACCEPT, **headers}) as response:
        assert response.status == 200
        session = response.headers["Mcp-Session-Id"]
    return {**ACCEPT, "Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25", **headers}


async def lines_of(response: aiohttp.ClientResponse) -> AsyncIterator[str]:
    async for line in response.content:
        yield line.decode().rstrip("\r\n")


@dataclass(frozen=True)
class Sent:
    """One event as it was sent; `message` is None where it only carries an id."""

    id: str
    message: Any


async def next_event(response: aiohttp.ClientResponse) -> Sent | None:
    """The next event of a stream, or None at its end. Pings are passed over."""
    fields: dict[str, str] = {}
    async with asyncio.timeout(10):
        async for line in lines_of(response):
            name, colon, value = line.partition(": ")
            if colon and name:
                fields[name] = value
            elif not line and fields:
                return Sent(fields.get("id", ""), json.loads(fields["data"]) if fields.get("data") else None)
            elif line.startswith("data:"):
                fields["data"] = ""
    return None


async def events_of(response: aiohttp.ClientResponse) -> list[Sent]:
    """All events up to the end of the stream."""
    events = []
    while (event := await next_event(response)) is not None:
        events.append(event)
    return events


async def first(lines: AsyncIterator[str], count: int) -> list[str]:
    """So many lines."""
    return [await anext(lines) for _ in range(count)]


@asynccontextmanager
async def deaf(
    bridge: Bridge, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> AsyncIterator[str]:
    """A request on a connection of its own whose answer is not read beyond its beginning, which it gives."""
    host, _, port = bridge.url.removeprefix("http://").partition(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    data = b"" if body is None else json.dumps(body).encode()
    fields = {"Host": host, "Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    with connection:
        await loop.sock_connect(connection, (host, int(port)))
        await loop.sock_sendall(connection, f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data)
        beginning = b""
        while b"\r\n\r\n" not in beginning.partition(b"\r\n\r\n")[2]:
            beginning += await loop.sock_recv(connection, 512)
        yield beginning.decode()
