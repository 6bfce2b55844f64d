"""What HTTP cannot show of the service: how it treats its storage and its embedder."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from memory_api.embedders.base import Vector
from memory_api.embedders.hashing import HashingEmbedder
from memory_api.errors import EmbedderBusy
from memory_api.models.queries import RecallRequest
from memory_api.models.requests import StoreRequest, UpdateRequest
from memory_api.models.values import Limits
from memory_api.recall.scoring import Weights
from memory_api.service import MemoryService
from memory_api.storage.sqlite.storage import SqliteEngine
from memory_api.tenants import Tenants
from tests.memory_api.builders import axis

CONTEXT = Limits(2_000, 384)


class WatchedEmbedder(HashingEmbedder):
    """Keeps what it was asked for; says that it is busy for texts that hold the word."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    async def embed(self, text: str) -> Vector:
        self.texts.append(text)
        if "busy" in text:
            raise EmbedderBusy("Too many texts are waiting")
        return await super().embed(text)


@pytest.fixture
def embedder() -> WatchedEmbedder:
    return WatchedEmbedder()


@pytest.fixture
async def service(tmp_path: Path, embedder: WatchedEmbedder) -> AsyncIterator[MemoryService]:
    tenants = Tenants(SqliteEngine(tmp_path, embedder.model, embedder.dimension))
    yield MemoryService(tenants, embedder, Weights())
    await tenants.close()


def store(**fields: Any) -> StoreRequest:
    return StoreRequest.model_validate(fields, context=CONTEXT)


def question(**fields: Any) -> RecallRequest:
    return RecallRequest.model_validate(fields, context=CONTEXT)


async def test_a_given_vector_spares_the_embedder(service: MemoryService, embedder: WatchedEmbedder) -> None:
    (stored,) = await service.store("default", [store(content="x", embedding=axis(0, 384).tolist())])
    await service.recall("default", question(query="x", embedding=axis(0, 384).tolist()))
    await service.recall("default", question(tags=["a"]))
    change = UpdateRequest.model_validate({"content": "y", "embedding": axis(1, 384).tolist()}, context=CONTEXT)
    await service.update("default", stored.memory.id, change)
    assert embedder.texts == []


async def test_only_changed_content_is_embedded_anew(service: MemoryService, embedder: WatchedEmbedder) -> None:
    (stored,) = await service.store("default", [store(content="x")])
    for change in ({"importance": 1}, {"tags": ["a"]}, {"content": "y"}):
        await service.update("default", stored.memory.id, UpdateRequest.model_validate(change, context=CONTEXT))
    assert embedder.texts == ["x", "y (a)"]


async def test_where_one_text_of_a_batch_cannot_be_embedded_nothing_is_stored(service: MemoryService) -> None:
    with pytest.raises(EmbedderBusy):
        await service.store("default", [store(content="x"), store(content="busy")])
    assert await service.count("default") == 0


async def test_a_question_that_cannot_be_embedded_leaves_nothing_running(service: MemoryService) -> None:
    await service.store("default", [store(content="x")])
    with pytest.raises(EmbedderBusy):
        await service.recall("default", question(query="busy"))
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert (await service.recall("default", question(query="x"))).recalled.hits


async def test_a_repeat_is_answered_with_what_is_kept(service: MemoryService) -> None:
    (first,) = await service.store("default", [store(content="same", importance=0.9)])
    (again,) = await service.store("default", [store(content="same", id=first.memory.id, importance=0.1)])
    assert (first.created, again.created) == (True, False)
    assert again.memory == first.memory
