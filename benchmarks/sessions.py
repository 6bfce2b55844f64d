"""Measures what an idle session costs in memory, how fast sessions open, and how long a call over stdio takes.

Method: the bridge as it ships and a bare lowlevel Server of the same SDK, both before one REST stub that answers
constant bytes. Sessions are opened (initialize, then notifications/initialized) over HTTP/1.1 kept alive by clients in
processes of their own, and left alone. Memory: resident memory of the server after the sessions less that before,
divided by their number, taken after a rest; some sessions opened beforehand do not count, so that what a process loads
or grows only once is left out. Speed: sessions by the wall time of all, and by the processor time of the server, which
does not depend on what the machine does besides; the rounds of the two servers take turns. stdio: tools/call of
store_memory, one after the other, from the write of the line to the line of the answer.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from statistics import median
from typing import Any

import aiohttp

from benchmarks.figures import cpu_seconds, p50_p95, print_table, resident_mb
from benchmarks.handshake_client import INITIALIZE, INITIALIZED, Session
from benchmarks.services import Service, bridge, end_on_sigterm, python_service

_WARM_UP = 200
_REST_SECONDS = 3.0
_AT_ONCE = 16
_WARM_UP_CALLS = 50
_AIM_KIB = 40.0
_AIM_A_SECOND = 500.0
_STORE = {
    "name": "store_memory",
    "arguments": {
        "content": "Chose PostgreSQL over MongoDB for the user service, because orders need transactions.",
        "type": "Decision",
        "importance": 0.8,
        "tags": ["user-service", "database"],
    },
}


@dataclass(slots=True)
class Figures:
    """What the rounds of one server gave."""

    kib: list[float] = field(default_factory=list)
    a_second: list[float] = field(default_factory=list)
    a_cpu_second: list[float] = field(default_factory=list)

    def row(self, name: str) -> list[str]:
        """Medians."""
        return [name, f"{median(self.kib):.1f}", f"{median(self.a_second):.0f}", f"{median(self.a_cpu_second):.0f}"]


async def open_sessions(url: str, count: int) -> float:
    """Opens so many, several at once; the seconds that it took."""
    left = iter(range(count))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_AT_ONCE)) as http:

        async def work() -> None:
            for _ in left:
                await Session.open(http, f"{url}/mcp")

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
        return time.perf_counter() - began


def _opened(url: str, count: int) -> float:
    return asyncio.run(open_sessions(url, count))


def measure(server: Service, count: int, clients: int, figures: Figures) -> None:
    """One round."""
    with get_context("spawn").Pool(clients) as pool:
        pool.starmap(_opened, [(server.url, _WARM_UP // clients)] * clients)
        time.sleep(_REST_SECONDS)
        memory, cpu = resident_mb(server.pid), cpu_seconds(server.pid)
        seconds = max(pool.starmap(_opened, [(server.url, count // clients)] * clients, chunksize=1))
        cpu = cpu_seconds(server.pid) - cpu
    time.sleep(_REST_SECONDS)
    figures.kib.append((resident_mb(server.pid) - memory) * 1e6 / 1024 / count)
    figures.a_second.append(count / seconds)
    figures.a_cpu_second.append(count / cpu)


@contextmanager
def both(stub: Service) -> Iterator[dict[str, Service]]:
    """The two servers."""
    with ExitStack() as stack:
        bare = python_service("benchmarks.bare_server", {"UPSTREAM": stub.url, "JSON": "false"})
        yield {"bridge": stack.enter_context(bridge(stub.url)), "bare server": stack.enter_context(bare)}


def run_rounds(stub: Service, rounds: int, count: int, clients: int) -> dict[str, Figures]:
    """Fresh servers in every round, because a session stays."""
    figures = {"bridge": Figures(), "bare server": Figures()}
    for number in range(rounds):
        with both(stub) as servers:
            turns = list(servers.items())
            for name, server in turns if number % 2 == 0 else reversed(turns):
                measure(server, count, clients, figures[name])
    return figures


def time_stdio(stub: Service, calls: int) -> list[float]:
    """Seconds of each call."""
    environment = {"AUTOMEM_API_URL": stub.url, "LOG_LEVEL": "warning"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    try:
        _asked(process, INITIALIZE)
        _said(process, INITIALIZED)
        seconds = []
        for number in range(1, calls + _WARM_UP_CALLS + 1):
            began = time.perf_counter()
            answer = _asked(process, {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": _STORE})
            seconds.append(time.perf_counter() - began)
            if answer.get("id") != number or answer.get("result", {}).get("isError", True):
                raise RuntimeError(f"{answer}")
        return seconds[_WARM_UP_CALLS:]
    finally:
        process.kill()
        process.communicate()


def _said(process: subprocess.Popen[str], message: dict[str, Any]) -> None:
    assert process.stdin
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()


def _asked(process: subprocess.Popen[str], message: dict[str, Any]) -> dict[str, Any]:
    _said(process, message)
    assert process.stdout
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def print_figures(figures: dict[str, Figures], seconds: Sequence[float], arguments: argparse.Namespace) -> None:
    """A row a server, then the call over stdio."""
    print_table(
        "Sessions",
        [
            f"{arguments.sessions} sessions after {_WARM_UP} that do not count; medians of {arguments.rounds} rounds",
            f"opened by {arguments.clients} processes, {_AT_ONCE} at once in each; RSS after {_REST_SECONDS:.0f} s",
            f"aims: {_AIM_KIB:.0f} KiB a session, {_AIM_A_SECOND:.0f} opened a second of its processor",
        ],
        ["server", "KiB a session", "opened a second", "opened a CPU second"],
        [each.row(name) for name, each in figures.items()],
    )
    print_table(
        "Round trip over stdio",
        [f"tools/call of store_memory against the REST stub, {len(seconds)} calls one after the other, milliseconds"],
        ["", "p50", "p95"],
        [["bridge", *p50_p95(seconds)]],
    )


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sessions", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=2_000, help="idle sessions that count")
    parser.add_argument("--clients", type=int, default=2, help="client processes")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, each on fresh servers")
    parser.add_argument("--calls", type=int, default=500, help="calls over stdio")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says; 1 where a session costs too much memory or processor time."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    with python_service("benchmarks.rest_stub", {}) as stub:
        figures = run_rounds(stub, arguments.rounds, arguments.sessions, arguments.clients)
        seconds = time_stdio(stub, arguments.calls)
    print_figures(figures, seconds, arguments)
    mine = figures["bridge"]
    return 1 if median(mine.kib) > _AIM_KIB or median(mine.a_cpu_second) < _AIM_A_SECOND else 0


if __name__ == "__main__":
    sys.exit(main())
