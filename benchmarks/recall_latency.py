"""Measures memory_api over HTTP: recall, durable stores, filling, start and memory, at several sizes.

Method: one memory_api process with its shipped settings on a temporary folder, filled through POST /memory/batch with
made-up memories and supplied vectors (see benchmarks/synthetic.py); nothing but the questions and the stores marked
"embedded" goes through the embedding model. Questions are asked one after the other on one connection, the ways to
ask taking turns, every question a new one; times are the client's, from request to parsed answer. A store is timed
until its acknowledgement, which comes after the fsync of its transaction.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from pydantic_core import to_json

from benchmarks.figures import p50_p95, print_table, resident_mb
from benchmarks.services import Service, end_on_sigterm, memory_api, scratch_folder
from benchmarks.synthetic import Synthetic

_BATCH = 500
_FILLERS = 2
_WARM_UP = 10
_CALLERS = 16
_REST_SECONDS = 1
_MEASURED_TAG = "benchmark:store"
_FILL_METHOD = f"batches of {_BATCH} with vectors, {_FILLERS} in flight; includes making them up, on the same machine"

# Stands for another project in each question, so that none finds the pages that the one before has read.
_ANY_PROJECT = "project:"

Parameters = dict[str, str | int]

_WAYS: dict[str, Parameters] = {
    "limit 5": {"limit": 5},
    "limit 20": {"limit": 20},
    "limit 5, tag of 1 %": {"limit": 5, "tags": _ANY_PROJECT},
    "limit 20, tag of 1 %": {"limit": 20, "tags": _ANY_PROJECT},
    "limit 5, tag of 30 %": {"limit": 5, "tags": "area:work"},
    "limit 20, tag of 30 %": {"limit": 20, "tags": "area:work"},
}
_VECTOR_SUPPLIED = "limit 5, vector supplied"


@dataclass(slots=True)
class Recalls:
    """Of one way to ask: the client's times, and those that the service says it took itself."""

    seconds: list[float] = field(default_factory=list)
    inside: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stores:
    """Times of stores by one caller, and the rate of many."""

    supplied: list[float]
    embedded: list[float]
    per_second: float


@dataclass(frozen=True, slots=True)
class Worked:
    """What one process did: no fill rate where the folder was kept from an earlier run."""

    fill_rate: float | None
    recalls: dict[str, Recalls]
    stores: Stores
    filled_mb: float
    recalled_mb: float
    stored_mb: float


@dataclass(frozen=True, slots=True)
class Started:
    """A process that has done nothing but start."""

    ready_seconds: float
    resident_mb: float


@asynccontextmanager
async def connected(service: Service) -> AsyncIterator[aiohttp.ClientSession]:
    """A session that raises for every answer but a success."""
    async with aiohttp.ClientSession(service.url, raise_for_status=True) as session:
        yield session


async def fill(session: aiohttp.ClientSession, synthetic: Synthetic, count: int) -> float:
    """Stores so many memories; returns how many a second, making them up included."""
    sizes = [min(_BATCH, count - first) for first in range(0, count, _BATCH)]

    async def store_batches() -> None:
        while sizes:
            body = to_json({"memories": synthetic.memories(sizes.pop())})
            async with session.post("/memory/batch", data=body, headers={"Content-Type": "application/json"}) as answer:
                await answer.read()

    began = time.perf_counter()
    await asyncio.gather(*(store_batches() for _ in range(_FILLERS)))
    return count / (time.perf_counter() - began)


async def time_recalls(session: aiohttp.ClientSession, synthetic: Synthetic, rounds: int) -> dict[str, Recalls]:
    """Each way so many times, after a few that do not count."""
    recalls = {way: Recalls() for way in [*_WAYS, _VECTOR_SUPPLIED]}
    for number in range(-_WARM_UP, rounds):
        for way, times in recalls.items():
            began = time.perf_counter()
            answer = await _ask(session, synthetic, way)
            elapsed = time.perf_counter() - began
            if number >= 0:
                times.seconds.append(elapsed)
                times.inside.append(answer["query_time_ms"] / 1000)
    return recalls


async def _ask(session: aiohttp.ClientSession, synthetic: Synthetic, way: str) -> dict[str, Any]:
    question = synthetic.question()
    if way == _VECTOR_SUPPLIED:
        body = {"query": question, "limit": 5, "embedding": synthetic.vector()}
        request = session.post("/recall", json=body)
    else:
        parameters = {"query": question, **_WAYS[way]}
        if parameters.get("tags") == _ANY_PROJECT:
            parameters["tags"] = synthetic.project()
        request = session.get("/recall", params=parameters)
    async with request as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def time_stores(session: aiohttp.ClientSession, synthetic: Synthetic, rounds: int) -> Stores:
    """One caller with and without a vector by turns, then many callers with vectors."""
    supplied, embedded = [], []
    for _ in range(rounds):
        supplied.append(await _store(session, _measured(synthetic)))
        embedded.append(await _store(session, {**_measured(synthetic), "embedding": None}))
    waiting = [_measured(synthetic) for _ in range(rounds * _CALLERS)]
    count = len(waiting)

    async def store_waiting() -> None:
        while waiting:
            await _store(session, waiting.pop())

    began = time.perf_counter()
    await asyncio.gather(*(store_waiting() for _ in range(_CALLERS)))
    return Stores(supplied, embedded, count / (time.perf_counter() - began))


