"""What clients do to a server that runs for long: they call and end, vanish, come back late, break off, do not read."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from benchmarks.handshake_client import BROKEN, REVISION, Event, Refused, Session, events_of

_ACCEPT = {"Accept": "application/json, text/event-stream"}
_MODERN = "2026-07-28"
_DEAF_SECONDS = 6.0
_DEAF_CALLS = 60
# After a minute without room for more the system drops the connection (bridge/sockets.py).
_DEAF_AT_MOST = 40.0
_SMALL_BUFFER = 4_096


@dataclass(frozen=True, slots=True)
class World:
    """The server, and what the guests share."""

    http: aiohttp.ClientSession
    url: str
    ttl_seconds: float
    random: Random

    async def session(self) -> Session:
        """A new one."""
        return await Session.open(self.http, f"{self.url}/mcp")

    def word(self) -> str:
        """Something to ask for."""
        return f"w{self.random.randrange(10**9)}"


async def call_and_end(world: World) -> None:
    """Three calls, then DELETE, as it should be."""
    session = await world.session()
    for _ in range(3):
        await _ask(world, session)
    await session.end()
    await _expect(404, session)


async def call_and_vanish(world: World) -> None:
    """Never says that it has gone."""
    session = await world.session()
    await _ask(world, session)


async def come_back_late(world: World) -> None:
    """Idles beyond the time to live and calls under its old id: a call is answered, the stream is gone."""
    session = await world.session()
    await _ask(world, session)
    await asyncio.sleep(world.ttl_seconds * world.random.uniform(1.2, 1.6))
    await _ask(world, session)
    await _expect(404, session)


async def break_off_and_resume(world: World) -> None:
    """Loses its connection while it waits, and comes back for the answer, at once or later."""
    session, word = await world.session(), world.word()
    last = await _first_event(session, word)
    await asyncio.sleep(world.random.uniform(0, 2))
    async with session.resume(last.id) as response:
        events = [event async for event in events_of(response)]
    if len(events) != 1 or word not in json.dumps(events[0].message):
        raise ValueError(f"resumed to {events}")


async def break_off(world: World) -> None:
    """Loses its connection while it waits, and does not come back."""
    await _first_event(await world.session(), world.word())


async def listen_and_die(world: World) -> None:
    """Opens the stream of what the server says unasked, and goes without a word."""
    session = await world.session()
    async with session.listen() as response:
        if response.status != 200:
            raise Refused(response.status, await response.text())
        await _ask(world, session)
        await asyncio.sleep(world.random.uniform(0, 8))
        response.close()


async def be_legacy(world: World) -> None:
    """The transport of 2024-11-05, ended by closing the stream."""
    async with world.http.get(f"{world.url}/mcp/sse", headers=_ACCEPT) as stream:
        word, address = world.word(), world.url + await _data_of(stream)
        for message in _legacy_messages([word]):
            async with world.http.post(address, json=message) as response:
                if response.status != 202:
                    raise Refused(response.status, await response.text())
        while word not in await _data_of(stream):
            pass
        await asyncio.sleep(world.random.uniform(0, 6))
        stream.close()


async def be_legacy_and_deaf(world: World) -> None:
    """Asks for more and more over a stream that it does not read, until it is done or soon to be dropped."""
    async with _deaf(world, "GET", "/mcp/sse") as beginning:
        address = world.url + beginning.partition("data: ")[2].split()[0]
        until = time.monotonic() + _DEAF_AT_MOST
        for message in _legacy_messages([world.word() for _ in range(_DEAF_CALLS)]):
            if time.monotonic() > until:
                break
            async with world.http.post(address, json=message) as response:
                if response.status not in (202, 503):
                    raise Refused(response.status, await response.text())
        await asyncio.sleep(_DEAF_SECONDS)


async def be_deaf(world: World) -> None:
    """Does not read what a call is answered with."""
    session = await world.session()
    async with _deaf(world, "POST", "/mcp", session.recall(world.word()), session.headers):
        await asyncio.sleep(_DEAF_SECONDS)


async def send_half(world: World) -> None:
    """Stops in the middle of a message."""
    session = await world.session()
    with closing(await _connected(world)) as connection:
        head = _head(world, "POST", "/mcp", {**session.headers, "Content-Length": "1000"})
        await asyncio.get_running_loop().sock_sendall(connection, head + b'{"jsonrpc": "2.0", ')
        await asyncio.sleep(_DEAF_SECONDS)


async def be_modern_and_leave(world: World) -> None:
    """A call of 2026-07-28, which has no session, given up before it is answered."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": _MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": "recall_memory", "arguments": {"query": world.word()}, "_meta": meta}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        **_ACCEPT,
        "MCP-Protocol-Version": _MODERN,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "recall_memory",
    }
    try:
        async with (
            asyncio.timeout(world.random.uniform(0.01, 0.1)),
            world.http.post(f"{world.url}/mcp", json=body, headers=headers) as response,
        ):
            if response.status != 200:
                raise Refused(response.status, await response.text())
            await response.read()
    except BROKEN:
        pass


