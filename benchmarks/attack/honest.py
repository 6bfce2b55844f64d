"""Clients that use the services as they are meant to be used, at an even pace, and see how long it takes them."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from benchmarks.handshake_client import Session, events_of, text_of

STORE, RECALL = "store", "recall"
_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was answered: when it was due (monotonic), and seconds from then to the end of its answer."""

    name: str
    due: float
    seconds: float


@dataclass(slots=True)
class Account:
    """What honest clients were told, and how often they were not served as they should be."""

    calls: list[Call] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def times(self, name: str, began: float, ended: float) -> list[float]:
        """Seconds of the calls of this name that were due in this time."""
        return [call.seconds for call in self.calls if call.name == name and began <= call.due <= ended]

    def count(self, *parts: str) -> int:
        """How many calls have all of these words in their name."""
        return sum(all(part in call.name for part in parts) for call in self.calls)


class Client:
    """One person with a key: stores a text of its own, then recalls it and sees that it is there, and so on.

    A call is due at its time whether or not the one before it has ended, and is counted from then: whoever has to wait
    is not left out of the figures.
    """

    def __init__(self, person: str, service: str, store: "Store", recall: "Recall") -> None:
        self._person = person
        self._service = service
        self._store = store
        self._recall = recall
        self._number = 0

    async def live(self, account: Account, pace: float, until: asyncio.Event) -> None:
        """`pace` calls a second; ends with the call that is under way when `until` is set."""
        began = time.monotonic()
        number = 0
        while not until.is_set():
            due = began + number / pace
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            number += 1
            await self._one(account, STORE if number % 2 else RECALL, due)
        # What was stored is recalled, so that both are made as often.
        if number % 2:
            await self._one(account, RECALL, time.monotonic())

    async def _one(self, account: Account, kind: str, due: float) -> None:
        self._number += kind == STORE
        word = f"{self._person}word{self._number}x{self._service.replace('_', '')}"
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                if kind == STORE:
                    await self._store(f"{self._person} noted honestly: {word}", word)
                elif word not in (found := await self._recall(word)):
                    raise ValueError(f"{word} is not in {found[:200]}")
        except Exception as error:  # noqa: BLE001
            account.failures[f"{self._service} {kind} of {self._person}: {error!r}"] += 1
            return
        account.calls.append(Call(f"{self._service} {kind}", due, time.monotonic() - due))


Store = Callable[[str, str], Awaitable[None]]
"""Stores a text under a tag."""

Recall = Callable[[str], Awaitable[str]]
"""What is found of the memories under a tag."""


async def at_the_bridge(http: aiohttp.ClientSession, url: str, person: str) -> Client:
    """Over MCP, in one session; the key stands in the headers of `http`."""
    session = await Session.open(http, f"{url}/mcp")

    async def call(tool: str, arguments: dict[str, Any]) -> str:
        session.number += 1
        params = {"name": tool, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": session.number, "method": "tools/call", "params": params}
        async with session.post(message) as response:
            async for event in events_of(response):
                if event.is_answer:
                    return text_of(event)
        raise ValueError("a stream without an answer")

    async def store(text: str, tag: str) -> None:
        await call("store_memory", {"content": text, "tags": [tag]})

    async def recall(tag: str) -> str:
        return await call("recall_memory", {"query": f"what was noted of {tag}", "tags": [tag]})

    return Client(person, "bridge", store, recall)


def at_the_memory(http: aiohttp.ClientSession, url: str, person: str) -> Client:
    """Over REST."""

    async def store(text: str, tag: str) -> None:
        async with http.post(f"{url}/memory", json={"content": text, "tags": [tag]}) as response:
            if response.status != 201:
                raise ValueError(f"{response.status} {await response.text()}")

    async def recall(tag: str) -> str:
        asked = {"query": f"what was noted of {tag}", "tags": tag}
        async with http.get(f"{url}/recall", params=asked) as response:
            if response.status != 200:
                raise ValueError(f"{response.status} {await response.text()}")
            return str([result["memory"]["content"] for result in (await response.json())["results"]])

    return Client(person, "memory_api", store, recall)
