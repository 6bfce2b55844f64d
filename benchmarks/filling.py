"""Fills a data folder with a made-up history: through HTTP, or faster, straight through the storage.

Both ways store the same memories, vectors and relations; the second leaves out requests, JSON and validation, and the
fsync of each batch counts for little in either.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from pydantic_core import to_json

from benchmarks.history import History
from benchmarks.services import Service
from memory_api.models.entities import entities_of
from memory_api.models.memory import Memory, Record, Relation
from memory_api.storage.sqlite.storage import SqliteEngine

BATCH = 500
_IN_FLIGHT = 2
_TENANT = "default"
_CONFIDENCE = 0.9


async def health_of(service: Service) -> dict[str, Any]:
    """What GET /health answers."""
    async with aiohttp.ClientSession(service.url, raise_for_status=True) as session, session.get("/health") as answer:
        health: dict[str, Any] = await answer.json()
        return health


async def fill_through_http(service: Service, history: History, count: int) -> float:
    """Stores so many memories in batches; returns how many a second, making them up included."""
    batches = _batches(history, count)

    async def store_batches(session: aiohttp.ClientSession) -> None:
        for memories, relations in batches:
            await post(session, "/memory/batch", {"memories": memories})
            for relation in relations:
                await post(session, "/associate", relation)

    began = time.perf_counter()
    async with aiohttp.ClientSession(service.url, raise_for_status=True) as session:
        await asyncio.gather(*(store_batches(session) for _ in range(_IN_FLIGHT)))
    return count / (time.perf_counter() - began)


async def post(session: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> None:
    """One request whose answer does not matter as long as it is a success."""
    async with session.post(path, data=to_json(body), headers={"Content-Type": "application/json"}) as answer:
        await answer.read()


async def fill_through_storage(folder: Path, model: str, dimension: int, history: History, count: int) -> float:
    """The same on a folder that no service has open; returns how many a second, making them up included."""
    engine = SqliteEngine(folder, model, dimension)
    storage = await engine.open(_TENANT)
    began = time.perf_counter()
    try:
        for memories, relations in _batches(history, count):
            await storage.store([_record(memory) for memory in memories])
            await storage.associate([_relation(relation) for relation in relations])
    finally:
        await storage.close()
        await engine.close()
    return count / (time.perf_counter() - began)


def _batches(history: History, count: int) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    for first in range(0, count, BATCH):
        memories = history.memories(min(BATCH, count - first))
        yield memories, history.relations(memories)


def _record(made: dict[str, Any]) -> Record:
    vector = np.array(made["embedding"], np.float32)
    timestamp = made["timestamp"]
    memory = Memory(
        id=made["id"],
        content=made["content"],
        type=made["type"],
        confidence=_CONFIDENCE,
        importance=made["importance"],
        tags=tuple(made["tags"]),
        metadata={},
        timestamp=timestamp,
        t_valid=timestamp,
        t_invalid=None,
        updated_at=timestamp,
        last_accessed=datetime.now(UTC).isoformat(),
        entities=entities_of(made["content"]),
    )
    return Record(memory, vector / np.linalg.norm(vector))


def _relation(made: dict[str, Any]) -> Relation:
    return Relation(made["memory1_id"], made["memory2_id"], made["type"], made["strength"], {})
