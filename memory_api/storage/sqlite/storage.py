"""The embedded storage: one SQLite file a tenant, one writer thread each, reads on threads that all share."""

import asyncio
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
from memory_api.storage.base import Candidate, Change, Link, Neighbour, Page, Scope, Storage
from memory_api.storage.sqlite import graph, search, streams
from memory_api.storage.sqlite.centring import load
from memory_api.storage.sqlite.codes import CodeIndex
from memory_api.storage.sqlite.mutations import Write
from memory_api.storage.sqlite.reader import ReadConnections, ReaderThreads
from memory_api.storage.sqlite.schema import connect_writer, prepare
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

    async def close(self) -> None:
        """See StorageEngine.close."""
        await self._threads.close()


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
        return await self._threads.run(partial(self._read_now, query, *arguments))

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

    async def nearest(self, vector: NDArray[np.float32], limit: int, scope: Scope) -> list[Candidate]:
        return await self._read(search.nearest, self._index, vector, limit, scope)

    async def matching(self, words: Sequence[str], limit: int, scope: Scope) -> list[Candidate]:
        return await self._read(self._matching, words, limit, scope)

    def _matching(
        self, connection: sqlite3.Connection, words: Sequence[str], limit: int, scope: Scope
    ) -> list[Candidate]:
        total = len(self._index)
        telling = self._counts.telling(connection, words, total)
        return search.matching(connection, telling, self._counts.weight(connection, telling, total), limit, scope)

    async def common(self, words: Sequence[str], scope: Scope, share: float, least: int = 1) -> set[str]:
        return await self._read(search.common, words, scope, share, least)

    async def browse(self, scope: Scope, order: Order, limit: int, offset: int = 0) -> list[Memory]:
        return await self._read(search.browse, scope, order, limit, offset)

    async def inside(self, ids: Sequence[str], scope: Scope) -> set[str]:
        return await self._read(search.inside, ids, scope)

    async def streams(self, ids: Sequence[str]) -> dict[str, str]:
        return await self._read(streams.streams, ids)

    async def beside(self, ids: Sequence[str], scope: Scope) -> list[tuple[str, str]]:
        return await self._read(streams.beside, ids, scope)

    async def links(self, ids: Sequence[str], types: Sequence[str], limit: int) -> list[Link]:
        return await self._read(graph.links, ids, types, limit)

    async def successions(self, ids: Sequence[str]) -> dict[str, list[Link]]:
        return await self._read(graph.successions, ids)

    async def carried(self, tags: Sequence[str]) -> set[str]:
        return await self._read(search.carried, tags)

    def touch(self, ids: Sequence[str], instant: str) -> None:
        self._writer.touch(list(ids), instant)

    def count(self) -> int:
        return len(self._index)

    async def close(self) -> None:
        self._closed = True
        await self._writer.close()
        self._connections.close()
