"""What the bridge's tests put in the place of the world: a memory service on a socket, pauses without time."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from mcp.types import CallToolResult, TextContent

MEMORY_ID = "4be4d4a6-9b05-4d1f-a668-647e017c653f"
OTHER_ID = "dd89e60c-00b9-42c0-b8d6-af5593e5c56b"
ADA, BOB = "the-key-of-ada", "the-key-of-bob"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    """One request that reached the stand-in."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: Any


@dataclass
class MemoryService:
    """Answers what it was told to and remembers what it was asked; without an answer left it repeats the last."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    _answers: dict[str, list[Handler]] = field(default_factory=dict)

    def answers(self, route: str, body: object = None, status: int = 200, **headers: str) -> None:
        """Queues an answer for a route such as "GET /recall"; text is sent as it is, anything else as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)

        async def answer(_: web.Request) -> web.Response:
            return web.Response(text=text, status=status, headers=headers, content_type="application/json")

        self.handles(route, answer)

    def replaces(self, route: str, answer: object, status: int = 200) -> None:
        """Forgets every answer of a route and gives this one, or lets this handler give it, from now on."""
        self._answers.pop(route, None)
        if callable(answer):
            self.handles(route, answer)
        else:
            self.answers(route, answer, status)

    def handles(self, route: str, handler: Handler) -> None:
        """Queues a handler for a route."""
        self._answers.setdefault(route, []).append(handler)

    def requests(self, route: str) -> list[Asked]:
        """What was asked of one route."""
        return [asked for asked in self.asked if f"{asked.method} {asked.path}" == route]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The one handler of the server."""
        raw = await request.read()
        query = [(name, value) for name, value in request.query.items()]
        body = json.loads(raw) if raw else None
        self.asked.append(
            Asked(request.method, request.raw_path.partition("?")[0], query, request.headers.copy(), body)
        )
        waiting = self._answers.get(f"{request.method} {request.path}") or [self._unprepared]
        handler = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return await handler(request)

    async def _unprepared(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"status": "error", "message": f"no answer for {request.path}"}, status=404)


@dataclass
class Pauses:
    """Stands in for sleeping between attempts and writes down for how long."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@dataclass(frozen=True)
class Bridge:
    """A bridge that is being served."""

    url: str
    http: aiohttp.ClientSession
    stop: Callable[[], Awaitable[None]]
    """Tells it to stop and waits until it has."""

    async def status(self, method: str, path: str, **request: Any) -> int:
        """Asks, reads the answer to its end and gives its status."""
        async with self.http.request(method, path, **request) as response:
            await response.read()
            return response.status


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits until something comes true, for five seconds at most."""
    for _ in range(500):
        if await condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")


Served = Callable[..., AbstractAsyncContextManager[Bridge]]


def text_of(result: CallToolResult, part: int = 0) -> str:
    """One text part of a tool's answer."""
    content = result.content[part]
    assert isinstance(content, TextContent)
    return content.text
