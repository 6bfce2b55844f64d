"""A TCP proxy before a server that cuts connections: at random, but the same every time for one seed.

Made for one request a connection. A connection is cut within the request, before anything of the answer has passed,
within its beginning, at any byte of the first kilobytes that follow, or some time after it has begun. The end is a
FIN, or a RST, or nothing at all on the server's side, which then holds a connection that nobody reads any more.
"""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from random import Random
from typing import Literal

Place = Literal["nowhere", "in the request", "before the answer", "in its beginning", "in the answer", "after a time"]
End = Literal["closed", "reset", "silent"]

_CUTS: dict[Place, int] = {
    "in the request": 1,
    "before the answer": 1,
    "in its beginning": 1,
    "in the answer": 3,
    "after a time": 3,
}
_ENDS: tuple[End, ...] = ("closed", "reset", "silent")
_BEGINNING_BYTES = 500
_ANSWER_BYTES = 12_000
_SILENT_SECONDS = 5.0
_PIECE = 16_384
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Fate:
    """What will happen to a connection."""

    place: Place
    end: End
    share: float
    """How far into its place it is cut, 0..1."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two connections."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def reset(self) -> None:
        """Ends it with a RST."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.writer.transport.abort()


class _Cut(Exception):
    """It is time."""


class CuttingProxy:
    """Cuts the given share of the connections; `cuts` counts them by place."""

    def __init__(self, target: tuple[str, int], random: Random, *, share: float, wait_seconds: float) -> None:
        self.cuts: Counter[Place] = Counter()
        self._target = target
        self._random = random
        self._share = share
        self._wait_seconds = wait_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[str]:
        """Gives the address at which it listens."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(OSError, asyncio.CancelledError):
            # One of the two has gone, or the proxy ends.
            await self._serve(Side(reader, writer), self._drawn())

    async def _serve(self, client: Side, fate: Fate) -> None:
        with closing(client.writer):
            server = Side(*await asyncio.open_connection(*self._target))
            with closing(server.writer):
                try:
                    await self._exchange(client, server, fate)
                except _Cut:
                    self.cuts[fate.place] += 1
                    await _cut(client, server, fate.end)

    def _drawn(self) -> Fate:
        is_cut, share = self._random.random() < self._share, self._random.random()
        (place,) = self._random.choices(list(_CUTS), list(_CUTS.values()))
        return Fate(place if is_cut else "nowhere", self._random.choice(_ENDS), share)

    async def _exchange(self, client: Side, server: Side, fate: Fate) -> None:
        await _pass_request(client, server, fate)
        if fate.place == "before the answer":
            with suppress(TimeoutError):
                await asyncio.wait_for(server.reader.read(1), fate.share * self._wait_seconds)
            raise _Cut
        client.writer.write(await server.reader.read(1))
        try:
            async with asyncio.timeout(fate.share * self._wait_seconds if fate.place == "after a time" else None):
                await _pass_answer(client, server, _answer_bytes(fate))
        except TimeoutError:
            raise _Cut from None


async def _cut(client: Side, server: Side, end: End) -> None:
    if end == "reset":
        client.reset()
        server.reset()
    elif end == "silent":
        client.writer.close()
        await asyncio.sleep(_SILENT_SECONDS)


async def _pass_request(client: Side, server: Side, fate: Fate) -> None:
    try:
        head = await client.reader.readuntil(b"\r\n\r\n")
        body = await client.reader.readexactly(_content_length(head))
    except asyncio.IncompleteReadError:
        raise ConnectionAbortedError from None
    request = head + body
    if fate.place != "in the request":
        server.writer.write(request)
        await server.writer.drain()
        return
    server.writer.write(request[: int(fate.share * len(request))])
    await server.writer.drain()
    raise _Cut


async def _pass_answer(client: Side, server: Side, left: int | None) -> None:
    while piece := await server.reader.read(_PIECE):
        client.writer.write(piece if left is None else piece[:left])
        await client.writer.drain()
        if left is not None:
            left -= len(piece)
            if left <= 0:
                raise _Cut


def _answer_bytes(fate: Fate) -> int | None:
    if fate.place == "in its beginning":
        return max(1, int(fate.share * _BEGINNING_BYTES))
    if fate.place == "in the answer":
        return _BEGINNING_BYTES + int(fate.share * _ANSWER_BYTES)
    return None


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
