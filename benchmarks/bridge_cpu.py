"""Measures what a tools/call costs the bridge in processor time, beside a bare server of the same SDK.

Method: the bridge as it ships, and a bare lowlevel Server of the same SDK, Python, uvicorn and event loop, both before
one REST stub that answers constant bytes. The bare one does what any server that speaks for this memory has to: it
checks the arguments, makes the same REST call with aiohttp, and hands the answer on as text and data; where answers
are event streams it has an event store. It logs, repeats, formats and guards nothing. "No slower than a bare server"
means a ratio of at most 1: all that the bridge does beyond it has to be won back.

A lean client in a process of its own calls over connections that are kept, a session for each call in flight (over
stdio one for all). The figure is the processor time (user and system) of the server process during a pass, divided by
the calls; passes of the two servers take turns, which goes first too; medians of the passes. The ratio is the median
of the passes' own ratios.

Modes: JSON and SSE are sessions of 2025-11-25 with the one or the other kind of answer, modern-JSON and modern are
2026-07-28 on the same two servers, HTTP+SSE is the transport of 2024-11-05.
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
from typing import Any

from benchmarks.figures import cpu_seconds, percentile, print_table, resident_mb
from benchmarks.services import Service, bridge, end_on_sigterm, python_service

_JSON_RESPONSE = {"JSON": "true", "SSE": "false", "modern-JSON": "true", "modern": "false", "HTTP+SSE": "false"}
_CALLERS = {"JSON": "handshake", "SSE": "handshake", "modern-JSON": "modern", "modern": "modern", "HTTP+SSE": "stream"}
_MODES = (*_CALLERS, "stdio")
_USUAL_MODES = ("JSON", "SSE")
_TOOLS = ("store_memory", "recall_memory")
_IN_FLIGHT = (1, 16, 64)
_REST_SECONDS = 1


class LoadClient:
    """The client process of benchmarks/mcp_load.py."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def measure(self, server: "Server", tool: str, in_flight: int, calls: int) -> "Pass":
        """Has the calls made; what they cost the server does not include opening the sessions."""
        self._say(json.dumps({**server.job, "tool": tool, "in_flight": in_flight, "calls": calls}))
        started = json.loads(self._hear())
        pid = int(started if server.pid is None else server.pid)
        before = cpu_seconds(pid)
        self._say("go")
        seconds = json.loads(self._hear())
        return Pass((cpu_seconds(pid) - before) / calls, percentile(seconds, 0.5))

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
class Server:
    """How the client reaches it; without a process id the client starts it."""

    job: dict[str, Any]
    pid: int | None


@dataclass(frozen=True, slots=True)
class Servers:
    """The two that are compared, in one mode."""

    bridge: Server
    bare: Server


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


def start(stack: ExitStack, modes: Sequence[str]) -> tuple[dict[str, Servers], dict[str, Service]]:
    """The servers by mode, and the services behind them by name; they end with the stack."""
    stub = stack.enter_context(python_service("benchmarks.rest_stub", {}))
    services: dict[str, Service] = {}
    servers: dict[str, Servers] = {}
    for mode in modes:
        if mode == "stdio":
            servers[mode] = _over_stdio(stub.url)
            continue
        json_only = _JSON_RESPONSE[mode]
        ours, bare = (f"{name}, {'JSON' if json_only == 'true' else 'SSE'}" for name in ("bridge", "bare server"))
        if ours not in services:
            settings = {"UPSTREAM": stub.url, "JSON": json_only}
            services[ours] = stack.enter_context(bridge(stub.url, {"MCP_JSON_RESPONSE": json_only}))
            services[bare] = stack.enter_context(python_service("benchmarks.bare_server", settings))
        servers[mode] = Servers(_over_http(services[ours], mode), _over_http(services[bare], mode))
    return servers, services


def _over_http(service: Service, mode: str) -> Server:
    return Server({"mode": _CALLERS[mode], "url": service.url}, service.pid)


def _over_stdio(stub: str) -> Servers:
    ours = {"command": [sys.executable, "-m", "bridge"], "environment": {"AUTOMEM_API_URL": stub}}
    bare = {"command": [sys.executable, "-m", "benchmarks.bare_server", "--stdio"], "environment": {"UPSTREAM": stub}}
    return Servers(Server({"mode": "stdio", **ours}, None), Server({"mode": "stdio", **bare}, None))


def run_passes(client: LoadClient, servers: dict[str, Servers], passes: int, calls: int) -> dict[tuple[str, ...], Cell]:
    """Every way to call, in every pass."""
    ways = [(mode, tool, str(in_flight)) for mode in servers for tool in _TOOLS for in_flight in _IN_FLIGHT]
    cells: dict[tuple[str, ...], Cell] = {way: Cell() for way in ways}
    for number in range(passes):
        for mode, tool, in_flight in ways:
            pair, cell = servers[mode], cells[mode, tool, in_flight]
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
        ["mode", "tool", "in flight", "bridge CPU ms", "bare CPU ms", "ratio", "bridge p50 ms", "bare p50 ms"],
        [[*way, *cell.row()] for way, cell in cells.items()],
    )


def resident(services: dict[str, Service]) -> list[float]:
    """Resident memory of all services, in their order."""
    return [resident_mb(service.pid) for service in services.values()]


def print_memory(services: dict[str, Service], idle: list[float], after: list[float]) -> None:
    """One row a service."""
    print_table(
        "Resident memory of the servers",
        [f"RSS in MB of 10^6 bytes: {_REST_SECONDS} s after ready, and after all passes"],
        ["server", "idle", "after"],
        [[name, f"{begin:.0f}", f"{end:.0f}"] for name, begin, end in zip(services, idle, after, strict=True)],
    )


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bridge_cpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--passes", type=int, default=5, help="passes over every way to call")
    parser.add_argument("--modes", nargs="+", choices=_MODES, default=_USUAL_MODES, help="JSON and SSE if left out")
    parser.add_argument("--calls", type=int, default=1_000, help="calls a pass")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    with ExitStack() as stack:
        servers, services = start(stack, arguments.modes)
        time.sleep(_REST_SECONDS)
        idle = resident(services)
        client = stack.enter_context(load_client())
        cells = run_passes(client, servers, arguments.passes, arguments.calls)
        after = resident(services)
    print_cells(cells, arguments.passes, arguments.calls)
    print_memory(services, idle, after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
