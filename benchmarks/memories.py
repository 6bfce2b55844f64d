"""The ways by which a benchmark reaches a fresh memory: memory_api's REST, and the bridge's tools before it."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import aiohttp
from mcp.client import Client

from benchmarks.services import ServiceFailed, bridge, memory_api, scratch_folder

BATCH = 50
"""Memories stored in one call."""


class Memory(Protocol):
    """A way to the memory."""

    async def store(self, memories: Sequence[dict[str, Any]]) -> None:
        """Stores a batch."""

    async def recall(self, question: str, limit: int, tag: str | None = None) -> list[str]:
        """Ids of what is recalled, best first; with a tag, among the memories that carry exactly this one."""


class ThroughApi:
    """Straight to memory_api."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def store(self, memories: Sequence[dict[str, Any]]) -> None:
        async with self._session.post("/memory/batch", json={"memories": list(memories)}) as response:
            await response.read()

    async def associate(self, relation: dict[str, Any]) -> None:
        """Stores one relation, as POST /associate takes it."""
        async with self._session.post("/associate", json=relation) as response:
            await response.read()

    async def recall(self, question: str, limit: int, tag: str | None = None) -> list[str]:
        asked: dict[str, str | int] = {"query": question, "limit": limit}
        if tag is not None:
            asked |= {"tags": tag, "tag_match": "exact"}
        async with self._session.get("/recall", params=asked) as response:
            return [result["id"] for result in (await response.json())["results"]]


class ThroughBridge:
    """Through the tools, as an assistant goes."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def store(self, memories: Sequence[dict[str, Any]]) -> None:
        await self._call("store_memory", {"memories": list(memories)})

    async def recall(self, question: str, limit: int, tag: str | None = None) -> list[str]:
        asked: dict[str, Any] = {"query": question, "limit": limit}
        if tag is not None:
            asked |= {"tags": [tag], "tag_match": "exact"}
        return [result["memory_id"] for result in (await self._call("recall_memory", asked))["results"]]

    async def _call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answer = await self._client.call_tool(tool, arguments)
        if answer.is_error or not isinstance(answer.structured_content, dict):
            raise ServiceFailed(f"{tool}: {answer.content}")
        return answer.structured_content


Opening = Callable[[], AbstractAsyncContextManager[Memory]]


@asynccontextmanager
async def open_api() -> AsyncIterator[ThroughApi]:
    """A fresh memory_api."""
    with scratch_folder() as folder, memory_api(folder) as api:
        async with aiohttp.ClientSession(api.url, raise_for_status=True) as session:
            yield ThroughApi(session)


@asynccontextmanager
async def open_bridge() -> AsyncIterator[ThroughBridge]:
    """A fresh memory_api with the bridge before it."""
    with scratch_folder() as folder, memory_api(folder) as api, bridge(api.url) as front:
        async with Client(f"{front.url}/mcp") as client:
            yield ThroughBridge(client)


async def store_all(memory: Memory, memories: Sequence[dict[str, Any]]) -> None:
    """Stores them in batches, one after the other."""
    for first in range(0, len(memories), BATCH):
        await memory.store(memories[first : first + BATCH])


async def timed_recall(memory: Memory, question: str, limit: int, tag: str | None = None) -> tuple[list[str], float]:
    """What is recalled, and the seconds that it took."""
    began = time.perf_counter()
    ranked = await memory.recall(question, limit, tag)
    return ranked, time.perf_counter() - began
