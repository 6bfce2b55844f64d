"""Measures how long the services take from process start to ready, and what they hold once they rest.

Method: each is started several times on an empty temporary folder, once beforehand for the disk's cache; the time runs
from the start of the process to the first 200 of GET /health (memory_api) or GET /ready (the bridge, whose upstream
already runs, and `memory-bridge up`, which starts both). Medians.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from statistics import median

from benchmarks.figures import print_table, resident_mb
from benchmarks.services import Service, bridge, end_on_sigterm, free_port, memory_api, scratch_folder, service

_REST_SECONDS = 0.5


@contextmanager
def fresh_memory_api() -> Iterator[Service]:
    """memory_api on an empty folder."""
    with scratch_folder() as folder, memory_api(folder) as running:
        yield running


@contextmanager
def both() -> Iterator[Service]:
    """What `make up` runs; the process is the bridge, memory_api is its child."""
    with scratch_folder() as folder:
        port = str(free_port())
        environment = {
            "BRIDGE_PORT": port,
            "MEMORY_API_PORT": str(free_port()),
            "MEMORY_API_DATA_DIR": str(folder),
        }
        with service(["-m", "bridge", "up"], environment, f"http://127.0.0.1:{port}", "/ready") as running:
            yield running


def measure(start: Callable[[], AbstractContextManager[Service]], rounds: int) -> list[str]:
    """Median of the times to ready, and of the resident memory."""
    seconds, megabytes = [], []
    for number in range(rounds + 1):
        with start() as running:
            if number:
                time.sleep(_REST_SECONDS)
                seconds.append(running.ready_seconds)
                megabytes.append(resident_mb(running.pid))
    return [f"{median(seconds):.2f}", f"{max(seconds):.2f}", f"{median(megabytes):.0f}"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.startup", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="starts of each that count")
    rounds = parser.parse_args(argv).rounds
    end_on_sigterm()
    with fresh_memory_api() as upstream:
        rows = [
            ["memory_api", *measure(fresh_memory_api, rounds)],
            ["bridge", *measure(lambda: bridge(upstream.url), rounds)],
            ["memory-bridge up (RSS: the bridge)", *measure(both, rounds)],
        ]
    print_table(
        "Start to ready",
        [
            f"process start to the first 200 of GET /health or /ready; median and slowest of {rounds}, empty folders",
            f"RSS in MB of 10^6 bytes, {_REST_SECONDS} s after ready",
        ],
        ["service", "ready s", "slowest s", "RSS MB"],
        rows,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
