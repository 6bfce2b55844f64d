"""Measures what a tools/call costs the bridge in processor time, beside a bare server of the same SDK.

Method: the bridge, as it ships but for MCP_JSON_RESPONSE, and a bare lowlevel Server that makes the same REST call
with aiohttp under the same uvicorn settings, each once for plain JSON and once for event-stream answers, all before
one REST stub that answers constant bytes. A lean client in a process of its own calls over HTTP/1.1 kept alive, one
session for each call in flight. The figure is the processor time (user and system) of the server process during a
pass, divided by the calls; passes of the two servers take turns, which goes first too; medians of the passes. The
ratio is the median of the passes' own ratios. The bridge validates, formats, logs and checks what the bare one does
not; the bare one shows what the SDK costs.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median

from benchmarks.figures import cpu_seconds, percentile, print_table, resident_mb
from benchmarks.services import Service, bridge, end_on_sigterm, python_service

_ANSWERS = ("JSON", "SSE")
_TOOLS = ("store_memory", "recall_memory")
_IN_FLIGHT = (1, 16, 64)
_REST_SECONDS = 1


class LoadClient:
    """The client process of benchmarks/mcp_load.py."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def measure(self, server: Service, tool: str, in_flight: int, calls: int) -> "Pass":
        """Has the calls made; what they cost the server does not include opening the sessions."""
        job = {"url": f"{server.url}/mcp", "tool": tool, "in_flight": in_flight, "calls": calls}
        self._say(json.dumps(job))
        self._hear()
        before = cpu_seconds(server.pid)
        self._say("go")
        seconds = json.loads(self._hear())
        return Pass((cpu_seconds(server.pid) - before) / calls, percentile(seconds, 0.5))

    def _say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the client process has ended")
        return line


@dataclass(frozen=True, slots=True)
class Pass:
    """Seconds of processor time a call, and the median of the client's seconds a call."""

    cpu: float
    latency: float


@dataclass(slots=True)
class Cell:
    """The passes of one way to call."""

    bridge: list[Pass] = field(default_factory=list)
    bare: list[Pass] = field(default_factory=list)

    def row(self) -> list[str]:
        """Medians in milliseconds."""
        ratio = median(mine.cpu / theirs.cpu for mine, theirs in zip(self.bridge, self.bare, strict=True))
        cpu = [median(item.cpu for item in passes) * 1000 for passes in (self.bridge, self.bare)]
        latency = [median(item.latency for item in passes) * 1000 for passes in (self.bridge, self.bare)]
        return [*(f"{value:.2f}" for value in cpu), f"{ratio:.2f}", *(f"{value:.1f}" for value in latency)]


@dataclass(frozen=True, slots=True)
class Servers:
    """The two that are compared, for one kind of answer."""

    bridge: Service
    bare: Service


@contextmanager
def load_client() -> Iterator[LoadClient]:
    """A running client process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.mcp_load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield LoadClient(process)
    finally:
        process.kill()
        process.communicate()


def start(stack: ExitStack) -> dict[str, Servers]:
    """All servers, by the kind of their answers; they end with the stack."""
    stub = stack.enter_context(python_service("benchmarks.rest_stub", {}))
    return {
        answers: Servers(
            stack.enter_context(bridge(stub.url, {"MCP_JSON_RESPONSE": json_only})),
            stack.enter_context(python_service("benchmarks.bare_server", {"UPSTREAM": stub.url, "JSON": json_only})),
        )
        for answers, json_only in zip(_ANSWERS, ("true", "false"), strict=True)
    }


def run_passes(client: LoadClient, servers: dict[str, Servers], passes: int, calls: int) -> dict[tuple[str, ...], Cell]:
    """Every way to call, in every pass."""
    ways = [(answers, tool, str(in_flight)) for answers in _ANSWERS for tool in _TOOLS for in_flight in _IN_FLIGHT]
    cells: dict[tuple[str, ...], Cell] = {way: Cell() for way in ways}
    for number in range(passes):
        for answers, tool, in_flight in ways:
            pair, cell = servers[answers], cells[answers, tool, in_flight]
            turns = [(pair.bridge, cell.bridge), (pair.bare, cell.bare)]
            for server, results in turns if number % 2 == 0 else reversed(turns):
                results.append(client.measure(server, tool, int(in_flight), calls))
    return cells


def print_cells(cells: dict[tuple[str, ...], Cell], passes: int, calls: int) -> None:
    """One row a way to call."""
    print_table(
        "Processor time of the server per tools/call",
        [
            f"CPU: user + system of the server process / calls; median of {passes} passes of {calls} calls, by turns",
            "bare: the SDK's lowlevel Server making the same REST call; ratio: bridge / bare, median over passes",
            "p50: of the client's wall time in the median pass; client, stub and server share the machine",
        ],
        ["answers", "tool", "in flight", "bridge CPU ms", "bare CPU ms", "ratio", "bridge p50 ms", "bare p50 ms"],
        [[*way, *cell.row()] for way, cell in cells.items()],
    )


def resident(servers: dict[str, Servers]) -> list[float]:
    """Resident memory of all servers, in the order of the tables."""
    return [resident_mb(server.pid) for pair in servers.values() for server in (pair.bridge, pair.bare)]


def print_memory(idle: list[float], after: list[float], calls: int) -> None:
    """One row a server."""
    names = [f"{server}, {answers}" for answers in _ANSWERS for server in ("bridge", "bare server")]
    print_table(
        "Resident memory of the servers",
        [f"RSS in MB of 10^6 bytes: {_REST_SECONDS} s after ready, and after about {calls:,} calls each"],
        ["server", "idle", "after"],
        [[name, f"{begin:.0f}", f"{end:.0f}"] for name, begin, end in zip(names, idle, after, strict=True)],
    )


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bridge_cpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--passes", type=int, default=5, help="passes over every way to call")
    parser.add_argument("--calls", type=int, default=1_000, help="calls a pass")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    with ExitStack() as stack:
        servers = start(stack)
        time.sleep(_REST_SECONDS)
        idle = resident(servers)
        client = stack.enter_context(load_client())
        cells = run_passes(client, servers, arguments.passes, arguments.calls)
        after = resident(servers)
    print_cells(cells, arguments.passes, arguments.calls)
    print_memory(idle, after, arguments.passes * arguments.calls * len(_TOOLS) * len(_IN_FLIGHT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
