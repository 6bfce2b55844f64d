"""The embedded storage: one SQLite file a tenant, one writer thread each, reads on threads that all share."""

import asyncio
import math
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from memory_api.errors import StartupError, StorageUnavailable
from memory_api.models.memory import RELATION_TYPES, Memory, Record, Relation
from memory_api.models.queries import Order
from memory_api.storage.base import Candidate, Change, Choice, Gathered, Link, Neighbour, Page, Scope, Storage
from memory_api.storage.sqlite import gathering, graph, search
from memory_api.storage.sqlite.centring import load
from memory_api.storage.sqlite.codes import CodeIndex
from memory_api.storage.sqlite.mutations import Write
from memory_api.storage.sqlite.reader import ReadConnections, ReaderThreads
from memory_api.storage.sqlite.schema import connect_writer, prepare
from memory_api.storage.sqlite.scope import rids_inside
from memory_api.storage.sqlite.words import WordCounts
from memory_api.storage.sqlite.writer import Writer

T = TypeVar("T")


class SqliteEngine:
    """Opens `<tenant>.db` files in a folder, for vectors of one model."""

    name = "sqlite"

    def __init__(self, folder: Path, model: str, dimension: int) -> None:
        self._folder = folder
        self._model = model
        self._dimension = dimension
        self._threads = ReaderThreads()

    async def open(self, tenant: str) -> Storage:
        """See StorageEngine.open."""
        path = self._folder / f"{tenant}.db"
        return await asyncio.to_thread(open_storage, path, self._model, self._dimension, self._threads)

    async def sizes(self) -> dict[str, int]:
        """See StorageEngine.sizes."""
        return await asyncio.to_thread(self._sizes)

    def _sizes(self) -> dict[str, int]:
        return {path.stem: _size(path) + _size(path.with_suffix(".db-wal")) for path in self._folder.glob("*.db")}

    async def close(self) -> None:
        """See StorageEngine.close."""
        await self._threads.close()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        # It comes and goes with the memory's use.
        return 0


def open_storage(path: Path, model: str, dimension: int, threads: ReaderThreads) -> "SqliteStorage":
    """Opens or makes the file. Raises StartupError (StoreMismatch) where it cannot be used with this model."""
    try:
        connection = connect_writer(path)
    except (OSError, sqlite3.Error) as error:
        raise StartupError(f"{path} cannot be opened: {error}") from error
    try:
        prepare(connection, path, model, dimension)
        index = load(connection, dimension)
    except BaseException:
        connection.close()
        raise
    return SqliteStorage(path, connection, index, threads)


class SqliteStorage:
    """See Storage. Made by open_storage."""

    def __init__(self, path: Path, connection: sqlite3.Connection, index: CodeIndex, threads: ReaderThreads) -> None:
        self._index = index
        self._threads = threads
        self._connections = ReadConnections(path)
        self._counts = WordCounts()
        self._writer = Writer(connection, index)
        self._closed = False

    async def _write(self, operation: Callable[[Write], T]) -> T:
        result: T = await self._writer.run(operation)
        return result

    async def _read(self, query: Callable[..., T], *arguments: Any) -> T:
        if self._closed:
            raise StorageUnavailable("The storage is closed")
        return await self._threads.run(partial(self._read_now, query, *arguments), owner=self)

    def _read_now(self, query: Callable[..., T], *arguments: Any) -> T:
        with self._connections.borrow() as connection:
            return query(connection, *arguments)

    async def store(self, records: Sequence[Record]) -> list[bool]:
        return await self._write(lambda write: write.store(records))

    async def update(self, memory_id: str, change: Change) -> Memory:
        return await self._write(lambda write: write.update(memory_id, change))

    async def delete(self, memory_id: str) -> bool:
        return await self._write(lambda write: write.delete(memory_id))

    async def delete_tagged(self, tags: Sequence[str]) -> int:
        return await self._write(lambda write: write.delete_tagged(tags))

    async def associate(self, relations: Sequence[Relation]) -> list[bool]:
        return await self._write(lambda write: write.associate(relations))

    async def get(self, memory_id: str) -> Memory | None:
        return (await self.fetch([memory_id])).get(memory_id)

    async def fetch(self, ids: Sequence[str]) -> dict[str, Memory]:
        return await self._read(search.fetch, ids)

    async def tagged(self, tags: Sequence[str], limit: int, offset: int) -> Page:
        return await self._read(search.tagged, tags, limit, offset)

    async def neighbours(
        self, ids: Sequence[str], limit: int, types: Sequence[str] = RELATION_TYPES
    ) -> dict[str, list[Neighbour]]:
        return await self._read(graph.neighbours, ids, limit, types)

    async def related(self, memory_id: str, types: Sequence[str], depth: int, limit: int) -> list[Memory]:
        return await self._read(graph.related, memory_id, types, depth, limit)

    async def nearest(
        self, vector: NDArray[np.float32], limit: int, scope: Scope, also: Sequence[int] = ()
    ) -> list[Candidate]:
        return await self._read(search.nearest, self._index, vector, limit, scope, also)

    async def matching(self, words: Sequence[str], limit: int, scope: Scope) -> list[Candidate]:
        return await self._read(self._matching, words, limit, scope)

    def _matching(
        self, connection: sqlite3.Connection, words: Sequence[str], limit: int, scope: Scope
    ) -> list[Candidate]:
        total = len(self._index)
        telling = self._counts.telling(connection, words, total)
        return search.matching(connection, telling, self._counts.weight(connection, telling, total), limit, scope)

    async def common(self, words: Sequence[str], scope: Scope, share: float, least: int = 1) -> set[str]:
        # Mostly known without a trip to a thread: the same names are asked about again and again.
        known = self._common_anywhere(None, words, share, least) if scope.open else None
        return await self._read(self._common, words, scope, share, least) if known is None else known

    def _common(
        self, connection: sqlite3.Connection, words: Sequence[str], scope: Scope, share: float, least: int
    ) -> set[str]:
        listed = None if scope.open else rids_inside(connection, scope)
        if listed is None:
            return self._common_anywhere(connection, words, share, least) or set()
        return search.common_among(connection, words, listed, max(1, least, math.ceil(len(listed) * share)))

    def _common_anywhere(
        self, connection: sqlite3.Connection | None, words: Sequence[str], share: float, least: int
    ) -> set[str] | None:
        total = len(self._index)
        return self._counts.common(connection, words, max(1, least, math.ceil(total * share)), total)

    async def browse(self, scope: Scope, order: Order, limit: int, offset: int = 0) -> list[Memory]:
        return await self._read(search.browse, scope, order, limit, offset)

    async def inside(self, ids: Sequence[str], scope: Scope) -> set[str]:
        return await self._read(search.inside, ids, scope)

    async def gather(self, candidates: Sequence[int], scope: Scope, choice: Choice) -> Gathered:
        return await self._read(gathering.gather, candidates, scope, choice)

    async def links(self, ids: Sequence[str], types: Sequence[str], limit: int) -> list[Link]:
        return await self._read(graph.links, ids, types, limit)

    async def successions(self, ids: Sequence[str]) -> dict[str, list[Link]]:
        return await self._read(graph.successions, ids)

    def touch(self, ids: Sequence[str], instant: str) -> None:
        self._writer.touch(list(ids), instant)

    def count(self) -> int:
        return len(self._index)

    def waiting(self) -> int:
        return self._writer.waiting + self._threads.waiting(self)

    async def close(self) -> None:
        self._closed = True
        await self._writer.close()
        self._connections.close()
