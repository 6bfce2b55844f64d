"""Vector search finds what comparing all vectors would find, with and without filters."""

from pathlib import Path

import numpy as np

from memory_api.storage.base import Scope
from memory_api.storage.sqlite.reader import ReaderThreads
from memory_api.storage.sqlite.storage import open_storage
from tests.memory_api.builders import brute_force, clustered, recall, record, unit
from tests.memory_api.storage.contract_search import numbers_of

MODEL, DIMENSION, COUNT = "random-1", 384, 5_000

SCOPES = {
    "everything": (Scope(), range(COUNT)),
    "half": (Scope(tags=("half",)), range(0, COUNT, 2)),
    "the other half": (Scope(exclude=("half",)), range(1, COUNT, 2)),
    "a fiftieth": (Scope(tags=("entity:people:ada",)), range(0, COUNT, 50)),
}


async def test_nearly_all_of_the_ten_nearest_are_found(path: Path, threads: ReaderThreads) -> None:
    storage = open_storage(path, MODEL, DIMENSION, threads)
    vectors = clustered(COUNT, DIMENSION, seed=11)
    for first in range(0, COUNT, 500):
        await storage.store(
            [
                record(
                    n,
                    f"n{n}",
                    vectors[n],
                    tags=("half",) if n % 2 == 0 else (),
                    entities={"people": ("Ada",)} if n % 50 == 0 else {},
                )
                for n in range(first, first + 500)
            ]
        )
    queries = unit(vectors[::50] + 0.03 * np.random.default_rng(12).standard_normal((100, DIMENSION)))
    for name, (scope, inside) in SCOPES.items():
        allowed = np.array(inside)
        found = [await numbers_of(storage, await storage.nearest(query, 10, scope)) for query in queries]
        expected = [allowed[brute_force(vectors[allowed], query, 10)].tolist() for query in queries]
        assert recall(found, expected) >= 0.99, name
    await storage.close()
