"""Learning the mean keeps every memory findable: while it happens, after it, and after a restart."""

import asyncio
from pathlib import Path

import numpy as np

from memory_api.storage.base import Change, Scope
from memory_api.storage.sqlite.centring import ENOUGH, to_vectors
from memory_api.storage.sqlite.reader import ReaderThreads
from memory_api.storage.sqlite.storage import SqliteStorage, open_storage
from tests.memory_api.builders import DIMENSION, Vector, brute_force, clustered, id_of, recall, record, unit
from tests.memory_api.storage.contract_search import numbers_of

MODEL = "random-1"


async def fill(storage: SqliteStorage, vectors: Vector, begin: int, end: int) -> None:
    for first in range(begin, end, 500):
        rows = range(first, min(first + 500, end))
        await storage.store([record(n, f"word{n}", vectors[n], tags=("bulk",)) for n in rows])


async def share_found(storage: SqliteStorage, vectors: Vector) -> float:
    """Recall of the ten nearest, for queries close to memories all over."""
    noise = np.random.default_rng(9).standard_normal((50, DIMENSION)) * 0.03
    queries = unit(vectors[np.linspace(0, len(vectors) - 1, 50).astype(int)] + noise)
    found = [await numbers_of(storage, await storage.nearest(query, 10, Scope())) for query in queries]
    return recall(found, [brute_force(vectors, query, 10) for query in queries])


async def test_search_stays_right_before_at_and_after_the_learning(path: Path, threads: ReaderThreads) -> None:
    vectors = clustered(ENOUGH + 600, DIMENSION, seed=1)
    storage = open_storage(path, MODEL, DIMENSION, threads)
    await fill(storage, vectors, 0, ENOUGH)
    before = await share_found(storage, vectors[:ENOUGH])
    await fill(storage, vectors, ENOUGH, ENOUGH + 600)
    after = await share_found(storage, vectors)
    assert storage.count() == ENOUGH + 600
    await storage.close()
    again = open_storage(path, MODEL, DIMENSION, threads)
    assert again.count() == ENOUGH + 600
    assert min(before, after) >= 0.95
    assert await share_found(again, vectors) == after
    await again.close()


async def test_reads_and_changes_during_the_learning_lose_nothing(storage: SqliteStorage) -> None:
    vectors = clustered(ENOUGH + 100, DIMENSION, seed=2)
    await fill(storage, vectors, 0, ENOUGH)
    changes = [storage.update(id_of(n), Change(vector=vectors[ENOUGH + n])) for n in range(50)]
    deletes = [storage.delete(id_of(n)) for n in range(50, 100)]
    stores = [storage.store([record(ENOUGH + n, f"new{n}", vectors[n])]) for n in range(50, 100)]
    reads = [storage.nearest(vectors[500 + n], 1, Scope()) for n in range(50)]
    found, _ = await asyncio.gather(asyncio.gather(*reads), asyncio.gather(*changes, *deletes, *stores))
    assert [await numbers_of(storage, item) for item in found] == [[500 + n] for n in range(50)]
    assert storage.count() == ENOUGH
    for n in range(50):
        assert await numbers_of(storage, await storage.nearest(vectors[ENOUGH + n], 1, Scope())) == [n]
        assert await numbers_of(storage, await storage.nearest(vectors[50 + n], 1, Scope())) == [ENOUGH + 50 + n]


async def test_a_storage_emptied_just_when_it_would_learn_goes_on_working(storage: SqliteStorage) -> None:
    vectors = clustered(ENOUGH, DIMENSION, seed=3)
    await fill(storage, vectors, 0, ENOUGH)
    async with asyncio.timeout(3):
        assert await storage.delete_tagged(["bulk"]) == ENOUGH
        await storage.store([record(1, "afterwards", vectors[0])])
    assert storage.count() == 1
    assert await numbers_of(storage, await storage.nearest(vectors[0], 5, Scope())) == [1]


def test_every_finite_half_reads_back_as_the_number_it_stands_for() -> None:
    halves = np.arange(65_536, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    assert np.array_equal(to_vectors(halves.astype("<f2").tobytes(), 4).ravel(), halves.astype(np.float32))
