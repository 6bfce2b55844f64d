"""Lean MCP clients that call one tool over and over, a class for each way to reach a server: raw JSON-RPC, no SDK."""

import asyncio
import json
import os
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import aiohttp

_HANDSHAKE, _MODERN = "2025-11-25", "2026-07-28"
_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": _HANDSHAKE,
}
_CLIENT = {"name": "benchmark", "version": "0"}
_BEGIN = {"protocolVersion": _HANDSHAKE, "capabilities": {}, "clientInfo": _CLIENT}
_INITIALIZE = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": _BEGIN}
_INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
_ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": _MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": _CLIENT,
}
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "store_memory": {
        "content": "Chose PostgreSQL over MongoDB for the user service, because orders need transactions.",
        "type": "Decision",
        "importance": 0.8,
        "tags": ["user-service", "database"],
    },
    "recall_memory": {"query": "which database does the user service use", "limit": 5},
}
_MAX_LINE = 1 << 20


class Caller(Protocol):
    """Makes one call at a time."""

    async def call(self) -> float:
        """Calls the tool; seconds to the end of the answer. Raises RuntimeError for anything but a success."""

    async def close(self) -> None:
        """Ends what was opened for it."""


@dataclass(slots=True)
class _Calls:
    """The bodies of one call under numbers of their own."""

    body: bytes
    number: int = 0

    @classmethod
    def of(cls, tool: str, **more: object) -> Self:
        params = {"name": tool, "arguments": _ARGUMENTS[tool], **more}
        call = {"jsonrpc": "2.0", "method": "tools/call", "params": params}
        return cls(json.dumps(call).removesuffix("}").encode())

    def next(self) -> bytes:
        self.number += 1
        return b'%s, "id": %d}' % (self.body, self.number)


@dataclass(slots=True)
class _Posting:
    """Posts each call to one address, and reads the answer to its end."""

    http: aiohttp.ClientSession
    url: str
    headers: dict[str, str]
    calls: _Calls

    async def call(self) -> float:
        return await _posted(self.http, self.url, self.calls.next(), self.headers)


class HandshakeCaller(_Posting):
    """A session of 2025-11-25 over streamable HTTP."""

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str, tool: str) -> Self:
        """Shakes hands at `url`, the address of the server."""
        async with http.post(f"{url}/mcp", json=_INITIALIZE, headers=_HEADERS) as response:
            await response.read()
            headers = {**_HEADERS, "Mcp-Session-Id": response.headers["Mcp-Session-Id"]}
        async with http.post(f"{url}/mcp", json=_INITIALIZED, headers=headers) as response:
            await response.read()
        return cls(http, f"{url}/mcp", headers, _Calls.of(tool))

    async def close(self) -> None:
        async with self.http.delete(self.url, headers=self.headers) as response:
            await response.read()


class ModernCaller(_Posting):
    """Requests of 2026-07-28, which knows no sessions."""

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str, tool: str) -> Self:
        """There is nothing to open."""
        headers = {**_HEADERS, "MCP-Protocol-Version": _MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool}
        return cls(http, f"{url}/mcp", headers, _Calls.of(tool, _meta=_ENVELOPE))

    async def close(self) -> None:
        """There is nothing to end."""


@dataclass(slots=True)
class StreamCaller:
    """The transport of 2024-11-05: requests are posted, all answers come over one stream."""

    http: aiohttp.ClientSession
    url: str
    stream: aiohttp.ClientResponse
    calls: _Calls

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str, tool: str) -> Self:
        """Opens the stream, and shakes hands."""
        stream = await http.get(f"{url}/mcp/sse", headers=_HEADERS, timeout=aiohttp.ClientTimeout(total=None))
        caller = cls(http, url, stream, _Calls.of(tool))
        caller.url = url + (await caller._heard()).decode()
        await caller._say(json.dumps(_INITIALIZE).encode())
        await caller._heard()
        await caller._say(json.dumps(_INITIALIZED).encode())
        return caller

    async def call(self) -> float:
        began = time.perf_counter()
        await self._say(self.calls.next())
        answer = await self._heard()
        elapsed = time.perf_counter() - began
        _check(answer)
        return elapsed

    async def close(self) -> None:
        self.stream.close()

    async def _say(self, body: bytes) -> None:
        async with self.http.post(self.url, data=body, headers=_HEADERS) as response:
            await response.read()

    async def _heard(self) -> bytes:
        while line := await self.stream.content.readline():
            if line.startswith(b"data: "):
                return line.removeprefix(b"data: ").strip()
        raise RuntimeError("the stream has ended")


@dataclass(slots=True)
class Pipe:
    """A server at the other end of its stdin and stdout, for any number of callers."""

    process: Process
    waiting: dict[int, asyncio.Future[bytes]] = field(default_factory=dict)
    reading: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, command: list[str], environment: dict[str, str]) -> Self:
        """Starts the server, and shakes hands."""
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={**os.environ, **environment}, limit=_MAX_LINE
        )
        pipe = cls(process)
        pipe.reading = asyncio.create_task(pipe._read())
        await pipe.ask(json.dumps(_INITIALIZE).encode(), 0)
        pipe._write(json.dumps(_INITIALIZED).encode())
        return pipe

    async def ask(self, body: bytes, number: int) -> bytes:
        """The answer to the request with this number."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.waiting[number] = answer
        self._write(body)
        return await answer

    async def close(self) -> None:
        """Ends the server."""
        assert self.process.stdin
        self.process.stdin.close()
        await self.process.wait()
        if self.reading:
            await self.reading

    def _write(self, body: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(body + b"\n")

    async def _read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            self.waiting.pop(json.loads(line)["id"]).set_result(line)
        for answer in self.waiting.values():
            answer.set_exception(RuntimeError("the server has ended"))


@dataclass(slots=True)
class PipeCaller:
    """One of the callers over a pipe."""

    pipe: Pipe
    calls: _Calls

    async def call(self) -> float:
        body = self.calls.next()
        began = time.perf_counter()
        answer = await self.pipe.ask(body, self.calls.number)
        elapsed = time.perf_counter() - began
        _check(answer)
        return elapsed

    async def close(self) -> None:
        """The pipe ends for all of them."""


def pipe_callers(pipe: Pipe, tool: str, count: int) -> list[Caller]:
    """So many callers over one pipe."""
    calls = _Calls.of(tool)
    return [PipeCaller(pipe, calls) for _ in range(count)]


async def _posted(http: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    async with http.post(url, data=body, headers=headers) as response:
        answer = await response.read()
    elapsed = time.perf_counter() - began
    _check(answer)
    return elapsed


def _check(answer: bytes) -> None:
    if b'"result"' not in answer or b'"isError":true' in answer:
        raise RuntimeError(f"{answer[:500]!r}")
