"""The processes of the services: what they hold before and after, and what they held at most."""

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks.figures import cpu_seconds
from benchmarks.services import Service

_SETTLE_SECONDS = 120.0
_SAMPLE_SECONDS = 0.25
MAX_GROWTH, SPARE_BYTES = 0.10, 8_000_000


@dataclass(frozen=True, slots=True)
class Holding:
    """What a process holds."""

    rss: int
    files: int
    threads: int

    @classmethod
    def of(cls, service: Service) -> "Holding":
        """Now."""
        process = psutil.Process(service.pid)
        return cls(process.memory_info().rss, process.num_fds(), process.num_threads())

    def excess(self, before: "Holding") -> list[str]:
        """What is more than it was, beyond what is allowed."""
        found = []
        if self.rss > before.rss * (1 + MAX_GROWTH) + SPARE_BYTES:
            found.append(f"RSS grew from {before.rss / 1e6:.1f} to {self.rss / 1e6:.1f} MB")
        for name in ("files", "threads"):
            was, now = getattr(before, name), getattr(self, name)
            if now > was:
                found.append(f"{now} {name} where there were {was}")
        return found


async def settled(services: dict[str, Service], before: dict[str, Holding]) -> dict[str, Holding]:
    """What they hold once nothing is in excess, or after two minutes."""
    until = time.monotonic() + _SETTLE_SECONDS
    while True:
        now = {name: Holding.of(service) for name, service in services.items()}
        if not any(now[name].excess(before[name]) for name in now) or time.monotonic() > until:
            return now
        await asyncio.sleep(1.0)


async def peaks(services: dict[str, Service], highest: dict[str, int]) -> None:
    """Keeps the largest resident size of each in `highest`, until it is cancelled."""
    while True:
        for name, service in services.items():
            with suppress(psutil.NoSuchProcess):
                highest[name] = max(highest.get(name, 0), Holding.of(service).rss)
        await asyncio.sleep(_SAMPLE_SECONDS)


def used(services: dict[str, Service]) -> tuple[float, float]:
    """Seconds that the processors of this machine have worked, and those of them for the services and this program.

    What its children have used is counted once they have ended.
    """
    times = psutil.cpu_times()
    own = sum(cpu_seconds(service.pid) for service in services.values()) + sum(os.times()[:4])
    return sum(times) - times.idle - times.iowait, own
