"""A session of the handshake era (2025-11-25) as raw HTTP: what is sent and received can be seen event by event."""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import aiohttp

REVISION = "2025-11-25"
BROKEN = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ConnectionError, TimeoutError)
"""What a connection raises that was cut, refused or not answered in time."""

_HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": REVISION}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": REVISION,
        "capabilities": {},
        "clientInfo": {"name": "benchmark", "version": "0"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
_END_OF_EVENT = b"\r\n\r\n"

Response = AbstractAsyncContextManager[aiohttp.ClientResponse]


class Refused(Exception):
    """The server answered with a status of failure."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:300]}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream; without a message it only carries an id to resume from."""

    id: str
    message: dict[str, Any] | None

    @property
    def is_answer(self) -> bool:
        """Whether nothing follows it on its stream."""
        return self.message is not None and ("result" in self.message or "error" in self.message)


@dataclass(slots=True)
class Session:
    """What a client knows of its session."""

    http: aiohttp.ClientSession
    url: str
    id: str
    number: int = 0

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str) -> "Session":
        """Shakes hands. Raises Refused."""
        async with http.post(url, json=INITIALIZE, headers=_HEADERS) as response:
            await accepted(response)
            await response.read()
            session = cls(http, url, response.headers["Mcp-Session-Id"])
        async with session.post(INITIALIZED) as response:
            await accepted(response)
        return session

    @property
    def headers(self) -> dict[str, str]:
        """Those of every request."""
        return {**_HEADERS, "Mcp-Session-Id": self.id}

    def recall(self, question: str) -> dict[str, Any]:
        """A call under the next id, whose progress may be told."""
        self.number += 1
        meta = {"progressToken": self.number}
        params = {"name": "recall_memory", "arguments": {"query": question}, "_meta": meta}
        return {"jsonrpc": "2.0", "id": self.number, "method": "tools/call", "params": params}

    def post(self, message: dict[str, Any]) -> Response:
        """Sends a message."""
        return self.http.post(self.url, json=message, headers=self.headers)

    def resume(self, last_event_id: str) -> Response:
        """Asks for what followed an event."""
        return self.http.get(self.url, headers={**self.headers, "Last-Event-ID": last_event_id})

    def listen(self) -> Response:
        """Opens the stream of what the server says unasked."""
        return self.http.get(self.url, headers=self.headers)

    async def end(self) -> None:
        """Says that it is not needed any more. Raises Refused."""
        async with self.http.delete(self.url, headers=self.headers) as response:
            await accepted(response)

    async def ask(self, question: str) -> str:
        """Calls on a connection that stays, and gives the text of the answer. Raises Refused."""
        async with self.post(self.recall(question)) as response:
            async for event in events_of(response):
                if event.is_answer:
                    return text_of(event)
        raise aiohttp.ClientPayloadError("the stream has ended without an answer")


async def accepted(response: aiohttp.ClientResponse) -> None:
    """Raises Refused for anything but a success."""
    if response.status not in (200, 202, 204):
        raise Refused(response.status, await response.text())


async def events_of(response: aiohttp.ClientResponse) -> AsyncIterator[Event]:
    """The events up to the end of the stream. Raises Refused, and what BROKEN names where it was no proper end."""
    await accepted(response)
    waiting = b""
    async for piece in response.content.iter_any():
        *whole, waiting = (waiting + piece).split(_END_OF_EVENT)
        for text in whole:
            # What begins with a colon is a ping.
            if not text.startswith(b":"):
                yield _parsed(text.decode())


def text_of(event: Event) -> str:
    """The first text of a tool's answer. Raises Refused where the tool has failed."""
    message = event.message or {}
    result = message.get("result")
    if result is None or result.get("isError"):
        raise Refused(200, json.dumps(message))
    return str(result["content"][0]["text"])


def _parsed(text: str) -> Event:
    parts = (line.partition(":") for line in text.split("\r\n"))
    fields = {name: value.removeprefix(" ") for name, _, value in parts}
    data = fields.get("data")
    return Event(fields.get("id", ""), json.loads(data) if data else None)
