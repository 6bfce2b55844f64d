"""Lets sessions come, idle, resume and die for a while, and looks whether the bridge stays as it was.

Method: the bridge as it ships, but with sessions that end after 20 s without a request and pings every 5 s, before a
stub that takes up to 100 ms. Guests come at an even pace (benchmarks/guests.py): they call and end their session,
vanish without a word, come back after it has expired, lose their connection and resume or do not, listen and die, use
the older transport, do not read their answers, send half a message, give up a modern call. Ten residents call all the
time over one session each, with an open stream. Every few seconds the resident memory, open files, threads and tasks of
the bridge are read. Flat: the median of the last tenth of the time is at most 5 % above the median of the third tenth
(of ten minutes: the last minute, and the one after the first two). Afterwards everybody goes, and once sessions and
idle connections have expired, open files, threads and tasks must be no more than before the first guest.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

import aiohttp
import psutil

from benchmarks.figures import print_table
from benchmarks.guests import VISITS, Visit, World
from benchmarks.services import Service, bridge, end_on_sigterm, python_service, scratch_folder

_TTL_SECONDS = 20.0
_SETTINGS = {"MCP_SESSION_TTL_SECONDS": str(_TTL_SECONDS), "MCP_SSE_PING_SECONDS": "5"}
_WAIT_MS = "100"
_SAMPLE_SECONDS = 3.0
_RESIDENTS = 10
_RESIDENT_PAUSE = 0.5
_VISIT_SECONDS = 90.0
_PATIENCE_SECONDS = 30.0
_QUIET_SECONDS = 120.0
_MAX_GROWTH = 0.05
_ROWS = 20
_MAX_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """The process at one moment."""

    seconds: float
    rss: int
    files: int
    threads: int
    tasks: Counter[str]
    visits: int

    def row(self, name: str) -> list[str]:
        """For the table."""
        counts = (self.files, self.threads, self.tasks.total(), self.visits)
        return [name, f"{self.rss / 1e6:.1f}", *(str(count) for count in counts)]


@dataclass(slots=True)
class Soak:
    """What has happened so far."""

    world: World
    process: psutil.Process
    tasks_file: Path
    began: float = field(default_factory=time.monotonic)
    samples: list[Sample] = field(default_factory=list)
    visits: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    async def sample(self) -> Sample:
        """Reads the process."""
        tasks = await asyncio.to_thread(self._count_tasks)
        elapsed, visits = time.monotonic() - self.began, self.visits.total()
        counts = (self.process.memory_info().rss, self.process.num_fds(), self.process.num_threads())
        return Sample(elapsed, *counts, tasks, visits)

    def _count_tasks(self) -> Counter[str]:
        self.tasks_file.unlink(missing_ok=True)
        os.kill(self.process.pid, signal.SIGUSR1)
        until = time.monotonic() + _PATIENCE_SECONDS
        while not self.tasks_file.exists():
            if time.monotonic() > until:
                raise TimeoutError("the bridge does not count its tasks")
            time.sleep(0.01)
        return Counter(json.loads(self.tasks_file.read_text("utf-8")))

    async def keep_sampling(self) -> None:
        """Until it is cancelled."""
        while True:
            self.samples.append(await self.sample())
            await asyncio.sleep(_SAMPLE_SECONDS)

    async def visit(self, visit: Visit) -> None:
        """One guest."""
        name = getattr(visit, "__name__", "?")
        try:
            async with asyncio.timeout(_VISIT_SECONDS):
                await visit(self.world)
        except Exception as error:  # noqa: BLE001
            self.faults[f"{name}: {error!r}"] += 1
        self.visits[name] += 1

    async def reside(self) -> None:
        """A client that stays, until it is cancelled."""
        session = await self.world.session()
        async with session.listen() as response:
            if response.status != 200:
                self.faults[f"a resident's stream: {response.status}"] += 1
            while True:
                word = self.world.word()
                try:
                    if word not in await session.ask(word):
                        raise ValueError("not what was asked for")
                except Exception as error:  # noqa: BLE001
                    self.faults[f"a resident: {error!r}"] += 1
                await asyncio.sleep(_RESIDENT_PAUSE)


async def soak(service: Service, tasks_file: Path, arguments: argparse.Namespace) -> tuple[Soak, Sample, Sample]:
    """Everything, and the samples before and after."""
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as http:
        world = World(http, service.url, _TTL_SECONDS, Random(arguments.seed))
        state = Soak(world, psutil.Process(service.pid), tasks_file)
        await asyncio.sleep(_SAMPLE_SECONDS)
        before = await state.sample()
        await _live(state, arguments)
    return state, before, await _quiet(state, before)


async def _live(state: Soak, arguments: argparse.Namespace) -> None:
    random, until = Random(arguments.seed), time.monotonic() + arguments.minutes * 60
    staying = [asyncio.create_task(state.reside()) for _ in range(_RESIDENTS)]
    staying.append(asyncio.create_task(state.keep_sampling()))
    try:
        async with asyncio.TaskGroup() as guests:
            while time.monotonic() < until:
                (visit,) = random.choices(list(VISITS), list(VISITS.values()))
                guests.create_task(state.visit(visit))
                await asyncio.sleep(random.expovariate(arguments.pace))
            staying.pop().cancel()
    finally:
        for task in staying:
            task.cancel()
        await asyncio.gather(*staying, return_exceptions=True)


async def _quiet(state: Soak, before: Sample) -> Sample:
    """Waits until all is as before, or long enough."""
    until = time.monotonic() + _QUIET_SECONDS
    while True:
        after = await state.sample()
        if not leftovers(before, after) or time.monotonic() > until:
            return after
        await asyncio.sleep(_SAMPLE_SECONDS)


def leftovers(before: Sample, after: Sample) -> list[str]:
    """What there is more of, in words."""
    more = after.tasks - before.tasks
    return [
        *([f"open files: {before.files} before, {after.files} after"] if after.files > before.files else []),
        *([f"threads: {before.threads} before, {after.threads} after"] if after.threads > before.threads else []),
        *(f"tasks: {count} more of {name}" for name, count in more.items()),
    ]


def growth(samples: Sequence[Sample]) -> float:
    """The last tenth against the third, as a share."""
    length = samples[-1].seconds
    early = [sample.rss for sample in samples if 0.2 * length <= sample.seconds < 0.3 * length]
    late = [sample.rss for sample in samples if sample.seconds >= 0.9 * length]
    return median(late) / median(early) - 1


def print_soak(state: Soak, before: Sample, after: Sample, complaints: Counter[str]) -> None:
    """A row for every twentieth of the time, the beginning and the end."""
    length = state.samples[-1].seconds
    rows = [before.row("before")]
    for place in range(_ROWS):
        part = [each for each in state.samples if place <= each.seconds / length * _ROWS < place + 1]
        if part:
            middle = sorted(part, key=lambda sample: sample.rss)[len(part) // 2]
            rows.append(middle.row(f"{middle.seconds / 60:.1f} min"))
    rows.append(after.row(f"{after.seconds / 60:.1f} min, quiet"))
    print_table(
        "Soak of the bridge",
        [
            f"the sample of median RSS in a twentieth of the time, MB of 10^6 bytes; {_TTL_SECONDS:.0f} s TTL",
            ", ".join(f"{count} x {name}" for name, count in state.visits.most_common()),
        ],
        ["time", "RSS MB", "open files", "threads", "tasks", "guests"],
        rows,
    )
    print(f"  RSS grew by {growth(state.samples):+.1%} from the third to the last tenth (at most {_MAX_GROWTH:.0%})")
    for name, seen in (("FAULT", state.faults), ("logged", complaints)):
        for what, times in seen.most_common(_MAX_SHOWN):
            print(f"  {name} {times} times: {what[:400]}")


@contextmanager
def counted_bridge(stub: Service) -> Iterator[tuple[Service, Path]]:
    """The bridge, and where it writes its tasks."""
    with scratch_folder() as folder:
        path = folder / "tasks.json"
        settings = {**_SETTINGS, "TASKS_FILE": str(path)}
        with bridge(stub.url, settings, module="benchmarks.counted_bridge") as service:
            yield service, path


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10, help="how long guests come; up to three more follow")
    parser.add_argument("--pace", type=float, default=20, help="guests a second")
    parser.add_argument("--seed", type=int, default=1, help="what the chances are drawn from")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says; 1 where memory grew, something was left or a guest was not served."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    with python_service("benchmarks.echo_stub", {"WAIT_MS": _WAIT_MS}) as stub, counted_bridge(stub) as (service, path):
        state, before, after = asyncio.run(soak(service, path, arguments))
        complaints = service.complaints()
    left = leftovers(before, after)
    print_soak(state, before, after, complaints)
    for line in left:
        print(f"  LEFT {line}")
    return 1 if left or state.faults or growth(state.samples) > _MAX_GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
