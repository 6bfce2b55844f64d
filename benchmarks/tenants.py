"""How much one tenant that asks for much slows another: recalls of the second alone, and beside a flood of the first.

Both have the same memories. The first keeps so many recalls under way at once, each with a wide scope, twenty questions
and expansion; the second asks one plain question after the other, and its times are what is printed.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

import aiohttp
import numpy as np

from benchmarks.services import end_on_sigterm, memory_api, scratch_folder

SETTINGS = {"MEMORY_API_KEYS": "greedy:key-of-the-greedy-one,modest:key-of-the-modest-one", "LOG_LEVEL": "warning"}
GREEDY, MODEST = {"X-API-Key": "key-of-the-greedy-one"}, {"X-API-Key": "key-of-the-modest-one"}
HEAVY = {
    "queries": [f"what was noted about subject {number}" for number in range(20)],
    "tags": ["note"],
    "limit": 200,
    "expand_relations": True,
    "expand_depth": 3,
}
_TIMEOUT = aiohttp.ClientTimeout(total=60)


async def _fill(session: aiohttp.ClientSession, url: str, memories: int) -> None:
    for begin in range(0, memories, 500):
        notes = [
            {"content": f"Note {number} about subject {number % 97}", "tags": ["note"]}
            for number in range(begin, min(memories, begin + 500))
        ]
        async with session.post(f"{url}/memory/batch", json={"memories": notes}) as response:
            response.raise_for_status()


async def _flood(session: aiohttp.ClientSession, url: str, outcomes: list[int]) -> None:
    while True:
        async with session.post(f"{url}/recall", json=HEAVY) as response:
            await response.read()
            outcomes.append(response.status)


async def _times(session: aiohttp.ClientSession, url: str, count: int) -> list[float]:
    times = []
    for number in range(count):
        began = time.perf_counter()
        async with session.get(f"{url}/recall", params={"query": f"subject {number % 97}"}) as response:
            response.raise_for_status()
            await response.read()
        times.append((time.perf_counter() - began) * 1000)
    return times


def _print(name: str, times: Sequence[float]) -> None:
    middle, high = np.percentile(times, [50, 95])
    print(f"{name:<44} p50 {middle:7.1f} ms   p95 {high:7.1f} ms   {len(times)} recalls")


async def _measure(url: str, memories: int, flood: int, count: int) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(headers=GREEDY, timeout=_TIMEOUT, connector=connector) as greedy,
        aiohttp.ClientSession(headers=MODEST, timeout=_TIMEOUT) as modest,
    ):
        for session in (greedy, modest):
            await _fill(session, url, memories)
        await _times(modest, url, 20)
        _print("alone", await _times(modest, url, count))
        outcomes: list[int] = []
        floods = [asyncio.create_task(_flood(greedy, url, outcomes)) for _ in range(flood)]
        await asyncio.sleep(1)
        _print(f"beside {flood} heavy recalls of another tenant", await _times(modest, url, count))
        for task in floods:
            task.cancel()
        await asyncio.gather(*floods, return_exceptions=True)
        print(f"the other tenant's answers: { ({status: outcomes.count(status) for status in set(outcomes)}) }")


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the two lines."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tenants", description=__doc__)
    parser.add_argument("--memories", type=int, default=5_000)
    parser.add_argument("--flood", type=int, default=64, help="recalls of the other tenant under way at once")
    parser.add_argument("--recalls", type=int, default=100)
    parser.add_argument("--embedder", default="auto")
    options = parser.parse_args(argv)
    end_on_sigterm()
    settings = {**SETTINGS, "EMBEDDING_PROVIDER": options.embedder}
    with scratch_folder() as folder, memory_api(folder, settings) as service:
        asyncio.run(_measure(service.url, options.memories, options.flood, options.recalls))
    return 0


if __name__ == "__main__":
    sys.exit(main())
