"""Restarts the bridge under load, with SIGKILL and with SIGTERM, and looks whether its clients go on.

Method: 20 clients of the handshake era, each with one session that it opens before the first restart and never opens
again: some are the Python SDK's Client in its legacy mode, the others send raw HTTP. Each calls without a pause but a
short one, a stub recalls the word that it asked for. The bridge is ended, in turn by SIGKILL and by SIGTERM, and
started again on the same port. A call may only fail when it was under way while the bridge was down, from the signal
to the first GET /ready that says ready, and only as a broken connection does: never with an answer of HTTP or of the
protocol. After each restart every session must be answered under its old id, of which the new process knows nothing.
"""

import argparse
import asyncio
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random

import aiohttp
import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CONNECTION_CLOSED, TextContent

from benchmarks.figures import percentile, print_table
from benchmarks.handshake_client import BROKEN, Refused, Session
from benchmarks.services import Service, bridge, end_on_sigterm, python_service

_PAUSE_SECONDS = 0.02
_PAUSE_AFTER_FAILURE = 0.1
_CALL_SECONDS = 20.0
_CONNECTING_RETRIES = 6
# Longer than the longest pause of a client that tries to connect.
_LAST_SECONDS = 12.0
_WAIT_MS = "50"
# Below those that the system gives to outgoing connections: one of these to a port without a listener can meet itself.
_PORTS = range(20_000, 30_000)
_MAX_SHOWN = 20


class Broken(Exception):
    """A call has failed as a broken connection does."""


Ask = Callable[[str], Awaitable[str]]
"""Calls with a word and gives the text of the answer. Raises Broken; anything else that it raises is a fault."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: who made it and when, and what it failed with."""

    client: str
    began: float
    ended: float
    failure: Exception | None


@dataclass(slots=True)
class Outage:
    """The time from the signal to the end of the process, and to ready again."""

    signal: str
    began: float
    exited: float = 0.0
    ended: float = 0.0


@dataclass(slots=True)
class Record:
    """All calls and outages."""

    calls: list[Call] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    ended_clients: dict[str, float] = field(default_factory=dict)
    """The SDK's clients that ended with their connection, and when."""
    is_over: bool = False


async def keep_calling(name: str, ask: Ask, record: Record) -> None:
    """Calls until it is over."""
    for number in count():
        if record.is_over:
            return
        word, began, failure = f"{name}x{number}", time.monotonic(), None
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                text = await ask(word)
            if f"{word} " not in text:
                raise ValueError(f"not what was asked for: {text[:200]}")
        except Exception as error:  # noqa: BLE001
            failure = error
        except asyncio.CancelledError:
            record.calls.append(Call(name, began, time.monotonic(), Broken("the client ended with its connection")))
            raise
        record.calls.append(Call(name, began, time.monotonic(), failure))
        await asyncio.sleep(_PAUSE_AFTER_FAILURE if failure else _PAUSE_SECONDS)


