"""Measures what recall costs as a memory grows, through HTTP against one memory_api process with its shipped settings.

Method: a made-up history (benchmarks/history.py: half conversations, half notes, with relations and corrections) is
filled in with supplied vectors: through POST /memory/batch and POST /associate, or, above 100,000 memories, straight
through the storage before the service starts, which leaves out requests and JSON. Then the service starts anew, and one
caller asks new questions one after the other with nothing but the query: the service embeds it, and every signal is on.
Times are the client's, from request to parsed answer. At the size that --callers names, many callers ask at once for
some seconds, while one more stores memories with supplied vectors without a pause; client and service share the
processors. What they store is deleted again.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from benchmarks.figures import cpu_seconds, p50_p95, percentile, print_table, resident_mb
from benchmarks.filling import fill_through_http, fill_through_storage, health_of, post
from benchmarks.history import History
from benchmarks.services import Service, end_on_sigterm, memory_api, scratch_folder

_WARM_UP = 20
_CALLERS = 16
_LOAD_SECONDS = 10.0
_MOST_THROUGH_HTTP = 100_000
_STORED_TAG = "benchmark:store"


@dataclass(frozen=True, slots=True)
class Alone:
    """What one caller sees, and what the service holds meanwhile: no fill rate for a folder kept from before."""

    size: int
    fill_rate: float | None
    ready_seconds: float
    recalls: list[float]
    resident_mb: float
    disk_bytes: int

    def row(self) -> list[str]:
        """One line of the table."""
        return [
            f"{self.size:,}",
            *p50_p95(self.recalls),
            f"{self.resident_mb:.0f}",
            f"{self.disk_bytes / 1e6:,.0f}",
            f"{self.disk_bytes / self.size:,.0f}",
            "kept" if self.fill_rate is None else f"{self.fill_rate:,.0f}",
            f"{self.ready_seconds:.2f}",
        ]


@dataclass(slots=True)
class Together:
    """What many callers see while one more stores."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    recalls: list[float] = field(default_factory=list)
    stores: list[float] = field(default_factory=list)


async def fill(folder: Path, size: int) -> float | None:
    """Brings a folder to its size; how many memories a second, None where they were there already."""
    with memory_api(folder) as service:
        health = await health_of(service)
        missing = size - int(health["memory_count"])
        if missing > 0 and size <= _MOST_THROUGH_HTTP:
            return await fill_through_http(service, History(), missing)
    if missing <= 0:
        return None
    embedder = health["embedder"]
    return await fill_through_storage(folder, embedder["model"], embedder["dimension"], History(), missing)


async def ask_alone(service: Service, rounds: int) -> list[float]:
    """Each question once, after a few that do not count."""
    history = History(2)
    async with aiohttp.ClientSession(service.url, raise_for_status=True) as session:
        seconds = [await _recall(session, history.question()) for _ in range(_WARM_UP + rounds)]
    return seconds[_WARM_UP:]


async def ask_together(service: Service) -> Together:
    """Many callers at once, and one that stores."""
    together = Together()
    # Made before the clock starts; a history takes its time to begin.
    questions, memories = History(10), History(3)
    async with aiohttp.ClientSession(service.url, raise_for_status=True) as session:
        began, used = time.perf_counter(), cpu_seconds(service.pid)
        end = began + _LOAD_SECONDS
        asking = (_keep_asking(session, questions, end, together.recalls) for _ in range(_CALLERS))
        await asyncio.gather(_keep_storing(session, memories, end, together.stores), *asking)
        together.seconds, together.cpu_seconds = time.perf_counter() - began, cpu_seconds(service.pid) - used
        async with session.delete("/memory/by-tag", params={"tags": _STORED_TAG}) as answer:
            await answer.read()
    return together


async def _keep_asking(session: aiohttp.ClientSession, history: History, end: float, seconds: list[float]) -> None:
    while time.perf_counter() < end:
        seconds.append(await _recall(session, history.question()))


async def _keep_storing(session: aiohttp.ClientSession, history: History, end: float, seconds: list[float]) -> None:
    while time.perf_counter() < end:
        (memory,) = history.memories(1)
        began = time.perf_counter()
        await post(session, "/memory", {**memory, "tags": [*memory["tags"], _STORED_TAG]})
        seconds.append(time.perf_counter() - began)


async def _recall(session: aiohttp.ClientSession, question: str) -> float:
    began = time.perf_counter()
    async with session.get("/recall", params={"query": question}) as response:
        await response.json()
    return time.perf_counter() - began


def measure(size: int, rounds: int, crowded: bool, keep: Path | None) -> tuple[Alone, Together | None]:
    """Everything about one size."""
    with _folder(size, keep) as folder:
        rate = asyncio.run(fill(folder, size))
        with memory_api(folder) as service:
            recalls = asyncio.run(ask_alone(service, rounds))
            resident = resident_mb(service.pid)
            on_disk = sum(file.stat().st_size for file in folder.glob("*.db*"))
            together = asyncio.run(ask_together(service)) if crowded else None
            return Alone(size, rate, service.ready_seconds, recalls, resident, on_disk), together


def _folder(size: int, keep: Path | None) -> AbstractContextManager[Path]:
    if keep is None:
        return scratch_folder()
    (keep / str(size)).mkdir(parents=True, exist_ok=True)
    return nullcontext(keep / str(size))


def print_alone(rounds: int, measured: Sequence[Alone]) -> None:
    """One row for each size."""
    print_table(
        "Recall against size, one caller, every signal on",
        [
            f"{rounds} questions of 4 to 8 words, embedded by the service; client, from request to parsed answer",
            "RSS: of the service after these recalls; disk: the database with its log",
            f"fill: vectors supplied, batches of 500, above {_MOST_THROUGH_HTTP:,} past HTTP; making them up included",
        ],
        ["memories", "p50 ms", "p95 ms", "RSS MB", "disk MB", "bytes/memory", "filled/s", "ready s"],
        [alone.row() for alone in measured],
    )


def print_together(size: int, together: Together) -> None:
    """One row a figure."""
    print_table(
        f"{_CALLERS} callers and one that stores, {size:,} memories, {_LOAD_SECONDS:.0f} s",
        [],
        ["figure", "value"],
        [
            ["recalls", f"{len(together.recalls) / together.seconds:.0f} /s"],
            ["recall p50", f"{p50_p95(together.recalls)[0]} ms"],
            ["recall p95", f"{p50_p95(together.recalls)[1]} ms"],
            [
                "service's CPU a recall, stores included",
                f"{together.cpu_seconds / len(together.recalls) * 1000:.1f} ms",
            ],
            ["stores", f"{len(together.stores) / together.seconds:.0f} /s"],
            ["store p95", f"{percentile(together.stores, 0.95) * 1000:.1f} ms"],
        ],
    )


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recall_scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="how many memories")
    parser.add_argument("--rounds", type=int, default=200, help="questions of the one caller")
    parser.add_argument("--callers", type=int, default=100_000, help="the size at which many callers ask at once")
    parser.add_argument(
        "--folder", type=Path, help="keep the filled folders in this one, and use them when they are there"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    measured = []
    for size in arguments.sizes:
        alone, together = measure(size, arguments.rounds, size == arguments.callers, arguments.folder)
        measured.append(alone)
        if together is not None:
            print_together(size, together)
    print_alone(arguments.rounds, measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