async def be_a_stranger(world: World) -> None:
    """Comes with an id that nobody has issued."""
    await _expect(404, Session(world.http, f"{world.url}/mcp", "A" * 43))


Visit = Callable[[World], Awaitable[None]]
VISITS: Mapping[Visit, int] = {
    call_and_end: 4,
    call_and_vanish: 4,
    come_back_late: 2,
    break_off_and_resume: 4,
    break_off: 2,
    listen_and_die: 2,
    be_legacy: 2,
    be_legacy_and_deaf: 1,
    be_deaf: 1,
    send_half: 1,
    be_modern_and_leave: 2,
    be_a_stranger: 1,
}
"""How often each happens, beside the others."""


async def _ask(world: World, session: Session) -> None:
    word = world.word()
    if word not in (text := await session.ask(word)):
        raise ValueError(f"asked for {word}, got {text[:200]}")


async def _expect(status: int, session: Session) -> None:
    async with session.listen() as response:
        if response.status != status:
            raise Refused(response.status, f"{status} was expected")


async def _first_event(session: Session, word: str) -> Event:
    async with session.post(session.recall(word)) as response:
        async for event in events_of(response):
            response.close()
            return event
    raise ValueError("a stream without an event")


async def _data_of(stream: aiohttp.ClientResponse) -> str:
    async for line in stream.content:
        if line.startswith(b"data: "):
            return line.decode().removeprefix("data: ").strip()
    raise aiohttp.ClientPayloadError("the stream has ended")


def _legacy_messages(words: list[str]) -> list[dict[str, Any]]:
    begin = {"protocolVersion": REVISION, "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "0"}}
    calls = [
        {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": _recalling(word)}
        for number, word in enumerate(words, 1)
    ]
    return [
        {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": begin},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        *calls,
    ]


def _recalling(word: str) -> dict[str, Any]:
    return {"name": "recall_memory", "arguments": {"query": word}}


async def _connected(world: World) -> socket.socket:
    parts = urlsplit(world.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (parts.hostname, parts.port))
    return connection


def _head(world: World, method: str, path: str, headers: Mapping[str, str]) -> bytes:
    fields = {"Host": urlsplit(world.url).netloc, "Content-Type": "application/json", **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode()


@asynccontextmanager
async def _deaf(
    world: World, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> AsyncIterator[str]:
    """A request whose answer is not read beyond its first event, which it gives."""
    loop, data = asyncio.get_running_loop(), b"" if body is None else json.dumps(body).encode()
    with closing(await _connected(world)) as connection:
        head = _head(world, method, path, {**(headers or _ACCEPT), "Content-Length": str(len(data))})
        await loop.sock_sendall(connection, head + data)
        received = b""
        while b"\r\n\r\n" not in received.partition(b"\r\n\r\n")[2]:
            piece = await loop.sock_recv(connection, 512)
            if not piece:
                raise aiohttp.ClientPayloadError("the stream has ended")
            received += piece
        yield received.decode()
