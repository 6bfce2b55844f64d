"""Measures what the bridge's door costs a request in processor time, layer by layer.

Method: in one process, an endpoint that answers 200 bytes at once, bare and behind the door with every rule switched
on: three keys, a trusted proxy, https, an address list, CORS, a quota, the line of the log (written as JSON to the null
device) and the metrics. The request is the POST of a hosted client: 15 headers, the key as a bearer, its address in
X-Forwarded-For and CF-Connecting-IP. Layers are put on one after the other, from the endpoint outwards; passes over all
of them take turns, and the figures are the medians of the passes: the processor time of the process (user and system)
for all requests of a pass, divided by them. A layer's own share is the difference to the one inside of it.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.figures import print_table
from bridge import log
from bridge.door import door
from bridge.metrics import Metrics
from bridge.middleware.caller import Caller
from bridge.middleware.overload import Overload
from bridge.settings import Settings
from bridge.turns import Turns

_KEY = "benchmark-key-of-43-characters-like-a-real-1"
_HEADERS = [
    (b"host", b"memory.example"),
    (b"user-agent", b"Claude-User"),
    (b"accept", b"application/json, text/event-stream"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"content-type", b"application/json"),
    (b"content-length", b"180"),
    (b"authorization", b"Bearer " + _KEY.encode()),
    (b"mcp-session-id", b"x" * 43),
    (b"mcp-protocol-version", b"2025-11-25"),
    (b"origin", b"https://claude.ai"),
    (b"x-forwarded-for", b"160.79.104.9"),
    (b"x-forwarded-proto", b"https"),
    (b"cf-connecting-ip", b"160.79.104.9"),
    (b"cf-ray", b"8f0c1d2e3f4a5b6c-FRA"),
    (b"connection", b"keep-alive"),
]
_ANSWER: list[Message] = [
    {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]},
    {"type": "http.response.body", "body": b"x" * 200, "more_body": False},
]
_BODY: Message = {"type": "http.request", "body": b"x" * 180, "more_body": False}


async def endpoint(_: Scope, receive: Receive, send: Send) -> None:
    """Answers at once."""
    await receive()
    for message in _ANSWER:
        await send(dict(message))


async def _receive() -> Message:
    return _BODY


async def _send(_: Message) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Stack:
    """The endpoint behind some layers. Inside of Caller, a request is one whose caller is known already."""

    name: str
    app: ASGIApp
    is_resolved: bool = True

    def scope(self) -> Scope:
        """One request as uvicorn hands it over, or as Caller leaves it."""
        return {
            "type": "http",
            "method": "POST",
            "scheme": "https" if self.is_resolved else "http",
            "path": "/mcp",
            "query_string": b"",
            "client": ("160.79.104.9", 0) if self.is_resolved else ("127.0.0.1", 50_000),
            "headers": list(_HEADERS),
        }


def layers() -> list[Middleware]:
    """The door with every rule, and the turn of a request, innermost last."""
    settings = Settings.model_validate(
        {
            "mcp_api_keys": f"ada:another-key-of-43-characters-like-a-real-22,bob:{_KEY},eve:a-third-key-of-43-ch:read",
            "trusted_hosts": "memory.example",
            "allowed_origins": "https://claude.ai",
            "trusted_proxies": "loopback",
            "require_https": True,
            "ip_whitelist_enabled": True,
            "enable_cors": True,
            "rate_limit_requests": 1_000_000_000,
        }
    )
    rules = door(settings, Metrics(), max_body_bytes=8 << 20, paths=frozenset({"/mcp"}))
    return [*rules, Middleware(Overload, turns=Turns(settings.max_running_requests))]


def stacks() -> list[Stack]:
    """The bare endpoint, then it behind one layer more each time."""
    found = [Stack("endpoint alone", endpoint)]
    for layer in reversed(layers()):
        inner = found[-1]
        app: ASGIApp = layer.cls(inner.app, *layer.args, **layer.kwargs)
        name = str(getattr(layer.cls, "__name__", layer.cls))
        found.append(Stack(name, app, inner.is_resolved and name != Caller.__name__))
    return found


async def cost(stack: Stack, requests: int) -> float:
    """Seconds of processor time a request."""
    started = time.process_time()
    for _ in range(requests):
        await stack.app(stack.scope(), _receive, _send)
    return (time.process_time() - started) / requests


async def lets_in(stack: Stack) -> bool:
    """Whether the request comes through to the endpoint."""
    statuses: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await stack.app(stack.scope(), _receive, send)
    return statuses == [200]


async def measured(passes: int, requests: int) -> list[tuple[str, float]]:
    """Milliseconds a request for each stack. Raises RuntimeError where the door is shut."""
    built = stacks()
    for stack in built:
        if not await lets_in(stack):
            raise RuntimeError(f"{stack.name} does not let the request in")
    figures: list[list[float]] = [[] for _ in built]
    for _ in range(passes):
        for stack, values in zip(built, figures, strict=True):
            values.append(await cost(stack, requests))
    return [(stack.name, median(values) * 1000) for stack, values in zip(built, figures, strict=True)]


def main(argv: Sequence[str] | None = None) -> int:
    """Prints one row a layer."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.door", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--passes", type=int, default=9, help="passes over all layers")
    parser.add_argument("--requests", type=int, default=3_000, help="requests a pass and layer")
    arguments = parser.parse_args(argv)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        log.configure("info", "json", nowhere)
        figures = asyncio.run(measured(arguments.passes, arguments.requests))
    rows, inner = [], 0.0
    for name, total in figures:
        rows.append([name, f"{total:.4f}", f"{total - inner:.4f}"])
        inner = total
    rows.append(["the whole door", "", f"{figures[-1][1] - figures[0][1]:.4f}"])
    print_table(
        "Processor time of the door per request",
        [f"CPU: user + system of the process / requests; median of {arguments.passes} passes"],
        ["layer, from the endpoint outwards", "up to here ms", "its own ms"],
        rows,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
