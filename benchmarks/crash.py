"""Kills memory_api in mid write, again and again, and looks for what it had acknowledged.

Method: writers store over HTTP without a pause, single memories, every tenth time a batch of ten, every fifth time a
relation to the memory before; vectors are supplied and every memory holds a word of its own. Once a round's share of
acknowledgements is there, the process gets SIGKILL while requests are under way. The files it leaves are copied and
the copy checked with SQLite alone: row counts of memories, vectors, codes and words, quick_check, the word index's
integrity-check, orphans, batches in part. Then it starts again on its files and is asked for every memory
acknowledged so far by id; after the last round also for each one by its own word. A killed process loses what it had
not handed to the system; what a power cut would do to the disk's own cache is not tried here.
"""

import argparse
import asyncio
import sys
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.figures import print_table
from benchmarks.services import Service, end_on_sigterm, memory_api, scratch_folder
from benchmarks.stored_files import copy_database, faults_in, ids_in
from benchmarks.synthetic import Synthetic

_BATCH = 10
_READERS = 8
_ROUND_SECONDS = 300.0


class Ledger:
    """What was acknowledged, id and own word, and what is still under way; says when it is enough."""

    def __init__(self, wanted: int) -> None:
        self.acknowledged: dict[str, str] = {}
        self.under_way: list[list[str]] = []
        self.enough = asyncio.Event()
        self._wanted = wanted

    def acknowledge(self, ids: list[str]) -> None:
        """A request with these memories has been answered with success."""
        self.under_way.remove(ids)
        self.acknowledged.update({memory_id: _word(memory_id) for memory_id in ids})
        if len(self.acknowledged) >= self._wanted:
            self.enough.set()


@dataclass(frozen=True, slots=True)
class Round:
    """What one kill brought."""

    acknowledged: int
    under_way: int
    unanswered_there: int
    lost: list[str]
    faults: list[str]
    ready_seconds: float


class Writer:
    """Stores until the service is gone."""

    def __init__(self, session: aiohttp.ClientSession, ledger: Ledger, synthetic: Synthetic, first: int) -> None:
        self._session = session
        self._ledger = ledger
        self._synthetic = synthetic
        self._first = first
        self._last: str | None = None

    async def run(self) -> None:
        """Ends with the service."""
        turn = self._first
        try:
            while True:
                turn += 1
                await self._store(_BATCH if turn % 10 == 0 else 1)
                if turn % 5 == 0 and self._last:
                    await self._relate(self._last)
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ConnectionError):
            return

    async def _store(self, count: int) -> None:
        memories = [self._with_word(memory) for memory in self._synthetic.memories(count)]
        ids = [memory["id"] for memory in memories]
        path, body = ("/memory/batch", {"memories": memories}) if count > 1 else ("/memory", memories[0])
        self._ledger.under_way.append(ids)
        async with self._session.post(path, json=body) as response:
            await response.read()
        self._ledger.acknowledge(ids)
        self._last = ids[-1]

    def _with_word(self, memory: dict[str, Any]) -> dict[str, Any]:
        memory_id = str(uuid.uuid4())
        return {**memory, "id": memory_id, "content": f"{memory['content']} {_word(memory_id)}"}

    async def _relate(self, memory_id: str) -> None:
        body = {"memory1_id": memory_id, "memory2_id": next(iter(self._ledger.acknowledged)), "type": "RELATES_TO"}
        if body["memory2_id"] == memory_id:
            return
        async with self._session.post("/associate", json=body) as response:
            await response.read()


def _word(memory_id: str) -> str:
    return f"q{memory_id.replace('-', '')[:16]}x"


