"""A real storage with the hashing embedder, and recall upon it, for the tests of this folder."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from memory_api.embedders.hashing import HashingEmbedder
from memory_api.models.entities import entities_of
from memory_api.models.memory import Supersession
from memory_api.models.queries import RecallRequest
from memory_api.models.values import Limits
from memory_api.recall.hits import Hit
from memory_api.recall.pipeline import Recalled, recall
from memory_api.recall.scoring import Weights
from memory_api.storage.sqlite.reader import ReaderThreads
from memory_api.storage.sqlite.storage import SqliteStorage, open_storage
from tests.memory_api.builders import id_of, record, relation

NOW = datetime(2026, 1, 31, 18, tzinfo=UTC)
EMBEDDER = HashingEmbedder()


def asked(**fields: Any) -> RecallRequest:
    """A validated request."""
    return RecallRequest.model_validate(fields, context=Limits(2_000, EMBEDDER.dimension))


def number_of(hit: Hit) -> int:
    """The number of a memory made by `note`."""
    return int(hit.id.replace("-", ""), 16)


class Asking:
    """Memories are known by number, counted from 0 in the order they were stored."""

    def __init__(self, storage: SqliteStorage, threads: ReaderThreads) -> None:
        self.storage = storage
        self._threads = threads

    @classmethod
    def open(cls, folder: Path) -> Self:
        """A fresh storage in the folder."""
        threads = ReaderThreads()
        return cls(open_storage(folder / "t.db", EMBEDDER.model, EMBEDDER.dimension, threads), threads)

    async def close(self) -> None:
        await self.storage.close()
        await self._threads.close()

    async def note(self, text: str, supersedes: Supersession | None = None, **values: Any) -> int:
        """Stores one memory; its number."""
        number = self.storage.count()
        entities = entities_of(text)
        made = record(number, text, await EMBEDDER.embed(text), entities=entities, **values)
        await self.storage.store([type(made)(made.memory, made.vector, supersedes)])
        return number

    async def many(self, texts: Iterable[str], **values: Any) -> list[int]:
        """Stores many in one write, without their entities; their numbers."""
        start = self.storage.count()
        made = [record(n, text, await EMBEDDER.embed(text), **values) for n, text in enumerate(texts, start)]
        await self.storage.store(made)
        return list(range(start, start + len(made)))

    async def notes(self, *texts: str, **values: Any) -> list[int]:
        """Stores several with the same values."""
        return [await self.note(text, **values) for text in texts]

    async def relate(self, source: int, target: int, kind: str, strength: float = 0.5) -> None:
        """An edge between two of them."""
        assert await self.storage.associate([relation(source, target, kind, strength)]) == [True]

    async def recall(self, now: datetime = NOW, weights: Weights | None = None, **fields: Any) -> Recalled:
        """The whole outcome."""
        return await recall(asked(**fields), now, self.storage, EMBEDDER, weights or Weights())

    async def hits(self, **fields: Any) -> list[Hit]:
        """What is recalled."""
        return (await self.recall(**fields)).hits

    async def numbers(self, **fields: Any) -> list[int]:
        """The numbers of what is recalled."""
        return [number_of(hit) for hit in await self.hits(**fields)]


def ids(numbers: Sequence[int]) -> list[str]:
    """Their ids."""
    return [id_of(number) for number in numbers]