def _measured(synthetic: Synthetic) -> dict[str, Any]:
    (memory,) = synthetic.memories(1)
    return {**memory, "tags": [*memory["tags"], _MEASURED_TAG]}


async def _store(session: aiohttp.ClientSession, memory: dict[str, Any]) -> float:
    body = to_json(memory)
    began = time.perf_counter()
    async with session.post("/memory", data=body, headers={"Content-Type": "application/json"}) as answer:
        await answer.read()
    return time.perf_counter() - began


async def work(service: Service, size: int, rounds: int) -> Worked:
    """Fills the service unless it is filled, and asks. What the stores add is taken away again."""
    async with connected(service) as session:
        async with session.get("/health") as answer:
            held = int((await answer.json())["memory_count"])
        rate = await fill(session, Synthetic(1), size - held) if held < size else None
        filled_mb = resident_mb(service.pid)
        recalls = await time_recalls(session, Synthetic(2), rounds)
        recalled_mb = resident_mb(service.pid)
        stores = await time_stores(session, Synthetic(3), rounds)
        stored_mb = resident_mb(service.pid)
        async with session.delete("/memory/by-tag", params={"tags": _MEASURED_TAG}) as answer:
            await answer.read()
    return Worked(rate, recalls, stores, filled_mb, recalled_mb, stored_mb)


def start_and_rest(folder: Path) -> Started:
    """Starts the service and looks at it a moment later."""
    with memory_api(folder) as service:
        time.sleep(_REST_SECONDS)
        return Started(service.ready_seconds, resident_mb(service.pid))


def measure(size: int, rounds: int, keep: Path | None) -> None:
    """Everything about one size, printed."""
    with scratch_folder() as empty:
        fresh = start_and_rest(empty)
    with folder_for(size, keep) as folder:
        with memory_api(folder) as service:
            worked = asyncio.run(work(service, size, rounds))
        again = start_and_rest(folder)
    print_recalls(size, rounds, worked)
    print_service(size, worked, fresh, again)


def folder_for(size: int, keep: Path | None) -> AbstractContextManager[Path]:
    """Where the memories lie: a folder that is gone afterwards, or one that stays."""
    return scratch_folder() if keep is None else nullcontext(keep / str(size))


def print_recalls(size: int, rounds: int, worked: Worked) -> None:
    """One row for each way to ask."""
    print_table(
        f"Recall through memory_api, {size:,} memories",
        [
            "made-up memories, vectors supplied; questions of 4-8 words through the real model, except in the last row",
            f"client: request to parsed answer, one at a time, {rounds} questions a row, the rows taking turns",
            "service: the answer's own query_time_ms",
        ],
        ["ms", "client p50", "client p95", "service p50", "service p95"],
        [[way, *p50_p95(times.seconds), *p50_p95(times.inside)] for way, times in worked.recalls.items()],
    )


def print_service(size: int, worked: Worked, fresh: Started, again: Started) -> None:
    """One row a figure, each with how it was taken."""
    stores = worked.stores
    rows = [
        [
            "store, vector supplied, p50",
            f"{p50_p95(stores.supplied)[0]} ms",
            "1 caller, until acknowledged and durable",
        ],
        ["store, embedded, p50", f"{p50_p95(stores.embedded)[0]} ms", "as above, about 28 words through the model"],
        ["stores, 16 callers", f"{stores.per_second:.0f} /s", "vector supplied, each waits for its acknowledgement"],
        ["fill rate", "kept folder" if worked.fill_rate is None else f"{worked.fill_rate:.0f} /s", _FILL_METHOD],
        ["start to ready, empty", f"{fresh.ready_seconds:.2f} s", "process start to the first 200 of GET /health"],
        ["start to ready, filled", f"{again.ready_seconds:.2f} s", "the same, on the filled folder"],
        ["RSS idle, empty", f"{fresh.resident_mb:.0f} MB", f"{_REST_SECONDS} s after ready, 10^6 bytes"],
        ["RSS after filling", f"{worked.filled_mb:.0f} MB", "the same process"],
        ["RSS after recalls", f"{worked.recalled_mb:.0f} MB", "the same process"],
        ["RSS after stores", f"{worked.stored_mb:.0f} MB", "the same process"],
        ["RSS idle, filled", f"{again.resident_mb:.0f} MB", f"{_REST_SECONDS} s after a new start"],
    ]
    print_table(f"memory_api at {size:,} memories", [], ["figure", "value", "method"], rows)


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recall_latency",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="how many memories")
    parser.add_argument("--rounds", type=int, default=150, help="questions of each kind, and stores of each kind")
    parser.add_argument(
        "--keep", type=Path, help="keep the filled folders in this one, and use them when they are there"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    for size in arguments.sizes:
        measure(size, arguments.rounds, arguments.keep)
    return 0


if __name__ == "__main__":
    sys.exit(main())
