"""The SQLite storage keeps the storage contract, across restarts too, and says no when too much waits."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import NamedTuple

import pytest

from memory_api.errors import Overloaded
from memory_api.storage.base import Scope
from memory_api.storage.sqlite.reader import ReaderThreads
from memory_api.storage.sqlite.storage import SqliteStorage, open_storage
from tests.memory_api.builders import DIMENSION, id_of, memory, record, relation, vector_of
from tests.memory_api.storage.contract import LATER, StorageContract, carrying, found_by, nearest_to

MODEL = "random-1"


class TestSqliteStorage(StorageContract):
    """Every promise of the contract, kept by SQLite."""


COUNTS = """SELECT (SELECT count(*) FROM memory), (SELECT count(*) FROM vector), (SELECT count(*) FROM code),
    (SELECT count(*) FROM tag), (SELECT count(*) FROM edge), (SELECT count(*) FROM entity),
    (SELECT count(*) FROM stream), (SELECT count(*) FROM shingle)"""


class Rows(NamedTuple):
    """How many rows each table has."""

    memory: int
    vector: int
    code: int
    tag: int
    edge: int
    entity: int
    stream: int
    shingle: int


def rows_of(path: Path) -> Rows:
    with closing(sqlite3.connect(path)) as file:
        return Rows(*file.execute(COUNTS).fetchone())


async def test_everything_is_there_after_a_restart(path: Path, threads: ReaderThreads) -> None:
    first = open_storage(path, MODEL, DIMENSION, threads)
    await first.store([record(n, f"note number{n}", tags=(f"tag{n}",)) for n in range(20)])
    await first.associate([relation(1, 2)])
    await first.delete(id_of(3))
    first.touch([id_of(1)], LATER)
    await first.close()
    second = open_storage(path, MODEL, DIMENSION, threads)
    assert second.count() == 19
    assert await second.get(id_of(1)) == memory(1, "note number1", tags=("tag1",), last_accessed=LATER)
    assert await found_by(second, "number7") == [id_of(7)]
    assert await nearest_to(second, "note number7") == id_of(7)
    assert await nearest_to(second, "note number3") is None
    assert await carrying(second, "tag7") == [id_of(7)]
    assert [item.id for item in await second.related(id_of(2), ["RELATES_TO"], 1, 5)] == [id_of(1)]
    await second.close()


async def test_a_memory_leaves_no_row_behind(path: Path, storage: SqliteStorage) -> None:
    await storage.store([record(n, tags=("a", "session:c"), entities={"people": ("Ada",)}) for n in range(3)])
    await storage.associate([relation(0, 1), relation(1, 2), relation(2, 0)])
    assert 0 not in rows_of(path)
    await storage.delete_tagged(["A"])
    assert not any(rows_of(path))


async def test_the_word_index_stays_sound_through_stores_updates_and_deletes(
    path: Path, storage: SqliteStorage
) -> None:
    await asyncio.gather(*(storage.store([record(n, f"Über café {n}", tags=("T",))]) for n in range(50)))
    await asyncio.gather(*(storage.delete(id_of(n)) for n in range(0, 50, 2)))
    with closing(sqlite3.connect(path)) as file:
        file.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        assert file.execute("PRAGMA quick_check").fetchone() == ("ok",)
        assert file.execute("SELECT count(*) FROM words WHERE words MATCH 'uber'").fetchone() == (25,)


async def test_more_writes_than_may_wait_are_refused_at_once_and_the_others_happen(
    path: Path, storage: SqliteStorage
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writes = [asyncio.create_task(storage.store([record(n)])) for n in range(600)]
        refused, _ = await asyncio.wait(writes, return_when=asyncio.FIRST_COMPLETED, timeout=5)
        assert refused
        assert all(isinstance(write.exception(), Overloaded) for write in refused)
        assert await storage.nearest(vector_of("x"), 1, Scope()) == []
        other.execute("ROLLBACK")
    results = await asyncio.gather(*writes, return_exceptions=True)
    stored = [n for n, result in enumerate(results) if result == [True]]
    assert 256 <= len(stored) == 600 - sum(isinstance(result, Overloaded) for result in results)
    assert sorted(await storage.fetch([id_of(n) for n in range(600)])) == [id_of(n) for n in stored]


async def test_more_reads_than_may_wait_are_refused_at_once(path: Path) -> None:
    threads = ReaderThreads(threads=1, waiting=2)
    storage = open_storage(path, MODEL, DIMENSION, threads)
    begun, free = Event(), Event()

    def hold() -> None:
        begun.set()
        free.wait()

    slow = asyncio.gather(*(threads.run(hold, owner=storage) for _ in range(3)))
    assert await asyncio.to_thread(begun.wait, 5)
    assert storage.waiting() == 2
    with pytest.raises(Overloaded):
        await storage.get(id_of(1))
    free.set()
    await slow
    assert await storage.get(id_of(1)) is None
    await storage.close()
    await threads.close()


async def test_slow_reads_of_one_memory_neither_delay_nor_refuse_those_of_another(path: Path) -> None:
    threads = ReaderThreads(threads=2, waiting=2)
    storage = open_storage(path, MODEL, DIMENSION, threads)
    free = Event()
    slow = asyncio.gather(*(threads.run(free.wait, owner="another") for _ in range(4)))
    async with asyncio.timeout(5):
        for _ in range(20):
            assert await storage.get(id_of(1)) is None
    assert not slow.done()
    free.set()
    await slow
    await storage.close()
    await threads.close()


async def test_a_caller_that_stops_waiting_does_not_undo_its_write(storage: SqliteStorage) -> None:
    abandoned = asyncio.create_task(storage.store([record(1)]))
    await asyncio.sleep(0)
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    await storage.store([record(2)])
    assert storage.count() == 2


async def test_the_files_are_readable_by_their_owner_alone(path: Path, storage: SqliteStorage) -> None:
    await storage.store([record(1)])
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