async def write_until_killed(service: Service, writers: int, wanted: int, seed: int) -> Ledger:
    """Kills the service once enough is acknowledged and more is under way."""
    ledger = Ledger(wanted)
    synthetic = Synthetic(seed)
    async with aiohttp.ClientSession(service.url, raise_for_status=True) as session:
        tasks = [asyncio.create_task(Writer(session, ledger, synthetic, first).run()) for first in range(writers)]
        enough = asyncio.create_task(ledger.enough.wait())
        await asyncio.wait([enough, *tasks], timeout=_ROUND_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        service.kill()
        enough.cancel()
        await asyncio.gather(*tasks)
    return ledger


async def each(items: Sequence[str], check: Callable[[str], Awaitable[bool]]) -> list[str]:
    """Those of the items that fail the check, several of which run at once."""
    waiting, failed = list(items), []

    async def work() -> None:
        while waiting:
            item = waiting.pop()
            if not await check(item):
                failed.append(item)

    await asyncio.gather(*(work() for _ in range(_READERS)))
    return failed


async def unreadable(service: Service, acknowledged: dict[str, str]) -> list[str]:
    """Ids that GET /memory/{id} does not know."""
    async with aiohttp.ClientSession(service.url) as session:

        async def readable(memory_id: str) -> bool:
            async with session.get(f"/memory/{memory_id}") as response:
                memory = (await response.json()).get("memory", {})
            return response.status == 200 and str(memory.get("content", "")).endswith(acknowledged[memory_id])

        return await each(list(acknowledged), readable)


async def unrecalled(service: Service, acknowledged: dict[str, str]) -> list[str]:
    """Ids that GET /recall does not find by their own word."""
    async with aiohttp.ClientSession(service.url) as session:

        async def recalled(memory_id: str) -> bool:
            asked: dict[str, str | int] = {"query": acknowledged[memory_id], "limit": 3}
            async with session.get("/recall", params=asked) as response:
                results = (await response.json()).get("results", [])
            return memory_id in [result["id"] for result in results]

        return await each(list(acknowledged), recalled)


async def counted(service: Service) -> int:
    """How many memories the service's index in RAM holds."""
    async with aiohttp.ClientSession(service.url) as session, session.get("/health") as response:
        return int((await response.json())["memory_count"])


def run_round(folder: Path, arguments: argparse.Namespace, number: int, known: dict[str, str]) -> Round:
    """Writes, kills, checks the files, starts again and asks; `known` grows by what was acknowledged."""
    with memory_api(folder) as service:
        wanted = -(-arguments.writes // arguments.rounds)
        ledger = asyncio.run(write_until_killed(service, arguments.writers, wanted, number))
    known |= ledger.acknowledged
    with tempfile.TemporaryDirectory() as scratch:
        copied = copy_database(folder, Path(scratch) / "copy")
        faults = faults_in(copied)
        present = ids_in(copied)
    for batch in ledger.under_way:
        if 0 < len(present.intersection(batch)) < len(batch):
            faults.append("a batch under way is there in part")
    with memory_api(folder) as service:
        lost = asyncio.run(unreadable(service, known))
        if (held := asyncio.run(counted(service))) != len(present):
            faults.append(f"the index in RAM holds {held}, the file {len(present)}")
        ready = service.ready_seconds
    under_way = sum(map(len, ledger.under_way))
    return Round(len(ledger.acknowledged), under_way, len(present.difference(known)), lost, faults, ready)


def print_rounds(rounds: Sequence[Round], writers: int, silent: list[str], known: int) -> None:
    """One row a round, then what recall by word found."""
    print_table(
        f"kill -9 of memory_api under {writers} writers",
        [
            "acknowledged: answered with success; under way: not answered at the kill; of those there: so far",
            "lost: of all acknowledged so far, not readable by id after the restart",
            "inconsistent: row counts, quick_check, word index, orphans, batches in part, index in RAM against file",
        ],
        ["round", "acknowledged", "under way", "of those there", "lost", "inconsistent", "ready again"],
        [
            [
                str(number),
                str(item.acknowledged),
                str(item.under_way),
                str(item.unanswered_there),
                str(len(item.lost)),
                str(len(item.faults)),
                f"{item.ready_seconds:.2f} s",
            ]
            for number, item in enumerate(rounds, 1)
        ],
    )
    print(f"  {known} acknowledged in all; by its own word recall found {known - len(silent)}, not {len(silent)}")
    for number, item in enumerate(rounds, 1):
        for fault in item.faults:
            print(f"  round {number}: {fault}")


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crash", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="kills")
    parser.add_argument("--writers", type=int, default=8, help="writers at the same time")
    parser.add_argument("--writes", type=int, default=5_000, help="acknowledged writes in all, at least")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says; 1 where anything was lost or does not agree."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    known: dict[str, str] = {}
    with scratch_folder() as folder:
        rounds = [run_round(folder, arguments, number, known) for number in range(1, arguments.rounds + 1)]
        with memory_api(folder) as service:
            silent = asyncio.run(unrecalled(service, known))
    print_rounds(rounds, arguments.writers, silent, len(known))
    lost = silent or any(item.lost or item.faults for item in rounds)
    return 1 if lost or len(known) < arguments.writes else 0


if __name__ == "__main__":
    sys.exit(main())
