"""A lean MCP client in a process of its own: raw JSON-RPC over kept-alive HTTP/1.1, a session for each call in flight.

Reads one job a line from stdin (JSON: url, tool, in_flight, calls). For each it opens the sessions, makes some calls
that do not count, prints "ready", waits for another line, makes the calls and prints what they took as JSON.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

_REVISION = "2025-11-25"
_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": _REVISION,
}
_WARM_UP_CALLS = 64
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "store_memory": {
        "content": "Chose PostgreSQL over MongoDB for the user service, because orders need transactions.",
        "type": "Decision",
        "importance": 0.8,
        "tags": ["user-service", "database"],
    },
    "recall_memory": {"query": "which database does the user service use", "limit": 5},
}


@dataclass(slots=True)
class McpSession:
    """One session, one request at a time."""

    http: aiohttp.ClientSession
    url: str
    headers: dict[str, str]
    body: bytes
    number: int = 1

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str, tool: str) -> "McpSession":
        """Opens the session as a client of 2025-11-25 does."""
        begin = {
            "protocolVersion": _REVISION,
            "capabilities": {},
            "clientInfo": {"name": "benchmark", "version": "0"},
        }
        initialize = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": begin}
        async with http.post(url, json=initialize, headers=_HEADERS) as response:
            await response.read()
            headers = {**_HEADERS, "Mcp-Session-Id": response.headers["Mcp-Session-Id"]}
        initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        async with http.post(url, json=initialized, headers=headers) as response:
            await response.read()
        call = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": tool, "arguments": _ARGUMENTS[tool]}}
        return cls(http, url, headers, json.dumps(call).removesuffix("}").encode())

    async def call(self) -> float:
        """Calls the tool; seconds to the end of the answer. Raises RuntimeError for anything but a success."""
        self.number += 1
        body = b'%s, "id": %d}' % (self.body, self.number)
        began = time.perf_counter()
        async with self.http.post(self.url, data=body, headers=self.headers) as response:
            answer = await response.read()
        elapsed = time.perf_counter() - began
        if response.status != 200 or b'"result"' not in answer or b'"isError":true' in answer:
            raise RuntimeError(f"{response.status} {answer[:500]!r}")
        return elapsed

    async def close(self) -> None:
        """Ends the session."""
        async with self.http.delete(self.url, headers=self.headers) as response:
            await response.read()


async def opened(job: dict[str, Any]) -> tuple[aiohttp.ClientSession, list[McpSession]]:
    """Sessions that have made their first calls."""
    http = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=job["in_flight"]), raise_for_status=True, auto_decompress=False
    )
    sessions = [await McpSession.open(http, job["url"], job["tool"]) for _ in range(job["in_flight"])]
    await calls(sessions, _WARM_UP_CALLS)
    return http, sessions


async def calls(sessions: list[McpSession], count: int) -> list[float]:
    """So many calls, shared out; each session makes its own one after the other."""
    left = iter(range(count))

    async def work(session: McpSession) -> list[float]:
        return [await session.call() for _ in left]

    seconds = await asyncio.gather(*(work(session) for session in sessions))
    return [elapsed for each in seconds for elapsed in each]


async def closed(http: aiohttp.ClientSession, sessions: list[McpSession]) -> None:
    """Ends every session and connection."""
    for session in sessions:
        await session.close()
    await http.close()


def main() -> None:
    """Works until stdin ends."""
    with asyncio.Runner() as runner:
        for line in iter(sys.stdin.readline, ""):
            job = json.loads(line)
            http, sessions = runner.run(opened(job))
            print("ready", flush=True)
            sys.stdin.readline()
            seconds = runner.run(calls(sessions, job["calls"]))
            print(json.dumps(seconds), flush=True)
            runner.run(closed(http, sessions))


if __name__ == "__main__":
    main()
