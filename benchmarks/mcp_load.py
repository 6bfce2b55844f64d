"""The client of benchmarks.bridge_cpu, in a process of its own: so many callers, each with one call in flight.

Reads one job a line from stdin (JSON: mode, tool, in_flight, calls, and url, or command and environment of a server to
start). For each it opens the callers, makes some calls that do not count, prints the process id of the server that it
has started, else null, waits for another line, makes the calls and prints what they took as JSON.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from benchmarks.mcp_callers import Caller, HandshakeCaller, ModernCaller, Pipe, StreamCaller, pipe_callers

_WARM_UP_CALLS = 64
_CALLERS: dict[str, type[HandshakeCaller | ModernCaller | StreamCaller]] = {
    "handshake": HandshakeCaller,
    "modern": ModernCaller,
    "stream": StreamCaller,
}


@asynccontextmanager
async def opened(job: dict[str, Any]) -> AsyncIterator[tuple[Sequence[Caller], int | None]]:
    """Callers that have not called yet, and the process id of their server if it is theirs alone."""
    if job["mode"] == "stdio":
        pipe = await Pipe.open(job["command"], job["environment"])
        yield pipe_callers(pipe, job["tool"], job["in_flight"]), pipe.process.pid
        await pipe.close()
        return
    # Streams take a connection each that is not given back.
    connector = aiohttp.TCPConnector(limit=2 * job["in_flight"])
    async with aiohttp.ClientSession(connector=connector, raise_for_status=True, auto_decompress=False) as http:
        kind = _CALLERS[job["mode"]]
        callers = [await kind.open(http, job["url"], job["tool"]) for _ in range(job["in_flight"])]
        yield callers, None
        for caller in callers:
            await caller.close()


async def calls(callers: Sequence[Caller], count: int) -> list[float]:
    """So many calls, shared out; each caller makes its own one after the other."""
    left = iter(range(count))

    async def work(caller: Caller) -> list[float]:
        return [await caller.call() for _ in left]

    seconds = await asyncio.gather(*(work(caller) for caller in callers))
    return [elapsed for each in seconds for elapsed in each]


async def work(job: dict[str, Any]) -> None:
    """One job."""
    async with opened(job) as (callers, pid):
        await calls(callers, _WARM_UP_CALLS)
        print(json.dumps(pid), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print(json.dumps(await calls(callers, job["calls"])), flush=True)


def main() -> None:
    """Works until stdin ends."""
    with asyncio.Runner() as runner:
        for line in iter(sys.stdin.readline, ""):
            runner.run(work(json.loads(line)))


if __name__ == "__main__":
    main()