async def run_raw(name: str, url: str, record: Record, opened: asyncio.Semaphore) -> None:
    """A client that sends raw HTTP."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:
        session = await Session.open(http, url)
        opened.release()

        async def ask(word: str) -> str:
            try:
                return await session.ask(word)
            except BROKEN as error:
                raise Broken(repr(error)) from error

        await keep_calling(name, ask, record)
        with suppress(Refused):
            await session.end()


async def run_sdk(name: str, url: str, record: Record, opened: asyncio.Semaphore) -> None:
    """A client of the SDK. It ends when a message cannot be sent at all; then another one takes its place."""
    for generation in count():
        called = f"{name}g{generation}" if generation else name
        try:
            await _run_sdk_client(called, url, record, opened)
        except* httpx2.TransportError:
            record.ended_clients[called] = time.monotonic()
            await asyncio.sleep(_PAUSE_AFTER_FAILURE)
        if record.is_over:
            return


async def _run_sdk_client(name: str, url: str, record: Record, opened: asyncio.Semaphore) -> None:
    transport = httpx2.AsyncHTTPTransport(retries=_CONNECTING_RETRIES)
    async with (
        httpx2.AsyncClient(timeout=_CALL_SECONDS, transport=transport) as http,
        Client(streamable_http_client(url, http_client=http), mode="legacy") as client,
    ):
        opened.release()

        async def ask(word: str) -> str:
            try:
                result = await client.call_tool("recall_memory", {"query": word})
            except MCPError as error:
                if error.error.code == CONNECTION_CLOSED:
                    raise Broken(repr(error)) from error
                raise
            return "".join(part.text for part in result.content if isinstance(part, TextContent))

        await keep_calling(name, ask, record)


async def restart_again_and_again(stub: Service, arguments: argparse.Namespace, port: int) -> Record:
    """Runs clients and bridge to the end."""
    record, opened, url = Record(), asyncio.Semaphore(0), f"http://127.0.0.1:{port}/mcp"
    running = ExitStack()
    service = await _started(running, stub, port)
    try:
        async with asyncio.TaskGroup() as clients:
            for number in range(arguments.clients):
                run = run_sdk if number < arguments.sdk else run_raw
                clients.create_task(run(f"w{number}", url, record, opened))
            for _ in range(arguments.clients):
                await asyncio.wait_for(opened.acquire(), _CALL_SECONDS)
            for turn in range(arguments.restarts):
                await asyncio.sleep(arguments.seconds)
                record.outages.append(Outage("SIGTERM" if turn % 2 else "SIGKILL", time.monotonic()))
                if not turn % 2:
                    service.kill()
                await asyncio.to_thread(running.close)
                record.outages[-1].exited = time.monotonic()
                service = await _started(running, stub, port)
                record.outages[-1].ended = time.monotonic()
            await asyncio.sleep(max(arguments.seconds, _LAST_SECONDS))
            record.is_over = True
    finally:
        await asyncio.to_thread(running.close)
    return record


async def _started(stack: ExitStack, stub: Service, port: int) -> Service:
    return await asyncio.to_thread(stack.enter_context, bridge(stub.url, port=port))


def listening_port() -> int:
    """A free port that no outgoing connection is given."""
    random = Random()
    while True:
        port = random.choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def faults_in(record: Record, clients: int) -> list[str]:
    """What should not have happened, in words."""
    faults = []
    for call in record.calls:
        if call.failure and not isinstance(call.failure, Broken):
            faults.append(f"{call.client} failed with {call.failure!r}, {_place(call, record)}")
        elif call.failure and not _is_under_way(call, record.outages):
            faults.append(f"{call.client} failed while the bridge was up: {call.failure}, {_place(call, record)}")
    for number, outage in enumerate(record.outages):
        missing = _left(record, number, clients).difference(_going_on(record, number))
        if missing:
            faults.append(f"after restart {number + 1} ({outage.signal}) {sorted(missing)} were not answered")
    return faults


def _is_under_way(call: Call, outages: Sequence[Outage]) -> bool:
    return any(call.began <= outage.ended and call.ended >= outage.began for outage in outages)


def _place(call: Call, record: Record) -> str:
    first = record.calls[0].began
    outages = ", ".join(f"{outage.began - first:.2f}-{outage.ended - first:.2f}" for outage in record.outages)
    return f"call {call.began - first:.2f}-{call.ended - first:.2f} s, down {outages}"


def _going_on(record: Record, number: int) -> set[str]:
    """Clients with a call that began after this restart and was answered."""
    after = record.outages[number].ended
    return {call.client for call in record.calls if not call.failure and call.began > after}


def _left(record: Record, number: int, clients: int) -> set[str]:
    """Clients of before the first restart, but for those that ended with their connection before the next one."""
    until = record.outages[number + 1].began if number + 1 < len(record.outages) else float("inf")
    ended = {client for client, when in record.ended_clients.items() if when < until}
    return {f"w{client}" for client in range(clients)}.difference(ended)


def print_record(record: Record, faults: Sequence[str], arguments: argparse.Namespace) -> None:
    """One row a restart."""
    rows = []
    for number, outage in enumerate(record.outages):
        until = record.outages[number + 1].began if number + 1 < len(record.outages) else float("inf")
        left = _left(record, number, arguments.clients)
        at_signal = [call for call in record.calls if call.began <= outage.began <= call.ended]
        while_down = [call for call in record.calls if outage.began < call.began <= outage.ended]
        after = [call for call in record.calls if outage.ended < call.began < until and not call.failure]
        rows.append(
            [
                f"{number + 1} {outage.signal}",
                f"{outage.exited - outage.began:.2f}",
                f"{outage.ended - outage.began:.2f}",
                *(
                    str(sum(1 for call in at_signal if (call.failure is None) == answered))
                    for answered in (True, False)
                ),
                *(
                    str(sum(1 for call in while_down if (call.failure is None) == answered))
                    for answered in (True, False)
                ),
                f"{len(left.intersection(_going_on(record, number)))} of {len(left)}",
                str(len(after)),
                f"{percentile([call.ended - call.began for call in after], 0.5) * 1000:.0f}" if after else "-",
            ]
        )
    print_table(
        f"Restarts under {arguments.clients} clients of the handshake era, {arguments.sdk} of them the SDK's",
        [
            "from the signal to the end of the process, and to ready again; failed: each as a broken connection does",
            "at the signal: calls that were under way then; while down: calls that were begun meanwhile",
            "go on: sessions of before the first restart that are answered after it, of those whose client is there",
            f"the SDK's clients try {_CONNECTING_RETRIES} times to connect; one that cannot send ends, another follows",
        ],
        [
            "restart",
            "ended s",
            "ready s",
            "at the signal: answered",
            "failed",
            "while down: answered",
            "failed",
            "go on",
            "calls after",
            "p50 ms",
        ],
        rows,
    )
    answered = sum(1 for call in record.calls if not call.failure)
    print(f"  {answered} calls answered, {len(record.calls) - answered} failed, {len(faults)} FAULTS")
    print(
        f"  {len(record.ended_clients)} of the SDK's clients ended with their connection: {list(record.ended_clients)}"
    )
    for fault in faults[:_MAX_SHOWN]:
        print(f"  {fault[:600]}")


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.restart", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--restarts", type=int, default=6, help="restarts, in turn by SIGKILL and SIGTERM")
    parser.add_argument("--clients", type=int, default=20, help="clients, each with one session")
    parser.add_argument("--sdk", type=int, default=8, help="how many of them are the SDK's")
    parser.add_argument("--seconds", type=float, default=5, help="time between restarts")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says; 1 where a call failed that should not have, or a session did not go on."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    with python_service("benchmarks.echo_stub", {"WAIT_MS": _WAIT_MS}) as stub:
        record = asyncio.run(restart_again_and_again(stub, arguments, listening_port()))
    faults = faults_in(record, arguments.clients)
    print_record(record, faults, arguments)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
